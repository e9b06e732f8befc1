# The commit of outputs: killed, failed and raced at each of its points.

load ../helper

staging() {
	ls -A | grep '^[.]sp-' || true
}

numbers() {
	cat "$1"/part-* | sort -n | tr '\n' ' '
}

@test "overwrite killed at each point: the old rows or the new ones" {
	local point
	for point in commit.staging commit.task commit.manifest \
	    tree.sync commit.journal commit.rename commit.sync; do
		rm -rf out
		sp-submit -e "from range(3) | write 'out' csv"
		SP_CRASH=$point:1 run sp-submit -e \
		    "from range(10, 14) | write 'out' csv overwrite"
		[ "$status" -eq 137 ]
		case $(numbers out) in
		'0 1 2 ' | '10 11 12 13 ') ;;
		*) echo "$point: $(numbers out)"; false ;;
		esac
		case $point in
		commit.sync) [ "$(numbers out)" = '10 11 12 13 ' ] ;;
		esac
		# The next run finishes or removes; a commit that had begun wins.
		sp-submit -e "from range(20, 22) | write 'out' csv append"
		[ -z "$(staging)" ]
		case $point:$(numbers out) in
		commit.rename:'10 11 12 13 20 21 ') ;;
		commit.sync:'10 11 12 13 20 21 ') ;;
		commit.rename:* | commit.sync:*) numbers out; false ;;
		*:'0 1 2 20 21 ') ;;
		*) echo "$point: $(numbers out)"; false ;;
		esac
		run -0 sp-cat --verify out
	done
}

@test "append killed at each point: whole or taken up by the next run" {
	local point
	for point in commit.staging:1 commit.task:1 commit.manifest:1 \
	    commit.journal:1 commit.rename:1 commit.append:1 \
	    commit.append:2 commit.append:3 commit.sync:1; do
		rm -rf out
		sp-submit -e "from range(3) | write 'out' csv"
		SP_CRASH=$point run sp-submit -e \
		    "from range(10, 14) | repartition 2 | write 'out' csv append"
		[ "$status" -eq 137 ]
		run -0 sp-cat --verify out
		sp-submit -e "from range(20, 22) | write 'out' csv append"
		[ -z "$(staging)" ]
		case $point:$(numbers out) in
		commit.staging* | commit.task* | commit.manifest* | \
		commit.journal*)
			[ "$(numbers out)" = '0 1 2 20 21 ' ] ;;
		*)
			[ "$(numbers out)" = '0 1 2 10 11 12 13 20 21 ' ] ;;
		esac
		run -0 sp-cat --verify out
	done
}

@test "append that fails takes back what it had moved" {
	local point
	for point in commit.journal:1 commit.append:1 commit.append:2 \
	    commit.append:3 commit.sync:1; do
		rm -rf out
		sp-submit -e "from range(3) | write 'out' csv"
		ls out >before
		SP_FAIL=$point:5 run sp-submit -e \
		    "from range(10, 14) | repartition 2 | write 'out' csv append"
		[ "$status" -ne 0 ]
		diff before <(ls out)
		[ -z "$(staging)" ]
	done
}

@test "several outputs killed at each point: all of them or none" {
	local point new
	for point in commit.pointer:1 commit.pointer:2 commit.journal:1 \
	    commit.rename:1 commit.rename:2 commit.rename:3 commit.sync:1 \
	    commit.sync:2 commit.sync:3; do
		for first in a b c; do
			rm -rf a b c
			sp-submit -e "from range(1) | write 'b' csv"
			SP_CRASH=$point run sp-submit -e \
			    "from range(10, 12) | write 'a' csv;
			    from range(20, 22) | write 'b' csv overwrite;
			    from range(30, 32) | write 'c' csv append"
			[ "$status" -eq 137 ]
			# Recovery may begin at any of the three.
			sp-submit -e "from range(90, 91)
			    | write '$first' csv append"
			new="$(cat a/part-* b/part-* c/part-* 2>/dev/null |
			    sort -n | tr '\n' ' ')"
			case $point in
			commit.pointer* | commit.journal*)
				[ "$new" = '0 90 ' ] ;;
			*)
				[ "$new" = '10 11 20 21 30 31 90 ' ] &&
				    [ -z "$(staging)" ] ;;
			esac || { echo "$point $first: $new"; ls -A; false; }
			rm -rf .sp-*
		done
	done
}

@test "several outputs of which one fails: all are as before" {
	local point
	for point in commit.rename:1 commit.rename:2 commit.rename:3 \
	    commit.sync:1 commit.sync:2 commit.sync:3; do
		rm -rf a b c
		sp-submit -e "from range(1) | write 'b' csv;
		    from range(5, 6) | write 'c' csv"
		SP_FAIL=$point:5 run sp-submit -e \
		    "from range(10, 12) | write 'a' csv;
		    from range(20, 22) | write 'b' csv overwrite;
		    from range(30, 32) | write 'c' csv append"
		[ "$status" -ne 0 ]
		[ ! -e a ] && [ "$(numbers b)" = '0 ' ] &&
		    [ "$(numbers c)" = '5 ' ]
		[ -z "$(staging)" ]
	done
}

