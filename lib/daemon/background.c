/*
 * background -- see background.h.
 */
#include "daemon/background.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "daemon/daemonize.h"
#include "daemon/master_daemon.h"
#include "daemon/settings.h"
#include "daemon/worker_daemon.h"

void
background_release(struct background *b)
{
	text_release(&b->out);
	text_release(&b->note);
}

static void
master_dir(const struct settings *s, int port, struct text *to)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_STATE_HOME");
	char name[32];

	if (settings_get(s, SET_STATE)) {
		text_adds(to, settings_get(s, SET_STATE));
	} else if (s->detach || s->stop) {
		snprintf(name, sizeof name, "master-%d", port);
		detach_dir(to, name);
	} else if (xdg && *xdg) {
		text_addf(to, "%s/sp/master", xdg);
	} else {
		text_addf(to, "%s/.local/state/sp/master", home ? home : "");
	}
	text_str(to);
}

int
background_master_conf(const struct settings *s, struct master_daemon_conf *c,
    struct text *dir, struct err *e)
{
	const char *scheduler = settings_get(s, SET_SCHEDULER);
	const char *host = settings_get(s, SET_HOST);
	int64_t port, cores;
	int spread;

	TRY(settings_int(s, SET_PORT, 0, 65535, 7077, &port, e));
	TRY(settings_int(s, SET_DEFAULT_CORES, 0, 1 << 30, 0, &cores, e));
	TRY(settings_bool(s, SET_SPREAD, 1, &spread, e));
	if (scheduler && strcasecmp(scheduler, "FAIR") != 0 &&
	    strcasecmp(scheduler, "FIFO") != 0)
		return err_user(e, EXIT_CONFIG,
		    "sp.master.scheduler is FAIR or FIFO, not '%s'", scheduler);
	c->host = host && strcmp(host, "all") == 0 ? "" : host;
	c->port = (int)port;
	c->masters = settings_get(s, SET_MASTER);
	if (c->masters && !strchr(c->masters, ','))
		c->masters = NULL;      /* SP_MASTER of a lone one */
	c->key_file = settings_get(s, SET_KEY);
	c->ready_fd = s->ready_fd;
	c->master.several = c->masters != NULL;
	c->master.pack = !spread;
	c->master.fifo = scheduler && strcasecmp(scheduler, "FIFO") == 0;
	c->master.default_cores = (int)cores;
	master_dir(s, (int)port, dir);
	c->state_dir = dir->p;
	return 0;
}

static int
stop(const struct settings *s, const char *dir, struct background *b,
    struct err *e)
{
	int r = detach_stop(dir, e);

	if (r < 0)
		return r;
	if (s->remove)
		detach_remove(dir);
	text_adds(&b->out, r ? "stopped\n" : "not running\n");
	return 0;
}

/* As it is after chdir. */
static char *
make_absolute(const char **file)
{
	char *path = *file ? realpath(*file, NULL) : NULL;

	if (path)
		*file = path;
	return path;
}

/* What the caller sees of one that is in the background now. */
static void
tell(const struct detached *d, const char *command, struct background *b)
{
	if (d->already)
		text_addf(&b->note, "%s: already running (pid %ld)\n", command,
		    (long)d->pid);
	text_add(&b->out, d->line.p, d->line.n);
}

int
background_master(const struct settings *s, struct master_daemon_conf *c,
    struct background *b, struct err *e)
{
	struct detach_conf how = { "sp-master", c->state_dir,
		s->key_stdin ? DETACH_KEY_STDIN : DETACH_KEY_FILE };
	struct detached d;
	char *key;
	int r;

	if (s->stop)
		return stop(s, c->state_dir, b, e);
	key = make_absolute(&c->key_file);
	r = detach_start(&d, &how, e);
	if (r == 0) {
		tell(&d, how.command, b);
	} else if (r > 0) {
		c->state_dir = d.dir;
		c->ready_fd = d.ready_fd;
		if (d.key_file)
			c->key_file = d.key_file;
		r = master_daemon_run(c, e);
		if (r < 0)
			detach_fail(&d, e);
	}
	detach_release(&d);
	free(key);
	return r;
}

int
background_worker(const struct settings *s, struct worker_daemon_conf *c,
    struct background *b, struct err *e)
{
	struct text name = { 0 }, dir = { 0 };
	struct detach_conf how = { "sp-worker", NULL,
		s->key_stdin ? DETACH_KEY_STDIN : DETACH_KEY_FILE };
	char *key = make_absolute(&c->key_file);
	char *executor = make_absolute(&c->executor);
	struct detached d = { 0 };
	int r;

	text_addf(&name, "worker-%.200s", c->masters +
	    (strncmp(c->masters, "sp://", 5) == 0 ? 5 : 0));
	if (c->dir)
		text_adds(&dir, c->dir);
	else
		detach_dir(&dir, text_str(&name));
	how.dir = text_str(&dir);
	r = s->stop ? stop(s, how.dir, b, e) : detach_start(&d, &how, e);
	if (r == 0 && !s->stop) {
		tell(&d, how.command, b);
	} else if (r > 0) {
		c->dir = d.dir;
		c->ready_fd = d.ready_fd;
		if (d.key_file)
			c->key_file = d.key_file;
		r = worker_daemon_run(c, e);
		if (r < 0)
			detach_fail(&d, e);
	}
	detach_release(&d);
	text_release(&name);
	text_release(&dir);
	free(key);
	free(executor);
	return r;
}
