/*
 * standard -- stdin as an input that can be looked at before it is read.
 *
 * Schema inference wants the first bytes, the scan wants all of them: what
 * was peeked at is given again.  One reader at a time; stdin can be read
 * only once.
 *
 * And descriptors 0 to 2 as the caller left them: no file of ours gets their
 * numbers.
 */
#ifndef IO_STANDARD_H
#define IO_STANDARD_H

#include <stddef.h>
#include <sys/types.h>

struct err;
struct text;

/* Appends up to n first bytes; 1 when that is all there is, else 0. */
int standard_peek(size_t n, struct text *to, struct err *e);

/* As read(2) on stdin, after what was peeked at. */
ssize_t standard_read(void *buf, size_t n);

/* Puts something that refuses to be read or written (EBADF) in the place of
 * standard streams that are closed, so that no file opened later becomes one
 * of them.  The first call of a main(). */
void standard_hold(void);

#endif
