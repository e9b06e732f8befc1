/*
 * aggfn -- finding rows of the table of aggregates, and the memory of states
 * that grow.
 *
 * The table is many arrays, each beside its functions and ended by a zeroed
 * row.  To add an array: declare it here and put it into the list.
 */
#include "expr/aggfn.h"

#include <strings.h>

#include "base/arena.h"
#include "base/err.h"

extern const struct aggfn aggfn_sum[], aggfn_pick[], aggfn_moments[],
    aggfn_list[], aggfn_percentile[], aggfn_approx[];

static const struct aggfn *const tables[] = {
	aggfn_sum, aggfn_pick, aggfn_moments, aggfn_list, aggfn_percentile,
	aggfn_approx, NULL,
};

const struct aggfn *
aggfn_at(int i)
{
	for (int t = 0; tables[t]; t++)
		for (const struct aggfn *f = tables[t]; f->name; f++)
			if (i-- == 0)
				return f;
	return NULL;
}

const struct aggfn *
aggfn_find(const char *name)
{
	const struct aggfn *f;

	for (int i = 0; (f = aggfn_at(i)); i++)
		if (strcasecmp(f->name, name) == 0)
			return f;
	return NULL;
}

int
agg_open(struct agg *g, const struct expr *call, struct arena *a,
    struct err *e)
{
	*g = (struct agg){ .fn = call->u.agg.fn, .call = call,
	    .type = call->type };
	for (int i = 0; i < call->u.agg.narg && i < 8; i++)
		g->arg_type[i] = call->u.agg.arg[i]->type;
	TRY(g->fn->plan(g, a, e));
	if (g->align == 0)
		g->align = g->size % 16 ? 8 : 16;
	return 0;
}

void *
agg_heap_alloc(struct agg_heap *h, size_t n)
{
	h->grown += (int64_t)n;
	return arena_alloc(h->arena, n);
}
