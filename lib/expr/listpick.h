/*
 * listpick -- lists made of elements that exist already.
 *
 * Functions of arrays and maps rarely compute elements: they leave out, put
 * together, repeat or reorder them.  So a kernel writes down the numbers of
 * the elements, list after list, and in the end they are gathered at once
 * from a pool: the children of the arguments, chained one after another.
 *
 *      struct list_pick p;
 *      pick_init(&p, k, pool, npool);
 *      for each row i:
 *              TRY(pick_room(&p, most, e));
 *              pick_add(&p, number); ...
 *              pick_end(&p, i);
 *      pick_done(&p);
 */
#ifndef EXPR_LISTPICK_H
#define EXPR_LISTPICK_H

#include "expr/kernel.h"

struct list_pick {
	struct kernel_call *k;
	const struct column *pool;
	int64_t npool;
	int32_t *at;            /* numbers picked, n of cap */
	int64_t n, cap;
	int64_t from;           /* where the open list begins */
};

/* The pool must live as long as p; npool may be 0. */
void pick_init(struct list_pick *p, struct kernel_call *k,
    const struct column *pool, int64_t npool);

/* Room for n more numbers.  ERR_USER when the lists of the batch would get
 * more elements than can be counted. */
int pick_room(struct list_pick *p, int64_t n, struct err *e);

/* Only after pick_room. */
static inline void
pick_add(struct list_pick *p, int64_t at)
{
	p->at[p->n++] = (int32_t)at;
}

/* Row i of the result is what was added since the last end. */
void pick_end(struct list_pick *p, int i);

/* Makes the child column.  Fields further than the first (values of maps)
 * are gathered from pool[1] … as well. */
void pick_done(struct list_pick *p);

/* n rows that are null, from the heap. */
struct column *list_nulls(struct kernel_call *k, const struct type *t, int n);

/* Part of a chain: n rows of a flat column. */
struct link {
	const struct column *col;
	int64_t n;
};

/* out: the rows of the links one after another; all of one type.  Columns
 * are not copied when only one has rows.  Memory from the heap. */
void list_chain(struct kernel_call *k, const struct link *l, int nlink,
    struct column *out);

/* The list of row i of argument a, empty for null. */
static inline struct lview
list_at(const struct kernel_call *k, int a, int i)
{
	if (col_null(&k->arg[a], i))
		return (struct lview){ 0, 0 };
	return ((const struct lview *)k->arg[a].data)[i];
}

/* A set of elements of one pool, for one row after another. */
struct elem_set {
	const struct column *pool;
	uint64_t *hash;         /* of every element of the pool */
	int32_t  *slot;         /* number + 1, 0: free */
	uint32_t  mask, cap;
	struct arena *heap;
};

void set_init(struct elem_set *s, struct kernel_call *k,
    const struct column *pool, int64_t npool);

/* Forgets all, room for n elements. */
void set_clear(struct elem_set *s, int64_t n);

/* Is an element equal to this one in it (nulls are equal)? */
bool set_has(const struct elem_set *s, int64_t at);

/* Puts it in; false when an equal one is there already. */
bool set_add(struct elem_set *s, int64_t at);

#endif
