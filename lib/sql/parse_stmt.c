/*
 * parse_stmt -- statements: one function each, one table by first words.
 *
 * What Spark has and sp has not stands in the table too, so that it is
 * refused by its name.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/near.h"

static int
at_stmt_end(const struct parser *p)
{
	return at_op(p, 0, ";") || at_kind(p, 0, TOK_END) ||
	    (p->block && at_op(p, 0, "}"));
}

static int
stmt_query(struct parser *p, struct ast_stmt *s)
{
	struct ast_query *with = NULL, *q;

	s->kind = STMT_QUERY;
	if (at_word(p, 0, "with")) {
		TRY(parse_with(p, &with));
		if (at_word(p, 0, "insert"))
			return parse_insert(p, with, s);
	}
	TRY(parse_query_primary(p, &q));
	TRY(parse_query_rest(p, &q));
	if (with) {
		with->input = q;
		q = with;
	}
	s->u.query = q;
	return 0;
}

static int
stmt_let(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_LET;
	s->u.view.let = 1;
	p->i++;
	TRY(parse_ident(p, "a name behind let", &s->u.view.name));
	TRY(need_op(p, "=", "and a query behind the name"));
	return parse_query(p, &s->u.view.query);
}

/* The text from token number first up to the end of the statement. */
static const char *
raw_value(struct parser *p, int first)
{
	struct span s;

	while (!at_stmt_end(p))
		p->i++;
	s = span_from(p, first);
	return arena_memdup(p->a, p->text + s.at, (size_t)s.len);
}

static int
parse_set_value(struct parser *p, struct ast_stmt *s)
{
	int first = p->i;
	struct ast_string v;

	if (at_stmt_end(p))
		return parse_expected(p, "a value");
	if (at_kind(p, 0, TOK_STRING) && (at_op(p, 1, ";") ||
	    at_op(p, 1, "}") || at_kind(p, 1, TOK_END))) {
		TRY(parse_string(p, "a value", &v));
		s->u.set.value = v.p;
	} else {
		s->u.set.value = raw_value(p, first);
	}
	s->u.set.value_span = span_from(p, first);
	return 0;
}

/* The key of a setting: words, dots, dashes without space between. */
static int
parse_set_key(struct parser *p, struct ast_stmt *s)
{
	int first = p->i;
	struct ast_ident id;

	if (!at_name(p, 0))
		return parse_expected(p, "the name of a setting");
	if (at_kind(p, 0, TOK_QUOTED)) {
		TRY(parse_ident(p, "a name", &id));
		s->u.set.key = id.name;
	} else {
		do
			p->i++;
		while (!at_op(p, 0, "=") && !at_stmt_end(p) &&
		    tok_peek(p, 0)->at == tok_peek(p, -1)->at +
		    tok_peek(p, -1)->len);
		s->u.set.key = arena_memdup(p->a,
		    p->text + p->tok[first].at,
		    (size_t)span_from(p, first).len);
	}
	s->u.set.key_span = span_from(p, first);
	return 0;
}

static int
stmt_set(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_SET;
	s->u.set.reset = at_word(p, 0, "reset");
	p->i++;
	if (at_op(p, 0, "-") && at_word(p, 1, "v"))
		p->i += 2;
	if (at_stmt_end(p))
		return 0;
	if (at_any(p, 0, "var variable") && at_name(p, 1))
		return err_at(p->e, next_span(p),
		    "session variables are not supported; see param");
	if (take_words(p, "time zone")) {
		s->u.set.key = "spark.sql.session.timeZone";
		s->u.set.key_span = span_from(p, p->i - 2);
		return parse_set_value(p, s);
	}
	TRY(parse_set_key(p, s));
	if (at_stmt_end(p))
		return 0;
	if (s->u.set.reset)
		return parse_expected(p, "';' behind the setting");
	TRY(need_op(p, "=", "and a value behind the setting"));
	return parse_set_value(p, s);
}

static int
stmt_param(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_PARAM;
	p->i++;
	TRY(parse_ident(p, "the name of a parameter", &s->u.param.name));
	TRY(parse_type(p, &s->u.param.type));
	if (take_op(p, "=") || take_word(p, "default"))
		TRY(parse_expr(p, &s->u.param.init));
	return 0;
}

static int
stmt_include(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_INCLUDE;
	p->i++;
	return parse_string(p, "a path in quotes", &s->u.include.path);
}

