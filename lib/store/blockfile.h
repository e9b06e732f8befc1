/*
 * blockfile -- blocks of bytes one after the other, each compressed (zstd
 * level 1, when asked for and when that makes it smaller) and guarded by
 * XXH3-64: the data files of shuffles (sp-shuffle(5)) and of spills.
 *
 * A block is a head of BLOCK_HEAD bytes and the stored bytes.  The same
 * facts stand in an index (store/shuffle.h) or in memory; a block that
 * differs from them in one bit gives ERR_LOST, never wrong bytes.  The files
 * made here are unlinked: nothing is left behind when the process dies.
 */
#ifndef STORE_BLOCKFILE_H
#define STORE_BLOCKFILE_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct blockfile;
struct err;

struct block {
	int64_t  at;                    /* of its head in the file */
	uint64_t sum;                   /* of the stored bytes */
	uint32_t raw, stored;           /* bytes before and after zstd */
	uint32_t part, rows;            /* what the writer says is in it */
};

enum {
	BLOCK_HEAD = 32,
	BLOCK_MAX = 1 << 30             /* raw bytes of one block */
};

enum block_how { BLOCK_RAW, BLOCK_ZSTD };

/* Bytes that block_pack may write for n raw ones, head included. */
size_t block_bound(size_t n);

/* Writes head and payload of p[0..n) to to; sets raw, stored and sum of b,
 * whose part and rows are given, and returns the bytes written.  The payload
 * may already be at to + BLOCK_HEAD when it stays raw (p is that place). */
size_t block_pack(char *to, const char *p, size_t n, enum block_how how,
    struct block *b);

/* Checks the head and the BLOCK_HEAD + b->stored bytes at in; *p are the
 * b->raw bytes: inside of in, or unpacked to out, which has room for them. */
int block_unpack(const struct block *b, const char *in, char *out,
    const char **p, struct err *e);

/* What the head at in says of its block; at stays. */
void block_of_head(struct block *b, const char *in);

/* Are these its BLOCK_HEAD + b->stored bytes?  0 or ERR_LOST. */
int block_check(const struct block *b, const char *in, struct err *e);

/* Reads and checks a block of an open file: *p in the arena.  Thread-safe as
 * long as the arena is the caller's. */
int block_read(int fd, const struct block *b, struct arena *a,
    const char **p, struct err *e);

/* Reads n bytes from the block's place on: of it and of blocks that follow
 * it, unchecked.  Passes the fault point "spill.read". */
int block_read_bytes(int fd, const struct block *b, char *to, size_t n,
    struct err *e);

/* Appends to an unlinked file in dir. */
int  blockfile_new(struct blockfile **out, const char *dir, struct err *e);
/* part and rows of *b are given; gets the others. */
int  blockfile_put(struct blockfile *f, const char *p, size_t n,
    struct block *b, struct err *e);
/* The same for one that is packed already: only b->at changes. */
int  blockfile_put_packed(struct blockfile *f, const char *packed,
    struct block *b, struct err *e);
/* Its BLOCK_HEAD + b->stored bytes, unchecked. */
int  blockfile_get_packed(const struct blockfile *f, const struct block *b,
    char *to, struct err *e);
int  blockfile_get(const struct blockfile *f, const struct block *b,
    struct arena *a, const char **p, struct err *e);
int64_t blockfile_size(const struct blockfile *f);
void blockfile_close(struct blockfile *f);      /* NULL is fine */

#endif
