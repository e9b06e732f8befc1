/*
 * submit_opts -- setters of the options that sp-submit and sp-plan share.
 */
#include "driver/submit_opts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/opt.h"
#include "base/text.h"
#include "driver/submit.h"

int
submit_set_text(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->text = v;
	return 0;
}

int
submit_set_master(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->app.master = v;
	return 0;
}

int
submit_set_conf(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	return conf_set_pair(&s->app.conf, v, e);
}

int
submit_set_properties(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	return conf_read(&s->app.conf, v, CONF_USER, e);
}

int
submit_set_define(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	if (strchr(v, '=') == NULL)
		return err_user(e, EXIT_USAGE, "'%s' is not name=value", v);
	if (s->ndefine == 256)
		return err_user(e, EXIT_USAGE, "more than 256 of them");
	s->define[s->ndefine++] = v;
	return 0;
}

int
submit_set_memory(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	return conf_set(&s->app.conf, "spark.executor.memory", v, CONF_FLAG,
	    "--memory", e);
}

int
submit_set_tmpdir(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	return conf_set(&s->app.conf, "spark.local.dir", v, CONF_FLAG,
	    "--tmpdir", e);
}

int
submit_set_name(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	return conf_set(&s->app.conf, "spark.app.name", v, CONF_FLAG, "--name",
	    e);
}

int
submit_set_format(void *p, const char *v, struct err *e)
{
	static const char *const known[] = { "tsv", "csv", "json", "text" };
	struct submit *s = p;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i], v) == 0) {
			s->app.stdout_format = known[i];
			return 0;
		}
	return err_user(e, EXIT_USAGE, "'%s' is not text, csv, tsv or json", v);
}

int
submit_set_timeout(void *p, const char *v, struct err *e)
{
	struct submit *s = p;
	long long ms;

	TRY(opt_duration(v, &ms, e));
	s->app.deadline_ms = clock_mono_ms() + ms;
	return 0;
}

int
submit_set_keep(void *p, const char *v, struct err *e)
{
	struct submit *s = p;
	long long ms;

	TRY(opt_duration(v, &ms, e));
	s->app.keep = true;
	s->app.keep_ms = ms;
	return 0;
}

int
submit_set_detach(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->detach = true;
	return 0;
}

static int
set_question(struct submit *s, enum submit_action action, const char *id)
{
	s->action = action;
	s->id = id;
	return 0;
}

int
submit_set_status(void *p, const char *v, struct err *e)
{
	(void)e;
	return set_question(p, SUBMIT_STATUS, v);
}

int
submit_set_wait(void *p, const char *v, struct err *e)
{
	(void)e;
	return set_question(p, SUBMIT_WAIT, v);
}

int
submit_set_kill(void *p, const char *v, struct err *e)
{
	(void)e;
	return set_question(p, SUBMIT_KILL, v);
}

int
submit_set_deploy(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	s->deploy = strcmp(v, "cluster") == 0;
	if (!s->deploy && strcmp(v, "client") != 0)
		return err_user(e, EXIT_USAGE, "'%s' is not client or cluster",
		    v);
	return 0;
}

int
submit_set_supervise(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->supervise = true;
	return 0;
}

int
submit_set_lock(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->lock = v;
	return 0;
}

int
submit_set_report(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->app.report = v;
	return 0;
}

int
submit_set_report_from(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->report_from = v;
	return 0;
}

int
submit_set_event_log(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->app.event_log = v;
	return 0;
}

int
submit_set_log_dir(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)e;
	s->app.log_dir = v;
	return 0;
}

int
submit_set_plan(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->is_plan = true;
	return 0;
}

int
submit_set_dry_run(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->app.dry_run = true;
	return 0;
}

int
submit_set_show_config(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->action = SUBMIT_SHOW_CONFIG;
	return 0;
}

int
submit_set_ansi_quotes(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->app.ansi_quotes = true;
	return 0;
}

int
submit_set_verbose(void *p, const char *v, struct err *e)
{
	struct submit *s = p;

	(void)v;
	(void)e;
	s->app.verbose++;
	return 0;
}

int
submit_set_skip(void *p, const char *v, struct err *e)
{
	struct submit *s = p;
	struct text list = { 0 };

	for (int i = 0; plan_rules[i].name; i++)
		if (strcmp(plan_rules[i].name, v) == 0) {
			if (s->nskip < 15)
				s->app.skip_rules[s->nskip++] = v;
			return 0;
		}
	for (int i = 0; plan_rules[i].name; i++)
		text_addf(&list, "%s%s", i ? ", " : "", plan_rules[i].name);
	err_user(e, EXIT_USAGE, "there is no rule '%s'", v);
	err_hint(e, "there are %s", text_str(&list));
	text_release(&list);
	return e->kind;
}

int
submit_set_form(void *p, const char *v, struct err *e)
{
	static const struct { const char *name; enum explain_form form; } f[] = {
		{ "stages", EXPLAIN_STAGES }, { "phases", EXPLAIN_PHASES },
		{ "dot", EXPLAIN_DOT }, { "json", EXPLAIN_JSON },
		{ "lineage", EXPLAIN_LINEAGE },
	};
	struct submit *s = p;

	for (size_t i = 0; i < sizeof f / sizeof *f; i++)
		if (strcmp(f[i].name, v) == 0) {
			s->form = f[i].form;
			return 0;
		}
	return err_user(e, EXIT_USAGE,
	    "'%s' is not stages, phases, dot, json or lineage", v);
}
