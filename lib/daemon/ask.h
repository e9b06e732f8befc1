/*
 * ask -- a command's question to a master, and the answer.
 */
#ifndef DAEMON_ASK_H
#define DAEMON_ASK_H

#include "daemon/cluster_msg.h"

struct err;
struct text;

/* masters as in daemon/dial.h; the first that answers is asked.  key_file
 * NULL: the usual one.  EXIT_UNAVAILABLE: nobody there; EXIT_PERM: wrong
 * key; or what the master says. */
int ask_master(const char *masters, const char *key_file,
    const struct ask *q, struct text *answer, struct err *e);

/* The same with another frame that is answered by ANSWER. */
int ask_frame(const char *masters, const char *key_file, int type,
    const struct text *body, struct text *answer, struct err *e);

/* The words of sp-master's command line, at least one, as a question:
 * "drain WORKER".  EXIT_USAGE. */
int ask_command(struct ask *q, int n, char **word, struct err *e);

#endif
