/*
 * progress -- see progress.h.
 */
#include "driver/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "driver/executors.h"
#include "driver/runner.h"

static int64_t begin_us;
static _Atomic int shown;

static void
add_executors(struct text *t, struct cluster *c)
{
	int ready = 0, lost = 0;

	for (int i = 0; c && i < cluster_count(c); i++) {
		ready += cluster_exec(c, i)->state == REMOTE_READY;
		lost += cluster_exec(c, i)->state == REMOTE_LOST;
	}
	if (c)
		text_addf(t, "  executors %d", ready);
	if (lost)
		text_addf(t, " (%d lost)", lost);
}

void
progress_add(struct progress *p, const struct runner *r)
{
	struct sched_count c = sched_count(r->sched, r->number);
	struct exec_env *env = &r->job->env;

	p->stages += env->stages->n;
	p->stages_done += c.stages_done;
	p->done += c.done;
	p->total += c.total;
	p->running += c.running;
	p->failed += c.failed_attempts;
	p->bytes += atomic_load(&env->bytes_read);
}

/* The stage that runs, or how many are done of several statements'. */
static void
add_stages(struct text *t, const struct progress *p)
{
	int now = p->stages_done + 1 > p->stages ? p->stages :
	    p->stages_done + 1;

	if (p->statements > 1)
		text_addf(t, "statements %d/%d  ", p->statements_done,
		    p->statements);
	text_addf(t, "stage %d/%d  tasks %d/%d  running %d", now, p->stages,
	    p->done, p->total, p->running);
	if (p->failed)
		text_addf(t, "  failed %d", p->failed);
}

void
progress_tick(const struct progress *p, struct cluster *cluster)
{
	int64_t now = clock_mono_us();
	struct text t = { 0 };
	double s, left;

	if (begin_us == 0)
		begin_us = now;
	s = (double)(now - begin_us) / 1e6;
	if (s < 0.5 || !isatty(STDERR_FILENO))
		return;
	text_adds(&t, "\r\033[K");
	add_stages(&t, p);
	add_executors(&t, cluster);
	if (p->bytes) {
		text_adds(&t, "  ");
		text_add_size(&t, (double)p->bytes);
		text_adds(&t, "  ");
		text_add_size(&t, (double)p->bytes / s);
		text_adds(&t, "/s");
	}
	left = p->done ? s * (p->total - p->done) / p->done : 0;
	if (p->done && p->total > p->done)
		text_addf(&t, "  %.0f s left", left);
	fputs(text_str(&t), stderr);
	fflush(stderr);
	text_release(&t);
	shown = 1;
}

static void
wipe(void)
{
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	shown = 0;
}

void
progress_end(void)
{
	begin_us = 0;
	wipe();
	fflush(stderr);
}

void
progress_say(const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_addv(&t, fmt, ap);
	va_end(ap);
	utf8_printable(t.p, t.n);
	text_addc(&t, '\n');
	wipe();
	fputs(text_str(&t), stderr);
	fflush(stderr);
	text_release(&t);
}
