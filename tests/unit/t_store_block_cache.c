/*
 * store/block_cache, store/map_image -- rows that an executor keeps in memory:
 * which of them leave it when there is no room, where they go, who is told.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "store/block_cache.h"
#include "store/map_file.h"
#include "store/map_image.h"
#include "store/mirror.h"
#include "store_rows.h"
#include "tap.h"

#define BLOCK ((size_t)1 << 20)

static char dir[] = "/tmp/t_block_cache.XXXXXX";
static struct pool memory;
static struct block_cache *cache;
static int ngone;
static struct block_key last_gone;
static char bytes[BLOCK];

static void
note_gone(void *arg, const struct block_key *k)
{
	(void)arg;
	ngone++;
	last_gone = *k;
}

static void
begin(int64_t all, int64_t limit, int64_t floor)
{
	struct block_cache_conf conf = { .root = &memory, .limit = limit,
	    .floor = floor, .dir = dir, .gone = note_gone };

	pool_init(&memory, NULL, "memory", all);
	cache = block_cache_new(&conf);
	ngone = 0;
}

static void
end(void)
{
	block_cache_free(cache);
	is_int(atomic_load(&memory.used), 0, "all memory was given back");
}

/* Map m of a relation, of two blocks of about a megabyte: is it in memory? */
static bool
make(int number, int m, enum map_copy copy)
{
	struct block_key k = { number, m, 0 };
	struct arena a = { 0 };
	struct map_writer *w;
	struct map_image *image;
	struct err e = { 0 };
	int64_t stored;
	int r;

	map_writer_new(&w, map_file_prefix(&a, dir, 0, number), m, 0, 3,
	    false, &e);
	map_writer_keep(w, cache, number, copy);
	r = map_writer_bytes(w, 0, 7, bytes, BLOCK - 100, &e);
	memset(bytes, 'a' + m, sizeof bytes);
	if (r >= 0)
		r = map_writer_bytes(w, 2, 8, bytes, BLOCK - 100, &e);
	if (r >= 0)
		r = map_writer_commit(w, &stored, &e);
	if (r < 0)
		printf("# %s\n", e.text);
	image = map_writer_image(w);
	if (image)
		block_cache_put(cache, &k, image, copy == MAP_WITH_FILE);
	else if (copy == MAP_WITHOUT_FILE)
		block_cache_put_file(cache, &k);
	map_writer_free(w);
	arena_release(&a);
	return image != NULL;
}

static bool
is_there(int number, int m)
{
	struct block_key k = { number, m, 0 };
	struct map_image *i = block_cache_get(cache, &k);

	map_image_drop(i);
	return i != NULL;
}

/* Is there a good file of the map? */
static bool
has_file(int number, int m)
{
	struct arena a = { 0 };
	struct map_file f;
	struct err e;
	bool good = map_file_open(&f, map_file_prefix(&a, dir, 0, number), m,
	    0, &e) >= 0;

	good = good && f.index.nblock == 2 && f.index.part[2].rows == 8;
	if (good)
		map_file_close(&f);
	arena_release(&a);
	return good;
}

static void
oldest_goes(void)
{
	begin(100 << 20, 7 << 20, 0);
	ok(make(1, 0, MAP_WITHOUT_FILE) && make(2, 0, MAP_WITHOUT_FILE) &&
	    make(3, 0, MAP_WITHOUT_FILE), "three maps of two megabytes");
	is_int(block_cache_figures(cache).blocks, 3, "are there");
	ok(!has_file(1, 0), "and are no files");
	ok(is_there(1, 0), "the first one is used");
	ok(make(4, 0, MAP_WITHOUT_FILE), "a fourth one has room, too");
	ok(!is_there(2, 0), "as the one used longest ago has gone");
	ok(is_there(1, 0) && is_there(3, 0), "and no other");
	ok(ngone == 1 && last_gone.number == 2, "which was told");
	ok(block_cache_figures(cache).bytes <= 7 << 20, "the limit holds");
	is_int(block_cache_figures(cache).evicted, 1, "one is counted");
	block_cache_forget(cache, 3);
	ok(!is_there(3, 0) && is_there(4, 0), "one relation is forgotten");
	is_int(block_cache_figures(cache).blocks, 2, "two are left");
	end();
}

