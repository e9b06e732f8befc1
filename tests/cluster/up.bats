# sp-master up and down: a whole cluster over SSH from one command, on hosts
# that share no file and have only sshd.
load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 10 --sshd "Port 22" --sshd "Port 2222"
}

teardown_file() { hosts_down; }

setup() {
	need_hosts
	house_setup
	hosts_login
	printf '%s\n' 'root@host1 cores=1 memory=256m' 'root@host2 cores=1 memory=256m' \
		'root@host3 cores=1 memory=256m' 'root@host4 cores=1 memory=256m' >hosts
	unset SP_CLUSTER_KEY_FILE SP_MASTER
}

teardown() {
	hosts_heal
	cluster down hosts >/dev/null 2>&1 || true
	house_teardown
}

cluster() { on_host 0 timeout 300 sp-master "$@"; }

# What runs of ours on a host.
ours() { on_host "$1" sh -c 'ps -eo comm= | grep "^sp-" || true'; }

@test "up, again, a job, down" {
	local t0 t1
	run -0 --separate-stderr cluster up hosts
	assert_output sp://host1:7077
	[ "$(grep -c ' started$' <<<"$stderr")" -eq 5 ]
	[[ $stderr =~ host1\ +master\ +started ]]
	[ "$(stat -c %a "$HOME/.config/sp/cluster.key")" = 600 ]

	run -0 --separate-stderr cluster up hosts
	assert_output sp://host1:7077
	[ "$(grep -c ' already running$' <<<"$stderr")" -eq 5 ]

	run on_host 0 timeout 300 sp-submit -m sp://host1:7077 -e \
		"select id % 3 k, count(*) n from range(0, 90000, 1, 6) group by 1 order by 1"
	echo "$output"
	assert_output $'0\t30000\n1\t30000\n2\t30000'
	run -0 on_host 0 sp-master status -m sp://host1:7077
	for i in 1 2 3 4; do assert_output --partial "host$i-"; done

	# One that died comes back, the others stay.
	on_host 3 pkill -KILL -x sp-worker
	run -0 --separate-stderr cluster up hosts
	[ "$(grep -c ' already running$' <<<"$stderr")" -eq 4 ]
	[[ $stderr =~ host3\ +worker\ +started ]]

	run -0 cluster down hosts
	[ "$(grep -c ' stopped$' <<<"$output")" -eq 5 ]
	for i in 1 2 3 4; do
		run -0 ours $i
		assert_output ''
		run -0 on_host $i find /root/.cache/sp/cluster -type f
		assert_output ''
	done
	run -0 cluster down hosts
	[ "$(grep -c ' not running$' <<<"$output")" -eq 5 ]

	t0=${EPOCHREALTIME/./}
	run -0 cluster up hosts
	t1=${EPOCHREALTIME/./}
	echo "# master and 4 workers: $(((t1 - t0) / 1000)) ms" >&3
	[ $((t1 - t0)) -lt 2000000 ]
}

@test "a host that does not answer is named, the others come up" {
	host_reject 4 22
	run -69 --separate-stderr cluster up hosts
	assert_output ''
	[[ $stderr =~ host4\ +worker\ +FAILED:.*refused ]]
	[ "$(grep -c ' started$' <<<"$stderr")" -eq 4 ]
	hosts_heal
	run -0 --separate-stderr cluster up hosts
	[ "$(grep -c ' already running$' <<<"$stderr")" -eq 4 ]
	[[ $stderr =~ host4\ +worker\ +started ]]
}

@test "without its first host nothing is left running" {
	host_reject 1 22
	run -69 --separate-stderr cluster up hosts
	[[ $stderr =~ host1\ +master\ +FAILED:.*refused ]]
	# The worker of host1 may have seen that itself.
	[ "$(grep -c 'FAILED: ' <<<"$stderr")" -eq 5 ]
	[ "$(grep -c 'FAILED: not started, there is no master' <<<"$stderr")" -ge 3 ]
	for i in 2 3 4; do
		run -0 ours $i
		assert_output ''
	done
}

@test "an ordinary user, IPv6 addresses, another port" {
	local i
	for i in 1 2; do
		echo "sptest@[fd77::1$i]:2222 cores=1 memory=256m"
	done >hosts
	run -0 --separate-stderr cluster up hosts
	assert_output 'sp://[fd77::11]:7077'
	[ "$(grep -c ' started$' <<<"$stderr")" -eq 3 ]
	[ "$(on_host 1 ps -C sp-master -o user=)" = sptest ]
	[ "$(on_host 2 ps -C sp-worker -o user=)" = sptest ]
	run -0 --separate-stderr cluster up hosts
	[ "$(grep -c ' already running$' <<<"$stderr")" -eq 3 ]
	run on_host 0 timeout 300 sp-submit -m 'sp://[fd77::11]:7077' -e \
		"select count(*) from range(1000)"
	assert_output 1000
	run -0 cluster down hosts
	[ "$(grep -c ' stopped$' <<<"$output")" -eq 3 ]
	for i in 1 2; do
		run -0 ours $i
		assert_output ''
		run -0 on_host $i find /home/sptest/.cache/sp/cluster -type f
		assert_output ''
	done
	# A link's address needs the link, and says so.
	echo 'sptest@[fe80::1]:2222' >hosts
	run -69 --separate-stderr cluster up hosts
	[[ $stderr =~ 'FAILED:' ]]
}

@test "ten hosts, one of them bad" {
	local i
	for i in 1 2 3 4 5 6 7 8 9 10; do
		echo "sptest@host$i cores=1 memory=256m"
	done >hosts
	host_reject 7 22
	run -69 --separate-stderr cluster up hosts
	assert_output ''
	[ "$(grep -c ' started$' <<<"$stderr")" -eq 10 ]
	[ "$(grep -c FAILED <<<"$stderr")" -eq 1 ]
	[[ $stderr =~ host7\ +worker\ +FAILED:.*refused ]]
	run -69 --separate-stderr cluster down hosts
	[ "$(grep -c 'FAILED' <<<"$output$stderr")" -eq 1 ]
	[ "$(grep -c ' stopped$' <<<"$output$stderr")" -eq 10 ]
	hosts_heal
	run -0 --separate-stderr cluster up hosts
	[ "$(grep -c ' started$' <<<"$stderr")" -eq 11 ]
	run -0 on_host 0 sp-master -m sp://host1 status
	assert_line --partial 'workers 10 of 10'
	run -0 cluster down hosts
}
