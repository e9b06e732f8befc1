/*
 * fetch_stream -- blocks from servers, for fetch.c.
 *
 * One stream a place: a connection on which its wants were asked for.  A
 * thread reads all its streams by turns with poll().  What came of a stream
 * that broke stays: the next try asks for the rest.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/text.h"
#include "net/msg.h"
#include "net/peer.h"
#include "net/proto.h"
#include "store/blockfile.h"
#include "transfer/block_msg.h"
#include "transfer/fetch_state.h"

#define STREAM_BYTES ((int64_t)4 << 20) /* under way on one stream */

enum {
	IDLE_MS = 20000,                /* a server closes after more */
	SLICE_MS = 100,                 /* how soon a cancel is seen */
	TURN_FRAMES = 4,                /* of one stream before the others */
	EARLY_TRIES = 3,                /* those before the last have less time */
};

enum stream_state { STREAM_WAITS, STREAM_OPEN, STREAM_DONE };

struct stream {
	enum stream_state state;
	struct place *place;
	int *index;                     /* its wants */
	int n, at;                      /* those before at are complete */
	int base;                       /* want 0 of the last ASK, */
	int asked;                      /* and how many those were, */
	uint64_t id;                    /* and its number */
	int64_t delivered;              /* blocks of want at */
	int64_t skipped;                /* of them, before the last ASK */

	int64_t window, credit;         /* at most, and left at the server */

	struct peer *peer;
	bool reused, answered;          /* since the last ASK */
	int tries;
	int64_t due_ms;                 /* when it waits: until then */
	int64_t seen_ms;                /* when something came last */

	bool listed, more;              /* of the want at: */
	struct arena arena;
	struct block *block;
	int nblock, next;
	struct text partial;            /* bytes of block next */
};

struct streams {
	struct call *c;
	struct stream *v;
	int n, active, active_max;
	uint64_t id;                    /* of all ASKs of this call */
	struct pollfd *poll;
	struct stream **polled;
};

static struct stream *
stream_of(struct streams *s, struct place *p, int wants)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i].place == p)
			return &s->v[i];
	s->v[s->n] = (struct stream){ .place = p,
	    .index = xcalloc((size_t)wants, sizeof(int)) };
	return &s->v[s->n++];
}

/* A kept connection that is fresh enough, or NULL. */
static struct peer *
take_idle(struct fetcher *f, struct place *p)
{
	struct peer *old[IDLE_MAX], *peer = NULL;
	int64_t now = clock_mono_ms();
	int nold = 0;

	pthread_mutex_lock(&f->lock);
	while (p->nidle > 0 && peer == NULL) {
		p->nidle--;
		if (now - p->idle_ms[p->nidle] < IDLE_MS)
			peer = p->idle[p->nidle];
		else
			old[nold++] = p->idle[p->nidle];
	}
	pthread_mutex_unlock(&f->lock);
	while (nold > 0)
		peer_close(old[--nold]);
	return peer;
}

