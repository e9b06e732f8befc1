# Hosts for cluster tests: namespaces with a network, a process tree, a host
# name and a file system view of their own, and a real sshd in each.
#
# load hosts, then in setup_file() or setup():
#
#	need_hosts               skips where there is no root, no sshd, ...
#	hosts_up 3 [options]     host1 host2 host3, and host0 for the driver
#	hosts_login              ~/.ssh/id_ed25519 and known_hosts, after
#	                         house_setup made this test's HOME
#	on_host 0 sp-submit -m ssh://root@host1 ...
#	hosts_down               in teardown_file() or teardown()
#
# Options of hosts_up:
#	--bin            the hosts see the commands of the build, read-only
#	--shared DIR     the hosts see DIR; without it they share no file
#	--sshd 'LINE'    one more line for every sshd_config; may be repeated
#	--rsa            hosts have an RSA host key, too (slow to make)
#
# host0 sees the files of this machine and only has its own network.  The
# others have empty /root /home /tmp /var/tmp /run of their own (tmpfs), no
# source tree, and an unprivileged user sptest with /bin/sh; both root and
# sptest take the key $HOSTS/id_ed25519.  Addresses are 10.77.0.10+I and
# fd77::10+I; names host0 host1 ...  The switch is a bridge in one more
# namespace.  All names live in namespaces that belong to processes: when
# these end nothing is left, in /run or /etc neither.  $HOSTS is the folder
# with keys, logs (hostI.log) and process numbers.
#
# Faults: host_kill, host_boot, cable_pull, cable_heal, host_drop, host_pass,
# host_loss, host_rate, hosts_heal; see below.  None needs netem.

hosts_can() {
	[ "$(id -u)" -eq 0 ] && command -v ip nft tc nsenter unshare >/dev/null &&
		unshare --net --uts --ipc --pid --mount --fork --mount-proc true
}

# Skips the test, or fails it where SP_REQUIRE has netns or ssh.
need_hosts() {
	need netns hosts_can
	need ssh test -x /usr/sbin/sshd
}

