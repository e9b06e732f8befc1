/*
 * fn_string_make -- functions that put a new string together.
 *
 * Each result is written once, straight into the batch's heap; short ones
 * end up in their view and give the room back.
 */
#include <utf8proc.h>

#include "expr/fn_array.h"
#include "expr/fn_string.h"

#include "base/utf8.h"
#include "expr/needle.h"

static char *
put(char *to, struct bytes s)
{
	if (s.n)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

int
bind_concat(struct func_bind *b, struct err *e)
{
	for (int i = 0; i < b->narg; i++)
		if (b->arg[i]->type->kind == TYPE_ARRAY)
			return bind_array_concat(b, e);
	TRY(bind_sig(b, "x", '0', e));
	if (b->narg == 0)
		b->type = TYPE(STR);
	return 0;
}

int
k_concat(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		size_t n = 0;
		char *p, *at;

		for (int a = 0; a < k->narg; a++)
			n += kernel_str(k, a, i)->len;
		TRY(row_fits(k, n, e));
		p = at = row_room(k, n);
		for (int a = 0; a < k->narg; a++)
			at = put(at, row_bytes(k, a, i));
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
bind_concat_ws(struct func_bind *b, struct err *e)
{
	TRY(bind_cast(b, 0, TYPE(STR), e));
	for (int i = 1; i < b->narg; i++) {
		const struct type *t = b->arg[i]->type;

		if (t->kind == TYPE_ARRAY) {
			if (t->field[0].type->kind != TYPE_STR)
				TRY(bind_cast(b, i,
				    type_array(b->env->arena, TYPE(STR)), e));
		} else {
			TRY(bind_cast(b, i, TYPE(STR), e));
		}
	}
	b->type = TYPE(STR);
	return 0;
}

/* Calls add for each string of row i: nulls are left out, arrays opened. */
struct joined {
	struct bytes sep;
	size_t n;               /* bytes so far */
	bool some;
	char *to;               /* NULL: only count */
};

static void
join_add(struct joined *j, struct bytes s)
{
	if (j->some) {
		if (j->to)
			j->to = put(j->to, j->sep);
		j->n += j->sep.n;
	}
	if (j->to)
		j->to = put(j->to, s);
	j->n += s.n;
	j->some = true;
}

static void
join_row(const struct kernel_call *k, int i, struct joined *j)
{
	j->n = 0;
	j->some = false;
	for (int a = 1; a < k->narg; a++) {
		const struct column *c = &k->arg[a];
		const struct sview *v;
		struct lview l;

		if (col_null(c, i))
			continue;
		if (c->type->kind != TYPE_ARRAY) {
			join_add(j, row_bytes(k, a, i));
			continue;
		}
		l = ((const struct lview *)c->data)[col_at(c, i)];
		for (uint32_t m = l.off; m < l.off + l.len; m++) {
			if (col_null(&c->kid[0], m))
				continue;
			v = (const struct sview *)c->kid[0].data + m;
			join_add(j, (struct bytes){ sview_ptr(v), v->len });
		}
	}
}

int
k_concat_ws(struct kernel_call *k, struct err *e)
{
	for (int i = 0; i < k->n; i++) {
		struct joined j = { 0 };
		size_t n;
		char *p;

		if (col_null(&k->arg[0], i)) {
			kernel_null(k, i);
			continue;
		}
		j.sep = row_bytes(k, 0, i);
		join_row(k, i, &j);
		n = j.n;
		TRY(row_fits(k, n, e));
		p = j.to = row_room(k, n);
		join_row(k, i, &j);
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
k_repeat(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		int32_t times = row_i32(k, 1, i);
		size_t n = times > 0 ? s.n * (size_t)times : 0;
		char *p;

		TRY(row_fits(k, n, e));
		p = row_room(k, n);
		for (size_t at = 0; at < n; at += s.n)
			memcpy(p + at, s.p, s.n);
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
k_space(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		int32_t times = row_i32(k, 0, i);
		size_t n = times > 0 ? (size_t)times : 0;
		char *p;

		TRY(row_fits(k, n, e));
		p = row_room(k, n);
		memset(p, ' ', n);
		row_done(k, i, p, n, n);
	}
	return 0;
}

static int k_reverse(struct kernel_call *k, struct err *e);

int
bind_reverse(struct func_bind *b, struct err *e)
{
	if (b->arg[0]->type->kind == TYPE_ARRAY) {
		b->kernel = k_array_reverse;
		b->flags = FN_FAILS;
		return bind_one_array(b, e);
	}
	b->kernel = k_reverse;
	return bind_sig(b, "s", 's', e);
}

static int
k_reverse(struct kernel_call *k, struct err *e)
{
	(void)e;
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		char *p = row_room(k, s.n), *at = p + s.n;

		for (size_t j = 0; j < s.n; ) {
			int n = utf8_check(s.p + j, s.n - j);

			n = n ? n : 1;
			at -= n;
			memcpy(at, s.p + j, (size_t)n);
			j += (size_t)n;
		}
		row_done(k, i, p, s.n, s.n);
	}
	return 0;
}

static size_t
needle_times(struct bytes s, struct bytes d)
{
	const char *end = s.p + s.n;
	size_t n = 0;

	while ((s.p = needle_find(s.p, (size_t)(end - s.p), d.p, d.n))) {
		s.p += d.n;
		n++;
	}
	return n;
}

int
k_replace(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), d = row_bytes(k, 1, i);
		struct bytes by = { "", 0 };
		size_t times = d.n ? needle_times(s, d) : 0, n;
		char *p, *at;

		if (times == 0) {
			row_part(k, i, s.p, s.n);
			continue;
		}
		if (k->narg > 2)
			by = row_bytes(k, 2, i);
		n = s.n - times * d.n + times * by.n;
		TRY(row_fits(k, n, e));
		p = at = row_room(k, n);
		for (; times > 0; times--) {
			const char *hit = needle_find(s.p, s.n, d.p, d.n);
			struct bytes gap = { s.p, (size_t)(hit - s.p) };

			at = put(put(at, gap), by);
			s.n -= gap.n + d.n;
			s.p = hit + d.n;
		}
		put(at, s);
		row_done(k, i, p, n, n);
	}
	return 0;
}

/* What translate does with a character: ASCII by table, others by search. */
struct translation {
	int32_t ascii[128];     /* code point, -1: away */
	struct { uint32_t from; int32_t to; } wide[256];
	int nwide;
};

static int
translation_of(struct translation *t, struct bytes from, struct bytes to,
    struct err *e)
{
	uint64_t seen[2] = { 0, 0 };

	for (int32_t c = 0; c < 128; c++)
		t->ascii[c] = c;
	t->nwide = 0;
	while (from.n) {
		uint32_t f, g;
		int n = utf8_decode(from.p, from.n, &f);
		int m = utf8_decode(to.p, to.n, &g);
		int32_t by = to.n == 0 ? -1 : m ? (int32_t)g : 0xfffd;

		if (n == 1 && !bit_get(seen, f)) {
			bit_set(seen, f);
			t->ascii[f] = by;
		} else if (n > 1) {
			if (t->nwide == 256)
				return err_user(e, EXIT_DATA, "translate "
				    "takes at most 256 characters "
				    "that are not ASCII");
			t->wide[t->nwide].from = f;
			t->wide[t->nwide++].to = by;
		}
		n = n ? n : 1;
		m = m ? m : to.n > 0;
		from.p += n;
		from.n -= (size_t)n;
		to.p += m;
		to.n -= (size_t)m;
	}
	return 0;
}

static size_t
translate(const struct translation *t, struct bytes s, char *to)
{
	size_t m = 0;

	for (size_t j = 0; j < s.n; ) {
		uint32_t cp;
		int n = utf8_decode(s.p + j, s.n - j, &cp);
		int32_t by;

		if (n == 0) {
			to[m++] = s.p[j++];
			continue;
		}
		by = n == 1 ? t->ascii[cp] : (int32_t)cp;
		for (int w = 0; n > 1 && w < t->nwide; w++) {
			if (t->wide[w].from == cp) {
				by = t->wide[w].to;
				break;
			}
		}
		if (by >= 0)
			m += (size_t)utf8_encode((uint32_t)by, to + m);
		j += (size_t)n;
	}
	return m;
}

int
k_translate(struct kernel_call *k, struct err *e)
{
	bool each = !(k->arg[1].flags & k->arg[2].flags & COL_CONST);
	struct translation *t = arena_raw(k->heap, sizeof *t);
	bool ready = false;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		size_t cap = 4 * s.n;
		char *p;

		if (!ready || each)
			TRY(translation_of(t, row_bytes(k, 1, i),
			    row_bytes(k, 2, i), e));
		ready = true;
		p = row_room(k, cap);
		row_done(k, i, p, translate(t, s, p), cap);
	}
	return 0;
}

