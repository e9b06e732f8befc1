/*
 * mirror -- see mirror.h.
 *
 * A partition is absent, coming or there.  Who requires one that is absent
 * brings it, with the absent ones beside it, outside the lock; others wait
 * for him and look again.  What came stays as the packed blocks it was,
 * decoded by each reader: a mirror holds no more than the files have.
 *
 * A partition that several tasks share (each reads some of its maps) is never
 * brought as a whole: it has a list of slices, each absent, coming or there
 * for itself.  Slices do not overlap and stay in the list.
 *
 * A sorted one has a single partition, whose chunks are known but not there.
 * A reader brings the one it needs and some after it; each is given away once
 * (two tasks want the same only where their ranges meet).  The blocks of two
 * attempts of a map have the same rows (map_file.h), so a list remains true
 * when its map had to be made again; the bytes may differ where nulls are.
 */
#include "store/mirror.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/pool.h"
#include "store/exchange_state.h"
#include "store/map_image.h"

#define MEMORY_SHARE 50                 /* percent of the pool, at most */
#define AHEAD_BYTES ((int64_t)768 << 10)
#define AHEAD_CHUNKS 8

enum part_state { PART_ABSENT, PART_COMING, PART_THERE };

struct origin {                         /* where a map is */
	int place, attempt;
};

struct mirror_file {                    /* blocks that found no memory */
	struct blockfile *file;
	int refs;                       /* partitions */
};

struct mirror_part {
	enum part_state state;
	int users;
	struct partition *of;           /* by map, or NULL */
	struct mirror_file *file;       /* or NULL */
	struct map_image **image;       /* whose blocks are read, or NULL */
	int nimage;
	int64_t held;                   /* charged to the pool */
	int from, to;                   /* of a slice: its maps */
	_Atomic(struct mirror_part *) slice;    /* the next one, or NULL */
};

struct mirror {
	struct block_source src;
	struct origin *origin;          /* by map */
	struct mirror_part *part;
	pthread_cond_t arrived;
	struct lost lost;               /* stage 0: none */
};

int
exchange_mirror(struct exchange **out, const struct exchange_conf *conf,
    const struct block_source *src, struct err *e)
{
	struct mirror *m;

	TRY(exchange_new(out, conf, e));
	(*out)->mirror = m = xcalloc(1, sizeof *m);
	m->src = *src;
	m->origin = xcalloc((size_t)conf->nmap + 1, sizeof *m->origin);
	for (int i = 0; i < conf->nmap; i++)
		m->origin[i].place = -1;
	m->part = xcalloc((size_t)conf->npart, sizeof *m->part);
	pthread_cond_init(&m->arrived, NULL);
	atomic_store(&(*out)->on_disk, conf->sorted);
	return 0;
}

bool
exchange_is_mirror(const struct exchange *x)
{
	return x->mirror != NULL;
}

void
exchange_place(struct exchange *x, int map, int place, int attempt)
{
	pthread_mutex_lock(&x->lock);
	x->mirror->origin[map] = (struct origin){ place, attempt };
	if (x->mirror->lost.map == map)
		x->mirror->lost.stage = 0;
	pthread_mutex_unlock(&x->lock);
}

bool
exchange_lost(struct exchange *x, struct lost *lost)
{
	bool any;

	if (x->mirror == NULL)
		return false;
	pthread_mutex_lock(&x->lock);
	any = x->mirror->lost.stage != 0;
	if (any)
		*lost = x->mirror->lost;
	pthread_mutex_unlock(&x->lock);
	return any;
}

static void
part_free(struct exchange *x, struct mirror_part *p)
{
	for (int m = 0; p->of && m < x->conf.nmap; m++) {
		for (int i = 0; i < p->of[m].nchunk; i++)
			chunk_free(&x->shape, p->of[m].chunk[i]);
		free(p->of[m].chunk);
	}
	free(p->of);
	for (int i = 0; i < p->nimage; i++)
		map_image_drop(p->image[i]);
	free(p->image);
	p->image = NULL;
	p->nimage = 0;
	pool_give(x->conf.pool, p->held);
	if (p->file && --p->file->refs == 0) {
		blockfile_close(p->file->file);
		free(p->file);
	}
	p->of = NULL;
	p->file = NULL;
	p->held = 0;
	p->state = PART_ABSENT;
}

