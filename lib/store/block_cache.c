/*
 * block_cache -- see block_cache.h: a list by time of use, and one lock.
 */
#include "store/block_cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "store/map_file.h"
#include "store/map_image.h"

#define EVICT_MIN ((int64_t)4 << 20)    /* less is not worth the trouble */

struct kept_block {
	struct block_key key;
	struct map_image *image;        /* NULL: a file until the job ends */
	bool has_file;
	struct kept_block *older, *newer;
};

struct block_cache {
	struct block_cache_conf conf;
	struct pool pool;
	pthread_mutex_t lock;
	struct kept_block *oldest, *newest;
	int *need, nneed, need_cap;     /* relations of the running job */
	int64_t blocks, evicted;
};

/* A thread that makes room for a block must not be asked to by the pool. */
static _Thread_local bool taking;

static int64_t shrink(struct block_cache *c, int64_t n, int except);

/* Tasks need memory. */
static int64_t
reclaim(void *arg, int64_t n)
{
	struct block_cache *c = arg;
	int64_t over, got = 0;

	if (taking)
		return 0;
	pthread_mutex_lock(&c->lock);
	over = atomic_load(&c->pool.used) - c->conf.floor;
	if (over > 0) {
		n = n < EVICT_MIN ? EVICT_MIN : n;
		got = shrink(c, n < over ? n : over, 0);
	}
	pthread_mutex_unlock(&c->lock);
	return got;
}

struct block_cache *
block_cache_new(const struct block_cache_conf *conf)
{
	struct block_cache *c = xcalloc(1, sizeof *c);

	c->conf = *conf;
	pthread_mutex_init(&c->lock, NULL);
	pool_init(&c->pool, conf->root, "kept rows", conf->limit);
	conf->root->reclaim = reclaim;
	conf->root->reclaim_arg = c;
	return c;
}

struct pool *
block_cache_pool(struct block_cache *c)
{
	return &c->pool;
}

static void
list_in(struct block_cache *c, struct kept_block *b)
{
	b->older = c->newest;
	b->newer = NULL;
	*(c->newest ? &c->newest->newer : &c->oldest) = b;
	c->newest = b;
}

static void
list_out(struct block_cache *c, struct kept_block *b)
{
	*(b->older ? &b->older->newer : &c->oldest) = b->newer;
	*(b->newer ? &b->newer->older : &c->newest) = b->older;
}

static void
remove_file(const struct block_cache *c, const struct block_key *k)
{
	struct arena a = { 0 };

	map_file_remove(map_file_prefix(&a, c->conf.dir, 0, k->number),
	    k->map, k->attempt);
	arena_release(&a);
}

static void
drop(struct block_cache *c, struct kept_block *b)
{
	list_out(c, b);
	if (b->image == NULL)
		remove_file(c, &b->key);
	else
		c->blocks--;
	map_image_drop(b->image);
	free(b);
}

static bool
is_needed(const struct block_cache *c, int number)
{
	for (int i = 0; i < c->nneed; i++)
		if (c->need[i] == number)
			return true;
	return false;
}

static void
tell_gone(const struct block_cache *c, const struct block_key *k)
{
	if (c->conf.gone)
		c->conf.gone(c->conf.arg, k);
}

/* Leaves the memory: the bytes, or 0 when it must stay. */
static int64_t
evict(struct block_cache *c, struct kept_block *b)
{
	int64_t bytes;

	if (b->image == NULL || map_image_is_held(b->image))
		return 0;
	bytes = b->image->bytes;
	if (!b->has_file && is_needed(c, b->key.number)) {
		struct arena a = { 0 };
		struct err ignored;
		int r = map_file_save(b->image, map_file_prefix(&a,
		    c->conf.dir, 0, b->key.number), b->key.map,
		    b->key.attempt, &ignored);

		arena_release(&a);
		if (r < 0)
			return 0;
		tell_gone(c, &b->key);
		map_image_drop(b->image);
		b->image = NULL;
		c->blocks--;
	} else {
		if (!b->has_file)
			tell_gone(c, &b->key);
		drop(c, b);
	}
	c->evicted++;
	return bytes;
}