static void
own_relation_stays(void)
{
	begin(100 << 20, 7 << 20, 0);
	block_cache_need(cache, 1);
	for (int m = 0; m < 3; m++)
		ok(make(1, m, MAP_WITHOUT_FILE), "map %d has room", m);
	ok(!make(1, 3, MAP_WITHOUT_FILE), "the fourth one has none");
	ok(is_there(1, 0) && is_there(1, 2), "but does not push the others");
	ok(has_file(1, 3), "it is a file");
	ok(ngone == 1 && last_gone.map == 3, "it will be gone");
	block_cache_done(cache, 1);
	ok(!has_file(1, 3), "when the job has ended");
	ok(is_there(1, 0), "what is in memory stays");
	end();
}

static void
tasks_take_it(void)
{
	struct err e;

	begin(12 << 20, 8 << 20, 4 << 20);
	make(1, 0, MAP_WITHOUT_FILE);
	make(2, 0, MAP_WITH_FILE);
	make(3, 0, MAP_WITHOUT_FILE);
	ok(has_file(2, 0), "a map of memory and disk is a file at once");
	block_cache_need(cache, 1);
	ok(pool_take(&memory, 7 << 20, &e) >= 0, "a task takes memory");
	ok(!is_there(1, 0), "the oldest rows leave it");
	ok(has_file(1, 0), "as a file, for the job needs them");
	ok(is_there(2, 0) && is_there(3, 0), "there is no need for more");
	ok(pool_take(&memory, 3 << 20, &e) < 0,
	    "what is below the floor stays");
	pool_give(&memory, 7 << 20);
	end();
	ok(has_file(2, 0), "files of levels with disk are not the cache's");
}

static void
readers_hold_it(void)
{
	struct block_key k = { 1, 0, 0 };
	struct map_image *i;
	struct err e;
	char b[8];

	begin(6 << 20, 6 << 20, 0);
	make(1, 0, MAP_WITHOUT_FILE);
	make(2, 0, MAP_WITH_FILE);
	i = block_cache_get(cache, &k);
	ok(pool_take(&memory, 3 << 20, &e) >= 0, "a task takes memory");
	ok(!is_there(2, 0), "newer rows leave it");
	ok(is_there(1, 0), "those that are read do not");
	ok(map_image_read(i, (int64_t)i->index.size - 8, b, 8) &&
	    b[7] == 'a', "they are read");
	ok(map_image_read(i, i->index.block[1].at - 4, b, 8),
	    "across two blocks, too");
	ok(!map_image_read(i, (int64_t)i->index.size - 7, b, 8),
	    "but not behind the last one");
	block_cache_forget(cache, 1);
	is_int(i->refs, 1, "a reader has the last reference");
	map_image_drop(i);
	pool_give(&memory, 3 << 20);
	end();
}

enum { NMAP = 4, RELATION = 9 };

static const struct type *type[NCOL];
static struct text want[NMAP];

/* Rows of all types, map m has partition m. */
static void
publish(struct exchange *x, int m)
{
	static int32_t pick[BATCH_ROWS];
	static uint32_t part[BATCH_ROWS];
	struct arena a = { 0 };
	struct map_facts facts;
	struct xwriter *w;
	struct err e = { 0 };

	for (int i = 0; i < BATCH_ROWS; i++)
		part[i] = (uint32_t)m;
	exchange_writer(&w, x, m, &e);
	for (int i = 0; i < 3; i++) {
		struct rows rows;

		rows_make(&rows, type, NCOL, pick);
		for (int k = 0; k < rows.b.n; k++)
			print_row(&want[m], &rows.b, batch_row(&rows.b, k));
		xwriter_put(w, &rows.b, part, &e);
		rows_release(&rows);
	}
	if (xwriter_publish(w, 0, &a, &facts, &e) != 1)
		printf("# %s\n", e.text);
	arena_release(&a);
}

