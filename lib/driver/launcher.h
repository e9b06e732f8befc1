/*
 * launcher -- how executors come into being: a table of kinds of master.
 *
 * A launcher starts the process for a slot (a place where one executor
 * belongs) and gives the stream that leads to it.  When the executor is lost
 * the slot may be started again.
 */
#ifndef DRIVER_LAUNCHER_H
#define DRIVER_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct app;
struct arena;
struct err;

enum { LAUNCH_SLOTS_MAX = 10000 };

/* Where one executor belongs. */
struct launch_slot {
	const char *host;               /* "host1", or NULL: this machine */
	const char *target;             /* ssh: [user@]host[:port] */
	int cores;
	int64_t memory;
	int starts;                     /* so far */
	int errors;                     /* of the last start, if apart: the
	                                 * read end of its stderr */
};

struct launch_plan {
	const struct launcher *how;
	int nslot;
	struct launch_slot *slot;
	bool serve;                     /* map outputs travel over the network */
	int at_once;                    /* slots that start together, 0: all */
	bool apart;     /* they may outlive us: nothing of ours is theirs but
	                 * the stream and a pipe for stderr */
};

struct launcher {
	const char *prefix;             /* of the URL */
	/* Reads the URL.  EXIT_USAGE with a hint. */
	int (*parse)(struct launch_plan *p, struct arena *a, struct app *app,
	    const char *url, struct err *e);
	/* Starts the process of a slot; *fd is the stream. */
	int (*start)(struct launch_plan *p, int slot, pid_t *pid, int *fd,
	    struct err *e);
};

/* Waits a moment for a child, then kills it; *pid is 0 then.  how: its end
 * in words.  Returns its status, 0 when it was killed or there is none. */
int launch_bury(pid_t *pid, char *how, size_t size);

/* The launcher of a URL, or NULL. */
const struct launcher *launcher_find(const char *url);

#endif
