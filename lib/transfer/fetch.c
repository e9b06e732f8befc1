/*
 * fetch -- see fetch.h: places, and the files of this node.
 *
 * A call first asks all servers it needs, then reads files while they work,
 * then takes what they sent.
 */
#include "transfer/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"
#include "net/peer.h"
#include "store/blockfile.h"
#include "transfer/fetch_state.h"

enum { SWEEP_MS = 5000, FILES_IDLE_MS = 15000 };

#define READ_BYTES ((size_t)1 << 20)

int
fetcher_new(struct fetcher **out, const struct fetch_conf *conf,
    struct err *e)
{
	struct fetcher *f = xcalloc(1, sizeof *f);

	(void)e;
	f->conf = *conf;
	if (f->conf.in_flight <= 0)
		f->conf.in_flight = (int64_t)48 << 20;
	if (f->conf.retries < 0)
		f->conf.retries = 3;
	if (f->conf.retry_ms <= 0)
		f->conf.retry_ms = 1000;
	if (f->conf.connect_ms <= 0)
		f->conf.connect_ms = 10000;
	if (f->conf.read_ms <= 0)
		f->conf.read_ms = 60000;
	pthread_mutex_init(&f->lock, NULL);
	f->cache = map_cache_new(&(struct map_cache_conf){
	    .kept = conf->kept, .kept_dir = conf->kept_dir });
	*out = f;
	return 0;
}

void
fetcher_free(struct fetcher *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < f->nplace; i++)
		for (int k = 0; k < f->place[i]->nidle; k++)
			peer_close(f->place[i]->idle[k]);
	map_cache_free(f->cache);
	pthread_mutex_destroy(&f->lock);
	arena_release(&f->arena);
	free(f->place);
	free(f);
}

static const char *
keep(struct fetcher *f, const char *s)
{
	return arena_strdup(&f->arena, s ? s : "");
}

/* Takes the number of the directory off an address. */
static void
cut_number(struct block_place *p)
{
	char *slash = strchr(p->address, '/');
	long long n = 0;
	struct err e;

	if (slash == NULL || opt_number(slash + 1, 0, INT32_MAX, &n, &e) < 0)
		return;
	*slash = '\0';
	p->number = (int)n;
}

static bool
same_place(const struct block_place *a, const struct block_place *b)
{
	return strcmp(a->node, b->node) == 0 && a->number == b->number &&
	    strcmp(a->address, b->address) == 0 && strcmp(a->dir, b->dir) == 0;
}

int
fetcher_place(struct fetcher *f, const struct block_place *where)
{
	struct block_place p;
	struct place *t;
	int i = 0;

	pthread_mutex_lock(&f->lock);
	p = (struct block_place){ keep(f, where->node),
	    keep(f, where->address), keep(f, where->dir), where->number };
	cut_number(&p);
	while (i < f->nplace && !same_place(&f->place[i]->where, &p))
		i++;
	if (i == f->nplace) {
		if (f->nplace == f->cap) {
			f->cap = f->cap ? 2 * f->cap : 16;
			f->place = xrealloc(f->place, (size_t)f->cap *
			    sizeof *f->place);
		}
		t = NEW(&f->arena, struct place);
		t->number = i;
		t->where = p;
		f->place[f->nplace++] = t;
	}
	pthread_mutex_unlock(&f->lock);
	return i;
}

struct place *
fetcher_at(struct fetcher *f, int number)
{
	struct place *p;

	pthread_mutex_lock(&f->lock);
	p = number >= 0 && number < f->nplace ? f->place[number] : NULL;
	pthread_mutex_unlock(&f->lock);
	return p;
}

bool
fetcher_is_here(struct fetcher *f, int place)
{
	const struct place *p = fetcher_at(f, place);
	const char *node = f->conf.node ? f->conf.node : "";

	return p && node[0] && strcmp(p->where.node, node) == 0;
}

bool
fetcher_same_node(struct fetcher *f, int a, int b)
{
	const struct place *p = fetcher_at(f, a), *q = fetcher_at(f, b);

	return p == q || (p && q && p->where.node[0] &&
	    strcmp(p->where.node, q->where.node) == 0);
}

void
fetcher_forget(struct fetcher *f, int job)
{
	pthread_mutex_lock(&f->lock);
	for (int i = 0; i < f->nplace; i++)
		map_cache_forget(f->cache, f->place[i]->where.dir, job);
	pthread_mutex_unlock(&f->lock);
}

struct fetch_figures
fetcher_figures(struct fetcher *f)
{
	struct fetch_figures all;

	pthread_mutex_lock(&f->lock);
	all = f->figures;
	pthread_mutex_unlock(&f->lock);
	return all;
}

static _Thread_local struct fetch_figures tally;

struct fetch_figures
fetch_tally(void)
{
	struct fetch_figures all = tally;

	tally = (struct fetch_figures){ 0 };
	return all;
}

/* A map of this node cannot be read: it must be made again. */
static int
lost_here(struct call *c, int i, struct err *e)
{
	*c->lost = (struct lost){ 0, c->want[i].place, c->want[i].map };
	e->kind = ERR_LOST;
	return ERR_LOST;
}

/* Blocks [from, to) of the index: as many at a time as fit into the
 * buffer. */
