/*
 * lines_read -- the rows of partitions to a descriptor, see shuffle_lines.h.
 *
 * A thread takes some blocks, BATCH bytes if they are small, checks and
 * expands them, and waits for its turn to write them: the output is in
 * order, and what is written has been verified.  The bytes stay in the
 * second-level cache on their way.
 *
 * One thread does as long as the sum is small: copying to a pipe takes as
 * long as reading and checking, and the reader of the pipe needs a processor
 * too.
 */
#include "store/shuffle_lines.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "io/fd.h"

#define BATCH ((size_t)160 << 10)
#define PER_THREAD ((uint64_t)32 << 20)         /* bytes worth a thread */
#define PER_THREAD_ZSTD ((uint64_t)4 << 20)
#define PIPE_BYTES (1 << 20)                    /* fewer switches */

enum { BATCH_BLOCKS = 64 };

struct piece {                  /* a block to give out */
	const struct shuffle_map *map;
	const struct block *block;
};

struct reading {
	struct piece *piece;
	uint64_t n, next;               /* pieces; the first one not taken */
	uint64_t taken, turn;           /* batches; the one to be written */
	int fd, failed;
	struct err err;
	pthread_mutex_t lock;
	pthread_cond_t turned;
};

struct batch {                  /* of one thread */
	const struct piece *piece;
	int n;
	uint64_t number;
	char *in, *out;
	size_t in_cap, out_cap;
	struct iovec io[BATCH_BLOCKS];
	int nio;                        /* verified */
};

static size_t
size_of(const struct block *b)
{
	return BLOCK_HEAD + (size_t)b->stored;
}

static char *
room(char **p, size_t *cap, size_t n)
{
	if (n > *cap) {
		free(*p);
		*cap = n;
		*p = xmalloc(n);
	}
	return *p;
}

/* Takes the next pieces: 1, or 0 when there are none. */
static int
take(struct reading *r, struct batch *b)
{
	size_t in = 0, out = 0;

	pthread_mutex_lock(&r->lock);
	b->piece = &r->piece[r->next];
	for (b->n = 0; b->n < BATCH_BLOCKS && r->next < r->n; b->n++) {
		const struct block *k = r->piece[r->next].block;

		if (in && (in + size_of(k) > BATCH || out + k->raw > BATCH))
			break;
		in += size_of(k);
		out += k->stored == k->raw ? 0 : (size_t)k->raw;
		r->next++;
	}
	b->number = r->taken++;
	pthread_mutex_unlock(&r->lock);
	room(&b->in, &b->in_cap, in < BATCH ? BATCH : in);
	room(&b->out, &b->out_cap, out < BATCH && out ? BATCH : out);
	return b->n > 0;
}

/* How many of the pieces from i on lie side by side in one file, and their
 * bytes. */
static int
side_by_side(const struct batch *b, int i, size_t *size)
{
	const struct piece *k = b->piece + i;
	int n = 1;

	*size = size_of(k->block);
	while (i + n < b->n && k[n].map == k->map &&
	    k[n].block->at == k->block->at + (int64_t)*size)
		*size += size_of(k[n++].block);
	return n;
}

/* Reads and checks them all, up to the first damaged one. */
static int
read_batch(struct batch *b, struct err *e)
{
	char *in = b->in, *out = b->out;
	size_t size;

	b->nio = 0;
	for (int i = 0, n; i < b->n; i += n) {
		n = side_by_side(b, i, &size);
		TRY(block_read_bytes(b->piece[i].map->fd, b->piece[i].block,
		    in, size, e));
		for (int k = i; k < i + n; k++) {
			const struct block *q = b->piece[k].block;
			const char *p;

			TRY(block_unpack(q, in, out, &p, e));
			in += size_of(q);
			if (p == out && q->raw)
				out += q->raw;
			b->io[b->nio++] = (struct iovec){ (char *)p, q->raw };
		}
	}
	return 0;
}

