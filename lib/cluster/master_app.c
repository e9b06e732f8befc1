/*
 * master_app -- what drivers tell the master, and what time does to leases.
 *
 * An application is known by its token, so that a driver whose connection
 * broke, or whose registration was answered into the void, comes back as the
 * same one.  It lists the executors that it knows of and is told what is not
 * so any more.
 */
#include "cluster/master_int.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cluster/master_place.h"
#include "cluster/master_records.h"

static struct app *
app_of(struct master *m, int link)
{
	struct app *a = m->state.app;

	while (a && (a->link != link || a->state != APP_LIVE))
		a = a->next;
	return a;
}

static void
refuse(struct master *m, int link, int code, const char *why)
{
	master_order(m, ORDER_REFUSE, link, why)->n = code;
}

static void
add_mb(struct text *t, int64_t mb)
{
	text_add_size(t, (double)mb * (1 << 20));
}

/* Why no worker can ever hold an executor of this size: 1 with a text, or 0
 * when one can or there are no workers to compare with. */
static int
too_large(const struct master *m, const struct app_hello *h, struct text *why)
{
	const struct worker *best = NULL;
	struct app probe = { .hello = *h };

	for (struct worker *w = m->state.worker; w; w = w->next) {
		int64_t mb;

		if (app_size_on(&probe, w, &mb))
			return 0;
		if (!best || w->hello.cores > best->hello.cores ||
		    (w->hello.cores == best->hello.cores &&
		    w->hello.memory_mb > best->hello.memory_mb))
			best = w;
	}
	if (!best)
		return 0;
	text_addf(why, "an executor of %d core%s and ", h->cores ? h->cores : 1,
	    h->cores > 1 ? "s" : "");
	add_mb(why, h->memory_mb);
	text_addf(why, " fits on no worker of %d; the largest, on %s, "
	    "has %d core%s and ", m->state.nworker, best->hello.host,
	    best->hello.cores, best->hello.cores > 1 ? "s" : "");
	add_mb(why, best->hello.memory_mb);
	return 1;
}

/* Returns 1 if it can be served, else it was refused. */
static int
check_hello(struct master *m, const struct app_hello *h, int link)
{
	int max = h->cores_max ? h->cores_max : m->conf.default_cores;
	struct text why = { 0 };
	int good = 0;

	if (h->cores < 0 || h->memory_mb < 0 || h->cores_max < 0 ||
	    h->instances < 0 || h->weight < 1 || h->weight > 1000)
		text_adds(&why, "cores, memory or weight out of range");
	else if (max && h->cores > max)
		text_addf(&why, "an executor of %d cores is larger than the "
		    "%d cores of the application (spark.cores.max)",
		    h->cores, max);
	else
		good = !too_large(m, h, &why);
	if (!good)
		refuse(m, link, EXIT_UNAVAILABLE, text_str(&why));
	text_release(&why);
	return good;
}

static void
put_app(struct master *m, const struct app_hello *h, struct app *a, int first)
{
	record_app(&m->record, h, a ? a->number : m->state.next_app,
	    a ? a->submitted_ms : m->wall_ms, first, a ? a->nfail : 0);
	master_change(m);
}

static struct app *
new_app(struct master *m, const struct master_event *ev)
{
	struct app_hello h = *ev->app;
	int adopt = *h.id && !state_app(&m->state, h.id);
	struct app *a;

	if (m->state.napp - m->state.nended >= APP_MAX) {
		refuse(m, ev->link, EXIT_TEMP, "too many applications");
		return NULL;
	}
	/* What another master has accepted is not weighed again: the workers
	 * that are large enough may come later. */
	if (!adopt && !check_hello(m, &h, ev->link))
		return NULL;
	if (!adopt)
		snprintf(h.id, sizeof h.id, "app-%04d-%08x",
		    m->state.next_app, (unsigned)(h.token & 0xffffffff));
	put_app(m, &h, NULL, adopt ? master_adopt_number(m, NULL, &h) : 0);
	a = state_app(&m->state, h.id);
	if (adopt)
		master_adopt_all(m, a);
	return a;
}

