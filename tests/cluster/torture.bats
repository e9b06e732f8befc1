# A few runs of the fault runner; check-long makes more.  TORTURE adds
# options, such as --seed 77.

load ../helper
load hosts

torture() {
	run scripts/torture --dir "$BATS_TEST_TMPDIR/bed" --rows 3000 "$@" $TORTURE
	[ "$status" -eq 0 ] || cat "$BATS_TEST_TMPDIR"/bed/*.stderr
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[-1]} == *' 0 bad '* ]]
}

setup() {
	house_setup
	cd "$TOP"
	export OUT
	need python3 python3 -c 'import sys; assert sys.version_info >= (3, 8)'
}

@test "one machine: kills, stops, crashes, failures" {
	torture --runs $((SP_LONG ? 200 : 12)) --seed 1
}

@test "one machine: full disks" {
	need tmpfs unshare -m mount -t tmpfs none /mnt
	torture --runs $((SP_LONG ? 60 : 4)) --seed 1 --faults disk
}

# An hour and ten years, both ways, from the beginning or in the middle.
@test "clocks that are wrong and jump" {
	need faketime test -f "$(echo /usr/lib/*/faketime/libfaketimeMT.so.1)"
	LD_PRELOAD=$(echo /usr/lib/*/faketime/libfaketimeMT.so.1) FAKETIME=-10y \
		sp-submit -e 'select year(now())' >"$WORK/year"
	[ "$(cat "$WORK/year")" -lt "$(($(date +%Y) - 8))" ]
	torture --runs $((SP_LONG ? 40 : 2)) --seed 1 --faults clock
	torture --runs $((SP_LONG ? 40 : 4)) --seed 2 --faults clock --mode local-cluster
	torture --runs $((SP_LONG ? 60 : 5)) --seed 1 --faults clock --mode sp
}

@test "full disks of executors" {
	need tmpfs unshare -m mount -t tmpfs none /mnt
	torture --runs $((SP_LONG ? 60 : 3)) --seed 5 --faults disk --mode local-cluster
	torture --runs $((SP_LONG ? 60 : 3)) --seed 5 --faults disk --mode sp
}

@test "each named point of each program, one after the other" {
	torture --runs $((SP_LONG ? 150 : 6)) --seed 0 --faults point --mode local-cluster
	torture --runs $((SP_LONG ? 350 : 6)) --seed 20 --faults point --mode sp
}

@test "executors of this machine" {
	torture --mode local-cluster --runs $((SP_LONG ? 200 : 8)) --seed 1
}

@test "statements at once: kills, crashes, failures" {
	torture --fair --runs $((SP_LONG ? 100 : 6)) --seed 1
	torture --fair --mode local-cluster --runs $((SP_LONG ? 100 : 5)) --seed 1
}

@test "a standing cluster, whose daemons die and come back" {
	torture --mode sp --runs $((SP_LONG ? 100 : 5)) --seed 1 --faults kill,stop
}

@test "connections that cut, repeat and change bytes" {
	need netns unshare -n nft list ruleset
	torture --mode local-cluster --runs $((SP_LONG ? 100 : 4)) --seed 4 --faults net \
		--totals "$WORK/totals"
	torture --mode sp --runs $((SP_LONG ? 100 : 2)) --seed 5 --faults net --totals "$WORK/totals"
	grep -x "all until now: $((SP_LONG ? 200 : 6)) runs, 0 bad, .* corrupted.*" <<<"$output"
}

@test "bare hosts that lose executors and cables" {
	need_hosts
	torture --mode ssh --runs $((SP_LONG ? 50 : 3)) --seed 1 --faults kill,host
	torture --mode ssh --runs $((SP_LONG ? 50 : 2)) --seed 9 --faults host
}

@test "a lost row, a doubled one and an orphan are noticed" {
	export PATH=$WORK/bin:$PATH
	cp -r "$TOP/tests/cluster" "$WORK/cluster"
	mkdir "$WORK/scripts" "$WORK/tests"
	cp -r scripts/torture scripts/torture.d "$WORK/scripts"
	ln -s "$TOP/lib" "$WORK/lib"
	mv "$WORK/cluster" "$WORK/tests"
	cd "$WORK"
	local damage
	for damage in 's/^from booked$/from booked | where id <> 77/' \
	    's/^from booked$/from booked union all from booked/' \
	    's/| pipe .cat/| pipe '"'setsid sleep 60 <\&- >\&- 2>\&- \& cat/"; do
		sed "$damage" "$TOP/tests/cluster/ledger.sp" >tests/cluster/ledger.sp
		rm -rf "$WORK/bed"
		run env OUT="$OUT" SP_TORTURE_ORPHAN=1 scripts/torture --runs 1 --rows 300 \
			--dir "$WORK/bed" --faults crash
		echo "$output"
		[ "$status" -eq 1 ]
		[[ $output == *wrong:* || $output == *orphan:* ]]
	done
}
