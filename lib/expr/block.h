/*
 * block -- the inside of programs: registers and steps.
 *
 * A block is a list of steps over registers, each a column of n rows.  The
 * first registers are imports: columns of the batch for a root block,
 * registers of the block above for the branch of a CASE, which are gathered
 * when the branch runs on some of the rows only.  Private to lib/expr.
 */
#ifndef EXPR_BLOCK_H
#define EXPR_BLOCK_H

#include "base/arena.h"
#include "column/batch.h"
#include "column/builder.h"
#include "expr/func.h"
#include "expr/operators.h"
#include "expr/program.h"

#define ROWS_FEW 64             /* room of registers that see few rows */

struct block;

struct reg {
	struct column col;              /* the value now */
	const struct expr *x;           /* what it holds, for finding equals */
	void *data;                     /* own memory for cap rows */
	uint64_t *valid;
	int cap;
	bool fixed;                     /* the same in all batches */
	struct column flat;             /* a constant spread out … */
	int64_t flat_run;               /* … in this run; -1: for good */
	int flat_n;
};

/* One way that control may take: a register of the same block, or a block
 * of its own. */
struct branch {
	int reg;                        /* -1: run the block */
	struct block *block;
};

enum lazy_kind { LAZY_NONE, LAZY_AND, LAZY_OR, LAZY_CASE, LAZY_COALESCE };

struct lazy {
	enum lazy_kind kind;
	int n;
	struct branch *way;             /* one an argument */
	bool eager;                     /* all ways are registers */
	int32_t *rows, *hits;           /* cap each */
	int cap;
	/* Nested types: where each row comes from. */
	struct column *from;            /* one a way */
	int32_t *from_way, *from_row;
	struct builder *builder;        /* released with the program */
};

struct step {
	const struct expr *x;
	const struct type *type;        /* of the register */
	int out, narg;
	int *arg;                       /* registers */
	struct column *argv;            /* their columns, for the kernel */
	bool fixed, done;               /* constant: runs once */
	struct lazy *lazy;              /* or NULL: an ordinary kernel */
};

struct block {
	struct program *prog;
	struct block *up;               /* NULL: root */
	int nreg, reg_cap;
	struct reg *reg;
	int nimport, import_cap;
	int *import;                    /* registers of up, or columns */
	int *import_reg;                /* where they are here */
	int nstep, step_cap;
	struct step *step;
	int nresult;
	int *result;                    /* registers */
	int64_t row;                    /* rows run so far */
};

/* One condition of a conjunction. */
enum conjunct_kind { CONJUNCT_BLOCK, CONJUNCT_COMPARE, CONJUNCT_NULL,
	CONJUNCT_VALID, CONJUNCT_TRUE };

struct conjunct {
	enum conjunct_kind kind;
	int col;                        /* of the batch, not for BLOCK */
	enum compare_op op;             /* COMPARE */
	struct column constant;
	struct block *block;            /* BLOCK */
	bool everywhere;                /* may run on rows not picked */
};

struct program {
	struct arena *arena;            /* lives as long as the program */
	struct arena *heap;             /* lives until the next run */
	struct arena own;               /* that of a program of its own */
	const struct schema *in;
	struct program_env env;
	int64_t run;                    /* number of this run */
	struct block *block;            /* program_run */
	int nconjunct;                  /* program_pick */
	struct conjunct *conjunct;
	int nbuilder, builder_cap;
	struct builder **builder;       /* to release */
};

/* Makes a root block that computes x[0..n). */
int block_new(struct program *p, struct expr *const *x, int n,
    struct block **out, struct err *e);

/* Have x and y a dear subexpression in common? */
bool block_shares(const struct expr *x, const struct expr *y);

/* Sets the imports from a batch's columns; pick NULL: as they are. */
void block_load(struct block *b, const struct column *col,
    const int32_t *pick, int n);

int block_run(struct block *b, int n, struct err *e);

/* Splits a condition for program_pick. */
int program_conjuncts(struct program *p, struct expr *x, struct err *e);

/* Control flow: one step of a block that is run on n rows. */
int lazy_run(struct block *b, struct step *s, int n, struct err *e);

/* Memory for n rows of type t in a register; kids of structs too. */
void reg_room(struct block *b, struct reg *r, const struct type *t, int n);

#endif
