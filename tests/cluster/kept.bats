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
	sp-submit "${LOG[@]}" -m "$M" -e "
		cache table t as select id, id % 7 as k, 'text ' || id as s
		    from range(0, 80000, 1, 8);
		select count(*), sum(id), min(s), max(s) from t;
		$die;
		select count(*), sum(id), min(s), max(s) from t;
		select count(*), sum(id), min(s), max(s) from t" >out
	[ "$(sed -n 2p out)" = 1 ]
	[ "$(sort -u out | wc -l)" -eq 2 ]
	[ "$(tasks 1 1)" -eq 8 ]
	[ "$(lost 1 1)" -gt 0 ]
	[ "$(lost 1 1)" -lt 8 ]
	[ "$(tasks 4 1)" -eq "$(lost 1 1)" ]
	[ "$(tasks 2 1)" -eq 0 ]
	[ "$(tasks 5 1)" -eq 0 ]
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
		cache table t as from range(0, 8, 1, 8) | pipe 'echo \$\$' as (p int);
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
		cache table t as select id from range(0, 80000, 1, 12);
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
		from range(1) | pipe 'ls $SCRATCH/*/map-000-001-* 2>/dev/null | wc -l';
		select sum(id) from t" >out
	[ "$(paste -sd' ' out)" = "4 0 499500" ]
}
