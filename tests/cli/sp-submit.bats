# sp-submit: outputs, exit statuses, messages, signals, crashes.

load ../helper

@test "word count over text equals the shell's" {
	run -0 sp-submit -e "from 'data/poem.txt' text
	    | select explode(split(value, ' ')) as w | where w <> ''
	    | aggregate count(*) as n group by w | order by w"
	diff <(printf '%s\n' "$output") \
	    <(tr ' ' '\n' <data/poem.txt | grep -v '^$' | LC_ALL=C sort |
		uniq -c | awk '{print $2 "\t" $1}')
}

@test "an output directory has parts, a manifest, and verifies" {
	run -0 sp-submit -e "from range(10) | write 'out' csv"
	assert_file_exist out/_SUCCESS
	run -0 sp-cat --verify out
	run -0 sp-cat --count out -f csv
	[ "$output" = 10 ]
	echo x >>out/part-00000.csv
	run -1 sp-cat --verify out
}

@test "an output that exists is refused, overwritten, kept or added to" {
	sp-submit -e "from range(3) | write 'out' csv"
	run -73 sp-submit -e "from range(1) | write 'out' csv"
	assert_output --partial 'exists already'
	assert_output --partial 'hint: use overwrite, append or ignore'
	sp-submit -e "from range(1) | write 'out' csv ignore"
	[ "$(cat out/part-*)" = "$(seq 0 2)" ]
	sp-submit -e "from range(5) | write 'out' csv append"
	[ "$(cat out/part-* | wc -l)" -eq 8 ]
	run -0 sp-cat --verify out
	sp-submit -e "from range(2) | write 'out' csv overwrite"
	[ "$(cat out/part-*)" = "$(seq 0 1)" ]
}

@test "a name with an extension is one file" {
	sp-submit -e "from range(0, 5000000) | where id % 1000000 = 0
	    | write 'one.tsv'"
	[ "$(cat one.tsv)" = "$(seq 0 1000000 4000000)" ]
}

@test "a failing job leaves no output and nothing beside it" {
	run -1 sp-submit -e "from range(3) | write 'a' csv;
	    select 1 / 0"
	assert_output --partial 'by zero'
	[ -z "$(ls -A | grep -v data)" ]
}

@test "killed at each point of the commit: all or nothing" {
	local point
	for point in commit.staging commit.task commit.manifest \
	    commit.journal commit.rename commit.sync; do
		SP_CRASH=$point:1 run sp-submit -e \
		    "from range(3) | write 'out' csv"
		[ "$status" -eq 137 ]
		if [ -e out ]; then
			[ "$(cat out/part-*)" = "$(seq 0 2)" ]
		fi
		run -0 sp-submit -e "from range(4) | write 'out' csv overwrite"
		[ "$(cat out/part-*)" = "$(seq 0 3)" ]
		[ -z "$(ls -A | grep '^[.]sp-')" ]
		rm -r out
	done
	sp-submit -e 'select 1' >/dev/null
}

@test "a full disk is an error and leaves nothing" {
	local point
	for point in sink.write sink.fsync tree.write commit.task; do
		SP_FAIL=$point:1:28 run sp-submit -c spark.task.maxFailures=1 \
		    -e "from range(3) | write 'out' csv"
		[ "$status" -ne 0 ]
		[ ! -e out ]
		[ -z "$(ls -A | grep '^[.]sp-')" ]
	done
}

@test "exit statuses of wrong input" {
	run -2 sp-submit --no-such-option
	run -66 sp-submit -e "from 'missing.csv'"
	run -1 sp-submit -e "select x from range(3)"
	assert_output --partial "unknown column 'x'"
	run -65 sp-submit -e "from 'data/ragged.csv' csv header true"
	assert_output --partial 'ragged.csv:'
	run -65 sp-submit -e "from 'data/truncated.csv.gz'"
	run -78 sp-submit -c spark.no.such=1 -e 'select 1'
	run -2 sp-submit -m yarn -e 'select 1'
	run -1 sp-submit -e 'select'
	run -66 sp-submit missing.sp
}

@test "a misspelt column, setting and function get a hint" {
	run sp-submit -e "select amout from values (1) as t(amount)"
	assert_output --partial "did you mean 'amount'?"
	run sp-submit -c spark.executor.memry=1g -e 'select 1'
	assert_output --partial "did you mean 'spark.executor.memory'?"
	run sp-submit -e "select uper('x')"
	assert_output --partial "did you mean 'upper'?"
}