/* Takes pieces and writes them in their turn; 0 at the end. */
static int
one_batch(struct reading *r, struct batch *b)
{
	struct err e = { 0 };
	int bad, failed;

	if (!take(r, b))
		return 0;
	bad = read_batch(b, &e);
	if (bad < 0)
		err_ctx(&e, "%s", b->piece[b->nio].map->path);
	pthread_mutex_lock(&r->lock);
	while (r->turn != b->number && !r->failed)
		pthread_cond_wait(&r->turned, &r->lock);
	failed = r->failed;
	pthread_mutex_unlock(&r->lock);
	if (failed)
		return 0;
	/* The turn is ours until it is given on: write without the lock. */
	if (fd_write_pieces(r->fd, b->io, b->nio, -1, "shuffle.output") < 0 &&
	    bad >= 0)
		bad = err_sys(&e, "could not write the output");
	pthread_mutex_lock(&r->lock);
	if (bad < 0) {
		r->err = e;
		r->failed = 1;
	}
	r->turn++;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
	return bad >= 0;
}

static void *
work(void *arg)
{
	struct batch b = { 0 };

	while (one_batch(arg, &b))
		;
	free(b.in);
	free(b.out);
	return NULL;
}

static int
threads_for(const struct reading *r, int most)
{
	uint64_t raw = 0, packed = 0, n;

	for (uint64_t i = 0; i < r->n; i++) {
		const struct block *b = r->piece[i].block;

		*(b->stored == b->raw ? &raw : &packed) += b->raw;
	}
	n = 1 + raw / PER_THREAD + packed / PER_THREAD_ZSTD;
	return n < (uint64_t)most ? (int)n : most;
}

static void
run(struct reading *r, int threads)
{
	pthread_t *t = xcalloc((size_t)threads, sizeof *t);
	int started = 1;

	while (started < threads &&
	    pthread_create(&t[started], NULL, work, r) == 0)
		started++;
	work(r);
	for (int i = 1; i < started; i++)
		pthread_join(t[i], NULL);
	free(t);
}

static void
list_pieces(struct reading *r, const struct shuffle_maps *m,
    const uint32_t *part, int npart)
{
	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < npart; k++)
			r->n += m->v[i].index.part[part[k]].nblock;
	r->piece = xcalloc(r->n + 1, sizeof *r->piece);
	r->n = 0;
	for (int k = 0; k < npart; k++)
		for (int i = 0; i < m->n; i++) {
			const struct shuffle_index *x = &m->v[i].index;
			const struct shuffle_part *p = &x->part[part[k]];

			for (uint64_t b = 0; b < p->nblock; b++)
				r->piece[r->n++] = (struct piece){ &m->v[i],
				    &x->block[p->first + b] };
		}
}

int
lines_read(const struct shuffle_maps *m, const uint32_t *part, int npart,
    int fd, int threads, struct err *e)
{
	struct reading r = { .fd = fd };

	for (int i = 0; i < m->n; i++)
		if (m->v[i].index.kind != SHUFFLE_LINES)
			return err_user(e, EXIT_DATA, "\"%s\" holds columns of "
			    "a plan, not lines", m->v[i].path);
	list_pieces(&r, m, part, npart);
	fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);    /* only if it is a pipe */
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.turned, NULL);
	run(&r, threads_for(&r, threads));
	pthread_cond_destroy(&r.turned);
	pthread_mutex_destroy(&r.lock);
	free(r.piece);
	if (r.failed)
		*e = r.err;
	return r.failed ? e->kind : 0;
}

static int
one_range(const char *s, uint32_t npart, long long *lo, long long *hi,
    struct err *e)
{
	char low[24] = "";
	const char *dash = strchr(s, '-');

	if (dash == NULL) {
		TRY(opt_number(s, 0, (long long)npart - 1, lo, e));
		*hi = *lo;
		return 0;
	}
	if ((size_t)(dash - s) < sizeof low)
		memcpy(low, s, (size_t)(dash - s));
	TRY(opt_number(low, 0, (long long)npart - 1, lo, e));
	return opt_number(dash + 1, *lo, (long long)npart - 1, hi, e);
}

int
lines_parts(struct arena *a, const char *list, uint32_t npart,
    uint32_t **part, struct err *e)
{
	char *s = arena_strdup(a, list);
	int n = 0, cap = 0;

	*part = NULL;
	for (char *next; s; s = next) {
		long long lo, hi;

		next = strchr(s, ',');
		if (next)
			*next++ = '\0';
		if (one_range(s, npart, &lo, &hi, e) < 0)
			return err_ctx(e, "partitions \"%s\"", list);
		for (; lo <= hi; lo++) {
			ARENA_GROW(a, *part, n, cap);
			(*part)[n++] = (uint32_t)lo;
		}
	}
	return n;
}
