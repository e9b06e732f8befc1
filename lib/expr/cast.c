/*
 * cast -- CAST and try_cast: the rows of the table, nested types, errors.
 *
 * The target type is handed in by call_new; the kernel is chosen by the two
 * types.  Under ANSI a value that does not fit is an error; try_cast makes
 * it NULL.  Casts of arrays, maps and structs run the kernel of their parts
 * on the child columns, on those child rows only that some list refers to:
 * after a filter the others belong to nobody and must not fail.
 */
#include "expr/cast.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "column/value.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"

#define SHOWN_MAX 80            /* bytes of a bad value in a message */

static bool
is_try(const struct kernel_call *k)
{
	return k->call->u.call.fn->name[0] == 't';
}

int
cast_fail(struct kernel_call *k, int i, struct err *e)
{
	const struct column *c = &k->arg[0];
	const char *quote = type_is_bytes(c->type) ? "'" : "";
	struct text v = { 0 }, from = { 0 }, to = { 0 };

	if (is_try(k)) {
		kernel_null(k, i);
		return 0;
	}
	value_print(&v, c, col_at(c, i), k->zone);
	type_print(&from, c->type);
	type_print(&to, k->out->type);
	err_set(e, ERR_USER, "the value %s%.*s%s%s of the type \"%s\" cannot "
	    "be cast to \"%s\"%s", quote,
	    (int)(v.n < SHOWN_MAX ? v.n : SHOWN_MAX), text_str(&v),
	    v.n > SHOWN_MAX ? "…" : "", quote, text_str(&from), text_str(&to),
	    type_is_numeric(c->type) ? " due to an overflow" : "");
	err_hint(e, "use try_cast to get NULL instead");
	text_release(&v);
	text_release(&from);
	text_release(&to);
	return ERR_USER;
}

static kernel_fn cast_of(const struct type *from, const struct type *to);

/* Casts all of a child column for which the bit in wanted is set. */
static int
cast_kid(struct kernel_call *k, const struct column *from,
    const struct type *to, uint64_t *wanted, int n, struct column *out,
    struct err *e)
{
	struct kernel_call kid = *k;

	if (type_equal(from->type, to)) {
		*out = *from;
		out->type = to;
		return 0;
	}
	for (size_t w = 0; from->valid && w < BITS_WORDS(n); w++)
		wanted[w] &= from->valid[w];
	col_alloc(out, k->heap, to, n, COL_NO_VALID);
	out->valid = wanted;
	kid.n = n;
	kid.narg = 1;
	kid.arg = from;
	kid.out = out;
	return n ? cast_of(from->type, to)(&kid, e) : 0;
}

/* Child rows that the wanted lists refer to. */
static uint64_t *
referred(const struct kernel_call *k, int nkid)
{
	const struct lview *v = k->arg[0].data;
	uint64_t *w = arena_alloc(k->heap, BITS_BYTES(nkid) + 8);

	for (int i = 0; i < k->n; i++)
		for (uint32_t j = 0; kernel_wants(k, i) && j < v[i].len; j++)
			bit_set(w, v[i].off + j);
	return w;
}

static int
cast_list(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	const struct type *to = k->out->type;

	memcpy(k->out->data, c->data, (size_t)k->n * sizeof(struct lview));
	k->out->kid = NEW_N(k->heap, struct column, to->nfield);
	k->out->nkid = c->nkid;
	for (int i = 0; i < to->nfield; i++)
		TRY(cast_kid(k, &c->kid[i], to->field[i].type,
		    referred(k, c->nkid), c->nkid, &k->out->kid[i], e));
	return 0;
}

static int
cast_struct(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];
	const struct type *to = k->out->type;

	for (int i = 0; i < to->nfield; i++) {
		uint64_t *w = arena_alloc(k->heap, BITS_BYTES(k->n) + 8);

		if (k->out->valid)
			memcpy(w, k->out->valid, BITS_BYTES(k->n));
		else
			bits_fill(w, k->n);
		TRY(cast_kid(k, &c->kid[i], to->field[i].type, w, k->n,
		    &k->out->kid[i], e));
	}
	return 0;
}

/* The same bytes under another type; a bare NULL as any type. */
static int
cast_same(struct kernel_call *k, struct err *e)
{
	(void)e;
	memcpy(k->out->data, k->arg[0].data,
	    (size_t)k->n * (size_t)type_width(k->out->type));
	return 0;
}

static int
cast_null(struct kernel_call *k, struct err *e)
{
	(void)e;
	col_alloc(k->out, k->heap, k->out->type, k->n, COL_WITH_VALID);
	return 0;
}

static kernel_fn
cast_of(const struct type *from, const struct type *to)
{
	kernel_fn f;

	if (from->kind == TYPE_NULL)
		return cast_null;
	if (type_is_bytes(from) && type_is_bytes(to))
		return cast_same;
	if (to->kind == TYPE_STR)
		return cast_print;
	if (from->kind == TYPE_STR)
		return cast_parse(to);
	if (from->kind == TYPE_STRUCT)
		return cast_struct;
	if (type_is_nested(from))
		return cast_list;
	f = cast_time(from, to);
	return f ? f : cast_number(from, to);
}

/* Is it an integer literal that the decimal can hold? */
static bool
literal_fits(const struct expr *x, const struct type *to)
{
	i128 v;

	return x->kind == EXPR_LIT && type_is_int(x->type) &&
	    type_is_decimal(to) &&
	    dec_rescale(x->u.lit.i, 0, to->scale, &v) &&
	    dec_fits(v, to->precision);
}

static int
cast_bind(struct func_bind *b, struct err *e)
{
	const struct type *from = b->arg[0]->type;
	struct arena *a = b->env->arena;

	if (b->type == NULL)
		return err_at(e, b->span, "%s needs a type", b->fn->name);
	b->kernel = cast_allowed(from, b->type) ? cast_of(from, b->type) :
	    NULL;
	if (b->kernel == NULL)
		return err_at(e, b->span, "cannot cast %s to %s",
		    type_name(a, from), type_name(a, b->type));
	if (!cast_can_fail(from, b->type) ||
	    literal_fits(b->arg[0], b->type))
		b->flags &= ~(unsigned)(FN_FAILS | FN_NULLS);
	return 0;
}

const struct func func_cast[] = {
	{ .name = "cast", .min = 1, .max = 1,
	  .flags = FN_FAILS | FN_OPERATOR, .bind = cast_bind,
	  .group = "conversion", .usage = "cast(expr as type)",
	  .help = "Converts a value to another type; a value that does not "
	          "fit is an error.",
	  .example = "cast('12' as int) = 12" },
	{ .name = "try_cast", .min = 1, .max = 1,
	  .flags = FN_NULLS | FN_OPERATOR, .bind = cast_bind,
	  .group = "conversion", .usage = "try_cast(expr as type)",
	  .help = "Converts a value to another type, or gives NULL when it "
	          "does not fit.",
	  .example = "try_cast('x' as int) is null" },
	{ 0 },
};
