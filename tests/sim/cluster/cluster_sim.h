/*
 * cluster_sim -- a whole standing cluster in one process: the machines of
 * lib/cluster, connections that delay and break, processes that crash and
 * pause, all drawn from one seed.
 */
#ifndef CLUSTER_SIM_H
#define CLUSTER_SIM_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "cluster/master.h"
#include "cluster/standby.h"
#include "cluster/worker.h"

enum { NODES_MAX = 6, BOSSES = 2, APPS_MAX = 5, PROCS_MAX = 4096,
	FAULTS_MS = 90000, CALM_MS = 120000 };

/* A connection between the master and a client.  Each side has its own idea
 * of whether it stands; what one sends after the other closed is lost. */
struct link {
	int  id;
	int  client;            /* node, or NODES_MAX + application */
	int  boss;              /* the master */
	int  up_master, up_client;
	int64_t at[2];          /* last delivery to the client, the master */
};

/* A process of an executor. */
struct proc {
	struct exec_name name;
	int  node, cores, alive;
	int  doomed;            /* was told or ordered to end */
	int  driver_of;         /* a driver: incarnation of its worker */
	int64_t born_ms;
};

/* A process of sp-master, or none. */
struct boss {
	struct master *master;  /* NULL: it is not running */
	struct text journal;    /* what is on its disk */
	struct standby standby;
	int  active;            /* or a standby */
	int  fresh;             /* its journal is of no use */
};

struct node {
	struct worker *w;       /* NULL: the worker is not running */
	int  cores, incarnation, link;
	int  nheld;             /* events that wait for the end of a pause */
	int64_t paused_until, cut_until;        /* stopped; no packets */
	int64_t last_pause;
	int64_t cut_from[BOSSES];       /* from one master only */
	int  first;             /* the master that is tried first */
};

struct driver {
	int  alive, ended, refused;
	int  link;              /* -1: none */
	struct app_hello want;
	int  known[256], cores[256], nknown;
	int64_t cut_until;
	int64_t cut_from[BOSSES];
	int  first;
	int  keeps;             /* does not release what is revoked */
};

struct happening {
	int64_t ms;
	int64_t seq;
	void (*run)(struct happening *h);
	int  a, b, link;
	int64_t n;
	struct master_event *m;
	struct worker_event *w;
	struct order *o;
	struct standby_word word;
};

extern struct world {
	uint64_t rng;
	int64_t now, seq;
	struct arena arena;
	struct happening *heap;
	int  nheap, heap_cap;
	struct boss boss[BOSSES];
	int  nboss, nstarts;
	int64_t bosses_cut;     /* the masters do not hear each other */
	struct node node[NODES_MAX];
	struct driver app[APPS_MAX];
	int  nnode, napp, verbose, calm;
	struct link *link;
	int  nlink, link_cap;
	struct proc proc[PROCS_MAX];
	int  nproc;
	int64_t nevents;
	const char *broken;     /* the invariant that broke, or NULL */
} world;

/* [0, n) */
int64_t draw(int64_t n);
int chance(int percent);

/* Puts something into the future. */
struct happening *later(int64_t ms, void (*run)(struct happening *));

/* Gives an event to the master or a node's worker and carries out what they
 * order; does nothing when they are not running. */
void to_master(int boss, struct master_event *ev);
void to_worker(int node, struct worker_event *ev);

/* A client connects. */
void connect_node(int node);
void connect_app(int app);
void break_link(int id, int by_master);

void broken(const char *what);

/* What an application's driver does. */
void driver_hears(int app, const struct order *o);
void driver_link_down(int app);
void driver_start(int app);
void driver_ends(int app);
int knows(const struct driver *d, int num);

/* cluster_faults.c: starts and stops what goes wrong; the last checks. */
void faults_begin(void);
void check_end(void);
void check_always(void);
void check_fence(const struct order *o);
void crash_master(int boss);
void start_master(int boss);

/* cluster_bosses.c: what masters tell each other, every now and then. */
void boss_begins(int boss);
void bosses_tick(struct happening *h);

/* The one that is active, or NULL; two are broken when calm. */
struct boss *active_boss(void);

#endif
