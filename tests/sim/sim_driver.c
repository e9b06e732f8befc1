/*
 * sim_driver -- does what the scheduler orders, and believes nothing.
 *
 * Keeps its own account of attempts, outputs and commits, and compares each
 * order and each answer of the scheduler with it.
 */
#include "sim_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

static struct stask *
task_at(struct world *w, int job, int stage, int part)
{
	return &w->job[job].stage[stage].task[part];
}

static struct att *
att_find(struct stask *t, int attempt)
{
	for (int i = 0; i < t->natt; i++)
		if (t->att[i].attempt == attempt)
			return &t->att[i];
	return NULL;
}

static int
live_attempts(const struct stask *t)
{
	int n = 0;

	for (int i = 0; i < t->natt; i++)
		n += t->att[i].life == A_LIVE;
	return n;
}

bool
over(const struct world *w)
{
	for (int i = 0; i < w->njob; i++)
		if (!w->job[i].finished && !w->job[i].failed)
			return false;
	return true;
}

static void
send(struct world *w, int exec, const struct sched_order *o)
{
	struct wexec *x = &w->exec[exec];
	int64_t at = w->now + draw(w, (uint32_t)w->delay_ms + 1);
	struct happen *h;

	x->last_in = at > x->last_in ? at : x->last_in;
	h = happen_later(w, x->last_in, W_TO_EXEC);
	h->a = exec;
	h->order = *o;
}

static void
answer_later(struct world *w, const struct sched_event *ev, uint32_t max)
{
	struct happen *h = happen_later(w, w->now + draw(w, max), W_TO_DRIVER);

	h->event = *ev;
	h->event.exec = -1;
	if (chance(w, w->p_dup)) {
		h = happen_later(w, w->now + max + draw(w, 2000), W_TO_DRIVER);
		h->event = *ev;
		h->event.exec = -1;
	}
}

/* All maps of all inputs have a place that counts. */
static bool
inputs_there(const struct wjob *j, const struct wstage *g)
{
	for (int i = 0; i < g->nin; i++) {
		const struct wstage *in = &j->stage[g->in[i]];

		if (!in->planned || in->ndone < in->npart || in->forgotten)
			return false;
	}
	return true;
}

static void
obey_plan(struct world *w, const struct sched_order *o)
{
	struct wstage *g = &w->job[o->job].stage[o->stage];

	if (g->planned)
		wrong(w, "stage %d was planned twice", o->stage);
	if (!inputs_there(&w->job[o->job], g))
		wrong(w, "stage %d began before its inputs were there",
		    o->stage);
	answer_later(w, &(struct sched_event){ .kind = EV_STAGE_PARTS,
	    .job = o->job, .stage = o->stage, .part = g->npart }, 5);
}

static void
check_launch(struct world *w, const struct sched_order *o, int part)
{
	struct wjob *j = &w->job[o->job];
	struct stask *t = task_at(w, o->job, o->stage, part);
	struct wexec *x = &w->exec[o->exec];

	if (!x->known)
		wrong(w, "executor %d was lost and got a task", o->exec);
	if (x->drained)
		wrong(w, "executor %d drains and got a task", o->exec);
	if (x->given >= x->slots + w->conf.ahead)
		wrong(w, "executor %d got more than its slots", o->exec);
	if (t->done || t->committed)
		wrong(w, "task %d.%d is done and was launched", o->stage, part);
	if (t->token)
		wrong(w, "task %d.%d commits and was launched", o->stage, part);
	if (att_find(t, o->attempt))
		wrong(w, "task %d.%d has attempt %d twice", o->stage, part,
		    o->attempt);
	if (!inputs_there(j, &j->stage[o->stage]))
		wrong(w, "task %d.%d began before its inputs were there",
		    o->stage, part);
	if (live_attempts(t) > (w->conf.speculation ? 1 : 0))
		wrong(w, "task %d.%d runs too often", o->stage, part);
	if (w->conf.speculation && live_attempts(t) == 1)
		for (int i = 0; i < t->natt; i++)
			if (t->att[i].life == A_LIVE &&
			    t->att[i].exec == o->exec)
				wrong(w, "a copy on the same executor");
}

static void
obey_launch(struct world *w, const struct sched_order *o)
{
	for (int p = o->part; p < o->part + o->n; p++) {
		struct stask *t = task_at(w, o->job, o->stage, p);

		check_launch(w, o, p);
		if (t->natt == t->att_cap) {
			t->att_cap = t->att_cap ? 2 * t->att_cap : 1;
			t->att = xrealloc(t->att,
			    (size_t)t->att_cap * sizeof *t->att);
		}
		t->att[t->natt++] = (struct att){ o->attempt, o->exec,
		    A_LIVE, w->nevent };
		w->exec[o->exec].given++;
		w->nlaunch++;
	}
	send(w, o->exec, o);
}

