/*
 * worker -- the brain of a node: events in, orders out.
 *
 * Owns the node's cores and memory, supervises the executors that the master
 * orders, and keeps the lease: when no renewal was granted for
 * LEASE_WORKER_MS it kills them all before it speaks to the master again.
 * As long as no process listens where the master was (connections are
 * refused), nobody can give the node up, and the lease goes on: executors
 * live through a restart of the master.
 * Drivers have cores and memory of the node, too, but no lease: they end by
 * themselves, or with the worker.
 * Has no descriptors, processes or clock: time arrives in the event.
 */
#ifndef CLUSTER_WORKER_H
#define CLUSTER_WORKER_H

#include <stdint.h>

#include "cluster/orders.h"

struct worker;

enum worker_event_kind {
	WORKER_TICK,            /* every 200 ms or so */
	WORKER_LINK_UP,         /* CONNECT came to something */
	WORKER_LINK_DOWN,       /* n: 1 if all masters refused the connection */
	WORKER_WELCOME,         /* n: epoch of the master */
	WORKER_GRANT,           /* n */
	WORKER_REFUSED,         /* n: exit code; text */
	WORKER_START,           /* exec, cores, memory_mb, app */
	WORKER_STOP,            /* exec */
	WORKER_FORGET_APP,      /* exec.app */
	WORKER_EXEC_UP,         /* exec: was forked */
	WORKER_EXEC_GONE,       /* exec; n: status; text: why */
	WORKER_QUIT,            /* somebody wants the worker to end */
	WORKER_DRIVER_START,    /* driver */
	WORKER_DRIVER_GONE,     /* text: its id */
};

struct worker_event {
	enum worker_event_kind kind;
	int64_t now_ms;
	int64_t n;
	struct exec_name exec;
	int     cores;
	int64_t memory_mb;
	const char *text;
	const struct app_hello *app;
	const struct driver_lease *driver;
};

/* hello: id, host, address, version, cores, memory_mb of it. */
struct worker *worker_new(const struct worker_hello *hello, int64_t now_ms);
void worker_free(struct worker *w);

/* Appends orders. */
void worker_event(struct worker *w, const struct worker_event *ev,
    struct orders *out);

/* Cores of executors and drivers that are not gone yet. */
int worker_cores_used(const struct worker *w);
int worker_exec_count(const struct worker *w);
int worker_runs(const struct worker *w, const struct exec_name *name);

/* Monotonic time until which the executors may run. */
int64_t worker_lease_ms(const struct worker *w);

/* Ends the program if an invariant is broken: for tests. */
void worker_check(const struct worker *w);

#endif
