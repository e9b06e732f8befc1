/*
 * fn_hash -- digests, and the hashes hash() and xxhash64() with exactly
 * Spark's values (seed 42, argument by argument, nulls skipped).
 *
 * Spark's Murmur3 differs from the original in the tail: each of the last
 * bytes is mixed in as a word of its own.  xxhash64 is XXH64 for strings and
 * a shortened form of it for numbers.
 */
#include "expr/fn_sig.h"

#include "expr/digest.h"

enum algorithm { MURMUR3, XXHASH64 };

static uint32_t
rol32(uint32_t x, int n)
{
	return x << n | x >> (32 - n);
}

static uint64_t
rol64(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static uint32_t
murmur_mix(uint32_t h, uint32_t k)
{
	k *= 0xcc9e2d51;
	k = rol32(k, 15) * 0x1b873593;
	return rol32(h ^ k, 13) * 5 + 0xe6546b64;
}

static uint32_t
murmur_end(uint32_t h, uint32_t n)
{
	h ^= n;
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}

static uint32_t
murmur_bytes(const char *p, size_t n, uint32_t h)
{
	size_t at = 0;
	uint32_t k;

	for (; at + 4 <= n; at += 4) {
		memcpy(&k, p + at, 4);
		h = murmur_mix(h, k);
	}
	for (; at < n; at++)
		h = murmur_mix(h, (uint32_t)(int32_t)(signed char)p[at]);
	return murmur_end(h, (uint32_t)n);
}

#define X1 0x9e3779b185ebca87u
#define X2 0xc2b2ae3d27d4eb4fu
#define X3 0x165667b19e3779f9u
#define X4 0x85ebca77c2b2ae63u
#define X5 0x27d4eb2f165667c5u

static uint64_t
xx_end(uint64_t h)
{
	h ^= h >> 33;
	h *= X2;
	h ^= h >> 29;
	h *= X3;
	return h ^ h >> 32;
}

static uint64_t
xx_round(uint64_t h, uint64_t v)
{
	return rol64(h + v * X2, 31) * X1;
}

static uint64_t
word64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static uint64_t
xx_bytes(const char *p, size_t n, uint64_t seed)
{
	const char *end = p + n;
	uint64_t h = seed + X5;
	uint32_t w;

	if (n >= 32) {
		uint64_t v[4] = { seed + X1 + X2, seed + X2, seed, seed - X1 };

		for (; end - p >= 32; p += 32)
			for (int j = 0; j < 4; j++)
				v[j] = xx_round(v[j], word64(p + 8 * j));
		h = rol64(v[0], 1) + rol64(v[1], 7) + rol64(v[2], 12) +
		    rol64(v[3], 18);
		for (int j = 0; j < 4; j++)
			h = (h ^ xx_round(0, v[j])) * X1 + X4;
	}
	h += n;
	for (; end - p >= 8; p += 8)
		h = rol64(h ^ xx_round(0, word64(p)), 27) * X1 + X4;
	if (end - p >= 4) {
		memcpy(&w, p, 4);
		h = rol64(h ^ w * X1, 23) * X2 + X3;
		p += 4;
	}
	for (; p < end; p++)
		h = rol64(h ^ (unsigned char)*p * X5, 11) * X1;
	return xx_end(h);
}

static uint64_t
mix_bytes(enum algorithm g, const char *p, size_t n, uint64_t seed)
{
	return g == MURMUR3 ? murmur_bytes(p, n, (uint32_t)seed)
	    : xx_bytes(p, n, seed);
}

static uint64_t
mix_int(enum algorithm g, int32_t v, uint64_t seed)
{
	uint64_t h = seed + X5 + 4;

	if (g == MURMUR3)
		return murmur_end(murmur_mix((uint32_t)seed, (uint32_t)v), 4);
	h ^= (uint64_t)(uint32_t)v * X1;
	return xx_end(rol64(h, 23) * X2 + X3);
}

static uint64_t
mix_long(enum algorithm g, int64_t v, uint64_t seed)
{
	uint64_t h = seed + X5 + 8;

	if (g == MURMUR3) {
		uint32_t m = murmur_mix((uint32_t)seed, (uint32_t)v);

		return murmur_end(murmur_mix(m, (uint32_t)(v >> 32)), 8);
	}
	h ^= rol64((uint64_t)v * X2, 31) * X1;
	return xx_end(rol64(h, 27) * X1 + X4);
}

static uint64_t
mix_f32(enum algorithm g, float x, uint64_t seed)
{
	int32_t v;

	memcpy(&v, &x, 4);
	return mix_int(g, x == 0 ? 0 : x != x ? 0x7fc00000 : v, seed);
}

static uint64_t
mix_f64(enum algorithm g, double x, uint64_t seed)
{
	int64_t v;

	memcpy(&v, &x, 8);
	return mix_long(g, x == 0 ? 0 : x != x ? 0x7ff8000000000000 : v, seed);
}

/* As the shortest big-endian two's complement bytes (Java's BigInteger). */
static uint64_t
mix_i128(enum algorithm g, i128 v, uint64_t seed)
{
	char b[16];
	int first = 0;

	for (int i = 0; i < 16; i++)
		b[i] = (char)(v >> (120 - 8 * i));
	while (first < 15 && ((b[first] == 0 && !(b[first + 1] & 0x80)) ||
	    ((unsigned char)b[first] == 0xff && b[first + 1] & 0x80)))
		first++;
	return mix_bytes(g, b + first, (size_t)(16 - first), seed);
}

/* Folds row i into the hash; nulls change nothing. */
static uint64_t
mix(enum algorithm g, const struct column *c, int64_t i, uint64_t seed)
{
	const void *d = c->data;
	const struct sview *s;
	struct lview l;

	if (c->valid && !bit_get(c->valid, i))
		return seed;
	switch (c->type->kind) {
	case TYPE_BOOL:
	case TYPE_I8:
		return mix_int(g, ((const int8_t *)d)[i], seed);
	case TYPE_I16:
		return mix_int(g, ((const int16_t *)d)[i], seed);
	case TYPE_I32:
	case TYPE_DATE:
	case TYPE_YMI:
		return mix_int(g, ((const int32_t *)d)[i], seed);
	case TYPE_I64:
	case TYPE_TS:
	case TYPE_TSNTZ:
	case TYPE_DTI:
	case TYPE_DEC64:
		return mix_long(g, ((const int64_t *)d)[i], seed);
	case TYPE_DEC128:
		return mix_i128(g, ((const i128 *)d)[i], seed);
	case TYPE_F32:
		return mix_f32(g, ((const float *)d)[i], seed);
	case TYPE_F64:
		return mix_f64(g, ((const double *)d)[i], seed);
	case TYPE_STR:
	case TYPE_BIN:
		s = (const struct sview *)d + i;
		return mix_bytes(g, sview_ptr(s), s->len, seed);
	case TYPE_ARRAY:
		l = ((const struct lview *)d)[i];
		for (uint32_t j = 0; j < l.len; j++)
			seed = mix(g, &c->kid[0], l.off + j, seed);
		return seed;
	case TYPE_STRUCT:
		for (int f = 0; f < c->type->nfield; f++)
			seed = mix(g, &c->kid[f], i, seed);
		return seed;
	default:
		return seed;
	}
}

static int
k_hash(struct kernel_call *k, struct err *e)
{
	int32_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		uint64_t h = 42;

		for (int a = 0; a < k->narg; a++)
			h = mix(MURMUR3, &k->arg[a], col_at(&k->arg[a], i), h);
		o[i] = (int32_t)(uint32_t)h;
	}
	return 0;
}

