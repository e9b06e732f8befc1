/*
 * chunk -- up to some thousand rows of an exchange: flat columns side by
 * side in one piece of memory, or a block on disk.
 *
 * Flat columns have room for cap rows from the beginning, so that a writer
 * can scatter values without looking; string bytes go to a list of heaps,
 * nested columns to builders.  A column that had one value for all rows when
 * the chunk was made (a count of 1, the states of rows that were passed on)
 * keeps that value only: it is fixed.
 */
#ifndef STORE_CHUNK_H
#define STORE_CHUNK_H

#include "column/batch.h"
#include "store/blockfile.h"

struct builder;
struct text;

/* What all chunks of an exchange have in common. */
struct shape {
	int ncol, nnested;
	const struct type *const *type; /* borrowed */
	int *width;                     /* of a value; 0: nested */
	int *before;                    /* widths of the columns before */
	int row;                        /* all widths */
};

#define CHUNK_FIRST_MAX 4096    /* bytes of a first row that is kept */
#define CHUNK_FIXED_MAX 64      /* columns that can be fixed: the first */

void shape_init(struct shape *s, const struct type *const *type, int ncol);
void shape_release(struct shape *s);

struct chunk_heap;

struct chunk {
	int n, cap;                     /* rows; cap: a multiple of 64 */
	int limit;                      /* rows after which it is closed */
	int row;                        /* widths of columns not fixed */
	int64_t bytes;                  /* of memory that it holds */
	uint64_t fixed;                 /* columns with one value */
	const int *before;              /* as in shape, without fixed ones */
	char *value;                    /* 16 bytes a column: fixed values */
	char *slab;                     /* NULL: on disk */
	uint8_t *nulls;                 /* by column: has its bitmap a zero? */
	struct builder *nested;         /* shape->nnested of them, or NULL */
	struct chunk_heap *heap;
	char *at, *end;                 /* free part of the heap */
	struct block block;             /* on disk */
	char *packed;                   /* of a mirror: the block in memory */
	bool borrowed;                  /* packed is somebody else's */
	int number;                     /* of a mirror: which of its map's */
	uint64_t rowset;                /* map_rowset, when it went to disk
	                                 * to be published */
	char *first;                    /* its first row, kept when the others
	                                 * are on disk; or NULL */
	uint32_t nfirst;
};

/* Room for cap rows; the columns of the mask are fixed, their values are to
 * be set (chunk_fixed). */
struct chunk *chunk_new(const struct shape *s, int cap, uint64_t fixed);
void chunk_free(const struct shape *s, struct chunk *c);

/* Bytes that chunk_new takes for cap rows. */
int64_t chunk_size(const struct shape *s, int cap, uint64_t fixed);

static inline bool
chunk_is_fixed(const struct chunk *c, int col)
{
	return col < CHUNK_FIXED_MAX && (c->fixed >> col & 1);
}

/* The value of a fixed column. */
static inline char *
chunk_fixed(const struct chunk *c, int col)
{
	return c->value + 16 * col;
}

/* Values of a flat column that is not fixed: cap of them. */
static inline char *
chunk_values(const struct chunk *c, int col)
{
	return c->slab + (size_t)c->cap * (size_t)c->before[col];
}

/* Row i of the column is null. */
void chunk_null(struct chunk *c, int col, int i);

/* A place for n bytes of a string, growing the heap when it must; adds what
 * it allocated to *grown and to bytes. */
char *chunk_heap_more(struct chunk *c, size_t n, int64_t *grown);

static inline char *
chunk_bytes(struct chunk *c, size_t n, int64_t *grown)
{
	char *p = c->at;

	if ((size_t)(c->end - p) < n)
		return chunk_heap_more(c, n, grown);
	c->at = p + n;
	return p;
}

/* Its rows as a batch of possibly more than BATCH_ROWS rows: views into it,
 * columns and kids in the arena; fixed columns are COL_CONST. */
void chunk_view(const struct shape *s, const struct chunk *c, struct arena *a,
    struct batch *b);

/* map_rowset of a chunk in memory. */
uint64_t chunk_rowset(const struct shape *s, const struct chunk *c, int part);

/* Writes it to the file and frees its memory; raw is room to work in. */
int  chunk_to_disk(const struct shape *s, struct chunk *c, int part,
    struct blockfile *f, struct text *raw, struct err *e);
/* Keeps the first row (unless it is large) before chunk_to_disk; gives it:
 * 1, or 0 when it was not kept. */
void chunk_keep_first(const struct shape *s, struct chunk *c,
    struct text *raw);
int  chunk_first(const struct shape *s, const struct chunk *c,
    struct arena *a, struct batch *b, struct err *e);

/* The rows of its packed block, as long as those bytes are there: strings are
 * COL_STABLE when they are STAY and the block is not compressed. */
enum packed_bytes { PACKED_GO, PACKED_STAY };
int  chunk_unpack(const struct shape *s, const struct chunk *c,
    const char *packed, enum packed_bytes how, struct arena *a,
    struct batch *b, struct err *e);

/* Reads it back into the arena. */
int  chunk_from_disk(const struct shape *s, const struct chunk *c,
    const struct blockfile *f, struct arena *a, struct batch *b,
    struct err *e);

#endif
