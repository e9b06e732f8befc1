/*
 * module -- see module.h.
 *
 * dlopen counts its users, so a second call finds what is loaded; modules
 * are never closed.
 */
#include "base/module.h"

#include <dlfcn.h>
#include <stdio.h>

#include "base/beside.h"
#include "base/err.h"

const void *
module_open(const char *name, const char *symbol, const char *what,
    struct err *e)
{
	static const char *const where[] = { "", "../lib/sp/", "../bin/" };
	char dir[4096], path[4200];

	if (beside_folder(dir, sizeof dir, e) < 0)
		return NULL;
	for (int i = 0; i < 3; i++) {
		void *m;
		const void *found;

		snprintf(path, sizeof path, "%s/%ssp-%s.so", dir, where[i],
		    name);
		m = dlopen(path, RTLD_NOW | RTLD_LOCAL);
		found = m ? dlsym(m, symbol) : NULL;
		if (found)
			return found;
	}
	err_user(e, EXIT_UNAVAILABLE, "could not load the module for %s "
	    "(sp-%s.so)", what, name);
	return NULL;
}
