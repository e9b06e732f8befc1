/*
 * t_sql_plan_read -- plan text that is printed as it was read, for every
 * operator, also those that the planner does not make yet; and texts that
 * are refused with a place.
 */
#include <string.h>

#include "../fuzz/fixed_catalog.h"
#include "base/text.h"
#include "plan/plantext.h"
#include "sql/plan_read.h"
#include "tap.h"

static int
read_text(struct arena *a, const char *text, struct text *out, struct err *e)
{
	struct plan_conf conf = fixed_conf();
	struct binder b;
	struct stages **s;
	int n;

	fixed_binder(&b, a);
	TRY(n = plan_read(&b, &conf, text, strlen(text), 0, &s, e));
	for (int i = 0; i < n; i++) {
		if (i)
			text_addc(out, '\n');
		plantext_print(out, s[i]);
	}
	return 0;
}

/* Long lines are folded before a bar: takes that back. */
static void
unfold(struct text *t)
{
	char *at;

	while (t->p && (at = strstr(t->p, "\n    | "))) {
		memmove(at, at + 4, strlen(at + 4) + 1);
		*at = ' ';
	}
}

static void
same(const char *text)
{
	struct text out = { 0 };
	struct err e = { 0 };
	struct arena a;
	int r;

	arena_init(&a);
	r = read_text(&a, text, &out, &e);
	unfold(&out);
	ok(r >= 0 && strcmp(text_str(&out), text) == 0, "%.60s", text);
	if (r < 0)
		printf("# %s\n", e.text);
	else if (strcmp(text_str(&out), text) != 0)
		printf("# %s\n", text_str(&out));
	text_release(&out);
	arena_release(&a);
}

/* Refused at the place where mark begins, with these words. */
static void
refused(const char *text, const char *mark, const char *words)
{
	struct text out = { 0 };
	struct err e = { 0 };
	struct arena a;
	int r, at = (int)(strstr(text, mark) - text);

	arena_init(&a);
	r = read_text(&a, text, &out, &e);
	ok(r == ERR_USER && e.span.at == at && e.span.len > 0 &&
	    strstr(e.text, words), "refused: %s", words);
	if (r >= 0 || e.span.at != at || !strstr(e.text, words))
		printf("# %d at %d (%d): %s", r, e.span.at, at, e.text);
	text_release(&out);
	arena_release(&a);
}

#define S1 "stage 1  tasks 1  "
#define R S1 "range 0, 9, 1 as id | "

static void
sources(void)
{
	same(S1 "scan csv 'a' (x int, `b c` array<struct<y:string>>) | collect\n");
	same(S1 "scan csv 'a', 'b' (x int, X int, z int) only (z, X#2, x#1 as y)"
	    " | collect\n");
	same(S1 "scan csv 'k' (x int) partitions (year bigint, dt date) only "
	    "(dt, x) | collect\n");
	same(S1 "scan json cmd 'ls' (x int) options (a 'b', `c.d` '\\'') on "
	    "error quarantine 'q' keep strings | collect\n");
	same(S1 "scan csv 'k' (x int) partitions (year bigint, dt date) where "
	    "x > 3 files where year = 1L | collect\n");
	same("stage 1  tasks 4  range -5, 5, 2 parts 4 as n | collect\n");
	same(S1 "values (1, 'x'), (2, cast(null as string)) as (a int, b "
	    "string) | collect\n");
	same(S1 "values () as () | collect\n");
}

static void
steps(void)
{
	same(R "filter (id > 1L) and (id < 5L) and (id <> 3L) | collect\n");
	same(R "project | collect\n");
	same(R "project id, id + 1L as `b#1`, id as `order by` | project "
	    "`b#1`#1 as c | collect\n");
	same(R "generate outer posexplode(array(id)) as (p, v) | collect\n");
	same(R "aggregate count(*) as n, sum(distinct id) filter (where id > "
	    "2L) as s by id % 2L as k | collect\n");
	same(R "aggregate partial avg(id) by id | aggregate merge avg(id) by id"
	    " | aggregate final avg(id) as a by id | collect\n");
	same(R "project id - 1L + (2L * id) - (3L - id) as a, (id | 1L | 2L) as "
	    "b | collect\n");
	same(R "aggregate by (id + 1L) * 2L as k | collect\n");
	same(R "aggregate partial | aggregate final | project | collect\n");
	same(R "sort id desc, - id nulls last | topn 3 id nulls last "
	    "| limit 3 offset 1 | limit offset 2 | collect\n");
	same("stage 1  tasks 3  range 0, 9, 1 as id | union [ range 0, 3, 1 as "
	    "x | filter x > 1L ] [ range 0, 1, 1 as y ] as (z) | collect\n");
	same(R "pipe by (id, id % 2L) 'cat' in tsv out json as (a int) ok 0, 1 "
	    "timeout 50 pure files 'x', 'y' | collect\n");
	same(R "assert id > 0L message 'it\\'s' | collect\n");
	same(R "expand (id, 1), (cast(null as bigint), 2) as (id bigint, g int)"
	    " | collect\n");
	same(R "tee 't' csv options (sep ';') append | collect cmd 'x' json\n");
	same(R "write 'o' json overwrite single files 1\n");
	same(R "project id, id as k | write 'o' csv partition by (k) append\n");
}

