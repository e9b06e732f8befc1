/*
 * fn_lambda -- functions that take functions: transform, filter, exists,
 * forall, aggregate, zip_with and those of maps.
 *
 * The elements of all lists of a batch are laid out as one column and the
 * lambda's body runs over them once (aggregate: once for each position, over
 * the lists that reach so far).  Elements of null rows are left out.
 */
#include "expr/fn_sig.h"
#include "expr/lambda.h"
#include "expr/listpick.h"

/* The elements of argument 0 of the rows that are not null. */
struct flat {
	int32_t *at, *row;      /* element, row; n of them */
	int64_t n;
	bool whole;             /* at is 0, 1, 2 … to the last element */
};

static int
flatten(struct kernel_call *k, struct flat *f, struct err *e)
{
	int64_t n = 0, i = 0;

	for (int r = 0; r < k->n; r++)
		n += list_at(k, 0, r).len;
	if (n > INT32_MAX - 64)
		return err_user(e, EXIT_DATA, "too many elements for a lambda");
	f->at = arena_raw(k->heap, (size_t)(n + 1) * sizeof *f->at);
	f->row = arena_raw(k->heap, (size_t)(n + 1) * sizeof *f->row);
	f->n = n;
	f->whole = n == k->arg[0].nkid;
	for (int r = 0; r < k->n; r++) {
		struct lview l = list_at(k, 0, r);

		for (uint32_t j = 0; j < l.len; j++, i++) {
			f->at[i] = (int32_t)(l.off + j);
			f->row[i] = r;
			f->whole = f->whole && f->at[i] == i;
		}
	}
	return 0;
}

static void
pick_kid(struct kernel_call *k, const struct flat *f, int kid,
    struct column *out)
{
	if (f->n == 0 || f->whole)
		*out = f->n ? k->arg[0].kid[kid] : (struct column){ 0 };
	else
		col_gather(out, &k->arg[0].kid[kid], f->at, (int)f->n,
		    k->heap);
}

/* Columns of the parameters: the element and its index, or key and value. */
static void
params(struct kernel_call *k, const struct flat *f, struct column *p)
{
	const struct lambda_call *s = k->state;
	int32_t *index;

	pick_kid(k, f, 0, &p[0]);
	if (k->arg[0].type->kind == TYPE_MAP) {
		pick_kid(k, f, 1, &p[1]);
		return;
	}
	if (s->lambda[0].nparam < 2)
		return;
	index = arena_raw(k->heap, (size_t)(f->n + 1) * sizeof *index);
	for (int64_t i = 0, j = 0; i < f->n; i++) {
		j = i && f->row[i] == f->row[i - 1] ? j + 1 : 0;
		index[i] = (int32_t)j;
	}
	p[1] = (struct column){ .type = TYPE(I32), .data = index };
}

/* Runs lambda 0 over all elements. */
static int
run_all(struct kernel_call *k, struct flat *f, struct column *p,
    struct column *out, struct err *e)
{
	TRY(flatten(k, f, e));
	params(k, f, p);
	return lambda_run(k, 0, p, f->row, (int)f->n, out, e);
}

/* Lists of the same lengths one behind the other; null rows are null. */
static void
same_lists(struct kernel_call *k)
{
	struct lview *out = k->out->data;
	uint32_t n = 0;

	for (int i = 0; i < k->n; i++) {
		uint32_t len = list_at(k, 0, i).len;

		if (col_null(&k->arg[0], i))
			kernel_null(k, i);
		out[i] = (struct lview){ n, len };
		n += len;
	}
	k->out->nkid = (int32_t)n;
}

static int
k_transform(struct kernel_call *k, struct err *e)
{
	struct column p[2], *kid = NEW(k->heap, struct column);
	struct flat f;

	TRY(run_all(k, &f, p, kid, e));
	same_lists(k);
	k->out->kid = kid;
	return 0;
}

static int
k_transform_values(struct kernel_call *k, struct err *e)
{
	struct column p[2], *kid = NEW_N(k->heap, struct column, 2);
	struct flat f;

	TRY(run_all(k, &f, p, &kid[1], e));
	same_lists(k);
	kid[0] = p[0];
	if (f.n)
		k->out->kid = kid;
	return 0;
}

static int
k_transform_keys(struct kernel_call *k, struct err *e)
{
	struct column p[2], *kid = NEW_N(k->heap, struct column, 2);
	struct elem_set set;
	struct flat f;

	TRY(run_all(k, &f, p, &kid[0], e));
	same_lists(k);
	kid[1] = p[1];
	if (f.n == 0)
		return 0;
	set_init(&set, k, &kid[0], f.n);
	for (int i = 0; i < k->n; i++) {
		struct lview l = ((const struct lview *)k->out->data)[i];

		set_clear(&set, l.len);
		for (uint32_t j = l.off; j < l.off + l.len; j++) {
			if (col_null(&kid[0], j))
				return err_user(e, EXIT_JOB,
				    "a key of a map cannot be null");
			if (!set_add(&set, j))
				return err_user(e, EXIT_JOB, "transform_keys: "
				    "a key comes twice");
		}
	}
	k->out->kid = kid;
	return 0;
}

