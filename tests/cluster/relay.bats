# Broadcasts between hosts: once to each, from one executor to the next, and
# right when those who have copies die.
load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 3
}

teardown_file() {
	hosts_down
}

setup() {
	house_setup
	hosts_login
}

teardown() {
	hosts_heal
}

# twice HOSTS...: two executors of one core on each, by two names of it.
twice() {
	local i
	for i; do
		printf 'root@host%d cores=1\nroot@10.77.0.%d cores=1\n' \
			"$i" $((10 + i))
	done >hostfile
}

# Each row of the large side meets one of some MB that are broadcast; so many
# tasks make them.  Tasks take a while, so that each executor gets some.
join_of() {
	cat <<-EOT
		from range(0, 4000, 1, 48) as a
		| join broadcast (from range(0, 40000, 1, $1)
		    | select id as k, repeat(md5(cast(id as string)), 3) as v
		    | pipe 'sleep 0.5; cat' as (k bigint, v string)) as b
		  on a.id = b.k
		| select a.id, v
		| pipe 'sleep 0.3; cat' as (id bigint, v string)
		| aggregate count(*), sum(length(v)), sum(id)
	EOT
}

fetched() {
	jq '[.jobs[].stages[].fetched_remote_bytes] | add' r.json
}

# Bytes that host I has sent.
sent() {
	on_host "$1" cat /sys/class/net/veth0/statistics/tx_bytes
}

@test "a broadcast crosses the network once to each host" {
	want=$(sp-submit -e "$(join_of 4)")
	twice 1 2
	run -0 on_host 0 sp-submit -m ssh:hostfile -c spark.shuffle.compress=false \
		--report r.json -e "$(join_of 4)"
	assert_output "$want"
	size=$(jq '.jobs[0].stages[0].bytes_out' r.json)
	echo "# $(fetched) of $size bytes were fetched"
	[ "$size" -gt 3000000 ]
	[ "$(fetched)" -gt $((size / 2)) ]
	[ "$(fetched)" -lt $((size * 5 / 4)) ]
}

@test "an executor that has copies dies, the rows are the same" {
	want=$(sp-submit -e "$(join_of 4)")
	twice 1 2 3
	for i in 1 2; do
		host_rate 1 40mbit
		on_host 0 sp-submit -m ssh:hostfile --report r.json \
			-e "$(join_of 4)" >out 2>err &
		pid=$!
		sleep "1.$((i * 4))"
		on_host 2 pkill -KILL -o -x sp-executor || :
		wait $pid
		hosts_heal
		[ "$(cat out)" = "$want" ]
	done
}
