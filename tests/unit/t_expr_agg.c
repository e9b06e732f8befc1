/*
 * t_expr_agg -- every row of the table of aggregates gives one result,
 * whichever way its rows come: one after the other, in states that travel
 * and are merged (an empty one among them), by update_all, by lift.
 */
#include <math.h>

#include "base/arena.h"
#include "base/text.h"
#include "base/zone.h"
#include "column/value.h"
#include "expr/aggfn.h"
#include "expr/program.h"
#include "tap.h"

#define ROWS 8
#define NCOL 4

static struct arena arena;
static struct expr_env env = { .arena = &arena };
static struct schema *schema;
static struct column cols[NCOL];
static struct batch rows = { .col = cols, .ncol = NCOL, .nrow = ROWS,
	.n = ROWS };

static void
rows_make(void)
{
	const struct type *type[NCOL] = { TYPE(I64), TYPE(F64), TYPE(BOOL),
	    TYPE(STR) };

	schema = schema_new(&arena, NCOL);
	for (int c = 0; c < NCOL; c++) {
		schema->col[c] = (struct field){ "x", type[c], true, c + 1 };
		col_alloc(&cols[c], &arena, type[c], ROWS, COL_WITH_VALID);
	}
	for (int i = 0; i < ROWS; i++) {
		char *s = arena_printf(&arena, "a longer string, %d", i * 5 % 3);

		((int64_t *)cols[0].data)[i] = i * 7 % 5;
		((double *)cols[1].data)[i] = i * 7 % 5 + 0.25 * i;
		((uint8_t *)cols[2].data)[i] = i % 3 > 0;
		((struct sview *)cols[3].data)[i] = sview_of(s, strlen(s));
		for (int c = 0; c < NCOL && i != 2; c++)
			bit_set(cols[c].valid, i);
	}
}

/* Binds f to column c and, if it wants more, constants or columns. */
static struct expr *
bind(const struct aggfn *f, int c, int more)
{
	struct expr *arg[8], *x;
	struct datum half = { .type = TYPE(F64), .f = 0.5 };
	int n = f->min;
	struct err e = { 0 };

	for (int i = 0; i < n; i++)
		arg[i] = i == 0 || more == 0 ?
		    expr_col(&arena, &schema->col[c]) :
		    more == 1 ? expr_lit(&arena, half) : expr_int(&arena, 3);
	return expr_agg(&env, f->name, arg, n, (struct span){ 0 }, &x, &e) ?
	    NULL : x;
}

static void *
state_new(const struct agg *g)
{
	return arena_alloc(&arena, (size_t)g->size + 1);
}

/* Arguments of rows from..to. */
static int
arguments(struct program *p, int from, int to, struct column *out,
    struct err *e)
{
	int32_t pick[ROWS];
	struct batch b = rows;

	for (int i = from; i < to; i++)
		pick[i - from] = i;
	batch_pick(&b, pick, to - from);
	return program_run(p, &b, out, e);
}

static int
update(const struct agg *g, struct program *p, void *state, int from, int to,
    struct err *e)
{
	void *to_state[ROWS];
	struct column arg[8];

	for (int i = 0; i < ROWS; i++)
		to_state[i] = state;
	TRY(arguments(p, from, to, arg, e));
	return g->fn->update(g, to_state, arg, to - from, e);
}

static const char *
result(const struct agg *g, void *state, struct err *e)
{
	struct column out;
	struct text t = { 0 };
	const char *s;

	col_alloc(&out, &arena, g->type, 1, COL_NO_VALID);
	if (g->fn->final(g, &state, 1, &out, &arena, e) < 0)
		return arena_printf(&arena, "!%s", e->text);
	if (col_null(&out, 0))
		return "NULL";
	if (g->type->kind == TYPE_F64)  /* sums may differ in the last digit */
		return arena_printf(&arena, "%.10g", *(double *)out.data);
	value_print(&t, &out, 0, zone_utc);
	s = arena_strdup(&arena, text_str(&t));
	text_release(&t);
	return s;
}

static void
columns_make(const struct agg *g, struct column *c, int n)
{
	for (int i = 0; i < g->ncol; i++)
		col_alloc(&c[i], &arena, g->col[i], n, COL_NO_VALID);
}

static const char *
merged(const struct agg *g, struct program *p, struct err *e)
{
	void *part[3], *sum = state_new(g), *into[3] = { sum, sum, sum };
	struct column c[AGG_COLS_MAX];

	for (int i = 0; i < 3; i++)
		part[i] = state_new(g);
	columns_make(g, c, 3);
	if (update(g, p, part[0], 0, 3, e) < 0 ||
	    update(g, p, part[2], 3, ROWS, e) < 0 ||
	    g->fn->save(g, part, 3, c, &arena, e) < 0 ||
	    g->fn->merge(g, into, c, 3, e) < 0)
		return arena_printf(&arena, "!%s", e->text);
	return result(g, sum, e);
}

static const char *
lifted(const struct agg *g, struct program *p, struct err *e)
{
	void *sum = state_new(g), *into[ROWS];
	struct column arg[8], c[AGG_COLS_MAX];

	for (int i = 0; i < ROWS; i++)
		into[i] = sum;
	columns_make(g, c, ROWS);
	if (arguments(p, 0, ROWS, arg, e) < 0 ||
	    g->fn->lift(g, arg, ROWS, c, &arena, e) < 0 ||
	    g->fn->merge(g, into, c, ROWS, e) < 0)
		return arena_printf(&arena, "!%s", e->text);
	return result(g, sum, e);
}

static const char *
all_at_once(const struct agg *g, struct program *p, struct err *e)
{
	void *sum = state_new(g);
	struct column arg[8];

	if (arguments(p, 0, ROWS, arg, e) < 0 ||
	    g->fn->update_all(g, sum, arg, ROWS, e) < 0)
		return arena_printf(&arena, "!%s", e->text);
	return result(g, sum, e);
}

static int
try_call(const struct aggfn *f, const struct expr *x, int c)
{
	struct agg_heap heap = { .arena = &arena };
	struct program_env penv = { .zone = zone_utc };
	struct program *p;
	struct agg g;
	struct err e = { 0 };
	void *sum;
	const char *want, *name;

	if (agg_open(&g, x, &arena, &e) < 0 || program_new(&p, &arena, schema,
	    x->u.agg.arg, x->u.agg.narg, &penv, &e) < 0)
		return 0;
	g.heap = &heap;
	g.zone = zone_utc;
	sum = state_new(&g);
	name = arena_printf(&arena, "%s of column %d", f->name, c);
	want = update(&g, p, sum, 0, ROWS, &e) < 0 ? "!" : result(&g, sum, &e);
	if (*want == '!')
		return program_release(p), 0;
	is_str(merged(&g, p, &e), want, name);
	if (f->lift)
		is_str(lifted(&g, p, &e), want, name);
	if (f->update_all)
		is_str(all_at_once(&g, p, &e), want, name);
	program_release(p);
	return 1;
}

int
main(void)
{
	const struct aggfn *f;

	env.zone = zone_utc;
	rows_make();
	for (int i = 0; (f = aggfn_at(i)); i++) {
		int tried = 0;

		for (int c = 0; c < NCOL; c++)
			for (int more = 0; more < 3; more++) {
				const struct expr *x = bind(f, c, more);

				if (x && try_call(f, x, c)) {
					tried++;
					break;
				}
			}
		ok(tried || f->flags & AGG_HIDDEN, "%s was tried", f->name);
	}
	arena_release(&arena);
	return done_testing();
}
