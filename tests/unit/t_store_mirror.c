/*
 * t_store_mirror -- rows that maps published as files come out of a mirror
 * as they come out of an exchange that keeps them; lost and damaged files
 * are noticed and named.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mirror_world.h"

static int
same_sizes(struct world *w)
{
	int good = 1;

	for (int p = 0; p < w->conf.npart; p++) {
		struct exchange_size sum = { 0, 0 },
		    want = exchange_part_size(w->plain, p);

		for (int m = 0; m < w->conf.nmap; m++)
			sum.rows += w->facts[m].part[p].rows;
		good &= sum.rows == want.rows;
		exchange_require(w->mirror, p, p + 1, &(struct lost){ 0 },
		    &(struct err){ 0 });
		good &= exchange_part_size(w->mirror, p).rows == want.rows;
		exchange_forget(w->mirror, p, p + 1);
	}
	return good;
}

static int
holds_nothing(const struct world *w, int64_t before)
{
	return w->pool.used == before;
}

static void
hashed(const char *name, int stage, int nmap, int batches, int64_t limit,
    bool spill, bool compress)
{
	struct world w = { .conf = { .npart = NPART, .nmap = nmap,
	    .force_spill = spill, .compress = compress } };
	int64_t before;
	int good = 1;

	world_open(&w, name, stage, limit);
	for (int m = 0; m < nmap; m++) {
		put_map(&w, m, m == 1 ? 0 : batches);
		exchange_place(w.mirror, m, PLACE, 0);
	}
	before = w.pool.used;
	for (int p = 0; p < NPART; p++)
		good &= same_rows(&w, p, p + 1);
	ok(good, "%s: each partition", name);
	ok(same_rows(&w, 0, NPART) && same_rows(&w, 2, 5) &&
	    same_rows(&w, 3, 3), "%s: ranges", name);
	ok(same_sizes(&w), "%s: sizes", name);
	ok(holds_nothing(&w, before), "%s: forgotten partitions are freed",
	    name);
	exchange_require(w.mirror, 0, NPART, &(struct lost){ 0 },
	    &(struct err){ 0 });
	ok(exchange_in_memory(w.mirror) == (!spill && !limit && !compress) ||
	    nmap == 0, "%s: where the blocks are", name);
	exchange_drop(w.mirror, 0, NPART);
	ok(holds_nothing(&w, before) && same_rows(&w, 0, NPART),
	    "%s: dropped and brought again", name);
	world_close(&w);
}

static int
same_chunks(struct world *w, int map)
{
	struct text a = { 0 }, b = { 0 }, first = { 0 }, want = { 0 };
	struct err e = { 0 };
	int n = exchange_nchunk(w->mirror, map, 0), good = 1;

	for (int i = 0; i < exchange_nchunk(w->plain, map, 0); i++) {
		struct arena arena = { 0 };
		struct batch k;

		exchange_chunk(w->plain, map, 0, i, &arena, &k, &e);
		for (int j = 0; j < k.nrow; j++)
			print_row(&a, &k, j);
		arena_release(&arena);
	}
	for (int i = 0; i < n; i++) {
		struct arena arena = { 0 };
		struct batch k, one;

		good &= exchange_chunk_first(w->mirror, map, 0, i, &arena,
		    &one, &e) >= 0;
		print_row(&first, &one, 0);
		good &= exchange_chunk(w->mirror, map, 0, i, &arena, &k, &e)
		    >= 0 && k.nrow == exchange_chunk_rows(w->mirror, map, 0,
		    i);
		if (!good) {
			printf("# %s\n", e.text);
			break;
		}
		print_row(&want, &k, 0);
		for (int j = 0; j < k.nrow; j++)
			print_row(&b, &k, j);
		arena_release(&arena);
	}
	good = good && strcmp(text_str(&a), text_str(&b)) == 0 &&
	    strcmp(text_str(&first), text_str(&want)) == 0;
	text_release(&a);
	text_release(&b);
	text_release(&first);
	text_release(&want);
	return good;
}

static void
sorted(const char *name, int stage, int64_t limit, bool spill)
{
	struct world w = { .conf = { .npart = 1, .nmap = 4, .sorted = true,
	    .force_spill = spill } };
	int64_t before;
	int good = 1, n = 0;

	world_open(&w, name, stage, limit);
	for (int m = 0; m < 4; m++) {
		put_map(&w, m, m == 1 ? 0 : 12);
		exchange_place(w.mirror, m, PLACE, 0);
	}
	before = w.pool.used;
	ok(exchange_require(w.mirror, 0, 1, &(struct lost){ 0 },
	    &(struct err){ 0 }) == 0, "%s: the lists", name);
	is_int(w.source.calls, 2, "are two calls");
	for (int m = 0; m < 4; m++) {
		n += exchange_nchunk(w.mirror, m, 0);
		good &= same_chunks(&w, m);
	}
	ok(good, "%s: the runs and the first rows of %d blocks", name, n);
	ok(w.source.calls < 2 + n, "%s: some are brought ahead (%d calls)",
	    name, w.source.calls);
	exchange_chunk(w.mirror, 0, 0, 0, &w.arena, &(struct batch){ 0 },
	    &(struct err){ 0 });
	exchange_forget(w.mirror, 0, 1);
	ok(holds_nothing(&w, before), "%s: nothing stays", name);
	world_close(&w);
}

/* Rows of 10 KB: few of them in a block, and none kept as its first. */
static void
large_rows(void)
{
	static const struct type *one[1];
	static char text[200][10000];
	static struct sview v[200];
	struct world w = { .conf = { .npart = 1, .nmap = 1, .sorted = true } };
	struct column col = { .type = TYPE(STR), .data = v };
	struct batch b = { &col, 1, 200, 200, NULL };
	struct xwriter *x[2];
	struct err e = { 0 };
	int n;

	one[0] = TYPE(STR);
	for (int i = 0; i < 200; i++) {
		memset(text[i], 'a' + i % 26, sizeof text[i]);
		v[i] = sview_of(text[i], sizeof text[i] - (size_t)i);
	}
	world_open(&w, "large rows", 25, 0);
	w.conf.ncol = 1;
	w.conf.type = one;
	exchange_free(w.plain);
	exchange_free(w.mirror);
	exchange_new(&w.plain, &w.conf, &e);
	exchange_mirror(&w.mirror, &w.conf, &(struct block_source){ &w.source,
	    file_source_fetch }, &e);
	exchange_free(w.published);
	w.conf.publish = w.source.prefix;
	exchange_new(&w.published, &w.conf, &e);
	exchange_writer(&x[0], w.plain, 0, &e);
	exchange_writer(&x[1], w.published, 0, &e);
	for (int k = 0; k < 2; k++)
		for (int i = 0; i < 3; i++)
			xwriter_put(x[k], &b, NULL, &e);
	xwriter_commit(x[0], &e);
	ok(xwriter_publish(x[1], 0, &w.arena, &w.facts[0], &e) == 1,
	    "large rows %s", e.text);
	exchange_place(w.mirror, 0, PLACE, 0);
	ok(same_rows(&w, 0, 1), "large rows are the same");
	n = exchange_nchunk(w.mirror, 0, 0);
	ok(n > 15 && same_chunks(&w, 0), "and their first ones, %d blocks", n);
	world_close(&w);
}

