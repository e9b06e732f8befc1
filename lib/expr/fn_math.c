/*
 * fn_math -- the table of mathematical functions.
 */
#include "expr/fn_math.h"

SIG(sig_d_d, "d", 'd')
SIG(sig_i_l, "i", 'l')
SIG(sig_l_s, "l", 's')
SIG(sig_sii_s, "sii", 's')
SIG(sig_dddl_l, "dddl", 'l')

#define C FN_CONSTS
#define RANDOM (FN_CONSTS | FN_CUSTOM | FN_NONDET | FN_NONNULL)
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "math", usage, help, example }
#define REAL(name, kernel, help, example)                               \
	{ name, 1, 1, 0, sig_d_d, kernel, "math", name "(x)", help, example }

const struct func func_math[] = {
	ROW("abs", 1, 1, FN_FAILS, bind_abs, NULL, "abs(x)",
	    "The number without its sign.", "abs(-1) = 1"),
	REAL("sign", k_sign, "-1, 0 or 1 as x is below, at or above 0.",
	    "sign(40) = 1.0"),
	REAL("signum", k_sign, "The same as sign.", "signum(-4) = -1.0"),
	ROW("round", 1, 2, FN_FAILS, bind_round, NULL, "round(x[, places])",
	    "Rounds to places decimals, ties away from zero; negative places "
	    "are tens, hundreds ...", "round(2.5) = 3"),
	ROW("bround", 1, 2, FN_FAILS, bind_bround, NULL,
	    "bround(x[, places])", "As round, but ties go to the even digit.",
	    "bround(2.5) = 2"),
	ROW("ceil", 1, 2, FN_FAILS, bind_ceil, NULL, "ceil(x[, places])",
	    "The least number not below x that is whole, or has the given "
	    "decimals.", "ceil(-0.1) = 0"),
	ROW("ceiling", 1, 2, FN_FAILS, bind_ceil, NULL,
	    "ceiling(x[, places])", "The same as ceil.",
	    "ceiling(5.4) = 6"),
	ROW("floor", 1, 2, FN_FAILS, bind_floor, NULL, "floor(x[, places])",
	    "The greatest number not above x that is whole, or has the given "
	    "decimals.", "floor(3.1411, 3) = 3.141"),
	REAL("rint", k_rint, "The nearest whole number as a double, ties to "
	    "the even one.", "rint(12.3456) = 12.0"),
	REAL("sqrt", k_sqrt, "Square root.", "sqrt(4) = 2.0"),
	REAL("cbrt", k_cbrt, "Cube root.", "cbrt(27.0) = 3.0"),
	REAL("exp", k_exp, "e to the power of x.", "exp(0) = 1.0"),
	REAL("expm1", k_expm1, "exp(x) - 1, exact near 0.",
	    "expm1(0) = 0.0"),
	ROW("ln", 1, 1, FN_NULLS, sig_d_d, k_ln, "ln(x)",
	    "Natural logarithm, null unless x > 0.", "ln(1) = 0.0"),
	ROW("log", 1, 2, FN_NULLS, bind_log, NULL, "log([base, ]x)",
	    "Logarithm to a base, natural without one; null unless both are "
	    "positive.", "log(10, 100) = 2.0"),
	ROW("log2", 1, 1, FN_NULLS, sig_d_d, k_log2, "log2(x)",
	    "Logarithm to base 2.", "log2(2) = 1.0"),
	ROW("log10", 1, 1, FN_NULLS, sig_d_d, k_log10, "log10(x)",
	    "Logarithm to base 10.", "log10(10) = 1.0"),
	ROW("log1p", 1, 1, FN_NULLS, sig_d_d, k_log1p, "log1p(x)",
	    "ln(1 + x), exact near 0.", "log1p(0) = 0.0"),
	ROW("pow", 2, 2, 0, sig_d_d, k_pow, "pow(x, y)",
	    "x to the power of y.", "pow(2, 3) = 8.0"),
	ROW("power", 2, 2, 0, sig_d_d, k_pow, "power(x, y)",
	    "The same as pow.", "power(2, 3) = 8.0"),
	ROW("hypot", 2, 2, 0, sig_d_d, k_hypot, "hypot(x, y)",
	    "Square root of x * x + y * y.", "hypot(3, 4) = 5.0"),
	REAL("sin", k_sin, "Sine of an angle in radians.", "sin(0) = 0.0"),
	REAL("cos", k_cos, "Cosine.", "cos(0) = 1.0"),
	REAL("tan", k_tan, "Tangent.", "tan(0) = 0.0"),
	REAL("cot", k_cot, "Cotangent.", "round(cot(1), 4) = 0.6421"),
	REAL("sec", k_sec, "Secant, 1 / cos(x).", "sec(0) = 1.0"),
	REAL("csc", k_csc, "Cosecant, 1 / sin(x).",
	    "round(csc(1), 4) = 1.1884"),
	REAL("asin", k_asin, "Inverse sine.", "asin(0) = 0.0"),
	REAL("acos", k_acos, "Inverse cosine.", "acos(1) = 0.0"),
	REAL("atan", k_atan, "Inverse tangent.", "atan(0) = 0.0"),
	ROW("atan2", 2, 2, 0, sig_d_d, k_atan2, "atan2(y, x)",
	    "Angle of the point (x, y).", "atan2(0, 0) = 0.0"),
	REAL("sinh", k_sinh, "Hyperbolic sine.", "sinh(0) = 0.0"),
	REAL("cosh", k_cosh, "Hyperbolic cosine.", "cosh(0) = 1.0"),
	REAL("tanh", k_tanh, "Hyperbolic tangent.", "tanh(0) = 0.0"),
	REAL("asinh", k_asinh, "Inverse hyperbolic sine.",
	    "asinh(0) = 0.0"),
	REAL("acosh", k_acosh, "Inverse hyperbolic cosine.",
	    "acosh(1) = 0.0"),
	REAL("atanh", k_atanh, "Inverse hyperbolic tangent.",
	    "atanh(0) = 0.0"),
	REAL("degrees", k_degrees, "Radians to degrees.",
	    "degrees(pi()) = 180.0"),
	REAL("radians", k_radians, "Degrees to radians.",
	    "radians(180) = pi()"),
	ROW("pi", 0, 0, 0, bind_pi, NULL, "pi()", "3.14159...",
	    "round(pi(), 5) = 3.14159"),
	ROW("e", 0, 0, 0, bind_e, NULL, "e()", "2.71828...",
	    "round(e(), 5) = 2.71828"),
	ROW("factorial", 1, 1, C | FN_NULLS, sig_i_l, k_factorial,
	    "factorial(n)", "n!, null unless 0 <= n <= 20.",
	    "factorial(5) = 120"),
	ROW("pmod", 2, 2, FN_FAILS, bind_pmod, NULL, "pmod(a, b)",
	    "Remainder that is not negative if b is positive.",
	    "pmod(-10, 3) = 2"),
	ROW("bin", 1, 1, C, sig_l_s, k_bin, "bin(n)",
	    "The number in base 2.", "bin(13) = '1101'"),
	ROW("conv", 3, 3, C | FN_NULLS | FN_FAILS, sig_sii_s, k_conv,
	    "conv(n, from, to)", "A number written in one base, in another.",
	    "conv('100', 2, 10) = '4'"),
	ROW("bit_count", 1, 1, C, bind_bit_count, NULL, "bit_count(n)",
	    "How many bits are set.", "bit_count(7) = 3"),
	ROW("bit_get", 2, 2, C | FN_FAILS, bind_bit_get, NULL,
	    "bit_get(n, pos)", "Bit number pos, from the right, from 0.",
	    "bit_get(11, 2) = 0"),
	ROW("getbit", 2, 2, C | FN_FAILS, bind_bit_get, NULL,
	    "getbit(n, pos)", "The same as bit_get.", "getbit(11, 0) = 1"),
	ROW("width_bucket", 4, 4, C | FN_NULLS, sig_dddl_l, k_width_bucket,
	    "width_bucket(x, low, high, n)", "Number of the bucket of x among "
	    "n equal ones from low to high; 0 below, n + 1 above.",
	    "width_bucket(5.3, 0.2, 10.6, 5) = 3"),
	ROW("isnan", 1, 1, C | FN_CUSTOM | FN_NONNULL, bind_isnan, NULL,
	    "isnan(x)", "Is it NaN?", "isnan(cast('NaN' as double))"),
	ROW("nanvl", 2, 2, C | FN_CUSTOM, bind_nanvl, NULL, "nanvl(x, y)",
	    "x, or y if x is NaN.",
	    "nanvl(cast('NaN' as double), 123) = 123.0"),
	ROW("rand", 0, 1, RANDOM, bind_rand, NULL, "rand([seed])",
	    "A random number from 0 to below 1; the same for the same seed, "
	    "partition and row.", "rand(0) < 1"),
	ROW("random", 0, 1, RANDOM, bind_rand, NULL, "random([seed])",
	    "The same as rand.", "random(1) >= 0"),
	ROW("randn", 0, 1, RANDOM, bind_randn, NULL, "randn([seed])",
	    "A random number of the standard normal distribution.",
	    "abs(randn(0)) < 10"),
	ROW("uniform", 2, 3, RANDOM, bind_uniform, NULL,
	    "uniform(low, high[, seed])", "A random number from low to below "
	    "high.", "uniform(10, 20, 0) >= 10"),
	ROW("uuid", 0, 1, RANDOM, bind_uuid, NULL, "uuid([seed])",
	    "A random UUID of version 4.", "length(uuid()) = 36"),
	ROW("randstr", 1, 2, RANDOM, bind_randstr, NULL,
	    "randstr(length[, seed])", "A string of random letters and "
	    "digits.", "length(randstr(3, 0)) = 3"),
	{ 0 },
};
