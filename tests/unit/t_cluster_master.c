/*
 * t_cluster_master -- the master alone: placing, sharing, taking back,
 * refusing, losing and coming back.
 */
#include <stdlib.h>


#include "base/err.h"
#include "base/text.h"
#include "cluster/master.h"
#include "cluster/master_records.h"
#include "cluster/record.h"
#include "tap.h"

struct bench {
	struct master *m;
	struct orders out;
	struct text journal;
	int64_t now;
	struct err e;
};

static void
bench_open(struct bench *b, const struct master_conf *conf)
{
	memset(b, 0, sizeof *b);
	b->m = master_new(conf);
	b->now = 1000;
	master_start(b->m, 0, b->now, &b->journal);
}

static void
bench_close(struct bench *b)
{
	master_free(b->m);
	orders_release(&b->out);
	text_release(&b->journal);
}

static int
event(struct bench *b, struct master_event ev)
{
	int r;

	ev.now_ms = b->now;
	orders_clear(&b->out);
	memset(&b->e, 0, sizeof b->e);
	r = master_event(b->m, &ev, &b->out, &b->journal, &b->e);
	master_check(b->m);
	return r;
}

static void
worker_comes(struct bench *b, int link, const char *id, int cores,
    int64_t mb, const struct exec_report *run, int nrun)
{
	struct worker_hello h = { .cores = cores, .memory_mb = mb,
		.nexec = nrun, .exec = run };

	snprintf(h.id, sizeof h.id, "%s", id);
	snprintf(h.host, sizeof h.host, "host-%s", id);
	event(b, (struct master_event){ .kind = MASTER_WORKER_REGISTER,
		.link = link, .worker = &h });
}

static struct app_hello
ask(uint64_t token, int max, int cores, int64_t mb)
{
	struct app_hello h = { .token = token, .cores_max = max,
		.cores = cores, .memory_mb = mb, .weight = 1 };

	snprintf(h.name, sizeof h.name, "app %d", (int)token);
	return h;
}

static void
app_comes(struct bench *b, int link, const struct app_hello *h)
{
	event(b, (struct master_event){ .kind = MASTER_APP_REGISTER,
		.link = link, .app = h });
}

static int
count(const struct bench *b, enum order_kind kind, int link)
{
	int n = 0;

	for (int i = 0; i < b->out.n; i++)
		n += b->out.v[i].kind == kind &&
		    (link < 0 || b->out.v[i].link == link);
	return n;
}

static const struct order *
order(const struct bench *b, enum order_kind kind)
{
	for (int i = 0; i < b->out.n; i++)
		if (b->out.v[i].kind == kind)
			return &b->out.v[i];
	return NULL;
}

static void
gone(struct bench *b, int link, const struct exec_name *name, int status,
    const char *why)
{
	struct exec_report r = { .name = *name, .state = EXEC_GONE,
		.status = status };

	snprintf(r.why, sizeof r.why, "%s", why);
	event(b, (struct master_event){ .kind = MASTER_WORKER_REPORT,
		.link = link, .report = &r });
}

