/*
 * t_store_spill -- rows put aside come back in their order, as often as they
 * are asked for; a damaged or missing file gives an error, not rows.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "store/spill.h"
#include "store_rows.h"
#include "tap.h"

static int
read_matches(struct spill *s, const struct text *want)
{
	struct text got = { 0 };
	struct err e = { 0 };
	struct batch b;
	int n, same, large = 0;

	if (spill_rewind(s, &e) < 0)
		return 0;
	while ((n = spill_next(s, &b, &e)) > 0) {
		large += b.n > BATCH_ROWS;
		for (int i = 0; i < b.n; i++)
			print_row(&got, &b, batch_row(&b, i));
	}
	same = n == 0 && large == 0 && got.n == want->n &&
	    (got.n == 0 || memcmp(got.p, want->p, got.n) == 0);
	text_release(&got);
	return same;
}

static void
run(int batches, int ncol, const char *name)
{
	static int32_t pick[BATCH_ROWS];
	const struct type *type[NCOL];
	struct arena a = { 0 };
	struct text want = { 0 };
	struct spill *s;
	struct err e = { 0 };
	int64_t n = 0;
	int good = 1;

	rows_types(type, &a);
	ok(spill_new(&s, "/tmp", type, ncol, &e) == 0, "%s", name);
	for (int i = 0; i < batches; i++) {
		struct rows rows;

		rows_make(&rows, type, ncol, pick);
		for (int k = 0; k < rows.b.n; k++)
			print_row(&want, &rows.b, batch_row(&rows.b, k));
		good &= spill_put(s, &rows.b, &e) == 0;
		n += rows.b.n;
		rows_release(&rows);
	}
	ok(good && spill_rows(s) == n, "%lld rows are put", (long long)n);
	ok(read_matches(s, &want), "they come back");
	ok((spill_bytes(s) > 0) == (n > 0), "%lld bytes on disk",
	    (long long)spill_bytes(s));
	ok(read_matches(s, &want), "and once more");
	spill_free(s);
	text_release(&want);
	arena_release(&a);
}

/* The descriptor of the one file without a name that this process has. */
static int
find_file(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *n;
	char path[64], to[256];
	int fd = -1;

	while (d && (n = readdir(d))) {
		ssize_t len;

		snprintf(path, sizeof path, "/proc/self/fd/%.20s", n->d_name);
		len = readlink(path, to, sizeof to - 1);
		if (len < 0)
			continue;
		to[len] = '\0';
		if (strstr(to, "(deleted)"))
			fd = (int)strtol(n->d_name, NULL, 10);
	}
	if (d)
		closedir(d);
	return fd;
}

/* Puts numbers aside, damages the file at one of 64 places, reads them. */
static void
damage(int cut)
{
	int missed = 0, wrong = 0;

	for (int i = 0; i < 64; i++) {
		const struct type *type[1] = { TYPE(I64) };
		int64_t v[BATCH_ROWS], next = 0;
		struct column c = { .type = TYPE(I64), .data = v };
		struct batch b = { .col = &c, .ncol = 1, .n = BATCH_ROWS,
		    .nrow = BATCH_ROWS };
		struct spill *s;
		struct err e = { 0 };
		char byte;
		off_t at;
		int fd, r;

		spill_new(&s, "/tmp", type, 1, &e);
		for (int k = 0; k < 50; k++) {
			for (int j = 0; j < BATCH_ROWS; j++)
				v[j] = next++;
			spill_put(s, &b, &e);
		}
		next = 0;
		spill_rewind(s, &e);
		fd = find_file();
		at = spill_bytes(s) * i / 64;
		(void)!pread(fd, &byte, 1, at);
		byte ^= 16;
		if (cut)
			(void)!ftruncate(fd, at);
		else
			(void)!pwrite(fd, &byte, 1, at);
		while ((r = spill_next(s, &b, &e)) > 0)
			for (int j = 0; j < b.n; j++)
				wrong += ((const int64_t *)b.col[0].data)
				    [batch_row(&b, j)] != next++;
		missed += r == 0 || e.kind != ERR_LOST;
		spill_free(s);
	}
	is_int(missed, 0, cut ? "a file that was cut: an error" :
	    "a flipped bit: an error");
	is_int(wrong, 0, "and no wrong row before it");
}

int
main(void)
{
	const struct type *type[1] = { TYPE(I64) };
	struct spill *s;
	struct err e = { 0 };

	run(0, NCOL, "no rows");
	run(1, NCOL, "one batch");
	run(60, NCOL, "many batches of all types");
	run(40, 1, "one column");
	run(5, 0, "no columns");
	damage(0);
	damage(1);
	ok(spill_new(&s, "/nonexistent", type, 1, &e) < 0 && s == NULL,
	    "no folder: %s", e.text);
	spill_free(NULL);
	return done_testing();
}
