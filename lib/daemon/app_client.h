/*
 * app_client -- the driver's side of a standing cluster: registers an
 * application with sp-master and is told of its executors.
 *
 * Lives on the driver's loop; all functions are called on its thread, and
 * so are the callbacks, never from inside app_client_new.  A master that
 * goes away is not the end: the client reconnects (0.1 s, doubling to 2 s;
 * first address first) and presents the application again with the executors
 * it knows, and executors go on meanwhile.  Executors connect to
 * want->driver by themselves, with identity = the application's id and
 * want->key; executor_up only says that one was ordered.  Callbacks must not
 * free the client.
 */
#ifndef DAEMON_APP_CLIENT_H
#define DAEMON_APP_CLIENT_H

#include <stdint.h>

#include "cluster/cluster.h"

struct app_client;
struct err;
struct loop;

struct executor_news {
	int num;                /* never reused within the application */
	const char *worker;     /* id */
	const char *host;
	const char *shuffle;    /* address of the worker's block server, or "" */
	int cores;
	int64_t memory_mb;
};

struct app_client_ops {
	/* The application has an id; the first news, once. */
	void (*accepted)(void *arg, const char *app_id);
	void (*executor_up)(void *arg, const struct executor_news *news);
	/* It is gone or will be at once; also after app_client_release. */
	void (*executor_lost)(void *arg, int num, enum end_reason reason,
	    const char *why);
	/* Give it no more tasks and release it within REVOKE_MS; then it is
	 * taken.  May be NULL. */
	void (*executor_revoked)(void *arg, int num);
	/* Why nothing happens, for people: "waiting for cores: ...". */
	void (*note)(void *arg, const char *text);
	/* The end: too large for every worker, wrong key, executors failed
	 * too often, killed by sp-master kill.  Nothing comes after it. */
	void (*refused)(void *arg, const struct err *why);
	/* The connection broke, is tried again / is there again. */
	void (*master_lost)(void *arg, const struct err *why);
	void (*master_back)(void *arg);
};

/* masters: "host:port[,host:port]", an address behind the first is tried
 * only when those before it fail.  want is copied; its id is "" and its
 * token 0 (drawn here).  ops and arg are borrowed.  Returns 0, or ERR_USER
 * for addresses that cannot be read.  Whether the master is there shows
 * later: refused() after a minute without any master before accepted(). */
int app_client_new(struct app_client **out, struct loop *loop,
    const char *masters, const unsigned char key[32],
    const struct app_hello *want, const struct app_client_ops *ops,
    void *arg, struct err *e);

/* The application does not need this executor any more. */
void app_client_release(struct app_client *c, int num);

/* Changes how much the application wants from now on; 0: no limit. */
void app_client_want(struct app_client *c, int cores_max, int instances);

/* Says that the application ended and waits up to wait_ms until the master
 * knows (runs the loop).  The master then ends its executors. */
void app_client_end(struct app_client *c, int status, int wait_ms);

/* Closes; without app_client_end before, the master gives the application
 * up after DRIVER_GRACE_MS. */
void app_client_free(struct app_client *c);

#endif
