/*
 * writers -- the writer classes of the text formats.
 */
#ifndef FORMAT_WRITERS_H
#define FORMAT_WRITERS_H

#include "format/format.h"

extern const struct writer_class writer_tsv;
extern const struct writer_class writer_csv;
extern const struct writer_class writer_json;

#endif
