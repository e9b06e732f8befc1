/*
 * fuzz_bind -- any bytes as a job: parser, binder, rules, planner, and the
 * plan's text forth and back.
 *
 * Texts with functions that make large values out of small ones are left
 * out: constants are computed here, and that is no fault.
 */
#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "fixed_catalog.h"
#include "plan/optimize.h"
#include "plan/plantext.h"
#include "sql/parse.h"
#include "sql/plan_read.h"

static int
is_costly(const char *text)
{
	static const char *const word[] = { "repeat", "space", "pad",
	    "sequence", "format", "rlike", "regexp", "split", "shuffle" };

	for (size_t i = 0; i < sizeof word / sizeof *word; i++)
		if (strcasestr(text, word[i]))
			return 1;
	return 0;
}

static void
round_trip(struct binder *b, const struct plan_conf *conf,
    const struct stages *s)
{
	struct text one = { 0 }, two = { 0 };
	struct stages **again;
	struct err e = { 0 };

	plantext_print(&one, s);
	if (plan_read(b, conf, text_str(&one), one.n, 0, &again, &e) >= 0)
		plantext_print(&two, again[0]);
	if (strcmp(text_str(&one), text_str(&two)) != 0) {
		fprintf(stderr, "%s\nis printed as\n%s\n(%s)\n", text_str(&one),
		    text_str(&two), e.text);
		abort();
	}
	text_release(&one);
	text_release(&two);
}

static int
plan(struct binder *b, const struct ast_query *q, struct err *e)
{
	struct plan_conf conf = fixed_conf();
	struct rule_env r = { b->arena, &b->ids, &b->env, &conf };
	struct node *n;
	struct stages *s;

	TRY(bind_action(b, q, &n, e));
	TRY(node_verify(n, e));
	TRY(plan_optimize(&r, n, &n, NULL, NULL, e));
	TRY(plan_physical(b->arena, &b->ids, &b->env, &conf, n, &n, e));
	TRY(plan_stages(b->arena, &b->ids, &b->env, &conf, n, &s, e));
	round_trip(b, &conf, s);
	return 0;
}

static int
statement(struct binder *b, const struct ast_stmt *s, struct err *e)
{
	switch (s->kind) {
	case STMT_QUERY: return plan(b, s->u.query, e);
	case STMT_LET:   return bind_view(b, &s->u.view, e);
	case STMT_DEF:   return bind_def(b, &s->u.def, e);
	case STMT_PARAM: return bind_param(b, s, NULL, e);
	default:         return 0;
	}
}

static int
run(struct binder *b, const char *text, size_t n, struct err *e)
{
	struct ast_script *script;

	TRY(parse_script(b->arena, text, n, 0, NULL, &script, e));
	for (int i = 0; i < script->nstmt; i++)
		TRY(statement(b, script->stmt[i], e));
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena a;
	struct binder b;
	struct err e = { 0 };
	const char *text;

	arena_init(&a);
	fixed_binder(&b, &a);
	text = arena_memdup(&a, bytes, n);
	if (!is_costly(text) && run(&b, text, n, &e) < 0 &&
	    e.kind != ERR_USER) {
		fprintf(stderr, "%s\n", e.text);
		abort();
	}
	arena_release(&a);
	return 0;
}
