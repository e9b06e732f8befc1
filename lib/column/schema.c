/*
 * schema -- see schema.h.
 */
#include "column/schema.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

struct schema *
schema_new(struct arena *a, int ncol)
{
	struct schema *s = NEW(a, struct schema);

	s->ncol = ncol;
	s->col = NEW_N(a, struct field, ncol + 1);
	return s;
}

int
schema_find(const struct schema *s, int id)
{
	for (int i = 0; i < s->ncol; i++)
		if (s->col[i].id == id)
			return i;
	return -1;
}

int
schema_named(const struct schema *s, const char *name)
{
	int found = -1;

	for (int i = 0; i < s->ncol; i++) {
		if (strcasecmp(s->col[i].name, name) != 0)
			continue;
		if (found >= 0)
			return -2;
		found = i;
	}
	return found;
}

void
name_print(struct text *to, const char *name)
{
	bool plain = isalpha((unsigned char)*name) || *name == '_';

	for (const char *p = name; *p; p++)
		plain &= isalnum((unsigned char)*p) || *p == '_';
	if (plain) {
		text_adds(to, name);
		return;
	}
	text_addc(to, '`');
	for (const char *p = name; *p; p++) {
		if (*p == '`')
			text_addc(to, '`');
		text_addc(to, *p);
	}
	text_addc(to, '`');
}

void
schema_print(struct text *to, const struct schema *s)
{
	for (int i = 0; i < s->ncol; i++) {
		if (i)
			text_adds(to, ", ");
		name_print(to, s->col[i].name);
		text_addc(to, ' ');
		type_print(to, s->col[i].type);
	}
}
