/*
 * manual -- what the tables of the library say, for the manual and its tests.
 *
 * usage: manual functions | aggregates | frames
 *
 * functions   prints the page sp-functions(7): "make man/sp-functions.7"
 * aggregates  prints a job that computes the example of every aggregate;
 *             each row of it is a name and true, unless the example is wrong
 *             (examples of other functions are run by t_expr_examples)
 * frames      prints the number, name, sender and receiver of each type of
 *             frame, as sp-protocol(7) must list them
 *
 * Functions stand under the heading of their group and by name; a group that
 * the table below does not know comes behind the others under its own name.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/aggfn.h"
#include "expr/func.h"
#include "net/proto.h"

enum { ROWS_MAX = 2000 };

struct row {
	const char *group, *name, *usage, *help, *example;
};

static const struct heading {
	const char *group, *title, *text;
} headings[] = {
	{ "aggregate", "Aggregate functions", "They make one value of many "
	    "rows.\n.Cm distinct\nbefore the arguments looks at different "
	    "values only;\n.Cm filter (where Ar condition Ns Cm \\&)\nbehind "
	    "the call leaves out rows.\nNulls are left out unless the text "
	    "says otherwise." },
	{ "arithmetic", "Arithmetic", "Overflow and division by zero are "
	    "errors, except in functions with\n.Sy try_\\& ." },
	{ "comparison", "Comparison", "Strings are compared byte by byte." },
	{ "logic", "Logic", "Null stands for a value that is not known." },
	{ "bitwise", "Bits", NULL },
	{ "conditional", "Conditions", "Only the branch that is taken is "
	    "computed." },
	{ "conversion", "Conversion", "See the rules of types in\n"
	    ".Xr sp-language 7 ." },
	{ "string", "Strings", "Positions count characters from 1." },
	{ "regex", "Regular expressions", "Perl-compatible ones, in UTF-8." },
	{ "math", "Mathematics", NULL },
	{ "date", "Dates and times", "Patterns are made of letters: y M d H h "
	    "m s S a E D Q and more; text in them\nstands between apostrophes.\n"
	    "Weeks begin on Monday, and Sunday is day 1 of\n.Fn dayofweek ." },
	{ "array", "Arrays, maps and structs", NULL },
	{ "generator", "Rows from lists", "In the select list, alone, or "
	    "behind\n.Cm lateral view ." },
	{ "json", "JSON", "Paths look like\n.Ql $.a.b[0] ." },
	{ "hash", "Hashes", NULL },
	{ "url", "URLs", NULL },
	{ "context", "Session and row", NULL },
};
#define NHEADING (sizeof headings / sizeof *headings)

static struct row rows[ROWS_MAX];
static int nrow;

static int
group_rank(const char *group)
{
	size_t i = 0;

	while (i < NHEADING && strcmp(headings[i].group, group) != 0)
		i++;
	return (int)i;
}

/* Names before operators' signs; both in ASCII order. */
static int
row_order(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int d = group_rank(x->group) - group_rank(y->group);

	if (d == 0)
		d = strcmp(x->group, y->group);
	if (d == 0)
		d = !isalpha((unsigned char)*x->name) -
		    !isalpha((unsigned char)*y->name);
	return d ? d : strcmp(x->name, y->name);
}

static void
collect(void)
{
	const struct func *f;
	const struct aggfn *g;

	for (int i = 0; (f = func_at(i)) && nrow < ROWS_MAX; i++)
		if (f->usage && !(f->flags & FN_HIDDEN))
			rows[nrow++] = (struct row){ f->group ? f->group :
			    "other", f->name, f->usage, f->help, f->example };
	for (int i = 0; (g = aggfn_at(i)) && nrow < ROWS_MAX; i++)
		if (g->usage && !(g->flags & AGG_HIDDEN))
			rows[nrow++] = (struct row){ "aggregate", g->name,
			    g->usage, g->help, g->example };
	qsort(rows, (size_t)nrow, sizeof *rows, row_order);
}

/* One character of a text in mdoc; returns how many bytes it took. */
static int
put_char(const char *s, int first)
{
	if (first && (*s == '.' || *s == '\''))
		fputs("\\&", stdout);
	if (strncmp(s, "\xe2\x80\xa6", 3) == 0) {
		fputs("...", stdout);
		return 3;
	}
	if (*s == '\\')
		fputs("\\e", stdout);
	else if (*s == '"')
		fputs("\\(dq", stdout);
	else
		putchar(*s);
	return 1;
}

/* An argument of a macro, between double quotes. */
static void
put_quoted(const char *before, const char *s, const char *after)
{
	fputs(before, stdout);
	for (int first = 1; *s; first = 0)
		s += put_char(s, first);
	fputs(after, stdout);
}

