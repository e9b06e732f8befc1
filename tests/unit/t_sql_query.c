/*
 * t_sql_query -- SQL queries: clauses, joins, set operations, brackets.
 */
#include "tap.h"

#include "base/arena.h"
#include "sql_show_query.h"

struct pair {
	const char *text, *want;
};

static const struct pair queries[] = {
	{ "select 1", "one .select 1" },
	{ "SELECT a x, b AS y, t.*, * except (a, b.c) FROM t",
	  "t .select (as a x) (as b y) t.* *-a-b.c" },
	{ "select distinct a from t where b group by c having d qualify e",
	  "t .select distinct a where b group [ c ] having d qualify e" },
	{ "select a from t order by a desc nulls last, b limit 3 offset 2",
	  "t .select a .order desc:a nulls-last asc:b .limit n 3 .offset n 2" },
	{ "select a from t limit all", "t .select a .limit" },
	{ "select a from t sort by a", "t .select a .sort asc:a" },
	{ "select a from t distribute by a, b", "t .select a .distribute a b" },
	{ "select a from t cluster by a", "t .select a .cluster a" },
	{ "select /*+ BROADCAST(d), merge(a, b) repartition(3, c) */ a from t",
	  "t .select /*broadcast d*/ /*merge a b*/ /*repartition 3 c*/ a" },
	{ "select sum(a) over w from t window w as (order by b), v as (w)",
	  "t .select (sum a over (window w)) window w=(window asc:b) "
	  "v=(window w)" },
	{ "select a from t group by all", "t .select a group all" },
	{ "select a from t group by a, rollup(b, (c, d)), cube(e)",
	  "t .select a group [ a ] rollup[ b ],[ c d ] cube[ e ]" },
	{ "select a from t group by grouping sets ((a, b), (), a, rollup(c))",
	  "t .select a group sets[ a b ],[ ],[ a ] rollup[ c ]" },
	{ "select a from t group by a, b with cube",
	  "t .select a group cube[ a ],[ b ]" },
	{ "select a from t group by a, b grouping sets ((a), (b))",
	  "t .select a group sets[ a ],[ b ]" },
	{ "select transform(a, b) using 'cat' as (x int, y) from t",
	  "t .select transform a b 'cat' x:4 y" },
	{ "select transform(a, x -> x) from t",
	  "t .select (transform a (-> x x))" },
	{ "from t select a where b", "t .select a where b" },
	{ "with a as (select 1), b (x) as (from a) select * from b",
	  "with a (one .select 1) b x (a) in b .select *" },
	{ "with recursive r as (select 1) from r",
	  "with recursive r (one .select 1) in r" },
	{ "values (1, 'a'), (2, 'b')", "values 1 'a', 2 'b'" },
	{ "values 1, 2", "values 1, 2" },
	{ "table a.b", "a.b" },
	{ "select order, limit, left from t", "t .select order limit left" },
	{ "select a from t where left = right and if = 1",
	  "t .select a where (and (= left right) (= if 1))" },
	{ "select a as from from t", "t .select (as a from)" },
	{ "select start, end from t", "t .select start end" },
};

static const struct pair froms[] = {
	{ "select * from a, b as c (x, y)",
	  "a .join comma (b .as c x y) .select *" },
	{ "from a join b using (k)", "a .join inner (b) using k" },
	{ "from a x left outer join b y on x.k = y.k",
	  "a .as x .join left (b .as y) on (= x.k y.k)" },
	{ "from a left semi join b on c anti join d on e cross join f",
	  "a .join semi (b) on c .join anti (d) on e .join cross (f)" },
	{ "from a natural full join b", "a .join full natural (b)" },
	{ "from a join broadcast d using (k)",
	  "a .join inner broadcast (d) using k" },
	{ "from a join broadcast on c", "a .join inner (broadcast) on c" },
	{ "from a, lateral (select a.x) t",
	  "a .join comma (one .select a.x .lateral .as t)" },
	{ "from a join lateral explode(a.xs) as t (x)",
	  "a .join inner ((explode a.xs) .lateral .as t x)" },
	{ "from a lateral view outer explode(m) t as k, v lateral view f(x) u",
	  "a .view outer (explode m) t: k v .view (f x) u:" },
	{ "from a lateral view explode(x) as y", "a .view (explode x): y" },
	{ "select * from (select 1) t", "one .select 1 .as t .select *" },
	{ "from (a join b on c) d", "a .join inner (b) on c .as d" },
	{ "from ((select 1) union (select 2)) t",
	  "one .select 1 .union (one .select 2) .as t" },
	{ "from (((select 1) t))", "one .select 1 .as t" },
	{ "from ((select 1) t join u on a) v",
	  "one .select 1 .as t .join inner (u) on a .as v" },
	{ "from (values (1), (2)) as t (x)", "values 1, 2 .as t x" },
	{ "select * from values (1, 2) as t (a, b)",
	  "values 1 2 .as t a b .select *" },
	{ "from range(1, 10) r", "(range 1 10) .as r" },
	{ "from t tablesample (10 percent) repeatable (3) as x",
	  "t .sample percent n 10 seed 3 .as x" },
	{ "from t x tablesample (5 rows)", "t .as x .sample rows n 5" },
	{ "from t tablesample (bucket 1 out of 4)",
	  "t .sample bucket n 1 of 4" },
	{ "from t tablesample (10M)", "t .sample bytes n i64:10485760" },
	{ "from t pivot (sum(a) as s, max(b) for c in ('x' as x, 'y'))",
	  "t .pivot (as (sum a) s) (max b) for c 'x':x 'y'" },
	{ "from t pivot (sum(a) for (c, d) in ((1, 2) as p)) as q",
	  "t .pivot (sum a) for c,d (row 1 2):p .as q" },
	{ "from t unpivot include nulls (v for n in (a as x, b))",
	  "t .unpivot nulls v for n [a]:x [b]" },
	{ "from t unpivot ((v, w) for n in ((a, b) as 'x'))",
	  "t .unpivot v w for n [a b]:x" },
};

