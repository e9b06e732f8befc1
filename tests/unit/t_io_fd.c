/*
 * t_io_fd -- whole writes and reads: through a pipe that takes parts and
 * signals that interrupt it, at places, in pieces, and with failures.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "io/fd.h"
#include "tap.h"

#define N 300000

static void
alarmed(int signal)
{
	(void)signal;
}

/* Takes a little at a time, so that writes are cut and interrupted. */
static void *
reader(void *arg)
{
	char *to = (char *)arg + sizeof(int);
	size_t have = 0;
	ssize_t r;

	while ((r = read(*(int *)arg, to + have, 777)) != 0)
		if (r > 0 && (have += (size_t)r) % 3 == 0)
			usleep(50);
	return NULL;
}

static void
slow_pipe(const char *data)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } };
	struct itimerval never = { 0 };
	struct sigaction act = { .sa_handler = alarmed };
	char *got = malloc(sizeof(int) + N);
	pthread_t thread;
	int p[2], r;

	ok(got && pipe(p) == 0, "a pipe");
	memcpy(got, &p[0], sizeof p[0]);
	pthread_create(&thread, NULL, reader, got);
	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	r = fd_write(p[1], data, N, NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	close(p[1]);
	pthread_join(thread, NULL);
	ok(r == 0 && memcmp(got + sizeof(int), data, N) == 0,
	    "all of it, in order");
	close(p[0]);
	free(got);
}

static void
places(const char *data)
{
	struct iovec piece[3] = { { (char *)(uintptr_t)data, 10 },
		{ (char *)(uintptr_t)data + 10, 0 },
		{ (char *)(uintptr_t)data + 10, N - 10 } };
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	char *got = malloc(N);

	ok(fd_write_pieces(fd, piece, 3, 5, NULL) == 0 &&
	    fd_read_at(fd, got, N, 5, NULL) == N &&
	    memcmp(got, data, N) == 0, "pieces at a place");
	ok(fd_read_at(fd, got, N, N, NULL) == 5 &&
	    memcmp(got, data + N - 5, 5) == 0, "the file ends before");
	ok(fd_write_at(fd, "here", 4, 2, NULL) == 0 &&
	    fd_read_at(fd, got, 5, 2, NULL) == 5 &&
	    memcmp(got, "here", 4) == 0 && got[4] == data[1],
	    "a write at a place");
	ok(fd_write(fd, "front", 5, NULL) == 0 &&
	    fd_read_at(fd, got, 5, 0, NULL) == 5 &&
	    memcmp(got, "front", 5) == 0, "where the file is");
	ok(fd_write(fd, "", 0, "test.write") == 0, "nothing is no call");
	ok(fd_write(fd, "x", 1, "test.write") == -1 && errno == ENOSPC &&
	    fd_read_at(fd, got, 1, 0, "test.read") == 1, "a fault point");
	close(fd);
	ok(fd_write(fd, "x", 1, NULL) == -1 && errno == EBADF &&
	    fd_read_at(fd, got, 1, 0, NULL) == -1, "closed");
	free(got);
}

int
main(int argc, char **argv)
{
	static char data[N];

	/* Fault points are read at start. */
	if (argc == 1 && !getenv("SP_FAIL")) {
		setenv("SP_FAIL", "test.write:1:28", 1);
		execl("/proc/self/exe", argv[0], NULL);
	}
	for (int i = 0; i < N; i++)
		data[i] = (char)(i * 31 + i / 256);
	slow_pipe(data);
	places(data);
	return done_testing();
}
