# Drivers that run under a worker: sp-submit --deploy-mode cluster.
load ../helper

setup() {
	house_setup
	pids=()
	export SP_MASTER
	mkdir -p out
}

teardown() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	house_teardown
}

master() {
	rm -f url
	sp-master -p "${PORT:-0}" -d state -v --ready-fd 4 3>&- 4>url 2>>master.log &
	MASTER=$!
	pids+=($!)
	within 60 test -s url
	SP_MASTER=$(cat url)
	PORT=${SP_MASTER##*:}
}

worker() {
	rm -f id
	sp-worker -v -c ${CORES:-4} -m ${MEM:-4g} -d worker --ready-fd 4 "$SP_MASTER" 3>&- 4>id 2>>worker.log &
	WORKER=$!
	pids+=($!)
	within 60 test -s id
}

# says ID WORDS: what --status prints begins so.
says() { sp-submit --status "$1" | grep -q "^$2\( \|$\)"; }

@test "a driver under a worker: rows, options, exit status" {
	master
	run -69 sp-submit --deploy-mode cluster -e "select 1"
	assert_output --partial 'no worker'
	worker
	echo 'param n int; select sum(id) from range($n)' >job.sp
	id=$(sp-submit --deploy-mode cluster -D n=10 -t json -c spark.cores.max=1 job.sp)
	within 60 says "$id" 'done 0'
	run -0 sp-submit --status "$id"
	log=${output#*:}
	[ "$(grep sum "$log")" = '{"sum(id)":45}' ]
	[ "$(stat -c %a "$log")" = 600 ]
	[ "$(ls worker/driver)" = "$id.log" ]
	id=$(sp-submit --deploy-mode cluster -e "select 1 / (id - 5) from range(10)")
	within 60 says "$id" 'done 1'
	run -1 sp-submit --status "$id"
}

@test "settings of pools go with the driver" {
	local id
	master
	worker
	id=$(sp-submit --deploy-mode cluster -c spark.cores.max=1 \
		-c spark.scheduler.pool.a.weight=3 -c spark.scheduler.pool.a.minShare=2 -e set)
	within 60 says "$id" 'done 0'
	run -0 sp-submit --status "$id"
	run -0 cat "${output#*:}"
	assert_output --partial $'spark.scheduler.pool.a.weight\t3\tflag'
	assert_output --partial $'spark.scheduler.pool.a.minShare\t2\tflag'
}

@test "it is stopped; the master starts again and knows it; its worker goes" {
	master
	worker
	mkfifo gate
	one=$(sp-submit --deploy-mode cluster -c spark.cores.max=1 -e \
		"from range(1) | pipe 'cat $PWD/gate'")
	two=$(sp-submit --deploy-mode cluster --supervise -c spark.cores.max=1 -e \
		"from range(1) | pipe 'cat $PWD/gate'")
	run -75 sp-submit --status "$one"
	assert_output --regexp '^running'
	run -0 sp-submit --kill "$one"
	within 60 says "$one" 'done 143'
	kill -9 $MASTER
	run -75 sp-submit --status "$two"
	master
	within 60 says "$two" running
	run -143 sp-submit --status "$one"
	kill -9 $WORKER
	within 60 says "$two" lost
	exec 5<>gate; exec 5>&-         # its command
	run -75 sp-submit --status "$two"
	sp-submit -m local -e "from range(1) | repartition 2" >/dev/null # sweeps
	run -75 sp-submit --status driver-1
	assert_output --partial "nothing is known of a driver 'driver-1'"
}

@test "a supervised driver is started again" {
	master
	worker
	id=$(sp-submit --deploy-mode cluster --supervise -e \
		"select count(*) from '$PWD/late.txt' text")
	within 60 grep -q 'late.txt' "worker/driver/$id.log"
	says "$id" running
	seq 7 >late.tmp
	mv late.tmp late.txt
	within 60 says "$id" 'done 0'
	[ "$(tail -n 1 "worker/driver/$id.log")" = 7 ]
}

@test "wrong questions" {
	run -2 sp-submit -m local --deploy-mode cluster -e "select 1"
	assert_output --partial 'sp://HOST:PORT'
	run -2 sp-submit --deploy-mode moon -e "select 1"
	run -2 sp-submit --wait driver-1
	mkdir -p ~/.config/sp
	head -c 32 /dev/urandom | xxd -p -c 64 >~/.config/sp/cluster.key
	chmod 600 ~/.config/sp/cluster.key
	run -75 sp-submit -m sp://127.0.0.1:1 --status driver-1
}

@test "drivers take cores and memory of their worker" {
	CORES=2
	MEM=3g
	master
	worker
	mkfifo gate
	taken() { sp-master status --json | grep -q "\"cores_used\":$1,\"memory_mb\":3072,\"memory_used_mb\":$2,"; }
	one=$(sp-submit --deploy-mode cluster -c spark.cores.max=1 \
		-c spark.executor.memory=512m -e "from range(1) | pipe 'cat $PWD/gate'")
	within 60 taken 2 1536
	run -75 sp-submit --deploy-mode cluster -e "select 1"
	assert_output --partial 'no worker has 1 core and 1.1 GB free for a driver now'
	run -69 sp-submit --deploy-mode cluster -c spark.driver.cores=3 -e "select 1"
	assert_output --partial 'a driver of 3 cores and 1.1 GB fits on no worker'
	run -69 sp-submit --deploy-mode cluster -c spark.driver.memory=4g -e "select 1"
	# One that takes no core has room; it waits for an executor.
	two=$(sp-submit --deploy-mode cluster -c spark.driver.cores=0 -e "select 2")
	within 60 taken 2 2560
	# It is known after a restart, too.
	kill -9 $MASTER
	master
	within 60 taken 2 2560
	sp-master status --json | grep -q '"drivers":2'
	(sp-submit --wait "$one" >waited || echo $? >>waited) &
	pids+=($!)
	command sleep 0.3
	[ ! -s waited ]
	sp-submit --kill "$one"
	within 60 grep -q '^143$' waited
	grep -q '^done 143 ' waited
	run -0 sp-submit --wait "$two"
	assert_output --regexp '^done 0 '
	within 60 taken 0 0
	exec 5<>gate; exec 5>&-
}

@test "--wait goes on while the master is away" {
	master
	worker
	one=$(sp-submit --deploy-mode cluster -c spark.cores.max=1 -e \
		"from range(1) | pipe 'until [ -e $PWD/gate ]; do sleep 0.1; done; exit 3'")
	(sp-submit --wait "$one" >waited || echo $? >>waited) &
	pids+=($!)
	within 60 says "$one" running
	kill -9 $MASTER
	command sleep 1
	master
	within 60 says "$one" running
	[ ! -s waited ]
	: >gate
	within 60 grep -q '^1$' waited
	grep -q '^done 1 ' waited
}
