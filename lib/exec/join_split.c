/*
 * join_split -- rows of both sides of a join into files by bits of their
 * hashes (grace hash join): rows with equal keys meet in the same pair of
 * files, which are then joined pair by pair.
 */
#include "exec/join.h"

static int
split_of(uint64_t h)
{
	return (int)(h >> 40 & (SPLITS - 1));
}

static int
split_rows(struct join *j, struct spill **to, const struct type *const *type,
    int ncol, const struct batch *b, struct err *e)
{
	struct batch part = *b;

	part.pick = j->keep;
	for (int s = 0; s < SPLITS; s++) {
		part.n = 0;
		for (int i = 0; i < b->n; i++)
			if (split_of(j->hash[i]) == s)
				j->keep[part.n++] = batch_row(b, i);
		if (part.n == 0)
			continue;
		if (to[s] == NULL)
			TRY(spill_new(&to[s], j->op.task->env->scratch, type,
			    ncol, e));
		TRY(spill_put(to[s], &part, e));
	}
	return 0;
}

int
join_split_right(struct join *j, struct batch *b, struct err *e)
{
	TRY(join_keys_of(j, j->rprog, b, e));
	return split_rows(j, j->rspill, j->out.rtype, j->out.nr, b, e);
}

int
join_split_build(struct join *j, struct err *e)
{
	struct build *b = &j->own;
	struct column *col = j->out.pair;

	build_view(b);
	for (int64_t at = 0; at < b->n; at += BATCH_ROWS) {
		int n = b->n - at < BATCH_ROWS ? (int)(b->n - at) : BATCH_ROWS;
		struct batch rows = { col, j->out.nr, n, n, NULL };

		for (int i = 0; i < n; i++)
			j->rrow[i] = (int32_t)(at + i);
		arena_reset(&j->out.heap);
		for (int c = 0; c < j->out.nr; c++)
			build_column(b, c, j->rrow, n, NULL, n, &col[c],
			    &j->out.heap);
		TRY(join_split_right(j, &rows, e));
	}
	join_own_build(j);
	j->split = true;
	return 0;
}

int
join_split_left(struct join *j, struct err *e)
{
	struct batch b;
	int r;

	for (int s = 0; s < SPLITS; s++)        /* frees what writing needed */
		if (j->rspill[s])
			TRY(spill_rewind(j->rspill[s], e));
	while ((r = op_next(j->op.kid[0], &b, e)) > 0) {
		TRY(join_keys_of(j, j->lprog, &b, e));
		TRY(split_rows(j, j->lspill, j->out.ltype, j->out.nl, &b, e));
	}
	for (int s = 0; s < SPLITS; s++)
		j->op.task->spilled += (j->lspill[s] ?
		    spill_bytes(j->lspill[s]) : 0) +
		    (j->rspill[s] ? spill_bytes(j->rspill[s]) : 0);
	return r;
}
