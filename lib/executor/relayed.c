/*
 * relayed -- see relayed.h.
 *
 * A try that fails half-way leaves its blocks with the reader: the next try
 * asks for the rest.  Copies are written as blocks pass; of each place one
 * map is open at a time, since its maps come in their order.
 */
#include "executor/relayed.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "executor/made_maps.h"
#include "executor/outbox.h"
#include "executor/serve.h"
#include "executor/task_msg.h"
#include "net/proto.h"
#include "store/blockfile.h"
#include "store/map_file.h"
#include "store/mirror.h"

enum {
	TRIES = 3,                      /* of copies, then the maps */
	SLICE_MS = 50,                  /* how soon a cancel is seen */
	ANSWER_MS = 120000,             /* the driver's limits are shorter */
};

struct relayed {
	struct relayed_conf conf;
	struct block_source source;
	const char *prefix;             /* of the map files */
	pthread_mutex_t lock;
	pthread_cond_t come;
	bool wanted, answered;
	int place;
};

/* One call of fetch. */
struct passing {
	struct relayed *r;
	const struct block_want *want;
	int n;
	const struct block_sink *sink;
	bool *here;                     /* by want: its map is on our node */
	int64_t *passed;                /* blocks of it */
	struct block_want *now;         /* as asked for in this try */
	struct map_writer **writer;     /* NULL: not begun, or written */
	bool *written;
	bool copies;                    /* they are being made */
	bool final;                     /* the reader itself has failed */
	int bad;                        /* want whose copy is damaged, or -1 */
};

static void
tell(struct relayed *r, int type, int place)
{
	struct relay_msg m = { r->conf.job, r->conf.stage, place };
	struct text t = { 0 };

	relay_msg_print(&t, &m);
	outbox_put(r->conf.out, type, &t);
	text_release(&t);
}

static bool
cancelled(const struct relayed *r)
{
	return atomic_load(r->conf.cancel) != 0;
}

/* Asks, and waits: the place, or -1. */
static int
ask(struct relayed *r, int failed)
{
	int64_t until = clock_mono_ms() + ANSWER_MS;
	int place;

	pthread_mutex_lock(&r->lock);
	r->answered = false;
	tell(r, FRAME_RELAY_ASK, failed);
	while (!r->answered && !cancelled(r) && clock_mono_ms() < until) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += SLICE_MS * 1000000L;
		if (t.tv_nsec >= 1000000000) {
			t.tv_nsec -= 1000000000;
			t.tv_sec++;
		}
		pthread_cond_timedwait(&r->come, &r->lock, &t);
	}
	place = r->answered ? r->place : -1;
	pthread_mutex_unlock(&r->lock);
	return place;
}

/* No copies are made after all. */
static void
drop_copies(struct passing *p)
{
	for (int i = 0; i < p->n; i++) {
		map_writer_free(p->writer[i]);
		p->writer[i] = NULL;
		if (p->written[i])
			map_file_remove(p->r->prefix, p->want[i].map,
			    p->want[i].attempt);
	}
	p->copies = false;
}

/* The map has come as a whole. */
static void
end_copy(struct passing *p, int i)
{
	struct err e;
	int64_t stored;

	if (!p->copies || p->here[i] || p->written[i])
		return;
	if (p->writer[i] == NULL)
		map_writer_new(&p->writer[i], p->r->prefix,
		    p->want[i].map, p->want[i].attempt, p->r->conf.npart,
		    false, &e);
	if (map_writer_commit(p->writer[i], &stored, &e) < 0) {
		drop_copies(p);         /* the disk is full, perhaps */
		return;
	}
	p->written[i] = true;
	made_maps_add(p->r->conf.made, p->r->conf.maps, p->r->conf.job,
	    p->r->conf.stage + 1, p->want[i].map, p->want[i].attempt);
	map_writer_free(p->writer[i]);
	p->writer[i] = NULL;
}

static void
copy_block(struct passing *p, int i, const struct block *b,
    const char *packed)
{
	struct err e;

	if (!p->copies || p->here[i])
		return;
	for (int k = 0; p->writer[i] == NULL && k < i; k++)
		if (p->writer[k] && p->now[k].place == p->now[i].place)
			end_copy(p, k);
	if (!p->copies)
		return;
	if (p->writer[i] == NULL)
		map_writer_new(&p->writer[i], p->r->prefix,
		    p->want[i].map, p->want[i].attempt, p->r->conf.npart,
		    false, &e);
	if (fail_here("relay.copy") < 0 ||
	    map_writer_packed(p->writer[i], b, packed, 0, &e) < 0)
		drop_copies(p);
}

static int
got(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct passing *p = arg;
	int r = 0;

	if ((int)b->part >= p->r->conf.npart)
		r = err_set(e, ERR_LOST, "a block that was not asked for");
	else
		r = block_check(b, packed, e);
	if (r < 0 && p->now[i].place != p->want[i].place) {
		p->bad = i;
		return r;
	}
	if (r >= 0)
		copy_block(p, i, b, packed);
	p->passed[i]++;
	r = p->sink->got(p->sink->arg, i, b, packed, e);
	p->final = r < 0;
	return r;
}

