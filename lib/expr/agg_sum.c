/*
 * agg_sum -- count, count_if, sum, avg and their try_ forms.
 *
 * Whole numbers are summed in 64 bits, decimals in 128 bits with an overflow
 * check against the result's precision at the end, floats in the order in
 * which rows come.  A sum over no value is null.
 */
#include "expr/agg_state.h"

#include "base/arena.h"
#include "column/value.h"

struct count { int64_t n; };
struct sum64 { int64_t v; int64_t n; };         /* n: values, -1 overflow */
struct sumf { double v; int64_t n; };
struct sumd { i128 v; int64_t n, pad; };

/* count */

static int
count_bind(struct agg_bind *b, struct err *e)
{
	(void)e;
	b->type = TYPE(I64);
	return 0;
}

static int
count_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	g->size = sizeof(struct count);
	g->ncol = 1;
	g->col[0] = TYPE(I64);
	return 0;
}

static bool
all_there(const struct agg *g, const struct column *arg, int i)
{
	for (int k = 0; k < g->call->u.agg.narg; k++)
		if (agg_null(&arg[k], i))
			return false;
	return true;
}

static bool
no_nulls(const struct agg *g, const struct column *arg)
{
	for (int k = 0; k < g->call->u.agg.narg; k++)
		if (arg[k].valid)
			return false;
	return true;
}

static int
count_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)e;
	if (no_nulls(g, arg)) {
		for (int i = 0; i < n; i++)
			((struct count *)state[i])->n++;
		return 0;
	}
	for (int i = 0; i < n; i++)
		((struct count *)state[i])->n += all_there(g, arg, i);
	return 0;
}

static int
count_all(const struct agg *g, void *state, const struct column *arg, int n,
    struct err *e)
{
	struct count *c = state;

	(void)e;
	if (no_nulls(g, arg)) {
		c->n += n;
		return 0;
	}
	for (int i = 0; i < n; i++)
		c->n += all_there(g, arg, i);
	return 0;
}

static int
count_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	const int64_t *v = col[0].data;

	(void)g;
	(void)e;
	for (int i = 0; i < n; i++)
		((struct count *)state[i])->n += v[col_at(&col[0], i)];
	return 0;
}

static int
count_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	int64_t *v = out[0].data;

	(void)g;
	(void)heap;
	(void)e;
	for (int i = 0; i < n; i++)
		v[i] = ((struct count *)state[i])->n;
	return 0;
}

/* One for each row whose arguments are there. */
static int
count_lift(const struct agg *g, const struct column *arg, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	static const int64_t one[1] = { 1 };
	int64_t *v;

	(void)e;
	if (no_nulls(g, arg)) {
		*out = (struct column){ .type = TYPE(I64), .flags = COL_CONST,
		    .data = (void *)(uintptr_t)one };
		return 0;
	}
	v = arena_raw(heap, sizeof *v * (size_t)n);
	for (int i = 0; i < n; i++)
		v[i] = all_there(g, arg, i);
	*out = (struct column){ .type = TYPE(I64), .data = v };
	return 0;
}

static int
count_if_bind(struct agg_bind *b, struct err *e)
{
	b->type = TYPE(I64);
	return agg_cast(b, 0, TYPE(BOOL), e);
}

static int
count_if_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	const uint8_t *v = arg[0].data;

	(void)g;
	(void)e;
	for (int i = 0; i < n; i++)
		if (!agg_null(&arg[0], i))
			((struct count *)state[i])->n += v[col_at(&arg[0], i)];
	return 0;
}

/* sum */

static bool
is_avg(const struct agg *g)
{
	return strstr(g->fn->name, "avg") || strcmp(g->fn->name, "mean") == 0;
}

static bool
is_try(const struct agg *g)
{
	return strncmp(g->fn->name, "try_", 4) == 0;
}

static int
sum_bind(struct agg_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (t->kind == TYPE_STR || t->kind == TYPE_NULL || t->kind == TYPE_F32) {
		TRY(agg_cast(b, 0, TYPE(F64), e));
		t = TYPE(F64);
	}
	if (type_is_int(t)) {
		b->type = TYPE(I64);
		return agg_cast(b, 0, TYPE(I64), e);
	}
	if (type_is_decimal(t))
		b->type = type_decimal(b->env->arena, t->precision + 10 > 38 ?
		    38 : t->precision + 10, t->scale);
	else if (t->kind == TYPE_F64 || t->kind == TYPE_DTI ||
	    t->kind == TYPE_YMI)
		b->type = t;
	else
		return agg_refuse(b, 0, "sum", e);
	return 0;
}

