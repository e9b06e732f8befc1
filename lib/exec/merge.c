/*
 * merge -- one range of globally sorted rows, out of the sorted runs of all
 * map tasks.
 *
 * The first row of every chunk of every run is a sample; the sorted samples
 * give the borders of the ranges, the same for all tasks (made once a
 * stage).  A task finds its range in each run, chunk by chunk, and merges.
 * The last column of a run are the prefixes of its rows (exec/send.c).
 * Rows equal to a border go to the range above it.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <stdlib.h>

#include "exec/merge_tree.h"
#include "exec/sort_run.h"
#include "column/wire.h"

struct samples {                /* shared by the tasks of the stage */
	struct exchange *x;
	struct row_order order;
	int nrun, npart;
	int *chunk0;                    /* run i's samples: [chunk0[i], chunk0[i+1]) */
	struct builder *key;            /* nkey; one row a chunk */
	struct column *whole;
	uint32_t *border;               /* npart - 1 sample numbers */
	struct arena arena;
};

struct chunk_cursor {
	struct cursor c;
	struct merge_op *m;
	int run, chunk, nchunk, from;
	bool ended, begun;
	struct batch whole;
	struct arena chunk_arena, slice;
	struct column *col, *key;
	struct program *keys;
};

struct merge_op {
	struct op op;
	struct samples *s;
	struct row_order order;
	struct merge_tree tree;
	struct chunk_cursor *cursor;
	struct cursor **cursors;
	const struct type **type;
	bool open;
};

static int
key_program(struct task *t, const struct node *n, struct program **out,
    struct err *e)
{
	struct program_env env = task_program_env(t);
	struct expr **x = NEW_N(&t->arena, struct expr *, n->u.read.nkey + 1);

	for (int i = 0; i < n->u.read.nkey; i++)
		x[i] = n->u.read.key[i].x;
	return program_new(out, &t->arena, n->out, x, n->u.read.nkey, &env, e);
}

static void
samples_free(void *state)
{
	struct samples *s = state;

	for (int i = 0; s->key && i < s->order.n; i++)
		builder_release(&s->key[i]);
	free(s->key);
	free(s->chunk0);
	free(s->border);
	arena_release(&s->arena);
	free(s);
}

/* Adds the keys of the first row of each chunk of a run. */
static int
sample_run(struct samples *s, int run, struct program *keys, int ncol,
    struct err *e)
{
	int n = exchange_nchunk(s->x, run, 0);
	struct column *col = xcalloc((size_t)ncol + 2, sizeof *col);
	struct column *key = xcalloc((size_t)s->order.n + 1, sizeof *key);
	struct arena a = { 0 };
	int r = 0;

	for (int i = 0; i < n && r >= 0; i++) {
		struct batch whole, one = { .col = col };

		arena_reset(&a);
		r = exchange_chunk_first(s->x, run, 0, i, &a, &whole, e);
		if (r < 0)
			break;
		wire_slice(&whole, 0, whole.nrow ? 1 : 0, &one, &a);
		r = program_run(keys, &one, key, e);
		for (int k = 0; r >= 0 && k < s->order.n; k++)
			builder_value(&s->key[k], &key[k], 0);
	}
	s->chunk0[run + 1] = s->chunk0[run] + n;
	arena_release(&a);
	free(col);
	free(key);
	return r;
}

static int
by_key(const void *pa, const void *pb, void *arg)
{
	const struct samples *s = arg;
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	int r = row_compare(&s->order, s->whole, a, s->whole, b);

	return r ? r : a < b ? -1 : a > b;
}

static void
choose_borders(struct samples *s)
{
	int n = s->chunk0[s->nrun];
	uint32_t *v = xmalloc(sizeof *v * ((size_t)n + 1));

	for (int i = 0; i < n; i++)
		v[i] = (uint32_t)i;
	qsort_r(v, (size_t)n, sizeof *v, by_key, s);
	s->border = xmalloc(sizeof *v * ((size_t)s->npart + 1));
	for (int p = 1; p < s->npart; p++)
		s->border[p - 1] = n ? v[(int64_t)n * p / s->npart] : 0;
	free(v);
}

static int
samples_make(struct task *t, const struct node *n, void **state,
    struct err *e)
{
	struct samples *s = xcalloc(1, sizeof *s);
	struct program *keys = NULL;
	int r;

	s->x = task_stage(t, n->u.read.stage[0])->exchange;
	r = exchange_require(s->x, 0, 1, &t->lost, e);
	if (r < 0) {
		samples_free(s);
		return r;
	}
	s->order = (struct row_order){ n->u.read.nkey, n->u.read.key };
	s->nrun = exchange_nmap(s->x);
	s->npart = n->u.read.n;
	s->chunk0 = xcalloc((size_t)s->nrun + 2, sizeof *s->chunk0);
	s->key = xcalloc((size_t)s->order.n + 1, sizeof *s->key);
	for (int i = 0; i < s->order.n; i++)
		builder_init(&s->key[i], s->order.key[i].x->type);
	r = key_program(t, n, &keys, e);
	for (int i = 0; i < s->nrun && r >= 0; i++)
		r = sample_run(s, i, keys, n->out->ncol, e);
	if (keys)
		program_release(keys);
	if (r < 0) {
		samples_free(s);
		return r;
	}
	s->whole = NEW_N(&s->arena, struct column, s->order.n + 1);
	for (int i = 0; i < s->order.n; i++)
		builder_column(&s->key[i], 0, s->key[i].n, &s->whole[i],
		    &s->arena);
	choose_borders(s);
	*state = s;
	return 0;
}

