/*
 * parser -- what the files of the parser share; nobody else includes this.
 *
 * Each parse_x takes the tokens of an x at p->i, leaves p->i behind them and
 * returns 0, or a negative enum err_kind with p->e set (the parser carries
 * the struct err, because every function here can fail).  There is no
 * backtracking: a few words of looking ahead decide.
 *
 * Depth: p->depth counts open recursion.  p->chain counts the links of
 * left-deep chains (a + b + c, stages, joins), because those become deep
 * trees without recursion here; lists give the deepest of their items.
 * Both are bounded, so whoever walks the tree may recurse.
 */
#ifndef SQL_PARSER_H
#define SQL_PARSER_H

#include "base/arena.h"
#include "sql/ast.h"
#include "sql/lexer.h"
#include "sql/parse.h"

enum { PARSE_CHAIN_MAX = 2000 };

struct parser {
	struct arena *a;
	const char *text;
	int src;
	struct token *tok;      /* ntok of them, the last is TOK_END */
	int ntok, i;            /* i: the next token */
	int depth, chain;
	int block;              /* open { }: '}' ends a statement too */
	int bracket;            /* open brackets: '|' is bitwise or inside */
	int message;            /* a string behind an expression is no part
	                         * of it: assert x = 'a' "message"; 2: nor is
	                         * date "x" a date: pipe by date "cmd" */
	int plan;               /* plan text: a bar outside of brackets ends
	                         * an expression, whatever follows */
	struct err *e;
};

/* Cuts the text into tokens; fails when it is no text (parse.c). */
int parser_open(struct parser *p, struct arena *a, const char *text, size_t n,
    int src, const struct parse_options *options, struct err *e);

/* --- tokens (parser.c) --- */

const struct token *tok_peek(const struct parser *p, int ahead);
int at_op(const struct parser *p, int ahead, const char *op);
int at_word(const struct parser *p, int ahead, const char *word);
/* Words separated by spaces, in this order. */
int at_words(const struct parser *p, const char *words);
/* Is the token one of the words, which are separated by spaces? */
int at_any(const struct parser *p, int ahead, const char *words);
int at_kind(const struct parser *p, int ahead, enum token_kind kind);
int at_name(const struct parser *p, int ahead); /* word or quoted name */
/* As at_*, and steps over it. */
int take_op(struct parser *p, const char *op);
int take_word(struct parser *p, const char *word);
int take_words(struct parser *p, const char *words);
/* Or fails: "expected WHAT, found …"; what NULL: the text itself. */
int need_op(struct parser *p, const char *op, const char *why);
int need_word(struct parser *p, const char *word, const char *why);

/* Fails with "expected WHAT, found 'x'" at the next token, and a hint when
 * it, or the word before it, looks like a misspelt keyword. */
int parse_expected(struct parser *p, const char *what);
struct span tok_span(const struct parser *p, int i);
struct span next_span(const struct parser *p);
/* From the first byte of token number first to the last one taken. */
struct span span_from(const struct parser *p, int first);

int parse_enter(struct parser *p);            /* one level deeper, or fails */
void parse_leave(struct parser *p);
int parse_link(struct parser *p);       /* one link more, or fails */
/* A right side was parsed from chain 0, the left side had this chain. */
int parse_join_chain(struct parser *p, int chain);

/* --- words (words.c): where a keyword may not be a name --- */

int word_no_expr(const struct parser *p);       /* begins no expression */
int word_no_alias(const struct parser *p);      /* is no alias without "as" */
int word_stage(const struct parser *p, int ahead);      /* a stage verb */
int word_format(const struct parser *p, int ahead);     /* a file format */
int word_query(const struct parser *p, int ahead);      /* begins a query */
/* Is the word surely meant as a stage verb, but is none? */
int stage_typo(struct parser *p, const char *word);
/* Sets a hint for an unknown stage verb. */
void hint_stage(struct parser *p, const char *word);
/* Sets a hint when the next token, or the one before it, tells what was
 * meant. */
void hint_token(struct parser *p);
/* At a '|' or '|>' that begins a stage? */
int at_stage(const struct parser *p);

/* --- small parts (parser.c) --- */

int parse_ident(struct parser *p, const char *what, struct ast_ident *out);
int parse_name(struct parser *p, const char *what, struct ast_name *out);
int parse_idents(struct parser *p, const char *what, struct ast_ident **out,
    int *n);                            /* (a, b, c), with brackets */
int parse_ident_list(struct parser *p, const char *what,
    struct ast_ident **out, int *n);    /* a, b, c */
int parse_string(struct parser *p, const char *what, struct ast_string *out);
int parse_count(struct parser *p, const char *what, long max, long *out);
const char *parse_lower(struct parser *p, const char *s);