static const struct pair setops[] = {
	{ "select 1 union select 2 intersect select 3",
	  "one .select 1 .union (one .select 2 .intersect (one .select 3))" },
	{ "select 1 union all select 2 except select 3",
	  "one .select 1 .union all (one .select 2) .except (one .select 3)" },
	{ "select 1 minus all select 2 order by 1 limit 1",
	  "one .select 1 .except all (one .select 2) .order asc:1 .limit n 1" },
	{ "select 1 union (select 2 limit 1)",
	  "one .select 1 .union (one .select 2 .limit n 1)" },
	{ "select * from a union by name select * from b",
	  "a .select * .union by name (b .select *)" },
	{ "(select 1) limit 1", "one .select 1 .limit n 1" },
	{ "select * except select 1", "one .select * .except (one .select 1)" },
	{ "select * except (select 1)",
	  "one .select * .except (one .select 1)" },
};

static const struct pair refused[] = {
	{ "select from t", "!expected an expression, found 'from'" },
	{ "select a from t group a", "!expected ';' or a stage, found 'a'" },
	{ "select a from t wher x = 1", "!expected ';' or a stage, found 'x'" },
	{ "select a, from t", "!expected an expression, found 'from'" },
	{ "selct a from t", "!unknown statement 'selct'" },
	{ "select a from", "!expected a table, a path or a query in brackets, "
	  "found the end" },
	{ "from a join", "!expected a table, a path or a query in brackets, "
	  "found the end" },
	{ "from a natural join b on c", "!a natural join takes no 'on'" },
	{ "from t version as of 3",
	  "!reading an old version of a table is not supported" },
	{ "values (1, 2), (3)",
	  "!row 2 of values has 1 columns, the first has 2" },
	{ "from t pivot (sum(a) for b in (select 1))",
	  "!pivot over values that are not listed is not supported" },
	{ "from t unpivot ((v, w) for n in ((a)))",
	  "!unpivot has 2 value columns, but 1 here" },
	{ "from t insert into u select a",
	  "!several inserts from one 'from' are not supported" },
	{ "select (select 1", "!expected ')' to close the query, or a stage, "
	  "found the end" },
	{ "select 1 /*+ x */", "!expected ';' or a stage, found '/*+'" },
	{ "\"a.csv\" | limit 1",
	  "!expected a statement, found \"a.csv\"" },
	{ "merge into t using u", "!'merge' is not supported" },
	{ "select 1 as 'x'", "!expected an alias behind as, found 'x'" },
};

/* Representative queries of the TPC-H kind, accepted as they are. */
static const char *const accepted[] = {
	"select l_returnflag, sum(l_extendedprice * (1 - l_discount) * (1 + "
	"l_tax)) as sum_charge, count(*) as count_order from lineitem where "
	"l_shipdate <= date '1998-12-01' - interval '90' day group by "
	"l_returnflag, l_linestatus order by l_returnflag, l_linestatus",
	"select s_acctbal from part, supplier where p_type like '%BRASS' and "
	"ps_supplycost = (select min(ps_supplycost) from partsupp, supplier "
	"where p_partkey = ps_partkey and s_suppkey = ps_suppkey) limit 100",
	"select c_count, count(*) as custdist from (select c_custkey, "
	"count(o_orderkey) as c_count from customer left outer join orders on "
	"c_custkey = o_custkey and o_comment not like '%special%requests%' "
	"group by c_custkey) as c_orders group by c_count order by custdist "
	"desc, c_count desc",
	"select s_name from supplier where s_suppkey in (select ps_suppkey "
	"from partsupp where ps_partkey in (select p_partkey from part where "
	"p_name like 'forest%') and ps_availqty > (select 0.5 * "
	"sum(l_quantity) from lineitem where l_shipdate >= date '1994-01-01'"
	" and l_shipdate < date '1994-01-01' + interval '1' year))",
	"select extract(year from o_orderdate) as o_year, sum(case when nation "
	"= 'BRAZIL' then volume else 0 end) / sum(volume) from n1, nation n2 "
	"where exists (select * from l2 where l2.a <> n1.a) and not exists "
	"(select * from l3) and substring(c_phone, 1, 2) in ('13', '31')",
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

/* A text of n copies is taken or refused in reasonable time. */
static void
check_many(const char *head, const char *item, int n, const char *want)
{
	struct text t = { 0 };
	const char *got;

	text_adds(&t, head);
	for (int i = 0; i < n; i++)
		text_adds(&t, item);
	got = query_shown(&arena, &text, text_str(&t));
	ok(want ? strstr(got, want) != NULL : *got != '!', "%d times %s: %.60s",
	    n, item, *got == '!' ? got : "accepted");
	text_release(&t);
}

int
main(void)
{
	CHECK(queries);
	CHECK(froms);
	CHECK(setops);
	CHECK(refused);
	for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
		const char *got = query_shown(&arena, &text, accepted[i]);

		ok(*got != '!', "%.60s: %s", accepted[i],
		    *got == '!' ? got : "");
	}
	check_many("select 1", " union all select 1 + 2 + 3", 1500, NULL);
	check_many("select 1", " union all select 1", 100000, "in a row");
	check_many("from a", " join b on c = d", 100000, "in a row");
	check_many("from ", "(", 100000, "nested more than");
	check_many("select ", "(select ", 100000, "nested more than");
	check_many("values (1)", ", (2 + 3)", 100000, NULL);
	arena_release(&arena);
	text_release(&text);
	return done_testing();
}
