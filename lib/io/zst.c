/*
 * zst -- see zst.h.
 */
#include "io/zst.h"

#include <pthread.h>
#include <zstd.h>

static pthread_key_t pack_key, unpack_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
free_pack(void *p)
{
	ZSTD_freeCCtx(p);
}

static void
free_unpack(void *p)
{
	ZSTD_freeDCtx(p);
}

static void
make_keys(void)
{
	pthread_key_create(&pack_key, free_pack);
	pthread_key_create(&unpack_key, free_unpack);
}

size_t
zst_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

size_t
zst_pack(char *to, size_t cap, const char *p, size_t n)
{
	ZSTD_CCtx *c;
	size_t r;

	pthread_once(&once, make_keys);
	c = pthread_getspecific(pack_key);
	if (c == NULL) {
		c = ZSTD_createCCtx();
		pthread_setspecific(pack_key, c);
	}
	if (c == NULL)
		return 0;
	r = ZSTD_compressCCtx(c, to, cap, p, n, 1);
	return ZSTD_isError(r) || r >= n ? 0 : r;
}

int
zst_unpack(char *to, size_t n, const char *p, size_t stored)
{
	ZSTD_DCtx *d;
	size_t r;

	pthread_once(&once, make_keys);
	d = pthread_getspecific(unpack_key);
	if (d == NULL) {
		d = ZSTD_createDCtx();
		pthread_setspecific(unpack_key, d);
	}
	if (d == NULL)
		return 0;
	r = ZSTD_decompressDCtx(d, to, n, p, stored);
	return !ZSTD_isError(r) && r == n;
}
