# The jobs of the README and of the architecture texts.

load ../helper

EX=$BATS_TEST_DIRNAME

@test "word count of the licence texts" {
	run -0 sp-submit "$EX/wordcount.sp"
	[ "${lines[0]%%	*}" = the ]
}

# golden NAME [option ...]: what the job prints is in NAME.out, also when it
# spills, has one thread, many partitions, and no optimizer.
golden() {
	local job way
	job=$(ls "$EX/$1".s*)
	shift
	ln -sfn "$DATA" data
	for way in '' SP_FORCE=spill SP_FORCE=noopt; do
		env $way sp-submit "$@" "$job" >got
		diff -u "${job%.*}.out" got
	done
	sp-submit -m 'local[1]' -c spark.sql.shuffle.partitions=13 "$job" >got
	diff -u "${job%.*}.out" got
}

@test "log lines split at commas and counted" {
	golden log_levels
}

@test "CSV: read, filter, group, count" {
	golden cities
}

@test "purchases per user above 1000" {
	golden purchases
}

@test "plain SQL with having" {
	golden big_customers
}

@test "a range of a million, summed by remainder and filtered" {
	golden range_sums
}

@test "two sets joined, then grouped by category" {
	golden segment_sales
}

@test "a hundred partitions on forty slots" {
	golden partitions -m 'local[40]'
	run -0 sp-submit -m 'local[40]' -e "select count(*), sum(id)
	    from range(0, 100000, 1, 100)"
	assert_output '100000	4999950000'
}

@test "map, sort, reduce with Unix commands" {
	golden streaming
	diff <(tr -s ' ' '\n' <data/poem.txt | LC_ALL=C sort | uniq -c |
	    sort -k1,1nr -k2,2 | head -n 3 | awk '{print $1 "\t" $2}') got
}

@test "PageRank, as awk finds it" {
	golden pagerank
	awk -F, '
	NR > 1 { from[NR] = $1; to[NR] = $2; n[$1]++; r[$1] = r[$2] = 1 }
	END {
		for (t = 0; t < 20; t++) {
			split("", given)
			for (i = 2; i <= NR; i++)
				given[to[i]] += r[from[i]] / n[from[i]]
			for (p in r)
				r[p] = 0.15 + 0.85 * given[p]
		}
		for (p in r)
			printf "%s\t%.6f\n", p, r[p]
	}' data/links.csv | LC_ALL=C sort >want
	[ "$(wc -l <want)" -eq 8 ]
	awk '{ printf "%s\t%.6f\n", $1, $2 }' got | LC_ALL=C sort | diff want -
}

@test "PageRank reads its file in the first turns only" {
	ln -sfn "$DATA" data
	sp-submit --report r.json "$EX/pagerank.sp" >got
	[ "$(jq '[.jobs[].stages[].bytes_in | select(. > 0)] | unique[]' r.json)" = \
	    "$(stat -c %s "$DATA/links.csv")" ]
	[ "$(jq '[.jobs[].stages[].bytes_in | select(. > 0)] | length' r.json)" -eq 1 ]
}

@test "k-means, as awk finds it" {
	golden kmeans
	awk -F, '
	NR > 1 { x[$1] = $2; y[$1] = $3 }
	END {
		for (k = 0; k < 3; k++) {
			cx[k] = x[k]
			cy[k] = y[k]
		}
		for (t = 0; t < 10; t++) {
			for (k = 0; k < 3; k++)
				sx[k] = sy[k] = n[k] = 0
			for (i = 0; i < NR - 1; i++) {
				near = 0
				for (k = 0; k < 3; k++) {
					d[k] = (x[i] - cx[k])^2 + (y[i] - cy[k])^2
					near = d[k] < d[near] ? k : near
				}
				sx[near] += x[i]
				sy[near] += y[i]
				n[near]++
			}
			for (k = 0; k < 3; k++) {
				cx[k] = sx[k] / n[k]
				cy[k] = sy[k] / n[k]
			}
		}
		for (k = 0; k < 3; k++)
			printf "%d\t%.4f\t%.4f\t%d\n", k, cx[k], cy[k], n[k]
	}' data/points.csv >want
	awk '{ printf "%d\t%.4f\t%.4f\t%d\n", $1, $2, $3, $4 }' got | diff want -
}

@test "every example has a test, and its rows" {
	local job
	for job in "$EX"/*.sp "$EX"/*.sql; do
		job=${job##*/}
		grep -q "golden ${job%.*}\>\|/$job" "$EX/examples.bats" || fail "$job"
	done
}
