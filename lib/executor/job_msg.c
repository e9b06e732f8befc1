/*
 * job_msg -- see job_msg.h.
 */
#include "executor/job_msg.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/msg.h"

enum {
	FILES_MAX = 1 << 26,
	INPUTS_MAX = 1 << 16,
	KEYS_MAX = 1 << 10,
	OPTIONS_MAX = 1 << 10,
};

void
setup_msg_print(struct text *to, const struct setup_msg *m)
{
	msg_cstr(to, m->app);
	msg_i64(to, m->number);
	msg_i64(to, m->cores);
	msg_i64(to, m->memory);
	msg_i64(to, m->max_record);
	msg_cstr(to, m->scratch);
	msg_cstr(to, m->zone);
	msg_cstr(to, m->user);
	msg_i64(to, m->now_us);
	msg_fix64(to, m->seed);
	msg_u64(to, (unsigned)m->force_spill | (unsigned)m->serve << 1 |
	    (unsigned)m->compress << 2 | (unsigned)m->direct << 3 |
	    (unsigned)m->pack << 4);
	msg_fix64(to, m->chaos);
	msg_i64(to, m->lease_ms);
	msg_i64(to, m->kept_limit);
	msg_i64(to, m->kept_floor);
	msg_str(to, (const char *)m->key, APP_KEY_BYTES);
}

int
setup_msg_parse(struct arena *a, const char *p, size_t n,
    struct setup_msg *m, struct err *e)
{
	struct msg in;
	uint64_t flags;
	size_t nkey;

	memset(m, 0, sizeof *m);
	msg_init(&in, p, n);
	m->app = msg_get_cstr(&in, a);
	m->number = msg_get_int(&in, 0, INT32_MAX);
	m->cores = msg_get_int(&in, 0, 1 << 16);
	m->memory = msg_get_i64(&in);
	m->max_record = msg_get_i64(&in);
	m->scratch = msg_get_cstr(&in, a);
	m->zone = msg_get_cstr(&in, a);
	m->user = msg_get_cstr(&in, a);
	m->now_us = msg_get_i64(&in);
	m->seed = msg_get_fix64(&in);
	flags = msg_get_u64(&in);
	m->force_spill = flags & 1;
	m->serve = flags >> 1 & 1;
	m->compress = flags >> 2 & 1;
	m->direct = flags >> 3 & 1;
	m->pack = flags >> 4 & 1;
	m->chaos = msg_get_fix64(&in);
	m->lease_ms = msg_get_i64(&in);
	m->kept_limit = msg_get_int(&in, 0, 1000);
	m->kept_floor = msg_get_int(&in, 0, 1000);
	m->key = (const unsigned char *)msg_get_str(&in, &nkey);
	if (!msg_ended(&in) || nkey != APP_KEY_BYTES || !m->app ||
	    !m->scratch || !m->zone || !m->user || m->memory < 0 ||
	    m->lease_ms < 0)
		return msg_damaged("setup", e);
	m->key = (unsigned char *)arena_memdup(a, (const char *)m->key, nkey);
	return 0;
}

static void
print_options(struct text *to, const struct option_list *o)
{
	msg_u64(to, (uint64_t)o->n);
	for (int i = 0; i < o->n; i++) {
		msg_cstr(to, o->v[i].key);
		msg_cstr(to, o->v[i].value);
	}
}

static void
parse_options(struct msg *in, struct arena *a, struct option_list *o)
{
	o->n = msg_get_items(in, 2, OPTIONS_MAX);
	o->v = arena_alloc(a, sizeof *o->v * ((size_t)o->n + 1));
	for (int i = 0; i < o->n && !in->bad; i++) {
		o->v[i].key = msg_get_cstr(in, a);
		o->v[i].value = msg_get_cstr(in, a);
		in->bad |= !o->v[i].key || !o->v[i].value;
	}
}

/* Values of partition columns: whole numbers, dates, strings. */
static void
print_key(struct text *to, const struct datum *d)
{
	msg_u64(to, d->null);
	if (d->null)
		return;
	if (d->type->kind == TYPE_STR)
		msg_str(to, d->s.p, d->s.n);
	else
		msg_i64(to, d->i);
}

static void
parse_key(struct msg *in, struct arena *a, const struct type *t,
    struct datum *d)
{
	const char *p;
	size_t n;

	memset(d, 0, sizeof *d);
	d->type = t;
	d->null = msg_get_u64(in) != 0;
	if (d->null)
		return;
	if (t->kind != TYPE_STR) {
		d->i = msg_get_i64(in);
		return;
	}
	p = msg_get_str(in, &n);
	d->s.p = arena_memdup(a, p ? p : "", p ? n : 0);
	d->s.n = p ? n : 0;
}

static void
print_input(struct text *to, const struct input *in)
{
	int nkey = in->key ? in->key->ncol : 0;

	msg_u64(to, (uint64_t)nkey);
	for (int k = 0; k < nkey; k++) {
		msg_cstr(to, in->key->col[k].name);
		msg_u64(to, (uint64_t)in->key->col[k].type->kind);
	}
	msg_u64(to, (uint64_t)in->nfile);
	for (int i = 0; i < in->nfile; i++) {
		const struct input_file *f = &in->file_v[i];

		msg_cstr(to, f->path);
		msg_cstr(to, f->member);
		msg_i64(to, f->size);
		msg_i64(to, f->mtime_ns);
		msg_u64(to, f->inode);
		msg_u64(to, f->splits);
		for (int k = 0; k < nkey; k++)
			print_key(to, &f->key[k]);
	}
}

