/*
 * expr_tree -- walking, copying and judging expressions.
 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "expr/expr.h"
#include "expr/func.h"
#include "expr/lambda.h"

/* The children of a node: an aggregate's filter comes last. */
static int
kid_count(const struct expr *x)
{
	switch (x->kind) {
	case EXPR_CALL:
		return x->u.call.narg;
	case EXPR_AGG:
		return x->u.agg.narg + (x->u.agg.filter != NULL);
	default:
		return 0;
	}
}

static struct expr *
kid_at(const struct expr *x, int i)
{
	if (x->kind == EXPR_CALL)
		return x->u.call.arg[i];
	return i < x->u.agg.narg ? x->u.agg.arg[i] : x->u.agg.filter;
}

void
expr_walk(struct expr *x, void (*f)(struct expr *, void *), void *arg)
{
	for (int i = 0; i < kid_count(x); i++)
		expr_walk(kid_at(x, i), f, arg);
	f(x, arg);
}

/* Is the node's nullability that of its arguments taken together? */
static bool
follows_arguments(const struct expr *x)
{
	return x->kind == EXPR_CALL &&
	    !(x->u.call.flags & (FN_CUSTOM | FN_NULLS | FN_NONNULL |
	    FN_LAZY));
}

static struct expr *
with_kids(struct arena *a, const struct expr *x, struct expr **kid)
{
	struct expr *y = NEW(a, struct expr);

	*y = *x;
	if (x->kind == EXPR_CALL) {
		y->u.call.arg = kid;
		if (follows_arguments(x)) {
			y->nullable = false;
			for (int i = 0; i < x->u.call.narg; i++)
				y->nullable |= kid[i]->nullable;
		}
		return y;
	}
	y->u.agg.arg = kid;
	if (x->u.agg.filter)
		y->u.agg.filter = kid[x->u.agg.narg];
	return y;
}

struct expr *
expr_map(struct arena *a, struct expr *x,
    struct expr *(*f)(struct expr *, void *), void *arg)
{
	int n = kid_count(x);
	struct expr **kid = NULL;

	for (int i = 0; i < n; i++) {
		struct expr *k = kid_at(x, i), *new = expr_map(a, k, f, arg);

		if (new == k)
			continue;
		if (kid == NULL) {
			kid = NEW_N(a, struct expr *, n + 1);
			for (int j = 0; j < n; j++)
				kid[j] = kid_at(x, j);
		}
		kid[i] = new;
	}
	return f(kid ? with_kids(a, x, kid) : x, arg);
}

/* 0.0 and -0.0 are equal values, but not the same constant. */
static bool
other_zero(const struct datum *a, const struct datum *b)
{
	return type_is_float(a->type) && !a->null &&
	    signbit(a->f) != signbit(b->f) && a->f == 0;
}

bool
expr_same(const struct expr *a, const struct expr *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || !type_equal(a->type, b->type) ||
	    kid_count(a) != kid_count(b))
		return false;
	switch (a->kind) {
	case EXPR_LIT:
		return datum_equal(&a->u.lit, &b->u.lit) &&
		    !other_zero(&a->u.lit, &b->u.lit);
	case EXPR_COL:
		return a->u.col.id == b->u.col.id;
	case EXPR_CALL:
		if (a->u.call.fn != b->u.call.fn ||
		    ((a->u.call.flags & FN_LAMBDA) && !lambda_same(
		    a->u.call.state, b->u.call.state)))
			return false;
		break;
	case EXPR_AGG:
		if (a->u.agg.fn != b->u.agg.fn ||
		    a->u.agg.distinct != b->u.agg.distinct ||
		    a->u.agg.narg != b->u.agg.narg)
			return false;
		break;
	}
	for (int i = 0; i < kid_count(a); i++)
		if (!expr_same(kid_at(a, i), kid_at(b, i)))
			return false;
	return true;
}

bool
expr_equal(const struct expr *a, const struct expr *b)
{
	return expr_same(a, b) && expr_is_deterministic(a);
}

/* Does any node have the property? */
static bool
any_node(const struct expr *x, bool (*has)(const struct expr *))
{
	if (has(x))
		return true;
	for (int i = 0; i < kid_count(x); i++)
		if (any_node(kid_at(x, i), has))
			return true;
	return false;
}

static bool
is_nondet(const struct expr *x)
{
	return x->kind == EXPR_CALL && (x->u.call.flags & FN_NONDET);
}

static bool
is_varying(const struct expr *x)
{
	return x->kind == EXPR_COL || x->kind == EXPR_AGG || is_nondet(x) ||
	    (x->kind == EXPR_CALL && (x->u.call.flags & FN_GENERATOR));
}

static bool
is_failing(const struct expr *x)
{
	return x->kind == EXPR_CALL && (x->u.call.flags & FN_FAILS);
}

bool
expr_is_const(const struct expr *x)
{
	return !any_node(x, is_varying);
}

bool
expr_is_deterministic(const struct expr *x)
{
	return !any_node(x, is_nondet);
}

bool
expr_can_fail(const struct expr *x)
{
	return any_node(x, is_failing);
}

int
expr_truth(const struct expr *x)
{
	if (x->kind != EXPR_LIT || x->type->kind != TYPE_BOOL)
		return -2;
	return x->u.lit.null ? -1 : x->u.lit.b;
}
