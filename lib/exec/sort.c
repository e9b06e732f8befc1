/*
 * sort -- all rows of the partition in order; and the first N of them.
 *
 * Rows are collected in a sort_run.  When the pool is full the run is sorted
 * and goes to a spill file; at the end the files and what is in memory are
 * merged.  Top-n does the same but cuts the run to N rows whenever it holds
 * four times as many.  Stable: equal rows keep their order.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <stdlib.h>

#include "exec/merge_tree.h"
#include "exec/sort.h"
#include "exec/sort_run.h"
#include "store/spill.h"

#define RUNS_MAX 512
#define FORCED_ROWS 50          /* SP_FORCE=spill writes a run after */

struct run_cursor {             /* over a spilled run, or the one in memory */
	struct cursor c;
	struct spill *spill;
	struct sort_run *run;
	const struct sort_shape *shape;
	struct column *col;             /* of the run */
	struct arena arena;
};

struct sort {
	struct op op;
	struct sort_shape shape;
	struct program *keys;
	struct column *key, *col;
	struct sort_run run;
	int64_t charged, limit, given;  /* limit -1: sort */
	struct spill *spill[RUNS_MAX];
	int nspill;
	struct merge_tree merge;
	struct run_cursor *cursor;
	struct cursor **cursors;
	bool built, merging;
	uint64_t prefix[BATCH_ROWS];    /* of the batch given last */
	struct arena out;
};

static int
sort_open(struct op *op, struct err *e)
{
	struct sort *s = (struct sort *)op;
	struct program_env env = task_program_env(op->task);
	struct arena *a = &op->task->arena;
	const struct node *n = op->node;
	struct row_order order = { n->u.sort.nkey, n->u.sort.key };
	struct expr **x;

	s->limit = -1;
	if (n->kind == NODE_TOPN) {
		order = (struct row_order){ n->u.topn.nkey, n->u.topn.key };
		s->limit = n->u.topn.limit;
	}
	sort_shape_make(&s->shape, &order, n->out, a);
	x = NEW_N(a, struct expr *, order.n + 1);
	s->key = NEW_N(a, struct column, order.n + 1);
	s->col = NEW_N(a, struct column, n->out->ncol + order.n + 1);
	for (int i = 0; i < order.n; i++)
		x[i] = order.key[i].x;
	TRY(program_new(&s->keys, a, n->kid[0]->out, x, order.n, &env, e));
	sort_run_init(&s->run, &s->shape);
	return 0;
}

/* Columns and keys of a sorted batch go to the file together. */
static int
write_run(struct sort *s, struct err *e)
{
	int ncol = s->shape.ncol + s->shape.nown;
	struct batch b;
	struct spill *f;

	if (s->nspill == RUNS_MAX)
		return err_set(e, ERR_TEMP, "more than %d sorted runs: the "
		    "memory budget is too small", RUNS_MAX);
	sort_run_sort(&s->run);
	TRY(spill_new(&f, s->op.task->env->scratch, s->shape.type, ncol, e));
	s->spill[s->nspill++] = f;
	for (;;) {
		arena_reset(&s->out);
		if (sort_run_next(&s->run, &b, s->col, &s->out) == 0)
			break;
		b.ncol = ncol;
		TRY(spill_put(f, &b, e));
	}
	TRY(spill_rewind(f, e));
	s->op.task->spilled += spill_bytes(f);
	sort_run_clear(&s->run);
	pool_give(&s->op.pool, s->charged);
	s->charged = 0;
	return 0;
}

static int
charge(struct sort *s, struct err *e)
{
	int64_t more = sort_run_bytes(&s->run) - s->charged;

	if (s->op.task->env->force_spill && s->run.n >= FORCED_ROWS &&
	    s->nspill < 20)
		return write_run(s, e);
	if (more < (1 << 16))
		return 0;
	if (pool_try(&s->op.pool, more)) {
		s->charged += more;
		return 0;
	}
	return write_run(s, e);
}

