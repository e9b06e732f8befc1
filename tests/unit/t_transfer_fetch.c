/*
 * t_transfer_fetch -- blocks from block servers over TLS, and from files:
 * what a mirror reads is what was published; servers that die, files that
 * are damaged, keys that are wrong.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/pool.h"
#include "base/text.h"
#include "store/exchange.h"
#include "store/map_file.h"
#include "store/mirror.h"
#include "transfer/block_msg.h"
#include "transfer/block_thread.h"
#include "transfer/fetch.h"
#include "transfer/node_id.h"
#include "store_rows.h"
#include "tap.h"

enum { JOB = 3, NPART = 5, DIR_NUMBER = 7 };

static char dir[] = "/tmp/fetch.XXXXXX";
static struct arena names;
static const struct type *type[NCOL];
static const unsigned char key[32] = "a key of thirty-two bytes, or so";
static struct pool pool;

static struct block_thread *
start_slow(int port, unsigned slow)
{
	struct block_thread *t;
	struct block_server_conf conf = { .host = "127.0.0.1", .port = port,
	    .slow = slow };
	struct block_serve what = { "app-1", { 0 }, DIR_NUMBER, dir };
	struct err e = { 0 };

	if (block_thread_start(&t, &conf, &e) < 0) {
		ok(0, "a server: %s", e.text);
		exit(1);
	}
	memcpy(what.key, key, sizeof key);
	block_server_register(block_thread_server(t), &what);
	return t;
}

static struct block_thread *
start(int port)
{
	return start_slow(port, 0);
}

static struct fetcher *
fetcher(const char *app, const unsigned char *k, int retries)
{
	struct fetch_conf conf = { .app = app, .key = k, .node = "here",
	    .retries = retries, .retry_ms = 20, .read_ms = 3000 };
	struct fetcher *f;
	struct err e;

	fetcher_new(&f, &conf, &e);
	return f;
}

/* Directory number of the server at that port. */
static int
place_of(struct fetcher *f, const char *node, int port, int number)
{
	struct block_place p = { node, arena_printf(&names, "127.0.0.1:%d/%d",
	    port, number), dir, 99 };

	return fetcher_place(f, &p);
}

static struct exchange_conf
conf_of(int nmap, bool sorted)
{
	return (struct exchange_conf){ .name = "a test", .npart = sorted ? 1 :
	    NPART, .nmap = nmap, .ncol = NCOL, .type = type, .pool = &pool,
	    .dir = dir, .sorted = sorted, .stage = 1 };
}

/* Maps of random rows in files, and in an exchange to compare with. */
static struct exchange *
publish(int stage, int nmap, int batches, bool sorted)
{
	static uint32_t part[BATCH_ROWS];
	static int32_t pick[BATCH_ROWS];
	struct exchange_conf conf = conf_of(nmap, sorted);
	struct exchange *plain, *x;
	struct map_facts facts;
	struct err e = { 0 };
	int good = 1;

	exchange_new(&plain, &conf, &e);
	conf.publish = map_file_prefix(&names, dir, JOB, stage);
	exchange_new(&x, &conf, &e);
	for (int m = 0; m < nmap; m++) {
		struct xwriter *a, *b;

		exchange_writer(&a, plain, m, &e);
		exchange_writer(&b, x, m, &e);
		for (int i = 0; i < batches * (m % 3); i++) {
			struct rows rows;

			rows_make(&rows, type, NCOL, pick);
			for (int k = 0; k < rows.b.n; k++)
				part[k] = any(NPART);
			xwriter_put(a, &rows.b, sorted ? NULL : part, &e);
			xwriter_put(b, &rows.b, sorted ? NULL : part, &e);
			rows_release(&rows);
		}
		good &= xwriter_commit(a, &e) == 1;
		good &= xwriter_publish(b, 0, &names, &facts, &e) == 1;
	}
	ok(good, "maps of stage %d", stage);
	exchange_free(x);
	return plain;
}

static void
print_all(struct text *to, struct exchange *x, int lo, int hi)
{
	struct xreader *r;
	struct batch b;
	struct err e = { 0 };
	int n;

	text_clear(to);
	exchange_reader(&r, x, -1, lo, hi, NULL, &e);
	while ((n = xreader_next(r, &b, &e)) > 0)
		for (int i = 0; i < b.n; i++)
			print_row(to, &b, batch_row(&b, i));
	if (n < 0)
		text_addf(to, "%s", e.text);
	xreader_close(r);
}

