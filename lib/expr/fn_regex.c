/*
 * fn_regex -- regular expressions: rlike and the regexp_* functions.
 *
 * A constant pattern is compiled to machine code when it is bound, and a
 * pattern without special characters becomes a byte search for rlike.
 * Patterns that change from row to row are compiled when they change.
 * Extracted parts point into the subject.
 */
#include "expr/fn_sig.h"

#include "base/text.h"
#include "base/utf8.h"
#include "expr/needle.h"
#include "expr/regex.h"

struct rx {
	struct regex *re;
	bool plain;             /* no special characters: look for lit */
	struct bytes lit;
};

/* The matcher of a kernel call. */
struct rx_run {
	struct matcher m;
	struct sview old;       /* pattern that m was made from */
	bool ready;
};

/* Makes r->m ready for the pattern of row i (argument 1). */
static int
run_for(struct rx_run *r, struct kernel_call *k, int i, struct err *e)
{
	const struct rx *x = k->state;
	const struct sview *p = kernel_str(k, 1, i);
	struct regex *re;

	if (r->ready && (x || sview_equal(p, &r->old)))
		return 0;
	matcher_release(&r->m);
	r->ready = false;
	if (x)
		re = x->re;
	else
		TRY(regex_new(&re, k->heap, sview_ptr(p), p->len, REGEX_ONCE,
		    e));
	matcher_init(&r->m, re, k->heap);
	r->old = *p;
	r->ready = true;
	return 0;
}

static int
rlike_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	const struct rx *x = k->state;
	uint8_t *o = k->out->data;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int hit;

		if (x && x->plain) {
			o[i] = needle_find(s.p, s.n, x->lit.p, x->lit.n)
			    != NULL;
			continue;
		}
		TRY(run_for(r, k, i, e));
		hit = matcher_find(&r->m, s.p, s.n, 0, e);
		if (hit < 0)
			return hit;
		o[i] = (uint8_t)hit;
	}
	return 0;
}

/* Group number of row i from argument 2 (default 1), checked. */
static int
group_of(const struct kernel_call *k, const struct rx_run *r, int i,
    struct err *e)
{
	int n = regex_groups(r->m.re);
	int g = k->narg > 2 ? row_i32(k, 2, i) : 1;

	if (g >= 0 && g <= n)
		return g;
	err_user(e, EXIT_DATA, "%s: the pattern has %d group%s, there is no "
	    "group %d", k->call->u.call.fn->name, n, n == 1 ? "" : "s", g);
	return err_hint(e, "group 0 is the whole match");
}

static struct bytes
group_bytes(const struct matcher *m, const char *s, int g)
{
	if (m->at[2 * g] == SIZE_MAX)
		return (struct bytes){ s, 0 };
	return (struct bytes){ s + m->at[2 * g],
	    m->at[2 * g + 1] - m->at[2 * g] };
}

static int
extract_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), part;
		int g, hit;

		TRY(run_for(r, k, i, e));
		g = group_of(k, r, i, e);
		if (g < 0)
			return g;
		hit = matcher_find(&r->m, s.p, s.n, 0, e);
		if (hit < 0)
			return hit;
		part = hit ? group_bytes(&r->m, s.p, g)
		    : (struct bytes){ s.p, 0 };
		row_part(k, i, part.p, part.n);
	}
	return 0;
}

static int
extract_all_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	struct lview *o = k->out->data;
	struct sview *v = NULL;
	int64_t n = 0, cap = 0;

	for (int i = 0; i < k->n; i++) {
		struct bytes s, part;
		size_t from = 0;
		int g, hit;

		o[i] = (struct lview){ (uint32_t)n, 0 };
		if (!kernel_wants(k, i))
			continue;
		TRY(run_for(r, k, i, e));
		g = group_of(k, r, i, e);
		if (g < 0)
			return g;
		s = row_bytes(k, 0, i);
		while ((hit = matcher_find(&r->m, s.p, s.n, from, e)) > 0) {
			part = group_bytes(&r->m, s.p, g);
			ARENA_GROW(k->heap, v, n, cap);
			v[n++] = sview_of(part.p, part.n);
			from = matcher_next(&r->m, s.p, s.n);
		}
		if (hit < 0)
			return hit;
		o[i].len = (uint32_t)n - o[i].off;
	}
	row_list(k, 0);
	if (v)
		k->out->kid->data = v;
	k->out->nkid = (int32_t)n;
	k->out->kid->flags = k->arg[0].flags & COL_STABLE;
	return 0;
}

