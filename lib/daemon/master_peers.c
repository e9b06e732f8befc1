/*
 * master_peers -- see master_peers.h.
 */
#include "daemon/master_peers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/cluster_msg.h"
#include "daemon/dial.h"
#include "net/proto.h"

enum { AGAIN_MS = 300 };

struct peer {
	struct master_peers *all;
	struct dial dial;
	struct timer again;
};

struct master_peers {
	struct master_peers_conf conf;
	struct standby standby;
	struct peer peer[STANDBY_PEERS];
	int npeer;
	uint64_t id;
	int waits, followed;            /* followed: was told */
	struct timer clock;
	struct text body;
};

static void
decide(struct master_peers *p)
{
	enum standby_move move;

	if (p->waits)
		return;
	move = standby_decide(&p->standby, clock_mono_ms());
	if (move == STANDBY_STAY && (!p->standby.followed || p->followed))
		return;
	p->followed = p->standby.followed = move != STANDBY_TAKE;
	p->conf.moved(p->conf.arg, move);
}

void
master_peers_print(const struct master_peers *p, struct text *to)
{
	const struct standby_word *w = &p->standby.own;
	struct text id = { 0 };

	text_addf(&id, "%016llx", (unsigned long long)
	    (p->waits ? UINT64_MAX : w->id));
	brief_print(to, w->epoch, w->active, id.p);
	text_release(&id);
}

static void
say(struct peer *one)
{
	master_peers_print(one->all, &one->all->body);
	dial_send(&one->dial, FRAME_MASTER_STATE, &one->all->body);
}

static void
up(void *arg)
{
	say(arg);
}

static void
frame(void *arg, int type, const char *body, size_t n)
{
	struct peer *one = arg;
	struct master_peers *p = one->all;
	struct standby_word w;
	struct arena a = { 0 };
	struct err e;
	struct brief b;

	if (type == FRAME_MASTER_STATE &&
	    brief_parse(body, n, &b, &a, &e) == 0) {
		w = (struct standby_word){ strtoull(b.text, NULL, 16), b.n,
			b.more != 0 };
		standby_heard(&p->standby, (int)(one - p->peer), &w,
		    clock_mono_ms());
		decide(p);
	}
	arena_release(&a);
}

static void
down(void *arg, enum dial_end how, const struct err *why)
{
	struct peer *one = arg;
	struct master_peers *p = one->all;

	(void)why;
	timer_set(p->conf.loop, &one->again, AGAIN_MS);
	if (how != DIAL_NOBODY)
		return;
	standby_nobody(&p->standby, (int)(one - p->peer));
	decide(p);
}

static const struct dial_ops ops = { up, frame, down };

static void
dial_again(void *arg)
{
	struct peer *one = arg;

	dial_start(&one->dial);
}

static void
ticks(void *arg)
{
	struct master_peers *p = arg;

	for (int i = 0; i < p->npeer; i++)
		say(&p->peer[i]);
	decide(p);
	timer_set(p->conf.loop, &p->clock, STANDBY_SAY_MS);
}

/* Different in each process, and growing with the time of its start. */
static uint64_t
draw_id(void)
{
	uint64_t low = 0;

	if (getrandom(&low, sizeof low, 0) != sizeof low)
		low = (uint64_t)clock_mono_ms();
	return (uint64_t)(clock_wall_us() / 1000) << 20 | (low & 0xfffff);
}

static int
add_peers(struct master_peers *p, struct err *e)
{
	struct dial all = { .fd = -1 };

	TRY(dial_init(&all, p->conf.masters, e));
	p->npeer = all.naddress;
	for (int i = 0; i < p->npeer; i++) {
		struct peer *one = &p->peer[i];

		one->all = p;
		one->again = (struct timer){ .fire = dial_again, .arg = one };
		one->dial = (struct dial){ .loop = p->conf.loop,
			.key = p->conf.key, .role = ROLE_MASTER, .ops = &ops,
			.arg = one, .naddress = 1, .fd = -1 };
		one->dial.address[0] = all.address[i];
		dial_start(&one->dial);
	}
	return 0;
}

int
master_peers_open(struct master_peers **out,
    const struct master_peers_conf *conf, struct err *e)
{
	struct master_peers *p = xcalloc(1, sizeof *p);

	*out = p;
	p->conf = *conf;
	p->id = draw_id();
	p->waits = conf->lock == MASTER_WAITS_FOR_LOCK;
	p->clock = (struct timer){ .fire = ticks, .arg = p };
	if (conf->masters)
		TRY(add_peers(p, e));
	standby_init(&p->standby, p->id, p->npeer, conf->epoch,
	    clock_mono_ms());
	if (p->npeer)
		timer_set(conf->loop, &p->clock, STANDBY_SAY_MS);
	else
		decide(p);
	return 0;
}

void
master_peers_close(struct master_peers *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->npeer; i++) {
		timer_drop(p->conf.loop, &p->peer[i].again);
		dial_stop(&p->peer[i].dial);
	}
	timer_drop(p->conf.loop, &p->clock);
	text_release(&p->body);
	free(p);
}

const struct standby_word *
master_peers_word(const struct master_peers *p)
{
	return &p->standby.own;
}

void
master_peers_epoch(struct master_peers *p, int64_t epoch)
{
	if (epoch > p->standby.own.epoch)
		p->standby.own.epoch = epoch;
}

void
master_peers_has_lock(struct master_peers *p)
{
	p->waits = 0;
	p->standby.followed = 0;        /* the journal is the active one's */
	decide(p);
}

void
master_peers_active(const struct master_peers *p, struct text *to)
{
	int i = standby_active(&p->standby, clock_mono_ms());

	if (i < 0)
		return;
	text_adds(to, "sp://");
	address_print(to, &p->peer[i].dial.address[0]);
}
