# What a worker lets its executors have, and what becomes of one that wants
# more.
load ../helper

setup() {
	house_setup
	pids=()
	export SP_MASTER
}

teardown() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	house_teardown
}

# SOFT: limit of open files that the daemons are started with.
start() {                       # [option of the worker...]
	rm -f url id
	(ulimit -Sn "${SOFT:-$(ulimit -n)}"
	exec sp-master -p 0 -d state -v --ready-fd 4 3>&- 4>url 2>>master.log) &
	MASTER=$!
	pids+=($!)
	within 60 test -s url
	SP_MASTER=$(cat url)
	worker "$@"
}

worker() {
	rm -f id
	(ulimit -Sn "${SOFT:-$(ulimit -n)}"
	exec sp-worker -v -c 2 -m 1g -d worker --ready-fd 4 "$@" "$SP_MASTER" \
		3>&- 4>id 2>>worker.log) &
	WORKER=$!
	pids+=($!)
	within 60 test -s id
}

groups_of_worker() { sed -n 's/.*bounded by cgroups in //p' worker.log | tail -n 1; }
has_groups() { grep -q 'executors is bounded by cgroups in' worker.log; }
no_executor() { ! sp-master -m "$SP_MASTER" apps | grep -q running; }

@test "limits of an executor's process" {
	start
	run -0 sp-submit -c spark.executor.memory=256m -c spark.cores.max=1 -e "from range(1)
		| pipe 'ulimit -c; ulimit -d; cat /proc/\$PPID/oom_score_adj' as (s string)"
	assert_line --index 0 0
	# Twice (memory + 384m), 1g, and 64m a core; sanitizers need all
	# addresses.
	most=$(((2 * (256 + 384) + 1024 + 64) * 1024))
	! grep -Eq '__(asan|tsan)_init' "$(command -v sp-executor)" || most=unlimited
	assert_line --index 1 $most
	assert_line --index 2 $(($(cat /proc/self/oom_score_adj) + 300))
}

@test "executors without a worker leave no core files either" {
	ulimit -c unlimited 2>/dev/null || true
	run -0 sp-submit -m 'local-cluster[1,1,256m]' -e "from range(1) | pipe 'ulimit -c'"
	assert_output 0
}

@test "the soft limit of open files is raised" {
	SOFT=64
	hard=$(ulimit -Hn)
	[ "$hard" != unlimited ] && [ "$hard" -le 131072 ] || hard=131072
	start
	for pid in $MASTER $WORKER; do
		run -0 awk '/^Max open files/ { print $4 }' /proc/$pid/limits
		assert_output "$hard"
	done
	ulimit -Sn 64
	run -0 sp-submit -c spark.cores.max=1 -e "from range(1) | pipe 'ulimit -n'"
	assert_output "$hard"
	run -0 sp-submit -m local -e "from range(1) | pipe 'ulimit -n'"
	assert_output "$hard"
}

@test "a command that eats memory is killed, and the job says why" {
	start
	has_groups || need cgroup false
	run -1 --separate-stderr sp-submit -c spark.executor.memory=128m \
		-c spark.executor.memoryOverhead=64m -c spark.cores.max=1 -e \
		"from range(1) | pipe 'head -c 600m /dev/zero | tail -c 500m'"
	[[ $stderr == *'ran out of memory: the executor and its commands may use 192 MB; set spark.executor.memoryOverhead higher'* ]]
	[[ $stderr == *'attempt 4, on executor '* ]]
	# The same with room for it.
	run -0 sp-submit -c spark.executor.memory=128m \
		-c spark.executor.memoryOverhead=700m -c spark.cores.max=1 -e \
		"from range(1) | pipe 'head -c 600m /dev/zero | tail -c 500m | wc -c'"
	assert_output 524288000
	kill -0 $WORKER
	within 60 eval '[ -z "$(ls -d "$(groups_of_worker)"/app-* 2>/dev/null)" ]'
}

