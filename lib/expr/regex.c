/*
 * regex -- PCRE2 with Java's dialect.
 *
 * Syntax is nearly the same.  Before compiling, Java's POSIX properties
 * (\p{Alpha}) become bracket classes and \p{IsX} becomes \p{X}; intersections
 * of classes ([a-z&&[^b]]) are refused because PCRE2 would read them as
 * something else.  \w \d \s mean ASCII, as in Java without UNICODE_CHARACTER_
 * CLASS.  Subjects that are not UTF-8 are allowed: no match crosses a bad
 * byte.
 *
 * Limits: MATCH_MAX steps of backtracking a search, 8 MB of JIT stack (the
 * first 32 KB are the thread's own), HEAP_MAX_KB for the interpreter.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "expr/regex.h"

#include <pcre2.h>

#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/utf8.h"

enum {
	MATCH_MAX = 10 * 1000 * 1000,
	HEAP_MAX_KB = 64 * 1024,
	STACK_MIN = 64 * 1024,
	STACK_MAX = 8 * 1024 * 1024,
	PATTERN_MAX = 64 * 1024,
};

struct regex {
	pcre2_code *code;
	int ngroup;
};

static void *
memory_get(size_t n, void *arena)
{
	return arena_raw(arena, n);
}

static void
memory_put(void *p, void *arena)
{
	(void)p;
	(void)arena;
}

static const struct { const char *java, *posix; } property[] = {
	{ "Lower", "lower" }, { "Upper", "upper" }, { "ASCII", "ascii" },
	{ "Alpha", "alpha" }, { "Digit", "digit" }, { "Alnum", "alnum" },
	{ "Punct", "punct" }, { "Graph", "graph" }, { "Print", "print" },
	{ "Blank", "blank" }, { "Cntrl", "cntrl" }, { "XDigit", "xdigit" },
	{ "Space", "space" },
};

/* Translates \p{...} or \P{...} at p[0..n): bytes read, or 0: keep it. */
static size_t
property_put(struct text *to, const char *p, size_t n, bool in_class)
{
	const char *end = n > 4 && p[2] == '{' ? memchr(p, '}', n) : NULL;
	size_t len = end ? (size_t)(end - p) - 3 : 0;
	const char *not = p[1] == 'P' ? "^" : "";

	if (end == NULL)
		return 0;
	for (size_t i = 0; i < sizeof property / sizeof *property; i++) {
		if (strlen(property[i].java) != len ||
		    memcmp(property[i].java, p + 3, len) != 0)
			continue;
		text_addf(to, in_class ? "[:%s%s:]" : "[[:%s%s:]]", not,
		    property[i].posix);
		return (size_t)(end + 1 - p);
	}
	if (len > 2 && memcmp(p + 3, "Is", 2) == 0) {
		bool letter = len == 12 && memcmp(p + 5, "Alphabetic", 10) == 0;

		text_addf(to, "\\%c{%.*s}", p[1], letter ? 1 : (int)len - 2,
		    letter ? "L" : p + 5);
		return (size_t)(end + 1 - p);
	}
	return 0;
}

/* Appends the Java pattern in PCRE2's dialect. */
static int
dialect(struct text *to, const char *p, size_t n, struct err *e)
{
	bool in_class = false, quoted = false;

	for (size_t j = 0; j < n; ) {
		size_t skip = 1;

		if (quoted) {
			quoted = !(n - j >= 2 && memcmp(p + j, "\\E", 2) == 0);
			skip = quoted ? 1 : 2;
		} else if (p[j] == '\\' && j + 1 < n) {
			skip = 2;
			quoted = p[j + 1] == 'Q';
			if (p[j + 1] == 'p' || p[j + 1] == 'P') {
				size_t got = property_put(to, p + j, n - j,
				    in_class);

				if (got) {
					j += got;
					continue;
				}
			}
		} else if (in_class) {
			if (n - j >= 2 && memcmp(p + j, "&&", 2) == 0)
				return err_set(e, ERR_USER, "invalid regular "
				    "expression '%.*s': intersections of "
				    "classes (&&) are not supported",
				    (int)n, p);
			in_class = p[j] != ']';
		} else if (p[j] == '[') {
			in_class = true;
			skip += j + skip < n && p[j + skip] == '^';
			skip += j + skip < n && p[j + skip] == ']';
		}
		text_add(to, p + j, skip);
		j += skip;
	}
	return 0;
}

