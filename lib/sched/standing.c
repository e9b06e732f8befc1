/*
 * standing -- which executors may be used, and which are kept out.
 *
 * An executor on which too many attempts failed gets no tasks for a while,
 * and neither does a host with too many such executors.  When the time is
 * over they start with a clean sheet.  When all that there are are kept out
 * and nothing runs, all are let in again (a task has its own limit), or, if
 * the settings want that, the jobs fail rather than wait for ever.
 *
 * An executor whose map outputs others could not read twice gets no tasks as
 * long as there are others: it may be cut off in one direction only.
 */
#include "base/err.h"
#include "sched/sched_state.h"

#define BLAMED_MAX 2

static bool
blamed(const struct sched *s, const struct executor *x)
{
	return x->place >= 0 && s->place[x->place].blamed >= BLAMED_MAX;
}

static bool
admitted(const struct sched *s, const struct executor *x)
{
	if (SCHED_BUG == 9)
		return x->up;
	return x->up && !x->drain && x->slots > 0 && x->excluded_ms == 0 &&
	    s->host[x->host].excluded_ms == 0 &&
	    (x->place < 0 || !s->place[x->place].lost);
}

bool
exec_usable(const struct sched *s, const struct executor *x)
{
	return admitted(s, x) && !(s->choosy && blamed(s, x));
}

/* After any change of an executor. */
void
exec_recount(struct sched *s)
{
	s->nup = s->nusable = s->nslots = s->nusable_hosts = 0;
	s->choosy = false;
	for (int i = 0; i < s->nexec && !s->choosy; i++)
		s->choosy = admitted(s, &s->exec[i]) &&
		    !blamed(s, &s->exec[i]);
	for (int i = 0; i < s->nhost; i++)
		s->host[i].nexec = 0;
	for (int i = 0; i < s->nexec; i++) {
		const struct executor *x = &s->exec[i];

		s->nup += x->up && !x->drain;
		if (exec_usable(s, x)) {
			s->nusable++;
			s->nslots += x->slots;
			s->nusable_hosts += s->host[x->host].nexec == 0;
		}
		s->host[x->host].nexec += x->up;
	}
	s->dirty = true;
}

/* An attempt failed there, and not by the job's own fault. */
void
exec_blame(struct sched *s, int exec)
{
	struct executor *x = &s->exec[exec];
	struct host *h = &s->host[x->host];
	int64_t until = s->conf.exclude_ms > 0 ?
	    s->now_ms + s->conf.exclude_ms : INT64_MAX;

	x->failures++;
	if (s->conf.exclude_exec == 0 || x->excluded_ms ||
	    x->failures < s->conf.exclude_exec)
		return;
	x->excluded_ms = until;
	h->nexcluded++;
	if (s->conf.exclude_host && h->excluded_ms == 0 &&
	    h->nexcluded >= s->conf.exclude_host)
		h->excluded_ms = until;
	queue_revoke(s, exec, -1, 0, 0);
	exec_recount(s);
}

/* Those whose time, now or before, is over are let in again. */
static void
readmit(struct sched *s, int64_t now)
{
	bool changed = false;

	for (int i = 0; i < s->nexec; i++) {
		struct executor *x = &s->exec[i];

		if (x->excluded_ms == 0 || x->excluded_ms > now)
			continue;
		x->excluded_ms = 0;
		x->failures = 0;
		s->host[x->host].nexcluded--;
		changed = true;
	}
	for (int i = 0; i < s->nhost; i++) {
		struct host *h = &s->host[i];

		if (h->excluded_ms == 0 || h->excluded_ms > now)
			continue;
		h->excluded_ms = 0;
		changed = true;
	}
	if (changed)
		exec_recount(s);
}

static void
fail_barred(struct sched *s)
{
	struct sched_order what = { .stage = -1, .part = -1,
	    .why = ERR_TEMP };

	for (int k = s->first_job; k < s->njob; k++)
		if (s->job[k].started && !s->job[k].ended &&
		    s->job[k].nlive == 0)
			job_fail(s, k, &what, "all executors (%d) are excluded "
			    "after failures on them", s->nup);
}

void
standing_tick(struct sched *s)
{
	bool wanted;
	int live = 0;

	if (s->conf.exclude_exec)
		readmit(s, s->now_ms);
	wanted = s->nusable == 0 && pending(s) > 0;
	for (int i = 0; wanted && i < s->npool; i++)
		live += s->pool[i].nlive;
	if (!wanted)
		s->starved_ms = -1;
	else if (s->starved_ms < 0)
		s->starved_ms = s->now_ms;
	if (!wanted || live > 0 || s->nup == 0 || s->conf.exclude_exec == 0)
		s->barred_ms = -1;
	else if (s->barred_ms < 0)
		s->barred_ms = s->now_ms;
	if (s->barred_ms < 0)
		return;
	if (s->conf.exclude_wait_ms == 0)
		readmit(s, INT64_MAX);
	else if (s->now_ms - s->barred_ms >= s->conf.exclude_wait_ms)
		fail_barred(s);
}
