/*
 * aggregate -- the state of the aggregate operator, shared by its files.
 */
#ifndef EXEC_AGGREGATE_H
#define EXEC_AGGREGATE_H

#include "exec/group_table.h"
#include "exec/op.h"
#include "exec/task.h"
#include "expr/aggfn.h"
#include "store/spill.h"

#define SPILLS 16

/* Values seen per group by one distinct aggregate: a group_table whose keys
 * are the group's address and the arguments. */
struct distinct_set {
	struct group_table table;
	const struct type **type;
	bool made;
};

struct pending_spill {
	struct spill *spill;
	int depth;
	struct pending_spill *next;
};

struct aggregate {
	struct op op;
	enum { BUILD, EMIT_MORE, EMIT_LAST } state_of;
	struct program *prog;
	int nin;                        /* evaluated columns: keys, arguments */
	struct column *in;
	const struct type **in_type;
	int nkey, nagg, state_size, align;
	struct agg *agg;
	int *arg_at, *filter_at, *state_at;
	bool distinct, partial, frozen, give_up;
	struct group_table table;
	struct distinct_set *distinct_set;      /* one an aggregate */
	struct agg_heap heap;
	struct arena state_heap, out_heap, scratch;
	int64_t charged, rows, emitted;
	struct spill *spill[SPILLS];
	struct pending_spill *pending;
	int depth;
	char **row;
	void **state;
	uint64_t *hash;
	int32_t *pick;
	struct column *out;
};

/* Of the k rows in g->pick keeps those whose arguments are new in their
 * group for aggregate i; returns their number. */
int distinct_rows(struct aggregate *g, int i, const struct column *in,
    int k);
int64_t distinct_bytes(const struct aggregate *g);
void distinct_clear(struct aggregate *g);
void distinct_release(struct aggregate *g);

#endif
