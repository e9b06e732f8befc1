/*
 * map_cache -- map files that are open, with their indexes: a reader of one
 * partition of each of a thousand maps opens nothing the second time.
 *
 * Any thread may ask.  What nobody uses is closed when there are too many,
 * when their indexes are too large together, after some time, or when its
 * job is over.
 */
#ifndef TRANSFER_MAP_CACHE_H
#define TRANSFER_MAP_CACHE_H

#include <stdint.h>

#include "store/map_file.h"

struct block_cache;
struct err;
struct map_cache;

struct map_key {
	const char *dir;                /* borrowed during the call */
	int job, stage, map, attempt;
};

struct map_cache_conf {
	int open_max;                   /* 0: a quarter of the process's limit
	                                 * of files */
	int64_t bytes_max;              /* of indexes; 0: 64 MB */
	/* Maps of job 0 in this directory may be here in memory; or NULL. */
	struct block_cache *kept;
	const char *kept_dir;           /* borrowed */
};

struct map_cache *map_cache_new(const struct map_cache_conf *conf);
void map_cache_free(struct map_cache *c);       /* nobody uses any */

/* Every one got is put back.  ERR_LOST when the map is not there or is
 * damaged. */
int  map_cache_get(struct map_cache *c, const struct map_key *k,
    struct map_file **out, struct err *e);
void map_cache_put(struct map_cache *c, struct map_file *f);

/* Closes what was not used since so many milliseconds. */
void map_cache_sweep(struct map_cache *c, int64_t idle_ms);

/* Closes what a job (-1: every job) has in a directory, now or when it is
 * put back. */
void map_cache_forget(struct map_cache *c, const char *dir, int job);

/* Bytes of one run of blocks, by large reads; blocks of a map file lie one
 * behind the other.  ERR_LOST when the file is shorter, ERR_TEMP when it
 * could not be read. */
int  map_read(const struct map_file *f, int64_t at, char *to, size_t n,
    struct err *e);

#endif
