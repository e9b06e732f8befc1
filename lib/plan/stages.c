/*
 * stages -- a physical plan cut at its exchanges.
 *
 * Post-order: the stage below an exchange gets its number before the stage
 * that reads it.  The exchange becomes the root of its stage, a read node
 * takes its place above.
 */
#include <string.h>

#include "base/arena.h"
#include "plan/stage.h"

struct cutting {
	struct arena *arena;
	struct plan_ids *ids;
	const struct plan_conf *conf;
	const struct expr_env *env;
	const struct node *root;        /* of the physical plan */
	struct stages *out;
	int stage_cap, cut_cap;
};

static int add_stage(struct cutting *c, struct node *root, int *id,
    struct err *e);

/* A relation that is kept is made by one stage, however often it is read. */
static int
stage_of_kept(const struct cutting *c, const struct node *x)
{
	for (int i = 0; x->u.exchange.kept && i < c->out->n; i++)
		if (c->out->stage[i].root->kind == NODE_EXCHANGE &&
		    c->out->stage[i].root->u.exchange.kept ==
		    x->u.exchange.kept)
			return i + 1;
	return 0;
}

/* Stands for another node of the same relation. */
static bool
is_reference(const struct node *x)
{
	return x->u.exchange.kept && x->kid[0]->kind == NODE_CACHE &&
	    x->kid[0]->u.cache.kept == x->u.exchange.kept;
}

/* The exchange of the relation that has its input below it, or NULL. */
static struct node *
whole_kept(const struct node *n, const struct kept *k)
{
	struct node *found = NULL;

	for (int i = 0; i < n->nkid && found == NULL; i++) {
		struct node *kid = n->kid[i];

		if (kid->kind == NODE_EXCHANGE && kid->u.exchange.kept == k &&
		    !is_reference(kid))
			found = kid;
		else
			found = whole_kept(kid, k);
	}
	return found;
}

/* One that stands for another node's input (kept_share): that node. */
static struct node *
exchange_of(const struct cutting *c, struct node *n)
{
	struct node *whole = NULL;

	if (is_reference(n))
		whole = whole_kept(c->root, n->u.exchange.kept);
	return whole ? whole : n;
}

static int
cut_below(struct cutting *c, struct node *n, struct node **out, int **in,
    int *nin, struct err *e)
{
	struct node *copy, *read;
	int id;

	if (n->kind == NODE_EXCHANGE) {
		id = stage_of_kept(c, n);
		if (id == 0)
			TRY(add_stage(c, exchange_of(c, n), &id, e));
		read = node_new(c->arena, c->ids, NODE_READ, 0);
		read->out = n->out;
		read->span = n->span;
		read->u.read.nstage = 1;
		read->u.read.stage = NEW_N(c->arena, int, 1);
		read->u.read.stage[0] = id;
		read->u.read.part = n->u.exchange.part;
		read->u.read.n = n->u.exchange.n;
		read->u.read.nkey = n->u.exchange.nkey;
		read->u.read.key = n->u.exchange.key;
		read->est_rows = n->est_rows;
		read->est_bytes = n->est_bytes;
		*in = arena_regrow(c->arena, *in, sizeof **in * (size_t)*nin,
		    sizeof **in * (size_t)(*nin + 1));
		(*in)[(*nin)++] = id;
		*out = read;
		return 0;
	}
	copy = node_copy(c->arena, c->ids, n);
	if (n->kind == NODE_SCAN) {
		ARENA_GROW(c->arena, c->out->cut, c->out->ncut, c->cut_cap);
		TRY(scan_cut_plan(c->arena, copy, c->conf, c->env,
		    &c->out->cut[c->out->ncut++], e));
	}
	for (int i = 0; i < n->nkid; i++)
		TRY(cut_below(c, n->kid[i], &copy->kid[i], in, nin, e));
	*out = copy;
	return 0;
}

int
stage_parts(const struct stages *s, const struct node *n)
{
	int np = -1;

	switch (n->kind) {
	case NODE_SCAN:
		return stages_cut(s, n)->npart;
	case NODE_RANGE:
		return range_parts(n);
	case NODE_VALUES:
		return 1;
	case NODE_READ:
		return n->u.read.part == PART_BROADCAST ? -1 :
		    n->u.read.part == PART_SINGLE ? 1 :
		    n->u.read.part == PART_CACHE ?
		    s->stage[n->u.read.stage[0] - 1].root->u.exchange.kept->
		    parts : 0;
	case NODE_CACHE:
		return n->u.cache.kept->parts;
	case NODE_UNION:
		np = 0;
		for (int i = 0; i < n->nkid; i++) {
			int k = stage_parts(s, n->kid[i]);

			if (k == 0)
				return 0;
			np += k;
		}
		return np;
	default:
		for (int i = 0; i < n->nkid; i++) {
			int k = stage_parts(s, n->kid[i]);

			if (k >= 0 && (np < 0 || k < np))
				np = k;
		}
		return np;
	}
}

static int
add_stage(struct cutting *c, struct node *root, int *id, struct err *e)
{
	struct node *copy = node_copy(c->arena, c->ids, root);
	struct stage s = { .root = copy };
	int np;

	for (int i = 0; i < root->nkid; i++)
		TRY(cut_below(c, root->kid[i], &copy->kid[i], &s.in, &s.nin, e));
	np = stage_parts(c->out, copy);
	s.npart = np < 0 ? 1 : np;
	if (copy->kind == NODE_EXCHANGE && copy->u.exchange.kept &&
	    copy->u.exchange.kept->parts)
		s.npart = copy->u.exchange.kept->parts;
	ARENA_GROW(c->arena, c->out->stage, c->out->n, c->stage_cap);
	s.id = ++c->out->n;
	c->out->stage[s.id - 1] = s;
	*id = s.id;
	return 0;
}

int
plan_stages(struct arena *a, struct plan_ids *ids,
    const struct expr_env *env, const struct plan_conf *conf,
    struct node *physical, struct stages **out, struct err *e)
{
	struct cutting c = { .arena = a, .ids = ids, .conf = conf, .env = env,
	    .root = physical };
	int id;

	c.out = NEW(a, struct stages);
	*out = c.out;
	return add_stage(&c, physical, &id, e);
}

const struct scan_cut *
stages_cut(const struct stages *s, const struct node *scan)
{
	for (int i = 0; i < s->ncut; i++)
		if (s->cut[i].scan == scan)
			return &s->cut[i];
	return NULL;
}
