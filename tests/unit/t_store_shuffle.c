/*
 * t_store_shuffle -- an index says what it was told, and nothing when a bit
 * of it has changed; maps appear whole; hashes and lists of partitions.
 */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "store/shuffle_lines.h"
#include "tap.h"

static char dir[] = "/tmp/t_store_shuffle.XXXXXX";

static int
files_in(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

/* A map of four blocks in three partitions, the second of them empty. */
static int
write_map(const char *to, int map, int commit, struct err *e)
{
	static const char *const lines[] = { "c\n", "a\na2\n", "d\n", "b\n" };
	static const uint32_t part[] = { 2, 0, 2, 0 }, rows[] = { 1, 2, 1, 1 };
	struct shuffle_writer *w;

	TRY(shuffle_create(&w, to, map, 3, SHUFFLE_LINES, e));
	for (int i = 0; i < 4; i++) {
		struct block b = { .part = part[i], .rows = rows[i],
		    .raw = (uint32_t)strlen(lines[i]) };
		char bytes[200];
		struct iovec io = { bytes, BLOCK_HEAD + b.raw };
		uint64_t first;

		b.stored = b.raw;
		first = shuffle_reserve(w, &b, 1, io.iov_len);
		block_pack(bytes, lines[i], b.raw, BLOCK_RAW, &b);
		shuffle_set_sums(w, first, &b, 1);
		for (const char *p = lines[i]; *p; p = strchr(p, '\n') + 1)
			shuffle_add_rowset(w, b.part, hash_sum(p,
			    (size_t)(strchr(p, '\n') - p)));
		if (shuffle_write(w, &io, 1, b.at, e) < 0)
			break;
	}
	if (commit)
		shuffle_commit(w, e);
	shuffle_close(w);
	return e->kind;
}

static void
maps(void)
{
	const char *const dirs[] = { dir };
	struct shuffle_maps m;
	struct text report = { 0 };
	struct arena a = { 0 };
	struct err e = { 0 };

	ok(write_map(dir, 4, 0, &e) == 0 && files_in(dir) == 0,
	    "a map that is not committed is not there");
	ok(shuffle_open(&a, dirs, 1, &m, &e) < 0 && e.code == EXIT_NOINPUT,
	    "nor found: %s", e.text);
	e = (struct err){ 0 };
	ok(write_map(dir, 4, 1, &e) == 0 && files_in(dir) == 2,
	    "committed it is two files");
	ok(write_map(dir, 4, 1, &e) < 0 && e.code == EXIT_CANTCREATE,
	    "not twice: %s", e.text);
	e = (struct err){ 0 };
	ok(write_map(dir, 1, 1, &e) == 0, "another");
	ok(shuffle_open(&a, dirs, 1, &m, &e) == 0 && m.n == 2 &&
	    m.v[0].index.map == 1 && m.v[1].index.map == 4,
	    "both are found, by number");
	ok(m.v[0].index.part[0].nblock == 2 && m.v[0].index.part[0].rows == 3 &&
	    m.v[0].index.part[1].nblock == 0 && m.v[0].index.part[2].raw == 4,
	    "with their sizes");
	ok(m.v[0].index.block[0].rows == 2 && m.v[0].index.block[1].rows == 1,
	    "blocks of a partition in order of arrival");
	ok(shuffle_verify(&m, &report, &e) == 0 && report.n == 0,
	    "and verified");
	m.v[1].index.part[2].rowset++;
	ok(shuffle_verify(&m, &report, &e) == 1 && strstr(text_str(&report),
	    "partition 2: its rows are not those"), "a wrong hash of rows");
	shuffle_maps_close(&m);
	text_release(&report);
	arena_release(&a);
}

static void
print_index(struct text *to)
{
	struct shuffle_part part[3] = { { 0, 1, 2, 5, 37, 99 },
	    { 1, 0, 0, 0, 0, 0 }, { 1, 2, 9, 200, 114, 7 } };
	struct block block[3] = { { 64, 1, 5, 5, 0, 2 },
	    { 0, 2, 100, 20, 2, 4 }, { 128, 3, 100, 30, 2, 5 } };
	struct shuffle_index x = { SHUFFLE_LINES, 3, 17, 3, 190, part, block };

	text_clear(to);
	shuffle_index_print(to, &x);
}

static int
parse(const struct text *t, size_t n, struct err *e)
{
	char *copy = xmalloc(n + 1);
	struct shuffle_index x;
	int r;

	*e = (struct err){ 0 };
	memcpy(copy, t->p, n);
	r = shuffle_index_parse(copy, n, &x, e);
	free(copy);
	return r;
}

/* Puts a number into the index, mends its sum. */
static void
lie(struct text *t, size_t at, size_t size, uint64_t v)
{
	uint64_t sum;

	print_index(t);
	memcpy(t->p + at, &v, size);
	sum = hash_sum(t->p, t->n - 8);
	memcpy(t->p + t->n - 8, &sum, 8);
}

static void
indexes(void)
{
	enum { PART = 64, BLOCK = PART + 3 * 48 };
	static const struct { size_t at, size; uint64_t v; const char *what; }
	lies[] = {
		{ 8, 4, 2, "version" }, { 12, 4, 3, "kind" },
		{ 16, 4, 0, "no partitions" }, { 16, 4, 4, "partitions" },
		{ 16, 4, 65537, "too many partitions" },
		{ 24, 8, 2, "blocks" }, { 24, 8, 1ull << 60, "many blocks" },
		{ 32, 8, 189, "size of the data" }, { 40, 8, 1, "zero" },
		{ PART, 8, 1, "first block" }, { PART + 8, 8, 2, "count" },
		{ PART + 8, 8, ~0ull, "a large count" },
		{ PART + 16, 8, 3, "rows" }, { PART + 24, 8, 6, "raw" },
		{ PART + 32, 8, 36, "stored" },
		{ BLOCK, 8, 170, "place behind the end" },
		{ BLOCK, 8, ~0ull, "negative place" },
		{ BLOCK + 16, 4, 0, "an empty block" },
		{ BLOCK + 16, 4, 1u << 31, "a huge block" },
		{ BLOCK + 20, 4, 0, "nothing stored" },
		{ BLOCK + 20, 4, 6, "more stored than raw" },
		{ BLOCK + 24, 4, 1, "partition of a block" },
		{ BLOCK + 28, 4, 3, "rows of a block" },
		{ BLOCK + 32, 8, 1, "zero of a block" },
	};
	struct text t = { 0 };
	struct err e;
	int missed = 0;

	print_index(&t);
	ok(parse(&t, t.n, &e) == 0, "what was printed is parsed: %s", e.text);
	for (size_t n = 0; n < t.n; n++)
		missed += parse(&t, n, &e) >= 0 || e.code != EXIT_DATA;
	for (size_t i = 0; i < 8 * t.n; i++) {
		t.p[i / 8] ^= (char)(1 << i % 8);
		missed += parse(&t, t.n, &e) >= 0 || e.code != EXIT_DATA;
		t.p[i / 8] ^= (char)(1 << i % 8);
	}
	is_int(missed, 0, "no cut and no flipped bit is missed");
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		lie(&t, lies[i].at, lies[i].size, lies[i].v);
		ok(parse(&t, t.n, &e) < 0 && e.code == EXIT_DATA,
		    "a lie with the right sum, %s: %s", lies[i].what, e.text);
	}
	text_release(&t);
}

