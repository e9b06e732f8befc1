/*
 * parse_table -- statements about tables and views: create, drop, cache,
 * insert.
 */
#include "sql/parser.h"

static int
parse_format_name(struct parser *p, struct ast_ident **out)
{
	*out = NEW(p->a, struct ast_ident);
	TRY(parse_ident(p, "a format behind using", *out));
	(*out)->name = parse_lower(p, (*out)->name);
	return 0;
}

/* using fmt [options (…)] of a view: the source it stands for. */
static int
parse_view_source(struct parser *p, struct ast_source **out)
{
	struct ast_source *s = *out = NEW(p->a, struct ast_source);

	TRY(parse_format_name(p, &s->format));
	if (take_word(p, "options"))
		TRY(parse_option_list(p, &s->option, &s->noption));
	return 0;
}

/* Behind create … view. */
static int
parse_create_view(struct parser *p, struct ast_stmt *s)
{
	struct ast_view *v = &s->u.view;
	struct ast_string text;
	struct ast_option *option = NULL;
	int n = 0;

	s->kind = STMT_LET;
	v->if_not_exists = take_words(p, "if not exists");
	TRY(parse_ident(p, "the name of the view", &v->name));
	if (at_op(p, 0, "."))
		return parse_expected(p, "'as': a temporary view is in no "
		    "database");
	if (at_op(p, 0, "("))
		TRY(parse_column_list(p, 0, &v->column, &v->ncolumn));
	for (;;) {
		if (take_word(p, "comment"))
			TRY(parse_string(p, "a comment", &text));
		else if (take_word(p, "tblproperties"))
			TRY(parse_option_list(p, &option, &n));
		else
			break;
	}
	if (take_word(p, "using"))
		return parse_view_source(p, &v->source);
	TRY(need_word(p, "as", "and a query"));
	return parse_query(p, &v->query);
}

/* One clause between the columns and the query: 1; none: 0. */
static int
parse_table_clause(struct parser *p, struct ast_create_table *t)
{
	struct ast_string s;
	struct ast_option *skip = NULL;
	int n = 0;

	if (take_word(p, "using")) {
		TRY(parse_format_name(p, &t->format));
	} else if (take_word(p, "options")) {
		TRY(parse_option_list(p, &t->option, &t->noption));
	} else if (take_words(p, "partitioned by")) {
		TRY(parse_idents(p, "a column", &t->part, &t->npart));
	} else if (take_word(p, "location")) {
		TRY(parse_string(p, "a path", &t->location));
	} else if (take_word(p, "comment")) {
		TRY(parse_string(p, "a comment", &s));
		t->comment = s.p;
	} else if (take_word(p, "tblproperties")) {
		TRY(parse_option_list(p, &skip, &n));
	} else if (at_any(p, 0, "clustered stored row skewed like")) {
		return err_at(p->e, next_span(p),
		    "'%s' of create table is not supported", parse_lower(p,
		    lex_name(p->a, p->text, tok_peek(p, 0))));
	} else {
		return 0;
	}
	return 1;
}

static int
parse_create_table(struct parser *p, struct ast_stmt *s)
{
	struct ast_create_table *t = &s->u.table;
	int r;

	s->kind = STMT_CREATE_TABLE;
	t->if_not_exists = take_words(p, "if not exists");
	TRY(parse_name(p, "the name of the table", &t->name));
	if (at_op(p, 0, "(") && !word_query(p, 1))
		TRY(parse_column_list(p, 1, &t->column, &t->ncolumn));
	do
		TRY(r = parse_table_clause(p, t));
	while (r);
	if (take_word(p, "as") || word_query(p, 0))
		return parse_query(p, &t->query);
	return 0;
}

int
parse_create(struct parser *p, struct ast_stmt *s)
{
	int replace, global, temporary;

	p->i++;
	replace = take_words(p, "or replace");
	global = take_word(p, "global");
	temporary = take_word(p, "temporary") || take_word(p, "temp");
	if (take_word(p, "view")) {
		if (!temporary) {
			err_at(p->e, tok_span(p, p->i - 1),
			    "permanent views are not supported");
			return err_hint(p->e, "use create temporary view, "
			    "or let name = …");
		}
		s->u.view.replace = replace;
		s->u.view.global = global;
		return parse_create_view(p, s);
	}
	if (!global && !temporary) {
		take_word(p, "external");
		if (take_word(p, "table")) {
			s->u.table.replace = replace;
			return parse_create_table(p, s);
		}
	}
	if (at_any(p, 0, "function database schema namespace catalog index "
	    "variable table") && !at_op(p, 1, "("))
		return err_at(p->e, next_span(p), "'create %s' is not "
		    "supported here", parse_lower(p, lex_name(p->a, p->text,
		    tok_peek(p, 0))));
	return parse_expected(p, "'temporary view' or 'table' behind create");
}

