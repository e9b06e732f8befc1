/*
 * ssh_pattern -- * and ? in names of hosts, lists of them, ! in front of what
 * they must not be.  See ssh_config.h.
 */
#include "net/ssh_config.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* The greedy match with one point to come back to: time n * m at most. */
static bool
pattern_match(const char *p, const char *pend, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (p < pend && *p == '*') {
			star = ++p;
			from = s;
		} else if (p < pend && (*p == '?' ||
		    tolower((unsigned char)*p) == tolower((unsigned char)*s))) {
			p++;
			s++;
		} else if (star) {
			p = star;
			s = ++from;
		} else {
			return false;
		}
	}
	while (p < pend && *p == '*')
		p++;
	return p == pend;
}

int
ssh_pattern_list(const char *list, size_t n, char sep, const char *name)
{
	const char *p = list, *end = list + n;
	int found = 0;

	while (p < end) {
		const char *stop = memchr(p, sep, (size_t)(end - p));
		bool negated = *p == '!';

		if (!stop)
			stop = end;
		if (stop > p + negated &&
		    pattern_match(p + negated, stop, name)) {
			if (negated)
				return 0;
			found = 1;
		}
		p = stop < end ? stop + 1 : end;
	}
	return found;
}
