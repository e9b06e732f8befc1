/*
 * remote_kept -- relations that executors keep from one action to the next
 * (plan/kept.h): where their partitions are.
 *
 * A kept stage publishes its map outputs as those of stage NUMBER of job 0,
 * which no end of a job removes; map m has partition m.  Its stage is in the
 * plan of each action that reads it, and its outputs stand there
 * (sched/sched.h): while all are there, it and what only it reads have nothing
 * to run.  Those that are lost are made anew, and only those, by the action
 * that misses them.  They must have the rows that they had: else the relation
 * is forgotten, and made anew as a whole.
 */
#ifndef DRIVER_REMOTE_KEPT_H
#define DRIVER_REMOTE_KEPT_H

#include <stdbool.h>

#include "base/arena.h"
#include "plan/stage.h"
#include "sched/sched.h"
#include "store/exchange.h"

struct cluster;
struct cluster_exec;

struct remote_kept {
	const struct kept *kept;        /* NULL: nothing is there */
	int nmap;
	struct sched_standing *map;     /* where each is; place -1: nowhere */
	struct exchange_size *size;     /* of each map */
	int *lo;                        /* nmap + 1 or NULL: which partitions of
	                                 * its inputs its tasks read */
	bool split;                     /* some read a part of one: all of it is
	                                 * made again when some is lost */
};

struct kept_table {                     /* by number - 1 */
	struct remote_kept **v;         /* they do not move */
	int n;
};

/* The relation that the stage makes, or NULL. */
const struct kept *kept_of_stage(const struct stage *s);

/* Its entry, NULL when nothing of it is there.  Maps whose places are gone
 * have no place any more. */
struct remote_kept *remote_kept_find(struct cluster *c, const struct kept *k);

/* A stage has made it: takes over the tables of *made. */
void remote_kept_made(struct cluster *c, const struct remote_kept *made);

/* A KEPT_GONE frame: the executor does not keep a map any more. */
void remote_kept_gone(struct cluster_exec *x, const char *body, size_t n);

void remote_kept_forget(struct cluster *c, const struct kept *k);

/* A stage has made some of it only: executors remove that, it will be made
 * again under the same names. */
void remote_kept_unmade(struct cluster *c, const struct kept *k);

/* Those that were uncached. */
void remote_kept_sweep(struct cluster *c);

void kept_table_release(struct kept_table *t);

#endif
