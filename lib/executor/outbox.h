/*
 * outbox -- frames that task threads have for the driver, in order.
 *
 * Any thread puts frames in; the executor's loop takes all of them out at
 * once and sends them.  Who puts data in while much of it waits has to wait,
 * too, so that a slow connection slows the tasks down and fills no memory.
 */
#ifndef EXECUTOR_OUTBOX_H
#define EXECUTOR_OUTBOX_H

#include <pthread.h>
#include <stdbool.h>

#include "base/text.h"
#include "net/wake.h"

struct conn;
struct err;

struct outbox {
	pthread_mutex_t lock;
	pthread_cond_t room;
	struct text frames;             /* heads and bodies */
	bool closed;
	bool rung, soon;                /* for what is in it; some may wait */
	bool paced;                     /* the loop looks by itself */
	bool deaf;                      /* no data: its job is being ended */
	struct wake wake;               /* rung when frames were put in */
};

int  outbox_open(struct outbox *o, struct err *e);

/* Adds a frame; never waits. */
void outbox_put(struct outbox *o, int type, const struct text *body);

/* The same for what may wait a millisecond: ends of tasks, when many more are
 * about to end. */
void outbox_put_soon(struct outbox *o, int type, const struct text *body);

/* The same for data: waits while more than a few MB are in the box.  False
 * once the box was shut, or while it is deaf. */
bool outbox_put_data(struct outbox *o, int type, const struct text *body);

/* Hands all frames to the connection, unless much is queued there; in the
 * loop's thread.  True when something is left in the box. */
bool outbox_send(struct outbox *o, struct conn *c);

/* Before outbox_send: whether the loop should look again by itself in a
 * millisecond.  While it does, nobody wakes it for what may wait.  often: it
 * was woken just before. */
bool outbox_pace(struct outbox *o, int often);

/* Forgets what is in the box; no task runs. */
void outbox_clear(struct outbox *o);

/* Data are refused until outbox_hear: while the loop's thread waits for the
 * tasks of a job to end, nobody would make room. */
void outbox_deaf(struct outbox *o);
void outbox_hear(struct outbox *o);

/* Nobody waits any more: the driver is gone. */
void outbox_shut(struct outbox *o);

#endif
