/*
 * t_store_slices -- partitions of a mirror that several tasks share, each
 * reading some of the maps; and what is told of maps that are elsewhere.
 */
#include <pthread.h>

#include "mirror_world.h"

static const int slice_at[] = { 0, 2, 3, 6 };

/* The slices of a partition one after the other are the partition. */
static int
same_slices(struct world *w, int part)
{
	struct text a = { 0 }, b = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int good = 1;

	for (int i = 0; i < 3; i++) {
		int from = slice_at[i], to = slice_at[i + 1];

		good &= exchange_require_maps(w->mirror, part, from, to, &lost,
		    &e) == 0;
		print_maps(&b, w->mirror, part, part + 1, from, to);
		if (i != 1)     /* the others stay while it is read */
			exchange_forget_maps(w->mirror, part, from, to);
	}
	exchange_forget_maps(w->mirror, part, slice_at[1], slice_at[2]);
	print_all(&a, w->plain, part, part + 1);
	good &= a.n > 0 && strcmp(text_str(&a), text_str(&b)) == 0;
	text_release(&a);
	text_release(&b);
	return good;
}

/* Ranges of maps of a partition that several tasks share. */
static void
slices(const char *name, int stage, int64_t limit, bool spill)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 6,
	    .force_spill = spill } };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int64_t before;
	int good = 1;

	world_open(&w, name, stage, limit);
	for (int m = 0; m < 6; m++) {
		put_map(&w, m, 4);
		exchange_place(w.mirror, m, PLACE, 0);
	}
	before = w.pool.used;
	for (int p = 0; p + 1 < NPART; p += 2)
		good &= same_slices(&w, p) && same_rows(&w, p + 1, p + 2);
	ok(good, "%s: slices beside whole partitions", name);
	ok(w.pool.used == before, "%s: forgotten slices are freed", name);
	exchange_place(w.mirror, 2, -1, 0);
	ok(exchange_require_maps(w.mirror, 0, 2, 3, &lost, &e) == ERR_LOST &&
	    lost.map == 2 && lost.stage == STAGE, "%s: a lost map: %s", name,
	    e.text);
	ok(exchange_require_maps(w.mirror, 0, 3, 6, &lost, &e) == 0,
	    "%s: is not asked for by others", name);
	exchange_forget_maps(w.mirror, 0, 3, 6);
	exchange_place(w.mirror, 2, PLACE, 0);
	ok(same_slices(&w, 0), "%s: it is made again", name);
	world_close(&w);
}

struct many {
	struct world *w;
	uint32_t seed;
	int good;
};

static void *
one_slicer(void *arg)
{
	struct many *m = arg;

	m->good = 1;
	for (int i = 0; i < 24; i++) {
		int at = (int)(m->seed >> i & 1) + (int)(m->seed >> (i / 2) & 1);
		int from = slice_at[at], to = slice_at[at + 1];
		struct text a = { 0 }, b = { 0 };
		struct lost lost;
		struct err e = { 0 };

		m->good &= exchange_require_maps(m->w->mirror, 1, from, to,
		    &lost, &e) == 0;
		print_maps(&a, m->w->mirror, 1, 2, from, to);
		print_maps(&b, m->w->plain, 1, 2, from, to);
		m->good &= a.n > 0 && strcmp(text_str(&a), text_str(&b)) == 0;
		exchange_forget_maps(m->w->mirror, 1, from, to);
		text_release(&a);
		text_release(&b);
	}
	return NULL;
}

static void
many_slicers(void)
{
	struct world w = { .conf = { .npart = NPART, .nmap = 6 } };
	struct many m[4];
	pthread_t t[4];
	int good = 1;

	world_open(&w, "slicers", 75, 0);
	for (int k = 0; k < 6; k++) {
		put_map(&w, k, 2);
		exchange_place(w.mirror, k, PLACE, 0);
	}
	for (int i = 0; i < 4; i++) {
		m[i] = (struct many){ &w, 2654435761u * (uint32_t)(i + 7), 0 };
		pthread_create(&t[i], NULL, one_slicer, &m[i]);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		good &= m[i].good;
	}
	ok(good, "four tasks share slices (%d fetches)", w.source.calls);
	world_close(&w);
}

/* Sizes that a driver is told: of each map, in a byte. */
static void
told_sizes(void)
{
	struct exchange_conf conf = { .name = "told", .npart = 3, .nmap = 64,
	    .type = type };
	struct exchange_size part[3] = { { 0, 0 } }, sum = { 0, 0 };
	struct exchange *x;
	struct err e = { 0 };
	int good = 1;

	exchange_new(&x, &conf, &e);
	for (int m = 0; m < 60; m++) {
		part[1].bytes = m < 4 ? m : (INT64_C(11) << m) / 8;
		part[2].bytes = 77;
		sum.bytes += part[1].bytes;
		exchange_tell(x, m, part);
	}
	for (int m = 0; m < 60; m++) {
		int64_t want = m < 4 ? m : (INT64_C(11) << m) / 8;
		int64_t got = exchange_map_bytes(x, m, 1);

		good &= got <= want && got >= want - want / 8 &&
		    exchange_map_bytes(x, m, 0) == 0;
	}
	ok(good, "told sizes of maps are right to an eighth");
	ok(exchange_part_size(x, 1).bytes == sum.bytes, "their sum is exact");
	exchange_free(x);
	exchange_new(&x, &conf, &e);
	exchange_tell(x, -1, part);
	is_int(exchange_map_bytes(x, 0, 1), -1, "only the sum was told");
	exchange_free(x);
}

int
main(void)
{
	struct arena a = { 0 };

	if (mkdtemp(dir) == NULL)
		return 1;
	rows_types(type, &a);
	slices("slices", 71, 0, false);
	slices("slices on disk", 72, 0, true);
	slices("slices, little memory", 73, 1 << 20, false);
	many_slicers();
	told_sizes();
	remove_dir();
	arena_release(&a);
	arena_release(&names);
	return done_testing();
}
