/*
 * sp-master -- the cluster manager, and the command that asks it.  Options
 * only; the work is in lib/daemon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"
#include "daemon/ask.h"
#include "daemon/daemon_opts.h"
#include "daemon/master_daemon.h"
#include "daemon/settings.h"
#include "io/standard.h"

static int show_help(void *conf, const char *value, struct err *e);
static int show_version(void *conf, const char *value, struct err *e);

static const struct opt opts[] = {
	{ 'h', "host", "address", "listen there; usually 127.0.0.1",
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
	{ 'v', "verbose", NULL, "print each event to stderr",
	  daemon_set_verbose },
	{ 0, "help", NULL, "print this text", show_help },
	{ 0, "version", NULL, "print the version", show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-master", "[status | apps | workers | kill APP | drain WORKER | "
	"undrain WORKER]",
	"Run a cluster's manager, or ask the one that runs.", opts
};

static const struct command {
	const char *name;
	enum ask_kind kind;
	int has_id;
} commands[] = {
	{ "status",  ASK_STATUS,  0 },
	{ "apps",    ASK_APPS,    0 },
	{ "workers", ASK_WORKERS, 0 },
	{ "kill",    ASK_KILL,    1 },
	{ "drain",   ASK_DRAIN,   1 },
	{ "undrain", ASK_UNDRAIN, 1 },
};

static int
show_help(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	opt_help(&table);
	exit(opt_end(table.command));
}

static int
show_version(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	puts("sp-master 0.1");
	exit(opt_end(table.command));
}

static void
log_line(const char *line)
{
	struct timespec now;
	struct tm tm;
	char stamp[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(stamp, sizeof stamp, "%H:%M:%S", &tm);
	fprintf(stderr, "%s.%03ld %s\n", stamp, now.tv_nsec / 1000000, line);
}

static int
ask(const struct settings *s, int n, char **word, struct err *e)
{
	const char *master = settings_get(s, SET_MASTER);
	struct text answer = { 0 };
	struct ask q = { .json = s->json };
	const struct command *c = commands;
	const struct command *end = c + sizeof commands / sizeof commands[0];
	int r;

	while (c < end && strcmp(c->name, word[0]) != 0)
		c++;
	if (c == end)
		return err_user(e, EXIT_USAGE, "there is no command '%s'",
		    word[0]);
	if (n != 1 + c->has_id)
		return err_user(e, EXIT_USAGE, c->has_id ?
		    "%s needs one name" : "%s takes no operand", c->name);
	q.kind = c->kind;
	q.id = c->has_id ? word[1] : NULL;
	r = ask_master(master ? master : "127.0.0.1:7077",
	    settings_get(s, SET_KEY), &q, &answer, e);
	if (r == 0)
		fwrite(answer.p, 1, answer.n, stdout);
	text_release(&answer);
	return r < 0 ? r : opt_end(table.command);
}

static int
state_dir(const struct settings *s, struct text *to)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_STATE_HOME");

	if (settings_get(s, SET_STATE))
		text_adds(to, settings_get(s, SET_STATE));
	else if (xdg && *xdg)
		text_addf(to, "%s/sp/master", xdg);
	else
		text_addf(to, "%s/.local/state/sp/master", home ? home : "");
	return 0;
}

static int
serve(const struct settings *s, struct err *e)
{
	const char *scheduler = settings_get(s, SET_SCHEDULER);
	struct master_daemon_conf c = { .host = settings_get(s, SET_HOST),
		.key_file = settings_get(s, SET_KEY),
		.ready_fd = s->ready_fd,
		.log = s->verbose ? log_line : NULL };
	struct text dir = { 0 };
	int64_t port, cores;
	int spread, r;

	TRY(settings_int(s, SET_PORT, 0, 65535, 7077, &port, e));
	TRY(settings_int(s, SET_DEFAULT_CORES, 0, 1 << 30, 0, &cores, e));
	TRY(settings_bool(s, SET_SPREAD, 1, &spread, e));
	if (scheduler && strcasecmp(scheduler, "FAIR") != 0 &&
	    strcasecmp(scheduler, "FIFO") != 0)
		return err_user(e, EXIT_CONFIG,
		    "sp.master.scheduler is FAIR or FIFO, not '%s'", scheduler);
	c.port = (int)port;
	c.master.pack = !spread;
	c.master.fifo = scheduler && strcasecmp(scheduler, "FIFO") == 0;
	c.master.default_cores = (int)cores;
	state_dir(s, &dir);
	c.state_dir = dir.p;
	if (s->verbose && s->notes.n)
		fputs(s->notes.p, stderr);
	r = master_daemon_run(&c, e);
	text_release(&dir);
	return r;
}

int
main(int argc, char **argv)
{
	struct settings s;
	struct err e = { 0 };
	int n, r;

	standard_hold();
	settings_init(&s, "master");
	n = opt_parse(&table, argc, argv, &s, &e);
	r = n < 0 ? n : n ? ask(&s, n, argv, &e) : serve(&s, &e);
	settings_release(&s);
	if (r < 0)
		opt_complain(table.command, &e);
	return r < 0 ? e.code : r;
}
