/*
 * parse_source -- files and commands as tables, outputs, and their options.
 *
 *   "a.csv" csv header true sep ';' on error drop
 *
 * An option needs no bracket: it is a name with a literal behind it, which
 * nothing else in a FROM list or a write is.
 */
#include "sql/parser.h"

#include <string.h>

#include "base/near.h"

/* Options whose value may be a bare word. */
static const char word_options[] =
    "mode encoding charset compression codec locale timezone";

int
at_source(const struct parser *p)
{
	if (at_kind(p, 0, TOK_STRING) || at_op(p, 0, "-"))
		return 1;
	if (at_word(p, 0, "cmd") && at_kind(p, 1, TOK_STRING))
		return 1;
	return word_format(p, 0) && at_op(p, 1, ".") &&
	    (at_kind(p, 2, TOK_QUOTED) || at_kind(p, 2, TOK_STRING)) &&
	    !at_op(p, 3, ".");
}

/* Does a value of an option stand ahead? */
static int
at_value(const struct parser *p, int ahead)
{
	ahead += at_op(p, ahead, "-");
	return at_kind(p, ahead, TOK_STRING) || at_kind(p, ahead, TOK_NUMBER) ||
	    at_any(p, ahead, "true false null");
}

static int
at_option(const struct parser *p)
{
	int k = 0;

	if (!at_name(p, 0) || word_no_alias(p))
		return 0;
	while (at_op(p, k + 1, ".") && at_name(p, k + 2))
		k += 2;
	if (at_op(p, k + 1, "="))
		return 1;
	if (at_value(p, k + 1))
		return 1;
	return at_any(p, 0, word_options) && at_kind(p, 1, TOK_WORD) &&
	    !at_any(p, 1, "on as where join");
}

/* The words between two tokens, as written. */
static const char *
slice(struct parser *p, int first)
{
	struct span s = span_from(p, first);

	return arena_memdup(p->a, p->text + s.at, (size_t)s.len);
}

static int
parse_option(struct parser *p, struct ast_option *o)
{
	int first = p->i;
	struct ast_string s;
	struct ast_name name;

	if (at_kind(p, 0, TOK_STRING)) {        /* alone: its value follows */
		TRY(lex_string(p->a, p->text, tok_peek(p, 0), p->src, &s,
		    p->e));
		p->i++;
		o->key = s.p;
	} else {
		TRY(parse_name(p, "an option", &name));
		o->key = slice(p, first);
		if (name.npart == 1)
			o->key = name.part->name;
	}
	o->key_span = span_from(p, first);
	take_op(p, "=");
	if (at_kind(p, 0, TOK_STRING))
		return parse_string(p, "a value", &o->value);
	first = p->i;
	if (at_value(p, 0)) {
		take_op(p, "-");
		p->i++;
	} else {
		TRY(parse_name(p, "a value for the option", &name));
	}
	o->value.p = slice(p, first);
	o->value.n = (int)strlen(o->value.p);
	o->value.span = span_from(p, first);
	return 0;
}

/* Adds to a list that may already have some. */
static int
add_option(struct parser *p, struct ast_option **out, int *n)
{
	struct ast_option *v;

	v = arena_regrow(p->a, *out, sizeof *v * (size_t)*n,
	    sizeof *v * (size_t)(*n + 1));
	*out = v;
	TRY(parse_option(p, &v[*n]));
	(*n)++;
	if (*n > 1000)
		return err_at(p->e, next_span(p), "more than 1000 options");
	return 0;
}

int
parse_options(struct parser *p, struct ast_option **out, int *n)
{
	int bracket = at_any(p, 0, "options with") && at_op(p, 1, "(");

	if (!bracket)
		return add_option(p, out, n);
	p->i++;
	return parse_option_list(p, out, n);
}

int
parse_option_list(struct parser *p, struct ast_option **out, int *n)
{
	TRY(need_op(p, "(", "before the options"));
	if (take_op(p, ")"))
		return 0;
	do
		TRY(add_option(p, out, n));
	while (take_op(p, ","));
	return need_op(p, ")", "to close the options");
}

static int
parse_format(struct parser *p, struct ast_ident **out)
{
	*out = NEW(p->a, struct ast_ident);
	TRY(parse_ident(p, "a format", *out));
	(*out)->name = parse_lower(p, (*out)->name);
	return 0;
}

/* on error what: at the words. */
static int
parse_on_error(struct parser *p, struct ast_source *s)
{
	static const char *const what[] = { "fail", "null", "drop", "quarantine" };

	p->i += 2;
	for (int i = 0; i < 4; i++)
		if (take_word(p, what[i])) {
			s->on_error = (enum ast_on_error)(BAD_FAIL + i);
			return i < 3 ? 0 : parse_string(p,
			    "a directory behind quarantine", &s->quarantine);
		}
	return parse_expected(p, "fail, null, drop or quarantine behind "
	    "on error");
}

static int
at_on_error(const struct parser *p)
{
	return at_words(p, "on error") &&
	    (at_any(p, 2, "fail null drop quarantine") ||
	    (!at_kind(p, 2, TOK_OP) && !at_any(p, 2, "in is not like between")));
}

/* What may stand behind a path, in any order. */
static int
parse_source_tail(struct parser *p, struct ast_source *s)
{
	for (;;) {
		if (!s->ncolumn && at_op(p, 0, "("))
			TRY(parse_column_list(p, 1, &s->column, &s->ncolumn));
		else if (at_on_error(p))
			TRY(parse_on_error(p, s));
		else if (!s->format && word_format(p, 0) && !at_op(p, 1, "="))
			TRY(parse_format(p, &s->format));
		else if (at_option(p) || (at_any(p, 0, "options with") &&
		    at_op(p, 1, "(")))
			TRY(parse_options(p, &s->option, &s->noption));
		else
			return 0;
	}
}

