# Statements that run at once (spark.scheduler.mode FAIR), on one machine, on
# executors and on a standing cluster.
load ../helper

setup() {
	house_setup
	pids=()
	cat >job.sp <<'END'
set spark.scheduler.pool = long;
from range(1, 4000001) | repartition 12 | aggregate sum(id) as s, count(*) as n group by id % 997 as k
| write 'a' csv;
set spark.scheduler.pool = short;
from range(1000) | where id % 3 = 0 | write 'b.csv' csv;
let odd = from range(2000) | where id % 2 = 1;
from odd as x | join (from odd) as y on x.id = y.id | select x.id as id | order by id | write 'c' json;
from odd | aggregate sum(id) as s;
from odd | pipe 'sort -n' as (id bigint) | aggregate count(*) as n, sum(id) as s | write 'd' tsv;
END
}

teardown() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	house_teardown
}

# files DIR...: their rows, whatever the parts are.
files() {
	local f
	for f in "$@"; do
		echo "$f:"
		find "$f" -name '*part-*' -o -name '*.csv' -type f ! -path '*/part-*' |
			xargs cat | sort
	done
}

# fifo_and_fair MASTER [option...]: one after the other, then at once.
fifo_and_fair() {
	local mode
	for mode in FIFO FAIR; do
		mkdir -p $mode
		cp job.sp $mode
		(cd $mode && sp-submit -m "$@" -c spark.scheduler.mode=$mode \
		    --event-log log --report report job.sp >stdout 2>stderr)
		(cd $mode && files a b.csv c d >rows)
		[ ! -s $mode/stderr ]
	done
	diff -r FIFO/rows FAIR/rows
	diff FIFO/stdout FAIR/stdout
	[ "$(cat FAIR/stdout)" = 1000000 ]
	[ "$(wc -l <FAIR/rows)" -gt 1700 ]
}

# order LOG: begins and ends of jobs: s1 s2 e2 e1
order() {
	sed -n 's/^{"event":"job_\([se]\)[a-z]*",.*"job":\([0-9]*\).*/\1\2/p' "$1" |
		paste -sd ' '
}

standing() {                    # [command]: starts a cluster, its workers
                                # with the command; sets URL
	local i
	sp-master -p 0 -d state -k key --ready-fd 3 3>url 2>master.log &
	pids+=($!)
	within 60 test -s url
	URL=$(cat url)
	for i in 1 2; do
		"$@" sp-worker -c 1 -m 1200m -d "worker$i" -k key --ready-fd 3 \
			"$URL" 3>"id$i" 2>"worker$i.log" &
		pids+=($!)
	done
	within 60 test -s id1
	within 60 test -s id2
}

@test "one machine: rows and order of rows as one after the other" {
	fifo_and_fair 'local[2]'
	run -0 order FIFO/log
	assert_output 's1 e1 s2 e2 s3 e3 s4 e4 s5 e5'
	run -0 order FAIR/log
	assert_output --regexp '^s1 s2 s3 (e. ){3}s4 e4 s5 e5$'
}

@test "a short statement of another pool ends before a long one" {
	fifo_and_fair 'local[2]'
	run -0 order FAIR/log
	assert_output --regexp 'e2.* e1'
}

@test "executors: the same, and the short one ends first" {
	fifo_and_fair 'local-cluster[2,1,512m]'
	run -0 order FAIR/log
	assert_output --regexp '^s1 s2 s3 .*e2.* e1.* s4 e4 s5 e5$'
}

@test "a standing cluster" {
	standing
	fifo_and_fair "$URL" -c sp.cluster.key.file="$PWD/key" \
		-c spark.executor.memory=1g
	run -0 order FAIR/log
	assert_output --regexp '^s1 s2 s3 .*e2.* e1.* s4 e4 s5 e5$'
}

@test "reports of statements at once are those of the same one after the other" {
	fifo_and_fair 'local[2]'
	for mode in FIFO FAIR; do
		python3 - $mode <<'END' >$mode/figures
import json, sys
for j in json.load(open(sys.argv[1] + '/report'))['jobs']:
    for s in j['stages']:
        print(j['job'], j['status'], s['stage'], s['root'],
              s['tasks'], s['rows_in'], s['rows_out'])
END
	done
	diff FIFO/figures FAIR/figures
	[ "$(wc -l <FAIR/figures)" -ge 7 ]
}

