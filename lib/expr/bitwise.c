/*
 * bitwise -- & | ^ ~ and the shifts << >> >>> over integers.
 *
 * Shift counts are taken modulo the width, as in Java.
 */
#include "expr/operators.h"

#define BINARY(name, T, OP)                                             \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data, *b = k->arg[1].data;               \
	T *restrict o = k->out->data;                                   \
									\
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (T)(a[i] OP b[i]);                               \
	return 0;                                                       \
}

BINARY(and_i8, int8_t, &)
BINARY(and_i16, int16_t, &)
BINARY(and_i32, int32_t, &)
BINARY(and_i64, int64_t, &)
BINARY(or_i8, int8_t, |)
BINARY(or_i16, int16_t, |)
BINARY(or_i32, int32_t, |)
BINARY(or_i64, int64_t, |)
BINARY(xor_i8, int8_t, ^)
BINARY(xor_i16, int16_t, ^)
BINARY(xor_i32, int32_t, ^)
BINARY(xor_i64, int64_t, ^)

#define NOT(name, T)                                                    \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data;                                    \
	T *restrict o = k->out->data;                                   \
									\
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (T)~a[i];                                        \
	return 0;                                                       \
}

NOT(not_i8, int8_t)
NOT(not_i16, int16_t)
NOT(not_i32, int32_t)
NOT(not_i64, int64_t)

kernel_fn
bitwise_kernel(char op, const struct type *t)
{
	static const kernel_fn table[4][TYPE_I64 + 1] = {
		{ [TYPE_I8] = and_i8, and_i16, and_i32, and_i64 },
		{ [TYPE_I8] = or_i8, or_i16, or_i32, or_i64 },
		{ [TYPE_I8] = xor_i8, xor_i16, xor_i32, xor_i64 },
		{ [TYPE_I8] = not_i8, not_i16, not_i32, not_i64 },
	};

	if (!type_is_int(t))
		return NULL;
	return table[op == '&' ? 0 : op == '|' ? 1 : op == '^' ? 2 : 3]
	    [t->kind];
}

#define SHIFT(name, T, U, OP)                                           \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	const T *a = k->arg[0].data;                                    \
	const int32_t *b = k->arg[1].data;                              \
	T *restrict o = k->out->data;                                   \
									\
	(void)e;                                                        \
	for (int i = 0; i < k->n; i++)                                  \
		o[i] = (T)((U)a[i] OP (b[i] & (8 * (int)sizeof(T) - 1))); \
	return 0;                                                       \
}

SHIFT(left_i32, int32_t, uint32_t, <<)
SHIFT(left_i64, int64_t, uint64_t, <<)
SHIFT(right_i32, int32_t, int32_t, >>)
SHIFT(right_i64, int64_t, int64_t, >>)
SHIFT(logical_i32, int32_t, uint32_t, >>)
SHIFT(logical_i64, int64_t, uint64_t, >>)

kernel_fn
shift_kernel(int op, const struct type *t)
{
	bool wide = t->kind == TYPE_I64;

	if (op == '<')
		return wide ? left_i64 : left_i32;
	if (op == '>')
		return wide ? right_i64 : right_i32;
	return wide ? logical_i64 : logical_i32;
}
