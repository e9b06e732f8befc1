/*
 * exec_errors -- see exec_errors.h.
 */
#include "driver/exec_errors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "driver/executors.h"
#include "net/loop.h"

void
exec_errors_close(struct cluster_exec *x)
{
	watch_drop(x->errors_watch);
	x->errors_watch = NULL;
	if (x->errors >= 0)
		close(x->errors);
	x->errors = -1;
}

void
exec_errors_pass(struct cluster_exec *x)
{
	char part[4096];
	ssize_t n;

	if (x->errors < 0)
		return;
	while ((n = read(x->errors, part, sizeof part)) > 0)
		fwrite(part, 1, (size_t)n, stderr);
	if (n == 0 || errno != EAGAIN)
		exec_errors_close(x);
}

static void
on_errors(void *arg, int events)
{
	(void)events;
	exec_errors_pass(arg);
}

void
exec_errors_open(struct cluster_exec *x, struct loop *l, int fd)
{
	x->errors = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	x->errors_watch = loop_watch(l, fd, LOOP_IN, on_errors, x);
}
