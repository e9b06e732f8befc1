/*
 * format_cuts -- do splits of a file give each record exactly once, wherever
 * they are cut?
 */
#ifndef TESTS_FORMAT_CUTS_H
#define TESTS_FORMAT_CUTS_H

#include "format_scan.h"

/* Do all one and two cuts of the bytes give the rows of no cut?  Returns
 * the first cut that does not, or -1. */
__attribute__((unused)) static int64_t
cuts_differ(struct try *t, const char *p, size_t n)
{
	struct text whole = { 0 }, cut = { 0 };
	int64_t bad = -1;

	if (scan_rows(t, p, n, NULL, 0, &whole) < 0)
		bad = 0;
	for (int64_t i = 0; i <= (int64_t)n && bad < 0; i++) {
		int64_t at[2] = { i, i + (int64_t)n / 3 };

		for (int k = 1; k <= 2 && bad < 0; k++) {
			text_clear(&cut);
			if (scan_rows(t, p, n, at, k, &cut) < 0 ||
			    cut.n != whole.n ||
			    memcmp(text_str(&cut), text_str(&whole), cut.n))
				bad = i;
		}
	}
	if (bad >= 0)
		printf("# cut %lld:\n# %s\n# want %s\n", (long long)bad,
		    text_str(&cut), text_str(&whole));
	text_release(&whole);
	text_release(&cut);
	return bad;
}

#endif
