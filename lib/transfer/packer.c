/*
 * packer -- see packer.h.
 */
#include "transfer/packer.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/map_file.h"
#include "transfer/map_cache.h"

#define FILL_BYTES ((int64_t)1 << 20)
#define LARGE_BYTES (8u << 20)

static int
add(struct packer *p, const struct block *b, const char *packed,
    struct err *e)
{
	struct block *to;
	int64_t at = (int64_t)p->bytes.n;

	TRY(block_check(b, packed, e));
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 64;
		p->block = xrealloc(p->block, (size_t)p->cap *
		    sizeof *p->block);
	}
	to = &p->block[p->n++];
	*to = *b;
	if (b->stored != b->raw)        /* it is packed already */
		text_add(&p->bytes, packed, BLOCK_HEAD + (size_t)b->stored);
	else
		p->bytes.n += block_pack(text_room(&p->bytes,
		    block_bound(b->raw)), packed + BLOCK_HEAD, b->raw,
		    BLOCK_ZSTD, to);
	to->at = at;
	return 0;
}

int
packer_fill(struct packer *p, const struct map_file *f, uint64_t *first,
    uint64_t last, struct err *e)
{
	const struct block *b = f->index.block;
	uint64_t end = *first;
	int64_t n = 0;
	size_t from = 0;

	packer_clear(p);
	for (; end < last && b[end].stored <= LARGE_BYTES && n < FILL_BYTES;
	    end++)
		n += BLOCK_HEAD + (int64_t)b[end].stored;
	if (end == *first)
		return 0;
	TRY(map_read(f, b[*first].at, text_room(&p->file, (size_t)n),
	    (size_t)n, e));
	p->file.n = (size_t)n;
	for (; *first < end; ++*first) {
		TRY(add(p, &b[*first], p->file.p + from, e));
		from += BLOCK_HEAD + (size_t)b[*first].stored;
	}
	return p->n;
}

void
packer_clear(struct packer *p)
{
	p->n = 0;
	text_clear(&p->bytes);
	text_clear(&p->file);
}

void
packer_release(struct packer *p)
{
	free(p->block);
	text_release(&p->bytes);
	text_release(&p->file);
	*p = (struct packer){ 0 };
}
