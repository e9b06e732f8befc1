/*
 * rule_scan_filter -- a filter right above a scan goes into it: conditions
 * on partition columns choose files, those on columns of the records are
 * evaluated while reading.
 */
#include "plan/rules.h"

static struct node *
into_scan(struct rule_env *r, struct node *f)
{
	struct node *s = node_copy(r->arena, r->ids, f->kid[0]);
	int nfile = s->u.scan.input->file->ncol;
	struct schema *file = schema_new(r->arena, s->out->ncol);
	struct schema *key = schema_new(r->arena, s->out->ncol);
	struct conds all = { 0 }, stay = { 0 }, read = { 0 }, prune = { 0 };

	file->ncol = key->ncol = 0;
	for (int i = 0; i < s->out->ncol; i++) {
		struct schema *to = s->u.scan.col[i] < nfile ? file : key;

		to->col[to->ncol++] = s->out->col[i];
	}
	conds_add(r->arena, &all, f->u.filter.cond);
	for (int i = 0; i < all.n; i++) {
		struct expr *x = all.v[i];

		if (!expr_is_deterministic(x) || expr_is_const(x))
			conds_add(r->arena, &stay, x);
		else if (key->ncol && expr_within(x, key))
			conds_add(r->arena, &prune, x);
		else if (expr_within(x, file))
			conds_add(r->arena, &read, x);
		else
			conds_add(r->arena, &stay, x);
	}
	if (s->u.scan.filter)
		conds_add(r->arena, &read, s->u.scan.filter);
	if (s->u.scan.prune)
		conds_add(r->arena, &prune, s->u.scan.prune);
	s->u.scan.filter = conds_join(r->env, &read);
	s->u.scan.prune = conds_join(r->env, &prune);
	return filter_over(r, s, conds_join(r->env, &stay));
}

int
rule_scan_filter(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	struct node *x = n;

	if (n->kind == NODE_FILTER && n->kid[0]->kind == NODE_SCAN) {
		*out = into_scan(r, n);
		return 0;
	}
	for (int i = 0; i < n->nkid; i++) {
		struct node *kid;

		TRY(rule_scan_filter(r, n->kid[i], &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = x;
	return 0;
}
