/*
 * commands -- the words of sp-shuffle: options as tables, bodies in
 * lib/store.
 */
#ifndef SP_SHUFFLE_COMMANDS_H
#define SP_SHUFFLE_COMMANDS_H

struct err;

struct command {
	const char *word;
	const char *purpose;            /* one line of the help text */
	/* Runs it: an exit status, or negative with *e. */
	int (*run)(int argc, char **argv, struct err *e);
};

extern const struct command commands[];         /* ends with a zeroed row */

#endif