static int
compile(struct regex *r, struct arena *a, const char *p, size_t n,
    const struct text *t, struct err *e)
{
	pcre2_general_context *g =
	    pcre2_general_context_create(memory_get, memory_put, a);
	pcre2_compile_context *c = pcre2_compile_context_create(g);
	PCRE2_SIZE at;
	uint32_t ngroup;
	int code;

	pcre2_set_newline(c, PCRE2_NEWLINE_ANYCRLF);
	r->code = pcre2_compile((PCRE2_SPTR)(t->n ? t->p : ""), t->n,
	    PCRE2_UTF | PCRE2_MATCH_INVALID_UTF, &code, &at, c);
	if (r->code == NULL) {
		PCRE2_UCHAR why[200] = "";

		pcre2_get_error_message(code, why, sizeof why);
		return err_set(e, ERR_USER, "invalid regular expression "
		    "'%.*s': %s at offset %zu", (int)n, p, (char *)why,
		    (size_t)at);
	}
	pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &ngroup);
	r->ngroup = (int)ngroup;
	return 0;
}

int
regex_new(struct regex **out, struct arena *a, const char *p, size_t n,
    enum regex_use use, struct err *e)
{
	struct regex *r = NEW(a, struct regex);
	struct text t = { 0 };
	int rc;

	if (n > PATTERN_MAX)
		return err_set(e, ERR_USER, "regular expression of %zu bytes "
		    "is too long; at most %d are allowed", n, PATTERN_MAX);
	rc = dialect(&t, p, n, e);
	if (rc == 0)
		rc = compile(r, a, p, n, &t, e);
	text_release(&t);
	if (rc < 0)
		return rc;
	if (use == REGEX_KEEP)
		pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
	*out = r;
	return 0;
}

int
regex_groups(const struct regex *r)
{
	return r->ngroup;
}

int
regex_group_named(const struct regex *r, const char *name, size_t n)
{
	char buf[64];
	int g;

	if (n >= sizeof buf)
		return -1;
	memcpy(buf, name, n);
	buf[n] = '\0';
	g = pcre2_substring_number_from_name(r->code, (PCRE2_SPTR)buf);
	return g > 0 ? g : -1;
}

int64_t
regex_literal(const char *p, size_t n, char *lit)
{
	int64_t m = 0;

	for (size_t j = 0; j < n; j++) {
		char c = p[j];

		if (c == '\\') {
			if (++j == n)
				return -1;
			c = p[j];
			if (c == 't')
				c = '\t';
			else if (c == 'n')
				c = '\n';
			else if ((c >= '0' && c <= '9') || (c & 0x80) ||
			    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
				return -1;
		} else if (c == '\0' || strchr(".[]{}()*+?^$|", c)) {
			return -1;
		}
		lit[m++] = c;
	}
	return m;
}

void
matcher_init(struct matcher *m, const struct regex *re, struct arena *a)
{
	pcre2_general_context *g =
	    pcre2_general_context_create(memory_get, memory_put, a);
	pcre2_match_context *c = pcre2_match_context_create(g);

	pcre2_set_match_limit(c, MATCH_MAX);
	pcre2_set_depth_limit(c, MATCH_MAX);
	pcre2_set_heap_limit(c, HEAP_MAX_KB);
	m->re = re;
	m->context = c;
	m->data = pcre2_match_data_create_from_pattern(re->code, g);
	m->stack = NULL;
	m->at = pcre2_get_ovector_pointer(m->data);
	m->n = 0;
	m->arena = a;
}

void
matcher_release(struct matcher *m)
{
	if (m->stack)
		pcre2_jit_stack_free(m->stack);
	m->stack = NULL;
}

int
matcher_find(struct matcher *m, const char *s, size_t n, size_t from,
    struct err *e)
{
	PCRE2_UCHAR why[200] = "";
	int rc;

	if (from > n)
		return 0;
	rc = pcre2_match(m->re->code, (PCRE2_SPTR)s, n, from, 0, m->data,
	    m->context);
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT && m->stack == NULL) {
		m->stack = pcre2_jit_stack_create(STACK_MIN, STACK_MAX, NULL);
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
		rc = pcre2_match(m->re->code, (PCRE2_SPTR)s, n, from, 0,
		    m->data, m->context);
	}
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc > 0) {
		m->n = m->re->ngroup + 1;
		return 1;
	}
	pcre2_get_error_message(rc, why, sizeof why);
	err_user(e, EXIT_DATA, "the regular expression could not be matched "
	    "against a string of %zu bytes: %s", n, (char *)why);
	return err_hint(e, "nested repetitions such as (a*)* backtrack "
	    "without end; write the pattern without them or use (?>...)");
}

size_t
matcher_next(const struct matcher *m, const char *s, size_t n)
{
	size_t from = m->at[1];
	int len;

	if (m->at[0] != from)
		return from;
	if (from >= n)
		return n + 1;
	len = utf8_check(s + from, n - from);
	return from + (len ? (size_t)len : 1);
}
