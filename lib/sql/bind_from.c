/*
 * bind_from -- what stands in a FROM list: names, files, range, values,
 * aliases, lateral views.
 */
#include "sql/bind_scope.h"
#include "sql/bind_cache.h"

#include <stdlib.h>
#include <strings.h>

#include "base/near.h"
#include "base/text.h"
#include "expr/func.h"

#define NAME_DEPTH_MAX 100

static const char *const on_error_name[] = {
	[BAD_DEFAULT] = NULL, [BAD_FAIL] = "fail", [BAD_NULL] = "null",
	[BAD_DROP] = "drop", [BAD_QUARANTINE] = "quarantine",
};

static int
source_options(struct binder *b, const struct ast_option *option, int n,
    struct option_list *out, struct err *e)
{
	out->v = arena_alloc(b->arena, sizeof *out->v * (size_t)(n + 1));
	out->n = n;
	for (int i = 0; i < n; i++) {
		char *key = arena_strdup(b->arena, option[i].key);

		for (char *p = key; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p += 'a' - 'A';
		out->v[i].key = key;
		TRY(bind_string(b, &option[i].value, &out->v[i].value, e));
	}
	return 0;
}

static struct schema *
source_columns(struct binder *b, const struct ast_column *c, int n)
{
	struct schema *s = schema_new(b->arena, n);

	for (int i = 0; i < n; i++)
		s->col[i] = (struct field){ c[i].name.name,
		    c[i].type ? c[i].type : TYPE(STR), !c[i].not_null, 0 };
	return s;
}

static struct node *
scan_node(struct binder *b, struct input *in, struct span span)
{
	struct node *n = node_new(b->arena, &b->ids, NODE_SCAN, 0);
	int nfile = in->file->ncol, nkey = in->key ? in->key->ncol : 0;

	n->span = span;
	n->u.scan.input = in;
	n->out = schema_new(b->arena, nfile + nkey);
	n->u.scan.col = NEW_N(b->arena, int, nfile + nkey + 1);
	for (int i = 0; i < nfile + nkey; i++) {
		const struct field *f = i < nfile ? &in->file->col[i] :
		    &in->key->col[i - nfile];

		n->out->col[i] = plan_field(&b->ids, f->name, f->type, true);
		n->u.scan.col[i] = i;
	}
	return n;
}

/* path and dbtable-like options of "using csv options (path …)". */
static void
take_path_option(struct source_request *r, const char **path)
{
	int k = 0;

	for (int i = 0; i < r->options.n; i++) {
		if (r->npath == 0 && strcmp(r->options.v[i].key, "path") == 0) {
			path[0] = r->options.v[i].value;
			r->npath = 1;
			continue;
		}
		r->options.v[k++] = r->options.v[i];
	}
	r->options.n = k;
}

int
bind_source(struct binder *b, const struct ast_source *s, struct span span,
    struct rel *out, struct err *e)
{
	struct source_request r = { .span = span };
	const char **path = NEW_N(b->arena, const char *, s->npath + 1);
	struct input *in;
	int code;

	for (int i = 0; i < s->npath; i++)
		TRY(s->kind == FROM_CMD ?
		    bind_command(b, &s->path[i], &path[i], e) :
		    bind_string(b, &s->path[i], &path[i], e));
	TRY(source_options(b, s->option, s->noption, &r.options, e));
	r.path = path;
	r.npath = s->npath;
	if (s->kind == FROM_STDIN) {
		path[0] = "-";
		r.npath = 1;
	} else if (s->kind == FROM_CMD) {
		r.command = path[0];
		r.npath = 0;
	} else if (s->npath == 0) {
		take_path_option(&r, path);
	}
	r.format = s->format ? s->format->name : NULL;
	r.on_error = on_error_name[s->on_error];
	if (s->quarantine.p)
		TRY(bind_string(b, &s->quarantine, &r.quarantine_dir, e));
	if (s->ncolumn)
		r.columns = source_columns(b, s->column, s->ncolumn);
	code = b->catalog->resolve(b->catalog, b->arena, &r, &in, e);
	if (code < 0)
		return err_place(e, span);
	rel_of(b->arena, out, scan_node(b, in, span), NULL);
	return 0;
}

int
bind_unknown_table(const struct bind_name *names,
    const struct ast_name *name, struct err *e)
{
	const char *last = name->part[name->npart - 1].name;
	struct near near;

	near_init(&near, last);
	for (const struct bind_name *n = names; n; n = n->next)
		if (bind_name_find(names, n->name))
			near_offer(&near, n->name);
	err_at(e, name->span, "unknown table '%s'", last);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "name a dataset with let %s = …, or read files with "
	    "from 'path'", last);
}

