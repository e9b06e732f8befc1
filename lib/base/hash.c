/*
 * hash -- see hash.h; XXH3 is the xxhash library, inlined.
 */
#include "base/hash.h"
#include "base/hash_wide.h"

#include <stdlib.h>

#include "base/arena.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define WIDE_MIN 512            /* bytes worth the detour */

uint64_t
hash_sum(const void *p, size_t n)
{
#if HASH_WIDE
	if (n >= WIDE_MIN && __builtin_cpu_supports("avx2"))
		return hash_sum_wide(p, n);
#endif
	return XXH3_64bits(p, n);
}

void
hash_sum128(const void *p, size_t n, uint64_t out[2])
{
	XXH128_hash_t h = XXH3_128bits(p, n);

	out[0] = h.high64;
	out[1] = h.low64;
}

struct hash_stream {
	XXH3_state_t *state;
};

struct hash_stream *
hash_stream_new(void)
{
	struct hash_stream *h = xcalloc(1, sizeof *h);

	h->state = XXH3_createState();
	XXH3_64bits_reset(h->state);
	return h;
}

void
hash_stream_add(struct hash_stream *h, const void *p, size_t n)
{
	XXH3_64bits_update(h->state, p, n);
}

uint64_t
hash_stream_sum(const struct hash_stream *h)
{
	return XXH3_64bits_digest(h->state);
}

void
hash_stream_free(struct hash_stream *h)
{
	XXH3_freeState(h->state);
	free(h);
}
