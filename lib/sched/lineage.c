/*
 * lineage -- stages: when they start, end, open again and are forgotten.
 *
 * A stage runs when all outputs that it reads are there.  Lost outputs are
 * first marked as gone in all stages, then the stages that somebody needs
 * are opened from the last to the first, so that a map that runs again finds
 * its own inputs.  What nobody needs stays gone.  How often one cause may
 * open a stage is bounded, and how often all causes together.
 *
 * A stage that stands when the job begins is done; what only such stages
 * read is asleep, and wakes when one of them is opened.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "sched/sched_state.h"

static bool
inputs_there(const struct job *j, const struct sstage *g, int number)
{
	for (int i = 0; i < g->nin; i++) {
		const struct sstage *in = &j->stage[g->in[i]];

		if (SCHED_BUG == 6 && i > 0)
			break;
		if (in->state != S_DONE || in->ngone > 0)
			return false;
	}
	for (int i = 0; g->barrier && !g->planned && i < number; i++)
		if (j->stage[i].state != S_DONE &&
		    j->stage[i].state != S_ASLEEP)
			return false;
	return true;
}

static bool
is_needed(const struct job *j, const struct sstage *g)
{
	for (int i = 0; i < g->nout; i++)
		if (j->stage[g->out[i]].state != S_DONE &&
		    j->stage[g->out[i]].state != S_ASLEEP)
			return true;
	return g->nout == 0;
}

/* Nobody needs a stage that is open again: what is missing stays away. */
static void
shut_if_idle(struct sched *s, int job, int stage)
{
	struct job *j = &s->job[job];
	struct sstage *g = &j->stage[stage];

	if (g->state == S_DONE || g->times_done == 0 || is_needed(j, g))
		return;
	stage_cancel(s, job, stage, -1);
	for (int p = 0; p < g->npart; p++) {
		struct task_rec *t = &g->task[p];

		if (t->state == T_PENDING || t->state == T_RUNNING) {
			t->state = T_GONE;
			g->ngone++;
		}
	}
	g->npend = 0;
	g->again.n = 0;
	g->state = S_DONE;
}

/* Stages whose outputs cannot be needed again are forgotten, last first. */
static void
forget_settled(struct sched *s, int job)
{
	struct job *j = &s->job[job];

	for (int i = j->nstage - 1; i >= 0; i--) {
		struct sstage *g = &j->stage[i];
		bool settled = g->nout > 0 && g->state == S_DONE;

		for (int k = 0; settled && k < g->nout; k++) {
			const struct sstage *r = &j->stage[g->out[k]];

			settled = r->state == S_DONE &&
			    (r->nout == 0 || r->forgotten);
		}
		if (!settled || g->forgotten)
			continue;
		g->forgotten = true;
		sched_say(s, (struct sched_order){ .kind = ORDER_STAGE_FORGET,
		    .job = job, .stage = i });
	}
}

static void
finish_if_done(struct sched *s, int job)
{
	struct job *j = &s->job[job];

	for (int i = 0; i < j->nstage; i++)
		if (j->stage[i].nout == 0 && j->stage[i].state != S_DONE)
			return;
	j->ended = true;
	for (int i = 0; i < j->nstage; i++)
		stage_cancel(s, job, i, -1);
	sched_say(s, (struct sched_order){ .kind = ORDER_FINISH, .job = job });
}

/* Ends the stage when its last task is done. */
void
stage_check(struct sched *s, int job, int stage)
{
	struct job *j = &s->job[job];
	struct sstage *g = &j->stage[stage];

	if (g->state == S_DONE || !g->planned || g->ndone < g->npart)
		return;
	g->state = S_DONE;
	j->dirty = true;
	sched_say(s, (struct sched_order){ .kind = ORDER_STAGE_DONE,
	    .job = job, .stage = stage, .attempt = g->times_done++ });
	for (int i = stage - 1; i >= 0; i--)
		shut_if_idle(s, job, i);
	forget_settled(s, job);
	finish_if_done(s, job);
}

/* Starts the stages whose inputs are there. */
void
job_submit(struct sched *s, int job)
{
	struct job *j = &s->job[job];

	if (!j->dirty || !j->started || j->ended)
		return;
	j->dirty = false;
	for (int i = 0; i < j->nstage; i++) {
		struct sstage *g = &j->stage[i];

		if (g->state != S_WAITING || !inputs_there(j, g, i))
			continue;
		if (g->planned) {
			g->state = S_RUNNING;
			g->local_ms = s->now_ms;
			s->dirty = true;
			continue;
		}
		g->state = S_PLANNING;
		sched_say(s, (struct sched_order){ .kind = ORDER_PLAN,
		    .job = job, .stage = i });
	}
}

/* Counts one more opening of the stage; false when it is one too many. */
static bool
may_open(struct sched *s, int job, int stage, int cause)
{
	struct sstage *g = &s->job[job].stage[stage];
	int limit = s->conf.max_stage_attempts, all = s->conf.max_stage_opens;
	struct sched_order what = { .stage = stage, .part = -1,
	    .why = ERR_TEMP };
	int i;

	for (i = 0; i < g->ncause && g->cause[i].who != cause; i++)
		continue;
	if (i == g->ncause) {
		g->cause = xrealloc(g->cause,
		    (size_t)(i + 1) * sizeof *g->cause);
		g->cause[g->ncause++] = (struct cause){ cause, 0 };
	}
	g->opens++;
	/* What stands may have lost many, which are found one by one. */
	if (++g->cause[i].n > limit + (g->stands ? g->npart : 0)) {
		job_fail(s, job, &what, "outputs of stage %d were lost %d times"
		    " at the same place", stage + 1, g->cause[i].n);
		return false;
	}
	if (g->opens > (all ? all : 25 * limit) +
	    (g->stands ? g->npart : 0)) {
		job_fail(s, job, &what, "outputs of stage %d were lost %d "
		    "times", stage + 1, g->opens);
		return false;
	}
	return true;
}

