# Relations that executors keep (cache, cache table): what is made again when
# some of it is lost, where it is read, what its storage level does.
load ../helper

setup() {
	house_setup
	command -v jq >/dev/null || need jq jq
	M='local-cluster[3,1,512m]'
	mkdir ev
	LOG=(-c spark.eventLog.enabled=true -c "spark.eventLog.dir=$WORK/ev")
	# A job that ends the executor it runs on, once.
	die="from range(1) | pipe '[ -e gone ] || { touch gone; kill -KILL \$PPID; }; cat' | aggregate count(*)"
}

# warm N: a job that so many executors are there after; it waits for them.
warm() {
	echo "from range(0, 6, 1, 6) | pipe 'touch $WORK/warm.\$PPID
	    for i in \$(seq 1200); do
	        set $WORK/warm.*; [ \$# -lt $1 ] || break; sleep 0.05
	    done; cat' | aggregate count(*)"
}

# tasks JOB STAGE: how many ended well.
tasks() {
	jq -s "map(select(.event == \"task_end\" and .job == $1 and
		.stage == $2 and .failed == 0)) | length" ev/*
}

# home JOB STAGE: "part executor" of each, in order.
home() {
	jq -rs "map(select(.event == \"task_end\" and .job == $1 and
		.stage == $2 and .failed == 0)) | .[] |
		\"\(.part) \(.executor)\"" ev/* | sort -n
}

# What an executor that was lost had of JOB STAGE: the number of parts.
lost() {
	local x

	x=$(jq -s 'map(select(.event == "executor_lost")) | .[0].executor' ev/*)
	home "$1" "$2" | awk -v x="$x" '$2 == x' | wc -l
}

@test "of a relation only what was lost is made again" {
	sp-submit "${LOG[@]}" -m "$M" -e "$(warm 3);
		cache table t as select id, id % 7 as k, 'text ' || id as s
		    from range(0, 80000, 1, 8);
		select count(*), sum(id), min(s), max(s) from t;
		$die;
		select count(*), sum(id), min(s), max(s) from t;
		select count(*), sum(id), min(s), max(s) from t" >out
	[ "$(sed -n 3p out)" = 1 ]
	[ "$(sort -u out | wc -l)" -eq 3 ]
	[ "$(tasks 2 1)" -eq 8 ]
	[ "$(lost 2 1)" -gt 0 ]
	[ "$(lost 2 1)" -lt 8 ]
	[ "$(tasks 5 1)" -eq "$(lost 2 1)" ]
	[ "$(tasks 3 1)" -eq 0 ]
	[ "$(tasks 6 1)" -eq 0 ]
}

@test "its lineage is followed through exchanges and other kept rows" {
	sp-submit "${LOG[@]}" -m "$M" -c spark.sql.shuffle.partitions=12 \
	    -c spark.sql.adaptive.advisoryPartitionSizeInBytes=40k -e "
		cache table a as select id, id % 1000 as k
		    from range(0, 80000, 1, 8);
		cache table b as select k, count(*) as n, sum(id) as v
		    from (select * from a order by id) group by k;
		select count(*), sum(n), sum(v) from b;
		$die;
		select count(*), sum(n), sum(v) from b;
		select count(*), sum(n), sum(v) from b join a using (k)" >out
	[ "$(sed -n 1p out)" = $'1000\t80000\t3199960000' ]
	[ "$(sed -n 3p out)" = "$(sed -n 1p out)" ]
	[ "$(sed -n 4p out)" = $'80000\t6400000\t255996800000' ]
	# Those of b that were lost, if any, and what they need of a.
	[ "$(jq -s 'map(select(.event == "task_end" and .job == 5 and
		.failed == 0)) | length' ev/*)" -gt 1 ]
}

@test "rows that do not come out as they were: all of it is made again" {
	sp-submit "${LOG[@]}" -m "$M" -e "
		cache table t as from range(0, 8, 1, 8)
		    | pipe 'sleep 0.1; echo \$\$' as (p int);
		$die;
		select count(distinct p), sum(p) from t;
		select count(distinct p), sum(p) from t" >out
	[ "$(sed -n 2p out)" = "$(sed -n 3p out)" ]
	[ "$(sed -n 2p out | cut -f 1)" = 8 ]
	[ "$(tasks 3 1)" -eq 8 ]
}

@test "a kept file that is damaged or gone is made again, alone" {
	local files="$SCRATCH/*/map-000-001-0000"

	sp-submit "${LOG[@]}" -m "$M" -e "
		cache table t options ('storageLevel' 'DISK_ONLY') as
		    select id, 'text ' || id as s from range(0, 80000, 1, 8);
		from range(1) | pipe 'for f in $files[2-3]*; do
		    printf bad | dd of=\$f bs=1 seek=1000 conv=notrunc status=none
		    done; rm $files[5]*' | aggregate count(*);
		select count(*), sum(id), max(s) from t;
		select count(*), sum(id), max(s) from t" >out
	[ "$(sed -n 1p out)" = 0 ]
	[ "$(sed -n 2p out)" = $'80000\t3199960000\ttext 9999' ]
	[ "$(sed -n 3p out)" = "$(sed -n 2p out)" ]
	[ "$(tasks 3 1)" -eq 3 ]
	[ "$(tasks 4 1)" -eq 0 ]
}

