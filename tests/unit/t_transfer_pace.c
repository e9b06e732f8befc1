/*
 * t_transfer_pace -- when blocks go out packed: over slow networks, not for
 * slow readers or senders, not when that does not make them smaller.
 */
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
	return done_testing();
}
