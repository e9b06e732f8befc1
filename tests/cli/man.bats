# The manual: its form, its examples, and what it says about tables.

load ../helper

# A page's commands run one after the other in a copy of tests/data; at least
# $2 of them there are.
examples_of() {
	local n
	cp -r "$DATA"/. .
	chmod -R u+w .
	"$TOP/scripts/man-examples" "$1" >"$BATS_TEST_TMPDIR/said" || {
		cat "$BATS_TEST_TMPDIR/said"
		return 1
	}
	n=$(sed -n 's/ commands$//p' "$BATS_TEST_TMPDIR/said")
	echo "$n commands"
	[ "$n" -ge "$2" ]
}

@test "pages are in order" {
	need mandoc command -v mandoc
	# What it says on stdout and on stderr would be mixed within lines.
	mandoc -T lint -W style "$MAN"/*.[1-8] >said 2>aside || true
	cat aside >>said
	# Pages that are not installed cannot be found, of course.
	run -1 grep -vE 'referenced manual not found|outdated mandoc.db' said
	assert_output ''
}

@test "every command has a page, every page is tested here" {
	local page
	for page in "$TOP"/cmd/*/; do
		assert_file_exist "$MAN/$(basename "$page").1"
	done
	for page in "$MAN"/*.[1-8]; do
		page=${page##*/}
		# The tutorial of sp-cluster(7) needs hosts.
		grep -q "^[^#]*examples[_a-z]*\"* \"\$MAN/$page\"" \
		    "$BATS_TEST_FILENAME" "$TOP/tests/cluster/tutorial.bats" || {
			echo "no test of $page"
			return 1
		}
	done
}

@test "pages have the options of --help" {
	local cmd opt n=0
	for cmd in "$TOP"/cmd/*/; do
		cmd=$(basename "$cmd")
		for opt in $("$cmd" --help | sed -n 's/^ .*--\([a-z-]*\).*/\1/p'); do
			n=$((n + 1))
			grep -qE "Fl (Fl |-)$opt( |\$)" "$MAN/$cmd.1" || {
				echo "$cmd.1: no --$opt"
				return 1
			}
		done
	done
	[ "$n" -gt 50 ]
}

@test "make install brings commands, modules and all pages" {
	local page
	make -s -C "$TOP" OUT="$OUT" -o all install DESTDIR="$PWD/x" PREFIX=/usr
	for page in "$MAN"/*.[1-8]; do
		assert_file_exist "x/usr/share/man/man${page##*.}/${page##*/}"
	done
	PATH=$PWD/x/usr/bin:/usr/bin:/bin run -0 sp-cat data/people.csv.gz --count
	assert_output 6
}

@test "references lead to pages that are there" {
	local name section
	grep -ho '^\.Xr [a-z-]* [0-9]' "$MAN"/sp*.[1-8] | sort -u |
	while read -r _ name section; do
		case $name in
		sp|sp-*) assert_file_exist "$MAN/$name.$section" ;;
		esac
	done
}

@test "sp-config(5) has the settings of the table, with their values" {
	unset SPARK_LOCAL_DIRS
	sp-submit --show-config | awk -F '\t' '{ print $1, $2 }' | sort >table
	sed -n 's/^\.It Cm \(sp[a-z]*\.[^ ]*\)/\1 /p' "$MAN/sp-config.5" |
		sed 's/  *Pq / /' | sort >page
	diff -u table page
	[ "$(wc -l <page)" -gt 15 ]
}

@test "sp-plan(1) has the rules of the optimizer" {
	local rule
	run -2 sp-plan -x nothing -e "select 1"
	for rule in $(sed -n 's/.*there are //p' <<<"$output" | tr -d ,); do
		grep -qwF "$rule" "$MAN/sp-plan.1" || {
			echo "no $rule"
			return 1
		}
	done
	grep -q keep_strings <<<"$output"
}

@test "sp-functions(7) says what the tables say" {
	"$OUT/scripts/manual" functions >page
	diff -u "$MAN/sp-functions.7" page || {
		echo "run: make man/sp-functions.7"
		return 1
	}
}

@test "sp-protocol(7) has the frames of the table" {
	"$OUT/scripts/manual" frames >table
	sed -n 's/^ *\([0-9][0-9]*\) \([A-Z_]*\)  *\([a-z,]* [a-z,]*\)  *.*/\1 \2 \3/p' \
	    "$MAN/sp-protocol.7" >page
	diff -u page table
	[ "$(wc -l <page)" -gt 20 ]
}

@test "examples of aggregates in sp-functions(7)" {
	"$OUT/scripts/manual" aggregates >all.sp
	run -0 sp-submit all.sp
	refute_line --regexp 'false|\\N'
	[ "${#lines[@]}" -gt 20 ]
}

