# Jobs that spill: full disks, bad disks, crashes at each point.  No row is
# lost or wrong, the exit status tells, the scratch folder is swept.

load ../helper

setup() {
	house_setup
	export SP_FORCE=spill
	# An exchange, a broadcast, a join, groups, a sort: all of them spill.
	cat >job.sp <<-'END'
	with a as (select id % 997 as k, id as v,
	        cast(id * 7 % 1009 as string) as s
	    from range(0, 30000, 1, 6)),
	b as (select id as k, concat('name', id) as n
	    from range(0, 900, 1, 3))
	select a.k, max(b.n) as n, count(*) as c, sum(a.v) as v, min(a.s) as s
	from a join b on a.k = b.k group by a.k order by a.k desc
	END
	SP_FORCE= sp-submit job.sp >want
	[ "$(wc -l <want)" -eq 900 ]
}

teardown() {
	umount "$BATS_TEST_TMPDIR/work/small" 2>/dev/null || true
	house_teardown
}

points='exchange.spill spill.open spill.write spill.read'

@test "spilled or not: the same rows" {
	sp-submit job.sp | cmp - want
	sp-submit -c spark.sql.shuffle.partitions=7 \
	    -c spark.sql.autoBroadcastJoinThreshold=-1 job.sp | cmp - want
}

@test "each point is passed, else the tests below prove nothing" {
	local point
	for point in $points; do
		SP_CRASH=$point:1 run -137 sp-submit job.sp
	done
	run -0 sp-submit job.sp
}

@test "killed at each point: nothing is left after the next run" {
	local point nth
	for point in $points; do
		for nth in 1 2 5 13 40; do
			SP_CRASH=$point:$nth run --separate-stderr \
			    sp-submit job.sp
			[[ $status == 137 || $status == 0 ]]
			if [ "$status" = 137 ]; then
				[ -z "$output" ]
			else
				printf '%s\n' "$output" | cmp - want
			fi
			# Spills have no names: only folders are left.
			[ -z "$(find "$SCRATCH" -type f -size +0)" ]
		done
		sp-submit job.sp | cmp - want
		[ -z "$(ls -A "$SCRATCH")" ]
	done
}

@test "killed at each point while it writes: no output or the old one" {
	local point nth
	for point in $points; do
		for nth in 1 6 30; do
			sp-submit -e "from range(3)
			    | write 'out' csv overwrite"
			SP_CRASH=$point:$nth run sp-submit -e "
			    from ($(cat job.sp)) | write 'out' csv overwrite"
			[ "$status" = 137 ] || continue
			[ "$(cat out/part-*)" = "$(seq 0 2)" ]
			run -0 sp-cat --verify out
		done
	done
	sp-submit -e "from ($(cat job.sp)) | write 'out' csv overwrite"
	[ "$(cat out/part-* | wc -l)" -eq 900 ]
	[ -z "$(ls -A | grep '^[.]sp-')" ]
}

@test "a call that fails once is tried again, with the same rows" {
	local point nth errno
	for point in $points; do
		for nth in 1 3 9 27; do
			for errno in 5 28; do
				SP_FAIL=$point:$nth:$errno sp-submit job.sp |
				    cmp - want
				[ -z "$(ls -A "$SCRATCH")" ]
			done
		done
	done
}

@test "a call that fails for ever: exit 74, no row, nothing left" {
	local point errno
	for point in $points; do
		for errno in 5 28 122; do
			SP_FAIL=$point:0:$errno run -74 --separate-stderr \
			    sp-submit job.sp
			[ -z "$output" ]
			assert_regex "$stderr" 'could not'
			[ -z "$(ls -A "$SCRATCH")" ]
		done
		SP_FAIL=$point:0:28 run -74 sp-submit \
		    -e "from ($(cat job.sp)) | write 'out' csv"
		[ ! -e out ]
	done
}

@test "without further attempts: exit 74 or all rows" {
	local point nth
	for point in $points; do
		for nth in 1 4 16; do
			SP_FAIL=$point:$nth:28 run --separate-stderr sp-submit \
			    -c spark.task.maxFailures=1 job.sp
			[[ $status == 74 || $status == 0 ]]
			if [ "$status" = 74 ]; then
				[ -z "$output" ]
				assert_regex "$stderr" 'No space left'
			else
				printf '%s\n' "$output" | cmp - want
			fi
			[ -z "$(ls -A "$SCRATCH")" ]
		done
	done
}

@test "a scratch folder on a full disk, without force and with" {
	local big="from range(0, 3000000, 1, 4)
	    | select id, concat('a string to sort, number ', id) as s
	    | order by s desc | aggregate count(*) as n, max(id) as m"
	mkdir small
	need tmpfs mount -t tmpfs -o size=1m none small
	SP_FORCE= run -74 --separate-stderr sp-submit --tmpdir small \
	    -c spark.executor.memory=24m -e "$big"
	[ -z "$output" ]
	assert_regex "$stderr" 'No space left'
	[ -z "$(ls -A small)" ]
	run -0 sp-submit --tmpdir small job.sp
	printf '%s\n' "$output" | cmp - want
	mount -o remount,size=64k small
	run sp-submit --tmpdir small job.sp
	[[ $status == 74 || $status == 0 ]]
	[ -z "$(ls -A small)" ]
}

@test "a spilled block that comes back spoiled is seen, whichever it is" {
	local n
	# The disk gives it right the next time: a new attempt reads it again.
	for n in 1 2 5 17; do
		SP_FAIL=spill.rot:$n sp-submit job.sp | cmp - want
	done
	# It stays so: trouble of the disk, not of the data.
	SP_FAIL=spill.rot:0 run -74 --separate-stderr sp-submit job.sp
	assert_output ''
	[[ $stderr =~ 'a stored block is damaged' ]]
	[ -z "$(ls "$SCRATCH")" ]
}
