/*
 * agg_pick -- aggregates that keep one of the values: min, max, first, last,
 * any_value, min_by, max_by, and the value of a scalar subquery.
 *
 * The state holds the value as it lies in a column (up to 16 bytes); bytes
 * of long strings are copied into the table's heap, and the place is used
 * again when the next string fits.  Nested values are kept as wire bytes.
 */
#include "expr/agg_state.h"

#include "base/arena.h"
#include "base/text.h"
#include "column/builder.h"
#include "column/wire.h"

struct cell {                   /* one kept value */
	_Alignas(16) char v[16];
	char *room;             /* of a string's bytes, or a wire block */
	uint32_t cap, len;
};

struct pick {
	struct cell value, by;  /* by: the ordering value of min_by, max_by */
	int64_t n;              /* rows seen (single_value), or 0: empty */
	bool null, by_null;     /* the value is null */
};

/* A one-row column over a kept value. */
static void
cell_column(const struct cell *c, const struct type *t, struct column *out,
    struct arena *a)
{
	struct batch b;
	struct err e;

	memset(out, 0, sizeof *out);
	out->type = t;
	out->data = (void *)(uintptr_t)c->v;
	if (type_is_nested(t) && wire_get(c->room, c->len, &t, 1, a, &b, &e) > 0)
		*out = b.col[0];
}

static void
cell_room(const struct agg *g, struct cell *c, size_t n)
{
	if (c->cap >= n)
		return;
	c->cap = (uint32_t)(n + n / 2);
	c->room = agg_heap_alloc(g->heap, c->cap);
}

static void
cell_set(const struct agg *g, struct cell *c, const struct column *col, int i)
{
	int64_t at = col_at(col, i);
	int w = type_width(col->type);

	if (type_is_nested(col->type)) {
		struct column one = *col;
		struct text t = { 0 };
		int32_t row = (int32_t)at;
		struct batch b = { &one, 1, row + 1, 1, &row };

		one.flags &= ~(uint32_t)COL_CONST;
		wire_put(&t, &b);
		cell_room(g, c, t.n);
		memcpy(c->room, t.p, t.n);
		c->len = (uint32_t)t.n;
		text_release(&t);
		return;
	}
	memcpy(c->v, (const char *)col->data + at * w, (size_t)w);
	if (type_is_bytes(col->type)) {
		struct sview *s = (struct sview *)(void *)c->v;

		if (s->len <= SVIEW_INLINE)
			return;
		cell_room(g, c, s->len);
		memcpy(c->room, s->ptr, s->len);
		s->ptr = c->room;
	}
}

static int
cell_compare(const struct cell *c, const struct type *t,
    const struct column *col, int i)
{
	struct arena a = { 0 };
	struct column mine;
	int r;

	cell_column(c, t, &mine, &a);
	r = col_compare(col, i, &mine, 0);
	arena_release(&a);
	return r;
}

/* Nested values go through a builder whose memory moves to the heap. */
static void
nested_out(struct cell *const *c, const bool *null, int n,
    const struct type *t, struct column *out, struct arena *heap)
{
	struct builder *b = NEW(heap, struct builder);
	struct arena a = { 0 };
	struct text raw = { 0 };
	struct batch all;
	struct column col, one;
	struct err e;

	builder_init(b, t);
	for (int i = 0; i < n; i++) {
		if (null[i]) {
			builder_null(b);
			continue;
		}
		arena_reset(&a);
		cell_column(c[i], t, &one, &a);
		builder_value(b, &one, 0);
	}
	builder_column(b, 0, n, &col, &a);
	all = (struct batch){ &col, 1, n, n, NULL };
	wire_put(&raw, &all);
	builder_release(b);
	arena_release(&a);
	if (wire_get(arena_memdup(heap, raw.p, raw.n), raw.n, &t, 1, heap,
	    &all, &e) > 0)
		*out = all.col[0];
	text_release(&raw);
}

/* Writes the values of n cells as a column. */
static void
cells_out(struct cell *const *c, const bool *null, int n,
    const struct type *t, struct column *out, struct arena *heap)
{
	int w = type_width(t);

	if (type_is_nested(t)) {
		nested_out(c, null, n, t, out, heap);
		return;
	}
	for (int i = 0; i < n; i++) {
		if (null[i]) {
			agg_out_null(out, i, n, heap);
			memset((char *)out->data + i * w, 0, (size_t)w);
			continue;
		}
		memcpy((char *)out->data + i * w, c[i]->v, (size_t)w);
	}
}

static const struct type *
value_type(const struct agg *g)
{
	return g->arg_type[0];
}

static bool
wants_max(const struct agg *g)
{
	return strncmp(g->fn->name, "max", 3) == 0;
}

static bool
has_by(const struct agg *g)
{
	size_t n = strlen(g->fn->name);

	return n > 3 && strcmp(g->fn->name + n - 3, "_by") == 0;
}

