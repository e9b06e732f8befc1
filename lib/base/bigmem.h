/*
 * bigmem -- large memory in huge pages: random access to many megabytes
 * costs half as much when the TLB covers it.
 */
#ifndef BASE_BIGMEM_H
#define BASE_BIGMEM_H

#include <stddef.h>

/* n zeroed bytes, aligned to 2 MiB when n is at least that much.  Ends the
 * process with EXIT_OSERR when there is no memory. */
void *bigmem_alloc(size_t n);
void bigmem_free(void *p, size_t n);    /* n as it was; NULL is fine */

#endif
