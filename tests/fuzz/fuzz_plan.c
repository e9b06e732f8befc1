/*
 * fuzz_plan -- any bytes as plan text.
 *
 * What is accepted must be printed as a text that is accepted again and
 * printed the same; what is refused must have a message and a place.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "fixed_catalog.h"
#include "plan/plantext.h"
#include "sql/complain.h"
#include "sql/plan_read.h"

static void
refused(const char *text, size_t n, const struct err *e)
{
	struct source s = { "fuzz.plan", text, n };
	struct text out = { 0 };

	assert(e->text[0] && e->kind == ERR_USER);
	if (e->span.len)
		assert(e->span.at >= 0 && (size_t)e->span.at <= n);
	complain(&out, &s, 1, e);
	text_release(&out);
}

static int
print_all(struct binder *b, const char *text, size_t n, struct text *out,
    struct err *e)
{
	struct plan_conf conf = fixed_conf();
	struct stages **s;
	int nplan;

	TRY(nplan = plan_read(b, &conf, text, n, 0, &s, e));
	for (int i = 0; i < nplan; i++)
		plantext_print(out, s[i]);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct text one = { 0 }, two = { 0 };
	struct binder b;
	struct arena a;
	struct err e = { 0 };

	arena_init(&a);
	fixed_binder(&b, &a);
	if (print_all(&b, (const char *)bytes, n, &one, &e) < 0) {
		refused((const char *)bytes, n, &e);
	} else if (print_all(&b, text_str(&one), one.n, &two, &e) < 0 ||
	    strcmp(text_str(&one), text_str(&two)) != 0) {
		fprintf(stderr, "%s\nis printed as\n%s\n(%s)\n", text_str(&one),
		    text_str(&two), e.text);
		abort();
	}
	text_release(&one);
	text_release(&two);
	arena_release(&a);
	return 0;
}
