/*
 * node -- see node.h.
 */
#include "plan/node.h"

#include <string.h>

#include "base/arena.h"

struct node *
node_new(struct arena *a, struct plan_ids *ids, enum node_kind kind, int nkid)
{
	struct node *n = NEW(a, struct node);

	n->kind = kind;
	n->id = ++ids->node;
	n->nkid = nkid;
	n->kid = NEW_N(a, struct node *, nkid + 1);
	n->est_rows = n->est_bytes = -1;
	return n;
}

struct node *
node_copy(struct arena *a, struct plan_ids *ids, const struct node *n)
{
	struct node *c = NEW(a, struct node);

	*c = *n;
	c->id = ++ids->node;
	c->kid = NEW_N(a, struct node *, n->nkid + 1);
	memcpy(c->kid, n->kid, sizeof *c->kid * (size_t)n->nkid);
	return c;
}

struct field
plan_field(struct plan_ids *ids, const char *name, const struct type *t,
    bool nullable)
{
	return (struct field){ name, t, nullable, ++ids->column };
}

const char *
node_name(const struct node *n)
{
	static const char *const name[NODE_KINDS] = {
		[NODE_SCAN] = "scan", [NODE_RANGE] = "range",
		[NODE_VALUES] = "values", [NODE_FILTER] = "filter",
		[NODE_PROJECT] = "project", [NODE_GENERATE] = "generate",
		[NODE_AGGREGATE] = "aggregate", [NODE_JOIN] = "join",
		[NODE_SORT] = "sort", [NODE_TOPN] = "topn",
		[NODE_LIMIT] = "limit", [NODE_UNION] = "union",
		[NODE_SETOP] = "setop", [NODE_REPARTITION] = "repartition",
		[NODE_PIPE] = "pipe", [NODE_TEE] = "tee",
		[NODE_ASSERT] = "assert", [NODE_EXPAND] = "expand",
		[NODE_CACHE] = "cache", [NODE_WRITE] = "write", [NODE_COLLECT] = "collect",
		[NODE_EXCHANGE] = "exchange", [NODE_READ] = "read",
	};

	return name[n->kind];
}

bool
node_same_output(const struct node *a, const struct node *b)
{
	if (a->out->ncol != b->out->ncol)
		return false;
	for (int i = 0; i < a->out->ncol; i++)
		if (a->out->col[i].id != b->out->col[i].id ||
		    !type_equal(a->out->col[i].type, b->out->col[i].type))
			return false;
	return true;
}
