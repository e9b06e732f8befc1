# What is wrong with the input: exit status, message, nothing half-written.
# The teardown of the helper sees to it that the scratch folder is empty.

load ../helper

# fails STATUS MESSAGE-REGEX JOB [option ...]: of one -e job.
fails() {
	local status=$1 message=$2 job=$3
	shift 3
	run "-$status" --separate-stderr sp-submit "$@" -e "$job"
	[ "$output" = "" ] || fail "rows in spite of an error: $output"
	[[ $stderr =~ $message ]] || fail "$stderr"
}

# as_nobody COMMAND...: with the rights of another user.
as_nobody() {
	local up=${BATS_RUN_TMPDIR%/*}
	if [ "$(id -u)" -eq 0 ]; then
		chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR"/..
		case $up in */check.*) chmod a+rx "$up" ;; esac
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

@test "a file, a pattern, a job and an include that are not there" {
	fails 66 '1:6: error: could not open "no.csv": No such file' "from 'no.csv'"
	fails 66 'no file matches "no/\*.csv"' "from 'no/*.csv'"
	fails 66 'could not open "lib.sp"' "include 'lib.sp'; select 1"
	run -66 sp-submit no.sp
	assert_output 'sp-submit: could not open "no.sp": No such file or directory'
	mkdir folder
	run -66 sp-submit folder
	assert_output --partial 'folder'
}

@test "a file and a directory without permission" {
	mkdir -m 0 secret
	echo a >locked.csv
	chmod 0 locked.csv
	chmod 777 "$SCRATCH"
	need setpriv as_nobody ls .
	run -77 as_nobody "$OUT/bin/sp-submit" -e "from 'secret/x.csv'"
	assert_output --partial 'could not open "secret/x.csv": Permission denied'
	run -77 as_nobody "$OUT/bin/sp-submit" -e "from 'secret'"
	assert_output --partial 'could not read directory "secret": Permission denied'
	run -77 as_nobody "$OUT/bin/sp-submit" -e "from 'locked.csv'"
	assert_output --partial 'could not open "locked.csv": Permission denied'
	run -77 as_nobody "$OUT/bin/sp-submit" -e "from range(3) | write 'secret/out' csv"
	assert_output --partial '/secret/out": Permission denied'
	chmod 700 secret
}

@test "a scratch folder that cannot be used" {
	mkdir -m 555 closed
	need setpriv as_nobody ls .
	run -73 as_nobody "$OUT/bin/sp-submit" --tmpdir closed -e "from range(3)"
	assert_line --partial 'could not make a scratch directory in "closed": Permission denied'
	assert_line --partial 'hint: name another one with --tmpdir'
	run -73 sp-submit --tmpdir data/app.log -e "from range(3)"
	assert_output --partial 'Not a directory'
}

@test "unknown names: what is near is named" {
	fails 1 "1:8: error: unknown column 'nam'.*did you mean 'name'\?  columns: id" \
	    "select nam from 'data/people.csv'"
	fails 1 "unknown column 'nme'.*did you mean 'name'" \
	    "select p.nme from 'data/people.csv' as p"
	fails 1 "unknown function 'uper'.*did you mean 'upper'" "select uper('x')"
	fails 1 "unknown table or view 'peple'|unknown table 'peple'" \
	    "let people = from range(3); from peple"
	fails 1 "found 'form'.*did you mean 'from'" "select * form x"
	fails 1 "did you mean 'where'" "from range(3) |> wehre id = 1"
}

@test "types that do not go together" {
	fails 1 '1:8: error: there is no operator int \+ array<int>' 'select 1 + array(1)'
	fails 1 "cannot be cast to|no operator" \
	    "select date '2020-01-01' * 2"
	fails 1 "no common type|cannot" "select coalesce(1, array(1))"
	fails 1 "'Ada' of the type \"string\" cannot be cast to \"(INT|int|bigint|BIGINT)\".*try_cast" \
	    "select cast(name as int) from 'data/people.csv'"
}

@test "ragged CSV: the place, or the rows that the job asked for" {
	fails 65 'data/ragged.csv:2:1: error: expected 3 fields, found 2' \
	    "from 'data/ragged.csv'"
	run -0 sp-submit -e "from 'data/ragged.csv' on error drop"
	assert_output '1	2	3
6	7	8'
}

@test "bad UTF-8 in text, CSV and JSON" {
	fails 65 'data/bad-utf8.txt:2:5: error: the text is not valid UTF-8.*encoding' \
	    "from 'data/bad-utf8.txt' text"
	printf 'a,b\n1,\xff\xfe\n' >u.csv
	fails 65 'u.csv:2:3: error: the text is not valid UTF-8' "from 'u.csv' csv"
	printf '{"a":1}\n{"a":"\xff"}\n' >u.json
	fails 65 'u.json:2:7: error: the text is not valid UTF-8' "from 'u.json' json"
}

@test "records that are no records: JSON" {
	printf '{"a":1}\n{"a":2\n' >j.json
	fails 65 'j.json:2:' "from 'j.json' json"
	printf '{"a":1}\n{"a":"x\n' >j.json
	fails 65 'j.json:2:.*string is not closed' "from 'j.json' (a string) json"
	printf '{"a":1}\nnope\n' >j.json
	fails 65 'j.json:2:1: error: not a JSON value' "from 'j.json' (a int) json"
}

@test "JSON a hundred thousand levels deep" {
	{ printf '{"a":'; yes '[' | head -n 100000 | tr -d '\n'
	  yes ']' | head -n 100000 | tr -d '\n'; echo '}'; } >deep.json
	fails 65 'deep.json:1:1005: error: nested too deeply' "from 'deep.json'"
	fails 65 'deep.json:1:.*nested too deeply' "from 'deep.json' (a string) json"
	run -0 sp-submit -e "select get_json_object(value, '\$.a') is null,
	    from_json(value, 'a array<int>').a is null from 'deep.json' text"
	assert_output 'true	true'
}

@test "job texts that nest or chain too deeply" {
	printf 'select %s1%s' "$(yes '(' | head -n 100000 | tr -d '\n')" \
	    "$(yes ')' | head -n 100000 | tr -d '\n')" >deep.sp
	run -1 sp-submit deep.sp
	assert_output --partial 'error: nested more than 500 levels deep'
	printf 'select %s1' "$(yes '1+' | head -n 100000 | tr -d '\n')" >long.sp
	run -1 sp-submit long.sp
	assert_output --partial 'error: more than 2000 operators or stages in a row'
	assert_output --partial 'hint: build it from parts with let'
}

@test "a truncated and a broken gzip file" {
	fails 65 '"data/truncated.csv.gz": truncated gzip input' \
	    "from 'data/truncated.csv.gz'"
	cp data/people.csv.gz broken.csv.gz
	printf 'XXXX' | dd of=broken.csv.gz bs=1 seek=20 conv=notrunc status=none
	fails 65 'broken.csv.gz' "from 'broken.csv.gz'"
	head -c 30 data/people.csv.zst >t.csv.zst
	fails 65 't.csv.zst' "from 't.csv.zst'"
}

@test "a cyclic include, two files and one" {
	echo "include 'two.sp';" >one.sp
	echo "include 'one.sp';" >two.sp
	run -1 sp-submit one.sp
	assert_output --partial 'two.sp:1:1: error: "one.sp" includes itself'
	echo "include 'self.sp'; select 1" >self.sp
	run -1 sp-submit self.sp
	assert_output --partial '"self.sp" includes itself'
}

@test "wrong options and settings: what is near is named" {
	run -2 sp-submit --memroy 3
	assert_output "sp-submit: unknown option '--memroy'
sp-submit: hint: did you mean '--memory'?"
	fails 78 "unknown setting 'spark.executor.memry'.*did you mean 'spark.executor.memory'" \
	    'select 1' -c spark.executor.memry=3
	fails 78 "spark.executor.memory: 'abc' is not a size" 'select 1' --memory abc
	fails 78 "1:5: error: unknown setting.*did you mean 'spark.sql.shuffle.partitions'" \
	    'set spark.sql.shufle.partitions = 3; select 1'
	fails 2 "csv has no option 'heder'.*did you mean 'header'" \
	    "from 'data/people.csv' csv heder true"
	run -2 sp-submit --timeout soon -e 'select 1'
	run -2 sp-submit -m nowhere -e 'select 1'
	run -2 sp-submit -t parkett -e 'select 1'
	run -2 sp-submit a.sp b.sp
}

@test "an empty job does nothing, quietly" {
	run -0 sp-submit -e ''
	assert_output ''
	printf '#!/usr/bin/env -S sp-submit\n-- nothing\n ; ;\n' >empty.sp
	run -0 sp-submit empty.sp
	assert_output ''
	run -0 sp-submit - </dev/null
	assert_output ''
}

@test "job text with NUL bytes, bad UTF-8 and escapes" {
	printf 'select 1\0;' >nul.sp
	run -1 sp-submit nul.sp
	assert_output --partial 'nul.sp:1:9: error: the job text contains a NUL byte'
	printf "select 'a\xff'" >bad.sp
	run -1 sp-submit bad.sp
	assert_output --partial 'bad.sp:1:10: error: the job text is not UTF-8: byte 0xff'
	printf 'select \033[31mred\n' >esc.sp
	run -1 sp-submit esc.sp
	[[ $output != *$'\033'* ]]
	head -c 100000 /dev/urandom >random.sp
	run -1 sp-submit random.sp
}

@test "a message shows no control characters of the data" {
	printf 'a\n\033[31mred\n' >esc.csv
	run -65 sp-submit -e "from 'esc.csv' (a int) csv header true"
	[[ $output != *$'\033'* ]]
	assert_output --partial "' [31mred' is not a"
}
