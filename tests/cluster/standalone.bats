# A standing cluster on this machine: a master, workers, and applications
# without tasks (tests/tools/cluster_app.c).

load ../helper

setup() {
	house_setup
	# Modules are looked for beside a program.
	mkdir bin && cp "$OUT/tests/tools/cluster_app" "$OUT/bin/sp-tls.so" bin
	printf '#!/bin/sh\nexec cat >/dev/null\n' >stay
	printf '#!/bin/sh\necho cannot start here >&2; exit 3\n' >fail
	chmod +x stay fail
	pids=()
}

teardown() {
	for p in "${pids[@]}"; do { kill "$p" && kill -CONT "$p"; } 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	house_teardown
}

# until_seen SECONDS COMMAND...: waits until it succeeds.
until_seen() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -le $end ] || { echo "never: $*" >&2; return 1; }
		sleep 0.05
	done
}

master() {                      # [option...]; sets MASTER, URL
	rm -f url
	sp-master -p "${PORT:-0}" -d state -k key -v --ready-fd 3 "$@" \
	    3>url 2>>master.log &
	MASTER=$!
	pids+=($!)
	until_seen 60 test -s url
	URL=$(cat url)
	PORT=${URL##*:}
}

# one_of_two 0|1 [STATE]: a master that knows the other; sets BOSS[0|1] to its
# pid, URL to both and ONE[0|1] to its own.
one_of_two() {
	PORTS=${PORTS:-$(free_port) $(free_port)}
	local p=($PORTS)
	URL=sp://127.0.0.1:${p[0]},127.0.0.1:${p[1]}
	ONE[$1]=sp://127.0.0.1:${p[$1]}
	rm -f url
	sp-master -p "${p[$1]}" -m "$URL" -d "${2:-state$1}" -k key -v \
	    --ready-fd 3 3>url 2>>"master$1.log" &
	BOSS[$1]=$!
	pids+=($!)
	until_seen 60 test -s url
}

# Not one that the system gives to whoever connects somewhere meanwhile.
free_port() {
	perl -MIO::Socket::INET -e 'for (1 .. 1000) {
	    my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1",
	        LocalPort => 20000 + int rand 12000) or next;
	    print $s->sockport; exit }'
}

# is 0|1 TEXT: that master says so of itself.
is() { sp-master -m "${ONE[$1]}" -k key status | grep -q "^$2"; }

worker() {                      # name cores [option...]; sets WORKER
	local name=$1 cores=$2
	shift 2
	rm -f "$name.id"
	sp-worker -v -c "$cores" -m 1g -d "$name" -k key --executor "$PWD/stay" \
	    --ready-fd 3 "$@" "$URL" 3>"$name.id" 2>>"$name.log" &
	WORKER=$!
	pids+=($!)
	until_seen 60 test -s "$name.id"
}

app() {                         # name max cores mb [weight]; sets APP
	local name=$1
	shift
	mkfifo "$name.in"
	bin/cluster_app "$URL" key "$@" <"$name.in" >"$name.out" 2>&1 &
	APP=$!
	pids+=($!)
	command sleep 600 >"$name.in" &
	pids+=($!)
	printf -v "$name" %s $!
}

ends() {                        # pid of what holds an application's stdin
	kill "$1"
	timeout 60 tail --pid="$APP" -f /dev/null
}


ask() { sp-master -m "$URL" -k key "$@"; }
said() { [ "$(grep -c -- "$2" "$1")" -ge "${3:-1}" ]; }
shows() { ask "$1" | grep -q -- "$2"; }

@test "workers register, an application gets executors on both" {
	master
	worker w1 2
	worker w2 2
	app a 4 1 100
	until_seen 60 said a.out '^up' 4
	run -0 ask --json status
	assert_output --partial '"cores_used":4'
	run -0 ask apps
	assert_output --partial 'running'
	ends "$a"
	until_seen 60 shows apps finished
	until_seen 60 shows status 'cores 0 of 4 taken'
	[ -z "$(ls w1/app w1/run)" ] || [ "$(ls w1/app w1/run | grep -c app-)" = 0 ]
}

