/*
 * framer -- see framer.h.
 */
#include "net/framer.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/proto.h"

/* A buffer larger than KEEP is given back after so many reads that did not
 * need it: large frames often come in a row, with small ones in between. */
enum { KEEP = 1 << 20, KEEP_READS = 64 };

void
framer_init(struct framer *f, size_t max)
{
	*f = (struct framer){ .max = max };
}

void
framer_release(struct framer *f)
{
	free(f->p);
	*f = (struct framer){ .max = f->max };
}

void
framer_rest(struct framer *f)
{
	if (f->at == f->end && f->cap == FRAMER_READ)
		framer_release(f);
}

/* What is not taken moves to the front of a buffer of cap bytes. */
static void
framer_resize(struct framer *f, size_t cap)
{
	char *p = xmalloc(cap);

	if (f->end > f->at)
		memcpy(p, f->p + f->at, f->end - f->at);
	free(f->p);
	f->p = p;
	f->end -= f->at;
	f->at = 0;
	f->cap = cap;
}

char *
framer_room(struct framer *f, size_t *n)
{
	size_t have = f->end - f->at;
	size_t want = f->need > have ? f->need : have + have / 2 +
	    FRAMER_READ / 4;

	if (want < FRAMER_READ)
		want = FRAMER_READ;
	if (have == 0)
		f->at = f->end = 0;
	f->idle = f->cap > KEEP && want < f->cap / 4 ? f->idle + 1 : 0;
	if (want > f->cap || f->idle > KEEP_READS) {
		framer_resize(f, want);
		f->idle = 0;
	} else if (f->at && (f->at + want > f->cap ||
	    f->cap - f->end < FRAMER_READ / 4)) {
		memmove(f->p, f->p + f->at, have);
		f->at = 0;
		f->end = have;
	}
	*n = f->need > have && f->need > FRAMER_READ ?
	    f->at + f->need - f->end : f->cap - f->end;
	return f->p + f->end;
}

void
framer_added(struct framer *f, size_t n)
{
	f->end += n;
}

int
framer_next(struct framer *f, int *type, const char **body, size_t *n,
    struct err *e)
{
	size_t have = f->end - f->at;
	int64_t size;

	if (have < FRAME_HEAD) {
		f->need = 0;
		return 0;
	}
	size = frame_head(f->p + f->at, f->max, type);
	if (size < 0)
		return err_user(e, EXIT_PROTOCOL, "the other side sent a "
		    "frame that is longer than %zu bytes", f->max);
	if (have < FRAME_HEAD + (size_t)size) {
		f->need = FRAME_HEAD + (size_t)size;
		return 0;
	}
	*body = f->p + f->at + FRAME_HEAD;
	*n = (size_t)size;
	f->at += FRAME_HEAD + *n;
	f->need = 0;
	return 1;
}
