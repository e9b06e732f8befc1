/*
 * sp-worker -- a node of the cluster.  Options only; the work is in lib.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "io/standard.h"
#include "net/hostfile.h"
#include "net/ssh_relay.h"

struct worker {
	struct arena arena;
	struct host  ssh;       /* name is NULL: no relay */
};

static int
set_ssh(void *conf, const char *value, struct err *e)
{
	struct worker *w = conf;

	return host_parse(&w->arena, value, strlen(value), &w->ssh, e);
}

static int show_help(void *conf, const char *value, struct err *e);
static int show_version(void *conf, const char *value, struct err *e);

static const struct opt opts[] = {
	{ 0, "ssh", "host", "run an executor on [user@]host[:port] and be its "
	  "stdin and stdout", set_ssh },
	{ 'h', "help", NULL, "print this text", show_help },
	{ 0, "version", NULL, "print the version", show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-worker", "", "A node of the cluster.", opts
};

static int
show_help(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	opt_help(&table);
	exit(opt_end("sp-worker"));
}

static int
show_version(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	puts("sp-worker 0.1");
	exit(opt_end("sp-worker"));
}

/* Stands for an executor on another host, on stdin and stdout. */
static int
relay(struct worker *w, struct err *e)
{
	signal(SIGPIPE, SIG_IGN);
	return ssh_relay(&(struct relay_conf){ .host = &w->ssh,
	    .errors = STDERR_FILENO }, STDIN_FILENO, STDOUT_FILENO, e);
}

int
main(int argc, char **argv)
{
	static struct worker w;
	struct err e = { 0 };
	int r;

	standard_hold();
	r = opt_parse(&table, argc, argv, &w, &e);
	if (r > 0)
		r = err_user(&e, EXIT_USAGE, "what is '%s'?", argv[0]);
	if (r == 0 && !w.ssh.name)
		r = err_user(&e, EXIT_USAGE, "nothing to do: --ssh host");
	if (r == 0)
		r = relay(&w, &e);
	if (r < 0)
		opt_complain(table.command, &e);
	arena_release(&w.arena);
	return r < 0 ? e.code : EXIT_DONE;
}
