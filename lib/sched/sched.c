/*
 * sched -- see sched.h.  Here: jobs and executors come and go, and each
 * event goes to the function that knows it.
 *
 * After an event stages whose inputs are there are started, and executors
 * are given tasks: the one that has just ended one, or all of them when
 * something else has changed.  An event costs O(stages) then, apart from
 * losses, which look at all tasks.
 */
#include "sched/sched.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "sched/sched_state.h"

#define ID_MAX (1 << 24)        /* executors, hosts, places */

struct sched *
sched_new(const struct sched_conf *conf)
{
	struct sched *s = xcalloc(1, sizeof *s);

	s->conf = *conf;
	if (s->conf.max_attempts <= 0 || s->conf.max_attempts > 60000)
		s->conf.max_attempts = 1000;
	s->starved_ms = s->barred_ms = -1;
	sched_pool(s, 1, 0);
	return s;
}

int
sched_pool(struct sched *s, int weight, int min_share)
{
	s->pool = xrealloc(s->pool, (size_t)(s->npool + 1) * sizeof *s->pool);
	s->pool[s->npool] = (struct pool_rec){ weight > 0 ? weight : 1,
	    min_share, 0 };
	return s->npool++;
}

static void
ints_copy(int **to, const int *v, int n)
{
	*to = xmalloc((size_t)(n + 1) * sizeof **to);
	if (n > 0)
		memcpy(*to, v, (size_t)n * sizeof **to);
}

/* Room in a table for item number id, zeroed. */
#define REACH(v, n, id) do {                                            \
	if ((id) >= (n)) {                                              \
		(v) = xrealloc((v), ((size_t)(id) + 1) * sizeof *(v));  \
		memset((v) + (n), 0,                                    \
		    ((size_t)(id) + 1 - (size_t)(n)) * sizeof *(v));    \
		(n) = (id) + 1;                                         \
	}                                                               \
} while (0)

static void
reach_place(struct sched *s, int place)
{
	if (place >= 0 && place < ID_MAX)
		REACH(s->place, s->nplace, place);
}

/* Its tasks are done, or gone.  Attempts are not counted through all jobs. */
static void
stand(struct sched *s, struct sstage *g, const struct sched_stage *from)
{
	g->stands = g->planned = true;
	g->state = S_DONE;
	g->times_done = 1;
	g->npart = g->next = from->npart;
	g->task = xcalloc((size_t)g->npart + 1, sizeof *g->task);
	for (int p = 0; p < g->npart; p++) {
		const struct sched_standing *x = &from->standing[p];
		bool gone = x->place < 0 || x->place >= ID_MAX;

		if (!gone) {
			reach_place(s, x->place);
			gone = s->place[x->place].lost;
		}
		g->task[p] = (struct task_rec){ .state = gone ? T_GONE :
		    T_DONE, .attempt = (uint16_t)((x->attempt + 1) %
		    (s->conf.max_attempts / 2 + 1)),
		    .flags = T_HASHED, .rowset = x->rowset,
		    .place = gone ? -1 : x->place };
		g->ngone += gone;
		g->ndone += !gone;
	}
}

int
sched_add(struct sched *s, const struct sched_stage *stage, int nstage,
    int pool)
{
	struct job *j;

	s->job = xrealloc(s->job, (size_t)(s->njob + 1) * sizeof *s->job);
	j = &s->job[s->njob];
	memset(j, 0, sizeof *j);
	j->there = true;
	j->pool = pool >= 0 && pool < s->npool ? pool : 0;
	j->nstage = nstage;
	j->stage = xcalloc((size_t)nstage + 1, sizeof *j->stage);
	for (int i = 0; i < nstage; i++) {
		struct sstage *g = &j->stage[i];

		g->barrier = stage[i].barrier;
		g->commits = stage[i].commits;
		g->nin = stage[i].nin;
		ints_copy(&g->in, stage[i].in, g->nin);
		for (int k = 0; k < g->nin; k++) {
			struct sstage *in = &j->stage[g->in[k]];

			in->out = xrealloc(in->out,
			    (size_t)(in->nout + 1) * sizeof *in->out);
			in->out[in->nout++] = i;
		}
		if (stage[i].standing)
			stand(s, g, &stage[i]);
	}
	return s->njob++;
}

