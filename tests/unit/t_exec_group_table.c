/*
 * t_exec_group_table -- groups by key against a plain search: every kind of
 * key, nulls, several keys, growth, frozen tables, and tags that collide.
 */
#include "tap.h"

#include <math.h>

#include "base/arena.h"
#include "base/hash.h"
#include "exec/group_table.h"

enum { ROWS = 1500, STATE = 24 };

static uint64_t seed = 1;

static uint64_t
roll(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 20;
}

/* A column of n values out of few; one in nulls is null (0: none). */
static void
make(struct column *c, const struct type *t, int n, uint64_t few, int nulls,
    struct arena *a)
{
	static const double odd[] = { 0.0, -0.0, 1.5, NAN };

	col_alloc(c, a, t, n, nulls ? COL_WITH_VALID : COL_NO_VALID);
	for (int i = 0; i < n; i++) {
		uint64_t v = roll() % few;
		char *to = (char *)c->data + i * type_width(t);

		if (nulls && roll() % (uint64_t)nulls == 0)
			continue;
		if (nulls)
			bit_set(c->valid, i);
		if (type_is_bytes(t)) {
			char *s = arena_printf(a, v % 3 ? "k%llu" :
			    "a key of more than twelve %llu",
			    (unsigned long long)v);
			struct sview w = sview_of(s, strlen(s));

			memcpy(to, &w, 16);
		} else if (t->kind == TYPE_F64) {
			double d = v < 4 ? odd[v] : (double)v;

			memcpy(to, &d, 8);
		} else {
			memcpy(to, &v, (size_t)type_width(t) < 8 ?
			    (size_t)type_width(t) : 8);
		}
	}
}

static bool
same(const struct column *key, int nkey, int i, int j)
{
	for (int k = 0; k < nkey; k++)
		if (col_compare(&key[k], i, &key[k], j) != 0)
			return false;
	return true;
}

static void
hash(const struct column *key, int nkey, int n, uint64_t *h)
{
	for (int k = 0; k < nkey; k++)
		col_hash(&key[k], NULL, n, k ? COL_HASH_COMBINE :
		    COL_HASH_FIRST, h);
}

/* Number of the first row with the keys of row i. */
static int
first_of(const struct column *key, int nkey, int i)
{
	for (int j = 0; j < i; j++)
		if (same(key, nkey, i, j))
			return j;
	return i;
}

/* Groups and their keys are those of a plain search; the mistakes. */
static int
differ(const struct column *key, int nkey, const uint64_t *h, int n,
    struct group_table *t, struct arena *a)
{
	static char *row[ROWS];
	int bad = 0, groups = 0;

	bad += group_table_find(t, key, h, n, GROUP_ADD, row);
	for (int i = 0; i < n; i++) {
		int f = first_of(key, nkey, i);

		bad += row[i] != row[f];
		if (f == i)
			bad += row[i] != group_table_row(t, groups++);
		for (int b = 0; f == i && b < STATE; b++)
			bad += row[i][b] != 0;
		memset(row[i], 0xa5, STATE);
		bad += (uintptr_t)row[i] % 16 != 0;
	}
	bad += groups != t->ngroup;
	for (int k = 0; k < nkey; k++) {
		struct column out;

		col_alloc(&out, a, key[k].type, n, COL_NO_VALID);
		group_table_key(t, k, row, n, &out, a);
		for (int i = 0; i < n; i++)
			bad += col_compare(&out, i, &key[k], i) != 0;
	}
	return bad;
}

static void
try_keys(const char *what, const struct type *const *type, int nkey,
    uint64_t few, int nulls)
{
	struct arena a = { 0 };
	struct group_table t;
	struct column key[4];
	uint64_t h[ROWS];

	for (int k = 0; k < nkey; k++)
		make(&key[k], type[k], ROWS, few, k ? 0 : nulls, &a);
	hash(key, nkey, ROWS, h);
	group_table_init(&t, &a, type, nkey, STATE, 16);
	is_int(differ(key, nkey, h, ROWS, &t, &a), 0, what);
	group_table_clear(&t);
	is_int(differ(key, nkey, h, ROWS, &t, &a), 0, "the same once more");
	/* Hashes of three values: tags collide, all places are taken. */
	group_table_clear(&t);
	for (int i = 0; i < ROWS; i++)
		h[i] %= 3;
	is_int(differ(key, nkey, h, ROWS, &t, &a), 0, "hashes that collide");
	group_table_release(&t);
	arena_release(&a);
}

