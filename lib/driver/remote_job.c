/*
 * remote_job -- see remote_job.h.
 */
#include "driver/remote_job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/executors.h"
#include "driver/job.h"
#include "driver/runner.h"
#include "driver/spool.h"
#include "executor/job_msg.h"
#include "format/format.h"
#include "io/fd.h"
#include "net/msg.h"
#include "plan/plantext.h"
#include "store/commit.h"

struct collector {
	struct app *app;
	struct remote_job *job;
	int input_cap, output_cap;
};

/* The text has what a node reads before the node. */
static void
collect(struct collector *c, const struct node *n)
{
	struct remote_job *r = c->job;
	struct arena *a = &c->app->arena;

	for (int i = 0; i < n->nkid; i++)
		collect(c, n->kid[i]);
	if (n->kind == NODE_SCAN) {
		ARENA_GROW(a, r->input, r->ninput, c->input_cap);
		r->input[r->ninput++] = n->u.scan.input;
	}
	if (n->kind == NODE_WRITE || n->kind == NODE_TEE) {
		ARENA_GROW(a, r->output, r->noutput, c->output_cap);
		r->output[r->noutput++] = n->u.write.output;
	}
}

/* It may come slowly, or never. */
static int
spool_outside(struct app *a, const struct action *j, const char *path,
    const char **out, struct err *e)
{
	int r;

	cluster_leave(a->cluster);
	r = spool(j, a->scratch, path, &a->arena, out, e);
	cluster_enter(a->cluster);
	return r;
}

/* Was it made by spool, for a try before this one? */
static bool
is_spooled(const struct app *a, const char *path)
{
	size_t n = strlen(a->scratch);

	return strncmp(path, a->scratch, n) == 0 &&
	    strncmp(path + n, "/input-", 7) == 0;
}

/* The input as executors are told of it.  What could be read only once stays
 * read: an action may be run again. */
static int
tell_input(struct app *a, const struct action *j, const struct input *in, struct input *out,
    const char ***path, struct err *e)
{
	*out = *in;
	out->file_v = NEW_N(&a->arena, struct input_file, in->nfile + 1);
	*path = NEW_N(&a->arena, const char *, in->nfile + 1);
	for (int i = 0; i < in->nfile; i++) {
		struct input_file *f = &out->file_v[i];
		struct stat st;

		*f = in->file_v[i];
		if (f->size < 0 && !is_spooled(a, f->path)) {
			TRY(spool_outside(a, j, f->path, &f->path,
			    e));
			if (stat(f->path, &st) < 0)
				return err_sys(e, "could not look at \"%s\"",
				    f->path);
			f->inode = st.st_ino;
			f->mtime_ns = (int64_t)st.st_mtim.tv_sec *
			    1000000000 + st.st_mtim.tv_nsec;
			in->file_v[i] = *f;
		} else if (*f->path != '/') {
			char *full = realpath(f->path, NULL);

			if (full)
				f->path = arena_strdup(&a->arena, full);
			free(full);
		}
		(*path)[i] = f->path;
	}
	return 0;
}

static int
tell_output(struct app *a, const struct remote_job *r, int i,
    struct job_output *to, struct err *e)
{
	const struct output *o = a->output[r->output[i]];
	struct stat st;

	to->number = i;
	to->staging = output_staging(o);
	to->extension = output_extension(o);
	if (stat(output_staging_lock(to->staging, &a->arena), &st) < 0)
		return err_sys(e, "could not look at \"%s\"", to->staging);
	to->inode = st.st_ino;
	to->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
	    st.st_mtim.tv_nsec;
	return 0;
}

int
remote_job_open(struct remote_job *r, struct app *a, const struct action *j,
    struct err *e)
{
	struct collector c = { .app = a, .job = r };
	struct job_msg m = { .job = j->number, .conf = app_plan_conf(a),
	    .stdout_format = j->env.stdout_format->name,
	    .stdout_options = j->env.stdout_options };
	struct text plan = { 0 };
	int code = 0;

	memset(r, 0, sizeof *r);
	for (int i = 0; i < j->stages->n; i++)
		collect(&c, j->stages->stage[i].root);
	m.ninput = r->ninput;
	m.noutput = r->noutput;
	m.input = NEW_N(&a->arena, struct input, r->ninput + 1);
	m.output = NEW_N(&a->arena, struct job_output, r->noutput + 1);
	r->path = NEW_N(&a->arena, const char **, r->ninput + 1);
	for (int i = 0; i < r->ninput && code >= 0; i++)
		code = tell_input(a, j, r->input[i], &m.input[i], &r->path[i],
		    e);
	for (int i = 0; i < r->noutput && code >= 0; i++)
		code = tell_output(a, r, i, &m.output[i], e);
	if (code < 0)
		return code;
	plantext_print(&plan, j->stages);
	m.plan = text_str(&plan);
	m.nplan = plan.n;
	job_msg_print(&r->frame, &m);
	text_release(&plan);
	return 0;
}

