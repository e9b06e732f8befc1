/*
 * builder -- see builder.h.  Arrays double; string bytes go to one heap.
 */
#include "column/builder.h"

#include <stdlib.h>

void
builder_init(struct builder *b, const struct type *t)
{
	memset(b, 0, sizeof *b);
	b->type = t;
	if (!type_is_nested(t))
		return;
	b->kid = xcalloc((size_t)t->nfield + 1, sizeof *b->kid);
	for (int i = 0; i < t->nfield; i++)
		builder_init(&b->kid[i], t->field[i].type);
}

void
builder_release(struct builder *b)
{
	for (int i = 0; b->kid && i < b->type->nfield; i++)
		builder_release(&b->kid[i]);
	free(b->kid);
	free(b->valid);
	free(b->data);
	arena_release(&b->heap);
	memset(b, 0, sizeof *b);
}

void
builder_clear(struct builder *b)
{
	b->n = b->nnull = 0;
	b->copied = 0;
	arena_reset(&b->heap);
	for (int i = 0; b->kid && i < b->type->nfield; i++)
		builder_clear(&b->kid[i]);
}

void
builder_reserve(struct builder *b, int64_t n)
{
	int64_t cap = b->cap ? b->cap : 64;

	if (b->n + n <= b->cap)
		return;
	while (cap < b->n + n)
		cap *= 2;
	b->valid = xrealloc(b->valid, BITS_BYTES(cap) + 8);
	b->data = xrealloc(b->data, (size_t)cap *
	    (size_t)type_width(b->type) + 16);
	b->cap = cap;
}

void
builder_null(struct builder *b)
{
	size_t w = (size_t)type_width(b->type);

	builder_reserve(b, 1);
	bit_clear(b->valid, b->n);
	memset(b->data + (size_t)b->n * w, 0, w);
	if (b->type->kind == TYPE_STRUCT)
		for (int i = 0; i < b->type->nfield; i++)
			builder_null(&b->kid[i]);
	/* A null list must remember where the children end. */
	if (b->type->kind == TYPE_ARRAY || b->type->kind == TYPE_MAP)
		((struct lview *)(void *)b->data)[b->n].off =
		    (uint32_t)b->kid[0].n;
	b->n++;
	b->nnull++;
}

void
builder_fixed(struct builder *b, const void *value)
{
	size_t w = (size_t)type_width(b->type);

	builder_reserve(b, 1);
	bit_set(b->valid, b->n);
	memcpy(b->data + (size_t)b->n * w, value, w);
	b->n++;
}

void
builder_bytes(struct builder *b, const char *p, size_t n)
{
	struct sview v;

	if (n > SVIEW_INLINE) {
		char *q = arena_bytes(&b->heap, n);

		memcpy(q, p, n);
		p = q;
		b->copied = 1;
	}
	v = sview_of(p, n);
	builder_fixed(b, &v);
}

void
builder_list(struct builder *b)
{
	struct lview v = { 0, 0 };

	if (b->n) {
		const struct lview *last = (const struct lview *)b->data +
		    b->n - 1;

		v.off = last->off + last->len;
	}
	v.len = (uint32_t)b->kid[0].n - v.off;
	builder_fixed(b, &v);
}

void
builder_struct(struct builder *b)
{
	builder_reserve(b, 1);
	bit_set(b->valid, b->n);
	b->n++;
}

static void
list_value(struct builder *b, const struct column *c, int64_t at)
{
	struct lview l = ((const struct lview *)c->data)[at];
	struct lview v = { (uint32_t)b->kid[0].n, l.len };

	for (int f = 0; f < b->type->nfield; f++)
		for (uint32_t k = 0; k < l.len; k++)
			builder_value(&b->kid[f], &c->kid[f], l.off + k);
	builder_fixed(b, &v);
}

void
builder_value(struct builder *b, const struct column *c, int64_t i)
{
	if (col_null(c, i)) {
		builder_null(b);
		return;
	}
	i = col_at(c, i);
	switch (c->type->kind) {
	case TYPE_STR: case TYPE_BIN: {
		const struct sview *v = (const struct sview *)c->data + i;

		if (v->len <= SVIEW_INLINE || (c->flags & COL_STABLE))
			builder_fixed(b, v);
		else
			builder_bytes(b, v->ptr, v->len);
		return;
	}
	case TYPE_ARRAY: case TYPE_MAP:
		list_value(b, c, i);
		return;
	case TYPE_STRUCT:
		for (int f = 0; f < b->type->nfield; f++)
			builder_value(&b->kid[f], &c->kid[f], i);
		builder_struct(b);
		return;
	default:
		builder_fixed(b, (const char *)c->data +
		    i * type_width(c->type));
	}
}