static uint64_t
hash(const char *line, char separator, int nkey, int a, int b)
{
	struct lines_conf c = { .separator = separator, .nkey = nkey,
	    .key = { a, b } };

	return lines_hash(&c, line, strlen(line));
}

static void
hashes(void)
{
	ok(hash("a\tb", '\t', 0, 0, 0) == hash_sum("a\tb", 3), "whole line");
	ok(hash("a\tb", '\t', 1, 0, 0) == hash_sum("a", 1), "first column");
	ok(hash("a,b,", ',', 1, 1, 0) == hash_sum("b", 1), "second column");
	ok(hash("a,b,", ',', 1, 2, 0) == hash_sum("", 0), "empty column");
	ok(hash("a", ',', 1, 5, 0) == hash_sum("", 0), "no such column");
	ok(hash("a,b", ',', 2, 0, 1) != hash("a,b", ',', 2, 1, 0),
	    "the order of columns counts");
	ok(hash("a,b,c", ',', 2, 2, 0) == hash("a,x,c", ',', 2, 2, 0),
	    "other columns do not");
	ok(hash("", ',', 1, 0, 0) == hash_sum("", 0), "an empty line");
}

static void
lists(void)
{
	static const struct { const char *list; int n; uint32_t sum; } t[] = {
		{ "0", 1, 0 }, { "9", 1, 9 }, { "0-9", 10, 45 },
		{ "3,3", 2, 6 }, { "8-9,0-1", 4, 18 }, { "5-5", 1, 5 },
		{ "10", -1, 0 }, { "", -1, 0 }, { ",", -1, 0 },
		{ "2-1", -1, 0 }, { "-", -1, 0 }, { "1-", -1, 0 },
		{ "x", -1, 0 }, { "1 ", -1, 0 },
		{ "111111111111111111111111111111-2", -1, 0 },
	};
	struct arena a = { 0 };

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct err e = { 0 };
		uint32_t *part, sum = 0;
		int n = lines_parts(&a, t[i].list, 10, &part, &e);

		for (int k = 0; k < n; k++)
			sum += part[k];
		ok(t[i].n < 0 ? n < 0 && e.code == EXIT_USAGE :
		    n == t[i].n && sum == t[i].sum, "partitions \"%s\"",
		    t[i].list);
	}
	arena_release(&a);
}

int
main(void)
{
	char path[200];

	if (mkdtemp(dir) == NULL)
		return 1;
	maps();
	indexes();
	hashes();
	lists();
	for (int i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/map-%05d.%s", dir,
		    i & 1 ? 4 : 1, i & 2 ? "data" : "index");
		unlink(path);
	}
	rmdir(dir);
	return done_testing();
}
