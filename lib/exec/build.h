/*
 * build -- the build side of a join: rows in columns, and a table from the
 * hash of their keys to them.
 *
 * Slots hold a salt and the number of the first row; rows with the same hash
 * are chained by next[].  Rows whose key has a null are kept (full joins need
 * them) but not in the table.  Read-only once finished: many tasks probe it.
 */
#ifndef EXEC_BUILD_H
#define EXEC_BUILD_H

#include "base/arena.h"
#include "base/pool.h"
#include "column/batch.h"
#include "column/builder.h"

struct build {
	int ncol, nkey;
	struct builder *col;            /* columns, then keys */
	struct column *whole;           /* views of them, once finished */
	int64_t n;
	uint64_t *hash;
	int64_t hash_cap;
	uint64_t *slot, mask;
	int32_t *next;                  /* row + 1, 0 at the end of a chain */
	bool has_null;                  /* a key with a null was seen */
	struct pool *pool;              /* charged */
	int64_t charged;
	struct arena arena;
};

void build_init(struct build *b, struct pool *pool,
    const struct type *const *type, int ncol, int nkey);
void build_release(struct build *b);

/* Adds the picked rows of a batch with their dense keys and hashes. */
void build_add(struct build *b, const struct batch *rows,
    const struct column *key, const uint64_t *hash);

/* Charges the pool for what was added: 0 when it has no room. */
int build_charge(struct build *b);

/* Makes the table. */
void build_finish(struct build *b);

/* First row (from 0) whose key equals row i of key with that hash, or -1;
 * then the next such row after row at. */
int64_t build_first(const struct build *b, const struct column *key, int i,
    uint64_t hash);
int64_t build_next(const struct build *b, const struct column *key, int i,
    uint64_t hash, int64_t at);

/* Brings the slots of n hashes into the cache. */
void build_prefetch(const struct build *b, const uint64_t *hash, int n);

#endif
