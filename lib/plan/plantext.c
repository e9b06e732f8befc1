/*
 * plantext -- see plantext.h: printing.
 */
#include "plan/plantext.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

static const char *const join_name[] = { "inner", "left", "right", "full",
	"semi", "anti", "anti_null", "mark", "cross" };
static const char *const how_name[] = { "", " broadcast", " shuffled",
	" loop", " merge" };
static const char *const mode_name[] = { "", " partial", " merge", " final" };
static const char *const part_name[] = { "any", "single", "hash", "range",
	"robin", "broadcast" };

struct names {
	const struct schema *in, *in2;
	char buf[8][300];
	int turn;
};

static bool
unique(const struct schema *s, const char *name, int id)
{
	for (int i = 0; s && i < s->ncol; i++)
		if (s->col[i].id != id && strcasecmp(s->col[i].name, name) == 0)
			return false;
	return true;
}

static const char *
name_column(const struct expr *x, void *arg)
{
	struct names *n = arg;
	char *to = n->buf[n->turn++ & 7];
	struct text t = { 0 };
	const char *name = x->u.col.name;

	for (int k = 0; k < 2; k++) {
		const struct schema *s = k ? n->in2 : n->in;
		int at = s ? schema_find(s, x->u.col.id) : -1;

		if (at >= 0)
			name = s->col[at].name;
	}
	name_print(&t, name);
	if (!unique(n->in, name, x->u.col.id) ||
	    !unique(n->in2, name, x->u.col.id))
		text_addf(&t, "#%d", x->u.col.id);
	strncpy(to, text_str(&t), sizeof n->buf[0] - 1);
	text_release(&t);
	return to;
}

static void
print_expr(struct text *to, const struct expr *x, const struct schema *in,
    const struct schema *in2)
{
	struct names n = { .in = in, .in2 = in2 };

	expr_print(to, x, name_column, &n);
}

void
plantext_expr(struct text *to, const struct expr *x, const struct schema *in)
{
	print_expr(to, x, in, NULL);
}

static void
print_out(struct text *to, const struct schema *s, int i)
{
	name_print(to, s->col[i].name);
	if (!unique(s, s->col[i].name, s->col[i].id))
		text_addf(to, "#%d", s->col[i].id);
}

static void
print_keys(struct text *to, const struct sort_key *k, int n,
    const struct schema *in)
{
	for (int i = 0; i < n; i++) {
		if (i)
			text_adds(to, ", ");
		plantext_expr(to, k[i].x, in);
		if (k[i].desc)
			text_adds(to, " desc");
		if (k[i].nulls_last != k[i].desc)
			text_adds(to, k[i].nulls_last ? " nulls last" :
			    " nulls first");
	}
}

static void
print_options(struct text *to, const struct option_list *o)
{
	for (int i = 0; i < o->n; i++) {
		text_addf(to, " %s ", o->v[i].key);
		text_add_quoted(to, o->v[i].value, strlen(o->v[i].value));
	}
}

static void
print_scan(struct text *to, const struct node *n)
{
	const struct input *in = n->u.scan.input;

	text_addf(to, "scan %s ", in->format);
	text_add_quoted(to, in->text, strlen(in->text));
	text_adds(to, " (");
	for (int i = 0; i < n->out->ncol; i++) {
		if (i)
			text_adds(to, ", ");
		print_out(to, n->out, i);
		text_addc(to, ' ');
		type_print(to, n->out->col[i].type);
	}
	text_addc(to, ')');
	print_options(to, &in->options);
	if (n->u.scan.filter) {
		text_adds(to, " where ");
		plantext_expr(to, n->u.scan.filter, n->out);
	}
	if (n->u.scan.prune) {
		text_adds(to, " files where ");
		plantext_expr(to, n->u.scan.prune, n->out);
	}
}

static void
print_project(struct text *to, const struct node *n)
{
	text_adds(to, "project ");
	for (int i = 0; i < n->out->ncol; i++) {
		const struct expr *x = n->u.project.x[i];
		size_t before = to->n;

		if (i)
			text_adds(to, ", "), before = to->n;
		plantext_expr(to, x, n->kid[0]->out);
		if (x->kind == EXPR_COL && to->n - before ==
		    strlen(n->out->col[i].name) && memcmp(to->p + before,
		    n->out->col[i].name, to->n - before) == 0 &&
		    unique(n->out, n->out->col[i].name, n->out->col[i].id))
			continue;
		text_adds(to, " as ");
		print_out(to, n->out, i);
	}
}

static void
print_aggregate(struct text *to, const struct node *n)
{
	const struct schema *in = n->kid[0]->out;
	bool states = n->u.agg.mode == AGG_PARTIAL ||
	    n->u.agg.mode == AGG_MERGE;

	text_addf(to, "aggregate%s", mode_name[n->u.agg.mode]);
	for (int i = 0; i < n->u.agg.nagg; i++) {
		text_adds(to, i ? ", " : " ");
		plantext_expr(to, n->u.agg.agg[i], in);
		if (!states) {
			text_adds(to, " as ");
			print_out(to, n->out, n->u.agg.nkey + i);
		}
	}
	if (n->u.agg.nkey)
		text_adds(to, " by ");
	for (int i = 0; i < n->u.agg.nkey; i++) {
		if (i)
			text_adds(to, ", ");
		plantext_expr(to, n->u.agg.key[i], in);
		if (n->u.agg.key[i]->kind != EXPR_COL) {
			text_adds(to, " as ");
			print_out(to, n->out, i);
		}
	}
}

