/*
 * beside -- see beside.h.
 */
#include "base/beside.h"

#include <string.h>
#include <unistd.h>

#include "base/err.h"

int
beside_folder(char *to, size_t size, struct err *e)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

	if (n < 0)
		return err_sys(e, "could not find this program");
	own[n] = '\0';
	*strrchr(own, '/') = '\0';
	n = (ssize_t)strlen(own) + 1;
	if ((size_t)n > size)
		return err_user(e, EXIT_CONFIG, "too long a path: \"%s\"",
		    own);
	memcpy(to, own, (size_t)n);
	return 0;
}

int
beside_path(const char *name, char *to, size_t size, struct err *e)
{
	size_t n;

	TRY(beside_folder(to, size, e));
	n = strlen(to);
	if (n + 1 + strlen(name) >= size)
		return err_user(e, EXIT_CONFIG, "too long a path: \"%s/%s\"",
		    to, name);
	to[n] = '/';
	memcpy(to + n + 1, name, strlen(name) + 1);
	return 0;
}

int
beside_program(const char *name, char *to, size_t size, struct err *e)
{
	TRY(beside_path(name, to, size, e));
	if (access(to, X_OK) == 0)
		return 0;
	err_sys(e, "could not find \"%s\"", to);
	e->code = EXIT_UNAVAILABLE;
	return e->kind;
}