void
mirror_free(struct exchange *x)
{
	struct mirror *m = x->mirror;

	for (int p = 0; p < x->conf.npart; p++) {
		struct mirror_part *s = m->part[p].slice, *next;

		part_free(x, &m->part[p]);
		for (; s; s = next) {
			next = s->slice;
			part_free(x, s);
			free(s);
		}
	}
	free(m->part);
	free(m->origin);
	pthread_cond_destroy(&m->arrived);
	free(m);
}

/* Where the blocks of a map in a partition are: readers have required it. */
static struct mirror_part *
part_of(const struct exchange *x, int map, int part)
{
	struct mirror_part *p = &x->mirror->part[part], *s = p->slice;

	while (s && (map < s->from || map >= s->to))
		s = s->slice;
	return s ? s : p;
}

const struct partition *
mirror_partition(const struct exchange *x, int map, int part)
{
	static const struct partition none;
	const struct mirror_part *p = part_of(x, map, part);

	return p->of ? &p->of[map] : &none;
}

struct exchange_size
mirror_size(const struct exchange *x, int lo, int hi)
{
	struct exchange_size s = { 0, 0 };

	for (int p = lo; p < hi; p++)
		for (int m = 0; m < x->conf.nmap; m++) {
			s.rows += mirror_partition(x, m, p)->rows;
			s.bytes += mirror_partition(x, m, p)->bytes;
		}
	return s;
}

/* Blocks on their way into the partitions [lo, hi). */
struct arrival {
	struct exchange *x;
	int lo, hi, map0;               /* want 0 is of map map0 */
	struct mirror_part *slice;      /* of partition lo; NULL: the whole */
	struct mirror_file *file;
	struct lost *lost;
};

static struct chunk *
add_chunk(struct partition *to, const struct block *b)
{
	struct chunk *c = xcalloc(1, sizeof *c);

	c->n = (int)b->rows;
	c->block = *b;
	c->number = to->nchunk;
	if (to->nchunk == to->cap) {
		to->cap = to->cap ? 2 * to->cap : 1;
		to->chunk = xrealloc(to->chunk, (size_t)to->cap *
		    sizeof(struct chunk *));
	}
	to->chunk[to->nchunk++] = c;
	to->rows += c->n;
	to->bytes += b->raw;
	return c;
}

static int
damaged(struct arrival *v, int map, struct err *e)
{
	struct mirror *m = v->x->mirror;

	pthread_mutex_lock(&v->x->lock);
	*v->lost = (struct lost){ v->x->conf.stage, m->origin[map].place,
	    map };
	pthread_mutex_unlock(&v->x->lock);
	return err_ctx(e, "%s, map %d", v->x->conf.name, map);
}

static bool
has_room(struct exchange *x, int64_t n)
{
	if (x->conf.force_spill ||
	    !pool_below(x->conf.pool, n, MEMORY_SHARE))
		return false;
	return pool_try(x->conf.pool, n);
}

/* Where the block stays: in memory, or in the file of this arrival. */
static int
keep_block(struct arrival *v, struct mirror_part *p, struct chunk *c,
    const char *packed, struct err *e)
{
	struct exchange *x = v->x;
	size_t n = BLOCK_HEAD + (size_t)c->block.stored;

	if (has_room(x, (int64_t)(n + sizeof *c))) {
		c->packed = xmalloc(n);
		memcpy(c->packed, packed, n);
		c->bytes = (int64_t)(n + sizeof *c);
		p->held += c->bytes;
		if (c->block.raw != c->block.stored)
			atomic_store(&x->on_disk, true); /* is unpacked */
		return 0;
	}
	atomic_store(&x->on_disk, true);
	if (v->file == NULL) {
		v->file = xcalloc(1, sizeof *v->file);
		TRY(blockfile_new(&v->file->file, x->conf.dir, e));
	}
	if (p->file == NULL) {
		p->file = v->file;
		v->file->refs++;
	}
	return blockfile_put_packed(v->file->file, packed, &c->block, e);
}

