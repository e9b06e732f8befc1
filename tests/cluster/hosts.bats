# The hosts of the cluster tests do what hosts.bash says.

load ../helper
load hosts

setup() {
	need_hosts
	house_setup
}

teardown() {
	hosts_down
	house_teardown
}

# asks I J SECONDS: sshd of host J says its line to host I in that time.
asks() {
	on_host "$1" timeout "$3" bash -c "exec 4<>/dev/tcp/host$2/22 && read -r -u 4 line"
}

# A busy machine takes a while for it; what is cut off never answers.
reaches() { asks "$1" "$2" 20; }
cannot_reach() { ! asks "$1" "$2" 0.8; }

@test "hosts share nothing, sshd lets root and sptest in" {
	hosts_up 2 --bin
	hosts_login
	on_host 1 sh -c 'echo secret >/tmp/a; echo secret >/root/a'
	run -0 on_host 2 sh -c "hostname; ls /tmp /root $TOP/tests $HOSTS 2>/dev/null; test \$\$ -lt 100 && echo own"
	# The commands of the build are there, even when that lies in /tmp.
	output=$(sed "\\,^$(cut -d/ -f3 <<<"$OUT")\$,d" <<<"$output")
	assert_output "host2
/root:

/tmp:
own"
	run -0 on_host 2 "$OUT/bin/sp-submit" -e 'values (1)'
	run -1 on_host 2 touch "$OUT/bin/x"
	for user in root sptest; do
		run -0 on_host 0 ssh -F none -o UserKnownHostsFile="$HOME/.ssh/known_hosts" \
			-i "$HOME/.ssh/id_ed25519" "$user@host1" 'id -un; pwd; hostname'
		assert_line -n 0 $user
		assert_line -n 2 host1
	done
	[ "$(on_host 1 ps -e | wc -l)" -lt 5 ]
}

@test "cables, one-way loss, crash and reboot of a host" {
	hosts_up 2
	reaches 0 1
	reaches 1 2
	cable_pull 1
	cannot_reach 0 1
	reaches 0 2
	cable_heal 1
	within 60 reaches 0 1
	host_drop 1 2
	cannot_reach 1 2
	cannot_reach 2 1
	reaches 0 1
	hosts_heal
	reaches 1 2
	host_reject 2 22
	run on_host 0 bash -c 'exec 4<>/dev/tcp/host2/22'
	assert_output --partial 'refused'
	hosts_heal
	host_loss 2 20
	within 60 reaches 0 2
	host_rate 2 10mbit
	reaches 0 2
	on_host 1 touch /tmp/old
	host_kill 1
	cannot_reach 0 1
	host_boot 1
	within 60 reaches 0 1
	run -1 on_host 1 test -e /tmp/old
}
