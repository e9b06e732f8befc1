/*
 * pipe -- the rows of the partition through a Unix command.
 *
 * The command runs under /bin/sh in a process group of its own, with rows as
 * lines on its stdin and its stdout read as lines.  Both directions are
 * polled together, so no full pipe can block the other.  With groups (pipe
 * by) one command runs for each run of equal keys.  A status that is not
 * allowed fails the attempt, which may be tried again; its last stderr lines
 * are shown.
 */
#include "exec/op.h"
#include "exec/task.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "exec/pipe_rows.h"
#include "exec/said.h"
#include "format/format.h"
#include "io/groups.h"

#define STDERR_KEEP 4096
#define IO_BYTES 65536

extern char **environ;

struct pipe {
	struct op op;
	struct writer *writer;
	struct pipe_rows *rows;         /* parses what comes out */
	pid_t pid;
	int in, out, err;               /* our ends, -1 closed */
	struct text feed;               /* bytes for the command */
	size_t fed;
	char tail[STDERR_KEEP + 1];     /* of its stderr */
	size_t ntail;
	struct said said;
	bool kid_done, running;
	int64_t kills;                  /* of our cgroup, at the start */
	struct program *group;          /* key columns of pipe by */
	struct column *key, *last_col;
	struct builder *last;           /* keys of the group running */
	struct batch b;                 /* of the kid */
	int at;                         /* next row of it */
	int64_t deadline_ms;
	struct arena scratch;
	int32_t pick[BATCH_ROWS];
};

static int
pipe_open(struct op *op, struct err *e)
{
	struct pipe *p = (struct pipe *)op;
	const struct node *n = op->node;
	const struct format *f = format_find(n->u.pipe.in_format);
	static const struct option no_header[] = { { "header", "false" } };
	static const struct options options = { 1, no_header };
	struct program_env env = task_program_env(op->task);
	struct arena *a = &op->task->arena;

	p->in = p->out = p->err = -1;
	if (f == NULL || f->writer == NULL)
		return err_at(e, n->span, "pipe: unknown format '%s'",
		    n->u.pipe.in_format);
	TRY(writer_open(&p->writer, f, n->kid[0]->out,
	    strcmp(f->name, "csv") == 0 ? &options : &(struct options){ 0,
	    NULL }, op->task->env->zone, &p->feed, e));
	TRY(pipe_rows_open(&p->rows, op->task, n, e));
	if (n->u.pipe.ngroup == 0)
		return 0;
	p->key = NEW_N(a, struct column, n->u.pipe.ngroup + 1);
	p->last_col = NEW_N(a, struct column, n->u.pipe.ngroup + 1);
	p->last = NEW_N(a, struct builder, n->u.pipe.ngroup + 1);
	for (int i = 0; i < n->u.pipe.ngroup; i++)
		builder_init(&p->last[i], n->u.pipe.group[i]->type);
	return program_new(&p->group, a, n->kid[0]->out, n->u.pipe.group,
	    n->u.pipe.ngroup, &env, e);
}

/* The environment with SP_STAGE and its like added. */
static char **
make_environment(struct pipe *p)
{
	struct task *t = p->op.task;
	struct arena *a = &p->scratch;
	int n = 0, k = 0;
	char **v;

	while (environ[n])
		n++;
	v = NEW_N(a, char *, n + 5);
	for (int i = 0; i < n; i++)
		if (strncmp(environ[i], "SP_STAGE=", 9) != 0)
			v[k++] = environ[i];
	v[k++] = arena_printf(a, "SP_STAGE=%d", t->run->stage->id);
	v[k++] = arena_printf(a, "SP_PARTITION=%d", t->part);
	v[k++] = arena_printf(a, "SP_PARTITIONS=%d", t->run->npart);
	v[k++] = arena_printf(a, "SP_ATTEMPT=%d", t->attempt);
	return v;
}

static int
start(struct pipe *p, struct err *e)
{
	int in[2], out[2], err[2], r;

	if (pipe2(in, O_CLOEXEC) < 0)
		return err_sys(e, "could not make a pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_sys(e, "could not make a pipe");
	}
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		close(out[0]);
		close(out[1]);
		return err_sys(e, "could not make a pipe");
	}
	p->kills = limits_own_kills();
	r = groups_start(&(struct group_command){
	    .text = p->op.node->u.pipe.command,
	    .environment = make_environment(p),
	    .fd = { in[0], out[1], err[1] } }, &p->pid);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	p->in = in[1];
	p->out = out[0];
	p->err = err[0];
	p->ntail = 0;
	if (r != 0) {
		errno = r;
		return err_sys(e, "could not start \"%s\"",
		    p->op.node->u.pipe.command);
	}
	fcntl(p->in, F_SETFL, O_NONBLOCK);
	fcntl(p->out, F_SETFL, O_NONBLOCK);
	fcntl(p->err, F_SETFL, O_NONBLOCK);
	p->running = true;
	p->deadline_ms = p->op.node->u.pipe.timeout_ms ? clock_mono_ms() +
	    p->op.node->u.pipe.timeout_ms : 0;
	return 0;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