static int
avg_bind(struct agg_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (type_is_decimal(t)) {
		int p = t->precision + 4, s = t->scale + 4;

		b->type = type_decimal(b->env->arena, p > 38 ? 38 : p,
		    s > 38 ? 38 : s);
		return 0;
	}
	if (t->kind == TYPE_DTI) {
		b->type = t;
		return 0;
	}
	if (!type_is_numeric(t) && t->kind != TYPE_STR && t->kind != TYPE_NULL)
		return agg_refuse(b, 0, "avg", e);
	b->type = TYPE(F64);
	/* Whole numbers are averaged exactly in 64 bits, then divided. */
	if (type_is_int(t))
		return agg_cast(b, 0, TYPE(I64), e);
	return agg_cast(b, 0, TYPE(F64), e);
}

static int
sum_plan(struct agg *g, struct arena *a, struct err *e)
{
	const struct type *t = g->arg_type[0];

	(void)e;
	g->ncol = 2;
	g->align = type_is_decimal(t) ? 16 : 8;
	g->col[1] = TYPE(I64);
	if (type_is_decimal(t)) {
		g->size = sizeof(struct sumd);
		g->col[0] = type_decimal(a, 38, t->scale);
	} else if (t->kind == TYPE_F64) {
		g->size = sizeof(struct sumf);
		g->col[0] = TYPE(F64);
	} else {
		g->size = sizeof(struct sum64);
		g->col[0] = TYPE(I64);
	}
	return 0;
}

static int
overflow(const struct agg *g, struct err *e)
{
	err_user(e, EXIT_JOB, "%s: the sum overflows %s", g->fn->name,
	    g->type->kind == TYPE_I64 ? "bigint" : "its type");
	return err_hint(e, "use try_%s to get NULL instead", g->fn->name);
}

static inline bool
add64(struct sum64 *s, int64_t v)
{
	if (s->n >= 0) {
		s->n++;
		if (__builtin_add_overflow(s->v, v, &s->v)) {
			s->n = -1;
			return true;
		}
	}
	return false;
}

#define ADD_ROWS(NAME, S, T, ADD)                                       \
static int                                                              \
NAME(const struct agg *g, void *const *state,                           \
    const struct column *arg, int n, struct err *e)                     \
{                                                                       \
	const T *v = arg[0].data;                                       \
	bool flat = !arg[0].valid && !(arg[0].flags & COL_CONST);       \
	bool over = false;                                              \
									\
	for (int i = 0; flat && i < n; i++) {                           \
		S *s = state[i]; T x = v[i]; ADD;                       \
	}                                                               \
	for (int i = 0; !flat && i < n; i++) {                          \
		S *s = state[i]; T x = v[col_at(&arg[0], i)];           \
		if (!agg_null(&arg[0], i)) { ADD; }                     \
	}                                                               \
	return over && !is_try(g) ? overflow(g, e) : 0;                 \
}

ADD_ROWS(add_i64, struct sum64, int64_t, over |= add64(s, x))
ADD_ROWS(add_i32, struct sum64, int32_t, over |= add64(s, x))
ADD_ROWS(add_f64, struct sumf, double, s->v += x; s->n++)
ADD_ROWS(add_dec64, struct sumd, int64_t, s->v += x; s->n++)
ADD_ROWS(add_dec128, struct sumd, i128, s->v += x; s->n++)

static int
sum_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	switch (g->arg_type[0]->kind) {
	case TYPE_F64:    return add_f64(g, state, arg, n, e);
	case TYPE_DEC64:  return add_dec64(g, state, arg, n, e);
	case TYPE_DEC128: return add_dec128(g, state, arg, n, e);
	case TYPE_YMI:    return add_i32(g, state, arg, n, e);
	default:          return add_i64(g, state, arg, n, e);
	}
}

#define SUM_ALL(NAME, T, ACC)                                           \
static ACC                                                              \
NAME(const T *v, int n)                                                 \
{                                                                       \
	ACC a = 0;                                                      \
									\
	for (int i = 0; i < n; i++)                                     \
		a += v[i];                                              \
	return a;                                                       \
}

SUM_ALL(all_i64, int64_t, i128)

/* One state for all rows: sums without looking at overflow per row. */
static int
sum_all(const struct agg *g, void *state, const struct column *arg, int n,
    struct err *e)
{
	enum type_kind k = g->arg_type[0]->kind;
	void *same[BATCH_ROWS];

