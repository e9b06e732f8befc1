/*
 * fn_string_format -- format_string (Java's Formatter) and format_number.
 *
 * Conversions: %s %S %d %x %X %o %f %e %E %g %b %c %n %%, flags - 0 + space
 * ( , #, width, precision, and 2$ to name an argument.  Numbers are rounded
 * half up on their decimal digits, as Java does.
 */
#include "expr/fn_string.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/utf8.h"
#include "column/value.h"
#include "expr/digits.h"

enum { WIDTH_MAX = 1000 * 1000 };

struct directive {
	bool left, zero, plus, space, paren, comma, alternate;
	int arg;                /* from 1; 0: the next one */
	int width, precision;   /* -1: not given */
	char conv;
};

/* Reads digits at *p; -1 when there are none, WIDTH_MAX when too many. */
static int
read_number(const char **p, const char *end)
{
	int v = -1;

	for (; *p < end && **p >= '0' && **p <= '9'; (*p)++) {
		v = (v < 0 ? 0 : v) * 10 + (**p - '0');
		if (v > WIDTH_MAX)
			v = WIDTH_MAX;
	}
	return v;
}

/* Reads a directive after its %; returns what follows it, or NULL. */
static const char *
directive_read(struct directive *d, const char *p, const char *end)
{
	const char *start = p;
	int n;

	memset(d, 0, sizeof *d);
	n = read_number(&p, end);
	if (n > 0 && p < end && *p == '$') {
		d->arg = n;
		p++;
	} else {
		p = start;
	}
	for (; p < end; p++) {
		bool *flag = *p == '-' ? &d->left : *p == '0' ? &d->zero
		    : *p == '+' ? &d->plus : *p == ' ' ? &d->space
		    : *p == '(' ? &d->paren : *p == ',' ? &d->comma
		    : *p == '#' ? &d->alternate : NULL;

		if (flag == NULL)
			break;
		*flag = true;
	}
	d->width = read_number(&p, end);
	d->precision = -1;
	if (p < end && *p == '.') {
		p++;
		d->precision = read_number(&p, end);
		if (d->precision < 0)
			return NULL;
	}
	if (p == end || !strchr("sSdxXofeEgGbBcn%", *p))
		return NULL;
	d->conv = *p;
	return p + 1;
}

/* Appends s filled to the width; zeros go between sign and digits. */
static void
put_filled(struct text *to, const struct directive *d, const char *sign,
    const char *s, size_t n, const char *tail)
{
	int64_t fill = d->width - (int64_t)(strlen(sign) + strlen(tail) +
	    utf8_count(s, n));

	if (!d->left && !d->zero)
		for (; fill > 0; fill--)
			text_addc(to, ' ');
	text_adds(to, sign);
	if (!d->left && d->zero)
		for (; fill > 0; fill--)
			text_addc(to, '0');
	text_add(to, s, n);
	text_adds(to, tail);
	for (; fill > 0; fill--)
		text_addc(to, ' ');
}

static void
put_signed(struct text *to, const struct directive *d, bool negative,
    const char *s, size_t n)
{
	const char *sign = negative ? d->paren ? "(" : "-"
	    : d->plus ? "+" : d->space ? " " : "";

	put_filled(to, d, sign, s, n, negative && d->paren ? ")" : "");
}

/* The value as an integer; false when the type is none. */
static bool
int_at(const struct column *c, int i, int64_t *v, int *bits)
{
	int64_t at = col_at(c, i);

	switch (c->type->kind) {
	case TYPE_I8:
		*v = ((const int8_t *)c->data)[at];
		*bits = 8;
		return true;
	case TYPE_I16:
		*v = ((const int16_t *)c->data)[at];
		*bits = 16;
		return true;
	case TYPE_I32:
		*v = ((const int32_t *)c->data)[at];
		*bits = 32;
		return true;
	case TYPE_I64:
		*v = ((const int64_t *)c->data)[at];
		*bits = 64;
		return true;
	default:
		return false;
	}
}

static void
put_int(struct text *to, struct directive *d, int64_t v, int bits)
{
	char buf[64];
	struct digits t;
	size_t n;

	if (d->conv == 'd') {
		digits_of_i128(&t, v, 0);
		n = digits_put(&t, 0, d->comma ? ',' : 0, buf);
		put_signed(to, d, v < 0, buf, n);
		return;
	}
	if (bits < 64)
		v &= ((int64_t)1 << bits) - 1;
	n = (size_t)snprintf(buf, sizeof buf, d->conv == 'x' ? "%llx"
	    : d->conv == 'X' ? "%llX" : "%llo", (unsigned long long)v);
	put_filled(to, d, !d->alternate ? "" : d->conv == 'o' ? "0" : "0x",
	    buf, n, "");
}

