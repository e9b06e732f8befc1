/*
 * func -- finding rows of the function table.
 *
 * The table is many arrays, each beside its kernels and ended by a zeroed
 * row.  To add an array: declare it here and put it into the list.
 */
#include "expr/func.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#define NAMES_MAX 4096          /* slots of the index, a power of two */

extern const struct func func_operators[];
extern const struct func func_conditional[];
extern const struct func func_cast[];
extern const struct func func_string[];
extern const struct func func_regex[];
extern const struct func func_math[];
extern const struct func func_hash[];
extern const struct func func_json[];
extern const struct func func_context[];
extern const struct func func_generator[];
extern const struct func func_datetime[];
extern const struct func func_nested[];
extern const struct func func_array[];
extern const struct func func_map[];
extern const struct func func_timepat[];
extern const struct func func_lambda[];
extern const struct func func_lambda_sort[];
extern const struct func func_time_step[];
extern const struct func func_time_zone[];
extern const struct func func_time_make[];

static const struct func *const tables[] = {
	func_operators,
	func_conditional,
	func_cast,
	func_string,
	func_regex,
	func_math,
	func_hash,
	func_json,
	func_context,
	func_generator,
	func_datetime,
	func_nested,
	func_array,
	func_map,
	func_timepat,
	func_lambda,
	func_lambda_sort,
	func_time_step,
	func_time_zone,
	func_time_make,
};
#define NTABLE (sizeof tables / sizeof tables[0])

static const struct func *names[NAMES_MAX];
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static uint32_t
name_hash(const char *s)
{
	uint32_t h = 2166136261u;       /* FNV-1a over lower case */

	for (; *s; s++) {
		unsigned c = (unsigned char)*s;

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		h = (h ^ c) * 16777619u;
	}
	return h ^ h >> 15;
}

static void
names_fill(void)
{
	for (size_t t = 0; t < NTABLE; t++)
		for (const struct func *f = tables[t]; f->name; f++) {
			uint32_t i = name_hash(f->name) % NAMES_MAX;

			while (names[i])
				i = (i + 1) % NAMES_MAX;
			names[i] = f;
		}
}

const struct func *
func_find(const char *name)
{
	uint32_t i = name_hash(name) % NAMES_MAX;

	pthread_once(&names_once, names_fill);
	for (; names[i]; i = (i + 1) % NAMES_MAX)
		if (strcasecmp(names[i]->name, name) == 0)
			return names[i];
	return NULL;
}

const struct func *
func_at(int i)
{
	for (size_t t = 0; t < NTABLE; t++)
		for (const struct func *f = tables[t]; f->name; f++)
			if (i-- == 0)
				return f;
	return NULL;
}
