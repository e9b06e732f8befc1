/*
 * t_transfer_pace -- when blocks go out packed: over slow networks, not for
 * slow readers or senders, not when that does not make them smaller.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "transfer/pace.h"

#define MB ((int64_t)1 << 20)

static struct pace_look now;

/* Another MB went out in so much time, a part of which the reader had no room
 * for more. */
static bool
judge(struct pace *p, int rate, int reader_percent)
{
	int64_t us = MB / rate;

	now.acked += MB;
	now.busy_us += us;
	now.reader_us += us * reader_percent / 100;
	pace_judge(p, &now);
	return p->pack;
}

/* Both ends of a connection on this machine. */
static void
connect_both(int end[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	end[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(door, (struct sockaddr *)&at, n) < 0 || listen(door, 1) < 0 ||
	    getsockname(door, (struct sockaddr *)&at, &n) < 0 ||
	    connect(end[0], (struct sockaddr *)&at, n) < 0)
		abort();
	end[1] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
	close(door);
	fcntl(end[0], F_SETFL, O_NONBLOCK);
}

static void
pause_ms(int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* The kernel's own figures of a reader who does not read for a while, and then
 * takes it all. */
static void
real_connection(void)
{
	static char block[256 << 10];
	struct pace_look full, later;
	int64_t sent = 0, got = 0;
	int end[2], tries = 0;
	ssize_t n;

	connect_both(end);
	for (int idle = 0; idle < 5; ) {
		n = write(end[0], block, sizeof block);
		sent += n > 0 ? n : 0;
		idle = n > 0 ? 0 : idle + 1;
		if (n <= 0)
			pause_ms(20);
	}
	ok(pace_of(&full, end[0]), "a TCP connection");
	do {
		pause_ms(50);
		pace_of(&later, end[0]);
	} while (later.reader_us - full.reader_us < 200000 && tries++ < 400);
	ok(later.busy_us - full.busy_us - (later.reader_us - full.reader_us) <
	    100000, "it is the reader's time: %lld of %lld us",
	    (long long)(later.reader_us - full.reader_us),
	    (long long)(later.busy_us - full.busy_us));
	while (got < sent && (n = read(end[1], block, sizeof block)) > 0)
		got += n;
	for (tries = 0; tries < 400; tries++) {
		pace_of(&later, end[0]);
		if (later.acked >= sent)
			break;
		pause_ms(50);
	}
	ok(got == sent && later.acked - sent >= 0 && later.acked - sent < 2,
	    "all that was taken was acknowledged");
	close(end[0]);
	close(end[1]);
}

int
main(void)
{
	struct pace p = { 0 };
	int n = 0;

	now = (struct pace_look){ 100 << 10, 7000, 0 };
	pace_judge(&p, &now);
	ok(!p.pack, "a little in a short time tells nothing");
	now = (struct pace_look){ 0 };
	ok(!judge(&p, 900, 0), "a fast network");
	ok(!judge(&p, 20, 90), "a slow reader");
	ok(judge(&p, 20, 10), "a slow network");
	pace_made(&p, 4 * MB, MB);
	ok(judge(&p, 180, 0), "a little faster changes nothing");
	ok(!judge(&p, 220, 0), "it has become fast");
	ok(!judge(&p, 180, 0), "a little slower changes nothing");
	judge(&p, 20, 0);
	pace_made(&p, MB, MB - 1000);
	for (; n < 1000 && !judge(&p, 20, 0); n++)
		pace_made(&p, MB, MB);
	ok(n == 64, "bytes that do not become fewer: %d MB lay plain", n);
	ok(!pace_of(&now, STDIN_FILENO), "only of TCP is something known");
	real_connection();
	return done_testing();
}