static int
got_block(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct arrival *v = arg;
	struct mirror_part *p;
	struct chunk *c;
	int map = v->map0 + i;

	if ((int)b->part < v->lo || (int)b->part >= v->hi ||
	    b->rows > INT32_MAX || b->raw > BLOCK_MAX) {
		err_set(e, ERR_LOST, "a block that was not asked for");
		return damaged(v, map, e);
	}
	if (packed && block_check(b, packed, e) < 0)
		return damaged(v, map, e);
	p = v->slice ? v->slice : &v->x->mirror->part[b->part];
	c = add_chunk(&p->of[map], b);
	return packed ? keep_block(v, p, c, packed, e) : 0;
}

static void
hold_image(struct mirror_part *p, struct map_image *m)
{
	if (p->nimage > 0 && p->image[p->nimage - 1] == m)
		return;
	p->image = xrealloc(p->image, (size_t)(p->nimage + 1) *
	    sizeof(struct map_image *));
	p->image[p->nimage++] = map_image_hold(m);
}

/* They were made here, and have been in memory since. */
static int
got_image(void *arg, int i, struct map_image *m, uint64_t first, int64_t n,
    struct err *e)
{
	struct arrival *v = arg;
	struct exchange *x = v->x;

	for (uint64_t k = first; k < first + (uint64_t)n; k++) {
		const struct block *b = &m->index.block[k];
		struct mirror_part *p = v->slice ? v->slice :
		    &x->mirror->part[b->part];
		struct chunk *c;

		if ((int)b->part < v->lo || (int)b->part >= v->hi) {
			err_set(e, ERR_LOST, "a block that was not asked for");
			return damaged(v, v->map0 + i, e);
		}
		c = add_chunk(&p->of[v->map0 + i], b);
		c->packed = m->packed[k];
		c->borrowed = true;
		hold_image(p, m);
		if (b->raw != b->stored)
			atomic_store(&x->on_disk, true); /* is unpacked */
	}
	return 0;
}

/* One want for each of n maps. */
static int
wants_of(const struct arrival *v, int n, struct block_want *want,
    struct lost *lost, struct err *e)
{
	struct exchange *x = v->x;
	int r = 0;

	pthread_mutex_lock(&x->lock);
	for (int i = 0; i < n && r >= 0; i++) {
		int m = v->map0 + i;
		const struct origin *o = &x->mirror->origin[m];

		want[i] = (struct block_want){ m, o->attempt, o->place, v->lo,
		    v->hi, 0, -1 };
		if (o->place >= 0)
			continue;
		*lost = (struct lost){ x->conf.stage, -1, m };
		r = err_set(e, ERR_LOST, "%s, map %d: it is nowhere",
		    x->conf.name, m);
	}
	pthread_mutex_unlock(&x->lock);
	return r;
}

static int
fetch(struct exchange *x, const struct block_want *want, int n,
    bool list_only, const struct block_sink *sink, struct lost *lost,
    struct err *e)
{
	int r = n == 0 ? 0 : x->mirror->src.fetch(x->mirror->src.arg, want, n,
	    list_only, sink, lost, e);

	if (r == ERR_LOST)
		lost->stage = x->conf.stage;
	return r;
}

/* The first rows of a run's chunks: a length and wire bytes each, length 0
 * for those that are too large to be kept. */
static int
got_first(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct arrival *v = arg;
	struct partition *of = &v->x->mirror->part[0].of[i];
	struct arena a = { 0 };
	const char *p, *end;
	int k = -1;
	bool good = b->part == 1 && b->raw <= BLOCK_MAX;

	if (good && block_unpack(b, packed, arena_raw(&a, (size_t)b->raw + 16),
	    &p, e) == 0)
		for (k = 0, end = p + b->raw; k < of->nchunk && end - p >= 4; k++) {
			struct chunk *c = of->chunk[k];

			memcpy(&c->nfirst, p, 4);
			p += 4;
			if (c->nfirst > (size_t)(end - p))
				break;
			if (c->nfirst) {
				c->first = xmalloc(c->nfirst);
				memcpy(c->first, p, c->nfirst);
			}
			p += c->nfirst;
		}
	arena_release(&a);
	if (k == of->nchunk)
		return 0;
	err_set(e, ERR_LOST, "the first rows of its blocks are damaged");
	return damaged(v, i, e);
}

