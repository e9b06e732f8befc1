/*
 * master_state -- see master_state.h.  Lists keep the order of arrival, so
 * that a dump and what is replayed from it are the same text.
 */
#include "cluster/master_state.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "cluster/record.h"

void
state_init(struct state *s)
{
	memset(s, 0, sizeof *s);
	s->next_app = 1;
	s->app_tail = &s->app;
}

static void
app_free(struct app *a)
{
	for (struct exec *x = a->exec, *next; x; x = next) {
		next = x->app_next;
		free(x);
	}
	free(a->expect);
	free(a);
}

void
state_release(struct state *s)
{
	for (struct app *a = s->app, *next; a; a = next) {
		next = a->next;
		app_free(a);
	}
	for (struct worker *w = s->worker, *next; w; w = next) {
		next = w->next;
		worker_clear_foreign(w);
		for (struct seat *x = w->seat, *after; x; x = after) {
			after = x->next;
			free(x);
		}
		free(w);
	}
	state_init(s);
}

struct worker *
state_worker(const struct state *s, const char *id)
{
	struct worker *w = s->worker;

	while (w && strcmp(w->hello.id, id) != 0)
		w = w->next;
	return w;
}

struct app *
state_app(const struct state *s, const char *id)
{
	struct app *a = s->app;

	while (a && strcmp(a->hello.id, id) != 0)
		a = a->next;
	return a;
}

struct app *
state_app_token(const struct state *s, uint64_t token)
{
	struct app *a = s->app;

	while (a && a->hello.token != token)
		a = a->next;
	return a;
}

struct exec *
app_exec(const struct app *a, int num)
{
	struct exec *x = a->exec;

	while (x && x->num != num)
		x = x->app_next;
	return x;
}

void
worker_clear_foreign(struct worker *w)
{
	for (struct foreign *f = w->foreign, *next; f; f = next) {
		next = f->next;
		free(f);
	}
	w->foreign = NULL;
}

struct seat *
state_seat(const struct state *s, const char *id, struct worker **at)
{
	for (struct worker *w = s->worker; w; w = w->next)
		for (struct seat *x = w->seat; x; x = x->next)
			if (strcmp(x->id, id) == 0) {
				if (at)
					*at = w;
				return x;
			}
	return NULL;
}

int
worker_exec_cores(const struct worker *w)
{
	int n = w->hello.cores;

	for (const struct seat *x = w->seat; x; x = x->next)
		n -= x->cores;
	return n;
}

int
worker_free_cores(const struct worker *w)
{
	int n = w->hello.cores - w->cores_used;

	for (const struct exec *x = w->exec; x; x = x->worker_next)
		n += CLUSTER_BUG == 1 && x->ending ? x->cores : 0;
	for (const struct foreign *f = w->foreign; f; f = f->next)
		n -= f->cores;
	return n;
}

int64_t
worker_free_mb(const struct worker *w)
{
	int64_t n = w->hello.memory_mb - w->memory_used_mb;

	for (const struct foreign *f = w->foreign; f; f = f->next)
		n -= f->memory_mb;
	return n;
}

/* ---- one function a record ------------------------------------------- */

/* Fields [from, to) are numbers of a size that makes sense. */
static int
sensible(const struct record *r, int from, int to)
{
	for (int i = from; i < to; i++)
		if (record_int(r, i) < 0 || record_int(r, i) >= INT_MAX)
			return 0;
	return 1;
}

static int
is_id(const char *s)
{
	return *s && strlen(s) < ID_SIZE;
}

static void
copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from);
}

static int
apply_epoch(struct state *s, const struct record *r)
{
	if (!sensible(r, 0, 2))
		return 0;
	s->epoch = record_int(r, 0);
	if (record_int(r, 1) > s->next_app)
		s->next_app = (int)record_int(r, 1);
	return 1;
}

/* worker: id host address version cores memory */
static int
apply_worker(struct state *s, const struct record *r)
{
	struct worker *w = state_worker(s, record_str(r, 0)), **at = &s->worker;

	if (!is_id(record_str(r, 0)) || !sensible(r, 4, 6) ||
	    (w && (record_int(r, 4) < w->cores_used ||
	    record_int(r, 5) < w->memory_used_mb)))
		return 0;
	if (!w) {
		while (*at)
			at = &(*at)->next;
		*at = w = xcalloc(1, sizeof *w);
		w->link = -1;
		w->state = WORKER_UNKNOWN;
		s->nworker++;
	}
	copy(w->hello.id, sizeof w->hello.id, record_str(r, 0));
	copy(w->hello.host, sizeof w->hello.host, record_str(r, 1));
	copy(w->hello.address, sizeof w->hello.address, record_str(r, 2));
	copy(w->hello.version, sizeof w->hello.version, record_str(r, 3));
	w->hello.cores = (int)record_int(r, 4);
	w->hello.memory_mb = record_int(r, 5);
	return 1;
}

