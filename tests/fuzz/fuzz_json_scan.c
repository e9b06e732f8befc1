/*
 * fuzz_json_scan -- stepping over a value and copying it agree on what is
 * JSON, and a copy is its own copy.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "expr/json_scan.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text once = { 0 }, twice = { 0 };
	struct json j, k, l;
	bool good;

	json_begin(&j, (const char *)bytes, n);
	json_begin(&k, (const char *)bytes, n);
	good = json_scan_skip(&j, NULL, NULL);
	assert(json_copy(&k, &once) == good);
	if (good) {
		assert(k.p == j.p && k.depth == 0 && j.depth == 0);
		json_begin(&l, once.p, once.n);
		assert(json_copy(&l, &twice) && json_done(&l));
		assert(twice.n == once.n &&
		    memcmp(twice.p, once.p, once.n) == 0);
	}
	text_release(&once);
	text_release(&twice);
	return 0;
}