@test "man-examples notices what differs" {
	printf '.Bd -literal\n$ echo a\nb\n.Ed\n' >x.1
	run -1 "$TOP/scripts/man-examples" x.1
	assert_line '+a'
	printf '.Bd -literal\n$ false\n.Ed\n' >x.1
	run -1 "$TOP/scripts/man-examples" x.1
	assert_line --partial 'x.1: exit 1: $ false'
	printf '.Bd -literal\n$ (exit 3)\n$ echo $?\n3\n$ seq 2\n1\n...\n.Ed\n' >x.1
	printf '.Dl $ printf %%s\\en \\ea\n.Bd -literal\nfalse\n.Ed\n' >>x.1
	printf '.Bd -literal\n$ for i in a b\n> do echo $i; done\na\nb\n.Ed\n' >>x.1
	run -0 "$TOP/scripts/man-examples" x.1
	assert_output '5 commands'
	printf 'text\n\n    $ echo 1\n    2\n\nmore\n\n    false\n' >README
	run -1 "$TOP/scripts/man-examples" README
	assert_line '+1'
}

@test "examples of sp(7)" {
	examples_of "$MAN/sp.7" 1
}

@test "examples of sp-cat(1)" {
	examples_of "$MAN/sp-cat.1" 8
}

@test "examples of sp-config(5)" {
	examples_of "$MAN/sp-config.5" 5
}

@test "examples of sp-executor(1)" {
	examples_of "$MAN/sp-executor.1" 1
}

@test "examples of sp-formats(7)" {
	examples_of "$MAN/sp-formats.7" 20
}

@test "examples of sp-functions(7)" {
	examples_of "$MAN/sp-functions.7" 0
}

@test "examples of sp-language(7)" {
	examples_of "$MAN/sp-language.7" 50
}

# A word of the list, then a job that it is about.
@test "sp-language(7) lists what is refused, and only that" {
	local word job n=0
	sed -n '/^.Sh NOT YET/,/^.Sh SEE/p' "$MAN/sp-language.7" >listed
	while IFS=: read -r word job; do
		run sp-submit -e "$job"
		if [ "$status" -eq 0 ]; then
			! grep -qwF "$word" listed || {
				echo "executed now, move it out of NOT YET" \
				    "EXECUTED in sp-language(7): $job"
				return 1
			}
		else
			echo "$job: $output"
			[ "$status" -eq 1 ]
			[[ $output =~ not\ supported|unknown\ (table|column) ]]
			grep -qwF -- "$word" listed
		fi
		n=$((n + 1))
	done <<-'END'
		over:select row_number() over (order by id) from range(3)
		qualify:select id from range(3) qualify row_number() over (order by id) = 1
		rollup:select id, count(*) from range(3) group by rollup(id)
		cube:select id, count(*) from range(3) group by cube(id)
		grouping sets:select id, count(*) from range(3) group by grouping sets ((id), ())
		window:from range(3) | window w as (order by id)
		with recursive:with recursive r as (select 1) select * from r
		lateral:select * from range(3), lateral (select 1)
		select transform:select transform(id) using 'cat' as (x string) from range(3)
		call:from range(3) | call f()
		tee -:from range(3) | tee - | limit 1
		tee cmd:from range(3) | tee cmd 'cat' | limit 1
		create table:create table t using csv as select 1
		insert into:insert into t values (1)
		reset:reset
		def ... cmd:def f(x int) string = cmd './f'; select f(1)
		show create table:let t = select 1; show create table t
		show partitions:let t = select 1; show partitions t
		show tblproperties:let t = select 1; show tblproperties t
		permanent views:create view v as select 1
		catalogs:use default
		catalogs:delete from t
	END
	[ "$n" -gt 20 ]
	: >x.parquet
	for n in parquet avro orc arrow; do
		run sp-submit -e "from 'x.parquet' $n"
		[ "$status" -ne 0 ]
		assert_output --partial 'not supported'
	done
}

@test "examples of sp-master(1)" {
	examples_of "$MAN/sp-master.1" 0
}

@test "examples of sp-plan(1)" {
	examples_of "$MAN/sp-plan.1" 5
}

@test "examples of sp-plan(5)" {
	echo "from range(100) | repartition 6 by id % 7" >job.sp
	examples_of "$MAN/sp-plan.5" 1
}

@test "examples of sp-protocol(7)" {
	examples_of "$MAN/sp-protocol.7" 0
}

@test "examples of sp-shuffle(1)" {
	examples_of "$MAN/sp-shuffle.1" 1
}

@test "examples of sp-worker(1)" {
	examples_of "$MAN/sp-worker.1" 2
}

@test "examples of sp-shuffle(5)" {
	examples_of "$MAN/sp-shuffle.5" 0
}

@test "examples of sp-submit(1)" {
	examples_of "$MAN/sp-submit.1" 8
}

# In its own folder, for what it writes to /tmp.
@test "examples of the README" {
	sed "s,/tmp/,$PWD/,g" "$TOP/README.md" >top.md
	examples_of top.md 7
}