/* def f(a int) int = expr | cmd "…". */
static int
stmt_def(struct parser *p, struct ast_stmt *s)
{
	struct ast_def *d = &s->u.def;

	s->kind = STMT_DEF;
	p->i++;
	TRY(parse_ident(p, "the name of a function", &d->name));
	if (at_op(p, 0, "(") && at_op(p, 1, ")"))
		p->i += 2;
	else
		TRY(parse_column_list(p, 1, &d->param, &d->nparam));
	TRY(parse_type(p, &d->type));
	TRY(need_op(p, "=", "and the function's expression or cmd"));
	if (at_word(p, 0, "cmd") && at_kind(p, 1, TOK_STRING)) {
		p->i++;
		return parse_string(p, "a command", &d->cmd);
	}
	return parse_expr(p, &d->body);
}

static int
expected_end(struct parser *p, enum ast_stmt_kind kind)
{
	int stages = kind == STMT_QUERY || kind == STMT_LET;

	parse_expected(p, stages ? "';' or a stage" : "';'");
	if (stages && word_stage(p, 0))
		err_hint(p->e, "a stage begins with |");
	return ERR_USER;
}

/* Statements up to the token that ends them, which is left. */
static int
parse_stmts(struct parser *p, struct ast_stmt ***out, int *n)
{
	int cap = 0;

	*out = NULL;
	*n = 0;
	for (;;) {
		while (take_op(p, ";"))
			;
		if (at_stmt_end(p))
			return 0;
		ARENA_GROW(p->a, *out, *n, cap);
		TRY(parse_stmt(p, &(*out)[*n]));
		(*n)++;
		/* A block ends by its bracket. */
		if (!at_stmt_end(p) && (*out)[*n - 1]->kind != STMT_REPEAT)
			return expected_end(p, (*out)[*n - 1]->kind);
	}
}

static int
stmt_repeat(struct parser *p, struct ast_stmt *s)
{
	struct ast_repeat *r = &s->u.repeat;

	s->kind = STMT_REPEAT;
	p->i++;
	TRY(parse_primary(p, &r->times));
	if (take_word(p, "checkpoint")) {
		TRY(need_word(p, "every", "and a number behind checkpoint"));
		TRY(parse_primary(p, &r->every));
	}
	TRY(need_op(p, "{", "before the statements to repeat"));
	p->block++;
	TRY(parse_stmts(p, &r->stmt, &r->nstmt));
	p->block--;
	return need_op(p, "}", "to close repeat");
}

static int
stmt_explain(struct parser *p, struct ast_stmt *s)
{
	static const struct { const char *word; enum ast_explain_mode mode; }
	    modes[] = {
		{ "extended", EXPLAIN_EXTENDED },
		{ "formatted", EXPLAIN_FORMATTED }, { "cost", EXPLAIN_COST },
		{ "codegen", EXPLAIN_CODEGEN }, { "simple", EXPLAIN_SIMPLE },
	};

	s->kind = STMT_EXPLAIN;
	p->i++;
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (take_word(p, modes[i].word)) {
			s->u.explain.mode = modes[i].mode;
			break;
		}
	return parse_stmt(p, &s->u.explain.stmt);
}

static int
stmt_describe(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_DESCRIBE;
	p->i++;
	if (at_any(p, 0, "database schema namespace catalog") && at_name(p, 1))
		return err_at(p->e, next_span(p),
		    "there are no databases or catalogs to describe");
	if (at_word(p, 0, "function") && at_name(p, 1)) {
		p->i++;
		s->u.describe.kind = DESCRIBE_FUNCTION;
		s->u.describe.extended = at_word(p, 0, "extended") &&
		    at_name(p, 1);
		p->i += s->u.describe.extended;
		return parse_name(p, "a function", &s->u.describe.name);
	}
	if ((at_word(p, 0, "query") && (word_query(p, 1) || at_op(p, 1, "(")))
	    || (word_query(p, 0) && !at_word(p, 0, "table")) ||
	    at_op(p, 0, "(")) {
		take_word(p, "query");
		s->u.describe.kind = DESCRIBE_QUERY;
		return parse_query(p, &s->u.describe.query);
	}
	if (at_word(p, 0, "table") && at_name(p, 1))
		p->i++;
	if (at_any(p, 0, "extended formatted") && at_name(p, 1)) {
		s->u.describe.extended = 1;
		p->i++;
	}
	return parse_name(p, "a table, view or query", &s->u.describe.name);
}

/* [from|in name] [name] [like 'x' | 'x']. */
static int
parse_show_tail(struct parser *p, struct ast_stmt *s, int named)
{
	if (take_word(p, "from") || take_word(p, "in") ||
	    (named && at_name(p, 0)))
		TRY(parse_name(p, "a name", &s->u.show.of));
	else if (named)
		return parse_expected(p, "the name of a table");
	if (take_word(p, "like") || at_kind(p, 0, TOK_STRING))
		return parse_string(p, "a pattern", &s->u.show.like);
	return 0;
}

