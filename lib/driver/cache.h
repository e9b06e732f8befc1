/*
 * cache -- the rows of relations that are kept between the jobs of an
 * application (plan/kept.h), and the memory that they may take.
 *
 * They are exchanges, one partition a task.  Kept rows may take part of the
 * budget (spark.memory.fraction); execution takes back what it needs of that
 * until spark.memory.storageFraction of it is left.  What was used longest
 * ago goes first: to disk when its level says so, else away, to be made
 * again from its plan.  What the running job reads stays.
 */
#ifndef DRIVER_CACHE_H
#define DRIVER_CACHE_H

#include <pthread.h>

#include "base/pool.h"
#include "plan/stage.h"

struct conf;
struct err;
struct exchange;
struct exchange_conf;
struct exec_env;

struct cached {
	struct kept *kept;              /* NULL: never used */
	struct exchange *exchange;      /* NULL: nothing is there */
	const struct type **type;       /* of its columns */
	bool pinned;                    /* the running job has it */
	bool noted;                     /* what its level does not do */
	int64_t used_at;
};

struct cache {
	pthread_mutex_t lock;
	struct pool root;               /* all memory: execution and this */
	struct pool pool;               /* what is kept */
	int64_t floor;                  /* execution leaves so much of it */
	struct cached *v;               /* by number */
	int n;
	int64_t clock;                  /* counts uses */
	const char *dir;                /* of checkpoints; "": the job's */
};

void cache_init(struct cache *c);
void cache_release(struct cache *c);

/* A job with these stages begins, with so many bytes of memory: what it
 * keeps or reads is pinned, checkpoints are put into env->kept (arena).  Jobs
 * that neither keep nor read any may run at the same time. */
void cache_begin(struct cache *c, const struct stages *s, int64_t memory,
    const struct conf *conf, struct exec_env *env, struct arena *a);

/* It has ended: what was not finished is dropped, and what should be in
 * memory only and had no room. */
void cache_end(struct cache *c, const struct exec_env *env);

/* The exchange that is there, or NULL. */
struct exchange *cache_find(struct cache *c, const struct kept *k);

/* Makes the exchange of a relation that is not there; conf has its shape
 * and the types of its columns, which it takes unless it fails. */
int cache_make(struct cache *c, const struct kept *k,
    struct exchange_conf *conf, const struct type **type,
    struct exchange **out, struct err *e);

/* All its tasks are done. */
void cache_made(struct cache *c, struct kept *k);

/* Frees the rows; between jobs only. */
void cache_drop(struct cache *c, struct kept *k);

#endif
