/*
 * run_figures -- see run_figures.h.
 */
#include "event/run_figures.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/text.h"

/* A log may be any bytes: sums go round, they do not overflow. */
static void
plus(int64_t *a, int64_t b)
{
	*a = (int64_t)((uint64_t)*a + (uint64_t)b);
}

static const char *
keep(struct run_figures *r, const char *s)
{
	return arena_strdup(&r->arena, s ? s : "");
}

/* The last one; or, where statements run at once, one that has not ended. */
static struct job_sums *
job_of(struct run_figures *r, const struct event *ev)
{
	if (r->njob && r->job[r->njob - 1].number == ev->job)
		return &r->job[r->njob - 1];
	for (int i = r->first_open; i < r->njob; i++)
		if (r->job[i].number == ev->job && !r->job[i].ended)
			return &r->job[i];
	return NULL;
}

static struct stage_sums *
stage_of(struct run_figures *r, const struct event *ev)
{
	struct job_sums *j = job_of(r, ev);

	return j && ev->stage >= 1 && ev->stage <= j->nstage ?
	    &j->stage[ev->stage - 1] : NULL;
}

static struct exec_sums *
exec_of(struct run_figures *r, const struct event *ev)
{
	return ev->executor >= 0 && ev->executor < r->nexec ?
	    &r->exec[ev->executor] : NULL;
}

static void
app_start(struct run_figures *r, const struct event *ev)
{
	r->name = keep(r, ev->name);
	r->master = keep(r, ev->master);
	r->version = keep(r, ev->version);
	r->start = ev->at;
}

static void
app_end(struct run_figures *r, const struct event *ev)
{
	r->ended = true;
	r->exit = ev->exit;
	r->peak_rss_kb = ev->peak_rss_kb;
	r->rows_out = ev->rows_out;
}

static void
exec_start(struct run_figures *r, const struct event *ev)
{
	if (ev->executor != r->nexec)
		return;
	ARENA_GROW(&r->arena, r->exec, r->nexec, r->exec_cap);
	r->exec[r->nexec++] = (struct exec_sums){ .host = "", .why = "" };
}

static void
exec_up(struct run_figures *r, const struct event *ev)
{
	struct exec_sums *x = exec_of(r, ev);

	if (x == NULL)
		return;
	x->up = true;
	x->host = keep(r, ev->host);
	x->pid = ev->pid;
	x->cores = ev->cores;
	x->start_ms = ev->ms;
}

static void
exec_lost(struct run_figures *r, const struct event *ev)
{
	struct exec_sums *x = exec_of(r, ev);

	if (x == NULL)
		return;
	x->lost = true;
	x->why = keep(r, ev->why);
}

static void
exec_peak(struct run_figures *r, const struct event *ev)
{
	struct exec_sums *x = exec_of(r, ev);

	if (x && ev->peak_rss_kb > x->peak_rss_kb)
		x->peak_rss_kb = ev->peak_rss_kb;
}

static void
job_start(struct run_figures *r, const struct event *ev)
{
	ARENA_GROW(&r->arena, r->job, r->njob, r->job_cap);
	r->job[r->njob++] = (struct job_sums){ .number = ev->job, .why = "" };
}

static void
stage(struct run_figures *r, const struct event *ev)
{
	struct job_sums *j = job_of(r, ev);

	if (j == NULL || ev->stage != j->nstage + 1)
		return;
	ARENA_GROW(&r->arena, j->stage, j->nstage, j->cap);
	j->stage[j->nstage++] = (struct stage_sums){
	    .root = keep(r, ev->root) };
}

static void
stage_start(struct run_figures *r, const struct event *ev)
{
	struct stage_sums *s = stage_of(r, ev);

	if (s == NULL)
		return;
	if (s->start == 0)
		s->start = ev->at;
	s->tasks = ev->tasks;
	s->parts = ev->parts;
	s->split = ev->split;
	s->split_into = ev->split_into;
}

static void
stage_end(struct run_figures *r, const struct event *ev)
{
	struct stage_sums *s = stage_of(r, ev);

	if (s)
		s->end = ev->at;
}

