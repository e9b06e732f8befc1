/*
 * fuzz_map_file -- the file that a map task published may have any bytes: it
 * is opened or refused, and what its index names can be read or is refused.
 *
 * The last bytes of an input are replaced by a tail that fits when its first
 * byte is odd: few random files have one.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/blockfile.h"
#include "store/map_file.h"

enum { MAP = 0, ATTEMPT = 1, BLOCKS_MAX = 64 };

static char dir[] = "/tmp/fuzz-map.XXXXXX";

static void
remove_dir(void)
{
	rmdir(dir);
}

static void
read_blocks(const struct map_file *f)
{
	struct arena a = { 0 };
	uint64_t first = 0;
	int64_t n = map_file_blocks(f, 0, (int)f->index.npart, &first);

	assert(n >= 0 && (uint64_t)n <= f->index.nblock);
	for (int64_t i = 0; i < n && i < BLOCKS_MAX; i++) {
		const struct block *b = &f->index.block[first + (uint64_t)i];
		const char *p;
		struct err e = { 0 };

		assert(b->at >= 0 && (uint64_t)b->at < f->index.size);
		if (b->raw < 1 << 20)
			(void)block_read(f->fd, b, &a, &p, &e);
		arena_reset(&a);
	}
	assert(map_file_blocks(f, 0, (int)f->index.npart + 1, &first) < 0);
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *prefix, *path;
	static struct arena names;
	struct map_file f;
	struct err e = { 0 };
	uint64_t index;
	FILE *out;

	if (size < 1)
		return -1;
	if (prefix == NULL) {
		if (mkdtemp(dir) == NULL)
			return -1;
		atexit(remove_dir);
		prefix = map_file_prefix(&names, dir, 1, 2);
		path = map_file_path(&names, prefix, MAP, ATTEMPT);
	}
	out = fopen(path, "wb");
	if (out == NULL)
		return -1;
	fwrite(data + 1, 1, size - 1, out);
	/* Half of the byte is the share of the file that is its index. */
	index = (size - 1) * (data[0] >> 1) / 127;
	if (data[0] & 1) {
		fwrite(&index, sizeof index, 1, out);
		fwrite("spmapend", 8, 1, out);
	}
	fclose(out);
	if (map_file_open(&f, prefix, MAP, ATTEMPT, &e) == 0) {
		read_blocks(&f);
		map_file_close(&f);
	} else
		assert(e.kind == ERR_LOST && f.fd == -1);
	map_file_remove(prefix, MAP, ATTEMPT);
	return 0;
}
