/*
 * lexer -- see lexer.h.
 *
 * One pass, one function a kind of token, each given the start and giving
 * back the end.  A word may begin with digits (2024_sales), as in Spark; a
 * '.' right behind a word, bracket or quoted name never begins a number.
 */
#include "sql/lexer.h"

#include <string.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "sql/parse.h"

struct lexer {
	struct arena *a;
	const char *text;
	int n, at, src;
	int ansi_quotes, plan;
	int hint;               /* between the hint brackets */
	struct token *tok;
	int ntok, cap;
	struct err *e;
};

/* Longest first; a lone character is an operator anyway. */
static const char *const ops[] = {
	"<=>", "|>", "||", "<=", "<>", "!=", "!<", "!>", ">=", "==", "=>",
	"->", "::", "<<", NULL
};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of the white space at s: ASCII, and what Unicode calls a space. */
static int
space_len(const char *s, int n)
{
	uint32_t c;
	int len;

	if (strchr(" \t\n\r\f\v", *s) && *s)
		return 1;
	if (!(*s & 0x80) || !(len = utf8_decode(s, (size_t)n, &c)))
		return 0;
	if (c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
	    c == 0x3000 || c == 0xfeff)
		return len;
	return 0;
}

/* Bytes of the character at s if it may stand in a word.  Outside ASCII:
 * everything but spaces and typographic punctuation. */
static int
word_len(const char *s, int n)
{
	uint32_t c;
	int len;

	if (!(*s & 0x80))
		return is_letter(*s) || is_digit(*s);
	len = utf8_decode(s, (size_t)n, &c);
	if (space_len(s, n) || c < 0xa0 || (c >= 0x2000 && c <= 0x206f))
		return 0;
	return len;
}

static struct span
span_of(const struct lexer *x, int at, int end)
{
	return (struct span){ x->src, at, end - at };
}

static void
add(struct lexer *x, enum token_kind kind, int end)
{
	ARENA_GROW(x->a, x->tok, x->ntok, x->cap);
	x->tok[x->ntok++] = (struct token){
		.kind = (unsigned char)kind, .at = x->at, .len = end - x->at,
	};
	x->at = end;
}

static int
word_end(const struct lexer *x, int i)
{
	int len;

	while (i < x->n && (len = word_len(x->text + i, x->n - i)))
		i += len;
	return i;
}

/* The end of the quoted text that begins at i with the quote q, or -1.
 * With back a \ takes the next character along; with twice a doubled
 * quote stands for one. */
static int
quote_end(const struct lexer *x, int i, char q, int back, int twice)
{
	for (i++; i < x->n; i++) {
		if (back && x->text[i] == '\\')
			i++;
		else if (x->text[i] == q) {
			if (!twice || i + 1 >= x->n || x->text[i + 1] != q)
				return i + 1;
			i++;
		}
	}
	return -1;
}

/* Behind the #2 of a name in plan text. */
static int
number_end(const struct lexer *x, int i)
{
	int end = i + 1;

	if (!x->plan || i >= x->n || x->text[i] != '#')
		return i;
	while (end < x->n && is_digit(x->text[end]))
		end++;
	return end > i + 1 ? end : i;
}

static int
lex_quoted(struct lexer *x)
{
	char c = x->text[x->at];
	int raw = c == 'r' || c == 'R', name, end;
	char q = x->text[x->at + raw];

	name = q == '`' || (q == '"' && x->ansi_quotes);
	end = quote_end(x, x->at + raw, q, !raw && !name, !raw);
	if (end < 0) {
		const char *nl = memchr(x->text + x->at, '\n',
		    (size_t)(x->n - x->at));
		int stop = nl ? (int)(nl - x->text) : x->n;

		err_at(x->e, span_of(x, x->at, stop), "unterminated %s",
		    name ? "quoted name" : "string");
		return err_hint(x->e, "it begins here with %c and never ends",
		    q);
	}
	if (name && end - x->at == 2 && !x->plan)
		return err_at(x->e, span_of(x, x->at, end),
		    "a quoted name cannot be empty");
	add(x, name ? TOK_QUOTED : TOK_STRING, name ? number_end(x, end) : end);
	return 0;
}

/* Behind the exponent at i, or i when there is none. */
static int
exponent_end(const struct lexer *x, int i)
{
	int j = i + 1;

	if (i >= x->n || (x->text[i] != 'e' && x->text[i] != 'E'))
		return i;
	if (j < x->n && (x->text[j] == '+' || x->text[j] == '-'))
		j++;
	if (j >= x->n || !is_digit(x->text[j]))
		return i;
	while (j < x->n && is_digit(x->text[j]))
		j++;
	return j;
}

static const struct suffix {
	const char *text;
	int whole;              /* only behind plain digits */
	enum ast_lit_kind lit;
} suffixes[] = {
	{ "bd", 0, LIT_DEC }, { "d", 0, LIT_F64 }, { "f", 0, LIT_F32 },
	{ "l", 1, LIT_I64 }, { "s", 1, LIT_I16 }, { "y", 1, LIT_I8 },
};

static int
suffix_end(const struct lexer *x, int i, int whole, unsigned char *lit)
{
	for (size_t k = 0; k < sizeof suffixes / sizeof *suffixes; k++) {
		const struct suffix *s = &suffixes[k];
		int len = (int)strlen(s->text), j = 0;

		if ((s->whole && !whole) || i + len > x->n)
			continue;
		while (j < len && (x->text[i + j] | 32) == s->text[j])
			j++;
		if (j < len || (i + len < x->n &&
		    word_len(x->text + i + len, x->n - i - len)))
			continue;
		*lit = (unsigned char)s->lit;
		return i + len;
	}
	return i;
}

