/*
 * block_daemon -- see block_daemon.h.
 */
#include "transfer/block_daemon.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/text.h"
#include "net/conn.h"
#include "net/key.h"
#include "net/loop.h"
#include "net/msg.h"
#include "net/proto.h"
#include "transfer/block_msg.h"
#include "transfer/block_server.h"

static int
set_host(void *conf, const char *value, struct err *e)
{
	(void)e;
	((struct block_daemon_conf *)conf)->host = value;
	return 0;
}

static int
set_port(void *conf, const char *value, struct err *e)
{
	return opt_number(value, 0, 65535,
	    &((struct block_daemon_conf *)conf)->port, e);
}

static const struct opt opts[] = {
	{ 'h', "help", NULL, "print this text", opt_show_help },
	{ 'H', "host", "address", "listen there (default: everywhere)",
	    set_host },
	{ 'P', "port", "number", "listen on this port (default: any)",
	    set_port },
	{ 0 }
};

const struct opt_table block_daemon_table = { "sp-shuffle serve", "",
    "Give map outputs to executors: started by sp-worker.", opts };

struct block_daemon {
	struct block_server *server;
	struct conn *parent;
	bool over;
	struct err why;                 /* kind 0: orderly */
};

static int
take_frame(struct block_daemon *d, int type, const char *body, size_t n,
    struct arena *a, struct err *e)
{
	struct block_serve s;
	struct msg m;
	const char *app;

	switch (type) {
	case FRAME_SERVE:
		TRY(block_serve_parse(&s, body, n, a, e));
		block_server_register(d->server, &s);
		key_forget(s.key);
		return 0;
	case FRAME_SERVE_END:
		msg_init(&m, body, n);
		app = msg_get_cstr(&m, a);
		if (!msg_ended(&m) || app == NULL)
			return err_user(e, EXIT_PROTOCOL,
			    "a malformed message on descriptor 0");
		block_server_unregister(d->server, app);
		return 0;
	default:
		return err_user(e, EXIT_PROTOCOL, "a frame of type %d on "
		    "descriptor 0", type);
	}
}

static void
parent_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct block_daemon *d = arg;
	struct arena a = { 0 };
	struct err e;

	(void)c;
	if (!d->over && take_frame(d, type, body, n, &a, &e) < 0) {
		d->over = true;
		d->why = e;
	}
	arena_release(&a);
}

static void
parent_closed(void *arg, struct conn *c, const struct err *why)
{
	struct block_daemon *d = arg;

	(void)c;
	if (!d->over)
		d->why = *why;
	d->over = true;
}

static const struct conn_ops parent_ops = { parent_frame, parent_closed };

static void
tell_port(struct block_daemon *d)
{
	struct text t = { 0 };

	msg_u64(&t, (uint64_t)block_server_port(d->server));
	conn_send(d->parent, FRAME_SERVING, t.p, t.n);
	text_release(&t);
}

static int
serve(struct block_daemon *d, struct loop *l, int in, int out, struct err *e)
{
	int wait = 0;

	d->parent = conn_new(l, in, out, NULL, &parent_ops, d);
	if (d->parent == NULL) {
		err_user(e, EXIT_USAGE, "descriptors 0 and 1 are not pipes");
		return err_hint(e, "sp-shuffle serve is started by sp-worker");
	}
	tell_port(d);
	while (!d->over) {
		TRY(loop_once(l, wait, e));
		wait = block_server_pump(d->server);
	}
	if (d->why.kind)
		*e = d->why;
	return d->why.kind;
}

int
block_daemon_run(const struct block_daemon_conf *conf, int in, int out,
    struct err *e)
{
	struct block_daemon d = { 0 };
	struct block_server_conf server = { .host = conf->host ? conf->host :
	    "", .port = (int)conf->port };
	int r;

	server.loop = loop_new(e);
	if (server.loop == NULL)
		return e->kind;
	r = block_server_new(&d.server, &server, e);
	if (r >= 0)
		r = serve(&d, server.loop, in, out, e);
	conn_close(d.parent);
	block_server_free(d.server);
	loop_free(server.loop);
	return r;
}