int
bind_pad(struct func_bind *b, struct err *e)
{
	return bind_sig(b, "xix", '0', e);
}

enum pad_side { PAD_LEFT, PAD_RIGHT };

static int
pad(struct kernel_call *k, enum pad_side side, struct err *e)
{
	bool binary = k->call->type->kind == TYPE_BIN;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		struct bytes by = { binary ? "" : " ", 1 };     /* "": a NUL */
		int64_t want = row_i32(k, 1, i);
		int64_t have = (int64_t)(binary ? s.n : utf8_count(s.p, s.n));
		size_t nby, fill, n;
		char *p, *at;

		if (k->narg > 2)
			by = row_bytes(k, 2, i);
		if (want <= have || by.n == 0) {
			if (want < have)
				s.n = want <= 0 ? 0 : binary ? (size_t)want
				    : utf8_offset(s.p, s.n, (size_t)want);
			row_part(k, i, s.p, s.n);
			continue;
		}
		want -= have;
		nby = binary ? by.n : utf8_count(by.p, by.n);
		nby = nby ? nby : 1;
		fill = (size_t)want % nby;
		fill = binary ? fill : utf8_offset(by.p, by.n, fill);
		n = (size_t)want / nby * by.n + fill + s.n;
		TRY(row_fits(k, n, e));
		p = at = row_room(k, n);
		if (side == PAD_RIGHT)
			at = put(at, s);
		for (size_t j = (size_t)want / nby; j > 0; j--)
			at = put(at, by);
		at = put(at, (struct bytes){ by.p, fill });
		if (side == PAD_LEFT)
			put(at, s);
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
k_lpad(struct kernel_call *k, struct err *e)
{
	return pad(k, PAD_LEFT, e);
}

int
k_rpad(struct kernel_call *k, struct err *e)
{
	return pad(k, PAD_RIGHT, e);
}

/* Offset of position at (from 0, may lie outside) in s. */
static size_t
offset_of(struct bytes s, int64_t at, bool binary)
{
	if (at <= 0)
		return 0;
	if ((uint64_t)at >= s.n)
		return s.n;
	return binary ? (size_t)at : utf8_offset(s.p, s.n, (size_t)at);
}

int
k_overlay(struct kernel_call *k, struct err *e)
{
	bool binary = k->call->type->kind == TYPE_BIN;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i), by = row_bytes(k, 1, i);
		int64_t pos = row_i32(k, 2, i);
		int64_t len = k->narg > 3 ? row_i32(k, 3, i) : -1;
		size_t head, tail, n;
		char *p;

		if (len < 0)
			len = (int64_t)(binary ? by.n
			    : utf8_count(by.p, by.n));
		head = offset_of(s, pos - 1, binary);
		tail = offset_of(s, pos - 1 + len, binary);
		n = head + by.n + (s.n - tail);
		TRY(row_fits(k, n, e));
		p = row_room(k, n);
		put(put(put(p, (struct bytes){ s.p, head }), by),
		    (struct bytes){ s.p + tail, s.n - tail });
		row_done(k, i, p, n, n);
	}
	return 0;
}