static void
obey_cancel(struct world *w, const struct sched_order *o)
{
	struct stask *t = task_at(w, o->job, o->stage, o->part);
	struct att *a = att_find(t, o->attempt);

	if (a == NULL || a->exec != o->exec)
		wrong(w, "an unknown attempt was cancelled");
	else if (a->life == A_LIVE)
		a->life = A_CANCELLED;
	send(w, o->exec, o);
}

static void
obey_commit(struct world *w, const struct sched_order *o)
{
	struct stask *t = task_at(w, o->job, o->stage, o->part);
	struct sched_event ev = { .kind = EV_COMMITTED, .job = o->job,
	    .stage = o->stage, .part = o->part, .attempt = o->attempt };

	if (t->token || t->committed)
		wrong(w, "task %d.%d got a second token", o->stage, o->part);
	if (!w->big && (t->out_ver == 0 ||
	    t->ver[t->out_ver - 1].attempt != o->attempt))
		wrong(w, "the token went to another attempt");
	t->token = true;
	if (chance(w, w->p_fail / 2)) {
		ev.kind = EV_COMMIT_FAILED;
		ev.why = ERR_TEMP;
	}
	answer_later(w, &ev, 20);
}

static void
obey_lost(struct world *w, const struct sched_order *o,
    const struct sched_event *why)
{
	for (int p = o->part; p < o->part + o->n; p++) {
		struct stask *t = task_at(w, o->job, o->stage, p);
		int place;

		if (!t->done || t->out_ver == 0) {
			wrong(w, "task %d.%d lost what it did not have",
			    o->stage, p);
			return;
		}
		place = t->ver[t->out_ver - 1].place;
		if (!w->place_reported[place] && !(why->kind ==
		    EV_TASK_FAILED && why->lost_stage == o->stage &&
		    (why->lost_part == p || (why->lost_part < 0 &&
		    why->lost_place == place))))
			wrong(w, "task %d.%d: its output was thrown away",
			    o->stage, p);
		w->place_doubt[place] += why->kind == EV_TASK_FAILED;
		t->out_ver = 0;
		t->done = false;
		w->job[o->job].stage[o->stage].ndone--;
		w->nlost++;
	}
}

static void
obey_stage(struct world *w, const struct sched_order *o)
{
	struct wjob *j = &w->job[o->job];
	struct wstage *g = &j->stage[o->stage];

	if (o->kind == ORDER_STAGE_DONE) {
		if (!g->planned || g->ndone < g->npart)
			wrong(w, "stage %d was done too early", o->stage);
		return;
	}
	for (int i = 0; i < j->nstage; i++)
		for (int k = 0; k < j->stage[i].nin; k++)
			if (j->stage[i].in[k] == o->stage && (j->stage[i].ndone
			    < j->stage[i].npart || !j->stage[i].planned) &&
			    !j->stage[i].forgotten)
				wrong(w, "stage %d was forgotten too early",
				    o->stage);
	g->forgotten = true;
	for (int p = 0; p < g->npart; p++)
		for (int i = 0; i < g->task[p].nver; i++)
			g->task[p].ver[i].there = false;
}

static void
check_cancelled(struct world *w, int job)
{
	const struct wjob *j = &w->job[job];

	for (int i = 0; i < j->nstage; i++)
		for (int p = 0; p < j->stage[i].npart; p++)
			if (live_attempts(&j->stage[i].task[p]) > 0)
				wrong(w, "the job ended and task %d.%d goes on",
				    i, p);
}

static void
obey_finish(struct world *w, const struct sched_order *o)
{
	struct wjob *j = &w->job[o->job];

	j->finished = true;
	check_cancelled(w, o->job);
	for (int i = 0; i < j->nstage; i++) {
		const struct wstage *g = &j->stage[i];

		if (g->nout > 0)
			continue;
		if (!g->planned || g->ndone < g->npart)
			wrong(w, "finished, and stage %d is not done", i);
		for (int p = 0; g->commits && p < g->npart; p++)
			if (!g->task[p].committed)
				wrong(w, "finished without output %d.%d", i, p);
	}
}

