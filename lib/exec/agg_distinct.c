/*
 * agg_distinct -- count(distinct x) and the like inside one aggregate
 * operator: which rows bring a value that their group has not seen.
 *
 * NULL arguments are left to the aggregate, which ignores them; a row is let
 * through once per (group, arguments).
 */
#include "exec/aggregate.h"

#include "base/hash.h"

static void
make_set(struct aggregate *g, int i)
{
	struct distinct_set *s = &g->distinct_set[i];
	int narg = g->op.node->u.agg.agg[i]->u.agg.narg;

	s->type = NEW_N(&g->op.task->arena, const struct type *, narg + 2);
	s->type[0] = TYPE(I64);
	for (int a = 0; a < narg; a++)
		s->type[a + 1] = g->in_type[g->arg_at[i] + a];
	group_table_init(&s->table, &g->op.task->arena, s->type, narg + 1, 0,
	    8);
	s->made = true;
}

int
distinct_rows(struct aggregate *g, int i, const struct column *in, int k)
{
	struct distinct_set *s = &g->distinct_set[i];
	int narg = g->op.node->u.agg.agg[i]->u.agg.narg, kept = 0;
	struct column *key;

	if (!s->made)
		make_set(g, i);
	arena_reset(&g->scratch);
	key = NEW_N(&g->scratch, struct column, narg + 1);
	for (int r = 0; r < k; r++) {
		int64_t group = (int64_t)(uintptr_t)g->row[g->pick[r]];
		int64_t before = s->table.ngroup;
		uint64_t h = hash_u64((uint64_t)group), v;
		char *found;

		key[0] = (struct column){ .type = TYPE(I64), .data = &group };
		for (int a = 0; a < narg; a++) {
			const struct column *c = &in[g->arg_at[i] + a];
			int32_t at = g->pick[r];

			col_gather(&key[a + 1], c, &at, 1, &g->scratch);
			col_hash(&key[a + 1], NULL, 1, COL_HASH_FIRST, &v);
			h = hash_combine(h, v);
		}
		group_table_find(&s->table, key, &h, 1, GROUP_ADD,
		    &found);
		if (s->table.ngroup > before)
			g->pick[kept++] = g->pick[r];
	}
	return kept;
}

int64_t
distinct_bytes(const struct aggregate *g)
{
	int64_t n = 0;

	for (int i = 0; g->distinct && i < g->nagg; i++)
		if (g->distinct_set[i].made)
			n += group_table_bytes(&g->distinct_set[i].table);
	return n;
}

void
distinct_clear(struct aggregate *g)
{
	for (int i = 0; g->distinct && i < g->nagg; i++)
		if (g->distinct_set[i].made)
			group_table_clear(&g->distinct_set[i].table);
}

void
distinct_release(struct aggregate *g)
{
	for (int i = 0; g->distinct_set && i < g->nagg; i++)
		if (g->distinct_set[i].made)
			group_table_release(&g->distinct_set[i].table);
}
