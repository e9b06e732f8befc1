# A standing cluster on hosts that share no file: master on host1, workers on
# host2 and host3, the driver on host0.
load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 3 --bin
}

teardown_file() {
	hosts_down
}

setup() {
	house_setup
	hosts_login
	head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >key
	echo >>key
	chmod 600 key
	M=sp://10.77.0.11:7077
}

# daemon HOST COMMAND…: in the background there; waits until it is ready.
daemon() {
	local host=$1
	shift
	on_host "$host" sh -c 'umask 077; cat >/root/key' <key
	on_host "$host" sh -c 'mkdir -p /tmp/w; mkfifo /root/ready; (setsid "$@" \
		-v --ready-fd 3 -k /root/key 3>/root/ready >/root/log 2>&1 </dev/null &)
		read -r line </root/ready; rm /root/ready' sh "$@"
}

cluster_up() {
	daemon 1 sp-master -h 10.77.0.11 -p 7077 -d /root/state
	daemon 2 sp-worker -h 10.77.0.12 -c 1 -m 256m -d /tmp/w $M
	daemon 3 sp-worker -h 10.77.0.13 -c 1 -m 256m -d /tmp/w $M
}

cluster_down() {
	for i in 2 3 1; do
		on_host $i pkill -x 'sp-(worker|master)' || true
	done
}

submit() {
	on_host 0 timeout 300 sp-submit -c sp.cluster.key.file="$PWD/key" -m $M "$@"
}

@test "jobs on a standing cluster of hosts that share nothing" {
	cluster_up
	run -0 submit -e \
		"select id % 3 k, count(*) n from range(0, 90000, 1, 6) group by 1 order by 1"
	assert_output $'0\t30000\n1\t30000\n2\t30000'
	seq 20000 >n.txt
	run -0 submit -e "from '$PWD/n.txt' text | repartition 4
		| aggregate count(*) as n group by length(value) as len
		| order by len | write '$PWD/out' csv"
	assert_equal "$(cat out/part-*)" $'1,9\n2,90\n3,900\n4,9000\n5,10001'

	# Map outputs outlive the executor that made them, and a task that
	# dies is run again.
	run -0 --separate-stderr submit -vv -e "from range(0, 40, 1, 8) | repartition 2
		| pipe 'cat; test -e /tmp/once || { touch /tmp/once; kill -9 \$PPID; }' as (id bigint)
		| aggregate count(*), sum(id)"
	assert_output $'40\t780'
	[ "$(grep -c 'was lost' <<<"$stderr")" -ge 1 ]

	# A host without power.
	run -0 --separate-stderr on_host 0 sp-master status -m $M -k key --json
	assert_output --partial '"workers"'
	host_kill 3
	run -0 submit -e "select count(*) from range(0, 1000, 1, 4)"
	assert_output 1000
	cluster_down
}
