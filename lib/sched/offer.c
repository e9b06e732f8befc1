/*
 * offer -- executors get tasks.
 *
 * An executor has as many tasks as slots, and more of short ones, so that it
 * need not wait for us: as much as it does in ahead_ms, measured on itself,
 * and never more than its share of half of what is left, so that all end
 * together.  It is filled up when half of that is gone: then one order starts
 * many tasks.  What waits at a busy executor while another one is idle is
 * taken back.
 *
 * Jobs come in their order; with fair pools the pool that has least, first
 * of its minimum share and then of its weight, is asked for each next task.
 * While several jobs have something to do an executor has no more tasks than
 * slots: a queue of one job's short tasks would never end for the others.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "sched/sched_state.h"

#define STEAL_US 2000           /* less waiting work is not worth a message */

/* Tasks of running stages that nobody runs. */
int
pending(const struct sched *s)
{
	int n = 0;

	for (int k = s->first_job; k < s->njob; k++) {
		const struct job *j = &s->job[k];

		for (int i = 0; !j->ended && i < j->nstage; i++)
			if (j->stage[i].state == S_RUNNING)
				n += j->stage[i].npend;
	}
	return n;
}

static int
room(const struct sched *s, const struct executor *x, int job, int stage)
{
	const struct sstage *g = &s->job[job].stage[stage];
	int64_t us = g->mean_us, ms = s->conf.ahead_ms ? s->conf.ahead_ms : 50;
	int64_t n, share;

	if (x->mean_job == job && x->mean_stage == stage && x->mean_us > us)
		us = x->mean_us;
	if (s->conf.ahead <= 0 || us == 0)
		return x->slots;
	n = x->slots * ms * 1000 / us;
	n = n < s->conf.ahead ? n : s->conf.ahead;
	share = (int64_t)g->npend * x->slots / (2 * s->nslots + 1);
	if (s->nusable > 1 && n > share)
		n = share;
	if (n > 1 && x->nrun > x->slots + n / 2)
		return 0;               /* enough for now */
	return x->slots + (int)n;
}

static void
launch(struct sched *s, int exec, int job, int stage, int part)
{
	struct job *j = &s->job[job];
	struct sstage *g = &j->stage[stage];
	struct task_rec *t = &g->task[part];
	struct executor *x = &s->exec[exec];
	struct sched_orders *o = s->out;
	struct sched_order *last = o->n ? &o->v[o->n - 1] : NULL;

	flight_room(x);
	x->run[x->nrun++] = (struct flight){ job, stage, part,
	    since_start(s), t->attempt, 0 };
	if (t->state == T_PENDING)
		g->npend--;
	t->state = T_RUNNING;
	t->nrun++;
	g->nlive++;
	j->nlive++;
	s->pool[j->pool].nlive++;
	if (last && last->kind == ORDER_LAUNCH && last->exec == exec &&
	    last->job == job && last->stage == stage &&
	    last->attempt == t->attempt && last->part + last->n == part)
		last->n++;
	else
		sched_say(s, (struct sched_order){ .kind = ORDER_LAUNCH,
		    .job = job, .exec = exec, .stage = stage, .part = part,
		    .n = 1, .attempt = t->attempt });
	t->attempt++;
}

/* The newest part that must run again and may run here. */
static int
take_again(struct sched *s, struct sstage *g, int exec)
{
	for (int i = g->again.n - 1; i >= 0; i--) {
		int p = g->again.v[i];

		if (g->task[p].state == T_PENDING &&
		    task_avoids(s, g, p, exec))
			continue;
		g->again.v[i] = g->again.v[--g->again.n];
		if (g->task[p].state == T_PENDING)
			return p;
	}
	return -1;
}