static int
count_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	int32_t *o = k->out->data;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t from = 0;
		int hit;

		TRY(run_for(r, k, i, e));
		o[i] = 0;
		while ((hit = matcher_find(&r->m, s.p, s.n, from, e)) > 0) {
			o[i]++;
			from = matcher_next(&r->m, s.p, s.n);
		}
		if (hit < 0)
			return hit;
	}
	return 0;
}

static int
substr_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	row_parts(k);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), part;
		int hit;

		TRY(run_for(r, k, i, e));
		hit = matcher_find(&r->m, s.p, s.n, 0, e);
		if (hit < 0)
			return hit;
		if (!hit) {
			kernel_null(k, i);
			continue;
		}
		part = group_bytes(&r->m, s.p, 0);
		row_part(k, i, part.p, part.n);
	}
	return 0;
}

static int
instr_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	int32_t *o = k->out->data;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int hit;

		TRY(run_for(r, k, i, e));
		hit = matcher_find(&r->m, s.p, s.n, 0, e);
		if (hit < 0)
			return hit;
		o[i] = hit ? (int32_t)utf8_count(s.p, r->m.at[0]) + 1 : 0;
	}
	return 0;
}

/* Reads a group after $ at *p: its number, or < 0. */
static int
replacement_group(const struct regex *re, const char **p, const char *end)
{
	const char *s = *p, *brace;
	int g = 0, ngroup = regex_groups(re);

	if (s < end && *s == '{') {
		brace = memchr(s, '}', (size_t)(end - s));
		if (brace == NULL)
			return -1;
		*p = brace + 1;
		return regex_group_named(re, s + 1, (size_t)(brace - s - 1));
	}
	if (s == end || *s < '0' || *s > '9')
		return -1;
	for (; s < end && *s >= '0' && *s <= '9'; s++) {
		int more = g * 10 + (*s - '0');

		if (more > ngroup && s > *p)
			break;          /* as Java: $12 may be $1 and a 2 */
		g = more;
	}
	*p = s;
	return g <= ngroup ? g : -1;
}

/* Appends the replacement, in Java's syntax: $1, ${name}, \$. */
static int
replacement_put(struct text *to, const struct matcher *m, const char *s,
    struct bytes by, struct err *e)
{
	const char *end = by.p + by.n;

	for (const char *p = by.p; p < end; ) {
		struct bytes part;
		int g;

		if (*p == '\\' && p + 1 < end) {
			text_addc(to, p[1]);
			p += 2;
			continue;
		}
		if (*p != '$') {
			text_addc(to, *p++);
			continue;
		}
		p++;
		g = replacement_group(m->re, &p, end);
		if (g < 0) {
			err_set(e, ERR_USER, "the replacement '%.*s' names a "
			    "group that the pattern does not have",
			    (int)by.n, by.p);
			return err_hint(e, "write \\$ for a dollar sign");
		}
		part = group_bytes(m, s, g);
		text_add(to, part.p, part.n);
	}
	return 0;
}

static int
replace_row(struct kernel_call *k, struct rx_run *r, int i, struct text *t,
    struct err *e)
{
	struct bytes s = row_bytes(k, 0, i), by = row_bytes(k, 2, i);
	int32_t pos = k->narg > 3 ? row_i32(k, 3, i) : 1;
	size_t from = 0, done = 0;
	bool some = false;
	int hit;

	if (pos < 1)
		return err_user(e, EXIT_DATA,
		    "regexp_replace: positions start at 1, not %d", pos);
	if (pos > 1)
		from = utf8_offset(s.p, s.n, (size_t)pos - 1);
	text_clear(t);
	while ((hit = matcher_find(&r->m, s.p, s.n, from, e)) > 0) {
		some = true;
		text_add(t, s.p + done, r->m.at[0] - done);
		TRY(replacement_put(t, &r->m, s.p, by, e));
		TRY(row_fits(k, t->n, e));
		done = r->m.at[1];
		from = matcher_next(&r->m, s.p, s.n);
	}
	if (hit < 0)
		return hit;
	if (!some) {
		row_part(k, i, s.p, s.n);
		return 0;
	}
	text_add(t, s.p + done, s.n - done);
	kernel_bytes(k, i, text_str(t), t->n);
	return 0;
}

static int
replace_rows(struct kernel_call *k, struct rx_run *r, struct err *e)
{
	struct text t = { 0 };
	int rc = 0;

	for (int i = 0; i < k->n && rc == 0; i++) {
		if (!kernel_wants(k, i))
			continue;
		rc = run_for(r, k, i, e);
		if (rc == 0)
			rc = replace_row(k, r, i, &t, e);
	}
	text_release(&t);
	return rc;
}

