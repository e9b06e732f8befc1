/*
 * exchange -- map outputs of one stage, between its tasks and their readers
 * in the same process: by reference, on disk under memory pressure.
 *
 * Each map task has one writer; what it wrote becomes visible as a whole by
 * commit (the first attempt to commit a map wins, others are dropped). A
 * reader of partition p sees the chunks of all maps in map order, so results
 * do not depend on which task was first.
 *
 * Chunks are columns of up to some thousand rows in memory of the exchange's
 * pool.  When the pool is full a writer moves what it holds, or what committed
 * maps hold that nobody reads yet, to files: blocks as in the data files of
 * store/shuffle.h, in files without a name, whose index is in memory.
 */
#ifndef STORE_EXCHANGE_H
#define STORE_EXCHANGE_H

#include <stdatomic.h>

#include "column/batch.h"

struct arena;
struct block_cache;
struct err;
struct exchange;
struct map_facts;
struct pool;
struct xwriter;

struct exchange_conf {
	const char *name;               /* "stage 3", for messages and files */
	int npart;                      /* partitions, >= 1 */
	int nmap;                       /* map tasks */
	int ncol;
	const struct type *const *type; /* borrowed, ncol of them */
	struct pool *pool;              /* executor's pool */
	const char *dir;                /* scratch directory for spills */
	bool sorted;                    /* maps are runs that will be merged, the
	                                 * last column are their prefixes */
	const char *publish;            /* maps become files whose names begin
	                                 * with this (map_file_prefix) and are
	                                 * not kept here; or NULL */
	bool compress;                  /* blocks that are published: zstd */
	struct block_cache *cache;      /* they are kept in memory, too, or */
	bool only_cache;                /* only there, while there is room; as */
	int kept;                       /* those of relation number kept */
	bool diagonal;                  /* map m has rows of partition m only */
	int stage;                      /* its number, for store/mirror.h */
	bool force_spill;               /* everything goes to disk */
	bool keep;                      /* it outlives the job: owns all of its
	                                 * strings, may fill its pool */
};

/* Size of one partition, one map, or all. */
struct exchange_size {
	int64_t rows, bytes;
};

int  exchange_new(struct exchange **out, const struct exchange_conf *conf,
    struct err *e);
void exchange_free(struct exchange *x); /* removes its files */

int exchange_nmap(const struct exchange *x);
int exchange_npart(const struct exchange *x);

/* A writer for map number map.  The task's thread owns it. */
int  exchange_writer(struct xwriter **out, struct exchange *x, int map,
    struct err *e);

/* Adds the picked rows of b: picked row i goes to partition part[i]; part
 * NULL: all to partition 0.  Strings are copied unless COL_STABLE: then the
 * exchange borrows them (exchange_borrows). */
int  xwriter_put(struct xwriter *w, const struct batch *b,
    const uint32_t *part, struct err *e);

/* Makes the map's output visible and frees the writer, also on failure.
 * Returns 1, or 0 when another attempt was first. */
int  xwriter_commit(struct xwriter *w, struct err *e);

/* Instead of commit when conf.publish is set: writes the map's files, which
 * appear at once, tells the facts (facts->part in the arena) and frees the
 * writer, also on failure.  ERR_TEMP when there is no room. */
int  xwriter_publish(struct xwriter *w, int attempt, struct arena *a,
    struct map_facts *facts, struct err *e);
bool exchange_publishes(const struct exchange *x);

/* Frees the writer and what it wrote. */
void xwriter_abort(struct xwriter *w);

/* Sizes; complete once all maps have committed. */
struct exchange_size exchange_part_size(const struct exchange *x, int part);
struct exchange_size exchange_total(const struct exchange *x);

/* Adds the sizes of a map's partitions, npart of them: for a driver, which
 * has the sizes of maps that are elsewhere and nothing else.  Map -1: of all
 * maps together. */
void exchange_tell(struct exchange *x, int map,
    const struct exchange_size *part);

/* Bytes of one map in one partition; of one that was told up to an eighth
 * less (it is kept in a byte).  -1: not known. */
int64_t exchange_map_bytes(const struct exchange *x, int map, int part);

/* Does it hold views of strings that are somebody else's?  What its writers
 * read (inputs' chunks, mapped files) must then outlive it. */
bool exchange_borrows(const struct exchange *x);

/* Nobody reads any more: what is in memory may be moved to disk again. */
void exchange_rest(struct exchange *x);

/* Moves committed maps to disk until n bytes were given back; nothing while
 * somebody reads.  Returns the bytes, or negative. */
int64_t exchange_evict(struct exchange *x, int64_t n, struct err *e);

/* Reading: a cursor over one map's rows of one partition, or over all maps
 * in order (map -1), partitions [lo, hi). */
struct xreader;
int  exchange_reader(struct xreader **out, const struct exchange *x, int map,
    int lo, int hi, struct pool *pool, struct err *e);
/* Before the first row: of maps [from, to) only. */
void xreader_maps(struct xreader *r, int from, int to);
/* 1: the next batch (valid until the next call; views of strings stay valid
 * as long as the exchange when the chunk is in memory: COL_STABLE is set
 * then); 0: end; < 0: ERR_LOST when a block is damaged. */
int  xreader_next(struct xreader *r, struct batch *b, struct err *e);
void xreader_close(struct xreader *r);

/* Random access for joins and merges: chunk i of a (map, partition). */
int  exchange_nchunk(const struct exchange *x, int map, int part);
int64_t exchange_chunk_rows(const struct exchange *x, int map, int part,
    int i);
/* Columns over the whole chunk (may hold more than BATCH_ROWS rows). In
 * memory: views into it; on disk: read into the arena. */
int  exchange_chunk(const struct exchange *x, int map, int part, int i,
    struct arena *a, struct batch *b, struct err *e);
/* The same for its first row alone (the batch has one or more), which is not
 * read from disk when the exchange is sorted. */
int  exchange_chunk_first(const struct exchange *x, int map, int part, int i,
    struct arena *a, struct batch *b, struct err *e);
/* Is all of it in memory? */
bool exchange_in_memory(const struct exchange *x);

/* Frees the memory and files of partitions [lo, hi): their readers are
 * done.  Only when no retry can ask again (driver's decision). */
void exchange_drop(struct exchange *x, int lo, int hi);

#endif
