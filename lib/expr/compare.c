/*
 * compare -- = <> < <= > >= and <=>, as columns of booleans and as picks.
 *
 * NaN equals NaN and is greater than all other numbers; -0.0 equals 0.0.
 * Loops exist for = <> < <= per type; > and >= swap the sides.  A pick
 * compares a column with a constant into bytes, which pick_bools turns into
 * row numbers.
 */
#include "base/arena.h"
#include "base/simd.h"
#include "expr/operators.h"

#define ROWS_AT_ONCE 2048       /* tested before they are listed */

#define INLINE static inline __attribute__((always_inline))

#define F_EQ(x, y) ((x == y) | ((x != x) & (y != y)))
#define F_LT(x, y) ((x < y) | ((y != y) & (x == x)))
#define F_LE(x, y) ((x <= y) | (y != y))
#define I_EQ(x, y) (x == y)
#define I_NE(x, y) (x != y)
#define I_LT(x, y) (x < y)
#define I_LE(x, y) (x <= y)
#define I_GT(x, y) (x > y)
#define I_GE(x, y) (x >= y)
#define F_NE(x, y) (!F_EQ(x, y))
#define F_GT(x, y) F_LT(y, x)
#define F_GE(x, y) F_LE(y, x)

#define LOOP(name, T, TEST, CLONES)                                     \
INLINE void                                                             \
name##_at(const T *a, int sa, const T *b, int sb, uint8_t *restrict o,  \
    int n)                                                              \
{                                                                       \
	for (int i = 0; i < n; i++) {                                   \
		T x = a[i * sa], y = b[i * sb];                         \
		o[i] = TEST(x, y);                                      \
	}                                                               \
}                                                                       \
KERNEL(name, T, CLONES)

/* Constants on either side are not spread out. */
#define KERNEL(name, T, CLONES)                                         \
CLONES static void                                                      \
name(const struct column *p, const struct column *q, uint8_t *o, int n) \
{                                                                       \
	const T *a = p->data, *b = q->data;                             \
	if (q->flags & COL_CONST)                                       \
		name##_at(a, 1, b, 0, o, n);                            \
	else if (p->flags & COL_CONST)                                  \
		name##_at(a, 0, b, 1, o, n);                            \
	else                                                            \
		name##_at(a, 1, b, 1, o, n);                            \
}

