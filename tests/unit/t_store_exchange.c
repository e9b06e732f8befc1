/*
 * t_store_exchange -- rows through exchanges come out as they went in: in
 * memory, on disk, with too little memory; against a list of what was put.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/exchange.h"
#include "store_rows.h"
#include "tap.h"

enum { NMAP = 3, NPART_MAX = 70 };

/* Expected rows: one text a map and partition. */
static struct text want[NMAP][NPART_MAX];

/* One batch of random rows into map m; returns xwriter_put's. */
static int
put_batch(struct xwriter *w, const struct type *const *type, int np, int m,
    struct err *e)
{
	static uint32_t part[BATCH_ROWS];
	static int32_t pick[BATCH_ROWS];
	struct rows rows;
	struct batch *b = &rows.b;
	int r;

	rows_make(&rows, type, NCOL, pick);
	for (int i = 0; i < b->n; i++) {
		part[i] = any(3) ? any((uint32_t)np) : 0;
		if (np == 1)
			part[i] = 0;
		print_row(&want[m][part[i]], b, batch_row(b, i));
	}
	r = xwriter_put(w, b, np == 1 ? NULL : part, e);
	/* The batch dies: what was put must not point into it. */
	rows_release(&rows);
	return r;
}

static int
read_matches(const struct exchange *x, int map, int lo, int hi)
{
	struct text got = { 0 }, all = { 0 };
	struct xreader *r;
	struct batch b;
	struct err e = { 0 };
	int n, same;

	exchange_reader(&r, x, map, lo, hi, NULL, &e);
	while ((n = xreader_next(r, &b, &e)) > 0)
		for (int i = 0; i < b.n; i++)
			print_row(&got, &b, batch_row(&b, i));
	for (int p = lo; p < hi; p++)
		for (int m = 0; m < NMAP; m++)
			if (map < 0 || map == m)
				text_adds(&all, text_str(&want[m][p]));
	same = n == 0 && strcmp(text_str(&got), text_str(&all)) == 0;
	xreader_close(r);
	text_release(&got);
	text_release(&all);
	return same;
}

static int
chunks_match(const struct exchange *x, int m, int p)
{
	struct text got = { 0 };
	struct err e = { 0 };
	int good = 1;

	for (int i = 0; i < exchange_nchunk(x, m, p); i++) {
		struct arena a = { 0 };
		struct batch b;

		good &= exchange_chunk(x, m, p, i, &a, &b, &e) == 0 &&
		    b.nrow == exchange_chunk_rows(x, m, p, i);
		for (int k = 0; good && k < b.nrow; k++)
			print_row(&got, &b, k);
		arena_release(&a);
	}
	good &= strcmp(text_str(&got), text_str(&want[m][p])) == 0;
	text_release(&got);
	return good;
}

static int64_t
want_rows(void)
{
	int64_t n = 0;

	for (int m = 0; m < NMAP; m++)
		for (int p = 0; p < NPART_MAX; p++)
			for (const char *s = text_str(&want[m][p]); *s; s++)
				n += *s == '\n';
	return n;
}

static void
check_all(struct exchange *x, int np, const char *name)
{
	int good = 1, maps = 1, chunks = 1, mid = np / 2;
	int64_t rows = 0;

	for (int p = 0; p < np; p++) {
		good &= read_matches(x, -1, p, p + 1);
		rows += exchange_part_size(x, p).rows;
		for (int m = 0; m < NMAP; m++) {
			maps &= read_matches(x, m, p, p + 1);
			chunks &= chunks_match(x, m, p);
		}
	}
	ok(good, "%s: partitions of all maps", name);
	ok(maps, "%s: partitions of one map", name);
	ok(chunks, "%s: chunk by chunk", name);
	ok(read_matches(x, -1, mid, np), "%s: ranges of partitions", name);
	ok(rows == want_rows() && rows == exchange_total(x).rows,
	    "%s: sizes", name);
	exchange_drop(x, 0, mid);
	ok(read_matches(x, -1, mid, np), "%s: the others after a drop", name);
}

