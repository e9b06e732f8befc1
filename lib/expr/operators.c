/*
 * operators -- the table of operators: names, types, kernels.
 *
 * Spark's ANSI coercion for binary operators: a string meeting a number
 * turns into bigint or double (two strings are refused), integers widen,
 * an integer meeting a decimal becomes one, decimals meeting floats become
 * double, "/" of anything but decimals is double.
 */
#include "expr/operators.h"

#include "base/arena.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"

static int
to_type(struct func_bind *b, int i, const struct type *t, struct err *e)
{
	return cast_implicit(b->env, b->arg[i], t, &b->arg[i], e);
}

static int
both_to(struct func_bind *b, const struct type *t, struct err *e)
{
	TRY(to_type(b, 0, t, e));
	return to_type(b, 1, t, e);
}

/* Brings two arguments to numbers: bare NULLs and strings take the kind of
 * the other side. */
static int
bind_numbers(struct func_bind *b, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		const struct type *t = b->arg[i]->type;
		const struct type *other = b->arg[!i]->type;

		if (t->kind == TYPE_NULL && other->kind == TYPE_NULL)
			TRY(both_to(b, TYPE(F64), e));
		else if (t->kind == TYPE_NULL && other->kind != TYPE_STR)
			TRY(to_type(b, i, other, e));
		else if (t->kind == TYPE_STR && other->kind == TYPE_NULL)
			TRY(both_to(b, TYPE(F64), e));
		else if (t->kind == TYPE_STR && type_is_numeric(other))
			TRY(to_type(b, i, type_is_int(other) ? TYPE(I64) :
			    TYPE(F64), e));
	}
	if (!type_is_numeric(b->arg[0]->type) ||
	    !type_is_numeric(b->arg[1]->type))
		return bind_refuse(b, e);
	return 0;
}

/* A decimal beside an integer makes a decimal of it: 1 when both are. */
static int
bind_decimals(struct func_bind *b, struct err *e)
{
	const struct type *x = b->arg[0]->type, *y = b->arg[1]->type;

	if ((!type_is_decimal(x) && !type_is_decimal(y)) ||
	    type_is_float(x) || type_is_float(y))
		return 0;
	x = coerce_decimal_of(b->env->arena, b->arg[0]);
	y = coerce_decimal_of(b->env->arena, b->arg[1]);
	TRY(to_type(b, 0, x, e));
	TRY(to_type(b, 1, y, e));
	return 1;
}

static int
arith_bind(struct func_bind *b, enum arith_op op, struct err *e)
{
	const struct type *t;
	int r = time_bind(b, op, e);

	if (r != 0)
		return r < 0 ? r : 0;
	TRY(bind_numbers(b, e));
	r = bind_decimals(b, e);
	if (r != 0)
		return r < 0 ? r : decimal_bind(b, op, e);
	t = op == ARITH_DIV ? TYPE(F64) : coerce_tightest(b->env->arena,
	    b->arg[0]->type, b->arg[1]->type);
	TRY(both_to(b, t, e));
	b->type = t;
	b->kernel = arith_kernel(op, t);
	if (type_is_float(t) && op != ARITH_DIV && op != ARITH_REM)
		b->flags &= ~(unsigned)(FN_FAILS | FN_NULLS);
	return 0;
}

static int
add_bind(struct func_bind *b, struct err *e)
{
	if (b->narg == 1) {     /* + x, positive(x) */
		if (b->arg[0]->type->kind == TYPE_STR)
			TRY(to_type(b, 0, TYPE(F64), e));
		b->instead = b->arg[0];
		return 0;
	}
	return arith_bind(b, ARITH_ADD, e);
}

static int
negate_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (t->kind == TYPE_STR || t->kind == TYPE_NULL)
		TRY(to_type(b, 0, TYPE(F64), e));
	b->type = b->arg[0]->type;
	b->kernel = negate_kernel(b->type);
	if (b->kernel == NULL)
		return bind_refuse(b, e);
	b->flags &= ~(unsigned)FN_CONSTS;
	if (type_is_float(b->type) || type_is_decimal(b->type))
		b->flags &= ~(unsigned)FN_FAILS;
	return 0;
}