int
parse_drop(struct parser *p, struct ast_stmt *s)
{
	s->kind = STMT_DROP;
	p->i++;
	s->u.drop.temporary = take_word(p, "temporary") ||
	    take_word(p, "temp");
	if (take_word(p, "view"))
		s->u.drop.view = 1;
	else if (!take_word(p, "table"))
		return parse_expected(p, "'table' or 'view' behind drop");
	s->u.drop.if_exists = take_words(p, "if exists");
	TRY(parse_name(p, "the name of a table or view", &s->u.drop.name));
	take_word(p, "purge");
	return 0;
}

int
parse_cache(struct parser *p, struct ast_stmt *s)
{
	int uncache = !at_word(p, 0, "cache");

	s->kind = uncache ? STMT_UNCACHE : STMT_CACHE;
	if (take_words(p, "clear cache"))
		return 0;
	p->i++;
	if (!uncache)
		s->u.cache.lazy = take_word(p, "lazy");
	TRY(need_word(p, "table", NULL));
	if (uncache)
		s->u.cache.if_exists = take_words(p, "if exists");
	TRY(parse_name(p, "the name of a table or view", &s->u.cache.name));
	if (uncache)
		return 0;
	if (take_word(p, "options"))
		TRY(parse_option_list(p, &s->u.cache.option,
		    &s->u.cache.noption));
	if (take_word(p, "as") || word_query(p, 0))
		return parse_query(p, &s->u.cache.query);
	return 0;
}

/* insert overwrite [local] directory ['path'] using fmt … query is a write:
 * behind directory. */
static int
parse_insert_directory(struct parser *p, struct ast_query *with,
    struct ast_stmt *s)
{
	int first = p->i - 1;
	struct ast_write w = { .mode = AST_WRITE_OVERWRITE };
	struct ast_query *q, *x;

	if (at_kind(p, 0, TOK_STRING))
		TRY(parse_string(p, "a path", &w.path));
	if (at_any(p, 0, "row stored"))
		return err_at(p->e, next_span(p),
		    "Hive formats are not supported; write using …");
	if (take_word(p, "using"))
		TRY(parse_format_name(p, &w.format));
	if (take_word(p, "options"))
		TRY(parse_option_list(p, &w.option, &w.noption));
	x = query_new(p, AST_WRITE, first, 1, NULL);
	x->u.write = w;
	TRY(parse_query(p, &q));
	x->input = q;
	s->kind = STMT_QUERY;
	s->u.query = x;
	if (with) {
		with->input = x;
		s->u.query = with;
	}
	return 0;
}

/* (k = v, d): behind partition. */
static int
parse_insert_parts(struct parser *p, struct ast_insert *v)
{
	int cap = 0;

	TRY(need_op(p, "(", "behind partition"));
	do {
		struct ast_part *part;

		ARENA_GROW(p->a, v->part, v->npart, cap);
		part = &v->part[v->npart++];
		*part = (struct ast_part){ 0 };
		TRY(parse_ident(p, "a column", &part->key));
		if (take_op(p, "="))
			TRY(parse_primary(p, &part->value));
	} while (take_op(p, ","));
	return need_op(p, ")", "to close partition");
}

int
parse_insert(struct parser *p, struct ast_query *with, struct ast_stmt *s)
{
	struct ast_insert *v = &s->u.insert;

	p->i++;
	if (at_words(p, "overwrite local directory") ||
	    at_words(p, "overwrite directory")) {
		p->i += at_word(p, 1, "local") ? 3 : 2;
		return parse_insert_directory(p, with, s);
	}
	s->kind = STMT_INSERT;
	v->overwrite = take_word(p, "overwrite");
	if (!v->overwrite)
		TRY(need_word(p, "into", "or 'overwrite' behind insert"));
	else
		take_word(p, "into");
	if (at_word(p, 0, "table") && at_name(p, 1))
		p->i++;
	TRY(parse_name(p, "the name of a table", &v->table));
	if (take_word(p, "partition"))
		TRY(parse_insert_parts(p, v));
	v->if_not_exists = take_words(p, "if not exists");
	v->by_name = take_words(p, "by name");
	if (at_op(p, 0, "(") && !word_query(p, 1) && !at_op(p, 1, "("))
		TRY(parse_idents(p, "a column", &v->column, &v->ncolumn));
	if (at_words(p, "replace where"))
		return err_at(p->e, next_span(p),
		    "'replace where' is not supported");
	TRY(parse_query(p, &v->query));
	if (with) {
		with->input = v->query;
		v->query = with;
	}
	return 0;
}
