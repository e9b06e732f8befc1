/*
 * arena -- see arena.h.  Blocks double from 4 KiB to 1 MiB; a request that
 * is larger gets a block of its own.
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define CHUNK_MIN ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)

struct arena_block {
	struct arena_block *next;
	size_t size;
} __attribute__((aligned(16)));

static void __attribute__((noreturn))
out_of_memory(void)
{
	static const char msg[] = "sp: out of memory\n";

	if (write(2, msg, sizeof msg - 1) < 0)
		_exit(EXIT_OSERR);
	_exit(EXIT_OSERR);
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *
xrealloc(void *old, size_t n)
{
	void *p = realloc(old, n ? n : 1);

	if (p == NULL)
		out_of_memory();
	return p;
}

void
arena_init(struct arena *a)
{
	memset(a, 0, sizeof *a);
}

void
arena_release(struct arena *a)
{
	struct arena_block *b = a->top, *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof *a);
}

void
arena_reset(struct arena *a)
{
	struct arena_block *b, *next, *keep = a->top;

	if (keep == NULL)
		return;
	for (b = a->top; b != NULL; b = b->next)
		if (b->size > keep->size)
			keep = b;
	for (b = a->top; b != NULL; b = next) {
		next = b->next;
		if (b != keep)
			free(b);
	}
	keep->next = NULL;
	a->top = keep;
	a->size = keep->size;
	a->at = (char *)(keep + 1);
	a->end = (char *)keep + keep->size;
}

static char *
arena_grow(struct arena *a, size_t n)
{
	size_t size = a->chunk ? a->chunk : CHUNK_MIN;
	struct arena_block *b;

	if (n > SIZE_MAX / 2)
		out_of_memory();
	if (size < n + sizeof *b)
		size = n + sizeof *b;
	a->chunk = size < CHUNK_MAX / 2 ? size * 2 : CHUNK_MAX;
	b = xmalloc(size);
	b->size = size;
	b->next = a->top;
	a->top = b;
	a->size += size;
	a->at = (char *)(b + 1);
	a->end = (char *)b + size;
	return a->at;
}

char *
arena_bytes(struct arena *a, size_t n)
{
	char *p = a->at;

	if ((size_t)(a->end - a->at) < n || p == NULL)
		p = arena_grow(a, n);
	a->at = p + n;
	return p;
}

void *
arena_raw(struct arena *a, size_t n)
{
	size_t pad = -(uintptr_t)a->at & 15;
	char *p;

	if (a->at != NULL && (size_t)(a->end - a->at) >= n + pad) {
		p = a->at + pad;
		a->at = p + n;
		return p;
	}
	p = arena_grow(a, n);
	a->at = p + n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	return memset(arena_raw(a, n), 0, n);
}

void *
arena_regrow(struct arena *a, const void *old, size_t used, size_t n)
{
	void *p = arena_alloc(a, n);

	if (used)
		memcpy(p, old, used);
	return p;
}

char *
arena_memdup(struct arena *a, const void *p, size_t n)
{
	char *q = arena_bytes(a, n + 1);

	if (n)
		memcpy(q, p, n);
	q[n] = '\0';
	return q;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_bytes(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}
