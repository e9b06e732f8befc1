/*
 * plan_read_expr -- expressions of plan text.
 *
 * They are the job language's own, bound by its binder over the columns of
 * the operator's input.  Columns that share a name are called name#1, name#2
 * in the order of the input, as the printer does; a name without a number is
 * fine when there is only one.
 *
 * A few literals have no text of their own and are written as a cast or a
 * call (cast('NaN' as double), array(1, 2)); these become literals again.
 */
#include "sql/plan_reader.h"

#include <strings.h>

#include "base/near.h"
#include "base/text.h"
#include "expr/func.h"

static int
same_names(const struct schema *s, const char *name, int before)
{
	int n = 0;

	for (int i = 0; s && i < before; i++)
		n += strcasecmp(s->col[i].name, name) == 0;
	return n;
}

/* Adds the columns of s; behind those of first. */
static void
add_columns(struct plan_reader *r, const struct schema *first,
    const struct schema *s, const struct schema *behind)
{
	struct arena *a = r->b.arena;

	for (int i = 0; i < s->ncol; i++) {
		const char *name = s->col[i].name;
		int before = first ? same_names(first, name, first->ncol) : 0;
		int all = before + same_names(s, name, s->ncol) +
		    (behind ? same_names(behind, name, behind->ncol) : 0);

		before += same_names(s, name, i);
		if (all == 1 && strchr(name, '#') == NULL)
			scope_add(a, &r->rel.scope, NULL, name, s->col[i]);
		else
			scope_add(a, &r->rel.scope, NULL, arena_printf(a,
			    "%s#%d", name, before + 1), s->col[i]);
	}
}

static void
set_scope(struct plan_reader *r, const struct schema *in,
    const struct schema *in2)
{
	if (r->in == in && r->in2 == in2 && in)
		return;
	memset(&r->rel, 0, sizeof r->rel);
	if (in)
		add_columns(r, NULL, in, in2);
	if (in2)
		add_columns(r, in, in2, NULL);
	r->in = in;
	r->in2 = in2;
}

/* Made of literals only, and of a kind that a literal is printed as? */
static bool
is_pseudo(const struct expr *x)
{
	static const char *const name[] = { "cast", "array", "map",
	    "named_struct" };
	bool found = false;

	if (x->kind != EXPR_CALL)
		return false;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		found |= strcmp(x->u.call.fn->name, name[i]) == 0;
	for (int i = 0; i < x->u.call.narg; i++)
		found &= x->u.call.arg[i]->kind == EXPR_LIT;
	return found;
}

static struct expr *
to_literal(struct expr *x, void *arg)
{
	struct plan_reader *r = arg;
	struct text call = { 0 }, lit = { 0 };
	struct datum d;
	struct expr *out = x;
	struct err ignored;

	if (!is_pseudo(x) || expr_eval_const(&r->b.env, x, &d, &ignored) < 0)
		return x;
	expr_print(&call, x, NULL, NULL);
	datum_print(&lit, &d);
	if (strcmp(text_str(&call), text_str(&lit)) == 0 &&
	    type_equal(d.type, x->type)) {
		out = expr_lit(r->b.arena, d);
		out->span = x->span;
	}
	text_release(&call);
	text_release(&lit);
	return out;
}

int
plan_read_bind(struct plan_reader *r, const struct ast_expr *x,
    const struct schema *in, const struct schema *in2, const char *what,
    struct expr **out)
{
	struct bind_ctx c = { .b = &r->b, .rel = &r->rel, .what = what,
	    .plan = true };

	set_scope(r, in, in2);
	r->b.depth = 0;
	if (bind_expr(&c, x, out, r->e) < 0)
		return err_place(r->e, x->span);
	if (c.pending)
		return err_at(r->e, x->span,
		    "a subquery cannot stand in plan text");
	*out = expr_map(r->b.arena, *out, to_literal, r);
	return 0;
}

int
plan_read_expr(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **out)
{
	struct ast_expr *x;

	TRY(parse_expr(&r->p, &x));
	return plan_read_bind(r, x, in, NULL, what, out);
}

static int
want_bool(struct plan_reader *r, struct expr *x, struct span span,
    const char *what)
{
	if (x->type->kind == TYPE_BOOL)
		return 0;
	return err_at(r->e, span, "the condition of %s must be boolean, not "
	    "%s", what, type_name(r->b.arena, x->type));
}

int
plan_read_condition(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr **out)
{
	int first = r->p.i;

	TRY(plan_read_expr(r, in, what, out));
	return want_bool(r, *out, span_from(&r->p, first), what);
}

int
plan_read_asts(struct plan_reader *r, struct ast_exprs *out)
{
	*out = (struct ast_exprs){ 0 };
	TRY(need_op(&r->p, "(", "before a list"));
	r->p.bracket++;
	if (!at_op(&r->p, 0, ")"))
		TRY(parse_list(&r->p, parse_expr, out));
	r->p.bracket--;
	return need_op(&r->p, ")", "to close the list");
}

int
plan_read_exprs(struct plan_reader *r, const struct schema *in,
    const char *what, struct expr ***out, int *n)
{
	struct ast_exprs list;

	TRY(plan_read_asts(r, &list));
	*n = list.n;
	*out = NEW_N(r->b.arena, struct expr *, list.n + 1);
	for (int i = 0; i < list.n; i++)
		TRY(plan_read_bind(r, list.v[i], in, NULL, what, &(*out)[i]));
	return 0;
}

int
plan_read_keys(struct plan_reader *r, const struct schema *in,
    const char *what, struct sort_key **out, int *n)
{
	struct ast_sort *s;

	TRY(parse_sorts(&r->p, &s, n));
	*out = NEW_N(r->b.arena, struct sort_key, *n + 1);
	for (int i = 0; i < *n; i++) {
		struct expr *x;

		TRY(plan_read_bind(r, s[i].expr, in, NULL, what, &x));
		if (!type_is_ordered(x->type))
			return err_at(r->e, s[i].span, "values of type %s "
			    "cannot be keys", type_name(r->b.arena, x->type));
		(*out)[i] = bind_sort_key(x, &s[i]);
	}
	return 0;
}

int
plan_read_column(struct plan_reader *r, const struct schema *s, int *at)
{
	struct bind_ctx c = { .b = &r->b, .rel = &r->rel, .plan = true };
	struct ast_ident id;
	struct ast_name name = { .part = &id, .npart = 1 };
	struct scope_col *col;
	int used, found;

	TRY(parse_ident(&r->p, "the name of a column", &id));
	name.span = id.span;
	set_scope(r, s, NULL);
	r->in = NULL;                   /* ids may be 0 here */
	TRY(found = scope_find(&r->rel.scope, &name, &col, &used, r->e));
	if (!found)
		return scope_unknown(&c, &name, r->e);
	*at = (int)(col - r->rel.scope.v);
	return 0;
}
