/*
 * pipe_rows -- see pipe_rows.h.
 */
#include "exec/pipe_rows.h"

int
pipe_rows_open(struct pipe_rows **out, struct task *t, const struct node *n,
    struct err *e)
{
	struct pipe_rows *r = NEW(&t->arena, struct pipe_rows);
	struct schema *in = schema_new(&t->arena, n->out->ncol);
	struct expr **x = NEW_N(&t->arena, struct expr *, n->out->ncol + 1);
	struct program_env env = task_program_env(t);
	struct expr_env bind = { .arena = &t->arena, .zone = t->env->zone };

	*out = r;
	r->task = t;
	r->node = n;
	r->text = strcmp(n->u.pipe.out_format, "text") == 0;
	if (!r->text && strcmp(n->u.pipe.out_format, "tsv") != 0)
		return err_at(e, n->span, "pipe: the format '%s' cannot be "
		    "read from a command yet (tsv, text)",
		    n->u.pipe.out_format);
	r->field = NEW_N(&t->arena, struct builder, n->out->ncol + 1);
	r->str = NEW_N(&t->arena, struct column, n->out->ncol + 1);
	r->col = NEW_N(&t->arena, struct column, n->out->ncol + 1);
	for (int i = 0; i < n->out->ncol; i++) {
		builder_init(&r->field[i], TYPE(STR));
		in->col[i] = (struct field){ n->out->col[i].name, TYPE(STR),
		    true, i + 1 };
		TRY(expr_cast(&bind, expr_col(&t->arena, &in->col[i]),
		    n->out->col[i].type, n->span, &x[i], e));
	}
	return program_new(&r->cast, &t->arena, in, x, n->out->ncol, &env, e);
}

/* One field of TSV: escapes are undone in place. */
static void
add_field(struct builder *b, char *p, size_t n)
{
	char *to = p, *from = p, *end = p + n;

	if (n == 2 && memcmp(p, "\\N", 2) == 0) {
		builder_null(b);
		return;
	}
	while (from < end) {
		char c = *from++;

		if (c == '\\' && from < end) {
			c = *from++;
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ?
			    '\r' : c;
		}
		*to++ = c;
	}
	builder_bytes(b, p, (size_t)(to - p));
}

static int
add_line(struct pipe_rows *r, char *p, size_t n, struct err *e)
{
	int ncol = r->node->out->ncol;

	if (r->text || ncol == 1) {
		if (r->text)
			builder_bytes(&r->field[0], p, n);
		else
			add_field(&r->field[0], p, n);
		for (int i = 1; i < ncol; i++)
			builder_null(&r->field[i]);
		r->rows++;
		return 0;
	}
	for (int i = 0; i < ncol; i++) {
		char *tab = memchr(p, '\t', n);
		size_t k = tab && i < ncol - 1 ? (size_t)(tab - p) : n;

		if ((tab == NULL) != (i == ncol - 1))
			return err_at(e, r->node->span, "pipe: expected %d "
			    "fields in a line of the command, found %s", ncol,
			    tab ? "more" : "fewer");
		add_field(&r->field[i], p, k);
		p += tab ? k + 1 : k;
		n -= tab ? k + 1 : k;
	}
	r->rows++;
	return 0;
}

int
pipe_rows_add(struct pipe_rows *r, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		const char *nl = memchr(p, '\n', n);
		size_t k = nl ? (size_t)(nl - p) : n;

		text_add(&r->line, p, k);
		if ((int64_t)r->line.n > r->task->env->max_record)
			return err_at(e, r->node->span,
			    "pipe: a line of the command is too long");
		if (nl == NULL)
			return 0;
		TRY(add_line(r, r->line.p, r->line.n, e));
		text_clear(&r->line);
		p += k + 1;
		n -= k + 1;
	}
	return 0;
}

int
pipe_rows_take(struct pipe_rows *r, struct batch *b, bool more,
    struct err *e)
{
	int ncol = r->node->out->ncol;
	int64_t left = r->rows - r->taken;
	int n = left < BATCH_ROWS ? (int)left : BATCH_ROWS;
	struct batch in;

	if (!more && r->line.n) {       /* the last line has no newline */
		TRY(add_line(r, r->line.p, r->line.n, e));
		text_clear(&r->line);
		return pipe_rows_take(r, b, more, e);
	}
	if (n == 0 || (more && n < BATCH_ROWS)) {
		if (n == 0 && r->rows) {
			for (int i = 0; i < ncol; i++)
				builder_clear(&r->field[i]);
			r->rows = r->taken = 0;
		}
		return 0;
	}
	arena_reset(&r->arena);
	for (int i = 0; i < ncol; i++)
		builder_column(&r->field[i], r->taken, n, &r->str[i],
		    &r->arena);
	in = (struct batch){ r->str, ncol, n, n, NULL };
	r->taken += n;
	TRY(program_run(r->cast, &in, r->col, e));
	*b = (struct batch){ r->col, ncol, n, n, NULL };
	return 1;
}

void
pipe_rows_close(struct pipe_rows *r)
{
	for (int i = 0; r->field && i < r->node->out->ncol; i++)
		builder_release(&r->field[i]);
	if (r->cast)
		program_release(r->cast);
	text_release(&r->line);
	arena_release(&r->arena);
}
