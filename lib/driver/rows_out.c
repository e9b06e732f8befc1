/*
 * rows_out -- see rows_out.h.
 */
#include "driver/rows_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "driver/job.h"
#include "driver/runner.h"
#include "format/format.h"
#include "format/grid.h"

#define BREATHE_MS 200
#define LAST_MS 1000            /* a command has so long behind its last row */
#define TABLE_ROWS_MAX 100000   /* more than that: plain TSV */

void
rows_out_open(struct rows_out *o, struct app *a, const struct node *root,
    struct exec_env *env)
{
	memset(o, 0, sizeof *o);
	o->app = a;
	o->root = root;
	if (root == NULL)
		return;
	o->table = a->stdout_tty && a->stdout_format == NULL &&
	    root->u.write.format == NULL && root->u.write.command == NULL;
	if (o->table)
		env->stdout_format = format_find("tsv");
}

static int
closed(struct app *a, struct err *e)
{
	if (errno == EPIPE) {
		a->pipe_closed = true;
		err_set(e, ERR_TEMP, "stdout was closed");
		e->code = 141;
		return ERR_TEMP;
	}
	err_sys(e, "could not write to stdout");
	e->code = EXIT_IO;
	return e->kind;
}

int
rows_out_flush(struct app *a, struct err *e)
{
	return fflush(stdout) == 0 ? 0 : closed(a, e);
}

/* Somebody waits for rows that are not taken: has the job time left? */
static int
go_on(struct app *a, struct err *e)
{
	struct action now = { .deadline_ms = a->deadline_ms,
		.interrupt = &a->interrupt };

	TRY(action_stopped(&now, e));
	if (a->breathe)
		a->breathe(a);
	return 0;
}

/* Waits until fd takes PIPE_BUF bytes, while other things go on. */
static int
wait_room(struct app *a, int fd, struct err *e)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	while (poll(&p, 1, BREATHE_MS) <= 0)
		TRY(go_on(a, e));
	return 0;
}

static int
write_fd(struct rows_out *o, int fd, const char *p, size_t n, struct err *e)
{
	while (n > 0) {
		size_t most = n;
		ssize_t r;

		if (o->app->breathe || o->app->deadline_ms) {
			TRY(wait_room(o->app, fd, e));
			most = n < PIPE_BUF ? n : PIPE_BUF;
		}
		r = write(fd, p, most);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return closed(o->app, e);
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* To the command.  One that stops reading, as head does, gets no more; its
 * status says whether that was wanted. */
static int
write_command(struct rows_out *o, const char *p, size_t n, struct err *e)
{
	if (o->command.pid == 0) {
		fflush(NULL);
		TRY(shell_start(&o->command, o->root->u.write.command,
		    SHELL_WRITE, e));
	}
	while (n > 0 && !o->deaf) {
		ssize_t r;

		TRY(wait_room(o->app, o->command.fd, e));
		r = write(o->command.fd, p, n < PIPE_BUF ? n : PIPE_BUF);
		if (r < 0 && errno == EPIPE)
			o->deaf = true;
		else if (r < 0 && errno != EINTR)
			return err_sys(e, "could not write to \"%s\"",
			    o->root->u.write.command);
		p += r > 0 ? r : 0;
		n -= r > 0 ? (size_t)r : 0;
	}
	return 0;
}

static int
put(struct rows_out *o, const char *p, size_t n, struct err *e)
{
	if (o->table) {
		text_add(&o->rows, p, n);
		return 0;
	}
	if (o->root->u.write.command)
		return write_command(o, p, n, e);
	return write_fd(o, STDOUT_FILENO, p, n, e);
}

static int
put_file(struct rows_out *o, int fd, struct err *e)
{
	char *buf = xmalloc(1 << 18);
	int64_t at = 0;
	ssize_t n;
	int r = 0;

	while (r >= 0 && (n = pread(fd, buf, 1 << 18, at)) > 0) {
		r = put(o, buf, (size_t)n, e);
		at += n;
	}
	free(buf);
	return r;
}

/* Too many rows for a table: goes on as TSV. */
static int
give_up_table(struct rows_out *o, struct err *e)
{
	struct text rows = o->rows;
	int r;

	memset(&o->rows, 0, sizeof o->rows);
	o->table = false;
	r = put(o, rows.p, rows.n, e);
	text_release(&rows);
	return r;
}

int
rows_out_emit(void *arg, struct collected *c, struct err *e)
{
	struct rows_out *o = arg;

	o->nrow += c->rows;
	o->app->rows_out += c->rows;
	if (c->fd >= 0)
		TRY(put_file(o, c->fd, e));
	TRY(put(o, c->text.p, c->text.n, e));
	if (o->table && o->nrow > TABLE_ROWS_MAX)
		return give_up_table(o, e);
	return 0;
}

static int
end_command(struct rows_out *o, struct err *e)
{
	int status;

	TRY(write_command(o, "", 0, e));
	while (!shell_wait(&o->command, BREATHE_MS))
		TRY(go_on(o->app, e));
	status = o->command.status;
	if (status == 0)
		return 0;
	err_set(e, ERR_TEMP, "the command \"%s\" ended with status %d",
	    o->root->u.write.command, status);
	e->code = EXIT_JOB;
	return e->kind;
}

static int
terminal_width(void)
{
	const char *c = getenv("COLUMNS");
	struct winsize w;

	if (c && strtol(c, NULL, 10) > 0)
		return (int)strtol(c, NULL, 10);
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return 80;
}

/* A cell of TSV: \N is NULL, other escapes are as the table shows them. */
static void
add_cell(struct grid *g, struct text *to, const char *p, size_t n,
    struct text *cell)
{
	if (n == 2 && memcmp(p, "\\N", 2) == 0) {
		grid_add(g, to, "NULL", 4);
		return;
	}
	text_clear(cell);
	for (size_t i = 0; i < n; i++) {
		i += p[i] == '\\' && i + 1 < n && p[i + 1] == '\\';
		text_addc(cell, p[i]);
	}
	grid_add(g, to, text_str(cell), cell->n);
}

/* The rows kept, which are TSV, as a table. */
static void
print_table(struct rows_out *o, struct text *to)
{
	const struct schema *s = o->root->kid[0]->out;
	const char *p = o->rows.p, *end = p + o->rows.n;
	struct arena a = { 0 };
	struct text cell = { 0 };
	struct grid g;

	grid_init(&g, &a, s, terminal_width(), INT64_MAX);
	while (p < end) {
		const char *stop = p;

		while (stop < end && *stop != '\t' && *stop != '\n')
			stop++;
		add_cell(&g, to, p, (size_t)(stop - p), &cell);
		p = stop + 1;
	}
	grid_finish(&g, to);
	text_addf(to, "(%lld row%s)\n", (long long)o->nrow,
	    o->nrow == 1 ? "" : "s");
	grid_release(&g);
	text_release(&cell);
	arena_release(&a);
}

int
rows_out_close(struct rows_out *o, int result, struct err *e)
{
	int r = 0;

	if (o->root && o->root->u.write.command && result >= 0)
		r = end_command(o, e);
	if (o->command.pid && !shell_wait(&o->command, LAST_MS))
		shell_kill(&o->command);
	if (o->table && result >= 0) {
		struct text t = { 0 };

		print_table(o, &t);
		o->table = false;
		r = put(o, t.p, t.n, e);
		text_release(&t);
	}
	text_release(&o->rows);
	return r;
}
