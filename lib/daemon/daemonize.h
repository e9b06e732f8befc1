/*
 * daemonize -- a daemon that goes into the background, and its end.
 *
 *	r = detach_start(&d, &conf, e);
 *	if (r > 0) { ... the daemon, ready line to d.ready_fd ...
 *		if (it failed) detach_fail(&d, e); }
 *	else if (r == 0) fputs(d.line.p, stdout);
 *
 * A daemon in the background has a directory.  There:
 *
 *	daemon       "PID\nREADY LINE\n", locked while the process lives
 *	daemon.log   what it prints; .old: that of the one before
 *	key          the cluster's key, if it came on stdin, 0600
 *
 * The lock says who lives, the number in the file whom to end: a number is
 * only believed while somebody holds the lock, so a stale one harms nobody.
 */
#ifndef DAEMON_DAEMONIZE_H
#define DAEMON_DAEMONIZE_H

#include <sys/types.h>

#include "base/text.h"

struct err;

enum { DETACH_READY_MS = 20000, DETACH_TERM_MS = 10000 };

enum detach_key { DETACH_KEY_FILE, DETACH_KEY_STDIN };

struct detach_conf {
	const char *command;    /* for messages: "sp-master" */
	const char *dir;        /* made, 0700 */
	enum detach_key key;    /* on stdin: one line as in a key file */
};

struct detached {
	char *dir;              /* owned, absolute */
	char *key_file;         /* owned; NULL: did not come on stdin */
	struct text line;       /* what it said when it was ready, with \n */
	pid_t pid;
	int already;            /* one was running */
	int ready_fd;           /* in the daemon: the ready line goes there */
	/* private */
	int lock, report;
};

/* Returns 1 in the daemon, whose working directory is / from now on; 0 in
 * the caller's process when the daemon is ready, or was running already;
 * < 0 and the daemon's own error when it is not.  EXIT_TEMP: nothing was
 * heard of it for DETACH_READY_MS; then it has been ended. */
int detach_start(struct detached *d, const struct detach_conf *c,
    struct err *e);

/* In the daemon: e is what detach_start returns in the other process. */
void detach_fail(const struct detached *d, const struct err *e);

/* In the daemon at its end. */
void detach_release(struct detached *d);

/* Ends the daemon of this directory and waits: SIGTERM, after
 * DETACH_TERM_MS SIGKILL.  Returns 1, or 0 if none was running. */
int detach_stop(const char *dir, struct err *e);

/* Removes the directory if it is one of these and nobody lives there. */
void detach_remove(const char *dir);

/* Adds the usual directory of the daemon with this name:
 * ~/.cache/sp/cluster/HOST/NAME, signs that do not fit replaced.  HOST, for
 * a home on a shared disk. */
void detach_dir(struct text *t, const char *name);

#endif
