/*
 * agg_moments -- variance, standard deviation, skewness, kurtosis,
 * covariance, correlation and regression; and, or and xor over bits and booleans.
 *
 * Moments are updated one value at a time and merged pairwise (Chan, Golub,
 * LeVeque 1979; Pebay 2008 for the third and fourth), so that large means do
 * not drown small spreads.
 */
#include "expr/agg_state.h"

#include <math.h>

struct moments {
	double n, mean, m2, m3, m4;
};

struct pair {
	double n, mx, my, xx, yy, xy;
};

struct bits {
	int64_t v, n;
};

static int
moments_bind(struct agg_bind *b, struct err *e)
{
	b->type = TYPE(F64);
	for (int i = 0; i < b->narg; i++)
		TRY(agg_cast(b, i, TYPE(F64), e));
	return 0;
}

static int
moments_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	g->size = sizeof(struct moments);
	g->ncol = 5;
	for (int i = 0; i < 5; i++)
		g->col[i] = TYPE(F64);
	return 0;
}

static void
moments_join(struct moments *a, const struct moments *b)
{
	double n = a->n + b->n, d = b->mean - a->mean, dn = n ? d / n : 0;
	struct moments r = { .n = n };

	if (b->n == 0)
		return;
	r.mean = a->mean + dn * b->n;
	r.m2 = a->m2 + b->m2 + d * dn * a->n * b->n;
	r.m3 = a->m3 + b->m3 + d * dn * dn * a->n * b->n * (a->n - b->n) +
	    3 * dn * (a->n * b->m2 - b->n * a->m2);
	r.m4 = a->m4 + b->m4 + d * dn * dn * dn * a->n * b->n *
	    (a->n * a->n - a->n * b->n + b->n * b->n) + 6 * dn * dn *
	    (a->n * a->n * b->m2 + b->n * b->n * a->m2) +
	    4 * dn * (a->n * b->m3 - b->n * a->m3);
	*a = r;
}

static int
moments_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	const double *v = arg[0].data;

	(void)g;
	(void)e;
	for (int i = 0; i < n; i++)
		if (!agg_null(&arg[0], i)) {
			struct moments one = { 1, v[col_at(&arg[0], i)], 0, 0,
			    0 };

			moments_join(state[i], &one);
		}
	return 0;
}

/* States of doubles travel as one column a member. */
static int
doubles_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	(void)heap;
	(void)e;
	for (int c = 0; c < g->ncol; c++)
		for (int i = 0; i < n; i++)
			((double *)out[c].data)[i] =
			    ((const double *)state[i])[c];
	return 0;
}

static int
moments_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	(void)g;
	(void)e;
	for (int i = 0; i < n; i++) {
		struct moments m;

		for (int c = 0; c < 5; c++)
			((double *)&m)[c] = ((const double *)col[c].data)
			    [col_at(&col[c], i)];
		moments_join(state[i], &m);
	}
	return 0;
}

static bool
named(const struct agg *g, const char *a, const char *b, const char *c)
{
	return strcmp(g->fn->name, a) == 0 || strcmp(g->fn->name, b) == 0 ||
	    strcmp(g->fn->name, c) == 0;
}

/* The result, or false for null. */
static bool
moments_value(const struct agg *g, const struct moments *m, double *v)
{
	if (m->n == 0)
		return false;
	if (named(g, "var_pop", "stddev_pop", "-")) {
		*v = m->m2 / m->n;
	} else if (named(g, "skewness", "-", "-")) {
		if (m->m2 == 0)
			return false;
		*v = sqrt(m->n) * m->m3 / pow(m->m2, 1.5);
		return true;
	} else if (named(g, "kurtosis", "-", "-")) {
		if (m->m2 == 0)
			return false;
		*v = m->n * m->m4 / (m->m2 * m->m2) - 3;
		return true;
	} else {
		if (m->n == 1)
			return false;
		*v = m->m2 / (m->n - 1);
	}
	if (strncmp(g->fn->name, "std", 3) == 0)
		*v = sqrt(*v);
	return true;
}

