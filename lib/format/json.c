/*
 * json -- the format "json": one object a line.
 */
#include "format/rows.h"

#include "format/options.h"
#include "format/writers.h"

static const char *const extensions[] = { "json", "jsonl", "ndjson", NULL };

const struct format format_json = {
	.name = "json", .extension = extensions, .writer = &writer_json,
	.reader_size = sizeof(struct reader),
};
