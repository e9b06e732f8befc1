/*
 * inputs -- what the user wrote as a path becomes a list of files.
 *
 * Patterns (* ? [a-z] {a,b}), directories (all files below; names that begin
 * with _ or . are ignored, as in Spark), "-" for stdin, file: URLs.  Levels
 * of directories called key=value below what was written are partition
 * columns.  The list is sorted bytewise by path.
 */
#ifndef IO_INPUTS_H
#define IO_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;

struct input_key {
	const char *name;
	const char *value;              /* unescaped; NULL: the null partition */
};

struct input_path {
	const char *path;
	int64_t size;                   /* -1 unknown: stdin, pipes */
	int64_t mtime_ns;
	uint64_t inode;
	bool regular;
	int nkey;
	struct input_key *key;
};

struct inputs {
	int n, cap;
	struct input_path *v;
};

/* Adds the files that one written path stands for.  EXIT_NOINPUT with a
 * hint when there is none, EXIT_PERM when a directory cannot be read. */
int inputs_add(struct arena *a, struct inputs *in, const char *written,
    struct err *e);

#endif
