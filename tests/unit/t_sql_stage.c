/*
 * t_sql_stage -- pipelines: where a stage begins, every stage, sources,
 * outputs.
 */
#include "tap.h"

#include "base/arena.h"
#include "sql_show_query.h"

struct pair {
	const char *text, *want;
};

static const struct pair stages[] = {
	{ "from t | where a | b | limit 3", "t | where (| a b) | limit n 3" },
	{ "from t |> where a |> limit 3", "t | where a | limit n 3" },
	{ "from t | where (a | left) | drop a, b",
	  "t | where (| a left) | drop a b" },
	{ "select a | b from t | order by a",
	  "t .select (| a b) | order asc:a" },
	{ "select a from t where b or c | limit 1 | where d",
	  "t .select a where (or b c) | limit n 1 | where d" },
	{ "from t | select distinct a, b as c", "t | select distinct a (as b c)" },
	{ "from t | select sum(x) over w window w as (order by a)",
	  "t | select (sum x over (window w)) window w=(window asc:a)" },
	{ "from t | extend a + 1 as b, c d",
	  "t | extend (as (+ a 1) b) (as c d)" },
	{ "from t | set a = b, b = 1 | as u",
	  "t | set a = b b = 1 | as u" },
	{ "from t | aggregate sum(a) as s, count(*) group by b, c as d",
	  "t | aggregate (as (sum a) s) (count *) group [ b ] [ (as c d) ]" },
	{ "from t | aggregate group by a", "t | aggregate group [ a ]" },
	{ "from t | aggregate count(*) n", "t | aggregate (as (count *) n)" },
	{ "from t | left join u using (k) | join v on a = b",
	  "t | join left (u) using k | join inner (v) on (= a b)" },
	{ "from t | cross join u | natural join v",
	  "t | join cross (u) | join inner natural (v)" },
	{ "from t | union all (from u | limit 1) | except table v",
	  "t | union all (u | limit n 1) | except (v)" },
	{ "from t | order by a desc | limit 5 | offset 2",
	  "t | order desc:a | limit n 5 | offset n 2" },
	{ "from t | pivot (sum(a) for b in (1)) | tablesample (5 rows)",
	  "t | pivot (sum a) for b 1 | sample rows n 5" },
	{ "from t | unpivot (v for n in (a, b))", "t | unpivot v for n [a] [b]" },
	{ "from t | lateral view explode(xs) u as x",
	  "t | view (explode xs) u: x" },
	{ "from t | window w as (order by a)", "t | windows w=(window asc:a)" },
	{ "from t | distribute by a | sort by b | cluster by c, d",
	  "t | distribute a | sort asc:b | cluster c d" },
	{ "from t | repartition 8 | repartition 4 by a | repartition by b",
	  "t | repartition n 8 | repartition n 4 a | repartition b" },
	{ "from t | coalesce 1 | rebalance", "t | coalesce n 1 | rebalance" },
	{ "from t | pipe 'tr a b'", "t | pipe 'tr a b'" },
	{ "from t | pipe by date order by x desc 'uniq -c' in csv out json "
	  "ok 0,1 timeout 90s pure with file 'f.py' as (word string, n)",
	  "t | pipe date desc:x 'uniq -c' in csv out json ok 0 ok 1 90000ms "
	  "pure 'f.py' word:10 n" },
	{ "from t | pipe 'x' timeout 500ms", "t | pipe 'x' 500ms" },
	{ "from t | pipe 'x' timeout 2m", "t | pipe 'x' 120000ms" },
	{ "from t | tee 'a' csv | write 'b'",
	  "t | tee files 'a' csv | write files 'b'" },
	{ "from t | cache | cache memory_disk | checkpoint | checkpoint 'd/'",
	  "t | cache | cache memory_disk | checkpoint | checkpoint 'd/'" },
	{ "from t | assert a = 'x' \"no x\" | limit 1",
	  "t | assert (= a 'x') 'no x' | limit n 1" },
	{ "from t | assert d > date '2024-01-01' 'old'",
	  "t | assert (> d date:'2024-01-01') 'old'" },
	{ "(from t | limit 1) | where a", "t | limit n 1 | where a" },
	{ "select * from (from t | where a) u", "t | where a .as u .select *" },
	{ "select * from ('a.csv' | where x)",
	  "files 'a.csv' | where x .select *" },
	{ "select 1 order by 1 |> limit 1",
	  "one .select 1 .order asc:1 | limit n 1" },
	{ "values 1, 2 | where col1 > 1",
	  "values 1, 2 | where (> col1 1)" },
	{ "from t | where case when a then 1 end = 1 | limit 1",
	  "t | where (= (case when a then 1) 1) | limit n 1" },
};