static int
same_rows(struct exchange *plain, struct exchange *mirror, int lo, int hi)
{
	struct text a = { 0 }, b = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int same = exchange_require(mirror, lo, hi, &lost, &e) == 0;

	if (!same)
		printf("# %s\n", e.text);
	print_all(&a, plain, lo, hi);
	print_all(&b, mirror, lo, hi);
	same = same && strcmp(text_str(&a), text_str(&b)) == 0;
	exchange_forget(mirror, lo, hi);
	text_release(&a);
	text_release(&b);
	return same;
}

/* Map m is at place[m % nplace]. */
static struct exchange *
mirror(struct fetcher *f, int stage, int nmap, bool sorted, const int *place,
    int nplace)
{
	struct exchange_conf conf = conf_of(nmap, sorted);
	struct exchange *x;
	struct err e;

	exchange_mirror(&x, &conf, fetch_source(f, &names, JOB, stage), &e);
	for (int m = 0; m < nmap; m++)
		exchange_place(x, m, place[m % nplace], 0);
	return x;
}

static void
several_places(void)
{
	struct exchange *plain = publish(1, 40, 1, false), *x;
	struct exchange *run = publish(2, 3, 7, true), *y;
	struct block_thread *t[3];
	struct fetcher *f = fetcher("app-1", key, 3);
	struct fetch_figures figures;
	int place[4], good = 1;

	for (int i = 0; i < 3; i++) {
		t[i] = start(0);
		place[i] = place_of(f, "there", block_server_port(
		    block_thread_server(t[i])), DIR_NUMBER);
	}
	place[3] = place_of(f, "here", 1, DIR_NUMBER);
	ok(place_of(f, "here", 1, DIR_NUMBER) == place[3] && place[0] !=
	    place[1], "places have numbers");
	x = mirror(f, 1, 40, false, place, 4);
	for (int p = 0; p < NPART; p++)
		good &= same_rows(plain, x, p, p + 1);
	ok(good, "partitions from three servers and a directory");
	ok(same_rows(plain, x, 0, NPART) && same_rows(plain, x, 1, 4),
	    "ranges of partitions");
	y = mirror(f, 2, 3, true, place, 3);
	ok(same_rows(run, y, 0, 1), "sorted runs, block by block");
	figures = fetcher_figures(f);
	ok(figures.local_bytes > 0 && figures.remote_bytes > 0 &&
	    figures.retries == 0, "figures: %lld here, %lld from servers",
	    (long long)figures.local_bytes, (long long)figures.remote_bytes);
	exchange_free(plain);
	exchange_free(run);
	exchange_free(x);
	exchange_free(y);
	fetcher_forget(f, JOB);
	fetcher_free(f);
	for (int i = 0; i < 3; i++)
		block_thread_stop(t[i]);
}

/* Counts blocks, and does something to the server at one of them. */
struct count {
	int64_t blocks, bytes, at;
	struct block_thread **server;
	bool again;
	int bad;
};

static int
got(void *arg, int i, const struct block *b, const char *packed,
    struct err *e)
{
	struct count *c = arg;
	int port;

	(void)i;
	c->bad += packed && block_check(b, packed, e) < 0;
	c->bytes += packed ? b->stored : 0;
	if (++c->blocks != c->at)
		return 0;
	port = block_server_port(block_thread_server(*c->server));
	block_thread_stop(*c->server);
	*c->server = c->again ? start(port) : NULL;
	return 0;
}

/* Maps of 25 MB with blocks of some 100 KB. */
static void
publish_large(int stage, int nmap)
{
	static const struct type *two[2];
	static int64_t v[BATCH_ROWS];
	struct exchange_conf conf = conf_of(nmap, false);
	struct column col[2];
	struct batch b = { col, 2, BATCH_ROWS, BATCH_ROWS, NULL };
	static uint32_t part[BATCH_ROWS];
	struct map_facts facts;
	struct exchange *x;
	struct err e = { 0 };

	two[0] = two[1] = TYPE(I64);
	conf.ncol = 2;
	conf.type = two;
	conf.publish = map_file_prefix(&names, dir, JOB, stage);
	exchange_new(&x, &conf, &e);
	for (int i = 0; i < BATCH_ROWS; i++) {
		v[i] = (int64_t)any(1 << 30) * any(1 << 30);
		part[i] = any(NPART);
	}
	col[0] = col[1] = (struct column){ .type = TYPE(I64), .data = v };
	for (int m = 0; m < nmap; m++) {
		struct xwriter *w;

		exchange_writer(&w, x, m, &e);
		for (int k = 0; k < (25 << 20) / (16 * BATCH_ROWS); k++)
			xwriter_put(w, &b, part, &e);
		if (xwriter_publish(w, 0, &names, &facts, &e) != 1)
			ok(0, "%s", e.text);
	}
	exchange_free(x);
}

