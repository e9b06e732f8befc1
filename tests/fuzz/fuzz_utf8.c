/*
 * fuzz_utf8 -- the fast check and the decoder agree on every byte string,
 * and decoding then encoding gives the same bytes.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *s = (const char *)bytes;
	size_t at = 0, points = 0, valid = utf8_valid(s, n);

	while (at < n) {
		uint32_t cp;
		char back[4];
		int len = utf8_decode(s + at, n - at, &cp);

		assert(len == utf8_check(s + at, n - at));
		if (len == 0)
			break;
		assert(utf8_encode(cp, back) == len);
		assert(memcmp(back, s + at, (size_t)len) == 0);
		at += (size_t)len;
		points++;
	}
	assert(at == valid);
	assert(utf8_count(s, at) == points);
	assert(utf8_offset(s, at, points) == at);
	return 0;
}
