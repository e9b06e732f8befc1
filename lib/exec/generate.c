/*
 * generate -- explode & co: each input row once per row that the generator
 * makes of it, with the generated columns appended.
 *
 * The generator's kernel gives one list of structs a row.  Output batches
 * gather the kid's columns and the list's children by row number.  Columns
 * that the projection above does not read are not gathered; when that is all
 * of them and lists lie one behind the other, their children are passed on
 * as they are, without a look at single elements.  The kid's batches are
 * taken in slices that make about one batch of rows each, so that lists stay
 * in the cache between being made and being read.  Outer: a row without any gives one of nulls.
 * Keeps order.  Memory: one batch.
 */
#include "column/wire.h"
#include "exec/op.h"
#include "exec/task.h"

#define STEP_FIRST 256          /* rows of the first slice */
#define STEP_MIN 64

struct generate {
	struct op op;
	struct program *prog;
	struct batch whole;             /* the kid's batch */
	int taken;                      /* rows of it that were in slices */
	int step;                       /* rows of the next slice */
	struct batch in;                /* the slice */
	struct column *slice;           /* its columns */
	struct arena slice_heap;
	struct column list;             /* result of the call, in.n rows */
	struct column *col;             /* output */
	struct arena heap;              /* of the output batch */
	int row;                        /* next input row (dense number) */
	uint32_t at;                    /* next element of its list */
	bool have;                      /* in is not used up */
	bool *unread;                   /* kid columns that nobody looks at */
	bool alone;                     /* all of them; not outer */
	bool run;                       /* output is elem[0] and what follows */
	int nrow;
	int32_t from[BATCH_ROWS];       /* physical kid row of each output row */
	int32_t elem[BATCH_ROWS];       /* list element, -1: outer null */
};

static void
note_read(struct expr *x, void *arg)
{
	struct generate *g = arg;
	int at;

	if (x->kind != EXPR_COL)
		return;
	at = schema_find(g->op.node->kid[0]->out, x->u.col.id);
	if (at >= 0)
		g->unread[at] = false;
}

/* Which columns of the kid does the node above not look at? */
static void
find_unread(struct generate *g)
{
	const struct node *n = g->op.node, *above = g->op.above;
	int nkeep = n->kid[0]->out->ncol;

	g->unread = NEW_N(&g->op.task->arena, bool, nkeep + 1);
	if (above && above->kind == NODE_PROJECT) {
		memset(g->unread, true, (size_t)nkeep);
		for (int i = 0; i < above->out->ncol; i++)
			expr_walk(above->u.project.x[i], note_read, g);
	}
	g->alone = !n->u.generate.outer;
	for (int i = 0; i < nkeep; i++)
		g->alone &= g->unread[i];
}

static int
generate_open(struct op *op, struct err *e)
{
	struct generate *g = (struct generate *)op;
	struct program_env env = task_program_env(op->task);
	const struct node *n = op->node;

	find_unread(g);
	g->step = STEP_FIRST < BATCH_ROWS ? STEP_FIRST : BATCH_ROWS;
	g->slice = NEW_N(&op->task->arena, struct column,
	    n->kid[0]->out->ncol + 1);
	g->col = NEW_N(&op->task->arena, struct column, n->out->ncol + 1);
	return program_new(&g->prog, &op->task->arena, n->kid[0]->out,
	    (struct expr *const *)&n->u.generate.call, 1, &env, e);
}

static struct lview
list_at(const struct generate *g, int row)
{
	const struct lview *v = g->list.data;

	if (col_null(&g->list, row))
		return (struct lview){ 0, 0 };
	return v[col_at(&g->list, row)];
}

/* Fills from and elem with up to BATCH_ROWS output rows. */
static void
fill(struct generate *g)
{
	g->nrow = 0;
	for (; g->row < g->in.n; g->row++, g->at = 0) {
		struct lview l = list_at(g, g->row);
		int32_t row = batch_row(&g->in, g->row);

		if (g->nrow == BATCH_ROWS)
			return;
		if (l.len == 0 && g->op.node->u.generate.outer) {
			g->from[g->nrow] = row;
			g->elem[g->nrow++] = -1;
			continue;
		}
		for (; g->at < l.len; g->at++) {
			if (g->nrow == BATCH_ROWS)
				return;
			g->from[g->nrow] = row;
			g->elem[g->nrow++] = (int32_t)(l.off + g->at);
		}
	}
}

/* Takes elements that follow each other, which are most, and counts them
 * only: false when there are few. */
static bool
fill_run(struct generate *g)
{
	int row = g->row;
	uint32_t at = g->at, next = 0;
	int n = 0;

	for (; row < g->in.n; row++, at = 0) {
		struct lview l = list_at(g, row);
		int left = (int)(l.len - at);

		if (left == 0)
			continue;
		if (n == 0)
			g->elem[0] = (int32_t)(l.off + at);
		else if (l.off != next)
			break;
		if (left > BATCH_ROWS - n) {
			at += (uint32_t)(BATCH_ROWS - n);
			n = BATCH_ROWS;
			break;
		}
		n += left;
		next = l.off + l.len;
	}
	if (row < g->in.n && n < BATCH_ROWS / 2)
		return false;
	g->row = row;
	g->at = at;
	g->nrow = n;
	return true;
}

static bool
in_a_row(const int32_t *v, int n)
{
	if (n == 0 || v[0] < 0 || v[n - 1] - v[0] != n - 1)
		return false;
	for (int i = 1; i < n; i++)
		if (v[i] != v[i - 1] + 1)
			return false;
	return true;
}