static void
test_places(void)
{
	struct bench b;
	struct app_hello h = ask(7, 4, 1, 100);

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	worker_comes(&b, 2, "b", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	is_int(count(&b, ORDER_START, 1), 2, "spread: two executors on a");
	is_int(count(&b, ORDER_START, 2), 2, "and two on b");
	is_int(count(&b, ORDER_EXEC_UP, 10), 4, "the driver hears of each");
	ok(order(&b, ORDER_APP_WELCOME) != NULL, "it is welcome");
	bench_close(&b);

	bench_open(&b, &(struct master_conf){ .pack = 1 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	worker_comes(&b, 2, "b", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	ok(count(&b, ORDER_START, 1) == 4 || count(&b, ORDER_START, 2) == 4,
	    "pack: all four on one");
	bench_close(&b);
}

static void
test_refuses(void)
{
	struct bench b;
	struct app_hello big = ask(1, 0, 9, 100), fat = ask(2, 0, 1, 5000);
	struct app_hello odd = ask(3, 2, 3, 100);

	bench_open(&b, &(struct master_conf){ 0 });
	app_comes(&b, 9, &big);
	ok(order(&b, ORDER_REFUSE) == NULL, "no workers yet: it waits");
	bench_close(&b);

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	app_comes(&b, 10, &big);
	ok(order(&b, ORDER_REFUSE) && strstr(order(&b, ORDER_REFUSE)->text,
	    "host-a, has 4 cores"), "too many cores: the largest is named");
	app_comes(&b, 11, &fat);
	ok(order(&b, ORDER_REFUSE) != NULL, "too much memory");
	app_comes(&b, 12, &odd);
	ok(order(&b, ORDER_REFUSE) != NULL, "larger than its own limit");
	bench_close(&b);
}

static void
test_shares(void)
{
	struct bench b;
	struct app_hello h1 = ask(1, 0, 1, 10), h2 = ask(2, 0, 1, 10);
	struct exec_name name;

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h1);
	is_int(count(&b, ORDER_START, 1), 4, "alone it gets all");
	app_comes(&b, 11, &h2);
	is_int(count(&b, ORDER_EXEC_REVOKED, 10), 1, "the second gets a place");
	name = order(&b, ORDER_EXEC_REVOKED)->exec;
	event(&b, (struct master_event){ .kind = MASTER_APP_RELEASE,
		.link = 10, .n = name.num });
	is_int(count(&b, ORDER_STOP, 1), 1, "which is emptied and stopped");
	gone(&b, 1, &name, 0, "");
	is_int(count(&b, ORDER_EXEC_UP, 11), 1, "and then is the second's");
	is_int(count(&b, ORDER_EXEC_REVOKED, 10), 1, "another one is wanted");
	b.now += REVOKE_MS;
	event(&b, (struct master_event){ .kind = MASTER_APP_RENEW,
		.link = 10 });
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_STOP, 1), 1, "a driver that keeps it loses it");
	name = order(&b, ORDER_STOP)->exec;
	gone(&b, 1, &name, 137, "");
	is_int(count(&b, ORDER_EXEC_UP, 11), 1, "two each");
	is_int(count(&b, ORDER_EXEC_REVOKED, -1), 0, "and no more");
	bench_close(&b);

	bench_open(&b, &(struct master_conf){ .fifo = 1 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h1);
	app_comes(&b, 11, &h2);
	is_int(count(&b, ORDER_EXEC_REVOKED, 10), 0, "FIFO takes nothing back");
	event(&b, (struct master_event){ .kind = MASTER_APP_END, .link = 10 });
	is_int(count(&b, ORDER_STOP, 1), 4, "the end of the first stops it");
	name = order(&b, ORDER_STOP)->exec;
	gone(&b, 1, &name, 0, "");
	is_int(count(&b, ORDER_EXEC_UP, 11), 1, "what is gone is given on");
	bench_close(&b);
}

static void
test_weights(void)
{
	struct bench b;
	struct app_hello h1 = ask(1, 0, 1, 10), h2 = ask(2, 0, 1, 10);

	h2.weight = 3;
	bench_open(&b, &(struct master_conf){ 0 });
	app_comes(&b, 10, &h1);
	app_comes(&b, 11, &h2);
	worker_comes(&b, 1, "a", 8, 1000, NULL, 0);
	is_int(count(&b, ORDER_EXEC_UP, 10), 2, "weight 1 of 4: 2 of 8 cores");
	is_int(count(&b, ORDER_EXEC_UP, 11), 6, "weight 3 of 4: 6 of 8 cores");
	bench_close(&b);
}

static void
test_failures(void)
{
	struct bench b;
	struct app_hello h = ask(1, 1, 1, 10);
	struct exec_name name;
	int n = 0;

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	while (n < 100 && !order(&b, ORDER_REFUSE)) {
		if (order(&b, ORDER_START)) {
			name = order(&b, ORDER_START)->exec;
			gone(&b, 1, &name, 127, "no such file");
			n++;
			continue;
		}
		b.now += 500;
		event(&b, (struct master_event){ .kind = MASTER_WORKER_RENEW,
			.link = 1 });
		event(&b, (struct master_event){ .kind = MASTER_APP_RENEW,
			.link = 10 });
		event(&b, (struct master_event){ .kind = MASTER_TICK });
	}
	is_int(n, START_TRIES, "bad starts are bounded");
	ok(order(&b, ORDER_REFUSE) && strstr(order(&b, ORDER_REFUSE)->text,
	    "no such file"), "and the last one is told");
	bench_close(&b);
}

static void
test_losses(void)
{
	struct bench b;
	struct app_hello h = ask(1, 2, 1, 10);

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 2, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	event(&b, (struct master_event){ .kind = MASTER_LINK_DOWN, .link = 1 });
	worker_comes(&b, 2, "b", 2, 1000, NULL, 0);
	is_int(count(&b, ORDER_START, 2), 0, "nothing is lost yet");
	b.now += WORKER_GRACE_MS;
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_EXEC_LOST, 10), 2, "a closed link is noticed");
	is_int(count(&b, ORDER_START, 2), 2, "and replaced");
	b.now += LEASE_MASTER_MS;
	event(&b, (struct master_event){ .kind = MASTER_APP_RENEW,
		.link = 10 });
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_DROP, 2), 1, "a silent worker is dropped");
	event(&b, (struct master_event){ .kind = MASTER_LINK_DOWN,
		.link = 10 });
	b.now += DRIVER_GRACE_MS;
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	app_comes(&b, 12, &h);
	ok(order(&b, ORDER_REFUSE) != NULL, "a driver that was given up is "
	    "told so");
	bench_close(&b);
}

