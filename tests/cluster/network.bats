# What crosses the network between hosts: compressed where it is slow.
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

@test "on a fast link it crosses as it is" {
	shuffle_of 300000 -c spark.shuffle.compress=false
	want=$output whole=$(fetched)
	# A machine that is busy may be slow for a while.
	for _ in 1 2 3; do
		shuffle_of 300000
		[ "$output" = "$want" ]
		few=$(fetched)
		echo "# $few of $whole bytes crossed"
		[ "$few" -lt $((whole / 2)) ] || return 0
	done
	false
}
