/*
 * background -- --detach and --stop of sp-master and sp-worker, and their
 * usual directories (daemon/daemonize.h).
 */
#ifndef DAEMON_BACKGROUND_H
#define DAEMON_BACKGROUND_H

#include "base/text.h"

struct err;
struct master_daemon_conf;
struct settings;
struct worker_daemon_conf;

/* What the command prints at its end to stdout and stderr. */
struct background {
	struct text out, note;
};

void background_release(struct background *b);

/* What the settings say about a master; dir takes its state_dir.
 * EXIT_CONFIG. */
int background_master_conf(const struct settings *s,
    struct master_daemon_conf *c, struct text *dir, struct err *e);

/* --stop or --detach.  In the daemon they return at its end, with nothing to
 * print.  *c is changed; a worker's dir may be NULL: the usual one. */
int background_master(const struct settings *s, struct master_daemon_conf *c,
    struct background *b, struct err *e);
int background_worker(const struct settings *s, struct worker_daemon_conf *c,
    struct background *b, struct err *e);

#endif
