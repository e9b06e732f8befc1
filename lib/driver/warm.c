/*
 * warm -- see warm.h.
 */
#include "driver/warm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"
#include "driver/launcher.h"
#include "net/handover.h"

extern char **environ;

/* Variables that a shell changes from command to command and that mean
 * nothing to those that executors run. */
static bool
is_noise(const char *pair)
{
	static const char *const noise[] = { "_=", "SHLVL=", "OLDPWD=",
	    "SP_MASTER=" };

	for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
		if (strncmp(pair, noise[i], strlen(noise[i])) == 0)
			return true;
	return false;
}

/* Which file that is; a program: which contents, too. */
static void
add_file(struct text *t, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return;
	text_addf(t, "%s %llu %llu\n", path, (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino);
	if (S_ISREG(st.st_mode) && (st.st_mode & S_IXUSR))
		text_addf(t, "%lld %lld.%ld\n", (long long)st.st_size,
		    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

uint64_t
warm_name(const struct launch_plan *p)
{
	struct text t = { 0 };
	char path[4096];
	struct err e;
	mode_t mask = umask(077);
	uint64_t name;

	umask(mask);
	text_addf(&t, "%o %s\n", (unsigned)mask, p->how->prefix);
	for (int i = 0; i < p->nslot; i++)
		text_addf(&t, "%s %d %lld\n", p->slot[i].target ?
		    p->slot[i].target : "-", p->slot[i].cores,
		    (long long)p->slot[i].memory);
	if (beside_program("sp-executor", path, sizeof path, &e) < 0) {
		text_release(&t);
		return 0;
	}
	add_file(&t, path);
	add_file(&t, "/proc/self/ns/mnt");
	add_file(&t, ".");
	if (getcwd(path, sizeof path))
		text_adds(&t, path);
	for (char **v = environ; *v; v++)
		if (!is_noise(*v))
			text_addf(&t, "\n%s", *v);
	name = hash_sum(t.p, t.n);
	text_release(&t);
	return name ? name : 1;
}

/* Between fork and exec: 0 is the socket that is called, 1 the one that
 * streams come from.  It is nobody's child and holds nothing else. */
static void
become_keeper(const char *path, int listener, int from, int64_t ms)
{
	char option[] = "--keep", name[] = "sp-worker", time[32];
	char *argv[] = { name, option, time, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(time, sizeof time, "%lldms", (long long)ms);
	setsid();
	if (fork() != 0)
		_exit(0);       /* tidy: allowed, a child */
	if (null < 0 || chdir("/") < 0 || dup2(listener, 0) < 0 ||
	    dup2(from, 1) < 0 || dup2(null, 2) < 0)
		_exit(127);     /* tidy: allowed */
	close_range(3, ~0U, 0);
	execv(path, argv);
	_exit(127);             /* tidy: allowed */
}

static int
hand_over(int to, const struct handover *v, int n, struct err *e)
{
	for (int i = 0; i < n; i++)
		TRY(handover_put(to, &v[i], e));
	return 0;
}

int
warm_leave(uint64_t name, int64_t ms, const struct handover *v, int n,
    struct err *e)
{
	int pair[2], listener, r;
	char path[4096];
	pid_t pid;

	TRY(beside_program("sp-worker", path, sizeof path, e));
	TRY(listener = handover_listen(name, e));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		close(listener);
		return err_sys(e, "could not make a pair of sockets");
	}
	pid = fork();
	if (pid == 0)
		become_keeper(path, listener, pair[1], ms);
	r = pid < 0 ? err_sys(e, "could not start \"%s\"", path) : 0;
	close(pair[1]);
	close(listener);
	if (r >= 0)
		r = hand_over(pair[0], v, n, e);
	close(pair[0]);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return r;
}
