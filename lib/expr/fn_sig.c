/*
 * fn_sig -- binds functions by signature; see fn_sig.h for the letters.
 */
#include "expr/fn_sig.h"

#include <string.h>

static const struct type *
sig_type(char c)
{
	switch (c) {
	case 's': return TYPE(STR);
	case 'b': return TYPE(BIN);
	case 'i': return TYPE(I32);
	case 'l': return TYPE(I64);
	case 'd': return TYPE(F64);
	case 'B': return TYPE(BOOL);
	default: return NULL;
	}
}

static bool
sig_all_binary(const struct func_bind *b, const char *args)
{
	const char *c = args;
	bool some = false;

	for (int i = 0; i < b->narg; i++) {
		if (*c == 'x') {
			enum type_kind kind = b->arg[i]->type->kind;

			if (kind != TYPE_BIN && kind != TYPE_NULL)
				return false;
			some |= kind == TYPE_BIN;
		}
		if (c[1])
			c++;
	}
	return some;
}

int
bind_sig(struct func_bind *b, const char *args, char result, struct err *e)
{
	bool binary = sig_all_binary(b, args);
	const char *c = args;

	for (int i = 0; i < b->narg; i++) {
		char want = *c == 'x' ? binary ? 'b' : 's' : *c;

		if (want == 'b' && b->arg[i]->type->kind == TYPE_STR)
			;       /* the same bytes: no cast needed */
		else if (want != '?')
			TRY(bind_cast(b, i, sig_type(want), e));
		if (c[1])
			c++;
	}
	if (result == '0')
		b->type = b->arg[0]->type;
	else if (result == 'a')
		b->type = type_array(b->env->arena, TYPE(STR));
	else
		b->type = sig_type(result);
	return 0;
}

int
bind_value(struct func_bind *b, int i, struct datum *out, struct err *e)
{
	const struct datum *d;

	if (bind_const(b, i, &d)) {
		*out = *d;
		return 1;
	}
	if (!expr_is_const(b->arg[i]))
		return 0;
	TRY(expr_eval_const(b->env, b->arg[i], out, e));
	return 1;
}

int
bind_must_const(struct func_bind *b, int i, const char *what,
    struct datum *out, struct err *e)
{
	int r = bind_value(b, i, out, e);

	if (r < 0)
		return r;
	if (r == 0 || out->null)
		return err_at(e, b->arg[i]->span.len ? b->arg[i]->span : b->span,
		    "%s of %s must be a constant%s", what, b->fn->name,
		    r ? " that is not null" : "");
	return 0;
}

int
row_fits(const struct kernel_call *k, size_t n, struct err *e)
{
	if (n <= ROW_STRING_MAX)
		return 0;
	return err_user(e, EXIT_DATA,
	    "%s would make a string of %zu bytes; at most %zu are allowed",
	    k->call->u.call.fn->name, n, ROW_STRING_MAX);
}

struct sview *
row_list(struct kernel_call *k, int64_t n)
{
	struct column *kid = NEW(k->heap, struct column);

	kid->type = k->call->type->field[0].type;
	kid->data = arena_raw(k->heap, (size_t)(n ? n : 1) * sizeof(struct sview));
	k->out->kid = kid;
	k->out->nkid = (int32_t)n;
	return kid->data;
}
