/*
 * map_file -- see map_file.h.
 *
 * Blocks are made in a buffer of some MB that goes to the file whenever it
 * is full: large blocks of large partitions and the few rows of small ones
 * alike.  A small map is one open, one write and one close, and to be read
 * one open and one read: thousands of them are as fast as the file system
 * makes files.  Nothing is synced: a map can be made again.
 *
 * A map that is kept in memory has its blocks there one by one, as they are
 * made; when there is no room for one, all go to the file.
 */
#include "store/map_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "column/wire.h"
#include "io/fd.h"
#include "store/block_cache.h"
#include "store/map_image.h"

#define FLUSH_BYTES ((size_t)1 << 20)
#define GUESS_BYTES ((size_t)4 << 10)   /* index and tail of a small map */
#define MAGIC "spmapend"

struct tail {
	uint64_t index;                 /* bytes of the index before it */
	char magic[8];
};

struct map_writer {
	struct arena arena;
	const char *prefix;
	int map, attempt;
	int fd;                         /* -1: not opened yet */
	enum block_how how;
	struct shuffle_index index;
	uint64_t cap;
	int64_t at;                     /* of the buffer in the file */
	struct text buf, raw;
	struct block_cache *cache;      /* for image */
	int number;
	struct map_image *image;        /* all blocks so far, or NULL */
	bool only_image;                /* they are not in the file */
};

char *
map_file_prefix(struct arena *a, const char *dir, int job, int stage)
{
	return arena_printf(a, "%s/map-%03d-%03d-", dir, job, stage);
}

char *
map_file_path(struct arena *a, const char *prefix, int map, int attempt)
{
	return arena_printf(a, "%s%05d.%02d", prefix, map, attempt);
}

int
map_writer_new(struct map_writer **out, const char *prefix, int map,
    int attempt, int npart, bool compress, struct err *e)
{
	struct map_writer *w = xcalloc(1, sizeof *w);

	(void)e;
	*out = w;
	w->prefix = prefix;
	w->map = map;
	w->attempt = attempt;
	w->how = compress ? BLOCK_ZSTD : BLOCK_RAW;
	w->index = (struct shuffle_index){ .kind = SHUFFLE_COLUMNS,
	    .npart = (uint32_t)npart, .map = (uint32_t)map };
	w->index.part = xcalloc((size_t)npart, sizeof *w->index.part);
	w->fd = -1;
	return 0;
}

void
map_writer_keep(struct map_writer *w, struct block_cache *c, int number,
    enum map_copy copy)
{
	w->cache = c;
	w->number = number;
	w->image = map_image_new(block_cache_pool(c));
	w->only_image = copy == MAP_WITHOUT_FILE;
}

/* One of the same name is left to those who read it. */
static int
create(struct map_writer *w, struct err *e)
{
	const char *path = map_file_path(&w->arena, w->prefix, w->map, w->attempt);
	int how = O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC;

	if (fail_here("publish.open") == 0)
		w->fd = open(path, how, 0600);
	if (w->fd < 0 && errno == EEXIST && unlink(path) == 0)
		w->fd = open(path, how, 0600);
	if (w->fd >= 0)
		return 0;
	err_sys(e, "could not create \"%s\"", path);
	e->kind = ERR_TEMP;
	return ERR_TEMP;
}

static int
write_bytes(struct map_writer *w, const char *p, size_t n, struct err *e)
{
	if (w->fd < 0)
		TRY(create(w, e));
	if (fd_write_at(w->fd, p, n, w->at, "publish.write") < 0) {
		err_sys(e, "could not write the output of map %d to "
		    "\"%s...\"", w->map, w->prefix);
		e->kind = ERR_TEMP;
		return ERR_TEMP;
	}
	w->at += (int64_t)n;
	return 0;
}

static int
flush(struct map_writer *w, struct err *e)
{
	if (w->buf.n == 0)
		return 0;
	TRY(write_bytes(w, w->buf.p, w->buf.n, e));
	text_clear(&w->buf);
	return 0;
}

/* No room in memory: what is there already goes to the file. */
static int
give_up_image(struct map_writer *w, struct err *e)
{
	struct map_image *m = w->image;
	int r = 0;

	w->image = NULL;
	for (uint64_t i = 0; w->only_image && r >= 0 && i < m->index.nblock;
	    i++)
		r = write_bytes(w, m->packed[i], BLOCK_HEAD +
		    (size_t)w->index.block[i].stored, e);
	w->only_image = false;
	map_image_drop(m);
	return r;
}

/* The block whose packed bytes end the buffer. */
static int
keep_block(struct map_writer *w, size_t size, struct err *e)
{
	if (!block_cache_take(w->cache, w->number, (int64_t)size))
		return give_up_image(w, e);
	map_image_add(w->image, w->buf.p + w->buf.n - size, size);
	if (w->only_image)
		text_clear(&w->buf);
	return 0;
}

