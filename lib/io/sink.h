/*
 * sink -- a file that is written once: created exclusively, buffered by the
 * caller, compressed when its name says so, checksummed, durable at close.
 */
#ifndef IO_SINK_H
#define IO_SINK_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct sink;

struct sink_figures {
	int64_t bytes;                  /* in the file */
	uint64_t sum;                   /* XXH3-64 of them */
};

/* Creates the file (it must not exist); names in .zst .gz .xz .bz2 .lz4 are
 * compressed. */
int  sink_open(struct sink **out, const char *path, struct err *e);
int  sink_write(struct sink *s, const char *p, size_t n, struct err *e);

/* Its bytes will be copied elsewhere: it need not be durable at close. */
void sink_passing(struct sink *s);

/* Writes the rest, fsyncs, closes: each checked.  Frees the sink. */
int  sink_close(struct sink *s, struct sink_figures *out, struct err *e);
void sink_abort(struct sink *s);        /* closes and frees, removes nothing */

/* ".gz" for the codec "gzip" (any case), "" for "none", NULL: unknown. */
const char *sink_suffix(const char *codec);

/* The suffix of a compression that a path ends with, "" when none. */
const char *sink_suffix_of(const char *path);

#endif
