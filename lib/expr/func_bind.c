/*
 * func_bind -- the steps that bind functions are made of: coerce an argument,
 * find a common type, refuse with a message that shows the types.
 */
#include "expr/func_bind.h"

#include "base/arena.h"
#include "base/text.h"
#include "expr/coerce.h"

static bool
is_symbol(const struct func *fn)
{
	return !((fn->name[0] >= 'a' && fn->name[0] <= 'z') ||
	    fn->name[0] == '_');
}

int
bind_cast(struct func_bind *b, int i, const struct type *t, struct err *e)
{
	const struct expr *x = b->arg[i];
	struct arena *a = b->env->arena;

	if (!coerce_argument(x->type, t)) {
		const char *from = type_name(a, x->type);
		const char *to = type_name(a, t);

		err_at(e, x->span.len ? x->span : b->span,
		    "argument %d of %s must be %s, not %s", i + 1, b->fn->name,
		    to, from);
		if (b->fn->usage)
			err_hint(e, "%s", b->fn->usage);
		return ERR_USER;
	}
	return cast_implicit(b->env, b->arg[i], t, &b->arg[i], e);
}

bool
bind_const(const struct func_bind *b, int i, const struct datum **out)
{
	if (b->arg[i]->kind != EXPR_LIT)
		return false;
	*out = &b->arg[i]->u.lit;
	return true;
}

/* Appends "(int, string)": the argument types. */
static void
bind_types(struct text *to, const struct func_bind *b)
{
	text_addc(to, '(');
	for (int i = 0; i < b->narg; i++) {
		if (i)
			text_adds(to, ", ");
		type_print(to, b->arg[i]->type);
	}
	text_addc(to, ')');
}

int
bind_refuse(struct func_bind *b, struct err *e)
{
	struct text t = { 0 };

	if (is_symbol(b->fn) && b->narg == 2) {
		type_print(&t, b->arg[0]->type);
		text_addf(&t, " %s ", b->fn->name);
		type_print(&t, b->arg[1]->type);
	} else {
		text_adds(&t, b->fn->name);
		bind_types(&t, b);
	}
	err_at(e, b->span, "%s %s", is_symbol(b->fn) ?
	    "there is no operator" : "cannot call", text_str(&t));
	if (b->fn->usage)
		err_hint(e, "usage: %s", b->fn->usage);
	text_release(&t);
	return ERR_USER;
}

const struct type *
bind_widest(struct func_bind *b, int from, int to, int step)
{
	const struct type *t = b->arg[from]->type;

	/* Strings last, so that the result does not depend on the order. */
	for (int i = from + step; i < to && t; i += step)
		if (b->arg[i]->type->kind != TYPE_STR)
			t = t->kind == TYPE_STR ? b->arg[i]->type :
			    coerce_common(b->env->arena, t, b->arg[i]->type);
	for (int i = from; i < to && t; i += step)
		if (b->arg[i]->type->kind == TYPE_STR)
			t = coerce_common(b->env->arena, t, b->arg[i]->type);
	return t;
}

int
bind_common(struct func_bind *b, int from, struct err *e)
{
	const struct type *t;

	if (from >= b->narg)
		return 0;
	t = bind_widest(b, from, b->narg, 1);
	if (t == NULL) {
		struct text s = { 0 };

		bind_types(&s, b);
		err_at(e, b->span, "the arguments of %s have no common type: "
		    "%s", b->fn->name, text_str(&s));
		text_release(&s);
		return ERR_USER;
	}
	for (int i = from; i < b->narg; i++)
		TRY(cast_implicit(b->env, b->arg[i], t, &b->arg[i], e));
	return 0;
}

static const struct type *
compare_type(struct func_bind *b, const struct expr *x, const struct expr *y)
{
	struct arena *a = b->env->arena;
	const struct type *dx = x->type, *dy = y->type;

	if (type_is_decimal(x->type) && type_is_int(y->type))
		dy = coerce_decimal_of(a, y);
	else if (type_is_decimal(y->type) && type_is_int(x->type))
		dx = coerce_decimal_of(a, x);
	return coerce_common(a, dx, dy);
}

/* t with the names of fields that it has in like, where the shapes agree. */
static const struct type *
named_like(struct arena *a, const struct type *t, const struct type *like)
{
	struct type copy = *t;
	struct type_field *f;

	if (!type_is_nested(t) || t->kind != like->kind ||
	    t->nfield != like->nfield)
		return t;
	f = NEW_N(a, struct type_field, t->nfield);
	for (int i = 0; i < t->nfield; i++) {
		f[i] = t->field[i];
		f[i].name = like->field[i].name;
		f[i].type = named_like(a, f[i].type, like->field[i].type);
	}
	copy.field = f;
	return type_copy(a, &copy);
}

int
bind_names(struct func_bind *b, int from, struct err *e)
{
	for (int i = from + 1; i < b->narg; i++) {
		const struct type *t = b->arg[i]->type;

		if (type_is_nested(t))
			TRY(cast_implicit(b->env, b->arg[i], named_like(
			    b->env->arena, t, b->arg[from]->type), &b->arg[i],
			    e));
	}
	return 0;
}

int
bind_comparable(struct func_bind *b, int i, int j, struct err *e)
{
	const struct type *t;

	if (i == 0 && j == 1)
		TRY(bind_names(b, 0, e));
	t = compare_type(b, b->arg[i], b->arg[j]);

	if (t == NULL || !type_is_ordered(t))
		return bind_refuse(b, e);
	TRY(cast_implicit(b->env, b->arg[i], t, &b->arg[i], e));
	return cast_implicit(b->env, b->arg[j], t, &b->arg[j], e);
}
