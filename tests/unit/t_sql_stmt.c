/*
 * t_sql_stmt -- statements and whole scripts.
 */
#include "tap.h"

#include "base/arena.h"
#include "sql_show_stmt.h"

struct pair {
	const char *text, *want;
};

static const struct pair statements[] = {
	{ "", "" }, { ";;", "" }, { "-- nothing\n", "" },
	{ "#!/usr/bin/env -S sp-submit\nfrom t", "query t" },
	{ "\xef\xbb\xbf" "from t", "query t" },
	{ "from t; from u", "query t; query u" },
	{ "/* a /* b */ c */ from t -- x\n;", "query t" },
	{ "let a = from t | limit 1; from a",
	  "let a t | limit n 1; query a" },
	{ "create or replace temporary view v (a comment 'x', b) as select 1",
	  "view v a b replace one .select 1" },
	{ "create global temp view if not exists v as from t",
	  "view v global if-not t" },
	{ "create temporary view v using csv options (path 'x', header true)",
	  "view v csv path=x header=true" },
	{ "set spark.sql.shuffle.partitions = 10; set; set a.b-c",
	  "set spark.sql.shuffle.partitions=10; set; set a.b-c" },
	{ "set spark.local.dir = /tmp/a b ; reset; reset x.y",
	  "set spark.local.dir=/tmp/a b; reset; reset x.y" },
	{ "set a = 'b;c'", "set a=b;c" },
	{ "set -v", "set" },
	{ "set time zone 'UTC'", "set spark.sql.session.timeZone=UTC" },
	{ "set x = #!@%^", "set x=#!@%^" },
	{ "param day date = date '2024-01-01'; param n int",
	  "param day:12 date:'2024-01-01'; param n:4" },
	{ "include \"lib.sp\"", "include 'lib.sp'" },
	{ "def f(a int, b string) double = a + 1",
	  "def f a:4 b:10 :7 (+ a 1)" },
	{ "def g() int = cmd './f.py'", "def g :4 './f.py'" },
	{ "repeat 3 checkpoint every 2 { let a = from b; from a | write 'x' }",
	  "repeat 3 every 2 { let a b; query a | write files 'x' }" },
	{ "repeat $n { }", "repeat $n { }" },
	{ "explain extended select 1; explain from t",
	  "explain 1 query one .select 1; explain 0 query t" },
	{ "explain codegen insert into t values (1)",
	  "explain 4 insert t values 1" },
	{ "describe t; desc extended a.b; describe query select 1",
	  "describe 0 t; describe 0 extended a.b; "
	  "describe 1 one .select 1" },
	{ "describe from t | limit 1; describe function sum",
	  "describe 1 t | limit n 1; describe 2 sum" },
	{ "show tables; show tables in d like 'a*'; show functions 's*'",
	  "show 0; show 0 d 'a*'; show 2 's*'" },
	{ "show columns from t; show create table t; show databases",
	  "show 3 t; show 5 t; show 4" },
	{ "create table t (a int, b string not null) using csv "
	  "partitioned by (a) options (header true) location '/x'",
	  "table t a:4 b:10! csv header=true by a '/x'" },
	{ "create table if not exists a.b using parquet as select 1",
	  "table a.b parquet if-not one .select 1" },
	{ "create table t using csv options ('header' 'true', sep ';')",
	  "table t csv header=true sep=;" },
	{ "drop table if exists t; drop view v; drop temporary view v",
	  "drop table if t; drop view v; drop view v" },
	{ "cache table t; cache lazy table t as select 1; uncache table if "
	  "exists t; clear cache",
	  "cache t; cache lazy t one .select 1; uncache if t; uncache" },
	{ "insert into t select 1; insert overwrite table t (a, b) from u",
	  "insert t one .select 1; insert overwrite t a b u" },
	{ "insert into t partition (a = 1, b) if not exists table u",
	  "insert t part a=1 b if-not u" },
	{ "insert overwrite directory 'o' using csv options (header true) "
	  "select 1",
	  "query one .select 1 | write files 'o' csv header=true overwrite" },
	{ "with a as (from t) insert into u from a",
	  "insert u with a (t) in a" },
	{ "with a as (from t) insert overwrite local directory 'o' from a",
	  "query with a (t) in a | write files 'o' overwrite" },
};