static int
pick_bind(struct agg_bind *b, struct err *e)
{
	if (b->narg == 2) {
		struct datum *d = &b->arg[1]->u.lit;

		if (b->arg[1]->kind != EXPR_LIT || d->type->kind != TYPE_BOOL)
			return err_at(e, b->span, "the second argument must be "
			    "true or false: ignore nulls");
	}
	b->type = b->arg[0]->type;
	return 0;
}

static int
minmax_bind(struct agg_bind *b, struct err *e)
{
	b->type = b->arg[0]->type;
	if (!type_is_ordered(b->type))
		return agg_refuse(b, 0, "min/max", e);
	return 0;
}

static int
by_bind(struct agg_bind *b, struct err *e)
{
	b->type = b->arg[0]->type;
	if (!type_is_ordered(b->arg[1]->type))
		return agg_refuse(b, 1, "min_by/max_by", e);
	return 0;
}

static int
pick_plan(struct agg *g, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	g->size = (int)((sizeof(struct pick) + 15) & ~(size_t)15);
	g->ncol = has_by(g) ? 4 : 2;
	g->col[0] = value_type(g);
	g->col[1] = TYPE(I64);
	if (has_by(g)) {
		g->col[2] = g->arg_type[1];
		g->col[3] = TYPE(BOOL);
	}
	return 0;
}

/* Takes row i as the kept value. */
static void
keep(const struct agg *g, struct pick *p, const struct column *c, int i)
{
	p->null = agg_null(c, i);
	p->n = 1;
	if (!p->null)
		cell_set(g, &p->value, c, i);
}

static int
minmax_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	int sign = wants_max(g) ? 1 : -1;

	(void)e;
	for (int i = 0; i < n; i++) {
		struct pick *p = state[i];

		if (agg_null(&arg[0], i))
			continue;
		if (p->n == 0 || sign * cell_compare(&p->value,
		    value_type(g), &arg[0], i) > 0)
			keep(g, p, &arg[0], i);
	}
	return 0;
}

/* Numbers and dates: compared as they lie in the state. */
#define FAST(NAME, T, BETTER)                                           \
static void                                                             \
NAME(const struct agg *g, void *const *state, const struct column *c,   \
    int n)                                                              \
{                                                                       \
	const T *v = c->data;                                           \
	bool max = wants_max(g);                                        \
									\
	for (int i = 0; i < n; i++) {                                   \
		struct pick *p = state[i];                              \
		T x = v[col_at(c, i)], *have = (T *)(void *)p->value.v; \
		if (agg_null(c, i)) continue;                           \
		if (p->n == 0 || (BETTER)) { *have = x; p->n = 1; }     \
	}                                                               \
}

FAST(fast_i32, int32_t, max ? x > *have : x < *have)
FAST(fast_i64, int64_t, max ? x > *have : x < *have)

static int
minmax_any(const struct agg *g, void *const *state, const struct column *arg,
    int n, struct err *e)
{
	switch (value_type(g)->kind) {
	case TYPE_I32: case TYPE_DATE: case TYPE_YMI:
		fast_i32(g, state, arg, n);
		return 0;
	case TYPE_I64: case TYPE_DEC64: case TYPE_TS: case TYPE_TSNTZ:
	case TYPE_DTI:
		fast_i64(g, state, arg, n);
		return 0;
	default:
		return minmax_update(g, state, arg, n, e);
	}
}

static int
minmax_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	return minmax_any(g, state, col, n, e);
}

static int
by_update(const struct agg *g, void *const *state, const struct column *arg,
    int n, struct err *e)
{
	int sign = wants_max(g) ? 1 : -1;

	(void)e;
	for (int i = 0; i < n; i++) {
		struct pick *p = state[i];

		if (agg_null(&arg[1], i))
			continue;
		if (p->n && sign * cell_compare(&p->by, g->arg_type[1],
		    &arg[1], i) <= 0)
			continue;
		keep(g, p, &arg[0], i);
		cell_set(g, &p->by, &arg[1], i);
	}
	return 0;
}

static int
by_merge(const struct agg *g, void *const *state, const struct column *col,
    int n, struct err *e)
{
	struct column arg[2] = { col[0], col[2] };

	return by_update(g, state, arg, n, e);
}

static bool
ignores_nulls(const struct agg *g)
{
	return g->call->u.agg.narg == 2 && !has_by(g) &&
	    g->call->u.agg.arg[1]->u.lit.b;
}

static bool
is_last(const struct agg *g)
{
	return strncmp(g->fn->name, "last", 4) == 0;
}

static int
first_rows(const struct agg *g, void *const *state, const struct column *c,
    const int64_t *count, int n)
{
	bool ignore = ignores_nulls(g), last = is_last(g);

	for (int i = 0; i < n; i++) {
		struct pick *p = state[i];

		if ((count && !count[i]) || (ignore && agg_null(c, i)))
			continue;
		if (p->n == 0 || last)
			keep(g, p, c, i);
	}
	return 0;
}