int
bind_name_rel(struct binder *b, const struct bind_name *n, struct span span,
    struct rel *out, struct err *e)
{
	if (n->source)
		return bind_source(b, n->source, span, out, e);
	/* A name sees only the names before it. */
	return bind_rel(b, n->next, n->query, NULL, out, e);
}

static int
bind_table(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *out, struct err *e)
{
	const struct ast_name *name = &q->u.table.name;
	const char *last = name->part[name->npart - 1].name;
	const struct bind_name *n = bind_name_find(names, last);

	if (n == NULL || name->npart > 1)
		return bind_unknown_table(names, name, e);
	if (++b->depth > NAME_DEPTH_MAX) {
		err_at(e, name->span, "'%s' is nested too deeply", n->name);
		return err_hint(e, "cut its plan with a checkpoint");
	}
	if (!bind_kept_table(b, n, out))
		TRY(bind_name_rel(b, n, q->span, out, e));
	b->depth--;
	return scope_alias(b->arena, &out->scope,
	    &(struct ast_ident){ n->name, name->span, 0 }, n->column,
	    n->ncolumn, e);
}

static int
bind_values(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *out, struct err *e)
{
	struct node *n = node_new(b->arena, &b->ids, NODE_VALUES, 0);
	struct bind_ctx c = { .b = b, .names = names, .what = "values" };
	int nrow = q->u.values.nrow, ncol = nrow ? q->u.values.row[0].n : 0;

	n->span = q->span;
	n->out = schema_new(b->arena, ncol);
	n->u.values.nrow = nrow;
	n->u.values.row = NEW_N(b->arena, struct expr **, nrow + 1);
	for (int i = 0; i < nrow; i++) {
		const struct ast_exprs *row = &q->u.values.row[i];

		n->u.values.row[i] = NEW_N(b->arena, struct expr *, ncol + 1);
		if (row->n != ncol)
			return err_at(e, q->span, "row %d of values has %d "
			    "columns, the first has %d", i + 1, row->n, ncol);
		for (int k = 0; k < ncol; k++)
			TRY(bind_expr(&c, row->v[k], &n->u.values.row[i][k], e));
	}
	if (c.pending)
		return bind_refuse_ast(q->span, "subqueries in values", e);
	for (int k = 0; k < ncol; k++) {
		const struct type *t = ncol ? n->u.values.row[0][k]->type : NULL;
		bool nullable = false;

		for (int i = 1; i < nrow && t; i++)
			t = expr_common_type(b->arena, t,
			    n->u.values.row[i][k]->type);
		if (t == NULL)
			return err_at(e, q->span, "the rows of values have no "
			    "common type in column %d", k + 1);
		for (int i = 0; i < nrow; i++) {
			TRY(expr_cast(&b->env, n->u.values.row[i][k], t,
			    q->span, &n->u.values.row[i][k], e));
			nullable |= n->u.values.row[i][k]->nullable;
		}
		n->out->col[k] = plan_field(&b->ids, arena_printf(b->arena,
		    "col%d", k + 1), t, nullable);
	}
	rel_of(b->arena, out, n, NULL);
	return 0;
}

static int
bind_range(struct binder *b, const struct ast_query *q, struct rel *out,
    struct err *e)
{
	const struct ast_call *call = &q->u.expr->u.call;
	struct node *n = node_new(b->arena, &b->ids, NODE_RANGE, 0);
	int64_t v[4] = { 0, 0, 1, 0 };
	struct datum d;

	if (call->narg < 1 || call->narg > 4)
		return err_at(e, q->span, "range takes (end) or (start, end"
		    "[, step])");
	for (int i = 0; i < call->narg; i++) {
		TRY(bind_const_expr(b, call->arg[i], &d, e));
		if (d.null || !type_is_int(d.type))
			return err_at(e, call->arg[i]->span,
			    "range wants whole numbers");
		v[call->narg == 1 ? 1 : i] = d.i;
	}
	if (call->narg == 4 && (v[3] < 1 || v[3] > 100000))
		return err_at(e, q->span, "range in %lld partitions",
		    (long long)v[3]);
	if (v[2] == 0)
		return err_at(e, q->span, "the step of range is 0");
	n->span = q->span;
	n->u.range.start = v[0];
	n->u.range.end = v[1];
	n->u.range.step = v[2];
	n->u.range.parts = (int)v[3];
	n->out = schema_new(b->arena, 1);
	n->out->col[0] = plan_field(&b->ids, "id", TYPE(I64), false);
	rel_of(b->arena, out, n, NULL);
	return 0;
}

