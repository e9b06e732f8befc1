/*
 * t_store_lines_input -- stretches of files and of pipes are the same lines,
 * those that begin in their bytes, and together the input.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "store/lines_input.h"
#include "tap.h"

enum { STRETCH_COUNT = 4096 };

static uint64_t state = 1;

static uint32_t
any(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* Lines of about mean bytes, now and then a very long one. */
static void
random_input(struct text *to, size_t size, size_t mean, int newline)
{
	text_clear(to);
	while (to->n < size) {
		size_t n = any(40) ? any((uint32_t)(2 * mean)) :
		    any((uint32_t)size);

		for (; n > 0 && to->n < size; n--)
			text_addc(to, (char)('a' + any(26)));
		text_addc(to, '\n');
	}
	if (!newline && to->n > 1)
		to->n--;
}

/* What stretch number i of a model holds. */
static void
model(struct text *v, const struct text *input, size_t size)
{
	for (size_t at = 0; at < input->n;) {
		const char *q = memchr(input->p + at, '\n', input->n - at);
		size_t end = q ? (size_t)(q + 1 - input->p) : input->n;

		text_add(&v[at / size], input->p + at, end - at);
		if (q == NULL)
			text_addc(&v[at / size], '\n');
		at = end;
	}
}

/* Lists the stretches that have lines; negative: what failed. */
static int
stretches(int fd, size_t size, size_t line_max, struct text *v, int *gaps,
    struct err *e)
{
	struct lines_input *in = lines_input_new(fd, size, line_max);
	struct stretch s = { 0 };
	int n = 0, r;
	uint64_t number = 0;

	*gaps = 0;
	while ((r = stretch_claim(in, &s, e)) > 0) {
		size_t before = v[n].n, bytes;
		const char *p;

		*gaps += s.number != number++;
		while ((r = stretch_lines(in, &s, &p, &bytes, e)) > 0) {
			*gaps += p[bytes - 1] != '\n';
			text_add(&v[n], p, bytes);
		}
		if (r < 0)
			break;
		n += v[n].n > before;
	}
	stretch_release(&s);
	lines_input_free(in);
	return r < 0 ? r : n;
}

static int
file_of(const struct text *t)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	(void)!write(fd, t->p, t->n);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int
pipe_of(const struct text *t)
{
	int fd[2];

	(void)!pipe(fd);
	if (fork() == 0) {
		close(fd[0]);
		for (size_t at = 0; at < t->n;) {
			size_t n = 1 + any(9000);
			ssize_t r = write(fd[1], t->p + at,
			    n < t->n - at ? n : t->n - at);

			if (r < 0)
				break;
			at += (size_t)r;
		}
		_exit(0);
	}
	close(fd[1]);
	return fd[0];
}

static void
clear(struct text *v)
{
	for (int i = 0; i < STRETCH_COUNT; i++)
		text_clear(&v[i]);
}

static void
compare(const struct text *input, size_t size, const char *name)
{
	static struct text want[STRETCH_COUNT], got[STRETCH_COUNT];
	int (*const open_input[])(const struct text *) = { file_of, pipe_of };

	clear(want);
	model(want, input, size);
	for (int k = 0; k < 2; k++) {
		struct err e = { 0 };
		int n, gaps, same = 1, i = 0, fd = open_input[k](input);

		clear(got);
		n = stretches(fd, size, 1 << 30, got, &gaps, &e);
		close(fd);
		for (int w = 0; w < STRETCH_COUNT && same; w++)
			if (want[w].n) {
				same = got[i].n == want[w].n && memcmp(
				    got[i].p, want[w].p, want[w].n) == 0;
				i++;
			}
		ok(same && n == i && gaps == 0,
		    "%s, %zu bytes by %zu, %s: %d stretches of %d", name,
		    input->n, size, k ? "a pipe" : "a file", n, i);
	}
}