static const struct type *
key_type(uint64_t kind)
{
	return kind == TYPE_STR ? TYPE(STR) : kind == TYPE_I64 ? TYPE(I64) :
	    kind == TYPE_DATE ? TYPE(DATE) : NULL;
}

static void
parse_file(struct msg *in, struct arena *a, const struct schema *key,
    struct input_file *f)
{
	f->path = msg_get_cstr(in, a);
	f->member = msg_get_cstr(in, a);
	f->size = msg_get_i64(in);
	f->mtime_ns = msg_get_i64(in);
	f->inode = msg_get_u64(in);
	f->splits = msg_get_u64(in) != 0;
	in->bad |= f->path == NULL || f->size < -1;
	f->key = NEW_N(a, struct datum, key->ncol + 1);
	for (int k = 0; k < key->ncol && !in->bad; k++)
		parse_key(in, a, key->col[k].type, &f->key[k]);
}

static void
parse_input(struct msg *in, struct arena *a, struct input *to)
{
	int nkey = msg_get_items(in, 2, KEYS_MAX);

	to->key = schema_new(a, nkey);
	for (int k = 0; k < nkey && !in->bad; k++) {
		const char *name = msg_get_cstr(in, a);
		const struct type *t = key_type(msg_get_u64(in));

		in->bad |= name == NULL || t == NULL;
		to->key->col[k] = (struct field){ name, t, true, 0 };
	}
	to->nfile = msg_get_items(in, 6, FILES_MAX);
	to->file_v = NEW_N(a, struct input_file, to->nfile + 1);
	for (int i = 0; i < to->nfile && !in->bad; i++) {
		int64_t size;

		parse_file(in, a, to->key, &to->file_v[i]);
		size = to->file_v[i].size;
		if (to->size < 0 || size < 0)
			to->size = -1;
		else
			in->bad |= __builtin_add_overflow(to->size, size,
			    &to->size);
	}
}

void
job_msg_print(struct text *to, const struct job_msg *m)
{
	msg_i64(to, m->job);
	msg_str(to, m->plan, m->nplan);
	msg_i64(to, m->conf.shuffle_partitions);
	msg_i64(to, m->conf.broadcast_bytes);
	msg_i64(to, m->conf.split_bytes);
	msg_i64(to, m->conf.open_cost);
	msg_i64(to, m->conf.memory);
	msg_fix64(to, m->conf.chaos);
	msg_i64(to, m->first_output);
	msg_cstr(to, m->stdout_format);
	print_options(to, &m->stdout_options);
	msg_u64(to, (uint64_t)m->ninput);
	for (int i = 0; i < m->ninput; i++)
		print_input(to, &m->input[i]);
	msg_u64(to, (uint64_t)m->noutput);
	for (int i = 0; i < m->noutput; i++) {
		const struct job_output *o = &m->output[i];

		msg_i64(to, o->number);
		msg_cstr(to, o->staging);
		msg_cstr(to, o->extension);
		msg_u64(to, o->inode);
		msg_i64(to, o->mtime_ns);
	}
}

static void
parse_output(struct msg *in, struct arena *a, struct job_output *o)
{
	o->number = msg_get_int(in, 0, INPUTS_MAX);
	o->staging = msg_get_cstr(in, a);
	o->extension = msg_get_cstr(in, a);
	o->inode = msg_get_u64(in);
	o->mtime_ns = msg_get_i64(in);
	in->bad |= !o->staging || !o->extension;
}

int
job_msg_parse(struct arena *a, const char *p, size_t n,
    struct job_msg *m, struct err *e)
{
	struct msg in;

	memset(m, 0, sizeof *m);
	msg_init(&in, p, n);
	m->job = msg_get_int(&in, 1, INT32_MAX);
	m->plan = msg_get_str(&in, &m->nplan);
	m->conf.shuffle_partitions = msg_get_int(&in, 0, INT32_MAX);
	m->conf.broadcast_bytes = msg_get_i64(&in);
	m->conf.split_bytes = msg_get_i64(&in);
	m->conf.open_cost = msg_get_i64(&in);
	m->conf.memory = msg_get_i64(&in);
	m->conf.chaos = msg_get_fix64(&in);
	m->first_output = msg_get_int(&in, 0, INPUTS_MAX);
	m->stdout_format = msg_get_cstr(&in, a);
	parse_options(&in, a, &m->stdout_options);
	m->ninput = msg_get_items(&in, 2, INPUTS_MAX);
	m->input = NEW_N(a, struct input, m->ninput + 1);
	for (int i = 0; i < m->ninput && !in.bad; i++)
		parse_input(&in, a, &m->input[i]);
	m->noutput = msg_get_items(&in, 5, INPUTS_MAX);
	m->output = NEW_N(a, struct job_output, m->noutput + 1);
	for (int i = 0; i < m->noutput && !in.bad; i++)
		parse_output(&in, a, &m->output[i]);
	if (!msg_ended(&in) || m->plan == NULL || m->stdout_format == NULL)
		return msg_damaged("job", e);
	m->plan = arena_memdup(a, m->plan, m->nplan);
	return 0;
}
