/*
 * sp-submit -- the driver: reads a job, plans it, runs it, commits its
 * output.  Options only; the work is in lib/driver/submit.c.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/opt.h"
#include "driver/submit.h"
#include "driver/submit_opts.h"
#include "io/standard.h"

static const struct opt opts[] = {
	{ 'e', NULL, "text", "run this job text", submit_set_text },
	{ 'm', "master", "url", "where to run: local[N], ssh://host,..., sp://host",
	  submit_set_master },
	{ 'c', "conf", "key=value", "set a property", submit_set_conf },
	{ 'D', NULL, "name=value", "give a parameter its value",
	  submit_set_define },
	{ 't', "to", "format", "format of rows on stdout: tsv, csv, json, text",
	  submit_set_format },
	{ 'v', "verbose", NULL, "say what happens; twice: plans too",
	  submit_set_verbose },
	{ 0, "plan", NULL, "the job is plan text, as sp-plan prints it",
	  submit_set_plan },
	{ 0, "dry-run", NULL, "print the plan, run nothing", submit_set_dry_run },
	{ 0, "memory", "size", "memory budget, such as 512m",
	  submit_set_memory },
	{ 0, "tmpdir", "dirs", "scratch directories, separated by commas",
	  submit_set_tmpdir },
	{ 0, "timeout", "time", "give up after so long, with status 124",
	  submit_set_timeout },
	{ 0, "keep", "time", "leave the executors to the next job, and take "
	  "those of the last", submit_set_keep },
	{ 0, "deploy-mode", "mode", "client: the driver runs here; cluster: "
	  "under a worker", submit_set_deploy },
	{ 0, "supervise", NULL, "such a driver is started again when it fails",
	  submit_set_supervise },
	{ 0, "detach", NULL, "go on in the background; print the id of the job",
	  submit_set_detach },
	{ 0, "status", "id", "print what a detached job does, exit as it did",
	  submit_set_status },
	{ 0, "wait", "id", "the same, when it has ended", submit_set_wait },
	{ 0, "kill", "id", "stop a detached job", submit_set_kill },
	{ 0, "lock", "name", "do nothing while another run holds the name",
	  submit_set_lock },
	{ 0, "report", "file", "write figures of the run as JSON",
	  submit_set_report },
	{ 0, "report-from", "log", "print the report of an event log, run "
	  "nothing", submit_set_report_from },
	{ 0, "event-log", "file", "write what happens as lines of JSON",
	  submit_set_event_log },
	{ 0, "log-dir", "dir", "what commands of tasks say, a file an executor",
	  submit_set_log_dir },
	{ 0, "name", "text", "name of the application", submit_set_name },
	{ 0, "properties-file", "file", "read properties from a file",
	  submit_set_properties },
	{ 0, "show-config", NULL, "print all settings and their origins",
	  submit_set_show_config },
	{ 0, "ansi-quotes", NULL, "\"x\" is an identifier, not a string",
	  submit_set_ansi_quotes },
	{ 'h', "help", NULL, "print this text", opt_show_help },
	{ 0, "version", NULL, "print the version", opt_show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-submit", "[job.sp | -]",
	"Run a job: the driver of sp.", opts
};

static int
usage_error(const struct err *e)
{
	opt_complain(table.command, e);
	return e->code;
}

int
main(int argc, char **argv)
{
	static struct submit s;
	struct err e = { 0 };
	int n;

	standard_hold();
	limits_raise_files();
	conf_init(&s.app.conf, &s.app.arena);
	if (conf_defaults(&s.app.conf, &e) < 0)
		return usage_error(&e);
	n = opt_parse(&table, argc, argv, &s, &e);
	if (n < 0)
		return usage_error(&e);
	if (n > 1 || (n == 1 && s.text))
		err_user(&e, EXIT_USAGE, "one job at a time: '%s' is too much",
		    argv[n - 1]);
	else if (s.report_from && (n || s.text))
		err_user(&e, EXIT_USAGE, "--report-from runs no job");
	else if (n == 0 && !s.text && !s.report_from && s.action == SUBMIT_RUN &&
	    isatty(STDIN_FILENO))
		err_user(&e, EXIT_USAGE, "no job: give a file, - for stdin, "
		    "or -e 'text'");
	if (e.kind)
		return usage_error(&e);
	s.file = n ? argv[0] : "-";
	s.app.define = s.define;
	if (s.id)
		return submit_ask(&s, table.command);
	if (s.deploy && s.action == SUBMIT_RUN)
		return submit_deploy(&s, table.command);
	if (s.detach && s.action == SUBMIT_RUN)
		return submit_detach(&s, table.command);
	s.app.stdout_tty = isatty(STDOUT_FILENO);
	return submit_run(&s, table.command);
}
