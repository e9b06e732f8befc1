/*
 * orders -- see orders.h.
 */
#include "cluster/orders.h"

#include <stdlib.h>
#include <string.h>

void
orders_clear(struct orders *o)
{
	o->n = 0;
	arena_reset(&o->arena);
}

void
orders_release(struct orders *o)
{
	free(o->v);
	arena_release(&o->arena);
	memset(o, 0, sizeof *o);
}

struct order *
orders_add(struct orders *o, enum order_kind kind, int link)
{
	struct order *r;

	if (o->n == o->cap) {
		o->cap = o->cap ? 2 * o->cap : 16;
		o->v = xrealloc(o->v, (size_t)o->cap * sizeof *o->v);
	}
	r = &o->v[o->n++];
	memset(r, 0, sizeof *r);
	r->kind = kind;
	r->link = link;
	return r;
}

static const char *const order_names[] = {
	[ORDER_WELCOME] = "welcome", [ORDER_GRANT] = "grant",
	[ORDER_START] = "start", [ORDER_STOP] = "stop",
	[ORDER_FORGET_APP] = "forget",
	[ORDER_APP_WELCOME] = "accept", [ORDER_APP_GRANT] = "grant-app",
	[ORDER_EXEC_UP] = "executor-up", [ORDER_EXEC_LOST] = "executor-lost",
	[ORDER_EXEC_REVOKED] = "revoke", [ORDER_NOTE] = "note",
	[ORDER_DRIVER_START] = "start-driver",
	[ORDER_DRIVER_TAKEN] = "taken",
	[ORDER_DRIVER_SPAWN] = "spawn-driver",
	[ORDER_DRIVER_NO_ROOM] = "no-room",
	[ORDER_REFUSE] = "refuse", [ORDER_DROP] = "drop",
	[ORDER_CONNECT] = "connect", [ORDER_HANG_UP] = "hang-up",
	[ORDER_REGISTER] = "register", [ORDER_RENEW] = "renew",
	[ORDER_REPORT] = "report", [ORDER_SPAWN] = "spawn",
	[ORDER_ASK_END] = "ask-end", [ORDER_KILL] = "kill",
	[ORDER_LEAVE] = "leave", [ORDER_EXIT] = "exit",
};

const char *
order_name(enum order_kind kind)
{
	return order_names[kind];
}

static const char *const end_reasons[] = {
	[END_EXITED] = "exited", [END_WORKER_LOST] = "worker lost",
	[END_KILLED] = "killed", [END_REVOKED] = "given to another application",
	[END_DRAINED] = "worker drained",
};

const char *
end_reason_name(enum end_reason r)
{
	return end_reasons[r];
}

static const char *const exec_states[] = {
	[EXEC_STARTING] = "starting", [EXEC_RUNNING] = "running",
	[EXEC_STOPPING] = "stopping", [EXEC_GONE] = "gone",
};

const char *
exec_state_name(enum exec_state s)
{
	return exec_states[s];
}
