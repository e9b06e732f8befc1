# Skewed partitions of joins are split between tasks: the same rows, whatever
# is decided, and it is decided where it is right and only there.
load ../helper

setup() {
	house_setup
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$PWD/tmp
	mkdir -p tmp
	command -v jq >/dev/null || need jq jq
	prefix=spark.sql.adaptive
	split=(-c "$prefix.skewJoin.skewedPartitionThresholdInBytes=1k"
	    -c "$prefix.advisoryPartitionSizeInBytes=1k"
	    -c spark.sql.shuffle.partitions=7)
	cat >views.sp <<-'END'
	create temporary view fact as select /*+ REPARTITION(6) */
	    if(id % 10 < 9, 7, id % 50) k, id v from range(6000);
	create temporary view dim as select /*+ REPARTITION(3) */
	    id % 64 + 5 d, id w from range(128);
	create temporary view flat as select /*+ REPARTITION(4) */
	    id % 70 k, id u from range(700);
	END
}

# Rows of the query, sorted; report.json tells how they were made.
rows() {        # query, options of sp-submit ...
	local query=$1

	shift
	sp-submit --report report.json "${split[@]}" "$@" -e "
	    include 'views.sp'; $query" >rows.out || return
	sort rows.out
}

# Partitions that were split, tasks that they were split into.
splits() {
	jq -r '[.jobs[].stages[] | .split_partitions // 0] | add' report.json
}

same_with_and_without() {       # query, 1: it is split, 0: not; options ...
	local query=$1 want=$2

	shift 2
	rows "$query" -c $prefix.skewJoin.enabled=false "$@" >without
	[ "$(splits)" -eq 0 ]
	rows "$query" "$@" >with
	[ -s with ]
	cmp without with
	[ "$(($(splits) > 0))" -eq "$want" ] || {
		echo "split: $(splits), wanted: $want: $query"
		return 1
	}
}

all_kinds() {   # options of sp-submit ...
	local by='on k = d'

	same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ * from fact inner join dim $by" 1 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ * from fact left join dim $by and w > 70" 1 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ * from fact left semi join dim $by" 1 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ * from fact left anti join dim $by and w > 70" 1 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(fact) */ * from dim right join fact $by" 1 "$@"
	same_with_and_without "select /*+ MERGE(dim) */ * from fact left join dim $by" 1 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(fact) */ * from dim inner join fact $by" 1 "$@"
	# The large side is the one whose rows must be seen together.
	same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ * from fact full join dim $by" 0 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(fact) */ * from dim left join fact $by" 0 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(fact) */ * from dim left anti join fact $by" 0 "$@"
	same_with_and_without "select /*+ SHUFFLE_HASH(fact) */ * from dim left semi join fact $by and v > 3" 0 "$@"
}

@test "joins of every kind, threads of one process" {
	all_kinds -m 'local[2]'
}

@test "joins of every kind, threads, everything on disk" {
	export SP_FORCE=spill
	all_kinds -m 'local[2]'
}

@test "joins of every kind on executors" {
	all_kinds -m 'local-cluster[2,1,256m]'
}

@test "what follows a join that was split" {
	for m in 'local[2]' 'local-cluster[2,1,256m]'; do
		join='(select /*+ SHUFFLE_HASH(dim) */ * from fact join dim on k = d)'
		# An aggregate in two steps has an exchange between them; one in
		# the same stage, by the key of the join, needs its groups whole.
		same_with_and_without "select w, count(*), sum(v) from $join group by w" 1 -m "$m"
		same_with_and_without "select k, count(*), sum(v) from $join group by k" 1 -m "$m"
		same_with_and_without "select /*+ SHUFFLE_HASH(dim) */ k, count(distinct w), sum(v)
		    from fact join dim on k = d group by k" 0 -m "$m"
		same_with_and_without "select * from $join order by v, w limit 50" 1 -m "$m"
		same_with_and_without "select distinct w from $join" 1 -m "$m"
		same_with_and_without "select /*+ SHUFFLE_HASH(flat) */ v, w, u
		    from $join j join flat on j.k = flat.k where v % 10 = 0" 1 -m "$m"
		same_with_and_without "select /*+ SHUFFLE_HASH(dim), SHUFFLE_HASH(f) */ v, w, u
		    from fact left join dim on k = d left join flat f on fact.k = f.k" 1 -m "$m"
		# Three sides by one key: the groups of one are made there.
		same_with_and_without "select /*+ SHUFFLE_HASH(g) */ v, g.n from fact
		    join (select d, count(*) n from dim group by d) g on k = g.d" 1 -m "$m"
	done
}

@test "both sides are skewed" {
	same_with_and_without "select /*+ SHUFFLE_HASH(b) */ a.v, b.v from fact a
	    join (select * from fact where v < 200) b on a.k = b.k where a.v < 2000" 1 -m 'local[2]'
}

@test "what was decided is told" {
	for m in 'local[2]' 'local-cluster[2,1,256m]'; do
		run -0 --separate-stderr sp-submit -v -m "$m" --report r.json \
		    --event-log e.jsonl "${split[@]}" -e "include 'views.sp';
		    select /*+ SHUFFLE_HASH(dim) */ count(*) from fact join dim on k = d"
		assert_output 12000
		line=$(grep -o 'done: .* 1 skewed split into [0-9]*' <<<"$stderr")
		[ "$(jq '[.jobs[].stages[] | .split_partitions // 0] | add' r.json)" -eq 1 ]
		into=$(jq '[.jobs[].stages[] | .split_into // 0] | add' r.json)
		[ "${line##* }" -eq "$into" ]
		[ "$into" -ge 2 ]
		run -0 sp-submit --report-from e.jsonl
		assert_output "$(cat r.json)"
	done
}

@test "adaptive execution as a whole can be turned off" {
	rows "select /*+ SHUFFLE_HASH(dim) */ * from fact join dim on k = d" \
	    -c $prefix.enabled=false >off
	[ "$(splits)" -eq 0 ]
	rows "select /*+ SHUFFLE_HASH(dim) */ * from fact join dim on k = d" \
	    -c $prefix.coalescePartitions.enabled=false >on
	[ "$(splits)" -eq 1 ]
	cmp off on
}

@test "tasks that share a partition and fail, and lost map outputs" {
	query="select /*+ SHUFFLE_HASH(dim) */ * from fact left join dim on k = d"
	rows "$query" -m 'local[2]' >want
	for seed in 1 2 3 4; do
		SP_FORCE=chaos:$seed rows "$query" -m 'local-cluster[2,1,256m]' >got
		[ "$(splits)" -eq 1 ]
		cmp want got
	done
	# An executor dies with the map outputs of tasks that shared one.
	rows "select k, v, w from (select /*+ SHUFFLE_HASH(dim) */ * from fact
	    left join dim on k = d) | repartition 4 |
	    pipe 'if mkdir $PWD/once 2>/dev/null; then kill -9 \$PPID; exit 1; fi; cat'
	    as (k bigint, v bigint, w bigint)" -m 'local-cluster[2,1,256m]' >got
	[ "$(splits)" -eq 1 ]
	[ "$(jq '[.jobs[].stages[].maps_run_again] | add > 0' report.json)" = true ]
	[ -d once ]
	rows "select k, v, w from fact left join dim on k = d" -m 'local[2]' >want
	cmp want got
}
