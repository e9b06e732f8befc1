/*
 * remote_node -- see remote_node.h.
 */
#include "daemon/remote_node.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/ssh.h"

enum { ANSWER_MS = 10000, ANSWER_MAX = 64 << 10 };

/* One line, which start files of the account cannot be taken for. */
static const char question[] = "exec /bin/sh -c '"
    "set -- $SSH_CONNECTION; "
    "m=$(sed -n \"s/^MemTotal: *\\([0-9]*\\) kB.*/\\1/p\" /proc/meminfo); "
    "echo; echo \"sp-node: $(nproc) $m ${3:--}\"'";

int
remote_node_parse(const char *said, struct remote_node *out, struct err *e)
{
	static const char mark[] = "\nsp-node: ";
	const char *line = NULL;
	long long kb;

	for (const char *p = said; (p = strstr(p, mark)); line = p)
		p += sizeof mark - 1;
	if (line == NULL || sscanf(line, "%d %lld %127s", &out->cores, &kb,
	    out->address) != 3 || out->cores < 1 || out->cores > 65536 ||
	    kb < 1024 || kb > (1LL << 50))
		return err_user(e, EXIT_CONFIG,
		    "could not find out how many cores and how much memory "
		    "the host has: give --cores and --memory");
	out->memory_mb = kb >> 10;
	return 0;
}

/* Until its output ends. */
static int
listen_to(struct ssh *s, struct text *said, struct err *e)
{
	int64_t end = clock_mono_ms() + ANSWER_MS;
	char p[4096], noise[4096];

	while (!ssh_ended(s)) {
		struct pollfd f = { ssh_fd(s), ssh_events(s), 0 };
		ssize_t n = ssh_read(s, SSH_STDOUT, p, sizeof p, e);
		ssize_t k = n < 0 ? n : ssh_read(s, SSH_STDERR, noise,
		    sizeof noise, e);

		if (k < 0)
			return (int)k;
		text_add(said, p, (size_t)n);
		if (said->n > ANSWER_MAX)
			break;          /* without an end: parse says so */
		if (n + k > 0 || ssh_queued(s))
			continue;
		if (clock_mono_ms() > end)
			return err_user(e, EXIT_TEMP,
			    "%s does not answer in %d s", ssh_label(s),
			    ANSWER_MS / 1000);
		if (poll(&f, 1, 500) < 0 && errno != EINTR)
			return err_sys(e, "poll");
	}
	return 0;
}

int
remote_node_ask(struct host *host, struct remote_node *out, struct err *e)
{
	struct ssh *s;
	struct text said = { 0 };
	int r;

	TRY(ssh_open(&s, &(struct ssh_conf){ .host = host }, e));
	r = ssh_exec(s, question, e);
	if (r == 0)
		r = listen_to(s, &said, e);
	if (r == 0)
		r = remote_node_parse(text_str(&said), out, e);
	ssh_close(s);
	text_release(&said);
	return r;
}
