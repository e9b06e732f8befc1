/*
 * conditional -- case, if, coalesce and their kin; greatest and least.
 *
 * The program runs the lazy ones (program_lazy.c); here are their types:
 * conditions must be boolean (a bare NULL is refused, as in Spark), results
 * get their common type.
 */
#include <string.h>

#include "base/arena.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"
#include "expr/operators.h"

/* Lazy functions never get here; the program needs some kernel to see. */
static int
lazy_kernel(struct kernel_call *k, struct err *e)
{
	return err_set(e, ERR_BUG, "%s run as a kernel",
	    k->call->u.call.fn->name);
}

static int
refuse_condition(struct func_bind *b, const struct expr *x, struct err *e)
{
	return err_at(e, x->span.len ? x->span : b->span,
	    "the condition of %s must be boolean, not %s", b->fn->name,
	    type_name(b->env->arena, x->type));
}

/* The value arguments: v0, v0 + 2 … and the last one if it is alone. */
static bool
is_value(const struct func_bind *b, int i)
{
	return i % 2 == 1 || i == b->narg - 1;
}

/* Common type of the values of CASE; nullable when a value is or when no
 * ELSE is there. */
static int
case_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[1]->type;
	struct arena *a = b->env->arena;
	struct func_bind v = *b;

	b->nullable = b->narg % 2 == 0;
	v.arg = NEW_N(a, struct expr *, b->narg);
	v.narg = 0;
	for (int i = 0; i < b->narg; i++) {
		if (is_value(b, i)) {
			b->nullable |= b->arg[i]->nullable;
			v.arg[v.narg++] = b->arg[i];
		} else if (b->arg[i]->type->kind != TYPE_BOOL) {
			return refuse_condition(b, b->arg[i], e);
		}
	}
	TRY(bind_common(&v, 0, e));
	t = v.arg[0]->type;
	for (int i = 0, j = 0; i < b->narg; i++)
		if (is_value(b, i))
			b->arg[i] = v.arg[j++];
	b->type = t;
	return 0;
}

static int
coalesce_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_common(b, 0, e));
	b->nullable = 1;
	for (int i = 0; i < b->narg; i++)
		b->nullable &= b->arg[i]->nullable;
	b->type = b->arg[0]->type;
	return 0;
}

static int
nvl2_bind(struct func_bind *b, struct err *e)
{
	struct expr *arg[3] = { NULL, b->arg[1], b->arg[2] };

	TRY(expr_call(b->env, "isnotnull", b->arg, 1, b->span, &arg[0], e));
	return expr_call(b->env, "if", arg, 3, b->span, &b->instead, e);
}

static int
equal_null_bind(struct func_bind *b, struct err *e)
{
	return expr_call(b->env, "<=>", b->arg, 2, b->span, &b->instead, e);
}

static int
nullif_bind(struct func_bind *b, struct err *e)
{
	struct expr *arg[3] = { NULL, NULL, b->arg[0] };

	TRY(expr_call(b->env, "=", b->arg, 2, b->span, &arg[0], e));
	arg[1] = expr_null(b->env->arena, b->arg[0]->type);
	return expr_call(b->env, "if", arg, 3, b->span, &b->instead, e);
}

static int
zero_bind(struct func_bind *b, struct err *e)
{
	struct expr *zero = expr_int(b->env->arena, 0);
	struct expr *arg[2] = { b->arg[0], zero };
	bool to_null = b->fn->name[0] == 'n';   /* nullifzero, zeroifnull */

	return expr_call(b->env, to_null ? "nullif" : "coalesce", arg, 2,
	    b->span, &b->instead, e);
}

/* Of nested values: if(x is null or y >= x, y, x), by twos; CASE knows how
 * to put nested rows together.  y null: x, whatever it is. */
static int
extreme_nested(struct func_bind *b, struct err *e)
{
	const char *op = b->fn->name[0] == 'g' ? ">=" : "<=";
	struct expr *x = b->arg[0];

	for (int i = 1; i < b->narg; i++) {
		struct expr *y = b->arg[i], *two[2] = { y, x }, *test[2];
		struct expr *arg[3] = { NULL, y, x };

		TRY(expr_call(b->env, "isnull", &x, 1, b->span, &test[0], e));
		TRY(expr_call(b->env, op, two, 2, b->span, &test[1], e));
		TRY(expr_call(b->env, "or", test, 2, b->span, &arg[0], e));
		TRY(expr_call(b->env, "if", arg, 3, b->span, &x, e));
	}
	b->instead = x;
	return 0;
}

