/*
 * fuzz_shuffle -- an index and a data file of a shuffle: whatever they hold,
 * they are refused or give what they say, and print(parse(x)) is x.
 *
 * Bytes 0 and 1: length of the index.  Byte 2: 1 mends the sum of the index,
 * 2 the heads and sums of the blocks that it names, for no fuzzer finds
 * those.  Then the index, then the data.
 */
#include "fuzz.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/fd.h"
#include "store/shuffle_lines.h"

#define BLOCK_RAW_MAX (1 << 20)         /* more would only be slow */

static void
mend_index(char *p, size_t n)
{
	uint64_t sum;

	if (n < 8)
		return;
	sum = hash_sum(p, n - 8);
	memcpy(p + n - 8, &sum, 8);
}

/* Gives each block the head and the sum that fit its bytes. */
static void
mend_blocks(struct shuffle_index *x, char *data)
{
	for (uint64_t i = 0; i < x->nblock; i++) {
		struct block *b = &x->block[i];
		char *h = data + b->at;
		uint32_t word[6] = { 0x31427073u, b->part, b->rows, b->raw,
		    b->stored, b->stored != b->raw };

		b->sum = hash_sum(h + BLOCK_HEAD, b->stored);
		memcpy(h, word, sizeof word);
		memcpy(h + sizeof word, &b->sum, 8);
	}
}

static void
read_all(struct shuffle_maps *m, struct arena *a)
{
	struct shuffle_index *x = &m->v[0].index;
	int out = memfd_create("out", MFD_CLOEXEC), good;
	struct text report = { 0 };
	struct err e = { 0 };
	uint32_t *part;
	uint64_t raw = 0;
	char list[32];
	int n;

	snprintf(list, sizeof list, "0-%u", x->npart - 1);
	n = lines_parts(a, list, x->npart, &part, &e);
	assert(n == (int)x->npart);
	good = lines_read(m, part, n, out, 1, &e) == 0;
	assert(good || e.code == EXIT_DATA);
	for (uint32_t i = 0; i < x->npart; i++)
		raw += x->part[i].raw;
	if (good)
		assert((uint64_t)lseek(out, 0, SEEK_END) == raw);
	n = shuffle_verify(m, &report, &e);
	assert(n == (report.n > 0));
	assert(good || n == 1 || x->kind == SHUFFLE_COLUMNS);
	shuffle_stat(m, STAT_TABLE, &report);
	shuffle_stat(m, STAT_JSON, &report);
	text_release(&report);
	close(out);
}

static void
one_map(char *index, size_t nindex, char *data, size_t ndata, int mend)
{
	struct shuffle_map map = { .path = "map" };
	struct shuffle_maps m = { .n = 1, .v = &map };
	struct shuffle_index *x = &map.index;
	struct arena a = { 0 };
	struct text t = { 0 }, before = { 0 };
	struct err e = { 0 };

	if (mend & 1)
		mend_index(index, nindex);
	text_add(&before, index, nindex);
	if (shuffle_index_parse(index, nindex, x, &e) < 0) {
		assert(e.code == EXIT_DATA);
		text_release(&before);
		return;
	}
	shuffle_index_print(&t, x);
	assert(t.n == nindex && memcmp(t.p, before.p, nindex) == 0);
	text_release(&before);
	text_release(&t);
	for (uint64_t i = 0; i < x->nblock; i++)
		if (x->block[i].raw > BLOCK_RAW_MAX)
			x->size = UINT64_MAX;
	/* shuffle_open() refuses a data file of another size. */
	if (x->size == ndata) {
		if (mend & 2)
			mend_blocks(x, data);
		map.fd = memfd_create("data", MFD_CLOEXEC);
		assert(fd_write_at(map.fd, data, ndata, 0, NULL) == 0);
		read_all(&m, &a);
		close(map.fd);
	}
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	size_t nindex;
	char *copy;

	if (n < 3)
		return -1;
	nindex = (size_t)(bytes[0] | bytes[1] << 8);
	if (nindex > n - 3)
		nindex = n - 3;
	copy = xmalloc(n);
	memcpy(copy, bytes + 3, n - 3);
	one_map(copy, nindex, copy + nindex, n - 3 - nindex, bytes[2]);
	free(copy);
	return 0;
}
