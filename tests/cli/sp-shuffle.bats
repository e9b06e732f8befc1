# sp-shuffle: options, exit statuses, what goes in comes out.

load ../helper

# Lines with keys of many lengths, in 1000 different first columns.
lines() {
	LC_ALL=C awk -v n="$1" 'BEGIN { srand(7); for (i = 0; i < n; i++)
		printf "k%d\t%d\t%s\n", int(rand() * 1000), i,
		    substr("abcdefghijklmnopqrstuvwxyz", 1, rand() * 27) }'
}

# A hash of the lines of standard input in any order.
sorted_sum() { LC_ALL=C sort | sha256sum; }

@test "rows out are the rows in, and each key is in one partition" {
	lines 50000 >in
	sp-shuffle write -k 1 -n 16 dir <in
	sp-shuffle read dir >out
	[ "$(sorted_sum <in)" = "$(sorted_sum <out)" ]
	for p in $(seq 0 15); do
		sp-shuffle read -p "$p" dir | cut -f1 | sort -u |
		    sed "s/\$/ $p/"
	done >where
	[ "$(wc -l <where)" -eq "$(cut -f1 in | sort -u | wc -l)" ]
	run -0 sp-shuffle verify dir
	[ -z "$output" ]
}

@test "lines of one partition keep their order" {
	lines 20000 >in
	sp-shuffle write -n 1 dir <in
	sp-shuffle read dir | cmp - in
	sp-shuffle write -k 1 -n 7 many <in
	sp-shuffle read -p 3 many >three
	cut -f2 three | sort -n -C
	[ -s three ]
}

@test "the files are the same bytes for any number of threads" {
	lines 300000 >in
	sp-shuffle write -j 1 -k 1 -n 5 one <in
	sp-shuffle write -j 4 -k 1 -n 5 four <in
	cat in | sp-shuffle write -j 3 -k 1 -n 5 pipe
	diff -r one four
	diff -r one pipe
	sp-shuffle read -j 1 one | cmp - <(sp-shuffle read -j 4 four)
	sp-shuffle write -z -j 1 -k 1 -n 5 one-z <in
	sp-shuffle write -z -j 4 -k 1 -n 5 four-z <in
	diff -r one-z four-z
}

@test "with zstd the files are smaller and the rows the same" {
	lines 50000 >in
	sp-shuffle write -k 1 -n 4 raw <in
	sp-shuffle write -z -k 1 -n 4 small <in
	[ "$(stat -c %s small/map-00000.data)" -lt \
	    $(("$(stat -c %s raw/map-00000.data)" * 3 / 4)) ]
	sp-shuffle read raw | cmp - <(sp-shuffle read small)
	run -0 sp-shuffle verify raw small
}

@test "the key: columns in any order, missing ones are empty" {
	printf 'a\tb\nx\tb\na\tc\n' >in
	sp-shuffle write -k 2 -n 1000 by2 <in
	run -0 sp-shuffle stat --json by2
	[ "$(grep -c '"rows":2' <<<"$output")" -eq 1 ]
	printf 'a\nb\nc\t\nd\t\tz\n' | sp-shuffle write -k 2 -n 1000 none
	[ "$(sp-shuffle stat none | awk '$2 == 4 && $1 != "total"' |
	    wc -l)" -eq 1 ]
	printf 'a\tb\tc\na\tx\tc\nc\tx\ta\n' |
	    sp-shuffle write -k 1,3 -n 60000 two
	[ "$(sp-shuffle stat two | awk '$2 == 2 && $1 != "total"' |
	    wc -l)" -eq 1 ]
	printf 'a\tb\na\tb\n' | sp-shuffle write -n 1000 whole
	[ "$(sp-shuffle stat whole | awk '$2 == 2 && $1 != "total"' |
	    wc -l)" -eq 1 ]
}