static int
stmt_show(struct parser *p, struct ast_stmt *s)
{
	static const struct { const char *words; enum ast_show_kind kind;
		int named; } v[] = {
		{ "tables", SHOW_TABLES, 0 }, { "views", SHOW_VIEWS, 0 },
		{ "functions", SHOW_FUNCTIONS, 0 },
		{ "user functions", SHOW_FUNCTIONS, 0 },
		{ "system functions", SHOW_FUNCTIONS, 0 },
		{ "all functions", SHOW_FUNCTIONS, 0 },
		{ "columns", SHOW_COLUMNS, 1 },
		{ "databases", SHOW_DATABASES, 0 },
		{ "schemas", SHOW_DATABASES, 0 },
		{ "namespaces", SHOW_DATABASES, 0 },
		{ "create table", SHOW_CREATE_TABLE, 1 },
		{ "partitions", SHOW_PARTITIONS, 1 },
		{ "tblproperties", SHOW_TBLPROPERTIES, 1 },
	};

	s->kind = STMT_SHOW;
	p->i++;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		if (take_words(p, v[i].words)) {
			s->u.show.kind = v[i].kind;
			return parse_show_tail(p, s, v[i].named);
		}
	return parse_expected(p, "tables, views, functions, columns, databases, "
	    "create table, partitions or tblproperties");
}

static int
stmt_insert(struct parser *p, struct ast_stmt *s)
{
	return parse_insert(p, NULL, s);
}

static const struct statement {
	const char *word;
	int (*parse)(struct parser *, struct ast_stmt *);
} statements[] = {
	{ "select", stmt_query }, { "from", stmt_query },
	{ "with", stmt_query }, { "values", stmt_query },
	{ "table", stmt_query },
	{ "let", stmt_let }, { "set", stmt_set }, { "reset", stmt_set },
	{ "param", stmt_param }, { "include", stmt_include },
	{ "def", stmt_def }, { "repeat", stmt_repeat },
	{ "explain", stmt_explain }, { "describe", stmt_describe },
	{ "desc", stmt_describe }, { "show", stmt_show },
	{ "create", parse_create }, { "drop", parse_drop },
	{ "cache", parse_cache }, { "uncache", parse_cache },
	{ "clear", parse_cache }, { "insert", stmt_insert },
};

static const char refused[] =
    "alter merge update delete truncate analyze refresh msck grant revoke "
    "use load add list comment optimize vacuum call declare execute begin "
    "replace map reduce copy attach pragma install kill";

static int
unknown_stmt(struct parser *p)
{
	const char *word;
	struct near n;

	if (!at_kind(p, 0, TOK_WORD)) {
		parse_expected(p, "a statement");
		if (at_kind(p, 0, TOK_STRING) || at_name(p, 0))
			err_hint(p->e, "a pipeline begins with from");
		return ERR_USER;
	}
	word = lex_name(p->a, p->text, tok_peek(p, 0));
	if (at_any(p, 0, refused) && !at_op(p, 1, "|"))
		return err_at(p->e, next_span(p), "'%s' is not supported",
		    parse_lower(p, word));
	err_at(p->e, next_span(p), "unknown statement '%s'", word);
	near_init(&n, word);
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		near_offer(&n, statements[i].word);
	if (n.best && !at_op(p, 1, "|") && !at_op(p, 1, "|>"))
		err_hint(p->e, "did you mean '%s'?", n.best);
	else
		err_hint(p->e, "a pipeline begins with from");
	return ERR_USER;
}

int
parse_stmt(struct parser *p, struct ast_stmt **out)
{
	int first = p->i, r = 1, chain = p->chain;
	struct ast_stmt *s = *out = NEW(p->a, struct ast_stmt);
	size_t n = sizeof statements / sizeof *statements;

	TRY(parse_enter(p));
	p->chain = 0;
	if (at_op(p, 0, "("))
		TRY(r = stmt_query(p, s));
	for (size_t i = 0; i < n && r == 1; i++)
		if (at_word(p, 0, statements[i].word))
			TRY(r = statements[i].parse(p, s));
	if (r == 1)
		return unknown_stmt(p);
	parse_leave(p);
	p->chain = chain;
	s->span = span_from(p, first);
	return 0;
}

int
parse_statements(struct parser *p, struct ast_script *script)
{
	TRY(parse_stmts(p, &script->stmt, &script->nstmt));
	return at_kind(p, 0, TOK_END) ? 0 : parse_expected(p, "';'");
}
