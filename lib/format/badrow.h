/*
 * badrow -- what happens to records that cannot be read: messages with file,
 * line and column, repair of bad UTF-8, the quarantine directory.
 */
#ifndef FORMAT_BADROW_H
#define FORMAT_BADROW_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct feed;
struct scan;
struct split;

/* Fails with ERR_USER, EXIT_DATA and "path:line:column: error: ..." for the
 * byte at offset of the input. */
int badrow_fail(struct feed *f, int64_t offset, struct err *e,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The same for text that is not UTF-8, with a hint. */
int badrow_utf8(struct feed *f, int64_t offset, struct err *e);

/* A copy of the bytes in which each bad byte is U+FFFD. */
const char *badrow_repair(const char *p, size_t n, struct arena *heap,
    size_t *out);

/* Where a split's bad records go: one file a split in the directory, made
 * at the first one and written anew when the split is read again. */
struct quarantine {
	int fd;                 /* 0: not open yet */
};
int quarantine_put(struct quarantine *q, const struct scan *s,
    const struct split *split, const char *p, size_t n, struct err *e);
void quarantine_end(struct quarantine *q);

#endif
