/*
 * taskset -- tasks and their attempts: done, failed, again, committed.
 *
 * The first attempt that ends well counts, the others are cancelled.  A
 * cancelled attempt keeps its slot until it has answered.  The output of a
 * task that ran again must hold the rows of the first: if not, attempts that
 * may have read both are stopped, and when a reader is done already the job
 * fails.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "sched/sched_state.h"

static struct task_rec *
task_of(const struct sched *s, const struct flight *f)
{
	return &s->job[f->job].stage[f->stage].task[f->part];
}

/* The attempt that the event is about, or NULL. */
static struct flight *
flight_find(struct sched *s, const struct sched_event *ev)
{
	struct executor *x;

	if (ev->exec < 0 || ev->exec >= s->nexec)
		return NULL;
	x = &s->exec[ev->exec];
	for (int i = 0; i < x->nrun; i++) {
		struct flight *f = &x->run[i];

		if (f->part == ev->part && f->attempt == ev->attempt &&
		    f->stage == ev->stage && f->job == ev->job)
			return f;
	}
	return NULL;
}

/* Takes an attempt that was counted as under way out of the counts. */
static void
uncount(struct sched *s, const struct flight *f)
{
	struct job *j = &s->job[f->job];

	if (f->flags & F_CANCELLED || !j->there)
		return;
	j->nlive--;
	j->stage[f->stage].nlive--;
	task_of(s, f)->nrun--;
	s->pool[j->pool].nlive--;
}

/* For one more behind the others. */
void
flight_room(struct executor *x)
{
	int before = x->cap ? (int)(x->run - x->base) : 0;

	if (before + x->nrun < x->cap)
		return;
	if (before < x->cap / 2 || x->cap == 0) {
		x->cap = x->cap ? 2 * x->cap : 8;
		x->base = xrealloc(x->base, (size_t)x->cap * sizeof *x->base);
		x->run = x->base + before;
		return;
	}
	memmove(x->base, x->run, (size_t)x->nrun * sizeof *x->run);
	x->run = x->base;
}

/* The attempt is over: its slot is free.  The others keep their order; those
 * that are moved are few, because the first ones end first. */
void
flight_end(struct sched *s, int exec, struct flight *f)
{
	struct executor *x = &s->exec[exec];
	size_t before = (size_t)(f - x->run);

	uncount(s, f);
	x->nrun--;
	if (before < (size_t)x->nrun / 2) {
		memmove(x->run + 1, x->run, before * sizeof *f);
		x->run++;
	} else {
		memmove(f, f + 1, ((size_t)x->nrun - before) * sizeof *f);
	}
}

static void
flight_cancel(struct sched *s, int exec, struct flight *f)
{
	if (f->flags & F_CANCELLED)
		return;
	uncount(s, f);
	f->flags |= F_CANCELLED;
	if (!s->exec[exec].up)
		return;
	sched_say(s, (struct sched_order){ .kind = ORDER_CANCEL,
	    .job = f->job, .exec = exec, .stage = f->stage, .part = f->part,
	    .n = 1, .attempt = f->attempt });
	if (SCHED_BUG == 4)
		flight_end(s, exec, f);
}

/* Cancels the attempts of a task, or of all tasks of the stage (part -1). */
void
stage_cancel(struct sched *s, int job, int stage, int part)
{
	const struct sstage *g = &s->job[job].stage[stage];

	for (int x = 0; x < s->nexec && g->nlive > 0; x++) {
		struct executor *e = &s->exec[x];

		for (int i = e->nrun - 1; i >= 0; i--) {
			struct flight *f = &e->run[i];

			if (f->job == job && f->stage == stage &&
			    (part < 0 || f->part == part))
				flight_cancel(s, x, f);
		}
	}
}

/* The task has to run (again) when no other attempt of it is under way. */
void
task_again(struct sched *s, int job, int stage, int part)
{
	struct sstage *g = &s->job[job].stage[stage];
	struct task_rec *t = &g->task[part];
	struct sched_order what = { .stage = stage, .part = part,
	    .attempt = t->attempt - 1, .why = ERR_TEMP };

	if (t->nrun > 0 || s->job[job].ended)
		return;
	if (t->attempt >= s->conf.max_attempts) {
		job_fail(s, job, &what, "stage %d, task %d was started %d "
		    "times", stage + 1, part, t->attempt);
		return;
	}
	t->state = T_PENDING;
	t->flags &= (uint8_t)~T_COPY;
	g->npend++;
	list_push(&g->again, part);
	s->dirty = true;
}

