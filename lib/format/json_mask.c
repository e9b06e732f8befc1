/*
 * json_mask -- see json_mask.h.
 *
 * Classes of bytes by two table lookups in registers (pshufb), as simdjson
 * does; in plain C by a table of 256 entries.
 */
#include "format/json_mask.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/arena.h"
#include "format/bytemask.h"

#define CHUNK 16        /* words a call of the kernel */

enum { QUOTE = 1, BACKSLASH = 2, OP = 4, SPACE = 8, CONTROL = 16, HIGH = 32 };

static inline unsigned
class_of(uint8_t c)
{
	unsigned k = (c < 0x20 ? CONTROL : 0) | (c >= 0x80 ? HIGH : 0);

	switch (c) {
	case '"':
		return k | QUOTE;
	case '\\':
		return k | BACKSLASH;
	case '{': case '}': case '[': case ']': case ':': case ',':
		return k | OP;
	case ' ': case '\t': case '\n': case '\r':
		return k | SPACE;
	}
	return k;
}

static void
masks_plain(const char *p, size_t nword, struct jsonmask *to)
{
	for (; nword; nword--, p += 64, to++) {
		memset(to, 0, sizeof *to);
		for (int i = 0; i < 64; i++) {
			unsigned k = class_of((uint8_t)p[i]);

			to->quote |= (uint64_t)(k & 1) << i;
			to->backslash |= (uint64_t)(k >> 1 & 1) << i;
			to->op |= (uint64_t)(k >> 2 & 1) << i;
			to->space |= (uint64_t)(k >> 3 & 1) << i;
			to->control |= (uint64_t)(k >> 4 & 1) << i;
			to->high |= (uint64_t)(k >> 5 & 1) << i;
		}
	}
}

#if defined(__x86_64__)
/* Indexed by the low four bits: the byte itself where it is white space;
 * the byte with bit 5 set where it is an operator. */
#define SPACES ' ', 100, 100, 100, 17, 100, 113, 2, 100, '\t', '\n', 112, \
	100, '\r', 100, 100
#define OPS 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0

#define MASK2(a, b) ((uint64_t)(uint32_t)_mm256_movemask_epi8(a) | \
	(uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32)

__attribute__((target("avx2"))) static void
masks_avx2(const char *p, size_t nword, struct jsonmask *to)
{
	const __m256i spaces = _mm256_setr_epi8(SPACES, SPACES);
	const __m256i ops = _mm256_setr_epi8(OPS, OPS);
	const __m256i q = _mm256_set1_epi8('"'), b = _mm256_set1_epi8('\\');
	const __m256i bit5 = _mm256_set1_epi8(0x20);
	const __m256i top = _mm256_set1_epi8(0x1f);

	for (; nword; nword--, p += 64, to++) {
		__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)p);
		__m256i y = _mm256_loadu_si256(
		    (const __m256i *)(const void *)(p + 32));

		to->quote = MASK2(_mm256_cmpeq_epi8(x, q),
		    _mm256_cmpeq_epi8(y, q));
		to->backslash = MASK2(_mm256_cmpeq_epi8(x, b),
		    _mm256_cmpeq_epi8(y, b));
		to->space = MASK2(
		    _mm256_cmpeq_epi8(x, _mm256_shuffle_epi8(spaces, x)),
		    _mm256_cmpeq_epi8(y, _mm256_shuffle_epi8(spaces, y)));
		to->op = MASK2(
		    _mm256_cmpeq_epi8(_mm256_or_si256(x, bit5),
		    _mm256_shuffle_epi8(ops, x)),
		    _mm256_cmpeq_epi8(_mm256_or_si256(y, bit5),
		    _mm256_shuffle_epi8(ops, y)));
		to->control = MASK2(
		    _mm256_cmpeq_epi8(_mm256_min_epu8(x, top), x),
		    _mm256_cmpeq_epi8(_mm256_min_epu8(y, top), y));
		to->high = MASK2(x, y);
		to->op &= ~to->control;         /* \f and ^Z look like ops */
	}
}

__attribute__((target("avx512f,avx512bw"))) static void
masks_avx512(const char *p, size_t nword, struct jsonmask *to)
{
	const __m512i spaces = _mm512_broadcast_i32x4(_mm_setr_epi8(SPACES));
	const __m512i ops = _mm512_broadcast_i32x4(_mm_setr_epi8(OPS));
	const __m512i bit5 = _mm512_set1_epi8(0x20);

	for (; nword; nword--, p += 64, to++) {
		__m512i x = _mm512_loadu_si512((const void *)p);

		to->quote = _mm512_cmpeq_epi8_mask(x, _mm512_set1_epi8('"'));
		to->backslash = _mm512_cmpeq_epi8_mask(x,
		    _mm512_set1_epi8('\\'));
		to->space = _mm512_cmpeq_epi8_mask(x,
		    _mm512_shuffle_epi8(spaces, x));
		to->op = _mm512_cmpeq_epi8_mask(_mm512_or_si512(x, bit5),
		    _mm512_shuffle_epi8(ops, x));
		to->control = _mm512_cmplt_epu8_mask(x, bit5);
		to->high = _mm512_movepi8_mask(x);
		to->op &= ~to->control;
	}
}
#endif

