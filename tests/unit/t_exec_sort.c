/*
 * Sorted runs and merges of them against an insertion of rows one by one:
 * every kind of key, both directions, nulls, NaN, -0.0, long strings with
 * equal beginnings, many equal keys (stability).
 */
#include "tap.h"

#include <math.h>

#include "base/arena.h"
#include "exec/merge_tree.h"
#include "exec/sort_run.h"

#define ROWS 6000
#define RUNS 5
#define STEP (BATCH_ROWS < 192 ? BATCH_ROWS : 192)

static uint64_t seed = 88172645463325252u;

static uint64_t
roll(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

enum shape { SHORT, LONG, ZEROS, SHAPES };

static void
add_string(struct builder *b, enum shape shape)
{
	static const char beginning[] =
	    "https://example.org/a/path/that/all/of/them/share/";
	char p[200];
	size_t n = 0;

	if (shape == LONG && roll() % 8) {
		n = sizeof beginning - 1;
		memcpy(p, beginning, n);
	}
	for (size_t more = roll() % 12; more > 0; more--)
		p[n++] = shape == ZEROS ? (char)(roll() % 2) :
		    (char)('a' + roll() % 3);
	builder_bytes(b, p, n);
}

static void
add_number(struct builder *b)
{
	static const double odd[] = { NAN, -0.0, 0.0, INFINITY, -INFINITY };
	uint64_t r = roll();
	int64_t i = r % 3 ? (int64_t)(r >> 32) % 50 - 25 :
	    (int64_t)roll() >> roll() % 64;
	double d = r % 4 ? (double)i / 8 : odd[r / 4 % 5];
	float f = (float)d;
	i128 wide = (i128)i * ((i128)1 << (r % 3 * 30));

	switch (b->type->kind) {
	case TYPE_F32:    builder_fixed(b, &f); break;
	case TYPE_F64:    builder_fixed(b, &d); break;
	case TYPE_DEC128: builder_fixed(b, &wide); break;
	case TYPE_BOOL:   i &= 1; /* fall through */
	default:          builder_fixed(b, &i);
	}
}

static void
make_column(struct builder *b, const struct type *t, enum shape shape, int n)
{
	builder_init(b, t);
	for (int i = 0; i < n; i++)
		if (roll() % 20 == 0)
			builder_null(b);
		else if (type_is_bytes(t))
			add_string(b, shape);
		else
			add_number(b);
}

/* Runs over rows [lo, hi) of two keys and the row's number. */
static void
fill_run(struct sort_run *r, const struct builder *b, int lo, int hi)
{
	for (int from = lo; from < hi; from += STEP) {
		int n = hi - from < STEP ? hi - from : STEP;
		struct arena a = { 0 };
		struct column col[3];
		struct batch in = { .col = col, .ncol = 3, .nrow = n, .n = n };

		for (int i = 0; i < 3; i++)
			builder_column(&b[i], from, n, &col[i], &a);
		sort_run_add(r, &in, col);
		arena_release(&a);
	}
	sort_run_sort(r);
}

struct side {
	struct cursor c;
	struct sort_run *run;
	struct column col[4];
	struct arena arena;
};

static int
input_fill(struct cursor *c, struct err *e)
{
	struct side *in = (struct side *)c;
	int r;

	(void)e;
	arena_reset(&in->arena);
	r = sort_run_next(in->run, &c->b, in->col, &in->arena);
	c->key = in->col;
	c->at = 0;
	c->end = r > 0 ? c->b.nrow : 0;
	return r;
}

/* Counts rows that are not in order: by keys, equal ones by number. */
static int
disorder(const struct row_order *o, const struct column *whole,
    const struct batch *b, int64_t *last)
{
	const int64_t *number = b->col[2].data;
	int bad = 0;

	for (int i = 0; i < b->n; i++) {
		int r = *last < 0 ? -1 : row_compare(o, whole, *last, whole,
		    number[i]);

		bad += r > 0 || (r == 0 && number[i] <= *last);
		bad += row_compare(o, whole, number[i], b->col, i) != 0;
		*last = number[i];
	}
	return bad;
}

static void
check(const struct type *t, enum shape shape, int flags)
{
	struct builder b[3];
	struct arena a = { 0 };
	struct schema *s = schema_new(&a, 3);
	struct sort_key key[2] = { { 0 } };
	struct row_order order = { 2, key };
	struct sort_shape sh;
	struct sort_run run[RUNS];
	struct side in[RUNS];
	struct cursor *cursor[RUNS];
	struct column whole[2];
	struct merge_tree m;
	struct batch out;
	struct err e;
	int64_t last = -1, rows = 0;
	int bad = 0, r;

	make_column(&b[0], t, shape, ROWS);
	make_column(&b[1], TYPE(I16), shape, ROWS);
	builder_init(&b[2], TYPE(I64));
	for (int64_t i = 0; i < ROWS; i++)
		builder_fixed(&b[2], &i);
	for (int i = 0; i < 3; i++) {
		s->col[i].id = i + 1;
		s->col[i].type = b[i].type;
	}
	for (int i = 0; i < 2; i++) {
		struct expr *x = NEW(&a, struct expr);

		x->kind = EXPR_COL;
		x->type = b[i].type;
		x->u.col.id = i + 1;
		key[i] = (struct sort_key){ .x = x, .desc = flags >> i & 1,
		    .nulls_last = flags >> (2 + i) & 1 };
		builder_column(&b[i], 0, ROWS, &whole[i], &a);
	}
	sort_shape_make(&sh, &order, s, &a);
	memset(in, 0, sizeof in);
	for (int i = 0; i < RUNS; i++) {
		int lo = ROWS / 64 * i / RUNS * 64;
		int hi = i + 1 < RUNS ? ROWS / 64 * (i + 1) / RUNS * 64 : ROWS;

		sort_run_init(&run[i], &sh);
		fill_run(&run[i], b, lo, hi);
		in[i].c.fill = input_fill;
		in[i].c.number = i;
		in[i].run = &run[i];
		cursor[i] = &in[i].c;
	}
	bad += merge_tree_open(&m, &order, sh.type, 3, cursor, RUNS, &e) < 0;
	while ((r = merge_tree_next(&m, &out, &e)) > 0) {
		bad += disorder(&order, whole, &out, &last);
		rows += out.n;
	}
	ok(bad == 0 && rows == ROWS && r == 0,
	    "type %d, shape %d, flags %d: %d of %lld wrong", (int)t->kind,
	    (int)shape, flags, bad, (long long)rows);
	merge_tree_close(&m);
	for (int i = 0; i < RUNS; i++) {
		sort_run_release(&run[i]);
		arena_release(&in[i].arena);
	}
	for (int i = 0; i < 3; i++)
		builder_release(&b[i]);
	arena_release(&a);
}

int
main(void)
{
	static const struct type *const type[] = { TYPE(BOOL), TYPE(I8),
	    TYPE(I16), TYPE(I32), TYPE(I64), TYPE(F32), TYPE(F64),
	    TYPE(DATE), TYPE(TS) };

	for (int flags = 0; flags < 16; flags += 3) {
		for (size_t i = 0; i < sizeof type / sizeof *type; i++)
			check(type[i], SHORT, flags);
		for (int shape = 0; shape < SHAPES; shape++)
			check(TYPE(STR), (enum shape)shape, flags);
	}
	return done_testing();
}
