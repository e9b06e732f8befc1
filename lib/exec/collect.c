/*
 * collect -- rows on their way to stdout: formatted here, in the task.
 *
 * The driver passes the bytes on in partition order once the task has
 * succeeded, so a failed attempt shows nothing.  Up to COLLECT_MEMORY bytes
 * wait in memory, more in an unlinked scratch file.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "format/format.h"
#include "io/fd.h"

#define COLLECT_MEMORY ((size_t)4 << 20)

struct collect {
	struct op op;
	struct writer *writer;
	struct options options;
	bool done;
};

/* Only the first partition prints a header. */
static void
writer_options(struct collect *c, const struct option_list *list)
{
	struct option *v = NEW_N(&c->op.task->arena, struct option,
	    list->n + 2);
	int n = 0;

	for (int i = 0; i < list->n; i++)
		if (c->op.part == 0 || strcmp(list->v[i].key, "header") != 0)
			v[n++] = (struct option){ list->v[i].key,
			    list->v[i].value };
	if (c->op.part != 0)
		v[n++] = (struct option){ "header", "false" };
	c->options = (struct options){ n, v };
}

static int
collect_open(struct op *op, struct err *e)
{
	struct collect *c = (struct collect *)op;
	struct task *t = op->task;
	const struct node *n = op->node;
	const struct format *f = n->u.write.format ?
	    format_find(n->u.write.format) : t->env->stdout_format;

	if (f == NULL || f->writer == NULL)
		return err_at(e, n->span, "the format '%s' cannot be written",
		    n->u.write.format ? n->u.write.format : "?");
	t->collected = NEW(&t->arena, struct collected);
	t->collected->fd = -1;
	writer_options(c, n->u.write.format || n->u.write.options.n ?
	    &n->u.write.options : &t->env->stdout_options);
	return writer_open(&c->writer, f, n->kid[0]->out, &c->options,
	    t->env->zone, &t->collected->text, e);
}

static int
overflow(struct task *t, struct err *e)
{
	struct collected *c = t->collected;

	if (c->fd < 0)
		c->fd = open(t->env->scratch, O_TMPFILE | O_RDWR | O_CLOEXEC,
		    0600);
	if (c->fd < 0 || fd_write(c->fd, c->text.p, c->text.n,
	    "collect.write") < 0)
		return err_sys(e, "could not write results to \"%s\"",
		    t->env->scratch);
	c->bytes += (int64_t)c->text.n;
	text_clear(&c->text);
	return 0;
}

static int
collect_next(struct op *op, struct batch *b, struct err *e)
{
	struct collect *c = (struct collect *)op;
	struct collected *out = op->task->collected;
	int r;

	while ((r = op_next(op->kid[0], b, e)) > 0) {
		TRY(c->writer->class->put(c->writer, b, &out->text, e));
		out->rows += b->n;
		op->task->rows_out += b->n;
		if (out->text.n > COLLECT_MEMORY)
			TRY(overflow(op->task, e));
	}
	if (r == 0 && !c->done) {
		c->done = true;
		if (c->writer->class->finish)
			TRY(c->writer->class->finish(c->writer, &out->text,
			    e));
		op->task->bytes_out = out->bytes + (int64_t)out->text.n;
	}
	return r;
}

static void
collect_close(struct op *op)
{
	struct collect *c = (struct collect *)op;

	if (c->writer)
		writer_close(c->writer);
}

const struct op_class op_collect = {
	.name = "collect", .size = sizeof(struct collect),
	.open = collect_open, .next = collect_next, .close = collect_close,
};