static int
sub_bind(struct func_bind *b, struct err *e)
{
	if (b->narg == 1)
		return negate_bind(b, e);
	return arith_bind(b, ARITH_SUB, e);
}

static int
mul_bind(struct func_bind *b, struct err *e)
{
	return arith_bind(b, ARITH_MUL, e);
}

/* A literal other than zero below makes the division safe. */
static void
safe_divisor(struct func_bind *b)
{
	const struct expr *x = b->arg[1];

	if (x->kind == EXPR_CALL && (x->u.call.flags & FN_IMPLICIT))
		x = x->u.call.arg[0];
	if (x->kind != EXPR_LIT || x->u.lit.null || b->type->kind != TYPE_F64)
		return;
	if ((type_is_float(x->type) && x->u.lit.f != 0) ||
	    (type_is_int(x->type) && x->u.lit.i != 0))
		b->flags &= ~(unsigned)(FN_FAILS | FN_NULLS);
}

static int
div_bind(struct func_bind *b, struct err *e)
{
	TRY(arith_bind(b, ARITH_DIV, e));
	safe_divisor(b);
	return 0;
}

static int
rem_bind(struct func_bind *b, struct err *e)
{
	return arith_bind(b, ARITH_REM, e);
}

static int
integral_div_bind(struct func_bind *b, struct err *e)
{
	const struct type *x = b->arg[0]->type, *y = b->arg[1]->type;
	int r;

	b->type = TYPE(I64);
	b->kernel = arith_kernel(ARITH_DIV, TYPE(I64));
	if (x->kind == y->kind && (x->kind == TYPE_DTI || x->kind == TYPE_YMI))
		return 0;
	TRY(bind_numbers(b, e));
	r = bind_decimals(b, e);
	if (r != 0)
		return r < 0 ? r : decimal_div_bind(b, e);
	if (!type_is_int(b->arg[0]->type) || !type_is_int(b->arg[1]->type))
		return bind_refuse(b, e);
	return both_to(b, TYPE(I64), e);
}

static int
compare_bind(struct func_bind *b, enum compare_op op, struct err *e)
{
	TRY(bind_comparable(b, 0, 1, e));
	b->type = TYPE(BOOL);
	b->kernel = compare_kernel(op, b->arg[0]->type);
	return 0;
}

#define COMPARE_BIND(name, op)                                          \
static int                                                              \
name(struct func_bind *b, struct err *e)                                \
{                                                                       \
	return compare_bind(b, op, e);                                  \
}

COMPARE_BIND(eq_bind, COMPARE_EQ)
COMPARE_BIND(ne_bind, COMPARE_NE)
COMPARE_BIND(lt_bind, COMPARE_LT)
COMPARE_BIND(le_bind, COMPARE_LE)
COMPARE_BIND(gt_bind, COMPARE_GT)
COMPARE_BIND(ge_bind, COMPARE_GE)

static int
same_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_comparable(b, 0, 1, e));
	b->type = TYPE(BOOL);
	return 0;
}

static int
between_bind(struct func_bind *b, struct err *e)
{
	struct expr *side[2], *two[2] = { b->arg[0], b->arg[1] };

	TRY(expr_call(b->env, ">=", two, 2, b->span, &side[0], e));
	two[1] = b->arg[2];
	TRY(expr_call(b->env, "<=", two, 2, b->span, &side[1], e));
	return expr_call(b->env, "and", side, 2, b->span, &b->instead, e);
}

static int
bool_bind(struct func_bind *b, struct err *e)
{
	for (int i = 0; i < b->narg; i++)
		TRY(bind_cast(b, i, TYPE(BOOL), e));
	b->type = TYPE(BOOL);
	return 0;
}

static int
any_bool_bind(struct func_bind *b, struct err *e)
{
	(void)e;
	b->type = TYPE(BOOL);
	return 0;
}

