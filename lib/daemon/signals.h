/*
 * signals -- SIGTERM, SIGINT and SIGCHLD as events of a loop, and the word
 * that a daemon is ready.
 */
#ifndef DAEMON_SIGNALS_H
#define DAEMON_SIGNALS_H

struct err;
struct loop;
struct watch;

struct signals {
	int fd;
	struct watch *watch;
	void (*got)(void *arg, int number);
	void *arg;
};

/* The signals are blocked from now on (a child must unblock them), SIGPIPE
 * is ignored; got() is called for each. */
int signals_open(struct signals *s, struct loop *l,
    void (*got)(void *arg, int number), void *arg, struct err *e);
void signals_close(struct signals *s);

/* In a child, before exec: as the process was started. */
void signals_restore(void);

/* Writes the line to fd, if that is not negative, and closes it. */
void signals_ready(int fd, const char *line);

enum { SIGNALS_STAMP = 32 };

/* "12:34:56.789", UTC: the time of a line in a daemon's log; returns to. */
const char *signals_stamp(char to[SIGNALS_STAMP]);

#endif
