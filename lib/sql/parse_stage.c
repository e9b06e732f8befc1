/*
 * parse_stage -- what follows | and |>: one function a stage, one table.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/near.h"
#include "plan/kept.h"

static int
stage_extend(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_exprs list;
	struct ast_windows windows;

	TRY(parse_list(p, parse_alias_expr, &list));
	if (take_word(p, "window")) {
		TRY(parse_named_windows(p, &windows));
		*q = query_new(p, AST_WINDOWS, first, 1, *q);
		(*q)->u.windows = windows;
	}
	*q = query_new(p, AST_EXTEND, first, 1, *q);
	(*q)->u.exprs = list;
	return 0;
}

static int
stage_set(struct parser *p, struct ast_query **q)
{
	int first = p->i++, cap = 0, n = 0;
	struct ast_set *v = NULL;

	do {
		ARENA_GROW(p->a, v, n, cap);
		TRY(parse_ident(p, "the name of a column", &v[n].column));
		TRY(need_op(p, "=", "behind the column to set"));
		TRY(parse_expr(p, &v[n].expr));
		n++;
	} while (take_op(p, ","));
	*q = query_new(p, AST_SET, first, 1, *q);
	(*q)->u.set.v = v;
	(*q)->u.set.n = n;
	return 0;
}

static int
stage_drop(struct parser *p, struct ast_query **q)
{
	int first = p->i++, n;
	struct ast_ident *v;

	TRY(parse_ident_list(p, "the name of a column", &v, &n));
	*q = query_new(p, AST_DROP, first, 1, *q);
	(*q)->u.drop.v = v;
	(*q)->u.drop.n = n;
	return 0;
}

static int
stage_as(struct parser *p, struct ast_query **q)
{
	return parse_as(p, p->i++, 1, "a name behind as", q);
}

static int
stage_where(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_expr *x;

	TRY(parse_expr(p, &x));
	*q = query_new(p, AST_WHERE, first, 1, *q);
	(*q)->u.expr = x;
	return 0;
}

static int
stage_aggregate(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_aggregate g = { 0 };
	struct ast_exprs list = { 0 };

	if (!at_words(p, "group by"))
		TRY(parse_list(p, parse_alias_expr, &list));
	g.item = list.v;
	g.nitem = list.n;
	if (take_words(p, "group by"))
		TRY(parse_groups(p, 1, &g.group, &g.ngroup));
	*q = query_new(p, AST_AGGREGATE, first, 1, *q);
	(*q)->u.aggregate = g;
	return 0;
}

static int
stage_setop(struct parser *p, struct ast_query **q)
{
	return parse_setop(p, 1, q);
}

static int
stage_clause(struct parser *p, struct ast_query **q)
{
	int r;

	TRY(r = parse_clause(p, 1, q));
	if (r && (*q)->kind == AST_LIMIT && at_word(p, 0, "offset"))
		TRY(parse_clause(p, 0, q));     /* of the limit: skips first */
	if (r)
		return 0;
	p->i++;                 /* order, sort, distribute, cluster */
	return need_word(p, "by", NULL);
}

static int
stage_from_step(struct parser *p, struct ast_query **q)
{
	int r;

	TRY(r = parse_from_step(p, 1, q));
	if (r)
		return 0;
	p->i++;
	return parse_expected(p, at_word(p, -1, "lateral") ? "'view'" : "'('");
}

static int
stage_sample(struct parser *p, struct ast_query **q)
{
	return parse_sample(p, 1, q);
}

/* repartition [N] [by …], coalesce N, rebalance [N] [by …]. */
static int
stage_repartition(struct parser *p, struct ast_query **q)
{
	int first = p->i;
	enum ast_query_kind kind = at_word(p, 0, "coalesce") ? AST_COALESCE :
	    at_word(p, 0, "rebalance") ? AST_REBALANCE : AST_REPARTITION;
	struct ast_exprs by = { 0 };
	struct ast_expr *n = NULL;

	p->i++;
	if (at_kind(p, 0, TOK_NUMBER) || at_kind(p, 0, TOK_PARAM) ||
	    at_op(p, 0, "(")) {
		TRY(parse_primary(p, &n));
	} else if (kind == AST_COALESCE) {
		parse_expected(p, "a number of partitions");
		return err_hint(p->e, "for the function write "
		    "(a | coalesce(b)), in brackets");
	}
	if (kind != AST_COALESCE && take_word(p, "by"))
		TRY(parse_list(p, parse_expr, &by));
	if (!n && !by.n && kind == AST_REPARTITION)
		return parse_expected(p, "a number of partitions or 'by'");
	*q = query_new(p, kind, first, 1, *q);
	(*q)->u.repartition.n = n;
	(*q)->u.repartition.by = by.v;
	(*q)->u.repartition.nby = by.n;
	return 0;
}