static int
bitwise_bind(struct func_bind *b, struct err *e)
{
	if (b->narg == 2) {
		TRY(bind_numbers(b, e));
		if (!type_is_int(b->arg[0]->type) ||
		    !type_is_int(b->arg[1]->type))
			return bind_refuse(b, e);
		TRY(both_to(b, coerce_tightest(b->env->arena,
		    b->arg[0]->type, b->arg[1]->type), e));
	} else if (b->arg[0]->type->kind == TYPE_STR) {
		TRY(to_type(b, 0, TYPE(I64), e));
	} else if (b->arg[0]->type->kind == TYPE_NULL) {
		TRY(to_type(b, 0, TYPE(I32), e));
	}
	b->type = b->arg[0]->type;
	b->kernel = bitwise_kernel(b->fn->name[0], b->type);
	return b->kernel ? 0 : bind_refuse(b, e);
}

static int
shift_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;
	const char *name = b->fn->name;

	if (t->kind != TYPE_I64)
		TRY(bind_cast(b, 0, TYPE(I32), e));
	TRY(bind_cast(b, 1, TYPE(I32), e));
	b->type = b->arg[0]->type;
	if (name[0] == 's')     /* shiftleft shiftright shiftrightunsigned */
		b->kernel = shift_kernel(name[5] == 'l' ? '<' :
		    name[10] ? 'u' : '>', b->type);
	else
		b->kernel = shift_kernel(name[2] ? 'u' : name[0], b->type);
	return 0;
}

/* Joins the bytes of all arguments. */
static int
concat_run(struct kernel_call *k, struct err *e)
{
	struct sview *o = k->out->data;

	for (int i = 0; i < k->n; i++) {
		size_t n = 0;
		char small[SVIEW_INLINE], *to = small;

		if (!kernel_wants(k, i))
			continue;
		for (int j = 0; j < k->narg; j++)
			n += kernel_str(k, j, i)->len;
		if (n > INT32_MAX)
			return err_set(e, ERR_USER, "a string of %zu bytes is "
			    "too long", n);
		if (n > SVIEW_INLINE)
			to = arena_bytes(k->heap, n);
		n = 0;
		for (int j = 0; j < k->narg; j++) {
			const struct sview *v = kernel_str(k, j, i);

			memcpy(to + n, sview_ptr(v), v->len);
			n += v->len;
		}
		o[i] = sview_of(to, n);
	}
	return 0;
}

/* a || b || c is one call of three arguments. */
static void
concat_flatten(struct func_bind *b)
{
	const struct expr *x = b->arg[0];
	struct expr **arg;

	if (x->kind != EXPR_CALL || x->u.call.fn != b->fn)
		return;
	arg = NEW_N(b->env->arena, struct expr *, x->u.call.narg + b->narg);
	memcpy(arg, x->u.call.arg, (size_t)x->u.call.narg * sizeof *arg);
	memcpy(arg + x->u.call.narg, b->arg + 1,
	    (size_t)(b->narg - 1) * sizeof *arg);
	b->narg += x->u.call.narg - 1;
	b->arg = arg;
}

static int
concat_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = TYPE(BIN);

	for (int i = 0; i < b->narg; i++) {
		if (b->arg[i]->type->kind == TYPE_ARRAY)
			return expr_call(b->env, "concat", b->arg, b->narg,
			    b->span, &b->instead, e);
		if (b->arg[i]->type->kind != TYPE_BIN)
			t = TYPE(STR);
	}
	concat_flatten(b);
	for (int i = 0; i < b->narg; i++)
		TRY(bind_cast(b, i, t, e));
	b->type = t;
	return 0;
}

/* Names of the kinds of rows below, to keep each in one line. */
#define ARITH(n, least, most, f, u, h, x) { .name = n, .min = least, \
	.max = most, \
	.flags = FN_FAILS | FN_CONSTS | FN_OPERATOR, .bind = f, \
	.group = "arithmetic", .usage = u, .help = h, .example = x }
#define TRIES(n, f, u, h, x) { .name = n, .min = 2, .max = 2, \
	.flags = FN_NULLS | FN_CONSTS, .bind = f, \
	.group = "arithmetic", .usage = u, .help = h, .example = x }
#define COMPARES(n, f, h, x) { .name = n, .min = 2, .max = 2, \
	.flags = FN_CONSTS | FN_OPERATOR, .bind = f, \
	.group = "comparison", .usage = "expr " n " expr", .help = h, \
	.example = x }
