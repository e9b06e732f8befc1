/*
 * rule_keep_strings -- scans whose strings are kept by a sort, an exchange
 * or a join above them are told so: they try to hand out views that stay
 * valid, so that no bytes need to be copied.
 */
#include "plan/rules.h"

static bool
has_strings(const struct schema *s)
{
	for (int i = 0; i < s->ncol; i++)
		if (type_is_bytes(s->col[i].type))
			return true;
	return false;
}

static int
mark(struct rule_env *r, struct node *n, bool kept, struct node **out,
    struct err *e)
{
	struct node *x = n;

	if (n->kind == NODE_SCAN) {
		*out = n;
		if (!kept || n->u.scan.keep_strings || !has_strings(n->out))
			return 0;
		*out = node_copy(r->arena, r->ids, n);
		(*out)->u.scan.keep_strings = true;
		return 0;
	}
	for (int i = 0; i < n->nkid; i++) {
		bool here = n->kind == NODE_SORT || n->kind == NODE_TOPN ||
		    n->kind == NODE_JOIN || n->kind == NODE_REPARTITION ||
		    (kept && (n->kind == NODE_FILTER ||
		    n->kind == NODE_PROJECT || n->kind == NODE_LIMIT ||
		    n->kind == NODE_UNION));
		struct node *kid;

		TRY(mark(r, n->kid[i], here, &kid, e));
		x = with_kid(r, x, i, kid);
	}
	*out = x;
	return 0;
}

int
rule_keep_strings(struct rule_env *r, struct node *n, struct node **out,
    struct err *e)
{
	return mark(r, n, false, out, e);
}