int
bind_elt(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "ix", 's', e));
	b->type = b->arg[1]->type;
	return 0;
}

int
k_elt(struct kernel_call *k, struct err *e)
{
	struct sview *o = k->out->data;

	for (int i = 0; i < k->n; i++) {
		int32_t nth;

		if (col_null(&k->arg[0], i)) {
			kernel_null(k, i);
			continue;
		}
		nth = row_i32(k, 0, i);
		if (nth < 1 || nth >= k->narg)
			return err_user(e, EXIT_DATA, "elt has %d values, "
			    "there is none at index %d", k->narg - 1, nth);
		if (col_null(&k->arg[nth], i))
			kernel_null(k, i);
		else
			o[i] = *kernel_str(k, nth, i);
	}
	return 0;
}

int
bind_mask(struct func_bind *b, struct err *e)
{
	TRY(bind_sig(b, "s", 's', e));
	for (int i = 1; i < b->narg; i++) {
		struct datum d;
		int r = bind_value(b, i, &d, e);

		if (r < 0)
			return r;
		if (r == 0 || (!d.null && utf8_count(d.s.p, d.s.n) != 1))
			return err_at(e, b->arg[i]->span, "argument %d of mask "
			    "must be a constant of one character or null",
			    i + 1);
	}
	return 0;
}

/* The character that stands for the class of cp: argument 1 upper case,
 * 2 lower case, 3 digits, 4 others; the code point itself when null. */
static struct bytes
mask_for(const struct kernel_call *k, int class, struct bytes self)
{
	static const char *const usual[] = { "X", "x", "n" };

	if (k->narg > class)
		return col_null(&k->arg[class], 0) ? self
		    : row_bytes(k, class, 0);
	return class == 4 ? self : (struct bytes){ usual[class - 1], 1 };
}

/* The class of the code point of n bytes at s; bytes of none are others. */
static int
mask_class(const char *s, int n)
{
	uint32_t cp = 0;

	if (utf8_decode(s, (size_t)n, &cp) == 0)
		return 4;
	switch (utf8proc_category((utf8proc_int32_t)cp)) {
	case UTF8PROC_CATEGORY_LU: return 1;
	case UTF8PROC_CATEGORY_LL: return 2;
	case UTF8PROC_CATEGORY_ND: return 3;
	default:                   return 4;
	}
}

int
k_mask(struct kernel_call *k, struct err *e)
{
	(void)e;
	for (int i = 0; i < k->n; i++) {
		struct bytes s;
		size_t cap;
		char *p, *at;

		if (col_null(&k->arg[0], i)) {
			kernel_null(k, i);
			continue;
		}
		s = row_bytes(k, 0, i);
		cap = 4 * s.n;
		p = at = row_room(k, cap);
		for (size_t j = 0; j < s.n; ) {
			int n = utf8_check(s.p + j, s.n - j);

			n = n ? n : 1;
			at = put(at, mask_for(k, mask_class(s.p + j, n),
			    (struct bytes){ s.p + j, (size_t)n }));
			j += (size_t)n;
		}
		row_done(k, i, p, (size_t)(at - p), cap);
	}
	return 0;
}
