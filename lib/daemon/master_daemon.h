/*
 * master_daemon -- the body of sp-master: sockets, journal file and time
 * around the machine of cluster/master.h.
 *
 * The journal is STATE/journal, one checked line a change, appended and
 * fsynced before anybody is told; at each start it is read, and written anew
 * without what is past (STATE/journal.new, renamed).  STATE/lock keeps a
 * second master out.  An error of the disk ends the master: what it cannot
 * keep it must not promise.
 *
 * With a list of masters it is one of several: the one that is active works,
 * the others are standbys (cluster/standby.h) that send everybody on; a
 * standby whose state directory is locked by the active one waits for the
 * lock and goes on with that journal, any other begins without one and learns
 * from workers and drivers what runs.  An address that others can reach needs a key
 * file that exists; on loopback the usual one is made when it is missing.
 */
#ifndef DAEMON_MASTER_DAEMON_H
#define DAEMON_MASTER_DAEMON_H

#include "cluster/master.h"

struct err;

struct master_daemon_conf {
	struct master_conf master;
	const char *host;       /* to listen on; NULL: 127.0.0.1 */
	int  port;              /* 0: any */
	const char *state_dir;  /* made, 0700 */
	const char *masters;    /* all of the cluster; NULL: it is alone */
	const char *key_file;   /* NULL: the usual one */
	int  ready_fd;          /* "sp://host:port\n" goes there; -1: none */
	void (*log)(const char *line);  /* of what happens; NULL: nobody */
};

/* Runs until SIGTERM or SIGINT.  Returns 0, or a failure before it was
 * ready or of the disk. */
int master_daemon_run(const struct master_daemon_conf *conf, struct err *e);

#endif