static int
first_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	(void)e;
	return first_rows(g, state, &arg[0], NULL, n);
}

static int
first_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	(void)e;
	return first_rows(g, state, &col[0], col[1].data, n);
}

static int
single_add(const struct agg *g, void *const *state, const struct column *c,
    const int64_t *count, int n, struct err *e)
{
	for (int i = 0; i < n; i++) {
		struct pick *p = state[i];
		int64_t rows = count ? count[i] : 1;

		if (p->n + rows > 1)
			return err_user(e, EXIT_JOB, "more than one row "
			    "returned by a subquery used as an expression");
		if (rows)
			keep(g, p, c, i);
	}
	return 0;
}

static int
single_update(const struct agg *g, void *const *state,
    const struct column *arg, int n, struct err *e)
{
	return single_add(g, state, &arg[0], NULL, n, e);
}

static int
single_merge(const struct agg *g, void *const *state,
    const struct column *col, int n, struct err *e)
{
	return single_add(g, state, &col[0], col[1].data, n, e);
}

static void
values_out(const struct agg *g, void *const *state, int n, bool by,
    struct column *out, struct arena *heap)
{
	const struct type *t = by ? g->arg_type[1] : value_type(g);
	struct cell **c = NEW_N(heap, struct cell *, n + 1);
	bool *null = NEW_N(heap, bool, n + 1);

	for (int i = 0; i < n; i++) {
		struct pick *p = state[i];

		c[i] = by ? &p->by : &p->value;
		null[i] = p->n == 0 || (!by && p->null);
	}
	cells_out(c, null, n, t, out, heap);
}

static int
pick_save(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	int64_t *count = out[1].data;

	(void)e;
	values_out(g, state, n, false, &out[0], heap);
	for (int i = 0; i < n; i++)
		count[i] = ((struct pick *)state[i])->n;
	if (!has_by(g))
		return 0;
	values_out(g, state, n, true, &out[2], heap);
	memset(out[3].data, 0, (size_t)n);
	return 0;
}

static int
pick_final(const struct agg *g, void *const *state, int n,
    struct column *out, struct arena *heap, struct err *e)
{
	(void)e;
	values_out(g, state, n, false, out, heap);
	return 0;
}

#define PICK(NAME, MIN, MAX, FLAGS, BIND, UPDATE, MERGE, USAGE, HELP, EX) \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .plan = pick_plan,                              \
	  .update = UPDATE, .merge = MERGE, .save = pick_save,          \
	  .final = pick_final, .usage = USAGE, .help = HELP, .example = EX }

const struct aggfn aggfn_pick[] = {
	PICK("min", 1, 1, AGG_NODISTINCT, minmax_bind, minmax_any,
	    minmax_merge, "min(expr)", "The least value.",
	    "select min(x) from values (2), (1) as t(x) = 1"),
	PICK("max", 1, 1, AGG_NODISTINCT, minmax_bind, minmax_any,
	    minmax_merge, "max(expr)", "The greatest value.",
	    "select max(x) from values (2), (1) as t(x) = 2"),
	PICK("min_by", 2, 2, 0, by_bind, by_update, by_merge,
	    "min_by(value, by)", "The value in the row where by is least.",
	    "select min_by(x, y) from values ('a', 2), ('b', 1) as t(x, y) = 'b'"),
	PICK("max_by", 2, 2, 0, by_bind, by_update, by_merge,
	    "max_by(value, by)", "The value in the row where by is greatest.",
	    "select max_by(x, y) from values ('a', 2), ('b', 1) as t(x, y) = 'a'"),
	PICK("first", 1, 2, AGG_ORDERED, pick_bind, first_update, first_merge,
	    "first(expr[, ignore_nulls])", "The value of the first row.",
	    "select first(x) from values (1), (2) as t(x) = 1"),
	PICK("first_value", 1, 2, AGG_ORDERED, pick_bind, first_update,
	    first_merge, "first_value(expr[, ignore_nulls])",
	    "The same as first.",
	    "select first_value(x) from values (1), (2) as t(x) = 1"),
	PICK("any_value", 1, 2, AGG_ORDERED, pick_bind, first_update,
	    first_merge, "any_value(expr[, ignore_nulls])",
	    "The value of some row.",
	    "select any_value(x) from values (1), (1) as t(x) = 1"),
	PICK("last", 1, 2, AGG_ORDERED, pick_bind, first_update, first_merge,
	    "last(expr[, ignore_nulls])", "The value of the last row.",
	    "select last(x) from values (1), (2) as t(x) = 2"),
	PICK("last_value", 1, 2, AGG_ORDERED, pick_bind, first_update,
	    first_merge, "last_value(expr[, ignore_nulls])",
	    "The same as last.",
	    "select last_value(x) from values (1), (2) as t(x) = 2"),
	PICK("single_value", 1, 1, AGG_HIDDEN, pick_bind, single_update,
	    single_merge, "single_value(expr)",
	    "The value of the only row of a scalar subquery.", NULL),
	{ 0 }
};
