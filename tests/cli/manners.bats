# Broken pipes, closed and full streams, signals, limits, two at a time:
# what a shell and cron rely on.  The long ones run in check-long.

load ../helper

@test "head -1: ends at once, without a word" {
	run -0 --separate-stderr bash -c "sp-submit -e 'from range(1000000000)' | head -1
	    echo \${PIPESTATUS[0]}"
	[ "$output" = "0
141" ] || [ "$output" = "0
0" ]
	[ "$stderr" = "" ]
}

@test "stdout closed or full: an error, not silence" {
	run bash -c "sp-submit -e 'from range(10)' >&-; echo rc \$?"
	assert_line 'rc 74'
	assert_output --partial 'stdout'
	run bash -c "sp-submit -e 'from range(10)' >/dev/full; echo rc \$?"
	assert_line 'rc 74'
	assert_output --partial 'No space left'
	run bash -c "sp-submit -e 'from range(3000000)' >/dev/full; echo rc \$?"
	assert_line 'rc 74'
	run bash -c "sp-submit --help >/dev/full; echo rc \$?"
	assert_line 'rc 74'
	run bash -c "sp-worker --version >/dev/full; echo rc \$?"
	assert_line 'rc 74'
	run bash -c "sp-shuffle stat --help >/dev/full; echo rc \$?"
	assert_line 'rc 74'
	run bash -c "sp-cat data/people.csv >/dev/full; echo rc \$?"
	assert_line 'rc 74'
}

@test "one version everywhere; what was asked for ends the command" {
	run -0 sp-submit -e 'select version()'
	version=$output
	for c in submit executor master worker; do
		run -0 --separate-stderr sp-$c --version --no-such-option
		assert_output "sp-$c $version"
		assert_equal "$stderr" ''
	done
	run -0 --separate-stderr sp-plan -v --help operand
	assert_output --partial 'usage: sp-plan'
	assert_equal "$stderr" ''
}

@test "a write needs no stdout; stdin and stderr may be closed" {
	run -0 bash -c "sp-submit -e \"from range(3) | write 'out' csv\" >&-"
	run -0 sp-cat --count out
	assert_output 3
	run -0 bash -c "sp-submit -e 'from range(2)' 2>&- <&-"
	assert_output '0
1'
	run -1 bash -c "sp-submit -e 'select nope' 2>&-"
	run bash -c "sp-submit -e 'from - text | select count(*)' <&-; echo rc \$?"
	assert_line 'rc 74'
	run -0 sp-submit -e "from - text | select count(*)" </dev/null
	assert_output 0
}

# interrupted SIGNALS JOB: sends them, half a second after each other.
interrupted() {
	local pid rc=0 sig
	sp-submit -e "$2" >said 2>&1 &
	pid=$!
	within 20 test -n "$(ls "$SCRATCH")" || true
	command sleep 0.7
	for sig in $1; do
		kill -"$sig" $pid 2>/dev/null || break
		command sleep 0.1
	done
	wait $pid || rc=$?
	echo "$rc"
}

@test "SIGINT and SIGTERM: 128 + n, nothing half-written" {
	local job="from range(3000000000) | write 'out' csv"
	[ "$(interrupted INT "$job")" = 130 ]
	[ "$(interrupted TERM "$job")" = 143 ]
	[ ! -e out ]
	[ "$(find . -name '*out*' | wc -l)" -eq 0 ]
}

@test "SIGINT twice ends it too; the scratch folder is swept" {
	local job="select count(*) from (select id % 9999991 as k, count(*) as n
	    from range(3000000000) group by 1) as t"
	[ "$(interrupted "INT INT" "$job")" = 130 ]
	[ "$(interrupted "INT INT INT" "from range(3) | pipe 'sleep 60'")" = 130 ]
	run -0 sp-submit -e "select 1"
}

@test "the time limit ends reading, pipes and commands" {
	run -124 sp-submit --timeout 300ms -e "from cmd 'sleep 30' text"
	assert_output --partial 'time'
	run -124 sp-submit --timeout 300ms -e "from range(3) | pipe 'sleep 30'"
	run -124 sp-submit --timeout 300ms -e "from range(9000000000)
	    | write 'out' csv"
	[ ! -e out ]
	run -124 sp-submit --timeout 300ms -e "select count(*) from range(90000000)
	    as a join range(90000000) as b on a.id % 10 = b.id % 10"
}

@test "a lock keeps a second run away, and ends with the first" {
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/home
	sp-submit --lock night -e "from range(1) | pipe 'sleep 2'" &
	command sleep 0.7
	run -75 sp-submit --lock night -e 'select 1'
	assert_output --partial 'night'
	run -0 sp-submit --lock day -e 'select 1'
	wait
	run -0 sp-submit --lock night -e 'select 1'
	assert_output 1
}

