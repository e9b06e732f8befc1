/*
 * parse_window -- sort keys, over (…), frames, named windows.
 */
#include "sql/parser.h"

static int
parse_sort(struct parser *p, struct ast_sort *s)
{
	int first = p->i;

	*s = (struct ast_sort){ 0 };
	TRY(parse_expr(p, &s->expr));
	if (take_word(p, "desc"))
		s->desc = 1;
	else
		take_word(p, "asc");
	if (take_words(p, "nulls first"))
		s->nulls = NULLS_FIRST;
	else if (take_words(p, "nulls last"))
		s->nulls = NULLS_LAST;
	else if (at_word(p, 0, "nulls")) {
		p->i++;
		return parse_expected(p, "'first' or 'last' behind nulls");
	}
	s->span = span_from(p, first);
	return 0;
}

int
parse_sorts(struct parser *p, struct ast_sort **out, int *n)
{
	int cap = 0, chain = p->chain, most = chain;

	*out = NULL;
	*n = 0;
	do {
		ARENA_GROW(p->a, *out, *n, cap);
		p->chain = chain;
		TRY(parse_sort(p, &(*out)[*n]));
		(*n)++;
		if (p->chain > most)
			most = p->chain;
	} while (take_op(p, ","));
	p->chain = most;
	return 0;
}

static int
parse_bound(struct parser *p, struct ast_bound *b)
{
	*b = (struct ast_bound){ 0 };
	if (take_words(p, "unbounded preceding")) {
		b->kind = BOUND_UNBOUNDED_PRECEDING;
		return 0;
	}
	if (take_words(p, "unbounded following")) {
		b->kind = BOUND_UNBOUNDED_FOLLOWING;
		return 0;
	}
	if (take_words(p, "current row")) {
		b->kind = BOUND_CURRENT;
		return 0;
	}
	TRY(parse_expr(p, &b->expr));
	if (take_word(p, "preceding"))
		b->kind = BOUND_PRECEDING;
	else if (take_word(p, "following"))
		b->kind = BOUND_FOLLOWING;
	else
		return parse_expected(p, "'preceding' or 'following'");
	return 0;
}

static int
parse_frame(struct parser *p, struct ast_frame **out)
{
	int first = p->i;
	struct ast_frame *f;

	if (at_word(p, 0, "groups"))
		return err_at(p->e, next_span(p),
		    "window frames by groups are not supported");
	if (!at_any(p, 0, "rows range"))
		return 0;
	f = *out = NEW(p->a, struct ast_frame);
	f->unit = at_word(p, 0, "rows") ? FRAME_ROWS : FRAME_RANGE;
	p->i++;
	f->hi.kind = BOUND_CURRENT;
	if (take_word(p, "between")) {
		TRY(parse_bound(p, &f->lo));
		TRY(need_word(p, "and", "between the bounds of the frame"));
		TRY(parse_bound(p, &f->hi));
	} else {
		TRY(parse_bound(p, &f->lo));
	}
	f->span = span_from(p, first);
	return 0;
}

/* The inside of over (…). */
static int
parse_window_body(struct parser *p, struct ast_window *w)
{
	struct ast_exprs part = { 0 };

	if (take_words(p, "partition by") || take_words(p, "distribute by") ||
	    take_words(p, "cluster by"))
		TRY(parse_list(p, parse_expr, &part));
	w->part = part.v;
	w->npart = part.n;
	if (take_words(p, "order by") || take_words(p, "sort by"))
		TRY(parse_sorts(p, &w->sort, &w->nsort));
	return parse_frame(p, &w->frame);
}

int
parse_window(struct parser *p, struct ast_window **out)
{
	struct ast_window *w = *out = NEW(p->a, struct ast_window);
	int first = p->i, bracket = at_op(p, 0, "(");

	if (!bracket || (at_name(p, 1) && at_op(p, 2, ")"))) {
		p->i += bracket;
		w->name = NEW(p->a, struct ast_ident);
		TRY(parse_ident(p, "the name of a window or '('", w->name));
		p->i += bracket;
	} else {
		p->i++;
		p->bracket++;
		TRY(parse_window_body(p, w));
		p->bracket--;
		TRY(need_op(p, ")", "to close the window"));
	}
	w->span = span_from(p, first);
	return 0;
}

int
parse_named_windows(struct parser *p, struct ast_windows *out)
{
	int cap = 0;

	*out = (struct ast_windows){ 0 };
	do {
		struct ast_named_window *w;

		ARENA_GROW(p->a, out->v, out->n, cap);
		w = &out->v[out->n++];
		TRY(parse_ident(p, "the name of a window", &w->name));
		TRY(need_word(p, "as", "behind the name of the window"));
		TRY(parse_window(p, &w->window));
	} while (take_op(p, ","));
	return 0;
}