/* Digits of a number; false when it is not finite (x tells) or none. */
static bool
digits_at(const struct column *c, int i, struct digits *t, double *x)
{
	int64_t at = col_at(c, i), v;
	int bits;

	*x = 0;
	switch (c->type->kind) {
	case TYPE_F32:
		*x = ((const float *)c->data)[at];
		if (isfinite(*x))
			digits_of_f32(t, (float)*x);
		return isfinite(*x);
	case TYPE_F64:
		*x = ((const double *)c->data)[at];
		if (isfinite(*x))
			digits_of_f64(t, *x);
		return isfinite(*x);
	case TYPE_DEC64:
		digits_of_i128(t, ((const int64_t *)c->data)[at],
		    c->type->scale);
		*x = digits_f64(t);
		return true;
	case TYPE_DEC128:
		digits_of_i128(t, ((const i128 *)c->data)[at],
		    c->type->scale);
		*x = digits_f64(t);
		return true;
	default:
		if (!int_at(c, i, &v, &bits))
			return false;
		digits_of_i128(t, v, 0);
		*x = (double)v;
		return true;
	}
}

static size_t
put_exponent(char *to, size_t cap, char conv, int places, double x)
{
	int n, some = places ? places : 1;

	if (conv == 'e' || conv == 'E')
		n = snprintf(to, cap, conv == 'e' ? "%.*e" : "%.*E", places, x);
	else
		n = snprintf(to, cap, conv == 'g' ? "%#.*g" : "%#.*G", some, x);
	return (size_t)n < cap ? (size_t)n : cap - 1;
}

static void
put_float(struct text *to, struct directive *d, const struct column *c, int i)
{
	int places = d->precision < 0 ? 6 : d->precision;
	char small[512], *buf;
	struct digits t;
	double x;
	size_t n;

	if (!digits_at(c, i, &t, &x)) {
		d->zero = false;
		if (isnan(x))
			put_filled(to, d, "", "NaN", 3, "");
		else
			put_signed(to, d, x < 0, "Infinity", 8);
		return;
	}
	if (d->conv != 'f') {
		if (places > 300)
			places = 300;
		n = put_exponent(small, sizeof small, d->conv, places,
		    fabs(x));
		put_signed(to, d, x < 0, small, n);
		return;
	}
	digits_round(&t, places, DIGITS_HALF_UP);
	n = digits_put(&t, places, d->comma ? ',' : 0, NULL);
	buf = xmalloc(n);
	digits_put(&t, places, d->comma ? ',' : 0, buf);
	put_signed(to, d, t.negative, buf, n);
	free(buf);
}

static void
put_string(struct text *to, const struct directive *d,
    const struct kernel_call *k, int a, int i)
{
	const struct column *c = &k->arg[a];
	struct text t = { 0 };
	struct bytes s = { "null", 4 }, upper;

	if (d->conv == 'b' || d->conv == 'B') {
		bool v = !col_null(c, i);

		if (v && c->type->kind == TYPE_BOOL)
			v = row_bool(k, a, i);
		text_adds(&t, v ? "true" : "false");
		s = (struct bytes){ t.p, t.n };
	} else if (!col_null(c, i) && c->type->kind == TYPE_STR) {
		s = row_bytes(k, a, i);
	} else if (!col_null(c, i)) {
		value_print(&t, c, col_at(c, i), k->zone);
		s = (struct bytes){ text_str(&t), t.n };
	}
	if (d->precision >= 0)
		s.n = utf8_offset(s.p, s.n, (size_t)d->precision);
	if (d->conv == 'S' || d->conv == 'B') {
		struct text up = { 0 };

		for (size_t j = 0; j < s.n; j++)
			text_addc(&up, (char)toupper((unsigned char)s.p[j]));
		upper = (struct bytes){ text_str(&up), up.n };
		put_filled(to, d, "", upper.p, upper.n, "");
		text_release(&up);
	} else {
		put_filled(to, d, "", s.p, s.n, "");
	}
	text_release(&t);
}

/* Does the conversion take values of this type? */
static bool
conv_takes(char conv, const struct type *t)
{
	if (strchr("sSbB", conv) || t->kind == TYPE_NULL)
		return true;
	if (strchr("dxXo", conv))
		return type_is_int(t);
	if (strchr("feEgG", conv))
		return type_is_float(t) || type_is_decimal(t);
	return type_is_int(t);          /* %c */
}

