# The jobs of the README and of the architecture texts.

load ../helper

EX=$BATS_TEST_DIRNAME

@test "word count of the licence texts" {
	run -0 sp-submit "$EX/wordcount.sp"
	[ "${lines[0]%%	*}" = the ]
}

@test "log lines split at commas and counted" {
	printf 'a,1\nb,2\na,3\n' >log
	run -0 sp-submit -e "from 'log' text
	    | select split(value, ',')[0] as k
	    | aggregate count(*) as n group by k | order by k"
	assert_output 'a	2
b	1'
}

@test "purchases per user above a limit" {
	printf '%s\n' '{"event_type":"purchase","user_id":1,"amount":900}' \
	    '{"event_type":"view","user_id":1,"amount":900}' \
	    '{"event_type":"purchase","user_id":1,"amount":200}' \
	    '{"event_type":"purchase","user_id":2,"amount":5}' >e.json
	run -0 sp-submit -e "from 'e.json' | where event_type = 'purchase'
	    | aggregate sum(amount) as total group by user_id
	    | where total > 1000"
	assert_output '1	1100'
}

@test "a range, keys by remainder, summed and filtered" {
	run -0 sp-submit -e "from range(1, 1000001)
	    | select id % 100 as k, id as v
	    | aggregate sum(v) as s group by k | where s > 5000490000
	    | aggregate count(*) as n, min(s) as low"
	assert_output --regexp '^[0-9]+	[0-9]+$'
}

@test "a join, then groups by category" {
	run -0 sp-submit -e "select c, count(*) from values (1, 'x'), (2, 'y'),
	    (3, 'x') as a(k, c) join values (1), (3), (3) as b(k) using (k)
	    group by c order by c"
	assert_output 'x	3'
}

@test "a hundred partitions on forty slots" {
	run -0 sp-submit -m 'local[40]' -e "select count(*), sum(id)
	    from range(0, 100000, 1, 100)"
	assert_output '100000	4999950000'
}