static bool
is_true(const struct column *c, int64_t i)
{
	return !col_null(c, i) && ((const uint8_t *)c->data)[i];
}

/* filter and map_filter: entries for which the body is true. */
static int
k_filter(struct kernel_call *k, struct err *e)
{
	struct column p[2], hit;
	struct list_pick l;
	struct flat f;
	int64_t i = 0;

	TRY(run_all(k, &f, p, &hit, e));
	pick_init(&l, k, k->arg[0].kid, k->arg[0].nkid);
	TRY(pick_room(&l, f.n, e));
	for (int r = 0; r < k->n; r++) {
		for (; i < f.n && f.row[i] == r; i++)
			if (is_true(&hit, i))
				pick_add(&l, f.at[i]);
		if (col_null(&k->arg[0], r))
			kernel_null(k, r);
		pick_end(&l, r);
	}
	pick_done(&l);
	return 0;
}

/* exists: true if one is; forall: false if one is; else null if one is. */
static int
k_exists(struct kernel_call *k, struct err *e)
{
	bool decides = strcmp(k->call->u.call.fn->name, "exists") == 0;
	uint8_t *out = k->out->data;
	struct column p[2], hit;
	struct flat f;
	int64_t i = 0;

	TRY(run_all(k, &f, p, &hit, e));
	for (int r = 0; r < k->n; r++) {
		bool null = col_null(&k->arg[0], r), found = false;

		for (; i < f.n && f.row[i] == r; i++) {
			if (col_null(&hit, i))
				null = true;
			else if (is_true(&hit, i) == decides)
				found = true;
		}
		out[r] = found == decides;
		if (!found && null)
			kernel_null(k, r);
	}
	return 0;
}

/* Elements of argument a at the places of lists out, nulls where it ends. */
static void
padded(struct kernel_call *k, int a, const struct lview *out, int64_t n,
    struct column *to)
{
	int32_t *at = arena_raw(k->heap, (size_t)(n + 1) * sizeof *at);
	int32_t null = k->arg[a].nkid;
	struct column pool;
	struct link l[2] = {
		{ k->arg[a].kid, null },
		{ list_nulls(k, k->arg[a].type->field[0].type, 1), 1 },
	};

	list_chain(k, l, 2, &pool);
	for (int i = 0; i < k->n; i++) {
		struct lview in = list_at(k, a, i);

		for (uint32_t j = 0; j < out[i].len; j++)
			at[out[i].off + j] = j < in.len ?
			    (int32_t)(in.off + j) : null;
	}
	col_gather(to, &pool, at, (int)n, k->heap);
}

static int
k_zip_with(struct kernel_call *k, struct err *e)
{
	struct lview *out = k->out->data;
	struct column p[2], *kid = NEW(k->heap, struct column);
	int32_t *row;
	int64_t n = 0;

	for (int i = 0; i < k->n; i++) {
		uint32_t x = list_at(k, 0, i).len, y = list_at(k, 1, i).len;
		bool null = col_null(&k->arg[0], i) || col_null(&k->arg[1], i);

		if (null)
			kernel_null(k, i);
		out[i] = (struct lview){ (uint32_t)n, null ? 0 : x > y ? x :
		    y };
		n += out[i].len;
	}
	row = arena_raw(k->heap, (size_t)(n + 1) * sizeof *row);
	for (int i = 0; i < k->n; i++)
		for (uint32_t j = 0; j < out[i].len; j++)
			row[out[i].off + j] = i;
	padded(k, 0, out, n, &p[0]);
	padded(k, 1, out, n, &p[1]);
	TRY(lambda_run(k, 0, p, row, (int)n, kid, e));
	k->out->kid = kid;
	k->out->nkid = (int32_t)n;
	return 0;
}

/* Rows row[0..n) of acc become those of c. */
static void
scatter(struct kernel_call *k, struct column *acc, const struct column *c,
    const int32_t *row, int n)
{
	struct link l[2] = { { acc, k->n }, { c, n } };
	int32_t *at = arena_raw(k->heap, (size_t)(k->n + 1) * sizeof *at);
	struct column pool;

	for (int i = 0; i < k->n; i++)
		at[i] = i;
	for (int i = 0; i < n; i++)
		at[row[i]] = k->n + i;
	list_chain(k, l, 2, &pool);
	col_gather(acc, &pool, at, k->n, k->heap);
}

/* Position after position, over the rows whose lists reach it. */
static int
merge_all(struct kernel_call *k, struct lambda_program *p,
    struct column *acc, struct err *e)
{
	int32_t *row = NEW_N(k->heap, int32_t, k->n + 1);
	int32_t *at = NEW_N(k->heap, int32_t, k->n + 1);

