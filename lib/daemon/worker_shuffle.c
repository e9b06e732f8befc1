/*
 * worker_shuffle -- see worker_shuffle.h.
 *
 * What it serves is remembered, so that a server that died is told it all
 * again.  One that ends before it ever served is given up after START_MAX
 * attempts: executors then serve their outputs themselves.
 */
#include "daemon/worker_shuffle.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/worker_procs.h"
#include "net/conn.h"
#include "net/loop.h"
#include "net/msg.h"
#include "net/proto.h"
#include "transfer/block_msg.h"

enum { START_MAX = 2, RESTART_MS = 300, RESTART_SLOW_MS = 5000 };

struct served {
	struct served *next;
	char app[ID_SIZE];
	unsigned char key[APP_KEY_SIZE];
	int  dir;
	char *path;             /* owned */
};

struct shuffle_service {
	struct loop *loop;
	struct conn *conn;      /* NULL: not running */
	pid_t pid;
	struct timer again;
	struct served *served;
	char program[4096], log_file[4096], host[300], address[320];
	int  port;              /* 0: not known */
	int  nbad;              /* starts that came to nothing */
	void (*log)(const char *line);
	struct text body;
};

static void
tell(struct shuffle_service *s, const struct served *v)
{
	struct block_serve m = { .app = v->app, .dir = v->dir,
		.path = v->path };

	if (!s->conn)
		return;
	memcpy(m.key, v->key, sizeof m.key);
	text_clear(&s->body);
	block_serve_print(&s->body, &m);
	conn_send(s->conn, FRAME_SERVE, s->body.p, s->body.n);
	explicit_bzero(m.key, sizeof m.key);
	explicit_bzero(s->body.p, s->body.n);
}

static void
name_address(struct shuffle_service *s)
{
	s->address[0] = '\0';
	if (s->port && s->host[0])
		snprintf(s->address, sizeof s->address,
		    strchr(s->host, ':') ? "[%.298s]:%d" : "%.298s:%d",
		    s->host, s->port);
}

static void
got_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct shuffle_service *s = arg;
	struct msg m;
	char line[64];

	(void)c;
	if (type != FRAME_SERVING)
		return;
	msg_init(&m, body, n);
	s->port = (int)msg_get_u64(&m);
	if (m.bad || s->port < 1 || s->port > 65535)
		s->port = 0;
	s->nbad = 0;
	name_address(s);
	snprintf(line, sizeof line, "map outputs are served at port %d",
	    s->port);
	if (s->log)
		s->log(line);
}

static void
got_closed(void *arg, struct conn *c, const struct err *why)
{
	struct shuffle_service *s = arg;

	(void)why;
	conn_close(c);
	s->conn = NULL;         /* its end comes with SIGCHLD */
}

static const struct conn_ops ops = { got_frame, got_closed };

static void
launch(void *arg)
{
	struct shuffle_service *s = arg;
	char port[16];
	char *argv[] = { s->program, (char *)"serve", NULL, NULL, NULL };
	struct proc_conf pc = { .argv = argv, .both_ways = 1 };
	struct err e = { 0 };
	int fd;

	/* The port that executors' outputs are known under. */
	if (s->port) {
		snprintf(port, sizeof port, "%d", s->port);
		argv[2] = (char *)"--port";
		argv[3] = port;
	}
	pc.log = open(s->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0600);
	if (pc.log < 0)
		return;
	fd = proc_start(&pc, &s->pid, &e);
	if (fd < 0) {
		s->pid = 0;
		return;
	}
	s->conn = conn_new(s->loop, fd, fd, NULL, &ops, s);
	if (!s->conn) {
		close(fd);
		return;
	}
	for (struct served *v = s->served; v; v = v->next)
		tell(s, v);
}

struct shuffle_service *
shuffle_service_start(struct loop *l, const char *dir, const char *host,
    void (*log)(const char *line))
{
	struct shuffle_service *s = xcalloc(1, sizeof *s);
	struct err e;

	s->loop = l;
	s->log = log;
	s->again = (struct timer){ .fire = launch, .arg = s };
	if (beside_program("sp-shuffle", s->program, sizeof s->program,
	    &e) < 0) {
		free(s);
		return NULL;
	}
	snprintf(s->log_file, sizeof s->log_file, "%s/log/shuffle", dir);
	shuffle_service_host(s, host ? host : "");
	launch(s);
	return s;
}

void
shuffle_service_stop(struct shuffle_service *s)
{
	if (!s)
		return;
	timer_drop(s->loop, &s->again);
	if (s->conn)
		conn_close(s->conn);
	if (s->pid > 0)
		proc_kill(s->pid);
	for (struct served *v = s->served, *next; v; v = next) {
		next = v->next;
		explicit_bzero(v->key, sizeof v->key);
		free(v->path);
		free(v);
	}
	text_release(&s->body);
	free(s);
}

int
shuffle_service_coming(const struct shuffle_service *s)
{
	return s && !s->port && s->pid > 0;
}

void
shuffle_service_host(struct shuffle_service *s, const char *host)
{
	if (!s)
		return;
	snprintf(s->host, sizeof s->host, "%s", host);
	name_address(s);
}

const char *
shuffle_service_address(const struct shuffle_service *s)
{
	return s && s->address[0] ? s->address : NULL;
}

void
shuffle_service_add(struct shuffle_service *s, const char *app,
    const unsigned char key[APP_KEY_SIZE], int dir, const char *path)
{
	struct served *v;

	for (v = s ? s->served : NULL; v; v = v->next)
		if (strcmp(v->app, app) == 0 && v->dir == dir)
			return;
	if (!s)
		return;
	v = xcalloc(1, sizeof *v);
	snprintf(v->app, sizeof v->app, "%s", app);
	memcpy(v->key, key, sizeof v->key);
	v->dir = dir;
	v->path = xmalloc(strlen(path) + 1);
	memcpy(v->path, path, strlen(path) + 1);
	v->next = s->served;
	s->served = v;
	tell(s, v);
}

void
shuffle_service_drop(struct shuffle_service *s, const char *app)
{
	struct served **at = s ? &s->served : NULL, *v;

	while (at && (v = *at)) {
		if (strcmp(v->app, app) != 0) {
			at = &v->next;
			continue;
		}
		*at = v->next;
		explicit_bzero(v->key, sizeof v->key);
		free(v->path);
		free(v);
	}
	if (!s || !s->conn)
		return;
	text_clear(&s->body);
	msg_cstr(&s->body, app);
	conn_send(s->conn, FRAME_SERVE_END, s->body.p, s->body.n);
}

void
shuffle_service_reap(struct shuffle_service *s)
{
	char line[200], why[100];
	int status;

	if (!s || s->pid <= 0 || !proc_reap(s->pid, &status))
		return;
	s->pid = 0;
	if (s->conn)
		conn_close(s->conn);
	s->conn = NULL;
	proc_explain(status, why, sizeof why);
	snprintf(line, sizeof line, "sp-shuffle serve %s", why);
	if (s->log)
		s->log(line);
	if (++s->nbad < START_MAX || s->port)
		timer_set(s->loop, &s->again,
		    s->nbad < 10 ? RESTART_MS : RESTART_SLOW_MS);
}
