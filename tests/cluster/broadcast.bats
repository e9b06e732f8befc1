# Broadcasts that executors relay, with faults at their points.
load ../helper

setup() {
	house_setup
	export SP_FORCE=fetch
	cluster='local-cluster[4,1,256m]'
	job="
		from range(0, 40000, 1, 12) as a
		| join broadcast (from range(0, 40000, 1, 3)
		    | select id as k, repeat(md5(cast(id as string)), 2) as v) as b
		  on a.id = b.k
		| aggregate count(*), sum(length(v)), sum(id)"
	want=$'40000\t2560000\t799980000'
}

@test "executors that die while they copy, or when they have copied" {
	export SP_FAULT_IN=sp-executor SP_FAULT_ONCE=$PWD/once
	for crash in relay.copy:1 relay.copy:9 relay.end:1 blocks.read:4; do
		rm -f once
		SP_CRASH=$crash run -0 --separate-stderr sp-submit -m "$cluster" -e "$job"
		assert_output "$want"
		[ -e once ] || [ $crash = blocks.read:4 ]
	done
}

@test "without room for copies nothing is relayed, and nothing lost" {
	for n in 0 5; do
		SP_FAULT_IN=sp-executor SP_FAIL=relay.copy:$n:ENOSPC \
			run -0 --separate-stderr sp-submit -m "$cluster" -e "$job"
		assert_output "$want"
		assert_equal "$stderr" ''
	done
	SP_FAULT_IN=sp-executor SP_FAIL=publish.write:9:ENOSPC \
		run -0 --separate-stderr sp-submit -m "$cluster" -e "$job"
	assert_output "$want"
}

@test "copies are gone after the job" {
	export TMPDIR=$PWD/t
	mkdir t
	run -0 sp-submit -m "$cluster" -e "$job" -e "$job"
	[ -z "$(ls -A t)" ]
}
