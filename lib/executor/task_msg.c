/*
 * task_msg -- see task_msg.h.
 */
#include "executor/task_msg.h"

#include <string.h>

#include "base/arena.h"
#include "net/msg.h"
#include "store/commit.h"

enum {
	PARTS_MAX = 1 << 28,
	ATTEMPTS_MAX = 1 << 16,
	FILES_MAX = 1 << 20,
};

void
ready_msg_print(struct text *to, const struct ready_msg *m)
{
	msg_i64(to, m->pid);
	msg_i64(to, m->number);
	msg_u64(to, m->stays);
	msg_i64(to, m->cores);
	msg_cstr(to, m->host);
	msg_cstr(to, m->node);
	msg_cstr(to, m->address);
	msg_cstr(to, m->dir);
}

int
ready_msg_parse(struct arena *a, const char *p, size_t n,
    struct ready_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->pid = msg_get_int(&in, 0, INT32_MAX);
	m->number = msg_get_int(&in, 0, INT32_MAX);
	m->stays = msg_get_u64(&in) != 0;
	m->cores = msg_get_int(&in, 1, 1 << 16);
	m->host = msg_get_cstr(&in, a);
	m->node = msg_get_cstr(&in, a);
	m->address = msg_get_cstr(&in, a);
	m->dir = msg_get_cstr(&in, a);
	return msg_ended(&in) && m->host && m->node && m->dir ? 0 :
	    msg_damaged("ready", e);
}

void
stage_msg_print(struct text *to, const struct stage_msg *m)
{
	msg_i64(to, m->job);
	msg_i64(to, m->stage);
	msg_i64(to, m->npart);
	msg_i64(to, m->kept);
	msg_u64(to, (uint64_t)m->nlo);
	for (int i = 0; i < m->nlo; i++)
		msg_i64(to, i ? m->lo[i] - m->lo[i - 1] : m->lo[i]);
	msg_u64(to, (uint64_t)m->ncut);
	for (int i = 0; i < m->ncut; i++) {
		msg_i64(to, m->cut[i].part);
		msg_i64(to, m->cut[i].stage);
		msg_i64(to, m->cut[i].from);
		msg_i64(to, m->cut[i].to);
	}
}

static void
parse_cuts(struct msg *in, struct arena *a, struct stage_msg *m)
{
	int last = -1;

	m->ncut = msg_get_items(in, 4, PARTS_MAX);
	in->bad |= m->ncut && m->nlo == 0;
	m->cut = NEW_N(a, struct map_cut, m->ncut + 1);
	for (int i = 0; i < m->ncut && !in->bad; i++) {
		struct map_cut *c = &m->cut[i];

		c->part = msg_get_int(in, 0, m->npart - 1);
		c->stage = msg_get_int(in, 1, INT32_MAX);
		c->from = msg_get_int(in, 0, PARTS_MAX);
		c->to = msg_get_int(in, 0, PARTS_MAX);
		in->bad |= c->part <= last || c->from >= c->to;
		last = c->part;
	}
}

int
stage_msg_parse(struct arena *a, const char *p, size_t n,
    struct stage_msg *m, struct err *e)
{
	struct msg in;

	memset(m, 0, sizeof *m);
	msg_init(&in, p, n);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->stage = msg_get_int(&in, 0, INT32_MAX);
	m->npart = msg_get_int(&in, 0, PARTS_MAX);
	m->kept = msg_get_int(&in, 0, INT32_MAX);
	m->nlo = msg_get_items(&in, 1, PARTS_MAX);
	if (m->nlo && m->nlo != m->npart + 1)
		return msg_damaged("stage", e);
	m->lo = NEW_N(a, int, m->nlo + 1);
	for (int i = 0; i < m->nlo && !in.bad; i++) {
		m->lo[i] = msg_get_int(&in, 0, PARTS_MAX);
		if (i)
			m->lo[i] += m->lo[i - 1];
		in.bad |= m->lo[i] > PARTS_MAX;
	}
	parse_cuts(&in, a, m);
	return msg_ended(&in) ? 0 : msg_damaged("stage", e);
}

void
place_msg_print(struct text *to, const struct place_msg *m)
{
	msg_i64(to, m->place);
	msg_cstr(to, m->address);
	msg_cstr(to, m->node);
	msg_cstr(to, m->dir);
}

