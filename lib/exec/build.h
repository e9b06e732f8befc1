/*
 * build -- the build side of a join: packed rows, and a directory from keys
 * to them.
 *
 * A row holds its keys and then the columns, fixed widths without padding
 * (strings as views); a column that is a key is stored once, nested values
 * stay in builders beside the rows, nulls in bitmaps by column.  With one key
 * of up to 8 bytes the row has no hash: it is cheap to make again.
 *
 * The directory has one of three forms: nothing (the keys of the rows are
 * MIN, MIN + 1, ...), an array by key (dense keys), or slots by hash: row
 * number + 1, a Bloom filter of 31 bits over the rows of the slot, and a bit
 * for more than one row.  Rows of one slot are chained by next[], in row
 * order.  Read-only once linked: many tasks probe it.
 */
#ifndef EXEC_BUILD_H
#define EXEC_BUILD_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/pool.h"
#include "column/batch.h"
#include "column/builder.h"

enum build_form { BUILD_SLOTS, BUILD_DENSE, BUILD_IDENTITY };

/* Keys as integers: what rows of a range had, to choose the form. */
struct key_range {
	int64_t min, max;
	int64_t first;                  /* key of row 0, if they are */
	bool any, run;                  /* a run without gaps and nulls */
};

/* Bytes of strings; many threads may fill a build, each with its heap. */
struct build_heap {
	struct arena arena;
	struct build_heap *next;
};

struct build {
	int ncol, nkey;
	const struct type **type;       /* columns, then keys */
	int *at;                        /* offsets in a row; -1: in side[] */
	int *source;                    /* column: the key it is, or -1 */
	int stride, hash_at;            /* hash_at -1: simple */
	bool simple, whole_numbers;     /* one short key; one that is an
	                                 * integer */
	int key_at, key_width;          /* of a simple key */
	char **block;                   /* of 1 << shift rows */
	int nblock, block_cap, shift;
	int64_t n;
	struct block_slab *slab;
	struct builder *side;           /* of nested columns and keys */
	struct column *side_view;
	uint64_t **null;                /* by column: 1 is null; or NULL */
	uint64_t *no_key;               /* rows whose key has a null, or NULL */
	int64_t null_cap;
	struct build_heap *heap;
	uint8_t *copied;                /* by column: has strings in a heap */
	bool stable;                    /* the build outlives its tasks */
	struct key_range range;
	enum build_form form;
	uint64_t *slot;                 /* BUILD_SLOTS: nslot of them */
	uint32_t *dense;                /* BUILD_DENSE: row + 1 by key - min */
	uint64_t nslot;
	uint32_t *next;                 /* row + 1, 0 at the end of a chain */
	_Atomic bool repeated;          /* some key has more than one row */
	struct pool *pool;              /* charged */
	int64_t held, charged;
	struct arena arena;
};

/* source[c] is the number of the key that column c is, or -1; NULL: all -1.
 * The types are the plan's. */
void build_init(struct build *b, struct pool *pool,
    const struct type *const *type, int ncol, int nkey, const int *source);
void build_release(struct build *b);

/* Adds the picked rows of a batch with their dense keys and hashes (not read
 * when the key is simple). */
void build_add(struct build *b, const struct batch *rows,
    const struct column *key, const uint64_t *hash);

/* Room for n rows at once, to be filled by build_put from many threads. */
void build_reserve(struct build *b, int64_t n);
/* Rows [from, from + rows->n) of them.  Strings go to heap. */
void build_put(struct build *b, int64_t from, const struct batch *rows,
    const struct column *key, const uint64_t *hash, struct build_heap *heap,
    struct key_range *range);
void key_range_add(struct key_range *a, const struct key_range *b);

/* Bytes of the rows and of the directory to come. */
int64_t build_bytes(const struct build *b);

/* Charges the pool for what was added: 0 when it has no room. */
int build_charge(struct build *b);

/* Makes the rows readable by build_column; build_begin_link does it too. */
void build_view(struct build *b);

/* Chooses the form and allocates the directory; then each of n regions is
 * linked once, by any thread. */
void build_begin_link(struct build *b);
void build_link(struct build *b, int region, int n);

static inline void
build_finish(struct build *b)
{
	build_begin_link(b);
	build_link(b, 0, 1);
}

static inline char *
build_row(const struct build *b, int64_t row)
{
	return b->block[row >> b->shift] + (size_t)(row &
	    (((int64_t)1 << b->shift) - 1)) * (size_t)b->stride;
}

/* The probe rows (of n keys) that have a partner, ascending, in at[], and the
 * first partner of each in row[]; returns how many. */
struct probe_keys {
	const struct column *key;
	uint64_t *hash;                 /* given for keys that are not simple */
	uint64_t value[BATCH_ROWS];     /* simple keys */
	uint32_t first[BATCH_ROWS], active[BATCH_ROWS];
};
int build_probe(const struct build *b, struct probe_keys *p, int n,
    int32_t *at, int32_t *row);

/* The next row with the key of probe row i after row, or -1. */
int64_t build_next(const struct build *b, const struct probe_keys *p, int i,
    int64_t row);

/* Is row, of the chain of probe row i's slot, a partner of it? */
bool build_is_partner(const struct build *b, const struct probe_keys *p,
    int i, int64_t row);

/* Column c of the rows, as out->data[to[i]] (to NULL: i) of nrow values. */
void build_column(const struct build *b, int c, const int32_t *row, int n,
    const int32_t *to, int nrow, struct column *out, struct arena *a);

/* Simple keys as numbers of 64 bits that are equal when the keys are. */
void build_simple_values(const struct column *c, int n, uint64_t *out);

/* Such a number of a whole-number key with its sign. */
static inline int64_t
build_whole(const struct build *b, uint64_t value)
{
	int unused = 64 - 8 * b->key_width;

	return (int64_t)(value << unused) >> unused;
}

#endif
