/*
 * group_table -- groups by key: linear probing over 64-bit slots.
 *
 * A slot holds the top 16 bits of the hash as a salt and the address of the
 * group's row; rows lie in blocks in the order in which groups came:
 *
 *	row = u64 hash | key values | one null byte a key | pad | states
 *
 * String bytes of keys are copied into the table's heap.  A batch is looked
 * up in passes (slots prefetched, then rows, then compared), so that cache
 * misses overlap.
 */
#ifndef EXEC_GROUP_TABLE_H
#define EXEC_GROUP_TABLE_H

#include "base/arena.h"
#include "column/batch.h"

struct group_table {
	int nkey;
	const struct type *const *type; /* of the keys */
	int *at;                        /* offset of each key in a row */
	int null_at, state_at, row_size;
	uint64_t *slot;
	uint64_t mask;
	int64_t ngroup, room;           /* groups now; grows at room */
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

/* state_size bytes follow the keys, aligned to 16. */
void group_table_init(struct group_table *t, struct arena *a,
    const struct type *const *type, int nkey, int state_size);
void group_table_release(struct group_table *t);

/* Forgets all groups; the memory is kept. */
void group_table_clear(struct group_table *t);

/* Finds the groups of n dense rows of the key columns with these hashes.
 * Row i's group goes to row[i]; new groups are made and told by init(arg,
 * row); when frozen, rows of unknown groups get NULL instead.  Returns the
 * number of NULLs. */
enum group_new { GROUP_ADD, GROUP_FROZEN };
int group_table_find(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, enum group_new how,
    void (*init)(void *arg, char *row), void *arg, char **row);

/* Adds n rows as groups of their own without looking them up; the table can
 * only be emitted and cleared afterwards. */
void group_table_append(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, void (*init)(void *arg, char *row),
    void *arg, char **row);

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

#endif
