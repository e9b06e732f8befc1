# How a driver with executors behaves towards signals, pipes, clocks and what
# comes late.
load ../helper

setup() {
	house_setup
	M='local-cluster[2,1,256m]'
}

# The seconds that a command takes, rounded down.
seconds() {
	local begin=$EPOCHREALTIME

	"$@"
	awk "BEGIN { print int($EPOCHREALTIME - $begin) }"
}

# Signals of a driver whose executors run a command; prints its status.
interrupted() {
	local pid status=0

	sp-submit -m "$M" -e "from range(3) | pipe 'echo >&2; touch $WORK/runs; sleep 60'" \
		>out 2>err </dev/null &
	pid=$!
	within 60 test -e runs
	kill -"$1" "$pid"
	wait "$pid" || status=$?
	echo "$status"
}

@test "SIGINT and SIGTERM end the commands of executors at once" {
	for sig in INT TERM; do
		rm -f runs
		begin=$EPOCHREALTIME
		status=$(interrupted "$sig")
		[ "$status" -eq "$([ "$sig" = INT ] && echo 130 || echo 143)" ]
		awk "BEGIN { exit $EPOCHREALTIME - $begin > 30 }"
		within 15 nothing_runs
	done
}

nothing_runs() { ! house_processes | xargs -r -I{} cat /proc/{}/comm | grep -q '^sleep\|^sp-'; }

@test "--timeout ends tasks of executors" {
	run -124 sp-submit -m "$M" --timeout 500ms -e "from range(3) | pipe 'sleep 60'"
	run -124 timeout 20 sp-submit -m "$M" --timeout 500ms -e "from cmd 'sleep 60' text"
	run -124 timeout 20 sp-submit -m "$M" --timeout 500ms -e "from - text" < <(exec sleep 4)
	within 15 nothing_runs
	within 15 nothing_runs
}

@test "stdout that is closed ends the job without a word" {
	sp-submit -m "$M" -e "from range(20000000)" 2>err | head -1 >out
	[ "${PIPESTATUS[0]}" -eq 141 ]
	[ "$(cat out)" = 0 ]
	[ ! -s err ]
	within 15 nothing_runs
}

@test "without a terminal and with nothing on stdin" {
	run -0 --separate-stderr setsid -w env -i PATH="$PATH" HOME="$HOME" TMPDIR="$TMPDIR" \
		SP_TEST_MARK="$SP_TEST_MARK" SPARK_LOCAL_DIRS="$SCRATCH" \
		sp-submit -m "$M" -e "select count(*) from range(1000)" </dev/null
	assert_output 1000
	[ -z "$stderr" ]
}

@test "standard input that comes slowly costs no executor" {
	{ command sleep 17; echo 5; } | sp-submit -vv -m "$M" -e \
		"select 1; from - text" >out 2>err
	[ "$(cat out)" = $'1\n5' ]
	[ "$(grep -c 'is ready' err)" -le 2 ]
	! grep -q lost err
}

@test "an executor that is told to end cleans up, and is replaced" {
	sp-submit -v -m "$M" -e "from range(4) | repartition 4 | pipe 'touch $WORK/runs; sleep 1; cat'" \
		>out 2>err </dev/null &
	within 60 test -e runs
	kill -TERM "$(house_processes | while read -r p; do
		[ "$(cat "/proc/$p/comm")" = sp-executor ] && echo "$p"; done | head -1)"
	wait $!
	[ "$(sort out | paste -sd' ')" = "0 1 2 3" ]
	grep -q 'was lost' err
}

@test "a command of a killed executor" {
	sp-submit -m "$M" -e "from range(4) | repartition 4 | pipe 'touch $WORK/runs; sleep 1; cat'" \
		>out 2>err </dev/null &
	within 60 test -e runs
	kill -KILL "$(house_processes | while read -r p; do
		[ "$(cat "/proc/$p/comm")" = sp-executor ] && echo "$p"; done | head -1)"
	wait $!
	[ "$(sort out | paste -sd' ')" = "0 1 2 3" ]
	run -0 sp-submit -e 'select 1'
}

@test "rows that wait for a slow partition lie on disk" {
	# Partition 0 is slow; the others are more than may wait in memory.
	sp-submit -m 'local-cluster[2,2,512m]' -e "
		select concat(cast(id as string), repeat('x', 60)) v from range(2000000)
		| repartition 60 | pipe '[ \$SP_PARTITION -gt 0 ] || sleep 3; cat'" >out
	[ "$(wc -l <out)" -eq 2000000 ]
	[ "$(sort -u out | wc -l)" -eq 2000000 ]
}

@test "kept rows that are lost are made again, with what was read from stdin" {
	for i in $(seq 5); do
		seq 1000 | sp-submit -v -m "$M" -e "
			let x = from - text | select cast(value as int) as v | cache;
			from x | aggregate count(*);
			from x | pipe '[ -e $WORK/done$i ] || { touch $WORK/done$i; kill -KILL \$PPID; }; cat' | aggregate count(*), sum(v)" \
			>out 2>err || { cat out err; false; }
		[ "$(cat out)" = $'1000\n1000\t500500' ] || { cat out err; false; }
	done
	# What a killed executor left is swept by the next run.
	run -0 sp-submit -e 'select 1'
}
