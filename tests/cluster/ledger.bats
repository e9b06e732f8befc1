# The ledger job and its watcher, without faults: what the fault runner
# (scripts/torture) relies on; and that both notice what is wrong.

load ../helper

LEDGER=$TOP/tests/cluster/ledger

setup() {
	house_setup
	"$LEDGER" make "$WORK/led" 3000
	"$OUT/tests/tools/watch" "$WORK/led/out" "$WORK/watch" 3>&- &
	watcher=$!
	within 60 grep -q '^tick 0' "$WORK/watch"
}

teardown() {
	kill "$watcher"
	wait "$watcher" || true
	house_teardown
}

tick() {
	touch "$WORK/led/out/.tick-$1"
	within 60 grep -q "^tick $1\$" "$WORK/watch"
}

@test "two runs and a recovery: all rows once, nothing seen half-written" {
	run -0 "$LEDGER" check led
	assert_output ''
	for i in 1 2; do
		"$LEDGER" run led $i
		"$LEDGER" stdout led 0
	done
	"$LEDGER" run led 3 --memory 4m -m 'local[3]' \
	    -c spark.sql.shuffle.partitions=7
	"$LEDGER" recover led
	run -0 "$LEDGER" check led
	assert_output 'runs: 1 2 3'
	tick 1
	run grep wrong watch
	assert_output ''
}

@test "each kind of damage is noticed" {
	"$LEDGER" run led 1
	"$LEDGER" check led
	cp -r led/out good
	for damage in \
	    'rm led/out/top.csv' \
	    'rm -r led/out/regions/region=r1' \
	    'sed -i 2d led/out/totals/part-*' \
	    'sed -i 2p led/out/log/part-00000*' \
	    'sed -i "1s/.$/x/" led/out/log/part-00000*' \
	    'sed -i "s/^1,77,/1,78,/" led/out/rows/part-*' \
	    'sed -i "s/^1,\(.*\)[0-9a-f]$/1,\1x/" led/out/rows/part-*' \
	    'sed -i "s/^1,/2,/" led/out/rows/part-00000*'; do
		echo "$damage"
		run -0 bash -c "$damage"
		run -1 "$LEDGER" check led
		assert_output --partial 'wrong:'
		rm -rf led/out/*
		cp -r good/* led/out
		run -0 "$LEDGER" check led
	done
	echo x >>led/stdout
	run -1 "$LEDGER" stdout led 0
	run -1 "$LEDGER" stdout led 9
}

@test "the watcher sees what is not whole, and what is written in place" {
	"$LEDGER" run led 1
	cp -r led/out/rows led/out/.copy
	sed -i '$d' "$(find led/out/.copy -name 'part-*' | head -n 1)"
	mv led/out/.copy led/out/half
	tick 1
	run -0 grep 'half appeared and is not complete' watch
	mkdir led/out/new
	echo 1 >>led/out/top.csv
	echo 1 >led/out/log/part-x
	tick 2
	run -0 grep 'new was made under' watch
	run -0 grep 'top.csv was written under' watch
	run -0 grep 'log/part-x was made under' watch
}