static void
test_frozen(int nulls)
{
	const struct type *const type[] = { TYPE(I64) };
	struct arena a = { 0 };
	struct group_table t;
	struct column c;
	uint64_t h[ROWS];
	static char *row[ROWS];
	int missing, bad = 0, half = ROWS / 2;

	make(&c, type[0], ROWS, 3000, nulls, &a);
	if (nulls)
		bit_clear(c.valid, ROWS - 1);
	hash(&c, 1, ROWS, h);
	group_table_init(&t, &a, type, 1, 0, 8);
	group_table_find(&t, &c, h, half, GROUP_ADD, row);
	missing = group_table_find(&t, &c, h, ROWS, GROUP_FROZEN, row);
	for (int i = 0; i < ROWS; i++) {
		bad += (row[i] != NULL) != (first_of(&c, 1, i) < half);
		missing -= row[i] == NULL;
	}
	is_int(bad, 0, "a frozen table finds what it knows");
	is_int(missing, 0, "and counts what it does not");
	group_table_release(&t);
	arena_release(&a);
}

/* Many groups: the slots are moved many times. */
static void
test_growth(void)
{
	enum { TURNS = 300 };
	const struct type *const type[] = { TYPE(I64) };
	struct arena a = { 0 };
	struct group_table t;
	int64_t v[ROWS];
	struct column c = { .type = TYPE(I64), .data = v };
	uint64_t h[ROWS];
	static char *row[ROWS];
	int bad = 0;

	group_table_init(&t, &a, type, 1, 8, 8);
	for (int turn = 0; turn < 2 * TURNS; turn++) {
		for (int i = 0; i < ROWS; i++)
			v[i] = (int64_t)(turn % TURNS) * ROWS + i;
		hash(&c, 1, ROWS, h);
		group_table_find(&t, &c, h, ROWS, GROUP_ADD, row);
		for (int i = 0; i < ROWS; i++)
			++*(int64_t *)(void *)(row[i]);
	}
	is_int(t.ngroup, TURNS * ROWS, "every key once");
	for (int64_t i = 0; i < t.ngroup; i++)
		bad += *(int64_t *)(void *)(group_table_row(&t, i)) != 2;
	is_int(bad, 0, "and found again");
	ok(group_table_bytes(&t) >= t.ngroup * 16, "bytes are counted");
	group_table_release(&t);
	arena_release(&a);
}

static void
test_no_key(void)
{
	struct arena a = { 0 };
	struct group_table t;
	uint64_t h[3] = { 0, 0, 0 };
	char *row[3];

	group_table_init(&t, &a, NULL, 0, 16, 16);
	group_table_find(&t, NULL, h, 3, GROUP_ADD, row);
	is_int(t.ngroup, 1, "no key: one group");
	ok(row[0] == row[2], "of all rows");
	group_table_release(&t);
	arena_release(&a);
}

int
main(void)
{
	struct arena a = { 0 };
	const struct type *dec = type_decimal(&a, 30, 2);
	const struct type *const one[] = { TYPE(I64), TYPE(I32), TYPE(STR),
	    TYPE(F64), TYPE(I8), TYPE(BOOL), TYPE(I16), dec };
	const struct type *const two[] = { TYPE(STR), TYPE(I32), TYPE(I8) };
	const struct type *const both[] = { TYPE(I8), TYPE(STR) };

	for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
		uint64_t few = one[i]->kind == TYPE_BOOL ? 2 : 100;

		try_keys(type_name(&a, one[i]), &one[i], 1, few, 0);
		try_keys("with nulls", &one[i], 1, few, 4);
	}
	try_keys("many words", &one[2], 1, 100000, 50);
	try_keys("many numbers", &one[0], 1, 100000, 50);
	try_keys("three keys", two, 3, 5, 3);
	try_keys("two keys", both, 2, 50, 0);
	test_frozen(0);
	test_frozen(9);
	test_growth();
	test_no_key();
	arena_release(&a);
	return done_testing();
}