@test "a failure that cannot be taken back is finished by the next run" {
	# The second rename and the undo both fail.
	sp-submit -e "from range(1) | write 'b' csv"
	cat >job.sp <<-'END'
	from range(10, 12) | write 'a' csv;
	from range(20, 22) | write 'b' csv overwrite
	END
	SP_FAIL=commit.sync:0:5 SP_CRASH=commit.undo:1 run -137 sp-submit job.sp
	sp-submit -e "from range(1) | write 'b' csv append"
	[ "$(numbers a)" = '10 11 ' ]
	[ "$(numbers b)" = '0 20 21 ' ]
	[ -z "$(staging)" ]
}

@test "a task whose commit fails is tried again and loses no row" {
	local nth
	for nth in 1 2 3; do
		rm -rf out
		SP_FAIL=commit.task:$nth run -0 sp-submit -e \
		    "from range(0, 1000, 1) | repartition 3 | write 'out' csv"
		[ "$(cat out/part-* | wc -l)" -eq 1000 ]
		run -0 sp-cat --verify out
	done
}

@test "two runs onto one output: one wins, the other says so" {
	sp-submit -e "from range(3) | pipe 'cat; until [ -e go ]; do sleep 0.05; done'
	    | write 'out' csv" 2>slow.err &
	local pid=$!
	until [ -n "$(staging)" ]; do sleep 0.05; done
	sp-submit -e "from range(5) | write 'out' csv"
	touch go
	local status=0
	wait $pid || status=$?
	[ "$status" -eq 73 ]
	grep -q 'exists already' slow.err
	[ "$(cat out/part-* | wc -l)" -eq 5 ]
	[ -z "$(staging)" ]
}

@test "a living run's staging is not touched, a dead one's is swept" {
	sp-submit -e "from range(3) | pipe 'cat; until [ -e go ]; do sleep 0.05; done'
	    | write 'out' csv append" &
	local pid=$!
	until [ -n "$(staging)" ]; do sleep 0.05; done
	mkdir .sp-out-1-2-3 .sp-out-1-2-3/c .sp-out-x-1-2-3
	sp-submit -e "from range(5) | write 'out' csv append"
	[ ! -e .sp-out-1-2-3 ]
	[ -e .sp-out-x-1-2-3 ]          # is another output's
	touch go
	wait $pid
	[ "$(cat out/part-* | wc -l)" -eq 8 ]
	[ "$(staging)" = .sp-out-x-1-2-3 ]
}

@test "another user's staging directory is left alone" {
	[ "$(id -u)" -eq 0 ] || skip 'needs root to make a file of another user'
	mkdir .sp-out-1-2-3
	chown nobody .sp-out-1-2-3
	sp-submit -e "from range(5) | write 'out' csv"
	[ -e .sp-out-1-2-3 ]
}

@test "a damaged journal is an error that names it" {
	mkdir -p .sp-out-1-2-3/c
	echo nonsense >.sp-out-1-2-3/journal
	run sp-submit -e "from range(5) | write 'out' csv"
	[ "$status" -eq 75 ]
	assert_output --partial '.sp-out-1-2-3/journal'
	[ ! -e out ]
}

@test "names with blanks, percent signs and newlines are recovered" {
	local name=$'a %41\n"b'
	SP_CRASH=commit.rename:1 run -137 sp-submit -D "out=$name" \
	    -e "param out string; from range(3) | write '\${out}' csv overwrite"
	SP_CRASH=commit.sync:1 run -137 sp-submit -D "out=$name" \
	    -e "param out string; from range(3) | write '\${out}' csv append"
	sp-submit -D "out=$name" \
	    -e "param out string; from range(3) | write '\${out}' csv append"
	[ "$(cat "$name"/part-* | wc -l)" -eq 9 ]
	[ -z "$(staging)" ]
}

@test "the target's link is followed, not replaced" {
	mkdir real
	ln -s real link
	sp-submit -e "from range(3) | write 'link' csv overwrite"
	[ -L link ]
	[ "$(numbers real)" = '0 1 2 ' ]
}

@test "a single file of many parts: in order, whole or not at all" {
	local job point
	job="from range(0, 3000000) | select id as a | where a % 7 < 3 |
	    write 'one.csv' csv overwrite single"
	sp-submit -m 'local[1]' -e "$job"
	cp one.csv want.csv
	[ "$(wc -l <want.csv)" -eq 1285716 ]
	sp-submit -m 'local[3]' -e "$job"
	cmp one.csv want.csv
	SP_FORCE=chaos:3 sp-submit -m 'local[3]' -e "$job"
	cmp one.csv want.csv
	sp-submit -m 'local[3]' --memory 4m -e "$job"
	cmp one.csv want.csv
	echo old >one.csv
	for point in sink.write commit.join commit.task; do
		SP_FAIL=$point:1 run sp-submit -c spark.task.maxFailures=1 \
		    -e "$job"
		[ "$status" -ne 0 ]
		[ "$(cat one.csv)" = old ]
		[ -z "$(staging)" ]
	done
}
