/*
 * hostfile -- the hosts of a cluster without daemons, one a line:
 *
 *	# comment
 *	ann@node1:2222   cores=4 memory=8g
 *	[fd00::7]:22     slots=2
 *	node3
 *
 * "slots" is "cores", as MPI writes it.  Pure: reads text, opens nothing.
 */
#ifndef NET_HOSTFILE_H
#define NET_HOSTFILE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

enum {
	HOST_NAME_MAX_BYTES = 255,
	HOSTFILE_MAX = 10000,   /* hosts */
};

struct host {
	const char *user;       /* NULL: not told */
	const char *name;       /* without brackets, in lower case */
	int     port;           /* 0: not told */
	int     cores;          /* 0: not told */
	int64_t memory;         /* bytes, 0: not told */
	int     line;           /* in the file, 0: no file */
};

/* Reads "[user@]host[:port]" with an optional "ssh://" in front; EXIT_USAGE.
 * The texts of *h are in a. */
int host_parse(struct arena *a, const char *s, size_t n, struct host *h,
    struct err *e);

/* Adds "user@host:port" as host_parse reads it. */
void host_print(struct text *t, const struct host *h);

/* The first of n hosts that is the same user at the same place, or NULL. */
const struct host *host_find(const struct host *v, int n,
    const struct host *h);

/* Returns the number of hosts in *out (an array in a), at least 1, or
 * ERR_USER with EXIT_CONFIG and "FILE, line N: ". */
int hostfile_parse(struct arena *a, const char *file, const char *p, size_t n,
    struct host **out, struct err *e);

/* The same of a file, which may be a pipe. */
int hostfile_read(struct arena *a, const char *file, struct host **out,
    struct err *e);

#endif
