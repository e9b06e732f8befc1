# sp-worker --ssh: an executor on another host, against a real sshd.  The
# executor here is a shell script, so that only the way to it is tested.

load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 3 --sshd 'MaxStartups 3:100:3'
}

teardown_file() { hosts_down; }

setup() {
	need_hosts
	house_setup
	hosts_login
	bin=$WORK/bin
	mkdir "$bin"
	cp "$OUT/bin/sp-worker" "$OUT/bin/sp-ssh.so" "$bin/"
	executor 'exec cat'
	on_host 1 sh -c 'rm -rf /root/.cache /root/.profile
		cp /run/host/authorized_keys.first /run/host/authorized_keys 2>/dev/null ||
		cp /run/host/authorized_keys /run/host/authorized_keys.first'
}

executor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$bin/sp-executor"
	chmod 755 "$bin/sp-executor"
}

relay() { on_host 0 "$bin/sp-worker" --ssh "$@"; }

# A key of another kind, which host1 accepts.
new_key() {
	rm -f "$HOME/.ssh/id_"*
	local bits=
	[ "$1" != rsa ] || bits='-b 2048'
	# shellcheck disable=SC2086
	ssh-keygen -q -t "$1" $bits -N "${2:-}" -C "a $1 key" -f "$HOME/.ssh/id_$1"
	on_host 1 sh -c 'cat >>/run/host/authorized_keys' <"$HOME/.ssh/id_$1.pub"
}

# second_sshd PORT LINE...: one more on host1, with other settings.
second_sshd() {
	local port=$1
	shift
	{ on_host 1 sed '/^HostKey.*ecdsa/d' /run/host/sshd_config
	  printf '%s\n' "Port $port" "$@"; } |
		on_host 1 sh -c "cat >/run/host/$port; exec /usr/sbin/sshd -f /run/host/$port"
}

said() {
	run -0 relay "$@" <<<hello
	assert_output hello
}

@test "bytes go there and back; the bundle is pushed once" {
	head -c 3000000 /dev/urandom >in
	relay root@host1 <in >out
	cmp in out
	run -0 on_host 1 sh -c 'cd /root/.cache/sp && ls -a'
	assert_equal "${#lines[@]}" 3
	run -0 on_host 1 sh -c 'cd /root/.cache/sp/* && ls && stat -c %i sp-executor'
	first=$output
	relay root@host1 <in >out
	cmp in out
	run -0 on_host 1 sh -c 'cd /root/.cache/sp/* && ls && stat -c %i sp-executor'
	assert_output "$first"
}

@test "another build has a bundle of its own; old ones are swept" {
	said root@host1
	on_host 1 sh -c 'cd /root/.cache/sp && mkdir .new.old .new.young aged &&
		touch aged/used && touch -d "31 days ago" aged/used &&
		touch -d "3 days ago" .new.old'
	executor 'exec cat # anew'
	said root@host1
	run -0 on_host 1 sh -c 'cd /root/.cache/sp && ls -A | sed "s/^[0-9a-f]\{32\}$/bundle/"'
	assert_output ".new.young
bundle
bundle"
}

@test "an unprivileged user, an address, a port, a name in capitals" {
	executor 'id -un; pwd; umask'
	run -0 relay sptest@host2 </dev/null
	assert_output "sptest
/home/sptest
0022"
	executor 'exec cat'
	said sptest@10.77.0.12
	said root@HOST3:22
	said "[fd77::11]"
}

@test "exit status, signal and stderr of the executor" {
	executor 'echo one >&2; printf two >&2; echo out; exit 7'
	run -7 --separate-stderr relay host1 </dev/null
	assert_output out
	assert_equal "$stderr" "host1: one
host1: two
sp-worker: host1: sp-executor ended with status 7"
	executor 'kill -KILL $$'
	run -137 --separate-stderr relay host1 </dev/null
	assert_equal "$stderr" "sp-worker: host1: sp-executor was ended by signal KILL"
	printf 'no program' >"$bin/sp-executor"
	run -127 --separate-stderr relay host1 </dev/null
	assert_regex "$stderr" 'hint: .*kind of processor'
}

@test "an ecdsa key; the agent" {
	new_key ecdsa
	said host1
	new_key ed25519
	eval "$(ssh-agent -a "$WORK/agent")"
	ssh-add -q "$HOME/.ssh/id_ed25519"
	rm "$HOME/.ssh/id_ed25519"
	said host1
	echo 'IdentityAgent none' >"$HOME/.ssh/config"
	run -77 relay host1 </dev/null
	assert_output --partial 'there is no key'
	ssh-agent -k
}

