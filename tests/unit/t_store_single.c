/*
 * Parts of a single file in any order, by every road: directly, held back,
 * through files; with attempts that leave half of a part; with parts that
 * nobody writes.
 */
#include "tap.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/single.h"

#define PARTS 40

static unsigned seed = 1;

static unsigned
roll(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

static void
part_text(struct text *t, int part)
{
	for (int i = 0; i < part % 7; i++)
		text_addf(t, "part %d line %d\n", part, i);
}

static int
through_file(struct single *s, const char *dir, int part)
{
	struct text t = { 0 };
	char path[300];
	int fd, good;

	part_text(&t, part);
	snprintf(path, sizeof path, "%s/p%d", dir, part);
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
	good = fd >= 0 && write(fd, text_str(&t), t.n) == (ssize_t)t.n;
	close(fd);
	single_commit(s, part, 0, path);
	text_release(&t);
	return good;
}

static int
one_part(struct single *s, const char *dir, int part, struct pool *pool)
{
	struct text t = { 0 };
	struct err e;
	int good = 1;

	if (roll(3) == 0)
		return through_file(s, dir, part);
	if (roll(3) == 0 && single_turn(s, part, 7)) {
		good &= single_put(s, "garbage of another attempt", 26, &e) >= 0;
		good &= !single_turn(s, part, 0);
		single_leave(s, part, 7);
	}
	part_text(&t, part);
	if (single_turn(s, part, 0)) {
		size_t half = t.n / 2;

		good &= single_put(s, text_str(&t), half, &e) >= 0;
		good &= single_put(s, text_str(&t) + half, t.n - half, &e) >= 0;
		text_release(&t);
	} else {
		single_wait(s, part, 0, &t, pool);
	}
	single_commit(s, part, 0, NULL);
	return good;
}

static void
check(const char *dir, int missing)
{
	struct text want = { 0 };
	struct single *s;
	struct pool pool;
	struct err e;
	char path[300], got[20000];
	int order[PARTS], good, fd;
	ssize_t n;

	pool_init(&pool, NULL, "test", 0);
	snprintf(path, sizeof path, "%s/one", dir);
	unlink(path);
	good = single_open(&s, path, &e) >= 0;
	for (int i = 0; i < PARTS; i++) {
		int at = (int)roll(4) + i - 3;

		at = at < 0 ? 0 : at;
		memmove(order + at + 1, order + at,
		    sizeof *order * (size_t)(i - at < 0 ? 0 : i - at));
		order[at > i ? i : at] = i;
		if (i != missing)
			part_text(&want, i);
	}
	for (int i = 0; i < PARTS; i++)
		if (order[i] != missing)
			good &= one_part(s, dir, order[i], &pool);
	if (missing >= PARTS)
		good &= atomic_load(&pool.used) == 0;
	good &= single_close(s, &e) >= 0;
	single_free(s);
	fd = open(path, O_RDONLY);
	n = read(fd, got, sizeof got);
	close(fd);
	ok(good && n == (ssize_t)want.n && memcmp(got, want.p, want.n) == 0,
	    "parts in order, missing %d", missing);
	text_release(&want);
}

int
main(void)
{
	char dir[] = "/tmp/sp-single-XXXXXX", command[100];

	if (mkdtemp(dir) == NULL)
		return 1;
	for (int i = 0; i < 30; i++)
		check(dir, i % 3 ? PARTS : i);
	snprintf(command, sizeof command, "rm -r %s", dir);
	if (system(command) != 0)
		return 1;
	return done_testing();
}
