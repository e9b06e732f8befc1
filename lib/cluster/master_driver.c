/*
 * master_driver -- drivers under workers: where a new one goes, and what
 * workers say that they run.
 *
 * A driver takes cores and memory of its worker like an executor, but nobody
 * takes them back: it holds them until it ends.  It goes to the worker that
 * has the most free cores, of those that have room for it.  What drivers
 * print and how they end is no business of this machine.
 */
#include "cluster/master_int.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "cluster/master_records.h"

static int
fits(const struct worker *w, const struct driver_lease *d)
{
	return d->cores <= worker_free_cores(w) &&
	    d->memory_mb <= worker_free_mb(w);
}

static struct worker *
find_place(const struct master *m, const struct driver_lease *d)
{
	struct worker *best = NULL;

	for (struct worker *w = m->state.worker; w; w = w->next) {
		if (w->state != WORKER_ALIVE || w->draining || !fits(w, d))
			continue;
		if (!best || worker_free_cores(w) > worker_free_cores(best))
			best = w;
	}
	return best;
}

/* Could a worker that runs nothing hold it? */
static int
is_possible(const struct master *m, const struct driver_lease *d)
{
	for (const struct worker *w = m->state.worker; w; w = w->next)
		if (d->cores <= w->hello.cores &&
		    d->memory_mb <= w->hello.memory_mb)
			return 1;
	return 0;
}

static int
refuse(const struct master *m, const struct driver_lease *d, struct err *e)
{
	struct text mb = { 0 };

	if (!m->state.worker)
		return err_user(e, EXIT_UNAVAILABLE,
		    "there is no worker that could run a driver");
	text_add_size(&mb, (double)d->memory_mb * (1 << 20));
	if (is_possible(m, d))
		err_user(e, EXIT_TEMP, "no worker has %d core%s and %s free "
		    "for a driver now (spark.driver.cores, "
		    "spark.driver.memory)", d->cores, d->cores == 1 ? "" : "s",
		    text_str(&mb));
	else
		err_user(e, EXIT_UNAVAILABLE, "a driver of %d core%s and %s "
		    "fits on no worker (spark.driver.cores, "
		    "spark.driver.memory)", d->cores, d->cores == 1 ? "" : "s",
		    text_str(&mb));
	text_release(&mb);
	return e->kind;
}

int
master_driver_submit(struct master *m, const struct master_event *ev,
    struct err *e)
{
	const struct driver_lease *d = ev->driver;
	struct driver_lease *copy;
	struct worker *w;

	if (!*d->id || d->cores < 0 || d->memory_mb < 0 ||
	    state_seat(&m->state, d->id, NULL))
		return err_user(e, EXIT_USAGE, "there is a driver '%s' "
		    "already", d->id);
	w = find_place(m, d);
	if (!w)
		return refuse(m, d, e);
	record_driver(&m->record, d, w->hello.id);
	master_change(m);
	copy = NEW(&m->out->arena, struct driver_lease);
	*copy = *d;
	copy->body = arena_memdup(&m->out->arena, d->body ? d->body : "",
	    d->nbody);
	orders_add(m->out, ORDER_DRIVER_START, w->link)->driver = copy;
	master_order(m, ORDER_DRIVER_TAKEN, ev->link, d->id);
	return 0;
}

void
master_driver_gone(struct master *m, const struct master_event *ev)
{
	struct worker *w;
	struct seat *x = state_seat(&m->state, ev->id, &w);

	if (!x || w->link != ev->link)
		return;
	record_driver_gone(&m->record, ev->id);
	master_change(m);
}

void
master_drivers_lost(struct master *m, struct worker *w)
{
	char id[ID_SIZE];

	while (w->seat) {
		memcpy(id, w->seat->id, sizeof id);
		record_driver_gone(&m->record, id);
		master_change(m);
	}
}

static int
listed(const struct worker_hello *h, const char *id)
{
	for (int i = 0; i < h->ndriver; i++)
		if (strcmp(h->driver[i].id, id) == 0)
			return 1;
	return 0;
}

void
master_drivers_reconcile(struct master *m, struct worker *w,
    const struct worker_hello *h)
{
	char id[ID_SIZE];

	for (struct seat *x = w->seat, *next; x; x = next) {
		next = x->next;
		if (listed(h, x->id))
			continue;
		memcpy(id, x->id, sizeof id);
		record_driver_gone(&m->record, id);
		master_change(m);
	}
	/* It was given up and is back with them. */
	for (int i = 0; i < h->ndriver; i++) {
		const struct driver_lease *d = &h->driver[i];

		if (!*d->id || state_seat(&m->state, d->id, NULL) ||
		    !fits(w, d))
			continue;
		record_driver(&m->record, d, w->hello.id);
		master_change(m);
	}
}
