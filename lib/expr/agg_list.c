/*
 * agg_list -- aggregates that keep their values: collect_list, collect_set,
 * percentile, median and percentile_approx (exact here), mode.
 *
 * A state holds an array of values as they lie in a column, in the table's
 * heap; it doubles when it is full.  Bytes of long strings are copied, nested
 * values are refused.  States travel as arrays.  Nulls are left out.
 */
#include "expr/agg_state.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"

struct list {
	char *v;
	int64_t n, cap;
};

static int
list_bind(struct agg_bind *b, struct err *e)
{
	if (type_is_nested(b->arg[0]->type))
		return agg_refuse(b, 0, "collect_list", e);
	b->type = type_array(b->env->arena, b->arg[0]->type);
	return 0;
}

static int
list_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)e;
	g->size = 32;
	g->ncol = 1;
	g->col[0] = type_array(a, g->arg_type[0]);
	return 0;
}

static void
push(const struct agg *g, struct list *l, const struct column *c, int64_t at)
{
	size_t w = (size_t)type_width(c->type);

	if (l->n == l->cap) {
		int64_t cap = l->cap ? 2 * l->cap : 4;
		char *v = agg_heap_alloc(g->heap, (size_t)cap * w);

		if (l->n)
			memcpy(v, l->v, (size_t)l->n * w);
		l->v = v;
		l->cap = cap;
	}
	memcpy(l->v + (size_t)l->n * w, (const char *)c->data +
	    (size_t)at * w, w);
	if (type_is_bytes(c->type)) {
		struct sview *s = (struct sview *)(void *)l->v + l->n;

		if (s->len > SVIEW_INLINE) {
			char *p = agg_heap_alloc(g->heap, s->len);

			memcpy(p, s->ptr, s->len);
			s->ptr = p;
		}
	}
	l->n++;
}

static int
list_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++)
		if (!agg_null(&arg[0], i))
			push(g, state[i], &arg[0], col_at(&arg[0], i));
	return 0;
}

static int
list_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++) {
		struct lview l;

		if (agg_null(&col[0], i))
			continue;
		l = ((const struct lview *)col[0].data)[col_at(&col[0], i)];
		for (uint32_t k = 0; k < l.len; k++)
			push(g, state[i], &col[0].kid[0], l.off + k);
	}
	return 0;
}

/* A column over the values of a list. */
static struct column
values(const struct agg *g, const struct list *l)
{
	return (struct column){ .type = g->arg_type[0], .data = l->v };
}

static int
by_value(const void *a, const void *b, void *arg)
{
	const struct column *c = arg;

	return col_compare(c, *(const uint32_t *)a, c, *(const uint32_t *)b);
}

/* Row numbers of the list's values in order. */
static uint32_t *
ordered(const struct agg *g, const struct list *l)
{
	struct column c = values(g, l);
	uint32_t *v = xmalloc(sizeof *v * (size_t)(l->n + 1));

	for (int64_t i = 0; i < l->n; i++)
		v[i] = (uint32_t)i;
	if (l->n)
		qsort_r(v, (size_t)l->n, sizeof *v, by_value, &c);
	return v;
}

static void
add_list(const struct agg *g, const struct list *l, bool set,
    struct builder *b)
{
	struct column c = values(g, l);
	uint32_t *order = set ? ordered(g, l) : NULL;

	for (int64_t i = 0; i < l->n; i++)
		if (!set || i == 0 || col_compare(&c, order[i], &c,
		    order[i - 1]) != 0)
			builder_value(&b->kid[0], &c, set ? order[i] : i);
	builder_list(b);
	free(order);
}

static int
lists_out(const struct agg *g, void *const *state, int n, bool set,
    struct column *out, struct arena *heap, struct err *e)
{
	const struct type *t = out->type;
	struct arena a = { 0 };
	struct text raw = { 0 };
	struct builder b;
	struct column col;
	struct batch all;
	int64_t r;

	builder_init(&b, t);
	for (int i = 0; i < n; i++)
		add_list(g, state[i], set, &b);
	builder_column(&b, 0, n, &col, &a);
	all = (struct batch){ &col, 1, n, n, NULL };
	wire_put(&raw, &all);
	builder_release(&b);
	arena_release(&a);
	r = wire_get(arena_memdup(heap, raw.p, raw.n), raw.n, &t, 1, heap,
	    &all, e);
	text_release(&raw);
	if (r < 0)
		return (int)r;
	*out = all.col[0];
	return 0;
}

static int
list_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	return lists_out(g, state, n, false, &out[0], heap, e);
}

static int
list_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	return lists_out(g, state, n, strcmp(g->fn->name, "collect_set") == 0,
	    out, heap, e);
}

/* Argument 1, if there, is a constant between 0 and 1. */
static int
percentage_bind(struct agg_bind *b, struct err *e)
{
	struct datum d;

	if (b->narg < 2)
		return 0;
	TRY(agg_cast(b, 1, TYPE(F64), e));
	if (!expr_is_const(b->arg[1]) || expr_eval_const(b->env,
	    b->arg[1], &d, e) < 0 || d.null || d.f < 0 || d.f > 1)
		return err_at(e, b->span, "the percentage must be a "
		    "constant from 0 to 1");
	b->arg[1] = expr_lit(b->env->arena, d);
	return 0;
}

