/*
 * parser -- looking at tokens, taking them, and saying what was expected.
 */
#include "sql/parser.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

const struct token *
tok_peek(const struct parser *p, int ahead)
{
	int i = p->i + ahead;

	return &p->tok[i < p->ntok ? i : p->ntok - 1];
}

int
at_kind(const struct parser *p, int ahead, enum token_kind kind)
{
	return tok_peek(p, ahead)->kind == kind;
}

int
at_name(const struct parser *p, int ahead)
{
	int kind = tok_peek(p, ahead)->kind;

	return kind == TOK_WORD || kind == TOK_QUOTED;
}

int
at_op(const struct parser *p, int ahead, const char *op)
{
	const struct token *t = tok_peek(p, ahead);

	return t->kind == TOK_OP && strncmp(p->text + t->at, op,
	    (size_t)t->len) == 0 && op[t->len] == 0;
}

static int
word_is(const struct parser *p, int ahead, const char *word, size_t n)
{
	const struct token *t = tok_peek(p, ahead);

	return t->kind == TOK_WORD && (size_t)t->len == n &&
	    strncasecmp(p->text + t->at, word, n) == 0;
}

int
at_word(const struct parser *p, int ahead, const char *word)
{
	return word_is(p, ahead, word, strlen(word));
}

int
at_words(const struct parser *p, const char *words)
{
	for (int k = 0; *words; k++) {
		size_t n = strcspn(words, " ");

		if (!word_is(p, k, words, n))
			return 0;
		words += n + (words[n] == ' ');
	}
	return 1;
}

int
at_any(const struct parser *p, int ahead, const char *words)
{
	if (!at_kind(p, ahead, TOK_WORD))
		return 0;
	while (*words) {
		size_t n = strcspn(words, " ");

		if (word_is(p, ahead, words, n))
			return 1;
		words += n + (words[n] == ' ');
	}
	return 0;
}

int
take_op(struct parser *p, const char *op)
{
	if (!at_op(p, 0, op))
		return 0;
	p->i++;
	return 1;
}

int
take_word(struct parser *p, const char *word)
{
	if (!at_word(p, 0, word))
		return 0;
	p->i++;
	return 1;
}

int
take_words(struct parser *p, const char *words)
{
	if (!at_words(p, words))
		return 0;
	for (; *words; words += strcspn(words, " "), words += *words == ' ')
		p->i++;
	return 1;
}

static int
need(struct parser *p, const char *what, const char *why)
{
	char text[200];

	snprintf(text, sizeof text, why ? "'%s' %s" : "'%s'", what, why);
	return parse_expected(p, text);
}

int
need_op(struct parser *p, const char *op, const char *why)
{
	return take_op(p, op) ? 0 : need(p, op, why);
}

int
need_word(struct parser *p, const char *word, const char *why)
{
	return take_word(p, word) ? 0 : need(p, word, why);
}

struct span
tok_span(const struct parser *p, int i)
{
	const struct token *t = &p->tok[i < p->ntok ? i : p->ntok - 1];

	/* The end of the text: point at its last byte. */
	if (t->kind == TOK_END && i > 0) {
		const struct token *last = &p->tok[p->ntok - 2];

		return (struct span){ p->src, last->at + last->len, 1 };
	}
	return (struct span){ p->src, t->at, t->len ? t->len : 1 };
}

struct span
next_span(const struct parser *p)
{
	return tok_span(p, p->i);
}

struct span
span_from(const struct parser *p, int first)
{
	const struct token *f = &p->tok[first];
	const struct token *l = &p->tok[p->i > first ? p->i - 1 : first];

	return (struct span){ p->src, f->at, l->at + l->len - f->at };
}

int
parse_expected(struct parser *p, const char *what)
{
	const struct token *t = tok_peek(p, 0);
	int len = t->len > 40 ? 40 : t->len;

	while (len < t->len && (p->text[t->at + len] & 0xc0) == 0x80)
		len--;                  /* whole characters only */
	if (t->kind == TOK_END)
		err_at(p->e, next_span(p), "expected %s, found the end", what);
	else
		err_at(p->e, next_span(p), "expected %s, found %s%.*s%s%s",
		    what, t->kind == TOK_STRING ? "" : "'", len,
		    p->text + t->at, len < t->len ? "…" : "",
		    t->kind == TOK_STRING ? "" : "'");
	hint_token(p);
	return ERR_USER;
}

