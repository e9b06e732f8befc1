/*
 * straggler -- a second attempt of tasks that take much longer than others.
 *
 * When a stage's quantile of tasks is done, what has run longer than
 * multiplier times the median gets a copy on another executor, of another
 * host where there is one.  Which of them ends first is the one that counts.
 * The median comes from a histogram of run times with steps of 1/4 power of
 * two: 512 bytes a stage.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "sched/sched_state.h"

#define STEPS 128

static int
step_of(int64_t us)
{
	int log = 63 - __builtin_clzll((uint64_t)(us < 4 ? 4 : us));
	int step = 4 * log + (int)((us < 4 ? 4 : us) >> (log - 2) & 3);

	return step < STEPS ? step : STEPS - 1;
}

/* The longest time that falls into a step. */
static int64_t
step_end(int step)
{
	return (int64_t)(5 + step % 4) << (step / 4 - 2);
}

void
straggler_note(struct sstage *g, int64_t us)
{
	if (g->took == NULL)
		g->took = xcalloc(STEPS, sizeof *g->took);
	g->took[step_of(us)]++;
}

static int64_t
median_us(const struct sstage *g)
{
	uint64_t n = 0, half = 0;

	for (int i = 0; i < STEPS; i++)
		n += g->took[i];
	for (int i = 0; i < STEPS; i++) {
		half += g->took[i];
		if (half > 0 && 2 * half >= n)
			return step_end(i);
	}
	return 0;
}

static void
wish(struct sstage *g, int part, int exec)
{
	int attempt = g->task[part].attempt;

	for (int i = 0; i < g->nwish; i++)
		if (g->wish[i].part == part && g->wish[i].attempt == attempt)
			return;
	if (g->nwish == g->wish_cap) {
		g->wish_cap = g->wish_cap ? 2 * g->wish_cap : 8;
		g->wish = xrealloc(g->wish,
		    (size_t)g->wish_cap * sizeof *g->wish);
	}
	g->wish[g->nwish++] = (struct wish){ part, exec, attempt };
}

/* How long a task of the stage may run; 0: too few are done to know. */
static int64_t
patience_ms(const struct sched *s, const struct sstage *g)
{
	int64_t ms;

	if (g->state != S_RUNNING || g->took == NULL || g->nlive == 0 ||
	    (int64_t)g->ndone * 100 < (int64_t)g->npart *
	    s->conf.spec_quantile || g->ndone == 0)
		return 0;
	ms = median_us(g) * s->conf.spec_multiplier / 100 / 1000 + 1;
	if (s->conf.ahead > 0)          /* it may have waited before it ran */
		ms += s->conf.ahead_ms ? s->conf.ahead_ms : 50;
	return ms > s->conf.spec_min_ms ? ms : s->conf.spec_min_ms + 1;
}

/* Looks for stragglers, every spec_interval_ms. */
void
straggler_tick(struct sched *s)
{
	if (!s->conf.speculation || s->nusable < 2 ||
	    s->now_ms - s->spec_ms < s->conf.spec_interval_ms)
		return;
	s->spec_ms = s->now_ms;
	for (int x = 0; x < s->nexec; x++) {
		const struct executor *e = &s->exec[x];

		for (int i = 0; i < e->nrun && i < e->slots; i++) {
			const struct flight *f = &e->run[i];
			struct sstage *g;
			int64_t ms;

			if (f->flags & F_CANCELLED)
				continue;
			g = &s->job[f->job].stage[f->stage];
			ms = patience_ms(s, g);
			if (ms == 0 || since_start(s) - f->start <= ms ||
			    g->task[f->part].nrun != 1)
				continue;
			wish(g, f->part, x);
			s->dirty = true;
		}
	}
}

/* A task of which a copy may run on the executor, or -1. */
int
straggler_take(struct sched *s, struct sstage *g, int exec)
{
	for (int i = 0; i < g->nwish; i++) {
		struct wish w = g->wish[i];
		const struct task_rec *t = &g->task[w.part];

		if (t->state != T_RUNNING || t->nrun != 1 ||
		    t->attempt != w.attempt) {
			g->wish[i--] = g->wish[--g->nwish];
			continue;
		}
		if (w.exec == exec || task_avoids(s, g, w.part, exec) ||
		    (s->nusable_hosts > 1 &&
		    s->exec[w.exec].host == s->exec[exec].host))
			continue;
		g->wish[i] = g->wish[--g->nwish];
		return w.part;
	}
	return -1;
}