static void
print_join(struct text *to, const struct node *n)
{
	const struct schema *l = n->kid[0]->out, *r = n->kid[1]->out;

	text_addf(to, "join %s%s", join_name[n->u.join.kind],
	    how_name[n->u.join.how]);
	for (int i = 0; i < n->u.join.nkey; i++) {
		text_adds(to, i ? " and " : " on ");
		plantext_expr(to, n->u.join.lkey[i], l);
		text_adds(to, " = ");
		plantext_expr(to, n->u.join.rkey[i], r);
	}
	if (n->u.join.cond) {
		text_adds(to, " when ");
		print_expr(to, n->u.join.cond, l, r);
	}
}

static void
print_write(struct text *to, const struct node *n)
{
	static const char *const mode[] = { "", " overwrite", " append",
	    " ignore" };

	text_adds(to, n->kind == NODE_COLLECT ? "collect" : node_name(n));
	if (n->kind == NODE_COLLECT && n->u.write.command) {
		text_adds(to, " cmd ");
		text_add_quoted(to, n->u.write.command,
		    strlen(n->u.write.command));
	} else if (n->kind != NODE_COLLECT) {
		text_addc(to, ' ');
		text_add_quoted(to, n->u.write.target,
		    strlen(n->u.write.target));
	}
	if (n->u.write.format)
		text_addf(to, " %s", n->u.write.format);
	print_options(to, &n->u.write.options);
	if (n->u.write.npart) {
		text_adds(to, " partition by (");
		for (int i = 0; i < n->u.write.npart; i++) {
			if (i)
				text_adds(to, ", ");
			print_out(to, n->out, n->u.write.part[i]);
		}
		text_addc(to, ')');
	}
	text_adds(to, mode[n->u.write.mode]);
	if (n->u.write.single)
		text_adds(to, " single");
}

static void
print_values(struct text *to, const struct node *n)
{
	text_addf(to, "values %d row%s (", n->u.values.nrow,
	    n->u.values.nrow == 1 ? "" : "s");
	schema_print(to, n->out);
	text_addc(to, ')');
}

static void
print_pipe(struct text *to, const struct node *n)
{
	text_adds(to, "pipe ");
	text_add_quoted(to, n->u.pipe.command, strlen(n->u.pipe.command));
	text_addf(to, " in %s out %s as (", n->u.pipe.in_format,
	    n->u.pipe.out_format);
	schema_print(to, n->out);
	text_addc(to, ')');
}

static void
print_exchange(struct text *to, const struct node *n)
{
	text_addf(to, "exchange %s", part_name[n->u.exchange.part]);
	if (n->u.exchange.nkey) {
		text_addc(to, '(');
		print_keys(to, n->u.exchange.key, n->u.exchange.nkey, n->out);
		text_addc(to, ')');
	}
	if (n->u.exchange.part != PART_SINGLE &&
	    n->u.exchange.part != PART_BROADCAST)
		text_addf(to, " %d", n->u.exchange.n);
}

static void
print_read(struct text *to, const struct node *n)
{
	text_adds(to, n->u.read.part == PART_BROADCAST ? "read broadcast" :
	    n->u.read.part == PART_RANGE ? "read merge" : "read");
	for (int i = 0; i < n->u.read.nstage; i++)
		text_addf(to, "%s%d", i ? ", " : " ", n->u.read.stage[i]);
}