int
parse_enter(struct parser *p)
{
	if (++p->depth > PARSE_DEPTH_MAX)
		return err_at(p->e, next_span(p),
		    "nested more than %d levels deep", PARSE_DEPTH_MAX);
	return 0;
}

void
parse_leave(struct parser *p)
{
	p->depth--;
}

int
parse_link(struct parser *p)
{
	if (++p->chain > PARSE_CHAIN_MAX) {
		err_at(p->e, next_span(p),
		    "more than %d operators or stages in a row",
		    PARSE_CHAIN_MAX);
		return err_hint(p->e, "build it from parts with let");
	}
	return 0;
}

int
parse_join_chain(struct parser *p, int chain)
{
	if (p->chain < chain)
		p->chain = chain;
	return parse_link(p);
}

const char *
parse_lower(struct parser *p, const char *s)
{
	size_t n = strlen(s);
	char *t = arena_memdup(p->a, s, n);

	for (size_t i = 0; i < n; i++)
		if (t[i] >= 'A' && t[i] <= 'Z')
			t[i] |= 32;
	return t;
}

int
parse_ident(struct parser *p, const char *what, struct ast_ident *out)
{
	const struct token *t = tok_peek(p, 0);

	if (!at_name(p, 0))
		return parse_expected(p, what);
	out->name = lex_name(p->a, p->text, t);
	out->span = next_span(p);
	out->quoted = t->kind == TOK_QUOTED;
	p->i++;
	return 0;
}

int
parse_name(struct parser *p, const char *what, struct ast_name *out)
{
	int first = p->i, cap = 0;

	*out = (struct ast_name){ 0 };
	do {
		ARENA_GROW(p->a, out->part, out->npart, cap);
		TRY(parse_ident(p, out->npart ? "a name behind '.'" : what,
		    &out->part[out->npart]));
		out->npart++;
	} while (take_op(p, "."));
	out->span = span_from(p, first);
	return 0;
}

int
parse_ident_list(struct parser *p, const char *what, struct ast_ident **out,
    int *n)
{
	int cap = 0;

	*out = NULL;
	*n = 0;
	do {
		ARENA_GROW(p->a, *out, *n, cap);
		TRY(parse_ident(p, what, &(*out)[*n]));
		(*n)++;
	} while (take_op(p, ","));
	return 0;
}

int
parse_idents(struct parser *p, const char *what, struct ast_ident **out, int *n)
{
	TRY(need_op(p, "(", "before a list of names"));
	TRY(parse_ident_list(p, what, out, n));
	return need_op(p, ")", "to close the list of names");
}

int
parse_string(struct parser *p, const char *what, struct ast_string *out)
{
	int first = p->i;

	if (!at_kind(p, 0, TOK_STRING))
		return parse_expected(p, what);
	TRY(lex_string(p->a, p->text, tok_peek(p, 0), p->src, out, p->e));
	p->i++;
	/* 'a' 'b' is 'ab' */
	while (at_kind(p, 0, TOK_STRING) && !(p->message && !p->bracket)) {
		struct ast_string more;
		char *both;

		TRY(parse_link(p));
		TRY(lex_string(p->a, p->text, tok_peek(p, 0), p->src, &more, p->e));
		p->i++;
		both = arena_bytes(p->a, (size_t)(out->n + more.n) + 1);
		memcpy(both, out->p, (size_t)out->n);
		memcpy(both + out->n, more.p, (size_t)more.n + 1);
		out->p = both;
		out->n += more.n;
	}
	out->span = span_from(p, first);
	return 0;
}

int
parse_count(struct parser *p, const char *what, long max, long *out)
{
	const struct token *t = tok_peek(p, 0);
	long v = 0;

	if (t->kind != TOK_NUMBER || t->lit != LIT_INT)
		return parse_expected(p, what);
	for (int i = 0; i < t->len; i++) {
		v = v * 10 + (p->text[t->at + i] - '0');
		if (v > max)
			return err_at(p->e, next_span(p),
			    "expected %s up to %ld, found '%.*s'", what, max,
			    t->len > 40 ? 40 : t->len, p->text + t->at);
	}
	*out = v;
	p->i++;
	return 0;
}