static int
k_xxhash64(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++) {
		uint64_t h = 42;

		for (int a = 0; a < k->narg; a++)
			h = mix(XXHASH64, &k->arg[a], col_at(&k->arg[a], i), h);
		o[i] = (int64_t)h;
	}
	return 0;
}

static bool
has_map(const struct type *t)
{
	if (t->kind == TYPE_MAP)
		return true;
	for (int i = 0; i < t->nfield; i++)
		if (has_map(t->field[i].type))
			return true;
	return false;
}

static int
hash_bind(struct func_bind *b, const struct type *t, struct err *e)
{
	b->type = t;
	for (int i = 0; i < b->narg; i++)
		if (has_map(b->arg[i]->type)) {
			err_at(e, b->arg[i]->span, "%s of a map is not "
			    "defined: equal maps may differ in order",
			    b->fn->name);
			return ERR_USER;
		}
	return 0;
}

static int
bind_hash(struct func_bind *b, struct err *e)
{
	return hash_bind(b, TYPE(I32), e);
}

static int
bind_xxhash64(struct func_bind *b, struct err *e)
{
	return hash_bind(b, TYPE(I64), e);
}

static void
put_hex(struct kernel_call *k, int i, const uint8_t *d, int n)
{
	char buf[2 * DIGEST_MAX];

	for (int j = 0; j < n; j++) {
		buf[2 * j] = "0123456789abcdef"[d[j] >> 4];
		buf[2 * j + 1] = "0123456789abcdef"[d[j] & 15];
	}
	kernel_bytes(k, i, buf, 2 * (size_t)n);
}

