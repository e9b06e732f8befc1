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
	struct question *next;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct outbox *out;
	int job, n;
	const struct far_file *far;
	struct question *open;
	uint64_t last_id;
	bool stopped;
} state = { .lock = PTHREAD_MUTEX_INITIALIZER,
    .wake = PTHREAD_COND_INITIALIZER, .stopped = true };

static void
ask(const struct question *q, int id, int64_t at)
{
	struct file_read_msg m = { .id = q->id, .job = state.job,
	    .input = state.far[id].input, .file = state.far[id].file,
	    .at = at, .n = (int64_t)q->n };
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
	if (state.stopped || id < 0 || id >= state.n) {
		pthread_mutex_unlock(&state.lock);
		return err_set(e, ERR_TEMP, "the driver does not answer");
	}
	q.id = ++state.last_id;
	q.next = state.open;
	state.open = &q;
	ask(&q, id, at);
	while (!q.answered && !state.stopped)
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

void
far_files_job(int job, const struct far_file *far, int n)
{
	pthread_mutex_lock(&state.lock);
	state.job = job;
	state.far = far;
	state.n = n;
	state.stopped = false;
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
far_files_stop(void)
{
	pthread_mutex_lock(&state.lock);
	state.stopped = true;
	pthread_cond_broadcast(&state.wake);
	pthread_mutex_unlock(&state.lock);
}
