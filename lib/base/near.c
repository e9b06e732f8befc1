/*
 * near -- see near.h.  Words over 63 bytes are never near anything.
 */
#include "base/near.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 63

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static int
distance(const char *a, int na, const char *b, int nb)
{
	int d[3][WORD_MAX + 2];

	for (int j = 0; j <= nb; j++)
		d[0][j] = j;
	for (int i = 1; i <= na; i++) {
		int *row = d[i % 3], *up = d[(i + 2) % 3], *up2 = d[(i + 1) % 3];

		row[0] = i;
		for (int j = 1; j <= nb; j++) {
			int ca = tolower((unsigned char)a[i - 1]);
			int cb = tolower((unsigned char)b[j - 1]);

			row[j] = least(least(up[j], row[j - 1]) + 1,
			    up[j - 1] + (ca != cb));
			if (i > 1 && j > 1 &&
			    ca == tolower((unsigned char)b[j - 2]) &&
			    cb == tolower((unsigned char)a[i - 2]))
				row[j] = least(row[j], up2[j - 2] + 1);
		}
	}
	return d[na % 3][nb];
}

void
near_init(struct near *n, const char *word)
{
	int len = (int)strlen(word);

	n->word = word;
	n->best = NULL;
	n->dist = (len > 9 ? 3 : (len + 2) / 3) + 1;
}

void
near_offer(struct near *n, const char *name)
{
	size_t a = strlen(n->word), b = strlen(name);
	int d;

	if (a > WORD_MAX || b > WORD_MAX)
		return;
	d = distance(n->word, (int)a, name, (int)b);
	if (d < n->dist) {
		n->dist = d;
		n->best = name;
	}
}
