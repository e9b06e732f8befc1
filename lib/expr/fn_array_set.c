/*
 * fn_array_set -- arrays as sets: distinct, union, intersect, except,
 * overlap.
 *
 * Nulls are equal to each other, NaN to NaN and 0.0 to -0.0; the first of
 * equal elements is kept, in the order of the arguments.
 */
#include "expr/fn_array.h"
#include "expr/listpick.h"

static int
need_order(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	return type_is_ordered(t->field[0].type) ? 0 : bind_refuse(b, e);
}

int
bind_arrays_bool(struct func_bind *b, struct err *e)
{
	TRY(bind_arrays(b, e));
	TRY(need_order(b, e));
	b->type = TYPE(BOOL);
	return 0;
}

/* The elements of all arguments, and where those of argument 1 begin. */
static void
both_kids(struct kernel_call *k, struct column *pool, uint32_t *second,
    int64_t *n)
{
	struct link l[2];

	*n = 0;
	for (int a = 0; a < k->narg && a < 2; a++) {
		l[a] = (struct link){ k->arg[a].kid, k->arg[a].nkid };
		*n += k->arg[a].nkid;
	}
	*second = (uint32_t)k->arg[0].nkid;
	list_chain(k, l, k->narg < 2 ? 1 : 2, pool);
}

/* Which elements of both arguments stay. */
enum keep { KEEP_FIRST, KEEP_BOTH, KEEP_COMMON, KEEP_OTHERS };

/* Elements of list l that are not in the set yet. */
static void
add_new(struct list_pick *p, struct elem_set *s, struct lview l,
    uint32_t base)
{
	for (uint32_t j = 0; j < l.len; j++)
		if (set_add(s, base + l.off + j))
			pick_add(p, base + l.off + j);
}

/* Elements of list l that are (or are not) in other, each once. */
static void
add_if(struct list_pick *p, struct elem_set *s, const struct elem_set *other,
    struct lview l, bool wanted)
{
	for (uint32_t j = 0; j < l.len; j++)
		if (set_has(other, l.off + j) == wanted &&
		    set_add(s, l.off + j))
			pick_add(p, l.off + j);
}

static int
keep_some(struct kernel_call *k, enum keep keep, struct err *e)
{
	struct elem_set seen, other;
	struct list_pick p;
	struct column pool;
	uint32_t second;
	int64_t n;

	both_kids(k, &pool, &second, &n);
	set_init(&seen, k, &pool, n);
	other = seen;
	pick_init(&p, k, &pool, n);
	for (int i = 0; i < k->n; i++) {
		struct lview x, y = { 0, 0 };

		if (!kernel_wants(k, i)) {
			pick_end(&p, i);
			continue;
		}
		x = list_at(k, 0, i);
		if (k->narg > 1)
			y = list_at(k, 1, i);
		TRY(pick_room(&p, (int64_t)x.len + y.len, e));
		set_clear(&seen, (int64_t)x.len + y.len);
		if (keep == KEEP_FIRST || keep == KEEP_BOTH) {
			add_new(&p, &seen, x, 0);
			add_new(&p, &seen, y, second);
		} else {
			set_clear(&other, y.len);
			for (uint32_t j = 0; j < y.len; j++)
				set_add(&other, second + y.off + j);
			add_if(&p, &seen, &other, x, keep == KEEP_COMMON);
		}
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

int
k_array_distinct(struct kernel_call *k, struct err *e)
{
	return keep_some(k, KEEP_FIRST, e);
}

int
k_array_union(struct kernel_call *k, struct err *e)
{
	return keep_some(k, KEEP_BOTH, e);
}

int
k_array_intersect(struct kernel_call *k, struct err *e)
{
	return keep_some(k, KEEP_COMMON, e);
}

int
k_array_except(struct kernel_call *k, struct err *e)
{
	return keep_some(k, KEEP_OTHERS, e);
}

/* True, false, or null: nothing in common but for nulls that could be. */
int
k_arrays_overlap(struct kernel_call *k, struct err *e)
{
	uint8_t *out = k->out->data;
	struct elem_set s;
	struct column pool;
	uint32_t second;
	int64_t n;

	(void)e;
	both_kids(k, &pool, &second, &n);
	set_init(&s, k, &pool, n);
	ROWS(k, i) {
		struct lview x = list_at(k, 0, i), y = list_at(k, 1, i);
		bool null = false;

		out[i] = 0;
		if (x.len == 0 || y.len == 0)
			continue;
		set_clear(&s, x.len);
		for (uint32_t j = x.off; j < x.off + x.len; j++)
			if (col_null(&pool, j))
				null = true;
			else
				set_add(&s, j);
		y.off += second;
		for (uint32_t j = y.off; j < y.off + y.len && !out[i]; j++)
			if (col_null(&pool, j))
				null = true;
			else
				out[i] = set_has(&s, j);
		if (!out[i] && null)
			kernel_null(k, i);
	}
	return 0;
}
