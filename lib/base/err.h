/*
 * err -- why something failed, and whether trying again could help.
 *
 * Fallible functions return 0 (or a count) or a negative enum err_kind and
 * take a struct err last.  The kind is for programs, the text for people:
 * details are set where it fails, context is put in front on the way up.
 * The code is the exit status (sysexits where one fits, see sp(7)).
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_kind {
	ERR_USER = -1,  /* input or request is wrong: never retry */
	ERR_TEMP = -2,  /* machine trouble: retry, elsewhere if possible */
	ERR_LOST = -3,  /* a shuffle block is gone: re-run its stage */
	ERR_BUG  = -4,  /* an invariant broke: stop, keep the evidence */
};

enum exit_code {
	EXIT_DONE = 0,
	EXIT_JOB = 1,           /* the job failed, or the answer is no */
	EXIT_USAGE = 2,
	EXIT_DATA = 65,         /* bad data */
	EXIT_NOINPUT = 66,
	EXIT_UNAVAILABLE = 69,
	EXIT_BUG = 70,
	EXIT_OSERR = 71,        /* out of memory */
	EXIT_CANTCREATE = 73,
	EXIT_IO = 74,
	EXIT_TEMP = 75,         /* temporary, or outcome unknown */
	EXIT_PROTOCOL = 76,
	EXIT_PERM = 77,
	EXIT_CONFIG = 78,
	EXIT_TIMEOUT = 124,
};

/* A stretch of job text: bytes [at, at + len) of source number src
 * (0 the job itself, more for included files).  len 0: position unknown. */
struct span {
	int src;
	int at, len;
};

struct err {
	int  kind;              /* enum err_kind; 0: nothing set */
	int  code;              /* enum exit_code */
	struct span span;       /* where in the job text, if len > 0 */
	char text[1024];
	char hint[768];         /* empty, or what to do about it */
};

/* Sets *e (code EXIT_JOB, or EXIT_BUG for ERR_BUG; no span, no hint) and
 * returns kind, so that "return err_set(...)" works. */
int err_set(struct err *e, int kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set with ERR_USER and an exit code. */
int err_user(struct err *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_user with EXIT_JOB and a place in the job text. */
int err_at(struct err *e, struct span span, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set, appends ": " and strerror(errno); kind and code follow from
 * errno (ENOENT: ERR_USER 66; EACCES, EPERM: ERR_USER 77; EISDIR, ENOTDIR,
 * ELOOP, ENAMETOOLONG: ERR_USER 66; all else: ERR_TEMP 74). */
int err_sys(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "context: " in front of the text.  Returns e->kind. */
int err_ctx(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Sets the hint, replacing an older one.  Returns e->kind. */
int err_hint(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Gives the error a place in the job text if it has none.  Returns kind. */
int err_place(struct err *e, struct span span);

#define TRY(call) do { int r_ = (call); if (r_ < 0) return r_; } while (0)

#endif
