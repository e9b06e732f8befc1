/*
 * csv -- the formats "csv" and "tsv".
 */
#include "format/rows.h"

#include "format/options.h"
#include "format/writers.h"

static const char *const csv_extensions[] = { "csv", NULL };
static const char *const tsv_extensions[] = { "tsv", "tab", NULL };

const struct format format_csv = {
	.name = "csv", .extension = csv_extensions, .writer = &writer_csv,
	.reader_size = sizeof(struct reader),
};

const struct format format_tsv = {
	.name = "tsv", .extension = tsv_extensions, .writer = &writer_tsv,
	.reader_size = sizeof(struct reader),
};
