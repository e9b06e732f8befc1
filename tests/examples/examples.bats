# The jobs of the README and of the architecture texts.

load ../helper

EX=$BATS_TEST_DIRNAME

@test "word count of the licence texts" {
	run -0 sp-submit "$EX/wordcount.sp"
	[ "${lines[0]%%	*}" = the ]
}

# golden NAME [option ...]: what the job prints is in NAME.out, also when it
# spills, has one thread, many partitions, and no optimizer.
golden() {
	local job way
	job=$(ls "$EX/$1".s*)
	shift
	ln -sfn "$DATA" data
	for way in '' SP_FORCE=spill SP_FORCE=noopt; do
		env $way sp-submit "$@" "$job" >got
		diff -u "${job%.*}.out" got
	done
	sp-submit -m 'local[1]' -c spark.sql.shuffle.partitions=13 "$job" >got
	diff -u "${job%.*}.out" got
}

@test "log lines split at commas and counted" {
	golden log_levels
}

@test "CSV: read, filter, group, count" {
	golden cities
}

@test "purchases per user above 1000" {
	golden purchases
}

@test "plain SQL with having" {
	golden big_customers
}

@test "a range of a million, summed by remainder and filtered" {
	golden range_sums
}

@test "two sets joined, then grouped by category" {
	golden segment_sales
}

@test "a hundred partitions on forty slots" {
	golden partitions -m 'local[40]'
	run -0 sp-submit -m 'local[40]' -e "select count(*), sum(id)
	    from range(0, 100000, 1, 100)"
	assert_output '100000	4999950000'
}

@test "map, sort, reduce with Unix commands" {
	golden streaming
	diff <(tr -s ' ' '\n' <data/poem.txt | LC_ALL=C sort | uniq -c |
	    sort -k1,1nr -k2,2 | head -n 3 | awk '{print $1 "\t" $2}') got
}

@test "every example has a test, and its rows" {
	local job
	for job in "$EX"/*.sp "$EX"/*.sql; do
		job=${job##*/}
		grep -q "golden ${job%.*}\>\|/$job" "$EX/examples.bats" || fail "$job"
	done
}