#define KERNEL(name, rows)                                              \
static int                                                              \
name(struct kernel_call *k, struct err *e)                              \
{                                                                       \
	struct rx_run r = { 0 };                                        \
	int rc = rows(k, &r, e);                                        \
	matcher_release(&r.m);                                          \
	return rc;                                                      \
}

KERNEL(k_rlike, rlike_rows)
KERNEL(k_extract, extract_rows)
KERNEL(k_extract_all, extract_all_rows)
KERNEL(k_count, count_rows)
KERNEL(k_substr, substr_rows)
KERNEL(k_instr, instr_rows)
KERNEL(k_replace_regex, replace_rows)

static int
rx_bind(struct func_bind *b, const char *args, char result, struct err *e)
{
	struct arena *a = b->env->arena;
	struct datum d;
	struct rx *x;
	int64_t lit;
	char *buf;
	int r;

	TRY(bind_sig(b, args, result, e));
	r = bind_value(b, 1, &d, e);
	if (r <= 0 || d.null)
		return r < 0 ? r : 0;
	x = NEW(a, struct rx);
	if (regex_new(&x->re, a, d.s.p, d.s.n, REGEX_KEEP, e) < 0)
		return err_place(e, b->arg[1]->span.len ? b->arg[1]->span
		    : b->span);
	buf = arena_bytes(a, d.s.n + 1);
	lit = regex_literal(d.s.p, d.s.n, buf);
	x->plain = lit >= 0;
	x->lit = (struct bytes){ buf, lit < 0 ? 0 : (size_t)lit };
	b->state = x;
	return 0;
}

#define BIND(name, args, result)                                        \
static int                                                              \
name(struct func_bind *b, struct err *e)                                \
{                                                                       \
	return rx_bind(b, args, result, e);                             \
}

BIND(bind_rlike, "ss", 'B')
BIND(bind_extract, "ssi", 's')
BIND(bind_extract_all, "ssi", 'a')
BIND(bind_count, "ss", 'i')
BIND(bind_instr, "ssi", 'i')
BIND(bind_substr, "ss", 's')
BIND(bind_replace, "sssi", 's')

#define C FN_CONSTS
#define F FN_FAILS
#define ROW(name, min, max, flags, bind, kernel, usage, help, example)  \
	{ name, min, max, flags, bind, kernel, "regex", usage, help, example }

const struct func func_regex[] = {
	ROW("rlike", 2, 2, C | F, bind_rlike, k_rlike, "rlike(str, regex)",
	    "Is there a match of the regular expression in the string?  Also "
	    "str rlike regex.", "'spark-4' rlike '[0-9]+$'"),
	ROW("regexp", 2, 2, C | F, bind_rlike, k_rlike, "regexp(str, regex)",
	    "The same as rlike.", "regexp('spark', '^s')"),
	ROW("regexp_like", 2, 2, C | F, bind_rlike, k_rlike,
	    "regexp_like(str, regex)", "The same as rlike.",
	    "regexp_like('spark', 'a.k')"),
	ROW("regexp_extract", 2, 3, C | F, bind_extract, k_extract,
	    "regexp_extract(str, regex[, group])",
	    "A group of the first match, by default the first; empty without "
	    "a match.", "regexp_extract('100-200', '(\\\\d+)-(\\\\d+)', 2) = "
	    "'200'"),
	ROW("regexp_extract_all", 2, 3, C | F, bind_extract_all,
	    k_extract_all, "regexp_extract_all(str, regex[, group])",
	    "A group of every match, as an array.",
	    "concat_ws('|', regexp_extract_all('a1b22', '([0-9]+)')) = "
	    "'1|22'"),
	ROW("regexp_replace", 3, 4, C | F, bind_replace, k_replace_regex,
	    "regexp_replace(str, regex, by[, pos])",
	    "Every match, from pos on, replaced; $1 in by is group 1.",
	    "regexp_replace('a1b2', '([0-9])', '<$1>') = 'a<1>b<2>'"),
	ROW("regexp_count", 2, 2, C | F, bind_count, k_count,
	    "regexp_count(str, regex)", "Number of matches.",
	    "regexp_count('banana', 'an') = 2"),
	ROW("regexp_substr", 2, 2, C | F | FN_NULLS, bind_substr, k_substr,
	    "regexp_substr(str, regex)", "The first match, or null.",
	    "regexp_substr('Spark 4.0', '[0-9.]+') = '4.0'"),
	ROW("regexp_instr", 2, 3, C | F, bind_instr, k_instr,
	    "regexp_instr(str, regex[, group])",
	    "Position of the first match, 0 if there is none.",
	    "regexp_instr('user@spark.org', '@[^.]*') = 5"),
	{ 0 },
};