static void
test_restart(void)
{
	struct bench b, c;
	struct app_hello h = ask(1, 2, 1, 10);
	struct text was = { 0 }, is = { 0 };
	struct exec_report run[2] = { 0 };
	int known[] = { 0, 5 };

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 4, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	memcpy(run[0].name.app, order(&b, ORDER_APP_WELCOME)->text, 17);
	run[1] = run[0];
	run[1].name.num = 9;
	run[0].cores = run[1].cores = 1;
	run[0].state = run[1].state = EXEC_RUNNING;
	master_dump(b.m, &was);

	memset(&c, 0, sizeof c);
	c.m = master_new(&(struct master_conf){ 0 });
	c.now = 50;
	ok(master_replay(c.m, b.journal.p, b.journal.n, &c.e) == 0,
	    "the journal is read back");
	master_dump(c.m, &is);
	is_str(text_str(&is), text_str(&was), "and says the same");
	master_start(c.m, 0, c.now, &c.journal);
	worker_comes(&c, 1, "a", 4, 1000, run, 2);
	is_int(count(&c, ORDER_STOP, 1), 1, "what nobody wants is stopped");
	h.exec = known;
	h.nexec = 2;
	app_comes(&c, 10, &h);
	is_int(count(&c, ORDER_EXEC_LOST, 10), 1, "the driver hears what is not");
	is_int(count(&c, ORDER_START, 1), 1, "a lost executor is replaced");
	is_int(order(&c, ORDER_START)->exec.num, 2, "under a new number");
	b.journal.p[b.journal.n / 2] ^= 1;
	ok(master_replay(c.m, b.journal.p, b.journal.n, &c.e) < 0,
	    "a damaged journal is noticed");
	text_release(&was);
	text_release(&is);
	bench_close(&b);
	bench_close(&c);
}

static void
test_commands(void)
{
	struct bench b;
	struct app_hello h = ask(1, 2, 1, 10);
	struct text t = { 0 };

	bench_open(&b, &(struct master_conf){ 0 });
	worker_comes(&b, 1, "a", 2, 1000, NULL, 0);
	app_comes(&b, 10, &h);
	ok(event(&b, (struct master_event){ .kind = MASTER_DRAIN, .id = "x",
	    .n = 1 }) < 0, "no such worker");
	event(&b, (struct master_event){ .kind = MASTER_DRAIN, .id = "a",
	    .n = 1 });
	is_int(count(&b, ORDER_EXEC_REVOKED, 10), 2, "drained: both revoked");
	master_show(b.m, VIEW_STATUS, FORM_JSON, 0, 0, &t);
	ok(strstr(t.p, "\"state\":\"draining\""), "it shows");
	ok(event(&b, (struct master_event){ .kind = MASTER_KILL_APP,
	    .id = "app-0001-00000001" }) == 0, "killed");
	is_int(count(&b, ORDER_REFUSE, 10), 1, "the driver is told");
	is_int(count(&b, ORDER_FORGET_APP, 1), 1, "its files are removed");
	ok(event(&b, (struct master_event){ .kind = MASTER_KILL_APP,
	    .id = "app-0001-00000001" }) < 0, "once");
	text_release(&t);
	bench_close(&b);
}

