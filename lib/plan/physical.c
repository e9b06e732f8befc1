/*
 * physical -- logical plan to physical plan: how each operator is done and
 * where rows have to move.
 *
 * Top-down recursion, bottom-up construction; each planned node carries what
 * is known of its distribution.  A plan over one partition gets no exchange
 * at all.  Correct without any optimizer rule: the rules only make it fast.
 */
#include "plan/physical.h"

#include <string.h>

#include "plan/estimate.h"

#define PART_BYTES      ((double)(4 << 20))     /* of a hash partition */
#define MERGE_BYTES     ((double)(32 << 20))    /* of a sorted partition */
#define PARTS_MAX       1024

int
phys_parts(const struct phys_env *p, double bytes)
{
	double n = bytes / PART_BYTES;

	if (p->conf->shuffle_partitions > 0)
		return p->conf->shuffle_partitions;
	if (bytes < 0)
		return 32;
	return n < 1 ? 1 : n > PARTS_MAX ? PARTS_MAX : (int)n + 1;
}

struct node *
phys_exchange(struct phys_env *p, struct node *kid, enum part_kind part,
    struct sort_key *key, int nkey, int n)
{
	struct node *x = node_new(p->arena, p->ids, NODE_EXCHANGE, 1);

	x->kid[0] = kid;
	x->out = kid->out;
	x->span = kid->span;
	x->u.exchange.part = n == 1 && part != PART_BROADCAST ? PART_SINGLE :
	    part;
	x->u.exchange.key = key;
	x->u.exchange.nkey = part == PART_HASH || part == PART_RANGE ? nkey : 0;
	x->u.exchange.n = n;
	x->est_rows = kid->est_rows;
	x->est_bytes = kid->est_bytes;
	return x;
}

static bool
lies_by(const struct phys *kid, struct expr **key, int nkey, int n)
{
	if (kid->hash == NULL || kid->nhash != nkey || (n && kid->parts != n))
		return false;
	for (int i = 0; i < nkey; i++)
		if (key[i]->kind != EXPR_COL || key[i]->u.col.id != kid->hash[i])
			return false;
	return true;
}

int
phys_by_hash(struct phys_env *p, struct phys *kid, struct expr **key,
    int nkey, int n, struct phys *out)
{
	struct sort_key *k;
	int *ids, plain = 1;

	if (lies_by(kid, key, nkey, n)) {
		*out = *kid;
		return 0;
	}
	k = NEW_N(p->arena, struct sort_key, nkey + 1);
	ids = NEW_N(p->arena, int, nkey + 1);
	for (int i = 0; i < nkey; i++) {
		k[i].x = key[i];
		plain &= key[i]->kind == EXPR_COL;
		ids[i] = plain ? key[i]->u.col.id : 0;
	}
	if (n == 0)
		n = phys_parts(p, kid->n->est_bytes);
	*out = (struct phys){ .single = n == 1, .nhash = nkey,
	    .hash = plain ? ids : NULL, .parts = n };
	out->n = phys_exchange(p, kid->n, PART_HASH, k, nkey, n);
	return 0;
}

struct node *
phys_sort(struct phys_env *p, struct node *kid, struct sort_key *key,
    int nkey)
{
	struct node *s = node_new(p->arena, p->ids, NODE_SORT, 1);

	s->kid[0] = kid;
	s->out = kid->out;
	s->span = kid->span;
	s->u.sort.key = key;
	s->u.sort.nkey = nkey;
	s->est_rows = kid->est_rows;
	s->est_bytes = kid->est_bytes;
	return s;
}

static struct phys
single(struct phys_env *p, struct phys *kid)
{
	struct phys out = { .single = true };

	out.n = kid->single ? kid->n :
	    phys_exchange(p, kid->n, PART_SINGLE, NULL, 0, 1);
	return out;
}

static int
phys_leaf(struct phys_env *p, struct node *n, struct phys *out,
    struct err *e)
{
	struct scan_cut cut;

	*out = (struct phys){ .n = n, .single = true };
	if (n->kind == NODE_RANGE)
		out->single = range_parts(n) == 1;
	if (n->kind != NODE_SCAN)
		return 0;
	TRY(scan_cut_plan(p->arena, n, p->conf, p->env, &cut, e));
	out->single = cut.npart == 1;
	return 0;
}

