/*
 * limits -- see limits.h.
 *
 * A line of /proc/PID/cgroup is "ID:CONTROLLERS:PATH".  The memory controller
 * is either a v1 hierarchy, root/memory, or part of the unified one, whose
 * line is "0::PATH".  In a container the path may be that of the host, which
 * is not mounted: then the root of the mount is the container's group.
 */
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

void
limits_raise_files(void)
{
	struct rlimit r;
	rlim_t want;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	want = r.rlim_max < LIMITS_FILES ? r.rlim_max : LIMITS_FILES;
	if (r.rlim_cur >= want)
		return;
	r.rlim_cur = want;
	setrlimit(RLIMIT_NOFILE, &r);
}

void
limits_no_core(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

/* The beginning of a small file; "" when it cannot be read. */
static void
read_small(const char *dir, const char *name, char *to, size_t n)
{
	char path[4400];
	ssize_t r = -1;
	int fd;

	snprintf(path, sizeof path, "%s%s%s", dir, *name ? "/" : "", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		r = read(fd, to, n - 1);
		close(fd);
	}
	to[r > 0 ? r : 0] = '\0';
}

static int
has_word(const char *list, const char *end, const char *word)
{
	size_t n = strlen(word);

	while (list < end) {
		size_t len = strcspn(list, ", \n");

		if (list + len > end)
			len = (size_t)(end - list);
		if (len == n && memcmp(list, word, n) == 0)
			return 1;
		list += len + 1;
	}
	return 0;
}

/* root[/memory]path, or root[/memory] when that is not there. */
static int
place(char *to, size_t n, const char *root, int version, const char *path,
    const char *must)
{
	const char *sub = version == LIMITS_V1 ? "/memory" : "";
	char file[4400];
	int len = (int)strcspn(path, "\n");

	if (len == 1)
		len = 0;                /* "/" */
	for (int i = 0; i < 2; i++, len = 0) {
		snprintf(to, n, "%s%s%.*s", root, sub, len, path);
		snprintf(file, sizeof file, "%s/%s", to, must);
		if (access(file, F_OK) == 0)
			return version;
	}
	return 0;
}

int
limits_find_group(const char *root, const char *self, char *to, size_t n)
{
	const char *unified = NULL;
	char text[4096], has[1024];

	read_small(self, "", text, sizeof text);
	for (char *line = text; *line; ) {
		char *list = strchr(line, ':'), *path;

		path = list ? strchr(list + 1, ':') : NULL;
		if (path == NULL)
			break;
		if (has_word(list + 1, path, "memory"))
			return place(to, n, root, LIMITS_V1, path + 1,
			    "memory.limit_in_bytes");
		if (path == list + 1)
			unified = path + 1;
		line = path + strcspn(path, "\n");
		line += *line == '\n';
	}
	if (unified == NULL ||
	    !place(to, n, root, LIMITS_V2, unified, "cgroup.controllers"))
		return 0;
	read_small(to, "cgroup.controllers", has, sizeof has);
	return has_word(has, has + strlen(has), "memory") ? LIMITS_V2 : 0;
}

int64_t
limits_group_kills(const char *dir)
{
	static const char *const names[] = { "memory.oom_control",
		"memory.events" };
	char text[1024], *at;

	for (int i = 0; i < 2; i++) {
		read_small(dir, names[i], text, sizeof text);
		for (at = text; at; at = strchr(at, '\n')) {
			at += *at == '\n';
			if (strncmp(at, "oom_kill ", 9) == 0)
				return strtoll(at + 9, NULL, 10);
		}
	}
	return 0;
}

static char own[4096];

static void
find_own(void)
{
	if (!limits_find_group("/sys/fs/cgroup", "/proc/self/cgroup", own,
	    sizeof own))
		own[0] = '\0';
}

static const char *
own_group(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_own);
	return own;
}

int64_t
limits_own_kills(void)
{
	return *own_group() ? limits_group_kills(own) : 0;
}

int64_t
limits_own_bytes(void)
{
	static const char *const names[] = { "memory.limit_in_bytes",
		"memory.max" };
	char text[64];

	for (int i = 0; i < 2 && *own_group(); i++) {
		read_small(own, names[i], text, sizeof text);
		/* "max"; v1 says so with a number near 2^63. */
		if (*text && strtoll(text, NULL, 10) < (int64_t)1 << 60)
			return strtoll(text, NULL, 10);
	}
	return 0;
}
