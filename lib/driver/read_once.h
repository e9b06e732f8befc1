/*
 * read_once -- inputs of an action that can be read only once, such as
 * stdin, and that several of its scans read.
 */
#ifndef DRIVER_READ_ONCE_H
#define DRIVER_READ_ONCE_H

struct action;
struct app;
struct err;

/* Those that more than one scan reads become files (driver/spool.h). */
int read_once_share(struct app *a, const struct action *j, struct err *e);

#endif