static void
make_room(struct exchange *x, struct mirror_part *p)
{
	p->of = xcalloc((size_t)x->conf.nmap + 1, sizeof(struct partition));
}

/* Brings the partitions, or a slice of one, which are marked as coming. */
static int
bring(struct exchange *x, int lo, int hi, struct mirror_part *slice,
    struct lost *lost, struct err *e)
{
	struct arrival v = { .x = x, .lo = lo, .hi = hi, .slice = slice,
	    .map0 = slice ? slice->from : x->conf.diagonal ? lo : 0,
	    .lost = lost };
	struct block_sink sink = { &v, got_block, got_image };
	struct block_want *want;
	int n = slice ? slice->to - slice->from : x->conf.diagonal ?
	    hi - lo : x->conf.nmap, r;

	want = xcalloc((size_t)n + 1, sizeof *want);
	for (int p = lo; p < hi; p++)
		make_room(x, slice ? slice : &x->mirror->part[p]);
	r = wants_of(&v, n, want, lost, e);
	if (r >= 0)
		r = fetch(x, want, n, x->conf.sorted, &sink, lost, e);
	if (r >= 0 && x->conf.sorted) {
		for (int m = 0; m < n; m++) {
			want[m].lo = 1;
			want[m].hi = 2;
		}
		sink.got = got_first;
		sink.image = NULL;
		r = fetch(x, want, n, false, &sink, lost, e);
	}
	if (v.file && v.file->refs == 0) {      /* it could not be made */
		blockfile_close(v.file->file);
		free(v.file);
	}
	free(want);
	return r;
}

/* The first partitions of [lo, hi) that are absent: [*a, *b). */
static void
absent(const struct mirror *m, int lo, int hi, int *a, int *b)
{
	for (*a = lo; *a < hi && m->part[*a].state != PART_ABSENT; (*a)++)
		;
	for (*b = *a; *b < hi && m->part[*b].state == PART_ABSENT; (*b)++)
		;
}

static bool
all_there(const struct mirror *m, int lo, int hi)
{
	for (int p = lo; p < hi; p++)
		if (m->part[p].state != PART_THERE)
			return false;
	return true;
}

/* Brings or waits until all are there; with the lock. */
static int
until_there(struct exchange *x, int lo, int hi, struct lost *lost,
    struct err *e)
{
	struct mirror *m = x->mirror;
	int a, b, r;

	while (!all_there(m, lo, hi)) {
		absent(m, lo, hi, &a, &b);
		if (a == b) {
			pthread_cond_wait(&m->arrived, &x->lock);
			continue;
		}
		for (int p = a; p < b; p++)
			m->part[p].state = PART_COMING;
		pthread_mutex_unlock(&x->lock);
		r = bring(x, a, b, NULL, lost, e);
		pthread_mutex_lock(&x->lock);
		for (int p = a; p < b; p++) {
			if (r < 0)
				part_free(x, &m->part[p]);
			else
				m->part[p].state = PART_THERE;
		}
		pthread_cond_broadcast(&m->arrived);
		TRY(r);
	}
	return 0;
}

/* Chunks of a sorted mirror that were brought ahead of their readers. */
static void
drop_ahead(struct exchange *x)
{
	struct mirror_part *p = &x->mirror->part[0];

	for (int m = 0; p->of && m < x->conf.nmap; m++)
		for (int i = 0; i < p->of[m].nchunk; i++) {
			struct chunk *c = p->of[m].chunk[i];

			free(c->packed);
			c->packed = NULL;
		}
	pool_give(x->conf.pool, p->held);
	p->held = 0;
}

/* One user less; with the lock. */
static void
release_part(struct exchange *x, struct mirror_part *p)
{
	if (p->users > 0 && --p->users > 0)
		return;
	if (p->state == PART_THERE && x->conf.sorted)
		drop_ahead(x);
	else if (p->state == PART_THERE)
		part_free(x, p);
}

static void
release(struct exchange *x, int lo, int hi)
{
	for (int i = lo; i < hi; i++)
		release_part(x, &x->mirror->part[i]);
}

