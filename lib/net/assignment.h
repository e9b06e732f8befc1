/*
 * assignment -- what a worker tells an executor that it has started: for
 * which application it is, where its driver listens, and the key.
 *
 * "sp-executor --connect" reads it as the first and only frame on its
 * descriptor 0 (no HELLO: the writer is its parent), connects to the driver
 * with identity = app and the key, and ends when descriptor 0 ends.
 */
#ifndef NET_ASSIGNMENT_H
#define NET_ASSIGNMENT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

struct assignment {
	const char *app;        /* id, and identity of its key */
	unsigned char key[32];
	int number;             /* of the executor in its application */
	const char *driver;     /* "host:port" */
	const char *scratch;    /* directory, 0700: the executor's files */
	const char *maps;       /* directory for map outputs that the worker's
	                         * block server serves; NULL: serve them */
	int maps_number;        /* of that directory in the block server */
	const char *shuffle;    /* its address, as others see it; or NULL */
	const char *host;       /* name of this node, as others know it */
	int cores;
	int64_t memory_mb;
};

void assignment_print(struct text *to, const struct assignment *a);

/* Strings are copied to the arena.  EXIT_PROTOCOL. */
int assignment_parse(const char *p, size_t n, struct assignment *a,
    struct arena *arena, struct err *e);

/* Reads the frame from a descriptor, waiting for it.  EXIT_PROTOCOL. */
int assignment_read(int fd, struct assignment *a, struct arena *arena,
    struct err *e);

#endif
