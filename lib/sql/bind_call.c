/*
 * bind_call -- function calls: scalar functions, aggregates, macros, and the
 * few forms that are made of others (between, like any, count(*)).
 */
#include "sql/bind_lambda.h"
#include "sql/bind_scope.h"

#include <strings.h>

#include "base/near.h"
#include "expr/aggfn.h"
#include "expr/func.h"

static int
bind_args(struct bind_ctx *c, const struct ast_call *call, struct expr ***out,
    struct err *e)
{
	struct expr **arg = NEW_N(c->b->arena, struct expr *, call->narg + 1);

	for (int i = 0; i < call->narg; i++)
		TRY(bind_expr(c, call->arg[i], &arg[i], e));
	*out = arg;
	return 0;
}

static int
call2(struct bind_ctx *c, const char *name, struct expr *x, struct expr *y,
    struct span span, struct expr **out, struct err *e)
{
	struct expr *arg[2] = { x, y };

	return expr_call(&c->b->env, name, arg, 2, span, out, e);
}

/* count(*) counts rows: count(1). */
static int
agg_args(struct bind_ctx *c, const struct ast_expr *x, struct expr ***out,
    struct err *e)
{
	const struct ast_call *call = &x->u.call;

	if (call->narg == 1 && call->arg[0]->kind == AST_STAR &&
	    strcmp(call->name, "count") == 0 && !call->distinct) {
		*out = NEW_N(c->b->arena, struct expr *, 1);
		(*out)[0] = expr_int(c->b->arena, 1);
		return 0;
	}
	return bind_args(c, call, out, e);
}

/* listagg(x, sep) within group (order by k): of structs of k and x. */
static int
ordered_listagg(struct bind_ctx *c, const struct ast_expr *x,
    const char **name, struct expr ***arg, int *narg, struct err *e)
{
	const struct ast_call *call = &x->u.call;
	struct arena *a = c->b->arena;
	int n = call->nwithin;
	struct expr **part = NEW_N(a, struct expr *, 2 * n + 2);
	struct expr **to = NEW_N(a, struct expr *, 3);
	char *way = arena_alloc(a, (size_t)n + 1);

	if (call->distinct)
		return bind_refuse_ast(x->span, "distinct with within group",
		    e);
	for (int i = 0; i < n; i++) {
		const struct ast_sort *s = &call->within[i];
		bool usual = s->nulls == NULLS_DEFAULT ||
		    (s->nulls == NULLS_LAST) == (s->desc != 0);

		way[i] = s->desc ? usual ? 'd' : 'D' : usual ? 'a' : 'A';
		part[2 * i] = expr_str(a, arena_printf(a, "k%d", i));
		TRY(bind_expr(c, s->expr, &part[2 * i + 1], e));
	}
	part[2 * n] = expr_str(a, "v");
	part[2 * n + 1] = (*arg)[0];
	if ((*arg)[0]->type->kind != TYPE_BIN)
		TRY(expr_coerce(&c->b->env, (*arg)[0], TYPE(STR),
		    &part[2 * n + 1], e));
	TRY(expr_call(&c->b->env, "named_struct", part, 2 * n + 2, x->span,
	    &to[0], e));
	to[1] = *narg > 1 ? (*arg)[1] : expr_str(a, "");
	to[2] = expr_str(a, way);
	*name = "listagg_ordered";
	*arg = to;
	*narg = 3;
	return 0;
}

/* percentile_cont(p) within group (order by x), mode() likewise: the value
 * becomes the first argument. */
static int
within_group(struct bind_ctx *c, const struct ast_expr *x, const char **name,
    struct expr ***arg, int *narg, struct err *e)
{
	const struct ast_call *call = &x->u.call;
	struct arena *a = c->b->arena;
	bool mode = strcmp(*name, "mode") == 0;
	struct expr **to = NEW_N(a, struct expr *, 2);

	if (strcmp(*name, "listagg") == 0 || strcmp(*name, "string_agg") == 0)
		return *narg < 1 ? 0 : ordered_listagg(c, x, name, arg, narg,
		    e);
	if (!mode && strcmp(*name, "percentile_cont") != 0 &&
	    strcmp(*name, "percentile_disc") != 0)
		return err_at(e, x->span, "%s() takes no within group", *name);
	if (call->nwithin != 1 || *narg != !mode)
		return err_at(e, x->span, "%s() wants %s and one key in "
		    "within group", *name, mode ? "no argument" :
		    "a percentage");
	TRY(bind_expr(c, call->within[0].expr, &to[0], e));
	if (!mode) {
		to[1] = (*arg)[0];
		if (call->within[0].desc)
			TRY(call2(c, "-", expr_int(a, 1), to[1], x->span,
			    &to[1], e));
	}
	*arg = to;
	*narg = 1 + !mode;
	return 0;
}

