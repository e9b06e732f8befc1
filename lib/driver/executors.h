/*
 * executors -- an application's executors: started, greeted, watched, lost and
 * replaced.  It lives as long as the application; actions come and go
 * (driver/remote.h).
 *
 * Master URLs: local-cluster[N,CORES,MEMORY] starts processes on this machine,
 * ssh://[user@]host[:port],… and ssh:HOSTFILE start them over SSH on hosts
 * that have nothing but sshd, sp://host:port[,host:port] leases them from
 * sp-master.
 */
#ifndef DRIVER_EXECUTORS_H
#define DRIVER_EXECUTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "driver/launcher.h"
#include "executor/job_msg.h"

struct app;
struct cluster;
struct conn;
struct conn_ops;
struct keeper;
struct kept_table;
struct place_table;
struct watch;

enum remote_state { REMOTE_STARTING, REMOTE_READY, REMOTE_LOST };

/* One executor; its number is never given again. */
struct cluster_exec {
	int number;
	enum remote_state state;
	struct cluster *cluster;
	struct conn *conn;              /* NULL: not yet, or lost */
	pid_t pid;                      /* of our child, 0: none */
	int slot;                       /* of the launcher, -1: leased */
	int lease;                      /* number at sp-master, -1: none */
	int slots;                      /* task threads */
	int host, place;                /* numbers for lib/sched */
	int kept_place;                 /* what it has in memory only; -1 */
	bool place_stays, host_lost;
	char *name;                     /* "host/pid", for people */
	char *hostname, *node, *address, *dir;
	int64_t heard_ms, pinged_ms, started_ms;
	int64_t closed_ms;              /* its connection was, then; 0: not */
	struct err closed_why;
	int64_t peak_rss_kb;            /* that it has told */
	int places_told;                /* that it knows of */
	int errors;                     /* its stderr, -1: it has ours */
	struct watch *errors_watch;
	bool idle;                      /* it has forgotten us: --keep */
	bool announced;                 /* lib/sched knows that it is there */
};

/* What an action wants to hear of; NULL between actions. */
struct cluster_ops {
	void (*up)(void *arg, struct cluster_exec *x);
	/* why: in words; x->conn is gone, its number stays. */
	void (*lost)(void *arg, struct cluster_exec *x, const char *why);
	/* It shall get nothing new. */
	void (*drain)(void *arg, struct cluster_exec *x);
	/* A frame of lib/executor's. */
	void (*frame)(void *arg, struct cluster_exec *x, int type,
	    const char *body, size_t n);
};

/* Is it a master that executors are needed for?  Syntax errors are found by
 * cluster_open. */
bool cluster_wanted(const char *master);

/* Starts the executors and returns at once; the caller is inside, below. */
int  cluster_open(struct cluster **out, struct app *a, struct err *e);
/* Ends the executors, or leaves them to the next driver (app->keep_ms).  NULL
 * is fine. */
void cluster_close(struct cluster *c);

/* The scheduler that knows of the executors. */
struct sched *cluster_sched(struct cluster *c);

void cluster_listen(struct cluster *c, const struct cluster_ops *ops,
    void *arg);

/* One turn of the loop: frames, ends of executors, restarts, pings. */
int  cluster_turn(struct cluster *c, int timeout_ms, struct err *e);

struct keeper *cluster_keeper(struct cluster *c);

/* The functions here are for who is inside (driver/keeper.h).  Outside, a
 * thread keeps the executors alive. */
void cluster_enter(struct cluster *c);
void cluster_leave(struct cluster *c);

/* A short turn while the caller waits for something else, inside or not. */
void cluster_breathe(struct cluster *c);

int  cluster_count(const struct cluster *c);    /* of all that there were */
struct cluster_exec *cluster_exec(struct cluster *c, int number);

/* Frames for one executor; nothing when it is lost. */
void cluster_send(struct cluster_exec *x, int type, const char *body,
    size_t n);

/* Are its executors on other machines, perhaps with other files? */
bool cluster_is_far(const struct cluster *c);

/* Relations that executors keep; where map outputs are (driver/places.h). */
struct kept_table *cluster_kept(struct cluster *c);
struct place_table *cluster_places(struct cluster *c);
/* What the executor has in memory only is served at this address. */
int  cluster_kept_place(struct cluster_exec *x, const char *address);

/* For driver/leases.h.  A connection of an executor that a worker started:
 * what conn_ops get as arg. */
void *cluster_guest(struct cluster *c, struct conn *conn);
const struct conn_ops *cluster_conn_ops(void);
/* The master says that an executor is gone, perhaps with its whole host; or
 * that it will be taken away soon. */
void cluster_lease_lost(struct cluster *c, int lease, bool host,
    const struct err *why);
void cluster_lease_revoked(struct cluster *c, int lease);

/* It broke the rules: closed, and lost. */
void cluster_drop(struct cluster_exec *x, const struct err *why);

#endif
