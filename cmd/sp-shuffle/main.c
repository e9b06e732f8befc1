/*
 * sp-shuffle -- rows cut into partitions, in files: as filters of a shell
 * pipeline.  Chooses the command; the work is in lib/store/shuffle_tool.c, of
 * "serve" in lib/transfer/block_daemon.c.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/near.h"
#include "base/opt.h"
#include "io/standard.h"
#include "store/shuffle_tool.h"
#include "transfer/block_daemon.h"

static int
help(void)
{
	printf("usage: sp-shuffle command [options] [operands]\n"
	    "Cut rows into partitions by key, in files, and read them back.\n"
	    "\ncommands:\n");
	for (const struct shuffle_command *c = shuffle_commands; c->word; c++)
		printf("  %-8s %s\n", c->word, c->purpose);
	printf("  %-8s %s\n", "serve", "give map outputs to executors "
	    "(for sp-worker)");
	printf("\n  -h, --help   print this text; after a command, its "
	    "options\n\nSee man sp-shuffle.\n");
	return opt_end("sp-shuffle");
}

static int
unknown(const char *word, struct err *e)
{
	struct near near;

	err_user(e, EXIT_USAGE, "unknown command '%s'", word);
	near_init(&near, word);
	for (const struct shuffle_command *c = shuffle_commands; c->word; c++)
		near_offer(&near, c->word);
	near_offer(&near, "serve");
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "try 'sp-shuffle --help'");
}

static int
run(const struct shuffle_command *c, int argc, char **argv, struct err *e)
{
	struct shuffle_tool t;
	size_t n;
	int r;

	shuffle_tool_init(&t);
	r = opt_parse(c->table, argc, argv, &t, e);
	if (r == 0) {
		r = err_user(e, EXIT_USAGE, "no directory");
		err_hint(e, "try '%s --help'", c->table->command);
	} else if (r > 0) {
		r = c->run(&t, r, argv, e);
	}
	n = t.report.n ? fwrite(t.report.p, 1, t.report.n, stdout) : 0;
	if ((n < t.report.n || fflush(stdout) != 0) && r >= 0)
		r = err_sys(e, "could not write the output");
	shuffle_tool_release(&t);
	return r;
}

static int
serve(int argc, char **argv, struct err *e)
{
	struct block_daemon_conf conf = { 0 };
	int n = opt_parse(&block_daemon_table, argc, argv, &conf, e);

	if (n < 0)
		return n;
	if (n > 0)
		return err_user(e, EXIT_USAGE, "'%s' is too much", argv[0]);
	return block_daemon_run(&conf, STDIN_FILENO, STDOUT_FILENO, e);
}

int
main(int argc, char **argv)
{
	const struct shuffle_command *c = shuffle_commands;
	struct err e = { 0 };
	int r;

	standard_hold();
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0))
		return help();
	limits_raise_files();
	if (argc < 2) {
		r = err_user(&e, EXIT_USAGE, "no command");
		err_hint(&e, "try 'sp-shuffle --help'");
	} else if (strcmp(argv[1], "serve") == 0) {
		r = serve(argc - 1, argv + 1, &e);
	} else {
		while (c->word && strcmp(c->word, argv[1]) != 0)
			c++;
		r = c->word ? run(c, argc - 1, argv + 1, &e) :
		    unknown(argv[1], &e);
	}
	if (r >= 0)
		return r;
	opt_complain("sp-shuffle", &e);
	return e.code;
}
