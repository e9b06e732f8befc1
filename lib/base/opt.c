/*
 * opt -- see opt.h.
 */
#include "base/opt.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/near.h"
#include "base/utf8.h"
#include "base/version.h"

static const struct opt *
find_short(const struct opt_table *t, char c)
{
	for (const struct opt *o = t->opts; o->set; o++)
		if (o->letter == c)
			return o;
	return NULL;
}

static const struct opt *
find_long(const struct opt_table *t, const char *s, size_t n)
{
	for (const struct opt *o = t->opts; o->set; o++)
		if (o->name && strlen(o->name) == n && !memcmp(o->name, s, n))
			return o;
	return NULL;
}

static int
unknown_long(const struct opt_table *t, const char *s, struct err *e)
{
	struct near near;
	char word[64];

	snprintf(word, sizeof word, "%.*s", (int)strcspn(s, "="), s);
	near_init(&near, word);
	for (const struct opt *o = t->opts; o->set; o++)
		if (o->name)
			near_offer(&near, o->name);
	err_user(e, EXIT_USAGE, "unknown option '--%s'", word);
	if (near.best)
		return err_hint(e, "did you mean '--%s'?", near.best);
	return err_hint(e, "try '%s --help'", t->command);
}

int
opt_show_help(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	return OPT_SHOW_HELP;
}

int
opt_show_version(void *conf, const char *value, struct err *e)
{
	(void)conf;
	(void)value;
	(void)e;
	return OPT_SHOW_VERSION;
}

static void opt_help(const struct opt_table *t);

/* Prints it; the command is over, so this is a failure without a text. */
static int
show(const struct opt_table *t, int what, struct err *e)
{
	if (what == OPT_SHOW_HELP)
		opt_help(t);
	else
		printf("%s %s\n", t->command, SP_VERSION);
	*e = (struct err){ .kind = ERR_USER, .code = opt_end(t->command) };
	return e->kind;
}

static int
set_value(const struct opt_table *t, const struct opt *o, void *conf,
    const char *v, struct err *e)
{
	int r = o->set(conf, v, e);

	if (r > 0)
		return show(t, r, e);
	if (r == 0)
		return 0;
	if (e->code == EXIT_JOB)
		e->code = EXIT_USAGE;
	if (o->name)
		return err_ctx(e, "option --%s", o->name);
	return err_ctx(e, "option -%c", o->letter);
}

static int
parse_long(const struct opt_table *t, char **argv, int argc, int i,
    void *conf, struct err *e)
{
	const char *s = argv[i] + 2, *eq = strchr(s, '=');
	const struct opt *o = find_long(t, s, strcspn(s, "="));

	if (o == NULL)
		return unknown_long(t, s, e);
	if (o->value == NULL && eq)
		return err_user(e, EXIT_USAGE, "option --%s takes no value",
		    o->name);
	if (o->value && !eq && i + 1 == argc)
		return err_user(e, EXIT_USAGE, "option --%s needs a value: %s",
		    o->name, o->value);
	TRY(set_value(t, o, conf, eq ? eq + 1 : o->value ? argv[i + 1] : NULL,
	    e));
	return o->value && !eq ? 1 : 0;
}

static int
parse_short(const struct opt_table *t, char **argv, int argc, int i,
    void *conf, struct err *e)
{
	for (const char *s = argv[i] + 1; *s; s++) {
		const struct opt *o = find_short(t, *s);

		if (o == NULL) {
			err_user(e, EXIT_USAGE, "unknown option '-%c'", *s);
			return err_hint(e, "try '%s --help'", t->command);
		}
		if (o->value == NULL) {
			TRY(set_value(t, o, conf, NULL, e));
			continue;
		}
		if (s[1]) {
			TRY(set_value(t, o, conf, s + 1, e));
			return 0;
		}
		if (i + 1 == argc)
			return err_user(e, EXIT_USAGE,
			    "option -%c needs a value: %s", *s, o->value);
		TRY(set_value(t, o, conf, argv[i + 1], e));
		return 1;
	}
	return 0;
}