static void
task_again(struct run_figures *r, const struct event *ev)
{
	struct stage_sums *s = stage_of(r, ev);

	for (int i = 0; s && ev->why && i < AGAIN_KINDS; i++)
		if (strcmp(ev->why, event_again_name(i)) == 0)
			plus(&s->again[i], ev->tasks);
}

static void
add_sums(struct task_sums *s, const struct event *ev)
{
	plus(&s->tasks, ev->tasks);
	plus(&s->failed, ev->failed);
	plus(&s->rows_in, ev->rows_in);
	plus(&s->bytes_in, ev->bytes_in);
	plus(&s->rows_out, ev->rows_out);
	plus(&s->bytes_out, ev->bytes_out);
	plus(&s->spilled, ev->spilled);
	plus(&s->cpu_us, ev->cpu_us);
	plus(&s->fetched_local, ev->fetched_local);
	plus(&s->fetched_remote, ev->fetched_remote);
}

static void
task_end(struct run_figures *r, const struct event *ev)
{
	struct stage_sums *s = stage_of(r, ev);
	struct exec_sums *x = exec_of(r, ev);

	if (s)
		add_sums(&s->sums, ev);
	if (s && x)
		add_sums(&x->sums, ev);
}

static void
job_end(struct run_figures *r, const struct event *ev)
{
	struct job_sums *j = job_of(r, ev);

	if (j == NULL)
		return;
	j->ended = true;
	j->failed = ev->failed != 0;
	j->why = keep(r, ev->why);
	j->peak_pool = ev->peak_pool;
	while (r->first_open < r->njob && r->job[r->first_open].ended)
		r->first_open++;
}

static void
commit(struct run_figures *r, const struct event *ev)
{
	plus(&r->outputs, ev->outputs);
}

static void (*const add[EVENT_KINDS])(struct run_figures *,
    const struct event *) = {
	[EVENT_APP_START] = app_start, [EVENT_APP_END] = app_end,
	[EVENT_EXEC_START] = exec_start, [EVENT_EXEC_UP] = exec_up,
	[EVENT_EXEC_LOST] = exec_lost, [EVENT_EXEC_PEAK] = exec_peak,
	[EVENT_JOB_START] = job_start, [EVENT_STAGE] = stage,
	[EVENT_STAGE_START] = stage_start, [EVENT_STAGE_END] = stage_end,
	[EVENT_AGAIN] = task_again, [EVENT_TASK_END] = task_end,
	[EVENT_JOB_END] = job_end, [EVENT_COMMIT] = commit,
};

void
run_figures_add(struct run_figures *r, const struct event *ev)
{
	if (add[ev->kind])
		add[ev->kind](r, ev);
	r->last = ev->at;
}

int
run_figures_read(struct run_figures *r, const char *name, const char *text,
    size_t n, struct err *e)
{
	const char *p = text, *end = text + n;
	struct arena line = { 0 };
	int number = 0, code = 0;

	while (p < end && code >= 0) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		struct event ev;

		if (nl == NULL)         /* its writer was killed */
			break;
		number++;
		arena_reset(&line);
		code = event_parse(&ev, p, (size_t)(nl - p), &line, e);
		if (code >= 0)
			run_figures_add(r, &ev);
		p = nl + 1;
	}
	arena_release(&line);
	if (code < 0)
		return err_ctx(e, "%s:%d", name, number);
	if (r->name == NULL)
		return err_user(e, EXIT_DATA, "\"%s\" is no event log", name);
	return 0;
}

static void
print_sums(struct text *t, const struct task_sums *s)
{
	text_addf(t, "\"failed_attempts\":%" PRId64 ",\"rows_in\":%" PRId64
	    ",\"bytes_in\":%" PRId64 ",\"rows_out\":%" PRId64
	    ",\"bytes_out\":%" PRId64 ",\"spilled_bytes\":%" PRId64
	    ",\"fetched_local_bytes\":%" PRId64
	    ",\"fetched_remote_bytes\":%" PRId64 ",\"cpu_ms\":%.3f",
	    s->failed, s->rows_in, s->bytes_in, s->rows_out, s->bytes_out,
	    s->spilled, s->fetched_local, s->fetched_remote,
	    (double)s->cpu_us / 1e3);
}

