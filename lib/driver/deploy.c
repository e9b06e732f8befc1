/*
 * deploy -- see deploy.h.
 *
 * What was set by flags travels; files of settings and variables are those
 * of the worker's node, and so are all names of files in the job.
 */
#include "driver/deploy.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/opt.h"
#include "daemon/ask.h"
#include "daemon/driver_msg.h"
#include "driver/leases.h"
#include "driver/submit.h"
#include "net/proto.h"

enum { WAIT_MIN_MS = 50, WAIT_MAX_MS = 1000 };

static int
check_master(const struct app *a, struct err *e)
{
	if (leases_wanted(a->master))
		return 0;
	err_user(e, EXIT_USAGE, "%s has no driver in the cluster", a->master ?
	    a->master : "local[*]");
	return err_hint(e, "give the master: -m sp://HOST:PORT");
}

static const char *
key_file_of(const struct app *a)
{
	const char *file = conf_get(&a->conf, "sp.cluster.key.file");

	return *file ? file : NULL;
}

static void
add_arg(struct driver_order *o, const char *text)
{
	if (o->narg < DRIVER_ARGS_MAX)
		o->arg[o->narg++] = text;
}

static void
add_pools(struct arena *a, const struct conf *c, struct driver_order *o)
{
	static const char prefix[] = "spark.scheduler.pool";

	for (const struct conf_pool *p = c->pools; p; p = p->next) {
		if (p->set[0] && p->origin[0] == CONF_FLAG)
			add_arg(o, arena_printf(a, "--conf=%s.%s.weight=%d",
			    prefix, p->name, p->weight));
		if (p->set[1] && p->origin[1] == CONF_FLAG)
			add_arg(o, arena_printf(a, "--conf=%s.%s.minShare=%d",
			    prefix, p->name, p->min_share));
	}
}

/* The options once more, as sp-submit takes them. */
static void
collect_args(struct submit *s, struct driver_order *o)
{
	struct arena *a = &s->app.arena;
	const char *key, *value, *help;

	o->arg = NEW_N(a, const char *, DRIVER_ARGS_MAX);
	for (int i = 0; conf_row(i, &key, &value, &help); i++)
		if (s->app.conf.v[i].origin == CONF_FLAG &&
		    strcmp(key, "sp.cluster.key.file") != 0)
			add_arg(o, arena_printf(a, "--conf=%s=%s", key,
			    s->app.conf.v[i].text));
	add_pools(a, &s->app.conf, o);
	for (int i = 0; i < s->ndefine; i++)
		add_arg(o, arena_printf(a, "-D%s", s->define[i]));
	if (s->app.stdout_format)
		add_arg(o, arena_printf(a, "--to=%s", s->app.stdout_format));
	if (s->is_plan)
		add_arg(o, "--plan");
	if (s->app.ansi_quotes)
		add_arg(o, "--ansi-quotes");
	for (int i = 0; i < s->app.verbose && i < 3; i++)
		add_arg(o, "-v");
}

/* No answer says nothing of the driver. */
static int
unknown(struct err *e)
{
	if (e->code == EXIT_UNAVAILABLE || e->code == EXIT_JOB)
		e->code = EXIT_TEMP;
	return e->kind;
}

static int
ask(struct submit *s, int type, const struct text *body, struct text *raw,
    struct driver_report *r, struct err *e)
{
	TRY(ask_frame(s->app.master, key_file_of(&s->app), type, body,
	    raw, e));
	return driver_report_parse(raw->p, raw->n, r, &s->app.arena, e);
}

int
deploy_submit(struct submit *s, const struct text *job, struct text *id,
    struct err *e)
{
	struct conf *c = &s->app.conf;
	struct driver_order o = { .id = "", .supervise = s->supervise,
	    .cores = (int)conf_int(c, "spark.driver.cores"),
	    .memory_mb = conf_size(c, "spark.driver.memory") >> 20,
	    .text = job->p ? job->p : "", .ntext = job->n };
	struct text body = { 0 }, raw = { 0 };
	struct driver_report r;
	int code;

	TRY(check_master(&s->app, e));
	collect_args(s, &o);
	driver_order_print(&body, &o);
	code = ask(s, FRAME_DRIVER_SUBMIT, &body, &raw, &r, e);
	if (code >= 0)
		text_adds(id, r.id);
	else if (e->code == EXIT_JOB)
		e->code = EXIT_TEMP;    /* it may have been taken */
	text_release(&body);
	text_release(&raw);
	return code;
}

int
deploy_is_id(const char *id)
{
	return strncmp(id, "driver-", 7) == 0;
}

static int
ask_once(struct submit *s, struct driver_report *r, struct err *e)
{
	struct driver_ask q = { s->id, s->action == SUBMIT_KILL };
	struct text body = { 0 }, raw = { 0 };
	int code;

	driver_ask_print(&body, &q);
	code = ask(s, FRAME_DRIVER_ASK, &body, &raw, r, e);
	text_release(&body);
	text_release(&raw);
	return code < 0 ? unknown(e) : 0;
}

/* Returns the exit status. */
static int
tell(const struct submit *s, const struct driver_report *r, struct text *to)
{
	static const char *const names[] = { "running", "done", "lost" };

	text_adds(to, names[r->state]);
	if (r->state == DRIVER_DONE)
		text_addf(to, " %d", r->code);
	if (*r->where)
		text_addf(to, " %s", r->where);
	text_addc(to, '\n');
	if (s->action == SUBMIT_KILL && r->state == DRIVER_RUNNING)
		return 0;
	return r->state == DRIVER_DONE ? r->code : EXIT_TEMP;
}

int
deploy_ask(struct submit *s, struct text *to, struct err *e)
{
	struct driver_report r;

	TRY(check_master(&s->app, e));
	TRY(ask_once(s, &r, e));
	return tell(s, &r, to);
}

int
deploy_wait(struct submit *s, struct text *to, struct err *e)
{
	int64_t heard = clock_mono_ms();
	struct driver_report r;
	int pause = WAIT_MIN_MS, code, late, known = 0;

	TRY(check_master(&s->app, e));
	for (;;) {
		code = ask_once(s, &r, e);
		known |= code >= 0;
		if (code >= 0 && r.state == DRIVER_RUNNING)
			heard = clock_mono_ms();
		/* Its worker may come back to the master, and a master that
		 * was started anew may hear of it yet. */
		late = clock_mono_ms() - heard >= DEPLOY_AWAY_MS;
		if (code >= 0 && (r.state == DRIVER_DONE || late))
			return tell(s, &r, to);
		if (code < 0 && (late || (!known && e->code != EXIT_TEMP))) {
			e->code = known ? EXIT_TEMP : e->code;
			return code;
		}
		usleep((useconds_t)pause * 1000);
		pause = pause < WAIT_MAX_MS / 2 ? 2 * pause : WAIT_MAX_MS;
	}
}
