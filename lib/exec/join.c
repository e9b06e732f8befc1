/*
 * join -- hash joins and nested loops of every kind; the right side builds.
 *
 * A broadcast build side is made once a stage, by all its tasks, and shared;
 * else each task builds its own.  A left batch first gets the first partner
 * of all its rows at once (most keys have one), then the next partner of all
 * that have more; the last few rows are finished one by one.  Without keys
 * every pair is a candidate.
 *
 * When a build side does not fit the pool, both sides are cut by hash bits
 * into files that are joined pair by pair (grace hash join).  What cannot be
 * cut, or is still too large (one key with very many rows; a broadcast side
 * that is larger than was thought), is joined in passes: the build side a
 * piece at a time, the left rows, in a file, once for each piece; which of
 * them have met a partner is carried on in a bitmap until the last pass.
 */
#include "exec/join.h"

#include <stdlib.h>

#define FORCED_ROWS 40          /* SP_FORCE=spill cuts builds above */
#define FORCED_PASSES 12        /* so many times */
#define ROUND_MIN 128           /* rows that take their partners together */
#define BUILD_MIN ((int64_t)512 << 10)  /* of a pass, whatever the pool says */

static void
key_sources(struct join *j)
{
	const struct node *n = j->op.node;
	const struct schema *r = n->kid[1]->out;

	j->source = NEW_N(&j->op.task->arena, int, r->ncol + 1);
	for (int c = 0; c < r->ncol; c++) {
		j->source[c] = -1;
		for (int k = 0; k < n->u.join.nkey; k++)
			if (n->u.join.rkey[k]->kind == EXPR_COL &&
			    n->u.join.rkey[k]->u.col.id == r->col[c].id)
				j->source[c] = k;
	}
}

static int
join_open(struct op *op, struct err *e)
{
	struct join *j = (struct join *)op;
	const struct node *n = op->node;
	struct program_env env = task_program_env(op->task);
	struct arena *a = &op->task->arena;
	int nkey = n->u.join.nkey;

	TRY(join_out_open(&j->out, op, e));
	j->key = NEW_N(a, struct column, nkey + 1);
	j->probe.key = j->key;
	j->probe.hash = j->hash;
	key_sources(j);
	TRY(program_new(&j->lprog, a, n->kid[0]->out, n->u.join.lkey, nkey,
	    &env, e));
	return program_new(&j->rprog, a, n->kid[1]->out, n->u.join.rkey, nkey,
	    &env, e);
}

int
join_keys_of(struct join *j, struct program *p, const struct batch *b,
    struct err *e)
{
	TRY(program_run(p, b, j->key, e));
	for (int k = 0; k < j->out.nkey; k++)
		col_hash(&j->key[k], NULL, b->n, k ? COL_HASH_COMBINE :
		    COL_HASH_FIRST, j->hash);
	return 0;
}

int
join_source_next(struct join_source *s, struct batch *b, struct err *e)
{
	if (s->op)
		return op_next(s->op, b, e);
	return s->spill ? spill_next(s->spill, b, e) : 0;
}

void
join_own_build(struct join *j)
{
	build_release(&j->own);
	build_init(&j->own, &j->op.pool, j->out.rtype, j->out.nr, j->out.nkey,
	    j->source);
	j->build = &j->own;
}

/* May both sides be cut?  Null-aware joins must see the whole right side. */
static bool
may_split(const struct join *j)
{
	return j->out.nkey && j->right.op && !j->opened && j->pass == 0 &&
	    j->out.kind != JOIN_ANTI_NULL && j->out.kind != JOIN_MARK;
}

/* No room for more rows in this pass?  A part of the limit is anybody's. */
static bool
is_full(struct join *j)
{
	struct build *b = &j->own;
	const struct exec_env *env = j->op.task->env;
	int64_t limit = pool_limit(&j->op.pool), more, fair = BUILD_MIN;

	if (env->force_spill && b->n > FORCED_ROWS && j->pass < FORCED_PASSES)
		return true;
	if (b->n > INT32_MAX - 2 * BATCH_ROWS)
		return true;
	if (build_charge(b))
		return false;
	more = build_bytes(b) - b->charged;
	pool_force(b->pool, more);
	b->charged += more;
	if (limit != INT64_MAX && limit / 16 / env->threads > fair)
		fair = limit / 16 / env->threads;
	return b->charged > fair;
}

static int
add_rows(struct join *j, struct batch *rows, struct err *e)
{
	if (j->split)
		return join_split_right(j, rows, e);
	TRY(join_keys_of(j, j->rprog, rows, e));
	j->out.right_any = true;
	for (int i = 0; !j->out.right_null && i < rows->n; i++)
		j->out.right_null = join_null_key(j->key, j->out.nkey, i);
	build_add(&j->own, rows, j->key, j->hash);
	return 0;
}

