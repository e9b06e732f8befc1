/*
 * tap -- the few lines that a unit test needs to speak TAP.
 *
 * A test is a main() that calls ok() and is_*() and ends with
 * "return done_testing();".  A failing check says where and what it saw.
 * skip() stands for a check that this machine cannot make; the words of
 * SP_REQUIRE name the capabilities for which a skip is a failure.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count;
static int tap_failed;

__attribute__((unused, format(printf, 4, 5))) static int
tap_ok(int good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%s %d - ", good ? "ok" : "not ok", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!good) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

__attribute__((unused)) static int
tap_is_str(const char *got, const char *want, const char *file, int line,
    const char *what)
{
	int good = got && want ? strcmp(got, want) == 0 : got == want;

	tap_ok(good, file, line, "%s", what);
	if (!good)
		printf("#  got: %s\n# want: %s\n", got ? got : "(null)",
		    want ? want : "(null)");
	return good;
}

__attribute__((unused)) static int
tap_is_int(long long got, long long want, const char *file, int line,
    const char *what)
{
	tap_ok(got == want, file, line, "%s", what);
	if (got != want)
		printf("#  got: %lld\n# want: %lld\n", got, want);
	return got == want;
}

__attribute__((unused)) static void
skip(const char *capability, const char *why)
{
	const char *need = getenv("SP_REQUIRE");
	int hard = need && strstr(need, capability) != NULL;

	printf("%s %d - # SKIP needs %s: %s\n", hard ? "not ok" : "ok",
	    ++tap_count, capability, why);
	tap_failed += hard;
}

/* Prints the plan; returns the exit status of the test program. */
__attribute__((unused)) static int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#define ok(good, ...) tap_ok((good) ? 1 : 0, __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, what) \
	tap_is_str(got, want, __FILE__, __LINE__, what)
#define is_int(got, want, what) \
	tap_is_int(got, want, __FILE__, __LINE__, what)

#endif
