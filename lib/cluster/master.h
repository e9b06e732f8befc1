/*
 * master -- the cluster manager's brain: events in, orders out.
 *
 * Knows workers and applications and leases cores and memory of the former
 * to the latter, as executors.  Has no descriptors, threads or clock: time
 * arrives in the event, connections are numbers.  Late and doubled events are
 * normal and change nothing.
 *
 *     m = master_new(&conf);
 *     master_replay(m, journal, n, e);         empty at first
 *     master_start(m, 0, now, &lines);
 *     for each event:
 *         master_event(m, &ev, &orders, &lines, e);
 *         lines to the journal, fsync; then work off the orders
 *
 * Sharing: FAIR (usual) gives a free place to the application that holds the
 * least for its weight, and when there is none takes executors back from
 * those that hold more than their fair share (max-min by weight); nobody
 * loses his last executor.  FIFO serves in order of arrival and takes
 * nothing back.
 */
#ifndef CLUSTER_MASTER_H
#define CLUSTER_MASTER_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/orders.h"

struct err;
struct master;
struct text;

struct master_conf {
	int pack;               /* fill one worker before the next */
	int fifo;
	int several;            /* there are standbys: not all that happened
				 * is in our journal */
	int default_cores;      /* of an application without limit; 0: all */
};

enum master_event_kind {
	MASTER_TICK,            /* every 500 ms or so */
	MASTER_LINK_DOWN,
	MASTER_WORKER_REGISTER, /* worker */
	MASTER_WORKER_RENEW,    /* n */
	MASTER_WORKER_REPORT,   /* report */
	MASTER_WORKER_LEAVE,
	MASTER_APP_REGISTER,    /* app */
	MASTER_APP_RENEW,       /* n */
	MASTER_APP_WANT,        /* app: cores_max and instances of it */
	MASTER_APP_RELEASE,     /* n: executor */
	MASTER_APP_END,         /* n: exit status; text: why, or NULL */
	MASTER_KILL_APP,        /* id; text: who wants it */
	MASTER_DRAIN,           /* id; n: 1 begin, 0 end it */
	MASTER_DRIVER_SUBMIT,   /* driver: a place for it */
	MASTER_DRIVER_GONE,     /* id; from its worker */
};

struct master_event {
	enum master_event_kind kind;
	int     link;           /* whence; unused: TICK, KILL_APP, DRAIN */
	int64_t now_ms;         /* monotonic */
	int64_t wall_ms;        /* only to be shown */
	int64_t n;
	const char *id, *text;
	const struct worker_hello *worker;
	const struct exec_report *report;
	const struct app_hello *app;
	const struct driver_lease *driver;
};

struct master *master_new(const struct master_conf *conf);
void master_free(struct master *m);

/* Takes over what a journal says.  ERR_USER (EXIT_DATA): it is damaged. */
int master_replay(struct master *m, const char *p, size_t n, struct err *e);

/* Begins a new epoch, this one if it is higher than the next.  Workers and
 * applications of the journal have a lease from now on to come back.  Adds
 * the whole state to *journal, which is to replace the old one. */
void master_start(struct master *m, int64_t epoch, int64_t now_ms,
    struct text *journal);

int64_t master_epoch(const struct master *m);

/* Appends orders and journal lines.  Returns 0, or ERR_USER: EXIT_USAGE for
 * KILL_APP and DRAIN of what is not there; for DRIVER_SUBMIT EXIT_TEMP when
 * no worker has room now, EXIT_UNAVAILABLE when none ever will. */
int master_event(struct master *m, const struct master_event *ev,
    struct orders *out, struct text *journal, struct err *e);

/* The state as journal lines: two masters with the same text are equal. */
void master_dump(const struct master *m, struct text *to);

/* What runs, as a table for people or one JSON object. */
enum master_view { VIEW_STATUS, VIEW_APPS, VIEW_WORKERS };
enum master_form { FORM_TABLE, FORM_JSON };
void master_show(const struct master *m, enum master_view view,
    enum master_form form, int64_t now_ms, int64_t wall_ms, struct text *to);

/* Ends the program if an invariant is broken: for tests. */
void master_check(const struct master *m);

#endif
