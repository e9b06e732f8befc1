/*
 * serve -- an executor's share in the exchange of blocks: it serves its map
 * outputs, and knows where those of the others are.
 */
#ifndef EXECUTOR_SERVE_H
#define EXECUTOR_SERVE_H

#include <pthread.h>

#include "base/arena.h"
#include "executor/job_msg.h"
#include "executor/task_msg.h"
#include "store/mirror.h"
#include "transfer/node_id.h"

struct block_cache;
struct block_thread;
struct fetcher;

struct serve {
	struct arena arena;
	struct block_thread *server;    /* or NULL: only files are read */
	struct fetcher *fetch;
	char node[NODE_ID_MAX];
	const char *address;            /* "HOST:PORT", or NULL */
	const char *kept_address;       /* the same, once serve_kept */
	struct block_cache *kept;       /* map outputs that are in memory */
	const char *dir;
	const struct setup_msg *setup;
	const char *host;
	pthread_mutex_t lock;
	int own;                        /* our place, as the fetcher's number */
	int *place;                     /* by the driver's number */
	int nplace, place_cap;
};

enum { SERVE_DIR = 1 };                 /* number of the directory */

/* host: this node, as others know it, or NULL; dir: where map outputs are
 * published; kept: those that are in memory; all is borrowed. */
int  serve_open(struct serve *s, const struct setup_msg *m, const char *host,
    const char *dir, struct block_cache *kept, struct err *e);

/* From now on others can have what is in memory only. */
int  serve_kept(struct serve *s, struct err *e);
/* No task runs any more. */
void serve_close(struct serve *s);

/* Brings the blocks of a stage of a job (from 1); its state lives in the
 * arena. */
const struct block_source *serve_source(struct serve *s, struct arena *a,
    int job, int stage);

/* The job is over. */
void serve_forget(struct serve *s, int job);

/* Fills in node, address and directory. */
void serve_tell(const struct serve *s, struct ready_msg *m);
/* That is what the driver was told about us. */
void serve_told(struct serve *s, const struct ready_msg *m);

/* A place that map outputs may be at.  The driver's number of a place as the
 * fetcher's, and back; -1 unknown.  In the loop's thread, but the last, which
 * tasks may call. */
void serve_place(struct serve *s, const struct place_msg *m);
int  serve_place_here(const struct serve *s, int place);
int  serve_place_there(struct serve *s, int place);

/* Of places as the fetcher's numbers; tasks may call them.  Is the place our
 * own, or on our node?  Are two on one node? */
bool serve_is_here(const struct serve *s, int place);
bool serve_same_node(const struct serve *s, int a, int b);

#endif
