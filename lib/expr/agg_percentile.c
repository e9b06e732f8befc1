/*
 * agg_percentile -- percentile, median, percentile_approx, percentile_cont
 * and percentile_disc, and mode: aggregates that look at sorted values.
 *
 * All values are kept (expr/agg_list.h), so that the approximate ones are
 * exact too: percentile_approx gives the element at the rank.
 */
#include "expr/agg_list.h"

#include <math.h>
#include <stdlib.h>

/* The percentages, constants from 0 to 1: one or an array of them. */
static int
percentages_bind(struct agg_bind *b, struct err *e)
{
	const struct type *t = b->arg[1]->type;
	struct arena *a = b->env->arena;
	struct datum d;
	bool good;

	TRY(agg_cast(b, 1, t->kind == TYPE_ARRAY ? type_array(a, TYPE(F64)) :
	    TYPE(F64), e));
	good = expr_is_const(b->arg[1]) && expr_eval_const(b->env, b->arg[1],
	    &d, e) >= 0 && !d.null;
	if (good && t->kind == TYPE_ARRAY)
		for (int i = 0; i < d.list.n; i++)
			good = good && !d.list.v[i].null &&
			    d.list.v[i].f >= 0 && d.list.v[i].f <= 1;
	else
		good = good && d.f >= 0 && d.f <= 1;
	if (!good)
		return err_at(e, b->span, "the percentage must be a constant "
		    "from 0 to 1, or an array of them");
	b->arg[1] = expr_lit(a, d);
	return 0;
}

static const struct type *
result_of(struct agg_bind *b, const struct type *one)
{
	if (b->narg > 1 && b->arg[1]->type->kind == TYPE_ARRAY)
		return type_array(b->env->arena, one);
	return one;
}

static int
percentile_bind(struct agg_bind *b, struct err *e)
{
	if (b->narg > 1)
		TRY(percentages_bind(b, e));
	b->type = result_of(b, TYPE(F64));
	return agg_cast(b, 0, TYPE(F64), e);
}

static int
approx_bind(struct agg_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (t->kind == TYPE_STR) {
		TRY(agg_cast(b, 0, TYPE(F64), e));
		t = TYPE(F64);
	}
	if (t->kind < TYPE_I8 || t->kind > TYPE_DTI || type_is_bytes(t))
		return agg_refuse(b, 0, "percentile_approx", e);
	TRY(percentages_bind(b, e));
	b->type = result_of(b, t);
	return 0;
}

static int
disc_bind(struct agg_bind *b, struct err *e)
{
	TRY(agg_cast(b, 0, TYPE(F64), e));
	TRY(percentages_bind(b, e));
	b->type = result_of(b, TYPE(F64));
	return 0;
}

/* The element at percentage p of n sorted values. */
static int64_t
rank_of(double p, int64_t n)
{
	int64_t k = (int64_t)ceil(p * (double)n) - 1;

	return k < 0 ? 0 : k < n ? k : n - 1;
}

/* Appends the percentile p of the sorted values. */
static void
put_percentile(const struct agg *g, const struct column *c,
    const uint32_t *order, int64_t n, double p, struct builder *to)
{
	const double *v = c->data;
	double at = p * (double)(n - 1), r;
	int64_t k = (int64_t)at;

	if (g->fn->bind != percentile_bind) {
		builder_value(to, c, order[rank_of(p, n)]);
		return;
	}
	r = v[order[k]];
	if (k + 1 < n && at > (double)k)
		r += (at - (double)k) * (v[order[k + 1]] - r);
	builder_fixed(to, &r);
}

static void
put_row(const struct agg *g, const struct list *l, struct builder *to)
{
	static const struct datum half = { .type = TYPE(F64), .f = 0.5 };
	const struct datum *p = g->call->u.agg.narg > 1 ?
	    &g->call->u.agg.arg[1]->u.lit : &half;
	struct values v;
	uint32_t *order;

	if (l->n == 0) {
		builder_null(to);
		return;
	}
	values_open(&v, g, l);
	order = values_ordered(&v.col, l->n);
	if (g->type->kind == TYPE_ARRAY) {
		for (int i = 0; i < p->list.n; i++)
			put_percentile(g, &v.col, order, l->n,
			    p->list.v[i].f, &to->kid[0]);
		builder_list(to);
	} else {
		put_percentile(g, &v.col, order, l->n, p->f, to);
	}
	free(order);
	values_close(&v);
}

static int
percentile_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	struct builder b;

	builder_init(&b, g->type);
	for (int i = 0; i < n; i++)
		put_row(g, state[i], &b);
	return list_give(&b, n, out, heap, e);
}

static int
mode_bind(struct agg_bind *b, struct err *e)
{
	if (!type_is_ordered(b->arg[0]->type))
		return agg_refuse(b, 0, "mode", e);
	b->type = b->arg[0]->type;
	return 0;
}

/* The value that is there most often; the least of several. */
static void
put_mode(const struct agg *g, const struct list *l, struct builder *to)
{
	int64_t best = 0, from = 0, most = 0;
	struct values v;
	uint32_t *order;

	if (l->n == 0) {
		builder_null(to);
		return;
	}
	values_open(&v, g, l);
	order = values_ordered(&v.col, l->n);
	for (int64_t k = 1; k <= l->n; k++) {
		if (k < l->n && col_compare(&v.col, order[k], &v.col,
		    order[from]) == 0)
			continue;
		if (k - from > most) {
			most = k - from;
			best = from;
		}
		from = k;
	}
	builder_value(to, &v.col, order[best]);
	free(order);
	values_close(&v);
}

static int
mode_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	struct builder b;

	builder_init(&b, g->type);
	for (int i = 0; i < n; i++)
		put_mode(g, state[i], &b);
	return list_give(&b, n, out, heap, e);
}

#define LIST(NAME, MIN, MAX, BIND, FINAL, USAGE, HELP, EXAMPLE)         \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = AGG_ORDERED,   \
	  .bind = BIND, .plan = list_plan, .update = list_update,       \
	  .merge = list_merge, .save = list_save, .final = FINAL,       \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct aggfn aggfn_percentile[] = {
	LIST("percentile", 2, 2, percentile_bind, percentile_final,
	    "percentile(number, percentage)",
	    "The exact percentile, interpolated; of an array of percentages "
	    "an array.",
	    "select percentile(x, 0.5) from values (1), (3) as t(x) = 2.0"),
	LIST("percentile_cont", 2, 2, percentile_bind, percentile_final,
	    "percentile_cont(percentage) within group (order by number)",
	    "The same as percentile.", NULL),
	LIST("percentile_disc", 2, 2, disc_bind, percentile_final,
	    "percentile_disc(percentage) within group (order by number)",
	    "The first value whose share of values before it reaches the "
	    "percentage.", NULL),
	LIST("median", 1, 1, percentile_bind, percentile_final,
	    "median(number)", "The exact median.",
	    "select median(x) from values (1), (3) as t(x) = 2.0"),
	LIST("percentile_approx", 2, 3, approx_bind, percentile_final,
	    "percentile_approx(value, percentage[, accuracy])",
	    "The value at the percentage; of an array of them an array.",
	    "select percentile_approx(x, 0.5) from values (1), (3) as t(x) = 1"),
	LIST("approx_percentile", 2, 3, approx_bind, percentile_final,
	    "approx_percentile(value, percentage[, accuracy])",
	    "The same as percentile_approx.", NULL),
	LIST("mode", 1, 2, mode_bind, mode_final, "mode(expr)",
	    "The value that is there most often.",
	    "select mode(x) from values (1), (2), (2) as t(x) = 2"),
	{ 0 }
};
