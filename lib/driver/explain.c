/*
 * explain -- see explain.h.
 */
#include "driver/explain.h"

#include <stdio.h>
#include <string.h>

#include "driver/keep_stmt.h"
#include "plan/plantext.h"
#include "sql/parse.h"

static void
phase(struct text *t, const char *title, const struct node *n)
{
	text_addf(t, "== %s ==\n", title);
	plantext_tree(t, n);
	text_addc(t, '\n');
}

static void
trace_rule(void *arg, const struct rule *rule, const struct node *n)
{
	struct text *t = arg;

	text_addf(t, "-- after %s\n", rule->name);
	plantext_tree(t, n);
	text_addc(t, '\n');
}

static int
explain_query(struct app *a, const struct ast_query *q,
    enum explain_form form, int trace, struct text *t, struct err *e)
{
	struct phases p;
	struct node *root;

	TRY(bind_action(&a->binder, q, &root, e));
	TRY(job_plan(a, root, &p, trace ? trace_rule : NULL, t, e));
	switch (form) {
	case EXPLAIN_PHASES:
		phase(t, "Parsed and Analyzed Logical Plan", p.analyzed);
		phase(t, "Optimized Logical Plan", p.optimized);
		phase(t, "Physical Plan", p.physical);
		text_adds(t, "== Stages ==\n");
		/* fallthrough */
	case EXPLAIN_STAGES:  plantext_print(t, p.stages); break;
	case EXPLAIN_DOT:     plantext_dot(t, p.stages); break;
	case EXPLAIN_JSON:    plantext_json(t, p.stages); break;
	case EXPLAIN_LINEAGE: plantext_lineage(t, p.stages); break;
	}
	return 0;
}

int
explain_stmt(struct app *a, const struct ast_stmt *s, struct err *e)
{
	const struct ast_stmt *of = s->u.explain.stmt;
	struct text t = { 0 };
	int r;

	if (of->kind != STMT_QUERY)
		return err_at(e, s->span, "explain needs a query");
	r = explain_query(a, of->u.query, s->u.explain.mode == EXPLAIN_SIMPLE ?
	    EXPLAIN_STAGES : EXPLAIN_PHASES, 0, &t, e);
	if (r >= 0)
		fputs(text_str(&t), stdout);
	text_release(&t);
	return r;
}

struct explaining {             /* a script */
	struct app *a;
	enum explain_form form;
	int trace, n;                   /* actions so far */
	struct text *to;
};

static int
explain_one(void *arg, const struct ast_stmt *s, struct err *e)
{
	struct explaining *x = arg;
	const struct ast_stmt *q = s->kind == STMT_EXPLAIN ?
	    s->u.explain.stmt : s;

	if (q->kind == STMT_REPEAT)
		return repeat_stmt(x->a, q, explain_one, x, e);
	if (q->kind != STMT_QUERY)
		return app_run_stmt(x->a, s, 0, e);
	if (x->n++)
		text_addc(x->to, '\n');
	return explain_query(x->a, q->u.query, x->form, x->trace, x->to, e);
}

int
explain_script(struct app *a, enum explain_form form, int trace,
    struct text *to, struct err *e)
{
	struct parse_options o = { .ansi_quotes = a->ansi_quotes };
	struct explaining x = { a, form, trace, 0, to };
	struct ast_script *script;

	a->planning = true;
	TRY(parse_script(&a->arena, a->source[0].text, a->source[0].n, 0, &o,
	    &script, e));
	for (int i = 0; i < script->nstmt; i++)
		TRY(explain_one(&x, script->stmt[i], e));
	return 0;
}
