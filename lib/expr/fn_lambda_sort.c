/*
 * fn_lambda_sort -- array_sort(array, (a, b) -> number) with a comparator.
 *
 * A merge sort from below in which all merges of a level, in all lists of a
 * batch, go in step: each step runs the comparator once for all of them.  So
 * a batch costs about as many runs as the longest list has elements, times
 * two.  Equal elements keep their places.
 */
#include "expr/fn_sig.h"
#include "expr/lambda.h"
#include "expr/listpick.h"

/* Merges v[a..a_end) and v[b..b_end) to tmp[to …]. */
struct merge {
	int64_t a, a_end, b, b_end, to;
	int32_t row;
};

struct sorting {
	struct kernel_call *k;
	struct lambda_program *p;
	int32_t *v, *tmp;       /* element numbers, list after list */
	struct merge *m;
	int64_t nmerge;
	int32_t *x, *y, *row;   /* what is compared now */
};

/* The merges of runs of one length; runs without a partner are copied. */
static void
begin_level(struct sorting *s, const struct lview *list, int64_t run)
{
	s->nmerge = 0;
	for (int i = 0; i < s->k->n; i++) {
		int64_t end = (int64_t)list[i].off + list[i].len;

		for (int64_t from = list[i].off; from < end; from += 2 * run) {
			int64_t mid = from + run < end ? from + run : end;
			int64_t to = mid + run < end ? mid + run : end;

			if (mid == end)
				memcpy(s->tmp + from, s->v + from,
				    (size_t)(end - from) * sizeof *s->v);
			else
				s->m[s->nmerge++] = (struct merge){ from, mid,
				    mid, to, from, i };
		}
	}
}

/* Moves one element of each merge; drops those that are done. */
static int
advance(struct sorting *s, const struct column *sign, struct err *e)
{
	int64_t kept = 0;

	for (int64_t i = 0; i < s->nmerge; i++) {
		struct merge *m = &s->m[i];

		if (col_null(sign, i))
			return err_user(e, EXIT_JOB,
			    "array_sort: the comparator gave null");
		s->tmp[m->to++] = ((const int32_t *)sign->data)[i] <= 0 ?
		    s->v[m->a++] : s->v[m->b++];
		if (m->a < m->a_end && m->b < m->b_end) {
			s->m[kept++] = *m;
			continue;
		}
		while (m->a < m->a_end)
			s->tmp[m->to++] = s->v[m->a++];
		while (m->b < m->b_end)
			s->tmp[m->to++] = s->v[m->b++];
	}
	s->nmerge = kept;
	return 0;
}

static int
run_level(struct sorting *s, struct err *e)
{
	const struct column *kid = s->k->arg[0].kid;

	while (s->nmerge) {
		struct column param[2], sign;
		int n = (int)s->nmerge;

		for (int i = 0; i < n; i++) {
			s->x[i] = s->v[s->m[i].a];
			s->y[i] = s->v[s->m[i].b];
			s->row[i] = s->m[i].row;
		}
		col_gather(&param[0], kid, s->x, n, s->k->heap);
		col_gather(&param[1], kid, s->y, n, s->k->heap);
		TRY(lambda_step(s->p, param, s->row, n, &sign, e));
		TRY(advance(s, &sign, e));
	}
	return 0;
}

static int
sort_lists(struct sorting *s, const struct lview *list, uint32_t longest,
    struct err *e)
{
	for (int64_t run = 1; run < longest; run *= 2) {
		int32_t *other = s->tmp;

		begin_level(s, list, run);
		TRY(run_level(s, e));
		s->tmp = s->v;
		s->v = other;
	}
	return 0;
}

static int
k_sort_by(struct kernel_call *k, struct err *e)
{
	struct lview *out = k->out->data;
	struct sorting s = { .k = k };
	struct list_pick p;
	uint32_t longest = 0;
	int r;

	pick_init(&p, k, k->arg[0].kid, k->arg[0].nkid);
	for (int i = 0; i < k->n; i++) {
		struct lview l = list_at(k, 0, i);

		if (col_null(&k->arg[0], i))
			kernel_null(k, i);
		TRY(pick_room(&p, l.len, e));
		for (uint32_t j = 0; j < l.len; j++)
			pick_add(&p, (int64_t)l.off + j);
		longest = l.len > longest ? l.len : longest;
		pick_end(&p, i);
	}
	if (longest > 1) {
		size_t n = (size_t)p.n + 1;

		s.v = p.at;
		s.tmp = NEW_N(k->heap, int32_t, n);
		s.x = NEW_N(k->heap, int32_t, n);
		s.y = NEW_N(k->heap, int32_t, n);
		s.row = NEW_N(k->heap, int32_t, n);
		s.m = NEW_N(k->heap, struct merge, n);
		TRY(lambda_open(k, 0, &s.p, e));
		r = sort_lists(&s, out, longest, e);
		lambda_close(s.p);
		TRY(r);
		p.at = s.v;
	}
	pick_done(&p);
	return 0;
}

static int
bind_none(struct func_bind *b, struct err *e)
{
	return bind_refuse(b, e);
}

const struct func func_lambda_sort[] = {
	{ .name = "array_sort_by", .min = 2, .max = 2,
	  .flags = FN_CUSTOM | FN_NULLS | FN_FAILS | FN_LAMBDA | FN_HIDDEN,
	  .bind = bind_none, .kernel = k_sort_by, .group = "lambda",
	  .usage = "array_sort(array, (a, b) -> number)",
	  .help = "array_sort by a comparator: negative if a comes first." },
	{ 0 }
};
