/*
 * bind_node -- makes the logical nodes that binding needs.
 */
#include "sql/bind_scope.h"

struct node *
node_project(struct binder *b, struct node *kid, struct expr **x,
    const char **name, int n)
{
	struct node *p = node_new(b->arena, &b->ids, NODE_PROJECT, 1);

	p->kid[0] = kid;
	p->out = schema_new(b->arena, n);
	p->u.project.x = NEW_N(b->arena, struct expr *, n + 1);
	for (int i = 0; i < n; i++) {
		p->u.project.x[i] = x[i];
		p->out->col[i] = plan_field(&b->ids, name[i], x[i]->type,
		    x[i]->nullable);
	}
	return p;
}

struct node *
node_filter(struct binder *b, struct node *kid, struct expr *cond)
{
	struct node *f = node_new(b->arena, &b->ids, NODE_FILTER, 1);

	f->kid[0] = kid;
	f->out = kid->out;
	f->span = cond->span;
	f->u.filter.cond = cond;
	return f;
}

struct node *
node_join(struct binder *b, enum join_kind kind, struct node *left,
    struct node *right)
{
	struct node *j = node_new(b->arena, &b->ids, NODE_JOIN, 2);
	int nl = left->out->ncol, nr = right->out->ncol, n = nl;
	bool rows = kind != JOIN_SEMI && kind != JOIN_ANTI &&
	    kind != JOIN_ANTI_NULL && kind != JOIN_MARK;

	if (rows)
		n += nr;
	if (kind == JOIN_MARK)
		n++;
	j->kid[0] = left;
	j->kid[1] = right;
	j->u.join.kind = kind;
	j->out = schema_new(b->arena, n);
	for (int i = 0; i < nl; i++) {
		j->out->col[i] = left->out->col[i];
		if (kind == JOIN_RIGHT || kind == JOIN_FULL)
			j->out->col[i].nullable = true;
	}
	for (int i = 0; rows && i < nr; i++) {
		j->out->col[nl + i] = right->out->col[i];
		if (kind == JOIN_LEFT || kind == JOIN_FULL)
			j->out->col[nl + i].nullable = true;
	}
	if (kind == JOIN_MARK)
		j->out->col[nl] = plan_field(&b->ids, "mark", TYPE(BOOL), true);
	return j;
}

struct node *
node_aggregate(struct binder *b, struct node *kid, struct expr **key,
    const char **key_name, int nkey, struct expr **agg,
    const char **agg_name, int nagg)
{
	struct node *g = node_new(b->arena, &b->ids, NODE_AGGREGATE, 1);

	g->kid[0] = kid;
	g->u.agg.mode = AGG_COMPLETE;
	g->u.agg.nkey = nkey;
	g->u.agg.nagg = nagg;
	g->u.agg.key = key;
	g->u.agg.agg = agg;
	g->out = schema_new(b->arena, nkey + nagg);
	for (int i = 0; i < nkey; i++)
		g->out->col[i] = plan_field(&b->ids, key_name[i], key[i]->type,
		    key[i]->nullable);
	for (int i = 0; i < nagg; i++)
		g->out->col[nkey + i] = plan_field(&b->ids, agg_name[i],
		    agg[i]->type, agg[i]->nullable);
	return g;
}

struct node *
node_distinct(struct binder *b, struct node *kid)
{
	int n = kid->out->ncol;
	struct expr **key = NEW_N(b->arena, struct expr *, n + 1);
	const char **name = NEW_N(b->arena, const char *, n + 1);

	for (int i = 0; i < n; i++) {
		key[i] = expr_col(b->arena, &kid->out->col[i]);
		name[i] = kid->out->col[i].name;
	}
	return node_aggregate(b, kid, key, name, n, NULL, NULL, 0);
}

struct sort_key
bind_sort_key(struct expr *x, const struct ast_sort *s)
{
	struct sort_key k = { x, s->desc, s->desc };

	if (s->nulls != NULLS_DEFAULT)
		k.nulls_last = s->nulls == NULLS_LAST;
	return k;
}
