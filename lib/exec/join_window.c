/*
 * join_window -- right rows of a merge join that left rows may still meet.
 *
 * The rows of the groups (of equal keys) that the current left rows need lie
 * one group after the other in builders.  A group that does not fit the pool
 * goes to a spill file as a whole; the window is then emptied before anything
 * is added again.  Full joins keep what met nobody until it is given out.
 */
#include "exec/join_merge.h"

#include <stdlib.h>

#define FORCED_ROWS 40          /* SP_FORCE=spill spills groups above */
#define STEP ((int64_t)1 << 16)

static struct builder *
builders(const struct join_merge *m)
{
	struct builder *b = xcalloc((size_t)m->out.nr + 1, sizeof *b);

	for (int i = 0; i < m->out.nr; i++)
		builder_init(&b[i], m->out.rtype[i]);
	return b;
}

static void
release(struct builder *b, int n)
{
	for (int i = 0; b && i < n; i++)
		builder_release(&b[i]);
	free(b);
}

void
join_window_open(struct join_merge *m)
{
	struct arena *a = &m->op.task->arena;

	m->window = builders(m);
	m->over = builders(m);
	m->whole = NEW_N(a, struct column, m->out.nr + 1);
	m->group.key = xcalloc((size_t)m->out.nkey + 1, sizeof *m->group.key);
	m->group.view = NEW_N(a, struct column, m->out.nkey + 1);
	for (int k = 0; k < m->out.nkey; k++)
		builder_init(&m->group.key[k], m->out.rtype[m->out.nr + k]);
}

void
join_window_close(struct join_merge *m)
{
	release(m->window, m->out.nr);
	release(m->over, m->out.nr);
	release(m->group.key, m->out.nkey);
	spill_free(m->group.spill);
	free(m->group.seen);
	free(m->seen);
	arena_release(&m->group.arena);
	arena_release(&m->views);
}

void
join_window_view(struct join_merge *m)
{
	arena_reset(&m->views);
	for (int i = 0; i < m->out.nr; i++)
		builder_column(&m->window[i], 0, m->window[i].n, &m->whole[i],
		    &m->views);
}

/* Rows [from, to) of the window as one dense batch at a time. */
static int
window_rows(struct join_merge *m, int64_t from, int64_t to, struct batch *b,
    struct column *col)
{
	int n = to - from < BATCH_ROWS ? (int)(to - from) : BATCH_ROWS;

	for (int i = 0; i < n; i++)
		m->keep[i] = (int32_t)(from + i);
	arena_reset(&m->out.heap);
	for (int i = 0; i < m->out.nr; i++)
		col_gather(&col[i], &m->whole[i], m->keep, n, &m->out.heap);
	*b = (struct batch){ col, m->out.nr, n, n, NULL };
	return n;
}

static int
spill_group(struct join_merge *m, struct err *e)
{
	struct merge_group *g = &m->group;
	struct column *col = m->out.pair;
	struct batch b;

	TRY(spill_new(&g->spill, m->op.task->env->scratch, m->out.rtype,
	    m->out.nr, e));
	join_window_view(m);
	for (int64_t at = g->from; at < g->to; at += b.n) {
		window_rows(m, at, g->to, &b, col);
		TRY(spill_put(g->spill, &b, e));
	}
	g->nspill = g->to - g->from;
	m->nwindow = g->to = g->from;
	return 0;
}

static bool
too_large(struct join_merge *m)
{
	int64_t held = 0, more;

	if (m->op.task->env->force_spill &&
	    m->group.to - m->group.from > FORCED_ROWS)
		return true;
	for (int i = 0; i < m->out.nr; i++)
		held += builder_held(&m->window[i]);
	more = held - m->charged;
	if (more < STEP)
		return false;
	if (!pool_try(&m->op.pool, more))
		return true;
	m->charged += more;
	return false;
}

static void
grow_seen(struct join_merge *m, int64_t n)
{
	size_t have = BITS_BYTES(m->nwindow), want = BITS_BYTES(m->nwindow + n);

	m->seen = xrealloc(m->seen, want + 8);
	memset((char *)m->seen + have, 0, want + 8 - have);
}

int
join_window_add(struct join_merge *m, int to, struct err *e)
{
	struct merge_group *g = &m->group;
	int32_t *row = m->keep;
	struct batch part = m->r.b;
	int n = 0;

	for (int i = m->r.at; i < to; i++)
		row[n++] = batch_row(&m->r.b, i);
	if (n == 0 || !m->keep_rows)
		return 0;
	if (g->spill) {
		batch_pick(&part, row, n);
		g->nspill += n;
		return spill_put(g->spill, &part, e);
	}
	if (m->out.kind == JOIN_FULL)
		grow_seen(m, n);
	for (int i = 0; i < m->out.nr; i++)
		builder_rows(&m->window[i], &part.col[i], row, n);
	m->nwindow += n;
	g->to = m->nwindow;
	return too_large(m) ? spill_group(m, e) : 0;
}

void
join_window_over(struct join_merge *m)
{
	int row = batch_row(&m->r.b, m->r.at);

	if (m->out.kind != JOIN_FULL)
		return;
	for (int i = 0; i < m->out.nr; i++)
		builder_value(&m->over[i], &m->r.b.col[i], row);
	m->nover++;
}

static void
over_row(struct join_merge *m, int64_t w)
{
	for (int i = 0; i < m->out.nr; i++)
		builder_value(&m->over[i], &m->whole[i], w);
	m->nover++;
}

/* The last group moves to the front of a new window. */
static void
keep_group(struct join_merge *m, int64_t from, int64_t to)
{
	struct builder *old = m->window;
	struct column *col = m->out.pair;
	uint64_t *seen = m->seen;
	struct batch b;

	m->window = builders(m);
	m->seen = NULL;
	m->nwindow = 0;
	if (m->out.kind == JOIN_FULL)
		grow_seen(m, to - from);
	for (int64_t at = from; at < to; at += b.n) {
		window_rows(m, at, to, &b, col);
		for (int i = 0; i < m->out.nr; i++)
			builder_rows(&m->window[i], &col[i], NULL, b.n);
	}
	for (int64_t w = from; seen && w < to; w++)
		bit_put(m->seen, w - from, bit_get(seen, w));
	m->nwindow = to - from;
	m->group.from = 0;
	m->group.to = to - from;
	release(old, m->out.nr);
	free(seen);
}

void
join_window_shift(struct join_merge *m)
{
	struct merge_group *g = &m->group;
	bool keeps = g->active && g->spill == NULL && m->keep_rows;
	int64_t from = keeps ? g->from : 0, to = keeps ? g->to : 0;

	if (keeps && from == 0 && to == m->nwindow)
		return;
	join_window_view(m);
	for (int64_t w = 0; m->out.kind == JOIN_FULL && w < m->nwindow; w++)
		if (!bit_get(m->seen, w) && (w < from || w >= to))
			over_row(m, w);
	if (keeps) {
		keep_group(m, from, to);
	} else {
		for (int i = 0; i < m->out.nr; i++)
			builder_clear(&m->window[i]);
		m->nwindow = 0;
	}
}