/* 60s, 500ms, 2m, 1h, 60: in milliseconds. */
static int
parse_duration(struct parser *p, long *out)
{
	static const struct { const char *unit; long ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "", 1000 }, { "m", 60000 },
		{ "min", 60000 }, { "h", 3600000 },
	};
	const struct token *t = tok_peek(p, 0);
	const char *s = lex_name(p->a, p->text, &(struct token){
	    .kind = TOK_WORD, .at = t->at, .len = t->len });
	size_t n = strspn(s, "0123456789");
	long v = 0;

	if ((t->kind == TOK_WORD || t->kind == TOK_NUMBER) && n > 0 && n < 10) {
		for (size_t i = 0; i < n; i++)
			v = v * 10 + (s[i] - '0');
		for (size_t i = 0; i < sizeof units / sizeof *units; i++)
			if (v && strcmp(parse_lower(p, s + n),
			    units[i].unit) == 0) {
				*out = v * units[i].ms;
				p->i++;
				return 0;
			}
	}
	return parse_expected(p, "a time like 60s, 500ms or 2m");
}

static int
parse_pipe_format(struct parser *p, struct ast_ident **out)
{
	if (!at_any(p, 0, "tsv csv json text"))
		return parse_expected(p, "tsv, csv, json or text");
	*out = NEW(p->a, struct ast_ident);
	TRY(parse_ident(p, "a format", *out));
	(*out)->name = parse_lower(p, (*out)->name);
	return 0;
}

static int
parse_pipe_ok(struct parser *p, struct ast_pipe *v)
{
	int cap = 0;
	long code;

	v->ok = NULL;
	v->nok = 0;
	do {
		ARENA_GROW(p->a, v->ok, v->nok, cap);
		TRY(parse_count(p, "an exit code", 255, &code));
		v->ok[v->nok++] = (int)code;
	} while (take_op(p, ","));
	return 0;
}

static int
parse_pipe_file(struct parser *p, struct ast_pipe *v)
{
	if (v->nfile == 100)
		return err_at(p->e, next_span(p), "more than 100 files");
	v->file = arena_regrow(p->a, v->file,
	    sizeof *v->file * (size_t)v->nfile,
	    sizeof *v->file * (size_t)(v->nfile + 1));
	return parse_string(p, "a file", &v->file[v->nfile++]);
}

/* One thing behind the command: 1, nothing more: 0. */
static int
parse_pipe_one(struct parser *p, struct ast_pipe *v)
{
	if (take_word(p, "in"))
		TRY(parse_pipe_format(p, &v->in));
	else if (take_word(p, "out"))
		TRY(parse_pipe_format(p, &v->out));
	else if (take_word(p, "ok"))
		TRY(parse_pipe_ok(p, v));
	else if (take_word(p, "timeout"))
		TRY(parse_duration(p, &v->timeout_ms));
	else if (take_word(p, "pure"))
		v->pure = 1;
	else if (take_words(p, "with file"))
		TRY(parse_pipe_file(p, v));
	else if (take_word(p, "as"))
		TRY(parse_column_list(p, 0, &v->column, &v->ncolumn));
	else if (at_name(p, 0))
		return parse_expected(p, "in, out, ok, timeout, pure, "
		    "with file, as (…) or a stage");
	else
		return 0;
	return 1;
}