/* csv.`path`: at the format. */
static int
parse_dotted_source(struct parser *p, struct ast_source *s)
{
	struct ast_ident path;

	TRY(parse_format(p, &s->format));
	p->i++;
	s->path = NEW(p->a, struct ast_string);
	s->npath = 1;
	if (at_kind(p, 0, TOK_STRING))
		return parse_string(p, "a path", s->path);
	TRY(parse_ident(p, "a path", &path));
	*s->path = (struct ast_string){ path.name, (int)strlen(path.name),
	    path.span };
	return 0;
}

/* "a", "b", …: only the head of a pipeline takes several. */
static int
parse_paths(struct parser *p, int head, struct ast_source *s)
{
	int cap = 0;

	do {
		ARENA_GROW(p->a, s->path, s->npath, cap);
		TRY(parse_string(p, "a path", &s->path[s->npath]));
		s->npath++;
	} while (head && s->kind == FROM_FILES && at_kind(p, 1, TOK_STRING) &&
	    take_op(p, ","));
	return 0;
}

int
parse_source(struct parser *p, int head, struct ast_query **out)
{
	int first = p->i;
	struct ast_source s = { 0 };

	if (take_op(p, "-")) {
		s.kind = FROM_STDIN;
	} else if (at_name(p, 0) && at_op(p, 1, ".")) {
		TRY(parse_dotted_source(p, &s));
	} else {
		if (take_word(p, "cmd"))
			s.kind = FROM_CMD;
		TRY(parse_paths(p, head, &s));
	}
	TRY(parse_source_tail(p, &s));
	*out = query_new(p, AST_SOURCE, first, 0, NULL);
	(*out)->u.source = s;
	return 0;
}

static const char write_words[] =
    "overwrite append ignore error errorifexists single files partition "
    "partitioned options text csv tsv json parquet arrow avro orc binary";

/* A mode at the next word: 1 when it was one. */
static int
take_mode(struct parser *p, struct ast_write *w)
{
	static const struct { const char *word; enum ast_write_mode mode; } v[] = {
		{ "overwrite", AST_WRITE_OVERWRITE }, { "append", AST_WRITE_APPEND },
		{ "ignore", AST_WRITE_IGNORE }, { "error", AST_WRITE_ERROR },
		{ "errorifexists", AST_WRITE_ERROR },
	};

	for (size_t i = 0; i < sizeof v / sizeof *v; i++)
		if (take_words(p, v[i].word)) {
			w->mode = v[i].mode;
			return 1;
		}
	return 0;
}

/* One thing behind the path: 1, nothing more: 0. */
static int
parse_write_one(struct parser *p, struct ast_write *w)
{
	long n;

	if (!w->format && word_format(p, 0) && !at_op(p, 1, "=")) {
		TRY(parse_format(p, &w->format));
	} else if (take_words(p, "partition by") ||
	    take_words(p, "partitioned by")) {
		if (at_op(p, 0, "("))
			TRY(parse_idents(p, "a column", &w->part, &w->npart));
		else
			TRY(parse_ident_list(p, "a column", &w->part,
			    &w->npart));
	} else if (at_word(p, 0, "mode") && at_any(p, 1,
	    "overwrite append ignore error errorifexists")) {
		p->i++;
		take_mode(p, w);
	} else if (take_mode(p, w)) {
		return 1;
	} else if (take_word(p, "single")) {
		w->single = 1;
	} else if (at_word(p, 0, "files") && !at_op(p, 1, "=")) {
		p->i++;
		TRY(parse_count(p, "a number of files", 1000000, &n));
		if (n == 0)
			return err_at(p->e, tok_span(p, p->i - 1),
			    "files 0 would write nothing");
		w->files = (int)n;
	} else if (at_option(p) || (at_any(p, 0, "options with") &&
	    at_op(p, 1, "("))) {
		TRY(parse_options(p, &w->option, &w->noption));
	} else {
		return 0;
	}
	return 1;
}

static int
unknown_write_word(struct parser *p)
{
	const char *word = lex_name(p->a, p->text, tok_peek(p, 0));
	const char *list = write_words;
	struct near n;

	err_at(p->e, next_span(p), "unknown format, mode or option '%s'", word);
	near_init(&n, word);
	while (*list) {
		size_t len = strcspn(list, " ");

		near_offer(&n, arena_memdup(p->a, list, len));
		list += len + (list[len] == ' ');
	}
	if (n.best)
		err_hint(p->e, "did you mean '%s'?", n.best);
	else
		err_hint(p->e, "an option is a name and a value: header true");
	return ERR_USER;
}

int
parse_write(struct parser *p, struct ast_write *w)
{
	int r;

	*w = (struct ast_write){ 0 };
	if (take_op(p, "-")) {
		w->kind = TO_STDOUT;
	} else {
		if (at_word(p, 0, "cmd") && at_kind(p, 1, TOK_STRING)) {
			w->kind = TO_CMD;
			p->i++;
		}
		TRY(parse_string(p, "a path in quotes, - or cmd \"…\"",
		    &w->path));
	}
	do
		TRY(r = parse_write_one(p, w));
	while (r);
	return at_name(p, 0) ? unknown_write_word(p) : 0;
}
