# Rows that are kept: what is read and run again, what memory holds, what is
# freed, and messages.

load ../helper

# tasks JOB STAGE: how many tasks of the report's stage were run.
tasks() {
	jq -r ".jobs[$1 - 1].stages[$2 - 1].tasks" r.json
}

# bytes JOB: of input.
bytes() {
	jq -r "[.jobs[$1 - 1].stages[].bytes_in] | add" r.json
}

setup() {
	house_setup
	command -v jq >/dev/null || need jq jq
}

# peak_below MB: the memory that r.json tells of; sanitizers keep what was
# freed.
peak_below() {
	local mb=$1
	! grep -q __asan_init "$(command -v sp-submit)" || mb=$((4 * mb))
	[ "$(jq ".peak_rss_mb < $mb" r.json)" = true ]
}

@test "the second job reads no file" {
	cp data/orders.csv o.csv
	sp-submit --report r.json -e "
	    let o = from 'o.csv' | where status = 'paid' | cache;
	    from o | aggregate count(*);
	    from cmd 'echo broken > o.csv; echo x' text;
	    from o | aggregate count(*);
	    from cmd 'rm o.csv; echo y' text;
	    select count(*) from o a join o b using (order_id)" >got
	[ "$(paste -sd' ' got)" = "6 x 6 y 6" ]
	[ "$(bytes 1)" -gt 100 ]
	[ "$(bytes 3)" -eq 0 ]
	[ "$(tasks 1 1)" -eq 1 ]
	[ "$(tasks 3 1)" -eq 0 ]
	[ "$(tasks 5 1)" -eq 0 ]
}

@test "cache table reads at once, lazy when it is used; uncached is read anew" {
	seq 5 >n.txt
	sp-submit --report r.json -e "
	    cache table n as select cast(value as int) as v from 'n.txt' text;
	    from cmd 'seq 7 > n.txt; echo x' text;
	    select sum(v) from n;
	    uncache table n;
	    select sum(v) from n;
	    cache lazy table n;
	    from cmd 'seq 2 > n.txt; echo x' text;
	    select sum(v) from n" >got
	[ "$(tail -n 1 got)" != 28 ]
	[ "$(head -n 3 got | paste -sd' ')" = "x 15 28" ]
	[ "$(jq '.jobs | length' r.json)" -eq 6 ]
	[ "$(tasks 1 1)" -eq 1 ]
}

@test "a relation that is used twice in a job is made once" {
	sp-submit --report r.json -e "
	    with x as (from range(0, 1000, 1, 4) | cache)
	    select count(*) from x a join x b on a.id = b.id"
	[ "$(jq '.jobs[0].stages[0].rows_in' r.json)" -eq 1000 ]
	[ "$(tasks 1 1)" -eq 4 ]
	run -0 sp-plan -e "with x as (from range(0, 1000, 1, 4) | cache)
	    select count(*) from x a join x b on a.id = b.id"
	[ "$(grep -o 'range' <<<"$output" | wc -l)" -eq 1 ]
	[ "$(grep -o 'read cached 1' <<<"$output" | wc -l)" -eq 2 ]
}

# About 70 MB a relation, in memory.
rows="from range(0, 1000000, 1, 4) | select id, 'twenty more bytes ' || id as s"

@test "memory_disk spills what has no room, memory makes it again" {
	sp-submit --memory 40m --report r.json -e "
	    let a = $rows | cache; let b = $rows | cache memory;
	    select max(s) from a; select max(s) from a;
	    select max(s) from b; select max(s) from b" >got
	[ "$(sort -u got)" = "twenty more bytes 999999" ]
	[ "$(wc -l <got)" -eq 4 ]
	[ "$(tasks 2 1)" -eq 0 ]
	[ "$(tasks 4 1)" -eq 4 ]
	peak_below 150
	sp-submit --memory 1g --report r.json -e "
	    let b = $rows | cache memory;
	    select max(s) from b; select max(s) from b" >got
	[ "$(tasks 2 1)" -eq 0 ]
}

@test "what was used longest ago goes first" {
	# One thread: what a relation takes depends on what was known before.
	sp-submit -m 'local[1]' --memory 290m --report r.json -e "
	    let a = $rows | cache memory; let b = $rows | cache memory;
	    let c = $rows | cache memory;
	    select count(s) from a; select count(s) from b;
	    select count(s) from a; select count(s) from c;
	    select count(s) from a; select count(s) from b" >got
	[ "$(sort -u got)" = 1000000 ]
	[ "$(tasks 3 1)" -eq 0 ]
	[ "$(tasks 5 1)" -eq 0 ]
	[ "$(tasks 6 1)" -eq 4 ]
}

