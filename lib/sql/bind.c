/*
 * bind -- see bind.h: the dispatch over query nodes, names and parameters.
 */
#include "sql/bind_scope.h"

#include <ctype.h>
#include <strings.h>

#include "base/text.h"
#include "column/value.h"
#include "sql/parse.h"

#define QUERY_DEPTH_MAX 400

static int
bind_with(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	if (q->u.with.recursive)
		return bind_refuse_ast(q->span, "with recursive", e);
	for (int i = 0; i < q->u.with.ncte; i++) {
		const struct ast_cte *c = &q->u.with.cte[i];
		struct bind_name *n = NEW(b->arena, struct bind_name);

		*n = (struct bind_name){ c->name.name, c->query, NULL,
		    c->column, c->ncolumn, NULL, names };
		names = n;
	}
	return bind_rel(b, names, q->input, outer, out, e);
}

/* Hints of the enclosing select that name this table. */
static void
take_hints(struct binder *b, struct rel *r)
{
	static const struct { const char *name; unsigned bit; } known[] = {
		{ "broadcast", HINT_BROADCAST }, { "broadcastjoin", HINT_BROADCAST },
		{ "mapjoin", HINT_BROADCAST }, { "merge", HINT_MERGE },
		{ "shuffle_merge", HINT_MERGE }, { "mergejoin", HINT_MERGE },
		{ "shuffle_hash", HINT_SHUFFLE_HASH },
	};
	const char *table = r->scope.n ? r->scope.v[0].table : NULL;

	for (int i = 0; b->hints && table && i < b->hints->nhint; i++) {
		const struct ast_hint *h = &b->hints->hint[i];

		for (size_t k = 0; k < sizeof known / sizeof *known; k++)
			for (int a = 0; a < h->narg; a++)
				if (strcmp(h->name, known[k].name) == 0 &&
				    h->arg[a]->kind == AST_NAME && strcasecmp(
				    h->arg[a]->u.name.part[0].name, table) == 0)
					r->hint |= known[k].bit;
	}
}

/* A clause over a select block may see what the block's list dropped. */
static bool
over_select(const struct ast_query *q)
{
	return !q->piped && q->input->kind == AST_SELECT && !q->input->piped;
}

int
bind_rel(struct binder *b, const struct bind_name *names,
    const struct ast_query *q, const struct scope *outer, struct rel *out,
    struct err *e)
{
	int r;

	if (++b->depth > QUERY_DEPTH_MAX)
		return err_at(e, q->span, "queries are nested too deeply");
	switch (q->kind) {
	case AST_TABLE: case AST_SOURCE: case AST_TABLE_FN: case AST_VALUES:
	case AST_ONE_ROW: case AST_AS: case AST_VIEW: case AST_LATERAL:
		r = bind_from(b, names, q, outer, out, e);
		if (r >= 0)
			take_hints(b, out);
		break;
	case AST_JOIN:
		r = bind_join(b, names, q, outer, out, e);
		break;
	case AST_SELECT:
		r = bind_select(b, names, q, NULL, outer, out, e);
		break;
	case AST_SETOP:
		r = bind_setop(b, names, q, outer, out, e);
		break;
	case AST_WITH:
		r = bind_with(b, names, q, outer, out, e);
		break;
	case AST_ORDER: case AST_SORT:
		if (over_select(q)) {
			r = bind_select(b, names, q->input, q, outer, out, e);
			break;
		}
		/* fallthrough */
	default:
		r = bind_stage(b, names, q, outer, out, e);
	}
	b->depth--;
	return r;
}

/* to: where its rows go. */
static int
bind_to(struct binder *b, const struct ast_query *q, const struct ast_query *to,
    struct node **out, struct err *e)
{
	struct rel r;

	b->depth = 0;
	b->hints = NULL;
	TRY(bind_rel(b, b->names, q->kind == AST_WRITE ? q->input : q, NULL,
	    &r, e));
	return bind_write(b, to, &r, out, e);
}

int
bind_query(struct binder *b, const struct ast_query *q, struct node **out,
    struct err *e)
{
	struct ast_query none = { .kind = AST_WRITE, .span = q->span };

	/* As for stdout: only visible columns; the root itself is dropped. */
	none.u.write.kind = TO_STDOUT;
	TRY(bind_to(b, q, &none, out, e));
	*out = (*out)->kid[0];
	return 0;
}

int
bind_action(struct binder *b, const struct ast_query *q, struct node **out,
    struct err *e)
{
	struct ast_query none = { .kind = AST_WRITE, .span = q->span };

	none.u.write.kind = TO_STDOUT;
	return bind_to(b, q, q->kind == AST_WRITE ? q : &none, out, e);
}

const struct bind_name *
bind_name_find(const struct bind_name *names, const char *name)
{
	for (; names; names = names->next)
		if (strcasecmp(names->name, name) == 0)
			return names->query || names->source ? names : NULL;
	return NULL;
}

/* Older names stay: what was made of them goes on. */
int
bind_drop(struct binder *b, const char *name)
{
	struct bind_name *n;

	if (bind_name_find(b->names, name) == NULL)
		return 0;
	n = NEW(b->arena, struct bind_name);
	n->name = name;
	n->next = b->names;
	b->names = n;
	return 1;
}