static int
extreme_bind(struct func_bind *b, struct err *e)
{
	TRY(bind_common(b, 0, e));
	b->type = b->arg[0]->type;
	if (!type_is_ordered(b->type))
		return bind_refuse(b, e);
	if (type_is_nested(b->type))
		return extreme_nested(b, e);
	b->nullable = 1;
	for (int i = 0; i < b->narg; i++)
		b->nullable &= b->arg[i]->nullable;
	return 0;
}

/* Copies the value of row r of c to row i of the result. */
static void
copy_value(struct kernel_call *k, int i, const struct column *c, int64_t r)
{
	size_t w = (size_t)type_width(k->out->type);

	memcpy((char *)k->out->data + (size_t)i * w,
	    (const char *)c->data + (size_t)r * w, w);
}

/* The largest (sign 1) or smallest (-1) argument that is not null. */
static int
extreme(struct kernel_call *k, int sign)
{
	for (int i = 0; i < k->n; i++) {
		const struct column *best = NULL;
		int64_t at = 0;

		for (int j = 0; j < k->narg; j++) {
			const struct column *c = &k->arg[j];
			int64_t r = col_at(c, i);

			if (col_null(c, i))
				continue;
			if (best == NULL ||
			    col_compare(c, r, best, at) * sign > 0) {
				best = c;
				at = r;
			}
		}
		if (best)
			copy_value(k, i, best, at);
		else
			kernel_null(k, i);
	}
	return 0;
}

static int
greatest_run(struct kernel_call *k, struct err *e)
{
	(void)e;
	return extreme(k, 1);
}

static int
least_run(struct kernel_call *k, struct err *e)
{
	(void)e;
	return extreme(k, -1);
}

#define LAZY(n, least, most, fl, f, u, h, x) { .name = n, .min = least, \
	.max = most, .flags = FN_LAZY | FN_CUSTOM | FN_CONSTS | (fl), \
	.bind = f, .kernel = lazy_kernel, .group = "conditional", \
	.usage = u, .help = h, .example = x }
#define REWRITES(n, args, f, u, h, x) { .name = n, .min = args, \
	.max = args, .bind = f, .group = "conditional", \
	.usage = u, .help = h, .example = x }
#define EXTREME(n, f, u, h, x) { .name = n, .min = 2, .max = -1, \
	.flags = FN_CUSTOM | FN_CONSTS, .bind = extreme_bind, .kernel = f, \
	.group = "conditional", .usage = u, .help = h, .example = x }

const struct func func_conditional[] = {
	LAZY("case", 2, -1, FN_OPERATOR, case_bind,
	    "case when cond then value … [else value] end",
	    "The value after the first condition that is true.",
	    "case when 1 = 2 then 'a' else 'b' end = 'b'"),
	LAZY("if", 3, 3, 0, case_bind, "if(cond, a, b)",
	    "a when the condition is true, else b.", "if(1 < 2, 'a', 'b') = 'a'"),
	LAZY("coalesce", 1, -1, 0, coalesce_bind, "coalesce(expr, …)",
	    "The first argument that is not NULL.", "coalesce(null, 1) = 1"),
	LAZY("nvl", 2, 2, 0, coalesce_bind, "nvl(expr, other)",
	    "The first argument, or the second when it is NULL.",
	    "nvl(null, 1) = 1"),
	LAZY("ifnull", 2, 2, 0, coalesce_bind, "ifnull(expr, other)",
	    "The first argument, or the second when it is NULL.",
	    "ifnull(null, 1) = 1"),
	REWRITES("nvl2", 3, nvl2_bind, "nvl2(expr, a, b)",
	    "a when expr is not NULL, else b.", "nvl2(null, 1, 2) = 2"),
	REWRITES("nullif", 2, nullif_bind, "nullif(a, b)",
	    "NULL when a equals b, else a.", "nullif(1, 1) is null"),
	REWRITES("equal_null", 2, equal_null_bind, "equal_null(a, b)",
	    "Are both equal, or both NULL?", "equal_null(null, null)"),
	REWRITES("nullifzero", 1, zero_bind, "nullifzero(expr)",
	    "NULL when the number is 0.", "nullifzero(0) is null"),
	REWRITES("zeroifnull", 1, zero_bind, "zeroifnull(expr)",
	    "0 when the number is NULL.", "zeroifnull(null) = 0"),
	EXTREME("greatest", greatest_run, "greatest(expr, expr, …)",
	    "The greatest argument; NULLs are skipped.",
	    "greatest(1, null, 3) = 3"),
	EXTREME("least", least_run, "least(expr, expr, …)",
	    "The smallest argument; NULLs are skipped.",
	    "least(1, null, 3) = 1"),
	{ 0 },
};
