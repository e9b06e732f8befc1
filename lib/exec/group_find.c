/*
 * group_find -- looking rows up in a group_table, see group_table.h.
 *
 * STEP rows at a time go through three passes.  The first asks for their
 * slots.  The second takes the slot whose tag is theirs: that of the hash or
 * its neighbour without a branch, else by search; it asks for the row of
 * that slot.  The third compares keys.  A row that has no slot yet, or whose
 * tag is also another key's, is looked up again alone, in order: so a key
 * that comes twice in a batch makes one group.
 *
 * Single keys of 4 and 8 bytes and strings have loops of their own; all
 * others are compared key by key.
 */
#include <stdlib.h>

#include "base/text.h"
#include "column/wire.h"
#include "exec/group_table.h"

#define STEP 128
#define PREFETCH_SLOTS ((uint64_t)4 << 10)      /* larger tables prefetch */
#define PREFETCH_ROWS 512

/* Wire form of one nested value: what equal values have in common. */
static struct sview
nested_key(const struct column *c, int i, struct arena *a)
{
	struct column one = *c;
	struct text t = { 0 };
	int32_t row = (int32_t)col_at(c, i);
	struct batch b = { &one, 1, row + 1, 1, &row };
	struct sview v;

	one.flags &= ~(uint32_t)COL_CONST;
	wire_put(&t, &b);
	v = sview_of(t.n > SVIEW_INLINE ? arena_memdup(a, t.p, t.n) : t.p, t.n);
	text_release(&t);
	return v;
}

static void
own_bytes(struct group_table *t, struct sview *v)
{
	char *p;

	if (v->len <= SVIEW_INLINE)
		return;
	p = arena_bytes(&t->heap, v->len);
	memcpy(p, v->ptr, v->len);
	v->ptr = p;
}

static void
fill_key(struct group_table *t, char *row, int k, const struct column *c,
    int i)
{
	char *to = row + t->at[k];
	size_t w = (size_t)group_key_width(t->type[k]);
	struct sview v;

	if (t->nkey > 1)
		row[t->null_at + k] = col_null(c, i);
	if (col_null(c, i)) {
		memset(to, 0, w);
		return;
	}
	if (type_is_nested(c->type)) {
		v = nested_key(c, i, &t->heap);
		memcpy(to, &v, 16);
		return;
	}
	memcpy(to, (const char *)c->data + (size_t)col_at(c, i) * w, w);
	if (type_is_bytes(c->type) && !(c->flags & COL_STABLE))
		own_bytes(t, (struct sview *)(void *)to);
}

static bool
same_float(const struct column *c, int64_t at, const char *have)
{
	struct column k = { .type = c->type, .data = (void *)(uintptr_t)have };

	return col_compare(c, at, &k, 0) == 0;
}

/* Neither is null. */
static bool
same_value(const char *have, const struct column *c, int64_t at)
{
	const char *v = c->data;

	switch (c->type->kind) {
	case TYPE_STR: case TYPE_BIN:
		return sview_equal((const struct sview *)c->data + at,
		    (const struct sview *)(const void *)have);
	case TYPE_F32: case TYPE_F64:
		return same_float(c, at, have);
	case TYPE_ARRAY: case TYPE_MAP: case TYPE_STRUCT: {
		struct arena a = { 0 };
		struct sview s = nested_key(c, (int)at, &a);
		bool same = sview_equal(&s,
		    (const struct sview *)(const void *)have);

		arena_release(&a);
		return same;
	}
	default:
		break;
	}
	switch (type_width(c->type)) {
	case 1:  return *have == v[at];
	case 2:  return memcmp(have, v + 2 * at, 2) == 0;
	case 4:  return memcmp(have, v + 4 * at, 4) == 0;
	case 8:  return memcmp(have, v + 8 * at, 8) == 0;
	default: return memcmp(have, v + 16 * at, 16) == 0;
	}
}