static void
random_inputs(void)
{
	static const size_t size[] = { 1, 7, 64, 1000, 65536, 300000 };
	static const size_t mean[] = { 1, 10, 100, 5000 };
	struct text t = { 0 };

	for (size_t i = 0; i < sizeof size / sizeof *size; i++)
		for (size_t k = 0; k < sizeof mean / sizeof *mean; k++) {
			size_t n = size[i] * (1 + any(60));

			random_input(&t, n < 2000000 ? n : 2000000, mean[k],
			    (int)any(2));
			compare(&t, size[i], "random lines");
		}
	text_clear(&t);
	for (int i = 0; i < 700; i++)
		text_addc(&t, i == 350 ? '\n' : 'x');
	compare(&t, 10, "two long lines");
	text_clear(&t);
	for (int i = 0; i < 100; i++)
		text_addc(&t, '\n');
	compare(&t, 10, "empty lines");
	text_clear(&t);
	compare(&t, 10, "nothing");
	text_release(&t);
}

/* A line that is too long is named by its place, in a file and a pipe. */
static void
long_lines(void)
{
	static struct text v[STRETCH_COUNT];
	struct text t = { 0 };

	for (int k = 0; k < 4; k++) {
		struct err e = { 0 };
		int fd, gaps, r;

		text_clear(&t);
		text_adds(&t, "one\ntwo\n");
		for (int i = 0; i < 400000; i++)
			text_addc(&t, 'x');
		if (k & 1)
			text_adds(&t, "\nthree\n");
		fd = k & 2 ? pipe_of(&t) : file_of(&t);
		clear(v);
		r = stretches(fd, 100, 1000, v, &gaps, &e);
		close(fd);
		ok(r < 0 && e.code == EXIT_DATA && strstr(e.text,
		    "the line at byte 8 of the input is longer than 1000"),
		    "a long line: %s", e.text);
	}
	text_release(&t);
}

static void
from_the_middle(void)
{
	static struct text v[STRETCH_COUNT];
	struct text t = { 0 };
	struct err e = { 0 };
	int fd, gaps, n;

	random_input(&t, 10000, 20, 1);
	fd = file_of(&t);
	lseek(fd, 4321, SEEK_SET);
	clear(v);
	n = stretches(fd, 1000, 1 << 20, v, &gaps, &e);
	for (int i = 1; i < n; i++)
		text_add(&v[0], v[i].p, v[i].n);
	ok(v[0].n == t.n - 4321 && memcmp(v[0].p, t.p + 4321, v[0].n) == 0,
	    "it is read from where it stands");
	is_int(lseek(fd, 0, SEEK_CUR), (long long)t.n, "and left at its end");
	text_release(&t);
	close(fd);
}

static void
shorter(void)
{
	static struct text v[STRETCH_COUNT];
	struct text t = { 0 };
	struct err e = { 0 };
	struct stretch s = { 0 };
	struct lines_input *in;
	const char *p;
	size_t n;
	int fd, r;

	random_input(&t, 1000, 20, 1);
	fd = file_of(&t);
	in = lines_input_new(fd, 100, 1 << 20);
	(void)!ftruncate(fd, 500);
	while ((r = stretch_claim(in, &s, &e)) > 0)
		while ((r = stretch_lines(in, &s, &p, &n, &e)) > 0)
			text_add(&v[0], p, n);
	for (int i = 0; i < 10 && r >= 0; i++)
		r = stretch_claim(in, &s, &e);
	ok(e.kind == ERR_TEMP && strstr(e.text, "became shorter"),
	    "a file that becomes shorter: %s", e.text);
	stretch_release(&s);
	lines_input_free(in);
	close(fd);
	e = (struct err){ 0 };
	in = lines_input_new(-1, 100, 1 << 20);
	ok(stretch_claim(in, &s, &e) < 0, "no input: %s", e.text);
	stretch_release(&s);
	lines_input_free(in);
	lines_input_free(NULL);
	text_release(&t);
}

int
main(void)
{
	random_inputs();
	long_lines();
	from_the_middle();
	shorter();
	return done_testing();
}
