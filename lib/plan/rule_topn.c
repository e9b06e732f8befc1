/*
 * rule_topn -- limit n over order by keeps only the first n rows of each
 * partition, so nothing larger is sorted.  A limit over projects that keep
 * the order is moved below them first.
 */
#include "plan/rules.h"

#define TOPN_MAX 100000

static struct node *
topn(struct rule_env *r, const struct node *limit, struct node *sort)
{
	struct node *t = node_new(r->arena, r->ids, NODE_TOPN, 1);
	struct node *l = node_copy(r->arena, r->ids, limit);

	t->span = sort->span;
	t->kid[0] = sort->kid[0];
	t->out = sort->out;
	t->u.topn.nkey = sort->u.sort.nkey;
	t->u.topn.key = sort->u.sort.key;
	t->u.topn.limit = limit->u.limit.limit + limit->u.limit.offset;
	t->u.topn.global = true;
	l->kid[0] = t;
	l->out = t->out;
	return limit->u.limit.offset ? l : t;
}

int
rule_topn(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct node *x = n;

	for (int i = 0; i < n->nkid; i++) {
		struct node *kid;

		TRY(rule_topn(r, n->kid[i], &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = x;
	if (x->kind != NODE_LIMIT || x->u.limit.limit < 0 ||
	    x->u.limit.limit > TOPN_MAX ||
	    x->u.limit.offset > TOPN_MAX - x->u.limit.limit)
		return 0;
	if (x->kid[0]->kind == NODE_SORT && x->kid[0]->u.sort.global) {
		*out = topn(r, x, x->kid[0]);
	} else if (x->kid[0]->kind == NODE_PROJECT &&
	    x->kid[0]->kid[0]->kind == NODE_SORT &&
	    x->kid[0]->kid[0]->u.sort.global) {
		struct node *p = node_copy(r->arena, r->ids, x->kid[0]);

		p->kid[0] = topn(r, x, x->kid[0]->kid[0]);
		*out = p;
	}
	return 0;
}
