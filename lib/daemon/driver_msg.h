/*
 * driver_msg -- drivers that run under a worker (--deploy-mode cluster): the
 * messages between sp-submit, master and worker.
 */
#ifndef DAEMON_DRIVER_MSG_H
#define DAEMON_DRIVER_MSG_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct text;

enum {
	DRIVER_ARGS_MAX = 1000,
	DRIVER_RESTARTS = 10,           /* of one that is supervised */
	DRIVER_ID_SIZE = 64,
	DRIVER_CORES_MAX = 1 << 16,
	DRIVER_MB_MAX = 1 << 30,
};

/* DRIVER_SUBMIT and DRIVER_START: a job to run. */
struct driver_order {
	const char *id;                 /* "" in SUBMIT: the master names it */
	int supervise;                  /* start it again when it fails */
	int cores;                      /* that it takes of its worker */
	int64_t memory_mb;
	const char *text;               /* of the job; not NUL-terminated */
	size_t ntext;
	int narg;
	const char **arg;               /* options for sp-submit */
};

enum driver_state {
	DRIVER_RUNNING, DRIVER_DONE,
	DRIVER_LOST,            /* its worker is gone: nobody knows */
};

/* DRIVER_STATE, of a worker; and a master's ANSWER to SUBMIT and ASK. */
struct driver_report {
	const char *id;
	enum driver_state state;
	int code;                       /* DONE: exit status */
	int restarts;
	const char *where;              /* host: file with what it prints */
};

/* DRIVER_ASK of a command, DRIVER_STOP of a master. */
struct driver_ask {
	const char *id;
	int kill;                       /* ASK: stop it, too */
};

/* Parsers copy strings to the arena and view the job's text; bad bytes:
 * EXIT_PROTOCOL.  An id has letters, digits and "-" only. */
void driver_order_print(struct text *t, const struct driver_order *o);
int  driver_order_parse(const char *p, size_t n, struct driver_order *o,
    struct arena *a, struct err *e);
void driver_report_print(struct text *t, const struct driver_report *r);
int  driver_report_parse(const char *p, size_t n, struct driver_report *r,
    struct arena *a, struct err *e);
void driver_ask_print(struct text *t, const struct driver_ask *q);
int  driver_ask_parse(const char *p, size_t n, struct driver_ask *q,
    struct arena *a, struct err *e);

#endif