static const struct pair files[] = {
	{ "from 'a.csv'", "files 'a.csv'" },
	{ "from \"a\", \"b/*.gz\" text", "files 'a' 'b/*.gz' text" },
	{ "from 'a' csv, 'b' csv",
	  "files 'a' csv .join comma (files 'b' csv)" },
	{ "from 'a' (id bigint, ms int not null) csv header true sep ';'",
	  "files 'a' id:5 ms:4! csv header=true sep=;" },
	{ "from 'a' csv mode permissive nullValue '' maxColumns -1 as t",
	  "files 'a' csv mode=permissive nullValue= maxColumns=-1 .as t" },
	{ "from 'a' header = true", "files 'a' header=true" },
	{ "from 'a' csv options (header true, 'sep' = '|')",
	  "files 'a' csv header=true sep=|" },
	{ "from 'a' on error drop", "files 'a' bad:drop" },
	{ "from 'a' json on error quarantine 'bad/'",
	  "files 'a' json bad:keep 'bad/'" },
	{ "from 'a' t join 'b' u on error = 1",
	  "files 'a' .as t .join inner (files 'b' .as u) on (= error 1)" },
	{ "from - json", "stdin json" }, { "from - | limit 1",
	  "stdin | limit n 1" },
	{ "from cmd 'journalctl -o json' json as j",
	  "cmd 'journalctl -o json' json .as j" },
	{ "select * from csv.`x.csv` c", "files 'x.csv' csv .as c .select *" },
	{ "select * from 'x.csv' limit 10",
	  "files 'x.csv' .select * .limit n 10" },
	{ "select count(*) from 'x.csv' where a group by b",
	  "files 'x.csv' .select (count *) where a group [ b ]" },
	{ "from cmd", "cmd" }, { "from csv c", "csv .as c" },
	{ "from t with (header = true) u", "t header=true .as u" },
	{ "from t | write 'o/' csv header true partition by (a, b) overwrite",
	  "t | write files 'o/' csv header=true by a b overwrite" },
	{ "from t | write - json", "t | write stdout json" },
	{ "from t | write cmd 'gzip' append single",
	  "t | write cmd 'gzip' append single" },
	{ "from t | write 'a' files 3 ignore tsv",
	  "t | write files 'a' tsv ignore files 3" },
	{ "from t | write 'a' mode overwrite compression zstd",
	  "t | write files 'a' compression=zstd overwrite" },
};

static const struct pair refused[] = {
	{ "from t | wher a = 1", "!unknown stage 'wher'" },
	{ "from t | filter a", "!unknown stage 'filter'" },
	{ "select a from t where a = 1 | filter b = 2",
	  "!unknown stage 'filter'" },
	{ "select a from t where a | date '2024-01-01'",
	  "t .select a where (| a date:'2024-01-01')" },
	{ "from t |> 3", "!expected a stage, found '3'" },
	{ "from t |", "!expected a stage, found the end" },
	{ "from t |> call f(1)", "!the stage 'call' is not supported" },
	{ "from t |> select a group by b",
	  "!group by cannot follow the stage select" },
	{ "from t | select a from u", "!expected ';' or a stage, found 'from'" },
	{ "from t | write 'a' | limit 1", "!no stage can follow write" },
	{ "from t | write 'a' cvs", "!unknown format, mode or option 'cvs'" },
	{ "from t | write a", "!expected a path in quotes, - or cmd \"…\", "
	  "found 'a'" },
	{ "from t | write 'a' files 0", "!files 0 would write nothing" },
	{ "from t | pipe by a", "!expected a command in quotes, found the end" },
	{ "from t | pipe 'x' ok 256",
	  "!expected an exit code up to 255, found '256'" },
	{ "from t | pipe 'x' timeout 5 years",
	  "!expected in, out, ok, timeout, pure, with file, as (…) or a stage, "
	  "found 'years'" },
	{ "from t | pipe 'x' timeout soon",
	  "!expected a time like 60s, 500ms or 2m, found 'soon'" },
	{ "from t | coalesce(a, b)", "t | coalesce n (row a b)" },
	{ "from t | coalesce", "!expected a number of partitions, found the "
	  "end" },
	{ "from t | left u", "!expected 'join', found 'u'" },
	{ "from t | order a", "!expected 'by', found 'a'" },
	{ "from t | cache often", "!expected memory, memory_ser, memory_disk, "
	  "disk or off_heap, found 'often'" },
	{ "from t | set a", "!expected '=' behind the column to set, found the "
	  "end" },
	{ "from 'a' on error explode", "!expected fail, null, drop or "
	  "quarantine behind on error, found 'explode'" },
	{ "from t | where (a |> b)", "!expected ')' to close the bracket, "
	  "found '|>'" },
};

static struct arena arena;
static struct text text;

static void
check(const struct pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(query_shown(&arena, &text, v[i].text), v[i].want,
		    v[i].text);
}
#define CHECK(v) check(v, sizeof v / sizeof *v)

static void
check_hint(const char *job, const char *want)
{
	struct ast_script *script;
	struct err e = { 0 };

	ok(parse_script(&arena, job, strlen(job), 0, NULL, &script, &e) < 0,
	    "%s: is refused", job);
	is_str(e.hint, want, job);
}

int
main(void)
{
	struct text t = { 0 };

	CHECK(stages);
	CHECK(files);
	CHECK(refused);
	check_hint("from t | wher a = 1", "did you mean 'where'?");
	check_hint("from t | filter a", "use the stage where");
	check_hint("from t | agregate count(*)", "did you mean 'aggregate'?");
	check_hint("from t | write 'a' cvs", "did you mean 'csv'?");
	check_hint("select a form t", "did you mean 'from' instead of 'form'?");
	check_hint("slect a", "did you mean 'select'?");
	check_hint("select a from t order a", "did you mean 'order by'?");
	check_hint("select a as \"b c\" from t", "a name is quoted `so`, or "
	    "\"so\" with --ansi-quotes");
	check_hint("from t | where a and", "");
	check_hint("from t where a", "a stage begins with |");
	check_hint("t | where a", "a pipeline begins with from");
	text_adds(&t, "from t");
	for (int i = 0; i < 100000; i++)
		text_adds(&t, " | where a");
	ok(strstr(query_shown(&arena, &text, text_str(&t)), "in a row"),
	    "too many stages are refused");
	text_release(&t);
	arena_release(&arena);
	text_release(&text);
	return done_testing();
}
