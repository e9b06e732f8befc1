/*
 * fn_string_number -- to_char and to_number: numbers in a picture.
 *
 *	[MI | S] [$] digits and groups [. digits] [$] [S | MI | PR]
 *
 * 0 is a digit that is always there, 9 one that may be missing (a space in
 * to_char, left of the first digit); G or comma separates groups, D or point
 * stands before the decimals.  S is a sign, MI a minus or a space, PR puts
 * negative numbers into <>.  A number that does not fit prints as ###.
 */
#include "expr/fn_string.h"

#include "column/value.h"
#include "expr/coerce.h"
#include "expr/digits.h"

enum { PICTURE_MAX = 128 };

enum sign_place { SIGN_NONE, SIGN_S_FIRST, SIGN_S_LAST, SIGN_MI_FIRST,
	SIGN_MI_LAST, SIGN_PR };

struct picture {
	enum sign_place sign;
	bool dollar;
	char body[PICTURE_MAX]; /* 0, 9 and commas before the point */
	int nbody, whole, places;       /* characters; digits; decimals */
	bool try;
};

static int
picture_fail(struct func_bind *b, struct err *e)
{
	err_at(e, b->arg[1]->span, "invalid number format");
	return err_hint(e, "formats look like 99G999D00, $0,999.99, S999, "
	    "999MI or 999PR");
}

static bool
eat(struct bytes *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n)
		return false;
	for (size_t j = 0; j < n; j++)
		if ((s->p[j] >= 'a' && s->p[j] <= 'z' ? s->p[j] - 32 :
		    s->p[j]) != word[j])
			return false;
	s->p += n;
	s->n -= n;
	return true;
}

static bool
picture_read(struct picture *t, struct bytes s)
{
	memset(t, 0, sizeof *t);
	if (s.n >= PICTURE_MAX)
		return false;
	t->sign = eat(&s, "MI") ? SIGN_MI_FIRST
	    : eat(&s, "S") ? SIGN_S_FIRST : SIGN_NONE;
	t->dollar = eat(&s, "$");
	for (; s.n; t->nbody++) {
		if (eat(&s, "0") || eat(&s, "9")) {
			t->body[t->nbody] = s.p[-1];
			t->whole++;
		} else if (eat(&s, ",") || eat(&s, "G")) {
			t->body[t->nbody] = ',';
		} else {
			break;
		}
	}
	if (eat(&s, ".") || eat(&s, "D"))
		while (eat(&s, "0") || eat(&s, "9"))
			t->places++;
	if (!t->dollar)
		t->dollar = eat(&s, "$");
	if (t->sign == SIGN_NONE)
		t->sign = eat(&s, "MI") ? SIGN_MI_LAST
		    : eat(&s, "S") ? SIGN_S_LAST
		    : eat(&s, "PR") ? SIGN_PR : SIGN_NONE;
	return s.n == 0 && t->whole + t->places > 0 &&
	    t->whole + t->places <= 38 && t->body[0] != ',' &&
	    (t->nbody == 0 || t->body[t->nbody - 1] != ',');
}

static int
picture_bind(struct func_bind *b, struct picture **out, struct err *e)
{
	struct picture *t = NEW(b->env->arena, struct picture);
	struct datum d;

	TRY(bind_cast(b, 1, TYPE(STR), e));
	TRY(bind_must_const(b, 1, "the format", &d, e));
	if (!picture_read(t, (struct bytes){ d.s.p, d.s.n }))
		return picture_fail(b, e);
	b->state = t;
	*out = t;
	return 0;
}

/* Digits before the point into to: spaces, zeros, groups. */
static char *
put_whole(char *to, const struct picture *t, const struct digits *d)
{
	int skip = t->whole - (d->point > 0 ? d->point : 0);
	bool started = false;
	int at = 0;

	for (int j = 0; j < t->nbody; j++) {
		if (t->body[j] == ',') {
			*to++ = started ? ',' : ' ';
			continue;
		}
		if (at >= skip || t->body[j] == '0' ||
		    j == t->nbody - 1)
			started = true;
		*to++ = !started ? ' ' : at < skip || at - skip >= d->n ? '0'
		    : (char)('0' + d->d[at - skip]);
		at++;
	}
	return to;
}

/* Has the number more places than the picture? */
static bool
too_fine(const struct digits *d, int places)
{
	for (int i = d->point + places; i < d->n; i++)
		if (i >= 0 && d->d[i] != 0)
			return true;
	return false;
}

/* Spaces before the digits go in front of the dollar and the sign. */
static char *
put_picture(char *to, const struct picture *t, struct digits *d)
{
	char body[2 * PICTURE_MAX], *end, *p = body;
	bool minus;

	/* A picture without a place for the sign shows none, as in Spark. */
	minus = d->negative && d->n > 0;
	if (d->point > t->whole || too_fine(d, t->places)) {
		memset(body, '#', (size_t)(t->nbody + t->places) + 1);
		body[t->nbody] = '.';
		end = body + t->nbody + (t->places ? 1 + t->places : 0);
	} else {
		end = put_whole(body, t, d);
		if (t->places)
			*end++ = '.';
		for (int j = d->point; j < d->point + t->places; j++)
			*end++ = j < 0 || j >= d->n ? '0'
			    : (char)('0' + d->d[j]);
	}
	for (; p < end && *p == ' '; p++)
		*to++ = ' ';
	if (t->sign == SIGN_PR && minus)
		*to++ = '<';
	else if (t->sign == SIGN_S_FIRST)
		*to++ = minus ? '-' : '+';
	else if (t->sign == SIGN_MI_FIRST)
		*to++ = minus ? '-' : ' ';
	if (t->dollar)
		*to++ = '$';
	memcpy(to, p, (size_t)(end - p));
	to += end - p;
	if (t->sign == SIGN_PR && minus)
		*to++ = '>';
	else if (t->sign == SIGN_S_LAST)
		*to++ = minus ? '-' : '+';
	else if (t->sign == SIGN_MI_LAST)
		*to++ = minus ? '-' : ' ';
	return to;
}

