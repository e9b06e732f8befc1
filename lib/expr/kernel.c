/*
 * kernel -- what kernels call to set odd rows of their result.
 */
#include "expr/kernel.h"

#include "base/arena.h"

void
kernel_null(struct kernel_call *k, int i)
{
	if (k->out->valid == NULL) {
		k->out->valid = arena_raw(k->heap, BITS_BYTES(k->n));
		bits_fill(k->out->valid, k->n);
	}
	bit_clear(k->out->valid, i);
}

void
kernel_bytes(struct kernel_call *k, int i, const char *p, size_t n)
{
	struct sview *v = k->out->data;
	char *to;

	if (n > SVIEW_INLINE) {
		to = arena_bytes(k->heap, n);
		memcpy(to, p, n);
		p = to;
	}
	v[i] = sview_of(n ? p : "", n);
}
