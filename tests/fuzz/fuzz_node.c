/*
 * fuzz_node -- what a host without a daemon says that it has
 * (daemon/remote_node.h): it is made by whatever its start files print.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"
#include "daemon/remote_node.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct remote_node n = { 0 };
	struct text t = { 0 };
	struct err e = { 0 };

	text_add(&t, (const char *)bytes, size);
	if (remote_node_parse(text_str(&t), &n, &e) == 0)
		assert(n.cores > 0 && n.memory_mb > 0 &&
		    strlen(n.address) < sizeof n.address);
	else
		assert(e.code == EXIT_CONFIG);
	text_release(&t);
	return 0;
}
