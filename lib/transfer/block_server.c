/*
 * block_server -- see block_server.h.
 *
 * A connection has one question at a time; the next frames wait in it
 * (conn_pause).  The answer is made piece by piece: a PART of about
 * PIECE_BYTES is added whenever less than QUEUE_LOW bytes wait to be sent.
 * Small maps share a PART, large ones take many.
 */
#include "transfer/block_server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/conn.h"
#include "net/key.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/proto.h"
#include "store/mirror.h"
#include "transfer/block_msg.h"
#include "transfer/map_cache.h"

enum {
	QUEUE_LOW = 1 << 20,
	ASK_BYTES = 4 << 20,            /* of a question, at most */
	LIST_MAX = 1 << 20,             /* blocks of one list */
	IDLE_MS = 60000,
	SWEEP_MS = 5000,
	FILES_IDLE_MS = 15000,
	TURN_PARTS = 4,                 /* of one guest before the others */
};

struct app_dir {
	int number;
	char *path;
	struct app_dir *next;
};

struct app {
	char *id;
	unsigned char key[KEY_BYTES];
	struct app_dir *dir;
	struct app *next;
};

struct guest {
	struct block_server *server;
	struct conn *c;
	char *app;
	int64_t seen_ms;
	struct guest *next, *prev;

	bool busy;                      /* a question is being answered: */
	struct arena arena;
	struct block_ask ask;
	char *dir;
	int at;                         /* want that is being sent */
	struct map_file *file;          /* of it, or NULL: not begun */
	uint64_t first, last;           /* its blocks */
	int64_t from, to;               /* its bytes that are not sent yet */
};

struct block_server {
	struct block_server_conf conf;
	struct listener *listener;
	int port;
	pthread_mutex_t lock;           /* of app */
	struct app *app;
	struct guest *guest;
	struct map_cache *cache;
	struct timer sweep;
	struct text part;
	struct block_server_figures figures;
};

static struct app *
find_app(struct block_server *s, const char *id)
{
	struct app *a = s->app;

	while (a && strcmp(a->id, id) != 0)
		a = a->next;
	return a;
}

