/*
 * watch -- sees whether outputs are ever visible half-written.
 *
 * usage: watch DIR LOG
 *
 * DIR is where jobs put their outputs.  Names that begin with '.' are staging;
 * all others are final: they may only be moved there, whole, and their bytes
 * never change.  A directory that appears is checked against its manifest at
 * once; a file that is moved into a final directory (append) is looked at
 * when it appears and when the watch ends or is asked.  What was wrong goes
 * to LOG, a line each, "wrong: …".  A file DIR/.tick-N asks: when all events
 * before it are dealt with the line "tick N" follows and the file goes away.
 * SIGTERM ends it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "store/commit.h"

#define EVENTS (IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM)
#define WATCHES 65536

static int queue;
static FILE *out;
static const char *top;
static char *watched[WATCHES];          /* path by watch descriptor */

static bool
is_final(const char *name)
{
	return name[0] != '.';
}

static void
watch_path(const char *path)
{
	int wd = inotify_add_watch(queue, path, EVENTS | IN_DONT_FOLLOW);

	if (wd < 0 || wd >= WATCHES)
		return;                 /* gone again */
	free(watched[wd]);
	watched[wd] = strdup(path);
}

/* The directory that just appeared is opened, so that what replaces it does
 * not matter. */
static void
check_directory(const char *path)
{
	struct text report = { 0 };
	struct err e = { 0 };
	char by_fd[64], name[PATH_MAX];
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(dup(fd));
	struct dirent *x;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	snprintf(by_fd, sizeof by_fd, "/proc/self/fd/%d", fd);
	if (output_verify(by_fd, &report, &e) != 0)
		fprintf(out, "wrong: %s appeared and is not complete: %s%s\n",
		    path, text_str(&report), e.kind ? e.text : "");
	while ((x = readdir(d)) != NULL)
		if (x->d_type == DT_DIR && is_final(x->d_name) &&
		    snprintf(name, sizeof name, "%s/%s", path, x->d_name) <
		    (int)sizeof name)
			watch_path(name);
	closedir(d);
	close(fd);
	text_release(&report);
}

/* A final name in DIR itself: a whole output. */
static void
output_event(const struct inotify_event *ev, const char *path)
{
	struct stat st;

	if (ev->mask & IN_CREATE)
		fprintf(out, "wrong: %s was made under its final name\n", path);
	if ((ev->mask & IN_MOVED_TO) == 0 || lstat(path, &st) < 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		watch_path(path);
		check_directory(path);
	}
}

static void
tick(const char *path, const char *name)
{
	unlink(path);
	fprintf(out, "tick %s\n", name + strlen(".tick-"));
	fflush(out);
}

static void
event(const struct inotify_event *ev)
{
	const char *dir = ev->wd >= 0 && ev->wd < WATCHES ? watched[ev->wd] :
	    NULL;
	char path[PATH_MAX];

	if (ev->mask & IN_Q_OVERFLOW)
		fprintf(out, "lost: events\n");
	if (ev->mask & IN_IGNORED && dir) {
		free(watched[ev->wd]);
		watched[ev->wd] = NULL;
	}
	if (dir == NULL || ev->len == 0 || ev->mask & IN_IGNORED ||
	    snprintf(path, sizeof path, "%s/%s", dir, ev->name) >=
	    (int)sizeof path)
		return;
	if (strncmp(ev->name, ".tick-", 6) == 0 && ev->mask & IN_CREATE)
		tick(path, ev->name);
	if (!is_final(ev->name))
		return;
	if (ev->mask & IN_MODIFY)
		fprintf(out, "wrong: %s was written under its final name\n",
		    path);
	if (strcmp(dir, top) == 0)
		output_event(ev, path);
	else if (ev->mask & IN_CREATE && (ev->mask & IN_ISDIR) == 0)
		fprintf(out, "wrong: %s was made under its final name\n", path);
}

static void
watch_all(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *x;
	char name[PATH_MAX];

	watch_path(path);
	while (d && (x = readdir(d)) != NULL)
		if (x->d_type == DT_DIR && is_final(x->d_name) &&
		    snprintf(name, sizeof name, "%s/%s", path, x->d_name) <
		    (int)sizeof name)
			watch_all(name);
	if (d)
		closedir(d);
}

int
main(int argc, char **argv)
{
	static char buf[1 << 16]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	if (argc != 3) {
		fprintf(stderr, "usage: watch DIR LOG\n");
		return 2;
	}
	top = argv[1];
	out = fopen(argv[2], "we");
	queue = inotify_init1(IN_CLOEXEC);
	if (out == NULL || queue < 0) {
		perror("watch");
		return 73;
	}
	watch_all(top);
	fprintf(out, "tick 0\n");
	fflush(out);
	while ((n = read(queue, buf, sizeof buf)) > 0 || errno == EINTR) {
		for (char *p = buf; n > 0 && p < buf + n; ) {
			const struct inotify_event *ev = (void *)p;

			event(ev);
			p += sizeof *ev + ev->len;
		}
		fflush(out);
	}
	return 0;
}
