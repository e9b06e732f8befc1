/*
 * stream -- the decoded bytes of an input, one after the other.
 *
 * Files, pipes, stdin ("-"), the output of a command ("cmd:…"), plain or
 * compressed, found by their first bytes: zstd is read here, gzip, xz, bzip2
 * and lz4 through a module that is opened at first use (io/archive_module.h).
 * Truncated or damaged data is ERR_USER with EXIT_DATA, never a short read.
 */
#ifndef IO_STREAM_H
#define IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct stream;

int  stream_open(struct stream **out, const char *path, struct err *e);

/* Up to n bytes: their number, 0 at the end, < 0. */
int64_t stream_read(struct stream *s, char *to, size_t n, struct err *e);
void stream_close(struct stream *s);            /* NULL is fine */

/* Instead of stream_close, after p[0..n) was read from the beginning: what
 * cannot be opened again (stdin, pipes, commands) waits for the next
 * stream_open of the same path, which reads it from the beginning. */
void stream_keep(struct stream *s, const char *p, size_t n);
void stream_drop_kept(void);    /* those for which nobody came */

/* Do these first bytes of a file mean that it is compressed? */
bool stream_is_packed(const unsigned char *p, size_t n);

#endif