int
place_msg_parse(struct arena *a, const char *p, size_t n,
    struct place_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->place = msg_get_int(&in, 0, PARTS_MAX);
	m->address = msg_get_cstr(&in, a);
	m->node = msg_get_cstr(&in, a);
	m->dir = msg_get_cstr(&in, a);
	return msg_ended(&in) && m->node && m->dir ? 0 : msg_damaged("place", e);
}

void
maps_msg_print(struct text *to, const struct maps_msg *m)
{
	msg_i64(to, m->job);
	msg_i64(to, m->stage);
	msg_u64(to, m->relay);
	msg_u64(to, (uint64_t)m->n);
	for (int i = 0; i < m->n; i++) {
		msg_i64(to, m->place[i]);
		msg_i64(to, m->attempt[i]);
	}
}

int
maps_msg_parse(struct arena *a, const char *p, size_t n,
    struct maps_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->stage = msg_get_int(&in, 0, INT32_MAX);
	m->relay = msg_get_u64(&in) != 0;
	m->n = msg_get_items(&in, 2, PARTS_MAX);
	m->place = NEW_N(a, int, m->n + 1);
	m->attempt = NEW_N(a, int, m->n + 1);
	for (int i = 0; i < m->n && !in.bad; i++) {
		m->place[i] = msg_get_int(&in, -1, PARTS_MAX);
		m->attempt[i] = msg_get_int(&in, 0, ATTEMPTS_MAX);
	}
	return msg_ended(&in) ? 0 : msg_damaged("maps", e);
}

void
relay_msg_print(struct text *to, const struct relay_msg *m)
{
	msg_i64(to, m->job);
	msg_i64(to, m->stage);
	msg_i64(to, m->place);
}

int
relay_msg_parse(const char *p, size_t n, struct relay_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->stage = msg_get_int(&in, 0, INT32_MAX);
	m->place = msg_get_int(&in, -1, PARTS_MAX);
	return msg_ended(&in) ? 0 : msg_damaged("relay", e);
}

void
launch_msg_print(struct text *to, const struct launch_msg *m)
{
	msg_i64(to, m->job);
	msg_i64(to, m->stage);
	msg_i64(to, m->part);
	msg_i64(to, m->n);
	msg_i64(to, m->attempt);
}

/* What begins every message about an attempt. */
static void
get_attempt(struct msg *in, int *job, int *stage, int *part, int *attempt)
{
	*job = msg_get_int(in, 1, INT32_MAX);
	*stage = msg_get_int(in, 0, INT32_MAX);
	*part = msg_get_int(in, 0, PARTS_MAX);
	*attempt = msg_get_int(in, 0, ATTEMPTS_MAX);
}

int
launch_msg_parse(const char *p, size_t n, struct launch_msg *m,
    struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->stage = msg_get_int(&in, 0, INT32_MAX);
	m->part = msg_get_int(&in, 0, PARTS_MAX);
	m->n = msg_get_int(&in, 1, PARTS_MAX);
	m->attempt = msg_get_int(&in, 0, ATTEMPTS_MAX);
	return msg_ended(&in) ? 0 : msg_damaged("launch", e);
}

static void
print_figures(struct text *to, const struct figures *f)
{
	msg_i64(to, f->rows_in);
	msg_i64(to, f->bytes_in);
	msg_i64(to, f->rows_out);
	msg_i64(to, f->bytes_out);
	msg_i64(to, f->spilled);
	msg_i64(to, f->cpu_us);
	msg_i64(to, f->ran_us);
	msg_i64(to, f->fetched_local);
	msg_i64(to, f->fetched_remote);
}

static void
get_figures(struct msg *in, struct figures *f)
{
	f->rows_in = msg_get_i64(in);
	f->bytes_in = msg_get_i64(in);
	f->rows_out = msg_get_i64(in);
	f->bytes_out = msg_get_i64(in);
	f->spilled = msg_get_i64(in);
	f->cpu_us = msg_get_i64(in);
	f->ran_us = msg_get_i64(in);
	f->fetched_local = msg_get_i64(in);
	f->fetched_remote = msg_get_i64(in);
}

static void
print_output(struct text *to, const struct done_output *o)
{
	msg_i64(to, o->number);
	msg_u64(to, (uint64_t)o->nfile);
	for (int i = 0; i < o->nfile; i++) {
		msg_cstr(to, o->file[i].name);
		msg_i64(to, o->file[i].rows);
		msg_i64(to, o->file[i].bytes);
		msg_fix64(to, o->file[i].sum);
	}
}

