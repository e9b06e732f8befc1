/*
 * fail -- see fail.h.
 */
#include "base/fail.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct point {
	char name[64];          /* empty: not armed */
	long nth;
	int  error;
	atomic_long seen;
};

static struct point fail_point, crash_point;
static const char *once_file;   /* made by whom it hits, or NULL */
static atomic_int armed = -1;   /* -1: environment not read yet */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int
point_read(struct point *p, const char *variable)
{
	const char *s = getenv(variable), *colon;

	if (s == NULL || (colon = strchr(s, ':')) == NULL ||
	    (size_t)(colon - s) >= sizeof p->name)
		return 0;
	memcpy(p->name, s, (size_t)(colon - s));
	p->nth = strtol(colon + 1, NULL, 10);
	colon = strchr(colon + 1, ':');
	p->error = colon ? (int)strtol(colon + 1, NULL, 10) : EIO;
	return 1;
}

static void
arm(void)
{
	const char *in = getenv("SP_FAULT_IN");
	int n = 0;

	once_file = getenv("SP_FAULT_ONCE");
	if (in == NULL || strcmp(in, program_invocation_short_name) == 0)
		n = point_read(&fail_point, "SP_FAIL") +
		    point_read(&crash_point, "SP_CRASH");
	atomic_store(&armed, n);
}

static int
point_hit(struct point *p, const char *name)
{
	int fd;

	if (strcmp(p->name, name) != 0)
		return 0;
	if (atomic_fetch_add(&p->seen, 1) + 1 != p->nth && p->nth != 0)
		return 0;
	if (once_file == NULL)
		return 1;
	fd = open(once_file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int
fail_here(const char *name)
{
	int a = atomic_load_explicit(&armed, memory_order_relaxed);

	if (a == 0)
		return 0;
	pthread_once(&once, arm);
	if (point_hit(&crash_point, name)) {
		kill(getpid(), SIGKILL);
		pause();
	}
	if (!point_hit(&fail_point, name))
		return 0;
	errno = fail_point.error;
	return -1;
}
