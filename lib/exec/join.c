/*
 * join -- hash joins and nested loops of every kind; the right side builds.
 *
 * A broadcast build side is made once a stage and shared by its tasks; else
 * each task builds its own.  For each probe batch candidate pairs are made,
 * the rest of the condition is evaluated on them, and what it means depends
 * on the kind: inner and outer joins emit the pairs, the others only note
 * which probe rows have a partner.  Without keys every pair is a candidate.
 *
 * When a task's own build side does not fit the pool, both sides are cut by
 * hash bits into SPLITS spill files and joined one by one (grace hash join).
 */
#include "exec/join.h"

#include <stdlib.h>

#include "base/hash.h"

#define FORCED_ROWS 40          /* SP_FORCE=spill cuts builds above */

static bool
rows_of_both(enum join_kind k)
{
	return k == JOIN_INNER || k == JOIN_CROSS || k == JOIN_LEFT ||
	    k == JOIN_FULL;
}

static bool
shared_build(const struct join *j)
{
	const struct node *r = j->op.node->kid[1];

	while (r->nkid == 1)
		r = r->kid[0];
	return r->kind == NODE_READ && r->u.read.part == PART_BROADCAST &&
	    r->nkid == 0 && j->op.node->kid[1]->kind == NODE_READ;
}

static int
programs(struct join *j, struct err *e)
{
	const struct node *n = j->op.node;
	struct program_env env = task_program_env(j->op.task);
	struct arena *a = &j->op.task->arena;
	struct schema *both;
	int nl = n->kid[0]->out->ncol, nr = n->kid[1]->out->ncol;

	TRY(program_new(&j->lprog, a, n->kid[0]->out, n->u.join.lkey,
	    n->u.join.nkey, &env, e));
	TRY(program_new(&j->rprog, a, n->kid[1]->out, n->u.join.rkey,
	    n->u.join.nkey, &env, e));
	if (n->u.join.cond == NULL)
		return 0;
	both = schema_new(a, nl + nr);
	memcpy(both->col, n->kid[0]->out->col,
	    sizeof *both->col * (size_t)nl);
	memcpy(both->col + nl, n->kid[1]->out->col,
	    sizeof *both->col * (size_t)nr);
	return program_new(&j->cond, a, both,
	    (struct expr *const *)&n->u.join.cond, 1, &env, e);
}

static int
join_open(struct op *op, struct err *e)
{
	struct join *j = (struct join *)op;
	const struct node *n = op->node;
	struct arena *a = &op->task->arena;
	int nl = n->kid[0]->out->ncol, nr = n->kid[1]->out->ncol;

	j->kind = n->u.join.kind;
	j->nl = nl;
	j->nr = nr;
	j->nkey = n->u.join.nkey;
	j->key = NEW_N(a, struct column, j->nkey + 1);
	j->pair = NEW_N(a, struct column, nl + nr + 2);
	j->ltype = NEW_N(a, const struct type *, nl + 1);
	j->rtype = NEW_N(a, const struct type *, nr + j->nkey + 1);
	for (int i = 0; i < nl; i++)
		j->ltype[i] = n->kid[0]->out->col[i].type;
	for (int i = 0; i < nr; i++)
		j->rtype[i] = n->kid[1]->out->col[i].type;
	for (int i = 0; i < j->nkey; i++)
		j->rtype[nr + i] = n->u.join.rkey[i]->type;
	return programs(j, e);
}

static int
keys_of(struct join *j, struct program *p, const struct batch *b,
    struct err *e)
{
	TRY(program_run(p, b, j->key, e));
	for (int k = 0; k < j->nkey; k++)
		col_hash(&j->key[k], NULL, b->n, k ? COL_HASH_COMBINE :
		    COL_HASH_FIRST, j->hash);
	return 0;
}

static int
split_of(const struct join *j, uint64_t h)
{
	return (int)(h >> (40 - 4 * j->depth) & (SPLITS - 1));
}

