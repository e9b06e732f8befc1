/*
 * join -- the state of the hash and loop joins.
 */
#ifndef EXEC_JOIN_H
#define EXEC_JOIN_H

#include "exec/build.h"
#include "exec/join_out.h"
#include "exec/task.h"
#include "store/spill.h"

#define SPLITS 16

/* Where rows come from: an operator, a file, or (both NULL) nowhere. */
struct join_source {
	struct op *op;
	struct spill *spill;
};

struct join {
	struct op op;
	struct join_out out;
	enum { JOIN_NEXT_PAIR, JOIN_NEXT_PASS, JOIN_NEXT_BATCH, JOIN_FIRST,
	    JOIN_MORE, JOIN_BATCH_END, JOIN_OVER } state;
	struct program *lprog, *rprog;
	struct column *key;
	int *source;                    /* of right columns that are keys */
	struct build *build, own;
	bool started, opened;
	/* both sides in files: pairs of the same hashes */
	bool split;
	struct spill *lspill[SPLITS], *rspill[SPLITS], *whole;
	int at_split;
	/* the pair at hand; its build side in one or more passes */
	struct join_source right, left;
	bool last_pass, waiting;        /* rows: waiting for the next pass */
	int pass;
	struct batch rows;
	uint64_t *carry;                /* left rows with a partner so far */
	int64_t ordinal;                /* of the batch at hand */
	uint64_t *seen;                 /* build rows with a partner (full) */
	int64_t over;                   /* next one to look at */
	/* the left batch at hand */
	struct batch in;
	int nfirst;                     /* rows with a partner: at[], first[] */
	int32_t at[BATCH_ROWS], first[BATCH_ROWS];
	int more;                       /* of these, whose further partners */
	int64_t more_row;               /* come; the last one given, or -2 */
	struct probe_keys probe;
	uint64_t hash[BATCH_ROWS];
	int32_t dense[BATCH_ROWS], lrow[BATCH_ROWS], rrow[BATCH_ROWS];
	int32_t keep[BATCH_ROWS];
};

/* Keys of the rows in key[], their hashes in hash[]. */
int  join_keys_of(struct join *j, struct program *p, const struct batch *b,
    struct err *e);

int  join_source_next(struct join_source *s, struct batch *b, struct err *e);
void join_own_build(struct join *j);    /* own is empty now */

/* The build that the tasks of the stage make and share: 1, or 0 when it does
 * not fit (join_shared.c). */
int  join_shared_build(struct join *j, struct err *e);

/* Rows to files by their hashes (join_split.c): those built so far; a batch
 * of the right side; the whole left side. */
int  join_split_build(struct join *j, struct err *e);
int  join_split_right(struct join *j, struct batch *b, struct err *e);
int  join_split_left(struct join *j, struct err *e);

#endif
