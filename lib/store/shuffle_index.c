/*
 * shuffle_index -- the bytes of an index file, see shuffle.h and
 * sp-shuffle(5).
 *
 * All numbers are little-endian.  A head of 64 bytes, 48 bytes a partition,
 * 40 bytes a block, XXH3-64 of all before it.  Nothing is believed before
 * the checksum fits; then every count and place is checked all the same, for
 * a file may have been made by somebody else.
 */
#include "store/shuffle.h"

#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

struct head {
	char     magic[8];
	uint32_t version, kind, npart, map;
	uint64_t nblock, size;
	uint64_t zero[3];
};

struct entry {
	uint64_t at, sum;
	uint32_t raw, stored, part, rows;
	uint64_t zero;
};

#define MAGIC "spshuff\n"
#define VERSION 1

_Static_assert(sizeof(struct head) == 64, "the head on disk");
_Static_assert(sizeof(struct entry) == 40, "a block on disk");
_Static_assert(sizeof(struct shuffle_part) == 48, "a partition on disk");
_Static_assert(sizeof(struct block) <= sizeof(struct entry), "moved down");

void
shuffle_index_print(struct text *to, const struct shuffle_index *x)
{
	struct head h = { .version = VERSION, .kind = x->kind,
	    .npart = x->npart, .map = x->map, .nblock = x->nblock,
	    .size = x->size };
	size_t from = to->n;
	uint64_t sum;

	memcpy(h.magic, MAGIC, 8);
	text_add(to, &h, sizeof h);
	text_add(to, x->part, sizeof *x->part * x->npart);
	for (uint64_t i = 0; i < x->nblock; i++) {
		const struct block *b = &x->block[i];
		struct entry t = { (uint64_t)b->at, b->sum, b->raw, b->stored,
		    b->part, b->rows, 0 };

		text_add(to, &t, sizeof t);
	}
	sum = hash_sum(to->p + from, to->n - from);
	text_add(to, &sum, sizeof sum);
}

static int
bad(struct err *e, const char *what)
{
	return err_user(e, EXIT_DATA, "the index is damaged: %s", what);
}

/* Is the table of blocks what the partitions say of it? */
static int
check_part(const struct shuffle_index *x, uint32_t p, uint64_t first,
    struct err *e)
{
	const struct shuffle_part *q = &x->part[p];
	uint64_t rows = 0, raw = 0, stored = 0;

	if (q->first != first || q->nblock > x->nblock - first)
		return bad(e, "blocks of a partition");
	for (uint64_t i = first; i < first + q->nblock; i++) {
		const struct block *b = &x->block[i];
		uint64_t size = BLOCK_HEAD + (uint64_t)b->stored;

		if (b->part != p || b->raw == 0 || b->raw > BLOCK_MAX ||
		    b->stored == 0 || b->stored > b->raw)
			return bad(e, "a block");
		if (b->at < 0 || size > x->size ||
		    (uint64_t)b->at > x->size - size)
			return bad(e, "a block lies outside of the data");
		rows += b->rows;
		raw += b->raw;
		stored += size;
	}
	if (rows != q->rows || raw != q->raw || stored != q->stored)
		return bad(e, "sums of a partition");
	return 0;
}

static int
read_head(const char *p, size_t n, struct shuffle_index *x, struct err *e)
{
	struct head h;
	uint64_t sum;

	if (n < sizeof h + sizeof sum || memcmp(p, MAGIC, 8) != 0)
		return err_user(e, EXIT_DATA, "no index of a shuffle");
	memcpy(&h, p, sizeof h);
	if (h.version != VERSION) {
		err_user(e, EXIT_DATA, "an index of version %u", h.version);
		return err_hint(e, "this program reads version %d", VERSION);
	}
	memcpy(&sum, p + n - sizeof sum, sizeof sum);
	if (hash_sum(p, n - sizeof sum) != sum)
		return bad(e, "the checksum differs");
	if (h.zero[0] | h.zero[1] | h.zero[2])
		return bad(e, "its head");
	if (h.kind != SHUFFLE_LINES && h.kind != SHUFFLE_COLUMNS)
		return bad(e, "what it holds is unknown");
	n -= sizeof h + sizeof sum;
	if (h.npart == 0 || h.npart > SHUFFLE_PARTS_MAX ||
	    h.nblock > n / sizeof(struct entry) ||
	    n != h.npart * sizeof *x->part + h.nblock * sizeof(struct entry))
		return bad(e, "its length");
	*x = (struct shuffle_index){ .kind = h.kind, .npart = h.npart,
	    .map = h.map, .nblock = h.nblock, .size = h.size };
	return 0;
}

/* An index of 1 GB is a megabyte, and read by each process that wants one
 * partition: its tables stay where they are.  Blocks are smaller in memory
 * than on disk, so they move down behind those that were read. */
int
shuffle_index_parse(char *p, size_t n, struct shuffle_index *x,
    struct err *e)
{
	uint64_t first = 0;

	TRY(read_head(p, n, x, e));
	p += sizeof(struct head);
	x->part = (struct shuffle_part *)(void *)p;
	p += sizeof *x->part * x->npart;
	x->block = (struct block *)(void *)p;
	for (uint64_t i = 0; i < x->nblock; i++) {
		struct entry t;

		memcpy(&t, p + i * sizeof t, sizeof t);
		if (t.zero)
			return bad(e, "a block");
		x->block[i] = (struct block){ (int64_t)t.at, t.sum, t.raw,
		    t.stored, t.part, t.rows };
	}
	for (uint32_t i = 0; i < x->npart; i++) {
		TRY(check_part(x, i, first, e));
		first += x->part[i].nblock;
	}
	return first == x->nblock ? 0 : bad(e, "blocks without a partition");
}
