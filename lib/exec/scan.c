/*
 * scan -- the records of files, one partition's pieces one after the other.
 *
 * The reader decodes only the columns that the plan wants, the columns of
 * the pushed-down filter first and the others only for rows that pass it.
 * Values of partition columns are constants of each file.  What the tasks
 * of one scan share (struct scan, quote parities) is made once a stage.
 *
 * SP_FORCE=chaos:SEED makes first attempts fail at random batches, and cuts
 * batches at random places.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/opt.h"
#include "base/zone.h"
#include "format/format.h"

/* One a scan and stage, read-only for the tasks. */
struct scan_shared {
	struct arena arena;
	struct scan scan;
	struct schema early;            /* of the columns that the filter sees */
	int *from;                      /* node column i: reader column, or
	                                 * -1 - key number */
	const struct scan_cut *cut;
};

struct scan_op {
	struct op op;
	struct scan_shared *shared;
	struct scan own;                /* with a directory of this attempt */
	struct reader *reader;
	struct program *pred;
	struct column *col;
	int piece, last;                /* next piece, one past the last */
	bool open;                      /* a split is being read */
	struct arena keys;              /* constants of the split */
	struct column *key;
	int64_t nbatch;
	struct batch rest;              /* chaos: second half of a batch */
	int32_t pick[BATCH_ROWS];
};

static void
collect_id(struct expr *x, void *arg)
{
	struct schema *s = arg;

	if (x->kind != EXPR_COL || schema_find(s, x->u.col.id) >= 0)
		return;
	s->col[s->ncol].id = x->u.col.id;
	s->col[s->ncol].type = x->type;
	s->col[s->ncol++].name = x->u.col.name;
}

static int
scan_filter(void *arg, const struct batch *b, int32_t *pick, struct err *e)
{
	return program_pick(arg, b, pick, e);
}

/* Reader columns: those of the filter first, then the rest, in node order. */
static void
order_columns(struct scan_shared *s, const struct node *n)
{
	const struct schema *out = n->out;
	int nfile = n->u.scan.input->file->ncol, nout = 0;
	int *want = NEW_N(&s->arena, int, out->ncol + 1);

	s->early.col = NEW_N(&s->arena, struct field, out->ncol + 1);
	if (n->u.scan.filter)
		expr_walk(n->u.scan.filter, collect_id, &s->early);
	for (int i = 0; i < s->early.ncol; i++) {
		int at = schema_find(out, s->early.col[i].id);

		s->from[at] = nout;
		want[nout++] = n->u.scan.col[at];
	}
	s->scan.nearly = nout;
	for (int i = 0; i < out->ncol; i++) {
		if (n->u.scan.col[i] >= nfile)
			s->from[i] = -1 - (n->u.scan.col[i] - nfile);
		else if (schema_find(&s->early, out->col[i].id) < 0) {
			s->from[i] = nout;
			want[nout++] = n->u.scan.col[i];
		}
	}
	s->scan.nout = nout;
	s->scan.out = want;
}

static enum on_error
on_error_kind(const char *s)
{
	static const char *const name[] = { "fail", "null", "drop", "quarantine" };

	for (int i = 0; s && i < 4; i++)
		if (strcmp(s, name[i]) == 0)
			return (enum on_error)i;
	return ON_ERROR_FAIL;
}

static void
scan_free(void *state)
{
	struct scan_shared *s = state;

	if (s->scan.shared && s->scan.format->unshare)
		s->scan.format->unshare(s->scan.shared);
	arena_release(&s->arena);
	free(s);
}

/* Options of one source that settings have for all. */
static int
read_settings(struct scan_shared *s, struct err *e)
{
	const char *zone = options_get(&s->scan.options, "timezone", NULL);
	const char *max = options_get(&s->scan.options, "max_record", NULL);
	long long n;

	if (zone)
		TRY(zone_load(&s->arena, zone, &s->scan.zone, e));
	if (max) {
		TRY(opt_size(max, &n, e));
		s->scan.max_record = n;
	}
	return 0;
}

static int
scan_make(struct task *t, const struct node *n, void **state, struct err *e)
{
	const struct input *in = n->u.scan.input;
	struct scan_shared *s = xcalloc(1, sizeof *s);
	struct option *v;

	*state = s;
	s->cut = stages_cut(t->env->stages, n);
	s->from = NEW_N(&s->arena, int, n->out->ncol + 1);
	s->scan.format = format_find(in->format);
	s->scan.file = in->file;
	s->scan.on_error = on_error_kind(in->on_error);
	s->scan.quarantine_dir = in->quarantine_dir;
	s->scan.max_record = t->env->max_record;
	s->scan.zone = t->env->zone;
	v = NEW_N(&s->arena, struct option, in->options.n + 1);
	for (int i = 0; i < in->options.n; i++)
		v[i] = (struct option){ in->options.v[i].key,
		    in->options.v[i].value };
	s->scan.options = (struct options){ in->options.n, v };
	if (read_settings(s, e) < 0) {
		scan_free(s);
		return e->kind;
	}
	order_columns(s, n);
	if (n->u.scan.filter)
		s->scan.filter = scan_filter;
	if (s->scan.format == NULL || s->cut == NULL) {
		scan_free(s);
		return err_set(e, ERR_BUG, "scan of unknown format \"%s\"",
		    in->format);
	}
	if (s->scan.format->share)
		s->scan.shared = s->scan.format->share(&s->scan);
	return 0;
}

