/*
 * fn_like -- LIKE and ILIKE: % is any run, _ any one character.
 *
 * A pattern is cut at its % into segments, which are looked for from left to
 * right, the last one at the end: no backtracking, so no input can hang.
 * A constant pattern is cut once; the usual shapes (x, x%, %x, %x%) need one
 * comparison or one byte search.  ILIKE compares lower-case forms.
 */
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "expr/needle.h"

struct segment {
	struct bytes s;         /* literal bytes, or a wild character as \1 */
	const uint8_t *wild;    /* s.n flags: byte j stands for any character;
	                         * NULL: none does */
};

enum like_shape { LIKE_EXACT, LIKE_PREFIX, LIKE_SUFFIX, LIKE_INSIDE,
	LIKE_ANY, LIKE_GENERAL };

struct like {
	enum like_shape shape;
	bool open_left, open_right;     /* begins, ends with % */
	struct segment *seg;
	int nseg;
};

static void
segment_end(struct like *l, struct arena *a, struct bytes lit, uint8_t *wild,
    bool has_wild)
{
	struct segment *s = &l->seg[l->nseg++];

	s->s.p = arena_memdup(a, lit.p, lit.n);
	s->s.n = lit.n;
	s->wild = has_wild ? (uint8_t *)arena_memdup(a, wild, lit.n) : NULL;
}

/* Cuts pattern p.  Returns 0 when an escape is wrong (it then stands for
 * itself), else 1. */
static int
like_parse(struct like *l, struct arena *a, struct bytes p, char esc)
{
	char *lit = arena_bytes(a, p.n + 1);
	uint8_t *wild = arena_alloc(a, p.n + 1);
	bool has_wild = false;
	int fine = 1;
	size_t n = 0;

	memset(l, 0, sizeof *l);
	l->seg = NEW_N(a, struct segment, p.n + 1);
	l->open_left = p.n && p.p[0] == '%' && esc != '%';
	for (size_t j = 0; j < p.n; j++) {
		char c = p.p[j];

		l->open_right = false;
		wild[n] = 0;
		if (c == esc) {
			char d = j + 1 < p.n ? p.p[j + 1] : 0;

			if (d == '%' || d == '_' || d == esc)
				lit[n++] = p.p[++j];
			else
				fine = 0, lit[n++] = c;
		} else if (c == '%') {
			if (n)
				segment_end(l, a, (struct bytes){ lit, n },
				    wild, has_wild);
			n = 0;
			has_wild = false;
			l->open_right = true;
		} else if (c == '_') {
			wild[n] = 1;
			has_wild = true;
			lit[n++] = 1;
		} else {
			lit[n++] = c;
		}
	}
	if (n)
		segment_end(l, a, (struct bytes){ lit, n }, wild, has_wild);
	return fine;
}

static void
like_compile(struct like *l)
{
	bool left = l->open_left, right = l->open_right;

	if (l->nseg == 0)
		l->shape = left ? LIKE_ANY : LIKE_EXACT;
	else if (l->nseg > 1 || l->seg[0].wild)
		l->shape = LIKE_GENERAL;
	else
		l->shape = left && right ? LIKE_INSIDE : left ? LIKE_SUFFIX
		    : right ? LIKE_PREFIX : LIKE_EXACT;
}

/* Does s begin with the segment?  Its length there, or -1. */
static int64_t
segment_at(const struct segment *g, const char *s, size_t n)
{
	size_t at = 0;

	if (!g->wild)
		return n >= g->s.n && memcmp(s, g->s.p, g->s.n) == 0
		    ? (int64_t)g->s.n : -1;
	for (size_t j = 0; j < g->s.n; j++) {
		if (at >= n)
			return -1;
		if (g->wild[j]) {
			int len = utf8_check(s + at, n - at);

			at += len ? (size_t)len : 1;
		} else if (s[at++] != g->s.p[j]) {
			return -1;
		}
	}
	return (int64_t)at;
}

/* Where the segment first occurs, its length in *len; NULL: nowhere. */
static const char *
segment_find(const struct segment *g, const char *s, size_t n, int64_t *len)
{
	if (!g->wild) {
		*len = (int64_t)g->s.n;
		return needle_find(s, n, g->s.p, g->s.n);
	}
	for (size_t j = 0; j <= n; j++) {
		if (j < n && (s[j] & 0xc0) == 0x80)
			continue;
		*len = segment_at(g, s + j, n - j);
		if (*len >= 0)
			return s + j;
	}
	return NULL;
}

/* Does s end with the segment? */
static bool
segment_ends(const struct segment *g, const char *s, size_t n)
{
	size_t at = n;

	if (!g->wild)
		return n >= g->s.n &&
		    memcmp(s + n - g->s.n, g->s.p, g->s.n) == 0;
	for (size_t j = g->s.n; j > 0; j--) {
		if (at == 0)
			return false;
		at--;
		if (g->wild[j - 1]) {
			for (int m = 0; m < 3 && at > 0 &&
			    (s[at] & 0xc0) == 0x80; m++)
				at--;
		} else if (s[at] != g->s.p[j - 1]) {
			return false;
		}
	}
	return true;
}