static void
run(int np, int batches, int64_t limit, bool spill, const char *name)
{
	struct arena a = { 0 };
	const struct type *type[NCOL];
	struct pool pool;
	struct exchange_conf conf = { .name = "a test", .npart = np,
	    .nmap = NMAP, .ncol = NCOL, .type = type, .pool = &pool,
	    .dir = "/tmp", .force_spill = spill };
	struct exchange *x;
	struct xwriter *w;
	struct err e = { 0 };
	int good = 1;

	rows_types(type, &a);
	pool_init(&pool, NULL, "test", limit);
	exchange_new(&x, &conf, &e);
	for (int m = NMAP - 1; m >= 0; m--) {
		struct xwriter *late;

		good &= exchange_writer(&w, x, m, &e) == 0 &&
		    exchange_writer(&late, x, m, &e) == 0;
		for (int i = 0; i < batches && m != 1; i++)
			good &= put_batch(w, type, np, m, &e) >= 0;
		good &= xwriter_commit(w, &e) == 1;
		good &= xwriter_commit(late, &e) == 0;
	}
	exchange_writer(&w, x, 0, &e);
	xwriter_abort(w);
	ok(good, "%s: put; the first commit of a map wins %s", name, e.text);
	ok((limit || spill) == !exchange_in_memory(x), "%s: where", name);
	ok(!exchange_borrows(x), "%s: nothing is borrowed", name);
	check_all(x, np, name);
	exchange_free(x);
	is_int(pool.used, 0, "all memory is given back");
	for (int m = 0; m < NMAP; m++)
		for (int p = 0; p < NPART_MAX; p++)
			text_release(&want[m][p]);
	arena_release(&a);
}

static void
borrowed_strings(void)
{
	const struct type *type[1] = { TYPE(STR) };
	struct sview v = sview_of("a string that stays where it is", 31);
	struct column col = { .type = type[0], .data = &v,
	    .flags = COL_STABLE };
	struct batch b = { .col = &col, .ncol = 1, .nrow = 1, .n = 1 }, out;
	struct pool pool;
	struct exchange_conf conf = { .name = "a test", .npart = 1, .nmap = 1,
	    .ncol = 1, .type = type, .pool = &pool, .dir = "/tmp" };
	struct exchange *x;
	struct xwriter *w;
	struct arena a = { 0 };
	struct err e = { 0 };

	pool_init(&pool, NULL, "test", 0);
	exchange_new(&x, &conf, &e);
	exchange_writer(&w, x, 0, &e);
	xwriter_put(w, &b, NULL, &e);
	xwriter_commit(w, &e);
	ok(exchange_borrows(x), "stable strings are borrowed");
	exchange_chunk(x, 0, 0, 0, &a, &out, &e);
	ok(((const struct sview *)out.col[0].data)->ptr == v.ptr,
	    "and not copied");
	arena_release(&a);
	exchange_free(x);
}

static void
no_columns(void)
{
	struct batch b = { .nrow = 2, .n = 2 }, out;
	struct pool pool;
	struct exchange_conf conf = { .name = "a test", .npart = 1, .nmap = 1,
	    .pool = &pool, .dir = "/tmp", .force_spill = true };
	struct exchange *x;
	struct xwriter *w;
	struct xreader *r;
	struct err e = { 0 };
	int rows = 0;

	pool_init(&pool, NULL, "test", 0);
	exchange_new(&x, &conf, &e);
	exchange_writer(&w, x, 0, &e);
	for (int i = 0; i < 500; i++)
		xwriter_put(w, &b, NULL, &e);
	ok(xwriter_commit(w, &e) == 1, "rows without columns");
	exchange_reader(&r, x, -1, 0, 1, NULL, &e);
	while (xreader_next(r, &out, &e) > 0)
		rows += out.n;
	xreader_close(r);
	is_int(rows, 1000, "are counted");
	exchange_free(x);
}

int
main(void)
{
	run(1, 12, 0, false, "one partition");
	run(7, 12, 0, false, "seven partitions");
	run(NPART_MAX, 30, 0, false, "many partitions");
	run(1, 6, 0, true, "one partition on disk");
	run(NPART_MAX, 12, 0, true, "many partitions on disk");
	run(7, 40, 4 << 20, false, "seven partitions, little memory");
	run(NPART_MAX, 40, 4 << 20, false, "many partitions, little memory");
	borrowed_strings();
	no_columns();
	return done_testing();
}
