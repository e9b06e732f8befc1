/*
 * replay_main -- runs a fuzz target once over files, without libFuzzer.
 *
 * usage: fuzz_X [file or directory ...]
 *
 * Prints TAP: one line a file.  A file that does not come back within ten
 * seconds, or crashes, ends the program with the name on stderr.  The bytes
 * are handed over in a block of exactly their size, so that a sanitizer
 * build sees a read past the end; empty input and short prefixes of each
 * file are tried too.
 */
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_MAX = 16 << 20,    /* bytes of one input */
	PREFIXES = 24,          /* cut at this many places */
	LIMIT_S = 10,
};

static char current[4096];
static int ntest;

static void
on_signal(int sig)
{
	static const char text[] = "# died on input: ";

	(void)!write(2, text, sizeof text - 1);
	(void)!write(2, current, strlen(current));
	(void)!write(2, "\n", 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
run_bytes(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (copy == NULL)
		exit(71);
	memcpy(copy, bytes, n);
	alarm(LIMIT_S);
	LLVMFuzzerTestOneInput(copy, n);
	alarm(0);
	free(copy);
}

static int
run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	size_t n;

	if (f == NULL) {
		printf("not ok %d - cannot open %s\n", ++ntest, path);
		return 1;
	}
	bytes = malloc(FILE_MAX);
	if (bytes == NULL)
		exit(71);
	n = fread(bytes, 1, FILE_MAX, f);
	fclose(f);
	snprintf(current, sizeof current, "%s", path);
	run_bytes(bytes, n);
	for (size_t i = 1; i <= PREFIXES && i < n; i++)
		run_bytes(bytes, n * i / (PREFIXES + 1));
	free(bytes);
	printf("ok %d - %s\n", ++ntest, path);
	return 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
run_path(const char *path)
{
	struct dirent **list;
	struct stat st;
	int n, bad = 0;

	if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
		return run_file(path);
	n = scandir(path, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		char file[4096];

		snprintf(file, sizeof file, "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			bad += run_file(file);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return bad;
}

int
main(int argc, char **argv)
{
	static const int deadly[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE,
	    SIGILL, SIGALRM };
	int bad = 0;

	for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
		signal(deadly[i], on_signal);
	setvbuf(stdout, NULL, _IOLBF, 0);
	snprintf(current, sizeof current, "(empty)");
	run_bytes((const uint8_t *)"", 0);
	printf("ok %d - empty input\n", ++ntest);
	for (int i = 1; i < argc; i++)
		bad += run_path(argv[i]);
	printf("1..%d\n", ntest);
	return bad ? 1 : 0;
}
