# Bad input to a cluster: one clear message, the right status, soon.
#
# Keys of hosts and users are tests/cluster/ssh.bats's.

load ../helper
load hosts

setup_file() {
	need_hosts
	hosts_up 2
}

teardown_file() { hosts_down; }

setup() {
	need_hosts
	house_setup
	hosts_login
	pids=()
}

teardown() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	house_teardown
}

job() { on_host 0 timeout 60 sp-submit -m "$1" "${@:2}" -e 'select 1 + 1'; }

# is_refused STATUS URL TEXT [HINT]: that, the one thing that sp-submit says.
is_refused() {
	run "-$1" job "$2"
	assert_line --partial "$3"
	[ -z "${4:-}" ] || assert_line --regexp "^sp-submit: hint: .*$4"
	[ "$(grep -c '^sp-submit: ' <<<"${output//sp-submit: hint/}")" -eq 1 ]
}

key() {                         # a new key in file $1
	(umask 077; od -An -N32 -tx1 -v /dev/urandom | tr -d ' \n' >"$1"; echo >>"$1")
}

master() {                      # sets URL; key in $HOME
	mkdir -p "$HOME/.config/sp"
	key "$HOME/.config/sp/cluster.key"
	sp-master -p 0 -d state --ready-fd 4 4>url 2>>master.log 3>&- &
	pids+=($!)
	within 60 test -s url
	URL=$(<url)
}

worker() {                      # [option...]
	sp-worker -d w --ready-fd 4 "$@" "$URL" 4>id 2>>worker.log 3>&- &
	pids+=($!)
	within 60 test -s id
}

@test "masters that are none" {
	is_refused 2 mesos://host1:5050 'the Apache Mesos project has ended' 'sp://HOST:7077.*ssh://HOST'
	is_refused 2 yarn 'sp does not run on YARN' 'sp://HOST'
	is_refused 2 k8s://https://host1 'Kubernetes' 'sp://HOST'
	is_refused 2 yarrow "'yarrow' is not a supported master" 'local-cluster.*ssh:HOSTFILE'
	is_refused 2 'local[0]' "'local[0]' is not a supported master" 'local\[N\]'
	SP_MASTER=mesos: run -2 sp-submit -e 'select 1'
	assert_output --partial 'ended'
}

@test "local-cluster, ssh and sp that are written wrongly" {
	local m
	for m in '2,1' '' '2,1,512m,' '2,1,0' '2,1,12q' '0,1,1g' '2,0,1g' 'a,1,1g'; do
		is_refused 2 "local-cluster[$m]" "'local-cluster[$m]' is no master" \
			'local-cluster\[2,1,512m\]'
	done
	is_refused 2 'local-cluster[2,1,512m' 'is no master' 'such as'
	is_refused 2 local-cluster 'is not a supported master' 'local-cluster\['
	is_refused 2 ssh:// 'ssh:// names no host'
	is_refused 2 ssh: 'names no file'
	is_refused 2 'ssh://a b' '"a b" is not a host' 'user@'
	is_refused 2 ssh://host1:0 '"host1:0" is not a host'
	is_refused 2 ssh://host1:65536 '"host1:65536" is not a host'
	is_refused 2 ssh://host1,,host2 '"" is not a host'
	is_refused 2 ssh://@host1 'is not a user name'
	is_refused 2 ssh://host1,root@host2,HOST1 'HOST1 is named twice' 'cores=N'
	is_refused 2 sp:// "'sp://' names no master"
	is_refused 2 spark:// "'spark://' names no master"
	is_refused 2 sp://host1:99999 'host1:99999'
}

@test "a file of hosts with mistakes: file and line" {
	is_refused 66 ssh:nowhere 'list of hosts "nowhere": No such file'
	: >h
	is_refused 78 ssh:h 'h: no host in it'
	printf '# ours\n\nhost1\n  host2 cores=many\n' >h
	is_refused 78 ssh:h "h, line 4: cores: 'many' is not a whole number"
	printf 'host1 memory=0\n' >h
	is_refused 78 ssh:h 'h, line 1: memory must be more than 0'
	printf 'host1 colour=red\n' >h
	is_refused 78 ssh:h 'h, line 1: unknown setting "colour"'
	printf 'host1\nhost2 4\n' >h
	is_refused 78 ssh:h 'h, line 2: "4" is not cores=N or memory=SIZE'
	printf 'host1\nhost2:x\n' >h
	is_refused 78 ssh:h 'h, line 2: "host2:x" is not a host' 'brackets'
	printf 'host1\n# one more\nHost1\n' >h
	is_refused 78 ssh:h 'h, line 3: host1 is already in line 1'
	printf 'host\0\n' >h
	is_refused 78 ssh:h 'h, line 1: a NUL byte'
}

@test "no such host, a refused port, a key that is not the host's" {
	is_refused 69 ssh://nohost 'could not find host "nohost"'
	assert_line --partial 'executor 0 on nohost could not be started (status 69)'
	is_refused 69 ssh://host1:2222 'host1:2222: could not connect'
	assert_output --partial 'refused'
	sed -i "/^host1,/s, [^ ]*$, $(cut -d' ' -f2 "$HOME/.ssh/id_ed25519.pub")," \
		"$HOME/.ssh/known_hosts"
	sed -i '/^host1,.*ecdsa/d' "$HOME/.ssh/known_hosts"
	is_refused 77 ssh://host1 'sp-worker: host1: '
	assert_output --regexp 'wrong host key: .*known_hosts line [0-9]* has another'
	assert_output --partial "hint: somebody may be listening in"
	rm "$HOME/.ssh/known_hosts"
	is_refused 77 ssh://host1 'sp-worker: host1: '
	assert_output --partial 'its host key is not known: '
}

@test "no authentication left" {
	rm "$HOME/.ssh/id_ed25519"
	is_refused 77 ssh://host1 'root@host1'
	assert_output --partial 'tried: nothing, there is no key'
	ssh-keygen -q -t ed25519 -N '' -f "$HOME/.ssh/id_ed25519"
	is_refused 77 ssh://host1 'root@host1'
}

@test "no space on a host: at the start, and for scratch files" {
	on_host 1 sh -c 'mkdir -p /root/.cache && mount -t tmpfs -o size=48k none /root/.cache'
	run -75 job ssh://root@host1
	on_host 1 umount /root/.cache
	assert_output --partial 'No space left'
	on_host 1 mount -t tmpfs -o size=256k none /tmp
	run -74 on_host 0 timeout 60 sp-submit -m ssh://root@host1 -e \
		"select count(*) from (select distinct id from range(0, 200000, 1, 4))"
	on_host 1 umount /tmp
	assert_line --regexp '^sp-submit: .*could not write .*No space left'
	assert_line --regexp '^sp-submit: hint: .* attempt 4, on executor 0 .host1,'
}

@test "another version of sp, over TLS and over a pipe" {
	local version=$OUT/tests/tools/other_version
	master
	mkdir bin && cp "$version" "$OUT/bin/sp-tls.so" bin
	run -0 bin/other_version connect "${URL#sp://}" "$HOME/.config/sp/cluster.key" driver
	assert_output --regexp '^refused 76 .*protocol 99'
	bin/other_version listen "$HOME/.config/sp/cluster.key" >port 3>&- &
	pids+=($!)
	within 60 test -s port
	run -76 timeout 60 sp-submit -m "sp://127.0.0.1:$(<port)" -e 'select 1'
	assert_output --partial 'speaks protocol 99'
	assert_output --partial 'hint: install the same version'
	run -76 timeout 60 python3 - "$OUT/bin/sp-executor" bin/other_version <<-'END'
		import socket, subprocess, sys
		a, b = socket.socketpair()
		p = subprocess.Popen([sys.argv[1]], stdin=a, stdout=a)
		q = subprocess.Popen([sys.argv[2], "pipe", "driver"], stdin=b)
		a.close(), b.close()
		q.wait()
		sys.exit(p.wait())
	END
	assert_output --partial 'refused 76'
	cp "$OUT/bin/sp-submit" bin/
	printf '#!/bin/sh\nexec %s pipe executor 2>/dev/null >&2\n' "$PWD/bin/other_version" >bin/sp-executor
	chmod +x bin/sp-executor
	run -76 timeout 60 bin/sp-submit -m 'local-cluster[1,1,256m]' -e 'select 1'
	assert_output --partial 'speaks protocol 99'
	assert_output --partial 'install the same version'
}

@test "a worker that is too small for the executor" {
	master
	worker -c 2 -m 1g
	run -69 timeout 60 sp-submit -m "$URL" -c spark.executor.cores=4 -e 'select 1'
	assert_output --partial 'has 2 cores'
	run -69 timeout 60 sp-submit -m "$URL" -c spark.executor.memory=2g -e 'select 1'
	assert_output --partial 'has 2 cores and 1.1 GB'
	run -0 timeout 60 sp-submit -m "spark://${URL#sp://}" -e 'select 1'
	assert_output 1
}

@test "nobody at sp://, no key, a key of others, the wrong key" {
	run -78 timeout 60 sp-submit -m sp://127.0.0.1:1 -e 'select 1'
	assert_output --partial 'there is no key file'
	assert_output --partial 'hint: copy'
	key k
	run -69 timeout 60 sp-submit -c sp.cluster.key.file=k -m sp://127.0.0.1:1 -e 'select 1'
	assert_output --partial '127.0.0.1:1'
	assert_output --partial 'refused'
	run -69 timeout 60 sp-submit -c sp.cluster.key.file=k -m sp://nohost,127.0.0.1:1 -e 'select 1'
	master
	run -77 timeout 60 sp-submit -c sp.cluster.key.file=k -m "$URL" -e 'select 1'
	assert_output --partial 'key'
	chmod 640 k
	run -77 timeout 60 sp-submit -c sp.cluster.key.file=k -m "$URL" -e 'select 1'
	assert_output --partial 'key file "k" may be read by others (mode 0640)'
	assert_output --partial 'chmod 600'
	echo abc >k
	chmod 600 k
	run -78 timeout 60 sp-submit -c sp.cluster.key.file=k -m "$URL" -e 'select 1'
	assert_output --partial 'hexadecimal'
}

@test "an executor that is started by hand, or by something else" {
	run -2 timeout 60 sp-executor </dev/null
	assert_output --partial 'hint: sp-submit and sp-worker start sp-executor'
	run -2 sp-executor x
	printf 'GET / HTTP/1.0\r\n\r\n' >in
	run -76 bash -c 'timeout 60 sp-executor < <(cat in) | cat >out; exit "${PIPESTATUS[0]}"'
	run -2 timeout 60 sp-worker --ssh 'a b' </dev/null
	assert_output --partial 'is not a host'
	key k
	for url in sp:// mesos://host1:5050 'sp://a b' sp://host1:99999; do
		run -2 timeout 60 sp-worker -k k -d w "$url"
		run -2 timeout 60 sp-master -k k -m "$url" status
	done
	run -124 timeout 0.5 sp-worker -k k -d w sp://127.0.0.1:1
	assert_output --partial 'no master yet, trying on: '
	[ "${#lines[@]}" -eq 1 ]
}

@test "one host of several that cannot be reached: its name is told, the job runs" {
	run -0 job ssh://host1,nohost,host2:2222
	assert_line 2
	assert_line --partial 'could not find host "nohost"'
	assert_line --partial 'host2:2222: could not connect'
}
