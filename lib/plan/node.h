/*
 * node -- one operator of a plan: kind, expressions, inputs, output schema.
 *
 * Logical and physical plans are trees of the same struct; a physical plan
 * has exchanges, and says how each join and aggregate is to be done.  Nodes
 * are made by the node_* calls, live in the plan's arena and are immutable
 * after node_verify; rules build new ones.
 */
#ifndef PLAN_NODE_H
#define PLAN_NODE_H

#include "column/schema.h"
#include "expr/expr.h"
#include "plan/input.h"
#include "plan/kept.h"

enum node_kind {
	NODE_SCAN,              /* files, stdin, a command's output */
	NODE_RANGE,             /* range(start, end, step) */
	NODE_VALUES,            /* rows of constants */
	NODE_FILTER,
	NODE_PROJECT,
	NODE_GENERATE,          /* explode & co: kid's columns + generated */
	NODE_AGGREGATE,
	NODE_JOIN,
	NODE_SORT,              /* global in logical plans; local in physical */
	NODE_TOPN,              /* sort + limit (physical: per partition) */
	NODE_LIMIT,             /* offset, then limit; physical: local or global */
	NODE_UNION,             /* union all of any number of kids */
	NODE_SETOP,             /* intersect/except [all]; logical only */
	NODE_REPARTITION,       /* asked for by the user; logical only */
	NODE_PIPE,              /* rows through a command */
	NODE_TEE,               /* an output in mid-pipe */
	NODE_ASSERT,            /* fails when the condition is not true */
	NODE_EXPAND,            /* each row once per projection (distinct sets) */
	NODE_CACHE,             /* keeps rows; physical: leaf, a checkpoint */
	NODE_WRITE,             /* an output; always a root */
	NODE_COLLECT,           /* rows to the driver (stdout); a root */
	NODE_EXCHANGE,          /* physical: end of a stage */
	NODE_READ,              /* physical: start of a stage, reads exchanges */
	NODE_KINDS
};

enum join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_SEMI,
	JOIN_ANTI,
	JOIN_ANTI_NULL,         /* NOT IN: a null on either side matters */
	JOIN_MARK,              /* left rows + a boolean column: x IN (…),
	                         * three-valued; EXISTS when no keys */
	JOIN_CROSS };

enum join_how { JOIN_HOW_ANY, JOIN_BROADCAST, JOIN_SHUFFLED,
	JOIN_LOOP,              /* nested loop over a broadcast right side */
	JOIN_MERGE };           /* both sides sorted by the keys, nulls first */

enum agg_mode { AGG_COMPLETE, AGG_PARTIAL, AGG_MERGE /* states in and out */,
	AGG_FINAL };

enum part_kind { PART_ANY, PART_SINGLE, PART_HASH, PART_RANGE, PART_ROBIN,
	PART_BROADCAST, PART_CACHE /* task m writes partition m: kept.h */ };

enum setop_kind { SETOP_INTERSECT, SETOP_EXCEPT };

enum write_mode { WRITE_ERROR, WRITE_OVERWRITE, WRITE_APPEND, WRITE_IGNORE };

enum hint { HINT_BROADCAST = 1, HINT_MERGE = 2, HINT_SHUFFLE_HASH = 4 };

struct sort_key {
	struct expr *x;
	bool desc, nulls_last;
};