@test "a master that was killed comes back and knows what runs" {
	master
	worker w1 2
	app a 2 1 100
	until_seen 60 said a.out '^up' 2
	before=$(ask --json apps | grep -o 'app-[0-9a-f-]*' | head -n 1)
	kill -9 "$MASTER"
	until_seen 60 said a.out '^master lost'
	master
	until_seen 60 said a.out '^master back'
	until_seen 60 shows workers alive
	[ "$(ask --json apps | grep -o 'app-[0-9a-f-]*' | head -n 1)" = "$before" ]
	run -0 ask --json status
	assert_output --partial '"epoch":2'
	assert_output --partial '"cores_used":2'
	run grep -c '^lost' a.out
	assert_output 0
	ends "$a"
}

@test "a killed worker is noticed at once, not by its silence, and replaced soon" {
	master
	worker w1 1
	first=$WORKER
	app a 1 1 100
	until_seen 60 said a.out '^up 0'
	worker w2 1
	kill -9 "$first"
	until_seen 10 shows workers down
	until_seen 12 said a.out '^lost 0 worker lost'
	until_seen 60 said a.out '^up 1'
	! pgrep -f "$PWD/stay" -P "$first"
	ends "$a"
}

@test "a worker ends what an earlier one left in its directory" {
	master
	worker w1 1
	app a 1 1 100
	until_seen 60 said a.out '^up 0'
	until_seen 60 test -s w1/run/app-*.0
	setsid sleep 300 &
	victim=$!
	read -r _ _ boot <w1/run/app-*.0
	kill -9 "$WORKER"
	ticks=$(sed 's/.*) //' "/proc/$victim/stat" | cut -d ' ' -f 20)
	echo "$victim $ticks $boot" >w1/run/app-0009-00000000.7
	# Another process with that number by now: it is left alone.
	sleep 300 &
	other=$!
	echo "$other 1 $boot" >w1/run/app-0009-00000000.8
	worker w1 1
	! kill -0 "$victim" 2>/dev/null
	kill "$other"
	grep -q 'that were left over' w1.log
	ends "$a"
}

@test "drain moves executors away" {
	master
	worker w1 1
	app a 1 1 100
	until_seen 60 said a.out '^up 0'
	worker w2 1
	run -2 ask drain nobody
	ask drain "$(cat w1.id)"
	until_seen 60 said a.out '^revoked 0'
	until_seen 60 said a.out "^up 1 $(cat w2.id)"
	until_seen 60 shows workers drained
	ask undrain "$(cat w1.id)"
	shows workers alive
	ends "$a"
}

@test "two applications share, whoever came first" {
	master
	worker w1 4
	app a 0 1 100
	until_seen 60 said a.out '^up' 4
	app b 0 1 100
	until_seen 60 said b.out '^up' 2
	said a.out '^revoked' 2
	run grep -c '^revoked' b.out
	assert_output 0
	kill "$a"
	ends "$b"
}

@test "kill ends an application" {
	master
	worker w1 1
	app a 1 1 100
	until_seen 60 said a.out '^accepted'
	ask kill "$(sed -n 's/^accepted //p' a.out)"
	until_seen 60 said a.out '^refused 1 killed'
	run -2 ask kill app-none
}

@test "an executor that is too large is refused at once" {
	master
	worker w1 2
	app a 0 4 100
	until_seen 60 said a.out '^refused 69 .*largest, on .* has 2 cores'
}

@test "executors that fail at their start are not tried for ever" {
	master
	worker w1 4 --executor "$PWD/fail"
	app a 4 1 100
	until_seen 60 said a.out '^refused 69 10 executors .*cannot start here'
}

@test "the wrong key opens nothing" {
	master
	head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >other
	echo >>other
	chmod 600 other
	run -77 sp-master -m "$URL" -k other status
	run -77 timeout 60 sp-worker -k other -d w9 --executor "$PWD/stay" "$URL"
	chmod 644 other
	run -77 sp-master -m "$URL" -k other status
	grep -q 'does not get in' master.log
}

