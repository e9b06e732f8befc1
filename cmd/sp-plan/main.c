/*
 * sp-plan -- a job's plan as text: optimized, cut into stages.  Options
 * only; the work is in lib/driver/submit.c.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/opt.h"
#include "driver/submit.h"
#include "driver/submit_opts.h"
#include "io/standard.h"

static int
set_dot(void *conf, const char *value, struct err *e)
{
	(void)value;
	return submit_set_form(conf, "dot", e);
}

static int
set_json(void *conf, const char *value, struct err *e)
{
	(void)value;
	return submit_set_form(conf, "json", e);
}

static int
set_lineage(void *conf, const char *value, struct err *e)
{
	(void)value;
	return submit_set_form(conf, "lineage", e);
}

static int
set_explain(void *conf, const char *value, struct err *e)
{
	(void)value;
	return submit_set_form(conf, "phases", e);
}

static const struct opt opts[] = {
	{ 'e', NULL, "text", "plan this job text", submit_set_text },
	{ 'x', "skip", "rule", "leave out a rule of the optimizer",
	  submit_set_skip },
	{ 'X', "explain", NULL, "print the phases: analyzed, optimized, "
	  "physical, stages", set_explain },
	{ 'v', "verbose", NULL, "print the plan after each rule that fired",
	  submit_set_verbose },
	{ 0, "dot", NULL, "print the stages for Graphviz", set_dot },
	{ 0, "json", NULL, "print the stages as JSON", set_json },
	{ 0, "lineage", NULL, "print the shape with partition counts",
	  set_lineage },
	{ 'c', "conf", "key=value", "set a property", submit_set_conf },
	{ 'D', NULL, "name=value", "give a parameter its value",
	  submit_set_define },
	{ 0, "memory", "size", "memory budget that the plan is for",
	  submit_set_memory },
	{ 0, "ansi-quotes", NULL, "\"x\" is an identifier, not a string",
	  submit_set_ansi_quotes },
	{ 'h', "help", NULL, "print this text", opt_show_help },
	{ 0 }
};

static const struct opt_table table = {
	"sp-plan", "[job.sp | -]",
	"Print the plan of a job, running nothing.", opts
};

int
main(int argc, char **argv)
{
	static struct submit s;
	struct err e = { 0 };
	int n;

	standard_hold();
	s.action = SUBMIT_PLAN;
	conf_init(&s.app.conf, &s.app.arena);
	n = conf_defaults(&s.app.conf, &e);
	if (n >= 0)
		n = opt_parse(&table, argc, argv, &s, &e);
	if (n > 1 || (n == 1 && s.text))
		n = err_user(&e, EXIT_USAGE, "one job at a time");
	else if (n == 0 && !s.text && isatty(STDIN_FILENO))
		n = err_user(&e, EXIT_USAGE, "no job: give a file, - for "
		    "stdin, or -e 'text'");
	if (n < 0) {
		opt_complain(table.command, &e);
		return e.code;
	}
	s.file = n ? argv[0] : "-";
	s.app.define = s.define;
	return submit_run(&s, table.command);
}
