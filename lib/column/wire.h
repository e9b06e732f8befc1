/*
 * wire -- batches as bytes: for shuffle blocks, spill files and frames.
 *
 * The format is little-endian and self-contained except for the types, which
 * both sides know from the plan: u32 rows, then per column a flag byte
 * (no nulls / bitmap / all null), the bitmap, and the values (numbers of 4 or
 * 8 bytes without the high bytes that are the same in all rows; strings as
 * u32 lengths followed by their bytes; lists as u32 lengths and the child's
 * rows).  Decoding checks every length against what is there: corrupt bytes
 * give ERR_LOST, never a bad view.  Compression and checksums are the
 * business of lib/store.
 */
#ifndef COLUMN_WIRE_H
#define COLUMN_WIRE_H

#include "column/batch.h"

/* Appends the picked rows of b. */
void wire_put(struct text *to, const struct batch *b);

/* Reads one batch of columns with these types from p[0..n): *b and its
 * columns get memory from the arena, strings point into p.  A block may hold
 * more than BATCH_ROWS rows; b->nrow tells, callers cut it (wire_slice).
 * Returns the bytes read, or ERR_LOST. */
int64_t wire_get(const char *p, size_t n, const struct type *const *types,
    int ncol, struct arena *a, struct batch *b, struct err *e);

/* A batch of rows [from, from + n) of big, whose columns must be flat;
 * to->col has to have room for ncol columns (nested kids come from the
 * arena).  from must be a multiple of 64 (bitmaps). */
void wire_slice(const struct batch *big, int64_t from, int n,
    struct batch *to, struct arena *a);

#endif
