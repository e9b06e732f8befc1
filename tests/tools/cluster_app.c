/*
 * cluster_app -- an application without tasks, for tests of a standing
 * cluster: registers, prints what it is told, one line an event, and ends
 * when its standard input ends.
 *
 * usage: cluster_app URL KEYFILE CORES_MAX CORES MEMORY_MB [WEIGHT]
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/opt.h"
#include "daemon/app_client.h"
#include "net/key.h"
#include "net/loop.h"

static struct app_client *client;
static int status = -1;

static void
accepted(void *arg, const char *app_id)
{
	(void)arg;
	printf("accepted %s\n", app_id);
}

static void
executor_up(void *arg, const struct executor_news *n)
{
	(void)arg;
	printf("up %d %s %d %lld\n", n->num, n->worker, n->cores,
	    (long long)n->memory_mb);
}

static void
executor_lost(void *arg, int num, enum end_reason reason, const char *why)
{
	(void)arg;
	printf("lost %d %s: %s\n", num, end_reason_name(reason), why);
}

static void
executor_revoked(void *arg, int num)
{
	(void)arg;
	printf("revoked %d\n", num);
	app_client_release(client, num);
}

static void
note(void *arg, const char *text)
{
	(void)arg;
	printf("note %s\n", text);
}

static void
refused(void *arg, const struct err *why)
{
	(void)arg;
	printf("refused %d %s\n", why->code, why->text);
	status = why->code;
}

static void
master_lost(void *arg, const struct err *why)
{
	(void)arg;
	printf("master lost: %s\n", why->text);
}

static void
master_back(void *arg)
{
	(void)arg;
	printf("master back\n");
}

static const struct app_client_ops ops = { accepted, executor_up,
	executor_lost, executor_revoked, note, refused, master_lost,
	master_back };

static int
number(const char *s)
{
	struct err e;
	long long n = 0;

	opt_number(s, 0, 1 << 20, &n, &e);
	return (int)n;
}

static int
run(char **argv, struct err *e)
{
	struct app_hello want = { .name = "cluster_app", .user = "test",
		.driver = "127.0.0.1:9", .cores_max = number(argv[3]),
		.cores = number(argv[4]), .memory_mb = number(argv[5]),
		.weight = argv[6] ? number(argv[6]) : 1 };
	unsigned char key[KEY_BYTES];
	struct loop *loop = loop_new(e);
	struct pollfd in = { STDIN_FILENO, POLLIN, 0 };
	char c;

	if (!loop)
		return e->kind;
	TRY(key_read(key, argv[2], e));
	TRY(key_make(want.key, e));
	TRY(app_client_new(&client, loop, argv[1], key, &want, &ops, NULL, e));
	while (status < 0) {
		if (poll(&in, 1, 0) > 0 && read(STDIN_FILENO, &c, 1) <= 0)
			break;
		TRY(loop_once(loop, 50, e));
	}
	app_client_end(client, 0, 2000);
	app_client_free(client);
	loop_free(loop);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };

	if (argc < 6)
		return EXIT_USAGE;
	setlinebuf(stdout);
	if (run(argv, &e) < 0) {
		fprintf(stderr, "cluster_app: %s\n", e.text);
		return e.code;
	}
	return status < 0 ? 0 : status;
}
