/*
 * fuzz_json -- JSON bytes: a cut anywhere gives the same rows, the skeleton
 * is the same from every kernel, and an object on a line is read if and only
 * if the strict reader of single values takes it.
 *
 * Byte 0 chooses options and policy, byte 1 the cut; the rest is the file.
 */
#include "fuzz.h"

#include <assert.h>

#include "../unit/format_scan.h"
#include "format/json_mask.h"
#include "format/json_text.h"
#include "io/stream.h"

static void
same_skeleton(const char *p, size_t n)
{
	struct json_skeleton a = { 0 }, b = { 0 };
	const char *name;

	a.masks = jsonmask_level(0, &name);
	json_skeleton(&a, p, n);
	for (int level = 1; level < 3; level++) {
		b.masks = jsonmask_level(level, &name);
		if (b.masks == NULL)
			continue;
		json_skeleton(&b, p, n);
		assert(a.n == b.n && a.wrong == b.wrong);
		assert(memcmp(a.at, b.at, (a.n + 1) * sizeof *a.at) == 0);
	}
	json_skeleton_release(&a);
	json_skeleton_release(&b);
}

static void
same_verdict(const char *p, size_t n)
{
	struct jtext j = { p, p + n, NULL, 0 };
	struct try t = { .format = "json", .max_record = 1 << 20 };
	struct text to = { 0 };
	bool good;
	int rc;

	if (n == 0 || *p != '{' || memchr(p, '\n', n) || memchr(p, '\0', n))
		return;
	good = jtext_skip(&j);
	if (good)
		jtext_space(&j);
	good = good && j.p == j.end;
	rc = scan_rows(&t, p, n, NULL, 0, &to);
	assert(rc < 0 || good);
	assert(rc >= 0 || !good || strstr(t.err.text, "' is not a"));
	text_release(&to);
}

static void
same_rows(const char *p, size_t n, unsigned how, int64_t cut)
{
	static const char *const multi[] = { "multiline", "true", NULL };
	struct try t = { .format = "json", .schema =
	    "a string, b bigint, c array<double>, _corrupt_record string, "
	    "d struct<x: map<string, int>, y: boolean>, e double, f binary",
	    .option = how & 1 ? multi : NULL, .max_record = 1 << 20,
	    .on_error = how & 2 ? ON_ERROR_NULL : ON_ERROR_DROP };
	struct text one = { 0 }, two = { 0 };

	if (stream_is_packed((const unsigned char *)p, n)) {
		scan_rows(&t, p, n, NULL, 0, &one);
		text_release(&one);
		return;
	}
	assert(scan_rows(&t, p, n, NULL, 0, &one) >= 0);
	t.stable = how & 4;
	assert(scan_rows(&t, p, n, &cut, 1, &two) >= 0);
	assert(one.n == two.n);
	assert(one.n == 0 || memcmp(one.p, two.p, one.n) == 0);
	text_release(&one);
	text_release(&two);
	if (how & 8) {
		t.on_error = ON_ERROR_FAIL;
		t.schema = NULL;
		scan_rows(&t, p, n, &cut, 1, &one);
		text_release(&one);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char *copy;

	if (n < 2)
		return -1;
	copy = xcalloc(1, n + 256);
	memcpy(copy + 128, bytes + 2, n - 2);
	same_skeleton(copy + 128, n - 2);
	same_verdict(copy + 128, n - 2);
	same_rows(copy + 128, n - 2, bytes[0], bytes[1] % (int64_t)(n + 8));
	free(copy);
	return 0;
}