/* Sends rows to the spill files of their hashes; null keys to file 0. */
static int
split_rows(struct join *j, struct spill **to, const struct type *const *type,
    int ncol, struct batch *b, struct err *e)
{
	int32_t pick[BATCH_ROWS];
	struct batch part = *b;

	part.pick = pick;
	for (int s = 0; s < SPLITS; s++) {
		part.n = 0;
		for (int i = 0; i < b->n; i++)
			if (split_of(j, j->hash[i]) == s)
				pick[part.n++] = batch_row(b, i);
		if (part.n == 0)
			continue;
		if (to[s] == NULL)
			TRY(spill_new(&to[s], j->op.task->env->scratch, type,
			    ncol, e));
		TRY(spill_put(to[s], &part, e));
	}
	return 0;
}

/* What has been built so far goes to the files too. */
static int
split_build(struct join *j, struct build *b, struct err *e)
{
	struct column *col = NEW_N(&j->op.task->arena, struct column,
	    j->nr + 1);

	for (int64_t from = 0; from < b->n; from += BATCH_ROWS) {
		int n = b->n - from < BATCH_ROWS ? (int)(b->n - from) :
		    BATCH_ROWS;
		struct batch rows = { col, j->nr, n, n, NULL };

		for (int i = 0; i < j->nr; i++)
			builder_column(&b->col[i], from, n, &col[i],
			    &j->op.task->arena);
		memcpy(j->hash, b->hash + from, sizeof *j->hash * (size_t)n);
		TRY(split_rows(j, j->rspill, j->rtype, j->nr, &rows, e));
	}
	build_release(b);
	build_init(b, &j->op.pool, j->rtype, j->nr, j->nkey);
	j->split = true;
	return 0;
}

static bool
too_large(struct join *j, struct build *b)
{
	if (j->op.task->env->force_spill && b->n > FORCED_ROWS &&
	    j->depth == 0)
		return true;
	return !build_charge(b);
}

/* May the join be cut?  Null-aware joins must see the whole right side. */
static bool
can_split(const struct join *j)
{
	return j->nkey && !j->is_shared && j->depth < 8 &&
	    j->kind != JOIN_ANTI_NULL && j->kind != JOIN_MARK;
}

static int
add_build(struct join *j, struct build *b, struct batch *rows, struct err *e)
{
	TRY(keys_of(j, j->rprog, rows, e));
	if (j->split)
		return split_rows(j, j->rspill, j->rtype, j->nr, rows, e);
	build_add(b, rows, j->key, j->hash);
	if (b->n > INT32_MAX - BATCH_ROWS)
		return err_set(e, ERR_TEMP, "join: more than two thousand "
		    "million rows on the build side");
	if (!can_split(j) || !too_large(j, b)) {
		if (!j->is_shared || build_charge(b))
			return 0;
		return pool_take(b->pool, builder_held(&b->col[0]) + (1 << 20),
		    e);
	}
	return split_build(j, b, e);
}

static int
build_from_kid(struct join *j, struct build *b, struct err *e)
{
	struct batch rows;
	int r;

	while ((r = op_next(j->op.kid[1], &rows, e)) > 0)
		TRY(add_build(j, b, &rows, e));
	if (r == 0 && !j->split)
		build_finish(b);
	return r;
}

static void
free_build(void *state)
{
	build_release(state);
	free(state);
}

static int
make_build(struct task *t, const struct node *n, void **state,
    struct err *e)
{
	struct join *j = t->making;
	struct build *b = xcalloc(1, sizeof *b);
	int r;

	(void)n;
	build_init(b, &t->env->pool, j->rtype, j->nr, j->nkey);
	r = build_from_kid(j, b, e);
	if (r < 0) {
		free_build(b);
		return r;
	}
	*state = b;
	return 0;
}

static int
get_build(struct join *j, struct err *e)
{
	struct task *t = j->op.task;
	void *state;

	j->is_shared = shared_build(j);
	if (j->is_shared) {
		t->making = j;
		TRY(task_shared(t, j->op.node, make_build, free_build, &state,
		    e));
		j->build = state;
		return 0;
	}
	build_init(&j->own, &j->op.pool, j->rtype, j->nr, j->nkey);
	j->build = &j->own;
	return build_from_kid(j, &j->own, e);
}

