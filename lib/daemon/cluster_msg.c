/*
 * cluster_msg -- see cluster_msg.h.  Fields in the order of the structs.
 */
#include "daemon/cluster_msg.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "net/msg.h"

enum {
	CORES_MAX = 1 << 16,
	MEMORY_MAX_MB = 1 << 30,
	EXECS_MAX = 1 << 16,
};

static int
bad_message(struct err *e, const char *what)
{
	return err_user(e, EXIT_PROTOCOL, "this is no %s message", what);
}

/* A string into an array of size bytes; too long, or with a control byte in
 * it, is bad. */
static void
get_name(struct msg *m, char *to, size_t size)
{
	size_t n;
	const char *s = msg_get_str(m, &n);

	*to = '\0';
	if (!s)
		return;
	if (n >= size)
		m->bad = true;
	for (size_t i = 0; i < n && !m->bad; i++)
		if ((unsigned char)s[i] < ' ')
			m->bad = true;
	if (m->bad)
		return;
	memcpy(to, s, n);
	to[n] = '\0';
}

/* The same for text of several lines. */
static void
get_text(struct msg *m, char *to, size_t size)
{
	size_t n;
	const char *s = msg_get_str(m, &n);

	*to = '\0';
	if (!s)
		return;
	if (n >= size || memchr(s, '\0', n)) {
		m->bad = true;
		return;
	}
	memcpy(to, s, n);
	to[n] = '\0';
}

static void
put_name(struct text *to, const char *s)
{
	msg_str(to, s, strlen(s));
}

/* Names that become file names hold letters, digits, '-', '_' and '.'. */
static void
get_id(struct msg *m, char *to, size_t size)
{
	get_name(m, to, size);
	if (*to == '.')
		m->bad = true;
	for (const char *s = to; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		    (*s >= '0' && *s <= '9') || strchr("-_.", *s)))
			m->bad = true;
}

static int64_t
get_mb(struct msg *m)
{
	return msg_get_int(m, 0, MEMORY_MAX_MB);
}

static void
name_put(struct text *to, const struct exec_name *name)
{
	put_name(to, name->app);
	msg_i64(to, name->num);
}

static void
name_get(struct msg *m, struct exec_name *name)
{
	get_id(m, name->app, sizeof name->app);
	name->num = msg_get_int(m, 0, 1 << 30);
	if (!*name->app)
		m->bad = true;
}

static void
report_put(struct text *to, const struct exec_report *r)
{
	name_put(to, &r->name);
	msg_i64(to, r->state);
	msg_i64(to, r->cores);
	msg_i64(to, r->memory_mb);
	msg_i64(to, r->status);
	put_name(to, r->why);
}

static void
report_get(struct msg *m, struct exec_report *r)
{
	name_get(m, &r->name);
	r->state = (enum exec_state)msg_get_int(m, 0, EXEC_GONE);
	r->cores = msg_get_int(m, 0, CORES_MAX);
	r->memory_mb = get_mb(m);
	r->status = msg_get_int(m, 0, 1 << 16);
	get_text(m, r->why, sizeof r->why);
}

void
worker_hello_print(struct text *to, const struct worker_hello *h)
{
	put_name(to, h->id);
	put_name(to, h->host);
	put_name(to, h->address);
	put_name(to, h->version);
	msg_i64(to, h->cores);
	msg_i64(to, h->memory_mb);
	msg_u64(to, (uint64_t)h->nexec);
	for (int i = 0; i < h->nexec; i++)
		report_put(to, &h->exec[i]);
	msg_u64(to, (uint64_t)h->ndriver);
	for (int i = 0; i < h->ndriver; i++) {
		put_name(to, h->driver[i].id);
		msg_i64(to, h->driver[i].cores);
		msg_i64(to, h->driver[i].memory_mb);
	}
	msg_u64(to, (uint64_t)h->napp);
	for (int i = 0; i < h->napp; i++)
		put_name(to, h->app[i]);
	msg_i64(to, h->epoch);
}

static void
get_drivers(struct msg *m, struct worker_hello *h, struct arena *a)
{
	struct driver_lease *v;

	h->ndriver = msg_get_items(m, 3, EXECS_MAX);
	h->driver = v = NEW_N(a, struct driver_lease, h->ndriver + 1);
	for (int i = 0; i < h->ndriver && !m->bad; i++) {
		get_id(m, v[i].id, sizeof v[i].id);
		v[i].cores = msg_get_int(m, 0, CORES_MAX);
		v[i].memory_mb = get_mb(m);
	}
}

