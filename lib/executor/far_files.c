/*
 * far_files -- see far_files.h.
 */
#include "executor/far_files.h"

#include <string.h>

#include "executor/job_catalog.h"
#include "executor/outbox.h"
#include "io/datafile.h"
#include "net/proto.h"

struct question {
	uint64_t id;
	char *to;
	size_t n;
	int64_t got;                    /* < 0: failed */
	struct err *e;
	bool answered;
	const struct far_job *job;
	struct question *next;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct outbox *out;
	struct far_job *jobs;
	struct question *open;
	uint64_t last_id;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER };

/* Under the lock: the job that reads the file, or NULL. */
static const struct far_job *
job_of(int id)
{
	for (const struct far_job *j = state.jobs; j; j = j->next)
		if (id >= j->base && id - j->base < j->n)
			return j->stopped ? NULL : j;
	return NULL;
}

static void
ask(const struct question *q, int id, int64_t at)
{
	const struct far_file *f = &q->job->far[id - q->job->base];
	struct file_read_msg m = { .id = q->id, .job = q->job->number,
	    .input = f->input, .file = f->file, .at = at,
	    .n = (int64_t)q->n };
	struct text t = { 0 };

	file_read_msg_print(&t, &m);
	outbox_put(state.out, FRAME_FILE_READ, &t);
	text_release(&t);
}

static void
unlink_question(struct question *q)
{
	struct question **at = &state.open;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
}

static int64_t
read_far(void *arg, int id, int64_t at, char *to, size_t n, struct err *e)
{
	struct question q = { .to = to, .n = n > 4 << 20 ? 4 << 20 : n,
	    .e = e };

	(void)arg;
	pthread_mutex_lock(&state.lock);
	q.job = job_of(id);
	if (q.job == NULL) {
		pthread_mutex_unlock(&state.lock);
		return err_set(e, ERR_TEMP, "the driver does not answer");
	}
	q.id = ++state.last_id;
	q.next = state.open;
	state.open = &q;
	ask(&q, id, at);
	while (!q.answered && !q.job->stopped)
		pthread_cond_wait(&state.wake, &state.lock);
	if (!q.answered)
		q.got = err_set(e, ERR_TEMP, "the driver does not answer");
	unlink_question(&q);
	pthread_mutex_unlock(&state.lock);
	return q.got;
}

void
far_files_install(struct outbox *out)
{
	static const struct far_source source = { NULL, read_far };

	state.out = out;
	datafile_provider(&source);
}

int
far_files_base(void)
{
	int base = 0;

	pthread_mutex_lock(&state.lock);
	for (const struct far_job *j = state.jobs; j; j = j->next)
		if (j->base + j->n > base)
			base = j->base + j->n;
	pthread_mutex_unlock(&state.lock);
	return base;
}

void
far_files_begin(struct far_job *j)
{
	pthread_mutex_lock(&state.lock);
	j->stopped = false;
	j->next = state.jobs;
	state.jobs = j;
	pthread_mutex_unlock(&state.lock);
}

void
far_files_end(struct far_job *j)
{
	pthread_mutex_lock(&state.lock);
	for (struct far_job **at = &state.jobs; *at; at = &(*at)->next)
		if (*at == j) {
			*at = j->next;
			break;
		}
	pthread_mutex_unlock(&state.lock);
}

static void
take(struct question *q, const struct file_data_msg *m)
{
	q->answered = true;
	if (m->failed) {
		q->got = err_set(q->e, m->code == EXIT_IO ? ERR_TEMP :
		    ERR_USER, "%.*s", (int)m->n, m->p);
		q->e->code = m->code;
		return;
	}
	q->got = (int64_t)(m->n < q->n ? m->n : q->n);
	memcpy(q->to, m->p, (size_t)q->got);
}

void
far_files_answer(const struct file_data_msg *m)
{
	pthread_mutex_lock(&state.lock);
	for (struct question *q = state.open; q; q = q->next)
		if (q->id == m->id && !q->answered)
			take(q, m);
	pthread_cond_broadcast(&state.wake);
	pthread_mutex_unlock(&state.lock);
}

void
far_files_stop(struct far_job *which)
{
	pthread_mutex_lock(&state.lock);
	for (struct far_job *j = state.jobs; j; j = j->next)
		j->stopped |= which == NULL || which == j;
	pthread_cond_broadcast(&state.wake);
	pthread_mutex_unlock(&state.lock);
}
