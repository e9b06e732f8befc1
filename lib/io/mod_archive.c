/*
 * mod_archive -- the module for gzip, xz, bzip2 and lz4: libarchive's raw
 * format over a descriptor, both ways.  A shared object of its own, so that a process
 * that reads plain files never loads libarchive.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/archive_module.h"

#define BLOCK 65536

static void
explain(struct archive *a, char *message, size_t size)
{
	const char *why = archive_error_string(a);

	snprintf(message, size, "%s", why ? why : "the file is damaged");
}

struct unpacker {
	struct archive *a;
	int64_t (*get)(void *arg, char *to, size_t n);
	void *arg;
	char block[BLOCK];
};

static la_ssize_t
packed_get(struct archive *a, void *arg, const void **p)
{
	struct unpacker *u = arg;

	(void)a;
	*p = u->block;
	return (la_ssize_t)u->get(u->arg, u->block, BLOCK);
}

static void
packed_close(void *unpacker)
{
	struct unpacker *u = unpacker;

	archive_read_free(u->a);
	free(u);
}

static void *
packed_open(int64_t (*get)(void *arg, char *to, size_t n), void *arg,
    char *message, size_t size)
{
	struct unpacker *u = calloc(1, sizeof *u);
	struct archive_entry *entry;

	if (u == NULL)
		return NULL;
	u->a = archive_read_new();
	u->get = get;
	u->arg = arg;
	archive_read_support_filter_gzip(u->a);
	archive_read_support_filter_xz(u->a);
	archive_read_support_filter_bzip2(u->a);
	archive_read_support_filter_lz4(u->a);
	archive_read_support_format_raw(u->a);
	if (archive_read_open(u->a, u, NULL, packed_get, NULL) == ARCHIVE_OK &&
	    archive_read_next_header(u->a, &entry) == ARCHIVE_OK)
		return u;
	explain(u->a, message, size);
	packed_close(u);
	return NULL;
}

static int64_t
packed_read(void *unpacker, char *to, size_t n, char *message, size_t size)
{
	struct unpacker *u = unpacker;
	la_ssize_t r = archive_read_data(u->a, to, n);

	if (r < 0)
		explain(u->a, message, size);
	return r;
}

struct packer {
	struct archive *a;
	struct archive_entry *entry;
	int (*put)(void *arg, const void *p, size_t n);
	void *arg;
};

static la_ssize_t
pack_put(struct archive *a, void *arg, const void *p, size_t n)
{
	struct packer *k = arg;

	(void)a;
	return k->put(k->arg, p, n) < 0 ? -1 : (la_ssize_t)n;
}

static int
pack_begin(struct packer *k, const char *filter)
{
	if (archive_write_add_filter_by_name(k->a, filter) != ARCHIVE_OK ||
	    archive_write_set_format_raw(k->a) != ARCHIVE_OK)
		return -1;
	/* The same rows make the same bytes: no time of writing in them. */
	archive_write_set_filter_option(k->a, "gzip", "timestamp", NULL);
	archive_write_set_bytes_per_block(k->a, BLOCK);
	archive_write_set_bytes_in_last_block(k->a, 1);
	archive_entry_set_filetype(k->entry, AE_IFREG);
	if (archive_write_open(k->a, k, NULL, pack_put, NULL) != ARCHIVE_OK ||
	    archive_write_header(k->a, k->entry) != ARCHIVE_OK)
		return -1;
	return 0;
}

static void
pack_free(void *packer)
{
	struct packer *k = packer;

	archive_write_fail(k->a);       /* freeing must not write */
	archive_write_free(k->a);
	archive_entry_free(k->entry);
	free(k);
}

static void *
pack_open(const char *filter, int (*put)(void *arg, const void *p, size_t n),
    void *arg, char *message, size_t size)
{
	struct packer *k = calloc(1, sizeof *k);

	if (k == NULL)
		return NULL;
	*k = (struct packer){ archive_write_new(), archive_entry_new(), put,
	    arg };
	if (pack_begin(k, filter) == 0)
		return k;
	explain(k->a, message, size);
	pack_free(k);
	return NULL;
}

static int
pack(void *packer, const char *p, size_t n, char *message, size_t size)
{
	struct packer *k = packer;

	while (n > 0) {
		la_ssize_t r = archive_write_data(k->a, p, n);

		if (r <= 0) {
			explain(k->a, message, size);
			return -1;
		}
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

static int
pack_end(void *packer, char *message, size_t size)
{
	struct packer *k = packer;

	if (archive_write_close(k->a) == ARCHIVE_OK)
		return 0;
	explain(k->a, message, size);
	return -1;
}

extern const struct archive_module sp_archive;
const struct archive_module sp_archive = { packed_open, packed_read,
	packed_close, pack_open, pack, pack_end, pack_free };