static void
stage_release(struct sstage *g)
{
	free(g->in);
	free(g->out);
	free(g->task);
	free(g->again.v);
	free(g->pref_at);
	free(g->pref_who);
	free(g->home);
	free(g->home_part);
	free(g->cause);
	free(g->fail);
	free(g->wish);
	free(g->took);
}

static void
job_release(struct job *j)
{
	for (int i = 0; i < j->nstage; i++)
		stage_release(&j->stage[i]);
	free(j->stage);
	j->stage = NULL;
	j->nstage = 0;
	j->there = false;
	j->ended = true;
}

void
sched_drop(struct sched *s, int job)
{
	struct job *j = &s->job[job];

	for (int x = 0; x < s->nexec; x++)
		for (int i = s->exec[x].nrun - 1; i >= 0; i--)
			if (s->exec[x].run[i].job == job)
				flight_end(s, x, &s->exec[x].run[i]);
	s->dirty = true;
	job_release(j);
	while (s->first_job < s->njob && s->job[s->first_job].ended)
		s->first_job++;
}

void
sched_free(struct sched *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < s->njob; i++)
		if (s->job[i].there)
			job_release(&s->job[i]);
	for (int i = 0; i < s->nexec; i++)
		free(s->exec[i].base);
	free(s->job);
	free(s->exec);
	free(s->host);
	free(s->place);
	free(s->pool);
	free(s);
}

void
sched_say(struct sched *s, struct sched_order what)
{
	struct sched_orders *o = s->out;

	if (o->n == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 64;
		o->v = xrealloc(o->v, (size_t)o->cap * sizeof *o->v);
	}
	o->v[o->n++] = what;
}

void
sched_orders_release(struct sched_orders *o)
{
	free(o->v);
	memset(o, 0, sizeof *o);
}

void
list_push(struct int_list *l, int v)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->v = xrealloc(l->v, (size_t)l->cap * sizeof *l->v);
	}
	l->v[l->n++] = v;
}

/* Ends a job: its attempts are cancelled, and the reason is kept. */
void
job_fail(struct sched *s, int job, const struct sched_order *what,
    const char *fmt, ...)
{
	struct job *j = &s->job[job];
	struct sched_order o = *what;
	va_list ap;

	if (j->ended)
		return;
	va_start(ap, fmt);
	vsnprintf(j->reason, sizeof j->reason, fmt, ap);
	va_end(ap);
	j->ended = true;
	for (int i = 0; i < j->nstage; i++)
		stage_cancel(s, job, i, -1);
	o.kind = ORDER_FAIL;
	o.job = job;
	sched_say(s, o);
}

static int
on_exec_up(struct sched *s, const struct sched_event *ev)
{
	struct executor *x;

	if (ev->exec < 0 || ev->exec >= ID_MAX || ev->host < 0 ||
	    ev->host >= ID_MAX || ev->place >= ID_MAX)
		return 0;
	REACH(s->exec, s->nexec, ev->exec);
	REACH(s->host, s->nhost, ev->host);
	reach_place(s, ev->place);
	x = &s->exec[ev->exec];
	if (!x->up) {
		x->failures = 0;
		x->mean_us = x->hungry_ms = 0;
		if (x->excluded_ms)
			s->host[x->host].nexcluded--;
		x->excluded_ms = 0;
	}
	x->up = true;
	x->drain = false;
	x->slots = ev->slots > 0 ? ev->slots : 0;
	x->host = ev->host;
	x->place = ev->place;
	x->place_stays = ev->place_stays;
	if (ev->place >= 0)
		s->place[ev->place] = (struct place){ ev->host, 0, true, false };
	exec_recount(s);
	return 1;
}

