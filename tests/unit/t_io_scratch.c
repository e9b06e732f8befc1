/*
 * t_io_scratch -- many processes make and sweep scratch directories at once,
 * some of them die: nobody loses his own, and at the end none is left.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "io/scratch.h"
#include "tap.h"

enum { WORKERS = 8, TURNS = 150 };

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = -2;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* A run: makes one, uses it; dies in the middle now and then. */
static int
run(const char *base, int seed)
{
	struct arena a = { 0 };
	struct err e;
	const char *dir;
	int fd;

	if (scratch_make(&a, base, &dir, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	for (int i = 0; i < 3; i++) {
		fd = open(arena_printf(&a, "%s/file%d", dir, i),
		    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
		if (fd < 0) {
			printf("# its directory is gone\n");
			return 1;
		}
		close(fd);
	}
	mkdir(arena_printf(&a, "%s/staged", dir), 0700);
	mkdir(arena_printf(&a, "%s/staged/a", dir), 0700);
	if (symlink("/usr", arena_printf(&a, "%s/staged/a/usr", dir)) < 0)
		return 1;
	if (seed % 5 == 0)
		kill(getpid(), SIGKILL);
	scratch_remove(dir);
	return 0;
}

static int
worker(const char *base, int number)
{
	int bad = 0, status;

	for (int i = 0; i < TURNS; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(run(base, number * TURNS + i));
		while (waitpid(pid, &status, 0) < 0)
			;
		bad |= WIFEXITED(status) && WEXITSTATUS(status) != 0;
	}
	return bad;
}

int
main(void)
{
	struct arena a = { 0 };
	struct err e;
	char base[] = "/tmp/t_scratch.XXXXXX";
	const char *dir, *lone;
	pid_t pid[WORKERS];
	int bad = 0, status;

	fflush(stdout);
	if (mkdtemp(base) == NULL)
		return 1;
	for (int i = 0; i < WORKERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0)
			_exit(worker(base, i));
	}
	for (int i = 0; i < WORKERS; i++) {
		waitpid(pid[i], &status, 0);
		bad |= status;
	}
	ok(!bad, "%d runs at once, a fifth of which dies: all have a directory "
	    "of their own", WORKERS * TURNS);
	lone = arena_printf(&a, "%s/sp-%u-zzzzzz", base, (unsigned)getuid());
	mkdir(lone, 0700);      /* of one that died before it had a lock */
	is_int(scratch_make(&a, base, &dir, &e), 0, "one more run");
	is_int(entries(base), 1, "has swept all others");
	scratch_remove(dir);
	is_int(entries(base), 0, "and leaves nothing");
	rmdir(base);
	arena_release(&a);
	return done_testing();
}
