/*
 * orders -- what a pure machine wants done: a list that its caller works off.
 *
 * Everything in it is a copy and lives until orders_clear.
 */
#ifndef CLUSTER_ORDERS_H
#define CLUSTER_ORDERS_H

#include <stdint.h>

#include "base/arena.h"
#include "cluster/cluster.h"

struct orders;

enum order_kind {
	/* master, to a worker's link */
	ORDER_WELCOME,          /* n: epoch; text: the worker's id */
	ORDER_GRANT,            /* n: of the renewal that is granted */
	ORDER_START,            /* exec, cores, memory_mb, app */
	ORDER_STOP,             /* exec */
	ORDER_FORGET_APP,       /* exec.app: it ended, remove its files */
	/* master, to a driver's link */
	ORDER_APP_WELCOME,      /* n: epoch; text: the application's id */
	ORDER_APP_GRANT,        /* n */
	ORDER_EXEC_UP,          /* exec, cores, memory_mb, worker */
	ORDER_EXEC_LOST,        /* exec, n: enum end_reason, text */
	ORDER_EXEC_REVOKED,     /* exec: empty it and release it */
	ORDER_NOTE,             /* text: why the application waits */
	ORDER_DRIVER_START,     /* to a worker: driver */
	ORDER_DRIVER_TAKEN,     /* to who wanted that; text: its id */
	/* master, to any link */
	ORDER_REFUSE,           /* n: exit code; text; the link is closed */
	ORDER_DROP,             /* the link was replaced by a newer one */
	/* worker */
	ORDER_CONNECT,          /* to the master; answered by an event */
	ORDER_HANG_UP,          /* close the link to the master */
	ORDER_REGISTER,         /* send worker_hello with what runs */
	ORDER_RENEW,            /* n: number of the renewal */
	ORDER_REPORT,           /* report: to the master */
	ORDER_SPAWN,            /* exec, cores, memory_mb, app */
	ORDER_ASK_END,          /* exec: close its descriptor 0 */
	ORDER_KILL,             /* exec: SIGKILL to its group */
	ORDER_DRIVER_SPAWN,     /* driver */
	ORDER_DRIVER_NO_ROOM,   /* text: its id */
	ORDER_LEAVE,            /* tell the master that the worker goes */
	ORDER_EXIT,             /* n: exit status; text: why */
};

struct order {
	enum order_kind kind;
	int     link;           /* of the master: to whom */
	struct exec_name exec;
	int     cores;
	int64_t memory_mb;
	int64_t n;
	const char *text;                       /* or NULL */
	const struct app_hello *app;            /* START, SPAWN */
	const struct worker_hello *worker;      /* EXEC_UP */
	const struct exec_report *report;       /* REPORT */
	const struct driver_lease *driver;      /* DRIVER_START, _SPAWN */
};

struct orders {
	struct order *v;
	int n, cap;
	struct arena arena;     /* of what the orders point to */
};

/* A zeroed struct orders is empty and valid. */
void orders_clear(struct orders *o);
void orders_release(struct orders *o);

/* Appends a zeroed order of this kind; valid until the next call. */
struct order *orders_add(struct orders *o, enum order_kind kind, int link);

/* "start", "stop" … for logs and tests. */
const char *order_name(enum order_kind kind);

#endif
