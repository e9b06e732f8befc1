/*
 * phys_join -- how each join is done.
 *
 * The right side is the build side.  Right joins, and inner joins whose left
 * side is much smaller, are turned round (a project puts the columns back).
 * A build side that fits is broadcast (in one process: built once and shared,
 * so the probe side never moves); else both sides are exchanged by the keys.
 * They are then sorted and merged instead of hashed when that was asked for,
 * when both lie in that order anyway, or when the tables would be too large
 * for the memory budget.  Full joins and joins with null-aware semantics have
 * fewer choices.
 */
#include <string.h>

#include "plan/physical.h"
#include "plan/rules.h"

static bool
null_aware(enum join_kind k)
{
	return k == JOIN_ANTI_NULL || k == JOIN_MARK;
}

static struct node *
turned(struct phys_env *p, const struct node *n)
{
	struct node *t = node_copy(p->arena, p->ids, n), *r = n->kid[0];
	int nl = n->kid[0]->out->ncol, nr = n->kid[1]->out->ncol;

	t->kid[0] = n->kid[1];
	t->kid[1] = r;
	t->u.join.lkey = n->u.join.rkey;
	t->u.join.rkey = n->u.join.lkey;
	t->u.join.hint_left = n->u.join.hint_right;
	t->u.join.hint_right = n->u.join.hint_left;
	if (n->u.join.kind == JOIN_RIGHT)
		t->u.join.kind = JOIN_LEFT;
	t->out = schema_new(p->arena, nl + nr);
	memcpy(t->out->col, n->out->col + nl, sizeof *t->out->col * (size_t)nr);
	memcpy(t->out->col + nr, n->out->col,
	    sizeof *t->out->col * (size_t)nl);
	return t;
}

/* Passes the columns on in the order of n, with their ids. */
static void
put_back(struct phys_env *p, const struct node *n, struct phys *out)
{
	struct node *c = node_new(p->arena, p->ids, NODE_PROJECT, 1);

	c->kid[0] = out->n;
	c->out = n->out;
	c->u.project.x = NEW_N(p->arena, struct expr *, n->out->ncol + 1);
	for (int i = 0; i < n->out->ncol; i++)
		c->u.project.x[i] = expr_col(p->arena, &n->out->col[i]);
	c->est_rows = out->n->est_rows;
	c->est_bytes = out->n->est_bytes;
	out->n = c;
}

static int64_t
broadcast_limit(const struct phys_env *p)
{
	if (p->conf->local)
		return p->conf->memory / 4;
	return p->conf->broadcast_bytes;
}

static bool
small(const struct phys_env *p, const struct node *n)
{
	return n->est_bytes >= 0 && broadcast_limit(p) > 0 &&
	    n->est_bytes <= (double)broadcast_limit(p);
}

static bool
wants_turn(const struct phys_env *p, const struct node *n)
{
	const struct node *l = n->kid[0], *r = n->kid[1];
	enum join_kind k = n->u.join.kind;

	if (k == JOIN_RIGHT)
		return true;
	if (k != JOIN_INNER && k != JOIN_CROSS)
		return false;
	if (n->u.join.hint_right & (HINT_BROADCAST | HINT_SHUFFLE_HASH))
		return false;
	if (n->u.join.hint_left & (HINT_BROADCAST | HINT_SHUFFLE_HASH))
		return true;
	if (l->est_bytes < 0 || !p->conf->optimize)
		return false;
	return r->est_bytes < 0 ? small(p, l) :
	    l->est_bytes * 1.5 < r->est_bytes;
}

static struct phys
made(struct node *j, const struct phys *l)
{
	struct phys out = *l;

	out.n = j;
	for (int i = 0; out.hash && i < out.nhash; i++)
		if (schema_find(j->out, out.hash[i]) < 0)
			out.hash = NULL;
	return out;
}

static int
by_broadcast(struct phys_env *p, struct node *j, struct phys *l,
    struct phys *r, enum join_how how, struct phys *out)
{
	j->u.join.how = how;
	j->kid[0] = l->n;
	j->kid[1] = l->single && r->single ? r->n :
	    phys_exchange(p, r->n, PART_BROADCAST, NULL, 0, 1);
	*out = made(j, l);
	return 0;
}

/* Do the node's rows come in the order of these columns, nulls first? */
static bool
sorted_by(const struct node *n, struct expr *const *key, int nkey)
{
	while (n->kind == NODE_FILTER || n->kind == NODE_PROJECT)
		n = n->kid[0];
	if (n->kind == NODE_JOIN && n->u.join.how == JOIN_MERGE &&
	    n->u.join.kind != JOIN_FULL && n->u.join.nkey >= nkey) {
		for (int i = 0; i < nkey; i++)
			if (key[i]->kind != EXPR_COL ||
			    n->u.join.lkey[i]->kind != EXPR_COL ||
			    n->u.join.lkey[i]->u.col.id != key[i]->u.col.id)
				return false;
		return n->u.join.kind != JOIN_LEFT && n->u.join.kind !=
		    JOIN_MARK;
	}
	if (n->kind != NODE_SORT || n->u.sort.nkey < nkey)
		return false;
	for (int i = 0; i < nkey; i++) {
		const struct sort_key *k = &n->u.sort.key[i];

		if (key[i]->kind != EXPR_COL || k->x->kind != EXPR_COL ||
		    k->x->u.col.id != key[i]->u.col.id || k->desc ||
		    k->nulls_last)
			return false;
	}
	return true;
}