static int
moments_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++)
		if (!moments_value(g, state[i], (double *)out->data + i))
			agg_out_null(out, i, n, heap);
	return 0;
}

static int
pair_plan(struct agg *g, struct arena *a, struct err *e)
{
	TRY(moments_plan(g, a, e));
	g->size = sizeof(struct pair);
	g->ncol = 6;
	g->col[5] = TYPE(F64);
	return 0;
}

static void
pair_join(struct pair *a, const struct pair *b)
{
	double n = a->n + b->n, dx = b->mx - a->mx, dy = b->my - a->my, w;

	if (b->n == 0)
		return;
	w = a->n * b->n / n;
	a->xx += b->xx + dx * dx * w;
	a->yy += b->yy + dy * dy * w;
	a->xy += b->xy + dx * dy * w;
	a->mx += dx * b->n / n;
	a->my += dy * b->n / n;
	a->n = n;
}

static int
pair_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)g;
	(void)e;
	for (int i = 0; i < n; i++) {
		struct pair one = { .n = 1 };

		if (agg_null(&arg[0], i) || agg_null(&arg[1], i))
			continue;
		one.mx = ((const double *)arg[0].data)[col_at(&arg[0], i)];
		one.my = ((const double *)arg[1].data)[col_at(&arg[1], i)];
		pair_join(state[i], &one);
	}
	return 0;
}

static int
pair_merge(const struct agg *g, void *const *state, const struct column *col,
    int n, struct err *e)
{
	(void)g;
	(void)e;
	for (int i = 0; i < n; i++) {
		struct pair p;

		for (int c = 0; c < 6; c++)
			((double *)&p)[c] = ((const double *)col[c].data)
			    [col_at(&col[c], i)];
		pair_join(state[i], &p);
	}
	return 0;
}

static int
pair_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	double *v = out->data;

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct pair *p = state[i];
		bool corr = strcmp(g->fn->name, "corr") == 0;
		bool samp = strcmp(g->fn->name, "covar_samp") == 0;

		if (p->n == 0 || (samp && p->n == 1) ||
		    (corr && (p->xx == 0 || p->yy == 0))) {
			agg_out_null(out, i, n, heap);
			continue;
		}
		v[i] = corr ? p->xy / sqrt(p->xx * p->yy) :
		    p->xy / (samp ? p->n - 1 : p->n);
	}
	return 0;
}

/* What regr_…(y, x) gives. */
static double
regression(const char *what, const struct pair *p)
{
	double slope = p->yy == 0 ? NAN : p->xy / p->yy;

	if (strcmp(what, "avgx") == 0)
		return p->my;
	if (strcmp(what, "avgy") == 0)
		return p->mx;
	if (strcmp(what, "sxx") == 0)
		return p->yy;
	if (strcmp(what, "syy") == 0)
		return p->xx;
	if (strcmp(what, "sxy") == 0)
		return p->xy;
	if (strcmp(what, "slope") == 0)
		return slope;
	if (strcmp(what, "intercept") == 0)
		return p->mx - slope * p->my;
	if (p->yy == 0)                 /* r2 */
		return NAN;
	return p->xx == 0 ? 1 : p->xy * p->xy / (p->xx * p->yy);
}

/* Argument 0 is y: its mean is mx, its spread xx. */
static int
regr_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	const char *what = g->fn->name + strlen("regr_");
	double *v = out->data;

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct pair *p = state[i];
		bool none = p->n == 0 || (p->yy == 0 &&
		    (strcmp(what, "slope") == 0 || strcmp(what, "r2") == 0 ||
		    strcmp(what, "intercept") == 0));

		if (none)
			agg_out_null(out, i, n, heap);
		else
			v[i] = regression(what, p);
	}
	return 0;
}

static int
regr_count_bind(struct agg_bind *b, struct err *e)
{
	TRY(moments_bind(b, e));
	b->type = TYPE(I64);
	return 0;
}

