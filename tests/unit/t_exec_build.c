/*
 * The build side of joins against a nested loop: each form of the directory,
 * keys of several types, nulls, chains in row order however it is linked.
 */
#include "exec/build.h"

#include <math.h>

#include "base/hash.h"
#include "tap.h"

#define ROWS 1500

/* A key of row i: < 0 for a null. */
struct gen {
	const char *name;
	const struct type *type;
	void (*put)(struct builder *b, int i, int side);
};

static void
put_i64(struct builder *b, int64_t v)
{
	builder_fixed(b, &v);
}

static void
run(struct builder *b, int i, int side)
{
	put_i64(b, side ? i * 2 - 50 : i - 700);
}

static void
gaps(struct builder *b, int i, int side)
{
	if (i % 17 == 3)
		builder_null(b);
	else
		put_i64(b, side ? i : (i * 7919) % 2500);
}

static void
twice(struct builder *b, int i, int side)
{
	put_i64(b, side ? i % 100 : i % 300);
}

static void
sparse(struct builder *b, int i, int side)
{
	if (i % 13 == 5)
		builder_null(b);
	else
		put_i64(b, (int64_t)((uint64_t)(i * (side ? 3 : 2)) *
		    0x9e3779b97f4a7c15u));
}

static void
skewed(struct builder *b, int i, int side)
{
	put_i64(b, i % 3 == 0 ? INT64_MIN : i % 3 == 1 ? INT64_MAX :
	    i * (side ? 5000000000 : 2500000000));
}

static void
bytes(struct builder *b, int i, int side)
{
	int8_t v = (int8_t)(i * (side ? 3 : 7));

	builder_fixed(b, &v);
}

static void
doubles(struct builder *b, int i, int side)
{
	static const double odd[] = { 0.0, -0.0, 1e300, -1e300 };
	double v = i % 5 == 0 ? odd[i / 5 % 4] : i % 5 == 1 ? (side ? NAN :
	    -NAN) : i / 10.0;

	builder_fixed(b, &v);
}

static void
floats(struct builder *b, int i, int side)
{
	float v = i % 7 == 0 ? (side ? -0.0f : 0.0f) : i % 7 == 1 ? NAN :
	    (float)(i % 90) / 4;

	builder_fixed(b, &v);
}

static void
strings(struct builder *b, int i, int side)
{
	char s[80];
	int n = snprintf(s, sizeof s, i % 2 ? "k%d" :
	    "a key that does not fit into a view %d", i % (side ? 90 : 200));

	if (i % 19 == 7)
		builder_null(b);
	else
		builder_bytes(b, s, (size_t)n);
}

static struct column
view(const struct builder *b, int64_t n, struct arena *a)
{
	struct column c;

	builder_column(b, 0, n, &c, a);
	return c;
}

/* Rows in batches of 1000 (BATCH_ROWS when that is less). */
static void
add_all(struct build *b, const struct column *key, int nkey)
{
	int step = BATCH_ROWS < 1000 ? BATCH_ROWS : 1000;
	uint64_t hash[BATCH_ROWS];
	struct column part[2];
	struct arena a;

	arena_init(&a);
	for (int at = 0; at < ROWS; at += step) {
		int n = ROWS - at < step ? ROWS - at : step;
		int32_t row[BATCH_ROWS];
		struct batch rows = { part, nkey, n, n, NULL };

		for (int i = 0; i < n; i++)
			row[i] = at + i;
		for (int k = 0; k < nkey; k++) {
			col_gather(&part[k], &key[k], row, n, &a);
			col_hash(&part[k], NULL, n, k ? COL_HASH_COMBINE :
			    COL_HASH_FIRST, hash);
		}
		build_add(b, &rows, part, hash);
	}
	arena_release(&a);
}

static bool
equal(const struct column *x, int i, const struct column *y, int j, int nkey)
{
	for (int k = 0; k < nkey; k++)
		if (col_null(&x[k], i) || col_null(&y[k], j) ||
		    col_compare(&x[k], i, &y[k], j))
			return false;
	return true;
}