@test "statements that use kept rows, print, or set something wait for those before" {
	cat >job.sp <<'END'
let kept = from range(30000) | select id, id % 7 as g | cache;
from range(300000) | repartition 3 | aggregate count(*) as n group by id % 1000 as k | write 'a' csv;
from kept | aggregate sum(id) as s group by g | write 'b.csv' csv;
set spark.sql.shuffle.partitions = 3;
from range(100) | write 'c' csv;
set sp.seed = 3;
from range(1200) | where id % 2 = 0 | write 'd' csv;
from kept | where id = 7 | aggregate 999993 + max(id) as m;
END
	for m in 'local[2]' 'local-cluster[2,1,512m]'; do
		fifo_and_fair "$m"
		for mode in FIFO FAIR; do
			run -0 order $mode/log
			assert_output 's1 e1 s2 e2 s3 e3 s4 e4 s5 e5'
		done
		rm -r FIFO FAIR
	done
}

@test "no more at once than is said" {
	for i in 1 2 3 4 5; do
		echo "from range(300000) | repartition 3 | aggregate count(*) as n group by id % 7 as k | write 'o$i' csv;"
	done >many.sp
	sp-submit -m 'local[2]' -c spark.scheduler.mode=FAIR -c sp.statements.at.once=2 \
		--event-log log many.sp
	run -0 order log
	python3 -c '
import sys
live = most = 0
for x in sys.argv[1].split():
    live += 1 if x[0] == "s" else -1
    most = max(most, live)
assert most == 2 and live == 0, (most, live)' "$output"
	files o1 o2 o3 o4 o5 | grep -v : | sort -u >rows
	[ "$(wc -l <rows)" -eq 7 ]
}

@test "more statements than an executor takes jobs" {
	mkdir o
	for i in $(seq 300); do
		echo "from range(1) | pipe 'sleep 2; cat' as (n int) | write 'o/$i' csv;"
	done >many.sp
	run -0 sp-submit -m 'local-cluster[1,300,1g]' -c spark.scheduler.mode=FAIR \
		-c sp.statements.at.once=1000 many.sp
	[ "$(find o -mindepth 1 -maxdepth 1 | wc -l)" -eq 300 ]
}

@test "what was read is counted once" {
	mkdir in
	for i in 1 2 3; do
		seq $((i * 30000)) >in/n$i.txt
		echo "from 'in/n$i.txt' text | pipe 'sleep 0.8; cat' as (v string) | aggregate count(*) as n | write 'p$i' csv;"
	done >read.sp
	for m in 'local[2]' 'local-cluster[2,1,256m]'; do
		for mode in FIFO FAIR; do
			run -0 --separate-stderr sp-submit -v -m "$m" -c spark.scheduler.mode=$mode read.sp
			rm -r p?
			tail -n 1 <<<"$stderr" | cut -d, -f 3
		done
	done >read
	cat read
	[ "$(sort -u read | wc -l)" -eq 1 ]
}

@test "one that fails leaves no output of any" {
	for m in 'local[2]' 'local-cluster[2,1,512m]'; do
		run -1 sp-submit -m "$m" -c spark.scheduler.mode=FAIR -e "
			from range(3000000) | repartition 8 | write 'a' csv;
			from range(10) | select 1 / (id - 5) as x | write 'b' csv;
			from range(3000000) | repartition 8 | write 'c' csv"
		assert_output --partial 'division by zero'
		run -0 find . -newer job.sp ! -path ./a.sp -mindepth 1 ! -type l
		assert_output ''
	done
}

@test "of two errors the first in the script is shown, even when it comes later" {
	for m in 'local[2]' 'local-cluster[2,1,512m]'; do
		run -1 sp-submit -m "$m" -c spark.scheduler.mode=FAIR -e "
			from range(3000000) | repartition 2 | order by id | select 10 / (id - 2999999) as x | write 'a' csv;
			from range(10) | select cast('later' as int) + id as x | write 'b' csv"
		assert_output --partial 'division by zero'
		refute_output --partial later
		run -1 sp-submit -m "$m" -c spark.scheduler.mode=FAIR -e "
			from range(300000) | repartition 2 | select 10 / (id - 299999) as x | write 'a' csv;
			from range(10) | select no_such_column | write 'b' csv"
		assert_output --partial 'division by zero'
	done
}