@test "tasks run where the partition is that they read" {
	sp-submit "${LOG[@]}" -m "$M" -c spark.locality.wait=20s -e "
		cache table t as from range(0, 80000, 1, 12)
		    | pipe 'cat; sleep 0.2' as (id bigint);
		select sum(id) from t; select max(id) from t" >out
	home 1 1 >made
	[ "$(wc -l <made)" -eq 12 ]
	[ "$(cut -d' ' -f2 made | sort -u | wc -l)" -gt 1 ]
	diff <(home 2 2) made
	diff <(home 3 2) made
}

@test "what is not cached any more leaves no file" {
	sp-submit -m "$M" -e "
		cache table t options ('storageLevel' 'DISK_ONLY') as
		    select id from range(0, 1000, 1, 4);
		from range(1) | pipe 'ls $SCRATCH/*/map-000-001-* | wc -l';
		uncache table t;
		from range(1) | pipe 'for i in \$(seq 300); do
		    ls $SCRATCH/*/map-000-001-* >/dev/null 2>&1 || break; sleep 0.1
		    done; ls $SCRATCH/*/map-000-001-* 2>/dev/null | wc -l';
		select sum(id) from t" >out
	[ "$(paste -sd' ' out)" = "4 0 499500" ]
}

# About 3 MB a partition.
rows="from range(0, 800000, 1, 8) | select id, 'twenty more bytes ' || id as s"

# fetched JOB STAGE: bytes of map outputs that its tasks read from files or
# from others.
fetched() {
	jq -s "map(select(.event == \"task_end\" and .job == $1 and
		.stage == $2) | .fetched_local + .fetched_remote) | add" ev/*
}

@test "a level says where the rows are" {
	local level

	for level in MEMORY_ONLY MEMORY_AND_DISK DISK_ONLY; do
		rm -f ev/*
		sp-submit "${LOG[@]}" -m "$M" -c spark.locality.wait=20s -e "
			cache table t options ('storageLevel' '$level') as $rows;
			from range(1) | pipe 'ls $SCRATCH/*/map-000-* 2>/dev/null | wc -l';
			select count(*), sum(id), max(s) from t" >out
		echo "$(sed -n 1p out) $(($(fetched 3 2) > 0))" >>where
		[ "$(sed -n 2p out)" = $'800000\t319999600000\ttwenty more bytes 99999' ] ||
			[ "$(sed -n 2p out | cut -f1,2)" = $'800000\t319999600000' ]
	done
	# files, was something read from them
	diff where - <<-'END'
		0 0
		8 0
		8 1
	END
}

@test "rows in the memory of one executor reach the others" {
	local job="$(warm 3);
		cache table t options ('storageLevel' 'MEMORY_ONLY') as $rows;
		select count(*), sum(id), count(distinct s)
		    from (select * from t union all select * from t)"

	sp-submit "${LOG[@]}" -m "$M" -e "$job" >out
	[ "$(cat out)" = $'6\n1600000\t639999200000\t800000' ]
	[ "$(fetched 3 2)" -gt 1000000 ]
	rm warm.*
	SP_FORCE=fetch sp-submit -m "$M" -e "$job" >out
	[ "$(cat out)" = $'6\n1600000\t639999200000\t800000' ]
}

@test "rows in memory that are lost with their executor are made again" {
	sp-submit "${LOG[@]}" -m "$M" -e "$(warm 3);
		cache table t options ('storageLevel' 'MEMORY_ONLY') as $rows;
		$die;
		select count(*), sum(id) from t; select count(*), sum(id) from t" >out
	[ "$(sed 1,2d out | sort -u)" = $'800000\t319999600000' ]
	[ "$(lost 2 1)" -gt 0 ]
	[ "$(tasks 4 1)" -eq "$(lost 2 1)" ]
	[ "$(tasks 5 1)" -eq 0 ]
}