int
exchange_require(struct exchange *x, int lo, int hi, struct lost *lost,
    struct err *e)
{
	int r;

	if (x->mirror == NULL)
		return 0;
	pthread_mutex_lock(&x->lock);
	for (int p = lo; p < hi; p++)
		x->mirror->part[p].users++;
	r = until_there(x, lo, hi, lost, e);
	if (r < 0)
		release(x, lo, hi);
	pthread_mutex_unlock(&x->lock);
	return r;
}

void
exchange_forget(struct exchange *x, int lo, int hi)
{
	if (x->mirror == NULL)
		return;
	pthread_mutex_lock(&x->lock);
	release(x, lo, hi);
	pthread_mutex_unlock(&x->lock);
}

/* The slice of these maps, new or known; with the lock. */
static struct mirror_part *
slice_of(struct exchange *x, int part, int from, int to)
{
	struct mirror_part *p = &x->mirror->part[part], *s = p->slice;

	while (s && (s->from != from || s->to != to))
		s = s->slice;
	if (s)
		return s;
	s = xcalloc(1, sizeof *s);
	s->from = from;
	s->to = to;
	s->slice = p->slice;
	p->slice = s;
	return s;
}

int
exchange_require_maps(struct exchange *x, int part, int from, int to,
    struct lost *lost, struct err *e)
{
	struct mirror_part *s;
	int r = 0;

	if (x->mirror == NULL)
		return 0;
	pthread_mutex_lock(&x->lock);
	s = slice_of(x, part, from, to);
	s->users++;
	while (s->state != PART_THERE && r >= 0) {
		if (s->state == PART_COMING) {
			pthread_cond_wait(&x->mirror->arrived, &x->lock);
			continue;
		}
		s->state = PART_COMING;
		pthread_mutex_unlock(&x->lock);
		r = bring(x, part, part + 1, s, lost, e);
		pthread_mutex_lock(&x->lock);
		if (r < 0)
			part_free(x, s);
		else
			s->state = PART_THERE;
		pthread_cond_broadcast(&x->mirror->arrived);
	}
	if (r < 0)
		release_part(x, s);
	pthread_mutex_unlock(&x->lock);
	return r;
}

void
exchange_forget_maps(struct exchange *x, int part, int from, int to)
{
	if (x->mirror == NULL)
		return;
	pthread_mutex_lock(&x->lock);
	release_part(x, slice_of(x, part, from, to));
	pthread_mutex_unlock(&x->lock);
}

void
mirror_drop(struct exchange *x, int lo, int hi)
{
	pthread_mutex_lock(&x->lock);
	for (int i = lo; i < hi; i++) {
		x->mirror->part[i].users = 0;
		if (x->mirror->part[i].state == PART_THERE)
			part_free(x, &x->mirror->part[i]);
	}
	pthread_mutex_unlock(&x->lock);
}

/* Chunks of a run that are fetched for one that is read. */
struct ahead {
	struct exchange *x;
	struct partition *of;
	int first;                      /* number of the next one to come */
	char *wanted;                   /* the first, when it has come */
	int map, come;
	struct lost *lost;
};

/* The block of another attempt, or of a file that was tampered with. */
static int
other_block(struct ahead *h, struct err *e)
{
	struct arrival v = { .x = h->x, .lost = h->lost };

	if (e->kind != ERR_LOST)
		err_set(e, ERR_LOST, "a block is not the one of the list");
	return damaged(&v, h->map, e);
}

static int
got_chunk(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct ahead *h = arg;
	int number = h->first + h->come++;
	size_t n = BLOCK_HEAD + (size_t)b->stored;
	struct mirror_part *p = &h->x->mirror->part[0];
	struct chunk *c;
	char *copy;

	(void)i;
	e->kind = 0;
	if (number >= h->of->nchunk)
		return other_block(h, e);
	c = h->of->chunk[number];
	if (b->rows != c->block.rows || b->raw > BLOCK_MAX ||
	    block_check(b, packed, e) < 0)
		return other_block(h, e);
	copy = memcpy(xmalloc(n), packed, n);
	if (number == h->first) {
		h->wanted = copy;
		return 0;
	}
	pool_force(h->x->conf.pool, (int64_t)n);
	pthread_mutex_lock(&h->x->lock);
	if (c->packed == NULL) {
		c->packed = copy;
		p->held += (int64_t)n;
		copy = NULL;
	}
	pthread_mutex_unlock(&h->x->lock);
	if (copy)
		pool_give(h->x->conf.pool, (int64_t)n);
	free(copy);
	return 0;
}

