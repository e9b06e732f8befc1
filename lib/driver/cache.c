/*
 * cache -- see cache.h.
 *
 * Tasks of all threads may ask for memory, so that rows are moved or dropped
 * under the lock; what the running job has is only ever moved to disk, which
 * its exchange refuses once somebody reads (store/exchange.h).
 */
#include "driver/cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "driver/conf.h"
#include "exec/task.h"

#define EVICT_MIN ((int64_t)4 << 20)    /* less is not worth the trouble */

static struct cached *
slot(struct cache *c, const struct kept *k)
{
	if (k->number > c->n) {
		int n = k->number < 2 * c->n ? 2 * c->n : k->number;

		c->v = xrealloc(c->v, (size_t)n * sizeof *c->v);
		memset(c->v + c->n, 0, (size_t)(n - c->n) * sizeof *c->v);
		c->n = n;
	}
	c->v[k->number - 1].kept = (struct kept *)(uintptr_t)k;
	return &c->v[k->number - 1];
}

static void
drop(struct cached *x)
{
	if (x->exchange)
		exchange_free(x->exchange);
	free(x->type);
	x->exchange = NULL;
	x->type = NULL;
	x->kept->parts = 0;
}

/* Gives memory back: how much. */
static int64_t
evict(struct cache *c, struct cached *x, int64_t n)
{
	int64_t before = atomic_load(&c->pool.used);
	struct err ignored;

	if (x->kept->level->flags & KEPT_DISK) {
		int64_t got = exchange_evict(x->exchange, n, &ignored);

		return got < 0 ? 0 : got;
	}
	if (x->pinned)
		return 0;
	drop(x);
	return before - atomic_load(&c->pool.used);
}

/* The one that was used longest ago, after the one of that time. */
static struct cached *
oldest(struct cache *c, int64_t after)
{
	struct cached *best = NULL;

	for (int i = 0; i < c->n; i++) {
		struct cached *x = &c->v[i];

		if (x->exchange && x->used_at > after &&
		    (best == NULL || x->used_at < best->used_at))
			best = x;
	}
	return best;
}

static int64_t
shrink(struct cache *c, int64_t n)
{
	int64_t got = 0, after = 0;
	struct cached *x;

	n = n < EVICT_MIN ? EVICT_MIN : n;
	while (got < n && (x = oldest(c, after)) != NULL) {
		after = x->used_at;
		got += evict(c, x, n - got);
	}
	return got;
}

/* Execution needs memory. */
static int64_t
reclaim_all(void *arg, int64_t n)
{
	struct cache *c = arg;
	int64_t got = 0;

	pthread_mutex_lock(&c->lock);
	if (atomic_load(&c->pool.used) > c->floor)
		got = shrink(c, n);
	pthread_mutex_unlock(&c->lock);
	return got;
}

/* What is to be kept does. */
static int64_t
reclaim_kept(void *arg, int64_t n)
{
	struct cache *c = arg;
	int64_t got;

	pthread_mutex_lock(&c->lock);
	got = shrink(c, n);
	pthread_mutex_unlock(&c->lock);
	return got;
}

