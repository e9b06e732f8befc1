/*
 * submit -- the bodies of sp-submit and sp-plan.
 */
#ifndef DRIVER_SUBMIT_H
#define DRIVER_SUBMIT_H

#include "driver/explain.h"

enum submit_action { SUBMIT_RUN, SUBMIT_PLAN, SUBMIT_SHOW_CONFIG,
	SUBMIT_STATUS, SUBMIT_WAIT, SUBMIT_KILL };

struct submit {
	struct app app;
	enum submit_action action;
	bool detach;                    /* --detach */
	bool deploy, supervise;         /* --deploy-mode cluster */
	const char *id;                 /* of --status, --wait, --kill */
	const char *text;               /* -e, or NULL */
	const char *file;               /* job file, "-" stdin, NULL */
	bool is_plan;                   /* --plan: the file is plan text */
	const char *report_from;        /* --report-from LOG: only that */
	const char *lock;               /* --lock NAME */
	enum explain_form form;         /* sp-plan */
	const char *define[257];        /* -D */
	int ndefine, nskip;
};

/* --detach: as submit_run, in a process of its own whose id is printed. */
int submit_detach(struct submit *s, const char *command);

/* --deploy-mode cluster: hands the job over and prints the driver's id. */
int submit_deploy(struct submit *s, const char *command);

/* --status, --wait, --kill: about a job that was detached. */
int submit_ask(struct submit *s, const char *command);

/* Runs it all and returns the exit status; complaints go to stderr. */
int submit_run(struct submit *s, const char *command);

/* Adds the job's text; its name is for messages. */
int submit_text(struct submit *s, struct text *t, const char **name,
    struct err *e);

#endif