/* percentile(x, p), median(x) */
static int
percentile_bind(struct agg_bind *b, struct err *e)
{
	TRY(percentage_bind(b, e));
	b->type = TYPE(F64);
	return agg_cast(b, 0, TYPE(F64), e);
}

static int
approx_bind(struct agg_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (!type_is_numeric(t) && t->kind != TYPE_DATE &&
	    t->kind != TYPE_TS && t->kind != TYPE_TSNTZ)
		return agg_refuse(b, 0, "percentile_approx", e);
	b->type = t;
	return percentage_bind(b, e);
}

static double
percentage(const struct agg *g)
{
	return g->call->u.agg.narg > 1 ? g->call->u.agg.arg[1]->u.lit.f : 0.5;
}

static int
percentile_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	double *to = out->data, p = percentage(g);

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];
		const double *v = (const double *)(const void *)l->v;
		uint32_t *order;
		double at;
		int64_t k;

		if (l->n == 0) {
			agg_out_null(out, i, n, heap);
			continue;
		}
		order = ordered(g, l);
		at = p * (double)(l->n - 1);
		k = (int64_t)at;
		to[i] = v[order[k]];
		if (k + 1 < l->n)
			to[i] += (at - (double)k) *
			    (v[order[k + 1]] - v[order[k]]);
		free(order);
	}
	return 0;
}

/* The value at the percentile: of the type of the argument. */
static int
approx_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	size_t w = (size_t)type_width(g->type);

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];
		uint32_t *order;
		int64_t k;

		if (l->n == 0) {
			agg_out_null(out, i, n, heap);
			continue;
		}
		order = ordered(g, l);
		k = (int64_t)ceil(percentage(g) * (double)l->n) - 1;
		memcpy((char *)out->data + (size_t)i * w,
		    l->v + order[k < 0 ? 0 : k] * w, w);
		free(order);
	}
	return 0;
}

static int
mode_bind(struct agg_bind *b, struct err *e)
{
	TRY(list_bind(b, e));
	b->type = b->arg[0]->type;
	return 0;
}

/* The value that is there most often; the least of several. */
static int
mode_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	size_t w = (size_t)type_width(g->type);

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct list *l = state[i];
		struct column c = values(g, l);
		uint32_t *order = ordered(g, l);
		int64_t best = 0, from = 0, most = 0;

		for (int64_t k = 1; k <= l->n; k++) {
			if (k < l->n && col_compare(&c, order[k], &c,
			    order[from]) == 0)
				continue;
			if (k - from > most) {
				most = k - from;
				best = from;
			}
			from = k;
		}
		if (l->n)
			memcpy((char *)out->data + (size_t)i * w,
			    l->v + order[best] * w, w);
		else
			agg_out_null(out, i, n, heap);
		free(order);
	}
	return 0;
}

#define LIST(NAME, MIN, MAX, BIND, FINAL, USAGE, HELP, EXAMPLE)         \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = AGG_ORDERED,   \
	  .bind = BIND, .plan = list_plan,                              \
	  .update = list_update, .merge = list_merge,                   \
	  .save = list_save, .final = FINAL, .usage = USAGE,            \
	  .help = HELP, .example = EXAMPLE }

const struct aggfn aggfn_list[] = {
	LIST("collect_list", 1, 1, list_bind, list_final,
	    "collect_list(expr)", "An array of the values that are not null.",
	    "select size(collect_list(x)) from values (1), (1) as t(x) = 2"),
	LIST("array_agg", 1, 1, list_bind, list_final, "array_agg(expr)",
	    "The same as collect_list.", NULL),
	LIST("collect_set", 1, 1, list_bind, list_final, "collect_set(expr)",
	    "An array of the different values.",
	    "select size(collect_set(x)) from values (1), (1) as t(x) = 1"),
	LIST("percentile", 2, 2, percentile_bind, percentile_final,
	    "percentile(number, percentage)",
	    "The exact percentile, interpolated.",
	    "select percentile(x, 0.5) from values (1), (3) as t(x) = 2.0"),
	LIST("median", 1, 1, percentile_bind, percentile_final,
	    "median(number)", "The exact median.",
	    "select median(x) from values (1), (3) as t(x) = 2.0"),
	LIST("percentile_approx", 2, 3, approx_bind, approx_final,
	    "percentile_approx(number, percentage[, accuracy])",
	    "The value at the percentile (exact).",
	    "select percentile_approx(x, 0.5) from values (1), (3) as t(x) = 1"),
	LIST("approx_percentile", 2, 3, approx_bind, approx_final,
	    "approx_percentile(number, percentage[, accuracy])",
	    "The same as percentile_approx.", NULL),
	LIST("mode", 1, 1, mode_bind, mode_final, "mode(expr)",
	    "The value that is there most often.",
	    "select mode(x) from values (1), (2), (2) as t(x) = 2"),
	{ 0 }
};