/* Executors that another master began: the worker comes first, the driver
 * first, one of them never. */
static void
test_adopts(void)
{
	struct bench b;
	struct app_hello h = ask(5, 0, 1, 100);
	struct exec_report run[2] = { 0 };
	int known[] = { 3, 4, 6 };

	bench_open(&b, &(struct master_conf){ .several = 1 });
	memcpy(h.id, "app-0009-x", 11);
	memcpy(run[0].name.app, h.id, sizeof h.id);
	run[0].state = EXEC_RUNNING;
	run[0].cores = 1;
	run[1] = run[0];
	run[0].name.num = 3;
	run[1].name.num = 7;
	worker_comes(&b, 1, "a", 4, 1000, run, 2);
	is_int(count(&b, ORDER_STOP, 1), 0, "unknown executors wait");
	h.exec = known;
	h.nexec = 3;
	app_comes(&b, 10, &h);
	is_str(order(&b, ORDER_APP_WELCOME)->text, h.id, "keeps its name");
	is_int(count(&b, ORDER_STOP, 1), 1, "one that its driver left ends");
	is_int(count(&b, ORDER_START, 1), 0, "no more while some are missing");
	is_int(count(&b, ORDER_EXEC_LOST, 10), 0, "and none is lost yet");
	run[0].name.num = 4;
	worker_comes(&b, 2, "b", 1, 1000, run, 1);
	is_int(count(&b, ORDER_STOP, 2), 0, "one that it knows stays");
	b.now += ADOPT_MS;
	event(&b, (struct master_event){ .kind = MASTER_WORKER_RENEW,
	    .link = 1 });
	event(&b, (struct master_event){ .kind = MASTER_APP_RENEW,
	    .link = 10 });
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_EXEC_LOST, 10), 2, "what nobody has is lost, "
	    "and what was on a silent worker");
	ok(order(&b, ORDER_START)->exec.num >= ADOPT_NUMBERS,
	    "new numbers are beyond the old");
	worker_comes(&b, 3, "c", 1, 1000, run, 0);
	memcpy(run[0].name.app, "app-0009-y", 11);
	worker_comes(&b, 4, "d", 1, 1000, run, 1);
	b.now += ADOPT_MS - 1;
	for (int i = 3; i <= 4; i++)
		event(&b, (struct master_event){
		    .kind = MASTER_WORKER_RENEW, .link = i });
	event(&b, (struct master_event){ .kind = MASTER_APP_RENEW,
	    .link = 10 });
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_STOP, 4), 0, "a driver is waited for");
	b.now++;
	event(&b, (struct master_event){ .kind = MASTER_TICK });
	is_int(count(&b, ORDER_STOP, 4), 1, "but not for ever");
	is_int(count(&b, ORDER_FORGET_APP, 4), 1, "and its files go");
	bench_close(&b);
}

static int
driver_comes(struct bench *b, const char *id, int cores, int64_t mb)
{
	struct driver_lease d = { .cores = cores, .memory_mb = mb };

	snprintf(d.id, sizeof d.id, "%s", id);
	return event(b, (struct master_event){ .kind = MASTER_DRIVER_SUBMIT,
		.link = 50, .driver = &d });
}

