/*
 * sp-executor -- runs the tasks of one application on this node.  It is
 * started by sp-submit or sp-worker, never by hand; the work is in
 * lib/executor.
 */
#include <stdio.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/opt.h"
#include "executor/executor.h"

static int
set_connect(void *conf, const char *value, struct err *e)
{
	struct executor_conf *c = conf;

	(void)value;
	(void)e;
	c->connect = true;
	return 0;
}

static const struct opt opts[] = {
	{ 0, "connect", NULL, "read on stdin where the driver is, and connect",
	  set_connect },
	{ 'h', "help", NULL, "print this text", opt_show_help },
	{ 0, "version", NULL, "print the version", opt_show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-executor", "",
	"Run the tasks of an application: started by sp-submit and sp-worker.",
	opts
};

int
main(int argc, char **argv)
{
	struct executor_conf conf = { .in = 0, .out = 1 };
	struct err e = { 0 };
	int n = opt_parse(&table, argc, argv, &conf, &e);

	limits_raise_files();
	limits_no_core();
	if (n > 0)
		err_user(&e, EXIT_USAGE, "'%s' is too much", argv[0]);
	if (e.kind) {
		opt_complain(table.command, &e);
		return e.code;
	}
	if (executor_run(&conf, &e) < 0) {
		opt_complain(table.command, &e);
		return e.code;
	}
	return 0;
}