static void
get_output(struct msg *in, struct arena *a, struct done_output *o)
{
	o->number = msg_get_int(in, 0, FILES_MAX);
	o->nfile = msg_get_items(in, 11, FILES_MAX);
	o->file = NEW_N(a, struct output_file, o->nfile + 1);
	for (int i = 0; i < o->nfile && !in->bad; i++) {
		o->file[i].name = msg_get_cstr(in, a);
		o->file[i].rows = msg_get_i64(in);
		o->file[i].bytes = msg_get_i64(in);
		o->file[i].sum = msg_get_fix64(in);
		in->bad |= o->file[i].name == NULL;
	}
}

static void
print_attempt(struct text *to, int job, int stage, int part, int attempt)
{
	msg_i64(to, job);
	msg_i64(to, stage);
	msg_i64(to, part);
	msg_i64(to, attempt);
}

void
done_msg_print(struct text *to, const struct done_msg *m)
{
	print_attempt(to, m->job, m->stage, m->part, m->attempt);
	print_figures(to, &m->figures);
	msg_u64(to, (unsigned)m->has_map | (unsigned)m->has_rows << 1 |
	    (unsigned)m->streamed << 2 | (m->address ? 8u : 0));
	if (m->address)
		msg_cstr(to, m->address);
	if (m->has_map) {
		msg_i64(to, m->map_rows);
		msg_i64(to, m->map_bytes);
		msg_fix64(to, m->rowset);
		msg_u64(to, (uint64_t)m->npart);
		for (int i = 0; i < m->npart; i++) {
			msg_i64(to, m->size[i].rows);
			msg_i64(to, m->size[i].bytes);
		}
	}
	if (m->has_rows) {
		msg_i64(to, m->rows);
		msg_str(to, m->text, m->ntext);
	}
	msg_u64(to, (uint64_t)m->noutput);
	for (int i = 0; i < m->noutput; i++)
		print_output(to, &m->output[i]);
}

static void
get_map(struct msg *in, struct arena *a, struct done_msg *m)
{
	m->map_rows = msg_get_i64(in);
	m->map_bytes = msg_get_i64(in);
	m->rowset = msg_get_fix64(in);
	m->npart = msg_get_items(in, 2, PARTS_MAX);
	m->size = NEW_N(a, struct exchange_size, m->npart + 1);
	for (int i = 0; i < m->npart && !in->bad; i++) {
		m->size[i].rows = msg_get_i64(in);
		m->size[i].bytes = msg_get_i64(in);
	}
}

int
done_msg_parse(struct arena *a, const char *p, size_t n,
    struct done_msg *m, struct err *e)
{
	struct msg in;
	uint64_t flags;

	memset(m, 0, sizeof *m);
	msg_init(&in, p, n);
	get_attempt(&in, &m->job, &m->stage, &m->part, &m->attempt);
	get_figures(&in, &m->figures);
	flags = msg_get_u64(&in);
	m->has_map = flags & 1;
	m->has_rows = flags >> 1 & 1;
	m->streamed = flags >> 2 & 1;
	if (flags >> 3 & 1) {
		m->address = msg_get_cstr(&in, a);
		in.bad |= m->address == NULL;
	}
	if (m->has_map)
		get_map(&in, a, m);
	if (m->has_rows) {
		m->rows = msg_get_i64(&in);
		m->text = msg_get_str(&in, &m->ntext);
	}
	m->noutput = msg_get_items(&in, 2, FILES_MAX);
	m->output = NEW_N(a, struct done_output, m->noutput + 1);
	for (int i = 0; i < m->noutput && !in.bad; i++)
		get_output(&in, a, &m->output[i]);
	return msg_ended(&in) ? 0 : msg_damaged("done", e);
}

void
gone_msg_print(struct text *to, const struct gone_msg *m)
{
	msg_i64(to, m->number);
	msg_i64(to, m->map);
	msg_i64(to, m->attempt);
}

int
gone_msg_parse(const char *p, size_t n, struct gone_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->number = msg_get_int(&in, 1, INT32_MAX);
	m->map = msg_get_int(&in, 0, PARTS_MAX);
	m->attempt = msg_get_int(&in, 0, ATTEMPTS_MAX);
	return msg_ended(&in) ? 0 : msg_damaged("gone", e);
}

