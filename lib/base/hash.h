/*
 * hash -- hashing for tables and partitions, and checksums.
 *
 * Values of hash_* are part of no file format except hash_sum (XXH3-64),
 * which guards every block that leaves the process.  A partition is chosen
 * by the high bits of a hash, a table slot by the low ones.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3-64 of n bytes (xxhash 0.8). */
uint64_t hash_sum(const void *p, size_t n);

/* XXH3-128: for names that stand for contents. */
void hash_sum128(const void *p, size_t n, uint64_t out[2]);

/* XXH3-64 over bytes that come piece by piece. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_add(struct hash_stream *h, const void *p, size_t n);
uint64_t hash_stream_sum(const struct hash_stream *h);
void hash_stream_free(struct hash_stream *h);

/* Mixes one 64-bit word well (the finaliser of MurmurHash3 by Appleby). */
static inline uint64_t
hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdu;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53u;
	x ^= x >> 33;
	return x;
}

/* Folds the hash of one more column into h; not commutative. */
static inline uint64_t
hash_combine(uint64_t h, uint64_t x)
{
	return hash_u64(h * 0x9e3779b97f4a7c15u + x);
}

/* Maps a hash to [0, n) by its high bits (Lemire's multiply-shift). */
static inline uint32_t
hash_part(uint64_t h, uint32_t n)
{
	return (uint32_t)(((h >> 32) * n) >> 32);
}

#endif
