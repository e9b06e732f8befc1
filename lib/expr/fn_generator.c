/*
 * fn_generator -- functions that make rows: explode and its kind.
 *
 * The type of a call is the struct of the columns that it makes; the kernel
 * gives a list of such structs for each row, which the generate operator
 * spreads.  Lists and children of the argument are passed on, not copied.
 */
#include "base/arena.h"
#include "expr/func.h"

static int
refuse(struct func_bind *b, const char *wants, struct err *e)
{
	return err_at(e, b->span, "%s() wants %s, not %s", b->fn->name, wants,
	    type_name(b->env->arena, b->arg[0]->type));
}

static bool
with_position(const struct func_bind *b)
{
	return strncmp(b->fn->name, "pos", 3) == 0;
}

static int
explode_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;
	struct type_field *f = NEW_N(b->env->arena, struct type_field, 4);
	int n = 0;

	if (with_position(b))
		f[n++] = (struct type_field){ "pos", TYPE(I32), false };
	if (t->kind == TYPE_ARRAY) {
		f[n++] = (struct type_field){ "col", t->field[0].type, true };
	} else if (t->kind == TYPE_MAP) {
		f[n++] = (struct type_field){ "key", t->field[0].type, false };
		f[n++] = (struct type_field){ "value", t->field[1].type, true };
	} else {
		return refuse(b, "an array or a map", e);
	}
	b->type = type_struct(b->env->arena, f, n);
	return 0;
}

/* The struct column over the argument's children, with positions if asked. */
static struct column *
struct_over(struct kernel_call *k, bool pos)
{
	const struct column *a = &k->arg[0];
	struct column *s = NEW(k->heap, struct column);
	const struct type *row = k->out->type->field[0].type;
	int at = 0;

	s->type = row;
	s->nkid = a->nkid;
	s->kid = NEW_N(k->heap, struct column, row->nfield + 1);
	if (pos) {
		int32_t *v = arena_raw(k->heap, sizeof *v *
		    (size_t)(a->nkid + 1));

		for (int i = 0; i < k->n; i++) {
			struct lview l = ((const struct lview *)a->data)[i];

			for (uint32_t j = 0; kernel_wants(k, i) && j < l.len;
			    j++)
				v[l.off + j] = (int32_t)j;
		}
		s->kid[at].type = TYPE(I32);
		s->kid[at++].data = v;
	}
	for (int f = 0; f < a->type->nfield; f++)
		s->kid[at++] = a->kid[f];
	return s;
}

static int
explode_kernel(struct kernel_call *k, struct err *e)
{
	const char *name = k->call->u.call.fn->name;

	(void)e;
	memcpy(k->out->data, k->arg[0].data,
	    sizeof(struct lview) * (size_t)k->n);
	k->out->nkid = k->arg[0].nkid;
	k->out->kid = struct_over(k, strncmp(name, "pos", 3) == 0);
	return 0;
}

static int
inline_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (t->kind != TYPE_ARRAY || t->field[0].type->kind != TYPE_STRUCT)
		return refuse(b, "an array of structs", e);
	b->type = t->field[0].type;
	return 0;
}

static int
inline_kernel(struct kernel_call *k, struct err *e)
{
	(void)e;
	memcpy(k->out->data, k->arg[0].data,
	    sizeof(struct lview) * (size_t)k->n);
	k->out->nkid = k->arg[0].nkid;
	k->out->kid = k->arg[0].kid;
	return 0;
}

#define GENERATOR(NAME, BIND, KERNEL, USAGE, HELP)                      \
	{ .name = NAME, .min = 1, .max = 1,                             \
	  .flags = FN_GENERATOR | FN_NULLS, .bind = BIND,               \
	  .kernel = KERNEL, .group = "generator", .usage = USAGE,       \
	  .help = HELP }

const struct func func_generator[] = {
	GENERATOR("explode", explode_bind, explode_kernel, "explode(list)",
	    "A row for each element of an array or entry of a map."),
	GENERATOR("explode_outer", explode_bind, explode_kernel,
	    "explode_outer(list)",
	    "As explode, but a row of nulls for an empty or null list."),
	GENERATOR("posexplode", explode_bind, explode_kernel,
	    "posexplode(list)", "As explode, with the position from 0."),
	GENERATOR("posexplode_outer", explode_bind, explode_kernel,
	    "posexplode_outer(list)", "As posexplode, with a row of nulls."),
	GENERATOR("inline", inline_bind, inline_kernel, "inline(list)",
	    "A row for each struct of an array, its fields as columns."),
	GENERATOR("inline_outer", inline_bind, inline_kernel,
	    "inline_outer(list)", "As inline, with a row of nulls."),
	{ 0 }
};