#define FOUR(t, T, F, CLONES)                                           \
	LOOP(eq_##t, T, F##_EQ, CLONES) LOOP(ne_##t, T, F##_NE, CLONES) \
	LOOP(lt_##t, T, F##_LT, CLONES) LOOP(le_##t, T, F##_LE, CLONES)

/* The types of hot columns get loops for each machine. */
FOUR(i8, int8_t, I, )
FOUR(i16, int16_t, I, )
FOUR(i32, int32_t, I, SIMD_CLONES)
FOUR(i64, int64_t, I, SIMD_CLONES)
FOUR(i128, i128, I, )
FOUR(f32, float, F, )
FOUR(f64, double, F, SIMD_CLONES)

typedef void loop_fn(const struct column *, const struct column *, uint8_t *,
    int);

enum width { W8, W16, W32, W64, W128, WF32, WF64, WIDTHS };

static loop_fn *const loops[4][WIDTHS] = {
	{ eq_i8, eq_i16, eq_i32, eq_i64, eq_i128, eq_f32, eq_f64 },
	{ ne_i8, ne_i16, ne_i32, ne_i64, ne_i128, ne_f32, ne_f64 },
	{ lt_i8, lt_i16, lt_i32, lt_i64, lt_i128, lt_f32, lt_f64 },
	{ le_i8, le_i16, le_i32, le_i64, le_i128, le_f32, le_f64 },
};

static int
width_of(const struct type *t)
{
	static const signed char width[TYPE_KINDS] = {
		[TYPE_NULL] = W8, [TYPE_BOOL] = W8, [TYPE_I8] = W8,
		[TYPE_I16] = W16, [TYPE_I32] = W32, [TYPE_I64] = W64,
		[TYPE_F32] = WF32, [TYPE_F64] = WF64, [TYPE_DEC64] = W64,
		[TYPE_DEC128] = W128, [TYPE_STR] = -1, [TYPE_BIN] = -1,
		[TYPE_DATE] = W32, [TYPE_TS] = W64, [TYPE_TSNTZ] = W64,
		[TYPE_YMI] = W32, [TYPE_DTI] = W64, [TYPE_ARRAY] = -1,
		[TYPE_MAP] = -1, [TYPE_STRUCT] = -1,
	};

	return width[t->kind];
}

/* Applies op to a three-way result. */
static int
holds(enum compare_op op, int r)
{
	switch (op) {
	case COMPARE_EQ:
		return r == 0;
	case COMPARE_NE:
		return r != 0;
	case COMPARE_LT:
		return r < 0;
	case COMPARE_LE:
		return r <= 0;
	case COMPARE_GT:
		return r > 0;
	default:
		return r >= 0;
	}
}

typedef void test_fn(const void *, const void *, const int32_t *, int,
    uint8_t *);
static test_fn *test_of(enum compare_op op, const struct column *constant);

/* Strings and nested values: bytes of null rows are never looked at. */
static void
compare_slow(struct kernel_call *k, enum compare_op op)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	uint8_t *restrict o = k->out->data;
	const struct sview *a = p->data, *b = q->data;
	bool bytes = type_is_bytes(p->type);
	bool equality = bytes && (op == COMPARE_EQ || op == COMPARE_NE);

	if (bytes && k->out->valid == NULL && (q->flags & COL_CONST)) {
		test_of(op, q)(a, b, NULL, k->n, o);
		return;
	}
	for (int i = 0; i < k->n; i++) {
		int64_t x = col_at(p, i), y = col_at(q, i);

		if (!kernel_wants(k, i))
			o[i] = 0;
		else if (equality)
			o[i] = sview_equal(&a[x], &b[y]) ==
			    (op == COMPARE_EQ);
		else
			o[i] = (uint8_t)holds(op, bytes ?
			    sview_cmp(&a[x], &b[y]) : col_compare(p, x, q, y));
	}
}

static void
compare_run(struct kernel_call *k, enum compare_op op)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	int w = width_of(p->type);

	if (w < 0)
		compare_slow(k, op);
	else if (op == COMPARE_GT)
		loops[COMPARE_LT][w](q, p, k->out->data, k->n);
	else if (op == COMPARE_GE)
		loops[COMPARE_LE][w](q, p, k->out->data, k->n);
	else
		loops[op][w](p, q, k->out->data, k->n);
}

#define RUN(name, op)                                                   \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	(void)e;                                                        \
	compare_run(k, op);                                             \
	return 0;                                                       \
}

RUN(run_eq, COMPARE_EQ)
RUN(run_ne, COMPARE_NE)
RUN(run_lt, COMPARE_LT)
RUN(run_le, COMPARE_LE)
RUN(run_gt, COMPARE_GT)
RUN(run_ge, COMPARE_GE)

kernel_fn
compare_kernel(enum compare_op op, const struct type *t)
{
	static const kernel_fn table[COMPARE_OPS] = {
		run_eq, run_ne, run_lt, run_le, run_gt, run_ge,
	};

	(void)t;        /* the loop is chosen once a batch */
	return table[op];
}

int
compare_same(struct kernel_call *k, struct err *e)
{
	const struct column *p = &k->arg[0], *q = &k->arg[1];
	uint8_t *o = k->out->data;

	(void)e;
	if (p->valid == NULL && q->valid == NULL) {
		compare_run(k, COMPARE_EQ);
		return 0;
	}
	k->out->valid = arena_raw(k->heap, BITS_BYTES(k->n));
	for (int i = 0; i < k->n; i++)
		bit_put(k->out->valid, i, !col_null(p, i) && !col_null(q, i));
	compare_run(k, COMPARE_EQ);
	for (int i = 0; i < k->n; i++)
		if (!bit_get(k->out->valid, i))
			o[i] = col_null(p, i) && col_null(q, i);
	k->out->valid = NULL;
	return 0;
}

