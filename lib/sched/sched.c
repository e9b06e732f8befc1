/*
 * sched -- see sched.h.
 *
 * Tasks are four bytes of state each in arrays indexed by part; ready parts
 * of a stage are handed out as ranges, so a launch order costs a few dozen
 * bytes for any number of tasks.  Parts that have to run again wait in a
 * small list and go out first.
 */
#include "sched/sched.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"

enum stage_state { WAITING, PLANNING, RUNNING, DONE };
enum task_state { T_PENDING, T_RUNNING, T_DONE };

struct task_rec {
	uint8_t  state;
	uint8_t  failures;
	uint16_t attempt;       /* number of the next launch */
	int32_t  exec;          /* that runs it, or made its output */
};

struct sstage {
	struct sched_stage conf;
	int *in;
	enum stage_state state;
	int npart, ndone, next; /* next: first part never launched */
	struct task_rec *task;
	int *again, nagain, again_cap;
	int lost;               /* times that blocks of it were lost */
};

struct executor {
	bool up;
	int slots, used;
};

struct sched {
	struct sched_conf conf;
	struct sstage *stage;
	int nstage, ndone;
	struct executor *exec;
	int nexec;
	bool ended;
	int64_t moved_ms;       /* of the last progress */
	int nrunning, nfailed;
	int64_t done_tasks;
};

struct sched *
sched_new(const struct sched_conf *conf)
{
	struct sched *s = xcalloc(1, sizeof *s);

	s->conf = *conf;
	return s;
}

int
sched_pool(struct sched *s, int weight, int min_share)
{
	(void)s;
	(void)weight;
	return min_share > 0;
}

void
sched_drop(struct sched *s, int job)
{
	(void)job;
	s->ended = true;
}

int64_t
sched_starved(const struct sched *s)
{
	return s->nexec > 0 ? -1 : s->moved_ms;
}

const char *
sched_reason(const struct sched *s, int job)
{
	(void)s;
	(void)job;
	return "";
}

int
sched_add(struct sched *s, const struct sched_stage *stage, int nstage,
    int pool)
{
	s->nstage = nstage;
	s->stage = xcalloc((size_t)nstage + 1, sizeof *s->stage);
	for (int i = 0; i < nstage; i++) {
		size_t n = (size_t)stage[i].nin * sizeof(int);

		s->stage[i].conf = stage[i];
		s->stage[i].in = xmalloc(n);
		if (n)
			memcpy(s->stage[i].in, stage[i].in, n);
	}
	return pool;
}

void
sched_free(struct sched *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < s->nstage; i++) {
		free(s->stage[i].in);
		free(s->stage[i].task);
		free(s->stage[i].again);
	}
	free(s->stage);
	free(s->exec);
	free(s);
}

