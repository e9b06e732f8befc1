# Records that cannot be read (on error quarantine), when executors read them.
load ../helper

setup() {
	house_setup
	# 20,000 good records, 2,000 bad ones of two kinds.
	seq 1 22000 | awk '{ print $1 % 11 ? $1 "," $1 : $1 % 2 ? "x" $1 "," : $1 ",1,2" }' >in.csv
	awk -F, 'NF != 2 || $2 == ""' in.csv | sort >want
	[ "$(wc -l <want)" = 2000 ]
	QUERY="from 'in.csv' csv (a int, b int) on error quarantine 'bad'"
	SMALL=(-c spark.sql.files.maxPartitionBytes=16k)
}

# Each bad record is there once, and nothing else.
all_bad() {
	cat bad/*.bad | sort | cmp - want
	[ -z "$(ls -A bad | grep -v '^in\.csv-[0-9]*\.bad$')" ]
}

@test "executors bring them to the driver" {
	run -0 sp-submit -m 'local-cluster[2,1,256m]' "${SMALL[@]}" -e "$QUERY
		| aggregate count(*), sum(a)"
	assert_output "20000	$(awk -F, '$1 % 11 { s += $1 } END { print s }' in.csv)"
	all_bad
	[ "$(ls bad | wc -l)" -gt 5 ]
	ls bad >first
	# Once more, for rows that are collected: the same files.
	run -0 sp-submit -m 'local-cluster[2,2,256m]' "${SMALL[@]}" -e "$QUERY
		| where a = 5"
	assert_output $'5\t5'
	all_bad
	ls bad | cmp - first
}

@test "each once, when attempts fail" {
	for seed in 1 2 3; do
		rm -rf bad
		SP_FORCE=chaos:$seed run -0 sp-submit -m 'local-cluster[2,2,256m]' \
			"${SMALL[@]}" -e "$QUERY | where a > 0 | repartition 3 | aggregate count(*)"
		assert_output 20000
		all_bad
	done
}

@test "each once, while a task of the job before still stops" {
	run -0 sp-submit -m 'local-cluster[2,2,256m]' "${SMALL[@]}" \
		-c spark.speculation=true -c spark.speculation.minTaskRuntime=100ms -e "
		from range(0, 20, 1, 20)
		| pipe 'mkdir \$PWD/once 2>/dev/null && trap \"\" TERM && sleep 60; cat' as (id bigint)
		| aggregate count(*);
		$QUERY | pipe 'sleep 0.4; cat' as (a int, b int)
		| aggregate count(*), sum(a)"
	assert_line --index 0 20
	assert_line --index 1 "20000	$(awk -F, '$1 % 11 { s += $1 } END { print s }' in.csv)"
	all_bad
}

@test "each once, when executors are killed" {
	sp-submit -m 'local-cluster[3,1,256m]' "${SMALL[@]}" -e "$QUERY
		| where a > 0 | pipe 'sleep 0.1; cat' | aggregate count(*)" >out 2>log &
	job=$!
	for i in 1 2 3; do
		command sleep 0.3
		pid=$(pgrep -x sp-executor -P "$job" | shuf -n 1) || true
		[ -z "$pid" ] || kill -9 "$pid" || true
	done
	wait $job
	[ "$(cat out)" = 20000 ]
	all_bad
}

@test "another action that ends meanwhile takes none away" {
	for i in {1..12}; do
		cat <<-END
		from range(0, 2000, 1, 2) | where id > 5 | limit 1;
		from 'in.csv' csv (a int, b int) on error quarantine 'bad$i'
		| pipe 'cat; sleep 0.1' as (a int, b int) | aggregate count(*);
		END
	done >job.sp
	run -0 sp-submit -m 'local-cluster[1,4,256m]' job.sp
	[ "$(grep -c '^20000$' <<<"$output")" = 12 ]
	for i in {1..12}; do
		mv "bad$i" bad
		all_bad
		rm -r bad
	done
}

@test "a job that fails leaves no half of a file" {
	run -1 sp-submit -m 'local-cluster[2,1,256m]' -c spark.task.maxFailures=1 \
		"${SMALL[@]}" -e "$QUERY | pipe 'grep -v 13,13; exit 3'"
	[ -z "$(ls -A bad 2>/dev/null | grep '^\.')" ]
}

@test "two directories, one that cannot be made" {
	printf '1\nx\n' >one.csv
	printf 'y\n2\n' >two.csv
	run -0 sp-submit -m 'local-cluster[2,1,256m]' -e "from 'one.csv' csv (a int) on error
		quarantine 'q1' | union all (from 'two.csv' csv (a int)
		on error quarantine 'q2') | order by a"
	assert_output $'1\n2'
	[ "$(cat q1/one.csv-0.bad)" = x ]
	[ "$(cat q2/two.csv-0.bad)" = y ]
	run ! sp-submit -m 'local-cluster[2,1,256m]' -e "from 'one.csv' csv (a int) on error
		quarantine 'no/such/q' | order by a"
	assert_output --partial 'could not make "no/such/q"'
}
