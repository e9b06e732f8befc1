/*
 * join_out -- what all joins have in common: the rest of the condition, and
 * the rows that leave a join besides its pairs.
 *
 * An operator finds candidate pairs of one left batch, puts their columns
 * side by side into pair[], picks those for which cond holds and notes them in
 * matched.  Then join_out_end says what the left batch itself gives:
 * rows without a partner (left, full), the rows that have one (semi) or have
 * none (anti), all of them with a mark.
 */
#ifndef EXEC_JOIN_OUT_H
#define EXEC_JOIN_OUT_H

#include "base/arena.h"
#include "exec/op.h"
#include "expr/program.h"

struct join_out {
	enum join_kind kind;
	int nl, nr, nkey;
	struct program *cond;           /* rest of the condition, or NULL */
	struct column *pair;            /* nl left, nr right columns */
	const struct type **ltype, **rtype;
	bool right_any, right_null;     /* the right side has a row; one whose
	                                 * key has a null */
	struct arena heap;              /* of what is given out */
	uint64_t matched[BITS_WORDS(BATCH_ROWS) + 1];   /* by picked row */
	int32_t row[BATCH_ROWS];
};

int  join_out_open(struct join_out *o, struct op *op, struct err *e);
void join_out_close(struct join_out *o);

/* Do left and right columns leave together? */
static inline bool
join_gives_pairs(enum join_kind k)
{
	return k == JOIN_INNER || k == JOIN_CROSS || k == JOIN_LEFT ||
	    k == JOIN_FULL;
}

/* The left columns of pairs: rows lrow[0..n) of in. */
void join_out_left(struct join_out *o, const struct batch *in,
    const int32_t *lrow, int n);

/* The n rows in pair[] as a batch: 1. */
int  join_out_give(struct join_out *o, struct batch *b, int ncol, int n);

/* n left rows of nothing but nulls, in pair[]. */
void join_out_null_left(struct join_out *o, int n);

/* What a left batch with these dense keys gives after its pairs: 1, or 0
 * when nothing. */
int  join_out_end(struct join_out *o, const struct batch *in,
    const struct column *key, struct batch *b);

/* Has row i of the keys a null? */
bool join_null_key(const struct column *key, int nkey, int64_t i);

#endif
