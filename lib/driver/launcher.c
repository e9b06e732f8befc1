/*
 * launcher -- see launcher.h: executors as children of the driver, here or at
 * the other end of an SSH connection.
 *
 * The child gets one end of a pair of sockets as fd 0 and 1.  Over SSH the
 * child is sp-worker --ssh, which passes bytes on (net/ssh_relay.h): for the
 * driver there is no difference.
 */
#include "driver/launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/beside.h"
#include "base/err.h"
#include "base/opt.h"
#include "driver/job.h"
#include "net/hostfile.h"

#define SSH_AT_ONCE 8           /* handshakes */

/* Between fork and exec only calls that are safe there.  The child ends when
 * our end of the pair of sockets is closed, however we end. */
static void
become(const char *path, char *const argv[], int fd, int errors)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);          /* signals of the terminal are the driver's */
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(127);     /* tidy: allowed, a child */
	if (errors >= 0) {
		dup2(errors, 2);
		close_range(3, ~0U, 0);
	}
	execv(path, argv);
	_exit(127);             /* tidy: allowed */
}

static int
start_child(const char *path, char *const argv[], pid_t *pid, int *fd,
    int *errors, struct err *e)
{
	int pair[2], said[2] = { -1, -1 };

	if (errors && pipe2(said, O_CLOEXEC) < 0)
		return err_sys(e, "could not make a pipe");
	*pid = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
		*pid = fork();
		if (*pid == 0)
			become(path, argv, pair[1], said[1]);
		close(pair[1]);
		*fd = pair[0];
		if (*pid < 0)
			close(pair[0]);
	}
	if (*pid < 0)
		err_sys(e, "could not start \"%s\"", path);
	if (errors) {
		close(said[1]);
		if (*pid < 0)
			close(said[0]);
		*errors = said[0];
	}
	return *pid < 0 ? e->kind : 0;
}

/* Where the stderr of a slot's process is put, or NULL: it has ours. */
static int *
errors_of(struct launch_plan *p, int slot)
{
	return p->apart ? &p->slot[slot].errors : NULL;
}

static int
url_error(const char *url, struct err *e)
{
	err_user(e, EXIT_USAGE, "'%s' is no master", url);
	return err_hint(e, "say local-cluster[EXECUTORS,CORES,MEMORY], such as "
	    "local-cluster[2,1,512m]");
}

static int
number(const char **p, int max, int *n)
{
	char *end;
	long v = strtol(*p, &end, 10);

	if (end == *p || v < 1 || v > max)
		return -1;
	*n = (int)v;
	*p = end;
	return 0;
}

static int
local_parse(struct launch_plan *p, struct arena *a, struct app *app,
    const char *url, struct err *e)
{
	const char *at = url + strlen("local-cluster[");
	long long memory;
	int n, cores;
	char *size;

	(void)app;
	if (number(&at, LAUNCH_SLOTS_MAX, &n) < 0 || *at++ != ',' ||
	    number(&at, 1024, &cores) < 0 || *at++ != ',' ||
	    strlen(at) < 2 || at[strlen(at) - 1] != ']')
		return url_error(url, e);
	size = arena_strdup(a, at);
	size[strlen(size) - 1] = '\0';
	/* Spark's local-cluster counts in MB. */
	if (strspn(size, "0123456789") == strlen(size))
		size = arena_printf(a, "%sm", size);
	if (opt_size(size, &memory, e) < 0 || memory <= 0)
		return url_error(url, e);
	p->nslot = n;
	p->slot = NEW_N(a, struct launch_slot, n);
	for (int i = 0; i < n; i++)
		p->slot[i] = (struct launch_slot){ .cores = cores,
		    .memory = memory };
	return 0;
}

static int
local_start(struct launch_plan *p, int slot, pid_t *pid, int *fd,
    struct err *e)
{
	char path[4096], name[] = "sp-executor";
	char *argv[] = { name, NULL };

	TRY(beside_program(name, path, sizeof path, e));
	return start_child(path, argv, pid, fd, errors_of(p, slot), e);
}

/* Hosts of a list behind ssh://, separated by commas. */
static int
hosts_of_list(struct arena *a, const char *list, struct host **out,
    struct err *e)
{
	int n = 0, cap = 0;

	*out = NULL;
	while (*list) {
		size_t len = strcspn(list, ",");

		ARENA_GROW(a, *out, n, cap);
		TRY(host_parse(a, list, len, &(*out)[n], e));
		if (host_find(*out, n, &(*out)[n])) {
			err_user(e, EXIT_USAGE, "%.*s is named twice",
			    (int)len, list);
			return err_hint(e, "for more tasks at a time on a host "
			    "set spark.executor.cores, or write cores=N behind "
			    "it in a file of hosts, ssh:FILE");
		}
		n++;
		list += len + (list[len] == ',');
	}
	if (n == 0)
		return err_user(e, EXIT_USAGE, "ssh:// names no host");
	return n;
}

static int
ssh_parse(struct launch_plan *p, struct arena *a, struct app *app,
    const char *url, struct err *e)
{
	int64_t cores = conf_int(&app->conf, "spark.executor.cores");
	int64_t memory = conf_size(&app->conf, "spark.executor.memory");
	struct host *h;
	int n;

	if (strncmp(url, "ssh://", 6) == 0)
		n = hosts_of_list(a, url + 6, &h, e);
	else if (url[4] == '\0')
		n = err_user(e, EXIT_USAGE, "ssh: names no file of hosts");
	else
		n = hostfile_read(a, url + 4, &h, e);
	if (n < 0)
		return n;
	p->nslot = n;
	p->serve = true;
	p->at_once = SSH_AT_ONCE;
	p->slot = NEW_N(a, struct launch_slot, n);
	for (int i = 0; i < n; i++) {
		struct text t = { 0 };

		host_print(&t, &h[i]);
		p->slot[i] = (struct launch_slot){ .host = h[i].name,
		    .target = arena_strdup(a, text_str(&t)),
		    .cores = h[i].cores ? h[i].cores : (int)cores,
		    .memory = h[i].memory ? h[i].memory : memory };
		text_release(&t);
	}
	return 0;
}

static int
ssh_start(struct launch_plan *p, int slot, pid_t *pid, int *fd,
    struct err *e)
{
	char path[4096], name[] = "sp-worker", option[] = "--ssh";
	char *target = (char *)(uintptr_t)p->slot[slot].target;
	char *argv[] = { name, option, target, NULL };

	TRY(beside_program(name, path, sizeof path, e));
	return start_child(path, argv, pid, fd, errors_of(p, slot), e);
}

static const struct launcher launchers[] = {
	{ "ssh:", ssh_parse, ssh_start },
	{ "local-cluster[", local_parse, local_start },
};

const struct launcher *
launcher_find(const char *url)
{
	for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++)
		if (strncmp(url, launchers[i].prefix,
		    strlen(launchers[i].prefix)) == 0)
			return &launchers[i];
	return NULL;
}

int
launch_bury(pid_t *pid, char *how, size_t size)
{
	int status = 0;

	*how = '\0';
	if (*pid <= 0)
		return 0;
	/* It may be about to say why it ends. */
	for (int i = 0; i < 100; i++) {
		if (waitpid(*pid, &status, WNOHANG) != 0) {
			*pid = 0;
			break;
		}
		usleep(1000);
	}
	if (*pid > 0)
		kill(*pid, SIGKILL);
	while (*pid > 0 && waitpid(*pid, &status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
	if (WIFSIGNALED(status))
		snprintf(how, size, " (killed by signal %d)",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status))
		snprintf(how, size, " (status %d)", WEXITSTATUS(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}
