# sp-shuffle: wrong use, damaged files, full disks, signals, crashes.

load ../helper

# A map of four partitions in small blocks, so that there are many.
make_map() {
	seq -f 'key%.0f	some text that zstd can pack, and a number' 20000 \
	    >in
	sp-shuffle write ${2:-} -k 1 -n 4 "$1" <in
}

# flip FILE OFFSET: turns the bits of one byte over.
flip() {
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1")
	# shellcheck disable=SC2059
	printf "$(printf '\\%03o' $((byte ^ 255)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Runs sp-shuffle where only so many KiB fit; $SMALL is the folder.
small_disk() {
	SMALL=$WORK/small
	mkdir "$SMALL"
	need tmpfs mount -t tmpfs -o size="$1" none "$SMALL"
}

teardown() {
	umount "$BATS_TEST_TMPDIR/work/small" 2>/dev/null || true
	house_teardown
}

@test "wrong use: exit 2 and what to do" {
	run -2 sp-shuffle
	assert_output --partial "try 'sp-shuffle --help'"
	run -2 sp-shuffle wirte -n 2 dir
	assert_output --partial "did you mean 'write'?"
	run -2 sp-shuffle write -n 2
	assert_output --partial 'no directory'
	run -2 sp-shuffle write dir
	assert_output --partial 'give -n'
	run -2 sp-shuffle write -n 2 a b
	for n in 0 -1 65537 x '' 1x 99999999999999999999; do
		run -2 sp-shuffle write -n "$n" dir
	done
	for k in 0 -1 x '' 1, ,1 1,,2 1x 9999999999; do
		run -2 sp-shuffle write -k "$k" -n 2 dir
	done
	for t in '' ab $'\n'; do
		run -2 sp-shuffle write -t "$t" -n 2 dir
	done
	run -2 sp-shuffle write -m 100000 -n 2 dir
	run -2 sp-shuffle write -j 0 -n 2 dir
	run -2 sp-shuffle write --max-record 0 -n 2 dir
	run -2 sp-shuffle write --max-record 257m -n 2 dir
	run -2 sp-shuffle write --unknown -n 2 dir
	run -2 sp-shuffle read
	run -2 sp-shuffle read -n 3 dir
	run -2 sp-shuffle merge dir
	assert_output --partial 'give -o'
	[ ! -e dir ]
}

@test "help of all commands" {
	run -0 sp-shuffle --help
	for c in write read merge stat verify; do
		assert_output --partial "$c"
		sp-shuffle $c --help | grep -q "usage: sp-shuffle $c"
	done
}

@test "folders that are not there, not ours, not folders, without a map" {
	local c
	mkdir empty
	touch file
	for c in read stat verify; do
		run -66 sp-shuffle $c missing
		run -66 sp-shuffle $c empty
		assert_output --partial 'no map in "empty"'
	done
	run -66 sp-shuffle merge -o out missing
	run -73 sp-shuffle write -n 2 file </dev/null
	run -73 sp-shuffle write -n 2 missing/dir </dev/null
	run -73 sp-shuffle write -n 2 '' </dev/null
}

@test "a folder without permission" {
	need unprivileged setpriv --reuid 65534 --clear-groups true
	make_map dir
	chmod 000 dir
	for d in "$BATS_TEST_TMPDIR" "$WORK"; do chmod 755 "$d"; done
	run -77 setpriv --reuid 65534 --clear-groups \
	    sp-shuffle write -n 2 "$WORK/dir" </dev/null
	run -77 setpriv --reuid 65534 --clear-groups \
	    sp-shuffle read "$WORK/dir"
	chmod 755 dir
}

@test "a map is not written twice" {
	make_map dir
	sha256sum dir/* >before
	run -73 sp-shuffle write -n 4 dir <in
	assert_output --partial 'map 0 is already in "dir"'
	assert_output --partial 'hint: give another number'
	sha256sum -c --quiet before
	sp-shuffle write -m 1 -n 4 dir <in
	[ "$(sp-shuffle read dir | wc -l)" -eq 40000 ]
}

@test "two writers of one map: one wins, the other says so" {
	local a=0 b=0
	seq 200000 >in
	sp-shuffle write -n 4 dir <in 2>first & one=$!
	sp-shuffle write -n 4 dir <in 2>second & two=$!
	wait $one || a=$?
	wait $two || b=$?
	[ $((a + b)) -eq 73 ]
	[ "$(sp-shuffle read dir | wc -l)" -eq 200000 ]
	run -0 sp-shuffle verify dir
	[ "$(ls -A dir)" = "$(printf 'map-00000.data\nmap-00000.index')" ]
}

# Each block of the data file is damaged in its head, at its begin and its
# end; verify names it, read prints nothing of it.
each_block() {
	local at stored part n=0
	make_map good "$1"
	sp-shuffle read good >want
	while read -r at stored part; do
		for place in $((at)) $((at + 12)) $((at + 32)) \
		    $((at + 31 + stored)); do
			rm -rf dir
			cp -r good dir
			flip dir/map-00000.data $place
			run -1 sp-shuffle verify dir
			assert_output --partial \
			    "map-00000.data: partition $part: a stored block"
			assert_output --partial "at byte $at"
			sp-shuffle read -p "$part" good >whole
			run -65 --separate-stderr sp-shuffle read -p "$part" dir
			assert_regex "$stderr" 'map-00000.data.*damaged'
			sp-shuffle read -p "$part" dir >got 2>/dev/null || true
			[ "$(stat -c %s got)" -lt "$(stat -c %s whole)" ]
			cmp -n "$(stat -c %s got)" got whole
			run -65 sp-shuffle merge -o no dir
			[ -z "$(ls -A no)" ]
			n=$((n + 1))
		done
	done < <(python3 - <<'END'
import struct
x = open('good/map-00000.index', 'rb').read()
parts, blocks = struct.unpack_from('<I', x, 16)[0], \
    struct.unpack_from('<Q', x, 24)[0]
for i in range(blocks):
    at, _, _, stored, part, _ = struct.unpack_from('<QQIIII', x,
        64 + 48 * parts + 40 * i)
    print(at, stored, part)
END
	)
	[ $n -ge 16 ]
}

@test "a flipped bit in any block is named and nothing of it is read" {
	each_block ''
}

@test "the same for compressed blocks" {
	each_block -z
}

@test "a flipped byte anywhere in the index is noticed" {
	local size at
	make_map good
	size=$(stat -c %s good/map-00000.index)
	for at in 0 7 8 12 16 20 24 32 40 63 64 100 300 $((size - 9)) \
	    $((size - 1)); do
		rm -rf dir
		cp -r good dir
		flip dir/map-00000.index "$at"
		for c in read stat verify 'merge -o no'; do
			run -65 --separate-stderr sp-shuffle $c dir
			[ -z "$output" ]
			assert_regex "$stderr" 'map-00000.index'
		done
		[ ! -e no ]
	done
}

@test "truncated data, truncated index, index of another file" {
	make_map dir
	cp -r dir good
	size=$(stat -c %s dir/map-00000.data)
	for n in 0 1 100 $((size - 1)); do
		cp good/* dir
		truncate -s "$n" dir/map-00000.data
		run -65 --separate-stderr sp-shuffle read dir
		[ -z "$output" ]
		assert_regex "$stderr" "has $n bytes, its index says $size"
		run -65 sp-shuffle verify dir
	done
	for n in 0 1 63 64 71 72 $(($(stat -c %s good/map-00000.index) - 1)); do
		cp good/* dir
		truncate -s "$n" dir/map-00000.index
		run -65 --separate-stderr sp-shuffle read dir
		[ -z "$output" ]
	done
	# Another file of the same size.
	tac in | sp-shuffle write -k 1 -n 4 other
	cp good/* dir
	cp other/map-00000.data dir
	[ "$(stat -c %s dir/map-00000.data)" -eq "$size" ]
	run -65 --separate-stderr sp-shuffle read dir
	[ -z "$output" ]
	run -1 sp-shuffle verify dir
	rm dir/map-00000.data
	run -66 sp-shuffle read dir
}

@test "a reader that goes away ends it by SIGPIPE, without a word" {
	make_map dir
	seq 3000000 | sp-shuffle write -n 4 large
	for d in dir large; do
		run -0 --separate-stderr bash -c "sp-shuffle read $d | head -n 1
		    exit \$((\${PIPESTATUS[0]} == 141 ||
			\${PIPESTATUS[0]} == 0 ? 0 : 1))"
		[ "${#lines[@]}" -eq 1 ]
		[ -z "$stderr" ]
	done
	run -0 bash -c 'sp-shuffle read large | true
	    exit $((${PIPESTATUS[0]} == 141 ? 0 : 1))'
	sp-shuffle write -n 60000 many </dev/null
	run -0 bash -c 'sp-shuffle stat many | true
	    exit $((${PIPESTATUS[0]} == 141 ? 0 : 1))'
}

@test "closed or full standard streams" {
	make_map dir
	sha256sum dir/* >before
	for c in read stat; do
		run -74 bash -c "sp-shuffle $c dir >&-"
		assert_output --partial 'could not write the output'
		run -74 bash -c "sp-shuffle $c dir >/dev/full"
		assert_output --partial 'No space left'
	done
	run -74 bash -c 'sp-shuffle --help >/dev/full'
	run -74 bash -c 'sp-shuffle write -n 2 closed <&-'
	assert_output --partial 'could not read the input'
	[ -z "$(ls -A closed)" ]
	# A message must not go into a file of ours.
	run -65 bash -c 'sp-shuffle write --max-record 3 -n 2 err <in 2>&-'
	bash -c 'sp-shuffle write -n 4 -k 1 quiet <in >&- 2>&-'
	diff -r dir quiet
	run -0 sp-shuffle verify quiet
	sha256sum -c --quiet before
}

@test "input that cannot be read" {
	run -66 sp-shuffle write -n 2 dir <.
	assert_output --partial 'could not read the input: Is a directory'
	[ -z "$(ls -A dir)" ]
}

@test "a full disk: exit 74, nothing left, and it works when there is room" {
	small_disk 4m
	yes 'some line of text' | head -c 12000000 >in
	for opt in '-j 1' '-j 4' '-n 900'; do
		run -74 sp-shuffle write -n 3 $opt small/dir <in
		assert_output --partial 'No space left on device'
		[ -z "$(ls -A small/dir)" ]
		# What had no name is gone with the process.
		[ "$(stat -f -c '%b %f' small | awk '{ print $1 - $2 < 9 }')" \
		    = 1 ]
	done
	head -c 3000000 in | grep . >less
	sp-shuffle write -n 3 small/dir <less
	[ "$(sp-shuffle read small/dir | wc -l)" -eq "$(wc -l <less)" ]
	run -74 sp-shuffle merge -o small/more small/dir
	[ -z "$(ls -A small/more)" ]
	run -0 sp-shuffle verify small/dir
}

@test "killed at each point: no map or the whole map, and a new try works" {
	local point nth
	seq 400000 >in
	for point in open input:1 input:2 write:1 write:2 index link:1 \
	    link:2; do
		nth=${point#*:}
		[ "$nth" != "$point" ] || nth=1
		rm -rf dir
		SP_CRASH=shuffle.${point%:*}:$nth run -137 \
		    sp-shuffle write -n 3 dir <in
		if [ -e dir ]; then
			run -66 sp-shuffle read dir
			assert_output --partial 'no map'
			[ -z "$(ls -A dir | grep -v '^map-00000.data$')" ]
		fi
		sp-shuffle write -n 3 dir <in
		[ "$(sp-shuffle read dir | sort -n | sha256sum)" = \
		    "$(sha256sum <in)" ]
		run -0 sp-shuffle verify dir
		[ "$(ls -A dir | wc -l)" -eq 2 ]
	done
}

@test "killed at any moment: no map or the whole map" {
	local i
	seq 1500000 >in
	for i in $(seq 20); do
		rm -rf dir
		sp-shuffle write -n 50 dir <in &
		sleep "0.0$((i * 4 % 10))$((RANDOM % 10))"
		kill -9 $! 2>/dev/null || true
		wait $! || true
		[ -e dir ] || continue
		[ -e dir/map-00000.index ] || continue
		[ "$(sp-shuffle read dir | wc -l)" -eq 1500000 ]
	done
}

@test "each call that fails: exit 74 or 73, nothing left, a new try works" {
	local point errno
	seq 400000 >in
	for point in open input:1 input:2 write:1 write:2 spill.write:1 \
	    index link:1 link:2; do
		for errno in 28 5 122; do
			rm -rf dir
			SP_FAIL=$(fault "$point"):$errno run sp-shuffle write \
			    -n 3 dir <in
			[[ $status == 74 || $status == 73 ]]
			assert_output --partial 'could not'
			[ -z "$(ls -A dir)" ]
			sp-shuffle write -n 3 dir <in
			[ "$(sp-shuffle read dir | wc -l)" -eq 400000 ]
		done
	done
	for point in map:1 map:2 spill.read:1 spill.read:4 output:1 output:3; do
		SP_FAIL=$(fault "$point"):5 run -74 --separate-stderr \
		    bash -c 'sp-shuffle read dir >got'
		assert_regex "$stderr" 'Input/output error'
		cmp -n "$(stat -c %s got)" got <(sp-shuffle read dir)
		[ "${point%:*}" != output ] || continue
		SP_FAIL=$(fault "$point"):5 run -74 sp-shuffle merge -o no dir
		[ -z "$(ls -A no 2>/dev/null)" ]
	done
}

# open -> shuffle.open:1, link:2 -> shuffle.link:2, spill.read:1 as it is
fault() {
	local nth=${1#*:} name=${1%:*}
	[ "$nth" != "$1" ] || nth=1
	case $name in *.*) ;; *) name=shuffle.$name ;; esac
	echo "$name:$nth"
}