/* What was used longest ago leaves, but not what is of relation except. */
static int64_t
shrink(struct block_cache *c, int64_t n, int except)
{
	int64_t got = 0;

	for (struct kept_block *b = c->oldest, *next; b && got < n; b = next) {
		next = b->newer;
		if (b->key.number != except)
			got += evict(c, b);
	}
	return got;
}

void
block_cache_free(struct block_cache *c)
{
	if (c == NULL)
		return;
	while (c->oldest)
		drop(c, c->oldest);
	c->conf.root->reclaim = NULL;
	pthread_mutex_destroy(&c->lock);
	free(c->need);
	free(c);
}

static int
take_quietly(struct block_cache *c, int64_t n)
{
	int r;

	taking = true;
	r = pool_try(&c->pool, n);
	taking = false;
	return r;
}

int
block_cache_take(struct block_cache *c, int number, int64_t n)
{
	int r = take_quietly(c, n);

	if (r)
		return r;
	pthread_mutex_lock(&c->lock);
	if (shrink(c, n, number) > 0)
		r = take_quietly(c, n);
	pthread_mutex_unlock(&c->lock);
	return r;
}

static struct kept_block *
find(struct block_cache *c, const struct block_key *k)
{
	struct kept_block *b = c->newest;

	while (b && (b->key.number != k->number || b->key.map != k->map ||
	    b->key.attempt != k->attempt))
		b = b->older;
	return b;
}

static void
put(struct block_cache *c, const struct block_key *k, struct map_image *m,
    bool has_file)
{
	struct kept_block *b;

	pthread_mutex_lock(&c->lock);
	b = find(c, k);
	if (b) {
		list_out(c, b);
		c->blocks -= b->image != NULL;
		map_image_drop(b->image);
	} else {
		b = xcalloc(1, sizeof *b);
	}
	b->key = *k;
	b->image = m;
	b->has_file = has_file;
	c->blocks += m != NULL;
	list_in(c, b);
	if (m == NULL)
		tell_gone(c, k);
	pthread_mutex_unlock(&c->lock);
}

void
block_cache_put(struct block_cache *c, const struct block_key *k,
    struct map_image *m, bool has_file)
{
	put(c, k, m, has_file);
}

void
block_cache_put_file(struct block_cache *c, const struct block_key *k)
{
	put(c, k, NULL, false);
}

struct map_image *
block_cache_get(struct block_cache *c, const struct block_key *k)
{
	struct map_image *m = NULL;
	struct kept_block *b;

	pthread_mutex_lock(&c->lock);
	b = find(c, k);
	if (b && b->image) {
		list_out(c, b);
		list_in(c, b);
		m = map_image_hold(b->image);
	}
	pthread_mutex_unlock(&c->lock);
	return m;
}

void
block_cache_need(struct block_cache *c, int number)
{
	pthread_mutex_lock(&c->lock);
	if (c->nneed == c->need_cap) {
		c->need_cap = c->need_cap ? 2 * c->need_cap : 8;
		c->need = xrealloc(c->need, (size_t)c->need_cap *
		    sizeof *c->need);
	}
	c->need[c->nneed++] = number;   /* once for each job */
	pthread_mutex_unlock(&c->lock);
}

void
block_cache_done(struct block_cache *c, int number)
{
	struct kept_block *next;
	int i = 0;

	pthread_mutex_lock(&c->lock);
	while (i < c->nneed && c->need[i] != number)
		i++;
	if (i < c->nneed)
		c->need[i] = c->need[--c->nneed];
	for (struct kept_block *b = c->oldest; b; b = next) {
		next = b->newer;
		if (b->image == NULL && !is_needed(c, b->key.number))
			drop(c, b);
	}
	pthread_mutex_unlock(&c->lock);
}

void
block_cache_forget(struct block_cache *c, int number)
{
	struct kept_block *next;

	pthread_mutex_lock(&c->lock);
	for (struct kept_block *b = c->oldest; b; b = next) {
		next = b->newer;
		if (b->key.number == number)
			drop(c, b);
	}
	pthread_mutex_unlock(&c->lock);
}

struct block_cache_figures
block_cache_figures(struct block_cache *c)
{
	struct block_cache_figures f;

	pthread_mutex_lock(&c->lock);
	f = (struct block_cache_figures){ atomic_load(&c->pool.used),
	    c->blocks, c->evicted };
	pthread_mutex_unlock(&c->lock);
	return f;
}
