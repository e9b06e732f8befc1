/*
 * blockfile -- blocks of bytes in an unlinked scratch file, each compressed
 * (zstd level 1 when that makes it smaller) and guarded by XXH3-64.
 *
 * Nothing is left behind when the process dies.  A block that does not read
 * back as it was written gives ERR_LOST, never wrong bytes.
 */
#ifndef STORE_BLOCKFILE_H
#define STORE_BLOCKFILE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct blockfile;
struct err;

struct block {
	int64_t  at;                    /* offset in the file */
	uint32_t raw, stored;           /* bytes before and after zstd */
	uint64_t sum;                   /* of the stored bytes */
};

int  blockfile_new(struct blockfile **out, const char *dir, struct err *e);
int  blockfile_put(struct blockfile *f, const char *p, size_t n,
    struct block *out, struct err *e);
/* *p: b->raw bytes in the arena.  Thread-safe. */
int  blockfile_get(const struct blockfile *f, const struct block *b,
    struct arena *a, const char **p, struct err *e);
int64_t blockfile_size(const struct blockfile *f);
void blockfile_close(struct blockfile *f);      /* NULL is fine */

#endif
