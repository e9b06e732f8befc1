/*
 * wake -- see wake.h.
 */
#include "net/wake.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"

int
wake_open(struct wake *w, struct err *e)
{
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->fd < 0)
		return err_sys(e, "could not make an event descriptor");
	return 0;
}

void
wake_close(struct wake *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* Full (2^64 - 2 rings) is as good as rung. */
void
wake_ring(struct wake *w)
{
	int saved = errno;
	uint64_t one = 1;

	while (write(w->fd, &one, sizeof one) < 0 && errno == EINTR)
		;
	errno = saved;
}

void
wake_clear(struct wake *w)
{
	uint64_t n;

	while (read(w->fd, &n, sizeof n) < 0 && errno == EINTR)
		;
}