@test "separators are any byte" {
	local sep
	for sep in , '|' ' ' ';' '\t' $'\001'; do
		rm -rf dir
		printf "1${sep}k\n2${sep}k\n3${sep}l\n" |
		    sp-shuffle write -t "$sep" -k 2 -n 5000 dir
		[ "$(sp-shuffle stat dir |
		    awk '$2 == 2 && $1 != "total"' | wc -l)" -eq 1 ]
	done
	# A separator that is not there: the whole line is column 1.
	printf 'a b\na b\n' | sp-shuffle write -t , -k 1 -n 99 other
	[ "$(sp-shuffle read other)" = $'a b\na b' ]
}

@test "same keys go to the same partition in every map and for zstd" {
	lines 3000 >a
	lines 5000 | tac >b
	sp-shuffle write -k 1 -n 9 -m 0 dir <a
	sp-shuffle write -z -j 2 -k 1 -n 9 -m 7 dir <b
	for p in $(seq 0 8); do
		sp-shuffle read -p "$p" dir | cut -f1 | sort -u |
		    sed "s/\$/ $p/"
	done >where
	[ "$(cut -d' ' -f1 where | sort | uniq -d | wc -l)" -eq 0 ]
	[ "$(cat a b | sorted_sum)" = "$(sp-shuffle read dir | sorted_sum)" ]
}

@test "one partition, and the most" {
	seq 100000 >in
	sp-shuffle write -n 65536 dir <in
	[ "$(sp-shuffle read dir | sorted_sum)" = "$(sorted_sum <in)" ]
	run -0 sp-shuffle verify dir
	[ "$(sp-shuffle stat dir | wc -l)" -eq 65539 ]
	sp-shuffle write -n 1 one <in
	sp-shuffle read one | cmp - in
}

@test "empty input, empty partitions, empty lines" {
	sp-shuffle write -n 3 none </dev/null
	[ -z "$(sp-shuffle read none)" ]
	[ -z "$(sp-shuffle read -p 1 none)" ]
	run -0 sp-shuffle verify none
	run -0 sp-shuffle stat none
	assert_line "$(printf 'total\t0\t0\t0\t0')"
	echo x | sp-shuffle write -n 100 one
	[ "$(for p in $(seq 0 99); do sp-shuffle read -p "$p" one; done)" = x ]
	printf '\n\n\n' | sp-shuffle write -n 2 lines
	sp-shuffle read lines | cmp - <(printf '\n\n\n')
	sp-shuffle merge -o merged none
	[ -z "$(sp-shuffle read merged)" ]
}

@test "a last line without a newline gets one" {
	printf 'a\nb' | sp-shuffle write -n 1 dir
	sp-shuffle read dir | cmp - <(printf 'a\nb\n')
	printf 'x' | sp-shuffle write -n 1 one
	sp-shuffle read one | cmp - <(printf 'x\n')
	printf 'a\tb' | sp-shuffle write -k 2 -n 50 key
	printf 'c\tb\n' | sp-shuffle write -m 1 -k 2 -n 50 key
	[ "$(sp-shuffle stat key | awk '$2 == 2 && $1 != "total"' |
	    wc -l)" -eq 1 ]
}

@test "bytes are bytes: zeros, high bytes, carriage returns" {
	head -c 3000000 /dev/urandom >in
	echo >>in
	sp-shuffle write -n 11 dir <in
	[ "$(sp-shuffle read dir | sorted_sum)" = "$(sorted_sum <in)" ]
	sp-shuffle write -z -k 3,1 -t $'\377' -n 4 key <in
	[ "$(sp-shuffle read key | sorted_sum)" = "$(sorted_sum <in)" ]
	run -0 sp-shuffle verify dir
	run -0 sp-shuffle verify key
	printf 'a\0b\r\n\0\n' | sp-shuffle write -n 1 zero
	sp-shuffle read zero | cmp - <(printf 'a\0b\r\n\0\n')
}

