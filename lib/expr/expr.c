/*
 * expr -- making expressions: literals, columns, calls, casts.
 *
 * expr_call is the one door to the function table: it finds the row, counts
 * the arguments, lets the row's bind coerce them, and builds the node.
 */
#include "expr/expr.h"

#include <string.h>

#include "base/arena.h"
#include "base/near.h"
#include "base/text.h"
#include "expr/aggfn.h"
#include "expr/func_bind.h"
#include "expr/coerce.h"

static const struct span nowhere;

static struct expr *
expr_new(struct arena *a, enum expr_kind kind, const struct type *t)
{
	struct expr *x = NEW(a, struct expr);

	x->kind = kind;
	x->type = t;
	return x;
}

struct expr *
expr_lit(struct arena *a, struct datum d)
{
	struct expr *x = expr_new(a, EXPR_LIT, d.type);

	x->u.lit = d;
	x->nullable = d.null;
	return x;
}

struct expr *
expr_col(struct arena *a, const struct field *f)
{
	struct expr *x = expr_new(a, EXPR_COL, f->type);

	x->nullable = f->nullable;
	x->u.col.id = f->id;
	x->u.col.name = f->name;
	return x;
}

struct expr *
expr_int(struct arena *a, int32_t v)
{
	return expr_lit(a, (struct datum){ .type = TYPE(I32), .i = v });
}

struct expr *
expr_str(struct arena *a, const char *s)
{
	size_t n = strlen(s);

	return expr_lit(a, (struct datum){ .type = TYPE(STR),
	    .s = { arena_memdup(a, s, n), n } });
}

struct expr *
expr_bool(struct arena *a, bool v)
{
	return expr_lit(a, (struct datum){ .type = TYPE(BOOL), .b = v });
}

struct expr *
expr_null(struct arena *a, const struct type *t)
{
	return expr_lit(a, (struct datum){ .type = t, .null = true });
}

static bool
call_nullable(const struct func_bind *b)
{
	if (b->nullable >= 0)
		return b->nullable;
	if (b->flags & FN_NONNULL)
		return false;
	if (b->flags & FN_NULLS)
		return true;
	for (int i = 0; i < b->narg; i++)
		if (b->arg[i]->nullable)
			return true;
	return false;
}

/* Makes the call of fn (arguments already counted); type: wanted by casts,
 * else NULL.  The argument vector is copied. */
static int
call_new(const struct expr_env *env, const struct func *fn,
    struct expr *const *arg, int narg, struct span span,
    const struct type *type, struct expr **out, struct err *e)
{
	struct func_bind b = {
		.env = env, .fn = fn, .narg = narg, .span = span,
		.type = type, .kernel = fn->kernel, .flags = fn->flags,
		.nullable = -1,
		.arg = NEW_N(env->arena, struct expr *, narg + 1),
	};
	struct expr *x;

	if (narg)
		memcpy(b.arg, arg, (size_t)narg * sizeof *arg);
	if (fn->bind(&b, e) < 0) {
		err_place(e, span);
		return e->kind;
	}
	if (b.instead) {
		*out = b.instead;
		return 0;
	}
	x = expr_new(env->arena, EXPR_CALL, b.type);
	x->span = span;
	x->nullable = call_nullable(&b);
	x->u.call.fn = b.fn;
	x->u.call.arg = b.arg;
	x->u.call.narg = b.narg;
	x->u.call.state = b.state;
	x->u.call.kernel = b.kernel;
	x->u.call.flags = b.flags;
	*out = x;
	return 0;
}

/* The row is not there: says what may have been meant. */
static int
call_unknown(const char *name, struct span span, struct err *e)
{
	struct near near;
	const struct func *f;

	near_init(&near, name);
	for (int i = 0; (f = func_at(i)); i++)
		if (!(f->flags & (FN_HIDDEN | FN_OPERATOR)))
			near_offer(&near, f->name);
	for (int i = 0; aggfn_at(i); i++)
		near_offer(&near, aggfn_at(i)->name);
	err_at(e, span, "unknown function '%s'", name);
	if (near.best)
		err_hint(e, "did you mean '%s'?", near.best);
	return ERR_USER;
}

static int
call_count(const char *name, int narg, int min, int max, const char *usage,
    struct span span, struct err *e)
{
	if (narg >= min && (max < 0 || narg <= max))
		return 0;
	if (min == max)
		err_at(e, span, "%s takes %d argument%s, not %d", name, min,
		    min == 1 ? "" : "s", narg);
	else if (max < 0)
		err_at(e, span, "%s takes at least %d argument%s, not %d",
		    name, min, min == 1 ? "" : "s", narg);
	else
		err_at(e, span, "%s takes %d to %d arguments, not %d", name,
		    min, max, narg);
	if (usage)
		err_hint(e, "usage: %s", usage);
	return ERR_USER;
}

