/*
 * phys_agg -- aggregates: partial, exchange, final.
 *
 * Distinct aggregates: when all are over one and the same argument list, the
 * rows are first made distinct (keys and arguments together, in parallel) and
 * then counted; any other mix goes in one step after an exchange by the
 * keys, where the operator keeps the sets itself.
 */
#include <string.h>

#include "expr/aggfn.h"
#include "plan/physical.h"

static struct expr **
key_columns(struct phys_env *p, const struct node *n, int nkey)
{
	struct expr **x = NEW_N(p->arena, struct expr *, nkey + 1);

	for (int i = 0; i < nkey; i++)
		x[i] = expr_col(p->arena, &n->out->col[i]);
	return x;
}

/* Keys, then the columns in which the states travel. */
static int
partial_schema(struct phys_env *p, struct node *part, const struct node *n,
    struct err *e)
{
	int nkey = n->u.agg.nkey, ncol = nkey, at = nkey;
	struct agg *g = NEW_N(p->arena, struct agg, n->u.agg.nagg + 1);

	for (int i = 0; i < n->u.agg.nagg; i++) {
		TRY(agg_open(&g[i], n->u.agg.agg[i], p->arena, e));
		ncol += g[i].ncol;
	}
	part->out = schema_new(p->arena, ncol);
	for (int i = 0; i < nkey; i++)
		part->out->col[i] = plan_field(p->ids, n->out->col[i].name,
		    n->u.agg.key[i]->type, n->u.agg.key[i]->nullable);
	for (int i = 0; i < n->u.agg.nagg; i++)
		for (int k = 0; k < g[i].ncol; k++)
			part->out->col[at++] = plan_field(p->ids,
			    arena_printf(p->arena, "%s.%d",
			    n->u.agg.agg[i]->u.agg.fn->name, k), g[i].col[k],
			    true);
	return 0;
}

static int
two_steps(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out, struct err *e)
{
	struct node *part = node_copy(p->arena, p->ids, n);
	struct node *final = node_copy(p->arena, p->ids, n);
	struct phys laid, x = { 0 };

	part->kid[0] = kid->n;
	part->u.agg.mode = AGG_PARTIAL;
	part->est_rows = kid->n->est_rows;
	part->est_bytes = kid->n->est_bytes;
	TRY(partial_schema(p, part, n, e));
	x.n = part;
	final->u.agg.mode = AGG_FINAL;
	final->u.agg.key = key_columns(p, part, n->u.agg.nkey);
	if (n->u.agg.nkey == 0) {
		laid = (struct phys){ .single = true };
		laid.n = phys_exchange(p, part, PART_SINGLE, NULL, 0, 1);
	} else {
		TRY(phys_by_hash(p, &x, final->u.agg.key, n->u.agg.nkey, 0,
		    &laid));
	}
	final->kid[0] = laid.n;
	*out = (struct phys){ .n = final, .single = laid.single,
	    .parts = laid.parts };
	if (laid.hash) {
		int *ids = NEW_N(p->arena, int, n->u.agg.nkey + 1);

		for (int i = 0; i < n->u.agg.nkey; i++)
			ids[i] = final->out->col[i].id;
		out->hash = ids;
		out->nhash = n->u.agg.nkey;
	}
	return 0;
}

static bool
same_args(const struct expr *a, const struct expr *b)
{
	if (a->u.agg.narg != b->u.agg.narg)
		return false;
	for (int i = 0; i < a->u.agg.narg; i++)
		if (!expr_equal(a->u.agg.arg[i], b->u.agg.arg[i]))
			return false;
	return true;
}

/* Are all aggregates distinct over one argument list, without filters? */
static bool
one_distinct_set(const struct node *n)
{
	for (int i = 0; i < n->u.agg.nagg; i++) {
		const struct expr *x = n->u.agg.agg[i];

		if (!x->u.agg.distinct || x->u.agg.filter ||
		    !same_args(x, n->u.agg.agg[0]))
			return false;
	}
	return n->u.agg.nagg > 0;
}

static bool
any_distinct(const struct node *n)
{
	for (int i = 0; i < n->u.agg.nagg; i++)
		if (n->u.agg.agg[i]->u.agg.distinct)
			return true;
	return false;
}

/* group by k, args; then the plain aggregates over args, by k. */
static int
distinct_first(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out, struct err *e)
{
	const struct expr *first = n->u.agg.agg[0];
	int nkey = n->u.agg.nkey, narg = first->u.agg.narg;
	struct node *d = node_new(p->arena, p->ids, NODE_AGGREGATE, 1);
	struct node *c = node_copy(p->arena, p->ids, n);
	struct phys inner;

	d->kid[0] = kid->n;
	d->u.agg.nkey = nkey + narg;
	d->u.agg.key = NEW_N(p->arena, struct expr *, nkey + narg + 1);
	d->out = schema_new(p->arena, nkey + narg);
	for (int i = 0; i < nkey + narg; i++) {
		struct expr *x = i < nkey ? n->u.agg.key[i] :
		    first->u.agg.arg[i - nkey];

		d->u.agg.key[i] = x;
		d->out->col[i] = plan_field(p->ids, i < nkey ?
		    n->out->col[i].name : expr_title(p->arena, x), x->type,
		    x->nullable);
	}
	d->est_rows = kid->n->est_rows;
	d->est_bytes = kid->n->est_bytes;
	TRY(phys_aggregate(p, d, kid, &inner, e));
	c->u.agg.key = key_columns(p, d, nkey);
	c->u.agg.agg = NEW_N(p->arena, struct expr *, n->u.agg.nagg + 1);
	for (int i = 0; i < n->u.agg.nagg; i++) {
		struct expr *x = NEW(p->arena, struct expr);

		*x = *n->u.agg.agg[i];
		x->u.agg.distinct = false;
		x->u.agg.arg = NEW_N(p->arena, struct expr *, narg + 1);
		for (int k = 0; k < narg; k++)
			x->u.agg.arg[k] = expr_col(p->arena,
			    &d->out->col[nkey + k]);
		c->u.agg.agg[i] = x;
	}
	c->kid[0] = inner.n;
	return phys_aggregate(p, c, &inner, out, e);
}

static int
one_step(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	struct node *c = node_copy(p->arena, p->ids, n);

	c->kid[0] = kid->n;
	*out = (struct phys){ .n = c, .single = kid->single };
	return 0;
}

int
phys_aggregate(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out, struct err *e)
{
	struct phys laid = { .single = true };

	if (!kid->single && one_distinct_set(n))
		return distinct_first(p, n, kid, out, e);
	if (kid->single)
		return one_step(p, n, kid, out);
	if (!any_distinct(n))
		return two_steps(p, n, kid, out, e);
	if (n->u.agg.nkey == 0)
		laid.n = phys_exchange(p, kid->n, PART_SINGLE, NULL, 0, 1);
	else
		TRY(phys_by_hash(p, kid, n->u.agg.key, n->u.agg.nkey, 0, &laid));
	return one_step(p, n, &laid, out);
}
