/*
 * join_merge -- sort-merge join: both sides come sorted by the keys.
 *
 * Two cursors: for each left row the right side is advanced to the same key
 * and its rows of that key (the group) are put into a window, where the left
 * rows that follow find them too.  Pairs are made in batches over many groups
 * (join_window.c keeps them), so neither side is held as a whole; a group too
 * large for memory is read from its file once for each left batch.
 *
 * Keys are in the order of row_compare: nulls first (they have no partner),
 * -0.0 like 0.0, NaN like NaN: what the hash join finds equal.  Because of
 * the order one look at the first right row tells if a single key has nulls.
 */
#include "exec/join_merge.h"

#include <stdlib.h>

#define WINDOW_ROWS (8 * BATCH_ROWS)
#define OVER_ROWS (2 * BATCH_ROWS)

static int
side_open(struct merge_side *s, struct op *op, int kid,
    struct expr *const *key, struct err *e)
{
	const struct node *n = op->node;
	struct program_env env = task_program_env(op->task);
	struct arena *a = &op->task->arena;

	s->kid = op->kid[kid];
	s->key = NEW_N(a, struct column, n->u.join.nkey + 1);
	return program_new(&s->prog, a, n->kid[kid]->out, key, n->u.join.nkey,
	    &env, e);
}

static int
merge_open(struct op *op, struct err *e)
{
	struct join_merge *m = (struct join_merge *)op;
	const struct node *n = op->node;
	struct sort_key *k = NEW_N(&op->task->arena, struct sort_key,
	    n->u.join.nkey + 1);

	TRY(join_out_open(&m->out, op, e));
	join_window_open(m);
	for (int i = 0; i < n->u.join.nkey; i++)
		k[i].x = n->u.join.lkey[i];
	m->order = (struct row_order){ n->u.join.nkey, k };
	m->keep_rows = m->out.cond || join_gives_pairs(m->out.kind);
	TRY(side_open(&m->l, op, 0, n->u.join.lkey, e));
	return side_open(&m->r, op, 1, n->u.join.rkey, e);
}

/* The next batch of a side and its keys: 1, or 0 at the end. */
static int
side_next(struct join_merge *m, struct merge_side *s, struct err *e)
{
	int r = op_next(s->kid, &s->b, e);

	s->at = 0;
	if (r <= 0) {
		s->b.n = 0;
		s->ended = true;
		return r;
	}
	TRY(program_run(s->prog, &s->b, s->key, e));
	row_prefix(&m->order, &s->key[0], s->b.n, s->prefix);
	return 1;
}

/* Right row j against left row i: < 0, 0, > 0. */
static int
compare(const struct join_merge *m, int j, int i)
{
	uint64_t x = m->r.prefix[j], y = m->l.prefix[i];

	if (x != y)
		return x < y ? -1 : 1;
	return row_compare(&m->order, m->r.key, j, m->l.key, i);
}

static bool
in_group(const struct join_merge *m, int i)
{
	const struct merge_group *g = &m->group;

	if (g->left < 0)
		return row_compare(&m->order, g->view, 0, m->l.key, i) == 0;
	return m->l.prefix[i] == m->l.prefix[g->left] &&
	    row_compare(&m->order, m->l.key, g->left, m->l.key, i) == 0;
}

/* The left batch goes away: the group's key must stay. */
static void
save_group_key(struct join_merge *m)
{
	struct merge_group *g = &m->group;

	if (!g->active || g->left < 0)
		return;
	arena_reset(&g->arena);
	for (int k = 0; k < m->out.nkey; k++) {
		builder_clear(&g->key[k]);
		builder_value(&g->key[k], &m->l.key[k], g->left);
		builder_column(&g->key[k], 0, 1, &g->view[k], &g->arena);
	}
	g->left = -1;
}

/* Reads all right rows of left row i's key. */
static int
load_group(struct join_merge *m, int i, struct err *e)
{
	struct merge_group *g = &m->group;
	int to, r;

	g->active = true;
	g->left = i;
	g->from = g->to = m->keep_rows ? m->nwindow : 0;
	g->nspill = 0;
	do {
		to = m->r.at;
		while (to < m->r.b.n && compare(m, to, i) == 0)
			to++;
		TRY(join_window_add(m, to, e));
		m->r.at = to;
		if (to < m->r.b.n)
			return 1;
		r = side_next(m, &m->r, e);
	} while (r > 0);
	return r < 0 ? r : 1;
}