/* Builds from the right source until it ends (the last pass then) or there
 * is no room; or, when that may be done, cuts all of it into files. */
static int
load_pass(struct join *j, struct err *e)
{
	bool split = may_split(j);
	int r = 1;

	join_own_build(j);
	if (j->waiting)
		TRY(add_rows(j, &j->rows, e));
	j->waiting = false;
	while ((r = join_source_next(&j->right, &j->rows, e)) > 0) {
		if (!j->split && is_full(j)) {
			if (!split)
				break;
			TRY(join_split_build(j, e));
		}
		TRY(add_rows(j, &j->rows, e));
	}
	j->waiting = r > 0;
	j->last_pass = r == 0;
	if (r >= 0 && !j->split) {
		(void)is_full(j);       /* charges what came last */
		build_finish(&j->own);
	}
	return r < 0 ? r : 0;
}

/* The left rows are needed again: into a file. */
static int
keep_left(struct join *j, struct err *e)
{
	struct batch b;
	int r;

	TRY(spill_new(&j->whole, j->op.task->env->scratch, j->out.ltype,
	    j->out.nl, e));
	while ((r = op_next(j->left.op, &b, e)) > 0)
		TRY(spill_put(j->whole, &b, e));
	j->left = (struct join_source){ NULL, j->whole };
	j->op.task->spilled += spill_bytes(j->whole);
	return r;
}

static int
begin_pass(struct join *j, struct err *e)
{
	if (j->pass++ == 0 && !j->last_pass) {
		if (j->left.op)
			TRY(keep_left(j, e));
		if (j->left.spill)
			j->carry = xcalloc(1, BITS_BYTES(
			    spill_rows(j->left.spill)) + 8);
	}
	if (j->left.spill)
		TRY(spill_rewind(j->left.spill, e));
	j->ordinal = 0;
	j->over = 0;
	if (j->out.kind == JOIN_FULL)
		j->seen = xcalloc(1, BITS_BYTES(j->build->n) + 8);
	j->state = JOIN_NEXT_BATCH;
	return 0;
}

/* Is the build side a broadcast exchange of its own? */
static bool
is_shared(const struct join *j)
{
	const struct node *r = j->op.node->kid[1];

	return r->kind == NODE_READ && r->u.read.part == PART_BROADCAST &&
	    r->u.read.nstage == 1;
}

/* Both sides from the beginning. */
static int
start(struct join *j, struct err *e)
{
	int r = 0;

	j->started = true;
	j->right.op = j->op.kid[1];
	j->left.op = j->op.kid[0];
	if (is_shared(j)) {
		r = join_shared_build(j, e);
		if (r < 0)
			return r;
		j->opened = true;
	}
	if (r > 0) {
		j->last_pass = true;
		return begin_pass(j, e);
	}
	TRY(load_pass(j, e));
	j->opened = true;
	if (!j->split)
		return begin_pass(j, e);
	TRY(join_split_left(j, e));
	j->state = JOIN_NEXT_PAIR;
	return 0;
}

static void
end_pair(struct join *j)
{
	free(j->carry);
	j->carry = NULL;
	j->pass = 0;
	j->waiting = false;
}

static void
free_pair(struct join *j, int s)
{
	spill_free(j->lspill[s]);
	spill_free(j->rspill[s]);
	j->lspill[s] = j->rspill[s] = NULL;
}

/* The next pair of files: 0, or 2 when all are done. */
static int
next_pair(struct join *j, struct err *e)
{
	end_pair(j);
	if (j->split && j->at_split)
		free_pair(j, j->at_split - 1);
	for (; j->split && j->at_split < SPLITS; j->at_split++) {
		struct spill *l = j->lspill[j->at_split];
		struct spill *r = j->rspill[j->at_split];

		if (l == NULL && (r == NULL || j->out.kind != JOIN_FULL))
			continue;
		j->at_split++;
		j->left = (struct join_source){ NULL, l };
		j->right = (struct join_source){ NULL, r };
		if (r)
			TRY(spill_rewind(r, e));
		j->split = false;       /* for load_pass: not again */
		TRY(load_pass(j, e));
		j->split = true;
		return begin_pass(j, e);
	}
	return 2;
}

static int
next_pass(struct join *j, struct err *e)
{
	bool split = j->split;

	free(j->seen);
	j->seen = NULL;
	if (j->last_pass) {
		j->state = JOIN_NEXT_PAIR;
		return 0;
	}
	j->split = false;
	TRY(load_pass(j, e));
	j->split = split;
	return begin_pass(j, e);
}

