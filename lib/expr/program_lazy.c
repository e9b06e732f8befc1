/*
 * program_lazy -- control flow: and, or, case, if, coalesce.
 *
 * A way that is a register was computed for all rows; a way that is a block
 * runs now, on the rows that need it, and its result is scattered into the
 * step's register.  Rows are numbers within the running block.
 */
#include <string.h>

#include "base/simd.h"
#include "expr/block.h"

/* What a way gave for some rows: row i of the list is row at(i) of col. */
struct piece {
	struct column *col;
	const int32_t *at;              /* NULL: i itself */
};

static int64_t
piece_row(const struct piece *p, int i)
{
	return col_at(p->col, p->at ? p->at[i] : i);
}

/* The value of a way for rows[0..m) of the n rows (NULL: all). */
static int
way_run(struct block *b, struct branch *w, const int32_t *rows, int m,
    struct piece *out, struct err *e)
{
	if (w->reg >= 0) {
		out->col = &b->reg[w->reg].col;
		out->at = rows;
		return 0;
	}
	block_load(w->block, NULL, rows, m);
	TRY(block_run(w->block, m, e));
	out->col = &w->block->reg[w->block->result[0]].col;
	out->at = NULL;
	return 0;
}

static void
lazy_room(struct block *b, struct lazy *z, int n)
{
	struct arena *a = b->prog->arena;
	size_t cap;

	if (n <= z->cap)
		return;
	z->cap = n <= ROWS_FEW ? ROWS_FEW : n > BATCH_ROWS ? n : BATCH_ROWS;
	cap = (size_t)z->cap;
	z->rows = arena_raw(a, cap * sizeof *z->rows);
	z->hits = arena_raw(a, cap * sizeof *z->hits);
	if (z->builder) {
		z->from_way = arena_raw(a, cap * sizeof *z->from_way);
		z->from_row = arena_raw(a, cap * sizeof *z->from_row);
	}
}

#define SCATTER(T)                                                      \
	do {                                                            \
		const T *v = p->col->data, one = v[0];                  \
		T *o = out->data;                                       \
		if (rows == NULL && (p->col->flags & COL_CONST)) {      \
			for (int i = 0; i < m; i++)                     \
				o[i] = one;                             \
			break;                                          \
		}                                                       \
		for (int i = 0; i < m; i++)                             \
			o[rows ? rows[i] : i] = v[piece_row(p, i)];     \
	} while (0)

struct word16 { uint64_t w[2]; };

/* Puts the piece into rows[0..m) of the result. */
SIMD_CLONES static void
scatter(struct reg *out, const struct piece *p, const int32_t *rows, int m)
{
	switch (type_width(out->col.type)) {
	case 1:
		SCATTER(uint8_t);
		break;
	case 2:
		SCATTER(uint16_t);
		break;
	case 4:
		SCATTER(uint32_t);
		break;
	case 8:
		SCATTER(uint64_t);
		break;
	default:
		SCATTER(struct word16);
		break;
	}
	for (int i = 0; p->col->valid && i < m; i++)
		if (!bit_get(p->col->valid, piece_row(p, i)))
			bit_clear(out->valid, rows ? rows[i] : i);
}

/* The same, or for nested types a note of where the rows are. */
static void
place(struct reg *out, struct lazy *z, int way, const struct piece *p,
    const int32_t *rows, int m)
{
	if (z->builder == NULL) {
		scatter(out, p, rows, m);
		return;
	}
	z->from[way] = *p->col;
	for (int i = 0; i < m; i++) {
		int r = rows ? rows[i] : i;

		z->from_way[r] = way;
		z->from_row[r] = (int32_t)piece_row(p, i);
	}
}

static void
place_null(struct reg *out, struct lazy *z, const int32_t *rows, int m)
{
	for (int i = 0; i < m; i++)
		if (z->builder)
			z->from_way[rows ? rows[i] : i] = -1;
		else
			bit_clear(out->valid, rows ? rows[i] : i);
}

