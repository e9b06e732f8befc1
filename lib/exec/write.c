/*
 * write -- rows to files of an output; tee does it and passes them on.
 *
 * Each task writes its own files below the staging directory (store/commit.h);
 * they become part of the output when the task commits.  With partition by,
 * rows go to files by the values of the partition columns, at most FILES_OPEN
 * at a time: the file with the fewest buffered rows is then finished and the
 * next rows of its partition begin another one.  The parts of a single file
 * go into it directly when their turn has come (store/single.h), else they
 * are held back; what is too large for that becomes a file first.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <stdlib.h>

#include "column/value.h"
#include "format/format.h"
#include "io/sink.h"
#include "store/single.h"

#define FILES_OPEN 256
#define FLUSH_BYTES ((size_t)1 << 20)
#define ROOM_BYTES (FLUSH_BYTES + FLUSH_BYTES / 4)
#define HOLD_BYTES ((int64_t)64 << 20)  /* of a single file's part */

struct out_file {
	char *dir;                      /* "k=v/…/", or "" */
	const char *name;
	struct sink *sink;              /* NULL: the single one, or none yet */
	struct writer *writer;
	struct text text;
	bool direct;                    /* it is this part's turn */
	int64_t held;                   /* bytes that wait for it */
	int64_t rows, bytes;
	struct out_file *next;          /* in its hash chain */
};

struct write {
	struct op op;
	struct options options;
	const struct format *format;
	struct schema *schema;          /* without the partition columns */
	int *col;                       /* their numbers in the input */
	struct column *view;
	struct out_file *file[FILES_OPEN];
	int nfile, made;
	bool ended;
	int32_t pick[BATCH_ROWS];
};

static void
choose_columns(struct write *w)
{
	const struct node *n = w->op.node;
	const struct schema *in = n->kid[0]->out;
	struct arena *a = &w->op.task->arena;

	w->schema = schema_new(a, in->ncol);
	w->schema->ncol = 0;
	w->col = NEW_N(a, int, in->ncol + 1);
	w->view = NEW_N(a, struct column, in->ncol + 1);
	for (int i = 0; i < in->ncol; i++) {
		bool key = false;

		for (int k = 0; k < n->u.write.npart; k++)
			key |= n->u.write.part[k] == i;
		if (key)
			continue;
		w->col[w->schema->ncol] = i;
		w->schema->col[w->schema->ncol++] = in->col[i];
	}
}

static int
write_open(struct op *op, struct err *e)
{
	struct write *w = (struct write *)op;
	const struct node *n = op->node;
	struct option *v = NEW_N(&op->task->arena, struct option,
	    n->u.write.options.n + 1);

	w->format = format_find(n->u.write.format);
	if (w->format == NULL || w->format->writer == NULL)
		return err_at(e, n->span, "the format '%s' cannot be written",
		    n->u.write.format);
	for (int i = 0; i < n->u.write.options.n; i++)
		v[i] = (struct option){ n->u.write.options.v[i].key,
		    n->u.write.options.v[i].value };
	w->options = (struct options){ n->u.write.options.n, v };
	if (w->format->check)
		TRY(w->format->check(&w->options, e));
	choose_columns(w);
	return 0;
}

static struct output *
output_of(const struct write *w)
{
	return w->op.task->env->output[w->op.node->u.write.output];
}

static int
open_sink(struct write *w, struct out_file *f, struct err *e)
{
	struct task *t = w->op.task;
	const char *path;

	TRY(output_path(output_of(w), t->part, t->attempt, f->name, &t->arena,
	    &path, e));
	TRY(sink_open(&f->sink, path, e));
	if (w->op.node->u.write.single)
		sink_passing(f->sink);
	return 0;
}

static int
open_file(struct write *w, struct out_file *f, struct err *e)
{
	struct task *t = w->op.task;
	int number = w->made++;

	/* The parts of one file are joined: only the first has a header. */
	if (w->op.node->u.write.single && t->part > 0)
		w->options = (struct options){ 0, NULL };
	if (number)
		f->name = arena_printf(&t->arena, "%spart-%05d-%d.%s", f->dir,
		    t->part, number, output_extension(output_of(w)));
	else
		f->name = arena_printf(&t->arena, "%spart-%05d.%s", f->dir,
		    t->part, output_extension(output_of(w)));
	if (output_single(output_of(w)) == NULL)
		TRY(open_sink(w, f, e));
	return writer_open(&f->writer, w->format, w->schema, &w->options,
	    t->env->zone, &f->text, e);
}