/* The whole probe side goes to its files as well. */
static int
split_probe(struct join *j, struct err *e)
{
	struct batch b;
	int r;

	while ((r = op_next(j->op.kid[0], &b, e)) > 0) {
		TRY(keys_of(j, j->lprog, &b, e));
		TRY(split_rows(j, j->lspill, j->ltype, j->nl, &b, e));
	}
	return r;
}

/* Builds the next pair of files: 1, or 0 when all are done. */
static int
next_split(struct join *j, struct err *e)
{
	struct batch b;
	int r;

	for (; j->at_split < SPLITS; j->at_split++) {
		struct spill *s = j->rspill[j->at_split];

		if (s == NULL && j->lspill[j->at_split] == NULL)
			continue;
		build_release(&j->own);
		build_init(&j->own, &j->op.pool, j->rtype, j->nr, j->nkey);
		j->depth = 8;           /* a pair is not cut again */
		r = s ? spill_rewind(s, e) : 0;
		while (s && r >= 0 && (r = spill_next(s, &b, e)) > 0) {
			r = keys_of(j, j->rprog, &b, e);
			if (r >= 0)
				build_add(&j->own, &b, j->key, j->hash);
		}
		if (r < 0)
			return r;
		if (!build_charge(&j->own))
			return pool_take(&j->op.pool, j->own.n * 64, e);
		build_finish(&j->own);
		if (j->lspill[j->at_split])
			TRY(spill_rewind(j->lspill[j->at_split], e));
		j->at_split++;
		return 1;
	}
	return 0;
}

static int
next_probe(struct join *j, struct err *e)
{
	struct spill *s;

	if (!j->split)
		return op_next(j->op.kid[0], &j->in, e);
	s = j->lspill[j->at_split - 1];
	return s ? spill_next(s, &j->in, e) : 0;
}

static bool
null_probe_key(const struct join *j, int i)
{
	for (int k = 0; k < j->nkey; k++)
		if (col_null(&j->key[k], i))
			return true;
	return false;
}

static int
begin_batch(struct join *j, struct err *e)
{
	TRY(keys_of(j, j->lprog, &j->in, e));
	if (j->nkey)
		build_prefetch(j->build, j->hash, j->in.n);
	j->row = 0;
	j->at = -2;
	memset(j->matched, 0, sizeof j->matched);
	return 0;
}

/* Partner of probe row i after at (-2: the first), or -1. */
static inline int64_t
partner(const struct join *j, int i, int64_t at)
{
	if (j->nkey == 0)
		return at == -2 ? (j->build->n ? 0 : -1) :
		    at + 1 < j->build->n ? at + 1 : -1;
	if (at == -2)
		return null_probe_key(j, i) ? -1 :
		    build_first(j->build, j->key, i, j->hash[i]);
	return build_next(j->build, j->key, i, j->hash[i], at);
}

/* Fills lrow, rrow with up to BATCH_ROWS candidate pairs. */
static int
candidates(struct join *j)
{
	bool first_only = j->cond == NULL && !rows_of_both(j->kind);
	int n = 0;

	while (j->row < j->in.n && n < BATCH_ROWS) {
		j->at = partner(j, j->row, j->at);
		if (j->at < 0) {
			j->row++;
			j->at = -2;
			continue;
		}
		j->dense[n] = j->row;
		j->lrow[n] = batch_row(&j->in, j->row);
		j->rrow[n++] = (int32_t)j->at;
		if (first_only) {
			j->row++;
			j->at = -2;
		}
	}
	return n;
}

/* Columns of the pairs, in pair[]. */
static void
make_pairs(struct join *j, int n)
{
	arena_reset(&j->heap);
	for (int i = 0; i < j->nl; i++)
		col_gather(&j->pair[i], &j->in.col[i], j->lrow, n, &j->heap);
	for (int i = 0; i < j->nr; i++)
		col_gather(&j->pair[j->nl + i], &j->build->whole[i], j->rrow,
		    n, &j->heap);
}

