/*
 * module -- see module.h.
 */
#include "io/module.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static pthread_mutex_t module_lock = PTHREAD_MUTEX_INITIALIZER;

/* Beside the binary, then ../lib/sp. */
int
module_archive(const struct archive_module **out, struct err *e)
{
	static const struct archive_module *loaded;
	static const char *const where[] = { "sp-archive.so",
	    "../lib/sp/sp-archive.so" };
	char dir[4096], path[4200];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
	char *slash;

	dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = '\0';
	pthread_mutex_lock(&module_lock);
	for (int i = 0; loaded == NULL && i < 2; i++) {
		void *m;

		snprintf(path, sizeof path, "%s%s", dir, where[i]);
		m = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		if (m)
			loaded = dlsym(m, "sp_archive");
	}
	*out = loaded;
	pthread_mutex_unlock(&module_lock);
	if (loaded)
		return 0;
	return err_user(e, EXIT_UNAVAILABLE, "could not load the module for "
	    "compressed files (sp-archive.so)");
}
