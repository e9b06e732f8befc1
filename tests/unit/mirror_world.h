/*
 * mirror_world -- random rows in an exchange that keeps them, published as
 * files, and in a mirror of these: what is in one must be in the other.
 */
#ifndef TESTS_MIRROR_WORLD_H
#define TESTS_MIRROR_WORLD_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/exchange.h"
#include "store/map_file.h"
#include "store/mirror.h"
#include "mirror_source.h"
#include "store_rows.h"
#include "tap.h"

enum { NPART = 7, PLACE = 4, STAGE = 9 };

static char dir[] = "/tmp/mirror.XXXXXX";
static struct arena names;
static const struct type *type[NCOL];

struct world {                  /* the same rows three ways */
	struct pool pool;
	struct exchange_conf conf;
	struct exchange *plain, *published, *mirror;
	struct file_source source;
	struct map_facts facts[8];
	struct arena arena;
};

/* Random rows into both; the sorted ones in one partition. */
static inline void
put_map(struct world *w, int map, int batches)
{
	static uint32_t part[BATCH_ROWS];
	static int32_t pick[BATCH_ROWS];
	struct xwriter *a, *b;
	struct err e = { 0 };
	int good = 1;

	exchange_writer(&a, w->plain, map, &e);
	exchange_writer(&b, w->published, map, &e);
	for (int i = 0; i < batches; i++) {
		struct rows rows;

		rows_make(&rows, type, w->conf.ncol, pick);
		for (int k = 0; k < rows.b.n; k++)
			part[k] = any(NPART - 1);
		good &= xwriter_put(a, &rows.b, w->conf.sorted ? NULL : part,
		    &e) >= 0;
		good &= xwriter_put(b, &rows.b, w->conf.sorted ? NULL : part,
		    &e) >= 0;
		rows_release(&rows);
	}
	good &= xwriter_commit(a, &e) == 1;
	good &= xwriter_publish(b, 0, &w->arena, &w->facts[map], &e) == 1;
	if (!good)
		ok(0, "put: %s", e.text);
}

static inline void
world_open(struct world *w, const char *name, int stage, int64_t limit)
{
	struct block_source src;
	struct err e = { 0 };

	w->conf.name = name;
	w->conf.ncol = NCOL;
	w->conf.type = type;
	w->conf.pool = &w->pool;
	w->conf.dir = dir;
	w->conf.stage = STAGE;
	pool_init(&w->pool, NULL, "test", limit);
	exchange_new(&w->plain, &w->conf, &e);
	w->source.prefix = map_file_prefix(&names, dir, 1, stage);
	w->conf.publish = w->source.prefix;
	exchange_new(&w->published, &w->conf, &e);
	w->conf.publish = NULL;
	src = (struct block_source){ &w->source, file_source_fetch };
	ok(exchange_mirror(&w->mirror, &w->conf, &src, &e) == 0 &&
	    exchange_is_mirror(w->mirror) && !exchange_is_mirror(w->plain),
	    "%s: a mirror", name);
}

static inline void
world_close(struct world *w)
{
	exchange_free(w->plain);
	exchange_free(w->published);
	exchange_free(w->mirror);
	is_int(w->pool.used, 0, "all memory is given back");
	arena_release(&w->arena);
}

static inline void
print_maps(struct text *to, struct exchange *x, int lo, int hi, int from,
    int end)
{
	struct xreader *r;
	struct batch b;
	struct err e = { 0 };
	int n;

	exchange_reader(&r, x, -1, lo, hi, NULL, &e);
	xreader_maps(r, from, end);
	while ((n = xreader_next(r, &b, &e)) > 0)
		for (int i = 0; i < b.n; i++)
			print_row(to, &b, batch_row(&b, i));
	if (n < 0)
		text_addf(to, "%s", e.text);
	xreader_close(r);
}

static inline void
print_all(struct text *to, struct exchange *x, int lo, int hi)
{
	text_clear(to);
	print_maps(to, x, lo, hi, 0, exchange_nmap(x));
}

static inline int
same_rows(struct world *w, int lo, int hi)
{
	struct text a = { 0 }, b = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int same, r = exchange_require(w->mirror, lo, hi, &lost, &e);

	if (r < 0) {
		printf("# %s\n", e.text);
		return 0;
	}
	print_all(&a, w->plain, lo, hi);
	print_all(&b, w->mirror, lo, hi);
	same = strcmp(text_str(&a), text_str(&b)) == 0;
	exchange_forget(w->mirror, lo, hi);
	text_release(&a);
	text_release(&b);
	return same;
}

static inline void
remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	while (d && (f = readdir(d)) != NULL)
		unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	rmdir(dir);
}

#endif