@test "a pipe command that fails is tried four times and shown" {
	run -1 sp-submit -e "from range(1)
	    | pipe 'echo \$SP_ATTEMPT >>tries; echo sorry >&2; exit 3'"
	assert_output --partial 'ended with status 3'
	assert_output --partial 'sorry'
	[ "$(wc -l <tries)" -eq 4 ]
}

@test "head closes the pipe and the job ends quietly" {
	run bash -c 'set -o pipefail; sp-submit -e "from range(10000000)
	    | order by id desc" | head -1'
	[ "$status" -eq 141 ]
	[ "$output" = 9999999 ]
}

@test "the time limit and the lock" {
	run -124 sp-submit --timeout 200ms -e "from range(1) | pipe 'sleep 20'"
	sp-submit --lock nightly -e "from range(1) | pipe 'sleep 2'" &
	sleep 0.5
	run -75 sp-submit --lock nightly -e 'select 1'
	wait
	run -0 sp-submit --lock nightly -e 'select 1'
}

@test "an interrupt ends the job with its status and leaves nothing" {
	sp-submit -e "from range(1) | pipe 'sleep 20' | write 'out' csv" &
	local pid=$!
	sleep 0.5
	kill -TERM $pid
	local rc=0
	wait $pid || rc=$?
	[ "$rc" -eq 143 ]
	[ ! -e out ]
	[ -z "$(ls -A | grep '^[.]sp-')" ]
}

@test "parameters are typed values" {
	run -0 sp-submit -D day=2024-02-29 \
	    -e "param day date; select day(\$day), '\${day}/x'"
	assert_output '29	2024-02-29/x'
	run -2 sp-submit -e 'param day date; select $day'
	run -2 sp-submit -D day=x -e 'param day date; select $day'
}

@test "the same rows on one thread and on four, with little memory" {
	local q="select id % 1000 as k, count(*) as n, sum(id) as s
	    from range(0, 3000000) group by 1 order by 1"
	sp-submit -m 'local[1]' -e "$q" >one
	sp-submit -m 'local[4]' -e "$q" >four
	SP_FORCE=spill sp-submit -e "$q" >spilled
	cmp one four
	cmp one spilled
}

@test "compressed outputs are read back, by option and by name" {
	local c ext
	for c in gzip zstd xz bzip2 lz4; do
		sp-submit -e "from range(0, 100000, 1) | repartition 3
		    | write '$c' csv compression '$c'"
		run -0 sp-cat --count "$c" -f csv
		[ "$output" = 100000 ]
		run -0 sp-cat --verify "$c"
	done
	for ext in gz zst xz bz2 lz4; do
		sp-submit -e "from range(0, 300000, 1) | repartition 3
		    | write 'one.csv.$ext'"
		run -0 sp-submit -e "from 'one.csv.$ext' csv (n bigint)
		    | aggregate count(*), sum(n)"
		assert_output '300000	44999850000'
	done
	zcat one.csv.gz | grep -qx 299999
	run -1 sp-submit -e "from range(3) | write 'x' csv compression 'rot13'"
	assert_output --partial "unknown compression 'rot13'"
	SP_FAIL=sink.write:1:28 run -74 sp-submit -c spark.task.maxFailures=1 \
	    -e "from range(3) | write 'x' csv compression 'gzip'"
	assert_output --partial 'No space left'
	[ ! -e x ]
}

@test "bad records go to the quarantine directory, as they were" {
	printf 'a,b\n1,2\nx,3\n4,5,6\n7,8\n' >in.csv
	run -0 sp-submit -e "from 'in.csv' csv (a int, b int) header true
	    on error quarantine 'bad' | order by a"
	assert_output $'1\t2\n7\t8'
	[ "$(cat bad/* | sort)" = "$(printf '4,5,6\nx,3\n')" ]
	printf '{"a":1}\n{"a":}\n[1]\n{"a":2}\n' >in.json
	run -0 sp-submit -e "from 'in.json' json (a int)
	    on error quarantine 'badj' | order by a"
	assert_output $'1\n2'
	[ "$(cat badj/* | wc -l)" -eq 2 ]
	run -0 sp-submit -e "from 'in.json' json (a int) on error drop
	    | aggregate sum(a)"
	assert_output 3
	run -65 sp-submit -e "from 'in.json' json (a int)"
	assert_output --partial 'in.json:2:'
}

