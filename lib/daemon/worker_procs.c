/*
 * worker_procs -- see worker_procs.h.
 */
#include "daemon/worker_procs.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fail.h"
#include "daemon/signals.h"

static void
limit(int what, int64_t n)
{
	struct rlimit r = { (rlim_t)n, (rlim_t)n };

	setrlimit(what, &r);
}

/* The kernel, when it has no memory, kills whose score is highest; more than
 * ours may be set by everybody. */
static void
offer(int more)
{
	static const char file[] = "/proc/self/oom_score_adj";
	char text[16];
	int fd = open(file, O_RDWR | O_CLOEXEC), sign = 1, n = 0, i = 0;
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	if (got > 0 && text[0] == '-')
		sign = -1, i = 1;
	for (; i < got && text[i] >= '0' && text[i] <= '9'; i++)
		n = 10 * n + text[i] - '0';
	n = sign * n + more;
	n = n > 1000 ? 1000 : n < 0 ? 0 : n;
	i = sizeof text;
	do {
		text[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	if (got > 0)
		(void)!pwrite(fd, text + i, sizeof text - (size_t)i, 0);
	if (fd >= 0)
		close(fd);
}

/* In the child; async-signal-safe calls only. */
static void
become(const struct proc_conf *c, int in, pid_t parent)
{
	static const char why[] = "could not execute the program\n";

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signals_restore();
	limit(RLIMIT_CORE, 0);
	if (c->data_max)
		limit(RLIMIT_DATA, c->data_max);
	if (c->oom_score)
		offer(c->oom_score);
	if (c->group)
		(void)!write(c->group, "0", 1);
	if (getppid() == parent && dup2(in, 0) == 0 &&
	    dup2(c->both_ways ? in : c->log, 1) == 1 && dup2(c->log, 2) == 2)
		execv(c->argv[0], c->argv);
	(void)!write(2, why, sizeof why - 1);
	_exit(127);             /* tidy: allowed, a child that cannot exec */
}

int
proc_start(const struct proc_conf *c, pid_t *pid, struct err *e)
{
	pid_t parent = getpid();
	int end[2], r;

	r = c->both_ways ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    end) : pipe2(end, O_CLOEXEC);
	*pid = r < 0 || fail_here("worker.fork") ? -1 : fork();
	if (*pid == 0)
		become(c, end[0], parent);
	if (*pid < 0)
		err_sys(e, "could not start \"%s\"", c->argv[0]);
	close(c->log);
	if (c->group)
		close(c->group);
	if (r < 0)
		return e->kind;
	close(end[0]);
	if (*pid < 0) {
		close(end[1]);
		return e->kind;
	}
	fcntl(end[1], F_SETFL, O_NONBLOCK);
	return end[1];
}

void
proc_kill(pid_t pid)
{
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
}

int
proc_reap(pid_t pid, int *status)
{
	siginfo_t info = { 0 };

	/* The number is ours until it is reaped: kill the group before. */
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid != pid)
		return 0;
	kill(-pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG);
	*status = info.si_code == CLD_EXITED ? info.si_status :
	    128 + info.si_status;
	return 1;
}

void
proc_explain(int status, char *to, unsigned n)
{
	if (status > 128)
		snprintf(to, n, "was killed by signal %d (%s)", status - 128,
		    strsignal(status - 128));
	else
		snprintf(to, n, "exited with status %d", status);
}
