/*
 * bring_up -- a standing cluster on hosts that have only sshd: started and
 * ended by one command.
 *
 * The first host gets the master and a worker, the others a worker each.
 * For every one of them a process here goes to the host by SSH (net/
 * ssh_relay.h) and runs "sp-master --detach" or "sp-worker --detach" out of
 * the bundle, with the key on its standard input.  At most BRING_AT_ONCE
 * connect at a time.  Workers connect while the master starts, and get their
 * key, for which they wait, when it runs.  A daemon that is there already
 * stays.  Nothing needs root, nothing is shared.
 */
#ifndef DAEMON_BRING_UP_H
#define DAEMON_BRING_UP_H

struct err;
struct host;
struct text;

enum { BRING_AT_ONCE = 8, BRING_CONNECT_MS = 10000, BRING_MS = 60000 };

enum bring_first { BRING_WITH_WORKER, BRING_MASTER_ONLY };

struct bring_conf {
	const struct host *host;
	int  nhost, port;
	enum bring_first first;
	const char *key_file;           /* NULL: the usual one */
	/* For each daemon: host, role and how it went, a line without \n. */
	void (*say)(const char *line);
};

/* The same with the hosts of a file: up, and adds the URL and a newline; or
 * down, if url is NULL. */
int bring_file(const struct bring_conf *c, const char *file, struct text *url,
    struct err *e);

#endif
