# Jobs on hosts that have nothing but sshd, and share no file with the driver.
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
	M=ssh://root@host1,root@host2
}

@test "one task on a bare host" {
	run -0 on_host 0 sp-submit -m ssh://root@host1 -e 'select 1 + 1'
	assert_output 2
}

@test "an aggregate over two bare hosts" {
	run -0 on_host 0 sp-submit -m "$M" -e \
		"select id % 3 k, count(*) n from range(0, 90000, 1, 6) group by 1 order by 1"
	assert_output $'0\t30000\n1\t30000\n2\t30000'
}

@test "files of the driver's are read through it" {
	seq 100000 >n.txt
	run -0 on_host 0 sp-submit -m "$M" -e \
		"from '$PWD/n.txt' text | aggregate count(*), sum(cast(value as int))"
	assert_output $'100000\t5000050000'
	gzip n.txt
	run -0 on_host 0 sp-submit -m "$M" -e \
		"from '$PWD/n.txt.gz' text | aggregate count(*), sum(cast(value as int))"
	assert_output $'100000\t5000050000'
}

@test "outputs come back to the driver, whole" {
	run -0 on_host 0 sp-submit -m "$M" -e \
		"from range(0, 10000, 1, 4) | repartition 3 | write '$PWD/out' csv"
	run -0 sp-cat --verify out
	run -0 sp-submit -e "from 'out' csv (id int) | aggregate count(*), sum(id)"
	assert_output $'10000\t49995000'
	run -0 on_host 0 sp-submit -m "$M" -e \
		"from range(0, 10000, 1, 4) | write '$PWD/one.csv'"
	[ "$(wc -l <one.csv)" -ge 10000 ]
}

@test "executors on hosts stay for the next job, and end with their time" {
	on_host 0 sp-submit -m "$M" --keep 60 -e 'select count(*) from range(10)'
	run -0 on_host 1 pgrep -x sp-executor
	first=$output
	run -0 on_host 0 sp-submit -m "$M" --keep 60 -e \
		"select id % 2 k, count(*) from range(0, 90, 1, 6) group by 1 order by 1"
	assert_output $'0\t45\n1\t45'
	run -0 on_host 1 pgrep -x sp-executor
	assert_output "$first"
	on_host 0 sp-submit -m "$M" --keep 0 -e 'select 1'
	for i in 1 2; do
		within 60 eval "! on_host $i pgrep -x sp-executor"
	done
}

@test "nothing of a run stays on the hosts" {
	run -0 on_host 0 sp-submit -m "$M" -e 'select 1'
	for i in 1 2; do
		run -0 on_host $i sh -c 'ls /tmp; ps ax -o comm= | grep "^sp-" || true'
		assert_output ''
	done
}

@test "bad records of other hosts come into the quarantine directory" {
	printf 'a,b\n1,2\nx,3\n4,5,6\n7,8\n' >bad.csv
	run -0 on_host 0 sp-submit -m "$M" -e "from '$PWD/bad.csv' csv (a int, b int)
		header true on error quarantine '$PWD/q' | order by a"
	assert_output $'1\t2\n7\t8'
	[ "$(cat q/* | sort)" = "$(printf '4,5,6\nx,3\n')" ]
	[ "$(ls -A q)" = bad.csv-0.bad ]
}
