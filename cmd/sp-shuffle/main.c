/*
 * sp-shuffle -- rows cut into partitions, in files: as filters of a shell
 * pipeline.  Chooses the command; see commands.c.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/err.h"
#include "base/near.h"
#include "base/opt.h"
#include "commands.h"

static int
help(void)
{
	printf("usage: sp-shuffle command [options] [operands]\n"
	    "Cut rows into partitions by key, in files, and read them back.\n"
	    "\ncommands:\n");
	for (const struct command *c = commands; c->word; c++)
		printf("  %-8s %s\n", c->word, c->purpose);
	printf("\n  -h, --help   print this text; after a command, its "
	    "options\n\nSee man sp-shuffle.\n");
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
}

static int
unknown(const char *word, struct err *e)
{
	struct near near;

	err_user(e, EXIT_USAGE, "unknown command '%s'", word);
	near_init(&near, word);
	for (const struct command *c = commands; c->word; c++)
		near_offer(&near, c->word);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "try 'sp-shuffle --help'");
}

/* Each map is an open file. */
static void
allow_many_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max;
		setrlimit(RLIMIT_NOFILE, &r);
	}
}

int
main(int argc, char **argv)
{
	const struct command *c = commands;
	struct err e = { 0 };
	int r;

	if (argc > 1 && (strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0))
		return help();
	if (argc < 2) {
		err_user(&e, EXIT_USAGE, "no command");
		err_hint(&e, "try 'sp-shuffle --help'");
		opt_complain("sp-shuffle", &e);
		return e.code;
	}
	while (c->word && strcmp(c->word, argv[1]) != 0)
		c++;
	allow_many_files();
	r = c->word ? c->run(argc - 1, argv + 1, &e) : unknown(argv[1], &e);
	if (r >= 0)
		return r;
	opt_complain("sp-shuffle", &e);
	return e.code;
}
