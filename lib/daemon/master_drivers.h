/*
 * master_drivers -- what a master knows of drivers that run under its
 * workers.
 *
 * It is what the workers say: after a restart of the master they say it
 * again, and nothing is written down here (what a driver takes of its worker
 * is: cluster/master.h).  Of a driver whose worker is gone
 * nobody knows anything.
 */
#ifndef DAEMON_MASTER_DRIVERS_H
#define DAEMON_MASTER_DRIVERS_H

struct driver_report;
struct master_drivers;

enum { MASTER_DRIVERS_MAX = 10000 };

struct master_drivers *master_drivers_new(void);
void master_drivers_free(struct master_drivers *m);

/* A connection is closed. */
void master_drivers_gone(struct master_drivers *m, int link);

/* A name for a new driver, valid until the next call. */
const char *master_drivers_name(struct master_drivers *m);

/* It was sent to a worker. */
void master_drivers_sent(struct master_drivers *m, const char *id, int link);

/* What a worker says. */
void master_drivers_heard(struct master_drivers *m, int link,
    const struct driver_report *r);

/* What is known: 1, with the link of its worker (-1: gone); 0: nothing. */
int master_drivers_find(const struct master_drivers *m, const char *id,
    struct driver_report *r, int *link);

#endif
