/*
 * rule_prune_columns -- top down: which columns does the parent use?  Scans
 * read only those, projects compute only those, aggregates keep only those
 * states.  A node whose inputs would hand over columns that it only passes
 * on and nobody wants gets a project below it that drops them.
 */
#include <string.h>

#include "plan/rules.h"

struct ids {                    /* a set of column ids */
	struct arena *arena;
	int *v, n, cap;
};

static bool
has(const struct ids *s, int id)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i] == id)
			return true;
	return false;
}

static void
add(struct ids *s, int id)
{
	if (has(s, id))
		return;
	ARENA_GROW(s->arena, s->v, s->n, s->cap);
	s->v[s->n++] = id;
}

static void
note_column(struct expr *x, void *arg)
{
	if (x->kind == EXPR_COL)
		add(arg, x->u.col.id);
}

static void
uses(struct ids *s, struct expr *x)
{
	if (x)
		expr_walk(x, note_column, s);
}

static void
uses_all(struct ids *s, struct expr *const *x, int n)
{
	for (int i = 0; i < n; i++)
		uses(s, x[i]);
}

static void
uses_schema(struct ids *s, const struct schema *of)
{
	for (int i = 0; i < of->ncol; i++)
		add(s, of->col[i].id);
}

static struct ids
copy(const struct ids *s)
{
	struct ids c = { .arena = s->arena };

	for (int i = 0; i < s->n; i++)
		add(&c, s->v[i]);
	return c;
}

static int prune(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e);

/* The wanted columns of a schema, in order. */
static struct schema *
narrowed(struct rule_env *r, const struct schema *s, const struct ids *want)
{
	struct schema *to = schema_new(r->arena, s->ncol);

	to->ncol = 0;
	for (int i = 0; i < s->ncol; i++)
		if (has(want, s->col[i].id))
			to->col[to->ncol++] = s->col[i];
	return to;
}

/* A project that passes on only the wanted columns, with their ids. */
static struct node *
drop_others(struct rule_env *r, struct node *n, const struct ids *want)
{
	struct node *p;
	struct schema *s = narrowed(r, n->out, want);

	if (s->ncol == n->out->ncol)
		return n;
	p = node_new(r->arena, r->ids, NODE_PROJECT, 1);
	p->kid[0] = n;
	p->out = s;
	p->u.project.x = NEW_N(r->arena, struct expr *, s->ncol + 1);
	for (int i = 0; i < s->ncol; i++)
		p->u.project.x[i] = expr_col(r->arena, &s->col[i]);
	return p;
}

static int
prune_scan(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out)
{
	struct ids need = copy(want);
	struct node *c;
	int k = 0;

	uses(&need, n->u.scan.filter);
	uses(&need, n->u.scan.prune);
	c = node_copy(r->arena, r->ids, n);
	c->out = schema_new(r->arena, n->out->ncol);
	c->u.scan.col = NEW_N(r->arena, int, n->out->ncol + 1);
	for (int i = 0; i < n->out->ncol; i++)
		if (has(&need, n->out->col[i].id)) {
			c->out->col[k] = n->out->col[i];
			c->u.scan.col[k++] = n->u.scan.col[i];
		}
	c->out->ncol = k;
	*out = k == n->out->ncol ? n : c;
	return 0;
}

static int
prune_project(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n);
	struct ids need = { .arena = r->arena };
	int k = 0;

	c->out = schema_new(r->arena, n->out->ncol);
	c->u.project.x = NEW_N(r->arena, struct expr *, n->out->ncol + 1);
	for (int i = 0; i < n->out->ncol; i++)
		if (has(want, n->out->col[i].id)) {
			c->out->col[k] = n->out->col[i];
			c->u.project.x[k++] = n->u.project.x[i];
		}
	c->out->ncol = k;
	uses_all(&need, c->u.project.x, k);
	TRY(prune(r, n->kid[0], &need, &c->kid[0], e));
	*out = k == n->out->ncol && c->kid[0] == n->kid[0] ? n : c;
	return 0;
}

static int
prune_aggregate(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n);
	struct ids need = { .arena = r->arena };
	int nkey = n->u.agg.nkey, k = 0;

	c->out = schema_new(r->arena, n->out->ncol);
	memcpy(c->out->col, n->out->col, sizeof *c->out->col * (size_t)nkey);
	c->u.agg.agg = NEW_N(r->arena, struct expr *, n->u.agg.nagg + 1);
	for (int i = 0; i < n->u.agg.nagg; i++)
		if (has(want, n->out->col[nkey + i].id)) {
			c->out->col[nkey + k] = n->out->col[nkey + i];
			c->u.agg.agg[k++] = n->u.agg.agg[i];
		}
	c->u.agg.nagg = k;
	c->out->ncol = nkey + k;
	uses_all(&need, c->u.agg.key, nkey);
	uses_all(&need, c->u.agg.agg, k);
	for (int i = 0; i < k; i++)
		uses(&need, c->u.agg.agg[i]->u.agg.filter);
	TRY(prune(r, n->kid[0], &need, &c->kid[0], e));
	*out = k == n->u.agg.nagg && c->kid[0] == n->kid[0] ? n : c;
	return 0;
}

