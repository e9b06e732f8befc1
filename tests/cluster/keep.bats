# Executors that stay for the next job of a shell script: sp-submit --keep.
load ../helper

setup() {
	house_setup
	M='local-cluster[2,1,256m]'
}

# The processes of this test that keep or run executors.
standing() {
	local pid

	for pid in $(house_processes); do
		tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q '^sp-[ew]' &&
			echo "$pid"
	done
	return 0
}

executors() { pids sp-executor; }
keepers() { pids sp-worker; }

pids() {
	local pid

	for pid in $(standing); do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] && echo "$pid"
	done | sort
}

none_stands() { [ -z "$(standing)" ]; }

end_keeper() {
	keepers | xargs -r kill -9
	within 60 none_stands
}

@test "the next job has the executors of the last" {
	run -0 sp-submit --keep 60 -m "$M" -e "select count(*) from range(1000)"
	assert_output 1000
	first=$(executors)
	[ "$(wc -w <<<"$first")" -eq 2 ]
	[ "$(keepers | wc -l)" -eq 1 ]
	run -0 sp-submit --keep 60 -m "$M" -e \
		"select id % 3 k, count(*) n from range(1000) group by 1 order by 1"
	assert_output $'0\t334\n1\t333\n2\t333'
	[ "$(executors)" = "$first" ]
	run -0 sp-submit --keep 0 -m "$M" -e "select sum(id) from range(10)"
	assert_output 45
	within 60 none_stands
}

@test "nothing of a job is left in the next one" {
	sp-submit --keep 60 -m "$M" -e "cache table a as select id from range(100);
		select sum(id) from a" >one
	[ -z "$(find "$SCRATCH" -type f -name 'map-*')" ]
	run -1 sp-submit --keep 60 -m "$M" -e "select sum(id) from a"
	assert_output --partial "'a'"
	run -1 sp-submit --keep 60 -m "$M" -e "select 1 / (id - 5) from range(10)"
	assert_output --partial 'division by zero'
	seq 10 >n.txt
	run -0 sp-submit --keep 60 -m "$M" -e \
		"select sum(cast(value as int)) from 'n.txt' text"
	assert_output 55
	[ "$(executors | wc -l)" -eq 2 ]
	end_keeper
}

@test "other settings, folder or environment: other executors" {
	sp-submit --keep 60 -m "$M" -e "select 1"
	first=$(executors)
	mkdir other
	(cd other && sp-submit --keep 0 -m "$M" -e "select 2")
	X=1 sp-submit --keep 0 -m "$M" -e "select 3"
	sp-submit --keep 0 -m 'local-cluster[1,1,256m]' -e "select 4"
	sp-submit -m "$M" -e "select 5"
	[ "$(executors)" = "$first" ]
	end_keeper
}

@test "time is up: all ends" {
	sp-submit --keep 100ms -m "$M" -e "select 1"
	within 60 none_stands
}

@test "a kept executor has died: another one is started" {
	sp-submit --keep 60 -m "$M" -e "select count(*) from range(1000)" >/dev/null
	first=$(executors)
	kill -9 ${first%%$'\n'*}
	run -0 sp-submit --keep 60 -m "$M" -e "select count(*) from range(1000)"
	assert_output 1000
	end_keeper
}

@test "a job that is killed leaves nobody" {
	sp-submit --keep 60 -m "$M" -e \
		"from range(3) | pipe 'touch up; exec sleep 60'" 3>&- &
	pid=$!
	within 60 [ -e up ]
	kill -9 $pid
	wait $pid || true
	within 60 none_stands
	sp-submit -e "from range(1) | repartition 2" >/dev/null # sweeps
}

@test "jobs at the same time have their own" {
	sp-submit --keep 60 -m "$M" -e "select 1" >/dev/null
	for i in 1 2 3; do
		sp-submit --keep 60 -m "$M" -e "select sum(id) from range(${i}00)" >o$i &
	done
	wait
	run -0 cat o1 o2 o3
	assert_output $'4950\n19900\n44850'
	[ "$(keepers | wc -l)" -eq 1 ]
	end_keeper
}
