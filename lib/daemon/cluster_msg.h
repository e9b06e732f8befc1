/*
 * cluster_msg -- bodies of the frames 96 to 117: master, workers, drivers
 * and commands (net/proto.h).
 *
 * Each parse checks ranges and lengths, so that the machines of lib/cluster
 * see valid values only; bytes that are not such a message give ERR_USER
 * with EXIT_PROTOCOL and leave the struct undefined.
 */
#ifndef DAEMON_CLUSTER_MSG_H
#define DAEMON_CLUSTER_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "cluster/orders.h"

struct arena;
struct err;
struct text;

/* WORKER_REGISTER.  Lists are put into the arena. */
void worker_hello_print(struct text *to, const struct worker_hello *h);
int worker_hello_parse(const char *p, size_t n, struct worker_hello *h,
    struct arena *a, struct err *e);

/* WORKER_REPORT. */
void exec_report_print(struct text *to, const struct exec_report *r);
int exec_report_parse(const char *p, size_t n, struct exec_report *r,
    struct err *e);

/* WORKER_START: exec, cores, memory_mb and app->driver, app->key, app->name
 * of the order. */
void start_print(struct text *to, const struct order *o);
int start_parse(const char *p, size_t n, struct order *o,
    struct app_hello *app, struct err *e);

/* WORKER_STOP; WORKER_FORGET with number 0. */
void exec_name_print(struct text *to, const struct exec_name *name);
int exec_name_parse(const char *p, size_t n, struct exec_name *name,
    struct err *e);

/* APP_REGISTER. */
void app_hello_print(struct text *to, const struct app_hello *h);
int app_hello_parse(const char *p, size_t n, struct app_hello *h,
    struct arena *a, struct err *e);

/* APP_EXEC_UP: exec.num, cores, memory_mb, worker of the order. */
void exec_up_print(struct text *to, const struct order *o);
int exec_up_parse(const char *p, size_t n, struct order *o,
    struct worker_hello *w, struct err *e);

/* RENEW, GRANT, WELCOME, RELEASE, REVOKED, NOTE, APP_END, APP_WELCOME and
 * APP_EXEC_LOST: two numbers and a text; what is not needed is 0 or NULL. */
struct brief {
	int64_t n, more;
	const char *text;       /* at most BRIEF_TEXT bytes */
};
enum { BRIEF_TEXT = 1000 };
void brief_print(struct text *to, int64_t n, int64_t more, const char *text);
int brief_parse(const char *p, size_t n, struct brief *b, struct arena *a,
    struct err *e);

/* ASK. */
enum ask_kind { ASK_STATUS, ASK_APPS, ASK_WORKERS, ASK_KILL, ASK_DRAIN,
	ASK_UNDRAIN, ASK_KINDS };
struct ask {
	enum ask_kind kind;
	int json;
	const char *id;         /* KILL, DRAIN, UNDRAIN */
};
void ask_print(struct text *to, const struct ask *q);
int ask_parse(const char *p, size_t n, struct ask *q, struct arena *a,
    struct err *e);

#endif