@test "very long lines, up to the limit and no further" {
	{ head -c 20000000 /dev/zero | tr '\0' a; echo; echo b; } >in
	sp-shuffle write -n 3 dir <in
	[ "$(sp-shuffle read dir | sorted_sum)" = "$(sorted_sum <in)" ]
	run -65 sp-shuffle write --max-record 19m -n 3 no <in
	assert_output --partial 'hint: see --max-record'
	[ -z "$(ls -A no)" ]
	printf '12345\n1234\n' >small
	sp-shuffle write --max-record 5 -n 3 five <small
	run -65 sp-shuffle write --max-record 4 -n 3 four <small
	assert_output --partial 'the line at byte 0 of the input is longer than 4'
	[ -z "$(ls -A four)" ]
	{ cat small; head -c 5000000 /dev/zero; } >in
	run -65 sp-shuffle write --max-record 1m -n 3 end <in
	[ -z "$(ls -A end)" ]
}

@test "input from a pipe that comes in pieces" {
	{ printf 'a\tx\nb'; sleep 0.1; printf '\ty\n'; sleep 0.1
	    printf 'c'; } | sp-shuffle write -k 1 -n 1 dir
	sp-shuffle read dir | cmp - <(printf 'a\tx\nb\ty\nc\n')
}

@test "input is read from where the file descriptor stands" {
	lines 1000 >in
	{ read -r first; sp-shuffle write -k 1 -n 3 dir; } <in
	[ "$(tail -n +2 in | sorted_sum)" = "$(sp-shuffle read dir |
	    sorted_sum)" ]
}

@test "a list of partitions is read in its order" {
	seq 10000 | sp-shuffle write -n 8 dir
	cmp <(sp-shuffle read -p 5,1-2,5 dir) \
	    <(for p in 5 1 2 5; do sp-shuffle read -p $p dir; done)
	cmp <(sp-shuffle read dir) <(sp-shuffle read -p 0-7 dir)
	for list in 8 -1 3-1 a '' 1, 0-8 1--2 99999999999999999999; do
		run -2 sp-shuffle read -p "$list" dir
	done
}

@test "merge joins maps and directories" {
	lines 5000 >a
	lines 9000 | tac >b
	sp-shuffle write -k 1 -n 6 -m 0 x <a
	sp-shuffle write -k 1 -n 6 -m 1 x <b
	sp-shuffle write -z -k 1 -n 6 y <b
	sp-shuffle read x y >want
	sp-shuffle merge -o raw x y
	sp-shuffle read raw | cmp - want
	sp-shuffle merge -z -m 9 -o packed x y
	sp-shuffle read packed | cmp - want
	assert_file_exist packed/map-00009.index
	run -0 sp-shuffle verify raw packed
	run -73 sp-shuffle merge -o raw x
	sp-shuffle write -k 1 -n 7 z <a
	run -65 sp-shuffle merge -o no x z
	assert_output --partial '7 partitions'
	[ ! -e no ]
}

@test "stat: rows and bytes of each partition, their sums and the skew" {
	lines 5000 >in
	sp-shuffle write -k 1 -n 4 dir <in
	for p in 0 1 2 3; do
		sp-shuffle read -p $p dir | wc -lc |
		    awk -v p=$p '{ print p, $1, $2 }'
	done >want
	sp-shuffle stat dir | awk 'NR > 1 && NR < 6 { print $1, $2, $3 }' |
	    diff want -
	sp-shuffle stat dir | awk '$1 == "total" { print $2, $3 }' |
	    diff <(wc -lc <in | awk '{ print $1, $2 }') -
	yes same | head -n 1000 | sp-shuffle write -n 4 skewed
	sp-shuffle stat skewed | grep "^skew$(printf '\t')4.00"
	sp-shuffle stat --json skewed | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["rows"] == 1000 and s["skew"] == 4 and s["maps"] == 1
assert len(s["partitions"]) == 4'
}

@test "serve: only for a parent with pipes" {
	run -2 sp-shuffle serve </dev/null
	assert_output --partial 'not pipes'
	run -2 sp-shuffle serve -P 70000
	run -2 sp-shuffle serve dir
	assert_output --partial "'dir'"
	run -0 sp-shuffle serve --help
	assert_line --partial '--port'
}

@test "serve: ends when its parent does" {
	true | timeout 10 sp-shuffle serve -H 127.0.0.1 | cat >frame
	# u32 length, u16 type 70, the port
	[ "$(od -An -tu1 -j4 -N2 frame | tr -d ' ')" = 700 ]
}
