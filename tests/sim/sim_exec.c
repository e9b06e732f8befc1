/*
 * sim_exec -- executors: processes that run attempts and answer.
 *
 * An attempt reads half of its input blocks when it begins and the others
 * when it ends, from where the driver's list says then; one that was launched
 * before a map ran again may also use the older copy.  What it makes depends
 * on all that it has read.  A moody task makes something else each time.
 */
#include "sim_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

int
exec_start(struct world *w, int host, int place)
{
	struct wexec *x;
	int64_t *at = &w->now;

	if (w->nexec == EXECS)
		return -1;
	x = &w->exec[w->nexec];
	*x = (struct wexec){ .alive = true, .host = host, .place = place,
	    .slots = 1 + (int)draw(w, 4), .slow = 1, .last_in = *at,
	    .last_out = *at, .known = true };
	tell(w, &(struct sched_event){ .kind = EV_EXEC_UP, .exec = w->nexec++,
	    .slots = x->slots, .host = host, .place = place,
	    .place_stays = w->stays });
	return w->nexec - 1;
}

void
to_driver(struct world *w, int exec, const struct sched_event *ev)
{
	struct wexec *x = &w->exec[exec];
	int64_t at = w->now + draw(w, (uint32_t)w->delay_ms + 1);
	struct happen *h;

	if (!x->alive || x->mute)
		return;
	x->last_out = at > x->last_out ? at : x->last_out;
	h = happen_later(w, x->last_out, W_TO_DRIVER);
	h->event = *ev;
	h->event.exec = exec;
	if (chance(w, w->p_dup)) {
		at = x->last_out + draw(w, 3000);
		h = happen_later(w, at, W_TO_DRIVER);
		h->event = *ev;
		h->event.exec = exec;
	}
}

static void
run_release(struct running *r)
{
	free(r->seen);
}

static void
run_drop(struct wexec *x, int i)
{
	run_release(&x->run[i]);
	memmove(x->run + i, x->run + i + 1,
	    (size_t)(--x->nrun - i) * sizeof *x->run);
}

void
exec_die(struct world *w, int exec)
{
	struct wexec *x = &w->exec[exec];

	if (!x->alive)
		return;
	x->alive = false;
	while (x->nrun > 0)
		run_drop(x, x->nrun - 1);
	free(x->run);
	x->run = NULL;
	x->cap = 0;
	if (!w->stays)
		place_die(w, x->place);
}

/* The copy of a map that the attempt finds, or NULL. */
static const struct version *
find_copy(struct world *w, const struct running *r, struct stask *t)
{
	const struct version *v = t->out_ver ? &t->ver[t->out_ver - 1] : NULL;

	if (chance(w, 20)) {
		for (int i = 0; i < t->nver; i++) {
			const struct version *o = &t->ver[i];

			if (o->there && w->place_alive[o->place] &&
			    !w->place_walled[o->place] && o->counted > 0 &&
			    (v == NULL || v->counted > r->began))
				return o;
		}
	}
	if (v && v->there && w->place_alive[v->place] &&
	    !w->place_walled[v->place])
		return v;
	return NULL;
}

static void
read_map(struct world *w, struct running *r, int stage, int map, int slot)
{
	struct stask *t = &w->job[r->job].stage[stage].task[map];
	const struct version *v = find_copy(w, r, t);

	if (v) {
		r->seen[slot] = v->content;
		return;
	}
	r->lost_stage = stage;
	r->lost_part = map;
	r->lost_place = 0;
	if (t->out_ver && chance(w, 50)) {
		r->lost_part = -1;
		r->lost_place = t->ver[t->out_ver - 1].place;
	}
}

/* Reads every second input block; which ones says half. */
static void
read_half(struct world *w, struct running *r, unsigned half)
{
	const struct wjob *j = &w->job[r->job];
	const struct wstage *g = &j->stage[r->stage];
	int slot = 0;

	for (int i = 0; i < g->nin && r->lost_stage < 0; i++) {
		const struct wstage *in = &j->stage[g->in[i]];

		for (int p = 0; p < in->npart && r->lost_stage < 0; p++)
			if ((mix(r->token, (uint64_t)slot++) & 1) == half)
				read_map(w, r, g->in[i], p, slot - 1);
	}
}

static void
run_start(struct world *w, int exec, struct running *r)
{
	struct wjob *j = &w->job[r->job];
	const struct wstage *g = &j->stage[r->stage];
	int64_t us = g->task_us * w->exec[exec].slow;
	struct happen *h;

	r->started = true;
	r->token = ++w->token;
	for (int i = 0; i < g->nin; i++)
		r->nseen += j->stage[g->in[i]].npart;
	if (!w->big && r->nseen > 0) {
		r->seen = xcalloc((size_t)r->nseen, sizeof *r->seen);
		read_half(w, r, 0);
	}
	us = us / 2 + draw(w, (uint32_t)us + 1);
	h = happen_later(w, w->now + (r->lost_stage >= 0 ? 0 : us / 1000),
	    W_TASK_END);
	h->a = exec;
	h->event.rowset = r->token;
}

