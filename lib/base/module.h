/*
 * module -- heavy libraries in shared objects of their own, opened at first
 * use, so that a process that needs none of them never loads them.
 *
 * The module NAME is the file sp-NAME.so beside the binary, in ../lib/sp or
 * (for tests) in ../bin from there.  It exports one table of functions.
 */
#ifndef BASE_MODULE_H
#define BASE_MODULE_H

struct err;

/* Loads sp-NAME.so (once a process: again is cheap) and returns its symbol;
 * NULL: EXIT_UNAVAILABLE, the text ends in "the module for WHAT".  Any
 * thread. */
const void *module_open(const char *name, const char *symbol,
    const char *what, struct err *e);

#endif
