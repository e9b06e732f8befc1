/*
 * fuzz_record -- a master reads any bytes as its journal: it takes them, and
 * then its dump is a journal of the same state, or it says why not.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "cluster/master.h"
#include "cluster/record.h"

/* Gives each line the checksum that it needs, so that fuzzing comes behind
 * it: lines of the input have none. */
static void
seal(struct text *to, const char *p, size_t n)
{
	while (n > 0) {
		const char *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;

		text_addf(to, "%016llx ",
		    (unsigned long long)hash_sum(p, len));
		text_add(to, p, len);
		text_addc(to, '\n');
		p += len + (end != NULL);
		n -= len + (end != NULL);
	}
}

static void
replay(const char *p, size_t n)
{
	const struct master_conf conf = { 0 };
	struct master *m = master_new(&conf), *again = master_new(&conf);
	struct text dump = { 0 }, second = { 0 };
	struct err e = { 0 };

	if (master_replay(m, p, n, &e) == 0) {
		master_check(m);
		master_dump(m, &dump);
		assert(master_replay(again, dump.p, dump.n, &e) == 0);
		master_dump(again, &second);
		assert(dump.n == second.n &&
		    memcmp(dump.p, second.p, dump.n) == 0);
	}
	master_free(m);
	master_free(again);
	text_release(&dump);
	text_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text sealed = { 0 };

	if (size > 1 << 16)
		return -1;
	replay((const char *)data, size);
	seal(&sealed, (const char *)data, size);
	replay(text_str(&sealed), sealed.n);
	text_release(&sealed);
	return 0;
}
