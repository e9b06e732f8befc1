/*
 * master_place -- which application gets the next executor, and where.
 * Pure decisions over a state; nothing is changed but shares, reservations
 * and the marks of revoked executors.  Private to master*.c.
 */
#ifndef CLUSTER_MASTER_PLACE_H
#define CLUSTER_MASTER_PLACE_H

#include <stdint.h>

#include "cluster/master_state.h"

struct master_conf;

struct place {
	struct app *app;
	struct worker *worker;
	int cores;
	int64_t memory_mb;
};

/* Computes held cores and fair shares anew, forgets reservations that came
 * to nothing, and begins a round. */
void place_begin(struct state *s, const struct master_conf *c, int64_t now_ms);

/* The next executor to start: returns 1, or 0 when no more can be placed.
 * The caller makes it before the next call. */
int place_next(struct state *s, const struct master_conf *c, int64_t now_ms,
    struct place *p);

/* After that: marks executors as revoking for the sake of applications that
 * hold less than their share and found no place.  Returns how many. */
int place_revoke(struct state *s, const struct master_conf *c,
    int64_t now_ms);

/* Would another executor be of use to the application? */
int app_wants(const struct app *a, const struct master_conf *c);

/* Cores and memory of an executor of a on w when nothing else runs there;
 * 0 cores when it is too small. */
int app_size_on(const struct app *a, const struct worker *w,
    int64_t *memory_mb);

#endif
