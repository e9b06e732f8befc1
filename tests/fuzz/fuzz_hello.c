/*
 * fuzz_hello -- what a stranger says first: HELLO and REFUSED take any
 * bytes; what they accept is printed as it was.  And the getters of bodies
 * in any order, which the first bytes choose, never leave the body.
 */
#include "fuzz.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/address.h"
#include "net/msg.h"
#include "net/proto.h"

static void
hello(const char *p, size_t n)
{
	struct text t = { 0 };
	struct err e = { 0 };
	struct hello h, again;

	if (hello_parse(&h, p, n, &e) < 0) {
		assert(e.kind == ERR_USER && e.code == EXIT_PROTOCOL);
		return;
	}
	assert(strcmp(role_name(h.role), "nobody") != 0);
	hello_print(&t, h.role);
	assert(hello_parse(&again, t.p, t.n, &e) == 0);
	assert(again.role == h.role);
	text_release(&t);
}

static void
refusal(const char *p, size_t n)
{
	struct text t = { 0 };
	struct err e = { 0 }, again = { 0 };

	assert(refused_parse(p, n, &e) == ERR_USER);
	assert(e.code >= 1 && e.code <= 255);
	refused_print(&t, &e);
	assert(refused_parse(t.p, t.n, &again) == ERR_USER);
	assert(again.code == e.code && strcmp(again.text, e.text) == 0);
	text_release(&t);
}

/* Two bits a getter; what was read is written again the same. */
static void
getters(const char *p, size_t n)
{
	struct arena a = { 0 };
	struct text t = { 0 };
	struct msg m;
	const char *s;
	size_t len;

	if (n < 8)
		return;
	msg_init(&m, p + 8, n - 8);
	for (int i = 0; i < 32 && !m.bad; i++) {
		struct msg before = m;
		size_t was = t.n;
		uint64_t u;

		switch (p[i / 4] >> i % 4 * 2 & 3) {
		case 0:
			u = msg_get_u64(&m);
			msg_u64(&t, u);
			break;
		case 1:
			u = (uint64_t)msg_get_i64(&m);
			msg_i64(&t, (int64_t)u);
			break;
		case 2:
			s = msg_get_str(&m, &len);
			msg_str(&t, s, len);
			break;
		default:
			s = msg_get_cstr(&m, &a);
			msg_cstr(&t, s);
			break;
		}
		assert(m.p <= m.end);
		if (!m.bad)
			assert(t.n - was == (size_t)(m.p - before.p) &&
			    memcmp(t.p + was, before.p, t.n - was) == 0);
	}
	text_release(&t);
	arena_release(&a);
}

static void
address(const char *p, size_t n)
{
	struct address a, again;
	struct err e = { 0 };
	struct text t = { 0 }, s = { 0 };

	text_add(&s, p, n);
	if (strlen(s.p) == n && address_parse(&a, s.p, 1, &e) == 0 &&
	    strchr(a.host, ']') == NULL && strchr(a.host, '[') == NULL) {
		address_print(&t, &a);
		assert(address_parse(&again, t.p, 2, &e) == 0);
		assert(again.port == a.port && strcmp(again.host, a.host) == 0);
	}
	text_release(&t);
	text_release(&s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	hello((const char *)data, size);
	refusal((const char *)data, size);
	getters((const char *)data, size);
	address((const char *)data, size);
	return 0;
}
