/*
 * sp-worker -- a node of the cluster: the daemon that starts executors, or,
 * with --ssh, a relay to one on another host.  Options only.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "daemon/background.h"
#include "daemon/daemon_opts.h"
#include "daemon/settings.h"
#include "daemon/signals.h"
#include "daemon/worker_daemon.h"
#include "io/standard.h"
#include "net/handover.h"
#include "net/hostfile.h"
#include "net/ssh_relay.h"

/* The first member is what daemon_opts sets. */
struct worker {
	struct settings settings;
	struct arena arena;
	struct host  ssh, node; /* name is NULL: not given */
	int connect;            /* the relay's executor calls the driver */
	long long keep_ms;      /* > 0: a keeper (net/handover.h) */
};

static int
set_ssh(void *conf, const char *value, struct err *e)
{
	struct worker *w = conf;

	return host_parse(&w->arena, value, strlen(value), &w->ssh, e);
}

static int
set_node(void *conf, const char *value, struct err *e)
{
	struct worker *w = conf;

	return host_parse(&w->arena, value, strlen(value), &w->node, e);
}

static int
set_connect(void *conf, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct worker *)conf)->connect = 1;
	return 0;
}

static int
set_keep(void *conf, const char *value, struct err *e)
{
	return opt_duration(value, &((struct worker *)conf)->keep_ms, e);
}

static const struct opt opts[] = {
	{ 'c', "cores", "number", "to give to executors; usually all",
	  daemon_set_cores },
	{ 'm', "memory", "size", "to give to executors; usually all but 1g",
	  daemon_set_memory },
	{ 'd', "work-dir", "directory", "for scratch files and logs",
	  daemon_set_dir },
	{ 'h', "host", "name", "of this node, as others reach it",
	  daemon_set_host },
	{ 'p', "port", "number", "accepted: nothing listens there",
	  daemon_set_port },
	{ 'k', "key-file", "file", "with the key of the cluster",
	  daemon_set_key },
	{ 0, "conf", "key=value", "set a property", daemon_set_property },
	{ 0, "properties-file", "file", "read properties from a file",
	  daemon_set_properties },
	{ 0, "webui-port", "number", "accepted, has no meaning here",
	  daemon_set_ui_port },
	{ 0, "node", "host", "run executors on [user@]host[:port], by SSH",
	  set_node },
	{ 0, "executor", "program", "to start instead of sp-executor",
	  daemon_set_executor },
	{ 0, "ready-fd", "number", "write the worker's id there when it is "
	  "registered", daemon_set_ready_fd },
	{ 0, "ssh", "host", "run an executor on [user@]host[:port] and be its "
	  "stdin and stdout", set_ssh },
	{ 0, "connect", NULL, "with --ssh: it calls its driver", set_connect },
	{ 0, "keep", "time", "hold executors for the next sp-submit --keep, "
	  "which starts this", set_keep },
	{ 0, "detach", NULL, "go into the background when ready",
	  daemon_set_detach },
	{ 0, "key-stdin", NULL, "with --detach: read the key from stdin",
	  daemon_set_key_stdin },
	{ 0, "stop", NULL, "end the one in the background", daemon_set_stop },
	{ 0, "remove", NULL, "with --stop: remove its directory, too",
	  daemon_set_remove },
	{ 'v', "verbose", NULL, "print each event to stderr",
	  daemon_set_verbose },
	{ 0, "help", NULL, "print this text", opt_show_help },
	{ 0, "version", NULL, "print the version", opt_show_version },
	{ 0 }
};

static const struct opt_table table = {
	"sp-worker", "[sp://host:port[,host:port]]",
	"A node of the cluster: run executors for a master.", opts
};

static void
log_line(const char *line)
{
	char stamp[SIGNALS_STAMP];

	fprintf(stderr, "%s %s\n", signals_stamp(stamp), line);
}

/* Stands for an executor on another host, on stdin and stdout. */
static int
relay(struct worker *w, struct err *e)
{
	static const char *const call[] = { "--connect", NULL };

	signal(SIGPIPE, SIG_IGN);
	return ssh_relay(&(struct relay_conf){ .host = &w->ssh,
	    .args = w->connect ? call : NULL, .errors = STDERR_FILENO }, STDIN_FILENO, STDOUT_FILENO, e);
}

static int
serve(struct worker *w, struct err *e)
{
	struct settings *s = &w->settings;
	struct worker_daemon_conf c = { .host = settings_get(s, SET_HOST),
		.masters = settings_get(s, SET_MASTER),
		.dir = settings_get(s, SET_DIR),
		.key_file = settings_get(s, SET_KEY),
		.executor = settings_get(s, SET_EXECUTOR),
		.node = w->node.name ? &w->node : NULL,
		.ready_fd = s->ready_fd };
	long long bytes = 0;
	struct background b = { 0 };
	int64_t cores, port;
	int cleanup, r;

	if (!c.masters)
		return err_user(e, EXIT_USAGE,
		    "which master? give its URL: sp://host:port");
	if (c.node && c.executor)
		return err_user(e, EXIT_USAGE,
		    "--node takes its own programs along, not --executor");
	TRY(settings_int(s, SET_CORES, 1, 65536, 0, &cores, e));
	TRY(settings_int(s, SET_PORT, 0, 65535, 0, &port, e));
	TRY(settings_bool(s, SET_CLEANUP, 1, &cleanup, e));
	if (settings_get(s, SET_MEMORY))
		TRY(opt_size(settings_get(s, SET_MEMORY), &bytes, e));
	if (settings_get(s, SET_MEMORY) && bytes < 1 << 20)
		return err_user(e, EXIT_CONFIG, "a worker needs more memory "
		    "than '%s'", settings_get(s, SET_MEMORY));
	c.cores = (int)cores;
	c.memory_mb = bytes >> 20;
	c.keep = !cleanup;
	if (s->verbose && s->notes.n)
		fputs(s->notes.p, stderr);
	*(s->verbose || s->detach ? &c.log : &c.warn) = log_line;
	r = s->detach || s->stop ? background_worker(s, &c, &b, e) :
	    worker_daemon_run(&c, e);
	fputs(text_str(&b.note), stderr);
	fputs(text_str(&b.out), stdout);
	background_release(&b);
	return r < 0 ? r : opt_end(table.command);
}

int
main(int argc, char **argv)
{
	static struct worker w;
	struct err e = { 0 };
	int r;

	standard_hold();
	settings_init(&w.settings, "worker");
	r = opt_parse(&table, argc, argv, &w, &e);
	if (r > 1 || (r == 1 && w.ssh.name))
		r = err_user(&e, EXIT_USAGE, "what is '%s'?", argv[r - 1]);
	if (r == 1)
		settings_put(&w.settings, SET_MASTER, argv[0], RANK_FLAG);
	if (r >= 0 && w.keep_ms > 0)
		handover_keep(STDIN_FILENO, STDOUT_FILENO, w.keep_ms);
	else if (r >= 0)
		r = w.ssh.name ? relay(&w, &e) : serve(&w, &e);
	if (r < 0)
		opt_complain(table.command, &e);
	settings_release(&w.settings);
	arena_release(&w.arena);
	return r < 0 ? e.code : r;
}
