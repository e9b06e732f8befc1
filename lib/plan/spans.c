/*
 * spans -- see spans.h.
 */
#include "plan/spans.h"

#include <stdlib.h>

#include "base/arena.h"

struct list {
	struct span *v;
	int n, cap;
};

static void
add(struct list *l, struct span s)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->v = xrealloc(l->v, (size_t)l->cap * sizeof *l->v);
	}
	l->v[l->n++] = s;
}

static void
add_expr(struct expr *x, void *arg)
{
	add(arg, x->span);
}

static void
add_exprs(struct list *l, struct expr *const *x, int n)
{
	for (int i = 0; i < n; i++)
		if (x[i])
			expr_walk(x[i], add_expr, l);
}

static void
add_keys(struct list *l, const struct sort_key *k, int n)
{
	for (int i = 0; i < n; i++)
		add_exprs(l, &k[i].x, 1);
}

static void
add_join(struct list *l, const struct node *n)
{
	add_exprs(l, n->u.join.lkey, n->u.join.nkey);
	add_exprs(l, n->u.join.rkey, n->u.join.nkey);
	add_exprs(l, &n->u.join.cond, 1);
}

static void
add_own(struct list *l, const struct node *n)
{
	switch (n->kind) {
	case NODE_SCAN:
		add_exprs(l, &n->u.scan.filter, 1);
		break;
	case NODE_FILTER:
		add_exprs(l, &n->u.filter.cond, 1);
		break;
	case NODE_PROJECT:
		add_exprs(l, n->u.project.x, n->out->ncol);
		break;
	case NODE_GENERATE:
		add_exprs(l, &n->u.generate.call, 1);
		break;
	case NODE_AGGREGATE:
		add_exprs(l, n->u.agg.key, n->u.agg.nkey);
		add_exprs(l, n->u.agg.agg, n->u.agg.nagg);
		break;
	case NODE_JOIN:
		add_join(l, n);
		break;
	case NODE_SORT:
		add_keys(l, n->u.sort.key, n->u.sort.nkey);
		break;
	case NODE_TOPN:
		add_keys(l, n->u.topn.key, n->u.topn.nkey);
		break;
	case NODE_PIPE:
		add_exprs(l, n->u.pipe.group, n->u.pipe.ngroup);
		break;
	case NODE_ASSERT:
		add_exprs(l, &n->u.check.cond, 1);
		break;
	case NODE_EXPAND:
		for (int i = 0; i < n->u.expand.nproj; i++)
			add_exprs(l, n->u.expand.x[i], n->out->ncol);
		break;
	case NODE_EXCHANGE:
		add_keys(l, n->u.exchange.key, n->u.exchange.nkey);
		break;
	case NODE_READ:
		add_keys(l, n->u.read.key, n->u.read.nkey);
		break;
	default:
		break;
	}
}

static void
add_node(struct list *l, const struct node *n)
{
	for (int i = 0; i < n->nkid; i++)
		add_node(l, n->kid[i]);
	add(l, n->span);
	add_own(l, n);
}

int
plan_spans(const struct stages *s, struct span **out)
{
	struct list l = { NULL, 0, 0 };

	for (int i = 0; i < s->n; i++)
		add_node(&l, s->stage[i].root);
	*out = l.v;
	return l.n;
}

int
plan_span_find(const struct span *v, int n, struct span span)
{
	for (int i = 0; i < n; i++)
		if (v[i].len == span.len && v[i].at == span.at &&
		    v[i].src == span.src)
			return i;
	return -1;
}