static int
scan_open(struct op *op, struct err *e)
{
	struct scan_op *s = (struct scan_op *)op;
	struct program_env env = task_program_env(op->task);
	const struct node *n = op->node;
	const struct scan_part *part;
	void *shared;

	TRY(task_shared(op->task, n, scan_make, scan_free, &shared, e));
	s->shared = shared;
	s->col = NEW_N(&op->task->arena, struct column, n->out->ncol + 1);
	s->key = NEW_N(&op->task->arena, struct column,
	    n->u.scan.input->key ? n->u.scan.input->key->ncol + 1 : 1);
	if (n->u.scan.filter)
		TRY(program_new(&s->pred, &op->task->arena, &s->shared->early,
		    (struct expr *const *)&n->u.scan.filter, 1, &env, e));
	s->own = s->shared->scan;
	if (op->task->env->bad_job && s->own.quarantine_dir &&
	    s->own.on_error == ON_ERROR_QUARANTINE)
		s->own.quarantine_dir = task_bad_dir(op->task,
		    s->own.quarantine_dir);
	TRY(reader_open(&s->reader, &s->own, &op->pool, s->pred, e));
	/* Stable strings pin the mapped file: only when it may all be held. */
	s->reader->stable = n->u.scan.keep_strings &&
	    n->u.scan.input->size >= 0 &&
	    n->u.scan.input->size < pool_limit(&op->pool) / 2;
	if (op->part >= s->shared->cut->npart)
		return 0;
	part = &s->shared->cut->part[op->part];
	s->piece = part->first;
	s->last = part->first + part->n;
	return 0;
}

static int
begin_piece(struct scan_op *s, struct err *e)
{
	const struct piece *p = &s->shared->cut->piece[s->piece++];
	const struct input *in = s->op.node->u.scan.input;
	const struct input_file *f = &in->file_v[p->file];
	struct split split = {
		.path = f->path, .member = f->member,
		.from = p->from, .to = p->to, .size = f->size,
		.nkey = in->key ? in->key->ncol : 0, .key = f->key,
	};

	arena_reset(&s->keys);
	for (int i = 0; i < split.nkey; i++)
		datum_column(&f->key[i], &s->key[i], &s->keys);
	TRY(s->shared->scan.format->begin(s->reader, &split, e));
	s->open = true;
	return 0;
}

/* Puts the reader's columns where the node wants them. */
static void
arrange(struct scan_op *s, struct batch *b)
{
	int ncol = s->op.node->out->ncol;

	for (int i = 0; i < ncol; i++) {
		int from = s->shared->from[i];

		s->col[i] = from >= 0 ? b->col[from] : s->key[-1 - from];
	}
	b->col = s->col;
	b->ncol = ncol;
}

static uint64_t
chaos_roll(struct scan_op *s)
{
	struct task *t = s->op.task;
	uint64_t h = hash_combine(t->env->chaos, (uint64_t)t->run->stage->id);

	h = hash_combine(h, (uint64_t)t->part << 8 | (uint64_t)t->attempt);
	return hash_combine(h, (uint64_t)s->nbatch);
}

/* Fails now and then on the first two attempts; cuts batches in two. */
static int
chaos(struct scan_op *s, struct batch *b, struct err *e)
{
	uint64_t h = chaos_roll(s);
	int cut = (int)(h >> 32) % (b->n + 1);

	if (s->op.task->attempt < 2 && h % 8 == 0)
		return err_set(e, ERR_TEMP, "chaos");
	if (cut > 0 && cut < b->n) {
		s->rest = *b;
		batch_skip(&s->rest, cut, s->pick);
		batch_head(b, cut);
	}
	return 1;
}

static void
count(struct scan_op *s, const struct batch *b, int64_t nbyte)
{
	struct task *t = s->op.task;

	t->rows_in += b->n;
	t->bytes_in += nbyte;
	atomic_fetch_add_explicit(&t->env->rows_read, b->n,
	    memory_order_relaxed);
	atomic_fetch_add_explicit(&t->env->bytes_read, nbyte,
	    memory_order_relaxed);
}

static int
scan_next(struct op *op, struct batch *b, struct err *e)
{
	struct scan_op *s = (struct scan_op *)op;
	int64_t before = s->reader->nbyte;
	int r;

	if (s->rest.n) {
		*b = s->rest;
		s->rest.n = 0;
		return 1;
	}
	for (;;) {
		if (!s->open) {
			if (s->piece == s->last)
				return 0;
			TRY(begin_piece(s, e));
		}
		b->n = 0;
		b->pick = NULL;
		r = s->shared->scan.format->next(s->reader, b, e);
		if (r < 0)
			return r;
		if (r > 0)
			break;
		s->open = false;
	}
	s->nbatch++;
	count(s, b, s->reader->nbyte - before);
	arrange(s, b);
	return op->task->env->chaos && b->n ? chaos(s, b, e) : 1;
}

static void
scan_close(struct op *op)
{
	struct scan_op *s = (struct scan_op *)op;

	if (s->reader)
		reader_close(s->reader);
	if (s->pred)
		program_release(s->pred);
	arena_release(&s->keys);
}

const struct op_class op_scan = {
	.name = "scan", .size = sizeof(struct scan_op),
	.open = scan_open, .next = scan_next, .close = scan_close,
};