static int
begin_batch(struct join *j, struct err *e)
{
	TRY(program_run(j->lprog, &j->in, j->key, e));
	if (j->out.nkey && !j->build->simple)
		for (int k = 0; k < j->out.nkey; k++)
			col_hash(&j->key[k], NULL, j->in.n, k ?
			    COL_HASH_COMBINE : COL_HASH_FIRST, j->hash);
	memset(j->out.matched, 0, sizeof j->out.matched);
	for (int i = 0; j->carry && i < j->in.n; i++)
		bit_put(j->out.matched, i, bit_get(j->carry, j->ordinal + i));
	j->more = 0;
	j->more_row = -2;
	if (j->out.nkey == 0) {
		j->nfirst = j->in.n;
		for (int i = 0; i < j->in.n; i++)
			j->at[i] = i;
		j->state = JOIN_MORE;
		return 0;
	}
	j->nfirst = build_probe(j->build, &j->probe, j->in.n, j->at,
	    j->first);
	j->state = JOIN_FIRST;
	return 0;
}

/* Notes that picked row i and build row r are partners. */
static inline void
note(struct join *j, int i, int64_t r)
{
	bit_set(j->out.matched, i);
	if (j->seen)
		bit_set(j->seen, r);
}

/* Columns of n pairs: left rows lrow with build rows rrow, as they lie in
 * the left batch when dense is false. */
static void
make_pairs(struct join *j, const int32_t *lrow, const int32_t *rrow, int n,
    bool dense, struct batch *b)
{
	struct join_out *o = &j->out;
	int nrow = dense ? n : j->in.nrow;

	arena_reset(&o->heap);
	if (dense)
		join_out_left(o, &j->in, lrow, n);
	else if (o->nl)
		memcpy(o->pair, j->in.col, (size_t)o->nl * sizeof *o->pair);
	for (int c = 0; c < o->nr; c++)
		build_column(j->build, c, rrow, n, dense ? NULL : lrow, nrow,
		    &o->pair[o->nl + c], &o->heap);
	*b = (struct batch){ o->pair, o->nl + o->nr, nrow, n,
	    dense || n == nrow ? NULL : lrow };
}

/* Makes n pairs (left rows ascending when they are not dense), notes those
 * that satisfy the condition and gives them out when the kind does: 1. */
static int
give_pairs(struct join *j, const int32_t *picked, const int32_t *rrow, int n,
    bool dense, struct batch *b, struct err *e)
{
	int k = 0, kept;

	make_pairs(j, j->lrow, rrow, n, dense, b);
	if (!j->out.cond) {
		for (int i = 0; i < n; i++)
			note(j, picked[i], rrow[i]);
		return join_gives_pairs(j->out.kind);
	}
	kept = program_pick(j->out.cond, b, j->keep, e);
	if (kept < 0)
		return kept;
	for (int i = 0; i < kept; i++) {
		while ((dense ? k : j->lrow[k]) < j->keep[i])
			k++;
		note(j, picked[k], rrow[k]);
	}
	batch_pick(b, j->keep, kept);
	return kept && join_gives_pairs(j->out.kind);
}

/* Does one partner answer all that is asked of a left row? */
static bool
one_will_do(const struct join *j)
{
	return !j->out.cond && !join_gives_pairs(j->out.kind);
}

/* The first partners of the batch's rows, all at once.  The left columns are
 * not moved when most rows have one. */
static int
give_first(struct join *j, struct batch *b, struct err *e)
{
	int n = j->nfirst;

	for (int i = 0; one_will_do(j) && i < n; i++)
		bit_set(j->out.matched, j->at[i]);
	if (n == 0 || one_will_do(j))
		return 0;
	for (int i = 0; i < n; i++)
		j->lrow[i] = batch_row(&j->in, j->at[i]);
	return give_pairs(j, j->at, j->first, n, n < j->in.nrow / 4, b, e);
}

/* One more partner for each row of the list, step by step so that the cache
 * misses of all overlap; rows without another one leave the list. */
static int
next_round(struct join *j)
{
	const struct build *build = j->build;
	bool once = !join_gives_pairs(j->out.kind);
	int n = 0, left = 0;

	for (int k = 0; k < j->nfirst; k++)
		__builtin_prefetch(&build->next[j->first[k]]);
	for (int k = 0; k < j->nfirst; k++) {
		uint32_t row = build->next[j->first[k]];

		if (row == 0 || (once && bit_get(j->out.matched, j->at[k])))
			continue;
		__builtin_prefetch(build_row(build, (int64_t)row - 1));
		j->at[left] = j->at[k];
		j->first[left++] = (int32_t)(row - 1);
	}
	j->nfirst = left;
	for (int k = 0; k < left; k++) {
		int i = j->at[k];

		if (!build_is_partner(build, &j->probe, i, j->first[k]))
			continue;
		j->dense[n] = i;
		j->lrow[n] = batch_row(&j->in, i);
		j->rrow[n++] = j->first[k];
	}
	return n;
}

