/*
 * fn_math_rand -- rand, randn, uniform, uuid, randstr.
 *
 * A value is a mix of (seed, partition, row) and nothing else: a task that
 * runs twice makes the same rows, in whatever batches they come.  Without a
 * seed of the user's a call gets one when it is bound, made of the job's seed
 * and its place in the text, and keeps it as an argument: so two calls differ,
 * and a plan that is sent as text repeats them.
 */
#include "expr/fn_math.h"

#include <math.h>

#include "base/hash.h"

/* Puts a seed into argument number at when it is missing. */
static int
seed_bind(struct func_bind *b, int at, struct err *e)
{
	if (b->narg <= at) {
		uint64_t h = hash_combine(hash_u64(b->env->seed + 1),
		    (uint64_t)b->span.src << 32 | (uint32_t)b->span.at);

		b->arg[b->narg++] = expr_lit(b->env->arena, (struct datum){
		    .type = TYPE(I64), .i = (int64_t)(h >> 1) });
		return 0;
	}
	return bind_cast(b, at, TYPE(I64), e);
}

/* The random word number nth of row i. */
static uint64_t
word(const struct kernel_call *k, int seed_arg, int i, uint64_t nth)
{
	uint64_t seed = col_null(&k->arg[seed_arg], i) ? 0
	    : (uint64_t)row_i64(k, seed_arg, i);
	uint64_t h = hash_combine(hash_u64(seed ^ 0x9e3779b97f4a7c15u),
	    (uint64_t)k->part);

	h = hash_combine(h, (uint64_t)(k->row + i));
	return nth ? hash_combine(h, nth) : h;
}

/* In [0, 1), 53 bits. */
static double
unit(uint64_t w)
{
	return (double)(w >> 11) * 0x1p-53;
}

static int
k_rand(struct kernel_call *k, struct err *e)
{
	double *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		o[i] = unit(word(k, 0, i, 0));
	return 0;
}

static int
k_randn(struct kernel_call *k, struct err *e)
{
	double *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {        /* Box and Muller */
		double u = 1.0 - unit(word(k, 0, i, 0));
		double v = unit(word(k, 0, i, 1));

		o[i] = sqrt(-2.0 * log(u)) * cos(2.0 * M_PI * v);
	}
	return 0;
}

static int
k_uuid(struct kernel_call *k, struct err *e)
{
	(void)e;
	for (int i = 0; i < k->n; i++) {
		uint64_t w[2] = { word(k, 0, i, 0), word(k, 0, i, 1) };
		char buf[36];
		int n = 0;

		w[0] = (w[0] & ~(uint64_t)0xf000) | 0x4000;     /* version 4 */
		w[1] = (w[1] & ~((uint64_t)3 << 62)) | (uint64_t)2 << 62;
		for (int j = 0; j < 32; j++) {
			if (j == 8 || j == 12 || j == 16 || j == 20)
				buf[n++] = '-';
			buf[n++] = "0123456789abcdef"[w[j >> 4] >>
			    (60 - 4 * (j & 15)) & 15];
		}
		kernel_bytes(k, i, buf, 36);
	}
	return 0;
}

static int
k_uniform_f64(struct kernel_call *k, struct err *e)
{
	double *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		double low = row_f64(k, 0, i), high = row_f64(k, 1, i);

		o[i] = low + (high - low) * unit(word(k, 2, i, 0));
	}
	return 0;
}

static int
k_uniform_i64(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		int64_t low = row_i64(k, 0, i), high = row_i64(k, 1, i);
		i128 wide = (i128)high - low;

		o[i] = (int64_t)(low +
		    (i128)((double)wide * unit(word(k, 2, i, 0))));
	}
	return 0;
}

static int
k_randstr(struct kernel_call *k, struct err *e)
{
	static const char chars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (int i = 0; i < k->n; i++) {
		int32_t len = row_i32(k, 0, i);
		size_t n = len > 0 ? (size_t)len : 0;
		char *p;

		TRY(row_fits(k, n, e));
		p = row_room(k, n);
		for (size_t j = 0; j < n; j++)
			p[j] = chars[word(k, 1, i, j) % 62];
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
bind_rand(struct func_bind *b, struct err *e)
{
	b->type = TYPE(F64);
	b->kernel = k_rand;
	return seed_bind(b, 0, e);
}

int
bind_randn(struct func_bind *b, struct err *e)
{
	b->type = TYPE(F64);
	b->kernel = k_randn;
	return seed_bind(b, 0, e);
}

int
bind_uuid(struct func_bind *b, struct err *e)
{
	b->type = TYPE(STR);
	b->kernel = k_uuid;
	return seed_bind(b, 0, e);
}

int
bind_uniform(struct func_bind *b, struct err *e)
{
	bool whole = type_is_int(b->arg[0]->type) &&
	    type_is_int(b->arg[1]->type);
	struct datum d;

	b->type = whole ? TYPE(I64) : TYPE(F64);
	b->kernel = whole ? k_uniform_i64 : k_uniform_f64;
	for (int i = 0; i < 2; i++) {
		TRY(bind_cast(b, i, b->type, e));
		TRY(bind_must_const(b, i, "a bound", &d, e));
	}
	return seed_bind(b, 2, e);
}

int
bind_randstr(struct func_bind *b, struct err *e)
{
	struct datum d;

	TRY(bind_cast(b, 0, TYPE(I32), e));
	TRY(bind_must_const(b, 0, "the length", &d, e));
	b->type = TYPE(STR);
	b->kernel = k_randstr;
	return seed_bind(b, 1, e);
}
