/*
 * block_msg -- what is said when blocks travel: bodies of the frames 64-70.
 *
 *	ASK    u64 id, u64 directory, u64 job, u64 stage,
 *	       u64 1: lists only + 2: may be packed, u64 credit,
 *	       u64 n, n times: u64 map, u64 attempt, u64 lo, u64 hi,
 *	       u64 first, u64 count + 1 (0: all)
 *	CREDIT u64 id, u64 bytes more
 *	PART   u64 id, then pieces: u64 want, u64 listed (0, 1, 2),
 *	       [u64 n, u64 at, n times: u64 part, u64 rows, u64 raw,
 *	       u64 stored, fix64 sum], str bytes (a varint length
 *	       and so many bytes)
 *	DONE   u64 id
 *	LOST   u64 id, u64 want, cstr why
 *	SERVE  cstr application, 32 bytes key, u64 directory, cstr path
 *	SERVE_END  cstr application
 *	SERVING    u64 port
 *
 * The answer to ASK are PARTs and then DONE, or LOST when one map cannot be
 * had: then the others may be asked for again.  The first piece of a want
 * has the list of its blocks (listed 1), or of the first of them (2: another
 * list follows when their bytes have come); the bytes of the pieces are the
 * listed blocks, packed, one after the other, cut anywhere.  Wants come in
 * their order.
 *
 * Bytes of blocks are sent as far as the credit reaches, which the reader
 * renews as it takes them.  Where that is allowed and its network is slow a
 * server packs blocks with zstd; it makes their heads and sums anew after it
 * has checked the old ones.
 */
#ifndef TRANSFER_BLOCK_MSG_H
#define TRANSFER_BLOCK_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct block;
struct block_want;
struct err;
struct msg;
struct text;

enum {
	ASK_WANTS_MAX = 1 << 16,        /* of one ASK */
	PIECE_BYTES = 1 << 20,          /* of a PART, about */
};

struct block_ask {
	uint64_t id;
	int dir, job, stage;
	bool list_only, pack;
	int64_t credit;                 /* bytes of blocks */
	int n;
	struct block_want *want;        /* place is not sent */
};

void block_ask_print(struct text *to, const struct block_ask *ask);
/* Wants in the arena.  EXIT_PROTOCOL. */
int  block_ask_parse(struct block_ask *ask, const char *body, size_t n,
    struct arena *a, struct err *e);

/* Bytes of blocks that may be sent beyond those that were granted before. */
struct block_credit {
	uint64_t id;
	int64_t bytes;
};
void block_credit_print(struct text *to, const struct block_credit *c);
int  block_credit_parse(struct block_credit *c, const char *body, size_t n,
    struct err *e);

/* One piece of a PART. */
struct block_piece {
	int want;
	bool listed, more;              /* more: lists of this want follow */
	int nblock;                     /* when listed */
	struct block *block;
	const char *p;                  /* n bytes, in the body */
	size_t n;
};

void block_part_print(struct text *to, uint64_t id);
/* The piece without its bytes, of which n must follow. */
void block_piece_print(struct text *to, const struct block_piece *piece);

/* Reads the id; then pieces: 1, 0 at the end, EXIT_PROTOCOL.  Blocks in the
 * arena; they lie in one run, stored is not more than raw, sizes are what a
 * block may have. */
int  block_part_parse(struct msg *m, const char *body, size_t n, uint64_t *id,
    struct err *e);
int  block_piece_parse(struct msg *m, struct block_piece *piece,
    struct arena *a, struct err *e);

struct block_lost {
	uint64_t id;
	int want;
	const char *why;
};
void block_done_print(struct text *to, uint64_t id);
int  block_done_parse(uint64_t *id, const char *body, size_t n,
    struct err *e);
void block_lost_print(struct text *to, const struct block_lost *l);
int  block_lost_parse(struct block_lost *l, const char *body, size_t n,
    struct arena *a, struct err *e);

/* A directory whose map files an application may have. */
struct block_serve {
	const char *app;
	unsigned char key[32];
	int dir;                        /* its number, for ASK */
	const char *path;
};
void block_serve_print(struct text *to, const struct block_serve *s);
int  block_serve_parse(struct block_serve *s, const char *body, size_t n,
    struct arena *a, struct err *e);

#endif