/* Chunks from c on that are not there yet, up to some bytes; with the
 * lock. */
static int
count_ahead(const struct partition *of, const struct chunk *c)
{
	int64_t bytes = 0;
	int i = c->number;

	for (; i < of->nchunk && i - c->number < AHEAD_CHUNKS; i++) {
		bytes += of->chunk[i]->block.stored;
		if (i > c->number && (of->chunk[i]->packed ||
		    bytes > AHEAD_BYTES))
			break;
	}
	return i - c->number;
}

/* Brings a chunk of a sorted mirror, to be freed, and others beside it. */
static int
fetch_chunk(struct exchange *x, int map, struct chunk *c, char **packed,
    struct err *e)
{
	struct partition *of = &x->mirror->part[0].of[map];
	struct lost lost = { 0 };
	struct ahead h = { x, of, c->number, NULL, map, 0, &lost };
	struct block_sink sink = { &h, got_chunk, NULL };
	struct block_want want;
	int r;

	pthread_mutex_lock(&x->lock);
	want = (struct block_want){ map, x->mirror->origin[map].attempt,
	    x->mirror->origin[map].place, 0, 1, c->number,
	    count_ahead(of, c) };
	pthread_mutex_unlock(&x->lock);
	lost = (struct lost){ x->conf.stage, want.place, map };
	r = want.place < 0 ? err_set(e, ERR_LOST, "%s, map %d: it is "
	    "nowhere", x->conf.name, map) :
	    fetch(x, &want, 1, false, &sink, &lost, e);
	if (r >= 0 && h.come != want.count) {
		e->kind = 0;
		r = other_block(&h, e);
	}
	*packed = h.wanted;
	if (r >= 0)
		return 0;
	free(h.wanted);
	if (r != ERR_LOST)
		return r;
	pthread_mutex_lock(&x->lock);
	x->mirror->lost = lost;
	pthread_mutex_unlock(&x->lock);
	return r;
}

static size_t
packed_size(const char *packed)
{
	struct block b;

	block_of_head(&b, packed);
	return BLOCK_HEAD + (size_t)b.stored;
}

static int
sorted_chunk(struct exchange *x, int map, struct chunk *c, struct arena *a,
    struct batch *b, struct err *e)
{
	struct chunk one = { .n = c->n };
	char *packed, *mine;
	size_t n;

	pthread_mutex_lock(&x->lock);
	packed = c->packed;
	c->packed = NULL;
	if (packed) {
		n = packed_size(packed);
		x->mirror->part[0].held -= (int64_t)n;
		pool_give(x->conf.pool, (int64_t)n);
	}
	pthread_mutex_unlock(&x->lock);
	if (packed == NULL)
		TRY(fetch_chunk(x, map, c, &packed, e));
	n = packed_size(packed);
	mine = memcpy(arena_raw(a, n + 16), packed, n);
	free(packed);
	block_of_head(&one.block, mine);
	return chunk_unpack(&x->shape, &one, mine, PACKED_GO, a, b, e);
}

int
mirror_chunk(const struct exchange *shared, int map, struct chunk *c,
    struct arena *a, struct batch *b, struct err *e)
{
	struct exchange *x = (struct exchange *)(uintptr_t)shared;

	if (x->conf.sorted)
		return sorted_chunk(x, map, c, a, b, e);
	if (c->packed)
		return chunk_unpack(&x->shape, c, c->packed, PACKED_STAY, a,
		    b, e);
	if (chunk_from_disk(&x->shape, c,
	    part_of(x, map, (int)c->block.part)->file->file, a, b, e) < 0) {
		if (e->kind == ERR_LOST)        /* a file of our own */
			e->kind = ERR_TEMP;
		return e->kind;
	}
	return 0;
}
