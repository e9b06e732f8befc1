/*
 * fn_math -- kernels and binds of the mathematical functions, for the table
 * in fn_math.c.  One file a family: fn_math_*.c.
 */
#ifndef EXPR_FN_MATH_H
#define EXPR_FN_MATH_H

#include "expr/fn_sig.h"

/* fn_math_real.c: double in, double out */
int k_sqrt(struct kernel_call *k, struct err *e);
int k_cbrt(struct kernel_call *k, struct err *e);
int k_exp(struct kernel_call *k, struct err *e);
int k_expm1(struct kernel_call *k, struct err *e);
int k_rint(struct kernel_call *k, struct err *e);
int k_sign(struct kernel_call *k, struct err *e);
int k_sin(struct kernel_call *k, struct err *e);
int k_cos(struct kernel_call *k, struct err *e);
int k_tan(struct kernel_call *k, struct err *e);
int k_cot(struct kernel_call *k, struct err *e);
int k_sec(struct kernel_call *k, struct err *e);
int k_csc(struct kernel_call *k, struct err *e);
int k_asin(struct kernel_call *k, struct err *e);
int k_acos(struct kernel_call *k, struct err *e);
int k_atan(struct kernel_call *k, struct err *e);
int k_sinh(struct kernel_call *k, struct err *e);
int k_cosh(struct kernel_call *k, struct err *e);
int k_tanh(struct kernel_call *k, struct err *e);
int k_asinh(struct kernel_call *k, struct err *e);
int k_acosh(struct kernel_call *k, struct err *e);
int k_atanh(struct kernel_call *k, struct err *e);
int k_degrees(struct kernel_call *k, struct err *e);
int k_radians(struct kernel_call *k, struct err *e);
int k_pow(struct kernel_call *k, struct err *e);
int k_hypot(struct kernel_call *k, struct err *e);
int k_atan2(struct kernel_call *k, struct err *e);
int k_ln(struct kernel_call *k, struct err *e);
int k_log2(struct kernel_call *k, struct err *e);
int k_log10(struct kernel_call *k, struct err *e);
int k_log1p(struct kernel_call *k, struct err *e);
int k_width_bucket(struct kernel_call *k, struct err *e);
int bind_log(struct func_bind *b, struct err *e);
int bind_pi(struct func_bind *b, struct err *e);
int bind_e(struct func_bind *b, struct err *e);
int bind_isnan(struct func_bind *b, struct err *e);
int bind_nanvl(struct func_bind *b, struct err *e);

/* fn_math_round.c: every numeric type */
int bind_abs(struct func_bind *b, struct err *e);
int bind_round(struct func_bind *b, struct err *e);
int bind_bround(struct func_bind *b, struct err *e);
int bind_ceil(struct func_bind *b, struct err *e);
int bind_floor(struct func_bind *b, struct err *e);

/* fn_math_int.c: whole numbers and bits */
int bind_pmod(struct func_bind *b, struct err *e);
int bind_bit_count(struct func_bind *b, struct err *e);
int bind_bit_get(struct func_bind *b, struct err *e);
int k_factorial(struct kernel_call *k, struct err *e);
int k_bin(struct kernel_call *k, struct err *e);
int k_conv(struct kernel_call *k, struct err *e);

/* fn_math_rand.c: functions of (seed, partition, row) */
int bind_rand(struct func_bind *b, struct err *e);
int bind_randn(struct func_bind *b, struct err *e);
int bind_uuid(struct func_bind *b, struct err *e);
int bind_uniform(struct func_bind *b, struct err *e);
int bind_randstr(struct func_bind *b, struct err *e);

#endif