/* A job may fail, but for a reason. */
static void
obey_fail(struct world *w, const struct sched_order *o)
{
	struct wjob *j = &w->job[o->job];
	const char *text = sched_reason(w->s, o->job);
	int max = w->conf.max_failures;

	j->failed = true;
	snprintf(j->reason, sizeof j->reason, "%s", text);
	check_cancelled(w, o->job);
	if (strstr(text, "other rows")) {
		if (!w->moody || o->stage < w->moody_stage)
			wrong(w, "failed: %s, but they are the same", text);
	} else if (strstr(text, "nothing could run")) {
		if (w->conf.stall_ms == 0)
			wrong(w, "failed: %s, but it may wait", text);
	} else if (strstr(text, "was started")) {
		if (w->conf.max_attempts == 0)
			wrong(w, "failed: %s", text);
	} else if (strstr(text, "were lost")) {
		if (j->losses <= w->conf.max_stage_attempts &&
		    w->conf.max_stage_opens == 0)
			wrong(w, "failed: %s, not so often", text);
	} else if (strstr(text, "excluded")) {
		if (w->conf.exclude_exec == 0)
			wrong(w, "failed: %s, but none is", text);
	} else if (strstr(text, "executor ended")) {
		const struct stask *t = task_at(w, o->job, o->stage, o->part);

		if (t->failures + t->crashes < max)
			wrong(w, "failed: %s, not so often", text);
	} else if (text[0]) {
		wrong(w, "failed: %s", text);
	} else if (o->stage >= 0) {
		const struct stask *t = task_at(w, o->job, o->stage, o->part);

		if (t->failures + t->crashes < max)
			wrong(w, "task %d.%d: given up after %d failures",
			    o->stage, o->part, t->failures);
	} else if (!j->cancelled) {
		wrong(w, "failed without a reason");
	}
}

static void
obey(struct world *w, const struct sched_order *o,
    const struct sched_event *why)
{
	if (w->trace)
		printf("# %lld: order %d job %d exec %d stage %d part %d+%d "
		    "attempt %d\n", (long long)w->now, o->kind, o->job,
		    o->exec, o->stage, o->part, o->n, o->attempt);
	if (w->job[o->job].finished || w->job[o->job].failed)
		wrong(w, "an order after the end");
	switch (o->kind) {
	case ORDER_PLAN:         obey_plan(w, o); break;
	case ORDER_LAUNCH:       obey_launch(w, o); break;
	case ORDER_CANCEL:       obey_cancel(w, o); break;
	case ORDER_REVOKE:       send(w, o->exec, o); break;
	case ORDER_COMMIT:       obey_commit(w, o); break;
	case ORDER_LOST:         obey_lost(w, o, why); break;
	case ORDER_STAGE_DONE:
	case ORDER_STAGE_FORGET: obey_stage(w, o); break;
	case ORDER_FINISH:       obey_finish(w, o); break;
	case ORDER_FAIL:         obey_fail(w, o); break;
	}
}

/* A reader's output counts now: nobody may have read other rows. */
static void
check_rows(struct world *w, int job, int stage, const struct version *v)
{
	struct wjob *j = &w->job[job];
	const struct wstage *g = &j->stage[stage];
	int slot = 0;

	for (int i = 0; i < g->nin && v->seen; i++) {
		struct wstage *in = &j->stage[g->in[i]];

		for (int p = 0; p < in->npart; p++, slot++) {
			struct stask *t = &in->task[p];

			if (t->used && t->used_as != v->seen[slot])
				wrong(w, "readers of task %d.%d saw different "
				    "rows", g->in[i], p);
			t->used = true;
			t->used_as = v->seen[slot];
		}
	}
}

static void
count_done(struct world *w, const struct sched_event *ev)
{
	struct wstage *g = &w->job[ev->job].stage[ev->stage];
	struct stask *t = &g->task[ev->part];

	if (t->done || t->committed || t->token)
		wrong(w, "task %d.%d counted twice", ev->stage, ev->part);
	for (int i = 0; i < t->nver; i++) {
		if (t->ver[i].attempt != ev->attempt)
			continue;
		t->out_ver = i + 1;
		t->ver[i].counted = w->nevent;
		check_rows(w, ev->job, ev->stage, &t->ver[i]);
	}
	if (!g->commits) {
		t->done = true;
		g->ndone++;
	}
}

static void
count_commit(struct world *w, const struct sched_event *ev)
{
	struct wstage *g = &w->job[ev->job].stage[ev->stage];
	struct stask *t = &g->task[ev->part];

	t->token = false;
	if (ev->kind == EV_COMMIT_FAILED) {
		t->failures++;
		return;
	}
	if (t->committed)
		wrong(w, "task %d.%d committed twice", ev->stage, ev->part);
	t->committed = t->done = true;
	g->ndone++;
}

