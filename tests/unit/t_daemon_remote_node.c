/*
 * What a node without a daemon says that it has.
 */
#include "base/err.h"
#include "daemon/remote_node.h"
#include "tap.h"

static void
refused(const char *said)
{
	struct remote_node n = { 0 };
	struct err e = { 0 };

	ok(remote_node_parse(said, &n, &e) == ERR_USER &&
	    e.code == EXIT_CONFIG, "refused: %.30s", said);
}

int
main(void)
{
	struct remote_node n = { 0 };
	struct err e = { 0 };

	ok(remote_node_parse("Welcome!\nsp-node: 9 1 x\n\nsp-node: 4 8388608 "
	    "10.0.0.7\n", &n, &e) == 0, "the last line counts: %s", e.text);
	is_int(n.cores, 4, "cores");
	is_int(n.memory_mb, 8192, "memory");
	is_str(n.address, "10.0.0.7", "address");
	ok(remote_node_parse("\nsp-node: 2 4096000 -\n", &n, &e) == 0,
	    "an address that is not known");
	refused("");
	refused("sh: nproc: not found\n\nsp-node:  8388608 10.0.0.7\n");
	refused("\nsp-node: 0 8388608 10.0.0.7\n");
	refused("\nsp-node: 4 -5 10.0.0.7\n");
	refused("\nsp-node: 99999999999999999999 8 10.0.0.7\n");
	return done_testing();
}
