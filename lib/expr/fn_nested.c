/*
 * fn_nested -- parts of arrays, maps and structs, and making them.
 *
 * Constructors gather their arguments into children; parts are found row by
 * row and gathered from the child column.
 */
#include <strings.h>

#include "base/arena.h"
#include "expr/coerce.h"
#include "expr/fn_array.h"
#include "expr/func_bind.h"
#include "expr/listpick.h"

static int
get_field_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;
	struct datum d;

	TRY(bind_must_const(b, 1, "the field", &d, e));
	for (int i = 0; t->kind == TYPE_STRUCT && i < t->nfield; i++)
		if (strncasecmp(t->field[i].name, d.s.p, d.s.n) == 0 &&
		    strlen(t->field[i].name) == d.s.n) {
			int *at = NEW(b->env->arena, int);

			*at = i;
			b->state = at;
			b->type = t->field[i].type;
			return 0;
		}
	if (t->kind == TYPE_STRUCT)
		return err_at(e, b->arg[1]->span, "the struct has no field "
		    "'%.*s': %s", (int)d.s.n, d.s.p,
		    type_name(b->env->arena, t));
	return err_at(e, b->arg[1]->span, "'%.*s' is not a field of a value of "
	    "type %s", (int)d.s.n, d.s.p, type_name(b->env->arena, t));
}

static int
get_field(struct kernel_call *k, struct err *e)
{
	const struct column *f = &k->arg[0].kid[*(const int *)k->state];
	uint64_t *both = k->out->valid;

	(void)e;
	if (both && f->valid)
		for (size_t w = 0; w < BITS_WORDS(k->n); w++)
			both[w] &= f->valid[w];
	*k->out = *f;
	if (both)
		k->out->valid = both;
	return 0;
}

/* The key asked for and the map's keys meet in their common type. */
static int
map_subscript(struct func_bind *b, const struct type *t, struct err *e)
{
	const struct type *key = coerce_tightest(b->env->arena,
	    t->field[0].type, b->arg[1]->type);

	b->type = t->field[1].type;
	if (key == NULL)
		return bind_cast(b, 1, t->field[0].type, e);
	TRY(cast_implicit(b->env, b->arg[0], type_map(b->env->arena, key,
	    b->type), &b->arg[0], e));
	return cast_implicit(b->env, b->arg[1], key, &b->arg[1], e);
}

static int
subscript_bind(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (t->kind == TYPE_ARRAY) {
		b->type = t->field[0].type;
		return bind_cast(b, 1, TYPE(I32), e);
	}
	if (t->kind == TYPE_MAP)
		return map_subscript(b, t, e);
	return bind_refuse(b, e);
}

/* Element number of a map's key, or -1. */
static int64_t
find_key(const struct kernel_call *k, int i)
{
	struct lview l = ((const struct lview *)k->arg[0].data)[i];

	for (uint32_t j = 0; j < l.len; j++)
		if (col_compare(&k->arg[0].kid[0], l.off + j, &k->arg[1], i) ==
		    0)
			return l.off + j;
	return -1;
}

static int
out_of_bounds(int32_t at, uint32_t len, struct err *e)
{
	err_user(e, EXIT_JOB, "index %d is out of bounds of an array with %u "
	    "elements", at, len);
	return err_hint(e, "use get() or try_element_at() to get NULL instead");
}

enum from { FROM_0, FROM_1, FROM_0_NULL, FROM_1_NULL };

static enum from
counting(const struct kernel_call *k)
{
	const char *name = k->call->u.call.fn->name;

	return strcmp(name, "[]") == 0 ? FROM_0 : strcmp(name, "get") == 0 ?
	    FROM_0_NULL : strcmp(name, "element_at") == 0 ? FROM_1 :
	    FROM_1_NULL;
}

