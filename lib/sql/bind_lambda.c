/*
 * bind_lambda -- calls with lambdas: transform(a, x -> x + k).
 *
 * The parameters become columns with negative ids, numbered by how deep the
 * lambda lies in others, and hide columns of the same name; the rest of the
 * body is bound as usual (expr/lambda.h says what becomes of it).
 */
#include "sql/bind_lambda.h"

#include <strings.h>

#include "expr/func.h"
#include "expr/lambda.h"

bool
ast_has_lambda(const struct ast_call *call)
{
	for (int i = 0; i < call->narg; i++)
		if (call->arg[i]->kind == AST_LAMBDA)
			return true;
	return false;
}

struct expr *
bind_lambda_param(const struct bind_ctx *c, const char *name)
{
	for (const struct bind_params *p = c->params; p; p = p->up)
		for (int i = 0; i < p->n; i++)
			if (strcasecmp(p->v[i].name, name) == 0)
				return expr_col(c->b->arena, &p->v[i]);
	return NULL;
}

/* Binds the body; the types of the parameters are there. */
static int
bind_body(struct bind_ctx *c, const struct ast_expr *x, struct lambda *l,
    struct err *e)
{
	struct bind_params p = { c->params, l->nparam, l->param };
	const char *what = c->what;
	int r;

	if (++c->b->depth > 100)
		return err_at(e, x->span, "lambdas are nested too deeply");
	c->params = &p;
	c->what = what ? what : "a lambda";
	r = bind_expr(c, x->u.lambda.body, &l->body, e);
	c->params = p.up;
	c->what = what;
	c->b->depth--;
	return r;
}

/* Names and ids of the parameters. */
static int
name_params(struct bind_ctx *c, const struct ast_expr *x, struct lambda *l,
    struct err *e)
{
	int depth = 0;

	for (const struct bind_params *p = c->params; p; p = p->up)
		depth++;
	l->nparam = x->u.lambda.nparam;
	if (l->nparam > LAMBDA_PARAMS)
		return err_at(e, x->span, "a lambda has at most %d parameters",
		    LAMBDA_PARAMS);
	for (int i = 0; i < l->nparam; i++) {
		l->param[i] = (struct field){ x->u.lambda.param[i].name, NULL,
		    true, -1 - depth * LAMBDA_PARAMS - i };
		for (int j = 0; j < i; j++)
			if (strcasecmp(l->param[i].name, l->param[j].name) ==
			    0)
				return err_at(e, x->span, "the parameter '%s' "
				    "comes twice", l->param[i].name);
	}
	return 0;
}

int
bind_lambda_call(struct bind_ctx *c, const struct ast_expr *x,
    struct expr **out, struct err *e)
{
	const struct ast_call *call = &x->u.call;
	const struct func *fn = func_find(strcmp(call->name, "array_sort") ==
	    0 ? "array_sort_by" : call->name);
	struct expr **arg = NEW_N(c->b->arena, struct expr *, call->narg + 1);
	struct lambda l[LAMBDAS] = { 0 };
	int nlambda = 0;

	if (fn == NULL || !(fn->flags & FN_LAMBDA))
		return err_at(e, x->span, "%s() takes no lambda", call->name);
	if (call->narg < fn->min || call->narg > fn->max) {
		err_at(e, x->span, "%s() takes other arguments", call->name);
		return err_hint(e, "usage: %s", fn->usage);
	}
	for (int i = 0; i < call->narg; i++) {
		const struct ast_expr *a = call->arg[i];
		bool wanted = lambda_taken(fn->name, i);

		if (wanted != (a->kind == AST_LAMBDA)) {
			err_at(e, a->span, wanted ? "argument %d of %s() must "
			    "be a lambda" : "argument %d of %s() cannot be a "
			    "lambda", i + 1, fn->name);
			return err_hint(e, "usage: %s", fn->usage);
		}
		if (!wanted) {
			TRY(bind_expr(c, a, &arg[i], e));
			continue;
		}
		TRY(name_params(c, a, &l[nlambda], e));
		TRY(lambda_types(&c->b->env, fn->name, arg, i, l,
		    &l[nlambda], a->span, e));
		TRY(bind_body(c, a, &l[nlambda], e));
		nlambda++;
	}
	return lambda_call(&c->b->env, fn->name, arg, call->narg - nlambda, l,
	    nlambda, x->span, out, e);
}