static bool
same_keys(const struct group_table *t, const char *row,
    const struct column *key, int i)
{
	for (int k = 0; k < t->nkey; k++) {
		bool null = col_null(&key[k], i);
		bool was = t->nkey > 1 ? row[t->null_at + k] :
		    row == t->null_row;

		if (null != was || (!null && !same_value(row + t->at[k],
		    &key[k], col_at(&key[k], i))))
			return false;
	}
	return true;
}

/* Kinds of keys with a comparison of their own.  Of a single key whose
 * column has no nulls: the group of NULL is in no slot. */
enum form { FORM_ANY, FORM_8, FORM_4, FORM_STR };

static enum form
form_of(const struct group_table *t, const struct column *key)
{
	enum type_kind k = t->nkey ? t->type[0]->kind : TYPE_NULL;

	if (t->nkey != 1 || key[0].valid || (key[0].flags & COL_CONST))
		return FORM_ANY;
	if (k == TYPE_STR || k == TYPE_BIN)
		return FORM_STR;
	if (type_is_float(t->type[0]) || type_is_nested(t->type[0]))
		return FORM_ANY;
	return type_width(t->type[0]) == 8 ? FORM_8 :
	    type_width(t->type[0]) == 4 ? FORM_4 : FORM_ANY;
}

/* Of the forms but ANY.  Equal without a call?  Long strings never are. */
static inline bool
equal(const struct group_table *t, enum form form, const char *row,
    const struct column *key, int i)
{
	const char *have = row + t->state_size;
	uint64_t a[2], b[2];
	uint32_t c;

	switch (form) {
	case FORM_8:
		memcpy(a, have, 8);
		return a[0] == ((const uint64_t *)key->data)[i];
	case FORM_4:
		memcpy(&c, have, 4);
		return c == ((const uint32_t *)key->data)[i];
	default:
		memcpy(a, have, 16);
		memcpy(b, (const struct sview *)key->data + i, 16);
		return ((a[0] ^ b[0]) | (a[1] ^ b[1])) == 0;
	}
}

static char *
add_group(struct group_table *t, const struct column *key, int i)
{
	char *row = group_table_new_row(t);

	for (int k = 0; k < t->nkey; k++)
		fill_key(t, row, k, &key[k], i);
	return row;
}

static bool
closed(const struct group_table *t, enum group_new how)
{
	return how == GROUP_FROZEN || t->ngroup == GROUPS_MAX;
}

/* One row, from the slot of its hash on. */
static char *
find_one(struct group_table *t, const struct column *key, uint64_t h, int i,
    enum group_new how)
{
	uint32_t tag = (uint32_t)h;
	uint64_t at = tag & t->mask, s;
	char *row;

	if (t->nkey == 1 && col_null(key, i)) {
		if (t->null_row == NULL && !closed(t, how))
			t->null_row = add_group(t, key, i);
		return t->null_row;
	}
	for (; (s = t->slot[at]) != 0; at = (at + 1) & t->mask) {
		if ((uint32_t)s != tag)
			continue;
		row = group_table_row(t, (int64_t)(s >> 32) - 1);
		if (same_keys(t, row, key, i))
			return row;
	}
	if (closed(t, how))
		return NULL;
	t->slot[at] = (uint64_t)(t->ngroup + 1) << 32 | tag;
	return add_group(t, key, i);
}

/* The same for the simple forms, where no key is null. */
static inline char *
find_simple(struct group_table *t, enum form form, const struct column *key,
    uint64_t h, int i, enum group_new how)
{
	uint32_t tag = (uint32_t)h;
	uint64_t at = tag & t->mask, s;
	char *row, *to;

	for (; (s = t->slot[at]) != 0; at = (at + 1) & t->mask) {
		if ((uint32_t)s != tag)
			continue;
		row = group_table_row(t, (int64_t)(s >> 32) - 1);
		if (equal(t, form, row, key, i) || (form == FORM_STR &&
		    sview_equal((const struct sview *)key->data + i,
		    (const struct sview *)(void *)(row + t->state_size))))
			return row;
	}
	if (closed(t, how))
		return NULL;
	t->slot[at] = (uint64_t)(t->ngroup + 1) << 32 | tag;
	row = group_table_new_row(t);
	to = row + t->state_size;
	if (form == FORM_4) {
		memcpy(to, (const uint32_t *)key->data + i, 4);
	} else if (form == FORM_8) {
		memcpy(to, (const uint64_t *)key->data + i, 8);
	} else {
		memcpy(to, (const struct sview *)key->data + i, 16);
		if (!(key->flags & COL_STABLE))
			own_bytes(t, (struct sview *)(void *)to);
	}
	return row;
}