void
cache_init(struct cache *c)
{
	memset(c, 0, sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	pool_init(&c->root, NULL, "memory", 0);
	pool_init(&c->pool, &c->root, "cache", 0);
	c->root.reclaim = reclaim_all;
	c->pool.reclaim = reclaim_kept;
	c->root.reclaim_arg = c->pool.reclaim_arg = c;
}

void
cache_release(struct cache *c)
{
	for (int i = 0; i < c->n; i++)
		if (c->v[i].kept)
			drop(&c->v[i]);
	free(c->v);
	pthread_mutex_destroy(&c->lock);
}

static double
fraction(const struct conf *conf, const char *key)
{
	return strtod(conf_get(conf, key), NULL);
}

static void
note(struct cached *x)
{
	const struct kept *k = x->kept;

	if (!x->noted && (k->level->flags & KEPT_TWICE))
		fprintf(stderr, "note: %s: one copy is kept, on one machine\n",
		    k->level->spark);
	x->noted = true;
}

static void
pin(struct cache *c, struct kept *k)
{
	struct cached *x = slot(c, k);

	/* Times differ, so that they order all. */
	x->used_at = ++c->clock;
	x->pinned = true;
	note(x);
}

static void
pin_leaves(struct cache *c, const struct node *n)
{
	if (n->kind == NODE_CACHE)
		pin(c, n->u.cache.kept);
	for (int i = 0; i < n->nkid; i++)
		pin_leaves(c, n->kid[i]);
}

/* Settings change between jobs only; here another one may run. */
static void
set_limit(int64_t *limit, int64_t n)
{
	if (*limit != n)
		*limit = n;
}

void
cache_begin(struct cache *c, const struct stages *s, int64_t memory,
    const struct conf *conf, struct exec_env *env, struct arena *a)
{
	c->dir = conf_get(conf, "spark.checkpoint.dir");
	set_limit(&c->root.limit, memory);
	set_limit(&c->pool.limit, (int64_t)((double)memory *
	    fraction(conf, "spark.memory.fraction")));
	set_limit(&c->floor, (int64_t)((double)c->pool.limit *
	    fraction(conf, "spark.memory.storageFraction")));
	for (int i = 0; i < s->n; i++) {
		const struct node *root = s->stage[i].root;

		if (root->kind == NODE_EXCHANGE && root->u.exchange.kept)
			pin(c, root->u.exchange.kept);
		pin_leaves(c, root);
	}
	env->kept = NEW_N(a, struct exchange *, c->n + 1);
	env->nkept = c->n;
	pthread_mutex_lock(&c->lock);   /* another job may need memory */
	for (int i = 0; i < c->n; i++)
		env->kept[i] = c->v[i].exchange;
	pthread_mutex_unlock(&c->lock);
}

void
cache_end(struct cache *c, const struct exec_env *env)
{
	for (int i = 0; i < c->n; i++) {
		struct cached *x = &c->v[i];

		if (!x->pinned)
			continue;
		x->pinned = false;
		if (x->exchange == NULL)
			continue;
		exchange_rest(x->exchange);
		if (x->kept->parts == 0 || (!env->force_spill &&
		    !(x->kept->level->flags & KEPT_DISK) &&
		    !exchange_in_memory(x->exchange)))
			drop(x);
	}
}

struct exchange *
cache_find(struct cache *c, const struct kept *k)
{
	return k->number <= c->n ? c->v[k->number - 1].exchange : NULL;
}

/* Where a checkpoint's files go. */
static int
choose_dir(const struct cache *c, const struct kept *k, const char **dir,
    struct err *e)
{
	const char *d = k->dir ? k->dir : c->dir;

	if (*d == '\0')
		return 0;
	*dir = d;
	if (mkdir(d, 0700) < 0 && errno != EEXIST)
		return err_sys(e, "could not make the directory \"%s\"", d);
	return 0;
}

int
cache_make(struct cache *c, const struct kept *k,
    struct exchange_conf *conf, const struct type **type,
    struct exchange **out, struct err *e)
{
	struct cached *x;

	conf->name = "cache";
	conf->pool = &c->pool;
	conf->keep = true;
	conf->force_spill |= !(k->level->flags & KEPT_MEMORY);
	if (k->checkpoint && !(k->level->flags & KEPT_MEMORY))
		TRY(choose_dir(c, k, &conf->dir, e));
	TRY(exchange_new(out, conf, e));
	pthread_mutex_lock(&c->lock);
	x = slot(c, k);
	x->exchange = *out;
	x->type = type;
	pthread_mutex_unlock(&c->lock);
	return 0;
}

void
cache_made(struct cache *c, struct kept *k)
{
	struct exchange *x = cache_find(c, k);
	struct exchange_size size = exchange_total(x);

	k->parts = exchange_nmap(x);
	k->rows = size.rows;
	k->bytes = size.bytes;
}

void
cache_drop(struct cache *c, struct kept *k)
{
	if (k->number <= c->n && c->v[k->number - 1].kept)
		drop(&c->v[k->number - 1]);
}
