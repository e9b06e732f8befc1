# Jobs in the background: sp-submit --detach, --status, --wait, --kill.
load ../helper

setup() {
	house_setup
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
	S=$XDG_STATE_HOME/sp
}

@test "rows, messages and exit status of a detached job" {
	id=$(sp-submit --detach -e "select sum(id) from range(10)")
	run -0 sp-submit --wait "$id"
	assert_output "done 0"
	[ "$(cat "$S/$id.out")" = 45 ]
	[ ! -e "$S/$id.log" ]
	[ "$(stat -c %a "$S" "$S/$id.job" "$S/$id.out" | tr '\n' ' ')" = "700 600 600 " ]
	id=$(sp-submit --detach -e "select 1 / (id - 5) from range(10)")
	run -1 sp-submit --wait "$id"
	assert_output "done 1"
	grep -q 'division by zero' "$S/$id.log"
	run -1 sp-submit --status "$id"
	assert_output "done 1"
}

@test "its text from standard input, its executors in other processes" {
	id=$(echo "select count(*) from range(1000)" |
		sp-submit --detach -m 'local-cluster[2,1,256m]')
	run -0 sp-submit --wait "$id"
	[ "$(cat "$S/$id.out")" = 1000 ]
}

@test "it runs, and is stopped" {
	mkfifo gate
	id=$(sp-submit --detach -e "from range(1) | pipe 'cat gate'" 3>&-)
	run -75 sp-submit --status "$id"
	assert_output running
	run -0 sp-submit --kill "$id"
	assert_output ""
	run -143 sp-submit --wait "$id"
	assert_output "done 143"
	run -1 sp-submit --kill "$id"
	assert_output --partial 'has ended already'
}

@test "it is killed: nobody knows" {
	mkfifo gate
	id=$(sp-submit --detach -m 'local-cluster[1,1,256m]' \
		-e "from range(1) | pipe 'cat gate'" 3>&-)
	kill -9 "$(sed -n 's/^pid //p' "$S/$id.job")"
	run -75 sp-submit --wait "$id"
	assert_output died
	run -75 sp-submit --status "$id"
	assert_output died
	run -1 sp-submit --kill "$id"
	within 60 eval '[ -z "$(house_processes)" ]'
	sp-submit -e "from range(1) | repartition 2" >/dev/null # sweeps
}

@test "an id that nobody knows" {
	for id in job-1 '' ../x 'job-*'; do
		run -75 sp-submit --status "$id"
		assert_output --partial "nothing is known of a job '$id'"
		run -75 sp-submit --wait "$id"
		run -75 sp-submit --kill "$id"
	done
	XDG_STATE_HOME=/proc/nowhere run -73 sp-submit --detach -e "select 1"
}

@test "a record that was cut off" {
	id=$(sp-submit --detach -e "select 1")
	sp-submit --wait "$id"
	for text in 'pid 1' $'pid 1\nexit 0' 'exit 0' $'pid 1\nexit 999\n' ''; do
		printf %s "$text" >"$S/$id.job"
		run -75 sp-submit --status "$id"
		assert_output died
	done
}

@test "records of old jobs are swept" {
	old=$(sp-submit --detach -e "select 1")
	sp-submit --wait "$old"
	mkfifo gate
	runs=$(sp-submit --detach -e "from range(1) | pipe 'cat $PWD/gate'")
	touch -d '8 days ago' "$S/$old.job" "$S/$runs.job"
	mid=$(sp-submit --detach -e "select 1")
	sp-submit --wait "$mid"
	touch -d '6 days ago' "$S/$mid.job"
	touch -d '8 days ago' "$S/other.job" "$S/job-x"
	new=$(sp-submit --detach -e "select 1")
	sp-submit --wait "$new"
	[ -z "$(ls "$S/$old".*)" ]
	[ -e "$S/$runs.job" ]
	[ -e "$S/$mid.job" ]
	[ -e "$S/other.job" ]
	[ -e "$S/job-x" ]
	sp-submit --kill "$runs"
	run -143 sp-submit --wait "$runs"
}