/* Element number in the child of what row i asks for, -1 for null. */
static int
element(const struct kernel_call *k, int i, int64_t *at, struct err *e)
{
	struct lview l = ((const struct lview *)k->arg[0].data)[i];
	enum from from = counting(k);
	int32_t n = ((const int32_t *)k->arg[1].data)[i], z = n;

	if (n == 0 && (from == FROM_1 || from == FROM_1_NULL))
		return err_user(e, EXIT_JOB, "the index 0 does not exist; the "
		    "first element has index 1");
	if (from == FROM_1 || from == FROM_1_NULL)
		z = n > 0 ? n - 1 : n < 0 ? (int32_t)l.len + n : -1;
	*at = z >= 0 && (uint32_t)z < l.len ? (int64_t)l.off + z : -1;
	if (*at < 0 && (from == FROM_0 || from == FROM_1))
		return out_of_bounds(n, l.len, e);
	return 0;
}

static int
subscript(struct kernel_call *k, struct err *e)
{
	bool map = k->arg[0].type->kind == TYPE_MAP;
	int32_t *pick = NEW_N(k->heap, int32_t, k->n + 1);
	uint64_t *valid = arena_alloc(k->heap, BITS_BYTES(k->n) + 8);
	const struct column *kid = &k->arg[0].kid[map ? 1 : 0];

	ROWS(k, i) {
		int64_t at = -1;

		if (map)
			at = find_key(k, i);
		else
			TRY(element(k, i, &at, e));
		pick[i] = at < 0 ? 0 : (int32_t)at;
		if (at >= 0 && !col_null(kid, at))
			bit_set(valid, i);
	}
	if (k->arg[0].nkid)
		col_gather(k->out, kid, pick, k->n, k->heap);
	k->out->valid = valid;
	return 0;
}

static int
array_bind(struct func_bind *b, struct err *e)
{
	if (b->narg)
		TRY(bind_common(b, 0, e));
	b->type = type_array(b->env->arena, b->narg ? b->arg[0]->type :
	    TYPE(NULL));
	return 0;
}