/* o[i] = TEST(value of row, constant); the rows are made a list after it. */
#define TEST(name, T, HOLDS, CLONES)                                    \
CLONES static void                                                      \
name(const void *values, const void *constant, const int32_t *pick,     \
    int n, uint8_t *restrict o)                                         \
{                                                                       \
	const T *v = values, y = *(const T *)constant;                  \
	if (pick == NULL)                                               \
		for (int i = 0; i < n; i++)                             \
			{ T x = v[i]; o[i] = HOLDS(x, y); }             \
	else                                                            \
		for (int i = 0; i < n; i++)                             \
			{ T x = v[pick[i]]; o[i] = HOLDS(x, y); }       \
}

#define SIX(t, T, F, CLONES)                                            \
	TEST(test_eq_##t, T, F##_EQ, CLONES)                            \
	TEST(test_ne_##t, T, F##_NE, CLONES)                            \
	TEST(test_lt_##t, T, F##_LT, CLONES)                            \
	TEST(test_le_##t, T, F##_LE, CLONES)                            \
	TEST(test_gt_##t, T, F##_GT, CLONES)                            \
	TEST(test_ge_##t, T, F##_GE, CLONES)

SIX(i8, int8_t, I, )
SIX(i16, int16_t, I, )
SIX(i32, int32_t, I, SIMD_CLONES)
SIX(i64, int64_t, I, SIMD_CLONES)
SIX(i128, i128, I, )
SIX(f32, float, F, )
SIX(f64, double, F, SIMD_CLONES)

/* Strings: equality looks at 8 bytes first; order at the bytes. */
#define S_EQ(x, y) sview_equal(&x, &y)
#define S_NE(x, y) (!sview_equal(&x, &y))
#define S_LT(x, y) (sview_cmp(&x, &y) < 0)
#define S_LE(x, y) (sview_cmp(&x, &y) <= 0)
#define S_GT(x, y) (sview_cmp(&x, &y) > 0)
#define S_GE(x, y) (sview_cmp(&x, &y) >= 0)
SIX(str, struct sview, S, )

struct words { uint64_t w[2]; };

/* Short constants: a string equals one when its 16 bytes do. */
#define S16_EQ(x, y) ((x.w[0] == y.w[0]) & (x.w[1] == y.w[1]))
#define S16_NE(x, y) ((x.w[0] != y.w[0]) | (x.w[1] != y.w[1]))
TEST(test_eq_short, struct words, S16_EQ, SIMD_CLONES)
TEST(test_ne_short, struct words, S16_NE, SIMD_CLONES)

#define ROW(op) { test_##op##_i8, test_##op##_i16, test_##op##_i32, \
	test_##op##_i64, test_##op##_i128, test_##op##_f32, \
	test_##op##_f64, test_##op##_str }

static test_fn *const tests[COMPARE_OPS][WIDTHS + 1] = {
	ROW(eq), ROW(ne), ROW(lt), ROW(le), ROW(gt), ROW(ge),
};

static test_fn *
test_of(enum compare_op op, const struct column *constant)
{
	const struct type *t = constant->type;

	if (!type_is_bytes(t))
		return tests[op][width_of(t)];
	if (((const struct sview *)constant->data)->len <= SVIEW_INLINE) {
		if (op == COMPARE_EQ)
			return test_eq_short;
		if (op == COMPARE_NE)
			return test_ne_short;
	}
	return tests[op][WIDTHS];
}

bool
compare_can_pick(const struct type *t)
{
	return type_is_bytes(t) || width_of(t) >= 0;
}

int
compare_pick(enum compare_op op, const struct column *c,
    const struct column *constant, const int32_t *pick, int n, int32_t *out)
{
	test_fn *test = test_of(op, constant);
	size_t w = (size_t)type_width(c->type);
	uint8_t o[ROWS_AT_ONCE];
	int m = 0;

	for (int i = 0; i < n; i += ROWS_AT_ONCE) {
		int k = n - i < ROWS_AT_ONCE ? n - i : ROWS_AT_ONCE, hits;

		test(pick ? c->data : (const char *)c->data + (size_t)i * w,
		    constant->data, pick ? pick + i : NULL, k, o);
		hits = pick_bools(o, pick ? pick + i : NULL, k, out + m);
		for (int j = 0; pick == NULL && i > 0 && j < hits; j++)
			out[m + j] += i;
		m += hits;
	}
	return m;
}