@test "pipes, packed stdin and commands are read once, from their beginning" {
	run -0 sp-submit -e "from '/dev/fd/9' csv | aggregate count(*), sum(_c0)" \
	    9< <(seq 1 300000)
	assert_output '300000	45000150000'
	mkfifo fifo
	seq 1 10 | gzip >fifo &
	run -0 sp-submit -e "from 'fifo' | aggregate count(*)"
	assert_output 10
	local pack
	for pack in gzip xz bzip2 zstd lz4; do
		run -0 bash -c "seq 1 300000 | $pack -c |
		    sp-submit -e \"from '-' csv | aggregate sum(_c0)\""
		assert_output 45000150000
		run -0 bash -c "seq 1 3 | $pack -c | sp-cat -"
		assert_output $'1\n2\n3'
	done
	run -0 sp-submit -e "from cmd 'echo x >>ran; seq 1 300000 | gzip' csv
	    | aggregate sum(_c0)"
	assert_output 45000150000
	[ "$(cat ran)" = x ]
	run -0 bash -c "seq 1 30 | gzip | head -c 30 | sp-cat - 2>&1 >/dev/null;
	    true"
	assert_output --partial '"-"'
}

@test "a parameter that the job does not have is a typing error" {
	run -2 sp-submit -D mont=1 -e "param month int = 2; select 1"
	assert_output --partial "no parameter 'mont'"
	assert_output --partial "did you mean 'month'?"
	echo 'param k int = 1;' >lib.sp
	run -0 sp-submit -D k=5 -e "include 'lib.sp'; select \$k"
	assert_output 5
	run -2 sp-submit -D j=5 -e "include 'lib.sp'; from range(1) | write 'x'"
	assert_output --partial "no parameter 'j'"
	assert_not_exist x
}

@test "what statements print comes before the rows of the next one" {
	run -0 sp-submit -e "describe select 1 as a; select 2; show databases"
	assert_output $'a\tint\n2\ndefault'
	run -74 bash -c 'sp-submit -e "show databases" >/dev/full'
}

@test "the report has the name of the application, the seed holds from set on" {
	run -0 sp-submit --name 'a "job"' --report r.json -e "select 1"
	grep -q '^{"name":"a \\"job\\"","exit":0,' r.json
	run -0 sp-submit -e "set sp.seed = 1; select rand()"
	local one=$output
	run -0 sp-submit -e "set sp.seed = 2; select rand()"
	[ "$output" != "$one" ]
}

@test "commands that are read or written know SIGPIPE and may stop early" {
	run -0 sp-submit -e "from cmd 'yes | head -n 1' text"
	assert_output y
	run -0 sp-submit -e "from range(1) | write cmd 'cat; yes | head -n 1'"
	assert_output $'0\ny'
	run -0 timeout 20 sp-submit -e "from cmd 'yes' text | limit 1"
	assert_output y
	run -0 sp-submit -e "from range(1000000) | write cmd 'head -n 1'"
	assert_output 0
	run -1 sp-submit -e "from range(1000000) | write cmd 'exit 3'"
	assert_output --partial '"exit 3" ended with status 3'
	run -1 sp-submit -e "from range(1) | write cmd 'kill -9 \$\$'"
	assert_output --partial 'ended with status 137'
	run -1 sp-submit -e "from cmd 'echo 1; exit 3' csv"
	assert_output --partial 'ended with status 3'
}

@test "a command that is stuck does not hold the job" {
	# 124 in less than 5 seconds; the house looks for processes left.
	stuck() { run -124 timeout 5 sp-submit --timeout 1s -e "$1"; }
	stuck "from range(1) | pipe 'sleep 1000'"
	stuck "from range(1) | pipe 'exec >&-; sleep 1000'"
	stuck "from range(1) | pipe 'exec >&- 2>&-; trap : TERM; sleep 1000 & wait; sleep 1000'"
	stuck "from range(1000000) | write cmd 'sleep 1000'"
	stuck "from range(1) | write cmd 'sleep 1000'"
	stuck "from range(1) | write cmd 'cat >/dev/null; sleep 1000 & wait'"
	# Nobody reads stdout.
	mkfifo full
	sleep 1000 3>&- <>full &
	holder=$!
	run -124 bash -c "timeout 5 sp-submit --timeout 1s -e 'from range(1000000)' >full"
	kill "$holder"
	# A command of a job that fails is not waited for either.
	run -1 timeout 5 sp-submit -e "from range(1) | select 1 / id | write cmd 'sleep 1000'"
	# One that takes its time is.
	run -0 sp-submit -e "from range(1) | write cmd 'cat; sleep 1; echo end'"
	assert_line end
}
