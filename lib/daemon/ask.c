/*
 * ask -- see ask.h.
 */
#include "daemon/ask.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/dial.h"
#include "net/key.h"
#include "net/peer.h"
#include "net/proto.h"

enum { ASK_MS = 5000, KEY_TRIES = 4, KEY_PAUSE_MS = 200 };

/* Its status into *answer, and what it cannot do into *e. */
static int
standby_says(const char *p, size_t n, const char *address,
    struct text *answer, struct err *e)
{
	struct arena a = { 0 };
	struct brief b;

	if (brief_parse(p, n, &b, &a, e) == 0) {
		text_clear(answer);
		text_adds(answer, b.text);
		err_user(e, EXIT_UNAVAILABLE, "the master at %s is a standby",
		    address);
	}
	arena_release(&a);
	return e->kind;
}

static int
ask_one(const char *address, const unsigned char key[KEY_BYTES],
    int ask, const struct text *body, struct text *answer, struct err *e)
{
	const char *p;
	struct peer *peer;
	size_t n;
	int type, r;

	TRY(peer_open(&peer, address, "cluster", key, ASK_MS, e));
	r = peer_hello(peer, ROLE_TOOL, ROLE_MASTER, ASK_MS, e);
	if (r >= 0)
		r = peer_send(peer, ask, body->p, body->n, e);
	while (r >= 0) {
		r = peer_recv(peer, ASK_MS, &type, &p, &n, e);
		if (r == 0)
			r = err_set(e, ERR_TEMP, "the master at %s closed "
			    "the connection", address);
		if (r > 0 && type == FRAME_STANDBY) {
			r = standby_says(p, n, address, answer, e);
			break;
		}
		if (r > 0 && type == FRAME_ANSWER) {
			text_clear(answer);     /* of a standby */
			text_add(answer, p, n);
			break;
		}
	}
	peer_close(peer);
	return r < 0 ? r : 0;
}

/* Bytes of a greeting that were spoiled on their way look like a wrong key:
 * that is believed when it is always so. */
static int
ask_patiently(const char *address, const unsigned char key[KEY_BYTES],
    int ask, const struct text *body, struct text *answer, struct err *e)
{
	int r, pause = KEY_PAUSE_MS;

	for (int i = 1; ; i++, pause *= 2) {
		*e = (struct err){ 0 };
		r = ask_one(address, key, ask, body, answer, e);
		if (r == 0 || e->code != EXIT_PERM || i == KEY_TRIES)
			return r;
		usleep((useconds_t)pause * 1000);
	}
}

/* A question that a standby answers is one of what it is. */
static int
is_status(int ask, const struct text *body)
{
	struct arena a = { 0 };
	struct err e;
	struct ask q;
	int r = ask == FRAME_ASK &&
	    ask_parse(body->p, body->n, &q, &a, &e) == 0 && q.kind < ASK_KILL;

	arena_release(&a);
	return r;
}

int
ask_frame(const char *masters, const char *key_file_name, int ask,
    const struct text *body, struct text *answer, struct err *e)
{
	unsigned char key[KEY_BYTES];
	struct text path = { 0 }, one = { 0 };
	struct dial d = { 0 };
	int r;

	TRY(dial_init(&d, masters, e));
	if (key_file_name)
		text_adds(&path, key_file_name);
	else
		key_file(&path);
	r = key_read(key, path.p, e);
	text_release(&path);
	if (r < 0)
		return r;
	for (int i = 0; i < d.naddress; i++) {
		text_clear(&one);
		address_print(&one, &d.address[i]);
		r = ask_patiently(one.p, key, ask, body, answer, e);
		if (r == 0 || e->code != EXIT_UNAVAILABLE)
			break;
	}
	text_release(&one);
	key_forget(key);
	if (r < 0 && answer->n && is_status(ask, body))
		return 0;               /* of a standby; no other is there */
	return r;
}

int
ask_master(const char *masters, const char *key_file_name,
    const struct ask *q, struct text *answer, struct err *e)
{
	struct text body = { 0 };
	int r;

	ask_print(&body, q);
	r = ask_frame(masters, key_file_name, FRAME_ASK, &body, answer,
	    e);
	text_release(&body);
	return r;
}

static const struct command {
	const char *name;
	enum ask_kind kind;
	int has_id;
} commands[] = {
	{ "status",  ASK_STATUS,  0 },
	{ "apps",    ASK_APPS,    0 },
	{ "workers", ASK_WORKERS, 0 },
	{ "kill",    ASK_KILL,    1 },
	{ "drain",   ASK_DRAIN,   1 },
	{ "undrain", ASK_UNDRAIN, 1 },
};

int
ask_command(struct ask *q, int n, char **word, struct err *e)
{
	const struct command *c = commands;
	const struct command *end = c + sizeof commands / sizeof commands[0];

	while (c < end && strcmp(c->name, word[0]) != 0)
		c++;
	if (c == end)
		return err_user(e, EXIT_USAGE, "there is no command '%s'",
		    word[0]);
	if (n != 1 + c->has_id)
		return err_user(e, EXIT_USAGE, c->has_id ?
		    "%s needs one name" : "%s takes no operand", c->name);
	q->kind = c->kind;
	q->id = c->has_id ? word[1] : NULL;
	return 0;
}