/* Its attempts are over; crash: what it ran may be to blame. */
static void
exec_gone(struct sched *s, int exec, int crash)
{
	struct executor *x = &s->exec[exec];
	struct flight *base = x->base;
	int n = x->nrun, slots = x->slots;

	x->up = false;
	for (int i = 0; i < n; i++) {
		struct flight f = x->run[0];

		if (SCHED_BUG == 7 && i > 0) {
			x->nrun = 0;
			break;
		}
		flight_end(s, exec, &x->run[0]);
		if (f.flags & F_CANCELLED || s->job[f.job].ended)
			continue;
		if (crash && i < slots)
			task_blame(s, &f, exec, ERR_TEMP,
			    "its executor ended too often while it ran");
		else
			task_again(s, f.job, f.stage, f.part);
	}
	free(base);
	x->run = x->base = NULL;
	x->cap = 0;
}

static int
on_exec_lost(struct sched *s, const struct sched_event *ev)
{
	struct executor *x;

	if (ev->exec < 0 || ev->exec >= s->nexec || !s->exec[ev->exec].up)
		return 0;
	x = &s->exec[ev->exec];
	x->up = false;
	exec_recount(s);
	exec_gone(s, ev->exec, ev->why == ERR_TEMP);
	home_exec_down(s, ev->exec);
	if (x->place >= 0 && !x->place_stays && !s->place[x->place].lost) {
		s->place[x->place].lost = true;
		places_lost(s, x->place);
	}
	return 1;
}

static int
on_host_lost(struct sched *s, const struct sched_event *ev)
{
	if (ev->host < 0 || ev->host >= s->nhost)
		return 0;
	if (ev->exec >= 0 && ev->exec < s->nexec && !s->exec[ev->exec].up)
		return 0;               /* told by an executor lost with it */
	for (int i = 0; i < s->nexec; i++)
		if (s->exec[i].up && s->exec[i].host == ev->host)
			s->exec[i].up = false;
	exec_recount(s);
	for (int i = 0; i < s->nexec; i++) {
		if (s->exec[i].host != ev->host || s->exec[i].run == NULL)
			continue;
		exec_gone(s, i, 0);
		home_exec_down(s, i);
	}
	for (int i = 0; i < s->nplace; i++)
		if (s->place[i].known && s->place[i].host == ev->host)
			s->place[i].lost = true;
	places_lost(s, ~ev->host);
	return 1;
}

static int
on_place_lost(struct sched *s, const struct sched_event *ev)
{
	if (ev->place < 0 || ev->place >= ID_MAX)
		return 0;
	reach_place(s, ev->place);
	if (s->place[ev->place].lost)
		return 0;
	s->place[ev->place].lost = true;
	exec_recount(s);
	places_lost(s, ev->place);
	return 1;
}

static int
on_drain(struct sched *s, const struct sched_event *ev)
{
	if (ev->exec < 0 || ev->exec >= s->nexec || !s->exec[ev->exec].up)
		return 0;
	s->exec[ev->exec].drain = true;
	queue_revoke(s, ev->exec, -1, 0, 0);
	exec_recount(s);
	return 1;
}

static int
on_parts(struct sched *s, const struct sched_event *ev)
{
	struct job *j;
	struct sstage *g;

	if (ev->job < 0 || ev->job >= s->njob || s->job[ev->job].ended)
		return 0;
	j = &s->job[ev->job];
	if (ev->stage < 0 || ev->stage >= j->nstage || ev->part < 0)
		return 0;
	g = &j->stage[ev->stage];
	if (g->state != S_PLANNING)
		return 0;
	g->npart = g->npend = ev->part;
	g->task = xcalloc((size_t)g->npart + 1, sizeof *g->task);
	g->planned = true;
	g->state = S_WAITING;           /* job_submit looks whether it may */
	j->dirty = true;
	j->moved_ms = s->now_ms;
	if (ev->pref)
		home_init(s, g, ev->pref);
	stage_check(s, ev->job, ev->stage);
	return 1;
}

static int
on_start(struct sched *s, const struct sched_event *ev)
{
	struct job *j;

	if (ev->job < 0 || ev->job >= s->njob || s->job[ev->job].started ||
	    s->job[ev->job].ended)
		return 0;
	j = &s->job[ev->job];
	j->started = j->dirty = true;
	j->moved_ms = s->now_ms;
	job_begin(s, ev->job);
	return 1;
}

