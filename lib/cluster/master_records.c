/*
 * master_records -- builds the records that master_state.c applies: for one
 * change, and for a whole state.
 */
#include "cluster/master_records.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cluster/master_state.h"
#include "cluster/record.h"

void
record_epoch(struct record *r, int64_t epoch, int next_app)
{
	record_init(r, "epoch");
	record_num(r, epoch);
	record_num(r, next_app);
}

void
record_worker(struct record *r, const struct worker_hello *h)
{
	record_init(r, "worker");
	record_text(r, h->id);
	record_text(r, h->host);
	record_text(r, h->address);
	record_text(r, h->version);
	record_num(r, h->cores);
	record_num(r, h->memory_mb);
}

void
record_worker_gone(struct record *r, const char *id)
{
	record_init(r, "worker-gone");
	record_text(r, id);
}

void
record_drain(struct record *r, const char *id, int on)
{
	record_init(r, "drain");
	record_text(r, id);
	record_num(r, on);
}

void
record_app(struct record *r, const struct app_hello *h, int number,
    int64_t submitted_ms, int next_exec, int nfail)
{
	char token[17];

	snprintf(token, sizeof token, "%016llx", (unsigned long long)h->token);
	record_init(r, "app");
	record_text(r, h->id);
	record_num(r, number);
	record_text(r, token);
	record_text(r, h->name);
	record_text(r, h->user);
	record_text(r, h->driver);
	record_num(r, h->cores_max);
	record_num(r, h->cores);
	record_num(r, h->memory_mb);
	record_num(r, h->instances);
	record_num(r, h->weight);
	record_num(r, submitted_ms);
	record_num(r, next_exec);
	record_num(r, nfail);
	record_num(r, h->overhead_mb);
}

void
record_app_end(struct record *r, const char *id, int status, const char *why,
    int64_t ended_ms)
{
	record_init(r, "app-end");
	record_text(r, id);
	record_num(r, status);
	record_text(r, why);
	record_num(r, ended_ms);
}

void
record_exec(struct record *r, const struct exec_name *name,
    const char *worker, int cores, int64_t memory_mb)
{
	record_init(r, "exec");
	record_text(r, name->app);
	record_num(r, name->num);
	record_text(r, worker);
	record_num(r, cores);
	record_num(r, memory_mb);
}

void
record_exec_end(struct record *r, const struct exec_name *name)
{
	record_init(r, "exec-end");
	record_text(r, name->app);
	record_num(r, name->num);
}

void
record_exec_gone(struct record *r, const struct exec_name *name, int nfail)
{
	record_init(r, "exec-gone");
	record_text(r, name->app);
	record_num(r, name->num);
	record_num(r, nfail);
}

static void
dump_app(const struct app *a, struct text *to)
{
	struct record r;

	record_app(&r, &a->hello, a->number, a->submitted_ms, a->next_exec,
	    a->nfail);
	record_add(to, &r);
	for (const struct exec *x = a->exec; x; x = x->app_next) {
		struct exec_name name = { "", x->num };

		snprintf(name.app, sizeof name.app, "%s", a->hello.id);
		record_exec(&r, &name, x->worker->hello.id, x->cores,
		    x->memory_mb);
		record_add(to, &r);
		if (x->ending) {
			record_exec_end(&r, &name);
			record_add(to, &r);
		}
	}
	if (a->state == APP_ENDED) {
		record_app_end(&r, a->hello.id, a->status, a->why,
		    a->ended_ms);
		record_add(to, &r);
	}
}

void
state_dump(const struct state *s, struct text *to)
{
	struct record r;

	record_epoch(&r, s->epoch, s->next_app);
	record_add(to, &r);
	for (const struct worker *w = s->worker; w; w = w->next) {
		record_worker(&r, &w->hello);
		record_add(to, &r);
		if (w->draining) {
			record_drain(&r, w->hello.id, 1);
			record_add(to, &r);
		}
		for (const struct seat *x = w->seat; x; x = x->next) {
			struct driver_lease d = { .cores = x->cores,
				.memory_mb = x->memory_mb };

			memcpy(d.id, x->id, sizeof d.id);
			record_driver(&r, &d, w->hello.id);
			record_add(to, &r);
		}
	}
	for (const struct app *a = s->app; a; a = a->next)
		dump_app(a, to);
}

void
record_driver(struct record *r, const struct driver_lease *d,
    const char *worker)
{
	record_init(r, "driver");
	record_text(r, d->id);
	record_text(r, worker);
	record_num(r, d->cores);
	record_num(r, d->memory_mb);
}

void
record_driver_gone(struct record *r, const char *id)
{
	record_init(r, "driver-gone");
	record_text(r, id);
}
