/*
 * plan_reader -- what the files of the plan text's parser share.
 *
 * An operator's function finds its word already taken, the node of what
 * stands before it as kid (NULL for sources), and makes the node; its span
 * is set by the caller.
 */
#ifndef SQL_PLAN_READER_H
#define SQL_PLAN_READER_H

#include "sql/bind_scope.h"
#include "sql/parser.h"
#include "sql/plan_read.h"

struct plan_reader {
	struct parser p;
	struct binder b;
	const struct plan_conf *conf;
	struct stages *out;
	int stage_cap, cut_cap;
	struct stage now;               /* the stage being read */
	int links;                      /* operators one above the other */
	bool *read;                     /* stage i + 1 is read by one */
	int read_cap;
	const struct schema *in, *in2;  /* of the scope below */
	struct rel rel;
	struct err *e;
};

/* --- plan_read.c --- */

/* Operators up to a ']' or the next stage. */
int plan_read_chain(struct plan_reader *r, struct node **out);

/* --- plan_read_expr.c --- */

/* Binds an expression over one input, or two.  what: where it stands, for
 * the message when it holds an aggregate; NULL: it may. */
int plan_read_bind(struct plan_reader *r, const struct ast_expr *x,
    const struct schema *in, const struct schema *in2, const char *what,
    struct expr **out);

/* Parses and binds one over the kid's columns. */
int plan_read_expr(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **out);
int plan_read_condition(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **out);

/* (x, y, …); () is an empty list. */
int plan_read_asts(struct plan_reader *r, struct ast_exprs *out);
int plan_read_exprs(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr ***out, int *n);

/* x [desc] [nulls first|last], …: at least one. */
int plan_read_keys(struct plan_reader *r, const struct schema *in,
    const char *what, struct sort_key **out, int *n);

/* The name of a column of the schema: its index. */
int plan_read_column(struct plan_reader *r, const struct schema *s, int *at);

/* --- plan_read_source.c --- */

/* (name type, …); () is an empty list. */
int plan_read_columns(struct plan_reader *r, struct schema **out);
int plan_read_names(struct plan_reader *r, const char ***out, int *n);
int plan_read_string(struct plan_reader *r, const char *what,
    const char **out);
int plan_read_strings(struct plan_reader *r, const char *what,
    const char ***out, int *n);
int plan_read_whole(struct plan_reader *r, const char *what, int64_t low,
    int64_t high, int64_t *out);

/* options (key 'value', …), or nothing. */
int plan_read_options(struct plan_reader *r, struct option_list *out);

int plan_read_scan(struct plan_reader *r, struct node *kid, struct node **out);
int plan_read_range(struct plan_reader *r, struct node *kid,
    struct node **out);
int plan_read_values(struct plan_reader *r, struct node *kid,
    struct node **out);
int plan_read_stage(struct plan_reader *r, struct node *kid,
    struct node **out);

/* --- plan_read_sink.c --- */

int plan_read_pipe(struct plan_reader *r, struct node *kid, struct node **out);
int plan_read_write(struct plan_reader *r, struct node *kid,
    struct node **out);
int plan_read_tee(struct plan_reader *r, struct node *kid, struct node **out);
int plan_read_collect(struct plan_reader *r, struct node *kid,
    struct node **out);

/* --- plan_read_node.c, plan_read_group.c --- */

struct node *plan_read_node(struct plan_reader *r, enum node_kind kind,
    struct node *kid, int nkid);
int plan_read_step(struct plan_reader *r, struct node *kid,
    struct node **out);
/* Does the operator end here?  Rows without columns can still be counted, so
 * no items at all are fine. */
int plan_read_at_end(const struct parser *p);
int plan_read_item(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **x, const char **name);
int plan_read_aggregate(struct plan_reader *r, struct node *kid,
    struct node **out);
int plan_read_join(struct plan_reader *r, struct node *kid, struct node **out);
int plan_read_union(struct plan_reader *r, struct node *kid,
    struct node **out);

/* --- plan_read_check.c --- */

/* Does the stage that was just read fit the ones before it? */
int plan_read_check(struct plan_reader *r, const struct stage *s,
    struct span span);

#endif
