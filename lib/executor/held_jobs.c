/*
 * held_jobs -- see held_jobs.h.
 *
 * Jobs are a list in the order they came; each has the arena of its message,
 * because the plan's text is read again by every stage.
 */
#include "executor/held_jobs.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "executor/exec_job.h"

struct held_job {
	struct arena arena;             /* of the message */
	struct job_msg msg;
	struct exec_job *job;
	bool ending;                    /* its tasks stop */
	struct held_job *next;
};

static int
refuse(const char *why, struct err *e)
{
	err_set(e, ERR_BUG, "%s", why);
	e->code = EXIT_PROTOCOL;
	return e->kind;
}

static void
held_free(struct held_job *h)
{
	arena_release(&h->arena);
	free(h);
}

/* Waits for its tasks. */
static void
held_close(struct held_jobs *all, struct exec_host *host, struct held_job *h)
{
	exec_job_close(h->job);
	exec_host_forget(host, h->msg.job, -1);
	all->n--;
	held_free(h);
}

/* Fills h; its place at the end of the list is *at. */
static int
parse_next(struct held_jobs *all, struct held_job *h, const char *body,
    size_t n, struct held_job ***at, struct err *e)
{
	TRY(job_msg_parse(&h->arena, body, n, &h->msg, e));
	for (*at = &all->first; **at; *at = &(**at)->next)
		if ((**at)->msg.job == h->msg.job)
			return refuse("a second job of one number", e);
	return 0;
}

int
held_jobs_open(struct held_jobs *all, struct exec_host *host,
    const char *body, size_t n, int *number, struct err *why, struct err *e)
{
	struct held_job *h, **at;

	if (all->n >= HELD_JOBS_MAX)
		return refuse("too many jobs at one time", e);
	h = xcalloc(1, sizeof *h);
	if (parse_next(all, h, body, n, &at, e) < 0) {
		held_free(h);
		return e->kind;
	}
	*number = h->msg.job;
	if (exec_job_open(&h->job, host, &h->msg, why) < 0) {
		held_free(h);
		return 0;
	}
	*at = h;
	all->n++;
	return 1;
}

struct exec_job *
held_jobs_find(const struct held_jobs *all, int number)
{
	for (struct held_job *h = all->first; h; h = h->next)
		if (h->msg.job == number && !h->ending)
			return h->job;
	return NULL;
}

void
held_jobs_end(struct held_jobs *all, int number)
{
	for (struct held_job *h = all->first; h; h = h->next)
		if (h->msg.job == number && !h->ending) {
			h->ending = true;
			exec_job_stop(h->job);
		}
}

bool
held_jobs_reap(struct held_jobs *all, struct exec_host *host)
{
	bool left = false;

	for (struct held_job **at = &all->first; *at;) {
		struct held_job *h = *at;

		if (!h->ending || exec_job_busy(h->job)) {
			left |= h->ending;
			at = &h->next;
			continue;
		}
		*at = h->next;
		held_close(all, host, h);
	}
	return left;
}

void
held_jobs_close(struct held_jobs *all, struct exec_host *host)
{
	for (struct held_job *h = all->first; h; h = h->next)
		exec_job_stop(h->job);
	while (all->first) {
		struct held_job *h = all->first;

		all->first = h->next;
		held_close(all, host, h);
	}
}

void
held_jobs_read(const struct held_jobs *all, int64_t *rows, int64_t *bytes)
{
	for (struct held_job *h = all->first; h; h = h->next)
		exec_job_read(h->job, rows, bytes);
}
