/*
 * fn_array -- the table of array functions, and those that leave out, add or
 * move elements.
 *
 * Results are picked from the elements of the arguments (expr/listpick.h).
 * Types as in Spark: a value meets an array's elements in their tightest
 * common type, and strings do not become numbers on the way.
 */
#include "expr/fn_array.h"

#include "base/text.h"
#include "expr/coerce.h"
#include "expr/func_bind.h"
#include "expr/listpick.h"

int
array_arg(struct func_bind *b, int i, const struct type **out, struct err *e)
{
	const struct type *t = b->arg[i]->type;

	if (t->kind == TYPE_NULL)
		TRY(cast_implicit(b->env, b->arg[i],
		    type_array(b->env->arena, t), &b->arg[i], e));
	*out = b->arg[i]->type;
	return (*out)->kind == TYPE_ARRAY ? 0 : bind_refuse(b, e);
}

int
array_and_value(struct func_bind *b, int list, int at, struct err *e)
{
	const struct type *t, *both;

	TRY(array_arg(b, list, &t, e));
	both = coerce_tightest(b->env->arena, t->field[0].type,
	    b->arg[at]->type);
	if (both == NULL)
		return bind_refuse(b, e);
	TRY(cast_implicit(b->env, b->arg[at], both, &b->arg[at], e));
	return cast_implicit(b->env, b->arg[list],
	    type_array(b->env->arena, both), &b->arg[list], e);
}

int
bind_one_array(struct func_bind *b, struct err *e)
{
	return array_arg(b, 0, &b->type, e);
}

int
bind_arrays(struct func_bind *b, struct err *e)
{
	const struct type *t, *all;

	TRY(array_arg(b, 0, &all, e));
	for (int i = 1; i < b->narg; i++) {
		TRY(array_arg(b, i, &t, e));
		all = coerce_tightest(b->env->arena, all, t);
		if (all == NULL)
			return bind_refuse(b, e);
	}
	for (int i = 0; i < b->narg; i++)
		TRY(cast_implicit(b->env, b->arg[i], all, &b->arg[i], e));
	b->type = all;
	return 0;
}

static int
bind_set(struct func_bind *b, struct err *e)
{
	TRY(bind_arrays(b, e));
	return type_is_ordered(b->type->field[0].type) ? 0 :
	    bind_refuse(b, e);
}

static int k_array_concat(struct kernel_call *k, struct err *e);

int
bind_array_concat(struct func_bind *b, struct err *e)
{
	const struct type *t;

	for (int i = 0; i < b->narg; i++)
		TRY(array_arg(b, i, &t, e));
	TRY(bind_common(b, 0, e));
	b->type = b->arg[0]->type;
	b->kernel = k_array_concat;
	b->flags = FN_FAILS;
	return 0;
}

/* The children of all arguments as one pool; base[a]: where those of
 * argument a begin. */
static struct column *
all_kids(struct kernel_call *k, uint32_t *base, int64_t *n)
{
	struct link *l = NEW_N(k->heap, struct link, k->narg + 1);
	struct column *pool = NEW(k->heap, struct column);

	*n = 0;
	for (int a = 0; a < k->narg; a++) {
		l[a] = (struct link){ k->arg[a].kid, k->arg[a].nkid };
		base[a] = (uint32_t)*n;
		*n += l[a].n;
	}
	list_chain(k, l, k->narg, pool);
	return pool;
}

