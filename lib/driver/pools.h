/*
 * pools -- the pools of the scheduler that statements choose by name
 * (spark.scheduler.pool): their weights and shares, from settings
 * (driver/conf.h) or from Spark's file (spark.scheduler.allocation.file).
 *
 * A pool is made when a statement uses it for the first time; a name that has
 * no settings has weight 1 and no share, as in Spark.  Jobs of one pool come
 * in their order.
 */
#ifndef DRIVER_POOLS_H
#define DRIVER_POOLS_H

struct conf;
struct err;
struct sched;

enum { POOLS_MAX = 62 };        /* lib/sched serves 64 in turn */

struct pools {                  /* of one scheduler */
	int n;
	const char *name[POOLS_MAX];    /* the conf's arena */
};

/* The scheduler's number of a pool; "": the default one.  Fails when there are
 * too many, or when the file is not to be understood. */
int pools_number(struct pools *p, struct sched *s, struct conf *c,
    const char *name, struct err *e);

/* Reads Spark's XML file into settings: those that are there win. */
int pools_read(struct conf *c, const char *path, struct err *e);

#endif
