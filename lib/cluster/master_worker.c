/*
 * master_worker -- what workers tell the master: who they are, that they
 * live, what became of executors.
 *
 * A worker that comes back (after a broken connection, or a restart of the
 * master) lists what it runs.  What is not in the list is lost; what the
 * master does not want is stopped, and its cores are not given away before
 * the worker says that it is gone.
 */
#include "cluster/master_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cluster/master_records.h"
#include "cluster/standby.h"

static struct worker *
worker_of(struct master *m, int link)
{
	struct worker *w = m->state.worker;

	while (w && w->link != link)
		w = w->next;
	return w;
}

static struct exec *
exec_on(struct master *m, const struct worker *w, const struct exec_name *n)
{
	struct app *a = state_app(&m->state, n->app);
	struct exec *x = a ? app_exec(a, n->num) : NULL;

	return x && x->worker == w ? x : NULL;
}

static const struct exec_report *
listed(const struct worker_hello *h, const struct exec *x)
{
	for (int i = 0; i < h->nexec; i++)
		if (h->exec[i].name.num == x->num &&
		    h->exec[i].state != EXEC_GONE &&
		    strcmp(h->exec[i].name.app, x->app->hello.id) == 0)
			return &h->exec[i];
	return NULL;
}

static void
stop_foreign(struct master *m, struct worker *w, const struct exec_report *r)
{
	struct foreign *f;

	for (f = w->foreign; f; f = f->next)
		if (strcmp(f->name.app, r->name.app) == 0 &&
		    f->name.num == r->name.num)
			break;
	if (f) {                        /* its cores are counted already */
		if (CLUSTER_BUG != 3 && !f->until_ms)
			orders_add(m->out, ORDER_STOP, w->link)->exec =
			    r->name;
		return;
	}
	f = xcalloc(1, sizeof *f);

	f->name = r->name;
	f->cores = r->cores;
	f->memory_mb = r->memory_mb;
	f->next = w->foreign;
	w->foreign = f;
	if (!state_app(&m->state, r->name.app))
		f->until_ms = m->now_ms + ADOPT_MS;
	else if (CLUSTER_BUG != 3)
		orders_add(m->out, ORDER_STOP, w->link)->exec = r->name;
}

/* An executor that is not in our state: taken over, waited for, stopped. */
static void
not_ours(struct master *m, struct worker *w, const struct exec_report *r)
{
	if (!master_adopts(m, r->name.app) || !master_adopt(m, w, &r->name,
	    r->state, r->cores, r->memory_mb))
		stop_foreign(m, w, r);
}

/* A worker keeps files of an application that is not known: they wait as
 * executors do. */
static void
keep_files(struct master *m, struct worker *w, const char *app)
{
	struct foreign *f = w->foreign;

	while (f && strcmp(f->name.app, app) != 0)
		f = f->next;
	if (f)
		return;
	f = xcalloc(1, sizeof *f);
	memcpy(f->name.app, app, sizeof f->name.app);
	f->name.num = -1;
	f->until_ms = m->now_ms + ADOPT_MS;
	f->next = w->foreign;
	w->foreign = f;
}

/* Compares what we believe to run there with what does. */
static void
reconcile(struct master *m, struct worker *w, const struct worker_hello *h)
{
	for (struct exec *x = w->exec, *next; x; x = next) {
		const struct exec_report *r = listed(h, x);

		next = x->worker_next;
		if (!r) {
			master_exec_gone(m, x, END_WORKER_LOST,
			    "its worker does not run it any more",
			    x->app->nfail);
			continue;
		}
		if (!x->ending)
			x->state = r->state;
		if (x->ending || x->app->state != APP_LIVE)
			master_exec_stop(m, x, END_KILLED, NULL);
	}
	worker_clear_foreign(w);
	master_drivers_reconcile(m, w, h);
	for (int i = 0; i < h->nexec; i++)
		if (h->exec[i].state != EXEC_GONE &&
		    !exec_on(m, w, &h->exec[i].name))
			not_ours(m, w, &h->exec[i]);
	for (int i = 0; i < h->napp; i++) {
		struct app *a = state_app(&m->state, h->app[i]);

		if (!a)
			keep_files(m, w, h->app[i]);
		if (!a || a->state == APP_LIVE)
			continue;
		memcpy(orders_add(m->out, ORDER_FORGET_APP, w->link)->exec.app,
		    h->app[i], ID_SIZE);
	}
}

static void
refuse(struct master *m, int link, int code, const char *why)
{
	master_order(m, ORDER_REFUSE, link, why)->n = code;
}