/* The block whose packed bytes end the buffer is one of the index. */
static int
add_block(struct map_writer *w, struct block *b, size_t size, uint64_t rowset,
    struct err *e)
{
	struct shuffle_index *x = &w->index;
	struct shuffle_part *p = &x->part[b->part];

	b->at = (int64_t)x->size;
	if (x->nblock == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		x->block = xrealloc(x->block, w->cap * sizeof *x->block);
	}
	x->block[x->nblock++] = *b;
	p->nblock++;
	p->rows += b->rows;
	p->raw += b->raw;
	p->stored += size;
	p->rowset += rowset;
	x->size += size;
	if (w->image)
		TRY(keep_block(w, size, e));
	return w->buf.n >= FLUSH_BYTES ? flush(w, e) : 0;
}

static int
too_large(struct err *e, size_t n)
{
	return err_user(e, EXIT_DATA, "rows of %zu bytes are too large for a "
	    "block", n);
}

/* Packs what was put into the buffer behind the room for a head. */
static int
pack_here(struct map_writer *w, size_t head, int part, int rows,
    uint64_t rowset, struct err *e)
{
	size_t n = w->buf.n - head - BLOCK_HEAD, size;
	struct block b = { .part = (uint32_t)part, .rows = (uint32_t)rows };

	if (n > BLOCK_MAX)
		return too_large(e, n);
	size = block_pack(w->buf.p + head, w->buf.p + head + BLOCK_HEAD, n,
	    BLOCK_RAW, &b);
	return add_block(w, &b, size, rowset, e);
}

int
map_writer_bytes(struct map_writer *w, int part, int rows, const char *p,
    size_t n, struct err *e)
{
	struct block b = { .part = (uint32_t)part, .rows = (uint32_t)rows };
	size_t size;
	char *to;

	if (n > BLOCK_MAX)
		return too_large(e, n);
	to = text_room(&w->buf, block_bound(n));
	size = block_pack(to, p, n, w->how, &b);
	w->buf.n += size;
	return add_block(w, &b, size, 0, e);
}

int
map_writer_put(struct map_writer *w, int part, const struct batch *b,
    uint64_t rowset, struct err *e)
{
	size_t head = w->buf.n;

	if (w->how == BLOCK_ZSTD) {
		text_clear(&w->raw);
		wire_put(&w->raw, b);
		w->index.part[part].rowset += rowset;
		return map_writer_bytes(w, part, b->n, w->raw.p, w->raw.n, e);
	}
	text_room(&w->buf, BLOCK_HEAD);
	w->buf.n += BLOCK_HEAD;
	wire_put(&w->buf, b);
	return pack_here(w, head, part, b->n, rowset, e);
}

int
map_writer_packed(struct map_writer *w, const struct block *b,
    const char *packed, uint64_t rowset, struct err *e)
{
	size_t n = BLOCK_HEAD + (size_t)b->stored;
	struct block copy = *b;

	text_add(&w->buf, packed, n);
	return add_block(w, &copy, n, rowset, e);
}

static void
set_firsts(struct shuffle_index *x)
{
	uint64_t first = 0;

	for (uint32_t p = 0; p < x->npart; p++) {
		x->part[p].first = first;
		first += x->part[p].nblock;
	}
}

/* The index and the tail go out with the last blocks. */
static int
write_index(struct map_writer *w, struct err *e)
{
	struct tail tail = { .magic = "" };
	size_t from;

	memset(text_room(&w->buf, 8), 0, 8);
	w->buf.n += -w->index.size & 7;
	from = w->buf.n;
	shuffle_index_print(&w->buf, &w->index);
	tail.index = w->buf.n - from;
	memcpy(tail.magic, MAGIC, 8);
	text_add(&w->buf, &tail, sizeof tail);
	return flush(w, e);
}

int
map_writer_commit(struct map_writer *w, int64_t *stored, struct err *e)
{
	bool bad;

	set_firsts(&w->index);
	*stored = 0;
	if (w->only_image)
		return 0;
	TRY(write_index(w, e));
	*stored = w->at;
	bad = close(w->fd) < 0 || fail_here("publish.close") < 0;
	w->fd = -1;
	if (!bad)
		return 0;
	err_sys(e, "could not close the output of map %d", w->map);
	e->kind = ERR_TEMP;
	map_file_remove(w->prefix, w->map, w->attempt);
	return ERR_TEMP;
}

struct map_image *
map_writer_image(struct map_writer *w)
{
	struct map_image *m = w->image;

	if (m == NULL)
		return NULL;
	m->index = w->index;
	w->index = (struct shuffle_index){ 0 };
	w->image = NULL;
	return m;
}

