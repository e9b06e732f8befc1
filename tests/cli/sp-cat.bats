# sp-cat: any format in, any format out.

load ../helper

@test "csv to json and back to a schema" {
	run -0 sp-cat data/people.csv -t json
	[ "$(printf '%s\n' "$output" | jq -s length)" -eq \
	    "$(($(wc -l <data/people.csv) - 1))" ]
	run -0 sp-cat --schema data/people.csv
	[ "$output" != "" ]
}

@test "compressed files give the same rows" {
	local z
	sp-cat data/people.csv >plain
	for z in gz zst xz bz2; do
		sp-cat data/people.csv.$z >packed
		cmp plain packed
	done
}

@test "stdin, head and count" {
	run -0 bash -c 'seq 100 | sp-cat -f text --count'
	[ "$output" = 100 ]
	run -0 bash -c 'seq 100 | sp-cat -f text -n 2'
	[ "$output" = "1
2" ]
}

@test "no file and wrong options" {
	run -66 sp-cat missing.csv
	run -2 sp-cat --nope
	run -66 sp-cat --verify .
}
