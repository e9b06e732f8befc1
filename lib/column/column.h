/*
 * column -- the values of one column of a batch: plain arrays.
 *
 * A column owns nothing.  Its memory belongs to whoever made it (a scan's
 * block, an operator's registers, an exchange's chunk) and lives until that
 * maker is asked for the next batch; who wants to keep a value copies it
 * (column/builder.h).  The one exception are string bytes of a column with
 * COL_STABLE: they outlive the task, so keeping the 16-byte view is enough.
 */
#ifndef COLUMN_COLUMN_H
#define COLUMN_COLUMN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "column/type.h"

#ifndef BATCH_ROWS
#define BATCH_ROWS 2048         /* tests also build with 3 */
#endif

/* A string: up to 12 bytes inside, longer ones by pointer, with their first
 * four bytes repeated (Umbra, CIDR 2020).  Unused inline bytes are zero, so
 * that short strings are equal when their 16 bytes are. */
struct sview {
	uint32_t len;
	char     head[4];       /* first bytes, in both forms */
	union {
		char        rest[8];
		const char *ptr;        /* to the whole string, len > 12 */
	};
};
#define SVIEW_INLINE 12

/* A list: rows [off, off + len) of the child column. */
struct lview {
	uint32_t off, len;
};

enum {
	COL_CONST  = 1 << 0,    /* one stored value stands for all rows */
	COL_STABLE = 1 << 1,    /* string bytes outlive the task */
};

struct column {
	const struct type *type;
	uint32_t  flags;        /* COL_* */
	int32_t   nkid;         /* rows in kid[]; 0 when there is none */
	uint64_t *valid;        /* bitmap, 1 = present; NULL: no nulls */
	void     *data;         /* values, type_width() bytes each */
	struct column *kid;     /* type->nfield child columns, or NULL; a kid
	                         * is never CONST */
};

static inline struct sview
sview_of(const char *p, size_t len)
{
	struct sview v;

	memset(&v, 0, sizeof v);
	v.len = (uint32_t)len;
	if (len <= SVIEW_INLINE) {
		memcpy(v.head, p, len < 4 ? len : 4);
		if (len > 4)
			memcpy(v.rest, p + 4, len - 4);
	} else {
		memcpy(v.head, p, 4);
		v.ptr = p;
	}
	return v;
}

/* The bytes; for inline strings they lie in *v itself (head and rest are
 * one run of 12). */
static inline const char *
sview_ptr(const struct sview *v)
{
	return v->len <= SVIEW_INLINE ? (const char *)v + 4 : v->ptr;
}

static inline bool
sview_equal(const struct sview *a, const struct sview *b)
{
	uint64_t x, y;

	memcpy(&x, a, 8);
	memcpy(&y, b, 8);
	if (x != y)
		return false;
	if (a->len <= SVIEW_INLINE)
		return memcmp(a->rest, b->rest, 8) == 0;
	return memcmp(a->ptr, b->ptr, a->len) == 0;
}

/* Bytewise order: < 0, 0, > 0. */
static inline int
sview_cmp(const struct sview *a, const struct sview *b)
{
	uint32_t n = a->len < b->len ? a->len : b->len;
	int r = memcmp(sview_ptr(a), sview_ptr(b), n);

	return r ? r : a->len < b->len ? -1 : a->len > b->len;
}

/* Is row i null?  Right for flat and constant columns. */
static inline bool
col_null(const struct column *c, int64_t i)
{
	return c->valid && !bit_get(c->valid, c->flags & COL_CONST ? 0 : i);
}

/* The index at which row i's value is stored. */
static inline int64_t
col_at(const struct column *c, int64_t i)
{
	return c->flags & COL_CONST ? 0 : i;
}

/* Compares row i of a with row j of b, both of one type: < 0, 0, > 0.
 * NULL is less than all else, NaN greater than all numbers, -0.0 = 0.0;
 * lists and structs element by element. */
int col_compare(const struct column *a, int64_t i, const struct column *b,
    int64_t j);

/* Hash of each of the rows pick[0..n) (NULL: 0..n) into h[0..n); with
 * COMBINE the value is folded into what h holds.  Equal values hash alike
 * (-0.0 and 0.0, all NaNs, all nulls; decimals of one scale). */
enum col_hash { COL_HASH_FIRST, COL_HASH_COMBINE };
void col_hash(const struct column *c, const int32_t *pick, int n,
    enum col_hash how, uint64_t *h);

/* Column memory for n rows of the type from an arena, zeroed: data, kids of
 * structs (n rows); the valid bitmap (all zero) only with WITH_VALID. */
struct arena;
enum col_valid { COL_NO_VALID, COL_WITH_VALID };
void col_alloc(struct column *c, struct arena *a, const struct type *t,
    int64_t n, enum col_valid with_valid);

/* to[i] = from[pick[i]] for i < n, as a flat column in the arena's memory;
 * children of lists are shared, not copied.  String bytes are not copied.
 * pick NULL: rows 0..n; a constant is spread out. */
void col_gather(struct column *to, const struct column *from,
    const int32_t *pick, int n, struct arena *a);

#endif
