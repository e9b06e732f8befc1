/*
 * detached -- --detach and the questions about such a job: see submit.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/opt.h"
#include "driver/deploy.h"
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

static void
find_master(struct app *a)
{
	const char *m = getenv("SP_MASTER");

	if (a->master == NULL && m && *m)
		a->master = m;
}

/* Prints what came of it, or the error.  r >= 0: the exit status. */
static int
finish(const char *command, struct text *t, int r, const struct err *e)
{
	int r2 = 0;

	if (r < 0) {
		opt_complain(command, e);
		r = e->code;
	} else {
		fputs(text_str(t), stdout);
		r2 = opt_end(command);
	}
	text_release(t);
	return r ? r : r2;
}

int
submit_deploy(struct submit *s, const char *command)
{
	struct text job = { 0 }, id = { 0 };
	struct err e = { 0 };
	const char *name;
	int r;

	find_master(&s->app);
	r = submit_text(s, &job, &name, &e);
	if (r >= 0)
		r = deploy_submit(s, &job, &id, &e);
	text_addc(&id, '\n');
	text_release(&job);
	return finish(command, &id, r < 0 ? r : 0, &e);
}

static int
ask_deployed(struct submit *s, const char *command)
{
	struct text t = { 0 };
	struct err e = { 0 };
	int r;

	find_master(&s->app);
	r = s->action == SUBMIT_WAIT ? deploy_wait(s, &t, &e) :
	    deploy_ask(s, &t, &e);
	return finish(command, &t, r, &e);
}

int
submit_ask(struct submit *s, const char *command)
{
	struct err e = { 0 };
	int code = 0, r, r2;

	if (deploy_is_id(s->id))
		return ask_deployed(s, command);
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
