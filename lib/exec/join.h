/*
 * join -- the state of the join operator.
 */
#ifndef EXEC_JOIN_H
#define EXEC_JOIN_H

#include "exec/build.h"
#include "exec/op.h"
#include "exec/task.h"
#include "store/spill.h"

#define SPLITS 16

struct join {
	struct op op;
	enum { JOIN_NEXT_BUILD, JOIN_NEXT_BATCH, JOIN_PAIRS, JOIN_BATCH_END,
	    JOIN_OVER } state;
	enum join_kind kind;
	int nl, nr, nkey;
	struct program *lprog, *rprog, *cond;
	struct column *key, *pair;
	const struct type **ltype, **rtype;
	struct build *build, own;
	bool started, is_shared, split, probed;
	struct spill *lspill[SPLITS], *rspill[SPLITS];
	int at_split, depth;
	struct batch in;                /* probe batch */
	int row;                        /* of it, dense */
	int64_t at;                     /* partner last given, -2: none yet */
	int64_t over;                   /* next build row to look at (full) */
	uint64_t *seen;                 /* build rows with a partner (full) */
	struct arena heap;
	uint64_t matched[BITS_WORDS(BATCH_ROWS) + 1];
	uint64_t hash[BATCH_ROWS];
	int32_t dense[BATCH_ROWS], lrow[BATCH_ROWS], rrow[BATCH_ROWS];
	int32_t keep[BATCH_ROWS];
};

#endif
