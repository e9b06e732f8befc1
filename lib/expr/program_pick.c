/*
 * program_pick -- filters: a conjunction narrows the pick condition by
 * condition, in the order in which the optimizer left them.
 *
 * A comparison of a column with a constant writes the pick straight from
 * the column.  Other conditions run as blocks over the rows that are left;
 * a condition that cannot fail runs on the whole batch while most rows are
 * left, because that saves the gathering.
 */
#include <string.h>

#include "column/datum.h"
#include "expr/block.h"

static enum compare_op
flip(enum compare_op op)
{
	static const enum compare_op turned[] = {
		[COMPARE_EQ] = COMPARE_EQ, [COMPARE_NE] = COMPARE_NE,
		[COMPARE_LT] = COMPARE_GT, [COMPARE_LE] = COMPARE_GE,
		[COMPARE_GT] = COMPARE_LT, [COMPARE_GE] = COMPARE_LE,
	};

	return turned[op];
}

static int
compare_op_of(const struct expr *x)
{
	static const struct { char name[4]; enum compare_op op; } v[] = {
		{ "=", COMPARE_EQ }, { "==", COMPARE_EQ },
		{ "<>", COMPARE_NE }, { "!=", COMPARE_NE },
		{ "<", COMPARE_LT }, { "<=", COMPARE_LE },
		{ ">", COMPARE_GT }, { ">=", COMPARE_GE },
	};

	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		if (strcmp(v[i].name, x->u.call.fn->name) == 0)
			return (int)v[i].op;
	return -1;
}

/* 1 when x compares a column with a constant and c was filled. */
static int
plan_compare(struct program *p, const struct expr *x, struct conjunct *c)
{
	int op = compare_op_of(x);
	const struct expr *col, *lit;

	if (op < 0)
		return 0;
	col = x->u.call.arg[0];
	lit = x->u.call.arg[1];
	if (col->kind != EXPR_COL) {
		const struct expr *swap = col;

		col = lit;
		lit = swap;
		op = (int)flip((enum compare_op)op);
	}
	if (col->kind != EXPR_COL || lit->kind != EXPR_LIT || lit->u.lit.null)
		return 0;
	c->op = (enum compare_op)op;
	c->col = schema_find(p->in, col->u.col.id);
	if (!compare_can_pick(col->type) || c->col < 0)
		return 0;
	datum_column(&lit->u.lit, &c->constant, p->arena);
	c->kind = CONJUNCT_COMPARE;
	return 1;
}

/* 1 when x is a test for null, or a boolean column. */
static int
plan_simple(struct program *p, const struct expr *x, struct conjunct *c)
{
	const struct expr *col = x;

	c->kind = CONJUNCT_TRUE;
	if (x->kind == EXPR_CALL) {
		const char *name = x->u.call.fn->name;

		c->kind = strcmp(name, "isnull") == 0 ? CONJUNCT_NULL :
		    strcmp(name, "isnotnull") == 0 ? CONJUNCT_VALID :
		    CONJUNCT_BLOCK;
		if (c->kind == CONJUNCT_BLOCK)
			return 0;
		col = x->u.call.arg[0];
	}
	if (col->kind != EXPR_COL)
		return 0;
	c->col = schema_find(p->in, col->u.col.id);
	return c->col >= 0;
}

/* May the two sides of this "and" run apart?  Not when they share work, or
 * a rand() that must be the same on both. */
static bool
splits(const struct expr *x)
{
	return x->kind == EXPR_CALL &&
	    strcmp(x->u.call.fn->name, "and") == 0 &&
	    expr_is_deterministic(x) &&
	    !block_shares(x->u.call.arg[0], x->u.call.arg[1]);
}

static int
count(const struct expr *x)
{
	if (splits(x))
		return count(x->u.call.arg[0]) + count(x->u.call.arg[1]);
	return 1;
}

static int
plan(struct program *p, struct expr *x, struct err *e)
{
	struct conjunct *c = &p->conjunct[p->nconjunct];

	if (splits(x)) {
		TRY(plan(p, x->u.call.arg[0], e));
		return plan(p, x->u.call.arg[1], e);
	}
	p->nconjunct++;
	if (x->kind == EXPR_CALL && plan_compare(p, x, c))
		return 0;
	if (plan_simple(p, x, c))
		return 0;
	c->kind = CONJUNCT_BLOCK;
	c->everywhere = !expr_can_fail(x) && expr_is_deterministic(x);
	return block_new(p, &x, 1, &c->block, e);
}

int
program_conjuncts(struct program *p, struct expr *x, struct err *e)
{
	p->conjunct = NEW_N(p->arena, struct conjunct, count(x));
	return plan(p, x, e);
}

/* Keeps all rows or none. */
static int
keep(int all, const int32_t *pick, int n, int32_t *out)
{
	if (!all)
		return 0;
	for (int i = 0; i < n; i++)
		out[i] = pick ? pick[i] : i;
	return n;
}

static int
run_simple(const struct conjunct *c, const struct column *v,
    const int32_t *pick, int n, int32_t *out)
{
	switch (c->kind) {
	case CONJUNCT_NULL:
		return pick_null(v, pick, n, out);
	case CONJUNCT_VALID:
		return pick_valid(v, pick, n, out);
	case CONJUNCT_TRUE:
		return pick_true(v, pick, n, out);
	default:
		if (v->valid) {
			n = pick_valid(v, pick, n, out);
			pick = out;
		}
		return compare_pick(c->op, v, &c->constant, pick, n, out);
	}
}

static int
run_block(struct conjunct *c, const struct batch *b, const int32_t *pick,
    int n, int32_t *out, struct err *e)
{
	struct block *k = c->block;
	struct column *v = &k->reg[k->result[0]].col;
	int32_t one;
	int m = 0;

	if (c->everywhere && 2 * n >= b->nrow) {
		block_load(k, b->col, NULL, b->nrow);
		TRY(block_run(k, b->nrow, e));
		if (v->flags & COL_CONST)
			return keep(pick_true(v, NULL, 1, &one), pick, n, out);
		return pick_true(v, pick, n, out);
	}
	block_load(k, b->col, pick, n);
	TRY(block_run(k, n, e));
	if (v->flags & COL_CONST)
		return keep(pick_true(v, NULL, 1, &one), pick, n, out);
	if (v->valid == NULL)
		return pick_bools(v->data, pick, n, out);
	for (int i = 0; i < n; i++) {
		out[m] = pick ? pick[i] : i;
		m += ((const uint8_t *)v->data)[i] & !col_null(v, i);
	}
	return m;
}

int
program_pick(struct program *p, const struct batch *b, int32_t *pick,
    struct err *e)
{
	const int32_t *from = b->pick;
	int n = b->n;

	if (p->nconjunct == 0)
		return err_set(e, ERR_BUG, "a filter that is not boolean");
	arena_reset(p->heap);
	p->run++;
	for (int i = 0; i < p->nconjunct && n > 0; i++) {
		struct conjunct *c = &p->conjunct[i];
		const struct column *v = &b->col[c->col];
		int32_t one;

		if (c->kind == CONJUNCT_BLOCK)
			n = run_block(c, b, from, n, pick, e);
		else if (v->flags & COL_CONST)
			n = keep(run_simple(c, v, NULL, 1, &one), from, n,
			    pick);
		else
			n = run_simple(c, v, from, n, pick);
		if (n < 0)
			return n;
		from = pick;
	}
	return n;
}