@test "an interrupt and the time limit reach all" {
	for m in 'local[2]' 'local-cluster[2,1,512m]'; do
		run -124 sp-submit -m "$m" --timeout 700ms -c spark.scheduler.mode=FAIR -e "
			from range(2) | pipe 'sleep 30' | write 'a' csv;
			from range(2) | pipe 'sleep 30' | write 'b' csv"
		assert_output --partial 'the time is up'
		sp-submit -m "$m" -c spark.scheduler.mode=FAIR -e "
			from range(2) | pipe 'touch began; sleep 30' | write 'a' csv;
			from range(2) | pipe 'sleep 30' | write 'b' csv" 3>&- &
		local pid=$! status=0
		within 60 test -e began
		kill -INT $pid
		wait $pid || status=$?
		[ $status -eq 130 ]
		rm began
		[ ! -e a ] && [ ! -e b ]
	done
}

@test "little memory: statements at once spill, and end" {
	for i in 1 2 3 4; do
		echo "from range(1500000) | repartition 4 | aggregate count(*) as n, sum(id) as s group by id % 400000 as k"
		echo "| aggregate count(*) as k, sum(n) as n, sum(s) as s | write 'o$i' csv;"
	done >many.sp
	sp-submit -m 'local[2]' -c spark.scheduler.mode=FAIR --memory 8m --report report many.sp
	for i in 1 2 3 4; do
		[ "$(cat "o$i"/part-*)" = 400000,1500000,1124999250000 ]
	done
	grep -q '"spilled_bytes":[1-9]' report
	rm -r o?
	sp-submit -m 'local-cluster[2,1,16m]' -c spark.scheduler.mode=FAIR many.sp
	for i in 1 2 3 4; do
		[ "$(cat "o$i"/part-*)" = 400000,1500000,1124999250000 ]
	done
}

@test "files that only the driver has" {
	need tmpfs unshare -m mount -t tmpfs none /mnt
	mkdir in
	seq 100000 >in/n1.txt
	seq 200000 >in/n2.txt
	standing unshare -m sh -c 'mount -t tmpfs none in && exec "$@"' -
	run -0 sp-submit -m "$URL" -c sp.cluster.key.file="$PWD/key" \
		-c spark.executor.memory=1g -c spark.scheduler.mode=FAIR -e "
		from 'in/n1.txt' text | aggregate count(*) as n, max(length(value)) as m | write 'a' csv;
		from 'in/n2.txt' text | aggregate count(*) as n, max(length(value)) as m | write 'b' csv"
	[ "$(cat a/part-*)" = 100000,6 ]
	[ "$(cat b/part-*)" = 200000,6 ]
}

@test "pools from settings and from Spark's file" {
	cat >pools.xml <<'END'
<?xml version="1.0"?>
<allocations>
  <!-- <pool name="no"> -->
  <pool name="long"><schedulingMode>FAIR</schedulingMode><weight>1</weight><minShare>0</minShare></pool>
  <pool name="empty"/>
  <pool name='short'>
    <weight> 3 </weight>
  </pool>
</allocations>
END
	fifo_and_fair 'local[2]' -c spark.scheduler.allocation.file="$PWD/pools.xml"
	cat >pools2.xml <<'END'
<allocations><pool name="empty"/><pool name="short"><weight>x</weight></pool></allocations>
END
	run ! sp-submit -c spark.scheduler.mode=FAIR -c spark.scheduler.allocation.file="$PWD/pools2.xml" \
		-e "from range(3) | write 'x' csv"
	assert_output --partial pool.short.weight
	rm -r FIFO FAIR
	fifo_and_fair 'local[2]' -c spark.scheduler.pool.short.weight=5 \
		-c spark.scheduler.pool.long.minShare=1
	run -0 sp-submit --show-config -c spark.scheduler.pool.short.weight=5
	assert_output --partial $'spark.scheduler.pool.short.weight\t5\tflag'
	refute_output --partial minShare
	echo '<pool name="x">' >bad.xml
	for bad in "allocation.file=$PWD/bad.xml" "allocation.file=$PWD/none.xml"; do
		run ! sp-submit -m 'local[2]' -c spark.scheduler.mode=FAIR \
			-c "spark.scheduler.$bad" -e "from range(3) | write 'x' csv"
		assert_output --partial .xml
	done
	run -78 sp-submit -c spark.scheduler.pool.short.heavy=5 -e 'select 1'
	assert_output --partial 'minShare'
	run -78 sp-submit -c spark.scheduler.mode=LIFO -e 'select 1'
	assert_output --partial 'FIFO or FAIR'
}
