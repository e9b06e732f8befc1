/*
 * block_cache -- map outputs that an executor keeps in its memory: partitions
 * of kept relations, by the relation's number, the map and the attempt.
 *
 * They and running tasks share one budget.  Blocks may take up to a limit of
 * it; when a task finds no memory, blocks go until a floor is left, and when a
 * block finds none, older blocks of other relations do.  What was used longest
 * ago goes first.  What somebody reads stays.
 *
 * What has a file too just leaves the memory.  What has none becomes a file
 * for as long as the running job needs the relation, else it is gone, and who
 * may ask for it later is told.
 */
#ifndef STORE_BLOCK_CACHE_H
#define STORE_BLOCK_CACHE_H

#include <stdbool.h>
#include <stdint.h>

struct block_cache;
struct map_image;
struct pool;

struct block_key {
	int number;                     /* of the relation, from 1 */
	int map, attempt;
};

struct block_cache_conf {
	struct pool *root;              /* of all memory; its reclaim is set */
	int64_t limit, floor;           /* bytes */
	const char *dir;                /* of map files; borrowed */
	/* Will not be there any more when the running job has ended: called
	 * by any thread.  May be NULL. */
	void (*gone)(void *arg, const struct block_key *k);
	void *arg;
};

struct block_cache *block_cache_new(const struct block_cache_conf *conf);
void block_cache_free(struct block_cache *c);   /* NULL is fine */

/* The pool that images are charged to. */
struct pool *block_cache_pool(struct block_cache *c);

/* Room for n more bytes of a relation, charged: 1, or 0. */
int  block_cache_take(struct block_cache *c, int number, int64_t n);

/* An image comes in; the reference is taken over.  has_file: a map file of it
 * is there for good. */
void block_cache_put(struct block_cache *c, const struct block_key *k,
    struct map_image *m, bool has_file);

/* There was no room for it: its file is there until the job ends. */
void block_cache_put_file(struct block_cache *c, const struct block_key *k);

/* Used now: a reference of the caller's own, or NULL. */
struct map_image *block_cache_get(struct block_cache *c,
    const struct block_key *k);

/* A job has the relation in its plan; it has ended.  As often as begun. */
void block_cache_need(struct block_cache *c, int number);
void block_cache_done(struct block_cache *c, int number);

/* All of a relation goes, but for its files of levels with disk. */
void block_cache_forget(struct block_cache *c, int number);

struct block_cache_figures {
	int64_t bytes, blocks;          /* in memory now */
	int64_t evicted;                /* blocks so far */
};
struct block_cache_figures block_cache_figures(struct block_cache *c);

#endif
