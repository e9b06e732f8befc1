/*
 * plantext -- plans as text: stages, trees, graphs.
 *
 * A stage begins a line; a bar that would go beyond WIDTH begins another one
 * with an indentation.  Operators themselves are never broken.
 */
#include "plan/plantext.h"

#include <string.h>

#include "plan/plantext_print.h"

#define WIDTH 96

/* Number of bytes behind the last line's beginning. */
static size_t
column_now(const struct text *t)
{
	size_t i = t->n;

	while (i > 0 && t->p[i - 1] != '\n')
		i--;
	return t->n - i;
}

/* The chain, broken into lines where an operator would not fit. */
static void
print_lines(struct text *to, const struct stages *s, const struct node *n)
{
	struct text one = { 0 };
	struct plan_writer w = { &one, s, true };

	if (n->nkid) {
		print_lines(to, s, n->kid[0]);
		plantext_node(&w, n);
		text_adds(to, column_now(to) + 3 + one.n > WIDTH ?
		    "\n    | " : " | ");
	} else {
		plantext_node(&w, n);
	}
	text_add(to, one.p, one.n);
	text_release(&one);
}

void
plantext_chain(struct plan_writer *w, const struct node *n)
{
	if (n->nkid) {
		plantext_chain(w, n->kid[0]);
		text_adds(w->to, " | ");
	}
	plantext_node(w, n);
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
		print_lines(to, s, g->root);
		text_addc(to, '\n');
	}
}

static void
print_tree(struct text *to, const struct node *n, int depth)
{
	struct plan_writer w = { to, NULL, false };

	for (int i = 0; i < depth; i++)
		text_adds(to, i == depth - 1 ? "+- " : "   ");
	plantext_node(&w, n);
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
		struct plan_writer w = { &t, s, true };

		plantext_chain(&w, g->root);
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
		struct plan_writer w = { &t, s, true };

		plantext_chain(&w, g->root);
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
	struct plan_writer w = { to, s, false };

	text_addf(to, "(%d) ", g->npart);
	for (int i = 0; i < depth; i++)
		text_adds(to, " |  ");
	plantext_node(&w, n);
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