/* Moves the right side on to the key of left row i: 1 its group is there,
 * 0 there is none, 2 the window must be emptied first. */
static int
find_group(struct join_merge *m, int i, struct err *e)
{
	struct merge_side *s = &m->r;

	if (m->nwindow >= WINDOW_ROWS)
		return 2;
	for (;;) {
		int c;

		if (m->nover >= OVER_ROWS)
			return 2;
		if (s->at == s->b.n) {
			int r = s->ended ? 0 : side_next(m, s, e);

			if (r <= 0)
				return r;
		}
		c = join_null_key(s->key, m->out.nkey, s->at) ? -1 :
		    compare(m, s->at, i);
		if (c > 0)
			return 0;
		if (c == 0)
			return load_group(m, i, e);
		join_window_over(m);
		s->at++;
	}
}

/* Finds the partners of left rows from filled on, as far as possible. */
static int
fill(struct join_merge *m, struct err *e)
{
	struct merge_group *g = &m->group;
	int i = m->filled, r;

	for (; i < m->l.b.n; i++) {
		m->from[i] = m->to[i] = 0;
		if (join_null_key(m->l.key, m->out.nkey, i))
			continue;
		if (g->active && !in_group(m, i)) {
			if (g->spill)
				break;
			g->active = false;
		}
		if (!g->active) {
			r = find_group(m, i, e);
			if (r < 0)
				return r;
			if (r == 0)
				continue;
			if (r == 2)
				break;
		}
		if (g->spill)
			break;
		m->from[i] = g->from;
		m->to[i] = g->to;
		if (!m->keep_rows) {
			bit_set(m->out.matched, i);
			m->to[i] = m->from[i];
		}
	}
	m->filled = i;
	return 0;
}

/* Candidate pairs of left rows and the window. */
static int
window_pairs(struct join_merge *m)
{
	int n = 0;

	while (m->pair_row < m->filled && n < BATCH_ROWS) {
		int i = m->pair_row;

		if (m->pair_at >= m->to[i]) {
			if (++m->pair_row < m->filled)
				m->pair_at = m->from[m->pair_row];
			continue;
		}
		m->dense[n] = i;
		m->lrow[n] = batch_row(&m->l.b, i);
		m->rrow[n++] = (int32_t)m->pair_at++;
	}
	return n;
}

/* Candidate pairs of left rows [done, group_end) and a chunk of the file. */
static int
chunk_pairs(struct join_merge *m)
{
	int n = 0;

	while (m->pair_row < m->group_end && n < BATCH_ROWS) {
		if (m->pair_at >= m->chunk.n) {
			m->pair_row++;
			m->pair_at = 0;
			continue;
		}
		m->dense[n] = m->pair_row;
		m->lrow[n] = batch_row(&m->l.b, m->pair_row);
		m->rrow[n++] = batch_row(&m->chunk, (int)m->pair_at++);
	}
	return n;
}

/* Checks n candidates whose right rows are in right[], notes the pairs and
 * gives them out when the kind does: 1, else 0. */
static int
give_pairs(struct join_merge *m, const struct column *right, int n,
    uint64_t *seen, int64_t base, struct batch *b, struct err *e)
{
	struct join_out *o = &m->out;
	int k = n;

	arena_reset(&o->heap);
	join_out_left(o, &m->l.b, m->lrow, n);
	for (int i = 0; i < o->nr; i++)
		col_gather(&o->pair[o->nl + i], &right[i], m->rrow, n,
		    &o->heap);
	join_out_give(o, b, o->nl + o->nr, n);
	if (o->cond) {
		k = program_pick(o->cond, b, m->keep, e);
		if (k < 0)
			return k;
		batch_pick(b, m->keep, k);
	}
	for (int i = 0; i < k; i++) {
		int at = o->cond ? m->keep[i] : i;

		bit_set(o->matched, m->dense[at]);
		if (o->kind == JOIN_FULL)
			bit_set(seen, base + m->rrow[at]);
	}
	return k && join_gives_pairs(o->kind);
}

