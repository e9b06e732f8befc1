/*
 * submit -- the bodies of sp-submit and sp-plan.
 */
#ifndef DRIVER_SUBMIT_H
#define DRIVER_SUBMIT_H

#include "driver/explain.h"

enum submit_action { SUBMIT_RUN, SUBMIT_PLAN, SUBMIT_SHOW_CONFIG };

struct submit {
	struct app app;
	enum submit_action action;
	const char *text;               /* -e, or NULL */
	const char *file;               /* job file, "-" stdin, NULL */
	bool is_plan;                   /* --plan: the file is plan text */
	const char *report_from;        /* --report-from LOG: only that */
	const char *lock;               /* --lock NAME */
	enum explain_form form;         /* sp-plan */
	const char *define[257];        /* -D */
	int ndefine, nskip;
};

/* Runs it all and returns the exit status; complaints go to stderr. */
int submit_run(struct submit *s, const char *command);

#endif
