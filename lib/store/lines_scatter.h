/*
 * lines_scatter -- lines put into segments of memory by their partition.
 *
 * Each partition has a segment of its own, made for its share of a stretch;
 * when that is full it gets more, each twice as large as the last, up to
 * SEGMENT_MAX.  A segment becomes a block: it has room for a head in front.
 */
#ifndef STORE_LINES_SCATTER_H
#define STORE_LINES_SCATTER_H

#include "store/shuffle_lines.h"

enum {
	SEGMENT_MAX = 1 << 20           /* but one line may be longer */
};

struct segment {
	char *p;                        /* lines; BLOCK_HEAD bytes before */
	size_t n;
	uint32_t part, rows;
};

struct scatter;

/* For stretches of about so many bytes; scatter_clear begins each. */
struct scatter *scatter_new(const struct lines_conf *conf, size_t stretch);
void scatter_free(struct scatter *s);           /* NULL is fine */

/* Adds whole lines, each with its newline; LINES_SLACK bytes behind them are
 * read.  Returns NULL, or the line that is longer than line_max. */
const char *scatter_lines(struct scatter *s, const char *p, size_t n);

/* What is there: segments that are not empty, by partition, then in order of
 * their rows.  Until scatter_clear. */
int  scatter_segments(struct scatter *s, const struct segment **v);
uint64_t scatter_rowset(const struct scatter *s, uint32_t part);
void scatter_clear(struct scatter *s);

#endif