static const struct pair refused[] = {
	{ "from t from u", "!expected ';' or a stage, found 'from'" },
	{ "let = from t", "!expected a name behind let, found '='" },
	{ "let a = 5", "!expected a query (select, from, values, table or a "
	  "bracket), found '5'" },
	{ "set = 3", "!expected the name of a setting, found '='" },
	{ "set a = ", "!expected a value, found the end" },
	{ "set a b", "!expected '=' and a value behind the setting, found 'b'" },
	{ "param x", "!expected a type, found the end" },
	{ "include lib", "!expected a path in quotes, found 'lib'" },
	{ "repeat 3 { from t", "!expected '}' to close repeat, found the end" },
	{ "from t }", "!expected ';' or a stage, found '}'" },
	{ "create view v as select 1", "!permanent views are not supported" },
	{ "create function f as 'x'", "!'create function' is not supported "
	  "here" },
	{ "create table t stored as orc",
	  "!'stored' of create table is not supported" },
	{ "alter table t add columns (a int)", "!'alter' is not supported" },
	{ "drop function f", "!expected 'table' or 'view' behind drop, "
	  "found 'function'" },
	{ "explain", "!expected a statement, found the end" },
	{ "show x", "!expected tables, views, functions, columns, databases, "
	  "create table, partitions or tblproperties, found 'x'" },
	{ "foo", "!unknown statement 'foo'" },
	{ "5", "!expected a statement, found '5'" },
};

static struct arena arena;
static struct text text;

static void
check(const struct pair *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		is_str(script_shown(&arena, &text, v[i].text), v[i].want,
		    v[i].text);
}
#define CHECK(v) check(v, sizeof v / sizeof *v)

static void
check_schema(void)
{
	struct ast_column *c;
	const struct type *t;
	struct err e = { 0 };
	const char *s = "id bigint, ms int not null";

	is_int(parse_columns_text(&arena, s, strlen(s), 0, &c, &e), 2, s);
	ok(c[1].not_null && c[0].type->kind == TYPE_I64, "types of columns");
	s = "(a: array<int> comment 'x')";
	is_int(parse_columns_text(&arena, s, strlen(s), 0, &c, &e), 1, s);
	is_str(c[0].comment, "x", "comment of a column");
	ok(parse_columns_text(&arena, "a int,", 6, 0, &c, &e) < 0,
	    "a comma at the end is refused");
	is_int(parse_type_text(&arena, "Decimal", 7, 0, &t, &e), 0, "decimal");
	ok(t->precision == 10 && t->scale == 0, "decimal is decimal(10,0)");
	ok(parse_type_text(&arena, "int int", 7, 0, &t, &e) < 0,
	    "text behind a type is refused");
	ok(parse_type_text(&arena, "bigin", 5, 0, &t, &e) < 0, "bigin");
	is_str(e.hint, "did you mean 'bigint'?", "bigin has a hint");
}

int
main(void)
{
	struct text t = { 0 };

	CHECK(statements);
	CHECK(refused);
	check_schema();
	for (int i = 0; i < 10000; i++)
		text_adds(&t, "repeat 2 {");
	ok(strstr(script_shown(&arena, &text, text_str(&t)), "nested more"),
	    "deep blocks are refused");
	text_clear(&t);
	for (int i = 0; i < 10000; i++)
		text_adds(&t, "explain ");
	ok(strstr(script_shown(&arena, &text, text_str(&t)), "nested more"),
	    "deep explains are refused");
	text_release(&t);
	arena_release(&arena);
	text_release(&text);
	return done_testing();
}
