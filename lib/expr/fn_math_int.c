/*
 * fn_math_int -- remainders, bits and number bases.
 *
 * conv works on unsigned 64-bit numbers like Hive's NumberConverter.
 */
#include "expr/fn_math.h"

#include <math.h>

#include "expr/coerce.h"

static int
by_zero(struct err *e)
{
	err_user(e, EXIT_DATA, "division by zero");
	return err_hint(e, "try_mod gives null instead");
}

#define PMOD_INT(name, T)                                               \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data, *b = k->arg[1].data;               \
	T *o = k->out->data;                                            \
	ROWS(k, i) {                                                    \
		if (b[i] == 0)                                          \
			return by_zero(e);                              \
		o[i] = (T)(b[i] == (T)-1 ? 0 : a[i] % b[i]);            \
		if (o[i] < 0)                                           \
			o[i] = (T)((T)(o[i] + b[i]) % b[i]);            \
	}                                                               \
	return 0;                                                       \
}

PMOD_INT(k_pmod_i8, int8_t)
PMOD_INT(k_pmod_i16, int16_t)
PMOD_INT(k_pmod_i32, int32_t)
PMOD_INT(k_pmod_i64, int64_t)
PMOD_INT(k_pmod_i128, i128)

static int
k_pmod_f64(struct kernel_call *k, struct err *e)
{
	const double *a = k->arg[0].data, *b = k->arg[1].data;
	double *o = k->out->data;

	ROWS(k, i) {
		if (b[i] == 0)
			return by_zero(e);
		o[i] = fmod(a[i], b[i]);
		if (o[i] < 0)
			o[i] = fmod(o[i] + b[i], b[i]);
	}
	return 0;
}

static int
k_pmod_f32(struct kernel_call *k, struct err *e)
{
	const float *a = k->arg[0].data, *b = k->arg[1].data;
	float *o = k->out->data;

	ROWS(k, i) {
		if (b[i] == 0)
			return by_zero(e);
		o[i] = fmodf(a[i], b[i]);
		if (o[i] < 0)
			o[i] = fmodf(o[i] + b[i], b[i]);
	}
	return 0;
}

int
bind_pmod(struct func_bind *b, struct err *e)
{
	TRY(bind_common(b, 0, e));
	if (!type_is_numeric(b->arg[0]->type)) {
		TRY(bind_cast(b, 0, TYPE(F64), e));
		TRY(bind_cast(b, 1, TYPE(F64), e));
	}
	b->type = b->arg[0]->type;
	switch (b->type->kind) {
	case TYPE_I8: b->kernel = k_pmod_i8; break;
	case TYPE_I16: b->kernel = k_pmod_i16; break;
	case TYPE_I32: b->kernel = k_pmod_i32; break;
	case TYPE_F32: b->kernel = k_pmod_f32; break;
	case TYPE_F64: b->kernel = k_pmod_f64; break;
	case TYPE_DEC128: b->kernel = k_pmod_i128; break;
	default: b->kernel = k_pmod_i64; break;
	}
	return 0;
}

/* Negative numbers count the bits of their 64-bit form, as in Spark. */
static int
k_bit_count(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = __builtin_popcountll((uint64_t)row_i64(k, 0, i));
	return 0;
}

static int
k_bit_count_bool(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	ROWS(k, i)
		o[i] = row_bool(k, 0, i);
	return 0;
}

int
bind_bit_count(struct func_bind *b, struct err *e)
{
	bool truth = b->arg[0]->type->kind == TYPE_BOOL;

	if (!truth && !type_is_int(b->arg[0]->type) &&
	    b->arg[0]->type->kind != TYPE_NULL)
		return bind_refuse(b, e);
	b->kernel = truth ? k_bit_count_bool : k_bit_count;
	return bind_sig(b, truth ? "B" : "l", 'i', e);
}

static int
k_bit_get(struct kernel_call *k, struct err *e)
{
	const int *bits = k->state;
	int8_t *o = k->out->data;

	ROWS(k, i) {
		int32_t at = row_i32(k, 1, i);

		if (at < 0 || at >= *bits)
			return err_user(e, EXIT_DATA, "bit_get: there is no "
			    "bit %d in a number of %d bits", at, *bits);
		o[i] = row_i64(k, 0, i) >> at & 1;
	}
	return 0;
}

int
bind_bit_get(struct func_bind *b, struct err *e)
{
	int *bits = arena_alloc(b->env->arena, sizeof *bits);

	if (!type_is_int(b->arg[0]->type) &&
	    b->arg[0]->type->kind != TYPE_NULL)
		return bind_refuse(b, e);
	*bits = type_width(b->arg[0]->type) * 8;
	b->state = bits;
	b->kernel = k_bit_get;
	TRY(bind_sig(b, "li", 'i', e));
	b->type = TYPE(I8);
	return 0;
}

int
k_factorial(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		int32_t n = row_i32(k, 0, i);

		o[i] = 1;
		if (n < 0 || n > 20)
			kernel_null(k, i);
		else
			for (int j = 2; j <= n; j++)
				o[i] *= j;
	}
	return 0;
}

/* Writes v in a base from 2 to 36 to the end of buf[64]; returns its start. */
static char *
base_put(char *buf, uint64_t v, unsigned base)
{
	char *p = buf + 64;

	do
		*--p = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % base];
	while (v /= base);
	return p;
}

int
k_bin(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		char buf[64];
		char *p = base_put(buf, (uint64_t)row_i64(k, 0, i), 2);

		kernel_bytes(k, i, p, (size_t)(buf + 64 - p));
	}
	return 0;
}

static int
digit_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'z' ? c - 'a' + 10
	    : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

static int
conv_row(struct kernel_call *k, int i, struct err *e)
{
	struct bytes s = row_bytes(k, 0, i);
	int from = row_i32(k, 1, i), to = row_i32(k, 2, i);
	int base = to < 0 ? -to : to;
	bool negative = false;
	uint64_t v = 0;
	char buf[65], *p;

	for (; s.n && s.p[0] == ' '; s.n--)
		s.p++;
	for (; s.n && s.p[s.n - 1] == ' '; s.n--)
		;
	if (from < 2 || from > 36 || base < 2 || base > 36 || s.n == 0) {
		kernel_null(k, i);
		return 0;
	}
	if (s.p[0] == '-') {
		negative = true;
		s.p++;
		s.n--;
	}
	for (; s.n && digit_value(*s.p) < from; s.p++, s.n--)
		if (__builtin_mul_overflow(v, (uint64_t)from, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit_value(*s.p),
		    &v))
			return err_user(e, EXIT_DATA,
			    "conv: the number does not fit 64 bits");
	if (negative && to > 0)
		v = (int64_t)v < 0 ? UINT64_MAX : -v;
	if (!negative && to < 0 && (int64_t)v < 0) {
		v = -v;
		negative = true;
	}
	p = base_put(buf + 1, v, (unsigned)base);
	if (negative && to < 0)
		*--p = '-';
	kernel_bytes(k, i, p, (size_t)(buf + 65 - p));
	return 0;
}

int
k_conv(struct kernel_call *k, struct err *e)
{
	ROWS(k, i)
		TRY(conv_row(k, i, e));
	return 0;
}