/* The partner of row at[k] after the one last given, or -1. */
static inline int64_t
further(const struct join *j)
{
	int i = j->at[j->more];
	int64_t next = j->more_row == -2 ? 0 : j->more_row + 1;

	if (j->out.nkey == 0)
		return next < j->build->n ? next : -1;
	return build_next(j->build, &j->probe, i, j->more_row == -2 ?
	    j->first[j->more] : j->more_row);
}

/* Up to BATCH_ROWS further candidates. */
static int
candidates(struct join *j)
{
	bool once = !join_gives_pairs(j->out.kind);
	int n = 0;

	while (j->more < j->nfirst && n < BATCH_ROWS) {
		int i = j->at[j->more];

		j->more_row = once && bit_get(j->out.matched, i) ? -1 :
		    further(j);
		if (j->more_row < 0) {
			j->more++;
			j->more_row = -2;
			continue;
		}
		j->dense[n] = i;
		j->lrow[n] = batch_row(&j->in, i);
		j->rrow[n++] = (int32_t)j->more_row;
		if (once && !j->out.cond) {
			j->more++;
			j->more_row = -2;
		}
	}
	return n;
}

static int
give_more(struct join *j, struct batch *b, struct err *e)
{
	int n, r;

	if (j->out.nkey && (!j->build->repeated || one_will_do(j)))
		return 0;
	while (j->out.nkey && j->nfirst >= ROUND_MIN && j->more == 0 &&
	    j->more_row == -2) {
		n = next_round(j);
		r = n ? give_pairs(j, j->dense, j->rrow, n,
		    n < j->in.nrow / 4, b, e) : 0;
		if (r != 0)
			return r;
	}
	while ((n = candidates(j)) > 0) {
		r = give_pairs(j, j->dense, j->rrow, n, true, b, e);
		if (r != 0)
			return r;
	}
	return 0;
}

/* All pairs of the batch have been given in this pass. */
static int
end_batch(struct join *j, struct batch *b)
{
	for (int i = 0; j->carry && i < j->in.n; i++)
		if (bit_get(j->out.matched, i))
			bit_set(j->carry, j->ordinal + i);
	j->ordinal += j->in.n;
	j->state = JOIN_NEXT_BATCH;
	return j->last_pass ? join_out_end(&j->out, &j->in, j->key, b) : 0;
}

/* Full joins: build rows that nobody met. */
static int
give_over(struct join *j, struct batch *b)
{
	struct join_out *o = &j->out;
	int n = 0;

	for (; j->seen && j->over < j->build->n && n < BATCH_ROWS; j->over++)
		if (!bit_get(j->seen, j->over))
			j->rrow[n++] = (int32_t)j->over;
	if (n == 0)
		return 0;
	arena_reset(&o->heap);
	join_out_null_left(o, n);
	for (int c = 0; c < o->nr; c++)
		build_column(j->build, c, j->rrow, n, NULL, n,
		    &o->pair[o->nl + c], &o->heap);
	return join_out_give(o, b, o->nl + o->nr, n);
}

/* One step of the machine: 1 rows, 0 nothing yet, 2 the end. */
static int
step(struct join *j, struct batch *b, struct err *e)
{
	int r;

	switch (j->state) {
	case JOIN_NEXT_PAIR:
		return next_pair(j, e);
	case JOIN_NEXT_PASS:
		return next_pass(j, e);
	case JOIN_NEXT_BATCH:
		r = join_source_next(&j->left, &j->in, e);
		if (r > 0)
			return begin_batch(j, e);
		j->state = JOIN_OVER;
		return r;
	case JOIN_FIRST:
		j->state = JOIN_MORE;
		return give_first(j, b, e);
	case JOIN_MORE:
		r = give_more(j, b, e);
		if (r == 0)
			j->state = JOIN_BATCH_END;
		return r;
	case JOIN_BATCH_END:
		return end_batch(j, b);
	case JOIN_OVER:
		r = give_over(j, b);
		if (r == 0)
			j->state = JOIN_NEXT_PASS;
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
	join_out_close(&j->out);
	build_release(&j->own);
	for (int s = 0; s < SPLITS; s++)
		free_pair(j, s);
	spill_free(j->whole);
	free(j->carry);
	free(j->seen);
}

const struct op_class op_join = {
	.name = "join", .size = sizeof(struct join),
	.open = join_open, .next = join_next, .close = join_close,
};