/* Takes the event into our own account. */
static void
account(struct world *w, const struct sched_event *ev, int news)
{
	struct stask *t;

	switch (ev->kind) {
	case EV_STAGE_PARTS:
		if (news)
			w->job[ev->job].stage[ev->stage].planned = true;
		break;
	case EV_TASK_DONE:
		if (news)
			count_done(w, ev);
		break;
	case EV_TASK_FAILED:
		t = task_at(w, ev->job, ev->stage, ev->part);
		t->failures += news && ev->why == ERR_TEMP;
		if (news && ev->why == ERR_TEMP)
			w->exec[ev->exec].failures++;
		w->job[ev->job].losses += ev->why == ERR_LOST;
		break;
	case EV_COMMITTED:
	case EV_COMMIT_FAILED:
		if (news)
			count_commit(w, ev);
		break;
	default:
		break;
	}
}

/* What must be true after every event, as far as the event concerns it. */
static void
check_after(struct world *w, const struct sched_event *ev, int news)
{
	struct wjob *j = &w->job[ev->job];

	if (ev->kind == EV_TASK_DONE && news && !j->finished && !j->failed &&
	    live_attempts(task_at(w, ev->job, ev->stage, ev->part)) > 0)
		wrong(w, "task %d.%d is done and still runs", ev->stage,
		    ev->part);
	if (ev->kind == EV_TASK_FAILED && news && !j->failed &&
	    task_at(w, ev->job, ev->stage, ev->part)->failures >=
	    w->conf.max_failures)
		wrong(w, "task %d.%d failed too often", ev->stage, ev->part);
	if (ev->kind != EV_PLACE_LOST && ev->kind != EV_EXEC_LOST &&
	    ev->kind != EV_HOST_LOST)
		return;
	for (int k = 0; k < w->njob; k++) {
		j = &w->job[k];
		for (int i = 0; i < j->nstage && !j->finished && !j->failed;
		    i++) {
			const struct wstage *g = &j->stage[i];

			for (int p = 0; p < g->npart && g->nout > 0 &&
			    !g->forgotten; p++) {
				const struct stask *t = &g->task[p];

				if (t->out_ver && w->place_reported[
				    t->ver[t->out_ver - 1].place])
					wrong(w, "task %d.%d: its place is "
					    "lost, and still counts", i, p);
			}
		}
	}
}

void
tell(struct world *w, struct sched_event *ev)
{
	struct sched_orders out = { 0 };
	int news;

	ev->now_ms = w->now;
	w->nevent++;
	news = sched_event(w->s, ev, &out);
	if (w->trace && ev->kind != EV_TICK)
		printf("# %lld: event %d job %d exec %d stage %d part %d "
		    "attempt %d why %d lost %d.%d at %d: %d\n",
		    (long long)w->now, ev->kind, ev->job, ev->exec, ev->stage,
		    ev->part, ev->attempt, ev->why, ev->lost_stage,
		    ev->lost_part, ev->lost_place, news);
	account(w, ev, news);
	for (int i = 0; i < out.n; i++)
		obey(w, &out.v[i], ev);
	check_after(w, ev, news);
	sched_orders_release(&out);
}

/* An answer of an executor (or of the driver itself, exec -1) arrives. */
void
from_exec(struct world *w, struct sched_event *ev)
{
	struct stask *t;
	struct att *a;
	bool live;

	if (ev->exec < 0 || (ev->kind != EV_TASK_DONE &&
	    ev->kind != EV_TASK_FAILED && ev->kind != EV_REVOKED)) {
		ev->exec = ev->exec < 0 ? 0 : ev->exec;
		tell(w, ev);
		return;
	}
	t = task_at(w, ev->job, ev->stage, ev->part);
	a = att_find(t, ev->attempt);
	live = a && a->life == A_LIVE;
	if (a && a->life != A_OVER) {
		a->life = A_OVER;
		w->exec[ev->exec].given--;
	}
	if (!live) {                    /* it must not count */
		bool done = t->done, token = t->token;
		int failures = t->failures;

		tell(w, ev);
		if (t->failures != failures || (ev->kind == EV_TASK_DONE &&
		    (t->done != done || t->token != token)))
			wrong(w, "task %d.%d: a late attempt counted",
			    ev->stage, ev->part);
		return;
	}
	tell(w, ev);
}