static int
knows(const struct app_hello *h, int num)
{
	for (int i = 0; i < h->nexec; i++)
		if (h->exec[i] == num)
			return 1;
	return 0;
}

/* Tells the driver what it does not know of its executors; losses first, so
 * that it never counts more than it may have. */
static void
tell_difference(struct master *m, struct app *a, const struct app_hello *h)
{
	struct worker_hello *at;
	struct order *o;

	a->nexpect = 0;
	for (int i = 0; i < h->nexec; i++) {
		struct exec *x = app_exec(a, h->exec[i]);

		if (x && !x->ending)
			continue;
		if (!x && m->now_ms < a->adopt_ms) {
			master_expect(a, h->exec[i]);
			continue;
		}
		o = master_order(m, ORDER_EXEC_LOST, a->link,
		    "it ended while the master was away");
		memcpy(o->exec.app, a->hello.id, sizeof o->exec.app);
		o->exec.num = h->exec[i];
		o->n = END_WORKER_LOST;
	}
	for (struct exec *x = a->exec; x; x = x->app_next) {
		if (x->ending || knows(h, x->num))
			continue;
		if (m->now_ms < a->adopt_ms) {  /* our journal may be old */
			master_exec_stop(m, x, END_KILLED, NULL);
			continue;
		}
		o = orders_add(m->out, ORDER_EXEC_UP, a->link);
		memcpy(o->exec.app, a->hello.id, sizeof o->exec.app);
		o->exec.num = x->num;
		o->cores = x->cores;
		o->memory_mb = x->memory_mb;
		at = NEW(&m->out->arena, struct worker_hello);
		*at = x->worker->hello;
		o->worker = at;
	}
}

void
master_app_register(struct master *m, const struct master_event *ev)
{
	struct app *a = CLUSTER_BUG == 4 ? NULL :
	    state_app_token(&m->state, ev->app->token);
	struct order *o;

	if (a && a->state == APP_ENDED) {
		refuse(m, ev->link, a->status ? a->status : EXIT_JOB,
		    *a->why ? a->why : "the application has ended");
		return;
	}
	if (a && a->link == ev->link)
		return;         /* an echo */
	if (a && a->link >= 0)
		orders_add(m->out, ORDER_DROP, a->link);
	if (a) {
		struct app_hello h = *ev->app;

		memcpy(h.id, a->hello.id, sizeof h.id);
		h.cores = a->hello.cores;
		h.memory_mb = a->hello.memory_mb;
		h.overhead_mb = a->hello.overhead_mb;
		h.weight = a->hello.weight;
		put_app(m, &h, a, m->conf.several ?
		    master_adopt_number(m, a, &h) : a->next_exec);
	} else {
		a = new_app(m, ev);
	}
	if (!a)
		return;
	memcpy(a->hello.key, ev->app->key, sizeof a->hello.key);
	a->hello.exec = NULL;
	a->link = ev->link;
	a->heard_ms = m->now_ms;
	a->gone_ms = 0;
	a->waits_ms = 0;
	a->noted = 0;
	o = master_order(m, ORDER_APP_WELCOME, a->link, a->hello.id);
	o->n = m->state.epoch;
	tell_difference(m, a, ev->app);
}

void
master_app_renew(struct master *m, const struct master_event *ev)
{
	struct app *a = app_of(m, ev->link);

	if (!a)
		return;
	a->heard_ms = m->now_ms;
	orders_add(m->out, ORDER_APP_GRANT, ev->link)->n = ev->n;
}

void
master_app_want(struct master *m, const struct master_event *ev)
{
	struct app *a = app_of(m, ev->link);
	struct app_hello h;

	if (!a || ev->app->cores_max < 0 || ev->app->instances < 0)
		return;
	a->heard_ms = m->now_ms;
	h = a->hello;
	h.cores_max = ev->app->cores_max;
	h.instances = ev->app->instances;
	put_app(m, &h, a, a->next_exec);
}

void
master_app_release(struct master *m, const struct master_event *ev)
{
	struct app *a = app_of(m, ev->link);
	struct exec *x = a ? app_exec(a, (int)ev->n) : NULL;

	if (!a)
		return;
	a->heard_ms = m->now_ms;
	if (x && !x->ending)
		master_exec_stop(m, x, x->revoking ? END_REVOKED : END_KILLED,
		    "released");
}