/* Attempts that may have read the rows that were there before. */
static void
stop_readers(struct sched *s, int job, const struct sstage *g)
{
	for (int i = 0; i < g->nout; i++) {
		struct sstage *r = &s->job[job].stage[g->out[i]];

		if (r->nlive == 0)
			continue;
		stage_cancel(s, job, g->out[i], -1);
		for (int p = 0; p < r->npart; p++)
			if (r->task[p].state == T_RUNNING)
				task_again(s, job, g->out[i], p);
	}
}

/* Compares the rows with those of the first run; false: the job failed. */
static bool
rows_agree(struct sched *s, int job, int stage, int part, uint64_t rowset)
{
	struct sstage *g = &s->job[job].stage[stage];
	struct task_rec *t = &g->task[part];
	bool same = !(t->flags & T_HASHED) || t->rowset == rowset;

	t->flags |= T_HASHED;
	t->rowset = rowset;
	if (same || SCHED_BUG == 5)
		return true;
	for (int i = 0; i < g->nout; i++) {
		struct sched_order what = { .stage = stage, .part = part,
		    .attempt = t->attempt - 1, .why = ERR_USER };

		if (s->job[job].stage[g->out[i]].ndone_ever == 0 &&
		    !g->stands)
			continue;
		job_fail(s, job, &what, "stage %d, task %d gave other rows "
		    "when it ran again", stage + 1, part);
		return false;
	}
	stop_readers(s, job, g);
	return true;
}

static void
task_done(struct sched *s, int job, int stage, int part)
{
	struct job *j = &s->job[job];
	struct sstage *g = &j->stage[stage];

	g->task[part].state = T_DONE;
	g->ndone++;
	g->ndone_ever += !g->commits;
	j->moved_ms = s->now_ms;
	stage_check(s, job, stage);
}

/* How long the attempt took: as told, or as it looks from here, whichever is
 * more.  When slots are never empty, one ends every 1/slots of a run time. */
static void
note_speed(struct sched *s, const struct flight *f, int exec, int64_t us)
{
	struct sstage *g = &s->job[f->job].stage[f->stage];
	struct executor *x = &s->exec[exec];
	int64_t all = (int64_t)since_start(s) - f->start;
	int64_t gap = (s->now_ms - x->end_ms) * x->slots;

	x->end_ms = s->now_ms;
	gap = gap < all ? gap : all;
	if (us <= 0 || us < gap * 1000)
		us = gap * 1000 + 1;
	g->mean_us = g->mean_us ? (7 * g->mean_us + us) / 8 + 1 : us;
	if (x->mean_job != f->job || x->mean_stage != f->stage)
		x->mean_us = 0;
	x->mean_job = f->job;
	x->mean_stage = f->stage;
	x->mean_us = x->mean_us ? (7 * x->mean_us + us) / 8 + 1 : us;
	if (s->conf.speculation)
		straggler_note(g, us);
}

int
on_task_done(struct sched *s, const struct sched_event *ev)
{
	struct flight *f = flight_find(s, ev), was;
	struct sstage *g;
	struct task_rec *t;

	if (f == NULL)
		return 0;
	was = *f;
	flight_end(s, ev->exec, f);
	if (was.flags & F_CANCELLED && (SCHED_BUG != 1 ||
	    s->job[was.job].ended || task_of(s, &was)->state == T_DONE))
		return 0;
	g = &s->job[ev->job].stage[ev->stage];
	t = task_of(s, &was);
	if (ev->place >= 0 && ev->place < s->nplace &&
	    s->place[ev->place].lost && g->nout > 0) {
		task_again(s, ev->job, ev->stage, ev->part);
		return 0;
	}
	if (SCHED_BUG != 3)
		if (t->nrun > 0)
			stage_cancel(s, ev->job, ev->stage, ev->part);
	note_speed(s, &was, ev->exec, ev->ran_us);
	t->place = ev->place < s->nplace ? ev->place : -1;
	t->start = was.start;
	if (SCHED_BUG == 3 && t->state == T_DONE)
		return 0;
	if (g->commits) {
		t->state = T_COMMIT;
		g->ndone_ever++;        /* what it has read is fixed now */
		t->won = was.attempt;
		sched_say(s, (struct sched_order){ .kind = ORDER_COMMIT,
		    .job = ev->job, .exec = ev->exec, .stage = ev->stage,
		    .part = ev->part, .n = 1, .attempt = was.attempt });
		return 1;
	}
	if (!rows_agree(s, ev->job, ev->stage, ev->part, ev->rowset))
		return 0;
	task_done(s, ev->job, ev->stage, ev->part);
	return 1;
}