@test "an executor that the kernel kills is reported with the reason" {
	start
	has_groups || need cgroup false
	# The command offers itself last: the kernel takes the executor.
	run ! --separate-stderr sp-submit -v -c spark.executor.memory=128m \
		-c spark.executor.memoryOverhead=64m -c spark.cores.max=1 \
		-c spark.task.maxFailures=1 -e "from range(1)
		| pipe 'echo 1000 >/proc/\$PPID/oom_score_adj
			echo 0 >/proc/self/oom_score_adj
			head -c 600m /dev/zero | tail -c 500m'"
	within 60 grep 'executor .* ran out of memory on .*: it and its commands may use 128 MB (spark.executor.memory) and 64 MB (spark.executor.memoryOverhead)' worker.log
	[[ $stderr == *'the last failure: executor 0 ('*') was lost: exited: ran out of memory on '* ]]
	kill -0 $WORKER
}

@test "groups that an earlier worker left are swept" {
	start
	has_groups || need cgroup false
	mkfifo gate
	sp-submit -c spark.executor.memory=128m -c spark.cores.max=1 -e \
		"from range(1) | pipe 'exec cat $PWD/gate'" 2>job.log &
	JOB=$!
	within 60 eval 'ls -d "$(groups_of_worker)"/app-*'
	kill -9 $WORKER
	first=$(groups_of_worker)
	[ -d "$first" ]
	kill $JOB
	wait $JOB || true
	worker
	[ "$(groups_of_worker)" = "$first" ]
	[ -z "$(ls -d "$first"/app-* 2>/dev/null)" ]
	kill $WORKER
	wait $WORKER || true
	[ ! -e "$first" ]
	exec 5<>gate; exec 5>&-
	sp-submit -m local -e "from range(1) | repartition 2" >/dev/null # sweeps
}

@test "groups that are left and empty are swept by any worker, those in use stay" {
	start
	has_groups || need cgroup false
	mkfifo gate
	sp-submit -c spark.executor.memory=128m -c spark.cores.max=1 -e \
		"from range(1) | pipe 'exec cat $PWD/gate'" 2>job.log &
	JOB=$!
	within 60 eval 'ls -d "$(groups_of_worker)"/app-*'
	kill -9 $WORKER
	kill $JOB
	wait $JOB || true
	first=$(groups_of_worker)
	# Somebody is in it: it stays.
	command sleep 600 &
	guest=$!
	pids+=($guest)
	mkdir -p "$first/app-x.0"
	echo $guest >"$first/app-x.0/cgroup.procs"
	exec 5<>gate; exec 5>&-
	worker -d second
	second=$(groups_of_worker)
	[ "$second" != "$first" ]
	[ -d "$first/app-x.0" ]
	kill $guest
	wait $guest || true
	within 60 eval '[ -z "$(cat "$first"/*/cgroup.procs)" ]'
	worker -d third
	third=$(groups_of_worker)
	[ ! -e "$first" ]
	[ -d "$second" ]
	[ -d "$third" ]
	sp-submit -m local -e "from range(1) | repartition 2" >/dev/null # sweeps
}

@test "the weight of an application, and how it ended" {
	start
	run -0 sp-submit -c spark.app.weight=3 -c spark.app.name=good -e "select 1"
	run -1 sp-submit -c spark.app.name=bad -e "select 1 / (id - 5) from range(10)"
	sp-submit -c spark.app.name=told -c spark.cores.max=1 -e \
		"from range(1) | pipe 'exec sleep 60'" 2>/dev/null &
	JOB=$!
	within 60 eval 'sp-master -m "$SP_MASTER" apps | grep -q "running.*told"'
	kill $JOB
	wait $JOB || true
	run -0 sp-master -m "$SP_MASTER" apps
	assert_line --regexp '^app-0001-[0-9a-f]+ +finished .* good$'
	assert_line --regexp '^app-0002-[0-9a-f]+ +failed .* bad$'
	assert_line --regexp '^app-0003-[0-9a-f]+ +killed .* told$'
	run -0 sp-master -m "$SP_MASTER" apps --json
	assert_output --regexp '"name":"good".*"status":0,.*"weight":3,.*"name":"bad"'
	assert_output --regexp '"name":"bad".*"status":1,.*"weight":1,.*"name":"told"'
	for bad in 0 1001; do
		run -78 sp-submit -c spark.app.weight=$bad -e "select 1"
		assert_output --partial "spark.app.weight must be 1 to 1000, not $bad"
	done
}
