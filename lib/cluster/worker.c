/*
 * worker -- see worker.h.
 *
 * An executor goes STARTING -> RUNNING -> STOPPING -> gone; its cores are free
 * when it was reaped, not before.  Numbers of executors only grow within an
 * application, so an order to start one that is not newer than all before it
 * is an echo and is ignored.
 */
#include "cluster/worker.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

enum link_state { LINK_NONE, LINK_TRYING, LINK_ASKED, LINK_WELCOME };

enum {
	BACKOFF_MIN_MS = 100,
	BACKOFF_MAX_MS = 2000,
	WELCOME_MS = 8000,      /* an answer to REGISTER takes no longer */
	RENEW_RING = 8,
	SILENT_MS = 8000,       /* without a grant: another connection */
	ENDED_RING = 32,
};

struct child {
	struct child *next;
	struct exec_name name;
	int  cores;
	int64_t memory_mb;
	enum exec_state state;
	int64_t stop_ms;        /* asked to end then */
};

struct seat {
	struct seat *next;
	struct driver_lease driver;
};

/* An application that has had executors here. */
struct local_app {
	struct local_app *next;
	char id[ID_SIZE];
	int  newest;            /* number of its newest executor */
	int  forget;            /* remove its files when it has none left */
};

struct worker {
	struct worker_hello hello;
	struct child *child;
	struct seat *seat;
	char ended[ENDED_RING][ID_SIZE];        /* drivers: for echoes */
	int  nended;
	struct local_app *app;
	enum link_state link;
	int64_t asked_ms;       /* REGISTER was sent then */
	int64_t lease_ms;       /* the executors may run until then */
	int64_t epoch;
	int64_t nrenew, renew_ms;
	int64_t sent_ms[RENEW_RING];    /* of the last renewals */
	int64_t try_ms;         /* next attempt to connect */
	int64_t tried_ms;       /* the last one began */
	int  backoff_ms;
	int  fenced;            /* no connection before all are gone */
	int  quitting;
	int  exited;
};

struct worker *
worker_new(const struct worker_hello *hello, int64_t now_ms)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->hello = *hello;
	w->hello.exec = NULL;
	w->hello.app = NULL;
	w->hello.driver = NULL;
	w->hello.ndriver = w->hello.nexec = w->hello.napp = 0;
	w->try_ms = now_ms;
	w->backoff_ms = BACKOFF_MIN_MS;
	return w;
}