static void
pump(struct world *w, int exec)
{
	struct wexec *x = &w->exec[exec];

	for (int i = 0; i < x->nrun && i < x->slots; i++)
		if (!x->run[i].started)
			run_start(w, exec, &x->run[i]);
}

static void
accept_launch(struct world *w, int exec, const struct sched_order *o)
{
	struct wexec *x = &w->exec[exec];

	for (int p = o->part; p < o->part + o->n; p++) {
		const struct stask *t = &w->job[o->job].stage[o->stage].task[p];
		struct running r = { .job = o->job, .stage = o->stage,
		    .part = p, .attempt = o->attempt, .lost_stage = -1 };

		for (int i = 0; i < t->natt; i++)
			if (t->att[i].attempt == o->attempt)
				r.began = t->att[i].began;
		if (x->nrun == x->cap) {
			x->cap = x->cap ? 2 * x->cap : 8;
			x->run = xrealloc(x->run,
			    (size_t)x->cap * sizeof *x->run);
		}
		x->run[x->nrun++] = r;
	}
	pump(w, exec);
}

static struct sched_event
answer(const struct running *r, enum sched_event_kind kind)
{
	return (struct sched_event){ .kind = kind, .job = r->job,
	    .stage = r->stage, .part = r->part, .attempt = r->attempt };
}

/* An order has arrived. */
void
exec_message(struct world *w, int exec, const struct sched_order *o)
{
	struct wexec *x = &w->exec[exec];

	if (!x->alive || x->deaf)
		return;
	if (x->paused_until > w->now) {
		struct happen *h = happen_later(w, x->paused_until, W_TO_EXEC);

		h->a = exec;
		h->order = *o;
		return;
	}
	if (o->kind == ORDER_LAUNCH) {
		accept_launch(w, exec, o);
		return;
	}
	for (int i = x->nrun - 1; i >= 0; i--) {
		struct running *r = &x->run[i];
		struct sched_event ev;

		if (r->job != o->job || r->stage != o->stage ||
		    r->part < o->part || r->part >= o->part + o->n ||
		    r->attempt != o->attempt)
			continue;
		if (o->kind == ORDER_REVOKE && r->started)
			continue;
		ev = answer(r, o->kind == ORDER_REVOKE ? EV_REVOKED :
		    EV_TASK_FAILED);
		ev.why = ERR_TEMP;
		run_drop(x, i);
		to_driver(w, exec, &ev);
	}
	pump(w, exec);
}

static uint64_t
made(struct world *w, const struct running *r)
{
	uint64_t c = mix(mix(w->seed, (uint64_t)r->job * 64 +
	    (uint64_t)r->stage), (uint64_t)r->part);

	for (int i = 0; r->seen && i < r->nseen; i++)
		c = mix(c, r->seen[i]);
	if (w->moody && r->stage == w->moody_stage && r->part == w->moody_part)
		c = mix(c, r->token);
	return c;
}

/* A finished output at the executor's place. */
static void
keep_output(struct world *w, int exec, struct running *r, uint64_t content)
{
	struct stask *t = &w->job[r->job].stage[r->stage].task[r->part];

	if (t->nver == t->ver_cap) {
		t->ver_cap = t->ver_cap ? 2 * t->ver_cap : 1;
		t->ver = xrealloc(t->ver,
		    (size_t)t->ver_cap * sizeof *t->ver);
	}
	t->ver[t->nver++] = (struct version){ .attempt = r->attempt,
	    .place = w->exec[exec].place, .there = true, .content = content,
	    .seen = r->seen, .nseen = r->nseen };
	r->seen = NULL;
}

/* The attempt has run its time: what became of it? */
static void
run_end(struct world *w, int exec, struct running *r)
{
	struct wexec *x = &w->exec[exec];
	struct sched_event ev = answer(r, EV_TASK_FAILED);

	if (r->seen && r->lost_stage < 0)
		read_half(w, r, 1);
	ev.why = ERR_TEMP;
	if (r->lost_stage >= 0) {
		ev.why = ERR_LOST;
		ev.lost_stage = r->lost_stage;
		ev.lost_part = r->lost_part;
		ev.lost_place = r->lost_place;
	} else if (w->place_alive[x->place] &&
	    !chance(w, x->bad ? 50 : w->p_fail)) {
		ev.kind = EV_TASK_DONE;
		ev.place = x->place;
		ev.rowset = made(w, r);
		ev.ran_us = 1 + w->job[r->job].stage[r->stage].task_us * x->slow;
		keep_output(w, exec, r, ev.rowset);
	}
	to_driver(w, exec, &ev);
}

void
exec_task_end(struct world *w, int exec, uint64_t token)
{
	struct wexec *x = &w->exec[exec];

	for (int i = 0; i < x->nrun; i++) {
		struct running r = x->run[i];

		if (r.token != token)
			continue;
		if (x->paused_until > w->now) {
			struct happen *h = happen_later(w, x->paused_until,
			    W_TASK_END);

			h->a = exec;
			h->event.rowset = token;
			return;
		}
		run_end(w, exec, &r);
		x->run[i].seen = r.seen;
		run_drop(x, i);
		pump(w, exec);
		return;
	}
}