keep_tail(struct pipe *p)
{
	char buf[1024];
	ssize_t n = read(p->err, buf, sizeof buf);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close_fd(&p->err);
		return;
	}
	if (n < 0)
		return;
	said_add(&p->said, p->op.task, buf, (size_t)n);
	if (p->ntail + (size_t)n > STDERR_KEEP) {
		size_t drop = p->ntail + (size_t)n - STDERR_KEEP;

		memmove(p->tail, p->tail + drop, p->ntail - drop);
		p->ntail -= drop;
	}
	memcpy(p->tail + p->ntail, buf, (size_t)n);
	p->ntail += (size_t)n;
}

static bool
allowed(const struct node *n, int status)
{
	if (!WIFEXITED(status))
		return false;
	for (int i = 0; i < n->u.pipe.nok; i++)
		if (n->u.pipe.ok[i] == WEXITSTATUS(status))
			return true;
	return n->u.pipe.nok == 0 && WEXITSTATUS(status) == 0;
}

/* The last lines of stderr, shown with the failure. */
static void
show_tail(struct pipe *p, struct err *e)
{
	const char *from = p->tail;
	size_t n = p->ntail, most = sizeof e->hint - 200;   /* others add */

	while (n && (p->tail[n - 1] == '\n' || p->tail[n - 1] == '\0'))
		n--;
	if (n > most) {
		from += n - most;
		n = most;
	}
	if (n)
		err_hint(e, "its last words: %.*s", (int)n, from);
}

/* Why it failed. */
static int
explain(struct pipe *p, int status, struct err *e)
{
	const char *command = p->op.node->u.pipe.command;
	bool memory = limits_own_kills() > p->kills;

	if (memory)
		err_set(e, ERR_TEMP, "pipe: \"%s\" ran out of memory: the "
		    "executor and its commands may use %lld MB; set "
		    "spark.executor.memoryOverhead higher", command,
		    (long long)(limits_own_bytes() >> 20));
	else if (WIFEXITED(status))
		err_set(e, ERR_TEMP, "pipe: \"%s\" ended with status %d",
		    command, WEXITSTATUS(status));
	else
		err_set(e, ERR_TEMP, "pipe: \"%s\" was killed by signal %d",
		    command, WTERMSIG(status));
	e->code = EXIT_JOB;
	show_tail(p, e);
	return err_place(e, p->op.node->span);
}

/* Returns < 0 when nobody waits for the command any more. */
static int
still_wanted(struct pipe *p, struct err *e)
{
	if (task_cancelled(p->op.task))
		return err_set(e, ERR_TEMP, "cancelled");
	if (p->deadline_ms && clock_mono_ms() > p->deadline_ms)
		return err_set(e, ERR_TEMP, "pipe: \"%s\" took longer than its "
		    "timeout", p->op.node->u.pipe.command);
	return 0;
}

/* Its output has ended; that does not say that it ends, too. */
static int
finish(struct pipe *p, struct err *e)
{
	int status, pause_us = 50;

	close_fd(&p->in);
	close_fd(&p->out);
	while (p->err >= 0) {
		struct pollfd f = { p->err, POLLIN, 0 };

		TRY(still_wanted(p, e));
		if (poll(&f, 1, 200) <= 0)
			break;          /* a grandchild may hold it open */
		keep_tail(p);
	}
	close_fd(&p->err);
	said_end(&p->said, p->op.task);
	while (waitpid(p->pid, &status, WNOHANG) != p->pid) {
		TRY(still_wanted(p, e));
		usleep((useconds_t)pause_us);
		pause_us = pause_us < 5000 ? 2 * pause_us : 10000;
	}
	groups_remove(p->pid);
	p->running = false;
	return allowed(p->op.node, status) ? 0 : explain(p, status, e);
}

/* Is picked row i of the kid's batch in the group that runs? */
static bool
same_group(struct pipe *p, int i)
{
	for (int k = 0; k < p->op.node->u.pipe.ngroup; k++) {
		builder_column(&p->last[k], 0, 1, &p->last_col[k],
		    &p->scratch);
		if (col_compare(&p->key[k], i, &p->last_col[k], 0) != 0)
			return false;
	}
	return true;
}

/* Next rows of the running group into feed; 0 when the group has ended. */
static int
feed_more(struct pipe *p, struct err *e)
{
	struct batch part;
	int n = 0;

	if (p->at == p->b.n) {
		int r = p->kid_done ? 0 : op_next(p->op.kid[0], &p->b, e);

		if (r < 0)
			return r;
		if (r == 0) {
			p->kid_done = true;
			p->b.n = p->at = 0;
			return 0;
		}
		p->at = 0;
		if (p->group)
			TRY(program_run(p->group, &p->b, p->key, e));
	}
	part = p->b;
	part.pick = p->pick;
	for (; p->at < p->b.n; p->at++) {
		if (p->group && !same_group(p, p->at))
			break;
		p->pick[n++] = batch_row(&p->b, p->at);
	}
	part.n = n;
	if (n == 0)
		return 0;
	text_clear(&p->feed);
	p->fed = 0;
	TRY(p->writer->class->put(p->writer, &part, &p->feed, e));
	return 1;
}

