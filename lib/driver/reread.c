/*
 * reread -- see reread.h.  The text becomes a source, so that errors of the
 * run can point into it.
 */
#include "driver/reread.h"

#include <stdlib.h>
#include <string.h>

#include "plan/plantext.h"
#include "sql/plan_read.h"

static int
count_outputs(const struct node *n)
{
	int k = n->kind == NODE_WRITE || n->kind == NODE_TEE;

	for (int i = 0; i < n->nkid; i++)
		k += count_outputs(n->kid[i]);
	return k;
}

static int
compare(const char *want, const char *got, struct err *e)
{
	size_t at = 0, line, a, b;

	if (strcmp(want, got) == 0)
		return 0;
	while (want[at] == got[at])
		at++;
	for (line = at; line > 0 && want[line - 1] != '\n'; line--)
		;
	line = at - line > 60 ? at - 60 : line;
	a = strcspn(want + line, "\n");
	b = strcspn(got + line, "\n");
	return err_set(e, ERR_BUG, "plan text is printed as\n%.*s\nand, read "
	    "back, as\n%.*s", (int)(a > 300 ? 300 : a), want + line,
	    (int)(b > 300 ? 300 : b), got + line);
}

static int
reread(struct app *a, struct stages **s, struct err *e)
{
	struct plan_conf *conf = NEW(&a->arena, struct plan_conf);
	struct text t = { 0 };
	struct stages **plan;
	const char *text;
	size_t n;
	int r;

	*conf = app_plan_conf(a);
	for (int i = 0; i < (*s)->n; i++)       /* they get their numbers again */
		a->binder.noutput -= count_outputs((*s)->stage[i].root);
	plantext_print(&t, *s);
	n = t.n;
	text = arena_memdup(&a->arena, text_str(&t), n);
	ARENA_GROW(&a->arena, a->source, a->nsource, a->source_cap);
	a->source[a->nsource++] = (struct source){ "plan", text, n };
	r = plan_read(&a->binder, conf, text, n, a->nsource - 1, &plan, e);
	text_clear(&t);
	if (r < 0) {
		err_ctx(e, "plan text was not read back");
		e->kind = ERR_BUG;
		e->code = EXIT_BUG;
	} else {
		*s = plan[0];
		plantext_print(&t, *s);
		r = compare(text, text_str(&t), e);
	}
	text_release(&t);
	return r;
}

int
reread_plan(struct app *a, struct stages **s, struct err *e)
{
	const char *force = getenv("SP_FORCE");

	if (force == NULL || strcmp(force, "plantext") != 0)
		return 0;
	return reread(a, s, e);
}