static char *
copy(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

void
block_server_register(struct block_server *s, const struct block_serve *what)
{
	struct app *a;
	struct app_dir *d;

	pthread_mutex_lock(&s->lock);
	a = find_app(s, what->app);
	if (a == NULL) {
		a = xcalloc(1, sizeof *a);
		a->id = copy(what->app);
		a->next = s->app;
		s->app = a;
	}
	memcpy(a->key, what->key, sizeof a->key);
	for (d = a->dir; d && d->number != what->dir; d = d->next)
		;
	if (d == NULL) {
		d = xcalloc(1, sizeof *d);
		d->number = what->dir;
		d->next = a->dir;
		a->dir = d;
	}
	free(d->path);
	d->path = copy(what->path);
	pthread_mutex_unlock(&s->lock);
}

static void
app_free(struct block_server *s, struct app *a)
{
	while (a->dir) {
		struct app_dir *d = a->dir;

		a->dir = d->next;
		map_cache_forget(s->cache, d->path, -1);
		free(d->path);
		free(d);
	}
	key_forget(a->key);
	free(a->id);
	free(a);
}

void
block_server_unregister(struct block_server *s, const char *app)
{
	struct app **at = &s->app, *a;

	pthread_mutex_lock(&s->lock);
	while ((a = *at) != NULL) {
		if (app && strcmp(a->id, app) != 0) {
			at = &a->next;
			continue;
		}
		*at = a->next;
		app_free(s, a);
	}
	pthread_mutex_unlock(&s->lock);
}

static int
key_of(void *arg, const char *identity, unsigned char key[TLS_KEY])
{
	struct block_server *s = arg;
	struct app *a;

	pthread_mutex_lock(&s->lock);
	a = find_app(s, identity);
	if (a)
		memcpy(key, a->key, TLS_KEY);
	pthread_mutex_unlock(&s->lock);
	return a != NULL;
}

/* The path of a directory of an application in the arena, or NULL. */
static char *
path_of(struct block_server *s, const char *app, int number, struct arena *to)
{
	struct app *a;
	struct app_dir *d = NULL;
	char *path = NULL;

	pthread_mutex_lock(&s->lock);
	a = find_app(s, app);
	for (d = a ? a->dir : NULL; d && d->number != number; d = d->next)
		;
	if (d)
		path = arena_strdup(to, d->path);
	pthread_mutex_unlock(&s->lock);
	return path;
}

static void
end_file(struct guest *g)
{
	if (g->file)
		map_cache_put(g->server->cache, g->file);
	g->file = NULL;
}

/* The question is answered. */
static void
end_ask(struct guest *g)
{
	end_file(g);
	arena_release(&g->arena);
	g->busy = false;
	g->seen_ms = clock_mono_ms();
	conn_pause(g->c, false);
}

static void
send_lost(struct guest *g, const char *why)
{
	struct block_lost l = { g->ask.id, g->at, why };
	struct text t = { 0 };

	block_lost_print(&t, &l);
	conn_send(g->c, FRAME_BLOCKS_LOST, t.p, t.n);
	text_release(&t);
	g->server->figures.lost++;
	end_ask(g);
}

static void
send_done(struct guest *g)
{
	struct text t = { 0 };

	block_done_print(&t, g->ask.id);
	conn_send(g->c, FRAME_BLOCKS_DONE, t.p, t.n);
	text_release(&t);
	end_ask(g);
}

/* Opens the map of the want and finds its blocks. */
static int
begin_want(struct guest *g, struct err *e)
{
	const struct block_want *w = &g->ask.want[g->at];
	struct map_key k = { g->dir, g->ask.job, g->ask.stage, w->map,
	    w->attempt };
	uint64_t first = 0;
	int64_t n, end;

	TRY(map_cache_get(g->server->cache, &k, &g->file, e));
	n = map_file_blocks(g->file, w->lo, w->hi, &first);
	if (n < 0)
		return err_set(e, ERR_LOST, "the output of map %d has no "
		    "partition %d", w->map, w->hi - 1);
	end = w->count < 0 || w->count > n - w->first ? n : w->first +
	    w->count;
	g->first = first + (uint64_t)(w->first < n ? w->first : n);
	g->last = first + (uint64_t)end;
	if (g->last - g->first > LIST_MAX)
		return err_set(e, ERR_LOST, "map %d has more than %d blocks "
		    "in a range", w->map, LIST_MAX);
	g->from = g->to = 0;
	if (g->first < g->last) {
		const struct block *b = g->file->index.block;

		g->from = b[g->first].at;
		g->to = b[g->last - 1].at + BLOCK_HEAD +
		    (int64_t)b[g->last - 1].stored;
	}
	return 0;
}

/* Adds a piece of the want to the PART; the want may be complete then. */
static int
add_piece(struct guest *g, struct text *to, struct err *e)
{
	struct block_piece p = { .want = g->at };
	int64_t room = PIECE_BYTES - (int64_t)to->n;

	if (g->file == NULL) {
		TRY(begin_want(g, e));
		p.listed = true;
		p.nblock = (int)(g->last - g->first);
		p.block = g->file->index.block + g->first;
		g->server->figures.blocks += g->last - g->first;
		if (g->ask.list_only)
			g->from = g->to;
	}
	room = room < PIECE_BYTES / 8 ? PIECE_BYTES / 8 : room;
	p.n = (size_t)(g->to - g->from < room ? g->to - g->from : room);
	block_piece_print(to, &p);
	if (p.n)
		TRY(map_read(g->file, g->from, text_room(to, p.n), p.n, e));
	to->n += p.n;
	g->from += (int64_t)p.n;
	g->server->figures.bytes += p.n;
	if (g->from < g->to)
		return 0;
	end_file(g);
	g->at++;
	return 0;
}

/* One more PART, or the end. */
static void
send_part(struct guest *g)
{
	struct text *t = &g->server->part;
	struct err e = { 0 };
	int r = 0;

	if (g->at == g->ask.n) {
		send_done(g);
		return;
	}
	text_clear(t);
	block_part_print(t, g->ask.id);
	while (r >= 0 && g->at < g->ask.n && t->n < PIECE_BYTES)
		r = add_piece(g, t, &e);
	if (r < 0)
		send_lost(g, e.text);
	else
		conn_send(g->c, FRAME_BLOCKS_PART, t->p, t->n);
}

int
block_server_pump(struct block_server *s)
{
	int wait = -1;

	for (struct guest *g = s->guest; g; g = g->next) {
		for (int i = 0; i < TURN_PARTS && g->busy &&
		    conn_queued(g->c) < QUEUE_LOW; i++) {
			g->seen_ms = clock_mono_ms();
			send_part(g);
		}
		if (g->busy && conn_queued(g->c) < QUEUE_LOW)
			wait = 0;
	}
	return wait;
}

static void
guest_ask(struct guest *g, const char *body, size_t n)
{
	struct err e = { 0 };

	g->seen_ms = clock_mono_ms();
	g->server->figures.asks++;
	if (block_ask_parse(&g->ask, body, n, &g->arena, &e) < 0) {
		conn_refuse(g->c, &e);
		return;
	}
	g->at = 0;
	g->busy = true;
	conn_pause(g->c, true);
	g->dir = path_of(g->server, g->app, g->ask.dir, &g->arena);
	if (g->dir == NULL) {
		err_user(&e, EXIT_PERM, "the directory is not served");
		end_ask(g);
		conn_refuse(g->c, &e);
	}
}

static void
guest_frame(void *arg, struct conn *c, int type, const char *body, size_t n)
{
	struct guest *g = arg;
	struct err e = { 0 };

	switch (type) {
	case FRAME_BLOCKS_ASK:
		guest_ask(g, body, n);
		break;
	case FRAME_PING:
		conn_send(c, FRAME_PONG, body, n);
		break;
	case FRAME_PONG:
		break;
	default:
		err_user(&e, EXIT_PROTOCOL, "only blocks are given here");
		conn_refuse(c, &e);
	}
}

static void
guest_free(struct guest *g)
{
	struct block_server *s = g->server;

	end_file(g);
	conn_close(g->c);
	arena_release(&g->arena);
	*(g->prev ? &g->prev->next : &s->guest) = g->next;
	if (g->next)
		g->next->prev = g->prev;
	s->figures.open--;
	free(g->app);
	free(g);
}

static void
guest_closed(void *arg, struct conn *c, const struct err *why)
{
	(void)c;
	(void)why;
	guest_free(arg);
}

static const struct conn_ops guest_ops = { guest_frame, guest_closed };

static void *
new_guest(void *arg, struct conn *c, const char *identity)
{
	struct block_server *s = arg;
	struct guest *g = xcalloc(1, sizeof *g);

	g->server = s;
	g->c = c;
	g->app = copy(s->conf.open_app ? s->conf.open_app : identity);
	g->seen_ms = clock_mono_ms();
	g->next = s->guest;
	if (s->guest)
		s->guest->prev = g;
	s->guest = g;
	s->figures.connections++;
	s->figures.open++;
	conn_limit(c, ASK_BYTES);
	return g;
}

static void
refused(void *arg, const char *address, const struct err *why)
{
	struct block_server *s = arg;

	(void)address;
	(void)why;
	s->figures.refused++;
}

/* Closes what nobody uses: connections, and files that may be deleted. */
static void
sweep(void *arg)
{
	struct block_server *s = arg;
	int64_t until = clock_mono_ms() - s->conf.idle_ms;
	struct guest *g, *next;

	for (g = s->guest; g; g = next) {
		next = g->next;
		if (g->seen_ms < until)
			guest_free(g);
	}
	map_cache_sweep(s->cache, FILES_IDLE_MS);
	timer_set(s->conf.loop, &s->sweep, s->conf.idle_ms < SWEEP_MS ?
	    s->conf.idle_ms : SWEEP_MS);
}

int
block_server_new(struct block_server **out,
    const struct block_server_conf *conf, struct err *e)
{
	struct block_server *s = xcalloc(1, sizeof *s);
	struct listener_conf door = { .loop = conf->loop, .role = ROLE_BLOCKS,
	    .peers = ROLE_EXECUTOR, .key_of = conf->open_app ?
	    NULL : key_of, .key_arg = s, .guest = new_guest,
	    .ops = &guest_ops, .refused = refused, .arg = s };
	struct address a = { .port = conf->port };

	*out = NULL;
	s->conf = *conf;
	if (s->conf.idle_ms <= 0)
		s->conf.idle_ms = IDLE_MS;
	memccpy(a.host, conf->host, '\0', sizeof a.host - 1);
	door.fd = address_listen(&a, e);
	if (door.fd >= 0) {
		address_local(&a, door.fd);
		s->port = a.port;
	}
	if (door.fd < 0 || listener_open(&s->listener, &door, e) < 0) {
		free(s);
		return e->kind;
	}
	pthread_mutex_init(&s->lock, NULL);
	s->cache = map_cache_new(&(struct map_cache_conf){ 0 });
	s->sweep = (struct timer){ .fire = sweep, .arg = s };
	sweep(s);
	*out = s;
	return 0;
}

int
block_server_port(const struct block_server *s)
{
	return s->port;
}

void
block_server_free(struct block_server *s)
{
	if (s == NULL)
		return;
	listener_close(s->listener);
	while (s->guest)
		guest_free(s->guest);
	timer_drop(s->conf.loop, &s->sweep);
	block_server_unregister(s, NULL);
	map_cache_free(s->cache);
	pthread_mutex_destroy(&s->lock);
	text_release(&s->part);
	free(s);
}

struct block_server_figures
block_server_figures(const struct block_server *s)
{
	return s->figures;
}