static int
bind_agg(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	const struct ast_call *call = &x->u.call;
	struct expr **arg, *filter = NULL;
	int narg = call->narg, r;
	const char *name = call->name;

	if (c->what)
		return err_at(e, x->span, "an aggregate cannot stand in %s: "
		    "%s()", c->what, call->name);
	if (c->in_agg)
		return err_at(e, x->span, "an aggregate cannot contain "
		    "another one: %s()", call->name);
	c->in_agg++;
	r = agg_args(c, x, &arg, e);
	if (r >= 0 && call->nwithin)
		r = within_group(c, x, &name, &arg, &narg, e);
	if (r >= 0 && call->filter) {
		r = bind_expr(c, call->filter, &filter, e);
		if (r >= 0)
			r = expr_coerce(&c->b->env, filter, TYPE(BOOL),
			    &filter, e);
	}
	c->in_agg--;
	if (r < 0)
		return r;
	if (call->ignore_nulls > 0) {
		arg = arena_regrow(c->b->arena, arg,
		    (size_t)narg * sizeof *arg,
		    (size_t)(narg + 2) * sizeof *arg);
		arg[narg++] = expr_bool(c->b->arena, true);
	}
	TRY(expr_agg(&c->b->env, name, arg, narg, x->span, out, e));
	(*out)->u.agg.distinct = call->distinct &&
	    !((*out)->u.agg.fn->flags & AGG_NODISTINCT);
	(*out)->u.agg.filter = filter;
	c->nagg++;
	return 0;
}

static int
bind_between(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	struct expr **arg, *low, *high;

	TRY(bind_args(c, &x->u.call, &arg, e));
	TRY(call2(c, ">=", arg[0], arg[1], x->span, &low, e));
	TRY(call2(c, "<=", arg[0], arg[2], x->span, &high, e));
	return call2(c, "and", low, high, x->span, out, e);
}

/* x like any (a, b): x like a or x like b; all: and. */
static int
bind_like_many(struct bind_ctx *c, const struct ast_expr *x, const char *like,
    const char *join, struct expr **out, struct err *e)
{
	struct expr **arg, *one;

	TRY(bind_args(c, &x->u.call, &arg, e));
	*out = NULL;
	for (int i = 1; i < x->u.call.narg; i++) {
		TRY(call2(c, like, arg[0], arg[i], x->span, &one, e));
		if (*out == NULL)
			*out = one;
		else
			TRY(call2(c, join, *out, one, x->span, out, e));
	}
	return 0;
}

static int
bind_istrue(struct bind_ctx *c, const struct ast_expr *x, const char *value,
    struct expr **out, struct err *e)
{
	struct expr **arg;

	TRY(bind_args(c, &x->u.call, &arg, e));
	return call2(c, "<=>", arg[0],
	    expr_bool(c->b->arena, strcmp(value, "true") == 0), x->span, out,
	    e);
}

static int
bind_macro(struct bind_ctx *c, const struct ast_expr *x,
    const struct ast_def *d, struct expr **out, struct err *e)
{
	struct bind_ctx in = { .b = c->b, .def = d, .what = "a macro" };
	struct expr **arg;

	if (x->u.call.narg != d->nparam)
		return err_at(e, x->span, "%s() takes %d arguments, not %d",
		    d->name.name, d->nparam, x->u.call.narg);
	if (d->body == NULL)
		return bind_refuse_ast(x->span, "co-process functions", e);
	TRY(bind_args(c, &x->u.call, &arg, e));
	for (int i = 0; i < d->nparam; i++)
		if (d->param[i].type)
			TRY(expr_coerce(&c->b->env, arg[i], d->param[i].type,
			    &arg[i], e));
	in.def_arg = arg;
	if (++c->b->depth > 100)
		return err_at(e, x->span, "macros are nested too deeply");
	TRY(bind_expr(&in, d->body, out, e));
	c->b->depth--;
	if (d->type)
		return expr_coerce(&c->b->env, *out, d->type, out, e);
	return 0;
}

static const struct ast_def *
find_def(const struct bind_ctx *c, const char *name)
{
	for (struct bind_def *d = c->b->defs; d; d = d->next)
		if (strcasecmp(d->def->name.name, name) == 0)
			return d->def;
	return NULL;
}

static int
unknown_function(struct bind_ctx *c, const struct ast_expr *x, struct err *e)
{
	const char *name = x->u.call.name;
	struct near near;

	near_init(&near, name);
	for (int i = 0; func_at(i); i++)
		if (!(func_at(i)->flags & (FN_HIDDEN | FN_OPERATOR)))
			near_offer(&near, func_at(i)->name);
	for (int i = 0; aggfn_at(i); i++)
		if (!(aggfn_at(i)->flags & AGG_HIDDEN))
			near_offer(&near, aggfn_at(i)->name);
	for (struct bind_def *d = c->b->defs; d; d = d->next)
		near_offer(&near, d->def->name.name);
	err_at(e, x->u.call.name_span, "unknown function '%s'", name);
	if (near.best)
		return err_hint(e, "did you mean '%s'?", near.best);
	return err_hint(e, "sp-functions(7) lists all functions");
}

