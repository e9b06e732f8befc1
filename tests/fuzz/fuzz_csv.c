/*
 * fuzz_csv -- CSV bytes: the index by masks finds what the plain state
 * machine finds, a cut anywhere gives the same rows, mapped or read, and
 * inference takes anything.
 *
 * Byte 0 chooses options and policy, byte 1 and 2 the cut; the rest is the
 * file.
 */
#include "fuzz.h"

#include <assert.h>

#include "../unit/format_scan.h"
#include "format/csv.h"
#include "io/stream.h"

static void
same_index(const char *p, size_t n, bool last)
{
	static struct csv_index fast, slow;
	struct csv_dialect d = { .sep = ",", .nsep = 1, .quote = '"',
	    .escape = '"', .simple = true };
	const char *name;

	csv_index_init(&fast, &d);
	csv_index_init(&slow, &d);
	fast.masks = bytemask_level((int)(n % 4), &name);
	if (fast.masks == NULL)
		fast.masks = bytemask_best();
	csv_index(&fast, p, 0, n, last);
	csv_index_slow(&slow, p, 0, n, last);
	assert(fast.nrow == slow.nrow);
	for (int r = 0; r < fast.nrow; r++) {
		uint32_t k = fast.last[r] - fast.first[r];

		assert(fast.start[r] == slow.start[r]);
		assert(k == slow.last[r] - slow.first[r]);
		for (uint32_t i = 0; i <= k; i++)
			assert(fast.end[fast.first[r] + i] ==
			    slow.end[slow.first[r] + i]);
	}
	csv_index_release(&fast);
	csv_index_release(&slow);
}

static void
same_rows(const char *p, size_t n, unsigned how, int64_t cut)
{
	static const char *const options[][9] = {
		{ NULL }, { "header", "true", NULL }, { "quote", "", NULL },
		{ "sep", ";", "nullvalue", "x", NULL },
		{ "escape", "\\", NULL }, { "comment", "#", NULL },
		{ "sep", "::", "ignoreleadingwhitespace", "true", NULL },
		{ "encoding", "latin1", "ignoretrailingwhitespace", "true",
		    "emptyvalue", "e", NULL },
	};
	struct try t = { .format = how & 8 ? "tsv" : "csv", .schema =
	    "a string, b bigint, c double, _corrupt_record string, d date",
	    .option = options[how & 7], .max_record = 1 << 20,
	    .on_error = how & 16 ? ON_ERROR_NULL : ON_ERROR_DROP };
	struct text one = { 0 }, two = { 0 };

	if (stream_is_packed((const unsigned char *)p, n)) {
		scan_rows(&t, p, n, NULL, 0, &one);
		text_release(&one);
		return;
	}
	assert(scan_rows(&t, p, n, NULL, 0, &one) >= 0);
	t.stable = how & 32;
	assert(scan_rows(&t, p, n, &cut, 1, &two) >= 0);
	assert(one.n == two.n);
	assert(one.n == 0 || memcmp(one.p, two.p, one.n) == 0);
	text_release(&one);
	text_release(&two);
	if (how & 64) {
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

	if (n < 3)
		return -1;
	copy = xcalloc(1, n + 256);
	memcpy(copy + 128, bytes + 3, n - 3);
	same_index(copy + 128, n - 3, true);
	same_index(copy + 128, n - 3, false);
	same_rows(copy + 128, n - 3, bytes[0],
	    (bytes[1] | bytes[2] << 8) % (int64_t)(n + 8));
	free(copy);
	return 0;
}
