/*
 * pace -- see pace.h.
 */
#include "transfer/pace.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Bytes a microsecond: zstd -1 takes more than SLOW on one core; packing ends
 * above FAST. */
#define SLOW 150
#define FAST 200
/* What can be judged: the clock of the kernel ticks in milliseconds. */
#define FEW_BYTES ((int64_t)64 << 10)
#define LONG_US 8000
#define MANY_BYTES ((int64_t)1 << 20)
/* Lie plain after some that stayed as large. */
#define PLAIN_BYTES ((int64_t)64 << 20)

bool
pace_of(struct pace_look *to, int fd)
{
	struct tcp_info t;
	socklen_t n = sizeof t;

	memset(&t, 0, sizeof t);
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &t, &n) < 0)
		return false;
	*to = (struct pace_look){ (int64_t)t.tcpi_bytes_acked,
	    (int64_t)t.tcpi_busy_time, (int64_t)t.tcpi_rwnd_limited };
	return true;
}

void
pace_judge(struct pace *p, const struct pace_look *now)
{
	int64_t n = now->acked - p->last.acked;
	int64_t us = now->busy_us - p->last.busy_us -
	    (now->reader_us - p->last.reader_us);

	if (n < MANY_BYTES && (n < FEW_BYTES || us < LONG_US))
		return;
	p->last = *now;
	p->pack = p->pack ? n < us * FAST : n < us * SLOW && p->plain <= 0;
}

void
pace_made(struct pace *p, int64_t raw, int64_t packed)
{
	if (!p->pack)
		p->plain -= raw;
	else if (raw - raw / 8 < packed)
		*p = (struct pace){ false, PLAIN_BYTES, p->last };
}
