/*
 * framer -- frames out of bytes as they come: a buffer and where it stands.
 *
 * Pure: the caller reads into framer_room, says how much it was, and takes
 * frames until there are no more.  Many small frames come out of one read;
 * for a large one the buffer gets exactly the size of the frame, so that its
 * body is read to where it stays.  The length is checked against max before
 * anything is allocated for it.
 */
#ifndef NET_FRAMER_H
#define NET_FRAMER_H

#include <stddef.h>

struct err;

enum { FRAMER_READ = 64 << 10 };        /* the least that is read at once */

struct framer {
	char  *p;               /* owned */
	size_t at, end, cap;    /* bytes [at, end) are not taken yet */
	size_t need;            /* bytes of the frame at at; 0: not known */
	size_t max;             /* of a body */
	int    idle;            /* reads in a row that needed little of cap */
};

void framer_init(struct framer *f, size_t max);
void framer_release(struct framer *f);

/* Where the next bytes go, and at most how many.  Never 0.  Frames taken
 * before are gone. */
char *framer_room(struct framer *f, size_t *n);
void framer_added(struct framer *f, size_t n);

/* Returns 1 and a frame, a view; 0: more bytes are needed; < 0: too long
 * (EXIT_PROTOCOL). */
int framer_next(struct framer *f, int *type, const char **body, size_t *n,
    struct err *e);

/* Gives the buffer back if nothing is in it and it has the usual size. */
void framer_rest(struct framer *f);

/* Bytes of a frame that has not come whole: at the end of the stream this
 * must be 0. */
static inline size_t
framer_left(const struct framer *f)
{
	return f->end - f->at;
}

#endif