static int
fetch_all(struct fetcher *f, int stage, int nmap, int place,
    struct count *c, struct lost *lost, struct err *e)
{
	const struct block_source *s = fetch_source(f, &names, JOB, stage);
	struct block_sink sink = { c, got, NULL };
	struct block_want want[8];

	for (int m = 0; m < nmap; m++)
		want[m] = (struct block_want){ m, 0, place, 0, NPART, 0, -1 };
	return s->fetch(s->arg, want, nmap, false, &sink, lost, e);
}

static void
much(void)
{
	struct block_thread *t = start(0);
	int port = block_server_port(block_thread_server(t));
	struct fetcher *f = fetcher("app-1", key, 3);
	int far = place_of(f, "there", port, DIR_NUMBER),
	    near = place_of(f, "here", port, DIR_NUMBER);
	struct err e = { 0 };
	struct lost lost;
	int64_t us[2];

	publish_large(3, 4);
	for (int k = 0; k < 2; k++) {
		struct count c = { 0 };
		int r;

		us[k] = clock_mono_us();
		r = fetch_all(f, 3, 4, k ? near : far, &c, &lost, &e);
		us[k] = clock_mono_us() - us[k];
		ok(r == 0 && c.bad == 0 && c.bytes > 95 << 20, "%lld MB in "
		    "%lld blocks %s: %lld MB/s", (long long)c.bytes >> 20,
		    (long long)c.blocks, k ? "from files" : "over TLS",
		    (long long)(c.bytes / us[k]));
	}
	fetcher_free(f);
	block_thread_stop(t);
}

/* A server from which 20 MB/s come; blocks of which half is the other
 * half again.  Returns the bytes that came. */
static int64_t
slowly(bool pack, int64_t in_flight, int64_t *blocks)
{
	struct fetch_conf conf = { .app = "app-1", .key = key, .node = "here",
	    .in_flight = in_flight, .pack = pack };
	struct block_thread *t = start_slow(0, 20 << 20);
	struct count c = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	struct fetcher *f;
	struct fetch_figures fig;
	int r;

	fetcher_new(&f, &conf, &e);
	r = fetch_all(f, 3, 1, place_of(f, "there",
	    block_server_port(block_thread_server(t)), DIR_NUMBER), &c,
	    &lost, &e);
	fig = fetcher_figures(f);
	ok(r == 0 && c.bad == 0 && fig.unpacked_bytes > 24 << 20, "%s: %lld "
	    "KB came of %lld", pack ? "packed" : "as they lie",
	    (long long)fig.remote_bytes >> 10,
	    (long long)fig.unpacked_bytes >> 10);
	fetcher_free(f);
	block_thread_stop(t);
	*blocks = c.blocks;
	return fig.remote_bytes;
}

static void
slow_ways(void)
{
	int64_t n, blocks, plain = slowly(false, 0, &blocks);

	ok(slowly(true, 0, &n) < plain * 3 / 4 && n == blocks,
	    "a slow way takes less");
	ok(slowly(false, 100000, &n) == plain && n == blocks,
	    "a window that is smaller than a block");
}

static void
dying_servers(void)
{
	struct block_thread *t = start(0);
	int port = block_server_port(block_thread_server(t));
	struct fetcher *f = fetcher("app-1", key, 3);
	int place = place_of(f, "there", port, DIR_NUMBER);
	struct count all = { 0 }, c = { .at = 100, .server = &t,
	    .again = true };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int r;

	fetch_all(f, 3, 2, place, &all, &lost, &e);
	r = fetch_all(f, 3, 2, place, &c, &lost, &e);
	ok(r == 0 && c.blocks == all.blocks && c.bytes == all.bytes && !c.bad,
	    "a server that comes back: every block once");
	ok(fetcher_figures(f).retries > 0, "after %lld retries",
	    (long long)fetcher_figures(f).retries);
	block_thread_stop(t);
	t = start(port);
	c = (struct count){ 0 };
	r = fetch_all(f, 3, 2, place, &c, &lost, &e);
	ok(r == 0 && c.blocks == all.blocks,
	    "a connection that was kept and is dead");
	c = (struct count){ .at = 50, .server = &t };
	r = fetch_all(f, 3, 2, place, &c, &lost, &e);
	ok(r == ERR_LOST && lost.place == place && lost.map == -1,
	    "a server that is gone: %s", e.text);
	fetcher_free(f);
}