static void
go(struct join_merge *m, int state)
{
	m->state = state;
}

/* After the rows that were filled: what hinders the next ones? */
static void
after_pairs(struct join_merge *m)
{
	struct merge_group *g = &m->group;

	m->done = m->filled;
	go(m, MERGE_SHIFT);
	if (g->spill == NULL || m->filled == m->l.b.n)
		return;
	m->after = MERGE_SHIFT;
	m->chunk_base = -1;
	if (!in_group(m, m->filled)) {
		g->active = false;
		go(m, MERGE_LONELY);
		return;
	}
	m->group_end = m->filled;
	while (m->group_end < m->l.b.n && in_group(m, m->group_end))
		m->group_end++;
	go(m, MERGE_SPILLED);
}

/* The next chunk of the group's file: 1, 0 at its end. */
static int
next_chunk(struct join_merge *m, struct err *e)
{
	struct merge_group *g = &m->group;

	if (m->chunk_base < 0) {
		if (g->seen == NULL)
			g->seen = xcalloc(1, BITS_BYTES(g->nspill) + 8);
		TRY(spill_rewind(g->spill, e));
		m->op.task->spilled += m->group.left >= 0 ?
		    spill_bytes(g->spill) : 0;
		m->chunk_base = 0;
	} else {
		m->chunk_base += m->chunk.n;
	}
	m->pair_row = m->done;
	m->pair_at = 0;
	return spill_next(g->spill, &m->chunk, e);
}

static int
step_spilled(struct join_merge *m, struct batch *b, struct err *e)
{
	int n, r;

	while (m->chunk_base >= 0 && (n = chunk_pairs(m)) > 0) {
		r = give_pairs(m, m->chunk.col, n, m->group.seen,
		    m->chunk_base, b, e);
		if (r != 0)
			return r;
	}
	r = next_chunk(m, e);
	if (r == 0) {
		m->done = m->filled = m->group_end;
		go(m, MERGE_SHIFT);
	}
	return r < 0 ? r : 0;
}

/* Right rows of a spilled group that nobody met. */
static int
step_lonely(struct join_merge *m, struct batch *b, struct err *e)
{
	struct join_out *o = &m->out;
	struct merge_group *g = &m->group;
	int n = 0, r = o->kind == JOIN_FULL ? next_chunk(m, e) : 0;

	if (r < 0)
		return r;
	if (r == 0) {
		spill_free(g->spill);
		free(g->seen);
		g->spill = NULL;
		g->seen = NULL;
		go(m, (int)m->after);
		return 0;
	}
	for (int i = 0; i < m->chunk.n; i++)
		if (!bit_get(g->seen, m->chunk_base + i))
			m->keep[n++] = batch_row(&m->chunk, i);
	if (n == 0)
		return 0;
	arena_reset(&o->heap);
	join_out_null_left(o, n);
	for (int i = 0; i < o->nr; i++)
		col_gather(&o->pair[o->nl + i], &m->chunk.col[i], m->keep, n,
		    &o->heap);
	return join_out_give(o, b, o->nl + o->nr, n);
}

static void
step_shift(struct join_merge *m)
{
	int next = m->filled < m->l.b.n ? MERGE_FILL : MERGE_END;

	if (m->nwindow >= WINDOW_ROWS || m->group.spill ||
	    m->window[0].n > m->nwindow)
		join_window_shift(m);
	go(m, next);
	if (m->nover >= OVER_ROWS) {
		m->after = next;
		m->over_at = 0;
		go(m, MERGE_OVER);
	}
}

/* Right rows that nobody met, in portions. */
static int
step_over(struct join_merge *m, struct batch *b)
{
	struct join_out *o = &m->out;
	int64_t left = m->nover - m->over_at;
	int n = left < BATCH_ROWS ? (int)left : BATCH_ROWS;

	arena_reset(&o->heap);
	if (n == 0) {
		for (int i = 0; i < o->nr; i++)
			builder_clear(&m->over[i]);
		m->nover = 0;
		go(m, (int)m->after);
		return 0;
	}
	for (int i = 0; i < n; i++)
		m->keep[i] = (int32_t)(m->over_at + i);
	join_out_null_left(o, n);
	for (int i = 0; i < o->nr; i++) {
		struct column c;

		builder_column(&m->over[i], 0, m->nover, &c, &o->heap);
		col_gather(&o->pair[o->nl + i], &c, m->keep, n, &o->heap);
	}
	m->over_at += n;
	return join_out_give(o, b, o->nl + o->nr, n);
}

