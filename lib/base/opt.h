/*
 * opt -- command-line options as one table: parser, usage text, and what
 * scripts/flags compares with the man page.
 *
 * Short options by getopt's rules (-vx, -n3, -n 3), long ones as --name VALUE
 * or --name=VALUE; unique prefixes are not accepted.  "--" ends options.  An
 * operand does not: options may follow it, except in a table whose command
 * passes the rest on.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

struct err;

struct opt {
	char        letter;     /* 0: long form only */
	const char *name;       /* long form without dashes, or NULL */
	const char *value;      /* name of the value, NULL: takes none */
	const char *help;       /* one line, lower case; NULL: not shown */
	/* Returns 0, an OPT_SHOW_..., or a negative kind with *e set. */
	int       (*set)(void *conf, const char *value, struct err *e);
};

/* What a setter can ask for in place of the command's work. */
enum opt_show {
	OPT_SHOW_HELP = 1,
	OPT_SHOW_VERSION,
};

struct opt_table {
	const char *command;    /* "sp-cat" */
	const char *operands;   /* "[file ...]" */
	const char *purpose;    /* one line */
	const struct opt *opts; /* ends with a zeroed row */
};

/* Calls each option's set(conf, value); moves operands to argv[0..n) and
 * returns n.  On failure returns ERR_USER with EXIT_USAGE and a hint.  When
 * help or the version was asked for, it is printed and there is nothing left
 * to do: returns ERR_USER with the exit status and an empty text, of which
 * opt_complain says nothing. */
int opt_parse(const struct opt_table *t, int argc, char **argv, void *conf,
    struct err *e);

/* The setters of --help and --version. */
int opt_show_help(void *conf, const char *value, struct err *e);
int opt_show_version(void *conf, const char *value, struct err *e);

/* After something was printed: the exit status, 74 with a message when stdout
 * did not take it. */
int opt_end(const char *command);

/* Prints "command: message" and the hint, if any, to stderr; nothing if the
 * text is empty. */
void opt_complain(const char *command, const struct err *e);

/* Reads a size like 512m, 4g, 100k (binary multiples) or plain bytes. */
int opt_size(const char *s, long long *bytes, struct err *e);

/* Reads a duration like 90, 90s, 5m, 2h, 100ms.  Plain numbers: seconds. */
int opt_duration(const char *s, long long *ms, struct err *e);

/* Reads a whole number in [low, high]. */
int opt_number(const char *s, long long low, long long high, long long *out,
    struct err *e);

#endif