static void
order(struct sched_orders *o, struct sched_order what)
{
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

static struct executor *
executor(struct sched *s, int id)
{
	if (id >= s->nexec) {
		s->exec = xrealloc(s->exec, ((size_t)id + 1) * sizeof *s->exec);
		memset(s->exec + s->nexec, 0,
		    ((size_t)id + 1 - (size_t)s->nexec) * sizeof *s->exec);
		s->nexec = id + 1;
	}
	return &s->exec[id];
}

static bool
inputs_done(const struct sched *s, const struct sstage *g, int number)
{
	for (int i = 0; i < g->conf.nin; i++)
		if (s->stage[g->in[i]].state != DONE)
			return false;
	for (int i = 0; g->conf.barrier && i < number; i++)
		if (s->stage[i].state != DONE)
			return false;
	return true;
}

static void
submit_ready(struct sched *s, struct sched_orders *out)
{
	for (int i = 0; i < s->nstage; i++) {
		struct sstage *g = &s->stage[i];

		if (g->state != WAITING || !inputs_done(s, g, i))
			continue;
		if (g->task) {          /* was planned before: lost blocks */
			g->state = RUNNING;
			continue;
		}
		g->state = PLANNING;
		order(out, (struct sched_order){ .kind = ORDER_PLAN,
		    .stage = i });
	}
}

static void
run_again(struct sstage *g, int part)
{
	if (g->nagain == g->again_cap) {
		g->again_cap = g->again_cap ? 2 * g->again_cap : 16;
		g->again = xrealloc(g->again,
		    (size_t)g->again_cap * sizeof *g->again);
	}
	g->again[g->nagain++] = part;
	g->task[part].state = T_PENDING;
}

/* Launches [part, part + n) of a stage on an executor. */
static void
launch(struct sched *s, int stage, int part, int n, int exec,
    struct sched_orders *out)
{
	struct sstage *g = &s->stage[stage];

	for (int p = part; p < part + n; p++) {
		g->task[p].state = T_RUNNING;
		g->task[p].exec = exec;
	}
	order(out, (struct sched_order){ .kind = ORDER_LAUNCH, .exec = exec,
	    .stage = stage, .part = part, .n = n,
	    .attempt = g->task[part].attempt });
	for (int p = part; p < part + n; p++)
		g->task[p].attempt++;
	s->exec[exec].used += n;
	s->nrunning += n;
}

/* Gives an executor's free slots to the first stages that have work; a few
 * tasks more than slots keep it busy while we are told of the ends. */
static void
fill(struct sched *s, int exec, struct sched_orders *out)
{
	struct executor *x = &s->exec[exec];

	for (int i = 0; i < s->nstage && x->used < x->slots; i++) {
		struct sstage *g = &s->stage[i];

		if (g->state != RUNNING)
			continue;
		while (g->nagain && x->used < x->slots)
			launch(s, i, g->again[--g->nagain], 1, exec, out);
		if (g->next < g->npart && x->used < x->slots) {
			int n = x->slots - x->used, left = g->npart - g->next;

			n = n < left ? n : left;
			launch(s, i, g->next, n, exec, out);
			g->next += n;
		}
	}
}

static void
place(struct sched *s, struct sched_orders *out)
{
	for (int i = 0; i < s->nexec && !s->ended; i++)
		if (s->exec[i].up)
			fill(s, i, out);
}

static void
stage_done(struct sched *s, int i, struct sched_orders *out)
{
	s->stage[i].state = DONE;
	s->ndone++;
	order(out, (struct sched_order){ .kind = ORDER_STAGE_DONE,
	    .stage = i });
	if (s->ndone == s->nstage) {
		s->ended = true;
		order(out, (struct sched_order){ .kind = ORDER_FINISH });
		return;
	}
	submit_ready(s, out);
}

static void
on_parts(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	struct sstage *g = &s->stage[ev->stage];

	if (g->state != PLANNING)
		return;
	g->npart = ev->part;
	g->task = xcalloc((size_t)g->npart + 1, sizeof *g->task);
	g->state = RUNNING;
	if (g->npart == 0)
		stage_done(s, ev->stage, out);
}

static void
fail(struct sched *s, const struct sched_event *ev, struct sched_orders *out)
{
	s->ended = true;
	order(out, (struct sched_order){ .kind = ORDER_FAIL,
	    .stage = ev->stage, .part = ev->part, .attempt = ev->attempt });
}

/* Is the event about the attempt that we wait for?  Then its slot is free. */
static struct task_rec *
current(struct sched *s, const struct sched_event *ev)
{
	struct sstage *g;
	struct task_rec *t;

	if (ev->stage < 0 || ev->stage >= s->nstage)
		return NULL;
	g = &s->stage[ev->stage];
	if (g->task == NULL || ev->part < 0 || ev->part >= g->npart)
		return NULL;
	t = &g->task[ev->part];
	if (t->state != T_RUNNING || t->attempt != ev->attempt + 1 ||
	    t->exec != ev->exec)
		return NULL;
	s->exec[ev->exec].used--;
	s->nrunning--;
	return t;
}

static void
on_done(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	struct task_rec *t = current(s, ev);
	struct sstage *g = &s->stage[ev->stage];

	if (t == NULL)
		return;
	t->state = T_DONE;
	s->moved_ms = ev->now_ms;
	s->done_tasks++;
	if (++g->ndone == g->npart)
		stage_done(s, ev->stage, out);
}

/* A map output is gone: its task runs again, its stage is open again. */
static bool
reopen(struct sched *s, int stage, int part)
{
	struct sstage *g;

	if (stage < 0 || stage >= s->nstage)
		return false;
	g = &s->stage[stage];
	if (part < 0 || part >= g->npart || g->task[part].state != T_DONE)
		return true;            /* on its way already */
	if (++g->lost > s->conf.max_stage_attempts * (g->npart + 1))
		return false;
	if (g->state == DONE) {
		g->state = RUNNING;
		s->ndone--;
	}
	g->ndone--;
	run_again(g, part);
	return true;
}

static void
on_failed(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	struct task_rec *t = current(s, ev);
	struct sstage *g = &s->stage[ev->stage];

	if (t == NULL)
		return;
	s->nfailed++;
	t->state = T_PENDING;
	if (ev->why == ERR_LOST) {
		if (!reopen(s, ev->lost_stage, ev->lost_part)) {
			fail(s, ev, out);
			return;
		}
		run_again(g, ev->part);
		if (s->stage[ev->lost_stage].state != DONE)
			g->state = WAITING;
		return;
	}
	if (ev->why != ERR_TEMP || ++t->failures >= s->conf.max_failures) {
		fail(s, ev, out);
		return;
	}
	run_again(g, ev->part);
}

static void
on_exec_lost(struct sched *s, const struct sched_event *ev)
{
	struct executor *x = executor(s, ev->exec);

	x->up = false;
	x->used = 0;
	for (int i = 0; i < s->nstage; i++) {
		struct sstage *g = &s->stage[i];

		for (int p = 0; g->task && p < g->npart; p++) {
			if (g->task[p].exec != ev->exec)
				continue;
			if (g->task[p].state == T_RUNNING) {
				s->nrunning--;
				run_again(g, p);
			} else if (g->task[p].state == T_DONE) {
				reopen(s, i, p);
			}
		}
	}
}

static void
on_tick(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	if (s->conf.stall_ms > 0 && s->moved_ms &&
	    ev->now_ms - s->moved_ms > s->conf.stall_ms)
		fail(s, ev, out);
}

int
sched_event(struct sched *s, const struct sched_event *ev,
    struct sched_orders *out)
{
	if (s->ended)
		return 0;
	switch (ev->kind) {
	case EV_START:
		s->moved_ms = ev->now_ms;
		submit_ready(s, out);
		break;
	case EV_EXEC_UP:
		executor(s, ev->exec)->up = true;
		s->exec[ev->exec].slots = ev->slots + s->conf.ahead;
		break;
	case EV_EXEC_LOST:   on_exec_lost(s, ev); break;
	case EV_TASK_DONE:   on_done(s, ev, out); break;
	case EV_TASK_FAILED: on_failed(s, ev, out); break;
	case EV_STAGE_PARTS: on_parts(s, ev, out); break;
	case EV_CANCEL:      fail(s, ev, out); break;
	case EV_TICK:        on_tick(s, ev, out); break;
	default:             break;
	}
	if (!s->ended) {
		submit_ready(s, out);
		place(s, out);
	}
	return 1;
}

struct sched_count
sched_count(const struct sched *s, int job)
{
	struct sched_count c = { .done = (int)s->done_tasks,
	    .running = s->nrunning, .stages_done = s->ndone,
	    .failed_attempts = s->nfailed };

	for (int i = 0; i < s->nstage; i++)
		c.total += s->stage[i].npart;
	(void)job;
	return c;
}