/* The left side has ended: the rest of the right one has no partner.  2: all
 * is done. */
static int
step_drain(struct join_merge *m, struct err *e)
{
	m->after = MERGE_DRAIN;
	m->group.active = false;
	if (m->out.kind != JOIN_FULL)
		return 2;
	if (m->group.spill) {
		m->chunk_base = -1;
		go(m, MERGE_LONELY);
		return 0;
	}
	join_window_shift(m);
	while (m->nover < OVER_ROWS) {
		if (m->r.at == m->r.b.n) {
			int r = m->r.ended ? 0 : side_next(m, &m->r, e);

			if (r < 0)
				return r;
			if (r == 0)
				break;
		}
		join_window_over(m);
		m->r.at++;
	}
	if (m->nover == 0)
		return 2;
	m->over_at = 0;
	go(m, MERGE_OVER);
	return 0;
}

static int
step_left(struct join_merge *m, struct err *e)
{
	enum join_kind k = m->out.kind;
	int r;

	save_group_key(m);
	if (m->r.ended && !m->group.active &&
	    (k == JOIN_INNER || k == JOIN_SEMI))
		return 2;
	r = side_next(m, &m->l, e);
	if (r < 0)
		return r;
	memset(m->out.matched, 0, sizeof m->out.matched);
	m->done = m->filled = 0;
	go(m, r ? MERGE_FILL : MERGE_DRAIN);
	return 0;
}

static int
step_fill(struct join_merge *m, struct err *e)
{
	TRY(fill(m, e));
	join_window_view(m);
	m->pair_row = m->done;
	if (m->done < m->filled)
		m->pair_at = m->from[m->done];
	go(m, MERGE_PAIRS);
	return 0;
}

/* One step of the machine: 1 rows, 0 nothing yet, 2 the end. */
static int
step(struct join_merge *m, struct batch *b, struct err *e)
{
	int n, r;

	switch (m->state) {
	case MERGE_LEFT:    return step_left(m, e);
	case MERGE_FILL:    return step_fill(m, e);
	case MERGE_PAIRS:
		while ((n = window_pairs(m)) > 0) {
			r = give_pairs(m, m->whole, n, m->seen, 0, b, e);
			if (r != 0)
				return r;
		}
		after_pairs(m);
		return 0;
	case MERGE_SPILLED: return step_spilled(m, b, e);
	case MERGE_LONELY:  return step_lonely(m, b, e);
	case MERGE_SHIFT:   step_shift(m); return 0;
	case MERGE_OVER:    return step_over(m, b);
	case MERGE_DRAIN:   return step_drain(m, e);
	case MERGE_END:
		go(m, MERGE_LEFT);
		return join_out_end(&m->out, &m->l.b, m->l.key, b);
	}
	return 2;
}

static int
merge_next(struct op *op, struct batch *b, struct err *e)
{
	struct join_merge *m = (struct join_merge *)op;
	int r = 0;

	if (!m->started) {
		m->started = true;
		r = side_next(m, &m->r, e);
		if (r < 0)
			return r;
		m->out.right_any = r > 0;
		m->out.right_null = r > 0 &&
		    join_null_key(m->r.key, m->out.nkey, 0);
		r = 0;
	}
	while (r == 0) {
		if (task_cancelled(op->task))
			return err_set(e, ERR_TEMP, "cancelled");
		r = step(m, b, e);
	}
	return r == 2 ? 0 : r;
}

static void
merge_close(struct op *op)
{
	struct join_merge *m = (struct join_merge *)op;

	if (m->l.prog)
		program_release(m->l.prog);
	if (m->r.prog)
		program_release(m->r.prog);
	join_out_close(&m->out);
	if (m->window)
		join_window_close(m);
}

const struct op_class op_join_merge = {
	.name = "merge join", .size = sizeof(struct join_merge),
	.open = merge_open, .next = merge_next, .close = merge_close,
};