#define TESTS(n, b, f, u, h, x) { .name = n, .min = 1, .max = 1, \
	.flags = FN_CUSTOM | FN_CONSTS | FN_NONNULL | FN_OPERATOR, \
	.bind = b, .kernel = f, .group = "comparison", .usage = u, \
	.help = h, .example = x }
#define BITS(n, args, f, u, h, x) { .name = n, .min = args, .max = args, \
	.flags = FN_OPERATOR, .bind = f, .group = "bitwise", .usage = u, \
	.help = h, .example = x }

const struct func func_operators[] = {
	ARITH("+", 1, 2, add_bind, "expr + expr", "Sum; dates and intervals too.",
	    "1 + 2 = 3"),
	ARITH("-", 1, 2, sub_bind, "expr - expr", "Difference, or the negative.",
	    "5 - 2 = 3"),
	ARITH("negative", 1, 1, negate_bind, "negative(expr)",
	    "The number with the other sign.", "negative(1) = -1"),
	ARITH("positive", 1, 1, add_bind, "positive(expr)",
	    "The number itself.", "positive(1) = 1"),
	ARITH("*", 2, 2, mul_bind, "expr * expr", "Product.", "2 * 3 = 6"),
	ARITH("/", 2, 2, div_bind, "expr / expr",
	    "Quotient: double, or decimal of decimals.", "7 / 2 = 3.5"),
	ARITH("%", 2, 2, rem_bind, "expr % expr",
	    "Rest of a division, with the sign of the dividend.",
	    "-7 % 3 = -1"),
	ARITH("mod", 2, 2, rem_bind, "mod(expr, expr)",
	    "Rest of a division, with the sign of the dividend.",
	    "mod(-7, 3) = -1"),
	ARITH("div", 2, 2, integral_div_bind, "expr div expr",
	    "Quotient without its fraction, as bigint.", "7 div 2 = 3"),
	TRIES("try_add", add_bind, "try_add(expr, expr)",
	    "Sum, or NULL on overflow.", "try_add(2147483647, 1) is null"),
	TRIES("try_subtract", sub_bind, "try_subtract(expr, expr)",
	    "Difference, or NULL on overflow.", "try_subtract(3, 1) = 2"),
	TRIES("try_multiply", mul_bind, "try_multiply(expr, expr)",
	    "Product, or NULL on overflow.",
	    "try_multiply(2147483647, 2) is null"),
	TRIES("try_divide", div_bind, "try_divide(expr, expr)",
	    "Quotient, or NULL when the divisor is 0.",
	    "try_divide(1, 0) is null"),
	TRIES("try_mod", rem_bind, "try_mod(expr, expr)",
	    "Rest of a division, or NULL when the divisor is 0.",
	    "try_mod(1, 0) is null"),
	COMPARES("=", eq_bind, "Equal.", "1 = 1.0"),
	COMPARES("==", eq_bind, "Equal.", "1 == 1"),
	COMPARES("<>", ne_bind, "Not equal.", "1 <> 2"),
	COMPARES("!=", ne_bind, "Not equal.", "1 != 2"),
	COMPARES("<", lt_bind, "Less.", "1 < 2"),
	COMPARES("<=", le_bind, "Less or equal.", "1 <= 1"),
	COMPARES(">", gt_bind, "Greater.", "2 > 1"),
	COMPARES(">=", ge_bind, "Greater or equal.", "2 >= 2"),
	{ .name = "<=>", .min = 2, .max = 2, .flags = FN_CUSTOM | FN_CONSTS |
	  FN_NONNULL | FN_OPERATOR, .bind = same_bind,
	  .kernel = compare_same, .group = "comparison",
	  .usage = "expr <=> expr",
	  .help = "Equal, where NULL equals NULL; never NULL.",
	  .example = "null <=> null" },
	{ .name = "between", .min = 3, .max = 3, .flags = FN_OPERATOR,
	  .bind = between_bind, .group = "comparison",
	  .usage = "expr between low and high",
	  .help = "Within the bounds, both included.",
	  .example = "2 between 1 and 3" },
	{ .name = "in", .min = 2, .max = -1, .flags = FN_CUSTOM |
	  FN_CONSTS | FN_OPERATOR, .bind = in_bind, .group = "comparison",
	  .usage = "expr in (value, …)",
	  .help = "Equal to one of the values; NULL when that is unknown.",
	  .example = "2 in (1, 2)" },
	{ .name = "and", .min = 2, .max = 2, .flags = FN_CUSTOM | FN_CONSTS |
	  FN_LAZY | FN_OPERATOR, .bind = bool_bind, .kernel = logic_and,
	  .group = "logic", .usage = "expr and expr", .help = "Both are true.",
	  .example = "true and true" },
	{ .name = "or", .min = 2, .max = 2, .flags = FN_CUSTOM | FN_CONSTS |
	  FN_LAZY | FN_OPERATOR, .bind = bool_bind, .kernel = logic_or,
	  .group = "logic", .usage = "expr or expr",
	  .help = "At least one is true.", .example = "true or null" },
	{ .name = "not", .min = 1, .max = 1, .flags = FN_OPERATOR,
	  .bind = bool_bind, .kernel = logic_not, .group = "logic",
	  .usage = "not expr", .help = "The opposite.",
	  .example = "not false" },
	{ .name = "!", .min = 1, .max = 1, .flags = FN_OPERATOR | FN_HIDDEN,
	  .bind = bool_bind, .kernel = logic_not, .group = "logic",
	  .usage = "! expr", .help = "The opposite." },
	TESTS("isnull", any_bool_bind, logic_isnull, "expr is null",
	    "Is the value NULL?", "isnull(null)"),
	TESTS("isnotnull", any_bool_bind, logic_isnotnull, "expr is not null",
	    "Is the value not NULL?", "isnotnull(1)"),
	TESTS("istrue", bool_bind, logic_istrue, "expr is true",
	    "True; never NULL.", "true is true"),
	TESTS("isfalse", bool_bind, logic_isfalse, "expr is false",
	    "False; never NULL.", "false is false"),
	TESTS("isnottrue", bool_bind, logic_isnottrue, "expr is not true",
	    "False or NULL.", "(null is not true) = true"),
	TESTS("isnotfalse", bool_bind, logic_isnotfalse, "expr is not false",
	    "True or NULL.", "null is not false"),
	BITS("&", 2, bitwise_bind, "expr & expr", "Bitwise and.", "6 & 3 = 2"),
	BITS("|", 2, bitwise_bind, "expr | expr", "Bitwise or.",
	    "(6 | 3) = 7"),
	BITS("^", 2, bitwise_bind, "expr ^ expr", "Bitwise exclusive or.",
	    "6 ^ 3 = 5"),
	BITS("~", 1, bitwise_bind, "~ expr", "Bitwise not.", "~ 0 = -1"),
	BITS("<<", 2, shift_bind, "expr << n", "Shifts left.", "1 << 4 = 16"),
	BITS(">>", 2, shift_bind, "expr >> n",
	    "Shifts right, keeping the sign.", "-8 >> 1 = -4"),
	BITS(">>>", 2, shift_bind, "expr >>> n",
	    "Shifts right, filling with zeroes.", "-1 >>> 31 = 1"),
	{ .name = "shiftleft", .min = 2, .max = 2, .bind = shift_bind,
	  .group = "bitwise", .usage = "shiftleft(expr, n)",
	  .help = "Shifts left.", .example = "shiftleft(1, 4) = 16" },
	{ .name = "shiftright", .min = 2, .max = 2, .bind = shift_bind,
	  .group = "bitwise", .usage = "shiftright(expr, n)",
	  .help = "Shifts right, keeping the sign.",
	  .example = "shiftright(-8, 1) = -4" },
	{ .name = "shiftrightunsigned", .min = 2, .max = 2,
	  .bind = shift_bind, .group = "bitwise",
	  .usage = "shiftrightunsigned(expr, n)",
	  .help = "Shifts right, filling with zeroes.",
	  .example = "shiftrightunsigned(-1, 31) = 1" },
	{ .name = "||", .min = 2, .max = -1, .flags = FN_CONSTS |
	  FN_OPERATOR, .bind = concat_bind, .kernel = concat_run,
	  .group = "string", .usage = "expr || expr",
	  .help = "Strings or arrays, one after the other.",
	  .example = "'a' || 'b' = 'ab'" },
	{ 0 },
};
