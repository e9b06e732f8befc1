# What a person sees of a job: report, event log, lines of -v, what commands
# say.
load ../helper

setup() {
	house_setup
	cd "$BATS_TEST_TMPDIR" || return
	export TMPDIR=$PWD/tmp
	mkdir -p tmp
	command -v jq >/dev/null || need jq jq
}

cluster='local-cluster[2,1,256m]'

# The report made again from the log is the one that the run wrote.
same_report() {
	run -0 sp-submit --report-from "$1"
	assert_output "$(cat "$2")"
}

@test "figures of stages and executors, and the same from the event log" {
	seq 50000 >n.txt
	run -0 sp-submit -m "$cluster" --report r.json --event-log e.jsonl -e "
	    from 'n.txt' text | repartition 4
	    | aggregate count(*) n group by length(value) l | write 'out' csv"
	same_report e.jsonl r.json
	[ "$(jq '.jobs[0].stages[0].rows_in' r.json)" -eq 50000 ]
	[ "$(jq '[.executors[].tasks] | add' r.json)" -eq \
	    "$(jq '[.jobs[].stages[].tasks] | add' r.json)" ]
	[ "$(jq '[.executors[].rows_in] | add' r.json)" -eq \
	    "$(jq '[.jobs[].stages[].rows_in] | add' r.json)" ]
	[ "$(jq '[.jobs[].stages[].fetched_local_bytes] | add > 0' r.json)" = true ]
	[ "$(jq '[.executors[] | .peak_rss_mb > 1 and .started] | all' r.json)" = true ]
	[ "$(jq '.executors | length, .[0].cores' r.json | tr '\n' ' ')" = '2 1 ' ]
	[ "$(jq .outputs r.json)" -eq 1 ]
	[ "$(jq -r .event e.jsonl | head -n 1)" = application_start ]
	[ "$(jq -r .event e.jsonl | tail -n 1)" = application_end ]
	[ "$(stat -c %a e.jsonl)" = 600 ]
}

@test "blocks that come over the network are told apart" {
	SP_FORCE=fetch run -0 sp-submit -m "$cluster" --report r.json -e "
	    from range(10000) | repartition 4 | aggregate count(*)"
	[ "$(jq '[.jobs[].stages[].fetched_remote_bytes] | add > 0' r.json)" = true ]
	[ "$(jq '[.jobs[].stages[].fetched_local_bytes] | add' r.json)" -eq 0 ]
}

@test "a failed job: its attempts, and where the last one was" {
	run -1 --separate-stderr sp-submit -v -m "$cluster" --report r.json \
	    --event-log e.jsonl -e "from range(4) | pipe 'echo oh dear >&2; exit 3'"
	[[ $stderr == *'attempt 4 failed on executor '* ]]
	[[ $stderr == *'is run again, attempt 2 on executor '* ]]
	[[ $stderr == *'hint: task 0 of stage 1, attempt 4, on executor '*'its last words: oh dear'* ]]
	grep -q '^[^ /]*/1\.0: oh dear$' <<<"$stderr"
	same_report e.jsonl r.json
	[ "$(jq '.exit, .jobs[0].stages[0].failed_attempts, .jobs[0].stages[0].retried' r.json |
	    tr '\n' ' ')" = '1 4 3 ' ]
	[ "$(jq -r '.jobs[0].status' r.json)" = failed ]
}

@test "an executor that is killed is named, with what is done" {
	run -0 --separate-stderr sp-submit -v -m "$cluster" --report r.json \
	    --event-log e.jsonl -e "
	    from range(4) | repartition 4 |
	    pipe 'if mkdir once 2>/dev/null; then kill -9 \$PPID; exit 1; fi; cat'
	        as (id string) | aggregate count(*)"
	assert_output 4
	grep -q '^executor .* was lost: .*killed by signal 9' <<<"$stderr"
	grep -q '^executor .* is started in its place (1 of ' <<<"$stderr"
	same_report e.jsonl r.json
	[ "$(jq '[.executors[] | select(.lost)] | length' r.json)" -eq 1 ]
	[ "$(jq '.executors | length' r.json)" -eq 3 ]
	[ "$(jq '[.jobs[].stages[] | .retried + .maps_run_again] | add > 0' r.json)" = true ]
}

@test "with --log-dir each executor has its file" {
	run -0 --separate-stderr sp-submit -m "$cluster" --log-dir logs -e "
	    from range(8) | repartition 4
	    | pipe 'echo one >&2; printf two >&2; cat' as (id string)
	    | aggregate count(*)"
	assert_output 8
	[ -z "$stderr" ]
	[ "$(cat logs/*.log | grep -c '^2\.[0-3]: one$')" -eq 4 ]
	[ "$(cat logs/*.log | grep -c '^2\.[0-3]: two$')" -eq 4 ]
	[ "$(ls logs | grep -c -- '-[01]\.log$')" -ge 1 ]
	run -0 sp-submit --log-dir here -e \
	    "from range(1) | pipe 'echo x >&2; cat' as (id string)"
	[ "$(cat here/*-0.log)" = '1.0: x' ]
}

@test "a command that never stops talking" {
	run -0 --separate-stderr sp-submit -m "$cluster" -e "
	    from range(1) | pipe 'yes | head -c 3000000 >&2; cat' as (id string)"
	assert_output 0
	[ "${#stderr}" -lt 2000000 ]
	[[ $stderr == *'(what else it says is not shown)' ]]
}

@test "a log that cannot be written is one warning" {
	run -0 --separate-stderr sp-submit --event-log /dev/full -e "select 1; select 2"
	assert_output $'1\n2'
	[ "$(grep -c 'warning: could not write the event log' <<<"$stderr")" -eq 1 ]
	run -0 --separate-stderr sp-submit --event-log no/such/dir -e "select 1"
	assert_output 1
	[[ $stderr == *'warning: could not write the event log "no/such/dir"'* ]]
	mkfifo nobody
	run -0 --separate-stderr sp-submit --event-log nobody -e "select 1"
	assert_output 1
}

@test "Spark's settings make a log of each run" {
	mkdir logs
	for n in 1 2; do
		run -0 sp-submit -c spark.eventLog.enabled=true \
		    -c spark.eventLog.dir="file://$PWD/logs" -e "select $n"
		assert_output $n
	done
	[ "$(ls logs/app-*.jsonl | wc -l)" -eq 2 ]
}

@test "more tasks than a log has lines for are summed up" {
	run -0 sp-submit --report r.json --event-log e.jsonl -e \
	    "from range(24000) | repartition 12000 | aggregate count(*)"
	assert_output 24000
	same_report e.jsonl r.json
	[ "$(jq '.jobs[0].stages | map(.tasks) | add > 12000' r.json)" = true ]
	[ "$(wc -l <e.jsonl)" -lt 10100 ]
}

@test "a log that ends early, and what is no log" {
	sp-submit --event-log e.jsonl -e "select 1"
	head -n 4 e.jsonl >cut.jsonl
	printf '{"event":"sta' >>cut.jsonl
	run -0 sp-submit --report-from cut.jsonl
	[ "$(jq '.exit' <<<"$output")" = null ]
	[ "$(jq -r '.jobs[0].status' <<<"$output")" = running ]
	echo '{"event":' >bad
	run -65 sp-submit --report-from bad
	assert_output --partial 'bad:1: this is no event'
	run -65 sp-submit --report-from /dev/null
	run -66 sp-submit --report-from none.jsonl
	run -2 sp-submit --report-from e.jsonl -e "select 1"
	run -74 bash -c 'sp-submit --report-from e.jsonl >/dev/full'
}