void
failed_msg_print(struct text *to, const struct failed_msg *m)
{
	print_attempt(to, m->job, m->stage, m->part, m->attempt);
	msg_i64(to, m->err.kind);
	msg_i64(to, m->err.code);
	msg_i64(to, m->span);
	msg_i64(to, m->nspan);
	msg_str(to, m->err.text, strlen(m->err.text));
	msg_str(to, m->err.hint, strlen(m->err.hint));
	msg_i64(to, m->lost_stage);
	msg_i64(to, m->lost_place);
	msg_i64(to, m->lost_map);
	print_figures(to, &m->figures);
}

/* Copies a string of the message, cut where there is no more room. */
static void
get_text(struct msg *in, char *to, size_t size)
{
	size_t n;
	const char *p = msg_get_str(in, &n);

	n = p == NULL ? 0 : n < size ? n : size - 1;
	if (n)
		memcpy(to, p, n);
	to[n] = '\0';
}

int
failed_msg_parse(const char *p, size_t n, struct failed_msg *m,
    struct err *e)
{
	struct msg in;

	memset(m, 0, sizeof *m);
	msg_init(&in, p, n);
	get_attempt(&in, &m->job, &m->stage, &m->part, &m->attempt);
	m->err.kind = msg_get_int(&in, ERR_BUG, ERR_USER);
	m->err.code = msg_get_int(&in, 0, 255);
	m->span = msg_get_int(&in, -1, INT32_MAX);
	m->nspan = msg_get_int(&in, 0, INT32_MAX);
	get_text(&in, m->err.text, sizeof m->err.text);
	get_text(&in, m->err.hint, sizeof m->err.hint);
	m->lost_stage = msg_get_int(&in, -1, INT32_MAX);
	m->lost_place = msg_get_int(&in, -1, PARTS_MAX);
	m->lost_map = msg_get_int(&in, -1, PARTS_MAX);
	get_figures(&in, &m->figures);
	return msg_ended(&in) ? 0 : msg_damaged("failed", e);
}

void
rows_msg_print(struct text *to, const struct rows_msg *m)
{
	print_attempt(to, m->job, m->stage, m->part, m->attempt);
	msg_str(to, m->p, m->n);
}

int
rows_msg_parse(const char *p, size_t n, struct rows_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	get_attempt(&in, &m->job, &m->stage, &m->part, &m->attempt);
	m->p = msg_get_str(&in, &m->n);
	return msg_ended(&in) ? 0 : msg_damaged("rows", e);
}

void
file_read_msg_print(struct text *to, const struct file_read_msg *m)
{
	msg_u64(to, m->id);
	msg_i64(to, m->job);
	msg_i64(to, m->input);
	msg_i64(to, m->file);
	msg_i64(to, m->at);
	msg_i64(to, m->n);
}

int
file_read_msg_parse(const char *p, size_t n, struct file_read_msg *m,
    struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->id = msg_get_u64(&in);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->input = msg_get_int(&in, 0, INT32_MAX);
	m->file = msg_get_int(&in, 0, INT32_MAX);
	m->at = msg_get_i64(&in);
	m->n = msg_get_int(&in, 0, 16 << 20);
	return msg_ended(&in) && m->at >= 0 ? 0 : msg_damaged("file read", e);
}

void
file_data_msg_print(struct text *to, const struct file_data_msg *m)
{
	msg_u64(to, m->id);
	msg_u64(to, m->failed);
	msg_i64(to, m->code);
	msg_str(to, m->p, m->n);
}

int
file_data_msg_parse(const char *p, size_t n, struct file_data_msg *m,
    struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	m->id = msg_get_u64(&in);
	m->failed = msg_get_u64(&in) != 0;
	m->code = msg_get_int(&in, 0, 255);
	m->p = msg_get_str(&in, &m->n);
	return msg_ended(&in) ? 0 : msg_damaged("file data", e);
}

void
out_data_msg_print(struct text *to, const struct out_data_msg *m)
{
	msg_i64(to, m->job);
	msg_i64(to, m->output);
	msg_i64(to, m->part);
	msg_i64(to, m->attempt);
	msg_cstr(to, m->name);
	msg_i64(to, m->at);
	msg_str(to, m->p, m->n);
}

int
out_data_msg_parse(struct arena *a, const char *p, size_t n,
    struct out_data_msg *m, struct err *e)
{
	struct msg in;

	msg_init(&in, p, n);
	get_attempt(&in, &m->job, &m->output, &m->part, &m->attempt);
	m->name = msg_get_cstr(&in, a);
	m->at = msg_get_i64(&in);
	m->p = msg_get_str(&in, &m->n);
	return msg_ended(&in) && m->name && m->at >= 0 ? 0 :
	    msg_damaged("output data", e);
}