int
worker_hello_parse(const char *p, size_t n, struct worker_hello *h,
    struct arena *a, struct err *e)
{
	struct msg m;
	struct exec_report *x;
	char (*app)[ID_SIZE];

	memset(h, 0, sizeof *h);
	msg_init(&m, p, n);
	get_id(&m, h->id, sizeof h->id);
	get_name(&m, h->host, sizeof h->host);
	get_name(&m, h->address, sizeof h->address);
	get_name(&m, h->version, sizeof h->version);
	h->cores = msg_get_int(&m, 1, CORES_MAX);
	h->memory_mb = get_mb(&m);
	h->nexec = msg_get_items(&m, 7, EXECS_MAX);
	if (m.bad)
		return bad_message(e, "WORKER_REGISTER");
	h->exec = x = NEW_N(a, struct exec_report, h->nexec + 1);
	for (int i = 0; i < h->nexec && !m.bad; i++)
		report_get(&m, &x[i]);
	get_drivers(&m, h, a);
	h->napp = msg_get_items(&m, 1, EXECS_MAX);
	if (m.bad)
		return bad_message(e, "WORKER_REGISTER");
	app = arena_alloc(a, ((size_t)h->napp + 1) * ID_SIZE);
	h->app = (const char (*)[ID_SIZE])app;
	for (int i = 0; i < h->napp && !m.bad; i++)
		get_id(&m, app[i], ID_SIZE);
	h->epoch = msg_get_i64(&m);
	if (h->epoch < 0 || h->epoch > EPOCH_MAX)
		m.bad = true;
	if (!msg_ended(&m) || !*h->id)
		return bad_message(e, "WORKER_REGISTER");
	return 0;
}

void
exec_report_print(struct text *to, const struct exec_report *r)
{
	report_put(to, r);
}

int
exec_report_parse(const char *p, size_t n, struct exec_report *r,
    struct err *e)
{
	struct msg m;

	memset(r, 0, sizeof *r);
	msg_init(&m, p, n);
	report_get(&m, r);
	return msg_ended(&m) ? 0 : bad_message(e, "WORKER_REPORT");
}

void
start_print(struct text *to, const struct order *o)
{
	name_put(to, &o->exec);
	msg_i64(to, o->cores);
	msg_i64(to, o->memory_mb);
	put_name(to, o->app->name);
	put_name(to, o->app->driver);
	msg_i64(to, o->app->overhead_mb);
	msg_str(to, (const char *)o->app->key, sizeof o->app->key);
}

static void
get_key(struct msg *m, unsigned char key[APP_KEY_SIZE])
{
	size_t n;
	const char *s = msg_get_str(m, &n);

	if (s && n == APP_KEY_SIZE)
		memcpy(key, s, APP_KEY_SIZE);
	else
		m->bad = true;
}

int
start_parse(const char *p, size_t n, struct order *o, struct app_hello *app,
    struct err *e)
{
	struct msg m;

	memset(o, 0, sizeof *o);
	memset(app, 0, sizeof *app);
	msg_init(&m, p, n);
	name_get(&m, &o->exec);
	o->kind = ORDER_START;
	o->cores = msg_get_int(&m, 1, CORES_MAX);
	o->memory_mb = get_mb(&m);
	get_name(&m, app->name, sizeof app->name);
	get_name(&m, app->driver, sizeof app->driver);
	app->overhead_mb = get_mb(&m);
	get_key(&m, app->key);
	o->app = app;
	return msg_ended(&m) ? 0 : bad_message(e, "WORKER_START");
}

void
exec_name_print(struct text *to, const struct exec_name *name)
{
	name_put(to, name);
}

int
exec_name_parse(const char *p, size_t n, struct exec_name *name,
    struct err *e)
{
	struct msg m;

	memset(name, 0, sizeof *name);
	msg_init(&m, p, n);
	name_get(&m, name);
	return msg_ended(&m) ? 0 : bad_message(e, "WORKER_STOP");
}