static int
lex_number(struct lexer *x)
{
	int i = x->at, dot, end, whole;
	unsigned char lit = LIT_INT;

	while (i < x->n && is_digit(x->text[i]))
		i++;
	dot = i < x->n && x->text[i] == '.';
	if (dot) {
		lit = LIT_DEC;
		for (i++; i < x->n && is_digit(x->text[i]); )
			i++;
	}
	whole = !dot;
	if ((end = exponent_end(x, i)) > i) {
		lit = LIT_F64;
		whole = 0;
		i = end;
	}
	i = suffix_end(x, i, whole, &lit);
	end = word_end(x, i);
	if (end > i) {                  /* 2024_sales, 500ms */
		if (!dot && word_end(x, x->at) == end) {
			add(x, TOK_WORD, end);
			return 0;
		}
		return err_at(x->e, span_of(x, x->at, end),
		    "malformed number '%.*s'",
		    end - x->at > 40 ? 40 : end - x->at, x->text + x->at);
	}
	add(x, TOK_NUMBER, i);
	x->tok[x->ntok - 1].lit = lit;
	return 0;
}

static int
lex_param(struct lexer *x)
{
	int end = word_end(x, x->at + 1);

	if (end == x->at + 1) {
		err_at(x->e, span_of(x, x->at, x->at + 1),
		    "expected the name of a parameter behind '$'");
		if (end < x->n && x->text[end] == '{')
			err_hint(x->e, "outside of strings a parameter is "
			    "written $name");
		return ERR_USER;
	}
	add(x, TOK_PARAM, end);
	return 0;
}

/* Skips a comment; block comments nest. */
static int
skip_comment(struct lexer *x)
{
	int i = x->at, depth = 0;

	if (x->text[i] != '/') {
		while (i < x->n && x->text[i] != '\n')
			i++;
		x->at = i;
		return 0;
	}
	while (i + 1 < x->n) {
		if (x->text[i] == '/' && x->text[i + 1] == '*') {
			depth++;
			i += 2;
		} else if (x->text[i] == '*' && x->text[i + 1] == '/') {
			i += 2;
			if (--depth == 0) {
				x->at = i;
				return 0;
			}
		} else {
			i++;
		}
	}
	return err_at(x->e, span_of(x, x->at, x->at + 2),
	    "unterminated comment");
}

/* Adds an operator: a known one of several characters, else one character.
 * The hint brackets are operators of their own. */
static void
lex_op(struct lexer *x)
{
	const char *s = x->text + x->at;
	int left = x->n - x->at, len;

	if (left >= 3 && memcmp(s, "/*+", 3) == 0) {
		x->hint = 1;
		add(x, TOK_OP, x->at + 3);
		return;
	}
	if (x->hint && left >= 2 && memcmp(s, "*/", 2) == 0) {
		x->hint = 0;
		add(x, TOK_OP, x->at + 2);
		return;
	}
	for (int i = 0; ops[i]; i++) {
		len = (int)strlen(ops[i]);
		if (len <= left && memcmp(s, ops[i], (size_t)len) == 0) {
			add(x, TOK_OP, x->at + len);
			return;
		}
	}
	len = utf8_check(s, (size_t)left);
	add(x, TOK_OP, x->at + (len ? len : 1));
}

static int
is_comment(const char *s, int left)
{
	if (left >= 2 && s[0] == '-' && s[1] == '-')
		return 1;
	return left >= 2 && s[0] == '/' && s[1] == '*' &&
	    !(left >= 3 && s[2] == '+');
}

static int
lex_one(struct lexer *x)
{
	const char *s = x->text + x->at;
	int left = x->n - x->at, len;

	if ((len = space_len(s, left))) {
		x->at += len;
		return 0;
	}
	if (is_comment(s, left))
		return skip_comment(x);
	if (*s == '\'' || *s == '"' || *s == '`' || ((*s == 'r' || *s == 'R') &&
	    left >= 2 && (s[1] == '\'' || (s[1] == '"' && !x->ansi_quotes))))
		return lex_quoted(x);
	if (*s == '$')
		return lex_param(x);
	if (is_digit(*s) || (*s == '.' && left >= 2 && is_digit(s[1]) &&
	    (x->at == 0 || (!strchr(")]`", s[-1]) &&
	    !(s[-1] & 0x80) && !word_len(s - 1, 1)))))
		return lex_number(x);
	if (word_len(s, left))
		add(x, TOK_WORD, number_end(x, word_end(x, x->at)));
	else
		lex_op(x);
	return 0;
}

int
lex(struct arena *a, const char *text, size_t n, int src,
    const struct parse_options *options, struct token **out, struct err *e)
{
	struct lexer x = {
		.a = a, .text = text, .n = (int)n, .src = src, .e = e,
		.ansi_quotes = options && options->ansi_quotes,
		.plan = options && options->plan,
	};

	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		x.at = 3;
	if (x.n - x.at >= 2 && memcmp(text + x.at, "#!", 2) == 0)
		TRY(skip_comment(&x));
	while (x.at < x.n)
		TRY(lex_one(&x));
	add(&x, TOK_END, x.n);
	*out = x.tok;
	return x.ntok;
}
