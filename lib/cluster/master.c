/*
 * master -- see master.h: the parts that all events share.  What workers say
 * is in master_worker.c, what drivers say in master_app.c.
 */
#include "cluster/master.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cluster/master_int.h"
#include "cluster/master_place.h"
#include "cluster/master_records.h"

struct master *
master_new(const struct master_conf *conf)
{
	struct master *m = xcalloc(1, sizeof *m);

	m->conf = *conf;
	state_init(&m->state);
	return m;
}

void
master_free(struct master *m)
{
	if (!m)
		return;
	state_release(&m->state);
	free(m);
}

int
master_replay(struct master *m, const char *p, size_t n, struct err *e)
{
	size_t at = 0;
	int r;

	while ((r = record_next(p, n, &at, &m->record, e)) > 0)
		TRY(state_apply(&m->state, &m->record, e));
	return r;
}

void
master_start(struct master *m, int64_t epoch, int64_t now_ms,
    struct text *journal)
{
	m->state.epoch++;
	if (epoch > m->state.epoch)
		m->state.epoch = epoch;
	for (struct worker *w = m->state.worker; w; w = w->next) {
		w->state = WORKER_UNKNOWN;
		w->heard_ms = now_ms;
	}
	for (struct app *a = m->state.app; a; a = a->next) {
		a->heard_ms = now_ms;
		for (struct exec *x = a->exec; x; x = x->app_next)
			x->since_ms = now_ms;
	}
	if (m->conf.several)
		master_adopt_known(m, now_ms);
	state_dump(&m->state, journal);
}

int64_t
master_epoch(const struct master *m)
{
	return m->state.epoch;
}

void
master_dump(const struct master *m, struct text *to)
{
	state_dump(&m->state, to);
}

void
master_change(struct master *m)
{
	struct err e = { 0 };
	int r = state_apply(&m->state, &m->record, &e);

	assert(r == 0);
	(void)r;
	if (CLUSTER_BUG != 5 || m->record.verb[5] != 'e')
		record_add(m->journal, &m->record);
}

struct order *
master_order(struct master *m, enum order_kind kind, int link,
    const char *text)
{
	struct order *o = orders_add(m->out, kind, link);

	o->text = text ? arena_strdup(&m->out->arena, text) : NULL;
	return o;
}

static void
exec_name_of(const struct exec *x, struct exec_name *name)
{
	memcpy(name->app, x->app->hello.id, sizeof name->app);
	name->num = x->num;
}

static void
tell_app(struct master *m, const struct exec *x, enum order_kind kind,
    enum end_reason r, const char *why)
{
	struct order *o;

	if (x->app->link < 0)
		return;
	o = master_order(m, kind, x->app->link, why);
	exec_name_of(x, &o->exec);
	o->n = r;
}

void
master_exec_gone(struct master *m, struct exec *x, enum end_reason r,
    const char *why, int nfail)
{
	struct exec_name name;

	if (!x->ending && CLUSTER_BUG != 8)
		tell_app(m, x, ORDER_EXEC_LOST, r, why);
	exec_name_of(x, &name);
	record_exec_gone(&m->record, &name, nfail);
	master_change(m);
}

void
master_exec_stop(struct master *m, struct exec *x, enum end_reason r,
    const char *why)
{
	struct exec_name name;
	struct order *o;

	if (x->worker->link >= 0) {
		o = master_order(m, ORDER_STOP, x->worker->link, NULL);
		exec_name_of(x, &o->exec);
	}
	if (x->ending)
		return;
	if (why)
		tell_app(m, x, ORDER_EXEC_LOST, r, why);
	exec_name_of(x, &name);
	record_exec_end(&m->record, &name);
	master_change(m);
}

void
master_worker_lost(struct master *m, struct worker *w, const char *why)
{
	while (w->exec)
		master_exec_gone(m, w->exec, END_WORKER_LOST, why,
		    w->exec->app->nfail);
	master_drivers_lost(m, w);
	record_worker_gone(&m->record, w->hello.id);
	master_change(m);
}

void
master_app_end(struct master *m, struct app *a, int status, const char *why)
{
	struct order *o;
	int link = a->link;

	for (struct exec *x = a->exec; x; x = x->app_next)
		master_exec_stop(m, x, END_KILLED, NULL);
	for (struct worker *w = m->state.worker; w; w = w->next) {
		if (w->reserved == a)
			w->reserved = NULL;
		if (w->link < 0)
			continue;
		o = master_order(m, ORDER_FORGET_APP, w->link, NULL);
		memcpy(o->exec.app, a->hello.id, sizeof o->exec.app);
	}
	if (link >= 0 && status) {
		o = master_order(m, ORDER_REFUSE, link, why);
		o->n = status;
	}
	a->link = -1;
	record_app_end(&m->record, a->hello.id, status, why, m->wall_ms);
	master_change(m);       /* may free a */
}

/* ---- scheduling ------------------------------------------------------ */

