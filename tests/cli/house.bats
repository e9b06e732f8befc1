# The house checks themselves: each must notice what it is there for.

load ../helper

# A small tree with one folder of lib that is in order.
small_tree() {
	mkdir -p lib/base lib/io lib/plan cmd/sp-x tests scripts man
	cp "$TOP"/scripts/* scripts/ 2>/dev/null || true
	cp "$TOP/lib/LAYERS" lib/
	local d
	for d in base io plan; do
		echo "$d: for the test" >"lib/$d/README"
		printf '/*\n * %s_x -- nothing.\n */\nint %s_x;\n' $d $d >lib/$d/${d}_x.c
		printf '/*\n * %s_x -- nothing.\n */\n' $d >lib/$d/${d}_x.h
	done
	printf '/*\n * main -- nothing.\n */\n#include "plan/plan_x.h"\n' >cmd/sp-x/main.c
}

@test "layers: a tree in order passes, a forbidden include does not" {
	small_tree
	run -0 scripts/layers
	echo '#include "base/base_x.h"' >>lib/plan/plan_x.c
	run -0 scripts/layers
	echo '#include "plan/plan_x.h"' >>lib/base/base_x.c
	run -1 scripts/layers
	assert_line 'lib/base/base_x.c:5: base must not use plan'
}

@test "layers: foreign libraries enter through their folder only" {
	small_tree
	echo '#include <zstd.h>' >>lib/io/io_x.c
	run -0 scripts/layers
	echo '#include <zstd.h>' >>lib/plan/plan_x.c
	echo '#include <jansson.h>' >>cmd/sp-x/main.c
	run -1 scripts/layers
	assert_line 'lib/plan/plan_x.c:5: <zstd.h> enters only through lib/io'
	assert_line --partial 'cmd/sp-x/main.c:5: <jansson.h>'
}

@test "layers: an include says its folder" {
	small_tree
	echo '#include "plan_x.h"' >>lib/plan/plan_x.c
	run -1 scripts/layers
	assert_output --partial 'write "folder/file.h"'
}

@test "tidy: a tree in order passes" {
	small_tree
	run -0 scripts/tidy
	assert_output ''
}

# offends MESSAGE: appends standard input to a file; tidy must say MESSAGE.
offends() {
	cat >>lib/base/base_x.c
	run -1 scripts/tidy
	assert_output --partial "$1"
}

@test "tidy: banned calls" {
	small_tree
	offends 'banned call' <<<'int f(void) { return strcpy(a, b); }'
}

@test "tidy: the library does not exit" {
	small_tree
	offends 'must not exit' <<<'int f(void) { exit(1); }'
}

@test "tidy: long lines" {
	small_tree
	offends 'line over 100 columns' <<<"/* $(printf '%0101d' 0) */"
}

@test "tidy: trailing space" {
	small_tree
	offends 'trailing space' <<<'int x; '
}

@test "tidy: a function over 70 lines" {
	small_tree
	{ printf 'int\nlong_one(void)\n{\n'; yes ';' | head -n 75; echo '}'; } >f
	offends 'long_one is over 70 lines' <f
}

@test "tidy: a file over 800 lines" {
	small_tree
	yes 'int x;' | head -n 800 >f
	offends 'file over 800 lines' <f
}

@test "tidy: a header over 200 lines" {
	small_tree
	yes 'int x;' | head -n 200 >>lib/base/base_x.h
	run -1 scripts/tidy
	assert_output --partial 'base_x.h:201: file over 200 lines'
}

@test "tidy: no essay, no README, a name twice, a folder without a layer" {
	small_tree
	echo 'int y;' >lib/io/other.c
	rm lib/plan/README
	cp lib/base/base_x.c lib/io/base_x.c
	mkdir lib/odd
	printf '/*\n * odd\n */\n' >lib/odd/odd_x.c
	run -1 scripts/tidy
	assert_line 'lib/io/other.c:1: no header comment'
	assert_line 'lib/plan/README: missing'
	assert_line --partial 'file name base_x.c is used more than once'
	assert_line 'lib/odd/ is not in lib/LAYERS'
}

# A command with the options -v and -n, --rows.
small_command() {
	mkdir -p build/bin
	cat >build/bin/sp-x <<-'END'
		#!/bin/sh
		echo 'usage: sp-x [options]'
		echo '  -v                            be verbose, not -q'
		echo '  -n, --rows N                  stop after N rows'
		echo '      --long-one                no letter'
	END
	chmod +x build/bin/sp-x
	printf '.It Fl v\nsays more\n.It Fl n , Fl -rows Ar N\n' >man/sp-x.1
	printf '.It Fl -long-one\n' >>man/sp-x.1
}

