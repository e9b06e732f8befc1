/*
 * plan_read -- see plan_read.h: stages and chains of operators.
 *
 *	stage 1  tasks 8  OPERATOR | OPERATOR | … exchange hash(a) 4
 *	stage 2  tasks ?  read 1 | …
 *
 * Lines mean nothing; a stage goes on until the next "stage N".  The number
 * of tasks is what the reader of a plan wants to know; it follows from the
 * inputs and is worked out again.
 */
#include "sql/plan_reader.h"

int
plan_read_chain(struct plan_reader *r, struct node **out)
{
	struct node *n = NULL;

	do {
		if (++r->links > PARSE_CHAIN_MAX)
			return err_at(r->e, next_span(&r->p),
			    "more than %d operators in a row", PARSE_CHAIN_MAX);
		r->p.chain = 0;
		TRY(plan_read_step(r, n, &n));
	} while (take_op(&r->p, "|"));
	*out = n;
	return 0;
}

/* stage N tasks M: numbered from 1, one after the other. */
static int
read_head(struct plan_reader *r)
{
	struct span span;
	int64_t id, tasks;

	TRY(need_word(&r->p, "stage", "and its number"));
	span = next_span(&r->p);
	TRY(plan_read_whole(r, "the number of the stage", 1, INT32_MAX, &id));
	if (id != r->out->n + 1) {
		err_at(r->e, span, "expected stage %d, found stage %d",
		    r->out->n + 1, (int)id);
		return err_hint(r->e, "stages are numbered from 1 in the order "
		    "of the text");
	}
	r->now = (struct stage){ .id = (int)id };
	if (!take_word(&r->p, "tasks"))
		return 0;
	if (take_op(&r->p, "?"))
		return 0;
	return plan_read_whole(r, "the number of tasks", 0, INT32_MAX, &tasks);
}

static int
read_stage(struct plan_reader *r)
{
	int first = r->p.i, np;
	struct span span;

	TRY(read_head(r));
	span = span_from(&r->p, first);
	TRY(plan_read_chain(r, &r->now.root));
	TRY(plan_read_check(r, &r->now, span));
	np = stage_parts(r->out, r->now.root);
	r->now.npart = np < 0 ? 1 : np;
	if (r->now.root->kind == NODE_EXCHANGE && r->now.root->u.exchange.kept)
		r->now.npart = r->now.root->u.exchange.kept->parts ?
		    r->now.root->u.exchange.kept->parts : r->now.npart;
	ARENA_GROW(r->b.arena, r->read, r->out->n, r->read_cap);
	ARENA_GROW(r->b.arena, r->out->stage, r->out->n, r->stage_cap);
	r->read[r->out->n] = false;
	r->out->stage[r->out->n++] = r->now;
	if (at_word(&r->p, 0, "stage") || at_kind(&r->p, 0, TOK_END))
		return 0;
	return parse_expected(&r->p, "'|', a next stage or the end");
}

/* Every stage but the last is read, the last is not. */
static int
check_reads(struct plan_reader *r, const struct span *head)
{
	int n = r->out->n;
	const struct node *last = r->out->stage[n - 1].root;

	for (int i = 0; i < n - 1; i++)
		if (!r->read[i]) {
			err_at(r->e, head[i], "no other stage reads stage %d",
			    i + 1);
			return err_hint(r->e, "only the last stage may end "
			    "with an output");
		}
	if (last->kind == NODE_EXCHANGE && last->u.exchange.kept == NULL) {
		err_at(r->e, head[n - 1], "the last stage ends with an "
		    "exchange");
		return err_hint(r->e, "it must end with write or collect");
	}
	return 0;
}

/* "stage 1" begins a plan. */
static int
at_plan(const struct parser *p)
{
	const struct token *t = tok_peek(p, 1);

	return at_word(p, 0, "stage") && t->kind == TOK_NUMBER &&
	    t->len == 1 && p->text[t->at] == '1';
}

static int
read_plan(struct plan_reader *r)
{
	struct span *head = NULL;
	int cap = 0;

	r->out = NEW(r->b.arena, struct stages);
	r->stage_cap = r->cut_cap = r->read_cap = 0;
	r->read = NULL;
	do {
		ARENA_GROW(r->b.arena, head, r->out->n, cap);
		head[r->out->n] = next_span(&r->p);
		r->links = 0;
		TRY(read_stage(r));
	} while (!at_kind(&r->p, 0, TOK_END) && !at_plan(&r->p));
	return check_reads(r, head);
}

static int
read_all(struct plan_reader *r, struct stages ***out)
{
	int n = 0, cap = 0;

	*out = NULL;
	while (!at_kind(&r->p, 0, TOK_END)) {
		TRY(read_plan(r));
		ARENA_GROW(r->b.arena, *out, n, cap);
		(*out)[n++] = r->out;
	}
	return n ? n : err_user(r->e, EXIT_JOB, "the plan is empty");
}

int
plan_read(struct binder *b, const struct plan_conf *conf, const char *text,
    size_t n, int src, struct stages ***out, struct err *e)
{
	struct parse_options o = { .plan = 1 };
	struct plan_reader r = { .b = *b, .conf = conf, .e = e };
	int code;

	r.b.names = NULL;
	r.b.params = NULL;
	r.b.defs = NULL;
	r.b.hints = NULL;
	TRY(parser_open(&r.p, b->arena, text, n, src, &o, e));
	r.p.plan = 1;
	code = read_all(&r, out);
	b->ids = r.b.ids;
	b->kept = r.b.kept;
	b->nkept = r.b.nkept;
	b->noutput = r.b.noutput;
	return code;
}