static void
joins(void)
{
	same(R "join inner broadcast [ range 0, 5, 1 as id ] on (id) = (id) | "
	    "project id#2 as b | collect\n");
	same(R "join left loop [ range 0, 5, 1 as id ] when id#1 < id#2 | "
	    "collect\n");
	same(R "join mark broadcast [ range 0, 5, 1 as k ] on (id) = (k) as m | "
	    "filter m | collect\n");
	same(R "sort id | join semi merge [ range 0, 5, 1 as k | sort k ] on "
	    "(id) = (k) | collect\n");
	same("stage 1  tasks 1  range 0, 9, 1 as id | exchange hash(id) 4\n"
	    "stage 2  tasks 1  range 0, 9, 1 as id | exchange hash(id) 4 fixed"
	    "\nstage 3  tasks ?  read 1 | join full shuffled [ read 2 ] on "
	    "(id) = (id) | collect\n");
	same("stage 1  tasks 1  range 0, 9, 1 as id | exchange broadcast\n"
	    "stage 2  tasks 4  range 0, 9, 1 parts 4 as id | join anti_null "
	    "broadcast [ read broadcast 1 ] on (id) = (id) | collect\n");
}

static void
exchanges(void)
{
	same(R "exchange robin 3\nstage 2  tasks ?  read 1 | exchange any 2\n"
	    "stage 3  tasks ?  read 2 | exchange single(id)\n"
	    "stage 4  tasks 1  read 3 | collect\n");
	same(R "sort id desc | exchange range(id desc) 3\n"
	    "stage 2  tasks ?  read merge 1 | collect\n");
	same(R "collect\n\n" R "filter id > 1L | write 'x' csv\n");
}

static void
literals(void)
{
	static const char *const v[] = { "1Y", "-2S", "3", "4L", "1.5F", "-0.0D",
	    "1.0E300D", "cast('NaN' as double)", "cast('-Infinity' as float)",
	    "1.50BD", "cast(1.5BD as decimal(20,1))", "null", "true",
	    "cast(null as map<string,array<int>>)", "'a\\n\\'b'", "X'00FF'",
	    "cast(X'FF' as string)", "date '2024-02-29'",
	    "timestamp '2024-02-29 01:02:03.5Z'",
	    "timestamp_ntz '2024-02-29 01:02:03'",
	    "INTERVAL '1-2' YEAR TO MONTH",
	    "INTERVAL '-1 02:03:04.5' DAY TO SECOND", "array(1, 2)", "array()",
	    "cast(array() as array<bigint>)", "map('a', 1.0D)",
	    "cast(map() as map<string,int>)",
	    "named_struct('a', 1, 'b c', array('x'))", "'${x}'" };

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		struct text t = { 0 };

		text_addf(&t, R "project %s as x | collect\n", v[i]);
		same(text_str(&t));
		text_release(&t);
	}
}

static void
wrong(void)
{
	refused(R "filtr id > 1", "filtr", "unknown operator 'filtr'");
	refused("stage 1 rang 1", "rang", "unknown source 'rang'");
	refused(R "filter ix > 1 | collect", "ix", "unknown column 'ix'");
	refused("stage 1 values (1) as (k int) | filter k + 1 | collect", "k +",
	    "must be boolean");
	refused(R "filter id > 1", "filter", "has no end");
	refused(R "exchange single\nstage 2 read 3 | collect", "3 | c",
	    "stage 3 is not there");
	refused(R "exchange single\nstage 2 values () as () | collect",
	    "stage 1", "no other stage reads stage 1");
	refused(R "project id + 1 | collect", "id + 1", "needs a name");
	refused(S1 "scan csv '.x' (a int) | collect", "csv", "no such file");
	refused(S1 "scan csv 'k' (a int) | collect", "csv",
	    "different partition columns");
	refused(R "aggregate partial count(distinct id) | exchange single",
	    "count", "distinct needs all rows");
	refused(R "limit -1 | collect", "-1", "whole number");
	refused(R "join inner [ range 0, 1, 1 as k ] on (id) = (k) | collect",
	    "join", "how to join is not said");
	refused(R "join right broadcast [ range 0, 1, 1 as k ] on (id) = (k) | "
	    "collect", "join", "left join");
}

int
main(void)
{
	sources();
	steps();
	joins();
	exchanges();
	literals();
	wrong();
	return done_testing();
}