@test "a job takes its memory back, but not below the storage fraction" {
	local job="let a = $rows | cache memory; select count(s) from a;
	    select count(*) from (select id, s from (select * from ($rows)
	        union all select * from ($rows)) order by s desc);
	    select count(s) from a"
	sp-submit -m 'local[2]' --memory 140m -c spark.memory.storageFraction=0 \
	    --report r.json -e "$job" >got
	[ "$(paste -sd' ' got)" = "1000000 2000000 1000000" ]
	[ "$(tasks 3 1)" -eq 4 ]
	sp-submit -m 'local[2]' --memory 140m -c spark.memory.storageFraction=1 \
	    --report r.json -e "$job" >got
	[ "$(paste -sd' ' got)" = "1000000 2000000 1000000" ]
	[ "$(tasks 3 1)" -eq 0 ]
}

@test "turns of repeat leave neither files nor memory behind" {
	# Each turn that is kept has a file of its own.
	(ulimit -n 64 && SP_FORCE=spill sp-submit -e "
	    let r = from range(0, 100, 1, 3) | select id, 0 as v;
	    repeat 100 { let r = select id, v + 1 as v from r }
	    select sum(v) from r") >got
	[ "$(cat got)" = 10000 ]
	sp-submit --report r.json -e "
	    let r = $rows;
	    repeat 12 { let r = select id + 1 as id, s from r }
	    select sum(id), max(s) from r" >got
	[ "$(cat got)" = "500011500000	twenty more bytes 999999" ]
	peak_below 400
}

@test "a turn is planned as the one before" {
	run -0 sp-submit -vv -e "
	    let r = select 1L as v;
	    repeat 50 { let r = select x.v + y.v as v from r x, r y }
	    select v from r"
	assert_output --partial "1125899906842624"
	[ "$(grep -c '^stage 1' <<<"$output")" -eq 51 ]
	refute_output --partial 'stage 2'
	[ "$(wc -l <<<"$output")" -lt 200 ]
}

@test "forty relations, each made of the one before twice" {
	{
		echo "let r = select 1L as v | cache;"
		for i in $(seq 40); do
			echo "let r = select x.v + y.v as v from r x, r y | cache;"
		done
		echo "select v from r"
	} >job.sp
	run -0 timeout 20 sp-submit job.sp
	assert_output 1099511627776
	run -0 timeout 20 sp-submit -m 'local-cluster[1,1,256m]' job.sp
	assert_output 1099511627776
}

@test "checkpoints have a directory" {
	sp-submit -e "let t = from range(10) | checkpoint 'here';
	    select sum(id) from t; explain select * from t" >got
	grep -q 'checkpoint 1 parts 1 as (id bigint)' got
	[ -d here ]
	[ -z "$(ls -A here)" ]
	run -66 sp-submit -e "from range(10) | checkpoint 'no/such/place'"
	assert_output --partial 'could not make the directory "no/such/place"'
	run -66 sp-submit -c spark.checkpoint.dir=no/such -e "
	    from range(10) | checkpoint"
	assert_output --partial 'could not make the directory "no/such"'
}

@test "explain tells what is kept, sp-plan runs nothing" {
	run -0 sp-submit -e "cache table t as select id from range(5);
	    explain select sum(id) from t"
	assert_output --partial "exchange cache 1 memory_disk of t kept 1"
	assert_output --partial "read cached 1"
	cat >job.sp <<-'END'
		cache table t as select * from 'gone-soon.txt' text;
		let n = select 0 as v;
		repeat 1000000 { let n = select v + 1 as v from n; from n; }
		select * from t;
	END
	echo x >gone-soon.txt
	run -0 timeout 10 sp-plan job.sp
	[ "$(grep -c '^stage 1' <<<"$output")" -eq 2 ]
	assert_output --partial "exchange cache 1 memory_disk of t"
	refute_output --partial kept
	sp-plan job.sp | sed -n '/gone-soon/,$p' | sp-submit --plan - >got
	[ "$(cat got)" = x ]
}

@test "levels that mean less here are noted, settings are checked" {
	run -0 sp-submit -e "let t = from range(3) | cache memory_only_2;
	    select count(*) from t; select count(*) from t"
	[ "$(grep -c '^note: MEMORY_ONLY_2: one copy' <<<"$output")" -eq 1 ]
	run -78 sp-submit -c spark.memory.fraction=2 -e "select 1"
	assert_output --partial "'2' is not a number from 0 to 1"
	run -1 sp-submit -e "uncache table customer; "
	assert_output --partial "unknown table 'customer'"
	run -1 sp-submit -e "let customers = select 1; uncache table customer"
	assert_output --partial "did you mean 'customers'?"
	run -1 sp-submit -e "let t = select 1; cache table t
	    options ('storageLevel' 'MEMORY_AND_DISC')"
	assert_output --partial "did you mean 'MEMORY_AND_DISK'?"
}