jsonmask_fn *
jsonmask_level(int level, const char **name)
{
	static const char *const names[] = { "plain", "avx2", "avx512" };

	*name = level >= 0 && level < 3 ? names[level] : NULL;
	if (level == 0)
		return masks_plain;
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (level == 1 && __builtin_cpu_supports("avx2"))
		return masks_avx2;
	if (level == 2 && __builtin_cpu_supports("avx512bw"))
		return masks_avx512;
#endif
	return NULL;
}

jsonmask_fn *
jsonmask_best(void)
{
	static _Atomic(jsonmask_fn *) best;
	jsonmask_fn *f = atomic_load_explicit(&best, memory_order_relaxed);
	const char *name;

	for (int level = 2; f == NULL; level--)
		f = jsonmask_level(level, &name);
	atomic_store_explicit(&best, f, memory_order_relaxed);
	return f;
}

/* What goes from one word to the next. */
struct carry {
	uint64_t escaped;       /* 1: the first byte is escaped */
	uint64_t inside;        /* all ones: in a string */
	uint64_t scalar;        /* 1: the last byte was of a number or word */
};

/* Bytes that an odd run of backslashes precedes. */
static inline uint64_t
escaped_bytes(uint64_t backslash, uint64_t *carry)
{
	const uint64_t odd = 0xaaaaaaaaaaaaaaaau;
	uint64_t potential, maybe, even_start, sum;

	if (backslash == 0) {
		uint64_t e = *carry;

		*carry = 0;
		return e;
	}
	potential = backslash & ~*carry;
	maybe = potential << 1;
	even_start = (maybe | odd);
	sum = even_start - potential;
	sum ^= odd;
	potential = sum ^ (backslash | *carry);
	*carry = (sum & backslash) >> 63;
	return potential;
}

static void
note_wrong(struct json_skeleton *s, const char *why, size_t where)
{
	if (s->wrong)
		return;
	s->wrong = why;
	s->where = where;
}

static inline void
index_word(struct json_skeleton *s, const struct jsonmask *m, size_t base,
    uint64_t keep, struct carry *c)
{
	const uint64_t top = (uint64_t)1 << 63;
	uint64_t escaped = escaped_bytes(m->backslash & keep, &c->escaped);
	uint64_t quote = m->quote & ~escaped & keep;
	uint64_t inside = prefix_xor(quote) ^ c->inside;
	uint64_t scalar = ~(m->op | m->space);
	uint64_t bare = scalar & ~quote;
	uint64_t follows = bare << 1 | c->scalar;
	uint64_t bits = (m->op | (scalar & ~follows)) & ~(inside ^ quote) &
	    keep;
	uint32_t *to = s->at + s->n;
	size_t n = (size_t)__builtin_popcountll(bits);

	c->inside = (uint64_t)((int64_t)inside >> 63);
	c->scalar = bare >> 63;
	if (m->control & inside & keep)
		note_wrong(s, "a control character in a string", base +
		    (size_t)__builtin_ctzll(m->control & inside & keep));
	s->escapes |= (m->backslash & keep) != 0;
	s->high |= (m->high & keep) != 0;
	for (size_t k = 0; k < n; k += 8)
		for (size_t i = 0; i < 8; i++) {
			to[k + i] = (uint32_t)base +
			    (uint32_t)__builtin_ctzll(bits | top);
			bits &= bits - 1;
		}
	s->n += n;
}

static inline __attribute__((always_inline)) void
index_words(struct json_skeleton *s, const char *p, size_t len)
{
	struct carry c = { 0, 0, 0 };
	struct jsonmask m[CHUNK];

	for (size_t base = 0; base < len; ) {
		size_t nword = (len - base + 63) / 64;

		nword = nword < CHUNK ? nword : CHUNK;
		if (s->cap - s->n < 64 * nword + 64) {
			s->cap = 2 * s->cap + 64 * CHUNK + 64;
			s->at = xrealloc(s->at, s->cap * sizeof *s->at);
		}
		s->masks(p + base, nword, m);
		for (size_t i = 0; i < nword; i++, base += 64)
			index_word(s, &m[i], base, len - base < 64 ?
			    ~(uint64_t)0 >> (64 - (len - base)) :
			    ~(uint64_t)0, &c);
	}
	if (c.inside && len)
		note_wrong(s, "a string is not closed", len - 1);
}

#if defined(__x86_64__)
__attribute__((target("popcnt,bmi"))) static void
index_popcnt(struct json_skeleton *s, const char *p, size_t len)
{
	index_words(s, p, len);
}
#endif

static void
index_plain(struct json_skeleton *s, const char *p, size_t len)
{
	index_words(s, p, len);
}

void
json_skeleton(struct json_skeleton *s, const char *p, size_t len)
{
	s->n = 0;
	s->escapes = s->high = false;
	s->wrong = NULL;
	if (s->masks == NULL)
		s->masks = jsonmask_best();
#if defined(__x86_64__)
	if (s->masks != masks_plain)
		index_popcnt(s, p, len);
	else
#endif
		index_plain(s, p, len);
	if (s->cap == s->n) {
		s->cap += 64;
		s->at = xrealloc(s->at, s->cap * sizeof *s->at);
	}
	s->at[s->n] = (uint32_t)len;
}

void
json_skeleton_release(struct json_skeleton *s)
{
	free(s->at);
	s->at = NULL;
	s->n = s->cap = 0;
}