/* The next attempt has other bytes where nulls are: lists remain true. */
static void
bytes_of_nulls(void)
{
	static const struct type *one[1];
	static int64_t v[BATCH_ROWS];
	static uint64_t valid[BITS_BYTES(BATCH_ROWS) / 8 + 1];
	struct world w = { .conf = { .npart = 1, .nmap = 1, .sorted = true } };
	struct column col = { .type = TYPE(I64), .data = v, .valid = valid };
	struct batch b = { &col, 1, BATCH_ROWS, BATCH_ROWS, NULL }, got;
	struct map_facts facts[2];
	struct lost lost;
	struct err e = { 0 };
	int good = 1;

	one[0] = TYPE(I64);
	world_open(&w, "nulls", 26, 0);
	exchange_free(w.mirror);
	exchange_free(w.published);
	w.conf.ncol = 1;
	w.conf.type = one;
	exchange_mirror(&w.mirror, &w.conf, &(struct block_source){ &w.source,
	    file_source_fetch }, &e);
	w.conf.publish = w.source.prefix;
	exchange_new(&w.published, &w.conf, &e);
	for (int k = 0; k < 2; k++) {
		struct xwriter *x;

		for (int i = 0; i < BATCH_ROWS; i++) {
			v[i] = i % 3 ? i : 1000 * k;
			bit_put(valid, i, i % 3 != 0);
		}
		exchange_writer(&x, w.published, 0, &e);
		for (int i = 0; i < 5; i++)
			xwriter_put(x, &b, NULL, &e);
		xwriter_publish(x, k, &w.arena, &facts[k], &e);
	}
	ok(facts[0].rowset == facts[1].rowset, "nulls are alike");
	exchange_place(w.mirror, 0, PLACE, 0);
	good = exchange_require(w.mirror, 0, 1, &lost, &e) == 0;
	exchange_place(w.mirror, 0, PLACE + 1, 1);
	for (int i = 0; good && i < exchange_nchunk(w.mirror, 0, 0); i++)
		good = exchange_chunk(w.mirror, 0, 0, i, &w.arena, &got, &e)
		    == 0;
	ok(good, "a list of one attempt, the blocks of the next %s", e.text);
	world_close(&w);
}