void
worker_free(struct worker *w)
{
	if (!w)
		return;
	for (struct child *c = w->child, *next; c; c = next) {
		next = c->next;
		free(c);
	}
	for (struct local_app *a = w->app, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	for (struct seat *s = w->seat, *next; s; s = next) {
		next = s->next;
		free(s);
	}
	free(w);
}

static struct child *
find_child(const struct worker *w, const struct exec_name *name)
{
	struct child *c = w->child;

	while (c && (c->name.num != name->num ||
	    strcmp(c->name.app, name->app) != 0))
		c = c->next;
	return c;
}

static struct local_app *
find_app(const struct worker *w, const char *id)
{
	struct local_app *a = w->app;

	while (a && strcmp(a->id, id) != 0)
		a = a->next;
	return a;
}

static int64_t
memory_used(const struct worker *w)
{
	int64_t n = 0;

	for (const struct child *c = w->child; c; c = c->next)
		n += c->memory_mb;
	for (const struct seat *s = w->seat; s; s = s->next)
		n += s->driver.memory_mb;
	return n;
}

int
worker_cores_used(const struct worker *w)
{
	int n = 0;

	for (const struct child *c = w->child; c; c = c->next)
		n += c->cores;
	for (const struct seat *s = w->seat; s; s = s->next)
		n += s->driver.cores;
	return n;
}

int
worker_exec_count(const struct worker *w)
{
	int n = 0;

	for (const struct child *c = w->child; c; c = c->next)
		n++;
	return n;
}

int
worker_runs(const struct worker *w, const struct exec_name *name)
{
	return find_child(w, name) != NULL;
}

int64_t
worker_lease_ms(const struct worker *w)
{
	return w->lease_ms;
}

/* ---- to the master --------------------------------------------------- */

static void
report(struct worker *w, const struct exec_report *r, struct orders *out)
{
	struct exec_report *copy;

	/* Without a link the list at registration will tell; once that was
	 * sent, only a report does, also before the answer to it came. */
	if (w->link != LINK_WELCOME &&
	    (w->link != LINK_ASKED || CLUSTER_BUG == 9))
		return;
	copy = NEW(&out->arena, struct exec_report);
	*copy = *r;
	orders_add(out, ORDER_REPORT, 0)->report = copy;
}

static void
report_child(struct worker *w, const struct child *c, struct orders *out)
{
	struct exec_report r = { .name = c->name, .state = c->state,
		.cores = c->cores, .memory_mb = c->memory_mb };

	report(w, &r, out);
}

static void
report_gone(struct worker *w, const struct exec_name *name, int status,
    const char *why, struct orders *out)
{
	struct exec_report r = { .name = *name, .state = EXEC_GONE,
		.status = status };
	size_t n = why ? strlen(why) : 0;

	n = n < sizeof r.why ? n : sizeof r.why - 1;
	if (n)
		memcpy(r.why, why, n);
	report(w, &r, out);
}

static void
list_drivers(const struct worker *w, struct worker_hello *h,
    struct orders *out)
{
	struct driver_lease *v;
	int n = 0;

	for (const struct seat *s = w->seat; s; s = s->next)
		n++;
	h->driver = v = NEW_N(&out->arena, struct driver_lease, n + 1);
	for (const struct seat *s = w->seat; s; s = s->next)
		v[h->ndriver++] = s->driver;
}

static void
register_at(struct worker *w, int64_t now_ms, struct orders *out)
{
	struct worker_hello *h = NEW(&out->arena, struct worker_hello);
	struct exec_report *x = NEW_N(&out->arena, struct exec_report,
	    worker_exec_count(w) + 1);
	char (*id)[ID_SIZE];
	int n = 0;

	*h = w->hello;
	h->exec = x;
	for (const struct child *c = w->child; c; c = c->next, h->nexec++)
		x[h->nexec] = (struct exec_report){ .name = c->name,
			.state = c->state, .cores = c->cores,
			.memory_mb = c->memory_mb };
	for (const struct local_app *a = w->app; a; a = a->next)
		n++;
	id = arena_alloc(&out->arena, (size_t)(n + 1) * ID_SIZE);
	for (const struct local_app *a = w->app; a; a = a->next)
		memcpy(id[h->napp++], a->id, ID_SIZE);
	h->app = (const char (*)[ID_SIZE])id;
	h->epoch = w->epoch;
	list_drivers(w, h, out);
	w->link = LINK_ASKED;
	w->asked_ms = now_ms;
	orders_add(out, ORDER_REGISTER, 0)->worker = h;
}

static void
hang_up(struct worker *w, int64_t now_ms, struct orders *out)
{
	if (w->link == LINK_ASKED || w->link == LINK_WELCOME)
		orders_add(out, ORDER_HANG_UP, 0);
	w->link = LINK_NONE;
	w->try_ms = now_ms + w->backoff_ms;
}

/* ---- executors ------------------------------------------------------- */

static void
stop_child(struct child *c, int64_t now_ms, struct orders *out)
{
	if (c->state == EXEC_STOPPING)
		return;
	c->state = EXEC_STOPPING;
	c->stop_ms = now_ms;
	orders_add(out, ORDER_ASK_END, 0)->exec = c->name;
}

static void
kill_child(struct child *c, int64_t now_ms, struct orders *out)
{
	c->state = EXEC_STOPPING;
	c->stop_ms = now_ms;
	orders_add(out, ORDER_KILL, 0)->exec = c->name;
}

static void
start(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	struct local_app *a = find_app(w, ev->exec.app);
	struct child *c = find_child(w, &ev->exec);
	struct order *o;
	struct app_hello *hello;

	if (w->link != LINK_WELCOME)
		return;         /* of a link that is no more */
	if (c) {
		report_child(w, c, out);
		return;
	}
	if (a && ev->exec.num <= a->newest)
		return;
	if (w->quitting || ev->cores < 1 || (a && a->forget) ||
	    worker_cores_used(w) + ev->cores > w->hello.cores ||
	    memory_used(w) + ev->memory_mb > w->hello.memory_mb) {
		report_gone(w, &ev->exec, EXIT_TEMP,
		    "the worker has no room for it", out);
		return;
	}
	if (!a) {
		a = xcalloc(1, sizeof *a);
		memcpy(a->id, ev->exec.app, sizeof a->id);
		a->next = w->app;
		w->app = a;
	}
	a->newest = ev->exec.num;
	c = xcalloc(1, sizeof *c);
	c->name = ev->exec;
	c->cores = ev->cores;
	c->memory_mb = ev->memory_mb;
	c->next = w->child;
	w->child = c;
	o = orders_add(out, ORDER_SPAWN, 0);
	o->exec = c->name;
	o->cores = c->cores;
	o->memory_mb = c->memory_mb;
	hello = NEW(&out->arena, struct app_hello);
	if (ev->app)
		*hello = *ev->app;
	o->app = hello;
}

static void
stop(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	struct child *c = find_child(w, &ev->exec);

	if (c)
		stop_child(c, ev->now_ms, out);
	else
		report_gone(w, &ev->exec, 0, "", out);
}

/* Removes an application's files once nothing of it runs here. */
static void
forget_idle(struct worker *w, const char *id, struct orders *out)
{
	struct local_app **at = &w->app, *a;

	while (*at && strcmp((*at)->id, id) != 0)
		at = &(*at)->next;
	a = *at;
	if (!a || !a->forget)
		return;
	for (const struct child *c = w->child; c; c = c->next)
		if (strcmp(c->name.app, id) == 0)
			return;
	memcpy(orders_add(out, ORDER_FORGET_APP, 0)->exec.app, id, ID_SIZE);
	*at = a->next;
	free(a);
}

static void
forget_app(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	struct local_app *a = find_app(w, ev->exec.app);

	if (!a)
		return;
	a->forget = 1;
	for (struct child *c = w->child; c; c = c->next)
		if (strcmp(c->name.app, a->id) == 0)
			stop_child(c, ev->now_ms, out);
	forget_idle(w, ev->exec.app, out);
}

static void
exec_up(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	struct child *c = find_child(w, &ev->exec);

	if (!c || c->state != EXEC_STARTING)
		return;
	c->state = EXEC_RUNNING;
	report_child(w, c, out);
}

static void
exit_when_idle(struct worker *w, struct orders *out)
{
	if (!w->quitting || w->child || w->exited)
		return;
	w->exited = 1;
	orders_add(out, ORDER_EXIT, 0);
}

static void
exec_gone(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	struct child **at = &w->child, *c;

	while (*at && *at != find_child(w, &ev->exec))
		at = &(*at)->next;
	c = *at;
	if (!c)
		return;
	*at = c->next;
	free(c);
	report_gone(w, &ev->exec, (int)ev->n, ev->text, out);
	if (!w->child)
		w->fenced = 0;
	forget_idle(w, ev->exec.app, out);
	exit_when_idle(w, out);
}

/* ---- drivers --------------------------------------------------------- */

static struct seat **
find_seat(struct worker *w, const char *id)
{
	struct seat **at = &w->seat;

	while (*at && strcmp((*at)->driver.id, id) != 0)
		at = &(*at)->next;
	return at;
}

static int
has_ended(const struct worker *w, const char *id)
{
	for (int i = 0; i < ENDED_RING; i++)
		if (strcmp(w->ended[i], id) == 0)
			return 1;
	return 0;
}

static void
driver_start(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	const struct driver_lease *d = ev->driver;
	struct driver_lease *copy;
	struct seat *s;

	if (w->link != LINK_WELCOME || *find_seat(w, d->id) ||
	    has_ended(w, d->id))
		return;
	if (w->quitting || d->cores < 0 || d->memory_mb < 0 ||
	    worker_cores_used(w) + d->cores > w->hello.cores ||
	    memory_used(w) + d->memory_mb > w->hello.memory_mb) {
		orders_add(out, ORDER_DRIVER_NO_ROOM, 0)->text =
		    arena_strdup(&out->arena, d->id);
		return;
	}
	s = xcalloc(1, sizeof *s);
	s->driver = *d;
	s->driver.body = NULL;
	s->driver.nbody = 0;
	s->next = w->seat;
	w->seat = s;
	copy = NEW(&out->arena, struct driver_lease);
	*copy = *d;
	copy->body = arena_memdup(&out->arena, d->body ? d->body : "",
	    d->nbody);
	orders_add(out, ORDER_DRIVER_SPAWN, 0)->driver = copy;
}

static void
driver_gone(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	struct seat **at = find_seat(w, ev->text), *s = *at;

	(void)out;
	if (!s)
		return;
	memcpy(w->ended[w->nended++ % ENDED_RING], s->driver.id, ID_SIZE);
	*at = s->next;
	free(s);
}

/* ---- link and lease -------------------------------------------------- */

static void
link_up(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	if (w->link != LINK_TRYING)
		return;
	if (w->fenced) {
		w->link = LINK_ASKED;
		hang_up(w, ev->now_ms, out);
		return;
	}
	register_at(w, ev->now_ms, out);
}

static void
link_down(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	(void)out;
	/* Refused: no master ran at some time since we began to try, so none
	 * can have given us up before that and a lease. */
	if (w->link == LINK_TRYING && (ev->n == 1 || CLUSTER_BUG == 10) &&
	    !w->fenced && w->tried_ms + LEASE_WORKER_MS > w->lease_ms)
		w->lease_ms = w->tried_ms + LEASE_WORKER_MS;
	if (w->link == LINK_NONE)
		return;
	w->link = LINK_NONE;
	w->try_ms = ev->now_ms + w->backoff_ms;
	w->backoff_ms = w->backoff_ms < BACKOFF_MAX_MS / 2 ?
	    2 * w->backoff_ms : BACKOFF_MAX_MS;
}

static void
welcome(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	if (w->link != LINK_ASKED)
		return;
	if (ev->n < w->epoch) {         /* a master that was replaced */
		hang_up(w, ev->now_ms, out);
		return;
	}
	w->link = LINK_WELCOME;
	w->epoch = ev->n;
	w->backoff_ms = BACKOFF_MIN_MS;
	w->renew_ms = w->asked_ms;
	w->lease_ms = w->asked_ms + LEASE_WORKER_MS;
}

static void
granted(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	int64_t until;

	(void)out;
	if (w->link != LINK_WELCOME || ev->n > w->nrenew ||
	    ev->n <= w->nrenew - RENEW_RING || ev->n < 1)
		return;
	until = w->sent_ms[ev->n % RENEW_RING] + LEASE_WORKER_MS;
	if (until > w->lease_ms)
		w->lease_ms = until;
}

static void
refused(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	struct order *o;

	if (ev->n == EXIT_TEMP) {
		w->backoff_ms = BACKOFF_MAX_MS;
		hang_up(w, ev->now_ms, out);
		return;
	}
	for (struct child *c = w->child; c; c = c->next)
		kill_child(c, ev->now_ms, out);
	if (w->exited)
		return;
	w->exited = 1;
	o = orders_add(out, ORDER_EXIT, 0);
	o->n = ev->n;
	o->text = arena_strdup(&out->arena, ev->text ? ev->text : "refused");
}

static void
quit(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	if (!w->quitting && w->link == LINK_WELCOME)
		orders_add(out, ORDER_LEAVE, 0);
	for (struct child *c = w->child; c; c = c->next)
		if (w->quitting)
			kill_child(c, ev->now_ms, out);
		else
			stop_child(c, ev->now_ms, out);
	w->quitting = 1;
	exit_when_idle(w, out);
}

static void
check_lease(struct worker *w, int64_t now_ms, struct orders *out)
{
	if (now_ms < w->lease_ms)
		return;
	if (w->link == LINK_WELCOME)
		hang_up(w, now_ms, out);
	if (!w->child || w->fenced || CLUSTER_BUG == 2)
		return;
	w->fenced = 1;
	/* What it has just told a master is not true any more; and who is
	 * welcome gets new executors, so the fence would never end. */
	if (w->link == LINK_ASKED)
		hang_up(w, now_ms, out);
	for (struct child *c = w->child; c; c = c->next)
		kill_child(c, now_ms, out);
}

static void
tick(struct worker *w, const struct worker_event *ev, struct orders *out)
{
	int64_t now = ev->now_ms;

	check_lease(w, now, out);
	for (struct child *c = w->child; c; c = c->next)
		if (c->state == EXEC_STOPPING && now - c->stop_ms >= STOP_MS)
			kill_child(c, now, out);
	if (w->link == LINK_ASKED && now - w->asked_ms >= WELCOME_MS)
		hang_up(w, now, out);
	/* Perhaps another master has taken over; the lease goes on. */
	if (w->link == LINK_WELCOME &&
	    now >= w->lease_ms - LEASE_WORKER_MS + SILENT_MS)
		hang_up(w, now, out);
	if (w->link == LINK_NONE && now >= w->try_ms && !w->fenced &&
	    !w->quitting && !w->exited) {
		w->link = LINK_TRYING;
		w->tried_ms = now;
		orders_add(out, ORDER_CONNECT, 0);
	}
	if (w->link == LINK_WELCOME && now - w->renew_ms >= LEASE_RENEW_MS) {
		w->renew_ms = now;
		w->sent_ms[++w->nrenew % RENEW_RING] = now;
		orders_add(out, ORDER_RENEW, 0)->n = w->nrenew;
	}
}

static void (*const handlers[])(struct worker *, const struct worker_event *,
    struct orders *) = {
	[WORKER_TICK] = tick, [WORKER_LINK_UP] = link_up,
	[WORKER_LINK_DOWN] = link_down, [WORKER_WELCOME] = welcome,
	[WORKER_GRANT] = granted, [WORKER_REFUSED] = refused,
	[WORKER_START] = start, [WORKER_STOP] = stop,
	[WORKER_FORGET_APP] = forget_app, [WORKER_EXEC_UP] = exec_up,
	[WORKER_EXEC_GONE] = exec_gone, [WORKER_QUIT] = quit,
	[WORKER_DRIVER_START] = driver_start,
	[WORKER_DRIVER_GONE] = driver_gone,
};

void
worker_event(struct worker *w, const struct worker_event *ev,
    struct orders *out)
{
	handlers[ev->kind](w, ev, out);
}

void
worker_check(const struct worker *w)
{
	assert(worker_cores_used(w) <= w->hello.cores);
	assert(memory_used(w) <= w->hello.memory_mb);
	assert(!w->fenced || (w->child && w->link <= LINK_TRYING));
	for (const struct child *c = w->child; c; c = c->next)
		assert(find_app(w, c->name.app) != NULL);
}
