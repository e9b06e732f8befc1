/*
 * ssh_relay -- makes a program on another host look like one that was started
 * here: its standard input and output are two descriptors of ours.
 *
 *	ssh_relay(&(struct relay_conf){ .host = &host }, 0, 1, e)
 *
 * Connects (net/ssh.h), sees to it that the programs are there
 * (net/ssh_bundle.h), runs sp-executor and copies bytes both ways until one
 * side ends.  What it prints on stderr comes out on ours, each line behind
 * the name of the host.  The other program is told to end by the end of its
 * input; when the connection is cut, sshd tells it the same.
 */
#ifndef NET_SSH_RELAY_H
#define NET_SSH_RELAY_H

struct err;
struct host;

enum { RELAY_DRAIN_MS = 10000 };

struct relay_conf {
	struct host *host;
	int timeout_ms;                 /* for connecting, 0: SSH_OPEN_MS */
	const char *program;            /* NULL: sp-executor */
	const char *const *args;        /* NULL-terminated, or NULL */
	int errors;                     /* descriptor for lines of stderr */
	int drain_ms;   /* how long it may go on, saying nothing, when its
	                 * input has ended; 0: RELAY_DRAIN_MS */

	const char *dir;        /* for tests: where the programs lie, or NULL */
};

/* Returns 0 when the program ended with status 0, or nobody is there to
 * read its output any more.  Another status is an error with this exit code.  in and out may
 * be the same; both are non-blocking meanwhile.  The caller ignores SIGPIPE. */
int ssh_relay(const struct relay_conf *c, int in, int out, struct err *e);

#endif