	if (!arg[0].valid && !(arg[0].flags & COL_CONST)) {
		if (k == TYPE_F64) {
			struct sumf *s = state;

			for (int i = 0; i < n; i++)
				s->v += ((const double *)arg[0].data)[i];
			s->n += n;
			return 0;
		}
		if (k == TYPE_DEC64) {
			struct sumd *s = state;

			s->v += all_i64(arg[0].data, n);
			s->n += n;
			return 0;
		}
		if (k == TYPE_I64) {
			struct sum64 *s = state;
			i128 v = s->v + all_i64(arg[0].data, n);

			if (s->n >= 0 && v >= INT64_MIN && v <= INT64_MAX) {
				s->v = (int64_t)v;
				s->n += n;
				return 0;
			}
		}
	}
	for (int i = 0; i < n; i++)
		same[i] = state;
	return sum_update(g, same, arg, n, e);
}

static int
merge_dec(void *const *state, const struct column *col, int n)
{
	const i128 *v = col[0].data;
	const int64_t *count = col[1].data;

	for (int i = 0; i < n; i++) {
		struct sumd *s = state[i];

		s->v += v[col_at(&col[0], i)];
		s->n += count[col_at(&col[1], i)];
	}
	return 0;
}

static int
merge_f64(void *const *state, const struct column *col, int n)
{
	const double *v = col[0].data;
	const int64_t *count = col[1].data;

	for (int i = 0; i < n; i++) {
		struct sumf *s = state[i];

		s->v += v[col_at(&col[0], i)];
		s->n += count[col_at(&col[1], i)];
	}
	return 0;
}

static int
sum_merge(const struct agg *g, void *const *state, const struct column *col,
    int n, struct err *e)
{
	const int64_t *v = col[0].data, *count = col[1].data;
	bool over = false;

	if (type_is_decimal(g->arg_type[0]))
		return merge_dec(state, col, n);
	if (g->arg_type[0]->kind == TYPE_F64)
		return merge_f64(state, col, n);
	for (int i = 0; i < n; i++) {
		struct sum64 *s = state[i];
		int64_t k = count[col_at(&col[1], i)];

		if (k < 0)
			s->n = -1;
		else if (k) {
			over |= add64(s, v[col_at(&col[0], i)]);
			s->n += s->n < 0 ? 0 : k - 1;
		}
	}
	return over && !is_try(g) ? overflow(g, e) : 0;
}

static int
sum_save(const struct agg *g, void *const *state, int n, struct column *out,
    struct arena *heap, struct err *e)
{
	int64_t *v = out[0].data, *count = out[1].data;

	(void)heap;
	(void)e;
	if (type_is_decimal(g->arg_type[0])) {
		for (int i = 0; i < n; i++) {
			const struct sumd *s = state[i];

			((i128 *)out[0].data)[i] = s->v;
			count[i] = s->n;
		}
		return 0;
	}
	for (int i = 0; i < n; i++) {   /* sum64 and sumf lie alike */
		const struct sum64 *s = state[i];

		v[i] = s->v;
		count[i] = s->n;
	}
	return 0;
}

/* A value's row is a sum of one: the argument, widened, and a count. */
static int
sum_lift(const struct agg *g, const struct column *arg, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	enum type_kind k = arg[0].type->kind;
	size_t wide = type_is_decimal(arg[0].type) ? 16 : 8;
	char *to;

	TRY(count_lift(g, arg, n, &out[1], heap, e));
	if (!arg[0].valid && type_width(arg[0].type) == (int)wide) {
		out[0] = arg[0];
		out[0].type = g->col[0];
		return 0;
	}
	to = arena_raw(heap, wide * (size_t)n);
	out[0] = (struct column){ .type = g->col[0], .data = to };
	for (int i = 0; i < n; i++) {
		int64_t at = col_at(&arg[0], i);
		i128 v = 0;

		if (agg_null(&arg[0], i))
			;
		else if (k == TYPE_DEC128)
			v = ((const i128 *)arg[0].data)[at];
		else if (k == TYPE_YMI)
			v = ((const int32_t *)arg[0].data)[at];
		else            /* the bits of a double, too */
			v = ((const int64_t *)arg[0].data)[at];
		memcpy(to + wide * (size_t)i, &v, wide);
	}
	return 0;
}