struct mute {
	int fd, port, heard;
	struct block_thread *t;
};

/* Takes one connection and says nothing; then a server has the port. */
static void *
mute_then_server(void *arg)
{
	struct mute *m = arg;

	m->heard = accept(m->fd, NULL, NULL);
	close(m->fd);
	m->t = start(m->port);
	return NULL;
}

static void
mute_server(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof at;
	struct mute m = { .fd = socket(AF_INET, SOCK_STREAM, 0) };
	struct fetcher *f = fetcher("app-1", key, 3);
	struct count c = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int64_t from = clock_mono_ms();
	pthread_t thread;
	int one = 1, r;

	setsockopt(m.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(m.fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(m.fd, 1) < 0 ||
	    getsockname(m.fd, (struct sockaddr *)&at, &n) < 0)
		ok(0, "a port that listens");
	m.port = ntohs(at.sin_port);
	pthread_create(&thread, NULL, mute_then_server, &m);
	r = fetch_all(f, 3, 2, place_of(f, "there", m.port, DIR_NUMBER), &c,
	    &lost, &e);
	pthread_join(thread, NULL);
	from = clock_mono_ms() - from;
	ok(r == 0 && c.blocks > 0 && from < 6000, "a connection without an "
	    "answer is given up after a part of the 10 s: %lld ms",
	    (long long)from);
	close(m.heard);
	fetcher_free(f);
	block_thread_stop(m.t);
}

/* The map of a kept relation with a row of so many bytes. */
static void
keep_row(size_t n)
{
	static const char bytes[64];
	struct map_writer *w;
	struct err e;
	int64_t stored;

	map_writer_new(&w, map_file_prefix(&names, dir, 0, 1), 0, 0, NPART,
	    false, &e);
	map_writer_bytes(w, 0, 1, bytes, n, &e);
	map_writer_commit(w, &stored, &e);
	map_writer_free(w);
}

static int64_t
kept_bytes(struct fetcher *f, int place)
{
	const struct block_source *s = fetch_source(f, &names, 0, 1);
	struct count c = { 0 };
	struct block_sink sink = { &c, got, NULL };
	struct block_want want = { 0, 0, place, 0, NPART, 0, -1 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int r = s->fetch(s->arg, &want, 1, false, &sink, &lost, &e);

	return r < 0 ? r : c.bytes;
}

/* A kept relation is dropped, and made again under the same names. */
static void
kept_again(void)
{
	struct block_thread *t = start(0);
	struct fetcher *f = fetcher("app-1", key, 0);
	int place[2] = { place_of(f, "there", block_server_port(
	    block_thread_server(t)), DIR_NUMBER), place_of(f, "here", 1, 0) };

	for (int i = 0; i < 2; i++) {
		const char *how = i ? "a file" : "a server";

		keep_row(10);
		ok(kept_bytes(f, place[i]) == 10, "kept rows from %s", how);
		map_file_remove(map_file_prefix(&names, dir, 0, 1), 0, 0);
		ok(kept_bytes(f, place[i]) == ERR_LOST, "not those that were "
		    "removed from %s", how);
		keep_row(20);
		ok(kept_bytes(f, place[i]) == 20, "those that were made anew "
		    "from %s", how);
		map_file_remove(map_file_prefix(&names, dir, 0, 1), 0, 0);
		keep_row(30);
		is_int(kept_bytes(f, place[i]), 30, "and once more");
	}
	fetcher_free(f);
	block_thread_stop(t);
}

static void
expect(struct fetcher *f, int place, int map, const char *what)
{
	struct count c = { 0 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int r = fetch_all(f, 3, 2, place, &c, &lost, &e);

	ok(r == ERR_LOST && lost.place == place && lost.map == map,
	    "%s: %s", what, e.text);
}

/* While a server does not come. */
static void
cancelled(void)
{
	static _Atomic int stop;
	struct fetcher *f = fetcher("app-1", key, 1 << 20);
	const struct block_source *s = fetch_source(f, &names, JOB, 3);
	struct count c = { 0 };
	struct block_sink sink = { &c, got, NULL };
	struct block_want want = { 0, 0, place_of(f, "there", 1, 0), 0, 1, 0,
	    -1 };
	struct lost lost = { 0 };
	struct err e = { 0 };
	int64_t from = clock_mono_ms();
	int r;

	fetch_until(s, &stop);
	stop = 1;
	r = s->fetch(s->arg, &want, 1, false, &sink, &lost, &e);
	ok(r == ERR_TEMP && clock_mono_ms() - from < 2000, "a cancel: %s",
	    e.text);
	fetcher_free(f);
}

static void
strangers(void)
{
	static const unsigned char other[32] = "another key";
	struct block_thread *t = start(0);
	int port = block_server_port(block_thread_server(t));
	struct fetcher *f = fetcher("app-1", other, 1);
	struct block_serve what = { "app-2", "another key", 1, "/tmp" };

	expect(f, place_of(f, "there", port, DIR_NUMBER), -1, "a wrong key");
	fetcher_free(f);
	f = fetcher("app-9", key, 1);
	expect(f, place_of(f, "there", port, DIR_NUMBER), -1,
	    "an unknown application");
	fetcher_free(f);
	block_server_register(block_thread_server(t), &what);
	f = fetcher("app-2", other, 1);
	expect(f, place_of(f, "there", port, DIR_NUMBER), -1,
	    "the directory of another application");
	fetcher_free(f);
	block_server_unregister(block_thread_server(t), "app-1");
	f = fetcher("app-1", key, 1);
	expect(f, place_of(f, "there", port, DIR_NUMBER), -1,
	    "an application that is over");
	fetcher_free(f);
	block_thread_stop(t);
}

static void
damage(const char *file, long at)
{
	int fd = open(file, O_RDWR);
	char c = 0;

	if (fd < 0 || pread(fd, &c, 1, at) != 1)
		ok(0, "could not read %s", file);
	c ^= 4;
	if (pwrite(fd, &c, 1, at) != 1)
		ok(0, "could not damage %s", file);
	close(fd);
}

static void
damaged_files(void)
{
	struct exchange *plain = publish(4, 3, 2, false), *x;
	struct block_thread *t = start(0);
	struct fetcher *f = fetcher("app-1", key, 1);
	int place[2] = { place_of(f, "there", block_server_port(
	    block_thread_server(t)), DIR_NUMBER), place_of(f, "here", 0, 0) };
	const char *data = arena_printf(&names, "%s00002.00",
	    map_file_prefix(&names, dir, JOB, 4));

	for (int k = 0; k < 2; k++) {
		struct lost lost = { 0 };
		struct err e = { 0 };
		int r;

		x = mirror(f, 4, 3, false, &place[k], 1);
		damage(data, 1000);
		r = exchange_require(x, 0, NPART, &lost, &e);
		ok(r == ERR_LOST && lost.map == 2 && lost.place == place[k] &&
		    lost.stage == 1, "a damaged file: %s", e.text);
		damage(data, 1000);
		ok(same_rows(plain, x, 0, NPART), "and a whole one");
		exchange_place(x, 2, place[k], 1);
		r = exchange_require(x, 0, NPART, &lost, &e);
		ok(r == ERR_LOST && lost.map == 2 && lost.place == place[k],
		    "a map that is not there: %s", e.text);
		exchange_free(x);
	}
	exchange_free(plain);
	fetcher_free(f);
	block_thread_stop(t);
}

static void
remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *f;

	while (d && (f = readdir(d)) != NULL)
		unlinkat(dirfd(d), f->d_name, 0);
	closedir(d);
	rmdir(dir);
}

int
main(void)
{
	struct arena a = { 0 };
	char id[NODE_ID_MAX];

	if (mkdtemp(dir) == NULL)
		return 1;
	rows_types(type, &a);
	pool_init(&pool, NULL, "test", 0);
	node_id(id);
	ok(strlen(id) > 40 && strchr(id, '\n') == NULL, "this is node %s", id);
	several_places();
	much();
	slow_ways();
	dying_servers();
	mute_server();
	kept_again();
	cancelled();
	strangers();
	damaged_files();
	is_int(pool.used, 0, "all memory is given back");
	remove_dir();
	arena_release(&a);
	arena_release(&names);
	return done_testing();
}
