# Executors as processes of this machine.
load ../helper

setup() {
	house_setup
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$PWD/tmp
	mkdir -p tmp
}

@test "rows of two executors are those of one process" {
	local job="select id % 7 k, count(*) n, sum(id) s from range(100000) group by 1 order by 1"
	sp-submit -e "$job" >want
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -e "$job"
	assert_output "$(cat want)"
	[ -z "$(ls -A tmp)" ]
}

@test "two actions of a script use the same executors" {
	run -0 --separate-stderr sp-submit -vv -m 'local-cluster[2,2,256m]' -e \
		"select 1; select count(*) from range(1000); select 2"
	assert_output $'1\n1000\n2'
	[ "$(grep -c '^executor .* is ready' <<<"$stderr")" -le 2 ]
}

@test "an error of a task has its text and its status" {
	run -1 sp-submit -m 'local-cluster[2,1,256m]' -e "select 1 / (id - 5) from range(10)"
	assert_output --partial 'division by zero'
}

@test "a file of the driver's" {
	seq 1000 >n.txt
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -e \
		"select sum(cast(value as int)) from 'n.txt' text"
	assert_output 500500
}

@test "standard input goes to the executors" {
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -e \
		"select count(*), max(length(value)) from - text" < <(seq 100000)
	assert_output $'100000\t6'
}

@test "outputs are committed by the driver" {
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -e \
		"from range(1000) | repartition 4 | write 'out' csv"
	run -0 sp-cat --verify out
	run -0 sp-submit -e "from 'out' csv (id int) | aggregate count(*), sum(id)"
	assert_output $'1000\t499500'
}

@test "a master that is written wrongly" {
	run -2 sp-submit -m 'local-cluster[2,1]' -e "select 1"
	assert_output --partial "is no master"
	run -2 sp-submit -m 'local-cluster[0,1,1g]' -e "select 1"
}

@test "the driver is killed: no executor stays" {
	sp-submit -m 'local-cluster[2,1,256m]' -e "from range(3) | pipe 'sleep 60'" </dev/null &
	sleep 0.3
	kill -9 $!
	wait $! || true
	for _ in $(seq 100); do
		grep -laz "^TMPDIR=$TMPDIR$" /proc/[0-9]*/environ 2>/dev/null |
			grep -v "/$$/" | xargs -r -n1 dirname |
			xargs -r -I{} cat {}/comm 2>/dev/null |
			grep -q '^sp-\|^sleep' || break
		sleep 0.1
	done
	# What the driver itself left is swept by the next run.
	run -0 sp-submit -e 'select 1'
	run -1 pgrep -f "$TMPDIR"
}

@test "a straggler gets a copy, and is stopped when that ends first" {
	local begin=$SECONDS
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -c spark.speculation=true -e \
		"from range(0, 40, 1, 20)
		| pipe 'mkdir $PWD/once 2>/dev/null && sleep 60; cat' as (id bigint)
		| aggregate count(*), sum(id)"
	assert_output $'40\t780'
	[ $((SECONDS - begin)) -lt 30 ]
}

@test "a time limit stops the tasks of executors" {
	local begin=$SECONDS
	run -124 sp-submit -m 'local-cluster[2,1,256m]' --timeout 1s -e \
		"from range(0, 4, 1, 2) | pipe 'sleep 60; cat' as (id bigint)"
	[ $((SECONDS - begin)) -lt 20 ]
}

@test "stages are cut by the real sizes of what they read, as in one process" {
	G='select count(*) from (select id k, count(*) c from range(0, 2000000, 1, 4) group by 1)'
	for m in 'local[2]' 'local-cluster[2,1,512m]'; do
		run -0 sp-submit -m "$m" --report "$m.json" -e "$G"
		assert_output 2000000
		python3 -c 'import json, sys; print([s["tasks"] for s in json.load(open(sys.argv[1]))["jobs"][0]["stages"]])' \
			"$m.json" >"$m.tasks"
	done
	assert_equal "$(cat 'local-cluster[2,1,512m].tasks')" "$(cat 'local[2].tasks')"
	assert_not_equal "$(cut -d, -f2 <'local[2].tasks')" ' 1'
}

@test "commands end with an executor, and with a driver, that are killed" {
	sp-submit -e "from range(3) | pipe 'exec 3>$PWD/on; sleep 60'" </dev/null 3>&- &
	for _ in $(seq 100); do [ -e on ] && break; sleep 0.05; done
	kill -9 $!
	wait $! || true
	for _ in $(seq 100); do
		pgrep -f "exec 3>$PWD/on" || break
		sleep 0.05
	done
	run -1 pgrep -f "exec 3>$PWD/on"
	run -0 sp-submit -e 'select 1'
}

@test "a command that is about to begin when all is killed ends, too" {
	for m in 'local[2]' 'local-cluster[1,2,256m]'; do
		rm -f on
		SP_FAIL=command-starts:1 sp-submit -m "$m" --timeout 20s -e \
			"from range(3) | pipe 'exec 3>$PWD/on; sleep 60'" \
			</dev/null 3>&- >out 2>&1 &
		wait $! || status=$?
		[ "$status" -ne 0 ]
		for _ in $(seq 100); do
			pgrep -f "exec 3>$PWD/on" || break
			sleep 0.05
		done
		run -1 pgrep -f "exec 3>$PWD/on"
	done
	# What they left is swept by the next run.
	run -0 sp-submit -e 'select 1'
}
