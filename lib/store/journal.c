/*
 * journal -- see journal.h.
 */
#include "store/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fail.h"
#include "base/hash.h"
#include "base/text.h"
#include "io/tree.h"

static const char first_line[] = "sp-journal 1\n";
static const char *const kind_name[JOURNAL_KINDS] = {
	"new", "replace", "append", "see" };

static void
name_print(struct text *to, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c >= 0x7f || c == '%')
			text_addf(to, "%%%02X", c);
		else
			text_addc(to, (char)c);
	}
}

void
journal_print(struct text *to, const struct journal *j)
{
	size_t from = to->n;

	text_adds(to, first_line);
	for (int i = 0; i < j->n; i++) {
		const struct journal_line *l = &j->line[i];

		text_addf(to, "%s %" PRIu64 " %" PRIu64 " ",
		    kind_name[l->kind], l->device, l->inode);
		name_print(to, l->staged);
		text_addc(to, ' ');
		name_print(to, l->target ? l->target : "-");
		text_addc(to, '\n');
	}
	text_addf(to, "end %016" PRIx64 "\n",
	    hash_sum(to->p + from, to->n - from));
}

/* The word up to the next blank or line end, its %XX undone; NULL when
 * there is none or it is not well formed. */
static char *
word(struct arena *a, const char **p, const char *end)
{
	const char *s = *p, *stop = s;
	char *out, *to;

	while (stop < end && *stop != ' ' && *stop != '\n')
		stop++;
	if (stop == s || stop == end)
		return NULL;
	out = to = arena_bytes(a, (size_t)(stop - s) + 1);
	while (s < stop) {
		char hex[3] = { 0 };

		if (*s != '%') {
			*to++ = *s++;
			continue;
		}
		if (stop - s < 3)
			return NULL;
		memcpy(hex, s + 1, 2);
		*to = (char)strtol(hex, NULL, 16);
		if (*to++ == '\0')
			return NULL;
		s += 3;
	}
	*to = '\0';
	*p = stop + 1;
	return out;
}

static bool
number(struct arena *a, const char **p, const char *end, uint64_t *v)
{
	char *s = word(a, p, end), *rest;

	if (s == NULL || *s < '0' || *s > '9')
		return false;
	*v = strtoull(s, &rest, 10);
	return *rest == '\0';
}

static bool
line_parse(struct arena *a, const char **p, const char *end,
    struct journal_line *l)
{
	const char *kind = word(a, p, end);
	int k = 0;

	while (kind && k < JOURNAL_KINDS && strcmp(kind, kind_name[k]) != 0)
		k++;
	if (kind == NULL || k == JOURNAL_KINDS)
		return false;
	l->kind = (enum journal_kind)k;
	return number(a, p, end, &l->device) && number(a, p, end, &l->inode) &&
	    (l->staged = word(a, p, end)) && (l->target = word(a, p, end)) &&
	    l->staged[0] == '/' && (k == JOURNAL_SEE || l->target[0] == '/');
}

int
journal_parse(struct arena *a, const char *p, size_t n, struct journal *j)
{
	const size_t last = 4 + 16 + 1; /* "end ", sum, line end */
	const char *at = p, *end = p + n - last;
	char sum[32];
	int cap = 0;

	*j = (struct journal){ 0 };
	if (n < sizeof first_line - 1 + last ||
	    memcmp(p, first_line, sizeof first_line - 1) != 0)
		return 0;
	snprintf(sum, sizeof sum, "end %016" PRIx64 "\n",
	    hash_sum(p, n - last));
	if (memcmp(end, sum, last) != 0)
		return 0;
	for (at += sizeof first_line - 1; at < end; j->n++) {
		ARENA_GROW(a, j->line, j->n, cap);
		if (!line_parse(a, &at, end, &j->line[j->n]))
			return 0;
	}
	return 1;
}

/* Is path what the line staged?  0 no or not there, 1 yes. */
static int
is_staged(const char *path, const struct journal_line *l)
{
	struct stat st;

	return lstat(path, &st) == 0 && st.st_ino == l->inode &&
	    st.st_dev == l->device;
}

int
journal_identify(struct journal_line *l, struct err *e)
{
	struct stat st;

	if (lstat(l->staged, &st) < 0)
		return err_sys(e, "could not look at \"%s\"", l->staged);
	l->device = st.st_dev;
	l->inode = st.st_ino;
	return 0;
}

int
journal_redo(struct arena *a, const struct journal_line *l, struct err *e)
{
	if (l->kind == JOURNAL_SEE || !is_staged(l->staged, l))
		return 0;
	if (fail_here("commit.rename") < 0)
		return err_sys(e, "could not rename to \"%s\"", l->target);
	if (tree_rename_new(l->staged, l->target, e) >= 0)
		return 0;
	if (e->code != EXIT_CANTCREATE || l->kind == JOURNAL_NEW)
		return e->kind;
	if (l->kind == JOURNAL_APPEND)
		return tree_move_into(a, l->staged, l->target, "_SUCCESS", e);
	return tree_exchange(a, l->staged, l->target, e);
}

int
journal_undo(struct arena *a, const struct journal_line *l, struct err *e)
{
	struct stat st;

	if (is_staged(l->target, l)) {
		if (lstat(l->staged, &st) == 0)
			return tree_exchange(a, l->staged, l->target, e);
		return tree_rename_new(l->target, l->staged, e);
	}
	return is_staged(l->staged, l) ? 0 :
	    err_set(e, ERR_TEMP, "\"%s\" changed meanwhile", l->target);
}
