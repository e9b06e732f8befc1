/*
 * sp-cat -- any data in, any format out.  It writes the job that does it and
 * runs that; --verify checks an output against its manifest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/opt.h"
#include "driver/submit.h"
#include "driver/submit_opts.h"
#include "io/standard.h"
#include "store/commit.h"

struct cat {
	struct submit submit;           /* first: its setters are shared */
	enum { CAT_ROWS, CAT_SCHEMA, CAT_COUNT, CAT_VERIFY } what;
	const char *from;               /* format, or NULL: found */
	long long head;                 /* rows, -1: all */
	double sample;                  /* part of the rows, 0: all */
	struct text options;
};

static int
set_schema(void *conf, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct cat *)conf)->what = CAT_SCHEMA;
	return 0;
}

static int
set_count(void *conf, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct cat *)conf)->what = CAT_COUNT;
	return 0;
}

static int
set_verify(void *conf, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct cat *)conf)->what = CAT_VERIFY;
	return 0;
}

static int
set_from(void *conf, const char *value, struct err *e)
{
	(void)e;
	((struct cat *)conf)->from = value;
	return 0;
}

static int
set_head(void *conf, const char *value, struct err *e)
{
	return opt_number(value, 0, INT64_MAX, &((struct cat *)conf)->head, e);
}

static int
set_sample(void *conf, const char *value, struct err *e)
{
	struct cat *c = conf;
	char *end;

	c->sample = strtod(value, &end) / 100;
	if (end == value || *end || c->sample <= 0 || c->sample > 1)
		return err_user(e, EXIT_USAGE, "'%s' is not a percentage",
		    value);
	return 0;
}

static int
set_option(void *conf, const char *value, struct err *e)
{
	struct cat *c = conf;
	const char *eq = strchr(value, '=');

	if (eq == NULL || eq == value)
		return err_user(e, EXIT_USAGE, "'%s' is not key=value", value);
	text_addf(&c->options, " %.*s ", (int)(eq - value), value);
	text_add_quoted(&c->options, eq + 1, strlen(eq + 1));
	return 0;
}

static const struct opt opts[] = {
	{ 't', "to", "format", "print tsv, csv, json or text",
	  submit_set_format },
	{ 'f', "from", "format", "the input is text, csv, tsv or json",
	  set_from },
	{ 'o', "option", "key=value", "an option of the input's format",
	  set_option },
	{ 0, "schema", NULL, "print names and types of the columns",
	  set_schema },
	{ 0, "count", NULL, "print the number of rows", set_count },
	{ 'n', "head", "rows", "print only the first rows", set_head },
	{ 0, "sample", "percent", "print a random part of the rows",
	  set_sample },
	{ 0, "verify", NULL, "check outputs against their manifests",
	  set_verify },
	{ 'h', "help", NULL, "print this text", opt_show_help },
	{ 0 }
};

static const struct opt_table table = {
	"sp-cat", "[file ...]", "Print data of any format in another one.", opts
};

static int
verify(int n, char **dir)
{
	struct text report = { 0 };
	struct err e = { 0 };
	int code = n ? 0 : EXIT_USAGE;

	for (int i = 0; i < n; i++) {
		int r = output_verify(dir[i], &report, &e);

		if (r < 0) {
			opt_complain(table.command, &e);
			code = e.code;
		} else if (r > 0) {
			code = EXIT_JOB;
		}
	}
	fputs(text_str(&report), stdout);
	text_release(&report);
	return code;
}

/* The job: from files [format] options | … */
static void
write_job(struct cat *c, struct text *t, int n, char **file)
{
	bool standard = n == 0 || (n == 1 && strcmp(file[0], "-") == 0);

	text_adds(t, c->what == CAT_SCHEMA ? "describe query from " : "from ");
	for (int i = 0; i < n && !standard; i++) {
		text_adds(t, i ? ", " : "");
		text_add_quoted(t, file[i], strlen(file[i]));
	}
	if (standard)
		text_adds(t, "-");
	if (c->from)
		text_addf(t, " %s", c->from);
	text_adds(t, text_str(&c->options));
	if (c->sample > 0)
		text_addf(t, " | where rand() < %.9f", c->sample);
	if (c->head >= 0)
		text_addf(t, " | limit %lld", c->head);
	if (c->what == CAT_COUNT)
		text_adds(t, " | aggregate count(*) as n");
}

int
main(int argc, char **argv)
{
	static struct cat c = { .head = -1 };
	struct text job = { 0 };
	struct err e = { 0 };
	int n;

	standard_hold();
	conf_init(&c.submit.app.conf, &c.submit.app.arena);
	n = conf_defaults(&c.submit.app.conf, &e);
	if (n >= 0)
		n = opt_parse(&table, argc, argv, &c, &e);
	if (n == 0 && isatty(STDIN_FILENO))
		n = err_user(&e, EXIT_USAGE, "no file: name some, or pipe "
		    "data in");
	if (n < 0) {
		opt_complain(table.command, &e);
		return e.code;
	}
	if (c.what == CAT_VERIFY)
		return verify(n, argv);
	write_job(&c, &job, n, argv);
	c.submit.text = text_str(&job);
	c.submit.app.stdout_tty = isatty(STDOUT_FILENO);
	return submit_run(&c.submit, table.command);
}
