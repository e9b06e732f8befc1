/*
 * plan_read_check -- do the stages of plan text fit together?
 *
 * Tasks of a stage are numbered, and task i reads partition i of what the
 * stage reads; so the inputs that meet in an operator must have as many
 * partitions, unless one is read whole (broadcast).
 */
#include "sql/plan_reader.h"

#define WHOLE (-1)

static int parts_of(struct plan_reader *r, const struct node *n, int *out);

/* The expression over the input of a project that one over its output is. */
static const struct expr *
below(const struct node *project, const struct expr *x)
{
	int at = x->kind == EXPR_COL ? schema_find(project->out,
	    x->u.col.id) : -1;

	return at < 0 ? NULL : project->u.project.x[at];
}

/* Do the rows come in the order of the key, nulls first, as key number i? */
static bool
sorted_at(const struct node *n, const struct expr *key, int i)
{
	while (key && (n->kind == NODE_FILTER || n->kind == NODE_PROJECT)) {
		if (n->kind == NODE_PROJECT)
			key = below(n, key);
		n = n->kid[0];
	}
	if (key == NULL)
		return false;
	if (n->kind == NODE_JOIN && n->u.join.how == JOIN_MERGE)
		return i < n->u.join.nkey && (n->u.join.kind == JOIN_INNER ||
		    n->u.join.kind == JOIN_SEMI || n->u.join.kind == JOIN_ANTI ||
		    n->u.join.kind == JOIN_ANTI_NULL) &&
		    expr_equal(n->u.join.lkey[i], key);
	return n->kind == NODE_SORT && i < n->u.sort.nkey &&
	    !n->u.sort.key[i].desc && !n->u.sort.key[i].nulls_last &&
	    expr_equal(n->u.sort.key[i].x, key);
}

static int
check_merge(struct plan_reader *r, const struct node *n, int parts)
{
	bool good = true;

	for (int i = 0; i < n->u.join.nkey; i++)
		good = good && sorted_at(n->kid[0], n->u.join.lkey[i], i) &&
		    sorted_at(n->kid[1], n->u.join.rkey[i], i);
	if (!good) {
		err_at(r->e, n->span, "the inputs of the join are not sorted "
		    "by its keys");
		return err_hint(r->e, "put a sort by the keys behind both");
	}
	if (parts != 1 && (n->u.join.kind == JOIN_MARK ||
	    n->u.join.kind == JOIN_ANTI_NULL))
		return err_at(r->e, n->span, "this join must be broadcast, or "
		    "merge single inputs");
	return 0;
}

/* How the rows of what is kept lie, nobody knows. */
static bool
reads_kept(const struct node *n)
{
	if (n->kind == NODE_CACHE ||
	    (n->kind == NODE_READ && n->u.read.part == PART_CACHE))
		return true;
	for (int i = 0; i < n->nkid; i++)
		if (reads_kept(n->kid[i]))
			return true;
	return false;
}

static int
join_parts(struct plan_reader *r, const struct node *n, int *out)
{
	int l, k;

	TRY(parts_of(r, n->kid[0], &l));
	TRY(parts_of(r, n->kid[1], &k));
	*out = l;
	if (n->u.join.how == JOIN_SHUFFLED || n->u.join.how == JOIN_MERGE) {
		if (l != 1 && reads_kept(n))
			return err_at(r->e, n->span, "what is cached does not "
			    "lie by the keys of the join");
		if (l == k && l != WHOLE)
			return n->u.join.how == JOIN_MERGE ?
			    check_merge(r, n, l) : 0;
		err_at(r->e, n->span, "the inputs of the join have different "
		    "partitions: %d and %d", l, k);
		return err_hint(r->e, "exchange both by the keys into as many "
		    "partitions");
	}
	if (n->u.join.kind == JOIN_FULL && (l != 1 || k > 1))
		return err_at(r->e, n->span, "a full join needs both inputs "
		    "whole: exchange single on the left");
	if (k == WHOLE ? l != WHOLE : k == 1 && l == 1)
		return 0;
	err_at(r->e, n->span, "the second input of the join is not all in one "
	    "place");
	return err_hint(r->e, "put exchange broadcast at the end of its stage "
	    "and read broadcast here");
}

static int
union_parts(struct plan_reader *r, const struct node *n, int *out)
{
	int64_t sum = 0;

	for (int i = 0; i < n->nkid; i++) {
		int k;

		TRY(parts_of(r, n->kid[i], &k));
		if (k == WHOLE)
			return err_at(r->e, n->span, "a union cannot read "
			    "what is broadcast");
		sum += k;
	}
	if (sum > 1000000)
		return err_at(r->e, n->span, "more than a million tasks");
	*out = (int)sum;
	return 0;
}

/* As many as its stage has tasks. */
static int
kept_parts(struct plan_reader *r, const struct node *n, int *out)
{
	const struct node *x = r->out->stage[n->u.read.stage[0] - 1].root;

	*out = x->u.exchange.kept->parts;
	if (*out == 0)
		TRY(parts_of(r, x->kid[0], out));
	*out = *out == WHOLE ? 1 : *out;
	return 0;
}

static int
parts_of(struct plan_reader *r, const struct node *n, int *out)
{
	switch (n->kind) {
	case NODE_SCAN:
		*out = stages_cut(r->out, n)->npart;
		return 0;
	case NODE_RANGE:
		*out = range_parts(n);
		return 0;
	case NODE_VALUES:
		*out = 1;
		return 0;
	case NODE_CACHE:
		*out = n->u.cache.kept->parts;
		return 0;
	case NODE_READ:
		if (n->u.read.part == PART_CACHE)
			return kept_parts(r, n, out);
		*out = n->u.read.part == PART_BROADCAST ? WHOLE : n->u.read.n;
		return 0;
	case NODE_UNION:
		return union_parts(r, n, out);
	case NODE_JOIN:
		return join_parts(r, n, out);
	default:
		return parts_of(r, n->kid[0], out);
	}
}

/* Ends of stages stand only there. */
static int
check_ends(struct plan_reader *r, const struct node *n, int top)
{
	bool end = n->kind == NODE_EXCHANGE || n->kind == NODE_WRITE ||
	    n->kind == NODE_COLLECT;

	if (end && !top) {
		err_at(r->e, n->span, "%s can only stand at the end of a stage",
		    node_name(n));
		return err_hint(r->e, "begin another stage behind it, with "
		    "read %d", r->now.id);
	}
	if (!end && top) {
		err_at(r->e, n->span, "stage %d has no end", r->now.id);
		return err_hint(r->e, "it must end with exchange, write or "
		    "collect");
	}
	for (int i = 0; i < n->nkid; i++)
		TRY(check_ends(r, n->kid[i], 0));
	return 0;
}

int
plan_read_check(struct plan_reader *r, const struct stage *s,
    struct span span)
{
	int n;

	TRY(check_ends(r, s->root, 1));
	TRY(parts_of(r, s->root, &n));
	if (node_verify(s->root, r->e) == 0)
		return 0;
	err_ctx(r->e, "stage %d does not fit together", s->id);
	r->e->kind = ERR_USER;
	r->e->code = EXIT_JOB;
	err_place(r->e, span);
	return ERR_USER;
}