/* The node alone. */
static void
print_node(struct text *to, const struct node *n)
{
	const struct schema *in = n->nkid ? n->kid[0]->out : NULL;

	switch (n->kind) {
	case NODE_SCAN:      print_scan(to, n); return;
	case NODE_PROJECT:   print_project(to, n); return;
	case NODE_AGGREGATE: print_aggregate(to, n); return;
	case NODE_JOIN:      print_join(to, n); return;
	case NODE_WRITE: case NODE_TEE: case NODE_COLLECT:
			     print_write(to, n); return;
	case NODE_VALUES:    print_values(to, n); return;
	case NODE_PIPE:      print_pipe(to, n); return;
	case NODE_EXCHANGE:  print_exchange(to, n); return;
	case NODE_READ:      print_read(to, n); return;
	case NODE_RANGE:
		text_addf(to, "range %" PRId64 " %" PRId64 " %" PRId64,
		    n->u.range.start, n->u.range.end, n->u.range.step);
		return;
	case NODE_FILTER:
		text_adds(to, "filter ");
		plantext_expr(to, n->u.filter.cond, in);
		return;
	case NODE_GENERATE:
		text_adds(to, n->u.generate.outer ? "generate outer " :
		    "generate ");
		plantext_expr(to, n->u.generate.call, in);
		text_adds(to, " as (");
		for (int i = in->ncol; i < n->out->ncol; i++) {
			if (i > in->ncol)
				text_adds(to, ", ");
			print_out(to, n->out, i);
		}
		text_addc(to, ')');
		return;
	case NODE_SORT:
		text_adds(to, n->u.sort.global ? "sort global " : "sort ");
		print_keys(to, n->u.sort.key, n->u.sort.nkey, n->out);
		return;
	case NODE_TOPN:
		text_addf(to, "topn %" PRId64 " ", n->u.topn.limit);
		print_keys(to, n->u.topn.key, n->u.topn.nkey, n->out);
		return;
	case NODE_LIMIT:
		text_adds(to, "limit");
		if (n->u.limit.limit >= 0)
			text_addf(to, " %" PRId64, n->u.limit.limit);
		if (n->u.limit.offset)
			text_addf(to, " offset %" PRId64, n->u.limit.offset);
		return;
	case NODE_ASSERT:
		text_adds(to, "assert ");
		plantext_expr(to, n->u.check.cond, in);
		return;
	case NODE_REPARTITION:
		text_addf(to, "repartition %s",
		    part_name[n->u.repartition.part]);
		if (n->u.repartition.n)
			text_addf(to, " %d", n->u.repartition.n);
		if (n->u.repartition.nkey) {
			text_adds(to, " by ");
			print_keys(to, n->u.repartition.key,
			    n->u.repartition.nkey, n->out);
		}
		return;
	default:
		text_adds(to, node_name(n));
	}
}

/* The chain of a stage: inputs first; several inputs in brackets. */
static void
print_chain(struct text *to, const struct node *n)
{
	if (n->nkid == 1) {
		print_chain(to, n->kid[0]);
		text_adds(to, " | ");
	}
	print_node(to, n);
	if (n->nkid < 2)
		return;
	for (int i = 0; i < n->nkid; i++) {
		text_adds(to, " [ ");
		print_chain(to, n->kid[i]);
		text_adds(to, " ]");
	}
}

void
plantext_print(struct text *to, const struct stages *s)
{
	for (int i = 0; i < s->n; i++) {
		const struct stage *g = &s->stage[i];

		if (g->npart)
			text_addf(to, "stage %d  tasks %d  ", g->id, g->npart);
		else
			text_addf(to, "stage %d  tasks ?  ", g->id);
		print_chain(to, g->root);
		text_addc(to, '\n');
	}
}

static void
print_tree(struct text *to, const struct node *n, int depth)
{
	for (int i = 0; i < depth; i++)
		text_adds(to, i == depth - 1 ? "+- " : "   ");
	print_node(to, n);
	text_addc(to, '\n');
	for (int i = 0; i < n->nkid; i++)
		print_tree(to, n->kid[i], depth + 1);
}

void
plantext_tree(struct text *to, const struct node *n)
{
	print_tree(to, n, 0);
}

void
plantext_dot(struct text *to, const struct stages *s)
{
	text_adds(to, "digraph plan {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (int i = 0; i < s->n; i++) {
		const struct stage *g = &s->stage[i];
		struct text t = { 0 };

		print_chain(&t, g->root);
		text_addf(to, "\ts%d [label=", g->id);
		text_add_json(to, text_str(&t), t.n);
		text_adds(to, "];\n");
		text_release(&t);
		for (int k = 0; k < g->nin; k++)
			text_addf(to, "\ts%d -> s%d;\n", g->in[k], g->id);
	}
	text_adds(to, "}\n");
}

void
plantext_json(struct text *to, const struct stages *s)
{
	text_adds(to, "{\"stages\":[");
	for (int i = 0; i < s->n; i++) {
		const struct stage *g = &s->stage[i];
		struct text t = { 0 };

		print_chain(&t, g->root);
		text_addf(to, "%s{\"stage\":%d,\"tasks\":%d,\"reads\":[",
		    i ? "," : "", g->id, g->npart);
		for (int k = 0; k < g->nin; k++)
			text_addf(to, "%s%d", k ? "," : "", g->in[k]);
		text_adds(to, "],\"plan\":");
		text_add_json(to, text_str(&t), t.n);
		text_addc(to, '}');
		text_release(&t);
	}
	text_adds(to, "]}\n");
}

static void
lineage(struct text *to, const struct stages *s, const struct stage *g,
    const struct node *n, int depth)
{
	text_addf(to, "(%d) ", g->npart);
	for (int i = 0; i < depth; i++)
		text_adds(to, " |  ");
	print_node(to, n);
	text_addc(to, '\n');
	for (int i = 0; i < n->nkid; i++)
		lineage(to, s, g, n->kid[i], depth);
	for (int i = 0; n->kind == NODE_READ && i < n->u.read.nstage; i++) {
		const struct stage *in = &s->stage[n->u.read.stage[i] - 1];

		lineage(to, s, in, in->root, depth + 1);
	}
}

void
plantext_lineage(struct text *to, const struct stages *s)
{
	const struct stage *last = &s->stage[s->n - 1];

	lineage(to, s, last, last->root, 0);
}