/* Two attempts of one run, by writers whose chunks end elsewhere. */
static void
same_blocks(void)
{
	struct map_file f[2];
	struct err e = { 0 };
	uint64_t rowset[2];
	int good = 1;

	for (int k = 0; k < 2; k++) {
		struct world w = { .conf = { .npart = 1, .nmap = 1,
		    .sorted = true, .force_spill = k } };

		state = 77;
		world_open(&w, "an attempt", 40 + k, k ? 1 << 20 : 0);
		put_map(&w, 0, 15);
		rowset[k] = w.facts[0].rowset;
		good &= map_file_open(&f[k], w.source.prefix, 0, 0, &e) == 0;
		world_close(&w);
	}
	good &= f[0].index.nblock == f[1].index.nblock &&
	    f[0].index.nblock > 5;
	for (uint64_t i = 0; good && i < f[0].index.nblock; i++)
		good &= f[0].index.block[i].sum == f[1].index.block[i].sum;
	ok(good, "attempts of a sorted run have the same blocks");
	ok(rowset[0] == rowset[1] && rowset[0], "and the same set of rows");
	map_file_close(&f[0]);
	map_file_close(&f[1]);
}

static uint64_t
rowset_of(bool spill, int skip)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 1,
	    .force_spill = spill } };
	uint64_t sum;

	state = 5;
	world_open(&w, "rows of a set", 50, 0);
	put_map(&w, 0, 9 - skip);
	sum = w.facts[0].rowset;
	world_close(&w);
	return sum;
}

static void
damage(const char *file, long at)
{
	int fd = open(file, O_RDWR);
	char c = 0;

	if (fd < 0 || pread(fd, &c, 1, at) != 1)
		ok(0, "could not read %s", file);
	c ^= 4;
	if (pwrite(fd, &c, 1, at) != 1)
		ok(0, "could not damage %s", file);
	close(fd);
}

/* The first n bytes. */
static int
copy_start(const char *from, const char *to, long n)
{
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0600);
	char *p = xmalloc((size_t)n + 1);
	int r = pread(in, p, (size_t)n, 0) == n &&
	    pwrite(out, p, (size_t)n, 0) == n ? 0 : -1;

	free(p);
	close(in);
	close(out);
	return r;
}

/* After something was done to map 2. */
static void
expect_lost(struct world *w, const char *what)
{
	struct lost lost = { 0 };
	struct err e = { 0 };
	int r = exchange_require(w->mirror, 0, NPART, &lost, &e);

	ok(r == ERR_LOST && lost.stage == STAGE && lost.place == PLACE &&
	    lost.map == 2, "%s: %s", what, e.text);
	ok(exchange_nchunk(w->mirror, 0, 0) == 0, "%s: no row is seen", what);
}

static void
losses(void)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 3 } };
	struct lost lost = { 0 };
	struct err e = { 0 };
	const char *data;
	struct stat st;

	world_open(&w, "damage", 60, 0);
	for (int m = 0; m < 3; m++)
		put_map(&w, m, 5);
	exchange_place(w.mirror, 0, PLACE, 0);
	exchange_place(w.mirror, 1, PLACE, 0);
	ok(exchange_require(w.mirror, 1, 2, &lost, &e) == ERR_LOST &&
	    lost.map == 2 && lost.place == -1, "a map that is nowhere: %s",
	    e.text);
	exchange_place(w.mirror, 2, PLACE, 0);
	data = arena_printf(&names, "%s00002.00", w.source.prefix);
	if (stat(data, &st) < 0)
		st.st_size = 0;
	damage(data, 1000);
	expect_lost(&w, "a flipped bit in a block");
	damage(data, 1000);
	damage(data, 9);
	expect_lost(&w, "a flipped bit in a head");
	damage(data, 9);
	damage(data, st.st_size - 100);
	expect_lost(&w, "a damaged index");
	damage(data, st.st_size - 100);
	damage(data, st.st_size - 12);
	expect_lost(&w, "a damaged tail");
	damage(data, st.st_size - 12);
	for (int cut = 1; cut < 20; cut += 9) {
		const char *whole = arena_printf(&names, "%s.whole", data);

		ok(rename(data, whole) == 0 && copy_start(whole, data,
		    st.st_size - cut) == 0, "cut by %d", cut);
		expect_lost(&w, "a file that is cut");
		rename(whole, data);
	}
	ok(same_rows(&w, 0, NPART), "good again");
	map_file_remove(w.source.prefix, 2, 0);
	expect_lost(&w, "a file that is gone");
	world_close(&w);
}