@test "flags: help and manual agree, and do not" {
	small_tree
	small_command
	run -0 scripts/flags
	assert_output ''
	echo '.It Fl z' >>man/sp-x.1
	sed -i '/long-one/d' man/sp-x.1
	run -1 scripts/flags
	assert_line 'sp-x: --long-one is in --help, not in man/sp-x.1'
	assert_line 'sp-x: -z is in man/sp-x.1, not in --help'
	rm man/sp-x.1
	run -1 scripts/flags
	assert_output 'sp-x: no man/sp-x.1'
}

@test "setup: lists packages, and is silent when none is missing" {
	run -0 "$TOP/scripts/setup" --print
	assert_line build-essential
	refute_line bats
	run -0 "$TOP/scripts/setup" --test --print
	assert_line bats
	run -2 "$TOP/scripts/setup" --what
	mkdir stand-in
	printf '#!/bin/sh\necho 1000\n' >stand-in/id
	printf '#!/bin/sh\nprintf "ii "\n' >stand-in/dpkg-query
	chmod +x stand-in/*
	PATH=$WORK/stand-in:$PATH run -0 "$TOP/scripts/setup" --test
	assert_output ''
	printf '#!/bin/sh\nexit 1\n' >stand-in/dpkg-query
	PATH=$WORK/stand-in:$PATH run -1 "$TOP/scripts/setup"
	assert_line --partial "sudo sh -c 'apt-get update && apt-get install"
}

# What slt says about blocks that a stand-in for sp-submit answers.
slt_says() {
	cat >stand-in <<-'END'
		#!/bin/sh
		while [ $# -gt 1 ]; do shift; done
		case $1 in
		rows) printf 'b\t1\n\na\t2\n' ;;
		fail) echo 'job: boom here' >&2; exit 65 ;;
		kill) kill -SEGV $$ ;;
		leak) : >"$SPARK_LOCAL_DIRS/file" ;;
		hang) exec sleep 30 ;;
		esac
	END
	chmod +x stand-in
	cat >t.slt
	SLT_COMMAND=$WORK/stand-in run "${1:--0}" "$OUT/tests/slt/slt" -t 1 \
		-n spill t.slt
}

@test "slt: blocks that agree" {
	slt_says <<-'END'
		# a comment
		query
		rows
		----
		b	1
		(empty)
		a	2

		query rowsort
		rows
		----
		(empty)
		a	2
		b	1

		statement exit 65 bo+m
		fail

		statement error
		fail

		# variant-skip spill: not here
		statement ok
		fail
	END
	assert_line 'ok 5 - t.slt:23 spill # SKIP not here'
	assert_line '1..5'
}

@test "slt: blocks that do not agree" {
	slt_says -1 <<-'END'
		query
		rows
		----
		b	1

		statement ok
		fail

		statement error another
		fail

		statement exit 66
		fail

		statement error
		rows

		statement ok
		kill

		statement error
		hang

		statement ok
		leak

		queri
	END
	assert_line 'not ok 1 - t.slt:1 spill: wrong rows'
	assert_line 'not ok 2 - t.slt:6 spill: exit 65'
	assert_line 'not ok 3 - t.slt:9 spill: another error than expected'
	assert_line 'not ok 4 - t.slt:12 spill: exit 65'
	assert_line 'not ok 5 - t.slt:15 spill: expected an error, but it succeeded'
	assert_line 'not ok 6 - t.slt:18 spill: killed by signal 11'
	assert_line 'not ok 7 - t.slt:21 spill: still running after 1 s'
	assert_line 'not ok 8 - t.slt:24 spill: left in scratch: file'
	assert_line 'not ok 9 - t.slt:27: not a block: queri'
}

@test "check: a program that says nothing, stops early or fails is noticed" {
	local name
	mkdir -p tree/tests/unit tree/scripts tree/build/unit tree/lib tree/cmd
	cp "$TOP"/scripts/check tree/scripts/
	cd tree
	for name in mute early dies good; do
		: >tests/unit/t_$name.c
	done
	printf '#!/bin/sh\n' >build/unit/t_mute
	printf '#!/bin/sh\necho "1..2"; echo "ok 1 - a"\n' >build/unit/t_early
	printf '#!/bin/sh\necho "ok 1 - a"; echo 1..1; exit 3\n' >build/unit/t_dies
	printf '#!/bin/sh\necho "ok 1 - a"; echo "ok 2 # SKIP why"; echo 1..2\n' \
		>build/unit/t_good
	chmod +x build/unit/*
	run -1 scripts/check --only unit: build
	assert_line 'not ok - t_mute: 0 of ? tests, exit 0'
	assert_line 'not ok - t_early: 1 of 2 tests, exit 0'
	assert_line 'not ok - t_dies: exit 3'
	assert_line --partial 'skip: '
	assert_line '3 passed, 3 failed, 1 skipped'
}

@test "the sources carry no carriage returns" {
	cd "$TOP"
	run grep -rlI $'\r' lib scripts Makefile
	assert_output ''
}
