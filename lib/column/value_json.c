/*
 * value_json -- values as JSON (see value.h), in the forms of Spark's to_json.
 */
#include <math.h>
#include <stdio.h>

#include "base/text.h"
#include "base/zone.h"
#include "column/value.h"

static void
print_base64(struct text *to, const unsigned char *s, size_t n)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";

	text_addc(to, '"');
	for (size_t i = 0; i < n; i += 3) {
		unsigned v = (unsigned)s[i] << 16;

		v |= i + 1 < n ? (unsigned)s[i + 1] << 8 : 0;
		v |= i + 2 < n ? s[i + 2] : 0;
		text_addc(to, digit[v >> 18]);
		text_addc(to, digit[v >> 12 & 63]);
		text_addc(to, i + 1 < n ? digit[v >> 6 & 63] : '=');
		text_addc(to, i + 2 < n ? digit[v & 63] : '=');
	}
	text_addc(to, '"');
}

/* 2024-01-31T10:00:00.123Z, or with an offset; without one for ntz. */
static void
print_ts(struct text *to, int64_t us, const struct zone *z)
{
	int offset = z ? zone_offset(z, us) : 0;
	int64_t local = us + (int64_t)offset * 1000000, frac, whole;
	char buf[64];
	int n;

	frac = local % 1000000;
	frac += frac < 0 ? 1000000 : 0;
	whole = local - frac;
	n = value_put_ts(buf, whole, NULL);
	buf[n - 9] = 'T';
	n += snprintf(buf + n, 8, ".%03d", (int)(frac / 1000));
	if (frac % 1000)
		n += snprintf(buf + n, 8, "%03d", (int)(frac % 1000));
	text_addf(to, "\"%.*s", n, buf);
	if (z && offset == 0)
		text_addc(to, 'Z');
	else if (z)
		text_addf(to, "%c%02d:%02d", offset < 0 ? '-' : '+',
		    (offset < 0 ? -offset : offset) / 3600,
		    (offset < 0 ? -offset : offset) / 60 % 60);
	text_addc(to, '"');
}

static void
print_quoted(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	text_addc(to, '"');
	value_print(to, c, i, z);
	text_addc(to, '"');
}

static void
print_array(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	struct lview v = ((const struct lview *)c->data)[i];

	text_addc(to, '[');
	for (uint32_t k = 0; k < v.len; k++) {
		if (k)
			text_addc(to, ',');
		value_print_json(to, &c->kid[0], v.off + k, z);
	}
	text_addc(to, ']');
}

static void
print_map(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	struct lview v = ((const struct lview *)c->data)[i];

	text_addc(to, '{');
	for (uint32_t k = 0; k < v.len; k++) {
		struct text key = { 0 };

		if (k)
			text_addc(to, ',');
		value_print(&key, &c->kid[0], v.off + k, z);
		text_add_json(to, text_str(&key), key.n);
		text_release(&key);
		text_addc(to, ':');
		value_print_json(to, &c->kid[1], v.off + k, z);
	}
	text_addc(to, '}');
}

static void
print_struct(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	bool any = false;

	text_addc(to, '{');
	for (int f = 0; f < c->type->nfield; f++) {
		if (col_null(&c->kid[f], i))
			continue;
		if (any)
			text_addc(to, ',');
		any = true;
		text_add_json(to, c->type->field[f].name,
		    strlen(c->type->field[f].name));
		text_addc(to, ':');
		value_print_json(to, &c->kid[f], i, z);
	}
	text_addc(to, '}');
}

void
value_print_json(struct text *to, const struct column *c, int64_t i,
    const struct zone *z)
{
	const struct sview *v;
	double d;

	if (col_null(c, i)) {
		text_adds(to, "null");
		return;
	}
	i = col_at(c, i);
	switch (c->type->kind) {
	case TYPE_STR:
		v = (const struct sview *)c->data + i;
		text_add_json(to, sview_ptr(v), v->len);
		return;
	case TYPE_BIN:
		v = (const struct sview *)c->data + i;
		print_base64(to, (const unsigned char *)sview_ptr(v), v->len);
		return;
	case TYPE_TS:
		print_ts(to, ((const int64_t *)c->data)[i], z);
		return;
	case TYPE_TSNTZ:
		print_ts(to, ((const int64_t *)c->data)[i], NULL);
		return;
	case TYPE_F32: case TYPE_F64:
		d = c->type->kind == TYPE_F64 ? ((const double *)c->data)[i] :
		    (double)((const float *)c->data)[i];
		if (!isfinite(d))
			print_quoted(to, c, i, z);
		else
			value_print(to, c, i, z);
		return;
	case TYPE_DATE: case TYPE_YMI: case TYPE_DTI:
		print_quoted(to, c, i, z);
		return;
	case TYPE_ARRAY:  print_array(to, c, i, z); return;
	case TYPE_MAP:    print_map(to, c, i, z); return;
	case TYPE_STRUCT: print_struct(to, c, i, z); return;
	default:
		value_print(to, c, i, z);
	}
}
