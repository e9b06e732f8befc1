/*
 * proto -- see proto.h.
 */
#include "net/proto.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/version.h"
#include "net/msg.h"

static const uint64_t magic = 0x0a1a6e6574207073;      /* "sp net\x1a\n" */

static const struct frame_kind kinds[FRAME_TYPES] = {
	[FRAME_HELLO]   = { "HELLO", ROLE_ANY, ROLE_ANY },
	[FRAME_REFUSED] = { "REFUSED", ROLE_ANY, ROLE_ANY },
	[FRAME_PING]    = { "PING", ROLE_ANY, ROLE_ANY },
	[FRAME_PONG]    = { "PONG", ROLE_ANY, ROLE_ANY },
	[FRAME_SETUP]      = { "SETUP", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_READY]      = { "READY", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_JOB]        = { "JOB", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_JOB_FAILED] = { "JOB_FAILED", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_STAGE]      = { "STAGE", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_PLACE]      = { "PLACE", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_MAPS]       = { "MAPS", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_LAUNCH]     = { "LAUNCH", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_REVOKE]     = { "REVOKE", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_REVOKED]    = { "REVOKED", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_JOB_END]    = { "JOB_END", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_DONE]       = { "DONE", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_FAILED]     = { "FAILED", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_RESULT]     = { "RESULT", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_FILE_READ]  = { "FILE_READ", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_FILE_DATA]  = { "FILE_DATA", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_OUT_DATA]   = { "OUT_DATA", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_PROGRESS]   = { "PROGRESS", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_FORGET]     = { "FORGET", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_CANCEL]     = { "CANCEL", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_RESET]      = { "RESET", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_IDLE]       = { "IDLE", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_KEPT_GONE]  = { "KEPT_GONE", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_LOG]        = { "LOG", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_RELAY_ASK]  = { "RELAY_ASK", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_RELAY_GO]   = { "RELAY_GO", ROLE_DRIVER, ROLE_EXECUTOR },
	[FRAME_RELAY_END]  = { "RELAY_END", ROLE_EXECUTOR, ROLE_DRIVER },
	[FRAME_BLOCKS_ASK]  = { "BLOCKS_ASK", ROLE_EXECUTOR, ROLE_BLOCKS },
	[FRAME_BLOCKS_PART] = { "BLOCKS_PART", ROLE_BLOCKS, ROLE_EXECUTOR },
	[FRAME_BLOCKS_DONE] = { "BLOCKS_DONE", ROLE_BLOCKS, ROLE_EXECUTOR },
	[FRAME_BLOCKS_LOST] = { "BLOCKS_LOST", ROLE_BLOCKS, ROLE_EXECUTOR },
	[FRAME_BLOCKS_CREDIT] = { "BLOCKS_CREDIT", ROLE_EXECUTOR,
	    ROLE_BLOCKS },
	[FRAME_SERVE]       = { "SERVE", ROLE_WORKER, ROLE_BLOCKS },
	[FRAME_SERVE_END]   = { "SERVE_END", ROLE_WORKER, ROLE_BLOCKS },
	[FRAME_SERVING]     = { "SERVING", ROLE_BLOCKS, ROLE_WORKER },

#define W ROLE_WORKER
#define M ROLE_MASTER
#define D ROLE_DRIVER
	[FRAME_WORKER_REGISTER] = { "WORKER_REGISTER", W, M },
	[FRAME_WORKER_RENEW] = { "WORKER_RENEW", W, M },
	[FRAME_WORKER_REPORT] = { "WORKER_REPORT", W, M },
	[FRAME_WORKER_LEAVE] = { "WORKER_LEAVE", W, M },
	[FRAME_WORKER_WELCOME] = { "WORKER_WELCOME", M, W },
	[FRAME_WORKER_GRANT] = { "WORKER_GRANT", M, W },
	[FRAME_WORKER_START] = { "WORKER_START", M, W },
	[FRAME_WORKER_STOP] = { "WORKER_STOP", M, W },
	[FRAME_WORKER_FORGET] = { "WORKER_FORGET", M, W },
	[FRAME_APP_REGISTER] = { "APP_REGISTER", D, M },
	[FRAME_APP_RENEW] = { "APP_RENEW", D, M },
	[FRAME_APP_WANT] = { "APP_WANT", D, M },
	[FRAME_APP_RELEASE] = { "APP_RELEASE", D, M },
	[FRAME_APP_END] = { "APP_END", D, M },
	[FRAME_APP_WELCOME] = { "APP_WELCOME", M, D },
	[FRAME_APP_GRANT] = { "APP_GRANT", M, D },
	[FRAME_APP_EXEC_UP] = { "APP_EXEC_UP", M, D },
	[FRAME_APP_EXEC_LOST] = { "APP_EXEC_LOST", M, D },
	[FRAME_APP_REVOKED] = { "APP_REVOKED", M, D },
	[FRAME_APP_NOTE] = { "APP_NOTE", M, D },
	[FRAME_ASK] = { "ASK", ROLE_TOOL, M },
	[FRAME_ANSWER] = { "ANSWER", M, ROLE_TOOL },
	[FRAME_DRIVER_SUBMIT] = { "DRIVER_SUBMIT", ROLE_TOOL, M },
	[FRAME_DRIVER_ASK] = { "DRIVER_ASK", ROLE_TOOL, M },
	[FRAME_DRIVER_START] = { "DRIVER_START", M, W },
	[FRAME_DRIVER_STOP] = { "DRIVER_STOP", M, W },
	[FRAME_DRIVER_STATE] = { "DRIVER_STATE", W, M },
	[FRAME_MASTER_STATE] = { "MASTER_STATE", M, M },
	[FRAME_STANDBY] = { "STANDBY", M, W | D | ROLE_TOOL },
	[FRAME_ASSIGNMENT] = { "ASSIGNMENT", W, ROLE_EXECUTOR },
#undef W
#undef M
#undef D
};