/* The slot with the tag of h, or an empty one (0). */
static inline uint64_t
slot_of(const struct group_table *t, uint64_t h)
{
	uint32_t tag = (uint32_t)h;
	uint64_t at = tag & t->mask;
	uint64_t s = t->slot[at], next = t->slot[(at + 1) & t->mask];

	if ((uint32_t)s != tag && s)
		s = next;
	if (__builtin_expect((uint32_t)s == tag || s == 0, 1))
		return s;
	do {
		at = (at + 1) & t->mask;
		s = t->slot[at];
	} while (s && (uint32_t)s != tag);
	return s;
}

/* Rows of the slots found, NULL where there is none. */
static void
candidates(const struct group_table *t, const uint64_t *hash, int n,
    char **row)
{
	bool far = t->ngroup > PREFETCH_ROWS;
	int key = t->state_size;

	if (t->mask > PREFETCH_SLOTS)
		for (int i = 0; i < n; i++)
			__builtin_prefetch(&t->slot[hash[i] & t->mask]);
	for (int i = 0; i < n; i++) {
		uint64_t s = slot_of(t, hash[i]);

		row[i] = s ? group_table_row(t, (int64_t)(s >> 32) - 1) :
		    NULL;
		if (far && s)
			__builtin_prefetch(row[i] + key);
	}
}

#define FIND(NAME, FORM)                                                \
static int                                                              \
NAME(struct group_table *t, const struct column *key,                   \
    const uint64_t *hash, int n, enum group_new how, char **row)        \
{                                                                       \
	int missing = 0;                                                \
									\
	candidates(t, hash, n, row);                                    \
	for (int i = 0; i < n; i++) {                                   \
		if (__builtin_expect(row[i] != NULL &&                  \
		    equal(t, FORM, row[i], key, i), 1))                 \
			continue;                                       \
		row[i] = find_simple(t, FORM, key, hash[i], i, how);    \
		missing += row[i] == NULL;                              \
	}                                                               \
	return missing;                                                 \
}

FIND(find_8, FORM_8)
FIND(find_4, FORM_4)
FIND(find_str, FORM_STR)

/* Any keys; columns are given whole, so rows are counted from from. */
static int
find_any(struct group_table *t, const struct column *key,
    const uint64_t *hash, int from, int n, enum group_new how, char **row)
{
	int missing = 0;

	candidates(t, hash + from, n, row + from);
	for (int i = from; i < from + n; i++) {
		if (row[i] && same_keys(t, row[i], key, i))
			continue;
		row[i] = find_one(t, key, hash[i], i, how);
		missing += row[i] == NULL;
	}
	return missing;
}

int
group_table_find(struct group_table *t, const struct column *key,
    const uint64_t *hash, int n, enum group_new how, char **row)
{
	enum form form = form_of(t, key);
	int missing = 0;

	for (int from = 0; from < n; from += STEP) {
		int k = n - from < STEP ? n - from : STEP;
		struct column part;

		while (t->slot == NULL || (t->ngroup + k > t->room &&
		    !closed(t, how)))
			group_table_grow(t);
		if (form == FORM_ANY) {
			missing += find_any(t, key, hash, from, k, how, row);
			continue;
		}
		part = key[0];
		part.data = (char *)part.data + (size_t)from *
		    (size_t)type_width(part.type);
		missing += (form == FORM_8 ? find_8 : form == FORM_4 ?
		    find_4 : find_str)(t, &part, hash + from, k, how,
		    row + from);
	}
	return missing;
}