@test "an RSA key is explained, and is no harm beside another one" {
	cp "$HOME/.ssh/id_ed25519" keep
	new_key rsa
	run -77 relay host1 </dev/null
	assert_output --partial '/id_rsa (RSA, refused)'
	assert_output --partial 'hint: libssh2 1.'
	assert_output --partial 'use an ed25519 key'
	eval "$(ssh-agent -a "$WORK/agent")"
	ssh-add -q "$HOME/.ssh/id_rsa"
	run -77 relay host1 </dev/null
	assert_output --partial 'key a rsa key of the agent (RSA, refused)'
	ssh-agent -k
	unset SSH_AUTH_SOCK
	# A server of old times takes it.
	second_sshd 2024 'PubkeyAcceptedAlgorithms +ssh-rsa'
	said host1:2024
	cp keep "$HOME/.ssh/id_ed25519"
	said host1
}

@test "a key with a passphrase, a key that is not taken" {
	new_key ed25519 secret
	run -77 relay host1 </dev/null
	assert_output --partial 'id_ed25519 (needs a passphrase)'
	assert_output --partial 'hint: sp asks for no passphrase: give the key to an agent'
	rm "$HOME/.ssh/id_ed25519"*
	ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
	run -77 relay sptest@host1 </dev/null
	assert_output --partial "sptest@host1: no key is accepted for user sptest; the server takes publickey; tried: $HOME/.ssh/id_ed25519 (refused)"
	assert_output --partial 'ssh-copy-id -p 22 sptest@host1'
}

@test "known hosts: hashed, unknown, wrong, revoked, by alias" {
	local known=$HOME/.ssh/known_hosts

	ssh-keygen -H -f "$known" 2>&1
	rm -f "$known.old"
	! grep -q host1 "$known"
	said host1
	rm "$known"
	run -77 relay host1 </dev/null
	assert_line -n 0 --regexp '^sp-worker: host1: its host key is not known: ssh-ed25519 SHA256:[A-Za-z0-9+/]{43}$'
	# The line of the hint makes it known.
	grep -o 'host1 ssh-ed25519 [^ ]*' <<<"$output" >"$known"
	said host1
	sed 's/^host1/host2/' "$known" >other
	cp other "$known"
	run -77 relay host2 </dev/null
	assert_line -n 0 --regexp "wrong host key: it shows ssh-ed25519 SHA256:.*, $known line 1 has another"
	assert_output --partial "ssh-keygen -R 'host2' forgets"
	sed 's/^host1/@revoked */' "$HOSTS/known_hosts" >"$known"
	cat "$HOSTS/known_hosts" >>"$known"
	run -77 relay host1 </dev/null
	assert_output --partial 'revokes it'
	sed -n 's/^host1[^ ]*/thisone/p' "$HOSTS/known_hosts" >"$known"
	printf 'Host h\n HostName host1\n HostKeyAlias thisone\n' >"$HOME/.ssh/config"
	said h
	rm "$HOME/.ssh/config"
	echo "host1 ssh-rsa AAAAB3NzaC1yc2E=" >"$known"
	run -77 relay host1 </dev/null
	assert_output --partial 'only its RSA host key is known, which libssh2 1.'
	# Only the kind that is known is asked for.
	grep ecdsa "$HOSTS/known_hosts" >"$known"
	said host1
}

@test "no such host, nobody there, no answer" {
	run -69 relay nosuchhost </dev/null
	assert_output --partial 'nosuchhost'
	run -69 relay host1:2222 </dev/null
	assert_output --partial 'host1:2222'
	assert_output --partial 'refused'
	cable_pull 2
	printf 'ConnectTimeout 1\n' >"$HOME/.ssh/config"
	run -69 relay host2 </dev/null
	cable_heal 2
	assert_output --partial 'host2'
	run -2 relay 'a b'
	assert_output --partial 'is not a host'
}

@test "a server with only an RSA host key is explained" {
	on_host 1 ssh-keygen -q -t rsa -b 2048 -N '' -f /run/host/rsa
	on_host 1 sh -c 'sed "/^HostKey/d" /run/host/sshd_config >/run/host/2022
		printf "%s\n" "HostKey /run/host/rsa" "Port 2022" >>/run/host/2022
		exec /usr/sbin/sshd -f /run/host/2022'
	run -69 relay host1:2022 </dev/null
	assert_output --partial 'host1:2022: the server has only an RSA host key (rsa-sha2-512,rsa-sha2-256)'
	assert_output --partial 'hint: give it another one'
}

@test "what a login prints is not taken for output" {
	on_host 1 sh -c 'printf "%s\n" "echo noise; echo sp-relay run; printf half" "echo bad >&2" >/root/.profile'
	second_sshd 2023 'ForceCommand . /root/.profile; eval "$SSH_ORIGINAL_COMMAND"'
	said root@host1:2023
	executor 'echo good >&2; exec cat'
	run -0 --separate-stderr relay root@host1:2023 <<<hello
	assert_output hello
	assert_equal "$stderr" 'host1: good'
}

