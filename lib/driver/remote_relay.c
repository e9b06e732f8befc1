/*
 * remote_relay -- broadcasts of an action: which executors ask, and what they
 * are answered (driver/relay.h).
 *
 * The scheduler knows nothing of copies: a map output is where it was made,
 * and lost when that is lost.
 */
#include "base/clock.h"
#include "driver/job.h"
#include "driver/places.h"
#include "driver/relay.h"
#include "driver/remote_state.h"
#include "net/msg.h"
#include "net/proto.h"

enum {
	LEAST_BYTES = 64 << 10,         /* of a broadcast that is worth it */
	LEAST_EXECUTORS = 3,            /* here or coming; two share nothing */
};

bool
remote_relay_wanted(const struct remote *m, int stage)
{
	const struct node *root = m->job->stages->stage[stage].root;
	int n = 0;

	if (root->kind != NODE_EXCHANGE ||
	    root->u.exchange.part != PART_BROADCAST || m->stage[stage].kept ||
	    m->stage[stage].bytes < LEAST_BYTES)
		return false;
	for (int i = 0; i < cluster_count(m->cluster); i++)
		n += cluster_exec(m->cluster, i)->state != REMOTE_LOST;
	return n >= LEAST_EXECUTORS;
}

/* A message about a stage of this action; 0: about another one's. */
static int
read_msg(const struct remote *m, struct relay_msg *r, const char *body,
    size_t n, struct err *e)
{
	TRY(relay_msg_parse(body, n, r, e));
	if (r->job != m->job->number)
		return 0;
	if (r->stage >= m->job->stages->n || m->stage[r->stage].place == NULL)
		return msg_wrong(e, "a broadcast that is not of this job");
	return 1;
}

int
remote_relay_ask(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	/* Executors that do not know their node have one of their own. */
	struct relay_who who = { x->number, x->place, x->node[0] ? x->host :
	    -1 - x->number };
	struct relay_msg r;
	int code = read_msg(m, &r, body, n, e);

	if (code <= 0)
		return code;
	relay_ask(m->relay, r.stage, &who, r.place, clock_mono_ms());
	remote_relay_turn(m);
	return 0;
}

int
remote_relay_end(struct remote *m, struct cluster_exec *x, const char *body,
    size_t n, struct err *e)
{
	struct relay_msg r;
	int code = read_msg(m, &r, body, n, e);

	if (code <= 0)
		return code;
	relay_end(m->relay, r.stage, x->number, r.place >= 0);
	remote_relay_turn(m);
	return 0;
}

void
remote_relay_turn(struct remote *m)
{
	struct relay_answer a;

	while (relay_next(m->relay, clock_mono_ms(), &a)) {
		struct cluster_exec *x = cluster_exec(m->cluster, a.exec);
		struct relay_msg msg = { m->job->number, a.stage, a.place };
		struct text t = { 0 };

		places_tell(cluster_places(m->cluster), x);
		relay_msg_print(&t, &msg);
		cluster_send(x, FRAME_RELAY_GO, t.p, t.n);
		text_release(&t);
	}
}
