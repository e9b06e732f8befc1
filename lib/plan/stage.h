/*
 * stage -- a physical plan cut at its exchanges: the DAG that is run.
 *
 * Stage roots are exchange, write or collect nodes; leaves are scans,
 * ranges, values and reads of other stages.  Stages are numbered from 1 and
 * come after all stages that they read.  Immutable; run-time state belongs
 * to lib/sched.
 */
#ifndef PLAN_STAGE_H
#define PLAN_STAGE_H

#include "plan/node.h"

/* A piece of an input for one task: bytes [from, to) of file number file
 * (to -1: all of it). */
struct piece {
	int file;
	int64_t from, to;
};

/* The inputs of one partition of a scan: pieces first … first + n - 1. */
struct scan_part {
	int first, n;
};

/* How a scan is cut into partitions: by bytes, small files packed, large
 * ones cut; files that the prune condition refutes are left out.  The result
 * depends on sizes and settings only, never on threads or hosts. */
struct scan_cut {
	const struct node *scan;
	int npart, npiece;
	struct scan_part *part;
	struct piece *piece;
	int npruned;                    /* files left out */
};

struct stage {
	int id;                         /* from 1 */
	struct node *root;
	int npart;                      /* tasks; 0: as many as the exchange it
	                                 * reads has partitions, known when that
	                                 * is complete (coalesced) */
	int nin;
	int *in;                        /* ids of the stages that it reads */
};

struct stages {
	int n;
	struct stage *stage;            /* stage[i].id == i + 1 */
	int ncut;
	struct scan_cut *cut;           /* one a scan node in the stages */
};

/* Settings that shape plans; from spark.sql.* and sp.* properties. */
struct plan_conf {
	int shuffle_partitions;         /* 0: by bytes */
	int64_t broadcast_bytes;        /* autoBroadcastJoinThreshold, -1 off */
	int64_t split_bytes;            /* files.maxPartitionBytes, 0: by total */
	int64_t open_cost;              /* files.openCostInBytes */
	int64_t memory;                 /* budget of an executor */
	bool optimize;                  /* false: SP_FORCE=noopt */
	uint64_t chaos;                 /* seed of SP_FORCE=chaos, 0: none */
	const char *const *skip;        /* names of rules to skip, or NULL */
	bool local;                     /* one process: share build sides */
};

/* Cuts one scan. */
int scan_cut_plan(struct arena *a, const struct node *scan,
    const struct plan_conf *conf, const struct expr_env *env,
    struct scan_cut *out, struct err *e);

/* Partitions of a range node, by its number of rows only; row range of one:
 * indexes [*from, *to) of the sequence. */
int range_parts(const struct node *n);
int64_t range_rows(const struct node *n);
void range_part(const struct node *n, int part, int64_t *from, int64_t *to);

/* The cut of a scan node, NULL when it is none of this DAG. */
const struct scan_cut *stages_cut(const struct stages *s,
    const struct node *scan);

/* Tasks of a stage with this tree: 0 told at run time (it reads a hash or
 * range exchange), -1 any number (only broadcasts are read). */
int stage_parts(const struct stages *s, const struct node *n);

/* Optimized logical plan → physical plan with exchanges. */
int plan_physical(struct arena *a, struct plan_ids *ids,
    const struct expr_env *env, const struct plan_conf *conf,
    struct node *logical, struct node **out, struct err *e);

/* Physical plan → stages; also fills the cuts. */
int plan_stages(struct arena *a, struct plan_ids *ids,
    const struct expr_env *env, const struct plan_conf *conf,
    struct node *physical, struct stages **out, struct err *e);

#endif
