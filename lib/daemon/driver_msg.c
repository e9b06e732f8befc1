/*
 * driver_msg -- see driver_msg.h.
 */
#include "daemon/driver_msg.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"

static int
bad(const char *what, struct err *e)
{
	return err_user(e, EXIT_PROTOCOL, "a message about a driver cannot be "
	    "read: %s", what);
}

/* It becomes part of file names. */
static int
is_id(const char *id)
{
	return id && strlen(id) < DRIVER_ID_SIZE && id[strspn(id,
	    "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

void
driver_order_print(struct text *t, const struct driver_order *o)
{
	msg_cstr(t, o->id);
	msg_u64(t, (uint64_t)o->supervise);
	msg_i64(t, o->cores);
	msg_i64(t, o->memory_mb);
	msg_str(t, o->text, o->ntext);
	msg_u64(t, (uint64_t)o->narg);
	for (int i = 0; i < o->narg; i++)
		msg_cstr(t, o->arg[i]);
}

int
driver_order_parse(const char *p, size_t n, struct driver_order *o,
    struct arena *a, struct err *e)
{
	struct msg m;

	msg_init(&m, p, n);
	o->id = msg_get_cstr(&m, a);
	o->supervise = msg_get_u64(&m) == 1;
	o->cores = msg_get_int(&m, 0, DRIVER_CORES_MAX);
	o->memory_mb = msg_get_int(&m, 0, DRIVER_MB_MAX);
	o->text = msg_get_str(&m, &o->ntext);
	o->narg = msg_get_items(&m, 1, DRIVER_ARGS_MAX);
	if (m.bad || !is_id(o->id))
		return bad("the order", e);
	o->arg = NEW_N(a, const char *, o->narg + 1);
	for (int i = 0; i < o->narg; i++)
		if ((o->arg[i] = msg_get_cstr(&m, a)) == NULL)
			return bad("an option", e);
	return msg_ended(&m) ? 0 : bad("its end", e);
}

void
driver_report_print(struct text *t, const struct driver_report *r)
{
	msg_cstr(t, r->id);
	msg_i64(t, r->state);
	msg_i64(t, r->code);
	msg_i64(t, r->restarts);
	msg_cstr(t, r->where);
}

int
driver_report_parse(const char *p, size_t n, struct driver_report *r,
    struct arena *a, struct err *e)
{
	struct msg m;

	msg_init(&m, p, n);
	r->id = msg_get_cstr(&m, a);
	r->state = (enum driver_state)msg_get_int(&m, 0, DRIVER_LOST);
	r->code = msg_get_int(&m, 0, 255);
	r->restarts = msg_get_int(&m, 0, DRIVER_RESTARTS);
	r->where = msg_get_cstr(&m, a);
	return msg_ended(&m) && is_id(r->id) && r->where ? 0 :
	    bad("the report", e);
}

void
driver_ask_print(struct text *t, const struct driver_ask *q)
{
	msg_cstr(t, q->id);
	msg_u64(t, (uint64_t)q->kill);
}

int
driver_ask_parse(const char *p, size_t n, struct driver_ask *q,
    struct arena *a, struct err *e)
{
	struct msg m;

	msg_init(&m, p, n);
	q->id = msg_get_cstr(&m, a);
	q->kill = msg_get_u64(&m) == 1;
	return msg_ended(&m) && is_id(q->id) ? 0 : bad("the question", e);
}
