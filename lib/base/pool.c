/*
 * pool -- see pool.h.  Taking is optimistic: add at each level, undo when a
 * level above has no room.
 */
#include "base/pool.h"

#include <inttypes.h>
#include <stddef.h>

#include "base/err.h"

void
pool_init(struct pool *p, struct pool *up, const char *name, int64_t limit)
{
	p->name = name;
	p->up = up;
	p->limit = limit;
	p->reclaim = NULL;
	p->reclaim_arg = NULL;
	atomic_init(&p->used, 0);
	atomic_init(&p->peak, 0);
}

static void
pool_add(struct pool *p, int64_t n)
{
	int64_t now = atomic_fetch_add_explicit(&p->used, n,
	    memory_order_relaxed) + n;
	int64_t peak = atomic_load_explicit(&p->peak, memory_order_relaxed);

	while (now > peak && !atomic_compare_exchange_weak_explicit(&p->peak,
	    &peak, now, memory_order_relaxed, memory_order_relaxed))
		;
}

/* The pool that has no room for n bytes, or NULL after taking them. */
static struct pool *
pool_full(struct pool *pool, int64_t n)
{
	struct pool *p, *q;

	for (p = pool; p != NULL; p = p->up) {
		int64_t now = atomic_fetch_add_explicit(&p->used, n,
		    memory_order_relaxed) + n;

		if (p->limit && now > p->limit)
			break;
	}
	for (q = pool; q != NULL; q = q->up) {
		if (p != NULL)
			atomic_fetch_sub_explicit(&q->used, n,
			    memory_order_relaxed);
		else
			pool_add(q, 0);
		if (q == p)
			break;
	}
	return p;
}

/* The same; a pool that is full may get back what others can do without. */
static struct pool *
pool_pressed(struct pool *pool, int64_t n)
{
	struct pool *p = pool_full(pool, n);

	if (p == NULL || p->reclaim == NULL ||
	    p->reclaim(p->reclaim_arg, n) <= 0)
		return p;
	return pool_full(pool, n);
}

int
pool_take(struct pool *pool, int64_t n, struct err *e)
{
	struct pool *p = pool_pressed(pool, n);

	if (p == NULL)
		return 0;
	err_set(e, ERR_TEMP, "%s: no memory for %" PRId64 " more bytes: "
	    "\"%s\" holds %" PRId64 " of %" PRId64,
	    pool->name, n, p->name,
	    atomic_load_explicit(&p->used, memory_order_relaxed), p->limit);
	return err_hint(e, "raise spark.executor.memory (--memory)");
}

int
pool_try(struct pool *pool, int64_t n)
{
	return pool_pressed(pool, n) == NULL;
}

int
pool_below(const struct pool *p, int64_t n, int percent)
{
	for (; p != NULL; p = p->up)
		if (p->limit && p->reclaim == NULL && atomic_load_explicit(
		    &((struct pool *)(uintptr_t)p)->used,
		    memory_order_relaxed) + n > p->limit / 100 * percent)
			return 0;
	return 1;
}

void
pool_force(struct pool *p, int64_t n)
{
	for (; p != NULL; p = p->up)
		pool_add(p, n);
}

void
pool_give(struct pool *p, int64_t n)
{
	for (; p != NULL; p = p->up)
		atomic_fetch_sub_explicit(&p->used, n, memory_order_relaxed);
}

void
pool_release(struct pool *p)
{
	int64_t n = atomic_load_explicit(&p->used, memory_order_relaxed);

	pool_give(p, n);
}

int64_t
pool_limit(const struct pool *p)
{
	int64_t limit = INT64_MAX;

	for (; p != NULL; p = p->up)
		if (p->limit && p->limit < limit)
			limit = p->limit;
	return limit;
}
