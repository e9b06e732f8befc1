/*
 * serve -- see serve.h.
 */
#include "executor/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "transfer/block_msg.h"
#include "transfer/block_server.h"
#include "transfer/block_thread.h"
#include "transfer/fetch.h"

/* Where others find us: the address by which the driver's SSH did. */
static const char *
own_address(struct serve *s, int port)
{
	const char *ssh = getenv("SSH_CONNECTION");
	char host[128];

	/* client, its port, our address, our port */
	if (ssh == NULL || sscanf(ssh, "%*s %*s %127s", host) != 1)
		snprintf(host, sizeof host, "127.0.0.1");
	return arena_printf(&s->arena, strchr(host, ':') ? "[%s]:%d/%d" :
	    "%s:%d/%d", host, port, SERVE_DIR);
}

static int
start_server(struct serve *s, struct err *e)
{
	struct block_server_conf conf = { .host = "" };
	struct block_serve what = { .app = s->setup->app, .dir = SERVE_DIR,
	    .path = s->dir };

	memcpy(what.key, s->setup->key, sizeof what.key);
	TRY(block_thread_start(&s->server, &conf, e));
	block_server_register(block_thread_server(s->server), &what);
	s->address = own_address(s,
	    block_server_port(block_thread_server(s->server)));
	return 0;
}

int
serve_open(struct serve *s, const struct setup_msg *m, const char *dir,
    struct err *e)
{
	struct fetch_conf conf = { .app = m->app, .key = m->key,
	    .node = s->node, .retries = -1 };

	memset(s, 0, sizeof *s);
	s->setup = m;
	s->dir = dir;
	if (m->direct)
		node_id(s->node);
	TRY(fetcher_new(&s->fetch, &conf, e));
	return m->serve ? start_server(s, e) : 0;
}

void
serve_close(struct serve *s)
{
	block_thread_stop(s->server);
	if (s->fetch)
		fetcher_free(s->fetch);
	arena_release(&s->arena);
}

void
serve_forget(struct serve *s, int job)
{
	fetcher_forget(s->fetch, job);
}

void
serve_tell(const struct serve *s, struct ready_msg *m)
{
	m->node = s->node;
	m->address = s->address;
	m->dir = s->dir;
}

int
serve_place(struct serve *s, const struct place_msg *m, struct err *e)
{
	struct block_place p = { .node = m->node,
	    .address = m->address ? m->address : "", .dir = m->dir };

	return fetcher_place(s->fetch, m->place, &p, e);
}

const struct block_source *
serve_source(struct serve *s, struct arena *a, int job, int stage)
{
	return fetch_source(s->fetch, a, job, stage);
}
