/*
 * archive_module -- see archive_module.h.
 */
#include "io/archive_module.h"

#include "base/err.h"
#include "base/module.h"

int
module_archive(const struct archive_module **out, struct err *e)
{
	*out = module_open("archive", "sp_archive", "compressed files", e);
	return *out ? 0 : e->kind;
}