/* Readers of an open stage get no tasks; what waits at executors returns. */
static void
hold_readers(struct sched *s, int job, const struct sstage *g)
{
	struct job *j = &s->job[job];

	for (int i = 0; i < g->nout; i++) {
		struct sstage *r = &j->stage[g->out[i]];

		if (r->state != S_RUNNING)
			continue;
		r->state = S_WAITING;
		for (int x = 0; x < s->nexec && r->nlive > 0; x++)
			queue_revoke(s, x, job, g->out[i], 0);
	}
}

/* The tasks that are gone are to be run. */
static void
remake(struct sched *s, int job, int stage)
{
	struct job *j = &s->job[job];
	struct sstage *g = &j->stage[stage];

	for (int p = 0; p < g->npart; p++) {
		if (g->task[p].state != T_GONE)
			continue;
		g->ngone--;
		j->nrerun++;
		task_again(s, job, stage, p);
	}
	j->dirty = true;
}

static void
stage_open(struct sched *s, int job, int stage, int cause)
{
	struct sstage *g = &s->job[job].stage[stage];

	if (g->state == S_DONE) {
		if (!may_open(s, job, stage, cause))
			return;
		g->state = S_WAITING;
		hold_readers(s, job, g);
	}
	remake(s, job, stage);
}

static void
wake(struct job *j, struct sstage *g)
{
	if (g->state != S_ASLEEP || !is_needed(j, g))
		return;
	g->state = S_WAITING;
	j->dirty = true;
}

/* Readers first: what stands is opened when some of it is gone and needed,
 * what nobody needs sleeps. */
void
job_begin(struct sched *s, int job)
{
	struct job *j = &s->job[job];

	for (int i = j->nstage - 1; i >= 0; i--) {
		struct sstage *g = &j->stage[i];

		if (!g->stands) {
			g->state = is_needed(j, g) ? S_WAITING : S_ASLEEP;
		} else if (g->ngone > 0 && is_needed(j, g)) {
			g->state = S_WAITING;
			remake(s, job, i);
		}
	}
	finish_if_done(s, job);
}

/* Opens what is gone and needed, readers first. */
static void
open_needed(struct sched *s, int job, int cause)
{
	struct job *j = &s->job[job];

	for (int i = j->nstage - 1; i >= 0 && !j->ended; i--) {
		struct sstage *g = &j->stage[i];

		if (SCHED_BUG == 2 && g->state == S_DONE)
			continue;
		wake(j, g);
		if (g->ngone > 0 && (g->state != S_DONE || is_needed(j, g)))
			stage_open(s, job, i, cause);
	}
}

static void
map_gone(struct sched *s, int job, int stage, int part)
{
	struct sstage *g = &s->job[job].stage[stage];
	struct sched_orders *o = s->out;
	struct sched_order *last = o->n ? &o->v[o->n - 1] : NULL;

	g->task[part].state = T_GONE;
	g->ndone--;
	g->ngone++;
	if (last && last->kind == ORDER_LOST && last->job == job &&
	    last->stage == stage && last->part + last->n == part)
		last->n++;
	else
		sched_say(s, (struct sched_order){ .kind = ORDER_LOST,
		    .job = job, .stage = stage, .part = part, .n = 1 });
}

/* Places were marked as lost: so are the map outputs there. */
void
places_lost(struct sched *s, int cause)
{
	for (int k = s->first_job; k < s->njob; k++) {
		struct job *j = &s->job[k];

		if (!j->there || j->ended)
			continue;
		for (int i = 0; i < j->nstage; i++) {
			struct sstage *g = &j->stage[i];

			if (g->nout == 0 || g->forgotten)
				continue;
			for (int p = 0; p < g->npart; p++) {
				const struct task_rec *t = &g->task[p];

				if (t->state == T_DONE && t->place >= 0 &&
				    s->place[t->place].lost)
					map_gone(s, k, i, p);
			}
		}
		open_needed(s, k, cause);
	}
}

/*
 * An attempt that began at start could not read maps.  Outputs that were
 * begun later are not meant: they replace what it missed.  False when the
 * event names nothing that could be lost.
 */
bool
maps_lost(struct sched *s, int job, const struct sched_event *ev,
    uint32_t start)
{
	struct job *j = &s->job[job];
	struct sstage *r = &j->stage[ev->stage], *g = NULL;
	int cause = ev->lost_place, n = 0;

	for (int i = 0; i < r->nin; i++)
		if (r->in[i] == ev->lost_stage)
			g = &j->stage[ev->lost_stage];
	if (g == NULL || ev->lost_part >= g->npart)
		return false;
	for (int p = 0; p < g->npart; p++) {
		const struct task_rec *t = &g->task[p];

		if (SCHED_BUG != 10 && (ev->lost_part >= 0 ?
		    p != ev->lost_part : t->place != ev->lost_place))
			continue;
		if (t->state == T_DONE && t->place < 0 && ev->lost_part >= 0)
			return false;
		if (t->state != T_DONE || t->place < 0 || t->start > start)
			continue;
		cause = t->place;
		map_gone(s, job, ev->lost_stage, p);
		n++;
	}
	if (n > 0) {
		s->place[cause].blamed++;
		exec_recount(s);
		open_needed(s, job, cause);
	}
	return true;
}
