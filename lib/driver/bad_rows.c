/*
 * bad_rows -- see bad_rows.h.
 */
#include "driver/bad_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "driver/remote_job.h"
#include "executor/task_msg.h"
#include "net/msg.h"

struct bad_file {
	struct bad_file *next;
	int stage, part, attempt, fd;
	char *hidden, *name;
};

static void
forget(struct bad_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	free(f->hidden);
	free(f->name);
	free(f);
}

static char *
path_of(const char *dir, const char *name, const struct bad_file *hidden)
{
	struct text t = { 0 };

	if (hidden)
		text_addf(&t, "%s/.%s.%d-%d-%d-%d", dir, name, hidden->stage,
		    hidden->part, hidden->attempt, (int)getpid());
	else
		text_addf(&t, "%s/%s", dir, name);
	return t.p;
}

/* Which input's directory has this hash. */
static const char *
dir_of(const struct remote_job *r, unsigned long long hash)
{
	for (int i = 0; i < r->ninput; i++) {
		const char *dir = r->input[i]->quarantine_dir;

		if (dir && hash_sum(dir, strlen(dir)) == hash)
			return dir;
	}
	return NULL;
}

/* "STAGE:HASH:NAME". */
static int
parse(const struct remote_job *r, const char *text, int *stage,
    const char **dir, const char **name, struct err *e)
{
	unsigned long long hash;
	int n = 0;

	if (sscanf(text, "%d:%16llx:%n", stage, &hash, &n) < 2 || n == 0)
		return msg_wrong(e, "bad records named \"%s\"", text);
	*name = text + n;
	*dir = dir_of(r, hash);
	if (*dir == NULL || **name == '\0' || **name == '.' ||
	    strchr(*name, '/') || strlen(*name) > 200)
		return msg_wrong(e, "bad records of no input: \"%s\"", text);
	return 0;
}

static struct bad_file *
find(struct bad_rows *b, int stage, const struct out_data_msg *m,
    const char *name)
{
	struct bad_file *f = b->file;

	while (f && (f->stage != stage || f->part != m->part ||
	    f->attempt != m->attempt || strcmp(f->name, name) != 0))
		f = f->next;
	return f;
}

static int
begin(struct bad_rows *b, int stage, const struct out_data_msg *m,
    const char *dir, const char *name, struct bad_file **out, struct err *e)
{
	struct bad_file *f = xcalloc(1, sizeof *f);

	f->stage = stage;
	f->part = m->part;
	f->attempt = m->attempt;
	f->name = path_of(dir, name, NULL);
	f->hidden = path_of(dir, name, f);
	f->next = b->file;
	b->file = f;
	if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
		f->fd = -1;
		return err_sys(e, "could not make \"%s\"", dir);
	}
	f->fd = open(f->hidden, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC |
	    O_NOFOLLOW, 0666);
	*out = f;
	return f->fd < 0 ? err_sys(e, "could not make \"%s\"", f->hidden) : 0;
}

int
bad_rows_write(struct bad_rows *b, const struct remote_job *r,
    const struct out_data_msg *m, struct err *e)
{
	const char *dir = NULL, *name = NULL;
	struct bad_file *f;
	size_t done = 0;
	char *path;
	int stage;

	TRY(parse(r, m->name, &stage, &dir, &name, e));
	path = path_of(dir, name, NULL);
	f = find(b, stage, m, path);
	free(path);
	if (f == NULL)
		TRY(begin(b, stage, m, dir, name, &f, e));
	while (done < m->n) {
		ssize_t k = pwrite(f->fd, m->p + done, m->n - done,
		    m->at + (int64_t)done);

		if (k < 0 && errno != EINTR)
			return err_sys(e, "could not write to \"%s\"", dir);
		done += k > 0 ? (size_t)k : 0;
	}
	return 0;
}

int
bad_rows_ended(struct bad_rows *b, int stage, int part, int attempt,
    enum bad_rows_end how, struct err *e)
{
	int r = 0;

	for (struct bad_file **at = &b->file, *f; (f = *at); ) {
		if (f->stage != stage || f->part != part ||
		    f->attempt != attempt) {
			at = &f->next;
			continue;
		}
		*at = f->next;
		if (how == BAD_ROWS_KEEP && rename(f->hidden, f->name) < 0)
			r = err_sys(e, "could not make \"%s\"", f->name);
		else if (how == BAD_ROWS_DROP)
			unlink(f->hidden);
		forget(f);
	}
	return r;
}

void
bad_rows_close(struct bad_rows *b)
{
	for (struct bad_file *f = b->file, *next; f; f = next) {
		next = f->next;
		unlink(f->hidden);
		forget(f);
	}
	b->file = NULL;
}