static void
late_loss(void)
{
	struct world w = { .conf = { .npart = 1, .nmap = 2, .sorted = true } };
	struct lost lost = { 0 };
	struct err e = { 0 };
	struct batch b;
	int r;

	world_open(&w, "a run", 61, 0);
	for (int m = 0; m < 2; m++) {
		put_map(&w, m, 9);
		exchange_place(w.mirror, m, PLACE, 0);
	}
	exchange_require(w.mirror, 0, 1, &lost, &e);
	damage(arena_printf(&names, "%s00001.00", w.source.prefix), 99);
	r = exchange_chunk(w.mirror, 1, 0, 0, &w.arena, &b, &e);
	ok(r == ERR_LOST && exchange_lost(w.mirror, &lost) && lost.map == 1 &&
	    lost.stage == STAGE, "a block that is read late: %s", e.text);
	exchange_place(w.mirror, 1, PLACE + 1, 1);
	ok(!exchange_lost(w.mirror, &lost), "it has another place");
	r = exchange_chunk(w.mirror, 1, 0, 0, &w.arena, &b, &e);
	ok(r == ERR_LOST, "where it is not: %s", e.text);
	world_close(&w);
}

struct many {
	struct world *w;
	uint32_t seed;
	int good;
};

static void *
one_task(void *arg)
{
	struct many *m = arg;

	m->good = 1;
	for (int i = 0; i < 12; i++) {
		int lo = (int)((m->seed >> i) % NPART);
		struct err e = { 0 };
		struct lost lost;
		int64_t rows = 0, want = 0;

		m->good &= exchange_require(m->w->mirror, lo, NPART, &lost,
		    &e) == 0;
		for (int p = lo; p < NPART && m->good; p++) {
			rows += exchange_part_size(m->w->mirror, p).rows;
			want += exchange_part_size(m->w->plain, p).rows;
		}
		m->good &= rows == want;
		exchange_forget(m->w->mirror, lo, NPART);
	}
	return NULL;
}

static void
many_tasks(void)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 3 } };
	struct many m[4];
	pthread_t t[4];
	int good = 1;

	world_open(&w, "tasks", 70, 0);
	for (int k = 0; k < 3; k++) {
		put_map(&w, k, 3);
		exchange_place(w.mirror, k, PLACE, 0);
	}
	for (int i = 0; i < 4; i++) {
		m[i] = (struct many){ &w, 40503u * (uint32_t)(i + 7), 0 };
		pthread_create(&t[i], NULL, one_task, &m[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		good &= m[i].good;
	}
	ok(good, "four tasks share a mirror (%d fetches)", w.source.calls);
	world_close(&w);
}

/* A publication that fails leaves nothing and is worth another attempt; in a
 * process of its own, because faults are looked up once. */
static int
failing_publish(void)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 1 } };
	struct xwriter *x;
	struct rows rows;
	struct err e = { 0 };
	int32_t pick[BATCH_ROWS];
	int r;

	world_open(&w, "a fault", 80, 0);
	exchange_writer(&x, w.published, 0, &e);
	rows_make(&rows, type, NCOL, pick);
	xwriter_put(x, &rows.b, NULL, &e);
	rows_release(&rows);
	r = xwriter_publish(x, 0, &w.arena, &w.facts[0], &e);
	printf("# %s\n", e.text);
	world_close(&w);
	return r == ERR_TEMP && rmdir(dir) == 0 ? 0 : 1;
}

static void
faults(const char *self)
{
	static const char *const at[] = { "publish.open", "publish.write",
	    "publish.close" };

	for (int i = 0; i < 3; i++) {
		const char *command = arena_printf(&names,
		    "SP_FAIL=%s:1:ENOSPC '%s' fault >/dev/null", at[i], self);

		ok(system(command) == 0, "%s: no space, nothing stays", at[i]);
	}
}

int
main(int argc, char **argv)
{
	struct arena a = { 0 };

	if (mkdtemp(dir) == NULL)
		return 1;
	rows_types(type, &a);
	if (argc > 1)
		return failing_publish();
	faults(argv[0]);
	hashed("in memory", 1, 5, 6, 0, false, false);
	hashed("on disk", 2, 3, 4, 0, true, false);
	hashed("little memory", 3, 4, 12, 4 << 20, false, false);
	hashed("compressed", 4, 3, 4, 0, false, true);
	hashed("no maps", 5, 0, 0, 0, false, false);
	hashed("one map of few rows", 6, 1, 1, 0, false, false);
	sorted("sorted", 20, 0, false);
	sorted("sorted, on disk", 21, 0, true);
	sorted("sorted, little memory", 22, 2 << 20, false);
	large_rows();
	bytes_of_nulls();
	same_blocks();
	ok(rowset_of(false, 0) == rowset_of(true, 0), "the set of rows does "
	    "not depend on chunks");
	ok(rowset_of(false, 0) != rowset_of(false, 1), "but on rows");
	losses();
	late_loss();
	many_tasks();
	remove_dir();
	arena_release(&a);
	arena_release(&names);
	return done_testing();
}
