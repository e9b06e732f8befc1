/*
 * bench-data -- writes the inputs of scripts/bench to stdout.
 *
 * usage: bench-data words|ndjson|lines BYTES
 *
 * words   lines of ten words out of 200,000, Zipf with exponent 1
 * ndjson  one object of 16 fields a line: numbers, strings, a nested object
 * lines   lines of 99 random bytes out of 64, all printable, no backslash
 *
 * The same arguments give the same bytes on every machine.
 */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NWORD = 200000, WORD_MAX = 16, LINE_MAX_BYTES = 1024 };

static uint64_t state = 42;

/* splitmix64 */
static uint64_t
draw(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned
below(unsigned n)
{
	return (unsigned)(((draw() >> 32) * n) >> 32);
}

/* Walker's alias table: one draw, one comparison a word. */
static float share[NWORD];
static int other[NWORD];
static char word[NWORD][WORD_MAX];
static uint8_t word_len[NWORD];

static void
words_init(void)
{
	static double p[NWORD];
	static int low[NWORD], high[NWORD];
	double sum = 0;
	int nlow = 0, nhigh = 0;

	for (int i = 0; i < NWORD; i++)
		sum += p[i] = 1.0 / (i + 1);
	for (int i = 0; i < NWORD; i++) {
		p[i] *= NWORD / sum;
		if (p[i] < 1)
			low[nlow++] = i;
		else
			high[nhigh++] = i;
	}
	while (nlow && nhigh) {
		int a = low[--nlow], b = high[nhigh - 1];

		share[a] = (float)p[a];
		other[a] = b;
		p[b] -= 1 - p[a];
		if (p[b] < 1) {
			nhigh--;
			low[nlow++] = b;
		}
	}
	while (nhigh)
		share[high[--nhigh]] = 1;
	while (nlow)
		share[low[--nlow]] = 1;
	/* Letters, then the number in base 26: nearly all are distinct. */
	for (int i = 0; i < NWORD; i++) {
		int n = (int)below(7), v = i;

		for (int k = 0; k < n; k++)
			word[i][k] = (char)('a' + below(26));
		for (int k = 0; k < (i < 26 ? 1 : i < 676 ? 2 : i < 17576 ? 3 : 4);
		    k++, v /= 26)
			word[i][n++] = (char)('a' + v % 26);
		word_len[i] = (uint8_t)n;
	}
}

static size_t
words_line(char *p)
{
	char *start = p;

	for (int i = 0; i < 10; i++) {
		unsigned w = below(NWORD);

		if ((float)(draw() >> 40) / (float)(1 << 24) >= share[w])
			w = (unsigned)other[w];
		memcpy(p, word[w], WORD_MAX);
		p += word_len[w];
		*p++ = i < 9 ? ' ' : '\n';
	}
	return (size_t)(p - start);
}

static size_t
ndjson_line(char *p)
{
	static const char *const kind[] = { "purchase", "view", "click",
	    "refund", "login" };
	static const char *const country[] = { "DE", "FR", "US", "JP", "BR",
	    "IN", "GB", "SE" };
	static uint64_t id;
	unsigned user = below(100000), cents = below(100000);
	int n;

	id++;
	n = snprintf(p, LINE_MAX_BYTES,
	    "{\"id\": %" PRIu64 ", \"ts\": \"2024-%02u-%02uT%02u:%02u:%02uZ\", "
	    "\"event_type\": \"%s\", \"user_id\": %u, \"session\": \"%016" PRIx64
	    "\", \"amount\": %u.%02u, \"quantity\": %u, \"country\": \"%s\", "
	    "\"url\": \"https://shop.example/item/%u?ref=%x\", \"agent\": "
	    "\"Mozilla/5.0 (X11; Linux x86_64; rv:%u.0) Gecko/20100101\", "
	    "\"score\": %.6f, \"ok\": %s, \"note\": %s, \"tags\": [\"t%u\", "
	    "\"t%u\"], \"geo\": {\"lat\": %.4f, \"lon\": %.4f}, "
	    "\"message\": \"user %u said \\\"hello\\\" \\u00e9 %u\"}\n",
	    id, 1 + below(12), 1 + below(28), below(24), below(60), below(60),
	    kind[below(5)], user, draw(), cents / 100, cents % 100, below(9) + 1,
	    country[below(8)], below(5000), below(1 << 20), 90 + below(40),
	    below(1000000) / 1e6, below(2) ? "true" : "false",
	    below(3) ? "\"plain\"" : "null", below(50), below(50),
	    below(180000) / 1e3 - 90, below(360000) / 1e3 - 180, user, cents);
	return (size_t)n;
}

static size_t
lines_line(char *p)
{
	for (int i = 0; i < 99; i += 9) {
		uint64_t r = draw();

		for (int k = 0; k < 9; k++, r >>= 6)
			p[i + k] = (char)('0' + (r & 63));
		for (int k = 0; k < 9; k++)
			if (p[i + k] == '\\')
				p[i + k] = 'p';
	}
	p[99] = '\n';
	return 100;
}

static const struct maker {
	const char *name;
	size_t    (*line)(char *);
} makers[] = {
	{ "words", words_line },
	{ "ndjson", ndjson_line },
	{ "lines", lines_line },
	{ 0 },
};

int
main(int argc, char **argv)
{
	static char buf[1 << 20];
	const struct maker *m = makers;
	long long left;
	size_t n = 0;

	while (argc == 3 && m->name && strcmp(m->name, argv[1]))
		m++;
	if (argc != 3 || m->name == NULL) {
		fprintf(stderr, "usage: bench-data words|ndjson|lines BYTES\n");
		return 2;
	}
	words_init();
	for (left = strtoll(argv[2], NULL, 10); left > 0;) {
		size_t len = m->line(buf + n);

		n += len;
		left -= (long long)len;
		if (n > sizeof buf - LINE_MAX_BYTES || left <= 0) {
			if (fwrite(buf, 1, n, stdout) != n)
				return 74;
			n = 0;
		}
	}
	return fflush(stdout) ? 74 : 0;
}