int
bind_view(struct binder *b, const struct ast_view *v, struct err *e)
{
	struct bind_name *n = NEW(b->arena, struct bind_name);
	struct rel r;

	if (!v->let && !v->replace && bind_name_find(b->names, v->name.name)) {
		if (v->if_not_exists)
			return 0;
		err_at(e, v->name.span, "the view '%s' exists already",
		    v->name.name);
		return err_hint(e, "say create or replace temporary view");
	}
	*n = (struct bind_name){ v->name.name, v->query, v->source, NULL, 0,
	    NULL, b->names };
	if (v->ncolumn && v->source == NULL) {
		struct ast_ident *c = NEW_N(b->arena, struct ast_ident,
		    v->ncolumn);

		for (int i = 0; i < v->ncolumn; i++)
			c[i] = v->column[i].name;
		n->column = c;
		n->ncolumn = v->ncolumn;
	}
	b->depth = 0;
	if (v->source)
		TRY(bind_source(b, v->source, v->name.span, &r, e));
	else
		TRY(bind_rel(b, b->names, v->query, NULL, &r, e));
	b->names = n;
	return 0;
}

int
bind_def(struct binder *b, const struct ast_def *d, struct err *e)
{
	struct bind_def *n = NEW(b->arena, struct bind_def);

	if (d->body == NULL)
		return bind_refuse_ast(d->name.span, "co-process functions", e);
	n->def = d;
	n->next = b->defs;
	b->defs = n;
	return 0;
}

int
bind_const_expr(struct binder *b, const struct ast_expr *x,
    struct datum *out, struct err *e)
{
	struct bind_ctx c = { .b = b, .what = "a constant" };
	struct expr *v;

	TRY(bind_expr(&c, x, &v, e));
	if (c.pending || !expr_is_const(v))
		return err_at(e, x->span, "this must be a constant");
	if (expr_eval_const(&b->env, v, out, e) < 0)
		return err_place(e, x->span);
	return 0;
}

int
bind_param(struct binder *b, const struct ast_stmt *s, const char *given,
    struct err *e)
{
	struct bind_param *p = NEW(b->arena, struct bind_param);
	const char *name = s->u.param.name.name;
	struct bind_ctx c = { .b = b, .what = "a parameter" };
	struct expr *x;

	if (given) {
		x = expr_str(b->arena, arena_strdup(b->arena, given));
		x->span = s->span;
	} else if (s->u.param.init) {
		TRY(bind_expr(&c, s->u.param.init, &x, e));
	} else {
		err_at(e, s->u.param.name.span, "parameter '%s' has no value",
		    name);
		e->code = EXIT_USAGE;
		return err_hint(e, "give one with -D %s=…", name);
	}
	if (expr_cast(&b->env, x, s->u.param.type, s->span, &x, e) < 0 ||
	    expr_eval_const(&b->env, x, &p->value, e) < 0) {
		err_ctx(e, "parameter '%s'", name);
		e->code = EXIT_USAGE;
		return err_place(e, s->span);
	}
	p->name = name;
	p->next = b->params;
	b->params = p;
	return 0;
}

static int
param_text(struct binder *b, const char *name, size_t n, struct text *to,
    struct span span, struct err *e)
{
	for (struct bind_param *p = b->params; p; p = p->next) {
		struct column col;

		if (strlen(p->name) != n || strncasecmp(p->name, name, n) != 0)
			continue;
		if (p->value.null)
			return 0;
		datum_column(&p->value, &col, b->arena);
		value_print(to, &col, 0, b->env.zone);
		return 0;
	}
	err_at(e, span, "unknown parameter '${%.*s}'", (int)n, name);
	return err_hint(e, "declare it with: param %.*s string;", (int)n, name);
}

/* As one word of the shell: in apostrophes, those in it as '\''. */
static void
add_word(struct text *to, const char *p)
{
	text_addc(to, '\'');
	for (; *p; p++)
		if (*p == '\'')
			text_adds(to, "'\\''");
		else
			text_addc(to, *p);
	text_addc(to, '\'');
}

enum string_use { AS_TEXT, AS_COMMAND };

/* The shell has more between ${ and } than names: ${x%.csv}, ${#x}. */
static int
add_param(struct binder *b, const char *name, size_t n, enum string_use use,
    struct text *to, struct span span, struct err *e)
{
	struct text value = { 0 };
	int r;

	if (use == AS_TEXT)
		return param_text(b, name, n, to, span, e);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && name[i] != '_') {
			text_addf(to, "${%.*s}", (int)n, name);
			return 0;
		}
	r = param_text(b, name, n, &value, span, e);
	if (r == 0)
		add_word(to, text_str(&value));
	else
		err_hint(e, "declare it with: param %.*s string; variables of "
		    "the shell are written without brackets", (int)n, name);
	text_release(&value);
	return r;
}

static int
expand(struct binder *b, const struct ast_string *s, enum string_use use,
    const char **out, struct err *e)
{
	const char *p = s->p, *end = s->p + s->n;
	struct text t = { 0 };

	if (strlen(s->p) != (size_t)s->n)
		return err_at(e, s->span, "a NUL byte cannot stand here");
	while (p < end) {
		const char *open = strstr(p, "${"), *close;
		int r;

		if (open == NULL || (close = strchr(open, '}')) == NULL)
			break;
		text_add(&t, p, (size_t)(open - p));
		r = add_param(b, open + 2, (size_t)(close - open - 2), use, &t,
		    s->span, e);
		if (r < 0) {
			text_release(&t);
			return r;
		}
		p = close + 1;
	}
	text_add(&t, p, (size_t)(end - p));
	*out = arena_strdup(b->arena, text_str(&t));
	text_release(&t);
	return 0;
}

int
bind_string(struct binder *b, const struct ast_string *s, const char **out,
    struct err *e)
{
	return expand(b, s, AS_TEXT, out, e);
}

int
bind_command(struct binder *b, const struct ast_string *s, const char **out,
    struct err *e)
{
	return expand(b, s, AS_COMMAND, out, e);
}
