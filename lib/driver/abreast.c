/*
 * abreast -- see abreast.h.
 *
 * One thread, the driver's, has all actions in hand; their tasks share the
 * backend's scheduler, threads or executors, and memory.
 */
#include "driver/abreast.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/executors.h"
#include "driver/progress.h"
#include "driver/read_once.h"
#include "executor/held_jobs.h"

#define TICK_MS 100
#define WAITING_MAX 1000        /* plans that are held back */
/* More jobs an executor would refuse; it also has some that it stops. */
#define AT_ONCE_MAX (HELD_JOBS_MAX / 2)

/* Inputs that can be read only once are read in the order of the script, kept
 * rows are made by the first who wants them, and two statements that read one
 * input would put the same bad records aside. */
static bool
must_be_alone(const struct node *n)
{
	if (n->kind == NODE_CACHE || n->kind == NODE_COLLECT)
		return true;
	if (n->kind == NODE_EXCHANGE && n->u.exchange.kept)
		return true;
	if (n->kind == NODE_SCAN && n->u.scan.input->quarantine_dir)
		return true;
	if (n->kind == NODE_SCAN)
		for (int i = 0; i < n->u.scan.input->nfile; i++)
			if (n->u.scan.input->file_v[i].size < 0)
				return true;
	for (int i = 0; i < n->nkid; i++)
		if (must_be_alone(n->kid[i]))
			return true;
	return false;
}

/* Does a node below write where a node of the others does? */
static bool
same_target(const struct node *n, const struct node *other)
{
	bool writes = n->kind == NODE_WRITE || n->kind == NODE_TEE;

	if (writes && (other->kind == NODE_WRITE || other->kind == NODE_TEE) &&
	    strcmp(n->u.write.target, other->u.write.target) == 0)
		return true;
	for (int i = 0; writes && i < other->nkid; i++)
		if (same_target(n, other->kid[i]))
			return true;
	for (int i = 0; i < n->nkid; i++)
		if (same_target(n->kid[i], other))
			return true;
	return false;
}

static bool
clash(const struct stages *s, const struct stages *with)
{
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < with->n; k++)
			if (same_target(s->stage[i].root,
			    with->stage[k].root))
				return true;
	return false;
}

int
abreast_add(struct app *a, const struct stages *s)
{
	if (strcasecmp(conf_get(&a->conf, "spark.scheduler.mode"), "FAIR") != 0
	    || a->nwaiting == WAITING_MAX)
		return 0;
	for (int i = 0; i < s->n; i++)
		if (must_be_alone(s->stage[i].root))
			return 0;
	for (int i = 0; i < a->nwaiting; i++)
		if (clash(s, a->waiting[i].stages))
			return 0;
	ARENA_GROW(&a->arena, a->waiting, a->nwaiting, a->waiting_cap);
	a->waiting[a->nwaiting++] = (struct running){ .stages = s,
	    .pool = conf_get(&a->conf, "spark.scheduler.pool") };
	return 1;
}

int
abreast_flush(struct app *a, struct err *e)
{
	int n = a->nwaiting;
	int64_t most = conf_int(&a->conf, "sp.statements.at.once");

	a->nwaiting = 0;
	return n == 0 ? 0 : abreast_run(a, a->waiting, n, most < 1 ? 1 :
	    most > AT_ONCE_MAX ? AT_ONCE_MAX : (int)most, e);
}

int
abreast_failed(struct app *a, int code, struct err *e)
{
	struct err before;
	int r = abreast_flush(a, &before);

	if (r >= 0)
		return code;
	*e = before;
	return r;
}

struct lanes {
	struct app *app;
	struct backend backend;
	bool open;
	struct running *v;
	int n, most, live;
	int next;                       /* not begun yet */
	int bad;                        /* the first that has failed, or n */
};

/* Those after it are not wanted any more. */
static void
note_failed(struct lanes *l, int i)
{
	struct err e;

	if (i >= l->bad)
		return;
	l->bad = i;
	err_set(&e, ERR_TEMP, "a statement before it has failed");
	for (int k = i + 1; k < l->next; k++)
		if (l->v[k].runner)
			runner_fail(l->v[k].runner, &e, ERR_TEMP);
}

static int
begin(struct lanes *l, struct running *x)
{
	struct app *a = l->app;

	if (!l->open)
		TRY(job_backend(a, &l->backend, &x->err));
	l->open = true;
	return running_begin(a, x, &l->backend, &x->err);
}

static void
start(struct lanes *l, int i)
{
	struct running *x = &l->v[i];

	x->code = running_open(l->app, x, &x->err);
	if (x->code < 0)
		note_failed(l, i);
	if (x->code < 0 || x->skip)
		return;
	x->code = read_once_share(l->app, &x->action, &x->err);
	if (x->code >= 0)
		x->code = begin(l, x);
	if (x->code >= 0) {
		l->live++;
		return;
	}
	running_end(l->app, x, &l->backend);
	note_failed(l, i);
}

/* One that runs has ended. */
static void
finish(struct lanes *l, int i)
{
	struct running *x = &l->v[i];

	x->code = runner_result(x->runner, &x->err);
	if (running_end(l->app, x, &l->backend)) {
		x->code = begin(l, x);
		if (x->code >= 0)
			return;
		running_end(l->app, x, &l->backend);
	}
	l->live--;
	if (x->code < 0)
		note_failed(l, i);
}

static void
show_progress(const struct lanes *l)
{
	struct progress p = { .statements = l->n };

	for (int i = 0; i < l->next; i++) {
		const struct running *x = &l->v[i];

		p.statements_done += x->runner == NULL;
		if (x->runner)
			progress_add(&p, x->runner);
	}
	progress_tick(&p, l->app->cluster);
}

static void
turn(struct lanes *l)
{
	struct sched_event tick = { .kind = EV_TICK };
	struct err e;
	int code = l->backend.wait(&l->backend, TICK_MS, &e);

	for (int i = 0; i < l->next; i++) {
		struct running *x = &l->v[i];

		if (x->runner && code < 0)
			runner_fail(x->runner, &e, code);
		if (x->runner && runner_turn(x->runner))
			finish(l, i);
	}
	if (l->live == 0)
		return;
	backend_tell(&l->backend, &tick);
	show_progress(l);
}

int
abreast_run(struct app *a, struct running *v, int n, int most, struct err *e)
{
	struct lanes l = { .app = a, .v = v, .n = n, .most = most, .bad = n };

	do {
		while (l.live < l.most && l.next < l.bad)
			start(&l, l.next++);
		if (l.live > 0)
			turn(&l);
	} while (l.live > 0 || l.next < l.bad);
	if (l.open)
		l.backend.close(&l.backend);
	progress_end();
	if (l.bad == n)
		return 0;
	*e = v[l.bad].err;
	return v[l.bad].code;
}

int
job_run(struct app *a, const struct stages *s, struct err *e)
{
	struct running x = { .stages = s, .pool = "" };

	TRY(abreast_flush(a, e));
	return abreast_run(a, &x, 1, 1, e);
}