static void
start_exec(struct master *m, const struct place *p)
{
	struct exec_name name = { "", p->app->next_exec };
	struct order *o;
	struct exec *x;
	struct app_hello *hello;
	struct worker_hello *at;

	memcpy(name.app, p->app->hello.id, sizeof name.app);
	record_exec(&m->record, &name, p->worker->hello.id, p->cores,
	    p->memory_mb);
	master_change(m);
	x = app_exec(p->app, name.num);
	x->since_ms = m->now_ms;

	o = orders_add(m->out, ORDER_START, p->worker->link);
	o->exec = name;
	o->cores = p->cores;
	o->memory_mb = p->memory_mb;
	hello = NEW(&m->out->arena, struct app_hello);
	*hello = p->app->hello;
	o->app = hello;

	o = orders_add(m->out, ORDER_EXEC_UP, p->app->link);
	o->exec = name;
	o->cores = p->cores;
	o->memory_mb = p->memory_mb;
	at = NEW(&m->out->arena, struct worker_hello);
	*at = p->worker->hello;
	o->worker = at;
}

/* Tells the drivers of executors that were marked just now. */
static void
tell_revoked(struct master *m)
{
	for (struct worker *w = m->state.worker; w; w = w->next)
		for (struct exec *x = w->exec; x; x = x->worker_next)
			if (x->revoking == 1 && !x->ending) {
				x->revoking = 2;
				x->since_ms = m->now_ms;
				tell_app(m, x, ORDER_EXEC_REVOKED,
				    END_REVOKED, NULL);
			}
}

void
master_schedule(struct master *m)
{
	struct place p;

	place_begin(&m->state, &m->conf, m->now_ms);
	while (place_next(&m->state, &m->conf, m->now_ms, &p))
		start_exec(m, &p);
	if (place_revoke(&m->state, &m->conf, m->now_ms))
		tell_revoked(m);
}

/* ---- events ---------------------------------------------------------- */

static void
link_down(struct master *m, const struct master_event *ev)
{
	for (struct worker *w = m->state.worker; w; w = w->next)
		if (w->link == ev->link) {
			w->link = -1;
			w->state = WORKER_DOWN;
			w->down_ms = m->now_ms;
		}
	for (struct app *a = m->state.app; a; a = a->next)
		if (a->link == ev->link) {
			a->link = -1;
			a->gone_ms = m->now_ms;
		}
}

static int
kill_app(struct master *m, const struct master_event *ev, struct err *e)
{
	struct app *a = state_app(&m->state, ev->id);

	if (!a || a->state == APP_ENDED)
		return err_user(e, EXIT_USAGE, "no application '%s' runs",
		    ev->id);
	master_app_end(m, a, EXIT_JOB, ev->text ? ev->text :
	    "killed by sp-master kill");
	return 0;
}

static int
drain(struct master *m, const struct master_event *ev, struct err *e)
{
	struct worker *w = state_worker(&m->state, ev->id);

	if (!w)
		return err_user(e, EXIT_USAGE, "there is no worker '%s'",
		    ev->id);
	record_drain(&m->record, ev->id, ev->n != 0);
	master_change(m);
	for (struct exec *x = w->exec; x && ev->n; x = x->worker_next)
		x->revoking = x->revoking || x->ending ? x->revoking : 1;
	tell_revoked(m);
	return 0;
}

static void (*const handlers[])(struct master *,
    const struct master_event *) = {
	[MASTER_TICK] = master_tick,
	[MASTER_LINK_DOWN] = link_down,
	[MASTER_WORKER_REGISTER] = master_worker_register,
	[MASTER_WORKER_RENEW] = master_worker_renew,
	[MASTER_WORKER_REPORT] = master_worker_report,
	[MASTER_WORKER_LEAVE] = master_worker_leave,
	[MASTER_APP_REGISTER] = master_app_register,
	[MASTER_APP_RENEW] = master_app_renew,
	[MASTER_APP_WANT] = master_app_want,
	[MASTER_APP_RELEASE] = master_app_release,
	[MASTER_APP_END] = master_app_done,
	[MASTER_DRIVER_GONE] = master_driver_gone,
};

int
master_event(struct master *m, const struct master_event *ev,
    struct orders *out, struct text *journal, struct err *e)
{
	int r = 0;

	m->now_ms = ev->now_ms;
	m->wall_ms = ev->wall_ms;
	m->out = out;
	m->journal = journal;
	if (ev->kind == MASTER_KILL_APP)
		r = kill_app(m, ev, e);
	else if (ev->kind == MASTER_DRAIN)
		r = drain(m, ev, e);
	else if (ev->kind == MASTER_DRIVER_SUBMIT)
		r = master_driver_submit(m, ev, e);
	else
		handlers[ev->kind](m, ev);
	if (ev->kind != MASTER_WORKER_RENEW && ev->kind != MASTER_APP_RENEW)
		master_schedule(m);
	return r;
}
