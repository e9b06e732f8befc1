/*
 * packer -- blocks of a map file made smaller on their way out.
 *
 * The file keeps them as they are.  A block is checked against the index
 * before it is packed, so damage of the disk is not signed anew.
 */
#ifndef TRANSFER_PACKER_H
#define TRANSFER_PACKER_H

#include <stdint.h>

#include "base/text.h"
#include "store/blockfile.h"

struct err;
struct map_file;

struct packer {                         /* all 0 at first */
	struct block *block;            /* n of them, packed one behind the */
	int n, cap;                     /* other in bytes; at: from 0 */
	struct text bytes;
	struct text file;               /* as they lie */
};

/* Packs blocks [*first, last) of the index, about a MB of them, and moves
 * *first.  Returns their number; 0: the next is too large to be packed.
 * ERR_LOST when one is damaged. */
int  packer_fill(struct packer *p, const struct map_file *f, uint64_t *first,
    uint64_t last, struct err *e);
void packer_clear(struct packer *p);
void packer_release(struct packer *p);

#endif
