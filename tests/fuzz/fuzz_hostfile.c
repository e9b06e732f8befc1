/*
 * fuzz_hostfile -- any bytes as a host file; what is read prints as something
 * that is read as the same.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/hostfile.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena a = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };
	struct host *v, again;
	int n = hostfile_parse(&a, "h", (const char *)bytes, size, &v, &e);

	for (int i = 0; i < n; i++) {
		text_clear(&t);
		host_print(&t, &v[i]);
		assert(host_parse(&a, t.p, t.n, &again, &e) == 0);
		assert(strcmp(again.name, v[i].name) == 0);
		assert(again.port == v[i].port && v[i].cores >= 0);
	}
	assert(n > 0 || e.kind);
	text_release(&t);
	arena_release(&a);
	return 0;
}
