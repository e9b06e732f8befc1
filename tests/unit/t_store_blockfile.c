/*
 * t_store_blockfile -- blocks come back as they were put, and not at all
 * when a byte of them has changed.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "io/fd.h"
#include "store/blockfile.h"
#include "tap.h"

static uint64_t state = 1;

static uint32_t
any(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Bytes that zstd can shrink, or cannot. */
static char *
some_bytes(size_t n, int random)
{
	char *p = xmalloc(n + 1);

	for (size_t i = 0; i < n; i++)
		p[i] = (char)(random ? (int)any(256) : "abcabd"[i % 6]);
	return p;
}

static void
one_block(size_t n, int random, enum block_how how)
{
	char *p = some_bytes(n, random), *to = xmalloc(block_bound(n));
	char *out = xmalloc(n + 1);
	struct block b = { .part = 7, .rows = 3 };
	struct err e = { 0 };
	const char *back;
	size_t size = block_pack(to, p, n, how, &b);

	ok(size == BLOCK_HEAD + (size_t)b.stored && size <= block_bound(n) &&
	    b.raw == n && b.stored <= n && b.part == 7 && b.rows == 3 &&
	    (how == BLOCK_ZSTD || b.stored == n),
	    "%zu bytes, %s, %s: sizes", n, random ? "random" : "regular",
	    how == BLOCK_ZSTD ? "zstd" : "raw");
	ok(b.sum == hash_sum(to + BLOCK_HEAD, b.stored), "its sum");
	ok(block_unpack(&b, to, out, &back, &e) == 0 &&
	    memcmp(back, p, n) == 0, "comes back");
	free(p);
	free(to);
	free(out);
}

static void
in_place(void)
{
	char *to = some_bytes(BLOCK_HEAD + 1000, 1), *copy = xmalloc(1000);
	struct block b = { .rows = 1 };
	struct err e = { 0 };
	const char *back;

	memcpy(copy, to + BLOCK_HEAD, 1000);
	block_pack(to, to + BLOCK_HEAD, 1000, BLOCK_RAW, &b);
	ok(block_unpack(&b, to, NULL, &back, &e) == 0 &&
	    back == to + BLOCK_HEAD && memcmp(back, copy, 1000) == 0,
	    "a raw block that is in its place stays there");
	free(to);
	free(copy);
}

/* Every bit of a block, every field of what is known of it. */
static void
damage(enum block_how how)
{
	size_t n = 600, size;
	char *p = some_bytes(n, 0), *to = xmalloc(block_bound(n));
	char *out = xmalloc(n);
	struct block b = { .at = 4711, .part = 2, .rows = 9 };
	const char *back;
	int missed = 0, wrong_kind = 0;

	size = block_pack(to, p, n, how, &b);
	for (size_t i = 0; i < 8 * size; i++) {
		struct err e = { 0 };

		to[i / 8] ^= (char)(1 << i % 8);
		missed += block_unpack(&b, to, out, &back, &e) == 0;
		wrong_kind += e.kind != ERR_LOST || e.code != EXIT_DATA ||
		    strstr(e.text, "at byte 4711") == NULL;
		to[i / 8] ^= (char)(1 << i % 8);
	}
	is_int(missed, 0, "no flipped bit is missed");
	is_int(wrong_kind, 0, "each is ERR_LOST with its place");
	for (int i = 0; i < 5; i++) {
		struct block other = b;
		struct err e = { 0 };

		other.part += i == 0;
		other.rows += i == 1;
		other.raw += i == 2;
		other.stored -= i == 3;
		other.sum ^= i == 4;
		ok(block_unpack(&other, to, out, &back, &e) == ERR_LOST,
		    "what is known of it differs, %d", i);
	}
	free(p);
	free(to);
	free(out);
}

static void
a_file(void)
{
	enum { N = 200 };
	struct blockfile *f;
	struct block b[N];
	char *p[N];
	struct arena a = { 0 };
	struct err e = { 0 };
	int64_t size = 0;
	int bad = 0;

	ok(blockfile_new(&f, "/tmp", &e) == 0, "a file: %s", e.text);
	for (int i = 0; i < N; i++) {
		size_t n = 1 + any(i % 10 ? 300 : 300000);

		p[i] = some_bytes(n, i & 1);
		b[i] = (struct block){ .part = (uint32_t)i, .rows = 1,
		    .raw = (uint32_t)n };
		bad += blockfile_put(f, p[i], n, &b[i], &e) < 0 ||
		    b[i].at != size || b[i].raw != n;
		size += BLOCK_HEAD + (int64_t)b[i].stored;
	}
	is_int(bad, 0, "blocks are put one behind the other");
	is_int(blockfile_size(f), size, "its size");
	for (int i = N; i-- > 0;) {
		const char *back;

		bad += blockfile_get(f, &b[i], &a, &back, &e) < 0 ||
		    memcmp(back, p[i], b[i].raw) != 0;
		free(p[i]);
	}
	is_int(bad, 0, "and got from the last to the first");
	ok(blockfile_put(f, "", 0, &b[0], &e) == ERR_BUG,
	    "an empty block is a mistake");
	is_int(blockfile_size(f), size, "which changes nothing");
	blockfile_close(f);
	blockfile_close(NULL);
	arena_release(&a);
}

static void
errors(void)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	char buf[4096], data[100] = "x";
	struct block b = { .rows = 1 };
	struct blockfile *f = (struct blockfile *)buf;
	struct arena a = { 0 };
	struct err e = { 0 };
	const char *p;
	size_t n = block_pack(buf, data, sizeof data, BLOCK_RAW, &b);

	ok(fd_write_at(fd, buf, n, 10, "spill.write") == 0, "a block is written");
	b.at = 10;
	ok(block_read(fd, &b, &a, &p, &e) == 0 && *p == 'x', "and read");
	for (off_t size = 10; size < 10 + (off_t)n; size += 33) {
		e = (struct err){ 0 };
		(void)!ftruncate(fd, size);
		ok(block_read(fd, &b, &a, &p, &e) == ERR_LOST &&
		    strstr(e.text, "the file ends in it"),
		    "not when the file ends after %lld", (long long)size);
	}
	close(fd);
	e = (struct err){ 0 };
	ok(block_read(-1, &b, &a, &p, &e) == ERR_TEMP && e.code == EXIT_IO,
	    "a read that fails: %s", e.text);
	ok(fd_write_at(-1, buf, n, 0, NULL) == -1, "a write that fails");
	e = (struct err){ 0 };
	ok(blockfile_new(&f, "/nonexistent", &e) < 0 && f == NULL,
	    "no folder: %s", e.text);
	arena_release(&a);
}

int
main(void)
{
	static const size_t size[] = { 1, 31, 64, 1000, 65536, 1 << 20 };

	for (size_t i = 0; i < sizeof size / sizeof *size; i++)
		for (int k = 0; k < 4; k++)
			one_block(size[i], k & 1,
			    k & 2 ? BLOCK_ZSTD : BLOCK_RAW);
	in_place();
	damage(BLOCK_RAW);
	damage(BLOCK_ZSTD);
	a_file();
	errors();
	return done_testing();
}
