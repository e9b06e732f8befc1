/*
 * fail -- named places where tests make a call fail or the process die.
 *
 * SP_FAIL=name:nth[:errno] makes the nth pass over fail_here("name") fail
 * with that errno (default EIO); SP_CRASH=name:nth kills the process with
 * SIGKILL there.  Both are looked at once, at start; when neither is set a
 * pass costs one load.  nth 0 means every pass.
 *
 * Where many processes share an environment SP_FAULT_IN=program makes only
 * those of that name fail, and SP_FAULT_ONCE=file only the first that gets
 * there: the one that makes the file.
 */
#ifndef BASE_FAIL_H
#define BASE_FAIL_H

/* Returns 0, or -1 with errno set when this pass has to fail. */
int fail_here(const char *name);

#endif