static int
read_run(struct call *c, int i, const struct map_file *f, uint64_t from,
    uint64_t to, struct text *buf, struct err *e)
{
	const struct block *b = f->index.block;

	while (from < to) {
		size_t n = BLOCK_HEAD + (size_t)b[from].stored, more;
		uint64_t end = from + 1;

		for (; end < to; end++, n += more) {
			more = BLOCK_HEAD + (size_t)b[end].stored;
			if (n + more > READ_BYTES)
				break;
		}
		text_clear(buf);
		if (map_read(f, b[from].at, text_room(buf, n), n, e) < 0)
			return lost_here(c, i, e);
		c->figures.local_bytes += (int64_t)n;
		for (n = 0; from < end; from++) {
			TRY(c->sink->got(c->sink->arg, i, &b[from], buf->p + n,
			    e));
			n += BLOCK_HEAD + (size_t)b[from].stored;
		}
	}
	return 0;
}

static int
one_map(struct call *c, int i, const struct map_file *f, struct text *buf,
    struct err *e)
{
	const struct block_want *w = &c->want[i];
	uint64_t first = 0;
	int64_t n = map_file_blocks(f, w->lo, w->hi, &first), end;

	if (n < 0) {
		err_set(e, ERR_LOST, "the output of map %d has no partition "
		    "%d", w->map, w->hi - 1);
		return lost_here(c, i, e);
	}
	end = w->count < 0 || w->count > n - w->first ? n : w->first +
	    w->count;
	c->figures.blocks += end > w->first ? end - w->first : 0;
	if (f->image && c->sink->image && !c->list_only)
		return end <= w->first ? 0 : c->sink->image(c->sink->arg, i,
		    f->image, first + (uint64_t)w->first, end - w->first, e);
	if (!c->list_only)
		return end <= w->first ? 0 : read_run(c, i, f, first +
		    (uint64_t)w->first, first + (uint64_t)end, buf, e);
	for (int64_t k = w->first; k < end; k++)
		TRY(c->sink->got(c->sink->arg, i,
		    &f->index.block[first + (uint64_t)k], NULL, e));
	return 0;
}

static int
read_local(struct call *c, const bool *local, struct err *e)
{
	const struct source *s = c->s;
	struct text buf = { 0 };
	int r = 0;

	for (int i = 0; i < c->n && r >= 0; i++) {
		struct map_file *f;
		struct map_key k = { NULL, s->job, s->stage, c->want[i].map,
		    c->want[i].attempt };

		if (!local[i])
			continue;
		if (source_cancelled(s)) {
			r = err_set(e, ERR_TEMP, "cancelled");
			break;
		}
		k.dir = fetcher_at(s->f, c->want[i].place)->where.dir;
		r = map_cache_get(s->f->cache, &k, &f, e);
		if (r < 0) {
			r = lost_here(c, i, e);
			break;
		}
		r = one_map(c, i, f, &buf, e);
		map_cache_put(s->f->cache, f);
	}
	text_release(&buf);
	return r;
}

/* Which wants can be read here?  -1: one is at no place. */
static int
mark_local(const struct call *c, bool *local, struct err *e)
{
	int remote = 0;

	for (int i = 0; i < c->n; i++) {
		struct place *p = fetcher_at(c->s->f, c->want[i].place);

		if (p == NULL)
			return err_set(e, ERR_BUG, "no place has the number "
			    "%d", c->want[i].place);
		local[i] = fetcher_is_here(c->s->f, c->want[i].place);
		remote += !local[i];
	}
	return remote;
}

static void
count(struct fetch_figures *to, const struct fetch_figures *more)
{
	to->local_bytes += more->local_bytes;
	to->remote_bytes += more->remote_bytes;
	to->unpacked_bytes += more->unpacked_bytes;
	to->blocks += more->blocks;
	to->retries += more->retries;
	to->wait_us += more->wait_us;
}

/* Figures, and now and then a look for files that may be deleted: their
 * room is free only when nobody has them open. */
static void
end_call(struct fetcher *f, const struct fetch_figures *more)
{
	int64_t now = clock_mono_ms();
	bool sweep;

	pthread_mutex_lock(&f->lock);
	sweep = now - f->swept_ms > SWEEP_MS;
	if (sweep)
		f->swept_ms = now;
	count(&tally, more);
	count(&f->figures, more);
	pthread_mutex_unlock(&f->lock);
	if (sweep)
		map_cache_sweep(f->cache, FILES_IDLE_MS);
}

static int
fetch(void *arg, const struct block_want *want, int n, bool list_only,
    const struct block_sink *sink, struct lost *lost, struct err *e)
{
	const struct source *s = arg;
	struct call c = { .s = s, .want = want, .n = n,
	    .list_only = list_only, .sink = sink, .lost = lost };
	struct streams *streams = NULL;
	bool *local = xcalloc((size_t)n + 1, sizeof *local);
	int r = mark_local(&c, local, e), remote = r;

	if (remote > 0)
		r = streams_open(&streams, &c, local, e);
	if (r >= 0)
		r = read_local(&c, local, e);
	if (r >= 0 && streams)
		r = streams_run(streams, e);
	if (streams)
		streams_close(streams);
	free(local);
	end_call(s->f, &c.figures);
	return r < 0 ? r : 0;
}

const struct block_source *
fetch_source(struct fetcher *f, struct arena *a, int job, int stage)
{
	struct source *s = NEW(a, struct source);

	*s = (struct source){ { s, fetch }, f, job, stage, NULL };
	return &s->source;
}

void
fetch_until(const struct block_source *s, const _Atomic int *cancel)
{
	((struct source *)s->arg)->cancel = cancel;
}
