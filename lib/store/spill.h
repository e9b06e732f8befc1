/*
 * spill -- rows that an operator puts aside on disk and reads back once.
 *
 * One file a spill (created in the scratch directory and unlinked at once,
 * so nothing is left after kill -9), written by appending wire blocks (zstd,
 * XXH3-64 each) and read from the beginning.  A torn or flipped block is
 * ERR_TEMP, never wrong rows.
 */
#ifndef STORE_SPILL_H
#define STORE_SPILL_H

#include "column/batch.h"

struct err;
struct spill;

int  spill_new(struct spill **out, const char *dir,
    const struct type *const *type, int ncol, struct err *e);
int  spill_put(struct spill *s, const struct batch *b, struct err *e);
/* Ends writing; call once before reading.  May be called again to read from
 * the beginning again. */
int  spill_rewind(struct spill *s, struct err *e);
/* 1: next batch (<= BATCH_ROWS rows, valid until the next call); 0: end. */
int  spill_next(struct spill *s, struct batch *b, struct err *e);
int64_t spill_bytes(const struct spill *s);     /* on disk */
int64_t spill_rows(const struct spill *s);
void spill_free(struct spill *s);               /* NULL is fine */

#endif