static int
take(struct sched *s, struct sstage *g, int exec)
{
	struct executor *x = &s->exec[exec];
	int p = -1;

	if (g->npend == 0)
		return -1;
	if (g->has_pref)
		p = home_take(s, g, exec);
	if (p < 0)
		p = take_again(s, g, exec);
	if (p >= 0)
		return p;
	if (g->has_pref && s->conf.locality_wait_ms > 0) {
		int64_t since = x->hungry_ms > g->local_ms ? x->hungry_ms :
		    g->local_ms;

		if (x->hungry_ms == 0)
			x->hungry_ms = s->now_ms;
		if (x->hungry_ms == s->now_ms ||
		    s->now_ms - since < s->conf.locality_wait_ms)
			return -1;
	}
	while (g->next < g->npart) {
		p = g->next++;
		if (g->task[p].state == T_PENDING)
			return p;
	}
	return -1;
}

/* Gives an executor up to max tasks of a job, no more than limit in all
 * when that is not 0; returns how many. */
static int
fill_job(struct sched *s, int exec, int job, int max, int limit)
{
	struct job *j = &s->job[job];
	struct executor *x = &s->exec[exec];
	int n = 0;

	for (int i = 0; i < j->nstage && n < max && !j->ended; i++) {
		struct sstage *g = &j->stage[i];
		int top, p;

		if (g->state != S_RUNNING || (g->npend == 0 && g->nwish == 0))
			continue;
		top = limit ? limit : room(s, x, job, i);
		while (n < max && x->nrun < top &&
		    (p = take(s, g, exec)) >= 0) {
			launch(s, exec, job, i, p);
			n++;
		}
		while (n < max && x->nrun < x->slots &&
		    (p = straggler_take(s, g, exec)) >= 0) {
			g->task[p].flags |= T_COPY;
			j->ncopy++;
			launch(s, exec, job, i, p);
			n++;
		}
	}
	return n;
}

/* Is pool a to be served before pool b? */
static bool
poorer(const struct pool_rec *a, const struct pool_rec *b)
{
	bool na = a->nlive < a->min_share, nb = b->nlive < b->min_share;

	if (na != nb)
		return na;
	if (na)
		return (int64_t)a->nlive * b->min_share <
		    (int64_t)b->nlive * a->min_share;
	return (int64_t)a->nlive * b->weight < (int64_t)b->nlive * a->weight;
}

static int
fill_pool(struct sched *s, int exec, int pool, int max, int limit)
{
	int n = 0;

	for (int k = s->first_job; k < s->njob && n < max; k++)
		if (s->job[k].started && !s->job[k].ended &&
		    (pool < 0 || s->job[k].pool == pool))
			n += fill_job(s, exec, k, max - n, limit);
	return n;
}

/* Do several jobs have tasks that nobody runs? */
static bool
rivals(const struct sched *s)
{
	int n = 0;

	if (s->njob - s->first_job < 2)
		return false;
	for (int k = s->first_job; k < s->njob && n < 2; k++) {
		const struct job *j = &s->job[k];
		bool wants = false;

		for (int i = 0; j->started && !j->ended && i < j->nstage; i++)
			wants |= j->stage[i].state == S_RUNNING &&
			    j->stage[i].npend > 0;
		n += wants;
	}
	return n > 1;
}

static int
fill(struct sched *s, int exec, int max, int limit)
{
	bool empty[64] = { false };
	int n = 0;

	if (limit == 0 && rivals(s))
		limit = s->exec[exec].slots;

	if (!s->conf.fair || s->npool == 1 || s->npool > 64)
		return fill_pool(s, exec, -1, max, limit);
	while (n < max) {
		int best = -1;

		for (int i = 0; i < s->npool; i++)
			if (!empty[i] && (best < 0 ||
			    poorer(&s->pool[i], &s->pool[best])))
				best = i;
		if (best < 0)
			break;
		if (fill_pool(s, exec, best, 1, limit) == 0)
			empty[best] = true;
		else
			n++;
	}
	return n;
}

void
offer_one(struct sched *s, int exec)
{
	if (exec_usable(s, &s->exec[exec]))
		fill(s, exec, 1 << 30, 0);
}

