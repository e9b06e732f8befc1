/*
 * standby -- see standby.h.
 */
#include "cluster/standby.h"

#include <string.h>

#include "cluster/cluster.h"

void
standby_init(struct standby *s, uint64_t id, int npeer, int64_t epoch,
    int64_t now_ms)
{
	memset(s, 0, sizeof *s);
	s->own = (struct standby_word){ id, epoch, 0 };
	s->npeer = npeer;
	s->begun_ms = now_ms;
	for (int i = 0; i < npeer; i++)
		s->peer[i].heard_ms = now_ms;
}

static int
is_self(const struct standby *s, const struct standby_peer *p)
{
	return p->word.id == s->own.id;
}

/* Whether a master that says this goes before us when both are active. */
static int
outranks(const struct standby *s, const struct standby_word *w)
{
	return w->active && (w->epoch > s->own.epoch ||
	    (w->epoch == s->own.epoch && w->id < s->own.id));
}

void
standby_heard(struct standby *s, int i, const struct standby_word *w,
    int64_t now_ms)
{
	struct standby_peer *p = &s->peer[i];

	if (w->epoch < 0 || w->epoch > EPOCH_MAX)
		return;
	p->word = *w;
	p->heard_ms = now_ms;
	p->nobody = 0;
	if (!is_self(s, p) && w->active && (!s->own.active || outranks(s, w)))
		s->followed = 1;
}

void
standby_nobody(struct standby *s, int i)
{
	s->peer[i].nobody = 1;
}

static int
is_gone(const struct standby_peer *p, int64_t now_ms)
{
	return p->nobody || now_ms - p->heard_ms >= STANDBY_SILENT_MS;
}

static int
stands_in_the_way(const struct standby *s, const struct standby_peer *p,
    int64_t now_ms)
{
	if (is_self(s, p) || is_gone(p, now_ms))
		return 0;
	return !p->word.id || p->word.active || p->word.id < s->own.id;
}

int64_t
standby_next_epoch(int64_t epoch, uint64_t id)
{
	return (epoch / EPOCH_STEP + 1) * EPOCH_STEP +
	    (int64_t)(id % EPOCH_STEP);
}

enum standby_move
standby_decide(struct standby *s, int64_t now_ms)
{
	int64_t epoch = s->own.epoch;

	for (int i = 0; i < s->npeer; i++) {
		const struct standby_peer *p = &s->peer[i];

		if (!s->own.active && stands_in_the_way(s, p, now_ms))
			return STANDBY_STAY;
		if (s->own.active && !is_gone(p, now_ms) && !is_self(s, p) &&
		    outranks(s, &p->word)) {
			s->own.active = 0;
			return STANDBY_YIELD;
		}
		if (p->word.epoch > epoch)
			epoch = p->word.epoch;
	}
	if (s->own.active)
		return STANDBY_STAY;
	s->own.active = 1;
	s->own.epoch = s->npeer ? standby_next_epoch(epoch, s->own.id) :
	    epoch + 1;
	return STANDBY_TAKE;
}

int
standby_active(const struct standby *s, int64_t now_ms)
{
	for (int i = 0; i < s->npeer; i++)
		if (!is_self(s, &s->peer[i]) && s->peer[i].word.active &&
		    !is_gone(&s->peer[i], now_ms))
			return i;
	return -1;
}
