# Plan text: printed by sp-plan, edited, read back by sp-submit --plan.

load ../helper

# Runs plan text that is given as arguments, a line each.
plan() {
	printf '%s\n' "$@" | sp-submit --plan -
}

@test "what sp-plan prints, sp-submit --plan runs" {
	job="select status, count(*) as n from 'data/orders.csv' group by status order by status"
	sp-plan -e "$job" | sp-submit --plan - >got
	sp-submit -e "$job" | diff - got
	sp-plan -e "$job" >plan
	sp-submit --plan plan | diff - got
	sp-submit --dry-run --plan plan | diff plan -
}

@test "every plan of tests/plan is printed again as it was" {
	for job in "$TOP"/tests/plan/*.in; do
		sp-plan --memory 1g "$job" >plan
		sp-submit --memory 1g --dry-run --plan plan >again
		diff plan again
	done
}

@test "the plan of sp-plan(5) runs" {
	awk '/^\.Ed/ { exit } on { print } /^\.Bd/ { on = 1 }' "$MAN/sp-plan.5" >plan
	run -0 sp-submit --plan plan
	assert_output --partial "$(printf '3\t428571')"
}

@test "a text may hold several plans" {
	sp-plan -e "from range(2); from range(3) | write 'a.csv'; select 'x'" >plan
	run -0 sp-submit --plan plan
	assert_output "$(printf '0\n1\nx')"
	[ "$(cat a.csv)" = "$(seq 0 2)" ]
}

@test "an edited filter, an edited number of partitions" {
	sp-plan -c spark.sql.shuffle.partitions=3 \
	    -e "select id % 5 as k, count(*) as n from range(3000000) where id > 9 group by id % 5" >plan
	grep -q 'exchange hash(.*) 3' plan
	sed 's/id > 9L/id < 7/; s/) 3$/) 5/' plan >edited
	sp-submit --dry-run --plan edited | grep -q 'exchange hash(.*) 5'
	run -0 sp-submit --plan edited
	[ "$(printf '%s\n' "$output" | sort)" = "$(printf '0\t2\n1\t2\n2\t1\n3\t1\n4\t1')" ]
}

@test "a broadcast join edited to a shuffled one gives the same rows" {
	run -0 plan "stage 1 range 0, 9, 2 as id | exchange broadcast" \
	    "stage 2 range 0, 3000000, 1 as id" \
	    " | join inner broadcast [ read broadcast 1 ] on (id) = (id)" \
	    " | project id#2 as id | collect"
	[ "$(printf '%s\n' "$output" | sort)" = "$(seq 0 2 8)" ]
	run -0 plan "stage 1 range 0, 9, 2 as id | exchange hash(id) 4" \
	    "stage 2 range 0, 3000000, 1 as id | exchange hash(id) 4" \
	    "stage 3 read 2 | join inner shuffled [ read 1 ] on (id) = (id)" \
	    " | project id#2 as id | collect"
	[ "$(printf '%s\n' "$output" | sort)" = "$(seq 0 2 8)" ]
}

@test "expressions may be written as in a job" {
	run -0 plan "stage 1 range 0, 9, 1 as id -- a comment" \
	    "| filter id between 2 and 5 and id is not null" \
	    "| project case id when 3 then 'three' else cast(id as string) end as s" \
	    "| filter s like '%e' or s in ('4') | collect json"
	assert_output "$(printf '{"s":"three"}\n{"s":"4"}')"
}

@test "columns of one name are told apart by their number" {
	run -0 plan "stage 1 values (1, 2, 3) as (a int, \`a#1\` int, A int)" \
	    "| project a#1 as x, \`a#1\`#1 as y, a#2 as z | collect"
	assert_output "$(printf '1\t2\t3')"
	run -1 plan "stage 1 values (1, 3) as (a int, a int) | filter a > 1 | collect"
	assert_output --partial "stdin:1:50: error: unknown column 'a'"
	assert_output --partial 'columns: a#1, a#2'
}

@test "expand gives each row once per list" {
	run -0 plan "stage 1 range 1, 3, 1 as id" \
	    "| expand (id, 0), (cast(null as bigint), 1) as (id bigint, g int)" \
	    "| sort g, id | collect"
	assert_output "$(printf '1\t0\n2\t0\n\\N\t1\n\\N\t1')"
}

@test "files are looked for again when the plan runs" {
	echo 1 >in.csv
	sp-plan -e "from 'in.csv' csv (a int)" >plan
	echo 2 >>in.csv
	run -0 sp-submit --plan plan
	assert_output "$(printf '1\n2')"
	rm in.csv
	run -66 sp-submit --plan plan
	assert_output --partial 'plan:1:'
	assert_output --partial 'could not open "in.csv"'
}

@test "lines of text are strings" {
	run -1 plan "stage 1 scan text 'data/poem.txt' (value int) | collect"
	assert_output --partial 'text has one column, a string'
}

@test "a header that is no UTF-8 makes names that are" {
	printf 'a\351,b\n1,2\n' >in.csv
	sp-plan -e "from 'in.csv'" >plan
	run -0 sp-submit --plan plan
	assert_output "$(printf '1\t2')"
}

@test "partition columns must be those of the plan" {
	sp-plan -e "from 'data/sales/' | where year = 2024" >plan
	sed 's/year bigint/year string/' plan >edited
	run -1 sp-submit --plan edited
	assert_output --partial 'different partition columns'
}

# wrong LINE:COLUMN MESSAGE TEXT...: one error at the place, then its line
# and a caret.
wrong() {
	local at=$1 message=$2
	shift 2
	run -1 plan "$@"
	assert_line -n 0 --partial "stdin:$at: error: $message"
	assert_line -n 2 --regexp '\^'
	[ "$(printf '%s\n' "$output" | grep -c 'error:')" -eq 1 ]
}

@test "unknown words are told with the nearest one" {
	wrong 1:9 "unknown source 'rnge'" 'stage 1 rnge 0, 9, 1 as id | collect'
	assert_output --partial "did you mean 'range'?"
	wrong 1:31 "unknown operator 'filtr'" 'stage 1 range 0, 9, 1 as id | filtr id > 3 | collect'
	assert_output --partial "did you mean 'filter'?"
	wrong 1:38 "unknown column 'idd'" 'stage 1 range 0, 9, 1 as id | filter idd > 3 | collect'
	assert_output --partial "did you mean 'id'?"
	wrong 1:38 "unknown function 'lengt'" "stage 1 range 0, 9, 1 as id | filter lengt('') > 3 | collect"
	wrong 1:28 "unknown type 'strng'" "stage 1 values ('a') as (a strng) | collect"
}

@test "types are checked" {
	wrong 1:38 'the condition of filter must be boolean, not bigint' \
	    'stage 1 range 0, 9, 1 as id | filter id + 1 | collect'
	wrong 1:94 'the key is bigint on the left and string on the right' \
	    "stage 1 range 0, 9, 1 as id | join inner broadcast [ values ('1') as (k string) ] on (id) = (k) | collect"
	wrong 1:31 'input 2 of the union has other columns' \
	    'stage 1 range 0, 9, 1 as id | union [ values (1) as (k int) ] | collect'
}

@test "stages must be there, in order, and read once" {
	wrong 1:14 'stage 2 is not there' 'stage 1 read 2 | exchange hash(id) 4' \
	    'stage 2 read 1 | collect'
	wrong 1:14 'stage 1 reads itself' 'stage 1 read 1 | collect'
	wrong 2:7 'expected stage 2, found stage 3' \
	    'stage 1 range 0, 9, 1 as id | exchange single' 'stage 3 read 1 | collect'
	wrong 2:31 'stage 1 is read twice' 'stage 1 range 0, 9, 1 as id | exchange single' \
	    'stage 2 read 1 | union [ read 1 ] | collect'
	wrong 1:1 'no other stage reads stage 1' \
	    'stage 1 range 0, 9, 1 as id | collect' 'stage 2 range 0, 9, 1 as id | collect'
	wrong 1:1 'the last stage ends with an exchange' \
	    'stage 1 range 0, 9, 1 as id | exchange single'
	wrong 1:31 'stage 1 has no end' 'stage 1 range 0, 9, 1 as id | filter id > 1'
	wrong 1:31 'write can only stand at the end' \
	    "stage 1 range 0, 9, 1 as id | write 'x' csv | collect"
}

@test "inputs that meet must have the same partitions" {
	wrong 3:18 'the inputs of the join have different partitions: 4 and 5' \
	    'stage 1 range 0, 9, 1 as id | exchange hash(id) 4' \
	    'stage 2 range 0, 9, 1 as id | exchange hash(id) 5' \
	    'stage 3 read 1 | join inner shuffled [ read 2 ] on (id) = (id) | collect'
	wrong 1:31 'the second input of the join is not all in one place' \
	    'stage 1 range 0, 9, 1 as id | join inner broadcast [ range 0, 9, 1 parts 3 as id ] on (id) = (id) | collect'
	wrong 1:31 'the inputs of the join are not sorted' \
	    'stage 1 range 0, 9, 1 as id | join inner merge [ range 0, 9, 1 as id ] on (id) = (id) | collect'
	wrong 1:40 'exchange range needs sorted rows' \
	    'stage 1 range 0, 9, 1 as id | exchange range(id) 4' 'stage 2 read merge 1 | collect'
	wrong 2:20 "stage 1 is not exchanged for 'read merge'" \
	    'stage 1 range 0, 9, 1 as id | exchange hash(id) 4' 'stage 2 read merge 1 | collect'
}

@test "halves of an aggregate must fit" {
	wrong 2:18 'the aggregates differ from the partial ones' \
	    'stage 1 range 0, 9, 1 as id | aggregate partial sum(id) by id | exchange hash(id) 4' \
	    'stage 2 read 1 | aggregate final sum(id) as s, count(*) as n by id | collect'
	wrong 1:31 'no partial aggregate stands before this one' \
	    'stage 1 range 0, 9, 1 as id | aggregate final sum(id) as s | collect'
	wrong 1:49 'distinct needs all rows of a group at once' \
	    'stage 1 range 0, 9, 1 as id | aggregate partial count(distinct id) | exchange single' \
	    'stage 2 read 1 | aggregate final count(distinct id) as n | collect'
	wrong 1:41 'this needs a name' 'stage 1 range 0, 9, 1 as id | aggregate sum(id) | collect'
}

@test "what is no plan is refused" {
	wrong 1:1 "expected 'stage' and its number" 'select 1'
	run -1 plan ''
	assert_output --partial 'the plan is empty'
	wrong 1:8 'expected scan, range, values or read, found the end' 'stage 1 '
	wrong 1:38 'a subquery cannot stand in plan text' \
	    'stage 1 range 0, 9, 1 as id | filter id = (select 1) | collect'
	printf 'stage 1 \000' >plan
	run -1 sp-submit --plan plan
	assert_output --partial 'NUL byte'
}

@test "what is kept, in plan text" {
	run -0 plan 'stage 1 range 0, 10, 1 as id | exchange cache 4 memory of t' \
	    'stage 2 read cached 1 | exchange broadcast' \
	    'stage 3 read cached 1 | join inner broadcast [ read broadcast 2 ] on (id) = (id)' \
	    '| project id#1 | collect' \
	    'stage 1 range 0, 3, 1 as id | exchange cache 4 memory of t kept 1' \
	    'stage 2 read cached 1 | limit 2 | collect'
	[ "$(paste -sd' ' <<<"$output")" = "0 1 2 3 4 5 6 7 8 9 0 1" ]
	run -1 plan 'stage 1 range 0, 10, 1 as id | exchange cache 1 memory' \
	    'stage 2 read cached 1 | collect' \
	    "stage 1 values ('a') as (s string) | exchange cache 1 memory" \
	    'stage 2 read cached 1 | collect'
	assert_output --partial 'number 1 is kept already, with other columns'
	run -1 plan 'stage 1 range 0, 10, 1 as id | exchange cache 1 memory' \
	    'stage 2 read 1 | collect'
	assert_output --partial "stage 1 is not exchanged for 'read'"
	run -1 plan 'stage 1 range 0, 10, 1 as id | exchange single' \
	    'stage 2 read cached 1 | collect'
	assert_output --partial "stage 1 is not exchanged for 'read cached'"
	run -1 plan 'stage 1 range 0, 10, 1 as id | exchange cache 1 memry' \
	    'stage 2 read cached 1 | collect'
	assert_output --partial "did you mean 'memory'?"
	run -1 plan 'stage 1 checkpoint 1 parts 2 as (id bigint) | collect'
	assert_output --partial 'there is no checkpoint 1'
	run -1 plan 'stage 1 range 0, 10, 1 parts 3 as id | exchange cache 1 memory' \
	    'stage 2 read cached 1 | join inner shuffled [ read cached 1 ] on (id) = (id)' \
	    '| project id#1 | collect'
	assert_output --partial 'does not lie by the keys'
}
