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
#include "driver/job.h"
#include "driver/rows_out.h"

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
progress_tick(void *arg, const struct sched_count *c,
    const struct exec_env *env)
{
	const struct rows_out *out = arg;
	int64_t now = clock_mono_us(), bytes;
	struct text t = { 0 };
	double s, left;

	if (begin_us == 0)
		begin_us = now;
	s = (double)(now - begin_us) / 1e6;
	if (s < 0.5 || !isatty(STDERR_FILENO))
		return;
	bytes = atomic_load(&((struct exec_env *)(uintptr_t)env)->bytes_read);
	text_addf(&t, "\r\033[Kstage %d/%d  tasks %d/%d  running %d",
	    c->stages_done + 1 > env->stages->n ? env->stages->n :
	    c->stages_done + 1, env->stages->n, c->done, c->total, c->running);
	if (c->failed_attempts)
		text_addf(&t, "  failed %d", c->failed_attempts);
	add_executors(&t, out->app->cluster);
	if (bytes) {
		text_adds(&t, "  ");
		text_add_size(&t, (double)bytes);
		text_adds(&t, "  ");
		text_add_size(&t, (double)bytes / s);
		text_adds(&t, "/s");
	}
	left = c->done ? s * (c->total - c->done) / c->done : 0;
	if (c->done && c->total > c->done)
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