void
remote_job_close(struct remote_job *r)
{
	text_release(&r->frame);
}

static int64_t
read_file(const struct remote_job *r, const struct file_read_msg *m,
    char *to, struct err *e)
{
	int64_t done = 0;
	int fd;

	if (m->input >= r->ninput || m->file >= r->input[m->input]->nfile)
		return err_set(e, ERR_BUG, "there is no such input");
	fd = open(r->path[m->input][m->file], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, "could not open \"%s\"",
		    r->path[m->input][m->file]);
	done = fd_read_at(fd, to, (size_t)m->n, m->at, NULL);
	if (done < 0)
		done = err_sys(e, "could not read \"%s\"",
		    r->path[m->input][m->file]);
	close(fd);
	return done;
}

void
remote_job_read(const struct remote_job *r, const struct file_read_msg *m,
    struct text *answer)
{
	struct file_data_msg d = { .id = m->id };
	char *buf = xmalloc((size_t)m->n + 1);
	struct err e = { 0 };
	int64_t n = read_file(r, m, buf, &e);

	d.p = buf;
	d.n = n < 0 ? 0 : (size_t)n;
	if (n < 0) {
		d.failed = true;
		d.code = e.code;
		d.p = e.text;
		d.n = strlen(e.text);
	}
	file_data_msg_print(answer, &d);
	free(buf);
}

static struct output *
output_at(const struct remote_job *r, struct app *a, int i)
{
	return i < r->noutput ? a->output[r->output[i]] : NULL;
}

static int
stranger(const char *name, struct err *e)
{
	return msg_wrong(e, "an executor sent a file named \"%s\"", name);
}

int
remote_job_write(const struct remote_job *r, struct app *a,
    const struct out_data_msg *m, struct err *e)
{
	struct output *o = output_at(r, a, m->output);
	struct arena mem = { 0 };
	const char *path;
	int fd, code = 0;
	size_t done = 0;

	if (o == NULL || !output_name_ok(m->name))
		return stranger(m->name, e);
	code = output_path(o, m->part, m->attempt, m->name, &mem, &path, e);
	if (code < 0) {
		arena_release(&mem);
		return code;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW |
	    (m->at == 0 ? O_TRUNC : 0), 0666);
	while (fd >= 0 && done < m->n) {
		ssize_t k = pwrite(fd, m->p + done, m->n - done,
		    m->at + (int64_t)done);

		if (k < 0 && errno != EINTR)
			break;
		done += k > 0 ? (size_t)k : 0;
	}
	if (fd < 0 || done < m->n)
		code = err_sys(e, "could not write \"%s\"", path);
	if (fd >= 0 && close(fd) < 0 && code >= 0)
		code = err_sys(e, "could not write \"%s\"", path);
	arena_release(&mem);
	return code;
}

/* The file is as long as the task says, and on disk. */
static int
make_durable(struct output *o, int part, int attempt,
    const struct output_file *f, struct err *e)
{
	struct arena mem = { 0 };
	const char *path;
	struct stat st;
	int fd, r = output_path(o, part, attempt, f->name, &mem, &path, e);

	if (r < 0) {
		arena_release(&mem);
		return r;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fsync(fd) < 0 || fstat(fd, &st) < 0)
		r = err_sys(e, "could not make \"%s\" durable", path);
	else if (st.st_size != f->bytes)
		r = err_set(e, ERR_TEMP, "\"%s\" has %lld bytes, the task wrote "
		    "%lld", path, (long long)st.st_size, (long long)f->bytes);
	if (fd >= 0)
		close(fd);
	arena_release(&mem);
	return r;
}

int
remote_job_commit(const struct remote_job *r, struct app *a, int part,
    int attempt, const struct done_output *v, int n, bool sent,
    struct err *e)
{
	for (int i = 0; i < n; i++) {
		struct output *o = output_at(r, a, v[i].number);

		if (o == NULL)
			return stranger("?", e);
		for (int k = 0; k < v[i].nfile; k++) {
			if (!output_name_ok(v[i].file[k].name))
				return stranger(v[i].file[k].name, e);
			if (sent)
				TRY(make_durable(o, part, attempt,
				    &v[i].file[k], e));
		}
		TRY(output_task_commit(o, part, attempt, v[i].file,
		    v[i].nfile, e));
	}
	return 0;
}
