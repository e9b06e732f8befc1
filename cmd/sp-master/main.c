/*
 * sp-master -- the cluster manager, and the command that asks it.  Options
 * only; the work is in lib/daemon.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/opt.h"
#include "base/text.h"
#include "daemon/ask.h"
#include "daemon/background.h"
#include "daemon/bring_up.h"
#include "daemon/daemon_opts.h"
#include "daemon/master_daemon.h"
#include "daemon/settings.h"
#include "daemon/signals.h"
#include "io/standard.h"

/* The first member is what daemon_opts sets. */
struct manager {
	struct settings settings;
	enum bring_first first;
};

static int
set_master_only(void *conf, const char *value, struct err *e)
{
	struct manager *m = conf;

	(void)value;
	(void)e;
	m->first = BRING_MASTER_ONLY;
	return 0;
}

static const struct opt opts[] = {
	{ 'h', "host", "address", "listen there; usually 127.0.0.1; "
	  "\"all\": on every one",
	  daemon_set_host },
	{ 'p', "port", "number", "of the address; 7077, 0: any",
	  daemon_set_port },
	{ 'd', "state", "directory", "of the journal of what runs",
	  daemon_set_state },
	{ 'k', "key-file", "file", "with the key of the cluster",
	  daemon_set_key },
	{ 'm', "master", "url", "the master that commands ask",
	  daemon_set_master },
	{ 'j', "json", NULL, "answer with one JSON object", daemon_set_json },
	{ 'c', "conf", "key=value", "set a property", daemon_set_property },
	{ 0, "properties-file", "file", "read properties from a file",
	  daemon_set_properties },
	{ 0, "webui-port", "number", "accepted, has no meaning here",
	  daemon_set_ui_port },
	{ 0, "ready-fd", "number", "write the URL there when ready",
	  daemon_set_ready_fd },
	{ 0, "detach", NULL, "go into the background when ready",
	  daemon_set_detach },
	{ 0, "key-stdin", NULL, "with --detach: read the key from stdin",
	  daemon_set_key_stdin },
	{ 0, "stop", NULL, "end the one in the background", daemon_set_stop },
	{ 0, "remove", NULL, "with --stop: remove its directory, too",
	  daemon_set_remove },
	{ 0, "master-only", NULL, "with up, down: no worker on the first host",
	  set_master_only },
	{ 'v', "verbose", NULL, "print each event to stderr",
	  daemon_set_verbose },
	{ 0, "help", NULL, "print this text", opt_show_help },
	{ 0, "version", NULL, "print the version", opt_show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-master", "[status | apps | workers | kill APP | drain WORKER | "
	"undrain WORKER | up HOSTFILE | down HOSTFILE]",
	"Run a cluster's manager, or ask the one that runs.", opts
};

static void
log_line(const char *line)
{
	char stamp[SIGNALS_STAMP];

	fprintf(stderr, "%s %s\n", signals_stamp(stamp), line);
}

static void
say_line(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

/* sp-master up HOSTFILE, down HOSTFILE: a report to stderr, the URL to
 * stdout. */
static int
bring(const struct manager *m, int n, char **word, struct err *e)
{
	struct bring_conf c = { .first = m->first, .say = say_line,
		.key_file = settings_get(&m->settings, SET_KEY) };
	struct text url = { 0 };
	int64_t port;
	int r;

	if (n != 2)
		return err_user(e, EXIT_USAGE, "%s needs one file of hosts",
		    word[0]);
	TRY(settings_int(&m->settings, SET_PORT, 1, 65535, 7077, &port, e));
	c.port = (int)port;
	r = bring_file(&c, word[1], strcmp(word[0], "up") == 0 ? &url : NULL,
	    e);
	fputs(text_str(&url), stdout);
	text_release(&url);
	return r < 0 ? r : opt_end(table.command);
}

static int
ask(const struct settings *s, int n, char **word, struct err *e)
{
	const char *master = settings_get(s, SET_MASTER);
	struct text answer = { 0 };
	struct ask q = { .json = s->json };
	int r = ask_command(&q, n, word, e);

	if (r == 0)
		r = ask_master(master ? master : "127.0.0.1:7077",
		    settings_get(s, SET_KEY), &q, &answer, e);
	if (r == 0)
		fwrite(answer.p, 1, answer.n, stdout);
	text_release(&answer);
	return r < 0 ? r : opt_end(table.command);
}

static int
serve(const struct settings *s, struct err *e)
{
	struct master_daemon_conf c = {
		.log = s->verbose || s->detach ? log_line : NULL };
	struct background b = { 0 };
	struct text dir = { 0 };
	int r;

	TRY(background_master_conf(s, &c, &dir, e));
	if (s->verbose && s->notes.n)
		fputs(s->notes.p, stderr);
	r = s->stop || s->detach ? background_master(s, &c, &b, e) :
	    master_daemon_run(&c, e);
	fputs(text_str(&b.note), stderr);
	fputs(text_str(&b.out), stdout);
	background_release(&b);
	text_release(&dir);
	return r < 0 ? r : opt_end(table.command);
}

int
main(int argc, char **argv)
{
	struct manager m = { .first = BRING_WITH_WORKER };
	struct err e = { 0 };
	int n, r;

	standard_hold();
	limits_raise_files();
	settings_init(&m.settings, "master");
	n = opt_parse(&table, argc, argv, &m, &e);
	if (n <= 0)
		r = n < 0 ? n : serve(&m.settings, &e);
	else if (strcmp(argv[0], "up") == 0 || strcmp(argv[0], "down") == 0)
		r = bring(&m, n, argv, &e);
	else
		r = ask(&m.settings, n, argv, &e);
	settings_release(&m.settings);
	if (r < 0)
		opt_complain(table.command, &e);
	return r < 0 ? e.code : r;
}