/* Every partner of every probe row, in row order; payload comes back. */
static int
wrong_rows(const struct build *b, const struct column *left,
    const struct column *right, int nkey)
{
	static struct probe_keys p;
	static uint64_t hash[BATCH_ROWS];
	static int32_t at[BATCH_ROWS], row[BATCH_ROWS];
	int bad = 0, n = BATCH_ROWS < ROWS ? BATCH_ROWS : ROWS, m, k = 0;
	struct column out;
	struct arena a;

	arena_init(&a);
	for (int c = 0; c < nkey; c++)
		col_hash(&left[c], NULL, n, c ? COL_HASH_COMBINE :
		    COL_HASH_FIRST, hash);
	p.key = left;
	p.hash = hash;
	m = build_probe(b, &p, n, at, row);
	for (int i = 0; i < n; i++) {
		int64_t have = k < m && at[k] == i ? row[k++] : -1;

		for (int j = 0; j < ROWS; j++) {
			if (!equal(left, i, right, j, nkey))
				continue;
			bad += have != j;
			have = have < 0 ? -1 : build_next(b, &p, i, have);
		}
		bad += have >= 0;
	}
	bad += k != m;
	build_column(b, 0, row, m, NULL, m, &out, &a);
	for (int i = 0; i < m; i++)
		bad += col_compare(&out, i, &right[0], row[i]) != 0;
	arena_release(&a);
	return bad;
}

static void
check(const struct gen *g, int nkey, int form, int nregion, int repeated)
{
	struct builder l[2], r[2];
	struct column left[2], right[2];
	const struct type *type[4];
	int source[2] = { 0, 1 };
	struct pool pool;
	struct build b;
	struct arena a;

	arena_init(&a);
	pool_init(&pool, NULL, "test", 0);
	for (int k = 0; k < nkey; k++) {
		builder_init(&l[k], g[k].type);
		builder_init(&r[k], g[k].type);
		for (int i = 0; i < ROWS; i++) {
			g[k].put(&l[k], i, 1);
			g[k].put(&r[k], i, 0);
		}
		left[k] = view(&l[k], ROWS, &a);
		right[k] = view(&r[k], ROWS, &a);
		type[k] = type[nkey + k] = g[k].type;
	}
	build_init(&b, &pool, type, nkey, nkey, source);
	add_all(&b, right, nkey);
	ok(build_charge(&b), "%s: charged", g->name);
	build_begin_link(&b);
	for (int i = nregion - 1; i >= 0; i--)
		build_link(&b, i, nregion);
	ok((int)b.form == form, "%s: form %d", g->name, (int)b.form);
	if (repeated >= 0)
		ok(b.repeated == repeated, "%s: repeated", g->name);
	ok(wrong_rows(&b, left, right, nkey) == 0, "%s: %d keys, %d regions",
	    g->name, nkey, nregion);
	build_release(&b);
	ok(pool.used == 0, "%s: all given back", g->name);
	for (int k = 0; k < nkey; k++) {
		builder_release(&l[k]);
		builder_release(&r[k]);
	}
	arena_release(&a);
}

int
main(void)
{
	const struct gen g[] = {
		{ "a run of numbers", TYPE(I64), run },
		{ "gaps and nulls", TYPE(I64), gaps },
		{ "repeated keys", TYPE(I64), twice },
		{ "sparse keys", TYPE(I64), sparse },
		{ "one key very often", TYPE(I64), skewed },
		{ "bytes", TYPE(I8), bytes },
		{ "doubles", TYPE(F64), doubles },
		{ "floats", TYPE(F32), floats },
		{ "strings", TYPE(STR), strings },
	};
	struct gen two[2] = { g[2], g[8] };

	for (int nregion = 1; nregion < 5; nregion += 3) {
		check(&g[0], 1, BUILD_IDENTITY, nregion, 0);
		check(&g[1], 1, BUILD_DENSE, nregion, 0);
		check(&g[2], 1, BUILD_DENSE, nregion, 1);
		check(&g[3], 1, BUILD_SLOTS, nregion, 0);
		check(&g[4], 1, BUILD_SLOTS, nregion, 1);
		check(&g[5], 1, BUILD_DENSE, nregion, 1);
		check(&g[6], 1, BUILD_SLOTS, nregion, 1);
		check(&g[7], 1, BUILD_SLOTS, nregion, 1);
		check(&g[8], 1, BUILD_SLOTS, nregion, 1);
		check(two, 2, BUILD_SLOTS, nregion, -1);
	}
	return done_testing();
}
