/*
 * scratch -- the directory for spills and the like: one a run, gone after it.
 *
 * DIR/sp-UID-PID-RANDOM/ with mode 0700 and a locked file in it.  A run also
 * sweeps directories of dead runs: those whose lock nobody holds.
 */
#ifndef IO_SCRATCH_H
#define IO_SCRATCH_H

struct arena;
struct err;

/* Makes the directory below the first usable one of a comma-separated list
 * (empty: TMPDIR or /tmp).  EXIT_CANTCREATE. */
int scratch_make(struct arena *a, const char *dirs, const char **out,
    struct err *e);

/* Removes it with all that is in it; NULL is fine. */
void scratch_remove(const char *dir);

#endif
