# What crosses the network between hosts: compressed where it is slow.  That
# it is not where the network is fast depends on how much the machine has to do
# besides; tests/unit/t_transfer_pace.c holds the decision to its figures.
load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 2
}

teardown_file() {
	hosts_down
}

setup() {
	house_setup
	hosts_login
	M=ssh://root@host1,root@host2
}

teardown() {
	hosts_heal
}

# fetched: bytes that executors of the run got from others, by its report.
fetched() {
	jq "[.jobs[].stages[].fetched_remote_bytes] | add" r.json
}

# Rows of 100 bytes, of which half have to go to the other host.
shuffle_of() {
	run -0 on_host 0 sp-submit -m "$M" "${@:2}" --report r.json -e "
		from range(0, $1, 1, 4)
		| select id, repeat(cast(id % 1000 as string) || ' times ', 10) as s
		| repartition 4
		| aggregate count(*), sum(id), sum(length(s))"
}

@test "a shuffle over a slow link crosses it compressed" {
	shuffle_of 600000 -c spark.shuffle.compress=false
	want=$output whole=$(fetched)
	[ "$whole" -gt 24000000 ]
	host_rate 1 20mbit
	shuffle_of 600000
	[ "$output" = "$want" ]
	few=$(fetched)
	echo "# $few of $whole bytes crossed"
	[ $((few * 2)) -lt "$whole" ]
}

@test "what does not become fewer crosses even a slow link as it is" {
	noise() {
		run -0 on_host 0 sp-submit -m "$M" "$@" --report r.json -e "
			from range(0, 150000, 1, 4)
			| select id, concat(unhex(md5(cast(id as string))),
			    unhex(md5(cast(id + 0.5 as string))),
			    unhex(md5(cast(id + 0.25 as string)))) as s
			| repartition 4
			| aggregate count(*), sum(id), sum(length(s))"
	}
	noise -c spark.shuffle.compress=false
	assert_output $'150000\t11249925000\t7200000'
	whole=$(fetched)
	host_rate 1 40mbit
	noise
	assert_output $'150000\t11249925000\t7200000'
	few=$(fetched)
	echo "# $few of $whole bytes crossed"
	[ $((few * 4)) -gt $((whole * 3)) ]
	[ $((few * 4)) -lt $((whole * 5)) ]
}

@test "without limits it is the same rows, and not more bytes" {
	shuffle_of 300000 -c spark.shuffle.compress=false
	want=$output whole=$(fetched)
	shuffle_of 300000
	[ "$output" = "$want" ]
	[ "$(fetched)" -gt 0 ]
	[ $(($(fetched) * 4)) -lt $((whole * 5)) ]
}
