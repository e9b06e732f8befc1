/*
 * worker_drivers -- drivers that a worker runs for others (--deploy-mode
 * cluster): sp-submit as a child, started again when it fails if that is
 * wished.
 *
 * The worker knows best what became of them: it tells the master at each
 * change, and all of it when it has registered.  A job's text and what it
 * prints are WORKDIR/driver/ID.sp and ID.log.
 */
#ifndef DAEMON_WORKER_DRIVERS_H
#define DAEMON_WORKER_DRIVERS_H

#include <stdint.h>

struct driver_order;
struct driver_report;
struct worker_drivers;

enum { WORKER_DRIVERS_ENDED = 500 };    /* so many are remembered */

struct worker_drivers_conf {
	const char *dir;                /* of the worker */
	const char *host;               /* its name, for people */
	const char *masters;            /* as the worker has them */
	const char *key_file;           /* of the cluster, or NULL: usual */
	void (*report)(void *arg, const struct driver_report *r);
	void *arg;
};

/* conf is copied, what it points to borrowed. */
struct worker_drivers *worker_drivers_new(
    const struct worker_drivers_conf *conf);
/* Kills those that run. */
void worker_drivers_free(struct worker_drivers *w);

void worker_drivers_start(struct worker_drivers *w,
    const struct driver_order *o);
void worker_drivers_stop(struct worker_drivers *w, const char *id);
/* Some child has ended; some time has passed. */
void worker_drivers_reap(struct worker_drivers *w);
void worker_drivers_tick(struct worker_drivers *w, int64_t now_ms);
/* Reports on all. */
void worker_drivers_tell(struct worker_drivers *w);

#endif
