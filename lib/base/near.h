/*
 * near -- "did you mean": the known name closest to a misspelt one.
 */
#ifndef BASE_NEAR_H
#define BASE_NEAR_H

#include <stddef.h>

struct near {
	const char *word;       /* what was asked for */
	const char *best;       /* closest so far, or NULL */
	int dist;
};

/* Start with the misspelt word, offer each known name, then look at best:
 * NULL unless a name is within a third of the word's length (and 3). Case is
 * ignored; distance is Damerau-Levenshtein (optimal string alignment). */
void near_init(struct near *n, const char *word);
void near_offer(struct near *n, const char *name);

#endif