@test "two runs onto the same output: one whole output, never a mixture" {
	local mode a b ra rb
	for mode in '' overwrite append; do
		rm -rf out
		sp-submit -e "from range(100) | pipe 'sleep 1; cat' as (v int)
		    | write 'out' csv $mode" 2>ea &
		a=$!
		sp-submit -e "from range(1000) | pipe 'sleep 1; cat' as (v int)
		    | write 'out' csv $mode" 2>eb &
		b=$!
		ra=0 rb=0
		wait $a || ra=$?
		wait $b || rb=$?
		run -0 sp-cat --verify out
		run -0 sp-cat --count out
		case $mode in
		'')	# one of them came too late
			[ "$ra$rb" != 00 ]
			[ "$output" -eq 100 ] || [ "$output" -eq 1000 ] ;;
		overwrite)
			[ "$output" -eq 100 ] || [ "$output" -eq 1000 ] ;;
		append)
			[ "$output" -eq $((100 * (ra == 0) + 1000 * (rb == 0))) ] ;;
		esac
	done
}

# peak KB COMMAND...: the command must not need more memory than that; twice
# as much where AddressSanitizer keeps what was freed.
peak() {
	local limit=$1
	shift
	! grep -q __asan_init "$(command -v sp-submit)" || limit=$((2 * limit))
	need time test -x /usr/bin/time
	/usr/bin/time -o peak -f %M "$@" >said 2>&1 || true
	[ "$(tail -n 1 peak)" -lt "$limit" ] || {
		echo "$(tail -n 1 peak) KB of $limit"
		return 1
	}
}

@test "a quote that is not closed at the end of 50 MB" {
	yes 'a,b,c,d,e,f' | head -n 4369066 >q.csv
	printf 'x,"open,\n' >>q.csv
	peak 60000 sp-submit -e "from 'q.csv' csv header false | select count(*)"
	grep -E 'q.csv:4369067:1: error: a quote in this record is not closed' said
}

@test "a quote that is not closed before 50 MB: linear time" {
	{ echo 'a,b'; echo '1,"x'; yes 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,b' |
	    head -c 50000000; } >q.csv
	run -65 timeout 60 sp-submit -e "from 'q.csv' csv | select count(*)"
	assert_output --partial 'q.csv:2:1: error: a quote in this record is not closed'
}

@test "a line over the limit, and the limit raised" {
	head -c 3000000 /dev/zero | tr '\0' x >l.txt
	run -65 sp-submit -c sp.max.record=1m -e "from 'l.txt' text"
	assert_output 'sp-submit: l.txt:1:1: error: the line is longer than max_record, 1048576 bytes
sp-submit: hint: the limit is the setting sp.max.record'
	run -0 sp-submit -e "select max(length(value)) from 'l.txt' text"
	assert_output 3000000
	run -65 sp-submit -c sp.max.record=1m -e "from 'l.txt' (a string) csv"
	assert_output --partial 'longer than max_record'
	printf '{"a":"%s"}\n' "$(cat l.txt)" >l.json
	run -65 sp-submit -c sp.max.record=1m -e "from 'l.json' (a string) json"
	assert_output --partial 'longer than max_record'
}

@test "archive bombs are read in a bounded window" {
	head -c 300000000 /dev/zero | gzip -1 >z.gz
	peak 260000 sp-submit -e "from 'z.gz' text | select max(length(value))"
	grep 'z.gz:1:1: error: the line is longer than max_record' said
	yes 'some text' | head -c 300000000 | gzip -1 >y.gz
	peak 60000 sp-submit -e "from 'y.gz' text | select count(*)"
	grep -x 30000000 said
}

@test "long: a quote not closed at the end of 1 GB, a line of 1 GB, a bomb of 20 GB" {
	[ -n "${SP_LONG:-}" ] || skip "long: part of check-long"
	peak 60000 bash -c "{ yes 'a,b,c,d,e,f' | head -n 89478485; printf 'x,\"open\n'; } |
	    sp-submit -e \"from - csv header false | select count(*)\""
	grep 'a quote in this record is not closed' said
	peak 300000 bash -c "head -c 1073741824 /dev/zero | tr '\\0' x |
	    sp-submit -e \"from - text | select max(length(value))\""
	grep 'the line is longer than max_record, 67108864 bytes' said
	peak 60000 bash -c "{ yes 'a,b,c' | head -c 1073741824; } |
	    sp-submit -e \"from - text | select count(*)\""
	head -c 20000000000 /dev/zero | zstd -q -1 >z.zst
	peak 260000 sp-submit -e "from 'z.zst' text | select max(length(value))"
	grep 'the line is longer than max_record' said
}

@test "stdin that a job reads twice is read once" {
	for m in local 'local-cluster[2,1,256m]'; do
		run -0 sp-submit -m "$m" -e "let t = from - text;
			select count(*) from t a join t b on a.value = b.value" < <(seq 5)
		assert_output 5
	done
}
