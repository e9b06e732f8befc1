/*
 * arena -- memory that dies all at once.
 *
 * For things of one lifetime (process, job, task, batch) that do not grow
 * with the data; those take from a pool first (base/pool.h).  Nothing is
 * freed one by one.  When the machine has no memory left the process ends
 * with EXIT_OSERR.  Not thread-safe: one arena belongs to one thread.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *top;        /* newest block, or NULL */
	char  *at, *end;                /* free part of it */
	size_t size;                    /* bytes held in all blocks */
	size_t chunk;                   /* size of the next block */
};

/* A zeroed struct arena is valid too. */
void arena_init(struct arena *a);

/* Frees everything.  The arena may be used again. */
void arena_release(struct arena *a);

/* Forgets everything but keeps the largest block for reuse. */
void arena_reset(struct arena *a);

/* n bytes, aligned to 16, zeroed / not zeroed.  Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_raw(struct arena *a, size_t n);

/* n bytes without alignment, not zeroed: for string bytes. */
char *arena_bytes(struct arena *a, size_t n);

char *arena_strdup(struct arena *a, const char *s);
char *arena_memdup(struct arena *a, const void *p, size_t n); /* and a NUL */
char *arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#define NEW(a, type)            ((type *)arena_alloc((a), sizeof(type)))
#define NEW_N(a, type, n)       ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* Makes room for one more item in an arena array: v pointer, n used, cap. */
#define ARENA_GROW(a, v, n, cap) do {                                   \
	if ((n) == (cap)) {                                             \
		(cap) = (cap) ? 2 * (cap) : 8;                          \
		(v) = arena_regrow((a), (v), (size_t)(n) * sizeof *(v), \
		    (size_t)(cap) * sizeof *(v));                       \
	}                                                               \
} while (0)
void *arena_regrow(struct arena *a, const void *old, size_t used, size_t n);

/* malloc family that ends the process with EXIT_OSERR instead of NULL. */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);

#endif