@test "~/.ssh/config: alias, user, port, identity; two jumps" {
	mkdir "$HOME/keys"
	mv "$HOME/.ssh/id_ed25519" "$HOME/keys/host3"
	rm "$HOME/.ssh/id_ed25519.pub"
	cat >"$HOME/.ssh/config" <<-END
		Host host? three
		  IdentityFile ~/keys/host3
		  IdentitiesOnly yes
		Host three
		  HostName host3
		  User sptest
		  Port 22
		  ProxyJump root@host1,sptest@host2:22
	END
	executor 'id -un; set -- $SSH_CONNECTION; echo ${1##*[.:]}; cat'
	head -c 1000000 /dev/urandom >in
	relay three <in >out
	run -0 head -n 2 out
	assert_output "sptest
12"
	tail -n +3 out | cmp - in
	sed -i 's/sptest@host2:22/host2:2222/' "$HOME/.ssh/config"
	run -69 relay three </dev/null
	assert_output --partial 'three: host2:2222: root@host1: the way on:'
	echo 'ProxyCommand nc %h %p' >"$HOME/.ssh/config"
	run -78 relay host1 </dev/null
	assert_output --partial 'ProxyCommand'
	echo 'Port many' >"$HOME/.ssh/config"
	run -78 relay host1 </dev/null
	assert_output --partial "$HOME/.ssh/config, line 1: Port cannot be \"many\""
	chmod 666 "$HOME/.ssh/config"
	run -78 relay host1 </dev/null
	assert_output --partial "$HOME/.ssh/config: others than you may write it"
}

@test "a server with too many new connections is asked again; pushes at once" {
	for i in {1..12}; do
		relay root@host1 <<<"hello $i" >out.$i 2>err.$i &
	done
	wait
	for i in {1..12}; do
		assert_equal "$(<out.$i)$(<err.$i)" "hello $i"
	done
	run -0 on_host 1 sh -c 'ls -a /root/.cache/sp | wc -l; ls /root/.cache/sp/*'
	assert_output "3
sp-executor
sp-ssh.so
sp-worker
used"
}

@test "no space over there; no half bundle stays" {
	on_host 2 sh -c 'mkdir -p /root/.cache && mount -t tmpfs -o size=48k none /root/.cache'
	run -75 relay root@host2 </dev/null
	left=$(on_host 2 ls -A /root/.cache/sp)
	on_host 2 umount /root/.cache
	assert_equal "$left" ''
	assert_output --partial 'could not start there: cannot write'
	assert_output --partial 'No space left'
	on_host 2 sh -c 'rm -rf /home/sptest/.cache; chmod 500 /home/sptest'
	run -75 relay sptest@host2 </dev/null
	on_host 2 sh -c 'chmod 700 /home/sptest'
	assert_output --partial 'cannot create /home/sptest/.cache/sp'
	second_sshd 2025 'ForceCommand echo no entry; exit 1'
	run -75 relay host1:2025 </dev/null
	assert_output --partial 'the shell has ended: no entry'
}

@test "the executor ends when the relay is killed, and the other way round" {
	executor 'echo $$; exec cat'
	mkfifo in out
	on_host 0 sh -c 'echo $$ >relay.pid; exec "$@"' x "$bin/sp-worker" \
		--ssh root@host1 <in >out &
	exec 7>in 8<out
	read -r pid <&8
	on_host 1 test -d "/proc/$pid"
	kill -KILL "$(<relay.pid)"
	within 60 on_host 1 test ! -d "/proc/$pid"
	exec 7>&- 8<&-
	relay root@host1 <in >out &
	exec 7>in 8<out
	read -r pid <&8
	on_host 1 kill -KILL "$pid"
	rc=0
	wait $! || rc=$?
	assert_equal $rc 137
	exec 7>&- 8<&-
}

@test "the relay ends when its driver does, while it still connects" {
	on_host 1 python3 -c '
import os, socket, time
s = socket.create_server(("", 2030))
print(os.getpid(), flush=True)
time.sleep(20)
' >silent &
	within 60 test -s silent
	run -0 on_host 0 python3 -c '
import socket, subprocess, sys, time
a, b = socket.socketpair()
p = subprocess.Popen(sys.argv[1:], stdin=b, stdout=b)
b.close()
time.sleep(0.1)
a.close()
begin = time.time()
print(p.wait(), time.time() - begin < 3)
' "$bin/sp-worker" --ssh root@host1:2030
	on_host 1 kill "$(<silent)"
	assert_output '0 True'
}