# The first process of a host: hides what is not its own, becomes sshd.
hosts_init() {
	local i=$1 top=$2 dir=$3 bin=$4 shared=$5 f d

	cd /
	hostname "host$i"
	for f in passwd group shadow hosts resolv.conf; do
		[ -e "/etc/$f" ] && mount --bind "$dir/etc/$f" "/etc/$f"
	done
	if [ "$i" -eq 0 ]; then
		exec sleep infinity
	fi
	mount -t tmpfs -o mode=755 none /run
	mkdir -p /run/sshd /run/host /run/user
	cp "$dir"/host"$i"/* /run/host/
	for d in "$bin" "$shared"; do
		[ -n "$d" ] || continue
		mkdir -p "/run/keep$d"
		mount --bind "$d" "/run/keep$d"
	done
	mount -t tmpfs -o mode=700 none /root
	mount -t tmpfs -o mode=755 none /home
	mkdir -m 700 /home/sptest
	chown 6021:6021 /home/sptest
	for d in /tmp /var/tmp; do
		mount -t tmpfs -o mode=1777 none $d
	done
	mount -t tmpfs -o mode=755 none "$top"
	for d in "$bin" "$shared"; do
		[ -n "$d" ] || continue
		mkdir -p "$d"
		mount --move "/run/keep$d" "$d"
	done
	[ -z "$bin" ] || mount -o remount,bind,ro "$bin"
	ip link set lo up
	exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		/usr/sbin/sshd -D -e -f /run/host/sshd_config
}

# Keys and files that all hosts get.
hosts_files() {
	local n=$1 i t type
	local -a types=(ed25519 ecdsa)

	[ -z "$HOSTS_RSA" ] || types+=(rsa)
	mkdir -p "$HOSTS/etc"
	ssh-keygen -q -t ed25519 -N '' -C test -f "$HOSTS/id_ed25519"
	{ grep '^root:' /etc/passwd; echo 'sshd:*:6020:6020::/run/sshd:/usr/sbin/nologin'
	  echo 'nobody:*:65534:65534::/nonexistent:/usr/sbin/nologin'
	  echo 'sptest:*:6021:6021::/home/sptest:/bin/sh'; } |
		sed 's,^\(root:.*:\)[^:]*$,\1/bin/sh,' >"$HOSTS/etc/passwd"
	printf '%s:*:19000:0:99999:7:::\n' root sshd nobody sptest >"$HOSTS/etc/shadow"
	{ grep -v '^sptest:\|^sshd:' /etc/group; echo sshd:x:6020:; echo sptest:x:6021:
	} >"$HOSTS/etc/group"
	echo 'nameserver 127.0.0.1' >"$HOSTS/etc/resolv.conf"
	echo '127.0.0.1 localhost' >"$HOSTS/etc/hosts"
	for ((i = 0; i <= n; i++)); do
		printf '%s host%d\n' "10.77.0.$((10 + i))" "$i" "fd77::$((10 + i))" "$i"
	done >>"$HOSTS/etc/hosts"
	for ((i = 1; i <= n; i++)); do
		t=$HOSTS/host$i
		mkdir "$t"
		cp "$HOSTS/id_ed25519.pub" "$t/authorized_keys"
		printf '%s\n' 'HostbasedAuthentication no' 'UsePAM no' 'StrictModes no' \
			'PermitRootLogin prohibit-password' 'PasswordAuthentication no' \
			'KbdInteractiveAuthentication no' 'Subsystem sftp internal-sftp' \
			'PidFile none' 'AuthorizedKeysFile /run/host/authorized_keys' \
			"${HOSTS_SSHD[@]}" >"$t/sshd_config"
		for type in "${types[@]}"; do
			ssh-keygen -q -t "$type" -N '' -C "host$i" -f "$t/key_$type"
			echo "HostKey /run/host/key_$type" >>"$t/sshd_config"
			echo "host$i,10.77.0.$((10 + i)),fd77::$((10 + i))" \
				"$(cut -d' ' -f1,2 "$t/key_$type.pub")" >>"$HOSTS/known_hosts"
		done
	done
}

# Starts host I, plugs it in and waits until its sshd listens.
host_boot() {
	local i=$1 pid sw addr own='--ipc --pid --mount-proc'
	local log=$HOSTS/host$i.log

	: >"$log"
	[ "$i" -ne 0 ] || own=
	# shellcheck disable=SC2086
	unshare --net --uts --mount --fork --kill-child $own \
		bash -c "$(declare -f hosts_init); hosts_init \"\$@\"" init "$i" "$TOP" \
		"$HOSTS" "$HOSTS_BIN" "$HOSTS_SHARED" </dev/null >>"$log" 2>&1 3>&- &
	pid=$!
	disown $pid
	echo $pid >"$HOSTS/host$i.pid"
	sw=$(<"$HOSTS/switch.pid")
	until [ -e /proc/$pid/ns/pid_for_children ] &&
	    ! [ /proc/$pid/ns/net -ef /proc/$BASHPID/ns/net ]; do
		[ -d /proc/$pid ] || { cat "$log"; return 1; }
		command sleep 0.005
	done
	addr=$((10 + i))
	nsenter -t "$sw" -n ip link del "p$i" 2>/dev/null || :
	nsenter -t "$sw" -n ip link add "p$i" type veth peer name veth0 \
		address "02:00:00:00:00:$addr" netns $pid
	nsenter -t "$sw" -n ip link set "p$i" master br0 up
	printf '%s\n' 'link set lo up' "addr add 10.77.0.$addr/24 dev veth0" \
		"addr add fd77::$addr/64 dev veth0 nodad" 'link set veth0 up' |
		nsenter -t $pid -n ip -batch -
	[ "$i" -ne 0 ] || return 0
	until grep -q '^Server listening on' "$log"; do
		[ -d /proc/$pid ] || { cat "$log"; return 1; }
		command sleep 0.01
	done
}

# hosts_up N [options]: see above.  Sets HOSTS.
hosts_up() {
	local n=$1 i pid

	shift
	HOSTS_SSHD=() HOSTS_BIN= HOSTS_SHARED= HOSTS_RSA=
	while [ $# -gt 0 ]; do
		case $1 in
		--bin) HOSTS_BIN=$OUT/bin ;;
		--shared) HOSTS_SHARED=$2; shift ;;
		--sshd) HOSTS_SSHD+=("$2"); shift ;;
		--rsa) HOSTS_RSA=1 ;;
		*) echo "hosts_up: what is $1?"; return 2 ;;
		esac
		shift
	done
	HOSTS=$(mktemp -d "${BATS_FILE_TMPDIR:-${TMPDIR:-/tmp}}/hosts.XXXXXX")
	export HOSTS HOSTS_BIN HOSTS_SHARED
	chmod 755 "$HOSTS"
	hosts_files "$n"
	unshare --net sleep infinity </dev/null >/dev/null 2>&1 3>&- &
	pid=$!
	disown $pid
	echo $pid >"$HOSTS/switch.pid"
	until ! [ /proc/$pid/ns/net -ef /proc/$BASHPID/ns/net ]; do
		[ -d /proc/$pid ] || return 1
		command sleep 0.005
	done
	printf '%s\n' 'link add br0 type bridge mcast_snooping 0' 'link set br0 up' \
		'link set lo up' | nsenter -t $pid -n ip -batch -
	for ((i = 0; i <= n; i++)); do
		host_boot $i || return
	done
}

# Ends all hosts at once and removes $HOSTS.  May be called twice.
hosts_down() {
	local f pid

	[ -n "${HOSTS:-}" ] && [ -d "$HOSTS" ] || return 0
	for f in "$HOSTS"/*.pid; do
		pid=$(<"$f")
		kill -KILL "$pid" 2>/dev/null
	done
	for f in "$HOSTS"/*.pid; do
		pid=$(<"$f")
		while [ -d "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status"; do
			command sleep 0.005
		done
	done 2>/dev/null
	rm -rf "$HOSTS"
	HOSTS=
}

# Puts the key and the known hosts into this test's HOME.
hosts_login() {
	mkdir -p -m 700 "$HOME/.ssh"
	cp "$HOSTS/id_ed25519" "$HOSTS/id_ed25519.pub" "$HOSTS/known_hosts" "$HOME/.ssh/"
	chmod 600 "$HOME/.ssh/id_ed25519"
}

# on_host I COMMAND...: runs it there as root; standard files pass through.
# host0 keeps the current folder, the environment and the process tree.
on_host() {
	local i=$1 pid
	pid=$(<"$HOSTS/host$i.pid")
	shift
	if [ "$i" -eq 0 ]; then
		nsenter -t "$pid" -n -u -m -- env -C "$PWD" "$@"
	else
		nsenter -t "$pid" -n -u -i -m "--pid=/proc/$pid/ns/pid_for_children" \
			-- env -i HOME=/root "PATH=$PATH" LC_ALL=C.UTF-8 TZ=UTC \
			"SP_TEST_MARK=$SP_TEST_MARK" "$@"
	fi
}

# Power off: no packet leaves host I any more.  host_boot I starts it anew,
# with empty disks.
host_kill() {
	local pid
	pid=$(<"$HOSTS/host$1.pid")
	cable_pull "$1"
	kill -KILL "$pid"
	while [ -d "/proc/$pid" ]; do command sleep 0.005; done
}

cable_pull() { nsenter -t "$(<"$HOSTS/switch.pid")" -n ip link set "p$1" down; }
cable_heal() { nsenter -t "$(<"$HOSTS/switch.pid")" -n ip link set "p$1" up; }

# host_filter I RULE...: adds rules for the packets that host I gets.
host_filter() {
	local pid
	pid=$(<"$HOSTS/host$1.pid")
	shift
	{ echo 'add table inet faults'
	  echo 'add chain inet faults in { type filter hook input priority 0 ; }'
	  printf 'add rule inet faults in %s\n' "$@"
	} | nsenter -t "$pid" -n nft -f -
}

# One way: what host I sends does not reach host J.
host_drop() {
	host_filter "$2" "ip saddr 10.77.0.$((10 + $1)) drop" \
		"ip6 saddr fd77::$((10 + $1)) drop"
}

# Takes back all host_drop, host_reject and host_loss of what host J gets.
host_pass() {
	nsenter -t "$(<"$HOSTS/host$1.pid")" -n nft delete table inet faults 2>/dev/null || :
}

# host_reject I PORT: connections to the port are refused, as when nobody
# listens.
host_reject() { host_filter "$1" "tcp dport $2 reject with tcp reset"; }

# host_loss I PERCENT: so many of the packets that host I gets are lost.
host_loss() { host_filter "$1" "numgen random mod 100 < $2 drop"; }

# host_rate I RATE (as 80mbit): both ways.
host_rate() {
	nsenter -t "$(<"$HOSTS/host$1.pid")" -n \
		tc qdisc replace dev veth0 root tbf rate "$2" burst 64kb latency 50ms
	nsenter -t "$(<"$HOSTS/switch.pid")" -n \
		tc qdisc replace dev "p$1" root tbf rate "$2" burst 64kb latency 50ms
}

# Takes back host_drop, host_reject, host_loss, host_rate and cable_pull.
hosts_heal() {
	local f pid i

	for f in "$HOSTS"/host*.pid; do
		pid=$(<"$f")
		i=${f##*/host} i=${i%.pid}
		[ -d "/proc/$pid" ] || continue
		nsenter -t "$pid" -n nft delete table inet faults || :
		nsenter -t "$pid" -n tc qdisc del dev veth0 root || :
		nsenter -t "$(<"$HOSTS/switch.pid")" -n tc qdisc del dev "p$i" root || :
		cable_heal "$i"
	done 2>/dev/null
	return 0
}
