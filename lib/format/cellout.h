/*
 * cellout -- one value as text for the writers of rows: a function a type,
 * looked up once a column.
 *
 * The functions print what value_print prints (column/value.h), the value
 * being not null; strings go out as they are.
 */
#ifndef FORMAT_CELLOUT_H
#define FORMAT_CELLOUT_H

#include "base/text.h"
#include "column/column.h"

struct timepat;
struct zone;

typedef void cell_put(struct text *to, const struct column *c, int64_t i,
    const struct zone *z);

cell_put *cell_putter(const struct type *t);

/* Appends a date or timestamp by a pattern (option_timepat). */
void cell_time(const struct timepat *pattern, struct text *to,
    const struct column *c, int64_t i, const struct zone *z);

/* Bytes that make a cell need quotes or escapes: 1 for those. */
struct cellset {
	uint8_t in[256];
};

/* Offset of the first byte of p[0..n) that is in the set, or n. */
size_t cell_scan(const struct cellset *set, const char *p, size_t n);

#endif