static int
put_value(struct text *to, struct directive *d, const struct kernel_call *k,
    int a, int i, struct err *e)
{
	const struct column *c = &k->arg[a];
	const struct type *t = k->call->u.call.arg[a]->type;
	int64_t v = 0;
	int bits = 64, n;
	char buf[4];

	if (!conv_takes(d->conv, t))
		return err_set(e, ERR_USER,
		    "%%%c in the format cannot show a value of type %s",
		    d->conv, type_name(k->heap, t));
	if (strchr("sSbB", d->conv) || col_null(c, i)) {
		d->zero = false;
		if (!strchr("sSbB", d->conv))
			d->conv = 's';
		put_string(to, d, k, a, i);
	} else if (strchr("feEgG", d->conv)) {
		put_float(to, d, c, i);
	} else if (d->conv == 'c') {
		int_at(c, i, &v, &bits);
		n = v < 0 || v > 0x10ffff ? 0 : utf8_encode((uint32_t)v, buf);
		if (n == 0)
			return err_user(e, EXIT_DATA,
			    "%lld is not a character", (long long)v);
		put_filled(to, d, "", buf, (size_t)n, "");
	} else {
		int_at(c, i, &v, &bits);
		put_int(to, d, v, bits);
	}
	return 0;
}

static int
format_row(struct text *to, const struct kernel_call *k, int i, struct err *e)
{
	struct bytes f = row_bytes(k, 0, i);
	const char *end = f.p + f.n;
	int next = 1;

	for (const char *p = f.p; p < end; ) {
		const char *hit = memchr(p, '%', (size_t)(end - p));
		struct directive d;
		int a;

		text_add(to, p, (size_t)((hit ? hit : end) - p));
		if (hit == NULL)
			break;
		p = directive_read(&d, hit + 1, end);
		if (p == NULL)
			return err_set(e, ERR_USER, "invalid format '%.*s': "
			    "unknown directive at byte %zu", (int)f.n, f.p,
			    (size_t)(hit - f.p));
		if (d.conv == 'n' || d.conv == '%') {
			text_addc(to, d.conv == 'n' ? '\n' : '%');
			continue;
		}
		a = d.arg ? d.arg : next++;
		if (a >= k->narg)
			return err_set(e, ERR_USER, "format '%.*s' wants "
			    "value %d, but there are only %d", (int)f.n, f.p,
			    a, k->narg - 1);
		TRY(put_value(to, &d, k, a, i, e));
	}
	return 0;
}

int
bind_format_string(struct func_bind *b, struct err *e)
{
	return bind_sig(b, "s?", 's', e);
}

int
k_format_string(struct kernel_call *k, struct err *e)
{
	struct text t = { 0 };
	int r = 0;

	for (int i = 0; i < k->n && r == 0; i++) {
		if (col_null(&k->arg[0], i)) {
			kernel_null(k, i);
			continue;
		}
		text_clear(&t);
		r = format_row(&t, k, i, e);
		if (r == 0)
			r = row_fits(k, t.n, e);
		if (r == 0)
			kernel_bytes(k, i, text_str(&t), t.n);
	}
	text_release(&t);
	return r;
}

int
bind_format_number(struct func_bind *b, struct err *e)
{
	const struct type *t = b->arg[0]->type;

	if (b->arg[1]->type->kind == TYPE_STR) {
		err_at(e, b->arg[1]->span, "format_number wants a number of "
		    "decimal places, not a pattern");
		return err_hint(e, "format_number(x, 2), or printf('%%,.2f', "
		    "x)");
	}
	TRY(bind_sig(b, "?i", 's', e));
	if (!type_is_numeric(t))
		TRY(bind_cast(b, 0, TYPE(F64), e));
	return 0;
}

int
k_format_number(struct kernel_call *k, struct err *e)
{
	ROWS(k, i) {
		int32_t places = row_i32(k, 1, i);
		struct digits t;
		size_t cap;
		char *p;
		double x;

		if (places < 0) {
			kernel_null(k, i);
			continue;
		}
		if (!digits_at(&k->arg[0], i, &t, &x)) {
			const char *s = isnan(x) ? "NaN" : x < 0 ? "-∞" : "∞";

			kernel_bytes(k, i, s, strlen(s));
			continue;
		}
		digits_round(&t, places, DIGITS_HALF_EVEN);
		cap = digits_put(&t, places, ',', NULL) + t.negative;
		TRY(row_fits(k, cap, e));
		p = row_room(k, cap);
		p[0] = '-';
		digits_put(&t, places, ',', p + t.negative);
		row_done(k, i, p, cap, cap);
	}
	return 0;
}
