/*
 * agg_state -- see agg_state.h.
 */
#include "expr/agg_state.h"

#include "base/arena.h"

int
agg_cast(struct agg_bind *b, int i, const struct type *t, struct err *e)
{
	return expr_coerce(b->env, b->arg[i], t, &b->arg[i], e);
}

int
agg_refuse(const struct agg_bind *b, int i, const char *fn, struct err *e)
{
	return err_at(e, b->arg[i]->span.len ? b->arg[i]->span : b->span,
	    "%s() cannot take values of type %s", fn,
	    type_name(b->env->arena, b->arg[i]->type));
}

void
agg_out_null(struct column *c, int i, int n, struct arena *heap)
{
	if (c->valid == NULL) {
		c->valid = arena_alloc(heap, BITS_BYTES(n) + 8);
		bits_fill(c->valid, n);
	}
	bit_clear(c->valid, i);
}
