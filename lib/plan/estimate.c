/*
 * estimate -- rough sizes of what nodes make, bottom up.
 *
 * Files are known in bytes; the rest is rules of thumb: a row of text is as
 * wide as its columns, a filter keeps a third, an aggregate a third of its
 * rows.  Good enough to choose sides and numbers of partitions; the driver
 * corrects both from real sizes between stages.
 */
#include "plan/estimate.h"

#include "plan/stage.h"

static double
width_of(const struct schema *s)
{
	double w = 0;

	for (int i = 0; i < s->ncol; i++) {
		int k = type_width(s->col[i].type);

		w += k == 0 || type_is_nested(s->col[i].type) ? 64 :
		    type_is_bytes(s->col[i].type) ? 24 : k;
	}
	return w > 0 ? w : 1;
}

static void
estimate_scan(struct node *n)
{
	const struct input *in = n->u.scan.input;
	double size = (double)in->size, rows;
	double text = 0;

	if (in->size < 0)
		return;
	for (int i = 0; i < in->file->ncol; i++)
		text += type_is_bytes(in->file->col[i].type) ? 20 : 8;
	rows = size / (text > 0 ? text : 50);
	if (in->file->ncol == 1)
		rows = size / 60;
	if (n->u.scan.filter)
		rows /= 3;
	n->est_rows = rows;
	n->est_bytes = rows * width_of(n->out);
	if (in->file->ncol == 1 && n->out->ncol && n->est_bytes < size)
		n->est_bytes = n->u.scan.filter ? size / 3 : size;
}

static void
from_rows(struct node *n, double rows)
{
	n->est_rows = rows;
	n->est_bytes = rows < 0 ? -1 : rows * width_of(n->out);
}

static double
join_rows(const struct node *n)
{
	double l = n->kid[0]->est_rows, r = n->kid[1]->est_rows;

	if (l < 0 || r < 0)
		return -1;
	switch (n->u.join.kind) {
	case JOIN_SEMI: case JOIN_ANTI: case JOIN_ANTI_NULL:
		return l / 2;
	case JOIN_MARK:
		return l;
	default:
		if (n->u.join.nkey == 0)
			return n->u.join.cond ? l * r / 10 : l * r;
		return l > r ? l : r;
	}
}

static void
estimate_own(struct node *n)
{
	struct node *k = n->nkid ? n->kid[0] : NULL;
	double sum = 0;

	switch (n->kind) {
	case NODE_SCAN:
		estimate_scan(n);
		return;
	case NODE_RANGE:
		from_rows(n, (double)range_rows(n));
		return;
	case NODE_VALUES:
		from_rows(n, n->u.values.nrow);
		return;
	case NODE_CACHE:
		if (n->u.cache.kept->parts) {
			n->est_rows = (double)n->u.cache.kept->rows;
			n->est_bytes = (double)n->u.cache.kept->bytes;
		} else if (k) {
			from_rows(n, k->est_rows);
			n->u.cache.kept->est_rows = k->est_rows;
		} else if (n->u.cache.kept->est_rows > 0) {
			from_rows(n, n->u.cache.kept->est_rows);
		}
		return;
	case NODE_FILTER:
		from_rows(n, k->est_rows < 0 ? -1 : k->est_rows / 3);
		return;
	case NODE_GENERATE:
		from_rows(n, k->est_rows < 0 ? -1 : k->est_rows * 8);
		return;
	case NODE_AGGREGATE:
		from_rows(n, n->u.agg.nkey == 0 ? 1 :
		    k->est_rows < 0 ? -1 : k->est_rows / 3);
		return;
	case NODE_JOIN:
		from_rows(n, join_rows(n));
		return;
	case NODE_LIMIT:
	case NODE_TOPN: {
		int64_t lim = n->kind == NODE_LIMIT ? n->u.limit.limit :
		    n->u.topn.limit;

		from_rows(n, lim >= 0 && (k->est_rows < 0 ||
		    (double)lim < k->est_rows) ? (double)lim : k->est_rows);
		return;
	}
	case NODE_UNION:
		for (int i = 0; i < n->nkid; i++)
			sum = sum < 0 || n->kid[i]->est_rows < 0 ? -1 :
			    sum + n->kid[i]->est_rows;
		from_rows(n, sum);
		return;
	default:
		if (k)
			from_rows(n, k->est_rows);
	}
}

void
estimate(struct node *n)
{
	for (int i = 0; i < n->nkid; i++)
		estimate(n->kid[i]);
	estimate_own(n);
}
