/*
 * deploy -- a driver that runs under a worker of a standing cluster
 * (--deploy-mode cluster): the job's text and options go to the master, and
 * an id comes back.
 */
#ifndef DRIVER_DEPLOY_H
#define DRIVER_DEPLOY_H

struct err;
struct submit;
struct text;

/* Hands the job over and adds the driver's id. */
int deploy_submit(struct submit *s, const struct text *job, struct text *id,
    struct err *e);

/* Is it the id of such a driver? */
int deploy_is_id(const char *id);

/* What the master knows of driver s->id, for people; stops it before if
 * s->action is SUBMIT_KILL.  Returns the exit status of one that is done,
 * EXIT_TEMP as long as it runs and when nobody knows; < 0: no answer (with
 * EXIT_TEMP, unless the master or its key is wrong). */
int deploy_ask(struct submit *s, struct text *to, struct err *e);

/* The same as soon as it does not run any more.  A master or worker that
 * is away for less than DEPLOY_AWAY_MS is waited for. */
enum { DEPLOY_AWAY_MS = 20000 };
int deploy_wait(struct submit *s, struct text *to, struct err *e);

#endif