int
map_file_save(const struct map_image *m, const char *prefix, int map,
    int attempt, struct err *e)
{
	const struct shuffle_index *x = &m->index;
	struct map_writer *w;
	int64_t stored;
	int r;

	r = map_writer_new(&w, prefix, map, attempt, (int)x->npart, false, e);
	for (uint64_t i = 0; r >= 0 && i < x->nblock; i++)
		r = map_writer_packed(w, &x->block[i], m->packed[i], 0, e);
	for (uint32_t p = 0; r >= 0 && p < x->npart; p++)
		w->index.part[p].rowset = x->part[p].rowset;
	if (r >= 0)
		r = map_writer_commit(w, &stored, e);
	map_writer_free(w);
	return r;
}

void
map_writer_free(struct map_writer *w)
{
	if (w == NULL)
		return;
	map_image_drop(w->image);
	if (w->fd >= 0) {
		close(w->fd);
		map_file_remove(w->prefix, w->map, w->attempt);
	}
	text_release(&w->buf);
	text_release(&w->raw);
	free(w->index.part);
	free(w->index.block);
	arena_release(&w->arena);
	free(w);
}

/* Whatever is wrong with a map, it must be made again. */
static int
lost(struct err *e, int map)
{
	err_ctx(e, "the output of map %d is lost", map);
	e->kind = ERR_LOST;
	return ERR_LOST;
}

static int
read_all(int fd, char *to, size_t n, int64_t at)
{
	ssize_t r = fd_read_at(fd, to, n, at, "mapfile.read");

	if (r >= 0 && (size_t)r < n) {
		errno = EIO;
		return -1;
	}
	return r < 0 ? -1 : 0;
}

static int
torn(struct err *e)
{
	return err_user(e, EXIT_DATA, "it was not written to its end");
}

/* Reads the last bytes of the file, and once more when the index is longer:
 * *n bytes of it are at the front of f->bytes then. */
static int
read_index(struct map_file *f, size_t size, size_t *n, struct err *e)
{
	size_t have = size < GUESS_BYTES ? size : GUESS_BYTES;
	struct tail tail;

	f->bytes = xmalloc(have + 1);
	if (read_all(f->fd, f->bytes, have, (int64_t)(size - have)) < 0)
		return err_sys(e, "could not read it");
	if (have < sizeof tail)
		return torn(e);
	memcpy(&tail, f->bytes + have - sizeof tail, sizeof tail);
	if (memcmp(tail.magic, MAGIC, sizeof tail.magic) != 0 ||
	    tail.index > size - sizeof tail)
		return torn(e);
	*n = (size_t)tail.index;
	if (*n + sizeof tail <= have) {
		memmove(f->bytes, f->bytes + have - sizeof tail - *n, *n);
		f->bytes = xrealloc(f->bytes, *n);
		return 0;
	}
	f->bytes = xrealloc(f->bytes, *n);
	if (read_all(f->fd, f->bytes, *n,
	    (int64_t)(size - sizeof tail - *n)) < 0)
		return err_sys(e, "could not read it");
	return 0;
}

static int
open_file(struct map_file *f, const char *path, int map, struct err *e)
{
	struct stat st;
	size_t n = 0;

	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return err_sys(e, "could not open it");
	TRY(read_index(f, (size_t)st.st_size, &n, e));
	TRY(shuffle_index_parse(f->bytes, n, &f->index, e));
	if (f->index.size > (uint64_t)st.st_size ||
	    (f->index.size + 7) / 8 * 8 + n + sizeof(struct tail) !=
	    (uint64_t)st.st_size || f->index.kind != SHUFFLE_COLUMNS ||
	    f->index.map != (uint32_t)map)
		return err_user(e, EXIT_DATA, "it is not what its index says");
	return 0;
}

int
map_file_open(struct map_file *f, const char *prefix, int map, int attempt,
    struct err *e)
{
	struct arena a = { 0 };
	const char *path = map_file_path(&a, prefix, map, attempt);
	int r;

	*f = (struct map_file){ .fd = -1 };
	r = open_file(f, path, map, e);
	if (r < 0)
		err_ctx(e, "\"%s\"", path);
	arena_release(&a);
	if (r >= 0)
		return 0;
	map_file_close(f);
	return lost(e, map);
}

void
map_file_close(struct map_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->bytes);
	map_image_drop(f->image);
	f->fd = -1;
	f->bytes = NULL;
	f->image = NULL;
}

void
map_file_of_image(struct map_file *f, struct map_image *m)
{
	*f = (struct map_file){ .fd = -1, .index = m->index, .image = m };
}

int64_t
map_file_blocks(const struct map_file *f, int lo, int hi, uint64_t *first)
{
	uint64_t n = 0;

	if (lo < 0 || hi < lo || (uint32_t)hi > f->index.npart)
		return -1;
	*first = lo < hi ? f->index.part[lo].first : 0;
	for (int p = lo; p < hi; p++)
		n += f->index.part[p].nblock;
	return (int64_t)n;
}

void
map_file_remove(const char *prefix, int map, int attempt)
{
	struct arena a = { 0 };

	unlink(map_file_path(&a, prefix, map, attempt));
	arena_release(&a);
}