static void
one_row(struct binder *b, struct rel *out)
{
	struct node *n = node_new(b->arena, &b->ids, NODE_VALUES, 0);

	n->out = schema_new(b->arena, 0);
	n->u.values.nrow = 1;
	n->u.values.row = NEW_N(b->arena, struct expr **, 1);
	n->u.values.row[0] = NEW_N(b->arena, struct expr *, 1);
	rel_of(b->arena, out, n, NULL);
}

/* Default names of a generator's columns come from its type. */
int
bind_generate(struct bind_ctx *c, const struct ast_expr *call,
    int outer_rows, const struct ast_ident *column, int ncolumn,
    const char *table, struct rel *r, struct err *e)
{
	struct binder *b = c->b;
	const struct ast_call *a = &call->u.call;
	struct node *n = node_new(b->arena, &b->ids, NODE_GENERATE, 1);
	struct expr **arg = NEW_N(b->arena, struct expr *, a->narg + 1), *x;
	const struct type *row;
	int nkid;

	for (int i = 0; i < a->narg; i++)
		TRY(bind_expr(c, a->arg[i], &arg[i], e));
	TRY(expr_call(&b->env, a->name, arg, a->narg, call->span, &x, e));
	TRY(bind_pending(c, r, e));
	row = x->type->kind == TYPE_ARRAY ? x->type->field[0].type : x->type;
	if (ncolumn && ncolumn != row->nfield)
		return err_at(e, column[0].span, "%s() makes %d columns, %d "
		    "names are given", a->name, row->nfield, ncolumn);
	nkid = r->node->out->ncol;
	n->span = call->span;
	n->kid[0] = r->node;
	n->u.generate.call = x;
	n->u.generate.outer = outer_rows || strstr(a->name, "_outer");
	n->out = schema_new(b->arena, nkid + row->nfield);
	memcpy(n->out->col, r->node->out->col,
	    sizeof *n->out->col * (size_t)nkid);
	for (int i = 0; i < row->nfield; i++) {
		const char *name = ncolumn ? column[i].name :
		    row->field[i].name;
		struct field f = plan_field(&b->ids, name, row->field[i].type,
		    true);

		n->out->col[nkid + i] = f;
		scope_add(b->arena, &r->scope, table, name, f);
	}
	r->node = n;
	return 0;
}

static int
bind_table_fn(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, struct rel *out, struct err *e)
{
	const struct ast_call *call = &q->u.expr->u.call;
	const struct func *fn;
	struct bind_ctx c = { .b = b, .names = names, .what = "from" };

	if (strcmp(call->name, "range") == 0)
		return bind_range(b, q, out, e);
	fn = func_find(call->name);
	if (fn == NULL || !(fn->flags & FN_GENERATOR)) {
		err_at(e, q->span, "unknown table function '%s'", call->name);
		return err_hint(e, "table functions: range, explode, "
		    "posexplode, inline, stack");
	}
	one_row(b, out);
	c.rel = out;
	return bind_generate(&c, q->u.expr, 0, NULL, 0, call->name, out, e);
}

static int
bind_view_stage(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	struct bind_ctx c = { .b = b, .rel = out, .names = names,
	    .outer = outer, .what = "lateral view" };
	const struct func *fn;
	const struct ast_expr *call = q->u.view.call;

	TRY(bind_rel(b, names, q->input, outer, out, e));
	fn = func_find(call->u.call.name);
	if (fn == NULL || !(fn->flags & FN_GENERATOR))
		return err_at(e, call->span, "'%s' is not a generator such as "
		    "explode", call->u.call.name);
	return bind_generate(&c, call, q->u.view.outer, q->u.view.column,
	    q->u.view.ncolumn, q->u.view.table.name, out, e);
}

int
bind_from(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	switch (q->kind) {
	case AST_TABLE:    return bind_table(b, names, q, out, e);
	case AST_SOURCE:   return bind_source(b, &q->u.source, q->span, out, e);
	case AST_TABLE_FN: return bind_table_fn(b, names, q, out, e);
	case AST_VALUES:   return bind_values(b, names, q, out, e);
	case AST_ONE_ROW:  one_row(b, out); return 0;
	case AST_AS:
		TRY(bind_rel(b, names, q->input, outer, out, e));
		return scope_alias(b->arena, &out->scope, &q->u.as.name,
		    q->u.as.column, q->u.as.ncolumn, e);
	case AST_VIEW:     return bind_view_stage(b, names, q, outer, out, e);
	default:
		return bind_refuse_ast(q->span, "this table expression", e);
	}
}