/* Nested types: copies each row from where it is. */
static void
assemble(struct block *b, struct lazy *z, struct reg *out, int n)
{
	builder_clear(z->builder);
	for (int i = 0; i < n; i++) {
		int way = z->from_way[i];

		if (way < 0)
			builder_null(z->builder);
		else
			builder_value(z->builder, &z->from[way],
			    z->from_row[i]);
	}
	builder_column(z->builder, 0, n, &out->col, b->prog->heap);
}

static void
finish(struct block *b, struct lazy *z, struct reg *out, int n)
{
	if (z->builder)
		assemble(b, z, out, n);
	else if (!bits_all(out->valid, n))
		out->col.valid = out->valid;
}

/* Splits rows[0..m) (NULL: 0..m) by whether the condition is true: hits
 * gets those, rest the others; rest may be rows.  Returns the hits. */
static int
split(const struct piece *cond, const int32_t *rows, int m, int32_t *hits,
    int32_t *rest)
{
	const uint8_t *v = cond->col->data;
	int nhit = 0, nrest = 0;

	for (int i = 0; i < m; i++) {
		int64_t at = piece_row(cond, i);
		int32_t r = rows ? rows[i] : i;
		int hit = v[at] & (cond->col->valid == NULL ||
		    bit_get(cond->col->valid, at));

		hits[nhit] = r;
		rest[nrest] = r;
		nhit += hit;
		nrest += !hit;
	}
	return nhit;
}

static int
case_run(struct block *b, struct step *s, int n, struct err *e)
{
	struct lazy *z = s->lazy;
	struct reg *out = &b->reg[s->out];
	const int32_t *rows = NULL;
	struct piece p;
	int m = n, i;

	for (i = 0; i + 1 < z->n && m > 0; i += 2) {
		int hits;

		TRY(way_run(b, &z->way[i], rows, m, &p, e));
		hits = split(&p, rows, m, z->hits, z->rows);
		if (hits > 0) {
			const int32_t *list = hits == n ? NULL : z->hits;

			TRY(way_run(b, &z->way[i + 1], list, hits, &p, e));
			place(out, z, i + 1, &p, list, hits);
		}
		m -= hits;
		rows = z->rows;
	}
	if (m == 0)
		return 0;
	if (m == n)
		rows = NULL;
	if (z->n % 2 == 0) {
		place_null(out, z, rows, m);
		return 0;
	}
	TRY(way_run(b, &z->way[z->n - 1], rows, m, &p, e));
	place(out, z, z->n - 1, &p, rows, m);
	return 0;
}

static int
coalesce_run(struct block *b, struct step *s, int n, struct err *e)
{
	struct lazy *z = s->lazy;
	struct reg *out = &b->reg[s->out];
	const int32_t *rows = NULL;
	struct piece p;
	int m = n;

	for (int i = 0; i < z->n && m > 0; i++) {
		int hits = 0, rest = 0;

		TRY(way_run(b, &z->way[i], rows, m, &p, e));
		/* Rows that stay null are set too, and again by later ways. */
		place(out, z, i, &p, rows, m);
		for (int j = 0; p.col->valid && j < m; j++) {
			z->hits[rest] = rows ? rows[j] : j;
			rest += !bit_get(p.col->valid, piece_row(&p, j));
		}
		if (z->builder == NULL && i + 1 < z->n)
			for (hits = 0; hits < rest; hits++)
				bit_set(out->valid, z->hits[hits]);
		memcpy(z->rows, z->hits, (size_t)rest * sizeof *z->rows);
		rows = z->rows;
		m = rest;
	}
	return 0;
}

/* and: rows whose left side is not false need the right side; the result
 * is false where either is, null where either is, else true.  or: the same
 * with the roles of true and false changed. */
static int
logic_run(struct block *b, struct step *s, int n, unsigned dominant,
    struct err *e)
{
	struct lazy *z = s->lazy;
	struct reg *out = &b->reg[s->out];
	const struct column *left = &b->reg[z->way[0].reg].col;
	uint8_t *o = out->data;
	struct piece p;
	int m = 0;

