/*
 * bigmem -- see bigmem.h.
 */
#include "base/bigmem.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/arena.h"

#define HUGE ((size_t)2 << 20)

static size_t
whole(size_t n)
{
	return (n + HUGE - 1) & ~(HUGE - 1);
}

void *
bigmem_alloc(size_t n)
{
	char *p, *at;
	size_t size = whole(n);

	if (n < HUGE)
		return xcalloc(1, n);
	p = mmap(NULL, size + HUGE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return xcalloc(SIZE_MAX, n);    /* ends the process */
	at = (char *)(((uintptr_t)p + HUGE - 1) & ~(uintptr_t)(HUGE - 1));
	if (at > p)
		munmap(p, (size_t)(at - p));
	if (p + HUGE > at)
		munmap(at + size, (size_t)(p + HUGE - at));
	madvise(at, size, MADV_HUGEPAGE);
	return at;
}

void
bigmem_free(void *p, size_t n)
{
	if (n < HUGE)
		free(p);
	else if (p)
		munmap(p, whole(n));
}
