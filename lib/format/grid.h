/*
 * grid -- cells of text as columns that line up, for people.
 *
 * The first rows are kept until their widths are known, later ones are
 * printed as they come, cut where they are wider.  Numbers stand right;
 * control characters are escaped.  The widest columns are cut first, with an
 * ellipsis, until the whole is as wide as asked.
 */
#ifndef FORMAT_GRID_H
#define FORMAT_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct arena;
struct schema;

struct grid {
	const struct schema *schema;    /* names, and types for the alignment */
	int *width;                     /* of the columns */
	int total;                      /* of the terminal, 0: any */
	int at;                         /* column of the next cell */
	int64_t most, nkept;            /* rows that are kept, at most */
	bool printed;                   /* the head and the rows kept */
	struct text kept;               /* their cells, each ends in NUL */
	struct text one;
};

/* The schema has to outlive the grid; grid_release also after a failure. */
void grid_init(struct grid *g, struct arena *a, const struct schema *s,
    int total, int64_t most);
void grid_release(struct grid *g);

/* Adds the next cell, row by row; what can be printed goes to to. */
void grid_add(struct grid *g, struct text *to, const char *p, size_t n);
void grid_finish(struct grid *g, struct text *to);

#endif