/* Text, with a new line for each sentence and after at most 76 columns. */
static void
put_text(const char *s)
{
	int column = 0;

	while (*s) {
		size_t word = strcspn(s, " ");
		int sentence = s[word] && s[word - (word > 0)] == '.' &&
		    isupper((unsigned char)s[word + 1]);

		for (const char *end = s + word; s < end; column++)
			s += put_char(s, column == 0);
		s += strspn(s, " ");
		word = strcspn(s, " ");
		if (*s && (sentence || column + 1 + (int)word > 76)) {
			putchar('\n');
			column = 0;
		} else if (*s) {
			putchar(' ');
			column++;
		}
	}
	putchar('\n');
}

static void
put_heading(const char *group)
{
	int i = group_rank(group);

	if ((size_t)i == NHEADING) {
		printf(".Ss %c%s\n", toupper((unsigned char)*group), group + 1);
		return;
	}
	printf(".Ss %s\n", headings[i].title);
	if (headings[i].text)
		printf("%s\n", headings[i].text);
}

/* "QUERY = VALUE" of an aggregate: where the last " = " is, or NULL. */
static const char *
value_of(const struct row *r)
{
	const char *at = NULL;

	for (const char *p = r->example; p && (p = strstr(p, " = ")); p++)
		at = p;
	return at;
}

/* The example as one expression that is true. */
static void
put_expression(const struct row *r)
{
	const char *at = value_of(r);

	if (strncmp(r->example, "select ", 7) == 0 && at)
		printf("(%.*s)%s", (int)(at - r->example), r->example, at);
	else
		put_quoted("", r->example, "");
}

static void
put_row(const struct row *r)
{
	put_quoted(".It Ic \"", r->usage, "\"\n");
	if (r->help)
		put_text(r->help);
	if (r->example) {
		fputs(".Dl \"", stdout);
		put_expression(r);
		fputs("\"\n", stdout);
	}
}

static void
put_page(void)
{
	const char *group = "";

	fputs(".\\\" Written by \"make man/sp-functions.7\" from the tables "
	    "in lib/expr.\n"
	    ".Dd November 21, 2026\n.Dt SP-FUNCTIONS 7\n.Os\n.Sh NAME\n"
	    ".Nm sp-functions\n.Nd functions and operators of the sp language\n"
	    ".Sh DESCRIPTION\n"
	    "All functions that an expression may call, by group.\n"
	    "Names may be in upper or lower case.\n"
	    "Unless the text says otherwise, the result is null when an "
	    "argument is null.\n"
	    "Arguments in brackets may be left out.\n"
	    "Below each function is an expression with it that is true.\n",
	    stdout);
	for (int i = 0; i < nrow; i++) {
		if (strcmp(rows[i].group, group) != 0) {
			if (*group)
				puts(".El");
			group = rows[i].group;
			put_heading(group);
			puts(".Bl -tag -width Ds");
		}
		put_row(&rows[i]);
	}
	puts(".El\n.Sh SEE ALSO\n.Xr sp-submit 1 ,\n.Xr sp-language 7");
}

static void
put_aggregates(void)
{
	for (int i = 0; i < nrow; i++) {
		if (strcmp(rows[i].group, "aggregate") != 0 ||
		    rows[i].example == NULL)
			continue;
		printf("select '%s', ", rows[i].name);
		put_expression(&rows[i]);
		puts(";");
	}
}

static void
put_roles(unsigned set, char end)
{
	const char *comma = "";

	for (int i = 0; set != ROLE_ANY && i < 6; i++) {
		if (!(set & 1u << i))
			continue;
		printf("%s%s", comma, role_name(1 << i));
		comma = ",";
	}
	printf("%s%c", set == ROLE_ANY ? "any" : "", end);
}

static void
put_frames(void)
{
	for (int i = 0; i < FRAME_TYPES; i++) {
		const struct frame_kind *k = frame_kind(i);

		if (k == NULL)
			continue;
		printf("%d %s ", i, k->name);
		put_roles(k->from, ' ');
		put_roles(k->to, '\n');
	}
}

int
main(int argc, char **argv)
{
	collect();
	if (argc == 2 && strcmp(argv[1], "functions") == 0) {
		put_page();
	} else if (argc == 2 && strcmp(argv[1], "aggregates") == 0) {
		put_aggregates();
	} else if (argc == 2 && strcmp(argv[1], "frames") == 0) {
		put_frames();
	} else {
		fputs("usage: manual functions | aggregates | frames\n",
		    stderr);
		return 2;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 74;
}