/* Do all hash columns come out of the node unchanged? */
static bool
keeps_hash(const struct node *n, const struct phys *kid)
{
	for (int i = 0; i < kid->nhash; i++)
		if (schema_find(n->out, kid->hash[i]) < 0)
			return false;
	return n->kind != NODE_PIPE && n->kind != NODE_EXPAND;
}

static int
phys_narrow(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	struct node *c = node_copy(p->arena, p->ids, n);

	c->kid[0] = kid->n;
	*out = *kid;
	out->n = c;
	if (kid->hash && !keeps_hash(n, kid))
		out->hash = NULL;
	return 0;
}

static int
phys_sort_global(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	int parts;

	*out = *kid;
	out->n = phys_sort(p, kid->n, n->u.sort.key, n->u.sort.nkey);
	out->n->span = n->span;
	if (kid->single || !n->u.sort.global)
		return 0;
	parts = kid->n->est_bytes < 0 ? 16 :
	    (int)(kid->n->est_bytes / MERGE_BYTES) + 2;
	out->n = phys_exchange(p, out->n, PART_RANGE, n->u.sort.key,
	    n->u.sort.nkey, parts < 256 ? parts : 256);
	out->n->u.exchange.part = PART_RANGE;
	out->hash = NULL;
	return 0;
}

static int
phys_topn(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	phys_narrow(p, n, kid, out);
	out->n->u.topn.global = kid->single;
	if (kid->single)
		return 0;
	*out = single(p, out);
	return phys_narrow(p, n, out, out);
}

static int
phys_limit(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	*out = *kid;
	if (!kid->single && n->u.limit.limit >= 0 &&
	    n->u.limit.limit <= INT64_MAX - n->u.limit.offset) {
		phys_narrow(p, n, kid, out);
		out->n->u.limit.limit = n->u.limit.limit + n->u.limit.offset;
		out->n->u.limit.offset = 0;
		out->n->u.limit.global = false;
	}
	*out = single(p, out);
	return phys_narrow(p, n, out, out);
}

static int
phys_repartition(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	enum part_kind part = n->u.repartition.part;
	int parts = n->u.repartition.n, nkey = n->u.repartition.nkey;

	*out = *kid;
	if (!n->u.repartition.shuffle && kid->single)
		return 0;
	if (parts == 0)
		parts = phys_parts(p, kid->n->est_bytes);
	*out = (struct phys){ .single = parts == 1, .parts = parts };
	out->n = phys_exchange(p, kid->n, part, n->u.repartition.key, nkey,
	    parts);
	out->n->u.exchange.n_fixed = n->u.repartition.n > 0;
	out->n->span = n->span;
	if (n->u.repartition.sort_within)
		out->n = phys_sort(p, out->n, n->u.repartition.key, nkey);
	return 0;
}

static int
phys_union(struct phys_env *p, struct node *n, struct phys *out,
    struct err *e)
{
	struct node *c = node_copy(p->arena, p->ids, n);

	for (int i = 0; i < n->nkid; i++) {
		struct phys kid;

		TRY(phys_plan(p, n->kid[i], &kid, e));
		c->kid[i] = kid.n;
	}
	*out = (struct phys){ .n = c };
	return 0;
}

static int
phys_not_kept(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	struct node *c = node_new(p->arena, p->ids, NODE_PROJECT, 1);

	c->kid[0] = kid->n;
	c->out = n->out;
	c->span = n->span;
	c->u.project.x = NEW_N(p->arena, struct expr *, n->out->ncol + 1);
	for (int i = 0; i < n->out->ncol; i++)
		c->u.project.x[i] = expr_col(p->arena,
		    &kid->n->out->col[i]);
	c->est_rows = kid->n->est_rows;
	c->est_bytes = kid->n->est_bytes;
	*out = (struct phys){ .n = c, .single = kid->single };
	return 0;
}

#define SOME 16                 /* kept relations: no input is planned twice */

static bool
is_planned(const struct phys_env *p, const struct kept *k)
{
	for (int i = 0; i < p->nplanned; i++)
		if (p->planned[i] == k)
			return true;
	return false;
}

static void
note_planned(struct phys_env *p, const struct kept *k)
{
	if (is_planned(p, k) || k->off)
		return;
	ARENA_GROW(p->arena, p->planned, p->nplanned, p->planned_cap);
	p->planned[p->nplanned++] = k;
}

/* What is kept lies as it was when it was made: by other settings, perhaps.
 * So nothing but the number of its partitions is known of it.  The node of a
 * checkpoint has no input once it is there; if it was freed, what was bound
 * first still has one.  A node without one stands for what was planned before
 * it (kept_share): its stage is the same (stages.c). */
