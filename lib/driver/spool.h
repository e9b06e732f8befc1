/*
 * spool -- what can be read only once (stdin, a pipe, a command's output)
 * becomes a file that executors read, perhaps more than once.
 */
#ifndef DRIVER_SPOOL_H
#define DRIVER_SPOOL_H

struct action;
struct arena;
struct err;

/* *out: the file, "input-…" in dir.  Ends early when the action is stopped:
 * commands are killed then, and a read that nothing comes of is left. */
int spool(const struct action *j, const char *dir, const char *path,
    struct arena *a, const char **out, struct err *e);

#endif
