/*
 * ssh -- one command on another host, by SSH.
 *
 *	struct ssh *s;
 *	TRY(ssh_open(&s, &(struct ssh_conf){ .host = host }, e));
 *	TRY(ssh_exec(s, "exec /bin/sh -c ...", e));
 *	... ssh_write, ssh_read, poll(ssh_fd, ssh_events) ...
 *	ssh_close(s);
 *
 * ~/.ssh/config and known_hosts count, as for ssh.  An unknown or changed
 * host key is never accepted, a password never asked for: keys come from the
 * agent or from files without a passphrase.  After ssh_exec nothing waits.
 * One thread a connection.  libssh2 is a module, loaded by ssh_open.
 *
 * Exit codes of failures: 69 the host or its port cannot be reached, or has
 * no algorithm in common with us; 77 its key is not trusted or ours is not
 * taken; 78 a bad ~/.ssh/config; 75 the connection broke later.
 */
#ifndef NET_SSH_H
#define NET_SSH_H

#include <stddef.h>
#include <sys/types.h>

struct err;
struct host;
struct ssh;

enum {
	SSH_OPEN_MS = 20000,            /* the default of timeout_ms */
	SSH_KEEPALIVE_S = 10,
	SSH_SILENCE_MS = 30000,         /* unacknowledged bytes: it is dead */
	SSH_JUMPS_MAX = 8,
	SSH_ASK_MS = 500,               /* between two calls of cancelled */
};

struct ssh_conf {
	struct host *host;      /* cores and memory do not matter */
	int timeout_ms;         /* for ssh_open with all its tries; 0: above */
	/* Asked about twice a second while ssh_open, ssh_exec or
	 * bundle_start waits; not 0: give up.  NULL: nobody is asked. */
	int (*cancelled)(void *arg);
	void *arg;
};

/* Connects and authenticates; waits.  A server that has too many new
 * connections is asked again, with growing pauses. */
int ssh_open(struct ssh **out, const struct ssh_conf *c, struct err *e);

/* Says goodbye if that does not wait, and closes. */
void ssh_close(struct ssh *s);

/* "ann@node1", "node1:2222": for messages; as long as s. */
const char *ssh_label(const struct ssh *s);

/* Starts the command with the user's shell; waits until the server took it. */
int ssh_exec(struct ssh *s, const char *command, struct err *e);

enum ssh_stream { SSH_STDOUT, SSH_STDERR };

/* Returns bytes read, 0 if there are none now, or < 0. */
ssize_t ssh_read(struct ssh *s, enum ssh_stream from, void *p, size_t n,
    struct err *e);

/* Returns bytes taken, 0 if none can be taken now; then the next call must
 * have the same bytes. */
ssize_t ssh_write(struct ssh *s, const void *p, size_t n, struct err *e);

/* Ends the command's standard input: 1 done, 0 call again later. */
int ssh_write_end(struct ssh *s, struct err *e);

/* Whether the command's output has ended and is read to its end. */
int ssh_ended(struct ssh *s);

/* What to poll for before the next ssh_read or ssh_write.  ssh_queued: bytes
 * are here already, do not wait. */
int ssh_fd(const struct ssh *s);
short ssh_events(const struct ssh *s);
int ssh_queued(const struct ssh *s);

/* To be called about every second: keeps the connection alive. */
int ssh_tick(struct ssh *s, struct err *e);

/* Whether the caller of ssh_open has said to give up: 0, or ERR_TEMP. */
int ssh_cancelled(const struct ssh *s, struct err *e);

/* After ssh_ended: waits up to timeout_ms for the command's end; returns its
 * exit status, 128 + a number if signal got the name of a signal ("KILL"),
 * -1 if it is not known. */
int ssh_status(struct ssh *s, int timeout_ms, char *signal, size_t size);

#endif
