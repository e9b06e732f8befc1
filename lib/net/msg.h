/*
 * msg -- the bodies of frames: numbers and strings, written and read.
 *
 * Numbers are LEB128 varints (signed ones zigzag), strings a varint length
 * and the bytes, C strings length + 1 (0: no string at all), fixed numbers
 * eight bytes, little end first.  Nothing is aligned and nothing has a name:
 * writer and reader agree by the protocol number in HELLO (net/proto.h).
 *
 * Writing adds to a struct text.  Reading never fails at once: a message
 * that is too short or holds what cannot be sets bad, which stays set, and
 * from then on every getter returns 0 or NULL.  So a decoder reads all its
 * fields in a row and asks msg_ended() once, before it uses any of them;
 * only counts must be checked before something is allocated for them (each
 * item takes at least one byte: msg_get_count does that).
 */
#ifndef NET_MSG_H
#define NET_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

void msg_u64(struct text *t, uint64_t v);
void msg_i64(struct text *t, int64_t v);
void msg_fix64(struct text *t, uint64_t v);
void msg_str(struct text *t, const char *p, size_t n);

/* s may be NULL, which is read as NULL again. */
void msg_cstr(struct text *t, const char *s);

struct msg {
	const char *p, *end;    /* what is not read yet; borrowed */
	bool bad;
};

void msg_init(struct msg *m, const char *p, size_t n);

uint64_t msg_get_u64(struct msg *m);
int64_t msg_get_i64(struct msg *m);
uint64_t msg_get_fix64(struct msg *m);

/* A signed number (msg_i64) within [min, max]; anything else is bad. */
int msg_get_int(struct msg *m, int min, int max);

/* An unsigned number (msg_u64) of items that follow, each of at least size
 * bytes (size >= 1); more than the message can hold is bad. */
size_t msg_get_count(struct msg *m, size_t size);

/* The same as a number of at most max; more is bad. */
int msg_get_items(struct msg *m, size_t size, int max);

/* A view into the message, not ended by a NUL; never NULL unless bad. */
const char *msg_get_str(struct msg *m, size_t *n);

/* A copy in the arena; NULL where NULL was written, or bad.  A NUL inside
 * is bad. */
const char *msg_get_cstr(struct msg *m, struct arena *a);

/* All was read, and nothing was bad. */
bool msg_ended(const struct msg *m);

/* The other side broke a rule, which it does not do unless one of us is
 * wrong: ERR_BUG with EXIT_PROTOCOL. */
int msg_wrong(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same: "the NAME message is damaged". */
int msg_damaged(const char *name, struct err *e);

#endif
