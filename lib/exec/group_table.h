/*
 * group_table -- groups by key: linear probing over 64-bit slots.
 *
 * A slot holds the low 32 bits of the hash as a tag and the number of the
 * group (plus one; 0 is an empty slot).  Where a group belongs follows from
 * its tag, so that the table grows without looking at rows.  Rows lie in
 * blocks in the order in which groups came, so that what comes often (and so
 * came early) lies together:
 *
 *	row = states | key values | one null byte a key | pad
 *
 * With a single key there is no null byte: the group of NULL is known by its
 * row.  String bytes of keys are copied into the table's heap.
 *
 * Rows are looked up by the hundred, in passes: slots are prefetched, then
 * read and the rows behind them prefetched, then keys are compared.  So
 * cache misses overlap, and only what is new or collides takes a branch that
 * was not foreseen.
 */
#ifndef EXEC_GROUP_TABLE_H
#define EXEC_GROUP_TABLE_H

#include "base/arena.h"
#include "column/batch.h"

struct group_table {
	int nkey;
	const struct type *const *type; /* of the keys */
	int *at;                        /* offset of each key in a row */
	int null_at;                    /* of the null bytes; nkey > 1 */
	int state_size, row_size;
	uint64_t *slot;
	uint64_t mask;
	int64_t ngroup, room;           /* groups now; grows at room */
	char *null_row;                 /* nkey 1: the group of NULL, or NULL */
	char **block;                   /* rows, block_rows each */
	int nblock, block_cap;
	struct slab {
		struct slab *next;
		char *p;
		size_t size, used;
	} *slab;                        /* memory that blocks are cut from */
	int block_shift;
	int64_t block_rows;             /* 1 << block_shift */
	struct arena heap;              /* string bytes of keys */
	int64_t held;                   /* bytes of slots and blocks */
};

#define GROUPS_MAX ((int64_t)1 << 31)

/* A row begins with state_size bytes, a multiple of 8, which are zeros at
 * first, aligned to align (8 or 16). */
void group_table_init(struct group_table *t, struct arena *a,
    const struct type *const *type, int nkey, int state_size, int align);
void group_table_release(struct group_table *t);

/* Forgets all groups; the memory is kept. */
void group_table_clear(struct group_table *t);

/* Finds the groups of n dense rows of the key columns with these hashes.
 * Row i's group goes to row[i].  Groups are made for unknown keys; when
 * frozen (or when there are GROUPS_MAX), their rows get NULL instead.
 * Returns the number of NULLs. */
enum group_new { GROUP_ADD, GROUP_FROZEN };
int group_table_find(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, enum group_new how, char **row);

/* Row of group number i. */
static inline char *
group_table_row(const struct group_table *t, int64_t i)
{
	return t->block[i >> t->block_shift] +
	    (i & (t->block_rows - 1)) * t->row_size;
}

/* Bytes held in all, heap included. */
int64_t group_table_bytes(const struct group_table *t);

/* Writes key k of n rows as a column (data has room for n values). */
void group_table_key(const struct group_table *t, int k, char *const *row,
    int n, struct column *out, struct arena *heap);

/* For the lookup: twice the slots (or the first ones); one more block. */
void group_table_grow(struct group_table *t);
void group_table_more(struct group_table *t);

/* The row of one more group, its states zero and its keys not set. */
static inline char *
group_table_new_row(struct group_table *t)
{
	char *row;

	if (__builtin_expect(t->ngroup >> t->block_shift == t->nblock, 0))
		group_table_more(t);
	row = group_table_row(t, t->ngroup++);
	for (int i = 0; i < t->state_size; i += 8)
		memset(row + i, 0, 8);
	return row;
}

/* Bytes of a key in a row: nested ones are views of their wire form. */
static inline int
group_key_width(const struct type *t)
{
	return type_is_nested(t) ? 16 : type_width(t);
}

#endif
