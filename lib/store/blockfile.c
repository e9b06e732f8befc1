/*
 * blockfile -- see blockfile.h.
 *
 * The head: u32 magic "spB1", u32 part, u32 rows, u32 raw, u32 stored,
 * u32 flags (1: zstd), u64 sum; little-endian.
 */
#include "store/blockfile.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/hash.h"
#include "io/fd.h"
#include "io/zst.h"

struct head {
	uint32_t magic, part, rows, raw, stored, flags;
	uint64_t sum;
};

#define MAGIC 0x31427073u       /* "spB1" */

_Static_assert(sizeof(struct head) == BLOCK_HEAD, "the head on disk");

static struct head
head_of(const struct block *b)
{
	return (struct head){ MAGIC, b->part, b->rows, b->raw, b->stored,
	    b->stored != b->raw, b->sum };
}

size_t
block_bound(size_t n)
{
	return BLOCK_HEAD + zst_bound(n);
}

size_t
block_pack(char *to, const char *p, size_t n, enum block_how how,
    struct block *b)
{
	char *data = to + BLOCK_HEAD;
	size_t stored = how == BLOCK_ZSTD ? zst_pack(data, zst_bound(n), p, n) :
	    0;
	struct head h;

	if (stored == 0) {
		stored = n;
		if (p != data)
			memcpy(data, p, n);
	}
	b->raw = (uint32_t)n;
	b->stored = (uint32_t)stored;
	b->sum = hash_sum(data, stored);
	h = head_of(b);
	memcpy(to, &h, sizeof h);
	return BLOCK_HEAD + stored;
}

static int
lost(const struct block *b, const char *what, struct err *e)
{
	err_set(e, ERR_LOST, "a stored block is damaged: %s, at byte %lld",
	    what, (long long)b->at);
	e->code = EXIT_DATA;
	return e->kind;
}

void
block_of_head(struct block *b, const char *in)
{
	struct head h;

	memcpy(&h, in, sizeof h);
	b->part = h.part;
	b->rows = h.rows;
	b->raw = h.raw;
	b->stored = h.stored;
	b->sum = h.sum;
}

int
block_check(const struct block *b, const char *in, struct err *e)
{
	struct head h = head_of(b);

	if (memcmp(in, &h, sizeof h) != 0)
		return lost(b, "another head than in the index", e);
	if (hash_sum(in + BLOCK_HEAD, b->stored) != b->sum)
		return lost(b, "the checksum differs", e);
	return 0;
}

int
block_unpack(const struct block *b, const char *in, char *out,
    const char **p, struct err *e)
{
	TRY(block_check(b, in, e));
	in += BLOCK_HEAD;
	*p = in;
	if (b->stored == b->raw)
		return 0;
	*p = out;
	return zst_unpack(out, b->raw, in, b->stored) ? 0 :
	    lost(b, "it cannot be expanded", e);
}

int
block_read_bytes(int fd, const struct block *b, char *to, size_t n,
    struct err *e)
{
	ssize_t r = fd_read_at(fd, to, n, b->at, "spill.read");

	if (r < 0)
		return err_sys(e, "could not read a stored block");
	return (size_t)r < n ? lost(b, "the file ends in it", e) : 0;
}

int
block_read(int fd, const struct block *b, struct arena *a, const char **p,
    struct err *e)
{
	size_t n = BLOCK_HEAD + (size_t)b->stored;
	char *in = arena_raw(a, n + 16);

	TRY(block_read_bytes(fd, b, in, n, e));
	if (fail_here("spill.rot") < 0)
		in[n - 1] ^= 1;
	return block_unpack(b, in, b->stored == b->raw ? NULL :
	    arena_raw(a, (size_t)b->raw + 16), p, e);
}

/* After a block that zstd did not make much smaller so many are stored as
 * they are: a disk is faster than it. */
#define RAW_BLOCKS 15

struct blockfile {
	int fd;
	int raw;                /* blocks still to be stored as they are */
	int64_t size;
	char *buf;
	size_t cap;
};

int
blockfile_new(struct blockfile **out, const char *dir, struct err *e)
{
	int fd = fail_here("spill.open") < 0 ? -1 :
	    open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	*out = NULL;
	if (fd < 0)
		return err_sys(e, "could not make a spill file in \"%s\"", dir);
	*out = xcalloc(1, sizeof **out);
	(*out)->fd = fd;
	return 0;
}

/* Head and bytes from where they are. */
static int
put_raw(struct blockfile *f, const char *p, size_t n, struct block *b)
{
	struct head h;

	f->raw--;
	b->raw = b->stored = (uint32_t)n;
	b->sum = hash_sum(p, n);
	b->at = f->size;
	h = head_of(b);
	if (fd_write_at(f->fd, (char *)&h, sizeof h, f->size,
	    "spill.write") < 0 || fd_write_at(f->fd, p, n,
	    f->size + BLOCK_HEAD, "spill.write") < 0)
		return -1;
	f->size += BLOCK_HEAD + (int64_t)n;
	return 0;
}

int
blockfile_put(struct blockfile *f, const char *p, size_t n, struct block *b,
    struct err *e)
{
	size_t bound = block_bound(n), size;

	if (n > BLOCK_MAX || n == 0)
		return err_set(e, ERR_BUG, "a block of %zu bytes", n);
	if (f->raw > 0)
		return put_raw(f, p, n, b) < 0 ? err_sys(e,
		    "could not write a spill file") : 0;
	if (f->cap < bound) {
		free(f->buf);
		f->buf = xmalloc(bound);
		f->cap = bound;
	}
	size = block_pack(f->buf, p, n, BLOCK_ZSTD, b);
	if (b->stored > n / 8 * 5)
		f->raw = RAW_BLOCKS;
	b->at = f->size;
	if (fd_write_at(f->fd, f->buf, size, f->size, "spill.write") < 0)
		return err_sys(e, "could not write a spill file");
	f->size += (int64_t)size;
	return 0;
}

int
blockfile_put_packed(struct blockfile *f, const char *packed,
    struct block *b, struct err *e)
{
	size_t n = BLOCK_HEAD + (size_t)b->stored;

	if (fd_write_at(f->fd, packed, n, f->size, "spill.write") < 0)
		return err_sys(e, "could not write a spill file");
	b->at = f->size;
	f->size += (int64_t)n;
	return 0;
}

int
blockfile_get_packed(const struct blockfile *f, const struct block *b,
    char *to, struct err *e)
{
	return block_read_bytes(f->fd, b, to, BLOCK_HEAD + (size_t)b->stored,
	    e);
}

int
blockfile_get(const struct blockfile *f, const struct block *b,
    struct arena *a, const char **p, struct err *e)
{
	return block_read(f->fd, b, a, p, e);
}

int64_t
blockfile_size(const struct blockfile *f)
{
	return f->size;
}

void
blockfile_close(struct blockfile *f)
{
	if (f == NULL)
		return;
	close(f->fd);
	free(f->buf);
	free(f);
}
