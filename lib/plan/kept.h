/*
 * kept -- relations whose rows are kept from one job to the next: cache,
 * cache table, checkpoint.
 *
 * A plan has a cache node over what is to be kept.  Its physical form is a
 * stage that ends with "exchange cache": task m writes partition m, readers
 * of partition p read map p only, so partitions and the order of rows stay.
 * A job that comes later has the same stage in its plan; while the rows are
 * there (parts > 0) neither it nor what only it reads is run, and when they
 * have gone it makes them anew.  A checkpoint has no lineage once it is
 * there: its node has no input and reads the rows itself.
 *
 * The binder numbers and owns these; lib/driver has the rows, under the same
 * number, and says here how many partitions there are.
 */
#ifndef PLAN_KEPT_H
#define PLAN_KEPT_H

#include <stdint.h>

struct node;
struct schema;

enum {                          /* of struct kept_level */
	KEPT_MEMORY = 1,        /* in memory; without KEPT_DISK what has no
	                         * room is made anew instead */
	KEPT_DISK = 2,          /* on disk, or when there is no memory */
	KEPT_SERIAL = 4,        /* Spark's _SER, OFF_HEAP: the same here, rows
	                         * are columns without objects anyway */
	KEPT_TWICE = 8,         /* Spark's _2: one copy is made */
};

struct kept_level {
	const char *name;               /* as plan text has it: memory_disk */
	const char *spark;              /* MEMORY_AND_DISK */
	int flags;                      /* 0: not kept at all */
};

struct kept {
	int number;                     /* from 1 */
	const char *name;               /* of the table, or NULL */
	const struct kept_level *level;
	int checkpoint;                 /* lineage is cut once it is there */
	const char *dir;                /* where its files go, or NULL */
	int off;                        /* uncached: the node does nothing */
	const struct schema *out;       /* its columns */
	struct node *node;              /* the bound cache node with its input;
	                                 * uses are copies of it; NULL: it
	                                 * comes from plan text */
	int parts;                      /* 0: the rows are not there */
	int64_t rows, bytes;            /* while parts > 0 */
	double est_rows;                /* as the last plan has them, or 0 */
	struct kept *next;              /* the one before */
};

struct arena;
struct plan_ids;

/* A plan that reads kept relations very often, because each was made of the
 * one before twice: the same plan with the input of each below its first node
 * only; the other nodes stand for it (plan/physical.c).  Other plans as they
 * are. */
struct node *kept_share(struct arena *a, struct plan_ids *ids,
    struct node *root);

/* Row i of the table of levels; NULL past its end. */
const struct kept_level *kept_level_at(int i);

/* By either name, in any case; NULL: there is none. */
const struct kept_level *kept_level_find(const char *name);

#endif