static int
stage_pipe(struct parser *p, struct ast_query **q)
{
	int first = p->i++, r, message = p->message;
	struct ast_pipe v = { 0 };
	struct ast_exprs by = { 0 };

	p->message = 2;
	if (take_word(p, "by"))
		TRY(parse_list(p, parse_expr, &by));
	v.by = by.v;
	v.nby = by.n;
	if (take_words(p, "order by"))
		TRY(parse_sorts(p, &v.sort, &v.nsort));
	p->message = message;
	TRY(parse_string(p, "a command in quotes", &v.cmd));
	do
		TRY(r = parse_pipe_one(p, &v));
	while (r);
	*q = query_new(p, AST_PIPE, first, 1, *q);
	(*q)->u.pipe = v;
	return 0;
}

static int
stage_write(struct parser *p, struct ast_query **q)
{
	int first = p->i, tee = at_word(p, 0, "tee");
	struct ast_write w;

	p->i++;
	TRY(parse_write(p, &w));
	*q = query_new(p, tee ? AST_TEE : AST_WRITE, first, 1, *q);
	(*q)->u.write = w;
	return 0;
}

static int
unknown_level(struct parser *p, const char *word)
{
	const struct kept_level *l;
	struct near near;

	near_init(&near, word);
	for (int i = 0; (l = kept_level_at(i)) != NULL; i++) {
		near_offer(&near, l->name);
		near_offer(&near, l->spark);
	}
	p->i--;
	parse_expected(p, "memory, memory_ser, memory_disk, disk or off_heap");
	return near.best ? err_hint(p->e, "did you mean '%s'?", near.best) :
	    ERR_USER;
}

static int
stage_cache(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_ident *level = NULL;

	if (at_name(p, 0)) {
		level = NEW(p->a, struct ast_ident);
		TRY(parse_ident(p, "a level", level));
		if (kept_level_find(level->name) == NULL)
			return unknown_level(p, level->name);
		level->name = parse_lower(p, level->name);
	}
	*q = query_new(p, AST_CACHE, first, 1, *q);
	(*q)->u.cache.level = level;
	return 0;
}

static int
stage_checkpoint(struct parser *p, struct ast_query **q)
{
	int first = p->i++;
	struct ast_string dir = { 0 };

	if (at_kind(p, 0, TOK_STRING))
		TRY(parse_string(p, "a directory", &dir));
	*q = query_new(p, AST_CHECKPOINT, first, 1, *q);
	(*q)->u.cache.dir = dir;
	return 0;
}

static int
stage_assert(struct parser *p, struct ast_query **q)
{
	int first = p->i++, message = p->message;
	struct ast_expr *x;
	struct ast_string s = { 0 };

	p->message = 1;
	TRY(parse_expr(p, &x));
	p->message = message;
	if (at_kind(p, 0, TOK_STRING))
		TRY(parse_string(p, "a message", &s));
	*q = query_new(p, AST_ASSERT, first, 1, *q);
	(*q)->u.assertion.cond = x;
	(*q)->u.assertion.message = s;
	return 0;
}

static int
stage_call(struct parser *p, struct ast_query **q)
{
	(void)q;
	return err_at(p->e, next_span(p), "the stage 'call' is not supported");
}

static const struct stage {
	const char *words;
	int (*parse)(struct parser *, struct ast_query **);
} stages[] = {
	{ "select", parse_select_stage }, { "extend", stage_extend },
	{ "set", stage_set }, { "drop", stage_drop }, { "as", stage_as },
	{ "where", stage_where }, { "aggregate", stage_aggregate },
	{ "limit offset order window distribute sort cluster", stage_clause },
	{ "union intersect except minus setminus", stage_setop },
	{ "join inner left right full cross semi anti natural lateral pivot "
	  "unpivot", stage_from_step },
	{ "tablesample", stage_sample },
	{ "repartition coalesce rebalance", stage_repartition },
	{ "pipe", stage_pipe }, { "write tee", stage_write },
	{ "cache", stage_cache }, { "checkpoint", stage_checkpoint },
	{ "assert", stage_assert }, { "call", stage_call },
};

int
parse_stage(struct parser *p, struct ast_query **q)
{
	const char *word;

	p->i++;                 /* | or |> */
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (at_any(p, 0, stages[i].words))
			return stages[i].parse(p, q);
	if (!at_kind(p, 0, TOK_WORD))
		return parse_expected(p, "a stage");
	word = lex_name(p->a, p->text, tok_peek(p, 0));
	err_at(p->e, next_span(p), "unknown stage '%s'", word);
	hint_stage(p, word);
	return ERR_USER;
}