static bool
like_general(const struct like *l, const char *s, size_t n)
{
	int first = 0, last = l->nseg;
	int64_t len;

	if (!l->open_left) {
		len = segment_at(&l->seg[0], s, n);
		if (len < 0)
			return false;
		s += len;
		n -= (size_t)len;
		first = 1;
		if (first == last)
			return n == 0 || l->open_right;
	}
	if (!l->open_right)
		last--;
	for (int j = first; j < last; j++) {
		const char *at = segment_find(&l->seg[j], s, n, &len);

		if (at == NULL)
			return false;
		n -= (size_t)(at + len - s);
		s = at + len;
	}
	return l->open_right || segment_ends(&l->seg[last], s, n);
}

static bool
like_match(const struct like *l, const char *s, size_t n)
{
	struct bytes x = l->nseg ? l->seg[0].s : (struct bytes){ "", 0 };

	switch (l->shape) {
	case LIKE_ANY:
		return true;
	case LIKE_EXACT:
		return n == x.n && memcmp(s, x.p, n) == 0;
	case LIKE_PREFIX:
		return n >= x.n && memcmp(s, x.p, x.n) == 0;
	case LIKE_SUFFIX:
		return n >= x.n && memcmp(s + n - x.n, x.p, x.n) == 0;
	case LIKE_INSIDE:
		return needle_find(s, n, x.p, x.n) != NULL;
	case LIKE_GENERAL:
		break;
	}
	return like_general(l, s, n);
}

enum like_case { LIKE_CASE, LIKE_ANYCASE };

static char
escape_of(const struct kernel_call *k, int i)
{
	struct bytes s;

	if (k->narg < 3)
		return '\\';
	s = row_bytes(k, 2, i);
	return s.n ? s.p[0] : '\\';
}

/* Patterns that differ from row to row; equal neighbours are cut once. */
static int
like_rows(struct kernel_call *k, enum like_case how)
{
	const struct like *fixed = k->state;
	uint8_t *o = k->out->data;
	struct sview old = { 0 };
	struct arena work;
	struct like l;
	bool ready = false;

	arena_init(&work);
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		if (!fixed && (!ready ||
		    !sview_equal(kernel_str(k, 1, i), &old))) {
			struct bytes p = row_bytes(k, 1, i);

			arena_reset(&work);
			if (how == LIKE_ANYCASE)
				p = str_lower(&work, p.p, p.n);
			like_parse(&l, &work, p, escape_of(k, i));
			like_compile(&l);
			old = *kernel_str(k, 1, i);
			ready = k->narg < 3 || k->arg[2].flags & COL_CONST;
		}
		if (how == LIKE_ANYCASE) {
			char *keep = k->heap->at;

			s = str_lower(k->heap, s.p, s.n);
			o[i] = like_match(fixed ? fixed : &l, s.p, s.n);
			if (keep && keep <= k->heap->at && k->heap->at <=
			    k->heap->end && s.p == keep)
				k->heap->at = keep;
		} else {
			o[i] = like_match(fixed ? fixed : &l, s.p, s.n);
		}
	}
	arena_release(&work);
	return 0;
}

static int
k_like_const(struct kernel_call *k, struct err *e)
{
	const struct like *l = k->state;
	const struct column *c = &k->arg[0];
	const struct sview *v = c->data;
	uint8_t *o = k->out->data;

	(void)e;
	if (l->shape == LIKE_INSIDE && !(c->flags & COL_CONST)) {
		struct bytes x = l->seg[0].s;

		ROWS(k, i)
			o[i] = needle_find(sview_ptr(&v[i]), v[i].len, x.p,
			    x.n) != NULL;
		return 0;
	}
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);

		o[i] = like_match(l, s.p, s.n);
	}
	return 0;
}

static int
k_like(struct kernel_call *k, struct err *e)
{
	(void)e;
	return like_rows(k, LIKE_CASE);
}

static int
k_ilike(struct kernel_call *k, struct err *e)
{
	(void)e;
	return like_rows(k, LIKE_ANYCASE);
}

static int
like_bind(struct func_bind *b, enum like_case how, struct err *e)
{
	struct datum d, esc = { 0 };
	struct like *l;
	struct bytes p;
	int r;

	TRY(bind_sig(b, "s", 'B', e));
	b->kernel = how == LIKE_CASE ? k_like : k_ilike;
	if (b->narg > 2) {
		TRY(bind_must_const(b, 2, "the escape", &esc, e));
		if (esc.s.n != 1)
			return err_at(e, b->arg[2]->span, "the escape of %s "
			    "must be one character", b->fn->name);
	}
	r = bind_value(b, 1, &d, e);
	if (r <= 0 || d.null)
		return r < 0 ? r : 0;
	p = (struct bytes){ d.s.p, d.s.n };
	if (how == LIKE_ANYCASE)
		p = str_lower(b->env->arena, p.p, p.n);
	l = NEW(b->env->arena, struct like);
	if (!like_parse(l, b->env->arena, p, b->narg > 2 ? esc.s.p[0] : '\\')) {
		err_at(e, b->arg[1]->span, "invalid pattern '%.*s'",
		    (int)d.s.n, d.s.p);
		return err_hint(e, "the escape character may only stand "
		    "before %%, _ or itself");
	}
	like_compile(l);
	b->state = l;
	if (how == LIKE_CASE)
		b->kernel = k_like_const;
	return 0;
}

int
bind_like(struct func_bind *b, struct err *e)
{
	return like_bind(b, LIKE_CASE, e);
}

int
bind_ilike(struct func_bind *b, struct err *e)
{
	return like_bind(b, LIKE_ANYCASE, e);
}
