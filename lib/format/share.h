/*
 * share -- what the tasks of one scan have in common: files mapped into
 * memory, and, for CSV, the state of quotes at places of a file.
 *
 * Made by format->share, freed by format->unshare after the last task; used
 * by many threads at once.
 */
#ifndef FORMAT_SHARE_H
#define FORMAT_SHARE_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct scan;
struct share;
struct share_file;

void *share_new(const struct scan *s);
void share_free(void *share);

/* Maps the file (once for all tasks) and returns its bytes, FEED_SLACK
 * readable on both sides, until share_free; NULL when it cannot be mapped
 * (not a regular file of this host, empty): read it instead. */
const char *share_map(struct share *s, const char *path, int64_t *size);

/* One state that is worked out piece by piece from the start of a file: the
 * state at piece i is kept once known.  Calls step(arg, i, state) for every
 * piece before n that nobody did yet and returns the state at piece n;
 * state 0 is that of the start.  step returns the next state or < 0. */
typedef int share_step(void *arg, int64_t i, int state, struct err *e);
int share_state(struct share *s, const char *path, int64_t n,
    share_step *step, void *arg, struct err *e);

#endif