/* The text of a single file's part: to the file, or held back.  1: done;
 * 0: it must go to a file of its own. */
static int
flush_single(struct write *w, struct out_file *f, struct err *e)
{
	struct task *t = w->op.task;
	struct single *s = output_single(output_of(w));
	int64_t size = (int64_t)f->text.cap;

	if (!f->direct)
		f->direct = single_turn(s, t->part, t->attempt);
	if (!f->direct && (f->held > HOLD_BYTES ||
	    !pool_try(&t->env->pool, size)))
		return 0;
	f->bytes += (int64_t)f->text.n;
	if (f->direct) {
		TRY(single_put(s, f->text.p, f->text.n, e));
		text_clear(&f->text);
		return 1;
	}
	pool_give(&t->env->pool, size);
	f->held += size;
	single_wait(s, t->part, t->attempt, &f->text, &t->env->pool);
	text_room(&f->text, ROOM_BYTES);
	return 1;
}

static int
flush(struct write *w, struct out_file *f, struct err *e)
{
	if (f->sink == NULL) {
		int r = flush_single(w, f, e);

		if (r != 0)
			return r;
		TRY(open_sink(w, f, e));
	}
	TRY(sink_write(f->sink, f->text.p, f->text.n, e));
	text_clear(&f->text);
	return 0;
}

static struct task_output *
task_output(struct write *w)
{
	struct task *t = w->op.task;

	for (int i = 0; i < t->ncommit; i++)
		if (t->commit[i].output == output_of(w))
			return &t->commit[i];
	ARENA_GROW(&t->arena, t->commit, t->ncommit, t->commit_cap);
	t->commit[t->ncommit] = (struct task_output){ .output = output_of(w) };
	return &t->commit[t->ncommit++];
}

/* Ends a file and notes it for the commit. */
static int
finish_file(struct write *w, struct out_file *f, struct err *e)
{
	struct task_output *o = task_output(w);
	struct sink_figures fig = { 0, 0 };
	struct output_file *done;
	struct sink *sink;

	if (f->writer->class->finish)
		TRY(f->writer->class->finish(f->writer, &f->text, e));
	TRY(flush(w, f, e));
	sink = f->sink;
	f->sink = NULL;                 /* freed also when closing fails */
	if (sink)
		TRY(sink_close(sink, &fig, e));
	else
		f->name = NULL;
	fig.bytes += f->bytes;
	done = NEW_N(&w->op.task->arena, struct output_file, o->nfile + 1);
	if (o->nfile)
		memcpy(done, o->file, sizeof *done * (size_t)o->nfile);
	done[o->nfile++] = (struct output_file){ f->name, f->rows, fig.bytes,
	    fig.sum };
	o->file = done;
	w->op.task->bytes_out += fig.bytes;
	writer_close(f->writer);
	f->writer = NULL;
	text_release(&f->text);
	free(f->dir);
	f->dir = NULL;
	return 0;
}

static void
escape(struct text *t, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f || strchr("\"#%'*/:=?\\{}[]^", c))
			text_addf(t, "%%%02X", c);
		else
			text_addc(t, (char)c);
	}
}

/* "k=v/k2=v2/" of a row. */
static void
directory_of(struct write *w, const struct batch *b, int row, struct text *t)
{
	const struct node *n = w->op.node;

	text_clear(t);
	for (int k = 0; k < n->u.write.npart; k++) {
		int at = n->u.write.part[k];
		const struct column *c = &b->col[at];
		struct text v = { 0 };
		const char *name = n->kid[0]->out->col[at].name;

		escape(t, name, strlen(name));
		text_addc(t, '=');
		if (!col_null(c, row))
			value_print(&v, c, row, w->op.task->env->zone);
		if (v.n == 0)
			text_adds(t, "__HIVE_DEFAULT_PARTITION__");
		else
			escape(t, v.p, v.n);
		text_addc(t, '/');
		text_release(&v);
	}
	text_addc(t, '\0');
	t->n--;
}

static int
file_for(struct write *w, const char *dir, struct out_file **out,
    struct err *e)
{
	struct out_file *f;