/* A view of rows [from, from + n) of a flat column without nulls. */
static void
view(struct column *to, const struct column *c, int32_t from)
{
	*to = *c;
	to->data = (char *)c->data + (size_t)from * (size_t)type_width(c->type);
}

/* Element numbers with nulls taken out, and a bitmap of where they were. */
static uint64_t *
outer_nulls(struct generate *g)
{
	uint64_t *valid = NULL;

	for (int i = 0; i < g->nrow; i++) {
		if (g->elem[i] >= 0)
			continue;
		if (valid == NULL) {
			valid = arena_raw(&g->heap, BITS_BYTES(BATCH_ROWS));
			bits_fill(valid, BATCH_ROWS);
		}
		bit_clear(valid, i);
		g->elem[i] = 0;
	}
	return valid;
}

static void
mask(struct generate *g, struct column *c, const uint64_t *valid)
{
	uint64_t *v = arena_raw(&g->heap, BITS_BYTES(BATCH_ROWS));

	for (size_t w = 0; w < BITS_WORDS(g->nrow); w++)
		v[w] = valid[w] & (c->valid ? c->valid[w] : ~(uint64_t)0);
	c->valid = v;
}

static void
null_column(struct generate *g, struct column *c, const struct type *t)
{
	col_alloc(c, &g->heap, t, g->nrow, COL_WITH_VALID);
}

/* A column that nobody looks at. */
static void
nothing(struct column *c, const struct type *t)
{
	static uint64_t null[2];

	*c = (struct column){ .type = t, .flags = COL_CONST, .valid = null,
	    .data = null };
}

/* Can children be passed on without looking at each element? */
static bool
whole_lists(const struct generate *g)
{
	const struct column *rows = g->list.kid;

	if (!g->alone || g->list.nkid == 0)
		return false;
	for (int i = 0; i < rows->type->nfield; i++)
		if (rows->kid[i].valid || type_is_nested(rows->kid[i].type))
			return false;
	return true;
}

static void
make_columns(struct generate *g)
{
	const struct node *n = g->op.node;
	int nkeep = n->kid[0]->out->ncol;
	const struct column *rows = g->list.kid;
	bool run = g->run || in_a_row(g->elem, g->nrow);
	uint64_t *valid = g->run ? NULL : outer_nulls(g);

	for (int i = 0; i < nkeep; i++)
		if (g->unread[i])
			nothing(&g->col[i], n->out->col[i].type);
		else
			col_gather(&g->col[i], &g->in.col[i], g->from,
			    g->nrow, &g->heap);
	for (int i = nkeep; i < n->out->ncol; i++) {
		const struct column *c = &rows->kid[i - nkeep];

		if (g->list.nkid == 0) {
			null_column(g, &g->col[i], n->out->col[i].type);
			continue;
		}
		if (run && c->valid == NULL && !type_is_nested(c->type))
			view(&g->col[i], c, g->elem[0]);
		else
			col_gather(&g->col[i], c, g->elem, g->nrow, &g->heap);
		if (valid)
			mask(g, &g->col[i], valid);
	}
}

/* The next slice of the kid's rows: 0 at the end. */
static int
next_slice(struct generate *g, struct err *e)
{
	int n;

	if (g->taken == g->whole.n) {
		int r = op_next(g->op.kid[0], &g->whole, e);

		g->taken = 0;
		if (r <= 0) {
			g->whole.n = 0;
			return r;
		}
	}
	n = g->whole.n - g->taken;
	n = n < g->step ? n : g->step;
	g->in = g->whole;
	if (g->whole.pick) {
		g->in.pick = g->whole.pick + g->taken;
		g->in.n = n;
	} else if (n < g->whole.n) {
		arena_reset(&g->slice_heap);
		g->in.col = g->slice;
		wire_slice(&g->whole, g->taken, n, &g->in, &g->slice_heap);
	}
	g->taken += n;
	return 1;
}

/* As many rows as make somewhat less than a batch. */
static void
adapt(struct generate *g)
{
	int64_t made = g->list.nkid, n = g->in.n;

	if (made == 0)
		return;
	n = n * BATCH_ROWS * 7 / 8 / made & ~(int64_t)(STEP_MIN - 1);
	n = n < STEP_MIN ? STEP_MIN : n;
	g->step = n < BATCH_ROWS ? (int)n : BATCH_ROWS;
}

static int
generate_next(struct op *op, struct batch *b, struct err *e)
{
	struct generate *g = (struct generate *)op;
	int r;

	for (;;) {
		if (!g->have) {
			r = next_slice(g, e);
			if (r <= 0)
				return r;
			TRY(program_run(g->prog, &g->in, &g->list, e));
			adapt(g);
			g->row = 0;
			g->at = 0;
			g->have = true;
		}
		g->run = whole_lists(g) && fill_run(g);
		if (!g->run)
			fill(g);
		g->have = g->row < g->in.n;
		if (g->nrow)
			break;
	}
	arena_reset(&g->heap);
	make_columns(g);
	*b = (struct batch){ .col = g->col, .ncol = op->node->out->ncol,
	    .nrow = g->nrow, .n = g->nrow };
	return 1;
}

static void
generate_close(struct op *op)
{
	struct generate *g = (struct generate *)op;

	if (g->prog)
		program_release(g->prog);
	arena_release(&g->heap);
	arena_release(&g->slice_heap);
}

const struct op_class op_generate = {
	.name = "generate", .size = sizeof(struct generate),
	.open = generate_open, .next = generate_next, .close = generate_close,
};
