/*
 * lines_input -- an input cut into stretches of lines, which several threads
 * read side by side.
 *
 * A stretch is the lines that begin in so many bytes of the input: the same
 * ones whether it is a file, of which each thread reads its own part, or a
 * pipe, where they take turns.
 */
#ifndef STORE_LINES_INPUT_H
#define STORE_LINES_INPUT_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct lines_input;

enum { LINES_SLACK = 64 };      /* bytes behind lines that may be read */

/* What a thread reads; all zeros at first.  Released by stretch_release. */
struct stretch {
	uint64_t number;                /* from 0, without gaps */
	char *buf;
	size_t cap, n, given;           /* given: bytes already handed out */
	int64_t from, end;              /* to be read; begin of the next one */
	int64_t at;                     /* of buf[0] in the input */
	int skip, last;                 /* to its first line; read to its end */
};

/* Of the descriptor, from where it stands; size: bytes of a stretch.  A
 * regular file ends where it ends now. */
struct lines_input *lines_input_new(int fd, size_t size, size_t line_max);
void lines_input_free(struct lines_input *in);  /* NULL is fine */

/* The next stretch; it may turn out to be empty.  1, or 0 at the end. */
int  stretch_claim(struct lines_input *in, struct stretch *s, struct err *e);

/* Whole lines of it, each with a newline, *n bytes, LINES_SLACK more may be
 * read: 1, or 0 at the end of the stretch.  Valid until the next call.
 * EXIT_DATA: longer lines than line_max, here or in what follows. */
int  stretch_lines(struct lines_input *in, struct stretch *s, const char **p,
    size_t *n, struct err *e);

int  line_too_long(int64_t at, size_t most, struct err *e);
void stretch_release(struct stretch *s);

#endif