	for (int i = 0; i < n; i++) {
		unsigned v = ((const uint8_t *)left->data)[col_at(left, i)];
		bool null = col_null(left, i);

		o[i] = (uint8_t)dominant;
		z->rows[m] = i;
		m += null || v != dominant;
	}
	if (m == 0)
		return 0;
	TRY(way_run(b, &z->way[1], m == n ? NULL : z->rows, m, &p, e));
	for (int i = 0; i < m; i++) {
		int r = z->rows[i];
		int64_t at = piece_row(&p, i);
		bool null = p.col->valid && !bit_get(p.col->valid, at);

		if (!null && ((const uint8_t *)p.col->data)[at] == dominant)
			continue;
		o[r] = !dominant;
		if (null || col_null(left, r))
			bit_clear(out->valid, r);
	}
	return 0;
}

#define BLEND(T)                                                        \
	do {                                                            \
		const T *v = from->data;                                \
		T *restrict o = out->data;                              \
		if (from->flags & COL_CONST) {                          \
			T one = v[0];                                   \
			for (int i = 0; i < n; i++)                     \
				o[i] = c[i] ? one : o[i];               \
		} else {                                                \
			for (int i = 0; i < n; i++)                     \
				o[i] = c[i] ? v[i] : o[i];              \
		}                                                       \
	} while (0)

/* out = c ? from : out, over all rows. */
SIMD_CLONES static void
blend(struct reg *out, const uint8_t *c, const struct column *from, int n)
{
	switch (type_width(out->col.type)) {
	case 1:
		BLEND(uint8_t);
		break;
	case 2:
		BLEND(uint16_t);
		break;
	case 4:
		BLEND(uint32_t);
		break;
	case 8:
		BLEND(uint64_t);
		break;
	default:
		BLEND(struct word16);
		break;
	}
}

/* Can CASE be done by blending?  All ways computed, no null in a condition
 * or a value, and the first way (else) there. */
static bool
can_blend(const struct block *b, const struct lazy *z)
{
	if (!z->eager || z->builder || z->n % 2 == 0)
		return false;
	for (int i = 0; i < z->n; i++) {
		const struct column *c = &b->reg[z->way[i].reg].col;

		if (c->valid || (i % 2 == 0 && i + 1 < z->n &&
		    (c->flags & COL_CONST)))
			return false;
	}
	return true;
}

static int
case_blend(struct block *b, struct step *s, int n)
{
	struct lazy *z = s->lazy;
	struct reg *out = &b->reg[s->out];
	struct piece p = { &b->reg[z->way[z->n - 1].reg].col, NULL };

	scatter(out, &p, NULL, n);
	for (int i = z->n - 3; i >= 0; i -= 2)
		blend(out, b->reg[z->way[i].reg].col.data,
		    &b->reg[z->way[i + 1].reg].col, n);
	return 0;
}

int
lazy_run(struct block *b, struct step *s, int n, struct err *e)
{
	struct lazy *z = s->lazy;
	struct reg *out = &b->reg[s->out];
	int r;

	lazy_room(b, z, n);
	if (z->kind == LAZY_COALESCE) {
		const struct column *c = &b->reg[z->way[0].reg].col;

		if (c->valid == NULL) {
			out->col = *c;
			return 0;
		}
	}
	if (z->builder == NULL)
		reg_room(b, out, s->x->type, n);
	if (z->kind == LAZY_CASE && can_blend(b, z))
		return case_blend(b, s, n);
	if (z->builder == NULL)
		bits_fill(out->valid, n);
	if (z->kind == LAZY_CASE)
		r = case_run(b, s, n, e);
	else if (z->kind == LAZY_COALESCE)
		r = coalesce_run(b, s, n, e);
	else
		r = logic_run(b, s, n, z->kind == LAZY_OR, e);
	if (r < 0)
		return r;
	finish(b, z, out, n);
	return 0;
}