	for (int i = 0; i < w->nfile; i++)
		if (strcmp(w->file[i]->dir, dir) == 0) {
			*out = w->file[i];
			return 0;
		}
	if (w->nfile == FILES_OPEN) {   /* the oldest makes room */
		TRY(finish_file(w, w->file[0], e));
		memmove(w->file, w->file + 1,
		    sizeof *w->file * (FILES_OPEN - 1));
		w->nfile--;
	}
	f = NEW(&w->op.task->arena, struct out_file);
	f->dir = strdup(dir);
	w->file[w->nfile++] = f;
	*out = f;
	return open_file(w, f, e);
}

static int
put(struct write *w, struct out_file *f, const struct batch *b,
    struct err *e)
{
	struct batch out = *b;

	for (int i = 0; i < w->schema->ncol; i++)
		w->view[i] = b->col[w->col[i]];
	out.col = w->view;
	out.ncol = w->schema->ncol;
	TRY(f->writer->class->put(f->writer, &out, &f->text, e));
	f->rows += b->n;
	return f->text.n > FLUSH_BYTES ? flush(w, f, e) : 0;
}

/* Runs of rows with the same directory go together. */
static int
put_by_key(struct write *w, const struct batch *b, struct err *e)
{
	struct text dir = { 0 }, next = { 0 };
	int from = 0, r = 0;

	while (from < b->n && r >= 0) {
		struct batch part = *b;
		struct out_file *f;

		directory_of(w, b, batch_row(b, from), &dir);
		part.n = 0;
		part.pick = w->pick;
		for (; from < b->n; from++) {
			directory_of(w, b, batch_row(b, from), &next);
			if (next.n != dir.n || memcmp(next.p, dir.p, dir.n))
				break;
			w->pick[part.n++] = batch_row(b, from);
		}
		r = file_for(w, dir.p, &f, e);
		if (r >= 0)
			r = put(w, f, &part, e);
	}
	text_release(&dir);
	text_release(&next);
	return r;
}

static int
put_batch(struct write *w, const struct batch *b, struct err *e)
{
	struct out_file *f;

	w->op.task->rows_out += b->n;
	if (w->op.node->u.write.npart)
		return put_by_key(w, b, e);
	TRY(file_for(w, "", &f, e));
	return put(w, f, b, e);
}

/* A task without rows writes no file, but the first one of an output
 * without partitions does: its header may be wanted. */
static int
end(struct write *w, struct err *e)
{
	struct out_file *f;

	w->ended = true;
	if (w->nfile == 0 && w->op.task->part == 0 &&
	    w->op.node->u.write.npart == 0)
		TRY(file_for(w, "", &f, e));
	for (int i = 0; i < w->nfile; i++)
		TRY(finish_file(w, w->file[i], e));
	w->nfile = 0;
	task_output(w);
	return 0;
}

static int
write_next(struct op *op, struct batch *b, struct err *e)
{
	struct write *w = (struct write *)op;
	int r;

	if (w->ended)
		return 0;
	while ((r = op_next(op->kid[0], b, e)) > 0)
		TRY(put_batch(w, b, e));
	return r < 0 ? r : end(w, e);
}

static int
tee_next(struct op *op, struct batch *b, struct err *e)
{
	struct write *w = (struct write *)op;
	int r;

	if (w->ended)
		return 0;
	r = op_next(op->kid[0], b, e);
	if (r > 0)
		TRY(put_batch(w, b, e));
	else if (r == 0)
		TRY(end(w, e));
	return r;
}

static void
write_close(struct op *op)
{
	struct write *w = (struct write *)op;

	for (int i = 0; i < w->nfile; i++) {
		struct out_file *f = w->file[i];

		if (f->writer)
			writer_close(f->writer);
		if (f->sink)
			sink_abort(f->sink);
		if (output_single(output_of(w)))
			single_leave(output_single(output_of(w)),
			    w->op.task->part, w->op.task->attempt);
		text_release(&f->text);
		free(f->dir);
	}
}

const struct op_class op_write = {
	.name = "write", .size = sizeof(struct write),
	.open = write_open, .next = write_next, .close = write_close,
};

const struct op_class op_tee = {
	.name = "tee", .size = sizeof(struct write),
	.open = write_open, .next = tee_next, .close = write_close,
};