void
master_worker_register(struct master *m, const struct master_event *ev)
{
	const struct worker_hello *h = ev->worker;
	struct worker *w = state_worker(&m->state, h->id);
	struct order *o;

	if (!*h->id || h->cores < 1 || h->memory_mb < 1) {
		refuse(m, ev->link, EXIT_CONFIG,
		    "a worker needs an id, a core and some memory");
		return;
	}
	if (!w && m->state.nworker >= WORKER_MAX) {
		refuse(m, ev->link, EXIT_TEMP, "too many workers");
		return;
	}
	if (w && w->link == ev->link)
		return;         /* an echo: its list is old by now */
	if (w && (w->hello.cores != h->cores ||
	    w->hello.memory_mb != h->memory_mb)) {
		refuse(m, ev->link, EXIT_CONFIG,
		    "a worker cannot change its size; start it anew");
		return;
	}
	if (w && w->link >= 0)
		orders_add(m->out, ORDER_DROP, w->link);
	if (h->epoch > m->state.epoch)
		master_raise_epoch(m, m->conf.several ? standby_next_epoch(
		    h->epoch, (uint64_t)m->state.epoch) : h->epoch + 1);
	if (!w || strcmp(w->hello.address, h->address) != 0 ||
	    strcmp(w->hello.version, h->version) != 0) {
		record_worker(&m->record, h);
		master_change(m);
		w = state_worker(&m->state, h->id);
	}
	w->link = ev->link;
	w->state = WORKER_ALIVE;
	w->heard_ms = m->now_ms;
	o = master_order(m, ORDER_WELCOME, ev->link, h->id);
	o->n = m->state.epoch;
	reconcile(m, w, h);
}

void
master_worker_renew(struct master *m, const struct master_event *ev)
{
	struct worker *w = worker_of(m, ev->link);

	if (!w)
		return;
	w->heard_ms = m->now_ms;
	orders_add(m->out, ORDER_GRANT, ev->link)->n = ev->n;
}

/* The application has one more bad start, there. */
static void
count_failure(struct master *m, struct app *a, const struct worker *w)
{
	struct avoid *v = NULL, *oldest = &a->avoid[0];

	for (int i = 0; i < AVOID_MAX; i++) {
		if (strcmp(a->avoid[i].worker, w->hello.id) == 0)
			v = &a->avoid[i];
		if (a->avoid[i].until_ms < oldest->until_ms)
			oldest = &a->avoid[i];
	}
	if (!v) {
		v = oldest;
		v->nfail = 0;
		memcpy(v->worker, w->hello.id, sizeof v->worker);
	}
	v->nfail++;
	v->until_ms = m->now_ms + (250 << (v->nfail < 3 ? v->nfail : 3));
}

static void
exec_ended(struct master *m, struct worker *w, struct exec *x,
    const struct exec_report *r)
{
	struct app *a = x->app;
	int num = x->num, ending = x->ending, nfail = a->nfail;
	int bad = r->status != 0 && !ending && x->revoking == 0;
	struct text why = { 0 };

	if (m->now_ms - x->since_ms >= START_GOOD_MS)
		nfail = 0;
	else if (bad)
		nfail++;
	master_exec_gone(m, x, END_EXITED, r->why, nfail);
	if (!bad || nfail == 0)
		return;
	count_failure(m, a, w);
	if (nfail < START_TRIES)
		return;
	text_addf(&why, "%d executors in a row failed at start; the last, "
	    "%d on %s, with status %d: %s", nfail, num, w->hello.host,
	    r->status, r->why);
	if (why.n >= WHY_SIZE)
		why.p[WHY_SIZE - 1] = '\0';
	master_app_end(m, a, EXIT_UNAVAILABLE, why.p);
	text_release(&why);
}

static void
foreign_ended(struct worker *w, const struct exec_name *name)
{
	for (struct foreign **at = &w->foreign, *f; (f = *at); at = &f->next)
		if (f->name.num == name->num &&
		    strcmp(f->name.app, name->app) == 0) {
			*at = f->next;
			free(f);
			return;
		}
}

void
master_worker_report(struct master *m, const struct master_event *ev)
{
	struct worker *w = worker_of(m, ev->link);
	const struct exec_report *r = ev->report;
	struct exec *x;

	if (!w)
		return;
	w->heard_ms = m->now_ms;
	x = exec_on(m, w, &r->name);
	if (!x) {
		if (r->state == EXEC_GONE)
			foreign_ended(w, &r->name);
		else            /* given up, and started all the same */
			not_ours(m, w, r);
		return;
	}
	if (r->state == EXEC_GONE)
		exec_ended(m, w, x, r);
	else if (!x->ending && r->state > x->state)
		x->state = r->state;
}

void
master_worker_leave(struct master *m, const struct master_event *ev)
{
	struct worker *w = worker_of(m, ev->link);

	if (w)
		master_worker_lost(m, w, "its worker was stopped");
}