/* Keeps only the first limit rows of the run. */
static void
cut(struct sort *s)
{
	struct sort_run small;
	struct batch b;
	int64_t left = s->limit;

	sort_run_sort(&s->run);
	sort_run_init(&small, &s->shape);
	while (left > 0) {
		arena_reset(&s->out);
		if (sort_run_next(&s->run, &b, s->col, &s->out) == 0)
			break;
		sort_shape_keys(&s->shape, s->col, s->key);
		if (b.n > left)
			batch_head(&b, (int)left);
		left -= b.n;
		b.nrow = b.n;
		sort_run_add(&small, &b, s->key);
	}
	sort_run_release(&s->run);
	s->run = small;
}

static int
build(struct sort *s, struct err *e)
{
	struct batch b;
	int r;

	while ((r = op_next(s->op.kid[0], &b, e)) > 0) {
		TRY(program_run(s->keys, &b, s->key, e));
		sort_run_add(&s->run, &b, s->key);
		if (s->limit >= 0 && s->run.n > 4 * s->limit + 4 * BATCH_ROWS)
			cut(s);
		TRY(charge(s, e));
	}
	if (r == 0)
		sort_run_sort(&s->run);
	return r;
}

static int
fill(struct cursor *c, struct err *e)
{
	struct run_cursor *r = (struct run_cursor *)c;
	int got;

	if (r->spill) {
		got = spill_next(r->spill, &c->b, e);
	} else {
		arena_reset(&r->arena);
		got = sort_run_next(r->run, &c->b, r->col, &r->arena);
	}
	if (got > 0) {
		sort_shape_keys(r->shape, c->b.col, c->key);
		c->b.ncol = r->shape->ncol;
		c->at = 0;
		c->end = c->b.nrow;
	}
	return got;
}

static int
begin_merge(struct sort *s, struct err *e)
{
	int n = s->nspill + 1;

	s->merging = true;
	s->cursor = xcalloc((size_t)n, sizeof *s->cursor);
	s->cursors = xcalloc((size_t)n, sizeof *s->cursors);
	for (int i = 0; i < n; i++) {
		struct run_cursor *c = &s->cursor[i];

		c->c.fill = fill;
		c->c.number = i;
		c->c.key = NEW_N(&s->op.task->arena, struct column,
		    s->shape.order.n + 1);
		c->shape = &s->shape;
		c->spill = i < s->nspill ? s->spill[i] : NULL;
		c->run = &s->run;
		c->col = s->col;
		s->cursors[i] = &c->c;
	}
	return merge_tree_open(&s->merge, &s->shape.order, s->shape.type,
	    s->shape.ncol, s->cursors, n, e);
}

static int
sort_next(struct op *op, struct batch *b, struct err *e)
{
	struct sort *s = (struct sort *)op;
	int r;

	if (!s->built) {
		TRY(build(s, e));
		s->built = true;
		if (s->nspill)
			TRY(begin_merge(s, e));
	}
	if (s->limit >= 0 && s->given >= s->limit)
		return 0;
	if (s->merging) {
		r = merge_tree_next(&s->merge, b, e);
	} else {
		arena_reset(&s->out);
		sort_run_prefixes(&s->run, s->prefix);
		r = sort_run_next(&s->run, b, s->col, &s->out);
	}
	if (r > 0 && s->limit >= 0 && b->n > s->limit - s->given)
		batch_head(b, (int)(s->limit - s->given));
	if (r > 0)
		s->given += b->n;
	return r;
}

const uint64_t *
sort_prefixes(const struct op *op)
{
	const struct sort *s = (const struct sort *)op;

	return s->merging ? s->merge.prefix : s->prefix;
}

static void
sort_close(struct op *op)
{
	struct sort *s = (struct sort *)op;

	if (s->keys)
		program_release(s->keys);
	if (s->merging)
		merge_tree_close(&s->merge);
	for (int i = 0; i < s->nspill; i++) {
		if (s->cursor)
			arena_release(&s->cursor[i].arena);
		spill_free(s->spill[i]);
	}
	if (s->cursor)
		arena_release(&s->cursor[s->nspill].arena);
	free(s->cursor);
	free(s->cursors);
	if (s->run.shape)
		sort_run_release(&s->run);
	arena_release(&s->out);
}

const struct op_class op_sort = {
	.name = "sort", .size = sizeof(struct sort),
	.open = sort_open, .next = sort_next, .close = sort_close,
};

const struct op_class op_topn = {
	.name = "topn", .size = sizeof(struct sort),
	.open = sort_open, .next = sort_next, .close = sort_close,
};
