/*
 * regex -- regular expressions as Java writes them, run by PCRE2.
 *
 * A regex is compiled once (with JIT for constants), immutable and shared by
 * threads; a matcher belongs to one kernel call.  Every search is bounded:
 * a pattern that backtracks without end fails with ERR_USER.
 */
#ifndef EXPR_REGEX_H
#define EXPR_REGEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct regex;

enum regex_use {
	REGEX_ONCE,     /* for a few rows: interpreted; dies with the arena */
	REGEX_KEEP,     /* constant of a plan: compiled to machine code */
};

/* Compiles pattern p[0..n).  ERR_USER names the place of the mistake. */
int regex_new(struct regex **out, struct arena *a, const char *p, size_t n,
    enum regex_use use, struct err *e);

/* Capturing groups of the pattern. */
int regex_groups(const struct regex *r);

/* Number of the group with that name, or -1. */
int regex_group_named(const struct regex *r, const char *name, size_t n);

/* If the pattern has no special characters but escaped ones: its text goes
 * to lit[0..n) (room for n bytes) and the length is returned; else -1. */
int64_t regex_literal(const char *p, size_t n, char *lit);

struct matcher {
	const struct regex *re;
	void *data, *context, *stack;
	const size_t *at;       /* after a hit: begin and end of each group, */
	int n;                  /* n of them; SIZE_MAX: took no part */
	struct arena *arena;
};

/* A matcher for re, its memory in the arena; release ends it. */
void matcher_init(struct matcher *m, const struct regex *re,
    struct arena *a);
void matcher_release(struct matcher *m);

/* First match in s[0..n) at or after from: 1, none: 0, or < 0. */
int matcher_find(struct matcher *m, const char *s, size_t n, size_t from,
    struct err *e);

/* Where to look for the match after the one just found, as Java does it:
 * behind it, and one character further when it was empty.  May be n + 1:
 * there is nothing more. */
size_t matcher_next(const struct matcher *m, const char *s, size_t n);

#endif