void
app_hello_print(struct text *to, const struct app_hello *h)
{
	msg_fix64(to, h->token);
	put_name(to, h->id);
	put_name(to, h->name);
	put_name(to, h->user);
	put_name(to, h->driver);
	msg_str(to, (const char *)h->key, sizeof h->key);
	msg_i64(to, h->cores_max);
	msg_i64(to, h->cores);
	msg_i64(to, h->memory_mb);
	msg_i64(to, h->overhead_mb);
	msg_i64(to, h->instances);
	msg_i64(to, h->weight);
	msg_u64(to, (uint64_t)h->nexec);
	for (int i = 0; i < h->nexec; i++)
		msg_i64(to, h->exec[i]);
}

int
app_hello_parse(const char *p, size_t n, struct app_hello *h,
    struct arena *a, struct err *e)
{
	struct msg m;
	int *exec;

	memset(h, 0, sizeof *h);
	msg_init(&m, p, n);
	h->token = msg_get_fix64(&m);
	get_id(&m, h->id, sizeof h->id);
	get_name(&m, h->name, sizeof h->name);
	get_name(&m, h->user, sizeof h->user);
	get_name(&m, h->driver, sizeof h->driver);
	get_key(&m, h->key);
	h->cores_max = msg_get_int(&m, 0, 1 << 30);
	h->cores = msg_get_int(&m, 0, CORES_MAX);
	h->memory_mb = get_mb(&m);
	h->overhead_mb = get_mb(&m);
	h->instances = msg_get_int(&m, 0, 1 << 30);
	h->weight = msg_get_int(&m, 1, 1000);
	h->nexec = msg_get_items(&m, 1, EXECS_MAX);
	if (m.bad)
		return bad_message(e, "APP_REGISTER");
	h->exec = exec = NEW_N(a, int, h->nexec + 1);
	for (int i = 0; i < h->nexec; i++)
		exec[i] = msg_get_int(&m, 0, 1 << 30);
	return msg_ended(&m) ? 0 : bad_message(e, "APP_REGISTER");
}

void
exec_up_print(struct text *to, const struct order *o)
{
	msg_i64(to, o->exec.num);
	msg_i64(to, o->cores);
	msg_i64(to, o->memory_mb);
	put_name(to, o->worker->id);
	put_name(to, o->worker->host);
	put_name(to, o->worker->address);
}

int
exec_up_parse(const char *p, size_t n, struct order *o,
    struct worker_hello *w, struct err *e)
{
	struct msg m;

	memset(o, 0, sizeof *o);
	memset(w, 0, sizeof *w);
	msg_init(&m, p, n);
	o->kind = ORDER_EXEC_UP;
	o->exec.num = msg_get_int(&m, 0, 1 << 30);
	o->cores = msg_get_int(&m, 1, CORES_MAX);
	o->memory_mb = get_mb(&m);
	get_id(&m, w->id, sizeof w->id);
	get_name(&m, w->host, sizeof w->host);
	get_name(&m, w->address, sizeof w->address);
	o->worker = w;
	return msg_ended(&m) ? 0 : bad_message(e, "APP_EXEC_UP");
}

void
brief_print(struct text *to, int64_t n, int64_t more, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	msg_i64(to, n);
	msg_i64(to, more);
	msg_str(to, text ? text : "", len < BRIEF_TEXT ? len : BRIEF_TEXT);
}

int
brief_parse(const char *p, size_t n, struct brief *b, struct arena *a,
    struct err *e)
{
	struct msg m;
	const char *s;
	size_t len;

	memset(b, 0, sizeof *b);
	msg_init(&m, p, n);
	b->n = msg_get_i64(&m);
	b->more = msg_get_i64(&m);
	s = msg_get_str(&m, &len);
	if (!msg_ended(&m) || len > BRIEF_TEXT || memchr(s, '\0', len))
		return bad_message(e, "brief");
	b->text = arena_memdup(a, s, len);
	return 0;
}

void
ask_print(struct text *to, const struct ask *q)
{
	msg_i64(to, q->kind);
	msg_i64(to, q->json != 0);
	put_name(to, q->id ? q->id : "");
}

int
ask_parse(const char *p, size_t n, struct ask *q, struct arena *a,
    struct err *e)
{
	char id[ID_SIZE];
	struct msg m;

	memset(q, 0, sizeof *q);
	msg_init(&m, p, n);
	q->kind = (enum ask_kind)msg_get_int(&m, 0, ASK_KINDS - 1);
	q->json = msg_get_int(&m, 0, 1);
	get_id(&m, id, sizeof id);
	if (!msg_ended(&m))
		return bad_message(e, "ASK");
	q->id = arena_strdup(a, id);
	return 0;
}
