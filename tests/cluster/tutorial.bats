# The tutorial of sp-cluster(7), as a reader would type it, on bare hosts.

load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 3
}

teardown_file() { hosts_down; }

setup() {
	need_hosts
	house_setup
	hosts_login
}

# ssh looks for its files in the home directory of the user database, which
# is not this test's.
plain_ssh() {
	mkdir bin
	cat >bin/ssh <<-END
		#!/bin/sh
		exec /usr/bin/ssh -F none -i "$HOME/.ssh/id_ed25519" \\
			-o UserKnownHostsFile="$HOME/.ssh/known_hosts" "\$@"
	END
	chmod +x bin/ssh
	PATH=$PWD/bin:$PATH
}

@test "the tutorial of sp-cluster(7)" {
	plain_ssh
	mkdir here
	cp "$DATA/poem.txt" here
	cd here
	run on_host 0 timeout 300 "$TOP/scripts/man-examples" "$MAN/sp-cluster.7"
	echo "$output"
	[ "$status" -eq 0 ]
	[ "${lines[-1]% commands}" -ge 20 ]
	for i in 1 2 3; do
		within 60 on_host $i sh -c '! ps ax -o comm= | grep ^sp-'
		run -0 on_host $i sh -c 'ls /tmp; ls -a /root'
		refute_output --partial sp-0
		refute_output --partial sp.pids
	done
}
