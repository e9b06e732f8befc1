/*
 * event_log -- the events of a run in a file, as the run goes on.
 *
 * A thread of its own writes, so a slow disk slows nothing down; a file that
 * cannot be written (a full disk) or that is more than some MB behind is
 * given up, which event_log_trouble() tells once.  What is there then is the
 * beginning of the log.
 */
#ifndef EVENT_EVENT_LOG_H
#define EVENT_EVENT_LOG_H

#include "event/event.h"

struct event_log;

/* Makes the file (0600, an older one is replaced).  Returns 0, or an error
 * that is worth a warning only; *out is NULL then. */
int  event_log_open(struct event_log **out, const char *path, struct err *e);

/* Never waits for the file. */
void event_log_add(struct event_log *l, const struct event *ev);

/* 1, the first time that it is asked after the log was given up: *e says
 * why. */
int  event_log_trouble(struct event_log *l, struct err *e);

/* Waits some seconds for what was not written yet.  Returns 0, or ERR_TEMP when
 * the log is not whole and event_log_trouble() has not told so.  NULL is
 * fine. */
int  event_log_close(struct event_log *l, struct err *e);

#endif