static int
on_cancel(struct sched *s, const struct sched_event *ev)
{
	struct sched_order what = { .stage = -1, .part = -1, .why = ev->why };

	if (ev->job < 0 || ev->job >= s->njob || s->job[ev->job].ended)
		return 0;
	job_fail(s, ev->job, &what, "%s", "");
	return 1;
}

static int
on_tick(struct sched *s, const struct sched_event *ev)
{
	struct sched_order what = { .stage = -1, .part = -1,
	    .why = ERR_TEMP };
	bool runs = false;

	(void)ev;
	for (int i = 0; i < s->npool; i++)
		runs |= s->pool[i].nlive > 0;
	for (int k = s->first_job; k < s->njob; k++) {
		struct job *j = &s->job[k];

		if (!j->started || j->ended || s->conf.stall_ms <= 0)
			continue;
		if (runs)               /* it may wait for others */
			j->moved_ms = s->now_ms;
		else if (s->now_ms - j->moved_ms > s->conf.stall_ms)
			job_fail(s, k, &what, "nothing could run for %lld s",
			    (long long)(s->now_ms - j->moved_ms) / 1000);
	}
	straggler_tick(s);
	s->dirty |= pending(s) > 0;
	return 1;
}

static int (*const handler[])(struct sched *, const struct sched_event *) = {
	[EV_START] = on_start, [EV_EXEC_UP] = on_exec_up,
	[EV_EXEC_LOST] = on_exec_lost, [EV_EXEC_DRAIN] = on_drain,
	[EV_HOST_LOST] = on_host_lost, [EV_PLACE_LOST] = on_place_lost,
	[EV_TASK_DONE] = on_task_done, [EV_TASK_FAILED] = on_task_failed,
	[EV_REVOKED] = on_revoked, [EV_COMMITTED] = on_commit,
	[EV_COMMIT_FAILED] = on_commit, [EV_STAGE_PARTS] = on_parts,
	[EV_CANCEL] = on_cancel, [EV_TICK] = on_tick,
};

int
sched_event(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	int news;

	if (!s->begun) {
		s->begun = true;
		s->base_ms = s->now_ms = s->spec_ms = ev->now_ms;
	}
	if (ev->now_ms > s->now_ms)
		s->now_ms = ev->now_ms;
	s->out = out;
	if ((unsigned)ev->kind >= sizeof handler / sizeof *handler)
		return 0;
	if (ev->kind == EV_TASK_DONE)
		reach_place(s, ev->place);
	news = handler[ev->kind](s, ev);
	for (int k = s->first_job; k < s->njob; k++)
		job_submit(s, k);
	while (s->first_job < s->njob && s->job[s->first_job].ended)
		s->first_job++;
	if (s->conf.exclude_exec || s->nusable == 0 || s->starved_ms >= 0)
		standing_tick(s);
	if (s->dirty)
		offer_all(s);
	else if (ev->kind >= EV_TASK_DONE && ev->kind <= EV_REVOKED &&
	    ev->exec >= 0 && ev->exec < s->nexec)
		offer_one(s, ev->exec);
	if (s->conf.ahead > 0)
		offer_steal(s);
	s->out = NULL;
	return news;
}

int64_t
sched_starved(const struct sched *s)
{
	return s->starved_ms;
}

const char *
sched_reason(const struct sched *s, int job)
{
	return s->job[job].reason;
}

struct sched_count
sched_count(const struct sched *s, int job)
{
	const struct job *j = &s->job[job];
	struct sched_count c = { .running = j->nlive,
	    .failed_attempts = j->nfailed, .reruns = j->nrerun,
	    .copies = j->ncopy };

	for (int i = 0; i < j->nstage; i++) {
		c.done += j->stage[i].ndone;
		c.total += j->stage[i].npart;
		c.stages_done += j->stage[i].state == S_DONE;
	}
	return c;
}
