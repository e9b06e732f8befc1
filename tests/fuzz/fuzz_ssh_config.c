/*
 * fuzz_ssh_config -- any bytes as ~/.ssh/config that includes itself.
 */
#include "fuzz.h"

#include <assert.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/ssh_config.h"

struct input {
	const char *p;
	size_t n;
};

static int
include(struct ssh_lookup *l, const char *pattern, struct err *e)
{
	const struct input *in = l->arg;

	assert(pattern[0]);
	return ssh_config_read(l, pattern, in->p, in->n, e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	struct input in = { (const char *)bytes, size };
	struct ssh_lookup l = { .arena = &a, .host = "node1.lan",
	    .home = "/home/ann", .local_user = "ann", .include = include,
	    .arg = &in };

	if (size > 4096)
		return -1;
	if (ssh_config_read(&l, "config", in.p, in.n, &e) < 0)
		assert(e.code == EXIT_CONFIG);
	ssh_config_end(&l);
	assert(l.set.host_name && l.set.user && l.set.port > 0);
	assert(l.set.nidentity <= SSH_IDENTITY_MAX);
	arena_release(&a);
	return 0;
}