static int
apply_worker_gone(struct state *s, const struct record *r)
{
	struct worker **at = &s->worker, *w;

	while (*at && strcmp((*at)->hello.id, record_str(r, 0)) != 0)
		at = &(*at)->next;
	w = *at;
	if (!w || w->exec || w->seat)
		return 0;
	*at = w->next;
	worker_clear_foreign(w);
	free(w);
	s->nworker--;
	return 1;
}

static int
apply_drain(struct state *s, const struct record *r)
{
	struct worker *w = state_worker(s, record_str(r, 0));

	if (w)
		w->draining = record_int(r, 1) != 0;
	return w != NULL;
}

/* app: id number token name user driver cores_max cores memory instances
 * weight submitted next_exec nfail overhead */
static int
apply_app(struct state *s, const struct record *r)
{
	struct app *a = state_app(s, record_str(r, 0));

	if (!is_id(record_str(r, 0)) || !sensible(r, 1, 2) ||
	    !sensible(r, 6, 11) || record_int(r, 10) < 1 ||
	    !sensible(r, 12, 15) || record_int(r, 13) < 0 ||
	    record_int(r, 13) > START_TRIES || (a && (a->state != APP_LIVE ||
	    record_int(r, 12) < a->next_exec)))
		return 0;
	if (!a) {
		a = xcalloc(1, sizeof *a);
		a->link = -1;
		*s->app_tail = a;
		s->app_tail = &a->next;
		s->napp++;
	}
	copy(a->hello.id, sizeof a->hello.id, record_str(r, 0));
	a->number = (int)record_int(r, 1);
	a->hello.token = strtoull(record_str(r, 2), NULL, 16);
	copy(a->hello.name, sizeof a->hello.name, record_str(r, 3));
	copy(a->hello.user, sizeof a->hello.user, record_str(r, 4));
	copy(a->hello.driver, sizeof a->hello.driver, record_str(r, 5));
	a->hello.cores_max = (int)record_int(r, 6);
	a->hello.cores = (int)record_int(r, 7);
	a->hello.memory_mb = record_int(r, 8);
	a->hello.instances = (int)record_int(r, 9);
	a->hello.weight = (int)record_int(r, 10);
	a->submitted_ms = record_int(r, 11);
	a->next_exec = (int)record_int(r, 12);
	a->nfail = (int)record_int(r, 13);
	a->hello.overhead_mb = record_int(r, 14);
	if (a->number >= s->next_app)
		s->next_app = a->number + 1;
	return 1;
}

/* Ended applications that nothing runs for any more: the newest are kept. */
static void
trim_ended(struct state *s)
{
	int n = 0;

	for (struct app *a = s->app; a; a = a->next)
		n += a->state == APP_ENDED && !a->exec;
	s->nended = n;
	for (struct app **at = &s->app; n > ENDED_APP_MAX && *at; ) {
		struct app *a = *at;

		if (a->state != APP_ENDED || a->exec) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		app_free(a);
		s->napp--;
		s->nended--;
		n--;
	}
	s->app_tail = &s->app;
	while (*s->app_tail)
		s->app_tail = &(*s->app_tail)->next;
}

/* app-end: id status why time */
static int
apply_app_end(struct state *s, const struct record *r)
{
	struct app *a = state_app(s, record_str(r, 0));

	if (!a || a->state == APP_ENDED || !sensible(r, 1, 2))
		return 0;
	for (const struct exec *x = a->exec; x; x = x->app_next)
		if (!x->ending)
			return 0;
	a->state = APP_ENDED;
	a->status = (int)record_int(r, 1);
	copy(a->why, sizeof a->why, record_str(r, 2));
	a->ended_ms = record_int(r, 3);
	trim_ended(s);
	return 1;
}

static struct exec *
find_exec(const struct state *s, const struct record *r)
{
	struct app *a = state_app(s, record_str(r, 0));

	return a ? app_exec(a, (int)record_int(r, 1)) : NULL;
}