static int
write_some(struct pipe *p)
{
	ssize_t n = write(p->in, p->feed.p + p->fed, p->feed.n - p->fed);

	if (n > 0)
		p->fed += (size_t)n;
	else if (n < 0 && errno == EPIPE)
		return 0;               /* it wants no more: that is fine */
	return 1;
}

static int
read_some(struct pipe *p, struct err *e)
{
	char buf[IO_BYTES];
	ssize_t n = read(p->out, buf, sizeof buf);

	if (n > 0)
		return pipe_rows_add(p->rows, buf, (size_t)n, e);
	if (n == 0)
		close_fd(&p->out);
	else if (errno != EAGAIN && errno != EINTR)
		return err_sys(e, "could not read from \"%s\"",
		    p->op.node->u.pipe.command);
	return 0;
}

/* Gives the command more to read, or ends its input. */
static int
keep_fed(struct pipe *p, struct err *e)
{
	int r;

	if (p->in < 0 || p->fed < p->feed.n)
		return 0;
	r = feed_more(p, e);
	if (r == 0)
		close_fd(&p->in);
	return r;
}

static int
turn(struct pipe *p, struct err *e)
{
	struct pollfd f[3] = { { p->in, POLLOUT, 0 }, { p->out, POLLIN, 0 },
	    { p->err, POLLIN, 0 } };

	TRY(still_wanted(p, e));
	if (poll(f, 3, 100) < 0 && errno != EINTR)
		return err_sys(e, "poll");
	if ((f[0].revents & (POLLOUT | POLLERR | POLLHUP)) && p->in >= 0 &&
	    p->fed < p->feed.n && !write_some(p)) {
		close_fd(&p->in);
		/* The rest of its group is not wanted. */
		do {
			p->fed = p->feed.n;
			int r = feed_more(p, e);

			if (r < 0)
				return r;
			if (r == 0)
				break;
		} while (1);
		p->feed.n = p->fed = 0;
	}
	if (f[2].revents && p->err >= 0)
		keep_tail(p);
	if (f[1].revents && p->out >= 0)
		TRY(read_some(p, e));
	return 0;
}

/* Is there a group to start?  Remembers its keys. */
static int
next_group(struct pipe *p, struct err *e)
{
	if (p->at == p->b.n && !p->kid_done) {
		int r = op_next(p->op.kid[0], &p->b, e);

		if (r < 0)
			return r;
		p->kid_done = r == 0;
		p->at = 0;
		if (r == 0)
			p->b.n = 0;
		if (r > 0 && p->group)
			TRY(program_run(p->group, &p->b, p->key, e));
	}
	if (p->group == NULL)
		return p->rows->started ? 0 : 1;
	if (p->at == p->b.n)
		return 0;
	for (int k = 0; k < p->op.node->u.pipe.ngroup; k++) {
		builder_clear(&p->last[k]);
		builder_value(&p->last[k], &p->key[k], p->at);
	}
	return 1;
}

static int
pipe_next(struct op *op, struct batch *b, struct err *e)
{
	struct pipe *p = (struct pipe *)op;

	for (;;) {
		int r = pipe_rows_take(p->rows, b, p->running, e);

		if (r != 0)
			return r;
		arena_reset(&p->scratch);
		if (!p->running) {
			r = next_group(p, e);
			if (r <= 0)
				return r;
			p->rows->started = true;
			p->feed.n = p->fed = 0;
			TRY(start(p, e));
		}
		TRY(keep_fed(p, e));
		TRY(turn(p, e));
		if (p->out < 0)
			TRY(finish(p, e));
	}
}

static void
pipe_close(struct op *op)
{
	struct pipe *p = (struct pipe *)op;
	int status;

	close_fd(&p->in);
	close_fd(&p->out);
	close_fd(&p->err);
	if (p->running) {
		kill(-p->pid, SIGTERM);
		for (int i = 0; i < 50 && waitpid(p->pid, &status,
		    WNOHANG) == 0; i++)
			usleep(2000);
		kill(-p->pid, SIGKILL);
		waitpid(p->pid, &status, 0);
		groups_remove(p->pid);
	}
	if (p->writer)
		writer_close(p->writer);
	if (p->rows)
		pipe_rows_close(p->rows);
	if (p->group)
		program_release(p->group);
	for (int i = 0; p->last && i < op->node->u.pipe.ngroup; i++)
		builder_release(&p->last[i]);
	text_release(&p->feed);
	text_release(&p->said.line);
	arena_release(&p->scratch);
}

const struct op_class op_pipe = {
	.name = "pipe", .size = sizeof(struct pipe),
	.open = pipe_open, .next = pipe_next, .close = pipe_close,
};