@test "what has no room: made again, or read from disk" {
	# Room for three of eight partitions.
	local few='-m local-cluster[1,1,512m] -c spark.memory.fraction=0.02'

	sp-submit "${LOG[@]}" $few -e "
		cache table t options ('storageLevel' 'MEMORY_ONLY') as $rows;
		select count(*), sum(id) from t; select count(*), sum(id) from t;
		from range(1) | pipe 'for i in \$(seq 300); do
		    ls $SCRATCH/*/map-000-* >/dev/null 2>&1 || break; sleep 0.1
		    done; ls $SCRATCH/*/map-000-* 2>/dev/null | wc -l'" >out
	[ "$(head -2 out | sort -u)" = $'800000\t319999600000' ]
	[ "$(tail -1 out)" = 0 ]
	[ "$(tasks 1 1)" -eq 8 ]
	[ "$(tasks 2 1)" -gt 2 ]
	[ "$(tasks 2 1)" -lt 8 ]
	[ "$(tasks 3 1)" -eq "$(tasks 2 1)" ]
	rm ev/*
	sp-submit "${LOG[@]}" $few -e "
		cache table t as $rows;
		select count(*), sum(id) from t; select count(*), sum(id) from t" >out
	[ "$(sort -u out)" = $'800000\t319999600000' ]
	[ "$(tasks 2 1)$(tasks 3 1)" = 00 ]
	[ "$(fetched 2 2)" -gt 1000000 ]
}

@test "what was used longest ago leaves the memory of an executor" {
	sp-submit "${LOG[@]}" -m 'local-cluster[1,1,140m]' -e "
		let a = $rows | cache memory; let b = $rows | cache memory;
		let c = $rows | cache memory; let d = $rows | cache memory;
		select count(s) from a; select count(s) from b;
		select count(s) from c; select count(s) from a;
		select count(s) from d;
		select count(s) from a; select count(s) from b" >out
	[ "$(sort -u out)" = 800000 ]
	[ "$(tasks 4 1)" -eq 0 ]
	[ "$(tasks 6 1)" -eq 0 ]
	[ "$(tasks 7 1)" -gt 0 ]
}

@test "a job takes memory back from kept rows, but not below the fraction" {
	local large=${rows/, 8)/, 2)} job
	job="let a = $rows | cache memory; select count(s) from a;
	    select count(*) from (select id, s from (select * from ($large)
	        union all select * from ($large)) order by s desc);
	    select count(s) from a"

	sp-submit "${LOG[@]}" -m 'local-cluster[1,2,48m]' \
	    -c spark.memory.storageFraction=0 -e "$job" >out
	[ "$(paste -sd' ' out)" = "800000 1600000 800000" ]
	[ "$(tasks 3 1)" -gt 0 ]
	rm ev/*
	sp-submit "${LOG[@]}" -m 'local-cluster[1,2,48m]' \
	    -c spark.memory.storageFraction=1 -e "$job" >out
	[ "$(paste -sd' ' out)" = "800000 1600000 800000" ]
	[ "$(tasks 3 1)" -eq 0 ]
}

# Workers serve map files themselves, but not what is in executors' memory.
@test "workers with a shuffle service: memory is served by its executor" {
	local job="cache table t options ('storageLevel' 'MEMORY_ONLY') as $rows;
		from range(1) | pipe 'ls -d $WORK/w[12] >/dev/null; find $WORK/w1 $WORK/w2 -name map-000-\* | wc -l';
		select count(*), sum(id), count(distinct s)
		    from (select * from t union all select * from t);
		$die;
		select count(*), sum(id) from t" pids=() i

	mkdir -p -m 700 "$HOME/.config/sp"
	sp-master -p 0 -d state --ready-fd 4 4>url 2>master.log 3>&- &
	pids+=($!)
	within 60 test -s url
	for i in 1 2; do
		sp-worker -c 1 -m 600m -d w$i --ready-fd 4 "$(cat url)" 4>id$i \
		    2>w$i.log 3>&- &
		pids+=($!)
		within 60 test -s id$i
	done
	sp-submit "${LOG[@]}" -m "$(cat url)" -e "$(warm 2); $job" >out
	kill "${pids[@]}"
	wait "${pids[@]}" || true
	[ "$(sed -n 2p out)" = 0 ]
	[ "$(sed -n 3p out)" = $'1600000\t639999200000\t800000' ]
	[ "$(sed -n 5p out)" = $'800000\t319999600000' ]
	[ "$(fetched 4 2)" -gt 1000000 ]
}

@test "turns of a loop on a cluster: plans stay small, a lost one is made again" {
	timeout 300 sp-submit -m "$M" -e "
		let r = select 1L as v;
		repeat 50 { let r = select x.v + y.v as v from r x, r y }
		select v from r" >out
	[ "$(cat out)" = 1125899906842624 ]
	timeout 300 sp-submit "${LOG[@]}" -m "$M" -e "
		let r = select id as k, 1L as v from range(0, 8, 1, 8);
		repeat 6 {
			let r = select x.k, x.v + y.v as v from r x join r y using (k)
		}
		$die;
		repeat 6 {
			let r = select x.k, x.v + y.v as v from r x join r y using (k)
		}
		select sum(v) from r" >out
	[ "$(cat out)" = $'1\n32768' ]
}
