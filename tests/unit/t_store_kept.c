/*
 * t_store_kept -- exchanges that outlive a job: they own their strings, move
 * to disk between readers and not under them, and have few open files.
 */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/exchange.h"
#include "store_rows.h"
#include "tap.h"

enum { NMAP = 40, BATCHES = 3, THREADS = 4 };

static const struct type *type[NCOL];
static struct text want[NMAP];

static void
put_map(struct exchange *x, int m)
{
	static pthread_mutex_t making = PTHREAD_MUTEX_INITIALIZER;
	static int32_t pick[BATCH_ROWS];
	struct xwriter *w;
	struct err e = { 0 };

	exchange_writer(&w, x, m, &e);
	for (int i = 0; i < BATCHES; i++) {
		struct rows rows;

		pthread_mutex_lock(&making);
		rows_make(&rows, type, NCOL, pick);
		for (int k = 0; k < rows.b.n; k++)
			print_row(&want[m], &rows.b, batch_row(&rows.b, k));
		xwriter_put(w, &rows.b, NULL, &e);
		rows_release(&rows);
		pthread_mutex_unlock(&making);
	}
	if (xwriter_commit(w, &e) != 1)
		printf("# %s\n", e.text);
}

static bool
map_matches(const struct exchange *x, int m)
{
	struct text got = { 0 };
	struct xreader *r;
	struct batch b;
	struct err e = { 0 };
	bool same;
	int n;

	exchange_reader(&r, x, m, 0, 1, NULL, &e);
	while ((n = xreader_next(r, &b, &e)) > 0)
		for (int i = 0; i < b.n; i++)
			print_row(&got, &b, batch_row(&b, i));
	same = n == 0 && strcmp(text_str(&got), text_str(&want[m])) == 0;
	xreader_close(r);
	text_release(&got);
	return same;
}

static bool
all_match(const struct exchange *x)
{
	bool good = true;

	for (int m = 0; m < NMAP; m++)
		good &= map_matches(x, m);
	return good;
}

static int
open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static struct exchange *
make(struct pool *pool, bool spill)
{
	struct exchange_conf conf = { .name = "a test", .npart = 1,
	    .nmap = NMAP, .ncol = NCOL, .type = type, .pool = pool,
	    .dir = "/tmp", .keep = true, .force_spill = spill };
	struct exchange *x;
	struct err e;

	exchange_new(&x, &conf, &e);
	return x;
}

static void
done_with(struct exchange *x, struct pool *pool)
{
	exchange_free(x);
	is_int(pool->used, 0, "all memory is given back");
	for (int m = 0; m < NMAP; m++)
		text_release(&want[m]);
}

static void
evicted(void)
{
	struct pool pool;
	struct exchange *x;
	struct err e = { 0 };
	int64_t held, got;

	pool_init(&pool, NULL, "test", 0);
	x = make(&pool, false);
	for (int m = 0; m < NMAP; m++)
		put_map(x, m);
	ok(exchange_in_memory(x) && all_match(x), "rows in memory");
	held = pool.used;
	is_int(exchange_evict(x, 1 << 20, &e), 0,
	    "nothing moves while somebody reads");
	exchange_rest(x);
	got = exchange_evict(x, held / 2, &e);
	ok(got >= held / 2 && got < held && pool.used == held - got,
	    "half of it moves");
	ok(!exchange_in_memory(x) && all_match(x), "rows from both");
	exchange_rest(x);
	ok(exchange_evict(x, held, &e) == held - got && pool.used == 0,
	    "the rest");
	ok(all_match(x), "rows on disk");
	done_with(x, &pool);
}

static void
few_files(void)
{
	int before = open_files();
	struct pool pool;
	struct exchange *x;

	pool_init(&pool, NULL, "test", 0);
	x = make(&pool, true);
	for (int m = 0; m < NMAP; m++)
		put_map(x, m);
	ok(open_files() - before <= 8, "40 maps on disk have %d files",
	    open_files() - before);
	ok(all_match(x), "and their rows");
	done_with(x, &pool);
	is_int(open_files(), before, "no file stays open");
}

struct writer {
	struct exchange *x;
	int first;
};

static void *
write_some(void *arg)
{
	struct writer *w = arg;

	for (int m = w->first; m < NMAP; m += THREADS)
		put_map(w->x, m);
	return NULL;
}

/* Writers of a pool that has no room for them all, somebody who evicts. */
static void
at_once(void)
{
	struct pool pool;
	struct writer w[THREADS];
	pthread_t t[THREADS];
	struct err e;

	pool_init(&pool, NULL, "test", 1 << 20);
	for (int i = 0; i < THREADS; i++)
		w[i] = (struct writer){ i ? w[0].x : make(&pool, false), i };
	for (int i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, write_some, &w[i]);
	for (int i = 0; i < 200; i++)
		exchange_evict(w[0].x, 1 << 16, &e);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	ok(!exchange_in_memory(w[0].x) && all_match(w[0].x),
	    "four writers and one who evicts");
	done_with(w[0].x, &pool);
}

static void
owned_strings(void)
{
	char bytes[] = "a string that will not stay where it is";
	struct arena mem = { 0 };
	const struct type *list = type_array(&mem, TYPE(STR));
	const struct type *both[2] = { TYPE(STR), list };
	struct sview v = sview_of(bytes, sizeof bytes - 1);
	struct lview from = { 0, 1 };
	struct column kid = { .type = TYPE(STR), .data = &v,
	    .flags = COL_STABLE };
	struct column col[2] = { { .type = both[0], .data = &v,
	    .flags = COL_STABLE }, { .type = list, .data = &from,
	    .kid = &kid, .nkid = 1 } };
	struct batch b = { .col = col, .ncol = 2, .nrow = 1, .n = 1 }, out;
	struct pool pool;
	struct exchange_conf conf = { .name = "a test", .npart = 1, .nmap = 1,
	    .ncol = 2, .type = both, .pool = &pool, .dir = "/tmp",
	    .keep = true };
	struct text got = { 0 };
	struct exchange *x;
	struct xwriter *w;
	struct xreader *r;
	struct err e = { 0 };

	pool_init(&pool, NULL, "test", 0);
	exchange_new(&x, &conf, &e);
	exchange_writer(&w, x, 0, &e);
	xwriter_put(w, &b, NULL, &e);
	xwriter_commit(w, &e);
	ok(!exchange_borrows(x), "stable strings are not borrowed");
	memset(bytes, '?', sizeof bytes - 1);
	exchange_reader(&r, x, 0, 0, 1, NULL, &e);
	ok(xreader_next(r, &out, &e) == 1, "the row comes back");
	print_row(&got, &out, 0);
	ok(strstr(text_str(&got), "?") == NULL, "as it was: %s",
	    text_str(&got));
	xreader_close(r);
	text_release(&got);
	exchange_free(x);
	arena_release(&mem);
}

int
main(void)
{
	struct arena a = { 0 };

	rows_types(type, &a);
	evicted();
	few_files();
	at_once();
	owned_strings();
	arena_release(&a);
	return done_testing();
}
