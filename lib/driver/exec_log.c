/*
 * exec_log -- see exec_log.h.
 *
 * A file is opened for each line and appended to: lines are few, executors
 * may be many.  Files get the bytes as they are.
 */
#include "driver/exec_log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "driver/executors.h"
#include "driver/job.h"
#include "driver/progress.h"
#include "executor/task_msg.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int warned;

/* A name that another host has told must not leave the directory. */
static void
add_host(struct text *t, const char *host)
{
	for (const char *p = host; *p; p++)
		text_addc(t, isalnum((unsigned char)*p) || strchr("-_.:", *p) ?
		    *p : '_');
}

static void
append(const struct app *a, const char *host, int exec, const struct text *t)
{
	struct text path = { 0 };
	struct err e;
	ssize_t n;
	int fd;

	text_addf(&path, "%s/", a->log_dir);
	add_host(&path, host);
	text_addf(&path, "-%d.log", exec);
	pthread_mutex_lock(&lock);
	mkdir(a->log_dir, 0777);        /* or it is there */
	fd = open(text_str(&path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0666);
	n = fd < 0 ? -1 : write(fd, t->p, t->n);
	if (n < 0 && !warned++) {
		err_sys(&e, "could not write \"%s\"", text_str(&path));
		progress_say("sp-submit: warning: %s", e.text);
	}
	if (fd >= 0)
		close(fd);
	pthread_mutex_unlock(&lock);
	text_release(&path);
}

void
exec_log_frame(struct app *a, struct cluster_exec *x, const char *body,
    size_t n)
{
	const char *host = x->hostname ? x->hostname : "?";
	struct text t = { 0 };
	struct rows_msg m;
	struct err ignored;

	if (rows_msg_parse(body, n, &m, &ignored) < 0)
		return;
	if (a->log_dir) {
		text_addf(&t, "%d.%d: ", m.stage + 1, m.part);
		text_add(&t, m.p, m.n);
		text_addc(&t, '\n');
		append(a, host, x->number, &t);
	} else {
		add_host(&t, host);
		text_addf(&t, "/%d.%d: ", m.stage + 1, m.part);
		text_add(&t, m.p, m.n);
		progress_say("%s", text_str(&t));
	}
	text_release(&t);
}

static void
say(void *arg, const struct task *task, const char *line, size_t n)
{
	struct text t = { 0 };
	char host[256] = "";

	gethostname(host, sizeof host - 1);
	text_addf(&t, "%d.%d: ", task->run->stage->id, task->part);
	text_add(&t, line, n);
	text_addc(&t, '\n');
	append(arg, host, 0, &t);
	text_release(&t);
}

void
exec_log_local(struct app *a, struct exec_env *env)
{
	if (a->log_dir == NULL)
		return;
	env->say = say;
	env->say_arg = a;
}