static int
k_array_concat(struct kernel_call *k, struct err *e)
{
	uint32_t *base = NEW_N(k->heap, uint32_t, k->narg + 1);
	struct list_pick p;
	int64_t n;

	pick_init(&p, k, all_kids(k, base, &n), 0);
	p.npool = n;
	for (int i = 0; i < k->n; i++) {
		for (int a = 0; kernel_wants(k, i) && a < k->narg; a++) {
			struct lview l = list_at(k, a, i);

			TRY(pick_room(&p, l.len, e));
			for (uint32_t j = 0; j < l.len; j++)
				pick_add(&p, (int64_t)base[a] + l.off + j);
		}
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

int
k_array_reverse(struct kernel_call *k, struct err *e)
{
	struct list_pick p;

	pick_init(&p, k, k->arg[0].kid, k->arg[0].nkid);
	for (int i = 0; i < k->n; i++) {
		struct lview l = { 0, 0 };

		if (kernel_wants(k, i))
			l = list_at(k, 0, i);
		TRY(pick_room(&p, l.len, e));
		for (uint32_t j = l.len; j > 0; j--)
			pick_add(&p, (int64_t)l.off + j - 1);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

/* Elements that are not null (compact), or not equal to the value. */
static int
leave_out(struct kernel_call *k, struct err *e)
{
	const struct column *kid = k->arg[0].kid;
	struct list_pick p;

	pick_init(&p, k, kid, k->arg[0].nkid);
	for (int i = 0; i < k->n; i++) {
		struct lview l = { 0, 0 };

		if (kernel_wants(k, i))
			l = list_at(k, 0, i);
		TRY(pick_room(&p, l.len, e));
		for (uint32_t j = l.off; j < l.off + l.len; j++)
			if (k->narg == 1 ? !col_null(kid, j) : col_compare(
			    kid, j, &k->arg[1], i) != 0)
				pick_add(&p, j);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_remove(struct func_bind *b, struct err *e)
{
	TRY(array_and_value(b, 0, 1, e));
	b->type = b->arg[0]->type;
	return type_is_ordered(b->type->field[0].type) ? 0 :
	    bind_refuse(b, e);
}

static int
bind_position(struct func_bind *b, struct err *e)
{
	TRY(bind_remove(b, e));
	b->type = TYPE(I64);
	return 0;
}

static int
k_position(struct kernel_call *k, struct err *e)
{
	int64_t *out = k->out->data;

	(void)e;
	ROWS(k, i) {
		struct lview l = list_at(k, 0, i);

		out[i] = 0;
		for (uint32_t j = 0; j < l.len && out[i] == 0; j++)
			if (col_compare(&k->arg[0].kid[0], l.off + j,
			    &k->arg[1], i) == 0)
				out[i] = j + 1;
	}
	return 0;
}

static int
bind_append(struct func_bind *b, struct err *e)
{
	TRY(array_and_value(b, 0, 1, e));
	b->type = b->arg[0]->type;
	b->nullable = b->arg[0]->nullable;
	return 0;
}

/* The elements of argument 0, the rows of argument v, and a null row. */
static struct column *
kids_and_values(struct kernel_call *k, int v)
{
	struct column *pool = NEW(k->heap, struct column);
	struct link l[3] = {
		{ k->arg[0].kid, k->arg[0].nkid },
		{ &k->arg[v], k->n },
		{ list_nulls(k, k->arg[v].type, 1), 1 },
	};

	list_chain(k, l, 3, pool);
	return pool;
}

static int
k_append(struct kernel_call *k, struct err *e)
{
	bool first = strcmp(k->call->u.call.fn->name, "array_prepend") == 0;
	int64_t values = k->arg[0].nkid;
	struct list_pick p;

	pick_init(&p, k, kids_and_values(k, 1), values + k->n + 1);
	for (int i = 0; i < k->n; i++) {
		struct lview l = list_at(k, 0, i);

		if (col_null(&k->arg[0], i)) {
			kernel_null(k, i);
			pick_end(&p, i);
			continue;
		}
		TRY(pick_room(&p, (int64_t)l.len + 1, e));
		if (first)
			pick_add(&p, values + i);
		for (uint32_t j = l.off; j < l.off + l.len; j++)
			pick_add(&p, j);
		if (!first)
			pick_add(&p, values + i);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_insert(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 1, TYPE(I32), e));
	TRY(array_and_value(b, 0, 2, e));
	b->type = b->arg[0]->type;
	b->nullable = b->arg[0]->nullable || b->arg[1]->nullable;
	return 0;
}

/* The list with number value at position pos, from 1 or from the end. */
static int
insert_one(struct list_pick *p, struct lview l, int64_t pos, int64_t value,
    int64_t null, struct err *e)
{
	int64_t len = l.len, before, gap = 0;

	if (pos > 0)
		before = pos - 1 < len ? pos - 1 : len;
	else
		before = len + pos + 1 > 0 ? len + pos + 1 : 0;
	if (pos > len + 1)
		gap = pos - 1 - len;
	if (-pos > len + 1)
		gap = -pos - 1 - len;
	TRY(pick_room(p, len + 1 + gap, e));
	for (int64_t j = 0; j < before; j++)
		pick_add(p, l.off + j);
	for (int64_t j = 0; pos > 0 && j < gap; j++)
		pick_add(p, null);
	pick_add(p, value);
	for (int64_t j = 0; pos < 0 && j < gap; j++)
		pick_add(p, null);
	for (int64_t j = before; j < len; j++)
		pick_add(p, l.off + j);
	return 0;
}

static int
k_insert(struct kernel_call *k, struct err *e)
{
	int64_t values = k->arg[0].nkid;
	struct list_pick p;

	pick_init(&p, k, kids_and_values(k, 2), values + k->n + 1);
	for (int i = 0; i < k->n; i++) {
		if (col_null(&k->arg[0], i) || col_null(&k->arg[1], i)) {
			kernel_null(k, i);
		} else {
			if (row_i32(k, 1, i) == 0)
				return err_user(e, EXIT_JOB, "array_insert: "
				    "the position 0 does not exist; the first "
				    "element has position 1");
			TRY(insert_one(&p, list_at(k, 0, i), row_i32(k, 1, i),
			    values + i, values + k->n, e));
		}
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_repeat_value(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 1, TYPE(I32), e));
	b->type = type_array(b->env->arena, b->arg[0]->type);
	b->nullable = b->arg[1]->nullable;
	return 0;
}

static int
k_repeat_value(struct kernel_call *k, struct err *e)
{
	struct list_pick p;

	pick_init(&p, k, &k->arg[0], k->n);
	for (int i = 0; i < k->n; i++) {
		int32_t n = col_null(&k->arg[1], i) ? 0 : row_i32(k, 1, i);

		if (col_null(&k->arg[1], i))
			kernel_null(k, i);
		TRY(pick_room(&p, n > 0 ? n : 0, e));
		for (int32_t j = 0; j < n; j++)
			pick_add(&p, i);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_flatten(struct func_bind *b, struct err *e)
{
	const struct type *t;

	if (b->arg[0]->type->kind == TYPE_NULL)
		return bind_one_array(b, e);
	TRY(array_arg(b, 0, &t, e));
	if (t->field[0].type->kind == TYPE_NULL)
		TRY(bind_cast(b, 0, type_array(b->env->arena,
		    type_array(b->env->arena, TYPE(NULL))), e));
	t = b->arg[0]->type;
	b->type = t->field[0].type;
	return b->type->kind == TYPE_ARRAY ? 0 : bind_refuse(b, e);
}

/* Null when one of the inner arrays is. */
static int
k_flatten(struct kernel_call *k, struct err *e)
{
	const struct column *in = k->arg[0].kid;
	struct list_pick p;

	pick_init(&p, k, in ? in->kid : NULL, in ? in->nkid : 0);
	for (int i = 0; i < k->n; i++) {
		struct lview l = { 0, 0 };

		if (kernel_wants(k, i))
			l = list_at(k, 0, i);
		for (uint32_t j = l.off; j < l.off + l.len; j++) {
			struct lview m = ((const struct lview *)in->data)[j];

			if (col_null(in, j)) {
				p.n = p.from;
				kernel_null(k, i);
				break;
			}
			TRY(pick_room(&p, m.len, e));
			for (uint32_t x = m.off; x < m.off + m.len; x++)
				pick_add(&p, x);
		}
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

static int
bind_slice(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 1, TYPE(I32), e));
	TRY(bind_cast(b, 2, TYPE(I32), e));
	return bind_one_array(b, e);
}

/* Lists of the same elements: nothing is copied. */
static int
k_slice(struct kernel_call *k, struct err *e)
{
	struct lview *out = k->out->data;

	ROWS(k, i) {
		struct lview l = list_at(k, 0, i);
		int64_t from = row_i32(k, 1, i), n = row_i32(k, 2, i);

		if (from == 0)
			return err_user(e, EXIT_JOB, "slice: the start 0 does "
			    "not exist; the first element has position 1");
		if (n < 0)
			return err_user(e, EXIT_JOB, "slice: the length %lld "
			    "is negative", (long long)n);
		from = from > 0 ? from - 1 : l.len + from;
		if (from < 0 || from >= l.len)
			n = from = 0;
		if (n > l.len - from)
			n = l.len - from;
		out[i] = (struct lview){ l.off + (uint32_t)from,
		    (uint32_t)n };
	}
	k->out->kid = k->arg[0].kid;
	k->out->nkid = k->arg[0].nkid;
	return 0;
}

static int
bind_join(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, type_array(b->env->arena, TYPE(STR)), e));
	for (int i = 1; i < b->narg; i++)
		TRY(bind_cast(b, i, TYPE(STR), e));
	b->type = TYPE(STR);
	return 0;
}

static int
k_join(struct kernel_call *k, struct err *e)
{
	struct text t = { 0 };
	int r = 0;

	ROWS(k, i) {
		struct lview l = list_at(k, 0, i);
		bool some = false;

		text_clear(&t);
		for (uint32_t j = l.off; j < l.off + l.len; j++) {
			const struct column *kid = &k->arg[0].kid[0];
			struct sview *v = (struct sview *)kid->data + j;
			bool null = col_null(kid, j);
			struct bytes s;

			if (null && k->narg < 3)
				continue;
			s = null ? row_bytes(k, 2, i) : (struct bytes){
			    sview_ptr(v), v->len };
			if (some)
				text_add(&t, row_bytes(k, 1, i).p,
				    row_bytes(k, 1, i).n);
			text_add(&t, s.p, s.n);
			some = true;
		}
		r = row_fits(k, t.n, e);
		if (r < 0)
			break;
		kernel_bytes(k, i, t.p, t.n);
	}
	text_release(&t);
	return r;
}

/* A struct of the elements of the arguments, named as their columns. */
static int
bind_zip(struct func_bind *b, struct err *e)
{
	struct arena *a = b->env->arena;
	struct type_field *f = NEW_N(a, struct type_field, b->narg + 1);
	const struct type *t;

	for (int i = 0; i < b->narg; i++) {
		const struct expr *x = b->arg[i];

		f[i].name = x->kind == EXPR_COL ? x->u.col.name :
		    arena_printf(a, "%d", i);
		TRY(array_arg(b, i, &t, e));
		f[i].type = t->field[0].type;
		f[i].nullable = true;
	}
	b->type = type_array(a, type_struct(a, f, b->narg));
	return 0;
}

/* Field a of the structs: the elements of argument a, filled with nulls. */
static int
zip_field(struct kernel_call *k, int a, const struct lview *out, int64_t n,
    struct column *to)
{
	const struct type *t = k->arg[a].type->field[0].type;
	int32_t *at = arena_raw(k->heap, (size_t)(n + 1) * sizeof *at);
	int32_t null = k->arg[a].nkid;
	struct column pool;
	struct link l[2] = {
		{ k->arg[a].kid, null }, { list_nulls(k, t, 1), 1 },
	};

	list_chain(k, l, 2, &pool);
	for (int i = 0; i < k->n; i++) {
		struct lview in = list_at(k, a, i);

		for (uint32_t j = 0; j < out[i].len; j++)
			at[out[i].off + j] = j < in.len ?
			    (int32_t)(in.off + j) : null;
	}
	col_gather(to, &pool, at, (int)n, k->heap);
	return 0;
}

static int
k_zip(struct kernel_call *k, struct err *e)
{
	struct lview *out = k->out->data;
	struct column *s = NEW(k->heap, struct column);
	int64_t n = 0;

	for (int i = 0; i < k->n; i++) {
		uint32_t most = 0;

		for (int a = 0; kernel_wants(k, i) && a < k->narg; a++)
			if (list_at(k, a, i).len > most)
				most = list_at(k, a, i).len;
		out[i] = (struct lview){ (uint32_t)n, most };
		n += most;
	}
	if (n > INT32_MAX - 16)
		return err_user(e, EXIT_DATA, "arrays_zip: too many elements");
	s->type = k->out->type->field[0].type;
	s->nkid = (int32_t)n;
	s->kid = NEW_N(k->heap, struct column, k->narg + 1);
	for (int a = 0; a < k->narg; a++)
		TRY(zip_field(k, a, out, n, &s->kid[a]));
	k->out->kid = s;
	k->out->nkid = (int32_t)n;
	return 0;
}

#define ROW(NAME, MIN, MAX, FLAGS, BIND, KERNEL, USAGE, HELP, EXAMPLE)  \
	{ .name = NAME, .min = MIN, .max = MAX, .flags = FLAGS,         \
	  .bind = BIND, .kernel = KERNEL, .group = "array",             \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_array[] = {
	ROW("array_distinct", 1, 1, FN_FAILS, bind_set, k_array_distinct,
	    "array_distinct(array)", "The elements, each once.",
	    "array_distinct(array(1, 2, 1)) = array(1, 2)"),
	ROW("array_union", 2, 2, FN_FAILS, bind_set, k_array_union,
	    "array_union(array, array)", "The elements of both, each once.",
	    "array_union(array(1, 2), array(2, 3)) = array(1, 2, 3)"),
	ROW("array_intersect", 2, 2, FN_FAILS, bind_set, k_array_intersect,
	    "array_intersect(array, array)",
	    "The elements that are in both, each once.",
	    "array_intersect(array(1, 2), array(2, 3)) = array(2)"),
	ROW("array_except", 2, 2, FN_FAILS, bind_set, k_array_except,
	    "array_except(array, array)",
	    "The elements of the first that are not in the second, each once.",
	    "array_except(array(1, 2), array(2, 3)) = array(1)"),
	ROW("arrays_overlap", 2, 2, FN_NULLS, bind_arrays_bool,
	    k_arrays_overlap, "arrays_overlap(array, array)",
	    "Is there an element in both?",
	    "arrays_overlap(array(1, 2), array(2, 3))"),
	ROW("array_compact", 1, 1, FN_FAILS, bind_one_array, leave_out,
	    "array_compact(array)", "The elements that are not null.",
	    "array_compact(array(1, null)) = array(1)"),
	ROW("array_remove", 2, 2, FN_FAILS, bind_remove, leave_out,
	    "array_remove(array, value)", "All elements but those equal to it.",
	    "array_remove(array(1, 2, 1), 1) = array(2)"),
	ROW("array_position", 2, 2, 0, bind_position, k_position,
	    "array_position(array, value)",
	    "Position of the first element equal to it, from 1; 0: none.",
	    "array_position(array('a', 'b'), 'b') = 2"),
	ROW("array_append", 2, 2, FN_CUSTOM | FN_NULLS | FN_FAILS, bind_append,
	    k_append, "array_append(array, value)",
	    "The array and the value at its end.",
	    "array_append(array(1, 2), 3) = array(1, 2, 3)"),
	ROW("array_prepend", 2, 2, FN_CUSTOM | FN_NULLS | FN_FAILS,
	    bind_append, k_append, "array_prepend(array, value)",
	    "The array after the value.",
	    "array_prepend(array(1, 2), 0) = array(0, 1, 2)"),
	ROW("array_insert", 3, 3, FN_CUSTOM | FN_NULLS | FN_FAILS,
	    bind_insert, k_insert, "array_insert(array, pos, value)",
	    "The array with the value at a position from 1, or -1: the end.",
	    "array_insert(array(1, 2), 2, 9) = array(1, 9, 2)"),
	ROW("array_repeat", 2, 2, FN_CUSTOM | FN_NULLS | FN_FAILS,
	    bind_repeat_value, k_repeat_value, "array_repeat(value, n)",
	    "An array of n times the value.",
	    "array_repeat('a', 2) = array('a', 'a')"),
	ROW("flatten", 1, 1, FN_NULLS | FN_FAILS, bind_flatten, k_flatten,
	    "flatten(array)", "The elements of an array's arrays.",
	    "flatten(array(array(1), array(2, 3))) = array(1, 2, 3)"),
	ROW("slice", 3, 3, FN_FAILS, bind_slice, k_slice,
	    "slice(array, start, length)",
	    "Elements from a position (from 1, or from the end: -1).",
	    "slice(array(1, 2, 3), 2, 2) = array(2, 3)"),
	ROW("array_join", 2, 3, FN_FAILS, bind_join, k_join,
	    "array_join(array, separator[, null])",
	    "The elements as one string; nulls are left out or replaced.",
	    "array_join(array('a', 'b'), '-') = 'a-b'"),
	ROW("arrays_zip", 0, -1, FN_FAILS, bind_zip, k_zip,
	    "arrays_zip(array, ...)",
	    "An array of structs of the elements at the same places.",
	    "arrays_zip(array(1), array(2))[0].`1` = 2"),
	ROW("sort_array", 1, 2, FN_FAILS, bind_sort_array, k_sort_array,
	    "sort_array(array[, ascending])",
	    "The elements in order, nulls first (descending: last).",
	    "sort_array(array(2, 1)) = array(1, 2)"),
	ROW("array_sort", 1, 1, FN_FAILS, bind_array_sort, k_array_sort,
	    "array_sort(array[, (a, b) -> number])", "The elements in order, "
	    "nulls last, or by a comparator that is negative if a comes first.",
	    "array_sort(array(2, 1)) = array(1, 2)"),
	ROW("array_max", 1, 1, FN_NULLS, bind_extreme, k_array_max,
	    "array_max(array)", "The greatest element.",
	    "array_max(array(1, 3, 2)) = 3"),
	ROW("array_min", 1, 1, FN_NULLS, bind_extreme, k_array_min,
	    "array_min(array)", "The least element.",
	    "array_min(array(2, 1)) = 1"),
	ROW("sequence", 2, 3, FN_FAILS, bind_sequence, NULL,
	    "sequence(start, stop[, step])",
	    "Numbers, dates or times from start to stop.",
	    "sequence(1, 3) = array(1, 2, 3)"),
	{ 0 }
};
