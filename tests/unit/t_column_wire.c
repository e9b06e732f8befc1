/*
 * t_column_wire -- whole numbers come back from a block whatever range they
 * are in, with and without nulls and picks; damaged blocks are noticed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/bits.h"
#include "base/err.h"
#include "base/text.h"
#include "column/wire.h"
#include "tap.h"

enum { ROWS = 1000 };

static uint64_t state = 1;

static uint64_t
next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state ^ state >> 29;
}

/* Rows around base that differ in so many low bits. */
static void
fill(void *data, int width, uint64_t base, int bits)
{
	uint64_t mask = bits == 64 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1;

	for (int i = 0; i < ROWS; i++) {
		uint64_t v = (base & ~mask) | (next() & mask);
		uint32_t low = (uint32_t)v;

		if (width == 4)
			memcpy((char *)data + 4 * i, &low, 4);
		else
			memcpy((char *)data + 8 * i, &v, 8);
	}
}

static bool
same(const struct batch *b, const struct batch *c, int width)
{
	for (int i = 0; i < b->n; i++) {
		int at = b->pick ? b->pick[i] : i;

		if (col_null(&b->col[0], at) != col_null(&c->col[0], i))
			return false;
		if (!col_null(&b->col[0], at) && memcmp((char *)
		    b->col[0].data + (size_t)width * (size_t)col_at(&b->col[0],
		    at), (char *)c->col[0].data + (size_t)width * (size_t)i,
		    (size_t)width) != 0)
			return false;
	}
	return b->n == c->n;
}

static size_t
round_trip(const struct batch *b, const struct type *t, int width, int bits,
    const char *what)
{
	struct text raw = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };
	struct batch c;
	int64_t r;
	bool good;
	size_t n;

	wire_put(&raw, b);
	n = raw.n;
	r = wire_get(raw.p, raw.n, &t, 1, &a, &c, &e);
	good = r == (int64_t)n && same(b, &c, width);
	for (size_t cut = 0; cut < n && good; cut += 1 + n / 50)
		good = wire_get(raw.p, cut, &t, 1, &a, &c, &e) == ERR_LOST;
	if (b->n) {                     /* bytes kept of a value */
		raw.p[5 + (b->col[0].valid ? BITS_BYTES(b->n) : 0)] = 3;
		good &= wire_get(raw.p, n, &t, 1, &a, &c, &e) == ERR_LOST;
	}
	ok(good, "%d bytes, %d bits differ, %s: %zu bytes", width, bits, what,
	    n);
	text_release(&raw);
	arena_release(&a);
	return n;
}

static void
numbers(const struct type *t, int width, uint64_t base)
{
	_Alignas(16) char data[8 * ROWS];
	uint64_t valid[BITS_BYTES(ROWS) / 8 + 1];
	int32_t pick[ROWS];
	static const int bits[] = { 0, 1, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64 };

	for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
		struct column col = { .type = t, .data = data };
		struct batch b = { .col = &col, .ncol = 1, .n = ROWS,
		    .nrow = ROWS };
		size_t n;
		int k = 0;

		if (bits[i] > 8 * width)
			continue;
		fill(data, width, base, bits[i]);
		n = round_trip(&b, t, width, bits[i], "all");
		ok(n <= 5 + 9 + (size_t)ROWS * (bits[i] == 0 ? 0 :
		    bits[i] <= 8 ? 1 : bits[i] <= 16 ? 2 : bits[i] <= 32 ? 4 :
		    8), "and they are small");
		for (int r = 0; r < ROWS; r++)
			if (next() % 3 == 0)
				pick[k++] = r;
		b.pick = pick;
		b.n = k;
		round_trip(&b, t, width, bits[i], "picked");
		for (size_t w = 0; w < sizeof valid / sizeof *valid; w++)
			valid[w] = next();
		col.valid = valid;
		b.pick = NULL;
		b.n = ROWS;
		round_trip(&b, t, width, bits[i], "with nulls");
		b.n = b.nrow = 0;
		col.valid = NULL;
		round_trip(&b, t, width, bits[i], "no rows");
		b.n = b.nrow = ROWS;
		col.flags = COL_CONST;
		round_trip(&b, t, width, bits[i], "a constant");
	}
}

int
main(void)
{
	numbers(TYPE(I64), 8, 0);
	numbers(TYPE(I64), 8, (uint64_t)INT64_MIN);
	numbers(TYPE(I64), 8, 0xfedcba9876543210u);
	numbers(TYPE(I32), 4, 0x89abcdefu);
	numbers(TYPE(F64), 8, 0x3ff0000000000000u);
	return done_testing();
}
