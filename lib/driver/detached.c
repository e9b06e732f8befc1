/*
 * detached -- --detach and the questions about such a job: see submit.h.
 */
#include <stdio.h>

#include "base/opt.h"
#include "driver/detach.h"
#include "driver/submit.h"

int
submit_detach(struct submit *s, const char *command)
{
	struct detach d = { 0 };
	struct err e = { 0 };
	int r = detach_begin(&d, &e);

	if (r < 0) {
		opt_complain(command, &e);
		r = e.code;
	} else if (r > 0) {
		puts(d.id);
		r = opt_end(command);
	} else {
		r = submit_run(s, command);
		detach_end(&d, r);
		return r;
	}
	arena_release(&d.arena);
	return r;
}

/* Status 0 is for a job that has succeeded, and for nothing else. */
static int
tell_state(int state, int code)
{
	if (state == DETACH_DONE)
		printf("done %d\n", code);
	else
		puts(state == DETACH_RUNNING ? "running" : "died");
	return state == DETACH_DONE ? code : EXIT_TEMP;
}

int
submit_ask(struct submit *s, const char *command)
{
	struct err e = { 0 };
	int code = 0, r, r2;

	if (s->action == SUBMIT_KILL)
		r = detach_kill(s->id, &e);
	else
		r = detach_status(s->id, s->action == SUBMIT_WAIT ?
		    DETACH_WAIT : DETACH_NOW, &code, &e);
	if (r < 0) {
		opt_complain(command, &e);
		return e.code;
	}
	if (s->action != SUBMIT_KILL)
		r = tell_state(r, code);
	r2 = opt_end(command);
	return r ? r : r2;
}
