/*
 * fuzz_known_hosts -- any bytes as known_hosts, as a key file, and as the
 * first words of a server.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "net/known_hosts.h"
#include "net/ssh_key.h"

static void
no_hash(const unsigned char *salt, size_t nsalt, const char *text, size_t n,
    unsigned char out[KNOWN_HASH])
{
	memset(out, 0, KNOWN_HASH);
	for (size_t i = 0; i < nsalt; i++)
		out[i % KNOWN_HASH] ^= salt[i];
	for (size_t i = 0; i < n; i++)
		out[i % KNOWN_HASH] ^= (unsigned char)text[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *p = (const char *)bytes;
	struct known_host h = { "node1", 22, no_hash };
	struct ssh_key_facts f;
	char list[512];
	int line;

	for (h.port = 22; h.port < 24; h.port++) {
		enum known_answer a = known_check(p, size, &h, "ssh-ed25519",
		    "AAAA", &line);
		unsigned types = known_types_of(p, size, &h);

		assert((a == KNOWN_NEW) == (line == 0) || h.port != 22);
		assert(a != KNOWN_SAME || (types & KNOWN_ED25519));
	}
	ssh_key_look(p, size, &f);
	assert(f.nblob <= SSH_BLOB_MAX && strlen(f.kind) < sizeof f.kind);
	assert(ssh_hello_host_keys(bytes, size, list, sizeof list) <
	    sizeof list);
	return 0;
}
