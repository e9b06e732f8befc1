/*
 * mod_archive -- the module for gzip, xz, bzip2 and lz4: libarchive's raw
 * format over a descriptor.  A shared object of its own, so that a process
 * that reads plain files never loads libarchive.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <unistd.h>

#include "io/stream.h"

#define BLOCK 65536

static void
explain(struct archive *a, char *message, size_t size)
{
	const char *why = archive_error_string(a);

	snprintf(message, size, "%s", why ? why : "the file is damaged");
}

static void *
packed_open(int fd, char *message, size_t size)
{
	struct archive *a = archive_read_new();
	struct archive_entry *entry;

	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_format_raw(a);
	if (archive_read_open_fd(a, fd, BLOCK) == ARCHIVE_OK &&
	    archive_read_next_header(a, &entry) == ARCHIVE_OK)
		return a;
	explain(a, message, size);
	archive_read_free(a);
	return NULL;
}

static int64_t
packed_read(void *archive, char *to, size_t n, char *message, size_t size)
{
	la_ssize_t r = archive_read_data(archive, to, n);

	if (r < 0)
		explain(archive, message, size);
	return r;
}

static void
packed_close(void *archive)
{
	archive_read_free(archive);
}

extern const struct archive_module sp_archive;
const struct archive_module sp_archive = { packed_open, packed_read,
	packed_close };