static void
print_stage(struct text *t, int number, const struct stage_sums *s)
{
	bool whole = s->start && s->end >= s->start;

	text_addf(t, "{\"stage\":%d,\"root\":", number);
	text_add_json(t, s->root, strlen(s->root));
	text_addf(t, ",\"planned_tasks\":%" PRId64, s->tasks);
	if (s->parts)
		text_addf(t, ",\"coalesced_from\":%" PRId64, s->parts);
	if (s->split)
		text_addf(t, ",\"split_partitions\":%" PRId64
		    ",\"split_into\":%" PRId64, s->split, s->split_into);
	text_addf(t, ",\"tasks\":%" PRId64 ",\"retried\":%" PRId64
	    ",\"speculative\":%" PRId64 ",\"maps_run_again\":%" PRId64 ",",
	    s->sums.tasks, s->again[AGAIN_RETRY], s->again[AGAIN_COPY],
	    s->again[AGAIN_RERUN]);
	print_sums(t, &s->sums);
	text_addf(t, ",\"wall_ms\":%.3f}",
	    whole ? (double)(s->end - s->start) / 1e3 : 0.0);
}

static void
print_job(struct text *t, const struct job_sums *j)
{
	text_addf(t, "{\"job\":%" PRId64 ",\"status\":\"%s\"", j->number,
	    !j->ended ? "running" : j->failed ? "failed" : "done");
	if (j->failed) {
		text_adds(t, ",\"error\":");
		text_add_json(t, j->why, strlen(j->why));
	}
	text_addf(t, ",\"peak_pool_bytes\":%" PRId64 ",\"stages\":[",
	    j->peak_pool);
	for (int i = 0; i < j->nstage; i++) {
		text_adds(t, i ? "," : "");
		print_stage(t, i + 1, &j->stage[i]);
	}
	text_adds(t, "]}");
}

static void
print_exec(struct text *t, int number, const struct exec_sums *x)
{
	text_addf(t, "{\"executor\":%d,\"host\":", number);
	text_add_json(t, x->host, strlen(x->host));
	text_addf(t, ",\"pid\":%" PRId64 ",\"cores\":%" PRId64
	    ",\"started\":%s,\"start_ms\":%" PRId64 ",\"lost\":%s", x->pid,
	    x->cores, x->up ? "true" : "false", x->start_ms,
	    x->lost ? "true" : "false");
	if (x->lost) {
		text_adds(t, ",\"why\":");
		text_add_json(t, x->why, strlen(x->why));
	}
	text_addf(t, ",\"tasks\":%" PRId64 ",", x->sums.tasks);
	print_sums(t, &x->sums);
	text_addf(t, ",\"peak_rss_mb\":%.1f}", (double)x->peak_rss_kb / 1024);
}

void
run_figures_print(const struct run_figures *r, struct text *t)
{
	const char *name = r->name ? r->name : "";
	const char *master = r->master ? r->master : "";

	text_adds(t, "{\"name\":");
	text_add_json(t, name, strlen(name));
	if (r->ended)
		text_addf(t, ",\"exit\":%" PRId64, r->exit);
	else
		text_adds(t, ",\"exit\":null");
	text_addf(t, ",\"wall_ms\":%.3f,\"peak_rss_mb\":%.1f,\"master\":",
	    ((double)r->last - (double)r->start) / 1e3,
	    (double)r->peak_rss_kb / 1024);
	text_add_json(t, master, strlen(master));
	text_addf(t, ",\"outputs\":%" PRId64 ",\"rows_out\":%" PRId64
	    ",\"jobs\":[", r->outputs, r->rows_out);
	for (int i = 0; i < r->njob; i++) {
		text_adds(t, i ? "," : "");
		print_job(t, &r->job[i]);
	}
	text_adds(t, "],\"executors\":[");
	for (int i = 0; i < r->nexec; i++) {
		text_adds(t, i ? "," : "");
		print_exec(t, i, &r->exec[i]);
	}
	text_adds(t, "]}\n");
}

void
run_figures_release(struct run_figures *r)
{
	arena_release(&r->arena);
	memset(r, 0, sizeof *r);
}
