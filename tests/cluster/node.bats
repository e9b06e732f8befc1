# Workers that run beside the master and own nodes that have nothing but sshd:
# sp-worker --node.
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
	head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n' >key
	echo >>key
	chmod 600 key
	M=sp://10.77.0.10:7077
}

# daemon NAME COMMAND...: in the background on host0, until it is ready.
daemon() {
	local name=$1
	shift
	mkfifo "$name.ready"
	on_host 0 sh -c 'echo $$ >"$0.pid"; exec "$@"' "$name" "$@" -v \
		--ready-fd 3 -k key 3>"$name.ready" >"$name.log" 2>&1 </dev/null &
	read -r line <"$name.ready" || { cat "$name.log"; return 1; }
}

# Hosts that have executors.
executors() {
	for i in 1 2; do
		! on_host $i pgrep -x sp-executor >/dev/null || echo $i
	done
}

ended() { [ ! -d "/proc/$(<"$1.pid")" ]; }

end() {
	kill "$(<"$1.pid")"
	within 60 ended "$1"
}

submit() {
	on_host 0 timeout 300 sp-submit -c sp.cluster.key.file="$PWD/key" -m $M "$@"
}

@test "a worker owns another host's cores by SSH" {
	daemon master sp-master -h 10.77.0.10 -p 7077 -d "$PWD/state"
	daemon w1 sp-worker --node root@host1 -d "$PWD/w1" -m 1g $M
	daemon w2 sp-worker --node root@host2 -d "$PWD/w2" -c 1 -m 300m $M

	# What was not told is what the host has.
	run -0 on_host 0 sp-master workers -m $M -k key --json
	assert_output --regexp "\"host\":\"(10\.77\.0\.|fd77::)11\".*\"cores\":$(nproc),"

	run -0 submit -e "from range(0, 24, 1, 24) | pipe 'cat >/dev/null; sleep 0.5; hostname' as (h string)
		| select distinct * | order by h"
	assert_output $'host1\nhost2'
	seq 20000 >n.txt
	run -0 submit -e "from '$PWD/n.txt' text | repartition 4
		| aggregate count(*) as n group by length(value) as len
		| order by len | write '$PWD/out' csv"
	assert_equal "$(cat out/part-*)" $'1,9\n2,90\n3,900\n4,9000\n5,10001'

	# What the programs print there is in the log here, with the host's name.
	run -1 submit -e "from range(1) | pipe 'echo alas >&2; exit 3' as (x string)"
	assert_output --partial alas

	# Executors end with their worker, wherever they run.
	submit -e "from range(0, 8, 1, 8) | pipe 'cat; sleep 600' as (id bigint)" \
		>job.out 2>&1 3>&- &
	job=$!
	within 60 eval '[ "$(executors | wc -l)" -eq 2 ]'
	kill -9 "$(<w1.pid)" "$(<w2.pid)"
	within 60 eval '[ -z "$(executors)" ]'
	pkill -f "^sp-submit.*$PWD/key"
	wait $job || true
	end master
	for i in 1 2; do
		run -0 on_host $i find /tmp -mindepth 1
		assert_output ''
	done
}

@test "a node that cannot be reached ends its worker at once" {
	run -69 on_host 0 sp-worker --node root@10.77.0.99 -k key -d "$PWD/w" $M
	assert_output --partial 10.77.0.99
	run -77 on_host 0 sp-worker --node stranger@host1 -k key -d "$PWD/w" $M
	run -2 on_host 0 sp-worker --node root@host1 --executor /bin/true -k key $M
	assert_output --partial '--executor'
}
