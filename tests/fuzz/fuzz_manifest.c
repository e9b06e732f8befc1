/*
 * fuzz_manifest -- the manifest and the commit journal take any bytes; what
 * they accept prints as something they accept again.
 */
#include "fuzz.h"

#include <assert.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "store/journal.h"
#include "store/manifest.h"

static void
manifest(struct arena *a, const char *p, size_t n)
{
	struct output_file *file;
	struct text t = { 0 };
	struct err e = { 0 };
	int nfile, again;

	if (manifest_parse(a, p, n, &file, &nfile, &e) < 0)
		return;
	manifest_print(&t, "j", NULL, file, nfile);
	assert(manifest_parse(a, t.p, t.n, &file, &again, &e) == 0);
	assert(again == nfile);
	text_release(&t);
}

static void
journal(struct arena *a, const char *p, size_t n)
{
	struct journal j, again;
	struct text t = { 0 };

	if (!journal_parse(a, p, n, &j))
		return;
	journal_print(&t, &j);
	assert(journal_parse(a, t.p, t.n, &again));
	assert(again.n == j.n);
	text_release(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = { 0 };

	manifest(&a, (const char *)data, size);
	journal(&a, (const char *)data, size);
	arena_release(&a);
	return 0;
}