static struct node *
sorted(struct phys_env *p, struct node *n, struct expr **key, int nkey)
{
	struct sort_key *k;

	if (sorted_by(n, key, nkey))
		return n;
	k = NEW_N(p->arena, struct sort_key, nkey + 1);
	for (int i = 0; i < nkey; i++)
		k[i].x = key[i];
	return phys_sort(p, n, k, nkey);
}

/* Tables of n partitions of the smaller side: too large, even one? */
static bool
too_large(const struct phys_env *p, const struct node *l,
    const struct node *r, int n)
{
	double bytes = l->est_bytes < r->est_bytes ? l->est_bytes :
	    r->est_bytes;

	return p->conf->memory > 0 && bytes / n > (double)p->conf->memory / 2;
}

static bool
wants_merge(const struct phys_env *p, const struct node *j,
    const struct phys *l, const struct phys *r, int n)
{
	unsigned hint = j->u.join.hint_left | j->u.join.hint_right;

	if (hint & (HINT_MERGE | HINT_SHUFFLE_HASH))
		return hint & HINT_MERGE;
	return too_large(p, l->n, r->n, n) ||
	    (sorted_by(l->n, j->u.join.lkey, j->u.join.nkey) &&
	    sorted_by(r->n, j->u.join.rkey, j->u.join.nkey));
}

static void
merge(struct phys_env *p, struct node *j)
{
	j->u.join.how = JOIN_MERGE;
	j->kid[0] = sorted(p, j->kid[0], j->u.join.lkey, j->u.join.nkey);
	j->kid[1] = sorted(p, j->kid[1], j->u.join.rkey, j->u.join.nkey);
}

static int
by_shuffle(struct phys_env *p, struct node *j, struct phys *l,
    struct phys *r, struct phys *out)
{
	int nkey = j->u.join.nkey, n = 1;
	double lb = l->n->est_bytes, rb = r->n->est_bytes;
	struct phys a = *l, b = *r;

	if (!l->single || !r->single) {
		n = phys_parts(p, lb < 0 || rb < 0 ? -1 : rb > lb / 8 ? rb :
		    lb / 8);
		if (n < 2 && (lb < 0 || lb > (1 << 22)))
			n = 8;
		phys_by_hash(p, l, j->u.join.lkey, nkey, n, &a);
		phys_by_hash(p, r, j->u.join.rkey, nkey, n, &b);
	}
	j->kid[0] = a.n;
	j->kid[1] = b.n;
	if (wants_merge(p, j, &a, &b, n))
		merge(p, j);
	*out = made(j, &a);
	if (j->u.join.kind == JOIN_FULL)
		out->hash = NULL;
	return 0;
}

/* Null-aware joins must see the whole right side: on one sorted partition
 * its first row tells whether it has nulls. */
static int
by_single_merge(struct phys_env *p, struct node *j, struct phys *l,
    struct phys *r, struct phys *out)
{
	struct phys side[2] = { *l, *r };

	for (int i = 0; i < 2; i++) {
		if (!side[i].single)
			side[i].n = phys_exchange(p, side[i].n, PART_SINGLE,
			    NULL, 0, 1);
		j->kid[i] = side[i].n;
	}
	merge(p, j);
	*out = (struct phys){ .n = j, .single = true };
	return 0;
}

/* No equality: nested loops; a full join needs both sides whole. */
static int
by_loop(struct phys_env *p, struct node *j, struct phys *l, struct phys *r,
    struct phys *out)
{
	struct phys whole = *l;

	if (j->u.join.kind == JOIN_FULL && !l->single) {
		whole = (struct phys){ .single = true };
		whole.n = phys_exchange(p, l->n, PART_SINGLE, NULL, 0, 1);
	}
	return by_broadcast(p, j, &whole, r, JOIN_LOOP, out);
}

static int
choose(struct phys_env *p, struct node *j, struct phys *l, struct phys *r,
    struct phys *out)
{
	unsigned hint = j->u.join.hint_left | j->u.join.hint_right;
	enum join_kind k = j->u.join.kind;

	if (j->u.join.nkey == 0)
		return by_loop(p, j, l, r, out);
	if (null_aware(k) && j->u.join.nkey == 1 && j->u.join.cond == NULL &&
	    p->conf->memory > 0 && r->n->est_bytes > (double)p->conf->memory)
		return by_single_merge(p, j, l, r, out);
	if (null_aware(k))
		return by_broadcast(p, j, l, r, JOIN_BROADCAST, out);
	if (k != JOIN_FULL && (j->u.join.hint_right & HINT_BROADCAST))
		return by_broadcast(p, j, l, r, JOIN_BROADCAST, out);
	j->u.join.how = JOIN_SHUFFLED;
	if (k == JOIN_FULL || (hint & (HINT_SHUFFLE_HASH | HINT_MERGE)) ||
	    (l->single && r->single))
		return by_shuffle(p, j, l, r, out);
	if (small(p, r->n))
		return by_broadcast(p, j, l, r, JOIN_BROADCAST, out);
	return by_shuffle(p, j, l, r, out);
}

int
phys_join(struct phys_env *p, struct node *n, struct phys *l,
    struct phys *r, struct phys *out, struct err *e)
{
	struct node *j;

	(void)e;
	n = node_copy(p->arena, p->ids, n);
	join_keys(p->arena, p->env, n);
	if (!wants_turn(p, n)) {
		j = node_copy(p->arena, p->ids, n);
		return choose(p, j, l, r, out);
	}
	j = turned(p, n);
	TRY(choose(p, j, r, l, out));
	out->hash = NULL;
	put_back(p, n, out);
	return 0;
}