static int
k_to_char(struct kernel_call *k, struct err *e)
{
	const struct column *c = &k->arg[0];

	(void)e;
	ROWS(k, i) {
		char buf[3 * PICTURE_MAX];
		int64_t at = col_at(c, i);
		struct digits d;

		digits_of_i128(&d, c->type->kind == TYPE_DEC64
		    ? (i128)((const int64_t *)c->data)[at]
		    : ((const i128 *)c->data)[at], c->type->scale);
		kernel_bytes(k, i, buf, (size_t)(put_picture(buf, k->state,
		    &d) - buf));
	}
	return 0;
}

int
bind_to_char(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;
	struct arena *a = b->env->arena;
	struct picture *picture;

	if (t->kind == TYPE_DATE || t->kind == TYPE_TS ||
	    t->kind == TYPE_TSNTZ)
		return expr_call(b->env, "date_format", b->arg, 2, b->span,
		    &b->instead, e);
	TRY(picture_bind(b, &picture, e));
	if (type_is_int(t))
		TRY(bind_cast(b, 0, coerce_decimal(a, t), e));
	else if (!type_is_decimal(t))
		TRY(expr_cast(b->env, b->arg[0], type_decimal(a, 38,
		    picture->places), b->span, &b->arg[0], e));
	b->type = TYPE(STR);
	b->kernel = k_to_char;
	return 0;
}

/* Reads s by the picture: false when it does not have its form. */
static bool
picture_parse(const struct picture *t, struct bytes s, i128 *out)
{
	bool minus = false, closing = false;
	int digits = 0, places = 0;
	i128 v = 0;

	for (; s.n && s.p[0] == ' '; s.n--)
		s.p++;
	for (; s.n && s.p[s.n - 1] == ' '; s.n--)
		;
	if (t->sign == SIGN_PR)
		closing = minus = eat(&s, "<");
	else if (t->sign == SIGN_S_FIRST || t->sign == SIGN_MI_FIRST)
		minus = eat(&s, "-") || (eat(&s, "+") && false);
	if (t->dollar && !eat(&s, "$"))
		return false;
	for (; s.n && ((s.p[0] >= '0' && s.p[0] <= '9') || s.p[0] == ',');
	    s.n--, s.p++) {
		if (s.p[0] == ',') {
			if (!memchr(t->body, ',', (size_t)t->nbody))
				return false;
			continue;
		}
		v = v * 10 + (s.p[0] - '0');
		if (++digits > t->whole)
			return false;
	}
	if (t->places && eat(&s, "."))
		for (; s.n && s.p[0] >= '0' && s.p[0] <= '9'; s.n--, s.p++) {
			v = v * 10 + (s.p[0] - '0');
			if (++places > t->places)
				return false;
		}
	if (closing && !eat(&s, ">"))
		return false;
	if (t->sign == SIGN_S_LAST || t->sign == SIGN_MI_LAST)
		minus = eat(&s, "-") || (eat(&s, "+") && false);
	if (s.n || digits + places == 0)
		return false;
	v *= pow10_i128[t->places - places];
	*out = minus ? -v : v;
	return true;
}

static int
k_to_number(struct kernel_call *k, struct err *e)
{
	const struct picture *t = k->state;

	ROWS(k, i) {
		struct bytes s = row_bytes(k, 0, i);
		i128 v;

		if (!picture_parse(t, s, &v)) {
			if (!t->try) {
				err_user(e, EXIT_DATA, "to_number: '%.*s' does "
				    "not have the format",
				    (int)(s.n < 60 ? s.n : 60), s.p);
				return err_hint(e, "try_to_number gives null "
				    "instead");
			}
			kernel_null(k, i);
		} else if (k->call->type->kind == TYPE_DEC64) {
			((int64_t *)k->out->data)[i] = (int64_t)v;
		} else {
			((i128 *)k->out->data)[i] = v;
		}
	}
	return 0;
}

static int
number_bind(struct func_bind *b, bool try, struct err *e)
{
	struct picture *t;

	TRY(bind_cast(b, 0, TYPE(STR), e));
	TRY(picture_bind(b, &t, e));
	t->try = try;
	b->type = type_decimal(b->env->arena, t->whole + t->places,
	    t->places);
	b->kernel = k_to_number;
	return 0;
}

int
bind_to_number(struct func_bind *b, struct err *e)
{
	return number_bind(b, false, e);
}

int
bind_try_to_number(struct func_bind *b, struct err *e)
{
	return number_bind(b, true, e);
}
