/*
 * datafile -- a file of input data, read at offsets, wherever it is.
 *
 * Most files are on this host and read by pread.  An executor may be told to
 * read a file that only another host has: its path is then "far:ID:NAME" (or
 * "far:ID"), ID a number, NAME what messages call it.  Such files are read
 * through the process's far_source.  Without one these are plain names.
 */
#ifndef IO_DATAFILE_H
#define IO_DATAFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct datafile;

#define DATAFILE_AHEAD ((size_t)1 << 20)        /* read at once of far files */

/* Where far files come from. */
struct far_source {
	void *arg;
	/* Up to n bytes at an offset: their number (fewer is allowed), 0 at the
	 * end of the file and behind it, < 0 and *e.  Called by many threads
	 * at once. */
	int64_t (*read)(void *arg, int id, int64_t at, char *to, size_t n,
	    struct err *e);
};

/* Sets the source of this process, which stays the caller's; NULL: none.
 * Before any thread reads, or after all of them. */
void datafile_provider(const struct far_source *source);

/* Opens for reading; nothing is read yet. */
int datafile_open(struct datafile **out, const char *path, struct err *e);
void datafile_close(struct datafile *f);        /* NULL is fine */

/* Up to n bytes at an offset: their number, 0 only at the end, < 0.  One
 * thread at a time.  Small reads of a far file are taken from a block that
 * is kept, so that they are no round trips. */
int64_t datafile_pread(struct datafile *f, char *to, size_t n, int64_t at,
    struct err *e);

/* Its descriptor, -1 of a far file. */
int datafile_fd(const struct datafile *f);

/* Is this the path of a far file?  What messages shall call a path: NAME, or
 * the path itself. */
bool datafile_is_far(const char *path);
const char *datafile_name(const char *path);

#endif
