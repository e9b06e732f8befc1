/*
 * digest -- see digest.h.
 *
 * All of them cut the message into blocks, the last one padded by a 1 bit,
 * zeros and the length.  The constants of SHA-2 are the first bits of the
 * fractional parts of roots of primes; the table holds those of the cube
 * roots in 64 bits, SHA-256 uses their upper halves.
 */
#include "expr/digest.h"

#include <string.h>

static uint32_t
rol(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static uint32_t
ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static uint64_t
ror64(uint64_t x, int n)
{
	return x >> n | x << (64 - n);
}

static uint64_t
big(const uint8_t *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

/* Runs block() over the message and its padding.  size: 64 or 128 bytes a
 * block; the length in bits ends the last one, little-endian for MD5. */
enum endian { LITTLE, BIG };

static void
blocks(const uint8_t *p, size_t n, size_t size, enum endian end,
    void (*block)(void *state, const uint8_t *p), void *state)
{
	size_t tail = size / 8, left = n % size, last;
	uint8_t pad[256] = { 0 };

	for (size_t at = 0; at + size <= n; at += size)
		block(state, p + at);
	if (left)
		memcpy(pad, p + (n - left), left);
	pad[left] = 0x80;
	last = left + 1 + tail <= size ? size : 2 * size;
	for (int i = 0; i < 8; i++)
		pad[end == BIG ? last - 1 - (size_t)i : last - 8 + (size_t)i] =
		    (uint8_t)((uint64_t)n * 8 >> 8 * i);
	for (size_t at = 0; at < last; at += size)
		block(state, pad + at);
}

static const uint32_t md5_k[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a,
	0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be,
	0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
	0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
	0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
	0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
	0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
	0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
	0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
	0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void
md5_block(void *state, const uint8_t *p)
{
	static const uint8_t turn[4][4] = { { 7, 12, 17, 22 },
	    { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };
	uint32_t *h = state, a = h[0], b = h[1], c = h[2], d = h[3], w[16];

	memcpy(w, p, 64);
	for (int i = 0; i < 64; i++) {
		uint32_t f, t;
		int g, r = i / 16;

		if (r == 0) {
			f = (b & c) | (~b & d);
			g = i;
		} else if (r == 1) {
			f = (d & b) | (~d & c);
			g = (5 * i + 1) & 15;
		} else if (r == 2) {
			f = b ^ c ^ d;
			g = (3 * i + 5) & 15;
		} else {
			f = c ^ (b | ~d);
			g = 7 * i & 15;
		}
		t = d;
		d = c;
		c = b;
		b += rol(a + f + md5_k[i] + w[g], turn[r][i & 3]);
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
}

void
digest_md5(const void *p, size_t n, uint8_t out[16])
{
	uint32_t h[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };

	blocks(p, n, 64, LITTLE, md5_block, h);
	memcpy(out, h, 16);
}

static void
sha1_block(void *state, const uint8_t *p)
{
	uint32_t *h = state, a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	uint32_t w[80];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)big(p + 4 * i, 4);
	for (int i = 16; i < 80; i++)
		w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20 ? (b & c) | (~b & d)
		    : i < 40 || i >= 60 ? b ^ c ^ d
		    : (b & c) | (b & d) | (c & d);
		uint32_t k = i < 20 ? 0x5a827999 : i < 40 ? 0x6ed9eba1
		    : i < 60 ? 0x8f1bbcdc : 0xca62c1d6;
		uint32_t t = rol(a, 5) + f + e + k + w[i];

		e = d;
		d = c;
		c = rol(b, 30);
		b = a;
		a = t;
	}
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

void
digest_sha1(const void *p, size_t n, uint8_t out[20])
{
	uint32_t h[5] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
	    0xc3d2e1f0 };

	blocks(p, n, 64, BIG, sha1_block, h);
	for (int i = 0; i < 20; i++)
		out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i & 3)));
}