int
expr_call(const struct expr_env *env, const char *name, struct expr **arg,
    int narg, struct span span, struct expr **out, struct err *e)
{
	const struct func *fn = func_find(name);

	if (fn == NULL)
		return call_unknown(name, span, e);
	TRY(call_count(fn->name, narg, fn->min, fn->max, fn->usage, span, e));
	return call_new(env, fn, arg, narg, span, NULL, out, e);
}

int
cast_new(const struct expr_env *env, const struct func *fn, struct expr *x,
    const struct type *t, struct span span, struct expr **out, struct err *e)
{
	if (type_equal(x->type, t)) {
		*out = x;
		return 0;
	}
	if (x->kind == EXPR_LIT && x->u.lit.null) {
		*out = expr_null(env->arena, t);
		(*out)->span = x->span;
		return 0;
	}
	return call_new(env, fn, &x, 1, span, t, out, e);
}

/* An integer literal as one of a wider integer type: 1 when that was done.
 * Others keep their cast, which folding removes: titles show the literal as
 * it was written. */
static int
widen_literal(struct arena *a, const struct expr *x, const struct type *t,
    struct expr **out)
{
	struct datum d;

	if (x->kind != EXPR_LIT || !type_is_int(x->type) || x->u.lit.null ||
	    !type_is_int(t) || t->kind < x->type->kind)
		return 0;
	d = x->u.lit;
	d.type = t;
	*out = expr_lit(a, d);
	(*out)->span = x->span;
	return 1;
}

int
cast_implicit(const struct expr_env *env, struct expr *x,
    const struct type *t, struct expr **out, struct err *e)
{
	if (widen_literal(env->arena, x, t, out))
		return 0;
	TRY(cast_new(env, &func_cast[0], x, t, x->span, out, e));
	if (*out != x && (*out)->kind == EXPR_CALL)
		(*out)->u.call.flags |= FN_IMPLICIT;
	return 0;
}

int
expr_cast(const struct expr_env *env, struct expr *x, const struct type *t,
    struct span span, struct expr **out, struct err *e)
{
	return cast_new(env, &func_cast[0], x, t, span, out, e);
}

int
expr_try_cast(const struct expr_env *env, struct expr *x,
    const struct type *t, struct span span, struct expr **out, struct err *e)
{
	return cast_new(env, &func_cast[1], x, t, span, out, e);
}

int
expr_coerce(const struct expr_env *env, struct expr *x,
    const struct type *t, struct expr **out, struct err *e)
{
	struct arena *a = env->arena;

	if (!coerce_store(x->type, t)) {
		err_at(e, x->span, "%s wanted here, not %s", type_name(a, t),
		    type_name(a, x->type));
		return err_hint(e, "use cast(… as %s)", type_name(a, t));
	}
	return cast_implicit(env, x, t, out, e);
}

const struct type *
expr_common_type(struct arena *a, const struct type *x, const struct type *y)
{
	return coerce_common(a, x, y);
}

int
expr_agg(const struct expr_env *env, const char *name, struct expr **arg,
    int narg, struct span span, struct expr **out, struct err *e)
{
	const struct aggfn *fn = aggfn_find(name);
	struct agg_bind b = { .env = env, .narg = narg, .span = span };
	struct expr *x;

	if (fn == NULL)
		return call_unknown(name, span, e);
	TRY(call_count(fn->name, narg, fn->min, fn->max, fn->usage, span, e));
	b.arg = NEW_N(env->arena, struct expr *, narg + 1);
	if (narg)
		memcpy(b.arg, arg, (size_t)narg * sizeof *arg);
	if (fn->bind(&b, e) < 0)
		return err_place(e, span);
	x = expr_new(env->arena, EXPR_AGG, b.type);
	x->span = span;
	x->nullable = !(fn->flags & AGG_NONNULL);
	x->u.agg.fn = fn;
	x->u.agg.arg = b.arg;
	x->u.agg.narg = narg;
	*out = x;
	return 0;
}

struct expr *
expr_and(const struct expr_env *env, struct expr *x, struct expr *y)
{
	struct expr *arg[2] = { x, y }, *out = NULL;
	struct err e = { 0 };

	if (x == NULL || y == NULL)
		return x ? x : y;
	if (expr_call(env, "and", arg, 2, nowhere, &out, &e) < 0)
		return NULL;    /* a side is not boolean: a bug of the caller */
	return out;
}