	for (uint32_t j = 0;; j++) {
		struct column param[2], out;
		int n = 0;

		for (int i = 0; i < k->n; i++)
			if (j < list_at(k, 0, i).len) {
				at[n] = (int32_t)(list_at(k, 0, i).off + j);
				row[n++] = i;
			}
		if (n == 0)
			return 0;
		col_gather(&param[0], acc, row, n, k->heap);
		col_gather(&param[1], &k->arg[0].kid[0], at, n, k->heap);
		TRY(lambda_step(p, param, row, n, &out, e));
		scatter(k, acc, &out, row, n);
	}
}

static int
k_aggregate(struct kernel_call *k, struct err *e)
{
	const struct lambda_call *s = k->state;
	int32_t *all = NEW_N(k->heap, int32_t, k->n + 1);
	struct column acc = k->arg[1];
	struct lambda_program *p;
	uint64_t *valid;
	int r;

	TRY(lambda_open(k, 0, &p, e));
	r = merge_all(k, p, &acc, e);
	lambda_close(p);
	if (r < 0)
		return r;
	for (int i = 0; i < k->n; i++)
		all[i] = i;
	if (s->nlambda > 1)
		TRY(lambda_run(k, 1, &acc, all, k->n, &acc, e));
	valid = arena_raw(k->heap, BITS_BYTES(k->n) + 8);
	bits_fill(valid, k->n);
	for (int i = 0; i < k->n; i++)
		if (col_null(&acc, i) || col_null(&k->arg[0], i))
			bit_clear(valid, i);
	*k->out = acc;
	k->out->type = k->call->type;
	k->out->valid = valid;
	return 0;
}

static int
bind_none(struct func_bind *b, struct err *e)
{
	return bind_refuse(b, e);
}

#define ROW(NAME, MIN, MAX, KERNEL, USAGE, HELP, EXAMPLE)               \
	{ .name = NAME, .min = MIN, .max = MAX,                         \
	  .flags = FN_CUSTOM | FN_NULLS | FN_FAILS | FN_LAMBDA,         \
	  .bind = bind_none, .kernel = KERNEL, .group = "lambda",       \
	  .usage = USAGE, .help = HELP, .example = EXAMPLE }

const struct func func_lambda[] = {
	ROW("transform", 2, 2, k_transform, "transform(array, x -> expr)",
	    "The array of what the lambda gives for each element; a second "
	    "parameter is the index from 0.",
	    "transform(array(1, 2), x -> x + 1) = array(2, 3)"),
	ROW("filter", 2, 2, k_filter, "filter(array, x -> condition)",
	    "The elements for which the lambda is true.",
	    "filter(array(1, 2, 3), x -> x % 2 = 1) = array(1, 3)"),
	ROW("exists", 2, 2, k_exists, "exists(array, x -> condition)",
	    "Is the lambda true for an element?",
	    "exists(array(1, 2), x -> x > 1)"),
	ROW("forall", 2, 2, k_exists, "forall(array, x -> condition)",
	    "Is the lambda true for every element?",
	    "forall(array(1, 2), x -> x > 0)"),
	ROW("aggregate", 3, 4, k_aggregate,
	    "aggregate(array, start, (acc, x) -> expr[, acc -> expr])",
	    "Folds the elements into one value.",
	    "aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x) = 6"),
	ROW("reduce", 3, 4, k_aggregate,
	    "reduce(array, start, (acc, x) -> expr[, acc -> expr])",
	    "The same as aggregate.",
	    "reduce(array(1, 2), 0, (acc, x) -> acc + x, acc -> acc * 2) = 6"),
	ROW("zip_with", 3, 3, k_zip_with,
	    "zip_with(array, array, (x, y) -> expr)",
	    "The array of what the lambda gives for elements at equal places.",
	    "zip_with(array(1, 2), array(3, 4), (x, y) -> x + y) = "
	    "array(4, 6)"),
	ROW("map_filter", 2, 2, k_filter, "map_filter(map, (k, v) -> condition)",
	    "The entries for which the lambda is true.",
	    "map_keys(map_filter(map(1, 2, 3, 4), (k, v) -> v > 2)) = "
	    "array(3)"),
	ROW("transform_keys", 2, 2, k_transform_keys,
	    "transform_keys(map, (k, v) -> expr)",
	    "The map with what the lambda gives as keys.",
	    "map_keys(transform_keys(map(1, 2), (k, v) -> k + v)) = array(3)"),
	ROW("transform_values", 2, 2, k_transform_values,
	    "transform_values(map, (k, v) -> expr)",
	    "The map with what the lambda gives as values.",
	    "map_values(transform_values(map(1, 2), (k, v) -> k + v)) = "
	    "array(3)"),
	{ 0 }
};
