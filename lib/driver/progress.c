/*
 * progress -- see progress.h.
 */
#include "driver/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

static int64_t begin_us;
static int shown;

void
progress_tick(void *arg, const struct sched_count *c,
    const struct exec_env *env)
{
	int64_t now = clock_mono_us(), bytes;
	struct text t = { 0 };
	double s, left;

	(void)arg;
	if (begin_us == 0)
		begin_us = now;
	s = (double)(now - begin_us) / 1e6;
	if (s < 0.5 || !isatty(STDERR_FILENO))
		return;
	bytes = atomic_load(&((struct exec_env *)(uintptr_t)env)->bytes_read);
	text_addf(&t, "\r\033[Kstage %d/%d  tasks %d/%d  running %d",
	    c->stages_done + 1 > env->stages->n ? env->stages->n :
	    c->stages_done + 1, env->stages->n, c->done, c->total, c->running);
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

void
progress_end(void)
{
	begin_us = 0;
	if (!shown)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	shown = 0;
}