/* Few tasks are spread, one an executor at a time; many go out as ranges. */
void
offer_all(struct sched *s)
{
	int todo = pending(s), free = 0, n = 1;

	s->dirty = false;
	if (s->nexec == 0)
		return;
	for (int x = 0; x < s->nexec; x++)
		if (exec_usable(s, &s->exec[x]) &&
		    s->exec[x].nrun < s->exec[x].slots)
			free += s->exec[x].slots - s->exec[x].nrun;
	s->turn = (s->turn + 1) % s->nexec;
	for (int round = 0; free > todo && n > 0; round++) {
		n = 0;
		for (int i = 0; i < s->nexec; i++) {
			int x = (s->turn + i) % s->nexec;

			if (exec_usable(s, &s->exec[x]) &&
			    s->exec[x].nrun < s->exec[x].slots)
				n += fill(s, x, 1, s->exec[x].slots);
		}
	}
	for (int ahead = 0; free <= todo && ahead < 2; ahead++)
		for (int x = 0; x < s->nexec; x++)
			if (exec_usable(s, &s->exec[x]))
				fill(s, x, 1 << 30, ahead ? 0 :
				    s->exec[x].slots);
}

/* Takes back what waits at an executor of a stage (job -1: of any), but for
 * the first keep tasks. */
void
queue_revoke(struct sched *s, int exec, int job, int stage, int keep)
{
	struct executor *x = &s->exec[exec];

	for (int i = x->slots + keep; i < x->nrun; i++) {
		struct flight *f = &x->run[i];
		struct sched_orders *o = s->out;
		struct sched_order *last = o->n ? &o->v[o->n - 1] : NULL;

		if (f->flags || (job >= 0 &&
		    (f->job != job || f->stage != stage)))
			continue;
		f->flags |= F_REVOKING;
		if (last && last->kind == ORDER_REVOKE && last->exec == exec &&
		    last->job == f->job && last->stage == f->stage &&
		    last->attempt == f->attempt &&
		    last->part + last->n == f->part)
			last->n++;
		else
			sched_say(s, (struct sched_order){
			    .kind = ORDER_REVOKE, .job = f->job, .exec = exec,
			    .stage = f->stage, .part = f->part, .n = 1,
			    .attempt = f->attempt });
	}
}

/* For how long every slot of an executor has run the task that it runs: its
 * queue waits at least as long again, as far as anybody can tell. */
static int64_t
ran_us(const struct sched *s, const struct executor *x)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < x->slots && i < x->nrun; i++) {
		int64_t ms = since_start(s) - x->run[i].start;

		least = ms < least ? ms : least;
	}
	return least == INT64_MAX ? 0 : least * 1000;
}

/* What waits last at the executor is near its data, and that is worth waiting
 * for a while. */
static bool
is_near(const struct sched *s, const struct executor *x)
{
	const struct flight *f = &x->run[x->nrun - 1];
	const struct sstage *g = &s->job[f->job].stage[f->stage];

	return g->has_pref &&
	    s->now_ms - g->local_ms < s->conf.locality_wait_ms;
}

/* Somebody is idle and nothing is left: half of the longest queue comes
 * back.  At most once a millisecond. */
void
offer_steal(struct sched *s)
{
	int64_t most = STEAL_US;
	int from = -1, idle = 0;

	if (s->conf.ahead <= 0 || s->nusable < 2 || s->steal_ms == s->now_ms)
		return;
	s->steal_ms = s->now_ms;
	for (int i = 0; i < s->nexec; i++) {
		const struct executor *x = &s->exec[i];
		int queue = x->nrun - x->slots;
		int64_t us;

		if (!x->up || x->slots <= 0)
			continue;
		idle += queue < 0 && exec_usable(s, x);
		if (queue <= 0 || x->run[x->nrun - 1].flags || is_near(s, x))
			continue;
		us = x->mean_us * queue / x->slots;
		if (us < ran_us(s, x))          /* longer than foreseen */
			us = ran_us(s, x);
		if (us > most) {
			most = us;
			from = i;
		}
	}
	if (idle > 0 && from >= 0)
		queue_revoke(s, from, -1, 0,
		    (s->exec[from].nrun - s->exec[from].slots) / 2);
}
