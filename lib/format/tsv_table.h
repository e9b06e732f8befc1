/*
 * tsv_table -- rows as an aligned table that fits a terminal.
 */
#ifndef FORMAT_TSV_TABLE_H
#define FORMAT_TSV_TABLE_H

#include "column/schema.h"

struct text;

/* Appends the rows, given as TSV with our escapes, under a head of column
 * names: numbers to the right, cells cut to the terminal's width (COLUMNS,
 * the tty's, or 80), then "N rows". */
void tsv_table_print(struct text *to, const struct schema *s, const char *tsv,
    size_t n);

#endif
