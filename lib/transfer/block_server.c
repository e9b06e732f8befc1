/*
 * block_server -- see block_server.h.
 *
 * A connection has one question at a time.  The answer is made piece by
 * piece: a PART of about PIECE_BYTES is added whenever less than QUEUE_LOW
 * bytes wait to be sent and the reader's credit is not used up; as a credit
 * becomes small so do the PARTs, to keep the stream going.  Small maps share
 * a PART, large ones take many.
 */
#include "transfer/block_server.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
#include "transfer/pace.h"
#include "transfer/packer.h"

enum {
	QUEUE_LOW = 1 << 20,
	ASK_BYTES = 4 << 20,            /* of a question, at most */
	LIST_MAX = 1 << 20,             /* blocks of one list */
	IDLE_MS = 60000,
	SWEEP_MS = 5000,
	FILES_IDLE_MS = 15000,
	TURN_PARTS = 4,                 /* of one guest before the others */
	PART_LEAST = 64 << 10,
	LIST_BYTES = 256 << 10,         /* of blocks that one list has */
	CREDIT_MAX = 1 << 30,
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
	int64_t credit;                 /* bytes that may be sent */
	bool begun;                     /* a list was sent */
	struct pace pace;
	struct packer packer;           /* blocks before first, */
	size_t packed;                  /* of whose bytes so many were sent */
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
	g->begun = false;
	g->packed = 0;
	packer_clear(&g->packer);
}

/* The question is answered. */
static void
end_ask(struct guest *g)
{
	end_file(g);
	arena_release(&g->arena);
	packer_release(&g->packer);
	g->busy = false;
	g->seen_ms = clock_mono_ms();
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
	g->server->figures.blocks += g->last - g->first;
	return 0;
}

/* Blocks that are sent as they lie: some, the others may have to be packed. */
static void
list_plain(struct guest *g, struct block_piece *p)
{
	const struct block *b = g->file->index.block;
	uint64_t end = g->ask.list_only ? g->last : g->first;

	g->from = g->to = 0;
	if (end < g->last)
		g->from = g->to = b[end].at;
	while (end < g->last && g->to - g->from < LIST_BYTES)
		g->to += BLOCK_HEAD + (int64_t)b[end++].stored;
	p->nblock = (int)(end - g->first);
	p->block = g->file->index.block + g->first;
	g->first = end;
}

/* Shall the next blocks be packed? */
static bool
packs(struct guest *g)
{
	struct pace_look look;

	if (!g->ask.pack || g->ask.list_only)
		return false;
	if (pace_of(&look, conn_fd(g->c)))
		pace_judge(&g->pace, &look);
	return g->pace.pack;
}

/* The next list of a want that was just begun, or whose blocks so far were
 * sent. */
static int
next_list(struct guest *g, struct block_piece *p, struct err *e)
{
	int n = 0;

	packer_clear(&g->packer);
	g->packed = 0;
	if (packs(g) && g->first < g->last)
		TRY(n = packer_fill(&g->packer, g->file, &g->first, g->last,
		    e));
	if (n == 0) {
		list_plain(g, p);
		pace_made(&g->pace, g->to - g->from, g->to - g->from);
	} else {
		p->block = g->packer.block;
		p->nblock = n;
		pace_made(&g->pace, (int64_t)g->packer.file.n,
		    (int64_t)g->packer.bytes.n);
	}
	p->listed = true;
	p->more = g->first < g->last;
	g->server->figures.packed += (uint64_t)n;
	return 0;
}

static int64_t
unsent(const struct guest *g)
{
	return g->to - g->from + (int64_t)(g->packer.bytes.n - g->packed);
}

/* Bytes of a piece: of what is left, as the PART and the credit allow. */
static size_t
piece_size(const struct guest *g, size_t have)
{
	int64_t room = PIECE_BYTES - (int64_t)have, n = unsent(g);
	int64_t part = g->credit / 4 < PART_LEAST ? PART_LEAST : g->credit / 4;

	room = room < PIECE_BYTES / 8 ? PIECE_BYTES / 8 : room;
	room = room < part ? room : part;
	room = room < g->credit ? room : g->credit;
	return (size_t)(n < room ? n : room);
}

