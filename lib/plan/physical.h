/*
 * physical -- inside the physical planner: nodes with their distribution.
 */
#ifndef PLAN_PHYSICAL_H
#define PLAN_PHYSICAL_H

#include "base/arena.h"
#include "plan/stage.h"

struct phys_env {
	struct arena *arena;
	struct plan_ids *ids;
	const struct expr_env *env;
	const struct plan_conf *conf;
	const struct kept **planned;    /* relations whose input was planned */
	int nplanned, planned_cap;
};

/* How the rows of a planned node lie. */
struct phys {
	struct node *n;
	bool single;                    /* known to be one partition */
	int  nhash;                     /* hash-distributed by these columns */
	const int *hash;                /* column ids; NULL: by nothing known */
	int  parts;                     /* partitions of that hash exchange */
};

int phys_plan(struct phys_env *p, struct node *logical, struct phys *out,
    struct err *e);
int phys_aggregate(struct phys_env *p, struct node *n, struct phys *kid,
    struct phys *out, struct err *e);
int phys_join(struct phys_env *p, struct node *n, struct phys *l,
    struct phys *r, struct phys *out, struct err *e);

/* Set operations as union, aggregate, filter (and generate for all). */
int phys_setop(struct phys_env *p, struct node *n, struct node **out,
    struct err *e);

/* An exchange over kid. */
struct node *phys_exchange(struct phys_env *p, struct node *kid,
    enum part_kind part, struct sort_key *key, int nkey, int n);

/* Partitions for so many bytes (< 0: unknown). */
int phys_parts(const struct phys_env *p, double bytes);

/* Hash exchange by expressions, unless the rows already lie so. */
int phys_by_hash(struct phys_env *p, struct phys *kid, struct expr **key,
    int nkey, int n, struct phys *out);

struct node *phys_sort(struct phys_env *p, struct node *kid,
    struct sort_key *key, int nkey);

#endif
