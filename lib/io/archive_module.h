/*
 * archive_module -- the shared object for gzip, xz, bzip2 and lz4 (mod_archive.c),
 * opened at first use, so that a process that needs none of them never loads
 * libarchive.
 */
#ifndef IO_ARCHIVE_MODULE_H
#define IO_ARCHIVE_MODULE_H

#include <stddef.h>
#include <stdint.h>

struct err;

/* What the module exports, under "sp_archive".  message: why, on failure. */
struct archive_module {
	/* Expanding: get gives up to n stored bytes, 0 at the end, < 0. */
	void *(*open)(int64_t (*get)(void *arg, char *to, size_t n), void *arg,
	    char *message, size_t size);
	int64_t (*read)(void *archive, char *to, size_t n, char *message,
	    size_t size);
	void (*close)(void *archive);

	/* Compressing: filter is "gzip", "xz", "bzip2" or "lz4"; put gets the
	 * bytes and returns 0 or -1.  pack and pack_end return 0 or -1;
	 * pack_free after them in any case. */
	void *(*pack_open)(const char *filter,
	    int (*put)(void *arg, const void *p, size_t n), void *arg,
	    char *message, size_t size);
	int (*pack)(void *packer, const char *p, size_t n, char *message,
	    size_t size);
	int (*pack_end)(void *packer, char *message, size_t size);
	void (*pack_free)(void *packer);
};

/* Loads it, once a process; EXIT_UNAVAILABLE. */
int module_archive(const struct archive_module **out, struct err *e);

#endif