/* Has the task failed so often on the executor that another is better? */
bool
task_avoids(const struct sched *s, const struct sstage *g, int part, int exec)
{
	bool bad = false;

	if (g->task[part].failures < 2)
		return false;
	for (int i = 0; i < g->nfail && !bad; i++)
		bad = g->fail[i].part == part && g->fail[i].exec == exec &&
		    g->fail[i].n >= 2;
	for (int x = 0; bad && x < s->nexec; x++) {
		bool there = false;

		if (x == exec || !exec_usable(s, &s->exec[x]))
			continue;
		for (int i = 0; i < g->nfail && !there; i++)
			there = g->fail[i].part == part &&
			    g->fail[i].exec == x && g->fail[i].n >= 2;
		if (!there)
			return true;
	}
	return false;
}

static void
remember_failure(struct sstage *g, int part, int exec)
{
	for (int i = 0; i < g->nfail; i++) {
		if (g->fail[i].part == part && g->fail[i].exec == exec) {
			g->fail[i].n++;
			return;
		}
	}
	if ((g->nfail & (g->nfail - 1)) == 0)
		g->fail = xrealloc(g->fail,
		    (size_t)(g->nfail ? 2 * g->nfail : 1) * sizeof *g->fail);
	g->fail[g->nfail++] = (struct fail_rec){ part, exec, 1 };
}

/* An attempt failed: again, or the job fails, for this reason or (NULL) for
 * what the driver knows of it.  The attempt has ended. */
void
task_blame(struct sched *s, const struct flight *f, int exec, int why,
    const char *reason)
{
	struct job *j = &s->job[f->job];
	struct sstage *g = &j->stage[f->stage];
	struct task_rec *t = task_of(s, f);
	struct sched_order what = { .exec = exec, .stage = f->stage,
	    .part = f->part, .n = 1, .attempt = f->attempt, .why = why };

	j->nfailed++;
	if (SCHED_BUG != 8)
		t->failures++;
	if ((why != ERR_TEMP && why != ERR_LOST) ||
	    t->failures >= s->conf.max_failures) {
		if (reason == NULL)
			job_fail(s, f->job, &what, "%s", "");
		else
			job_fail(s, f->job, &what, "stage %d, task %d: %s",
			    f->stage + 1, f->part, reason);
		return;
	}
	remember_failure(g, f->part, exec);
	task_again(s, f->job, f->stage, f->part);
}

int
on_task_failed(struct sched *s, const struct sched_event *ev)
{
	struct flight *f = flight_find(s, ev), was;

	if (f == NULL)
		return 0;
	was = *f;
	flight_end(s, ev->exec, f);
	if (was.flags & F_CANCELLED)
		return 0;
	if (ev->why == ERR_LOST && maps_lost(s, ev->job, ev, was.start)) {
		s->job[ev->job].nfailed++;
		task_again(s, ev->job, ev->stage, ev->part);
		return 1;
	}
	if (ev->why == ERR_TEMP)
		exec_blame(s, ev->exec);
	task_blame(s, &was, ev->exec, ev->why, NULL);
	return 1;
}

int
on_revoked(struct sched *s, const struct sched_event *ev)
{
	struct flight *f = flight_find(s, ev), was;

	if (f == NULL)
		return 0;
	was = *f;
	flight_end(s, ev->exec, f);
	if (was.flags & F_CANCELLED)
		return 0;
	task_again(s, ev->job, ev->stage, ev->part);
	return 1;
}

/* The driver has moved an attempt's files, or could not. */
int
on_commit(struct sched *s, const struct sched_event *ev)
{
	struct flight f = { ev->job, ev->stage, ev->part, 0,
	    (uint16_t)ev->attempt, 0 };
	struct sstage *g;
	struct task_rec *t;

	if (ev->job < 0 || ev->job >= s->njob || !s->job[ev->job].there ||
	    s->job[ev->job].ended || ev->stage < 0 ||
	    ev->stage >= s->job[ev->job].nstage)
		return 0;
	g = &s->job[ev->job].stage[ev->stage];
	if (ev->part < 0 || ev->part >= g->npart)
		return 0;
	t = &g->task[ev->part];
	if (t->state != T_COMMIT || t->won != ev->attempt)
		return 0;
	t->state = T_RUNNING;
	if (ev->kind == EV_COMMIT_FAILED)
		task_blame(s, &f, ev->exec, ev->why, NULL);
	else
		task_done(s, ev->job, ev->stage, ev->part);
	return 1;
}
