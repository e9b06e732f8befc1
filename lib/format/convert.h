/*
 * convert -- cells of text into typed columns: one tight loop a type.
 *
 * Numbers and times in their usual forms are read eight digits at a time;
 * everything else falls back to the readers of column/value.h, so the two
 * accept the same.  16 bytes behind a cell must be readable.
 */
#ifndef FORMAT_CONVERT_H
#define FORMAT_CONVERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "column/type.h"

struct timepat;
struct zone;

struct cell {
	const char *p;          /* NULL: null */
	uint32_t n;
};

/* How cells of one column are read. */
struct convert {
	const struct type *type;
	const struct zone *zone;        /* NULL: UTC */
	const struct timepat *pattern;  /* of dates and times, or NULL */
	const char *nan, *inf, *ninf;   /* words for them, or NULL */
	bool ascii;                     /* strings need no UTF-8 check */
};

struct converted {
	void *data;             /* filled: values of the rows */
	uint64_t *valid;        /* bits of null and bad rows are cleared */
	int32_t *bad;           /* indexes of cells that could not be read */
	int nbad, nnull;        /* added to; a bad one counts as null too */
};

/* Can cells become this type (no nested types, no intervals)? */
bool convert_can(const struct type *t);

/* Converts cell[0..n); cell i goes to row row[i] (row NULL: i). */
void convert_cells(const struct convert *c, const struct cell *cell,
    const int32_t *row, int n, struct converted *to);

#endif