/* The executor is gone, for all that the driver knows. */
void
driver_notice(struct world *w, int exec, int why)
{
	struct wexec *x = &w->exec[exec];

	if (!x->known)
		return;
	x->known = false;
	x->given = 0;
	for (int k = 0; k < w->njob; k++) {
		struct wjob *j = &w->job[k];

		for (int i = 0; i < j->nstage; i++) {
			for (int p = 0; p < j->stage[i].npart; p++) {
				struct stask *t = &j->stage[i].task[p];

				for (int n = 0; n < t->natt; n++) {
					if (t->att[n].exec != exec ||
					    t->att[n].life == A_OVER)
						continue;
					t->crashes += why == ERR_TEMP;
					t->att[n].life = A_OVER;
				}
			}
		}
		j->losses++;
	}
	if (!w->stays)
		w->place_reported[x->place] = true;
	if (why <= 0)
		tell(w, &(struct sched_event){ .kind = EV_EXEC_LOST,
		    .exec = exec, .why = why });
}

/* An executor that can be neither excluded nor lost has a free slot. */
static bool
slot_free(const struct world *w)
{
	bool tainted[HOSTS] = { false };

	for (int i = 0; i < w->nexec; i++)
		if (w->exec[i].failures > 0 && w->conf.exclude_exec)
			tainted[w->exec[i].host] = true;
	for (int i = 0; i < w->nexec; i++) {
		const struct wexec *x = &w->exec[i];

		if (x->known && !x->drained && !w->place_reported[x->place] &&
		    x->given < x->slots && !tainted[x->host] &&
		    w->place_doubt[x->place] < 2)
			return true;
	}
	return false;
}

/* Somebody whose own output is needed has still to read it. */
static bool
needed(const struct wjob *j, int stage)
{
	for (int i = stage + 1; i < j->nstage; i++) {
		const struct wstage *r = &j->stage[i];

		if (r->planned && r->ndone == r->npart)
			continue;
		for (int k = 0; k < r->nin; k++)
			if (r->in[k] == stage && needed(j, i))
				return true;
	}
	return j->stage[stage].nout == 0;
}

static bool
wanted(const struct wjob *j, int stage)
{
	const struct wstage *g = &j->stage[stage];

	return g->planned && g->ndone < g->npart && inputs_there(j, g) &&
	    needed(j, stage);
}

/* No task waits for long while there is a free slot. */
void
check_awake(struct world *w)
{
	bool free_slot = slot_free(w);

	for (int k = 0; k < w->njob; k++) {
		struct wjob *j = &w->job[k];

		for (int i = 0; i < j->nstage && !j->finished && !j->failed;
		    i++) {
			struct wstage *g = &j->stage[i];
			bool want = free_slot && wanted(j, i);

			for (int p = 0; p < g->npart; p++) {
				struct stask *t = &g->task[p];

				if (!want || t->done || t->token ||
				    t->failures + t->crashes >= 2 ||
				    live_attempts(t) > 0)
					t->idle_since = -1;
				else if (t->idle_since < 0)
					t->idle_since = w->now;
				else if (w->now - t->idle_since > 2000)
					wrong(w, "task %d.%d could run, and "
					    "nobody runs it", i, p);
			}
		}
	}
}

/* The job is over: nobody waits for its attempts. */
void
driver_drop(struct world *w, int job)
{
	struct wjob *j = &w->job[job];

	for (int i = 0; i < j->nstage; i++) {
		for (int p = 0; p < j->stage[i].npart; p++) {
			struct stask *t = &j->stage[i].task[p];

			for (int n = 0; n < t->natt; n++) {
				if (t->att[n].life == A_OVER)
					continue;
				t->att[n].life = A_OVER;
				w->exec[t->att[n].exec].given--;
			}
		}
	}
	sched_drop(w->s, job);
}

/* The scheduler's figures are ours. */
void
check_counts(struct world *w)
{
	for (int k = 0; k < w->njob; k++) {
		struct wjob *j = &w->job[k];
		struct sched_count c;
		int done = 0, live = 0;

		if (j->finished || j->failed)
			continue;
		c = sched_count(w->s, k);
		for (int i = 0; i < j->nstage; i++) {
			const struct wstage *g = &j->stage[i];

			done += g->ndone;
			for (int p = 0; p < g->npart; p++)
				live += live_attempts(&g->task[p]);
		}
		if (c.done != done || c.running != live)
			wrong(w, "%d tasks done and %d running, not %d and %d",
			    done, live, c.done, c.running);
	}
}