const struct frame_kind *
frame_kind(int type)
{
	if (type <= 0 || type >= FRAME_TYPES || kinds[type].name == NULL)
		return NULL;
	return &kinds[type];
}

int64_t
frame_head(const char head[FRAME_HEAD], size_t max, int *type)
{
	const unsigned char *h = (const unsigned char *)head;
	uint32_t n = h[0] | h[1] << 8 | h[2] << 16 | (uint32_t)h[3] << 24;

	*type = h[4] | h[5] << 8;
	return n > max ? -1 : (int64_t)n;
}

void
frame_head_put(char head[FRAME_HEAD], int type, size_t n)
{
	for (int i = 0; i < 4; i++)
		head[i] = (char)(n >> 8 * i);
	head[4] = (char)type;
	head[5] = (char)(type >> 8);
}

void
hello_print(struct text *t, int role)
{
	msg_fix64(t, magic);
	msg_u64(t, PROTO_NUMBER);
	msg_cstr(t, SP_VERSION);
	msg_u64(t, (uint64_t)role);
}

/* What comes after the protocol number may be anything in another protocol:
 * it is not looked at before the numbers agree. */
int
hello_parse(struct hello *h, const char *body, size_t n, struct err *e)
{
	struct msg m;
	struct arena a = { 0 };
	const char *version;
	uint64_t number, role;

	msg_init(&m, body, n);
	if (msg_get_fix64(&m) != magic)
		return err_user(e, EXIT_PROTOCOL, "the other side does not "
		    "speak the protocol of sp");
	number = msg_get_u64(&m);
	if (!m.bad && number != PROTO_NUMBER) {
		err_user(e, EXIT_PROTOCOL, "the other side speaks protocol "
		    "%llu, this program %d", (unsigned long long)number,
		    PROTO_NUMBER);
		return err_hint(e, "install the same version of sp on all "
		    "hosts; this is " SP_VERSION);
	}
	version = msg_get_cstr(&m, &a);
	role = msg_get_u64(&m);
	snprintf(h->version, sizeof h->version, "%s", version ? version : "");
	arena_release(&a);
	if (!msg_ended(&m) || role == 0 || role > ROLE_ANY ||
	    (role & (role - 1)))
		return err_user(e, EXIT_PROTOCOL, "the other side's greeting "
		    "cannot be read");
	h->role = (int)role;
	return 0;
}

const char *
role_name(int role)
{
	static const char *const names[] = { "driver", "executor",
	    "blocks", "worker", "master", "tool" };

	for (int i = 0; i < 6; i++)
		if (role == 1 << i)
			return names[i];
	return "nobody";
}

void
refused_print(struct text *t, const struct err *why)
{
	msg_i64(t, why->code);
	msg_cstr(t, why->text);
	msg_cstr(t, why->hint[0] ? why->hint : NULL);
}

int
refused_parse(const char *body, size_t n, struct err *e)
{
	struct msg m;
	struct arena a = { 0 };
	const char *text, *hint;
	int code;

	msg_init(&m, body, n);
	code = msg_get_int(&m, 1, 255);
	text = msg_get_cstr(&m, &a);
	hint = msg_get_cstr(&m, &a);
	if (msg_ended(&m) && text) {
		err_user(e, code, "%s", text);
		if (hint)
			err_hint(e, "%s", hint);
	} else {
		err_user(e, EXIT_PROTOCOL, "the other side refused, and its "
		    "reason cannot be read");
	}
	arena_release(&a);
	return e->kind;
}

int
hello_take(struct hello *h, int roles, int type, const char *body, size_t n,
    struct err *e)
{
	if (type == FRAME_REFUSED)
		return refused_parse(body, n, e);
	if (type != FRAME_HELLO)
		return err_user(e, EXIT_PROTOCOL, "the other side sent a "
		    "frame of type %d before its greeting", type);
	TRY(hello_parse(h, body, n, e));
	if (h->role & roles)
		return 0;
	return err_user(e, EXIT_PROTOCOL, "the other side is of the "
	    "kind \"%s\", which has no business here", role_name(h->role));
}

int
frame_allowed(int type, int from, int to, const char *body, size_t n,
    struct err *e)
{
	const struct frame_kind *k = frame_kind(type);

	if (type == FRAME_REFUSED)
		return refused_parse(body, n, e);
	if (k && type != FRAME_HELLO && (k->from & (unsigned)from) &&
	    (k->to & (unsigned)to))
		return 0;
	return err_user(e, EXIT_PROTOCOL, "the other side (\"%s\") sent a "
	    "frame that it must not send (type %d, %s)", role_name(from),
	    type, k ? k->name : "unknown");
}