struct node {
	enum node_kind kind;
	int id;                         /* number in its plan, for printing */
	struct span span;
	struct schema *out;             /* columns that the node makes */
	int nkid;
	struct node **kid;
	double est_rows, est_bytes;     /* estimates; < 0 unknown */
	union {
		struct {
			struct input *input;
			int *col;       /* out->ncol: index in file, or
			                 * file->ncol + i for partition column i */
			struct expr *filter;    /* pushed down, or NULL */
			struct expr *prune;     /* on partition columns, or NULL */
			bool keep_strings;      /* stable strings pay */
		} scan;
		struct { int64_t start, end, step; int parts; } range;
		struct { struct expr ***row; int nrow; } values;
		struct { struct expr *cond; } filter;
		struct { struct expr **x; } project;    /* out->ncol of them */
		struct {                /* kid's columns, then the generated */
			struct expr *call;
			bool outer;
		} generate;
		struct {        /* out: the keys, then one column an aggregate;
		                 * partial and merge: keys, then state columns */
			enum agg_mode mode;
			int nkey, nagg;
			struct expr **key;
			struct expr **agg;      /* EXPR_AGG, over the kid's
			                         * columns (complete, partial);
			                         * merge, final: the same calls,
			                         * states are in kid columns
			                         * nkey… in order */
		} agg;
		struct {        /* out: left columns, then right ones (not for
		                 * semi, anti; mark: left + one boolean) */
			enum join_kind kind;
			enum join_how how;
			unsigned hint_left, hint_right; /* enum hint bits */
			int nkey;
			struct expr **lkey, **rkey;     /* lkey[i] = rkey[i] */
			struct expr *cond;              /* rest of ON, or NULL */
		} join;
		struct { int nkey; struct sort_key *key; bool global; } sort;
		struct { int nkey; struct sort_key *key; int64_t limit;
		         bool global; } topn;
		struct { int64_t limit /* -1: none */, offset; bool global; } limit;
		struct { enum setop_kind kind; bool all; } setop;
		struct {        /* nkey expressions or sort keys; n 0: by size */
			enum part_kind part;
			int n;
			int nkey;
			struct sort_key *key;
			bool shuffle;           /* coalesce: false */
			bool sort_within;       /* cluster by, sort by */
		} repartition;
		struct {
			const char *command;
			const char *in_format, *out_format;     /* tsv … */
			int nok, *ok;           /* exit statuses that are fine */
			int64_t timeout_ms;
			bool pure;
			int nfile;
			const char **file;
			int ngroup;             /* pipe by: one command a group */
			struct expr **group;
		} pipe;
		struct {        /* write and tee */
			const char *target;     /* path, "-" stdout */
			const char *command;    /* write cmd "…", or NULL */
			const char *format;
			struct option_list options;
			enum write_mode mode;
			int npart, *part;       /* columns of partition by */
			bool single;
			int files;              /* files N, 0: as partitions */
			int output;             /* number in the script */
		} write;
		struct { struct expr *cond; const char *message; } check;
		struct { int nproj; struct expr ***x; } expand; /* [proj][out->ncol] */
		struct { struct kept *kept; } cache;    /* out: new ids */
		struct {
			enum part_kind part;
			struct kept *kept;      /* of PART_CACHE */
			int nkey;
			struct sort_key *key;   /* hash: x only */
			int n;                  /* partitions made */
			bool n_fixed;           /* asked for: never coalesced */
		} exchange;
		struct {
			int nstage;
			int *stage;             /* stages read (union: several) */
			enum part_kind part;    /* as the exchange made it */
			int n;                  /* its partitions */
			int nkey;               /* merge sorted runs by: */
			struct sort_key *key;
		} read;
	} u;
};

/* Ids of columns and nodes; one a plan. */
struct plan_ids {
	int column, node;
};

struct node *node_new(struct arena *a, struct plan_ids *ids,
    enum node_kind kind, int nkid);

/* A shallow copy with an id of its own: same kids, same expressions. */
struct node *node_copy(struct arena *a, struct plan_ids *ids,
    const struct node *n);

/* A column for a node's out: name, type, nullable, fresh id. */
struct field plan_field(struct plan_ids *ids, const char *name,
    const struct type *t, bool nullable);

const char *node_name(const struct node *n);            /* "aggregate" */

/* Checks a tree: kids and expressions there, every column id found in the
 * right input and of the type that the reference says, boolean conditions,
 * schema widths.  ERR_BUG with what is wrong. */
int node_verify(const struct node *n, struct err *e);

/* Same number, types and ids of output columns? */
bool node_same_output(const struct node *a, const struct node *b);

#endif
