/*
 * fn_array_order -- arrays in order: sort_array, array_sort, the greatest
 * and the least element.
 *
 * Element numbers are sorted by a merge sort that keeps equal elements in
 * place.
 */
#include "expr/fn_array.h"
#include "expr/listpick.h"

/* How two elements compare: nulls on one side, the others up or down. */
struct order {
	const struct column *kid;
	int sign;               /* -1: greatest first */
	int null;               /* -1: nulls first, 1: last */
};

static int
compare(const struct order *o, int32_t x, int32_t y)
{
	bool nx = col_null(o->kid, x), ny = col_null(o->kid, y);

	if (nx || ny)
		return (nx - ny) * o->null;
	return o->sign * col_compare(o->kid, x, o->kid, y);
}

/* Insertion sort of runs of 8, then merges through a second buffer. */
static void
sort_numbers(const struct order *o, int32_t *v, int32_t *tmp, uint32_t n)
{
	for (uint32_t from = 0; from < n; from += 8)
		for (uint32_t i = from + 1; i < n && i < from + 8; i++) {
			int32_t x = v[i];
			uint32_t j = i;

			for (; j > from && compare(o, v[j - 1], x) > 0; j--)
				v[j] = v[j - 1];
			v[j] = x;
		}
	for (uint64_t run = 8; run < n; run *= 2)
		for (uint64_t from = 0; from + run < n; from += 2 * run) {
			uint64_t end = from + 2 * run < n ? from + 2 * run : n;
			uint64_t b = from + run, to = from, a = 0;

			memcpy(tmp, v + from, run * sizeof *v);
			while (a < run && b < end)
				v[to++] = compare(o, tmp[a], v[b]) <= 0 ?
				    tmp[a++] : v[b++];
			memcpy(v + to, tmp + a, (run - a) * sizeof *v);
		}
}

static int
sorted(struct kernel_call *k, struct order up, struct order down,
    struct err *e)
{
	struct list_pick p;
	int32_t *tmp;
	uint32_t longest = 0;

	for (int i = 0; i < k->n; i++)
		if (kernel_wants(k, i) && list_at(k, 0, i).len > longest)
			longest = list_at(k, 0, i).len;
	tmp = arena_raw(k->heap, (size_t)(longest + 1) * sizeof *tmp);
	pick_init(&p, k, k->arg[0].kid, k->arg[0].nkid);
	for (int i = 0; i < k->n; i++) {
		struct lview l = { 0, 0 };
		bool asc;

		if (kernel_wants(k, i))
			l = list_at(k, 0, i);
		asc = k->narg < 2 || l.len == 0 || row_bool(k, 1, i);
		TRY(pick_room(&p, l.len, e));
		for (uint32_t j = 0; j < l.len; j++)
			pick_add(&p, l.off + j);
		sort_numbers(asc ? &up : &down, p.at + p.from, tmp, l.len);
		pick_end(&p, i);
	}
	pick_done(&p);
	return 0;
}

int
k_sort_array(struct kernel_call *k, struct err *e)
{
	const struct column *kid = k->arg[0].kid;

	return sorted(k, (struct order){ kid, 1, -1 },
	    (struct order){ kid, -1, 1 }, e);
}

int
k_array_sort(struct kernel_call *k, struct err *e)
{
	struct order o = { k->arg[0].kid, 1, 1 };

	return sorted(k, o, o, e);
}

int
bind_sort_array(struct func_bind *b, struct err *e)
{
	TRY(bind_array_sort(b, e));
	return b->narg > 1 ? bind_cast(b, 1, TYPE(BOOL), e) : 0;
}

int
bind_array_sort(struct func_bind *b, struct err *e)
{
	TRY(array_arg(b, 0, &b->type, e));
	return type_is_ordered(b->type->field[0].type) ? 0 :
	    bind_refuse(b, e);
}

int
bind_extreme(struct func_bind *b, struct err *e)
{
	TRY(bind_array_sort(b, e));
	b->type = b->type->field[0].type;
	return 0;
}

static int
extreme(struct kernel_call *k, int sign)
{
	const struct column *kid = k->arg[0].kid;
	int32_t *pick = NEW_N(k->heap, int32_t, k->n + 1);
	uint64_t *valid = arena_alloc(k->heap, BITS_BYTES(k->n) + 8);

	ROWS(k, i) {
		struct lview l = list_at(k, 0, i);
		int64_t best = -1;

		for (uint32_t j = l.off; j < l.off + l.len; j++)
			if (!col_null(kid, j) && (best < 0 || sign *
			    col_compare(kid, j, kid, best) > 0))
				best = j;
		if (best < 0)
			continue;
		pick[i] = (int32_t)best;
		bit_set(valid, i);
	}
	if (k->arg[0].nkid)
		col_gather(k->out, kid, pick, k->n, k->heap);
	k->out->valid = valid;
	return 0;
}

int
k_array_max(struct kernel_call *k, struct err *e)
{
	(void)e;
	return extreme(k, 1);
}

int
k_array_min(struct kernel_call *k, struct err *e)
{
	(void)e;
	return extreme(k, -1);
}