/* struct(x as a, t.b): a named_struct of a and b. */
static int
bind_struct(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	const struct ast_call *call = &x->u.call;
	struct arena *a = c->b->arena;
	struct expr **arg = NEW_N(a, struct expr *, 2 * call->narg + 1);

	for (int i = 0; i < call->narg; i++) {
		const struct ast_expr *y = call->arg[i];
		const char *name = arena_printf(a, "col%d", i + 1);

		TRY(bind_expr(c, y, &arg[2 * i + 1], e));
		if (y->kind == AST_ALIAS && y->u.alias.nname)
			name = y->u.alias.name[0].name;
		else if (arg[2 * i + 1]->kind == EXPR_COL)
			name = arg[2 * i + 1]->u.col.name;
		arg[2 * i] = expr_str(a, name);
	}
	return expr_call(&c->b->env, "named_struct", arg, 2 * call->narg,
	    x->span, out, e);
}

static bool
has_alias(const struct ast_call *call)
{
	for (int i = 0; i < call->narg; i++)
		if (call->arg[i]->kind == AST_ALIAS)
			return true;
	return false;
}

static bool
only_days(const struct ast_expr *x)
{
	static const char *const unit[] = { "day", "days", "week", "weeks" };
	int at = 0;

	if (x->kind != AST_INTERVAL)
		return false;
	for (int i = 0; i < x->u.interval.npart; i++) {
		const struct ast_interval_part *p = &x->u.interval.part[i];

		if (p->unit == NULL || p->to)
			return false;
		for (at = 0; at < 4 && strcasecmp(p->unit, unit[at]) != 0;)
			at++;
		if (at == 4)
			return false;
	}
	return x->u.interval.npart > 0;
}

/* date + interval 2 days is a date, unlike date + interval 48 hours. */
static int
shift_by_days(struct bind_ctx *c, const struct ast_expr *x,
    struct expr *const *arg, struct expr **out, struct err *e)
{
	const struct ast_call *call = &x->u.call;
	bool minus = strcmp(call->name, "-") == 0;
	struct expr *to[2];
	int64_t days;
	int at;

	if (!call->op || call->narg != 2 ||
	    (!minus && strcmp(call->name, "+") != 0))
		return 0;
	for (at = minus; at < 2 && !only_days(call->arg[at]);)
		at++;
	if (at == 2 || arg[!at]->type->kind != TYPE_DATE)
		return 0;
	days = arg[at]->u.lit.i / 86400000000LL;
	if (days * 86400000000LL != arg[at]->u.lit.i || days > INT32_MAX ||
	    days < -INT32_MAX)
		return 0;
	to[0] = arg[!at];
	to[1] = expr_int(c->b->arena, (int32_t)days);
	to[1]->span = arg[at]->span;
	TRY(expr_call(&c->b->env, minus ? "date_sub" : "date_add", to, 2,
	    x->span, out, e));
	return 1;
}

static int
bind_scalar(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	const struct ast_call *call = &x->u.call;
	const struct func *fn = func_find(call->name);
	struct expr **arg;
	int r;

	if (fn == NULL || ((fn->flags & FN_HIDDEN) && !call->op && !c->plan))
		return unknown_function(c, x, e);
	if (fn->flags & FN_GENERATOR) {
		err_at(e, x->span, "%s() makes rows: it can only stand alone "
		    "in a select list, or in lateral view", call->name);
		return ERR_USER;
	}
	if (call->distinct || call->filter)
		return err_at(e, x->span, "%s() is no aggregate: distinct and "
		    "filter cannot be used with it", call->name);
	if (strcmp(call->name, "struct") == 0 && has_alias(call))
		return bind_struct(c, x, out, e);
	TRY(bind_args(c, call, &arg, e));
	r = shift_by_days(c, x, arg, out, e);
	if (r != 0)
		return r < 0 ? r : 0;
	r = expr_call(&c->b->env, call->name, arg, call->narg,
	    call->op ? x->span : x->span, out, e);
	return r < 0 ? err_place(e, x->span) : 0;
}

int
bind_call(struct bind_ctx *c, const struct ast_expr *x, struct expr **out,
    struct err *e)
{
	static const struct { const char *name, *like, *join; } many[] = {
		{ "like_any", "like", "or" }, { "like_all", "like", "and" },
		{ "ilike_any", "ilike", "or" }, { "ilike_all", "ilike", "and" },
	};
	const struct ast_call *call = &x->u.call;
	const struct ast_def *def;

	if (call->over)
		return bind_refuse_ast(call->over->span.len ? call->over->span :
		    x->span, "window functions", e);
	def = find_def(c, call->name);
	if (def)
		return bind_macro(c, x, def, out, e);
	if (ast_has_lambda(call))
		return bind_lambda_call(c, x, out, e);
	if (ast_is_agg(x))
		return bind_agg(c, x, out, e);
	if (strcmp(call->name, "between") == 0 && call->narg == 3)
		return bind_between(c, x, out, e);
	if (call->op && strcmp(call->name, "istrue") == 0)
		return bind_istrue(c, x, "true", out, e);
	if (call->op && strcmp(call->name, "isfalse") == 0)
		return bind_istrue(c, x, "false", out, e);
	for (size_t i = 0; i < sizeof many / sizeof *many; i++)
		if (strcmp(call->name, many[i].name) == 0)
			return bind_like_many(c, x, many[i].like, many[i].join,
			    out, e);
	return bind_scalar(c, x, out, e);
}
