/*
 * map_file -- see map_file.h.
 *
 * Blocks are made in a buffer of some MB that goes to the file whenever it
 * is full: large blocks of large partitions and the few rows of small ones
 * alike.  Nothing is synced: a map can be made again.
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

#define FLUSH_BYTES ((size_t)1 << 20)

struct map_writer {
	struct arena arena;
	const char *prefix;
	int map, attempt, fd;
	enum block_how how;
	struct shuffle_index index;
	uint64_t cap;
	int64_t at;                     /* of the buffer in the file */
	struct text buf, raw;
};

char *
map_file_prefix(struct arena *a, const char *dir, int job, int stage)
{
	return arena_printf(a, "%s/map-%03d-%03d-", dir, job, stage);
}

static char *
file_name(struct arena *a, const char *prefix, int map, int attempt,
    const char *what)
{
	return arena_printf(a, "%s%05d.%02d.%s", prefix, map, attempt, what);
}

int
map_writer_new(struct map_writer **out, const char *prefix, int map,
    int attempt, int npart, bool compress, struct err *e)
{
	struct map_writer *w = xcalloc(1, sizeof *w);
	const char *path;

	*out = w;
	w->prefix = prefix;
	w->map = map;
	w->attempt = attempt;
	w->how = compress ? BLOCK_ZSTD : BLOCK_RAW;
	w->index = (struct shuffle_index){ .kind = SHUFFLE_COLUMNS,
	    .npart = (uint32_t)npart, .map = (uint32_t)map };
	w->index.part = xcalloc((size_t)npart, sizeof *w->index.part);
	unlink(file_name(&w->arena, prefix, map, attempt, "index"));
	path = file_name(&w->arena, prefix, map, attempt, "data");
	w->fd = fail_here("publish.open") < 0 ? -1 :
	    open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
	if (w->fd >= 0)
		return 0;
	err_sys(e, "could not create \"%s\"", path);
	e->kind = ERR_TEMP;
	return ERR_TEMP;
}

static int
flush(struct map_writer *w, struct err *e)
{
	if (w->buf.n == 0)
		return 0;
	if (fail_here("publish.write") < 0 ||
	    block_write_all(w->fd, w->buf.p, w->buf.n, w->at) < 0) {
		err_sys(e, "could not write the output of map %d to "
		    "\"%s...\"", w->map, w->prefix);
		e->kind = ERR_TEMP;
		return ERR_TEMP;
	}
	w->at += (int64_t)w->buf.n;
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

/* The index under a name of its own, then under that which is looked for. */
static int
write_index(struct map_writer *w, const struct text *t, struct err *e)
{
	const char *path = file_name(&w->arena, w->prefix, w->map, w->attempt,
	    "index");
	const char *new = arena_printf(&w->arena, "%s.new", path);
	int fd = open(new, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
	int r = fd < 0 || block_write_all(fd, t->p, t->n, 0) < 0 ? -1 : 0;

	if (fd >= 0 && close(fd) < 0)
		r = -1;
	if (r == 0)
		r = fail_here("publish.rename") < 0 ? -1 : rename(new, path);
	if (r == 0)
		return 0;
	err_sys(e, "could not write \"%s\"", path);
	e->kind = ERR_TEMP;
	unlink(new);
	return ERR_TEMP;
}

int
map_writer_commit(struct map_writer *w, int64_t *stored, struct err *e)
{
	struct text t = { 0 };
	int r = flush(w, e);

	if (r < 0)
		return r;
	if (close(w->fd) < 0) {
		w->fd = -1;
		err_sys(e, "could not close the output of map %d", w->map);
		e->kind = ERR_TEMP;
		unlink(file_name(&w->arena, w->prefix, w->map, w->attempt,
		    "data"));
		return ERR_TEMP;
	}
	set_firsts(&w->index);
	shuffle_index_print(&t, &w->index);
	r = write_index(w, &t, e);
	*stored = w->at + (int64_t)t.n;
	text_release(&t);
	w->fd = -1;
	if (r < 0)
		unlink(file_name(&w->arena, w->prefix, w->map, w->attempt,
		    "data"));
	return r;
}

void
map_writer_free(struct map_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd >= 0) {
		close(w->fd);
		unlink(file_name(&w->arena, w->prefix, w->map, w->attempt,
		    "data"));
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
read_all(int fd, char *to, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t r = fail_here("mapfile.read") < 0 ? -1 :
		    read(fd, to + have, n - have);

		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return -1;
		have += (size_t)r;
	}
	return 0;
}

static int
read_index(struct map_file *f, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = -1;
	struct stat st;

	if (fd < 0)
		return err_sys(e, "could not open \"%s\"", path);
	errno = EIO;
	if (fstat(fd, &st) == 0) {
		f->bytes = xmalloc((size_t)st.st_size + 1);
		r = read_all(fd, f->bytes, (size_t)st.st_size);
	}
	if (r < 0)
		err_sys(e, "could not read \"%s\"", path);
	close(fd);
	return r < 0 ? e->kind : shuffle_index_parse(f->bytes,
	    (size_t)st.st_size, &f->index, e);
}

static int
open_data(struct map_file *f, const char *path, int map, struct err *e)
{
	struct stat st;

	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0 || fstat(f->fd, &st) < 0)
		return err_sys(e, "could not open \"%s\"", path);
	if ((uint64_t)st.st_size != f->index.size ||
	    f->index.kind != SHUFFLE_COLUMNS || f->index.map != (uint32_t)map)
		return err_user(e, EXIT_DATA, "\"%s\" is not what its index "
		    "says", path);
	return 0;
}

int
map_file_open(struct map_file *f, const char *prefix, int map, int attempt,
    struct err *e)
{
	struct arena a = { 0 };
	int r;

	*f = (struct map_file){ .fd = -1 };
	r = read_index(f, file_name(&a, prefix, map, attempt, "index"), e);
	if (r >= 0)
		r = open_data(f, file_name(&a, prefix, map, attempt, "data"),
		    map, e);
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
	f->fd = -1;
	f->bytes = NULL;
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

	unlink(file_name(&a, prefix, map, attempt, "index"));
	unlink(file_name(&a, prefix, map, attempt, "data"));
	arena_release(&a);
}