static void
test_drivers(void)
{
	struct driver_lease back = { .id = "driver-9", .cores = 2,
		.memory_mb = 10 };
	struct worker_hello h = { .id = "c", .cores = 2, .memory_mb = 100,
		.ndriver = 1, .driver = &back };
	struct app_hello app = ask(7, 0, 1, 10);
	struct bench b, c;
	struct text s = { 0 }, t = { 0 };

	bench_open(&b, &(struct master_conf){ 0 });
	ok(driver_comes(&b, "driver-0", 1, 10) < 0 &&
	    b.e.code == EXIT_UNAVAILABLE, "no worker: %s", b.e.text);
	worker_comes(&b, 1, "a", 2, 1000, NULL, 0);
	worker_comes(&b, 2, "b", 3, 1000, NULL, 0);
	ok(driver_comes(&b, "driver-1", 1, 600) == 0 &&
	    count(&b, ORDER_DRIVER_START, 2) == 1 &&
	    count(&b, ORDER_DRIVER_TAKEN, 50) == 1,
	    "it goes where most cores are free");
	ok(driver_comes(&b, "driver-1", 1, 10) < 0, "an id is taken once");
	ok(driver_comes(&b, "driver-2", 1, 600) == 0 &&
	    count(&b, ORDER_DRIVER_START, 1) == 1, "memory counts");
	ok(driver_comes(&b, "driver-3", 1, 600) < 0 &&
	    b.e.code == EXIT_TEMP, "no room now: %s", b.e.text);
	ok(driver_comes(&b, "driver-3", 4, 1) < 0 &&
	    b.e.code == EXIT_UNAVAILABLE, "nor ever: %s", b.e.text);
	app_comes(&b, 10, &app);
	is_int(count(&b, ORDER_START, -1), 3, "executors get the rest");
	bench_open(&c, &(struct master_conf){ 0 });
	ok(master_replay(c.m, b.journal.p, b.journal.n, &c.e) == 0,
	    "the journal is read: %s", c.e.text);
	master_dump(b.m, &s);
	master_dump(c.m, &t);
	is_str(text_str(&t), text_str(&s), "and gives the same");
	event(&b, (struct master_event){ .kind = MASTER_DRIVER_GONE,
		.link = 1, .id = "driver-1" });
	is_int(count(&b, ORDER_START, -1), 0, "its own worker must say it");
	event(&b, (struct master_event){ .kind = MASTER_DRIVER_GONE,
		.link = 2, .id = "driver-1" });
	is_int(count(&b, ORDER_START, 2), 1, "its end makes room");
	event(&b, (struct master_event){ .kind = MASTER_LINK_DOWN,
		.link = 1 });
	worker_comes(&b, 3, "a", 2, 1000, NULL, 0);
	is_int(count(&b, ORDER_START, 3), 2, "so does that it is not listed");
	event(&b, (struct master_event){ .kind = MASTER_WORKER_REGISTER,
		.link = 4, .worker = &h });
	is_int(count(&b, ORDER_START, 4), 0, "one that was given up and is "
	    "back has its cores");
	event(&b, (struct master_event){ .kind = MASTER_WORKER_LEAVE,
		.link = 4 });
	ok(driver_comes(&b, "driver-9", 0, 1) == 0, "its worker has gone");
	text_release(&s);
	text_release(&t);
	bench_close(&b);
	bench_close(&c);
}

/* A journal from before the overhead was in it. */
static void
test_older_journal(void)
{
	struct app_hello h = ask(7, 0, 1, 10);
	struct record r;
	struct text t = { 0 };
	struct bench b;

	snprintf(h.id, sizeof h.id, "app-1");
	record_app(&r, &h, 1, 0, 0, 0);
	r.nfield--;
	record_add(&t, &r);
	bench_open(&b, &(struct master_conf){ 0 });
	ok(master_replay(b.m, t.p, t.n, &b.e) == 0, "read: %s", b.e.text);
	bench_close(&b);
	text_clear(&t);
	r.nfield--;
	record_add(&t, &r);
	bench_open(&b, &(struct master_conf){ 0 });
	ok(master_replay(b.m, t.p, t.n, &b.e) < 0, "one field less is not");
	bench_close(&b);
	text_release(&t);
}

int
main(void)
{
	test_drivers();
	test_older_journal();
	test_places();
	test_refuses();
	test_shares();
	test_weights();
	test_failures();
	test_losses();
	test_restart();
	test_commands();
	test_adopts();
	return done_testing();
}
