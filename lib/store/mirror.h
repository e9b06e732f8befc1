/*
 * mirror -- an exchange whose maps are somewhere else: files that other
 * processes published (store/map_file.h), read when they are needed.
 *
 * Readers use it like any exchange, after exchange_require.  That brings the
 * blocks of whole partitions into memory charged to the pool, or into a file
 * without a name when the pool is short; for sorted exchanges it brings the
 * list of the blocks and their first rows, and the blocks come when they are
 * read, some ahead.  Several tasks share a mirror: what one has required is
 * there for all.  A block is checked before anybody sees a row of it.  Blocks
 * that this process keeps (store/map_image.h) are read where they are.
 *
 * How blocks travel is not known here: a block_source brings them
 * (transfer/fetch.h, or files in tests).
 */
#ifndef STORE_MIRROR_H
#define STORE_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#include "store/exchange.h"

struct block;
struct map_image;

/* A map output that could not be had: what the driver must make again. */
struct lost {
	int stage;                      /* 0: nothing was lost */
	int place;                      /* where it was; -1: not known */
	int map;                        /* -1: all of the place */
};

/* What is wanted of one map. */
struct block_want {
	int map, attempt, place;
	int lo, hi;                     /* partitions */
	int64_t first, count;           /* of their blocks; count -1: all from
	                                 * first on */
};

/* Receives the blocks of want number i, in their order in the map; blocks of
 * several wants may come mixed.  packed: BLOCK_HEAD + b->stored bytes, valid
 * during the call; NULL when lists were asked for.  Called by one thread at
 * a time. */
struct block_sink {
	void *arg;
	int (*got)(void *arg, int i, const struct block *b,
	    const char *packed, struct err *e);
	/* Instead: blocks [first, first + n) of an image of this process,
	 * which the sink may hold.  NULL: not wanted. */
	int (*image)(void *arg, int i, struct map_image *m, uint64_t first,
	    int64_t n, struct err *e);
};

/* fetch brings all blocks of n wants to the sink, or fails; when that is
 * ERR_LOST it says what is lost (place and map; stage is not its business).
 * Thread-safe. */
struct block_source {
	void *arg;
	int (*fetch)(void *arg, const struct block_want *want, int n,
	    bool list_only, const struct block_sink *sink, struct lost *lost,
	    struct err *e);
};

/* conf as for exchange_new (publish is not looked at; stage is what lost.stage
 * says); *src is copied.  Freed by exchange_free. */
int  exchange_mirror(struct exchange **out, const struct exchange_conf *conf,
    const struct block_source *src, struct err *e);
bool exchange_is_mirror(const struct exchange *x);

/* The map is at this place (a number that the source understands), written
 * by this attempt; place -1: nowhere. */
void exchange_place(struct exchange *x, int map, int place, int attempt);

/* Brings partitions [lo, hi) of all maps; nothing to do for exchanges that
 * are no mirrors.  ERR_LOST: *lost says what.  Each success is paid back by
 * exchange_forget, or lasts until exchange_drop or exchange_free. */
int  exchange_require(struct exchange *x, int lo, int hi, struct lost *lost,
    struct err *e);
/* The caller reads these partitions no more, nor strings from them: what
 * nobody else has required is freed. */
void exchange_forget(struct exchange *x, int lo, int hi);

/* The same for maps [from, to) of one partition, which is shared by several
 * tasks: nobody reads it whole, and their ranges of maps do not overlap. */
int  exchange_require_maps(struct exchange *x, int part, int from, int to,
    struct lost *lost, struct err *e);
void exchange_forget_maps(struct exchange *x, int part, int from, int to);

/* What a block that is read later (of a sorted exchange) turned out to have
 * lost: the last one that has no other place yet; false: nothing. */
bool exchange_lost(struct exchange *x, struct lost *lost);

#endif