/* Keeps the pairs that satisfy the rest of the condition. */
static int
check_pairs(struct join *j, int n, struct err *e)
{
	struct batch b = { j->pair, j->nl + j->nr, n, n, NULL };
	int k;

	if (j->cond == NULL)
		return n;
	make_pairs(j, n);
	k = program_pick(j->cond, &b, j->keep, e);
	for (int i = 0; i < k; i++) {
		j->dense[i] = j->dense[j->keep[i]];
		j->lrow[i] = j->lrow[j->keep[i]];
		j->rrow[i] = j->rrow[j->keep[i]];
	}
	return k;
}

static void
note(struct join *j, int n)
{
	for (int i = 0; i < n; i++)
		bit_set(j->matched, j->dense[i]);
	if (j->kind != JOIN_FULL)
		return;
	if (j->seen == NULL)
		j->seen = xcalloc(1, BITS_BYTES(j->build->n) + 8);
	for (int i = 0; i < n; i++)
		bit_set(j->seen, j->rrow[i]);
}

static void
null_columns(struct join *j, int from, int ncol, int n)
{
	for (int i = 0; i < ncol; i++)
		col_alloc(&j->pair[from + i], &j->heap, from ?
		    j->rtype[i] : j->ltype[i], n, COL_WITH_VALID);
}

static int
give(struct join *j, struct batch *b, int ncol, int n)
{
	*b = (struct batch){ j->pair, ncol, n, n, NULL };
	return 1;
}

/* Probe rows without a partner, with nulls for the right side. */
static int
give_left_over(struct join *j, struct batch *b)
{
	int n = 0;

	for (int i = 0; i < j->in.n; i++)
		if (!bit_get(j->matched, i))
			j->lrow[n++] = batch_row(&j->in, i);
	if (n == 0)
		return 0;
	arena_reset(&j->heap);
	for (int i = 0; i < j->nl; i++)
		col_gather(&j->pair[i], &j->in.col[i], j->lrow, n, &j->heap);
	null_columns(j, j->nl, j->nr, n);
	return give(j, b, j->nl + j->nr, n);
}

/* Semi, anti: the probe batch narrowed. */
static int
give_picked(struct join *j, struct batch *b)
{
	bool want = j->kind == JOIN_SEMI;
	int n = 0;

	for (int i = 0; i < j->in.n; i++) {
		bool out = bit_get(j->matched, i) == want;

		if (j->kind == JOIN_ANTI_NULL && out && j->build->n &&
		    (j->build->has_null || null_probe_key(j, i)))
			out = false;
		if (out)
			j->keep[n++] = batch_row(&j->in, i);
	}
	if (n == 0)
		return 0;
	*b = j->in;
	batch_pick(b, j->keep, n);
	return 1;
}

/* All probe rows and whether they have a partner; unknown when a null on
 * either side could be one. */
static int
give_marked(struct join *j, struct batch *b)
{
	struct column *m = &j->pair[j->nl];
	int n = j->in.n;

	arena_reset(&j->heap);
	for (int i = 0; i < n; i++)
		j->lrow[i] = batch_row(&j->in, i);
	for (int i = 0; i < j->nl; i++)
		col_gather(&j->pair[i], &j->in.col[i], j->lrow, n, &j->heap);
	col_alloc(m, &j->heap, TYPE(BOOL), n, COL_WITH_VALID);
	for (int i = 0; i < n; i++) {
		bool yes = bit_get(j->matched, i);
		bool unknown = !yes && j->nkey && j->build->n &&
		    (j->build->has_null || null_probe_key(j, i));

		((uint8_t *)m->data)[i] = yes;
		bit_put(m->valid, i, !unknown);
	}
	return give(j, b, j->nl + 1, n);
}

