/*
 * complain -- an error with its place in the job text, for people.
 *
 *   job.sp:3:9: error: unknown column 'event_typ'
 *     3 | | where event_typ = 'purchase'
 *       |         ^~~~~~~~~
 *   hint: did you mean 'event_type'?
 */
#ifndef SQL_COMPLAIN_H
#define SQL_COMPLAIN_H

#include <stddef.h>

struct err;
struct text;

struct source {
	const char *name;       /* "job.sp", "-e", "-" */
	const char *text;
	size_t n;
};

/* Appends the error, ending in a newline.  source[e->span.src] is the text;
 * without a known place only "error: …" and the hint.  Columns count
 * characters from 1; long lines are cut to a window around the caret. */
void complain(struct text *out, const struct source *source, int nsource,
    const struct err *e);

#endif
