/*
 * ssh_bundle -- the programs that a bare host gets: sp-executor, sp-shuffle,
 * sp-worker and the modules, as they lie beside the running program.
 *
 * A bundle is named by its contents, so a host keeps it for every later job
 * of the same build, and two builds never meet.
 */
#ifndef NET_SSH_BUNDLE_H
#define NET_SSH_BUNDLE_H

#include <stdint.h>

struct arena;
struct err;
struct ssh;
struct text;

enum { BUNDLE_FILES_MAX = 32, BUNDLE_ARGS_MAX = 16 };

struct bundle_file {
	const char *name, *path;
	int64_t     size;
};

struct bundle {
	char hash[33];          /* hexadecimal XXH3-128 */
	struct bundle_file file[BUNDLE_FILES_MAX];
	int  nfile;
};

/* Finds and sums up the files in dir (NULL: that of the running program);
 * texts in a.  EXIT_UNAVAILABLE if the program is not among them. */
int bundle_find(struct bundle *b, struct arena *a, const char *dir,
    const char *program, struct err *e);

/* Runs program with its arguments (NULL-terminated, or NULL) on the other
 * host out of the bundle, which is brought there if it is missing; waits.
 * *rest and *errors get the first bytes of its output and its stderr.  After
 * it s carries the program's streams. */
int bundle_start(struct ssh *s, const struct bundle *b, const char *program,
    const char *const *args, struct text *rest, struct text *errors,
    struct err *e);

#endif
