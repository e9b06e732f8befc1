/*
 * skew -- see skew.h.
 */
#include "driver/skew.h"

#include <stdlib.h>

#include "driver/conf.h"

/* What the tasks of a partition read of its other sides is about so many
 * times the large one. */
#define AGAIN 4

/* Does the node make of a part of its kid's rows (kid number k) the same
 * rows as of all of them? */
static bool
by_row(const struct node *n, int k)
{
	enum join_kind kind = n->u.join.kind;

	switch (n->kind) {
	case NODE_FILTER: case NODE_PROJECT: case NODE_GENERATE:
	case NODE_EXPAND: case NODE_ASSERT: case NODE_SORT:
	case NODE_COLLECT: case NODE_WRITE:
		return true;
	case NODE_AGGREGATE:
		return n->u.agg.mode == AGG_PARTIAL;
	case NODE_TOPN:
		return !n->u.topn.global;
	case NODE_LIMIT:
		return !n->u.limit.global;
	case NODE_EXCHANGE:     /* a kept one is read task by task */
		return n->u.exchange.part != PART_CACHE;
	case NODE_JOIN:
		return kind == JOIN_INNER || kind == JOIN_CROSS ||
		    (k == 0 && kind != JOIN_RIGHT && kind != JOIN_FULL);
	default:
		return false;
	}
}

/* Is the way from the node down to the read by row, through a join? */
static bool
may_cut(const struct node *n, const struct node *read, bool joined)
{
	if (n == read)
		return joined;
	joined |= n->kind == NODE_JOIN;
	for (int k = 0; k < n->nkid; k++)
		if (by_row(n, k) && may_cut(n->kid[k], read, joined))
			return true;
	return false;
}

static int
by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void
measure(struct skew_input *in, double factor, int64_t threshold)
{
	int np = exchange_npart(in->x), n = 0;
	int64_t *size = xmalloc(sizeof *size * (size_t)np), sum = 0;

	for (int p = 0; p < np; p++)
		size[p] = exchange_part_size(in->x, p).bytes;
	qsort(size, (size_t)np, sizeof *size, by_size);
	in->large = threshold;
	if ((double)size[np / 2] * factor > (double)threshold)
		in->large = (int64_t)((double)size[np / 2] * factor);
	for (; n < np && size[n] <= in->large; n++)
		sum += size[n];
	in->fair = n ? sum / n : 0;
	free(size);
}

bool
skew_open(struct skew *s, const struct stage_run *run,
    const struct conf *conf)
{
	double factor = strtod(conf_get(conf,
	    "spark.sql.adaptive.skewJoin.skewedPartitionFactor"), NULL);
	int64_t threshold = conf_size(conf,
	    "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes");
	bool any = false;

	if (!conf_bool(conf, "spark.sql.adaptive.skewJoin.enabled") ||
	    threshold < 0)
		return false;
	for (int i = 0; i < s->nin; i++) {
		struct skew_input *in = &s->in[i];

		in->may_cut = exchange_nmap(in->x) > 1 &&
		    exchange_npart(in->x) > 1 &&
		    may_cut(run->stage->root, in->read, false);
		if (in->may_cut)
			measure(in, factor, threshold);
		any |= in->may_cut;
	}
	s->target = conf_size(conf,
	    "spark.sql.adaptive.advisoryPartitionSizeInBytes");
	return any;
}

/* The largest skewed side of the partition, NULL: it has none.  *rest: bytes
 * of the others. */
static const struct skew_input *
largest(const struct skew *s, int p, int64_t *rest)
{
	const struct skew_input *found = NULL;
	int64_t most = 0;

	*rest = 0;
	for (int i = 0; i < s->nin; i++) {
		const struct skew_input *in = &s->in[i];
		int64_t n = exchange_part_size(in->x, p).bytes;

		*rest += n;
		if (!in->may_cut || n <= in->large || n <= most)
			continue;
		found = in;
		most = n;
	}
	*rest -= most;
	return found;
}

static void
add_cut(struct skew *s, struct stage_run *run, const struct map_cut *c)
{
	if (run->ncut == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 16;
		run->cut = xrealloc(run->cut, (size_t)s->cap *
		    sizeof *run->cut);
	}
	run->cut[run->ncut++] = *c;
}

int
skew_cut(struct skew *s, struct stage_run *run, int p, int task)
{
	int64_t rest, target = s->target, held = 0;
	const struct skew_input *in = largest(s, p, &rest);
	struct map_cut c = { .part = task };
	int nmap, first = run->ncut;

	if (in == NULL || exchange_map_bytes(in->x, 0, p) < 0)
		return 0;
	target = in->fair > target ? in->fair : target;
	target = rest / AGAIN > target ? rest / AGAIN : target;
	c.stage = in->read->u.read.stage[0];
	nmap = exchange_nmap(in->x);
	for (int m = 0; m < nmap; m++) {
		int64_t n = exchange_map_bytes(in->x, m, p);

		if (held > 0 && held + n > target) {
			c.to = m;
			add_cut(s, run, &c);
			c = (struct map_cut){ c.part + 1, c.stage, m, m };
			held = 0;
		}
		held += n;
	}
	if (run->ncut == first)
		return 0;
	c.to = nmap;
	add_cut(s, run, &c);
	return run->ncut - first;
}