static int
regr_count_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	(void)g;
	(void)heap;
	(void)e;
	for (int i = 0; i < n; i++)
		((int64_t *)out->data)[i] =
		    (int64_t)((const struct pair *)state[i])->n;
	return 0;
}

static int
bits_bind(struct agg_bind *b, struct err *e)
{
	b->type = b->arg[0]->type;
	return type_is_int(b->type) ? 0 : agg_refuse(b, 0, "bit_and/or/xor", e);
}

static int
bool_bind(struct agg_bind *b, struct err *e)
{
	b->type = TYPE(BOOL);
	return agg_cast(b, 0, TYPE(BOOL), e);
}

static int
bits_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	g->size = sizeof(struct bits);
	g->ncol = 2;
	g->col[0] = g->col[1] = TYPE(I64);
	return 0;
}

static int64_t
whole_at(const struct column *c, int64_t i)
{
	switch (type_width(c->type)) {
	case 1:  return ((const int8_t *)c->data)[i];
	case 2:  return ((const int16_t *)c->data)[i];
	case 4:  return ((const int32_t *)c->data)[i];
	default: return ((const int64_t *)c->data)[i];
	}
}

static void
bits_join(const struct agg *g, struct bits *s, int64_t v, int64_t n)
{
	const char *name = g->fn->name;

	if (n == 0)
		return;
	if (s->n == 0)
		s->v = v;
	else if (strcmp(name, "bit_xor") == 0)
		s->v ^= v;
	else if (named(g, "bit_or", "bool_or", "some") ||
	    strcmp(name, "any") == 0)
		s->v |= v;
	else
		s->v &= v;
	s->n += n;
}

static int
bits_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++)
		if (!agg_null(&arg[0], i))
			bits_join(g, state[i], whole_at(&arg[0],
			    col_at(&arg[0], i)), 1);
	return 0;
}

static int
bits_merge(const struct agg *g, void *const *state, const struct column *col,
    int n, struct err *e)
{
	(void)e;
	for (int i = 0; i < n; i++)
		bits_join(g, state[i], whole_at(&col[0], col_at(&col[0], i)),
		    whole_at(&col[1], col_at(&col[1], i)));
	return 0;
}

static int
bits_save(const struct agg *g, void *const *state, int n, struct column *out,
    struct arena *heap, struct err *e)
{
	(void)g;
	(void)heap;
	(void)e;
	for (int i = 0; i < n; i++) {
		((int64_t *)out[0].data)[i] = ((struct bits *)state[i])->v;
		((int64_t *)out[1].data)[i] = ((struct bits *)state[i])->n;
	}
	return 0;
}

static int
bits_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	int w = type_width(g->type);

	(void)e;
	for (int i = 0; i < n; i++) {
		const struct bits *s = state[i];

		memcpy((char *)out->data + i * w, &s->v, (size_t)w);
		if (s->n == 0)
			agg_out_null(out, i, n, heap);
	}
	return 0;
}

#define MOMENTS(NAME, HELP, EXAMPLE)                                    \
	{ .name = NAME, .min = 1, .max = 1, .bind = moments_bind,       \
	  .plan = moments_plan, .update = moments_update,               \
	  .merge = moments_merge, .save = doubles_save,                 \
	  .final = moments_final, .usage = NAME "(number)",             \
	  .help = HELP, .example = EXAMPLE }
#define PAIR(NAME, HELP, EXAMPLE)                                       \
	{ .name = NAME, .min = 2, .max = 2, .bind = moments_bind,       \
	  .plan = pair_plan, .update = pair_update,                     \
	  .merge = pair_merge, .save = doubles_save,                    \
	  .final = pair_final, .usage = NAME "(x, y)",                  \
	  .help = HELP, .example = EXAMPLE }
