/*
 * feed -- the bytes of one split as a window that slides forward.
 *
 * A reader works inside the window; when it needs more than is in sight it
 * slides: what lies before a position is forgotten, more is read behind.
 * At least FEED_SLACK bytes before and after the window can be read (their
 * values mean nothing), so that loops may load whole words.
 */
#ifndef FORMAT_FEED_H
#define FORMAT_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct datafile;
struct err;
struct pool;
struct share;
struct split;
struct stream;

#define FEED_SLACK 128                  /* bytes readable on both sides */
#define FEED_BLOCK ((size_t)1 << 20)    /* read at a time: fits L2 */
#define FEED_WINDOW_MAX ((size_t)1 << 31)       /* bytes in sight at most */

struct feed {
	const char *p;          /* the window … */
	size_t  n;              /* … bytes in sight */
	int64_t at;             /* offset of p[0] in the (decoded) input */
	bool    last;           /* nothing comes after the window */
	bool    stable;         /* bytes stay until share_free */
	int64_t nread;          /* bytes read so far */
	/* the rest is the feed's own */
	const struct split *split;
	struct pool *pool;
	bool    standard;       /* stdin */
	struct stream *stream;  /* of packed files and commands, or NULL */
	struct datafile *file;  /* of a plain one that is read, or NULL */
	int64_t size;           /* of a mapped file */
	const char *map;
	char   *buf;            /* window of a file that is read */
	size_t  cap;
	int64_t nline;          /* of a stream: newlines before the window, */
	int64_t line_at;        /* where the line at its start began */
};

/* Opens the split's file and puts the window at offset from.  With a share
 * the file is mapped (strings in the window become stable) if it can be.
 * The feed may have been used before: its buffer is kept. */
int feed_open(struct feed *f, const struct split *s, int64_t from,
    struct share *map_in, struct pool *pool, struct err *e);

/* Forgets p[0..keep) and reads on: 1: there is more in sight than before;
 * 0: the window already was the last.  Positions move by keep. */
int feed_slide(struct feed *f, size_t keep, struct err *e);

/* Number (from 1) of the line in which the byte at offset, in the window,
 * lies, and the byte's column (from 1): counts the newlines before it, for
 * which a file is read again.  For messages.  0 when it cannot be told. */
int64_t feed_line(struct feed *f, int64_t offset, int64_t *column);

void feed_close(struct feed *f);

#endif
