/*
 * rows -- the formats of this folder, by name; one line each.
 */
#ifndef FORMAT_ROWS_H
#define FORMAT_ROWS_H

#include "format/format.h"

extern const struct format format_text;
extern const struct format format_csv;
extern const struct format format_tsv;
extern const struct format format_json;
extern const struct format format_table;

#endif
