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

/* A server that says nothing for so long while it owes us bytes is given up:
 * a silent host is noticed as soon as by its lease. */
enum { SILENCE_MS = 20000 };

/* Where others find us: as our worker says, or by the address by which the
 * driver's SSH did. */
static const char *
own_address(struct serve *s, int port)
{
	const char *ssh = getenv("SSH_CONNECTION");
	char host[300];

	/* client, its port, our address, our port */
	if (s->host)
		snprintf(host, sizeof host, "%s", s->host);
	else if (ssh == NULL || sscanf(ssh, "%*s %*s %299s", host) != 1)
		snprintf(host, sizeof host, "127.0.0.1");
	return arena_printf(&s->arena, strchr(host, ':') ? "[%s]:%d" :
	    "%s:%d", host, port);
}

static int
start_server(struct serve *s, struct err *e)
{
	struct block_server_conf conf = { .host = "", .kept = s->kept,
	    .kept_dir = s->dir };
	struct block_serve what = { .app = s->setup->app, .dir = SERVE_DIR,
	    .path = s->dir };

	memcpy(what.key, s->setup->key, sizeof what.key);
	TRY(block_thread_start(&s->server, &conf, e));
	block_server_register(block_thread_server(s->server), &what);
	s->kept_address = own_address(s,
	    block_server_port(block_thread_server(s->server)));
	return 0;
}

int
serve_kept(struct serve *s, struct err *e)
{
	return s->server ? 0 : start_server(s, e);
}

int
serve_open(struct serve *s, const struct setup_msg *m, const char *host,
    const char *dir, struct block_cache *kept, struct err *e)
{
	struct fetch_conf conf = { .app = m->app, .key = m->key,
	    .node = s->node, .retries = -1, .read_ms = SILENCE_MS,
	    .pack = m->pack, .kept = kept, .kept_dir = dir };

	memset(s, 0, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	s->setup = m;
	s->host = host;
	s->dir = dir;
	s->kept = kept;
	if (m->direct)
		node_id(s->node);
	TRY(fetcher_new(&s->fetch, &conf, e));
	if (!m->serve)
		return 0;
	TRY(start_server(s, e));
	s->address = s->kept_address;
	return 0;
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

void
serve_told(struct serve *s, const struct ready_msg *m)
{
	struct block_place p = { m->node, m->address ? m->address : "",
	    m->dir, SERVE_DIR };

	s->own = fetcher_place(s->fetch, &p);
}

void
serve_place(struct serve *s, const struct place_msg *m)
{
	struct block_place p = { m->node, m->address ? m->address : "",
	    m->dir, SERVE_DIR };

	/* Our own memory is near, whatever it is called. */
	if (s->kept_address && *p.node == '\0' &&
	    strcmp(p.address, s->kept_address) == 0) {
		p.node = s->node;
		p.dir = s->dir;
	}
	pthread_mutex_lock(&s->lock);
	while (s->nplace <= m->place) {
		ARENA_GROW(&s->arena, s->place, s->nplace, s->place_cap);
		s->place[s->nplace++] = -1;
	}
	s->place[m->place] = fetcher_place(s->fetch, &p);
	pthread_mutex_unlock(&s->lock);
}

int
serve_place_here(const struct serve *s, int place)
{
	return place >= 0 && place < s->nplace ? s->place[place] : -1;
}

int
serve_place_there(struct serve *s, int place)
{
	int found = -1;

	pthread_mutex_lock(&s->lock);
	for (int i = s->nplace; place >= 0 && found < 0 && i-- > 0;)
		if (s->place[i] == place)
			found = i;
	pthread_mutex_unlock(&s->lock);
	return found;
}

const struct block_source *
serve_source(struct serve *s, struct arena *a, int job, int stage)
{
	return fetch_source(s->fetch, a, job, stage);
}

bool
serve_is_here(const struct serve *s, int place)
{
	return place == s->own || fetcher_is_here(s->fetch, place);
}

bool
serve_same_node(const struct serve *s, int a, int b)
{
	return fetcher_same_node(s->fetch, a, b);
}
