/*
 * t_net_msg -- bodies of frames: what is written is read again, and what was
 * not written by anybody is bad; frame heads, HELLO, REFUSED.
 */
#include "tap.h"

#include <limits.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/framer.h"
#include "net/msg.h"
#include "net/proto.h"

static void
numbers(void)
{
	static const uint64_t v[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX,
	    INT64_MAX, UINT64_MAX };
	static const int64_t s[] = { 0, -1, 1, 63, -64, 64, INT_MIN, INT64_MAX,
	    INT64_MIN };
	struct text t = { 0 };
	struct msg m;
	int good = 1;

	for (int i = 0; i < 9; i++) {
		msg_u64(&t, v[i]);
		msg_i64(&t, s[i]);
		msg_fix64(&t, v[i]);
	}
	msg_init(&m, t.p, t.n);
	for (int i = 0; i < 9; i++) {
		good &= msg_get_u64(&m) == v[i];
		good &= msg_get_i64(&m) == s[i];
		good &= msg_get_fix64(&m) == v[i];
	}
	ok(good && msg_ended(&m), "numbers come back");
	good = 1;
	for (size_t n = 0; n < t.n; n++) {
		msg_init(&m, t.p, n);
		for (int i = 0; i < 9; i++) {
			msg_get_u64(&m);
			msg_get_i64(&m);
			msg_get_fix64(&m);
		}
		good &= m.bad && !msg_ended(&m);
	}
	ok(good, "every shorter message is bad");
	text_release(&t);
}

static void
strings(void)
{
	struct text t = { 0 };
	struct arena a = { 0 };
	struct msg m;
	const char *p;
	size_t n;

	msg_str(&t, "a\0b", 3);
	msg_cstr(&t, NULL);
	msg_cstr(&t, "");
	msg_cstr(&t, "hello");
	msg_str(&t, NULL, 0);
	msg_init(&m, t.p, t.n);
	p = msg_get_str(&m, &n);
	ok(n == 3 && memcmp(p, "a\0b", 3) == 0, "a string with a NUL");
	ok(msg_get_cstr(&m, &a) == NULL && !m.bad, "no string");
	is_str(msg_get_cstr(&m, &a), "", "an empty string");
	is_str(msg_get_cstr(&m, &a), "hello", "a string");
	p = msg_get_str(&m, &n);
	ok(p && n == 0 && msg_ended(&m), "the end");
	p = msg_get_str(&m, &n);
	ok(p == NULL && n == 0 && m.bad, "after the end");
	msg_init(&m, "\4a\0b", 4);
	ok(msg_get_cstr(&m, &a) == NULL && m.bad, "a NUL in a C string");
	msg_init(&m, NULL, 0);
	ok(msg_ended(&m) && msg_get_u64(&m) == 0 && m.bad, "no body at all");
	text_release(&t);
	arena_release(&a);
}

static void
wrong(void)
{
	static const struct { const char *p; size_t n; const char *what; } v[] = {
		{ "\x80", 1, "cut" },
		{ "\x80\x00", 2, "longer than needed" },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, "65 bits" },
		{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, "long" },
	};
	struct msg m;
	size_t n;

	for (int i = 0; i < 4; i++) {
		msg_init(&m, v[i].p, v[i].n);
		ok(msg_get_u64(&m) == 0 && m.bad, "varint: %s", v[i].what);
	}
	msg_init(&m, "\x0a\x09", 2);
	ok(msg_get_int(&m, 0, 5) == 5 && !m.bad, "an int in its range");
	ok(msg_get_int(&m, 0, 5) == 0 && m.bad, "an int out of it");
	msg_init(&m, "\x03xx", 3);
	ok(msg_get_count(&m, 1) == 0 && m.bad, "more items than bytes");
	msg_init(&m, "\x02xx\x02yy", 6);
	ok(msg_get_items(&m, 1, 2) == 2 && !m.bad, "as many as there may be");
	m.p += 2;
	ok(msg_get_items(&m, 1, 1) == 0 && m.bad, "one more than there may");
	msg_init(&m, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
	ok(msg_get_str(&m, &n) == NULL && n == 0 && m.bad, "huge string");
}