int
opt_parse(const struct opt_table *t, int argc, char **argv, void *conf,
    struct err *e)
{
	int n = 0, used;

	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (strcmp(a, "--") == 0) {
			while (++i < argc)
				argv[n++] = argv[i];
			break;
		}
		if (a[0] != '-' || a[1] == '\0') {
			argv[n++] = a;
			continue;
		}
		if (a[1] == '-')
			used = parse_long(t, argv, argc, i, conf, e);
		else
			used = parse_short(t, argv, argc, i, conf, e);
		if (used < 0)
			return used;
		i += used;
	}
	return n;
}

/* Prints the help text to stdout. */
static void
opt_help(const struct opt_table *t)
{
	printf("usage: %s [options] %s\n%s\n\n", t->command, t->operands,
	    t->purpose);
	for (const struct opt *o = t->opts; o->set; o++) {
		char head[80];
		int n = 0;

		if (o->help == NULL)
			continue;
		n += snprintf(head, sizeof head, "  ");
		if (o->letter)
			n += snprintf(head + n, sizeof head - (size_t)n, "-%c%s",
			    o->letter, o->name ? ", " : "");
		else
			n += snprintf(head + n, sizeof head - (size_t)n, "    ");
		if (o->name)
			n += snprintf(head + n, sizeof head - (size_t)n, "--%s",
			    o->name);
		if (o->value)
			snprintf(head + n, sizeof head - (size_t)n, " %s", o->value);
		printf("%-30s  %s\n", head, o->help);
	}
	printf("\nSee man %.*s.\n", (int)strcspn(t->command, " "), t->command);
}

int
opt_end(const char *command)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	fprintf(stderr, "%s: could not write to stdout\n", command);
	return EXIT_IO;
}

void
opt_complain(const char *command, const struct err *e)
{
	struct err shown = *e;

	if (shown.text[0] == '\0')
		return;
	utf8_printable(shown.text, strlen(shown.text));
	utf8_printable(shown.hint, strlen(shown.hint));
	fprintf(stderr, "%s: %s\n", command, shown.text);
	if (shown.hint[0])
		fprintf(stderr, "%s: hint: %s\n", command, shown.hint);
}

int
opt_number(const char *s, long long low, long long high, long long *out,
    struct err *e)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno || end == s || *end || v < low || v > high)
		return err_user(e, EXIT_USAGE,
		    "'%s' is not a whole number from %lld to %lld", s, low, high);
	*out = v;
	return 0;
}

struct unit {
	const char *name;
	double factor;
};

static int
read_unit(const char *s, const struct unit *u, const char *what,
    long long *out, struct err *e)
{
	char *end;
	double v;

	v = strtod(s, &end);
	if (end != s && isdigit((unsigned char)*s))
		for (; u->name; u++)
			if (strcasecmp(end, u->name) == 0 &&
			    v * u->factor < 9e18) {
				*out = (long long)(v * u->factor);
				return 0;
			}
	return err_user(e, EXIT_USAGE, "'%s' is not a %s", s, what);
}

int
opt_size(const char *s, long long *bytes, struct err *e)
{
	static const struct unit units[] = {
		{ "", 1 }, { "b", 1 }, { "k", 1024 }, { "kb", 1024 },
		{ "kib", 1024 }, { "m", 1048576 }, { "mb", 1048576 },
		{ "mib", 1048576 }, { "g", 1073741824 }, { "gb", 1073741824 },
		{ "gib", 1073741824 }, { "t", 1099511627776.0 },
		{ "tb", 1099511627776.0 }, { "tib", 1099511627776.0 },
		{ NULL, 0 }
	};

	return read_unit(s, units, "size such as 512m or 4g", bytes, e);
}

int
opt_duration(const char *s, long long *ms, struct err *e)
{
	static const struct unit units[] = {
		{ "", 1e3 }, { "ms", 1 }, { "s", 1e3 }, { "m", 6e4 },
		{ "min", 6e4 }, { "h", 3.6e6 }, { "d", 8.64e7 }, { NULL, 0 }
	};

	return read_unit(s, units, "duration such as 90s, 5m or 2h", ms, e);
}