/* From the cache, or not at all. */
static int
bring(void *arg, const struct block_want *v, int n, bool list_only,
    const struct block_sink *sink, struct lost *lost, struct err *e)
{
	int *calls = arg;

	(void)list_only;
	*calls += n;
	for (int i = 0; i < n; i++) {
		struct block_key k = { RELATION, v[i].map, v[i].attempt };
		struct map_image *m = block_cache_get(cache, &k);

		*lost = (struct lost){ 0, v[i].place, v[i].map };
		if (m == NULL)
			return err_set(e, ERR_LOST, "gone");
		TRY(sink->image(sink->arg, i, m,
		    m->index.part[v[i].lo].first,
		    (int64_t)m->index.part[v[i].lo].nblock, e));
		map_image_drop(m);
	}
	return 0;
}

static bool
same_rows(struct exchange *x, int m)
{
	struct text got = { 0 };
	struct xreader *r;
	struct batch b;
	struct err e = { 0 };
	int n;
	bool same;

	exchange_reader(&r, x, -1, m, m + 1, NULL, &e);
	while ((n = xreader_next(r, &b, &e)) > 0)
		for (int i = 0; i < b.n; i++)
			print_row(&got, &b, batch_row(&b, i));
	xreader_close(r);
	same = n == 0 && strcmp(text_str(&got), text_str(&want[m])) == 0;
	text_release(&got);
	return same;
}

static void
through_exchanges(void)
{
	int calls = 0;
	struct block_source src = { &calls, bring };
	struct arena a = { 0 };
	struct exchange_conf conf = { .name = "kept", .npart = NMAP,
	    .nmap = NMAP, .ncol = NCOL, .type = type, .dir = dir,
	    .pool = &memory, .diagonal = true, .only_cache = true,
	    .kept = RELATION, .stage = 1 };
	struct exchange *x;
	struct lost lost;
	struct err e;

	begin(0, 100 << 20, 0);
	rows_types(type, &a);
	conf.cache = cache;
	conf.publish = map_file_prefix(&a, dir, 0, RELATION);
	exchange_new(&x, &conf, &e);
	for (int m = 0; m < NMAP; m++)
		publish(x, m);
	exchange_free(x);
	is_int(block_cache_figures(cache).blocks, NMAP, "all are in memory");
	is_int(block_cache_figures(cache).bytes, atomic_load(&memory.used),
	    "and nothing else is");
	conf.publish = NULL;
	exchange_mirror(&x, &conf, &src, &e);
	for (int m = 0; m < NMAP; m++)
		exchange_place(x, m, m == 3 ? -1 : 0, 0);
	for (int m = 0; m < 3; m++) {
		ok(exchange_require(x, m, m + 1, &lost, &e) >= 0,
		    "partition %d is had, though one of the others is not", m);
		ok(same_rows(x, m), "its rows are right");
	}
	is_int(calls, 3, "one map was asked for a partition");
	is_int(atomic_load(&memory.used), block_cache_figures(cache).bytes,
	    "no copy was made");
	ok(exchange_require(x, 3, 4, &lost, &e) == ERR_LOST && lost.map == 3,
	    "the other one is lost");
	block_cache_forget(cache, RELATION);
	ok(same_rows(x, 1), "who has required it can read it for ever");
	exchange_free(x);
	for (int m = 0; m < NMAP; m++)
		text_release(&want[m]);
	arena_release(&a);
	end();
}

int
main(void)
{
	char command[100];

	if (mkdtemp(dir) == NULL)
		return 1;
	oldest_goes();
	own_relation_stays();
	tasks_take_it();
	readers_hold_it();
	through_exchanges();
	snprintf(command, sizeof command, "rm -r %s", dir);
	if (system(command) != 0)
		return 1;
	return done_testing();
}