/* Result of one group from a decimal state: false when it does not fit. */
static bool
put_decimal(const struct agg *g, const struct sumd *s, struct column *out,
    int i)
{
	i128 v = s->v;

	if (is_avg(g)) {
		int up = g->type->scale - g->arg_type[0]->scale;
		i128 n = s->n, q, r;

		if (__builtin_mul_overflow(v, pow10_i128[up], &v))
			return false;
		q = v / n;
		r = v % n;
		if ((r < 0 ? -r : r) * 2 >= n)
			q += v < 0 ? -1 : 1;
		v = q;
	}
	if (!dec_fits(v, g->type->precision))
		return false;
	if (g->type->kind == TYPE_DEC64)
		((int64_t *)out->data)[i] = (int64_t)v;
	else
		((i128 *)out->data)[i] = v;
	return true;
}

static bool
put_result(const struct agg *g, const void *state, struct column *out, int i)
{
	const struct sumf *f = state;
	const struct sum64 *s = state;

	if (g->arg_type[0]->kind == TYPE_F64)
		((double *)out->data)[i] = is_avg(g) ? f->v / (double)f->n :
		    f->v;
	else if (g->type->kind == TYPE_F64)
		((double *)out->data)[i] = (double)s->v / (double)s->n;
	else if (g->type->kind == TYPE_YMI)
		((int32_t *)out->data)[i] = (int32_t)s->v;
	else
		((int64_t *)out->data)[i] = is_avg(g) ? s->v / s->n : s->v;
	return s->n > 0;
}

/* The first states of 64-bit sums, as long as they have a value. */
static int
final_i64(void *const *state, int n, struct column *out)
{
	int64_t *v = out->data;

	for (int i = 0; i < n; i++) {
		const struct sum64 *s = state[i];

		if (s->n <= 0)
			return i;
		v[i] = s->v;
	}
	return n;
}

static int
sum_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	int from = g->type->kind == TYPE_I64 && !is_avg(g) &&
	    g->arg_type[0]->kind == TYPE_I64 ? final_i64(state, n, out) : 0;

	for (int i = from; i < n; i++) {
		bool good;
		int64_t count;

		if (type_is_decimal(g->arg_type[0])) {
			count = ((const struct sumd *)state[i])->n;
			good = count && put_decimal(g, state[i], out, i);
		} else {
			count = ((const struct sum64 *)state[i])->n;
			good = count > 0 && put_result(g, state[i], out, i);
		}
		if (good)
			continue;
		if (count > 0 && !is_try(g))
			return overflow(g, e);
		agg_out_null(out, i, n, heap);
	}
	return 0;
}

#define SUM_ROW(NAME, BIND, USAGE, HELP, EXAMPLE)                       \
	{ .name = NAME, .min = 1, .max = 1, .bind = BIND,               \
	  .plan = sum_plan, .update = sum_update,                       \
	  .merge = sum_merge, .save = sum_save, .final = sum_final,     \
	  .update_all = sum_all, .lift = sum_lift, .usage = USAGE,      \
	  .help = HELP, .example = EXAMPLE }

const struct aggfn aggfn_sum[] = {
	{ .name = "count", .min = 1, .max = 8, .flags = AGG_NONNULL,
	  .bind = count_bind, .plan = count_plan,
	  .update = count_update, .merge = count_merge, .save = count_save,
	  .final = count_save, .update_all = count_all, .lift = count_lift,
	  .usage = "count(*), count(expr, ...)",
	  .help = "Number of rows; with arguments, of rows in which none is null.",
	  .example = "select count(x) from values (1), (null) as t(x) = 1" },
	{ .name = "count_if", .min = 1, .max = 1, .flags = AGG_NONNULL,
	  .bind = count_if_bind, .plan = count_plan,
	  .update = count_if_update, .merge = count_merge,
	  .save = count_save, .final = count_save,
	  .usage = "count_if(condition)",
	  .help = "Number of rows for which the condition is true.",
	  .example = "select count_if(x > 1) from values (1), (2) as t(x) = 1" },
	SUM_ROW("sum", sum_bind, "sum(number)",
	    "Sum of the values that are not null; an error on overflow.",
	    "select sum(x) from values (1), (2) as t(x) = 3"),
	SUM_ROW("try_sum", sum_bind, "try_sum(number)",
	    "As sum, but null on overflow.",
	    "select try_sum(x) from values (1), (2) as t(x) = 3"),
	SUM_ROW("avg", avg_bind, "avg(number)",
	    "Mean of the values that are not null.",
	    "select avg(x) from values (1), (2) as t(x) = 1.5"),
	SUM_ROW("mean", avg_bind, "mean(number)", "The same as avg.",
	    "select mean(x) from values (1), (2) as t(x) = 1.5"),
	SUM_ROW("try_avg", avg_bind, "try_avg(number)",
	    "As avg, but null on overflow.",
	    "select try_avg(x) from values (1), (2) as t(x) = 1.5"),
	{ 0 }
};