/* Adds a piece of the want to the PART; the want may be complete then. */
static int
add_piece(struct guest *g, struct text *to, struct err *e)
{
	struct block_piece p = { .want = g->at };

	if (g->file == NULL)
		TRY(begin_want(g, e));
	if (!g->begun || unsent(g) == 0)
		TRY(next_list(g, &p, e));
	g->begun = true;
	p.n = piece_size(g, to->n);
	block_piece_print(to, &p);
	if (g->from < g->to) {
		TRY(map_read(g->file, g->from, text_room(to, p.n), p.n, e));
		to->n += p.n;
		g->from += (int64_t)p.n;
	} else if (p.n) {
		text_add(to, g->packer.bytes.p + g->packed, p.n);
		g->packed += p.n;
	}
	g->credit -= (int64_t)p.n;
	g->server->figures.bytes += p.n;
	if (unsent(g) > 0 || g->first < g->last)
		return 0;
	end_file(g);
	g->at++;
	return 0;
}

/* Without credit only what has no bytes of blocks can be sent. */
static bool
may_send(const struct guest *g)
{
	return g->busy && conn_queued(g->c) < QUEUE_LOW && (g->credit > 0 ||
	    g->ask.list_only || g->at == g->ask.n);
}

/* One more PART, or the end. */
static void
send_part(struct guest *g)
{
	struct text *t = &g->server->part;
	struct err e = { 0 };
	size_t part = g->credit / 4 < PART_LEAST ? PART_LEAST :
	    (size_t)g->credit / 4;
	int r;

	if (g->at == g->ask.n) {
		send_done(g);
		return;
	}
	text_clear(t);
	block_part_print(t, g->ask.id);
	do
		r = add_piece(g, t, &e);
	while (r >= 0 && g->at < g->ask.n && t->n < PIECE_BYTES &&
	    t->n < part && may_send(g));
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
		for (int i = 0; i < TURN_PARTS && may_send(g); i++) {
			g->seen_ms = clock_mono_ms();
			send_part(g);
		}
		if (may_send(g))
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
	if (g->busy) {
		err_user(&e, EXIT_PROTOCOL, "one question at a time");
		conn_refuse(g->c, &e);
		return;
	}
	if (block_ask_parse(&g->ask, body, n, &g->arena, &e) < 0) {
		conn_refuse(g->c, &e);
		return;
	}
	g->at = 0;
	g->busy = true;
	g->begun = false;
	g->credit = g->ask.credit;
	g->dir = path_of(g->server, g->app, g->ask.dir, &g->arena);
	if (g->dir == NULL) {
		err_user(&e, EXIT_PERM, "the directory is not served");
		end_ask(g);
		conn_refuse(g->c, &e);
	}
}

/* One for a question that was answered meanwhile means nothing. */
static void
guest_credit(struct guest *g, const char *body, size_t n)
{
	struct block_credit c;
	struct err e = { 0 };

	if (block_credit_parse(&c, body, n, &e) < 0) {
		conn_refuse(g->c, &e);
		return;
	}
	if (!g->busy || c.id != g->ask.id)
		return;
	g->seen_ms = clock_mono_ms();
	g->credit += c.bytes;
	if (g->credit > CREDIT_MAX)
		g->credit = CREDIT_MAX;
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
	case FRAME_BLOCKS_CREDIT:
		guest_credit(g, body, n);
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
	packer_release(&g->packer);
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
	if (s->conf.slow)
		setsockopt(conn_fd(c), SOL_SOCKET, SO_MAX_PACING_RATE,
		    &s->conf.slow, sizeof s->conf.slow);
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
	s->cache = map_cache_new(&(struct map_cache_conf){
	    .kept = conf->kept, .kept_dir = conf->kept_dir });
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