static int
k_md5(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		uint8_t d[16];

		digest_md5(s.p, s.n, d);
		put_hex(k, i, d, 16);
	}
	return 0;
}

static int
k_sha1(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		uint8_t d[20];

		digest_sha1(s.p, s.n, d);
		put_hex(k, i, d, 20);
	}
	return 0;
}

static int
k_sha2(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int32_t bits = row_i32(k, 1, i);
		uint8_t d[DIGEST_MAX];

		bits = bits == 0 ? 256 : bits;
		if (bits != 224 && bits != 256 && bits != 384 && bits != 512) {
			kernel_null(k, i);
			continue;
		}
		digest_sha2(s.p, s.n, bits, d);
		put_hex(k, i, d, bits / 8);
	}
	return 0;
}

static int
k_crc32(struct kernel_call *k, struct err *e)
{
	int64_t *o = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		o[i] = digest_crc32(s.p, s.n);
	}
	return 0;
}

SIG(sig_b_s, "b", 's')
SIG(sig_b_l, "b", 'l')
SIG(sig_bi_s, "bi", 's')

#define C FN_CONSTS
#define ANY (FN_CONSTS | FN_CUSTOM | FN_NONNULL)
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "hash", usage, help, example }

const struct func func_hash[] = {
	ROW("md5", 1, 1, C, sig_b_s, k_md5, "md5(bin)",
	    "MD5 digest as 32 hexadecimal digits.",
	    "md5('Spark') = '8cde774d6f7333752ed72cacddb05126'"),
	ROW("sha", 1, 1, C, sig_b_s, k_sha1, "sha(bin)",
	    "The same as sha1.",
	    "sha('Spark') = '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c'"),
	ROW("sha1", 1, 1, C, sig_b_s, k_sha1, "sha1(bin)",
	    "SHA-1 digest as 40 hexadecimal digits.",
	    "sha1('Spark') = '85f5955f4b27a9a4c2aab6ffe5d7189fc298b92c'"),
	ROW("sha2", 2, 2, C | FN_NULLS, sig_bi_s, k_sha2, "sha2(bin, bits)",
	    "SHA-2 digest in hexadecimal; bits is 224, 256 (or 0), 384 or "
	    "512, else the result is null.", "sha2('Spark', 256) = "
	    "'529bc3b07127ecb7e53a4dcf1991d9152c24537d919178022b2c42657f79a26b"
	    "'"),
	ROW("crc32", 1, 1, C, sig_b_l, k_crc32, "crc32(bin)",
	    "Cyclic redundancy check.", "crc32('Spark') = 1557323817"),
	ROW("hash", 0, -1, ANY, bind_hash, k_hash, "hash(a, b, ...)",
	    "Spark's Murmur3 hash of any values as an int.",
	    "hash('Spark', 123, 2) = -1321691492"),
	ROW("xxhash64", 0, -1, ANY, bind_xxhash64, k_xxhash64,
	    "xxhash64(a, b, ...)", "XXH64 hash of any values as a bigint.",

	    "xxhash64('Spark', 123, 2) = 5602566077635097486"),
	{ 0 },
};
