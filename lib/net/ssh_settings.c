/*
 * ssh_settings -- the files that say how to reach a host: ~/.ssh/config, then
 * /etc/ssh/ssh_config; what the user wrote with the host beats both.
 */
#include "net/ssh_state.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "net/hostfile.h"

enum { CONFIG_MAX = 1 << 20 };  /* bytes of one file */

ssize_t
ssh_file(struct arena *a, const char *path, size_t max, const char **text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n, got = -1;
	char *p;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= (off_t)max) {
		p = arena_bytes(a, (size_t)st.st_size + 1);
		for (got = 0; got < st.st_size; got += n)
			if ((n = read(fd, p + got, (size_t)(st.st_size - got))) <= 0)
				break;
		p[got] = '\0';
		*text = p;
	}
	close(fd);
	return got;
}

/* Who may write this file says which hosts are trusted. */
static int
config_read(struct ssh_lookup *l, const char *path, struct err *e)
{
	const char *text;
	ssize_t n = ssh_file(l->arena, path, CONFIG_MAX, &text);
	struct stat st;

	if (n > 0 && stat(path, &st) == 0 && ((st.st_mode & 022) ||
	    (st.st_uid != 0 && st.st_uid != getuid())))
		return err_user(e, EXIT_CONFIG, "%s: others than you may write "
		    "it", path);
	return n <= 0 ? 0 : ssh_config_read(l, path, text, (size_t)n, e);
}

static int
include(struct ssh_lookup *l, const char *pattern, struct err *e)
{
	glob_t g;
	int r = 0;

	if (glob(pattern, 0, NULL, &g) != 0)
		return 0;
	for (size_t i = 0; i < g.gl_pathc && r == 0; i++)
		r = config_read(l, g.gl_pathv[i], e);
	globfree(&g);
	return r;
}

/* An Include of the system's file is relative to /etc/ssh. */
static int
include_system(struct ssh_lookup *l, const char *pattern, struct err *e)
{
	const char *own = arena_printf(l->arena, "%s/.ssh/", l->home);

	if (strncmp(pattern, own, strlen(own)) == 0)
		pattern = arena_printf(l->arena, "/etc/ssh/%s",
		    pattern + strlen(own));
	return include(l, pattern, e);
}

static void
who_am_i(struct ssh_lookup *l)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (getpwuid_r(getuid(), &pw, buf, sizeof buf, &found) != 0)
		found = NULL;
	l->home = getenv("HOME");
	if (!l->home || l->home[0] != '/')
		l->home = found ? found->pw_dir : "/";
	l->home = arena_strdup(l->arena, l->home);
	l->local_user = arena_strdup(l->arena, found ? found->pw_name : "root");
}

int
ssh_settings(struct ssh *s, const struct host *host, struct err *e)
{
	struct ssh_lookup l = { .arena = &s->arena, .include = include };
	struct text t = { 0 };

	who_am_i(&l);
	l.host = arena_strdup(l.arena, host->name);
	l.set.user = host->user ? arena_strdup(l.arena, host->user) : NULL;
	l.set.port = host->port;
	host_print(&t, host);
	s->label = arena_strdup(l.arena, text_str(&t));
	text_release(&t);
	TRY(config_read(&l, arena_printf(l.arena, "%s/.ssh/config", l.home), e));
	l.include = include_system;
	TRY(config_read(&l, "/etc/ssh/ssh_config", e));
	ssh_config_end(&l);
	s->home = l.home;
	s->set = l.set;
	return 0;
}
