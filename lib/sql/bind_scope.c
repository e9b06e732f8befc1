/*
 * bind_scope -- see bind_scope.h.  Names are compared without case.
 */
#include "sql/bind_scope.h"

#include <strings.h>

#include "base/near.h"
#include "base/text.h"

void
scope_add(struct arena *a, struct scope *s, const char *table,
    const char *name, struct field f)
{
	ARENA_GROW(a, s->v, s->n, s->cap);
	s->v[s->n++] = (struct scope_col){ table, name, f, false };
}

int
scope_alias(struct arena *a, struct scope *s, const struct ast_ident *table,
    const struct ast_ident *column, int ncolumn, struct err *e)
{
	struct scope old = *s;
	int k = 0;

	memset(s, 0, sizeof *s);
	for (int i = 0; i < old.n; i++) {
		const char *name = old.v[i].name;

		if (old.v[i].hidden)
			continue;
		if (k < ncolumn)
			name = column[k].name;
		k++;
		scope_add(a, s, table ? table->name : old.v[i].table, name,
		    old.v[i].f);
		s->v[s->n - 1].f.name = name;
	}
	if (ncolumn && k != ncolumn)
		return err_at(e, column[0].span,
		    "%d column names are given for %d columns", ncolumn, k);
	return 0;
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcasecmp(a, b) == 0;
}

/* The one column that matches table (or any when NULL) and name. */
static int
match(const struct scope *s, const char *table, const struct ast_ident *name,
    struct scope_col **out, struct err *e)
{
	struct scope_col *found = NULL;

	for (int i = 0; i < s->n; i++) {
		struct scope_col *c = &s->v[i];

		if (!same(c->name, name->name) || (table == NULL && c->hidden) ||
		    (table && !same(c->table, table)))
			continue;
		if (found && found->f.id != c->f.id) {
			err_at(e, name->span, "column '%s' is ambiguous",
			    name->name);
			if (!found->table || !c->table ||
			    same(found->table, c->table))
				return err_hint(e, "two columns have this "
				    "name: give one another with as");
			return err_hint(e, "it is in '%s' and in '%s': write "
			    "the table's name before it", found->table,
			    c->table);
		}
		found = c;
	}
	*out = found;
	return found != NULL;
}

int
scope_find(const struct scope *s, const struct ast_name *name,
    struct scope_col **out, int *used, struct err *e)
{
	int r;

	if (name->npart >= 2) {
		r = match(s, name->part[0].name, &name->part[1], out, e);
		*used = 2;
		if (r != 0)
			return r;
	}
	*used = 1;
	return match(s, NULL, &name->part[0], out, e);
}

static void
list_columns(struct text *t, struct near *near, const struct scope *s)
{
	for (int i = 0; i < s->n; i++) {
		near_offer(near, s->v[i].name);
		if (i < 40 && !s->v[i].hidden)
			text_addf(t, "%s%s", t->n ? ", " : "", s->v[i].name);
	}
	if (s->n > 40)
		text_adds(t, ", …");
}

/* t.c where no table is called t. */
static int
unknown_qualifier(const struct bind_ctx *c, const struct ast_name *name,
    struct err *e)
{
	const struct ast_ident *first = &name->part[0];
	struct near near;

	near_init(&near, first->name);
	for (int i = 0; c->rel && i < c->rel->scope.n; i++) {
		const struct scope_col *s = &c->rel->scope.v[i];

		if (same(s->table, first->name) || same(s->name, first->name))
			return 0;
		if (s->table)
			near_offer(&near, s->table);
	}
	err_at(e, first->span, "unknown table '%s'", first->name);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "a table is named with as %s", first->name);
}

int
scope_unknown(const struct bind_ctx *c, const struct ast_name *name,
    struct err *e)
{
	const struct ast_ident *last = &name->part[name->npart - 1];
	struct scope_col *col;
	struct text t = { 0 };
	struct near near;
	int used;

	if (c->outer && scope_find(c->outer, name, &col, &used, e) == 1)
		return err_at(e, name->span, "'%s' is a column of the outer "
		    "query: only where conditions of a plain subquery "
		    "can refer to it",
		    last->name);
	if (name->npart > 1)
		TRY(unknown_qualifier(c, name, e));
	near_init(&near, last->name);
	for (int i = 0; i < c->nalias; i++)
		near_offer(&near, c->alias[i].name);
	if (c->rel)
		list_columns(&t, &near, &c->rel->scope);
	err_at(e, name->span, "unknown column '%s'", last->name);
	if (near.best)
		err_hint(e, "did you mean '%s'?  columns: %s", near.best,
		    text_str(&t));
	else if (t.n)
		err_hint(e, "columns: %s", text_str(&t));
	text_release(&t);
	return ERR_USER;
}

void
rel_of(struct arena *a, struct rel *r, struct node *n, const char *table)
{
	memset(r, 0, sizeof *r);
	r->node = n;
	for (int i = 0; i < n->out->ncol; i++)
		scope_add(a, &r->scope, table, n->out->col[i].name,
		    n->out->col[i]);
}

int
bind_refuse_ast(struct span span, const char *what, struct err *e)
{
	return err_at(e, span, "%s: not supported yet", what);
}
