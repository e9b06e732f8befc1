/*
 * master_adopt -- executors that another master started, and that this one
 * takes over from what their worker and their driver say.
 *
 * The worker tells which run, the driver which it knows; whoever comes first
 * waits for the other for ADOPT_MS.  Until then a driver gets no executors
 * for those that are still to be found, or it would have too many.  Numbers
 * of new executors begin beyond all that the other master may have given.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "cluster/master_int.h"
#include "cluster/master_records.h"

/* The first number that no other epoch has given. */
static int
first_number(const struct master *m)
{
	int64_t n = m->state.epoch * ADOPT_NUMBERS;

	return n < 1 << 29 ? (int)n : 1 << 29;
}

void
master_raise_epoch(struct master *m, int64_t epoch)
{
	int first;

	record_epoch(&m->record, epoch, m->state.next_app);
	master_change(m);
	first = first_number(m);
	for (struct app *a = m->state.app; a; a = a->next) {
		if (a->state != APP_LIVE || a->next_exec >= first)
			continue;
		record_app(&m->record, &a->hello, a->number, a->submitted_ms,
		    first, a->nfail);
		master_change(m);
	}
}

int
master_adopt_number(const struct master *m, const struct app *a,
    const struct app_hello *h)
{
	int n = a ? a->next_exec : first_number(m);

	for (int i = 0; i < h->nexec; i++)
		n = h->exec[i] >= n ? h->exec[i] + 1 : n;
	return n;
}

/* It is found.  Returns 1 if the driver knows it. */
static int
was_expected(struct app *a, int num)
{
	for (int i = 0; i < a->nexpect; i++)
		if (a->expect[i] == num) {
			a->expect[i] = a->expect[--a->nexpect];
			return 1;
		}
	return 0;
}

int
master_adopts(const struct master *m, const char *app)
{
	const struct app *a = state_app(&m->state, app);

	return a && a->state == APP_LIVE && m->now_ms < a->adopt_ms;
}

int
master_adopt(struct master *m, struct worker *w, const struct exec_name *name,
    enum exec_state state, int cores, int64_t memory_mb)
{
	struct app *a = state_app(&m->state, name->app);
	struct exec *x;

	if (app_exec(a, name->num) || cores < 1 || state == EXEC_STOPPING ||
	    cores > worker_free_cores(w) || memory_mb > worker_free_mb(w) ||
	    (a->link >= 0 && !was_expected(a, name->num)))
		return 0;
	record_exec(&m->record, name, w->hello.id, cores, memory_mb);
	master_change(m);
	x = app_exec(a, name->num);
	x->state = state;
	x->since_ms = m->now_ms;
	return 1;
}

/* Takes over what a worker reported before this application's driver came. */
static void
adopt_foreign(struct master *m, struct worker *w, const struct app *a)
{
	for (struct foreign **at = &w->foreign, *f; (f = *at); ) {
		if (strcmp(f->name.app, a->hello.id) != 0) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (f->name.num >= 0 && !master_adopt(m, w, &f->name,
		    EXEC_RUNNING, f->cores, f->memory_mb)) {
			f->until_ms = 0;
			f->next = *at;
			*at = f;
			at = &f->next;
			orders_add(m->out, ORDER_STOP, w->link)->exec =
			    f->name;
			continue;
		}
		free(f);
	}
}

void
master_adopt_all(struct master *m, struct app *a)
{
	a->adopt_ms = m->now_ms + ADOPT_MS;
	for (struct worker *w = m->state.worker; w; w = w->next)
		adopt_foreign(m, w, a);
}

void
master_adopt_known(struct master *m, int64_t now_ms)
{
	int first = first_number(m);

	for (struct app *a = m->state.app; a; a = a->next) {
		if (a->state != APP_LIVE)
			continue;
		a->adopt_ms = now_ms + ADOPT_MS;
		if (a->next_exec < first)
			a->next_exec = first;   /* is in the dump */
	}
}

void
master_expect(struct app *a, int num)
{
	a->expect = xrealloc(a->expect, (size_t)(a->nexpect + 1) *
	    sizeof *a->expect);
	a->expect[a->nexpect++] = num;
}

void
master_expect_end(struct master *m, struct app *a)
{
	struct order *o;

	if (!a->adopt_ms || m->now_ms < a->adopt_ms)
		return;
	for (int i = 0; i < a->nexpect && a->link >= 0; i++) {
		o = master_order(m, ORDER_EXEC_LOST, a->link,
		    "no worker has it any more");
		memcpy(o->exec.app, a->hello.id, sizeof o->exec.app);
		o->exec.num = a->expect[i];
		o->n = END_WORKER_LOST;
	}
	a->nexpect = 0;
	a->adopt_ms = 0;
}

/* Nobody came for an application: it has ended. */
static void
give_up(struct master *m, struct worker *w, const char *id)
{
	char app[ID_SIZE];

	memcpy(app, id, sizeof app);
	memcpy(orders_add(m->out, ORDER_FORGET_APP, w->link)->exec.app, app,
	    ID_SIZE);
	for (struct foreign **at = &w->foreign, *f; (f = *at); ) {
		if (strcmp(f->name.app, app) != 0) {
			at = &f->next;
		} else if (f->name.num >= 0) {
			f->until_ms = 0;
			orders_add(m->out, ORDER_STOP, w->link)->exec =
			    f->name;
			at = &f->next;
		} else {
			*at = f->next;
			free(f);
		}
	}
}

void
master_foreign_end(struct master *m, struct worker *w)
{
	struct foreign *f = w->foreign;

	while (f && w->link >= 0) {
		if (f->until_ms && m->now_ms >= f->until_ms) {
			give_up(m, w, f->name.app);
			f = w->foreign;         /* f may be gone */
		} else {
			f = f->next;
		}
	}
}