/* Is row i of key below border b (0 … npart - 2)? */
static bool
below(const struct samples *s, const struct column *key, int i, int b)
{
	return row_compare(&s->order, key, i, s->whole, s->border[b]) < 0;
}

/* The last chunk of the run whose first row is below the lower border. */
static int
first_chunk(const struct samples *s, int run, int part)
{
	int low = 0, high = s->chunk0[run + 1] - s->chunk0[run];

	if (part == 0)
		return 0;
	while (high - low > 1) {
		int mid = (low + high) / 2;

		if (row_compare(&s->order, s->whole, s->chunk0[run] + mid,
		    s->whole, s->border[part - 1]) < 0)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* Narrows [at, end) of the batch to the rows of this range. */
static void
narrow(struct chunk_cursor *c)
{
	const struct samples *s = c->m->s;
	int part = c->m->op.part, low = 0, high = c->c.b.nrow;

	if (part > 0 && !c->begun) {
		while (low < high) {
			int mid = (low + high) / 2;

			if (below(s, c->key, mid, part - 1))
				low = mid + 1;
			else
				high = mid;
		}
		c->c.at = low;
		c->begun = low < c->c.b.nrow;
	}
	high = c->c.b.nrow;
	if (part < s->npart - 1) {
		low = c->c.at;
		while (low < high) {
			int mid = (low + high) / 2;

			if (below(s, c->key, mid, part))
				low = mid + 1;
			else
				high = mid;
		}
		if (low < c->c.b.nrow)
			c->ended = true;
		high = low;
	}
	c->c.end = high;
}

static void
take_prefixes(struct cursor *c, const struct column *from, int n)
{
	const uint64_t *v = from->data;

	for (int i = 0; i < n; i++)
		c->prefix[i] = v[col_at(from, i)];
}

static int
chunk_fill(struct cursor *cur, struct err *e)
{
	struct chunk_cursor *c = (struct chunk_cursor *)cur;
	int n;

	if (c->ended)
		return 0;
	while (c->from == c->whole.nrow) {
		if (c->chunk == c->nchunk)
			return 0;
		arena_reset(&c->chunk_arena);
		TRY(exchange_chunk(c->m->s->x, c->run, 0, c->chunk++,
		    &c->chunk_arena, &c->whole, e));
		c->from = 0;
	}
	n = c->whole.nrow - c->from;
	n = n < BATCH_ROWS ? n : BATCH_ROWS;
	arena_reset(&c->slice);
	c->c.b.col = c->col;
	wire_slice(&c->whole, c->from, n, &c->c.b, &c->slice);
	c->c.b.ncol--;
	take_prefixes(&c->c, &c->col[c->c.b.ncol], n);
	c->from += n;
	TRY(program_run(c->keys, &c->c.b, c->key, e));
	c->c.at = 0;
	narrow(c);
	c->c.key = c->key;
	return 1;
}

static int
merge_open(struct op *op, struct err *e)
{
	struct merge_op *m = (struct merge_op *)op;
	const struct node *n = op->node;
	struct arena *a = &op->task->arena;
	int ncol = n->out->ncol;
	void *state;

	TRY(task_require(op->task, n->u.read.stage[0], 0, 1, e));
	TRY(task_shared(op->task, n, samples_make, samples_free, &state, e));
	m->s = state;
	m->order = m->s->order;
	m->cursor = NEW_N(a, struct chunk_cursor, m->s->nrun + 1);
	m->cursors = NEW_N(a, struct cursor *, m->s->nrun + 1);
	m->type = NEW_N(a, const struct type *, ncol + 1);
	for (int i = 0; i < ncol; i++)
		m->type[i] = n->out->col[i].type;
	for (int i = 0; i < m->s->nrun; i++) {
		struct chunk_cursor *c = &m->cursor[i];

		c->c.fill = chunk_fill;
		c->c.number = i;
		c->c.has_prefix = true;
		c->m = m;
		c->run = i;
		c->nchunk = exchange_nchunk(m->s->x, i, 0);
		c->chunk = c->nchunk ? first_chunk(m->s, i, op->part) : 0;
		c->col = NEW_N(a, struct column, ncol + 2);
		c->key = NEW_N(a, struct column, m->order.n + 1);
		m->cursors[i] = &c->c;
		TRY(key_program(op->task, n, &c->keys, e));
	}
	m->open = true;
	return merge_tree_open(&m->tree, &m->order, m->type, ncol, m->cursors,
	    m->s->nrun, e);
}

static int
merge_next(struct op *op, struct batch *b, struct err *e)
{
	int r = merge_tree_next(&((struct merge_op *)op)->tree, b, e);

	if (r > 0)
		op->task->rows_in += b->n;
	return r;
}

static void
merge_close(struct op *op)
{
	struct merge_op *m = (struct merge_op *)op;

	if (m->open)
		merge_tree_close(&m->tree);
	for (int i = 0; m->s && m->cursor && i < m->s->nrun; i++) {
		struct chunk_cursor *c = &m->cursor[i];

		if (c->keys)
			program_release(c->keys);
		arena_release(&c->chunk_arena);
		arena_release(&c->slice);
	}
}

const struct op_class op_merge = {
	.name = "merge", .size = sizeof(struct merge_op),
	.open = merge_open, .next = merge_next, .close = merge_close,
};