/* exec: app number worker cores memory */
static int
apply_exec(struct state *s, const struct record *r)
{
	struct app *a = state_app(s, record_str(r, 0));
	struct worker *w = state_worker(s, record_str(r, 2));
	struct exec *x, **at;

	if (!a || !w || find_exec(s, r) || a->state != APP_LIVE)
		return 0;
	if (record_int(r, 1) < 0 || record_int(r, 1) >= INT_MAX ||
	    record_int(r, 3) < 1 || record_int(r, 3) > worker_free_cores(w) ||
	    record_int(r, 4) < 0 || record_int(r, 4) > worker_free_mb(w))
		return 0;
	x = xcalloc(1, sizeof *x);
	x->app = a;
	x->worker = w;
	x->num = (int)record_int(r, 1);
	x->cores = (int)record_int(r, 3);
	x->memory_mb = record_int(r, 4);
	for (at = &a->exec; *at; at = &(*at)->app_next)
		;
	*at = x;
	x->worker_next = w->exec;
	w->exec = x;
	w->cores_used += x->cores;
	w->memory_used_mb += x->memory_mb;
	a->cores_used += x->cores;
	a->nexec++;
	if (x->num >= a->next_exec)
		a->next_exec = x->num + 1;
	return 1;
}

static int
apply_exec_end(struct state *s, const struct record *r)
{
	struct exec *x = find_exec(s, r);

	if (!x || x->ending)
		return 0;
	x->ending = 1;
	x->state = EXEC_STOPPING;
	x->app->cores_used -= x->cores;
	x->app->nexec--;
	return 1;
}

/* exec-gone: app number nfail */
static int
apply_exec_gone(struct state *s, const struct record *r)
{
	struct exec *x = find_exec(s, r), **at;

	if (!x || record_int(r, 2) < 0 || record_int(r, 2) > START_TRIES)
		return 0;
	for (at = &x->app->exec; *at != x; at = &(*at)->app_next)
		;
	*at = x->app_next;
	for (at = &x->worker->exec; *at != x; at = &(*at)->worker_next)
		;
	*at = x->worker_next;
	x->worker->cores_used -= x->cores;
	x->worker->memory_used_mb -= x->memory_mb;
	if (!x->ending) {
		x->app->cores_used -= x->cores;
		x->app->nexec--;
	}
	x->app->nfail = (int)record_int(r, 2);
	free(x);
	trim_ended(s);
	return 1;
}

/* driver: id worker cores memory */
static int
apply_driver(struct state *s, const struct record *r)
{
	struct worker *w = state_worker(s, record_str(r, 1));
	struct seat *x, **at;

	if (!w || !is_id(record_str(r, 0)) ||
	    state_seat(s, record_str(r, 0), NULL) || !sensible(r, 2, 4) ||
	    record_int(r, 2) > w->hello.cores - w->cores_used ||
	    record_int(r, 3) > w->hello.memory_mb - w->memory_used_mb)
		return 0;
	x = xcalloc(1, sizeof *x);
	copy(x->id, sizeof x->id, record_str(r, 0));
	x->cores = (int)record_int(r, 2);
	x->memory_mb = record_int(r, 3);
	for (at = &w->seat; *at; at = &(*at)->next)
		;
	*at = x;
	w->cores_used += x->cores;
	w->memory_used_mb += x->memory_mb;
	return 1;
}

static int
apply_driver_gone(struct state *s, const struct record *r)
{
	struct worker *w;
	struct seat *x = state_seat(s, record_str(r, 0), &w), **at;

	if (!x)
		return 0;
	for (at = &w->seat; *at != x; at = &(*at)->next)
		;
	*at = x->next;
	w->cores_used -= x->cores;
	w->memory_used_mb -= x->memory_mb;
	free(x);
	return 1;
}

static const struct {
	const char *verb;
	int (*apply)(struct state *s, const struct record *r);
	int nfield;
	int nlater;     /* fields that older journals do not have */
} verbs[] = {
	{ "epoch",       apply_epoch,       2, 0 },
	{ "worker",      apply_worker,      6, 0 },
	{ "worker-gone", apply_worker_gone, 1, 0 },
	{ "drain",       apply_drain,       2, 0 },
	{ "driver",      apply_driver,      4, 0 },
	{ "driver-gone", apply_driver_gone, 1, 0 },
	{ "app",         apply_app,        15, 1 },
	{ "app-end",     apply_app_end,     4, 0 },
	{ "exec",        apply_exec,        5, 0 },
	{ "exec-end",    apply_exec_end,    2, 0 },
	{ "exec-gone",   apply_exec_gone,   3, 0 },
};

int
state_apply(struct state *s, const struct record *r, struct err *e)
{
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
		if (strcmp(r->verb, verbs[i].verb) == 0) {
			if (r->nfield <= verbs[i].nfield && r->nfield >=
			    verbs[i].nfield - verbs[i].nlater &&
			    verbs[i].apply(s, r))
				return 0;
			return err_user(e, EXIT_DATA,
			    "the record '%s %s' does not fit what is before it",
			    r->verb, record_str(r, 0));
		}
	return err_user(e, EXIT_DATA, "there is no record '%s'", r->verb);
}
