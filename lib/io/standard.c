/*
 * standard -- see standard.h.
 */
#include "io/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct text peeked;
static size_t given;            /* bytes of it handed out */
static int ended;

static ssize_t
read_some(void *buf, size_t n)
{
	ssize_t r;

	do {
		r = read(STDIN_FILENO, buf, n);
	} while (r < 0 && errno == EINTR);
	return r;
}

int
standard_peek(size_t n, struct text *to, struct err *e)
{
	int whole;

	pthread_mutex_lock(&lock);
	while (!ended && peeked.n < n) {
		ssize_t r = read_some(text_room(&peeked, 65536), 65536);

		if (r < 0) {
			pthread_mutex_unlock(&lock);
			return err_sys(e, "could not read stdin");
		}
		peeked.n += (size_t)r;
		ended = r == 0;
	}
	text_add(to, peeked.p, peeked.n < n ? peeked.n : n);
	whole = ended && peeked.n <= n;
	pthread_mutex_unlock(&lock);
	return whole;
}

ssize_t
standard_read(void *buf, size_t n)
{
	ssize_t r;

	pthread_mutex_lock(&lock);
	if (given < peeked.n) {
		size_t left = peeked.n - given;

		n = n < left ? n : left;
		memcpy(buf, peeked.p + given, n);
		given += n;
		r = (ssize_t)n;
		if (given == peeked.n)
			text_release(&peeked), given = 0;
	} else {
		r = ended ? 0 : read_some(buf, n);
	}
	pthread_mutex_unlock(&lock);
	return r;
}

/* /dev/null opened for the other direction fails as they would have. */
void
standard_hold(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) > fd)
			return;
}
