/*
 * t_io_datafile -- files that another host has: every format reads through a
 * source that gives odd numbers of bytes and fails at each of its calls the
 * rows of the plain file, or the source's error; packed files, too.
 */
#include <zstd.h>

#include "base/hash.h"
#include "io/datafile.h"
#include "io/stream.h"
#include "tap.h"
#include "format_cuts.h"

/* A file in memory that is served in odd sizes. */
struct served {
	const char *p;
	size_t n;
	size_t most;                    /* bytes a call, about */
	int ncall, fail_at;             /* 0: never */
	int64_t nbyte;
};

static int64_t
served_read(void *arg, int id, int64_t at, char *to, size_t n, struct err *e)
{
	struct served *s = arg;
	size_t rest = at < (int64_t)s->n ? s->n - (size_t)at : 0;
	size_t odd = s->most ? 1 + (size_t)(at * 7 + s->ncall * 13) % s->most
	    : SIZE_MAX;

	s->ncall++;
	if (id != 7)
		return err_set(e, ERR_BUG, "asked for file %d", id);
	if (s->ncall == s->fail_at)
		return err_set(e, ERR_TEMP, "the other host is gone");
	n = n < rest ? n : rest;
	n = n < odd ? n : odd;
	memcpy(to, s->p + at, n);
	s->nbyte += (int64_t)n;
	return (int64_t)n;
}

static struct served served;
static const struct far_source far = { &served, served_read };

static void
test_names(void)
{
	struct datafile *f = NULL;
	struct err e;

	datafile_provider(NULL);
	ok(!datafile_is_far("far:7"), "a plain name without a source");
	is_int(datafile_open(&f, "far:7", &e), ERR_USER, "and not there");
	is_int(e.code, EXIT_NOINPUT, "exit code");
	datafile_provider(&far);
	ok(datafile_is_far("far:7") && datafile_is_far("far:7:a b"), "far");
	ok(!datafile_is_far("far:") && !datafile_is_far("far:x") &&
	    !datafile_is_far("far:7x") && !datafile_is_far("dir/far:7") &&
	    !datafile_is_far("far:99999999999"), "not far");
	is_str(datafile_name("far:7:/data/a:b"), "/data/a:b", "its name");
	is_str(datafile_name("far:7"), "far:7", "without a name");
	is_str(datafile_name("/data"), "/data", "a plain path");
}

static void
test_reads(void)
{
	static char bytes[3000000], got[3000000];
	struct datafile *f;
	struct err e;
	size_t n = 0;
	int64_t r;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(hash_u64(i) & 127);
	served = (struct served){ .p = bytes, .n = sizeof bytes };
	is_int(datafile_open(&f, "far:7:x", &e), 0, "open");
	is_int(datafile_fd(f), -1, "no descriptor");
	while ((r = datafile_pread(f, got + n, n + 100 < sizeof got ? 100 :
	    sizeof got - n, (int64_t)n, &e)) > 0)
		n += (size_t)r;
	is_int(r, 0, "the end");
	ok(n == sizeof bytes && memcmp(got, bytes, n) == 0, "small reads");
	ok(served.ncall <= 4, "30000 reads are %d calls", served.ncall);
	served.ncall = 0;
	is_int(datafile_pread(f, got, 2000000, 500000, &e), 2000000,
	    "a large read is one");
	ok(served.ncall == 1 && memcmp(got, bytes + 500000, 2000000) == 0,
	    "and has the bytes");
	is_int(datafile_pread(f, got, 10, 4000000, &e), 0, "behind the end");
	datafile_close(f);
}

/* Reads with a failure at each call in turn, then without. */
static void
same_with_failures(struct try *t, const char *p, size_t n, const int64_t *cut,
    int ncut, const struct text *want, const char *what)
{
	struct text got = { 0 };
	int rc = -1, failed = 0, clear = 0;

	for (int k = 1; rc < 0 && k < 10000000; k = k < 6 ? k + 1 : k * 3) {
		text_clear(&got);
		served.ncall = 0;
		served.fail_at = k;
		rc = scan_rows(t, p, n, cut, ncut, &got);
		failed += rc < 0;
		clear += rc == ERR_TEMP &&
		    strstr(t->err.text, "the other host is gone") != NULL;
	}
	ok(rc >= 0 && failed > 0 && failed == clear, "%s: %d failures, each "
	    "told as it is: %s", what, failed, t->err.text);
	ok(got.n == want->n && memcmp(text_str(&got), want->p, got.n) == 0,
	    "%s: the same rows", what);
	text_release(&got);
}