static int
prune_join(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n);
	struct ids need = copy(want);
	struct schema *s = schema_new(r->arena, n->out->ncol);

	uses_all(&need, n->u.join.lkey, n->u.join.nkey);
	uses_all(&need, n->u.join.rkey, n->u.join.nkey);
	uses(&need, n->u.join.cond);
	for (int i = 0; i < 2; i++) {
		struct node *kid;

		TRY(prune(r, n->kid[i], &need, &kid, e));
		c->kid[i] = drop_others(r, kid, &need);
	}
	s->ncol = 0;
	for (int i = 0; i < n->out->ncol; i++) {
		int id = n->out->col[i].id;

		if (schema_find(c->kid[0]->out, id) >= 0 ||
		    schema_find(c->kid[1]->out, id) >= 0 ||
		    (n->u.join.kind == JOIN_MARK && i == n->out->ncol - 1))
			s->col[s->ncol++] = n->out->col[i];
	}
	c->out = s;
	*out = c->kid[0] == n->kid[0] && c->kid[1] == n->kid[1] ? n : c;
	return 0;
}

static int
prune_generate(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n), *kid;
	struct ids need = copy(want);
	int nkid = n->kid[0]->out->ncol, made = n->out->ncol - nkid, k;

	uses(&need, n->u.generate.call);
	TRY(prune(r, n->kid[0], &need, &kid, e));
	c->kid[0] = drop_others(r, kid, &need);
	k = c->kid[0]->out->ncol;
	c->out = schema_new(r->arena, k + made);
	memcpy(c->out->col, c->kid[0]->out->col,
	    sizeof *c->out->col * (size_t)k);
	memcpy(c->out->col + k, n->out->col + nkid,
	    sizeof *c->out->col * (size_t)made);
	*out = c->kid[0] == n->kid[0] ? n : c;
	return 0;
}

/* All inputs of a union must stay alike: kept whole but for the scans. */
static int
prune_union(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct node *c = node_copy(r->arena, r->ids, n);
	bool changed = false;

	c->out = narrowed(r, n->out, want);
	for (int i = 0; i < n->nkid; i++) {
		struct ids need = { .arena = r->arena };
		struct node *kid;

		for (int k = 0; k < n->out->ncol; k++)
			if (has(want, n->out->col[k].id))
				add(&need, n->kid[i]->out->col[k].id);
		TRY(prune(r, n->kid[i], &need, &kid, e));
		c->kid[i] = drop_others(r, kid, &need);
		changed |= c->kid[i] != n->kid[i];
	}
	*out = changed ? c : n;
	return 0;
}

/* Nodes whose output is their kid's: what they use is wanted too. */
static int
prune_through(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	struct ids need = copy(want);
	struct node *kid, *c;

	switch (n->kind) {
	case NODE_FILTER:
		uses(&need, n->u.filter.cond);
		break;
	case NODE_ASSERT:
		uses(&need, n->u.check.cond);
		break;
	case NODE_SORT:
		for (int i = 0; i < n->u.sort.nkey; i++)
			uses(&need, n->u.sort.key[i].x);
		break;
	case NODE_TOPN:
		for (int i = 0; i < n->u.topn.nkey; i++)
			uses(&need, n->u.topn.key[i].x);
		break;
	case NODE_REPARTITION:
		for (int i = 0; i < n->u.repartition.nkey; i++)
			uses(&need, n->u.repartition.key[i].x);
		break;
	default:
		break;
	}
	TRY(prune(r, n->kid[0], &need, &kid, e));
	kid = drop_others(r, kid, &need);
	if (kid == n->kid[0]) {
		*out = n;
		return 0;
	}
	c = node_copy(r->arena, r->ids, n);
	c->kid[0] = kid;
	c->out = kid->out;
	*out = c;
	return 0;
}

/* Nodes that need all of their inputs: outputs, commands, set operations. */
static int
prune_whole(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct node *x = n;

	for (int i = 0; i < n->nkid; i++) {
		struct ids all = { .arena = r->arena };
		struct node *kid;

		uses_schema(&all, n->kid[i]->out);
		TRY(prune(r, n->kid[i], &all, &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = x;
	return 0;
}

static int
prune(struct rule_env *r, struct node *n, const struct ids *want,
    struct node **out, struct err *e)
{
	switch (n->kind) {
	case NODE_SCAN:      return prune_scan(r, n, want, out);
	case NODE_PROJECT:   return prune_project(r, n, want, out, e);
	case NODE_AGGREGATE: return prune_aggregate(r, n, want, out, e);
	case NODE_JOIN:      return prune_join(r, n, want, out, e);
	case NODE_GENERATE:  return prune_generate(r, n, want, out, e);
	case NODE_UNION:     return prune_union(r, n, want, out, e);
	case NODE_FILTER: case NODE_SORT: case NODE_TOPN: case NODE_LIMIT:
	case NODE_REPARTITION: case NODE_ASSERT:
		return prune_through(r, n, want, out, e);
	default:
		return prune_whole(r, n, out, e);
	}
}

int
rule_prune_columns(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct ids all = { .arena = r->arena };

	uses_schema(&all, n->out);
	return prune(r, n, &all, out, e);
}