static void
keep_idle(struct fetcher *f, struct place *p, struct peer *peer)
{
	pthread_mutex_lock(&f->lock);
	if (p->nidle < IDLE_MAX) {
		p->idle[p->nidle] = peer;
		p->idle_ms[p->nidle++] = clock_mono_ms();
		peer = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	peer_close(peer);
}

/* How long a try waits: the last one as long as it may, each before it half
 * as long.  A connection that lost bytes is given up soon, a slow server is
 * not. */
static int
patience(const struct streams *s, const struct stream *t, int ms)
{
	int more = s->c->s->f->conf.retries - t->tries;

	return ms >> (more < 0 ? 0 : more > EARLY_TRIES ? EARLY_TRIES : more);
}

/* Before the next try: 1, 4 and 16 sevenths, which is 1 on the average.
 * Where there was a connection the server is there: it need not wait. */
static int
pause_ms(const struct fetch_conf *conf, int tries)
{
	int n = tries < 2 ? tries : 2;

	return (int)(((int64_t)conf->retry_ms << (2 * n)) / 7);
}

static int
connect_to(struct streams *s, struct stream *t, struct err *e)
{
	const struct fetch_conf *conf = &s->c->s->f->conf;
	int connect_ms = patience(s, t, conf->connect_ms);

	t->peer = take_idle(s->c->s->f, t->place);
	t->reused = t->peer != NULL;
	if (t->reused)
		return 0;
	if (t->place->where.address[0] == '\0') {
		t->tries = conf->retries;       /* nor will it have one */
		return err_set(e, ERR_TEMP, "the place has no server");
	}
	if (fail_here("fetch.open") < 0)
		return err_sys(e, "could not connect");
	TRY(peer_open(&t->peer, t->place->where.address, conf->app, conf->key,
	    connect_ms, e));
	peer_patience(t->peer, conf->read_ms);
	return peer_hello(t->peer, ROLE_EXECUTOR, ROLE_BLOCKS,
	    connect_ms, e);
}

static void
set_window(struct streams *s, struct stream *t)
{
	int64_t share = s->c->s->f->conf.in_flight / (s->active_max < s->n ?
	    s->active_max : s->n);

	t->window = share < STREAM_BYTES ? share : STREAM_BYTES;
	if (t->window < 1)
		t->window = 1;
}

/* Asks for all that has not come. */
static int
ask(struct streams *s, struct stream *t, struct err *e)
{
	struct text body = { 0 };
	int n = t->n - t->at, r;
	struct block_ask a = { .dir = t->place->where.number,
	    .job = s->c->s->job, .stage = s->c->s->stage,
	    .list_only = s->c->list_only };

	set_window(s, t);
	a.credit = t->credit = t->window;
	a.pack = s->c->s->f->conf.pack;
	a.id = t->id = ++s->id;
	a.n = n < ASK_WANTS_MAX ? n : ASK_WANTS_MAX;
	a.want = xcalloc((size_t)a.n + 1, sizeof *a.want);
	for (int i = 0; i < a.n; i++)
		a.want[i] = s->c->want[t->index[t->at + i]];
	a.want[0].first += t->delivered;
	if (a.want[0].count >= 0)
		a.want[0].count -= t->delivered;
	block_ask_print(&body, &a);
	r = peer_send(t->peer, FRAME_BLOCKS_ASK, body.p, body.n, e);
	text_release(&body);
	free(a.want);
	t->base = t->at;
	t->asked = a.n;
	t->skipped = t->delivered;
	t->listed = t->more = t->answered = false;
	text_clear(&t->partial);
	t->seen_ms = clock_mono_ms();
	return r < 0 ? r : 0;
}

static void
hang_up(struct streams *s, struct stream *t)
{
	peer_close(t->peer);
	t->peer = NULL;
	if (t->state == STREAM_OPEN)
		s->active--;
	t->state = STREAM_WAITS;
}

/* The try failed: another one later, or the place is lost. */
static int
stream_failed(struct streams *s, struct stream *t, struct err *e)
{
	const struct fetch_conf *conf = &s->c->s->f->conf;
	bool stale = t->reused && !t->answered, broke = t->peer != NULL;

	hang_up(s, t);
	t->due_ms = clock_mono_ms();
	if (stale)                      /* the server had closed it */
		return 0;
	if (e->kind == ERR_USER && e->code != EXIT_PERM &&
	    e->code != EXIT_PROTOCOL)
		return e->kind;         /* it is us */
	if (t->at > t->base || t->delivered > t->skipped)
		t->tries = 0;           /* it went on a bit */
	t->base = t->at;
	t->skipped = t->delivered;
	/* A key that is unknown may be on its way to the server. */
	if ((e->kind != ERR_USER || e->code == EXIT_PERM) &&
	    t->tries < conf->retries) {
		t->due_ms += pause_ms(conf, broke ? 0 : t->tries);
		t->tries++;
		s->c->figures.retries++;
		return 0;
	}
	err_ctx(e, "could not fetch blocks from \"%s\" in %d tries",
	    t->place->where.address, t->tries + 1);
	*s->c->lost = (struct lost){ 0, t->place->number, -1 };
	e->kind = ERR_LOST;
	return ERR_LOST;
}

static int
stream_begin(struct streams *s, struct stream *t, struct err *e)
{
	int r = connect_to(s, t, e);

	if (r >= 0)
		r = ask(s, t, e);
	if (r < 0)
		return stream_failed(s, t, e);
	t->state = STREAM_OPEN;
	s->active++;
	return 0;
}

/* Streams whose time has come, as many as may be open. */
static int
begin_some(struct streams *s, struct err *e)
{
	for (int i = 0; i < s->n && s->active < s->active_max; i++) {
		struct stream *t = &s->v[i];

		if (t->state == STREAM_WAITS && t->due_ms <= clock_mono_ms())
			TRY(stream_begin(s, t, e));
	}
	return 0;
}

int
streams_open(struct streams **out, struct call *c, const bool *local,
    struct err *e)
{
	struct streams *s = xcalloc(1, sizeof *s);
	const struct fetch_conf *conf = &c->s->f->conf;
	size_t n = (size_t)c->n + 1;

	*out = s;
	s->c = c;
	s->v = xcalloc(n, sizeof *s->v);
	for (int i = 0; i < c->n; i++) {
		struct stream *t;

		if (local[i])
			continue;
		t = stream_of(s, fetcher_at(c->s->f, c->want[i].place), c->n);
		t->index[t->n++] = i;
	}
	s->poll = xcalloc((size_t)s->n + 1, sizeof *s->poll);
	s->polled = xcalloc((size_t)s->n + 1, sizeof(struct stream *));
	s->active_max = conf->in_flight / STREAM_BYTES < s->n ?
	    (int)(conf->in_flight / STREAM_BYTES) : s->n;
	if (s->active_max < 1)
		s->active_max = 1;
	return begin_some(s, e);
}

void
streams_close(struct streams *s)
{
	for (int i = 0; i < s->n; i++) {
		peer_close(s->v[i].peer);
		text_release(&s->v[i].partial);
		arena_release(&s->v[i].arena);
		free(s->v[i].index);
	}
	free(s->poll);
	free(s->polled);
	free(s->v);
	free(s);
}

static int
nonsense(struct err *e, const char *what)
{
	return err_user(e, EXIT_PROTOCOL, "the server of blocks sent %s",
	    what);
}

static int
deliver(struct streams *s, struct stream *t, const char *packed,
    struct err *e)
{
	TRY(s->c->sink->got(s->c->sink->arg, t->index[t->at],
	    &t->block[t->next], packed, e));
	t->next++;
	t->delivered++;
	s->c->figures.blocks++;
	return 0;
}

/* The share of n of its bytes in those of the block when it lies plain. */
static int64_t
unpacked(const struct block *b, size_t n)
{
	return (int64_t)n * (BLOCK_HEAD + (int64_t)b->raw) /
	    (BLOCK_HEAD + (int64_t)b->stored);
}

/* Bytes of the blocks of want at.  Errors of the sink are final: *mine. */
static int
take_bytes(struct streams *s, struct stream *t, const char *p, size_t n,
    bool *mine, struct err *e)
{
	while (n > 0) {
		size_t size, more, left;
		int64_t raw;

		if (t->next == t->nblock)
			return nonsense(e, "more than its list has");
		size = BLOCK_HEAD + (size_t)t->block[t->next].stored;
		left = size - t->partial.n;
		more = left < n ? left : n;
		raw = unpacked(&t->block[t->next], left) -
		    unpacked(&t->block[t->next], left - more);
		s->c->figures.unpacked_bytes += raw;
		*mine = true;
		if (t->partial.n == 0 && n >= size) {
			TRY(deliver(s, t, p, e));
			p += size;
			n -= size;
			*mine = false;
			continue;
		}
		text_add(&t->partial, p, more);
		p += more;
		n -= more;
		if (t->partial.n == size) {
			TRY(deliver(s, t, t->partial.p, e));
			text_clear(&t->partial);
		}
		*mine = false;
	}
	return 0;
}

static int
take_list(struct streams *s, struct stream *t, const struct block_piece *p,
    bool *mine, struct err *e)
{
	t->listed = true;
	t->more = p->more;
	t->next = 0;
	t->nblock = p->nblock;
	t->block = p->block;
	*mine = s->c->list_only;
	while (s->c->list_only && t->next < t->nblock)
		TRY(deliver(s, t, NULL, e));
	*mine = false;
	return 0;
}

static int
take_part(struct streams *s, struct stream *t, const char *body, size_t n,
    bool *mine, struct err *e)
{
	struct block_piece p;
	struct msg m;
	uint64_t id;
	int r;

	TRY(block_part_parse(&m, body, n, &id, e));
	if (id != t->id)
		return nonsense(e, "an answer to another question");
	for (;;) {
		/* Blocks of a list live until its want is complete. */
		if (!t->listed)
			arena_reset(&t->arena);
		TRY(r = block_piece_parse(&m, &p, &t->arena, e));
		if (r == 0)
			return 0;
		if (t->at == t->n || p.want != t->at - t->base ||
		    p.listed == t->listed)
			return nonsense(e, "pieces in disorder");
		if (p.listed)
			TRY(take_list(s, t, &p, mine, e));
		if (s->c->list_only && p.n)
			return nonsense(e, "blocks instead of lists");
		TRY(take_bytes(s, t, p.p, p.n, mine, e));
		t->credit -= (int64_t)p.n;
		s->c->figures.remote_bytes += (int64_t)p.n;
		if (t->next < t->nblock)
			continue;
		t->listed = false;
		if (t->more)
			continue;
		t->at++;
		t->delivered = t->skipped = 0;
	}
}

/* More credit when half of the window is used up. */
static int
renew(struct stream *t, struct err *e)
{
	struct block_credit c = { t->id, t->window - t->credit };
	struct text body = { 0 };
	int r;

	if (t->credit > t->window / 2)
		return 0;
	block_credit_print(&body, &c);
	r = peer_send(t->peer, FRAME_BLOCKS_CREDIT, body.p, body.n, e);
	text_release(&body);
	t->credit += c.bytes;
	return r < 0 ? r : 0;
}

static int
take_lost(struct streams *s, struct stream *t, const char *body, size_t n,
    bool *mine, struct err *e)
{
	struct arena a = { 0 };
	struct block_lost l;
	int r = block_lost_parse(&l, body, n, &a, e);

	if (r >= 0 && l.want >= t->asked)
		r = nonsense(e, "a loss that was not asked for");
	if (r >= 0) {
		const struct block_want *w =
		    &s->c->want[t->index[t->base + l.want]];

		*mine = true;
		*s->c->lost = (struct lost){ 0, w->place, w->map };
		r = err_set(e, ERR_LOST, "\"%s\": %s",
		    t->place->where.address, l.why);
	}
	arena_release(&a);
	return r;
}

static int
take_done(struct streams *s, struct stream *t, const char *body, size_t n,
    struct err *e)
{
	uint64_t id;

	TRY(block_done_parse(&id, body, n, e));
	if (id != t->id || t->at != t->base + t->asked)
		return nonsense(e, "the end too early");
	if (t->at < t->n)
		return ask(s, t, e);
	keep_idle(s->c->s->f, t->place, t->peer);
	t->peer = NULL;
	t->state = STREAM_DONE;
	s->active--;
	return 0;
}

static int
take_frame(struct streams *s, struct stream *t, int type, const char *body,
    size_t n, bool *mine, struct err *e)
{
	switch (type) {
	case FRAME_BLOCKS_PART:
		TRY(take_part(s, t, body, n, mine, e));
		if (s->c->list_only)
			return 0;
		return t->at < t->base + t->asked ? renew(t, e) : 0;
	case FRAME_BLOCKS_LOST:
		return take_lost(s, t, body, n, mine, e);
	case FRAME_BLOCKS_DONE:
		return take_done(s, t, body, n, e);
	case FRAME_REFUSED:
		return refused_parse(body, n, e);
	default:
		return nonsense(e, "something else");
	}
}

/* Takes some frames that are there; 1: perhaps there are more. */
static int
stream_turn(struct streams *s, struct stream *t, struct err *e)
{
	bool mine = false;
	int r = 1;

	for (int i = 0; i < TURN_FRAMES && t->state == STREAM_OPEN; i++) {
		const char *body;
		size_t n;
		int type;

		r = peer_recv(t->peer, 0, &type, &body, &n, e);
		if (r < 0 && e->code == EXIT_TIMEOUT)
			return 0;
		if (r == 0)
			r = err_set(e, ERR_TEMP, "the server closed the "
			    "connection");
		if (r > 0)
			r = take_frame(s, t, type, body, n, &mine, e);
		if (r < 0)
			return mine ? r : stream_failed(s, t, e);
		t->answered = true;
		t->seen_ms = clock_mono_ms();
	}
	return t->state == STREAM_OPEN;
}

/* Waits until a stream has something, not long. */
static int
wait_some(struct streams *s, int timeout_ms, struct err *e)
{
	int64_t from = clock_mono_us();
	int n = 0, r;

	for (int i = 0; i < s->n; i++) {
		if (s->v[i].state != STREAM_OPEN)
			continue;
		s->polled[n] = &s->v[i];
		s->poll[n++] = (struct pollfd){ peer_fd(s->v[i].peer), POLLIN,
		    0 };
	}
	r = poll(s->poll, (nfds_t)n, timeout_ms);
	if (timeout_ms)
		s->c->figures.wait_us += clock_mono_us() - from;
	if (r < 0 && errno != EINTR)
		return err_sys(e, "could not wait for blocks");
	if (r <= 0)
		memset(s->poll, 0, sizeof *s->poll * (size_t)n);
	return n;
}

static int
check_time(struct streams *s, struct stream *t, struct err *e)
{
	int64_t silent = clock_mono_ms() - t->seen_ms;

	if (t->state != STREAM_OPEN ||
	    silent < patience(s, t, s->c->s->f->conf.read_ms))
		return 0;
	err_set(e, ERR_TEMP, "nothing came for %lld ms", (long long)silent);
	return stream_failed(s, t, e);
}

static bool
all_done(const struct streams *s)
{
	for (int i = 0; i < s->n; i++)
		if (s->v[i].state != STREAM_DONE)
			return false;
	return true;
}

int
streams_run(struct streams *s, struct err *e)
{
	int more = 1;

	while (!all_done(s)) {
		int n;

		if (source_cancelled(s->c->s))
			return err_set(e, ERR_TEMP, "cancelled");
		TRY(begin_some(s, e));
		TRY(n = wait_some(s, more ? 0 : SLICE_MS, e));
		/* After frames that were there TLS may hold others, of which
		 * the descriptor knows nothing. */
		for (int i = 0, was = more; i < n; i++) {
			int r = 0;

			if (i == 0)
				more = 0;
			if (s->poll[i].revents || was)
				TRY(r = stream_turn(s, s->polled[i], e));
			more |= r;
			TRY(check_time(s, s->polled[i], e));
		}
		if (n == 0) {
			more = 0;
			TRY(wait_some(s, SLICE_MS / 10, e));
		}
	}
	return 0;
}