static void
test_format(const char *format, const char *schema, const char *p, size_t n)
{
	struct try t = { .format = format, .schema = schema };
	struct text want = { 0 };
	char what[64];
	int64_t cut[3] = { (int64_t)n / 4, (int64_t)n / 4 + 1,
	    (int64_t)n * 3 / 4 };

	for (int stable = 0; stable < 2; stable++) {
		t.stable = stable != 0;
		t.path = NULL;
		text_clear(&want);
		is_int(scan_rows(&t, p, n, NULL, 0, &want), 0, "plain");
		t.path = "far:7:/there/rows";
		for (int most = 0; most < 3; most++) {
			served = (struct served){ .p = p, .n = n,
			    .most = most == 1 ? 7001 : most ? 1 << 19 : 0 };
			snprintf(what, sizeof what, "%s in pieces of %zu%s",
			    format, served.most, stable ? ", stable" : "");
			same_with_failures(&t, p, n, NULL, 0, &want, what);
			same_with_failures(&t, p, n, cut, 3, &want, what);
		}
	}
	text_release(&want);
}

/* The same bytes packed: decoded by the stream. */
static void
test_packed(const char *format, const char *schema, const char *p, size_t n)
{
	struct try t = { .format = format, .schema = schema };
	struct text want = { 0 };
	size_t cap = ZSTD_compressBound(n);
	char *packed = xmalloc(cap);
	size_t npacked = ZSTD_compress(packed, cap, p, n, 1);

	is_int(scan_rows(&t, p, n, NULL, 0, &want), 0, "plain");
	t.path = "far:7:/there/rows.zst";
	for (int most = 0; most < 2; most++) {
		served = (struct served){ .p = packed, .n = npacked,
		    .most = most ? 3 : 0 };
		same_with_failures(&t, packed, npacked, NULL, 0, &want,
		    "packed");
	}
	served = (struct served){ .p = packed, .n = npacked - 3 };
	t.err.code = 0;
	scan_rows(&t, packed, npacked, NULL, 0, &want);
	ok(t.err.code == EXIT_DATA && strstr(t.err.text,
	    "\"/there/rows.zst\": the file is truncated") != NULL,
	    "cut short: %s", t.err.text);
	text_release(&want);
	free(packed);
}

static void
test_bad_row(void)
{
	struct try t = { .format = "csv", .schema = "a bigint, b string",
	    .path = "far:7:/there/rows.csv" };
	const char *bytes = "1,x\n2,y\nz,z\n";
	struct text to = { 0 };

	served = (struct served){ .p = bytes, .n = strlen(bytes), .most = 2 };
	scan_rows(&t, bytes, strlen(bytes), NULL, 0, &to);
	is_str(t.err.text, "/there/rows.csv:3:1: error: 'z' is not a bigint "
	    "(column a)", "line and column, and the file's own name");
	text_release(&to);
}

int
main(void)
{
	struct text csv = { 0 }, json = { 0 };
	struct err e;
	struct stream *s;

	for (int i = 0; i < 40000; i++) {
		text_addf(&csv, "%d,\"line, %d\nand \"\"more\"\"\",%d.5\n", i,
		    i * 7, i % 1000);
		text_addf(&json, "{\"a\":%d,\"b\":\"x\\n%d\"}\n", i, i * 31);
	}
	test_names();
	test_reads();
	test_format("csv", "a bigint, b string, c double", csv.p, csv.n);
	test_format("tsv", "a string", json.p, json.n);
	test_format("json", "a bigint, b string", json.p, json.n);
	test_format("text", "value string", csv.p, csv.n);
	test_packed("csv", "a bigint, b string, c double", csv.p, csv.n);
	test_packed("json", "a bigint, b string", json.p, json.n);
	test_bad_row();
	served = (struct served){ .p = "", .n = 0, .fail_at = 1 };
	is_int(stream_open(&s, "far:7", &e), ERR_TEMP, "a stream that fails");
	served.fail_at = 0;
	is_int(stream_open(&s, "far:7", &e), 0, "an empty stream");
	is_int(stream_read(s, (char[8]){ 0 }, 8, &e), 0, "has no bytes");
	stream_close(s);
	text_release(&csv);
	text_release(&json);
	return done_testing();
}