/* --- types (parse_type.c) --- */

int parse_type(struct parser *p, const struct type **out);
/* a type, b type: typed 0 makes the types optional. */
int parse_columns(struct parser *p, int typed, struct ast_column **out,
    int *n);                            /* without brackets */
int parse_column_list(struct parser *p, int typed, struct ast_column **out,
    int *n);                            /* (a type, …) */

/* --- expressions (parse_expr.c, parse_primary.c, parse_call.c) --- */

int parse_expr(struct parser *p, struct ast_expr **out);
/* Without and, or, not, predicates: what stands beside "between". */
int parse_value(struct parser *p, struct ast_expr **out);
int parse_primary(struct parser *p, struct ast_expr **out);
/* A literal (number, string, date '…', interval …) if one is next: 1; else 0 */
int parse_literal(struct parser *p, struct ast_expr **out);
/* name(…) and all that may follow; the name is next. */
int parse_call(struct parser *p, struct ast_expr **out);
int parse_list(struct parser *p, int (*item)(struct parser *,
    struct ast_expr **), struct ast_exprs *out);        /* a, b, c */
int parse_alias_expr(struct parser *p, struct ast_expr **out); /* x [as n] */
int parse_sorts(struct parser *p, struct ast_sort **out, int *n);
int parse_window(struct parser *p, struct ast_window **out);    /* (…) */
int parse_named_windows(struct parser *p, struct ast_windows *out);
struct ast_expr *expr_new(struct parser *p, enum ast_expr_kind kind, int first);
struct ast_expr *ast_call_new(struct parser *p, const char *name, int first,
    int narg, struct ast_expr *a, struct ast_expr *b, struct ast_expr *c);
struct ast_expr *string_new(struct parser *p, const char *s, int first);

/* --- queries (parse_query.c, parse_select.c, parse_from.c) --- */

int parse_query(struct parser *p, struct ast_query **out);
/* The rest of a query whose first part is *q: set operations, order by …,
 * stages. */
int parse_query_rest(struct parser *p, struct ast_query **q);
/* ( query ): brackets are next. */
int parse_subquery(struct parser *p, const char *why, struct ast_query **out);
int parse_query_primary(struct parser *p, struct ast_query **out);
int parse_with(struct parser *p, struct ast_query **out);       /* no input */
/* One of order by, limit, … behind *q: 1 when there was one. */
int parse_clause(struct parser *p, int piped, struct ast_query **q);
int parse_setop(struct parser *p, int piped, struct ast_query **q);
int parse_select(struct parser *p, struct ast_query *from,
    struct ast_query **out);
int parse_select_stage(struct parser *p, struct ast_query **q);
int parse_groups(struct parser *p, int aliases, struct ast_group **out, int *n);
int parse_from_list(struct parser *p, int head, struct ast_query **out);
int parse_relation(struct parser *p, int head, struct ast_query **out);
int parse_values(struct parser *p, struct ast_query **out);
/* One join, pivot, lateral view … behind *q: 1 when there was one. */
int parse_from_step(struct parser *p, int piped, struct ast_query **q);
int parse_pivot(struct parser *p, int piped, struct ast_query **q);
int parse_unpivot(struct parser *p, int piped, struct ast_query **q);
int parse_sample(struct parser *p, int piped, struct ast_query **q);
/* t [(a, b)], a name for *q; what: is expected, in words. */
int parse_as(struct parser *p, int first, int piped, const char *what,
    struct ast_query **q);
struct ast_query *query_new(struct parser *p, enum ast_query_kind kind,
    int first, int piped, struct ast_query *input);
void query_end(struct parser *p, struct ast_query *q, int first);

/* --- sources, options, stages (parse_source.c, parse_stage.c) --- */

int at_source(const struct parser *p);
int parse_source(struct parser *p, int head, struct ast_query **out);
int parse_options(struct parser *p, struct ast_option **out, int *n);
int parse_option_list(struct parser *p, struct ast_option **out, int *n);
int parse_write(struct parser *p, struct ast_write *w);
int parse_stage(struct parser *p, struct ast_query **q);

/* --- statements (parse_stmt.c, parse_table.c) --- */

int parse_stmt(struct parser *p, struct ast_stmt **out);
int parse_statements(struct parser *p, struct ast_script *script);
int parse_create(struct parser *p, struct ast_stmt *s);
int parse_drop(struct parser *p, struct ast_stmt *s);
int parse_cache(struct parser *p, struct ast_stmt *s);
int parse_insert(struct parser *p, struct ast_query *with, struct ast_stmt *s);

#endif