#define COPY(NAME, T)                                                   \
static void                                                             \
NAME(char *to, const void *from, const int32_t *pick, int n)            \
{                                                                       \
	const T *in = from;                                             \
	T *out = (T *)(void *)to;                                       \
									\
	if (pick == NULL)                                               \
		memcpy(out, in, sizeof(T) * (size_t)n);                 \
	for (int i = 0; pick && i < n; i++)                             \
		out[i] = in[pick[i]];                                   \
}

COPY(copy1, uint8_t)
COPY(copy2, uint16_t)
COPY(copy4, uint32_t)
COPY(copy8, uint64_t)
COPY(copy16, struct sview)

static void
copy_data(char *to, const void *from, const int32_t *pick, int n, int width)
{
	switch (width) {
	case 1:  copy1(to, from, pick, n); break;
	case 2:  copy2(to, from, pick, n); break;
	case 4:  copy4(to, from, pick, n); break;
	case 8:  copy8(to, from, pick, n); break;
	case 16: copy16(to, from, pick, n); break;
	}
}

/* Copies the bytes of long strings into the heap, all in one piece. */
static void
own_strings(struct builder *b, int n)
{
	struct sview *v = (struct sview *)(void *)b->data + b->n;
	size_t sum = 0;
	char *to;

	for (int i = 0; i < n; i++)
		if (bit_get(b->valid, b->n + i) && v[i].len > SVIEW_INLINE)
			sum += v[i].len;
	if (sum == 0)
		return;
	b->copied = 1;
	to = arena_bytes(&b->heap, sum);
	for (int i = 0; i < n; i++) {
		if (!bit_get(b->valid, b->n + i) || v[i].len <= SVIEW_INLINE)
			continue;
		memcpy(to, v[i].ptr, v[i].len);
		v[i].ptr = to;
		to += v[i].len;
	}
}

static void
add_valid(struct builder *b, const struct column *c, const int32_t *pick,
    int n)
{
	if (!c->valid) {
		bits_append(b->valid, b->n, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		bool on = bit_get(c->valid, pick ? pick[i] : i);

		bit_put(b->valid, b->n + i, on);
		b->nnull += !on;
	}
}

void
builder_rows(struct builder *b, const struct column *c, const int32_t *pick,
    int n)
{
	size_t w = (size_t)type_width(c->type);

	if (type_is_nested(c->type) || (c->flags & COL_CONST)) {
		for (int i = 0; i < n; i++)
			builder_value(b, c, pick ? pick[i] : i);
		return;
	}
	builder_reserve(b, n);
	add_valid(b, c, pick, n);
	copy_data(b->data + (size_t)b->n * w, c->data, pick, n, (int)w);
	if (type_is_bytes(c->type) && !(c->flags & COL_STABLE))
		own_strings(b, n);
	b->n += n;
}

int64_t
builder_held(const struct builder *b)
{
	int64_t held = (int64_t)(BITS_BYTES(b->cap) + b->heap.size) +
	    b->cap * type_width(b->type);

	for (int i = 0; b->kid && i < b->type->nfield; i++)
		held += builder_held(&b->kid[i]);
	return held;
}

static uint64_t *
valid_from(const struct builder *b, int64_t from, int64_t n, struct arena *a)
{
	uint64_t *v;

	if (b->nnull == 0)
		return NULL;
	if (from % 64 == 0)
		return b->valid + from / 64;
	v = arena_alloc(a, BITS_BYTES(n) + 8);
	for (int64_t i = 0; i < n; i++)
		bit_put(v, i, bit_get(b->valid, from + i));
	return v;
}

void
builder_column(const struct builder *b, int64_t from, int64_t n,
    struct column *out, struct arena *a)
{
	memset(out, 0, sizeof *out);
	out->type = b->type;
	if (type_is_bytes(b->type) && !b->copied)
		out->flags = COL_STABLE;
	out->valid = valid_from(b, from, n, a);
	out->data = b->data ? b->data + from * type_width(b->type) : NULL;
	if (!type_is_nested(b->type))
		return;
	out->kid = NEW_N(a, struct column, b->type->nfield + 1);
	for (int i = 0; i < b->type->nfield; i++) {
		const struct builder *k = &b->kid[i];

		if (b->type->kind == TYPE_STRUCT)
			builder_column(k, from, n, &out->kid[i], a);
		else
			builder_column(k, 0, k->n, &out->kid[i], a);
		out->nkid = (int32_t)(b->type->kind == TYPE_STRUCT ? n : k->n);
	}
}