#define REGR(NAME, FLAGS, BIND, FINAL, HELP, EXAMPLE)                   \
	{ .name = NAME, .min = 2, .max = 2, .flags = FLAGS,             \
	  .bind = BIND, .plan = pair_plan, .update = pair_update,       \
	  .merge = pair_merge, .save = doubles_save, .final = FINAL,    \
	  .usage = NAME "(y, x)", .help = HELP,                         \
	  .example = "select " NAME "(y, x) from values "               \
	      "(1, 2), (3, 6) as t(y, x) = " EXAMPLE }
#define BITS(NAME, BIND, HELP, EXAMPLE)                                 \
	{ .name = NAME, .min = 1, .max = 1, .bind = BIND,               \
	  .plan = bits_plan, .update = bits_update,                     \
	  .merge = bits_merge, .save = bits_save, .final = bits_final,  \
	  .usage = NAME "(expr)", .help = HELP, .example = EXAMPLE }

const struct aggfn aggfn_moments[] = {
	MOMENTS("stddev", "Sample standard deviation.",
	    "select stddev(x) from values (1), (3) as t(x) = 1.4142135623730951"),
	MOMENTS("std", "Sample standard deviation.", NULL),
	MOMENTS("stddev_samp", "Sample standard deviation.", NULL),
	MOMENTS("stddev_pop", "Population standard deviation.",
	    "select stddev_pop(x) from values (1), (3) as t(x) = 1.0"),
	MOMENTS("variance", "Sample variance.",
	    "select variance(x) from values (1), (3) as t(x) = 2.0"),
	MOMENTS("var_samp", "Sample variance.", NULL),
	MOMENTS("var_pop", "Population variance.",
	    "select var_pop(x) from values (1), (3) as t(x) = 1.0"),
	MOMENTS("skewness", "Skewness.", NULL),
	MOMENTS("kurtosis", "Excess kurtosis.", NULL),
	PAIR("covar_pop", "Population covariance.", NULL),
	PAIR("covar_samp", "Sample covariance.", NULL),
	PAIR("corr", "Pearson's correlation.",
	    "select corr(x, x) from values (1), (3) as t(x) = 1.0"),
	REGR("regr_count", AGG_NONNULL, regr_count_bind, regr_count_final,
	    "Rows in which neither is null.", "2"),
	REGR("regr_avgx", 0, moments_bind, regr_final, "Mean of x.", "4.0"),
	REGR("regr_avgy", 0, moments_bind, regr_final, "Mean of y.", "2.0"),
	REGR("regr_sxx", 0, moments_bind, regr_final,
	    "Sum of squares of x around its mean.", "8.0"),
	REGR("regr_syy", 0, moments_bind, regr_final,
	    "Sum of squares of y around its mean.", "2.0"),
	REGR("regr_sxy", 0, moments_bind, regr_final,
	    "Sum of products of x and y around their means.", "4.0"),
	REGR("regr_slope", 0, moments_bind, regr_final,
	    "Slope of the regression line of y over x.", "0.5"),
	REGR("regr_intercept", 0, moments_bind, regr_final,
	    "Where the regression line meets x = 0.", "0.0"),
	REGR("regr_r2", 0, moments_bind, regr_final,
	    "Square of the correlation.", "1.0"),
	BITS("bit_and", bits_bind, "Bitwise and of all values.",
	    "select bit_and(x) from values (3), (5) as t(x) = 1"),
	BITS("bit_or", bits_bind, "Bitwise or of all values.",
	    "select bit_or(x) from values (3), (5) as t(x) = 7"),
	BITS("bit_xor", bits_bind, "Bitwise exclusive or of all values.",
	    "select bit_xor(x) from values (3), (5) as t(x) = 6"),
	BITS("bool_and", bool_bind, "Are all values true?",
	    "select bool_and(x) from values (true), (false) as t(x) = false"),
	BITS("every", bool_bind, "Are all values true?", NULL),
	BITS("bool_or", bool_bind, "Is any value true?",
	    "select bool_or(x) from values (true), (false) as t(x) = true"),
	BITS("some", bool_bind, "Is any value true?", NULL),
	BITS("any", bool_bind, "Is any value true?", NULL),
	{ 0 }
};