static int
array_kernel(struct kernel_call *k, struct err *e)
{
	struct link *l = NEW_N(k->heap, struct link, k->narg + 1);
	struct column *pool = NEW(k->heap, struct column);
	struct list_pick p;

	for (int a = 0; a < k->narg; a++)
		l[a] = (struct link){ &k->arg[a], k->n };
	list_chain(k, l, k->narg, pool);
	pick_init(&p, k, pool, (int64_t)k->n * k->narg);
	TRY(pick_room(&p, (int64_t)k->n * k->narg, e));
	for (int i = 0; i < k->n; i++) {
		for (int a = 0; a < k->narg; a++)
			pick_add(&p, (int64_t)a * k->n + i);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
struct_bind(struct func_bind *b, struct err *e)
{
	bool named = strcmp(b->fn->name, "named_struct") == 0;
	int n = named ? b->narg / 2 : b->narg;
	struct type_field *f = NEW_N(b->env->arena, struct type_field, n + 1);

	if (named && b->narg % 2)
		return bind_refuse(b, e);
	for (int i = 0; i < n; i++) {
		const struct expr *x = b->arg[named ? 2 * i + 1 : i];
		struct datum d;

		f[i] = (struct type_field){ NULL, x->type, true };
		if (named) {
			TRY(bind_must_const(b, 2 * i, "a field's name", &d, e));
			f[i].name = arena_memdup(b->env->arena, d.s.p, d.s.n);
		} else {
			f[i].name = x->kind == EXPR_COL ? x->u.col.name :
			    arena_printf(b->env->arena, "col%d", i + 1);
		}
	}
	b->type = type_struct(b->env->arena, f, n);
	return 0;
}

static int
struct_kernel(struct kernel_call *k, struct err *e)
{
	bool named = strcmp(k->call->u.call.fn->name, "named_struct") == 0;
	const struct type *t = k->out->type;

	(void)e;
	k->out->kid = NEW_N(k->heap, struct column, t->nfield + 1);
	for (int i = 0; i < t->nfield; i++)
		k->out->kid[i] = k->arg[named ? 2 * i + 1 : i];
	k->out->nkid = k->n;
	return 0;
}

static int
size_bind(struct func_bind *b, struct err *e)
{
	enum type_kind t = b->arg[0]->type->kind;
	const struct type *list;

	if (t != TYPE_MAP || strcmp(b->fn->name, "array_size") == 0)
		TRY(array_arg(b, 0, &list, e));
	b->type = TYPE(I32);
	return 0;
}

static int
size_kernel(struct kernel_call *k, struct err *e)
{
	const struct lview *l = k->arg[0].data;
	int32_t *out = k->out->data;

	(void)e;
	for (int i = 0; i < k->n; i++)
		out[i] = (int32_t)l[i].len;
	return 0;
}

static int
contains_bind(struct func_bind *b, struct err *e)
{
	if (b->arg[0]->type->kind != TYPE_ARRAY ||
	    b->arg[1]->type->kind == TYPE_NULL)
		return bind_refuse(b, e);
	TRY(array_and_value(b, 0, 1, e));
	b->type = TYPE(BOOL);
	return type_is_ordered(b->arg[1]->type) ? 0 : bind_refuse(b, e);
}

static int
contains_kernel(struct kernel_call *k, struct err *e)
{
	uint8_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct lview l = ((const struct lview *)k->arg[0].data)[i];
		bool found = false, null = false;

		for (uint32_t j = 0; j < l.len && !found; j++) {
			null |= col_null(&k->arg[0].kid[0], l.off + j);
			found = col_compare(&k->arg[0].kid[0], l.off + j,
			    &k->arg[1], i) == 0;
		}
		out[i] = found;
		if (!found && null)
			kernel_null(k, i);
	}
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "array",             \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_nested[] = {
	ROW("get_field", 2, 2, FN_NULLS | FN_HIDDEN, get_field_bind, get_field,
	    "value.field", "A field of a struct.", NULL),
	ROW("[]", 2, 2, FN_FAILS | FN_NULLS | FN_HIDDEN, subscript_bind,
	    subscript, "value[index]",
	    "An element of an array, from 0, or the value of a map's key.",
	    NULL),
	ROW("get", 2, 2, FN_NULLS, subscript_bind, subscript,
	    "get(array, index)", "An element from 0, null outside.",
	    "get(array(1, 2), 1) = 2"),
	ROW("element_at", 2, 2, FN_FAILS | FN_NULLS, subscript_bind, subscript,
	    "element_at(array, index)",
	    "An element from 1 (from the end: -1), or a map's value.",
	    "element_at(array(1, 2), -1) = 2"),
	ROW("try_element_at", 2, 2, FN_FAILS | FN_NULLS, subscript_bind, subscript,
	    "try_element_at(array, index)", "As element_at, null outside.",
	    "try_element_at(array(1, 2), 5) is null"),
	ROW("array", 0, -1, FN_CUSTOM | FN_NONNULL, array_bind, array_kernel,
	    "array(expr, ...)", "An array of the values.",
	    "size(array(1, 2)) = 2"),
	ROW("struct", 1, -1, FN_CUSTOM | FN_NONNULL, struct_bind,
	    struct_kernel, "struct(expr, ...)", "A struct of the values.",
	    "struct(1, 2).col2 = 2"),
	ROW("named_struct", 2, -1, FN_CUSTOM | FN_NONNULL, struct_bind,
	    struct_kernel, "named_struct(name, expr, ...)",
	    "A struct with these names.", "named_struct('a', 1).a = 1"),
	ROW("size", 1, 1, 0, size_bind, size_kernel, "size(list)",
	    "Number of elements of an array or map.", "size(array(1)) = 1"),
	ROW("cardinality", 1, 1, 0, size_bind, size_kernel,
	    "cardinality(list)", "The same as size.",
	    "cardinality(array(1)) = 1"),
	ROW("array_size", 1, 1, 0, size_bind, size_kernel,
	    "array_size(array)", "Number of elements.",
	    "array_size(array(1)) = 1"),
	ROW("array_contains", 2, 2, FN_NULLS, contains_bind, contains_kernel,
	    "array_contains(array, value)", "Is the value among the elements?",
	    "array_contains(array(1, 2), 2)"),
	{ 0 }
};
