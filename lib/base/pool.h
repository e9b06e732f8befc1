/*
 * pool -- a byte budget; a tree of them.  Counts, does not allocate.
 *
 * The tree is executor -> task -> operator.  Memory that grows with the data
 * is taken from a pool before it is allocated; a refusal is the sign to
 * spill.  Counters are atomic: many threads share the executor's pool.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdatomic.h>
#include <stdint.h>

struct err;

struct pool {
	const char  *name;      /* for messages: "hash aggregate" */
	struct pool *up;        /* NULL at the executor */
	int64_t      limit;     /* bytes; 0: only what is above limits */
	_Atomic int64_t used, peak;
	/* Asked by any thread when this pool is full: gives back n bytes or
	 * what it can, returns how many.  NULL: nothing can be given back. */
	int64_t    (*reclaim)(void *arg, int64_t n);
	void        *reclaim_arg;
};

void pool_init(struct pool *p, struct pool *up, const char *name,
    int64_t limit);

/* Takes n bytes from p and every pool above it; or takes nothing, returns
 * ERR_TEMP and names the pool that is full, its limit and its use. */
int  pool_take(struct pool *p, int64_t n, struct err *e);

/* The same without a message: returns 0 when there is no room, else 1. */
int  pool_try(struct pool *p, int64_t n);

/* Would p and the pools above it, but for those that get something back when
 * they are full, be no fuller than that with n more bytes?  1: yes. */
int  pool_below(const struct pool *p, int64_t n, int percent);

/* Takes n bytes even over the limit: for what must be had to go on. */
void pool_force(struct pool *p, int64_t n);

void pool_give(struct pool *p, int64_t n);

/* The smallest limit that holds for p; INT64_MAX without any. */
int64_t pool_limit(const struct pool *p);

/* Gives back all that is still taken from p.  Call when p dies. */
void pool_release(struct pool *p);

#endif