void
master_app_done(struct master *m, const struct master_event *ev)
{
	struct app *a = app_of(m, ev->link);
	struct order *o;

	if (!a)
		return;
	o = master_order(m, ORDER_APP_GRANT, ev->link, NULL);
	o->n = -1;                      /* the end is known */
	a->link = -1;
	master_app_end(m, a, (int)ev->n, ev->text ? ev->text : "");
}

/* ---- time ------------------------------------------------------------ */

static void
note_waiting(struct master *m, struct app *a)
{
	struct text t = { 0 };
	int busy = 0, cores = 0;

	if (a->nexec || !app_wants(a, &m->conf)) {
		a->waits_ms = 0;
		return;
	}
	if (!a->waits_ms)
		a->waits_ms = m->now_ms;
	if (a->noted || m->now_ms - a->waits_ms < WAIT_NOTE_MS)
		return;
	for (struct worker *w = m->state.worker; w; w = w->next) {
		busy += w->cores_used;
		cores += w->hello.cores;
	}
	if (!m->state.nworker)
		text_adds(&t, "no worker has registered with the master yet");
	else
		text_addf(&t, "waiting for an executor: %d of %d cores on %d "
		    "workers are taken", busy, cores, m->state.nworker);
	master_order(m, ORDER_NOTE, a->link, text_str(&t));
	text_release(&t);
	a->noted = 1;
}

static void
lose_silent_workers(struct master *m)
{
	for (struct worker *w = m->state.worker, *next; w; w = next) {
		next = w->next;
		if (w->state == WORKER_DOWN &&
		    m->now_ms - w->down_ms >= WORKER_GRACE_MS) {
			master_worker_lost(m, w, "its worker went away");
		} else if (m->now_ms - w->heard_ms >= (CLUSTER_BUG == 7 ?
		    LEASE_MASTER_MS / 2 : LEASE_MASTER_MS)) {
			if (w->link >= 0)
				orders_add(m->out, ORDER_DROP, w->link);
			master_worker_lost(m, w, "its worker was silent for "
			    "20 seconds");
		}
	}
}

/* Why the application has to end now, or NULL. */
static const char *
app_overdue(const struct master *m, const struct app *a)
{
	if (a->state != APP_LIVE)
		return NULL;
	if (a->gone_ms && m->now_ms - a->gone_ms >= DRIVER_GRACE_MS)
		return "its driver went away";
	if (m->now_ms - a->heard_ms >= LEASE_MASTER_MS)
		return "its driver was silent for 20 seconds";
	return NULL;
}

static void
lose_silent_apps(struct master *m)
{
	struct app *a = m->state.app;

	while (a) {
		const char *why = app_overdue(m, a);

		if (!why) {
			a = a->next;
			continue;
		}
		master_app_end(m, a, EXIT_TEMP, why);
		a = m->state.app;       /* ended ones may have been freed */
	}
}

/* Ends the executors that a driver did not empty in time. */
static void
take_back(struct master *m, struct worker *w)
{
	for (struct exec *x = w->exec; x; x = x->worker_next) {
		if (!x->revoking || x->ending ||
		    m->now_ms - x->since_ms < REVOKE_MS ||
		    CLUSTER_BUG == 6)
			continue;
		if (w->draining)
			master_exec_stop(m, x, END_DRAINED,
			    "its worker is drained");
		else
			master_exec_stop(m, x, END_REVOKED,
			    "its cores go to another application");
	}
}

void
master_tick(struct master *m, const struct master_event *ev)
{
	(void)ev;
	lose_silent_workers(m);
	lose_silent_apps(m);
	for (struct worker *w = m->state.worker; w; w = w->next)
		take_back(m, w);
	for (struct worker *w = m->state.worker; w; w = w->next)
		master_foreign_end(m, w);
	for (struct app *a = m->state.app; a; a = a->next) {
		if (a->state != APP_LIVE)
			continue;
		master_expect_end(m, a);
		note_waiting(m, a);
	}
}
