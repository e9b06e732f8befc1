/*
 * shuffle_check -- what is in shuffle files: sizes, and whether they are
 * still what was written.  See shuffle_lines.h.
 */
#include "store/shuffle_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/text.h"

static struct shuffle_part
part_sum(const struct shuffle_maps *m, uint32_t p)
{
	struct shuffle_part s = { 0 };

	for (int i = 0; i < m->n; i++) {
		const struct shuffle_part *q = &m->v[i].index.part[p];

		s.nblock += q->nblock;
		s.rows += q->rows;
		s.raw += q->raw;
		s.stored += q->stored;
	}
	return s;
}

static void
json_sizes(struct text *to, const struct shuffle_part *s)
{
	text_addf(to, "\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64
	    ",\"stored\":%" PRIu64 ",\"blocks\":%" PRIu64, s->rows, s->raw,
	    s->stored, s->nblock);
}

static void
table_sizes(struct text *to, const char *name, const struct shuffle_part *s)
{
	text_addf(to, "%s\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
	    "\n", name, s->rows, s->raw, s->stored, s->nblock);
}

/* Skew: the largest partition's bytes over their mean, 1 when all are equal
 * or empty. */
void
shuffle_stat(const struct shuffle_maps *m, enum stat_form form,
    struct text *to)
{
	uint32_t np = m->n ? m->v[0].index.npart : 0, largest = 0;
	struct shuffle_part all = { 0 }, s;
	uint64_t most = 0;
	double skew;
	char name[16];

	text_adds(to, form == STAT_JSON ? "{\"partitions\":[" :
	    "partition\trows\tbytes\tstored\tblocks\n");
	for (uint32_t p = 0; p < np; p++) {
		s = part_sum(m, p);
		all.nblock += s.nblock;
		all.rows += s.rows;
		all.raw += s.raw;
		all.stored += s.stored;
		if (s.raw > most) {
			most = s.raw;
			largest = p;
		}
		if (form == STAT_JSON) {
			text_adds(to, p ? ",\n{" : "\n{");
			json_sizes(to, &s);
			text_adds(to, "}");
			continue;
		}
		snprintf(name, sizeof name, "%" PRIu32, p);
		table_sizes(to, name, &s);
	}
	skew = all.raw ? (double)most * np / (double)all.raw : 1;
	if (form == STAT_TABLE) {
		table_sizes(to, "total", &all);
		text_addf(to, "skew\t%.2f\tpartition %" PRIu32 "\n", skew,
		    largest);
		return;
	}
	text_addf(to, "\n],\"maps\":%d,", m->n);
	json_sizes(to, &all);
	text_addf(to, ",\"skew\":%.4f,\"largest\":%" PRIu32 "}\n", skew,
	    largest);
}

/* Rows and hash of the rows in a block of lines. */
static uint64_t
lines_in(const char *p, size_t n, uint64_t *rowset)
{
	const char *end = p + n, *q;
	uint64_t rows = 0;

	for (; p < end; p = q + 1, rows++) {
		q = memchr(p, '\n', (size_t)(end - p));
		if (q == NULL)
			return UINT64_MAX;
		*rowset += hash_sum(p, (size_t)(q - p));
	}
	return rows;
}

static int
check_part(const struct shuffle_map *m, uint32_t part, struct arena *a,
    struct text *report)
{
	const struct shuffle_part *p = &m->index.part[part];
	uint64_t rowset = 0;
	int bad = 0;

	for (uint64_t i = 0; i < p->nblock; i++) {
		const struct block *b = &m->index.block[p->first + i];
		struct err e = { 0 };
		const char *raw;

		arena_reset(a);
		if (block_read(m->fd, b, a, &raw, &e) < 0) {
			text_addf(report, "%s: partition %" PRIu32 ": %s\n",
			    m->path, part, e.text);
			bad = 1;
			continue;
		}
		if (m->index.kind == SHUFFLE_LINES &&
		    lines_in(raw, b->raw, &rowset) != b->rows) {
			text_addf(report, "%s: partition %" PRIu32 ": a block "
			    "has not %" PRIu32 " rows\n", m->path, part,
			    b->rows);
			bad = 1;
		}
	}
	if (!bad && m->index.kind == SHUFFLE_LINES && rowset != p->rowset) {
		text_addf(report, "%s: partition %" PRIu32 ": its rows are "
		    "not those that were written\n", m->path, part);
		bad = 1;
	}
	return bad;
}

int
shuffle_verify(const struct shuffle_maps *m, struct text *report,
    struct err *e)
{
	struct arena a = { 0 };
	int bad = 0;

	(void)e;
	for (int i = 0; i < m->n; i++)
		for (uint32_t p = 0; p < m->v[i].index.npart; p++)
			bad |= check_part(&m->v[i], p, &a, report);
	arena_release(&a);
	return bad;
}