static int
end_batch(struct join *j, struct batch *b)
{
	switch (j->kind) {
	case JOIN_LEFT: case JOIN_FULL:
		return give_left_over(j, b);
	case JOIN_SEMI: case JOIN_ANTI: case JOIN_ANTI_NULL:
		return give_picked(j, b);
	case JOIN_MARK:
		return give_marked(j, b);
	default:
		return 0;
	}
}

/* Full joins: build rows that nobody matched. */
static int
give_right_over(struct join *j, struct batch *b)
{
	int n = 0;

	for (; j->over < j->build->n && n < BATCH_ROWS; j->over++)
		if (j->seen == NULL || !bit_get(j->seen, j->over))
			j->rrow[n++] = (int32_t)j->over;
	if (n == 0)
		return 0;
	arena_reset(&j->heap);
	null_columns(j, 0, j->nl, n);
	for (int i = 0; i < j->nr; i++)
		col_gather(&j->pair[j->nl + i], &j->build->whole[i], j->rrow,
		    n, &j->heap);
	return give(j, b, j->nl + j->nr, n);
}

/* Pairs of the current probe batch: 1 with rows in *b, 0 batch is done. */
static int
probe(struct join *j, struct batch *b, struct err *e)
{
	int n;

	while ((n = candidates(j)) > 0) {
		n = check_pairs(j, n, e);
		if (n < 0)
			return n;
		note(j, n);
		if (n && rows_of_both(j->kind)) {
			make_pairs(j, n);
			return give(j, b, j->nl + j->nr, n);
		}
	}
	return 0;
}

static int
start(struct join *j, struct err *e)
{
	j->started = true;
	TRY(get_build(j, e));
	if (j->split)
		TRY(split_probe(j, e));
	return 0;
}

/* One step of the machine: 1 rows, 0 nothing yet, 2 the end. */
static int
step(struct join *j, struct batch *b, struct err *e)
{
	int r;

	switch (j->state) {
	case JOIN_NEXT_BUILD:
		r = j->split ? next_split(j, e) : !j->probed;
		if (r <= 0)
			return r < 0 ? r : 2;
		j->probed = true;
		j->over = 0;
		free(j->seen);
		j->seen = NULL;
		j->state = JOIN_NEXT_BATCH;
		return 0;
	case JOIN_NEXT_BATCH:
		r = next_probe(j, e);
		if (r < 0)
			return r;
		j->state = r ? JOIN_PAIRS : JOIN_OVER;
		return r ? begin_batch(j, e) : 0;
	case JOIN_PAIRS:
		r = probe(j, b, e);
		if (r == 0)
			j->state = JOIN_BATCH_END;
		return r;
	case JOIN_BATCH_END:
		j->state = JOIN_NEXT_BATCH;
		return end_batch(j, b);
	case JOIN_OVER:
		r = j->kind == JOIN_FULL ? give_right_over(j, b) : 0;
		if (r == 0)
			j->state = JOIN_NEXT_BUILD;
		return r;
	}
	return 2;
}

static int
join_next(struct op *op, struct batch *b, struct err *e)
{
	struct join *j = (struct join *)op;
	int r = 0;

	if (!j->started)
		TRY(start(j, e));
	while (r == 0) {
		if (task_cancelled(op->task))
			return err_set(e, ERR_TEMP, "cancelled");
		r = step(j, b, e);
	}
	return r == 2 ? 0 : r;
}

static void
join_close(struct op *op)
{
	struct join *j = (struct join *)op;

	if (j->lprog)
		program_release(j->lprog);
	if (j->rprog)
		program_release(j->rprog);
	if (j->cond)
		program_release(j->cond);
	build_release(&j->own);
	for (int s = 0; s < SPLITS; s++) {
		spill_free(j->lspill[s]);
		spill_free(j->rspill[s]);
	}
	free(j->seen);
	arena_release(&j->heap);
}

const struct op_class op_join = {
	.name = "join", .size = sizeof(struct join),
	.open = join_open, .next = join_next, .close = join_close,
};