@test "a spoiled greeting is no wrong key, and a wrong key is soon one" {
	master
	"$OUT/tests/tools/proxy" 127.0.0.1:0 "${URL#sp://}" --greet 2 >proxy &
	pids+=($!)
	until_seen 60 test -s proxy
	away=sp://127.0.0.1:$(grep -o '[0-9]*' proxy | tail -n 1)
	run -0 sp-master -m "$away" -k key status
	grep -q 'has another key' master.log
	"$OUT/tests/tools/proxy" 127.0.0.1:0 "${URL#sp://}" --greet 2 >proxy2 &
	pids+=($!)
	until_seen 60 test -s proxy2
	away=sp://127.0.0.1:$(grep -o '[0-9]*' proxy2 | tail -n 1)
	there=$URL
	URL=$away
	app app 1 1 100
	until_seen 60 said app.out '^accepted'
	ends "$app"
	URL=$there
	head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >other
	chmod 600 other
	t0=${EPOCHREALTIME/./}
	run -77 sp-master -m "$URL" -k other status
	assert_output --partial 'does not accept our key'
	[ $((${EPOCHREALTIME/./} - t0)) -lt 15000000 ]
}

@test "mistakes are named" {
	run -78 sp-master -h 0.0.0.0 -p 0 -d state -k none
	assert_output --partial 'without a key'
	run -2 sp-master frobnicate
	run -2 sp-worker
	run -78 sp-master -c sp.master.schedulr=FIFO
	assert_output --partial 'did you mean sp.master.scheduler'
	run -78 sp-master -c sp.master.scheduler=LIFO -p 0 -d state -k key
	master
	run -69 sp-master -p 0 -d state -k key
	assert_output --partial 'another master'
	kill "$MASTER"
	wait "$MASTER"
	echo 'deadbeefdeadbeef epoch 7 1' >>state/journal
	run -65 sp-master -p 0 -d state -k key
	assert_output --partial 'wrong checksum'
}

@test "Spark's variables and properties are understood" {
	echo 'spark.deploy.spreadOut false' >conf
	echo 'spark.executor.memory 1g' >>conf
	SPARK_MASTER_PORT=0 sp-master -d state -k key --ready-fd 3 \
	    --webui-port 8080 --properties-file conf 3>url &
	pids+=($!)
	until_seen 60 test -s url
	URL=spark://$(sed 's,sp://,,' url)
	SPARK_WORKER_CORES=3 SPARK_WORKER_MEMORY=2g SPARK_WORKER_DIR=$PWD/w \
	    sp-worker -k key --executor "$PWD/stay" --ready-fd 3 "$URL" 3>id &
	pids+=($!)
	until_seen 60 test -s id
	run -0 ask --json workers
	assert_output --partial '"cores":3'
	assert_output --partial '"memory_mb":2048'
}

@test "an idle master and an idle worker take little memory" {
	master
	worker w1 1
	for p in "$MASTER" "$WORKER"; do
		kb=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$p/status")
		echo "$kb kB"
		case $OUT in *san*) ;; *) [ "$kb" -le 8192 ] ;; esac
	done
}

@test "a standby takes over, executors stay, and the first one stays away" {
	one_of_two 0
	until_seen 60 is 0 'workers 0'
	one_of_two 1
	until_seen 60 is 1 "standby; active is ${ONE[0]}"
	run -0 sp-master -m "${ONE[1]}" -k key --json status
	assert_output "{\"state\":\"standby\",\"active\":\"${ONE[0]}\"}"
	run -69 sp-master -m "${ONE[1]}" -k key kill app-1
	assert_output --partial 'is a standby'
	worker w1 2
	worker w2 2
	app a 4 1 100
	until_seen 60 said a.out '^up' 4
	id=$(ask --json apps | grep -o 'app-[0-9a-f-]*' | head -n 1)
	kill -9 "${BOSS[0]}"
	until_seen 60 said a.out '^master back'
	until_seen 60 is 1 'workers 2 of 2, cores 4 of 4 taken'
	[ "$(ask --json apps | grep -o 'app-[0-9a-f-]*' | head -n 1)" = "$id" ]
	run grep -c '^lost' a.out
	assert_output 0
	# A new application finds it, and the old one is told what is new.
	app b 2 1 100
	until_seen 60 said a.out '^revoked' 2
	until_seen 60 said b.out '^up' 2
	# What was the first is the standby now.
	one_of_two 0
	until_seen 60 is 0 "standby; active is ${ONE[1]}"
	worker w3 1
	until_seen 60 is 1 'workers 3 of 3'
	kill "$a"
	ends "$b"
}

