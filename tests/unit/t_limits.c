/*
 * t_limits -- which group bounds a process, out of the files of v1, v2 and
 * of both at a time.
 */
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/text.h"

static char root[] = "/tmp/t_limits.XXXXXX";
static char made[64][256];
static int nmade;

static void
keep(const char *path)
{
	snprintf(made[nmade++], sizeof made[0], "%s", path);
}

static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		if (mkdir(path, 0700) == 0)
			keep(path);
	}
	f = fopen(path, "w");
	if (f == NULL)
		return;
	fputs(text, f);
	fclose(f);
	keep(path);
}

static void
is_group(const char *self, int version, const char *where, const char *what)
{
	char file[300], to[4096] = "", want[300];
	int got;

	put("self", self);
	nmade--;
	snprintf(file, sizeof file, "%s/self", root);
	snprintf(want, sizeof want, "%s%s", root, where);
	got = limits_find_group(root, file, to, sizeof to);
	ok(got == version && (got == 0 || strcmp(to, want) == 0),
	    "%s: %d %s", what, got, to);
}

int
main(void)
{
	char dir[300];

	if (mkdtemp(root) == NULL)
		return 1;
	is_group("", 0, "", "no line");
	is_group("nonsense", 0, "", "nonsense");
	is_group("0::/a\n", 0, "", "nothing is mounted");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("memory/a/b/memory.limit_in_bytes", "1\n");
	put("memory/a/b/memory.oom_control",
	    "oom_kill_disable 0\nunder_oom 0\noom_kill 7\n");
	is_group("4:memory:/a/b\n0::/\n", LIMITS_V1, "/memory/a/b", "v1");
	is_group("9:name=systemd:/\n4:hugetlb,memory:/a/b\n", LIMITS_V1,
	    "/memory/a/b", "v1 beside another controller");
	is_group("4:memory:/docker/x\n", LIMITS_V1, "/memory",
	    "v1 in a container");
	is_group("4:memory:/\n", LIMITS_V1, "/memory", "the root of v1");
	is_group("4:memoryless:/a/b\n", 0, "", "another controller");
	put("cgroup.controllers", "cpu memory pids\n");
	put("u/cgroup.controllers", "cpu pids memory\n");
	put("w/cgroup.controllers", "cpu pids\n");
	put("u/memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 2\n"
	    "oom_group_kill 0\n");
	is_group("0::/u\n", LIMITS_V2, "/u", "v2");
	is_group("1:name=systemd:/u\n0::/u", LIMITS_V2, "/u", "v2, cut off");
	is_group("0::/w\n", 0, "", "v2 without the controller");
	is_group("0::/nowhere\n", LIMITS_V2, "", "v2 in a container");
	snprintf(dir, sizeof dir, "%s/memory/a/b", root);
	is_int(limits_group_kills(dir), 7, "kills of v1");
	snprintf(dir, sizeof dir, "%s/u", root);
	is_int(limits_group_kills(dir), 2, "kills of v2");
	snprintf(dir, sizeof dir, "%s/w", root);
	is_int(limits_group_kills(dir), 0, "no kills");
	while (nmade > 0)
		remove(made[--nmade]);
	snprintf(dir, sizeof dir, "%s/self", root);
	unlink(dir);
	ok(rmdir(root) == 0, "all is removed");
	return done_testing();
}
