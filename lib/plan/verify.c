/*
 * verify -- the invariants of plans: what every rule must leave intact.
 */
#include <string.h>

#include "expr/aggfn.h"
#include "plan/node.h"

struct check {
	const struct node *n;
	const struct schema *in, *in2;  /* columns that may be used */
	int missing;                    /* id of one that is not there */
	const char *wrong;
};

static void
check_expr(struct expr *x, void *arg)
{
	struct check *c = arg;
	const struct field *f = NULL;
	int at;

	if (x->kind != EXPR_COL || c->wrong)
		return;
	at = c->in ? schema_find(c->in, x->u.col.id) : -1;
	if (at >= 0)
		f = &c->in->col[at];
	else if (c->in2 && (at = schema_find(c->in2, x->u.col.id)) >= 0)
		f = &c->in2->col[at];
	if (f == NULL)
		c->wrong = "no such column in its input";
	else if (!type_equal(f->type, x->type))
		c->wrong = "a column has another type";
	c->missing = x->u.col.id;
}

static int
verify_exprs(struct check *c, struct expr *const *x, int n, struct err *e)
{
	for (int i = 0; i < n; i++) {
		if (x[i] == NULL)
			continue;
		expr_walk(x[i], check_expr, c);
		if (c->wrong)
			return err_set(e, ERR_BUG, "%s node %d: column #%d: %s",
			    node_name(c->n), c->n->id, c->missing, c->wrong);
	}
	return 0;
}

static int
verify_keys(struct check *c, const struct sort_key *k, int n, struct err *e)
{
	for (int i = 0; i < n; i++)
		TRY(verify_exprs(c, &k[i].x, 1, e));
	return 0;
}

static int
bug(const struct node *n, const char *what, struct err *e)
{
	return err_set(e, ERR_BUG, "%s node %d: %s", node_name(n), n->id, what);
}

static int
verify_aggregate(struct check *c, struct err *e)
{
	const struct node *n = c->n;

	TRY(verify_exprs(c, n->u.agg.key, n->u.agg.nkey, e));
	if (n->u.agg.mode == AGG_COMPLETE || n->u.agg.mode == AGG_PARTIAL)
		TRY(verify_exprs(c, n->u.agg.agg, n->u.agg.nagg, e));
	for (int i = 0; i < n->u.agg.nagg; i++)
		if (n->u.agg.agg[i]->kind != EXPR_AGG)
			return bug(n, "an aggregate that is none", e);
	return 0;
}

static int
verify_join(struct check *c, struct err *e)
{
	const struct node *n = c->n;
	struct check l = *c, r = *c, both = *c;

	l.in = n->kid[0]->out;
	r.in = n->kid[1]->out;
	both.in = l.in;
	both.in2 = r.in;
	TRY(verify_exprs(&l, n->u.join.lkey, n->u.join.nkey, e));
	TRY(verify_exprs(&r, n->u.join.rkey, n->u.join.nkey, e));
	for (int i = 0; i < n->u.join.nkey; i++)
		if (!type_equal(n->u.join.lkey[i]->type,
		    n->u.join.rkey[i]->type))
			return bug(n, "keys of different types", e);
	return verify_exprs(&both, &n->u.join.cond, 1, e);
}

static int
verify_bool(struct check *c, struct expr *x, struct err *e)
{
	TRY(verify_exprs(c, &x, 1, e));
	if (x->type->kind != TYPE_BOOL)
		return bug(c->n, "a condition that is not boolean", e);
	return 0;
}

static int
verify_own(struct check *c, struct err *e)
{
	const struct node *n = c->n;

	switch (n->kind) {
	case NODE_FILTER:
		return verify_bool(c, n->u.filter.cond, e);
	case NODE_ASSERT:
		return verify_bool(c, n->u.check.cond, e);
	case NODE_SCAN:
		c->in = n->out;
		return verify_exprs(c, (struct expr *const *)&n->u.scan.filter,
		    1, e);
	case NODE_PROJECT:
		for (int i = 0; i < n->out->ncol; i++)
			if (!type_equal(n->u.project.x[i]->type,
			    n->out->col[i].type))
				return bug(n, "a column of the wrong type", e);
		return verify_exprs(c, n->u.project.x, n->out->ncol, e);
	case NODE_GENERATE:
		return verify_exprs(c, (struct expr *const *)
		    &n->u.generate.call, 1, e);
	case NODE_AGGREGATE:
		return verify_aggregate(c, e);
	case NODE_JOIN:
		return verify_join(c, e);
	case NODE_SORT:
		return verify_keys(c, n->u.sort.key, n->u.sort.nkey, e);
	case NODE_TOPN:
		return verify_keys(c, n->u.topn.key, n->u.topn.nkey, e);
	case NODE_REPARTITION:
		return verify_keys(c, n->u.repartition.key,
		    n->u.repartition.nkey, e);
	case NODE_EXCHANGE:
		return verify_keys(c, n->u.exchange.key, n->u.exchange.nkey, e);
	case NODE_EXPAND:
		for (int i = 0; i < n->u.expand.nproj; i++)
			TRY(verify_exprs(c, n->u.expand.x[i], n->out->ncol, e));
		return 0;
	case NODE_CACHE:
		for (int i = 0; n->nkid && i < n->out->ncol; i++)
			if (i >= n->kid[0]->out->ncol || !type_equal(
			    n->out->col[i].type, n->kid[0]->out->col[i].type))
				return bug(n, "other columns than its input", e);
		return 0;
	case NODE_UNION:
		for (int i = 0; i < n->nkid; i++)
			if (n->kid[i]->out->ncol != n->out->ncol)
				return bug(n, "inputs of different width", e);
		return 0;
	default:
		return 0;
	}
}

int
node_verify(const struct node *n, struct err *e)
{
	struct check c = { .n = n, .in = n->nkid ? n->kid[0]->out : NULL };

	if (n->out == NULL)
		return bug(n, "no output schema", e);
	for (int i = 0; i < n->nkid; i++) {
		if (n->kid[i] == NULL)
			return bug(n, "an input is missing", e);
		TRY(node_verify(n->kid[i], e));
	}
	return verify_own(&c, e);
}