@test "a stopped master that wakes up gives way to the one that took over" {
	one_of_two 0
	until_seen 60 is 0 'workers 0'
	one_of_two 1
	until_seen 60 is 1 standby
	worker w1 2
	app a 2 1 100
	until_seen 60 said a.out '^up' 2
	kill -STOP "${BOSS[0]}"
	until_seen 60 is 1 workers
	until_seen 60 is 1 'workers 1 of 1, cores 2 of 2 taken'
	kill -CONT "${BOSS[0]}"
	until_seen 60 is 0 standby
	grep -q 'a standby from now on' master0.log
	until_seen 60 is 1 'workers 1 of 1, cores 2 of 2 taken'
	! said a.out '^lost'
	ends "$a"
}

@test "a shared state directory: its lock says who is active" {
	one_of_two 0 state
	until_seen 60 is 0 'workers 0'
	one_of_two 1 state
	until_seen 60 is 1 "standby; active is ${ONE[0]}"
	worker w1 2
	app a 2 1 100
	until_seen 60 said a.out '^up' 2
	kill -9 "${BOSS[0]}"
	until_seen 60 said a.out '^master back'
	until_seen 60 is 1 'workers 1 of 1, cores 2 of 2 taken'
	! said a.out '^lost'
	one_of_two 0 state
	until_seen 60 is 0 "standby; active is ${ONE[1]}"
	kill "${BOSS[1]}"
	until_seen 60 is 0 'workers 1 of 1, cores 2 of 2 taken'
	! said a.out '^lost'
	ends "$a"
}

@test "the first master is killed in the middle of a job: it goes on" {
	one_of_two 0
	until_seen 60 is 0 'workers 0'
	one_of_two 1
	worker w1 2 --executor "$OUT/bin/sp-executor"
	worker w2 2 --executor "$OUT/bin/sp-executor"
	sp-submit -m "$URL" -c sp.cluster.key.file=key -c spark.cores.max=4 \
	    -c spark.executor.cores=1 --report report.json -e \
	    "select count(*) as n, sum(x) as s from (select /*+ REPARTITION(8) */
	    id as x from range(8) |> pipe 'sleep 2; cat' as (x bigint))" \
	    >job.out 2>job.err &
	job=$!
	until_seen 60 is 0 'workers 2 of 2, cores 4 of 4'
	kill -9 "${BOSS[0]}"
	until_seen 60 is 1 'workers 2 of 2, cores 4 of 4'
	wait "$job" || { cat job.err; false; }
	cat job.out
	grep -q '8.*28' job.out
	run -0 timeout 60 sp-submit -m "$URL" -c sp.cluster.key.file=key \
	    -e 'select 1 + 1 as two'
	assert_output --partial 2
}

@test "--keep is not promised where it does nothing" {
	master
	worker w1 1 --executor "$OUT/bin/sp-executor"
	run -0 --separate-stderr timeout 60 sp-submit --keep 60 -m "$URL" \
	    -c sp.cluster.key.file=key -e 'select 1 + 1'
	[[ $stderr =~ 'note: --keep has no effect with a standing cluster' ]]
	until_seen 60 shows status 'cores 0 of 1 taken'
	run -0 --separate-stderr timeout 60 sp-submit --keep 0 -m "$URL" \
	    -c sp.cluster.key.file=key -e 'select 1 + 1'
	[ -z "$stderr" ]
}