/* The wants of this try: what is not on our node comes from the place, unless
 * its map is on that node anyway. */
static void
point_to(struct passing *p, int place)
{
	struct serve *s = p->r->conf.serve;

	for (int i = 0; i < p->n; i++) {
		p->now[i] = p->want[i];
		p->now[i].first += p->passed[i];
		if (place >= 0 && !p->here[i] &&
		    !serve_same_node(s, place, p->want[i].place))
			p->now[i].place = place;
	}
}

/* Was it a copy that was lost, not a map output? */
static bool
copy_lost(const struct passing *p, const struct lost *lost)
{
	if (p->bad >= 0)
		return true;
	for (int i = 0; i < p->n; i++)
		if (p->want[i].place == lost->place && (lost->map < 0 ||
		    lost->map == p->want[i].map))
			return false;
	return lost->place >= 0;
}

/* One try; 1: a copy failed, another place may do. */
static int
try_place(struct passing *p, int place, struct lost *lost, struct err *e)
{
	const struct block_source *s = p->r->conf.plain;
	struct block_sink sink = { p, got, NULL };
	int r;

	point_to(p, place);
	p->bad = -1;
	r = s->fetch(s->arg, p->now, p->n, false, &sink, lost, e);
	if (r == ERR_LOST && place >= 0 && !p->final && copy_lost(p, lost))
		return 1;
	return r;
}

static int
fetch_relayed(struct passing *p, struct lost *lost, struct err *e)
{
	struct relayed *r = p->r;
	int failed = -1, code = 1;

	for (int try = 0; code == 1; try++) {
		int place = try < TRIES ? ask(r, failed) : -1;

		if (cancelled(r))
			return err_set(e, ERR_TEMP, "cancelled");
		failed = place < 0 ? -1 : serve_place_there(r->conf.serve,
		    place);
		/* Of a copy on our node another one is not needed. */
		p->copies = p->copies && (place < 0 ||
		    !serve_is_here(r->conf.serve, place));
		code = try_place(p, place, lost, e);
	}
	return code;
}

/* Asks the driver when something is not on our node. */
static bool
is_far(const struct passing *p)
{
	bool far = false;

	for (int i = 0; i < p->n; i++) {
		p->here[i] = serve_is_here(p->r->conf.serve, p->want[i].place);
		far |= !p->here[i];
	}
	return far;
}

/* Whole maps of a broadcast, and nothing else. */
static bool
is_whole(const struct relayed *r, const struct block_want *want, int n)
{
	for (int i = 0; i < n; i++)
		if (want[i].lo != 0 || want[i].hi != r->conf.npart ||
		    want[i].first != 0 || want[i].count >= 0)
			return false;
	return true;
}

static int
fetch(void *arg, const struct block_want *want, int n, bool list_only,
    const struct block_sink *sink, struct lost *lost, struct err *e)
{
	struct relayed *r = arg;
	const struct block_source *s = r->conf.plain;
	size_t room = (size_t)n + 1;
	struct passing p = { r, want, n, sink, .copies = true, .bad = -1 };
	bool asks;
	int code;

	pthread_mutex_lock(&r->lock);
	asks = r->wanted && !list_only && is_whole(r, want, n);
	pthread_mutex_unlock(&r->lock);
	p.here = xcalloc(room, sizeof *p.here);
	if (!asks || !is_far(&p)) {
		free(p.here);
		return s->fetch(s->arg, want, n, list_only, sink, lost, e);
	}
	p.passed = xcalloc(room, sizeof *p.passed);
	p.now = xcalloc(room, sizeof *p.now);
	p.writer = xcalloc(room, sizeof *p.writer);
	p.written = xcalloc(room, sizeof *p.written);
	code = fetch_relayed(&p, lost, e);
	for (int i = 0; i < n && code >= 0; i++)
		end_copy(&p, i);
	if (code < 0 || !p.copies)
		drop_copies(&p);
	tell(r, FRAME_RELAY_END, p.copies ? 0 : -1);
	fail_here("relay.end");
	free(p.here);
	free(p.passed);
	free(p.now);
	free(p.writer);
	free(p.written);
	return code;
}

struct relayed *
relayed_new(struct arena *a, const struct relayed_conf *conf)
{
	struct relayed *r = NEW(a, struct relayed);

	r->conf = *conf;
	r->prefix = map_file_prefix(a, conf->maps, conf->job, conf->stage + 1);
	r->source = (struct block_source){ r, fetch };
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->come, NULL);
	return r;
}

void
relayed_close(struct relayed *r)
{
	if (r == NULL)
		return;
	pthread_cond_destroy(&r->come);
	pthread_mutex_destroy(&r->lock);
}

const struct block_source *
relayed_source(const struct relayed *r)
{
	return &r->source;
}

void
relayed_wanted(struct relayed *r, bool wanted)
{
	pthread_mutex_lock(&r->lock);
	r->wanted = wanted;
	pthread_mutex_unlock(&r->lock);
}

void
relayed_go(struct relayed *r, int place)
{
	pthread_mutex_lock(&r->lock);
	r->answered = true;
	r->place = place;
	pthread_cond_signal(&r->come);
	pthread_mutex_unlock(&r->lock);
}
