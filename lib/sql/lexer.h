/*
 * lexer -- job text to tokens.
 *
 * All tokens are made before parsing, so that the parser can look ahead and
 * go back at no cost.  Keywords are plain words here: nearly every word may
 * be a name in this language, and only the parser knows where.  '>' is
 * always a token of its own; the parser joins adjacent ones to a shift,
 * because types end in ">>" too.
 */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include "sql/ast_expr.h"

struct arena;
struct parse_options;

enum token_kind {
	TOK_END,        /* len 0, behind the last byte */
	TOK_WORD,       /* keyword or name */
	TOK_QUOTED,     /* `name`; "name" with ansi_quotes */
	TOK_STRING,     /* '…' "…" r'…' r"…" with its quotes */
	TOK_NUMBER,     /* with its suffix; lit says which */
	TOK_PARAM,      /* $name */
	TOK_OP,         /* operator, bracket, or any other character */
};

struct token {
	unsigned char kind;     /* enum token_kind */
	unsigned char lit;      /* enum ast_lit_kind of a number */
	int at, len;
};

/* Cuts text[n] (valid UTF-8, no NUL) into tokens in the arena; the last is
 * TOK_END.  Returns their number.  Fails on what has no end: strings,
 * quoted names, comments; and on malformed numbers. */
int lex(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct token **out, struct err *e);

/* The bytes that a TOK_STRING means: escapes \0 \b \n \r \t \Z \uXXXX
 * \UXXXXXXXX \ooo, \% and \_ kept, '' one quote; none in r'…'. */
int lex_string(struct arena *a, const char *text, const struct token *t,
    int src, struct ast_string *out, struct err *e);

/* The name that a TOK_WORD, TOK_QUOTED or TOK_PARAM means. */
const char *lex_name(struct arena *a, const char *text, const struct token *t);

#endif