static int
phys_cache(struct phys_env *p, struct node *n, struct phys *out,
    struct err *e)
{
	struct kept *k = n->u.cache.kept;
	const struct node *whole = n->nkid ? n : k->node;
	struct phys kid = { 0 };
	struct node *input;

	if (k->checkpoint && k->parts && !k->off) {
		*out = (struct phys){ .single = k->parts == 1 };
		out->n = node_copy(p->arena, p->ids, n);
		out->n->nkid = 0;
		return 0;
	}
	if (whole == NULL)
		return err_at(e, n->span, "the rows of checkpoint %d are not "
		    "there any more", k->number);
	if (is_planned(p, k) && (n->nkid == 0 || p->nplanned > SOME)) {
		kid.n = node_copy(p->arena, p->ids, n);
		kid.n->nkid = 0;
	} else {
		input = kept_share(p->arena, p->ids, whole->kid[0]);
		if (whole != n)
			estimate(input);
		TRY(phys_plan(p, input, &kid, e));
		note_planned(p, k);
	}
	if (k->off)
		return phys_not_kept(p, n, &kid, out);
	*out = (struct phys){ .single = k->parts ? k->parts == 1 :
	    kid.single };
	out->n = phys_exchange(p, kid.n, PART_CACHE, NULL, 0, 1);
	out->n->out = n->out;
	out->n->span = n->span;
	out->n->u.exchange.part = PART_CACHE;
	out->n->u.exchange.kept = k;
	out->n->est_rows = n->est_rows;
	out->n->est_bytes = n->est_bytes;
	return 0;
}

/* files N: that many partitions; one file of many needs no exchange, the
 * commit joins the parts in order. */
static int
phys_write(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out)
{
	struct phys laid = *kid;
	int files = n->u.write.files;

	if (files > 0 && !(kid->single && files == 1)) {
		laid = (struct phys){ .single = files == 1 };
		laid.n = phys_exchange(p, kid->n, files == 1 ? PART_SINGLE :
		    PART_ROBIN, NULL, 0, files);
		laid.n->u.exchange.n_fixed = true;
	}
	return phys_narrow(p, n, &laid, out);
}

static int
phys_one(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out, struct err *e)
{
	switch (n->kind) {
	case NODE_AGGREGATE:   return phys_aggregate(p, n, kid, out, e);
	case NODE_SORT:        return phys_sort_global(p, n, kid, out);
	case NODE_TOPN:        return phys_topn(p, n, kid, out);
	case NODE_LIMIT:       return phys_limit(p, n, kid, out);
	case NODE_REPARTITION: return phys_repartition(p, n, kid, out);
	case NODE_WRITE:       return phys_write(p, n, kid, out);
	default:               return phys_narrow(p, n, kid, out);
	}
}

int
phys_plan(struct phys_env *p, struct node *n, struct phys *out,
    struct err *e)
{
	struct phys l, r;

	switch (n->kind) {
	case NODE_SCAN: case NODE_RANGE: case NODE_VALUES:
		return phys_leaf(p, n, out, e);
	case NODE_UNION:
		return phys_union(p, n, out, e);
	case NODE_CACHE:
		return phys_cache(p, n, out, e);
	case NODE_SETOP:
		TRY(phys_setop(p, n, &n, e));
		estimate(n);
		return phys_plan(p, n, out, e);
	case NODE_JOIN:
		TRY(phys_plan(p, n->kid[0], &l, e));
		TRY(phys_plan(p, n->kid[1], &r, e));
		return phys_join(p, n, &l, &r, out, e);
	case NODE_EXCHANGE: case NODE_READ: case NODE_KINDS:
		return err_set(e, ERR_BUG, "a %s node in a logical plan",
		    node_name(n));
	default:
		TRY(phys_plan(p, n->kid[0], &l, e));
		return phys_one(p, n, &l, out, e);
	}
}

int
plan_physical(struct arena *a, struct plan_ids *ids,
    const struct expr_env *env, const struct plan_conf *conf,
    struct node *logical, struct node **out, struct err *e)
{
	struct phys_env p = { a, ids, env, conf, NULL, 0, 0 };
	struct phys root;

	estimate(logical);
	TRY(phys_plan(&p, logical, &root, e));
	*out = root.n;
	return node_verify(root.n, e);
}