static void
hellos(void)
{
	struct text t = { 0 };
	struct hello h;
	struct err e = { 0 }, f = { 0 };
	char other[32];
	int good = 1;

	hello_print(&t, ROLE_WORKER);
	ok(hello_parse(&h, t.p, t.n, &e) == 0 && h.role == ROLE_WORKER &&
	    h.version[0], "a greeting");
	for (size_t n = 0; n < t.n; n++)
		good &= hello_parse(&h, t.p, n, &e) == ERR_USER &&
		    e.code == EXIT_PROTOCOL;
	ok(good, "every shorter one is refused");
	t.p[8] = PROTO_NUMBER + 1;
	snprintf(other, sizeof other, "protocol %d", PROTO_NUMBER + 1);
	ok(hello_parse(&h, t.p, 9, &e) < 0 && strstr(e.text, other),
	    "another protocol is named: %s", e.text);
	text_clear(&t);
	hello_print(&t, ROLE_WORKER | ROLE_DRIVER);
	ok(hello_parse(&h, t.p, t.n, &e) < 0, "two roles");
	text_clear(&t);
	err_user(&e, EXIT_PERM, "no entry");
	refused_print(&t, &e);
	ok(refused_parse(t.p, t.n, &f) == ERR_USER && f.code == EXIT_PERM &&
	    strcmp(f.text, "no entry") == 0, "a refusal");
	ok(refused_parse(t.p, t.n - 1, &f) == ERR_USER &&
	    f.code == EXIT_PROTOCOL, "a cut refusal");
	ok(frame_kind(FRAME_HELLO) && !frame_kind(0) && !frame_kind(-1) &&
	    !frame_kind(FRAME_TYPES) && !frame_kind(65535), "known types");
	text_release(&t);
}

/* Frames of many sizes through reads of every size. */
static void
framing(void)
{
	static const size_t sizes[] = { 0, 1, 5, 100, 70000, 3, 0, 200000, 7 };
	struct text t = { 0 };
	struct err e = { 0 };
	int good = 1;

	for (int i = 0; i < 9; i++) {
		frame_head_put(text_room(&t, FRAME_HEAD), i + 1, sizes[i]);
		t.n += FRAME_HEAD;
		memset(text_room(&t, sizes[i]), 'a' + i, sizes[i]);
		t.n += sizes[i];
	}
	for (size_t step = 1; step < 300000; step = step * 3 + 1) {
		struct framer f;
		size_t at = 0, n, room;
		const char *body;
		int type, got = 0;

		framer_init(&f, 200000);
		while (at < t.n) {
			char *to = framer_room(&f, &room);

			n = t.n - at < step ? t.n - at : step;
			n = n < room ? n : room;
			memcpy(to, t.p + at, n);
			at += n;
			framer_added(&f, n);
			while (framer_next(&f, &type, &body, &n, &e) > 0) {
				good &= type == got + 1 && n == sizes[got];
				good &= n == 0 || (body[0] == 'a' + got &&
				    body[n - 1] == 'a' + got);
				got++;
			}
		}
		good &= got == 9 && framer_left(&f) == 0;
		framer_release(&f);
	}
	ok(good, "frames out of pieces");
	{
		struct framer f;
		size_t n;
		const char *body;
		int type;

		framer_init(&f, 9);
		frame_head_put(framer_room(&f, &n), 1, 10);
		framer_added(&f, FRAME_HEAD);
		ok(framer_next(&f, &type, &body, &n, &e) == ERR_USER &&
		    e.code == EXIT_PROTOCOL, "too long: %s", e.text);
		framer_release(&f);
	}
	text_release(&t);
}

int
main(void)
{
	numbers();
	strings();
	wrong();
	hellos();
	framing();
	return done_testing();
}