static const uint64_t sha2_k[80] = {
	0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f,
	0xe9b5dba58189dbbc, 0x3956c25bf348b538, 0x59f111f1b605d019,
	0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242,
	0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
	0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
	0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3,
	0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65, 0x2de92c6f592b0275,
	0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
	0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f,
	0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
	0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc,
	0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
	0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6,
	0x92722c851482353b, 0xa2bfe8a14cf10364, 0xa81a664bbc423001,
	0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
	0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
	0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99,
	0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb,
	0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc,
	0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
	0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915,
	0xc67178f2e372532b, 0xca273eceea26619c, 0xd186b8c721c0c207,
	0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba,
	0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
	0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
	0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a,
	0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static void
sha256_block(void *state, const uint8_t *p)
{
	uint32_t *h = state, v[8], w[64];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)big(p + 4 * i, 4);
	for (int i = 16; i < 64; i++) {
		uint32_t x = w[i - 15], y = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		    (ror(x, 7) ^ ror(x, 18) ^ x >> 3) +
		    (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 64; i++) {
		uint32_t a = v[0], e = v[4];
		uint32_t t = v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) +
		    ((e & v[5]) ^ (~e & v[6])) + (uint32_t)(sha2_k[i] >> 32) +
		    w[i];
		uint32_t u = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) +
		    ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + u;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

static void
sha512_block(void *state, const uint8_t *p)
{
	uint64_t *h = state, v[8], w[80];

	for (int i = 0; i < 16; i++)
		w[i] = big(p + 8 * i, 8);
	for (int i = 16; i < 80; i++) {
		uint64_t x = w[i - 15], y = w[i - 2];

		w[i] = w[i - 16] + w[i - 7] +
		    (ror64(x, 1) ^ ror64(x, 8) ^ x >> 7) +
		    (ror64(y, 19) ^ ror64(y, 61) ^ y >> 6);
	}
	memcpy(v, h, sizeof v);
	for (int i = 0; i < 80; i++) {
		uint64_t a = v[0], e = v[4];
		uint64_t t = v[7] +
		    (ror64(e, 14) ^ ror64(e, 18) ^ ror64(e, 41)) +
		    ((e & v[5]) ^ (~e & v[6])) + sha2_k[i] + w[i];
		uint64_t u = (ror64(a, 28) ^ ror64(a, 34) ^ ror64(a, 39)) +
		    ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof *v);
		v[4] += t;
		v[0] = t + u;
	}
	for (int i = 0; i < 8; i++)
		h[i] += v[i];
}

void
digest_sha2(const void *p, size_t n, int bits, uint8_t *out)
{
	static const uint32_t start32[2][8] = {
		{ 0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939,
		  0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4 },
		{ 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
	};
	static const uint64_t start64[2][8] = {
		{ 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
		  0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
		  0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4 },
		{ 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b,
		  0xa54ff53a5f1d36f1, 0x510e527fade682d1, 0x9b05688c2b3e6c1f,
		  0x1f83d9abfb41bd6b, 0x5be0cd19137e2179 },
	};
	uint32_t h[8];
	uint64_t g[8];

	if (bits <= 256) {
		memcpy(h, start32[bits == 256], sizeof h);
		blocks(p, n, 64, BIG, sha256_block, h);
		for (int i = 0; i < bits / 8; i++)
			out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i & 3)));
	} else {
		memcpy(g, start64[bits == 512], sizeof g);
		blocks(p, n, 128, BIG, sha512_block, g);
		for (int i = 0; i < bits / 8; i++)
			out[i] = (uint8_t)(g[i / 8] >> (56 - 8 * (i & 7)));
	}
}

/* Four bits at a time: the table is small enough to be written down. */
uint32_t
digest_crc32(const void *p, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
		0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	const uint8_t *s = p;
	uint32_t c = 0xffffffff;

	for (size_t i = 0; i < n; i++) {
		c ^= s[i];
		c = table[c & 15] ^ c >> 4;
		c = table[c & 15] ^ c >> 4;
	}
	return ~c;
}
