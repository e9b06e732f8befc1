/*
 * cut -- inputs into pieces for tasks.
 *
 * Small files are packed until a partition is full (each counts at least the
 * open cost, as in Spark), large ones are cut at byte positions; readers
 * move the cuts to record boundaries.  The size of a piece follows from the
 * total and the settings only, never from threads or hosts, so that float
 * sums are merged in the same order everywhere.
 */
#include <string.h>

#include "base/arena.h"
#include "plan/stage.h"

#define PIECE_MIN ((int64_t)8 << 20)
#define PIECE_MAX ((int64_t)128 << 20)
#define PIECES_WANTED 32        /* of a middling input */

#define RANGE_ROWS ((int64_t)1 << 20)

static int64_t
piece_size(const struct plan_conf *conf, int64_t total)
{
	int64_t size = total / PIECES_WANTED;

	if (conf->split_bytes > 0)
		return conf->split_bytes;
	return size < PIECE_MIN ? PIECE_MIN : size > PIECE_MAX ? PIECE_MAX :
	    size;
}

/* Replaces partition columns by a file's values; others stay. */
struct prune {
	struct arena *arena;
	const struct node *scan;
	const struct input_file *file;
};

static struct expr *
put_key(struct expr *x, void *arg)
{
	struct prune *p = arg;
	int nfile = p->scan->u.scan.input->file->ncol, at;

	if (x->kind != EXPR_COL)
		return x;
	at = schema_find(p->scan->out, x->u.col.id);
	if (at < 0 || p->scan->u.scan.col[at] < nfile)
		return x;
	return expr_lit(p->arena, p->file->key[p->scan->u.scan.col[at] -
	    nfile]);
}

/* Does the prune condition refute the file?  Errors count as no. */
static bool
pruned(struct arena *a, const struct node *scan, const struct input_file *f,
    const struct expr_env *env)
{
	struct prune p = { a, scan, f };
	struct expr *x;
	struct datum d;
	struct err e;

	if (scan->u.scan.prune == NULL)
		return false;
	x = expr_map(a, scan->u.scan.prune, put_key, &p);
	if (!expr_is_const(x) || expr_eval_const(env, x, &d, &e) < 0)
		return false;
	return d.null || !d.b;
}

struct cutter {
	struct arena *arena;
	struct scan_cut *out;
	int part_cap, piece_cap;
	int64_t limit, held;            /* of the open partition */
};

static void
close_part(struct cutter *c)
{
	struct scan_cut *o = c->out;
	int first = o->npart ? o->part[o->npart - 1].first +
	    o->part[o->npart - 1].n : 0;

	if (o->npiece == first)
		return;
	ARENA_GROW(c->arena, o->part, o->npart, c->part_cap);
	o->part[o->npart++] = (struct scan_part){ first, o->npiece - first };
	c->held = 0;
}

static void
add_piece(struct cutter *c, int file, int64_t from, int64_t to, int64_t cost)
{
	struct scan_cut *o = c->out;

	if (c->held && c->held + cost > c->limit)
		close_part(c);
	ARENA_GROW(c->arena, o->piece, o->npiece, c->piece_cap);
	o->piece[o->npiece++] = (struct piece){ file, from, to };
	c->held += cost;
}

static void
cut_file(struct cutter *c, int file, const struct input_file *f,
    int64_t open_cost)
{
	int64_t n, step;

	if (!f->splits || f->size <= c->limit + c->limit / 4) {
		add_piece(c, file, 0, -1, (f->size < 0 ? c->limit : f->size) +
		    open_cost);
		return;
	}
	n = (f->size + c->limit - 1) / c->limit;
	step = (f->size + n - 1) / n;
	for (int64_t from = 0; from < f->size; from += step) {
		int64_t to = from + step < f->size ? from + step : f->size;

		add_piece(c, file, from, to, c->limit + 1);
	}
}

int
scan_cut_plan(struct arena *a, const struct node *scan,
    const struct plan_conf *conf, const struct expr_env *env,
    struct scan_cut *out, struct err *e)
{
	const struct input *in = scan->u.scan.input;
	struct cutter c = { .arena = a, .out = out };

	(void)e;
	memset(out, 0, sizeof *out);
	out->scan = scan;
	c.limit = piece_size(conf, in->size < 0 ? 0 : in->size);
	for (int i = 0; i < in->nfile; i++) {
		if (pruned(a, scan, &in->file_v[i], env)) {
			out->npruned++;
			continue;
		}
		cut_file(&c, i, &in->file_v[i], conf->open_cost);
	}
	close_part(&c);
	if (out->npart == 0) {          /* one empty partition */
		ARENA_GROW(a, out->part, out->npart, c.part_cap);
		out->part[out->npart++] = (struct scan_part){ 0, 0 };
	}
	return 0;
}

int64_t
range_rows(const struct node *n)
{
	i128 span = (i128)n->u.range.end - n->u.range.start;
	i128 step = n->u.range.step, rows;

	if ((span > 0) != (step > 0) || span == 0)
		return 0;
	rows = (span + step - (step > 0 ? 1 : -1)) / step;
	return rows > INT64_MAX ? INT64_MAX : (int64_t)rows;
}

int
range_parts(const struct node *n)
{
	int64_t rows = range_rows(n), parts;

	if (n->u.range.parts)
		return n->u.range.parts;
	parts = (rows + RANGE_ROWS - 1) / RANGE_ROWS;
	return parts < 1 ? 1 : parts > 256 ? 256 : (int)parts;
}

void
range_part(const struct node *n, int part, int64_t *from, int64_t *to)
{
	i128 rows = range_rows(n);
	int np = range_parts(n);

	*from = (int64_t)(rows * part / np);
	*to = (int64_t)(rows * (part + 1) / np);
}
