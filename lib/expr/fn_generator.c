/*
 * fn_generator -- functions that make rows: explode and its kind.
 *
 * The type of a call is the struct of the columns that it makes; the kernel
 * gives a list of such structs for each row, which the generate operator
 * spreads.  Lists and children of the argument are passed on, not copied.
 */
#include "base/arena.h"
#include "expr/coerce.h"
#include "expr/fn_sig.h"
#include "expr/func_bind.h"
#include "expr/listpick.h"

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

/* stack(n, v, ...): n rows of the values, in row order. */
static int
stack_bind(struct func_bind *b, struct err *e)
{
	struct arena *a = b->env->arena;
	int nvalue = b->narg - 1, ncol, *rows = NEW(a, int);
	struct type_field *f;
	struct datum d;

	TRY(bind_cast(b, 0, TYPE(I32), e));
	TRY(bind_must_const(b, 0, "the number of rows", &d, e));
	if (d.i < 1 || d.i > 1000000)
		return err_at(e, b->arg[0]->span, "the number of rows of stack "
		    "must be positive");
	*rows = (int)d.i;
	ncol = (nvalue + *rows - 1) / *rows;
	f = NEW_N(a, struct type_field, ncol + 1);
	for (int c = 0; c < ncol; c++) {
		const struct type *t = b->arg[1 + c]->type;

		for (int i = 1 + c; t && i < b->narg; i += ncol)
			t = coerce_tightest(a, t, b->arg[i]->type);
		if (t == NULL)
			return err_at(e, b->span, "the values of column %d of "
			    "stack have no common type", c + 1);
		for (int i = 1 + c; i < b->narg; i += ncol)
			TRY(cast_implicit(b->env, b->arg[i], t, &b->arg[i],
			    e));
		f[c] = (struct type_field){ arena_printf(a, "col%d", c), t,
		    true };
	}
	b->type = type_struct(a, f, ncol);
	b->state = rows;
	return 0;
}

/* Column c of the stacked rows: the arguments one behind the other, and
 * rows of nulls where they end, gathered in the order of the input. */
static void
stack_column(struct kernel_call *k, int c, int rows, int ncol,
    struct column *to)
{
	struct link *l = NEW_N(k->heap, struct link, rows);
	int32_t *at = NEW_N(k->heap, int32_t, k->n * rows + 1);
	struct column pool;

	for (int r = 0; r < rows; r++) {
		int a = 1 + r * ncol + c;

		l[r] = (struct link){ a < k->narg ? &k->arg[a] : list_nulls(k,
		    k->arg[1 + c].type, k->n), k->n };
	}
	list_chain(k, l, rows, &pool);
	for (int i = 0; i < k->n; i++)
		for (int r = 0; r < rows; r++)
			at[i * rows + r] = r * k->n + i;
	col_gather(to, &pool, at, k->n * rows, k->heap);
}

static int
stack_kernel(struct kernel_call *k, struct err *e)
{
	int rows = *(const int *)k->state;
	struct column *s = NEW(k->heap, struct column);

	if ((int64_t)rows * k->n > INT32_MAX)
		return err_user(e, EXIT_JOB, "stack: too many rows");
	s->type = k->out->type->field[0].type;
	s->nkid = rows * k->n;
	s->kid = NEW_N(k->heap, struct column, s->type->nfield + 1);
	for (int c = 0; c < s->type->nfield && k->n; c++)
		stack_column(k, c, rows, s->type->nfield, &s->kid[c]);
	for (int i = 0; i < k->n; i++)
		((struct lview *)k->out->data)[i] = (struct lview){
		    (uint32_t)(i * rows), (uint32_t)rows };
	k->out->kid = s;
	k->out->nkid = s->nkid;
	return 0;
}

/* json_tuple(json, key, ...): inline(array(struct(get_json_object, ...))) */
static int
json_tuple_bind(struct func_bind *b, struct err *e)
{
	struct arena *a = b->env->arena;
	struct expr **part = NEW_N(a, struct expr *, 2 * b->narg), *x;

	for (int i = 1; i < b->narg; i++) {
		struct expr *get[2] = { b->arg[0] };
		struct datum d;

		TRY(bind_must_const(b, i, "a key", &d, e));
		if (d.type->kind != TYPE_STR)
			return err_at(e, b->arg[i]->span, "the keys of "
			    "json_tuple must be strings");
		get[1] = expr_str(a, arena_printf(a, "$['%.*s']", (int)d.s.n,
		    d.s.p));
		part[2 * i - 2] = expr_str(a, arena_printf(a, "c%d", i - 1));
		TRY(expr_call(b->env, "get_json_object", get, 2, b->span,
		    &part[2 * i - 1], e));
	}
	TRY(expr_call(b->env, "named_struct", part, 2 * b->narg - 2, b->span,
	    &x, e));
	TRY(expr_call(b->env, "array", &x, 1, b->span, &x, e));
	return expr_call(b->env, "inline", &x, 1, b->span, &b->instead, e);
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
	{ .name = "stack", .min = 2, .max = -1, .flags = FN_GENERATOR |
	  FN_CUSTOM | FN_NONNULL, .bind = stack_bind,
	  .kernel = stack_kernel, .group = "generator",
	  .usage = "stack(n, expr, ...)",
	  .help = "The values in n rows." },
	{ .name = "json_tuple", .min = 2, .max = -1, .flags = FN_GENERATOR |
	  FN_NULLS, .bind = json_tuple_bind, .group = "generator",
	  .usage = "json_tuple(json, key, ...)",
	  .help = "A row of the values of keys of a JSON object, as strings." },
	{ 0 }
};
