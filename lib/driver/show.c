/*
 * show -- see show.h.
 */
#include "driver/show.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "expr/aggfn.h"
#include "expr/func.h"

static void
print_schema(const struct schema *s)
{
	struct text t = { 0 };

	for (int i = 0; i < s->ncol; i++) {
		text_addf(&t, "%s\t", s->col[i].name);
		type_print(&t, s->col[i].type);
		text_addc(&t, '\n');
	}
	fputs(text_str(&t), stdout);
	text_release(&t);
}

static int
describe_function(const struct ast_name *name, struct err *e)
{
	const char *n = name->part[name->npart - 1].name;
	const struct func *f = func_find(n);
	const struct aggfn *g = aggfn_find(n);

	if (f == NULL && g == NULL)
		return err_at(e, name->span, "unknown function '%s'", n);
	printf("%s\t%s\n", f ? f->usage : g->usage, f ? f->help : g->help);
	return 0;
}

static int
describe_table(struct app *a, const struct ast_name *name, struct span span,
    struct node **n, struct err *e)
{
	struct ast_query q = { .kind = AST_TABLE, .span = span };

	q.u.table.name = *name;
	return bind_query(&a->binder, &q, n, e);
}

int
describe_stmt(struct app *a, const struct ast_stmt *s, struct err *e)
{
	struct node *n;

	if (s->u.describe.kind == DESCRIBE_FUNCTION)
		return describe_function(&s->u.describe.name, e);
	if (s->u.describe.query)
		TRY(bind_query(&a->binder, s->u.describe.query, &n, e));
	else
		TRY(describe_table(a, &s->u.describe.name, s->span, &n, e));
	print_schema(n->out);
	return 0;
}

static bool
wanted(const struct ast_stmt *s, const char *name)
{
	char pattern[256];
	size_t n = 0;

	if (s->u.show.like.p == NULL)
		return true;
	for (const char *p = s->u.show.like.p; *p && n < sizeof pattern - 1; p++)
		pattern[n++] = *p == '%' ? '*' : *p;
	pattern[n] = '\0';
	return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
}

static void
show_functions(const struct ast_stmt *s)
{
	for (int i = 0; func_at(i); i++)
		if (!(func_at(i)->flags & (FN_HIDDEN | FN_OPERATOR)) &&
		    wanted(s, func_at(i)->name))
			puts(func_at(i)->name);
	for (int i = 0; aggfn_at(i); i++)
		if (!(aggfn_at(i)->flags & AGG_HIDDEN) &&
		    wanted(s, aggfn_at(i)->name))
			puts(aggfn_at(i)->name);
}

int
show_stmt(struct app *a, const struct ast_stmt *s, struct err *e)
{
	struct node *n;

	switch (s->u.show.kind) {
	case SHOW_TABLES:
	case SHOW_VIEWS:
		for (const struct bind_name *b = a->binder.names; b; b = b->next)
			if (wanted(s, b->name) &&
			    bind_name_find(a->binder.names, b->name) == b)
				puts(b->name);
		return 0;
	case SHOW_FUNCTIONS:
		show_functions(s);
		return 0;
	case SHOW_DATABASES:
		puts("default");
		return 0;
	case SHOW_COLUMNS:
		TRY(describe_table(a, &s->u.show.of, s->span, &n, e));
		for (int i = 0; i < n->out->ncol; i++)
			puts(n->out->col[i].name);
		return 0;
	default:
		return err_at(e, s->span, "this show statement: not supported "
		    "yet");
	}
}

int
show_settings(struct app *a, const char *key, struct err *e)
{
	struct text t = { 0 };

	(void)e;
	if (key)
		text_addf(&t, "%s\t%s\n", key, conf_get(&a->conf, key));
	else
		conf_show(&a->conf, &t);
	fputs(text_str(&t), stdout);
	text_release(&t);
	return 0;
}
