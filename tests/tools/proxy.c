/*
 * proxy -- a TCP proxy that does to bytes what networks and broken machines
 * do, by seed.
 *
 * usage: proxy LISTEN TARGET [option value ...]
 *
 * LISTEN and TARGET are host:port (IPv4); port 0 is any, the one taken is
 * printed on stdout.  TARGET "original" is where the client wanted to go
 * before iptables sent it here (REDIRECT).  The options:
 *
 *   --seed N        the same seed does the same to the same bytes
 *   --delay MS      a chunk waits up to so long; order is kept
 *   --dribble N     at most N bytes at once
 *   --rate N        bytes a second and direction
 *   --greet N       of so many connections the client's first chunk ends in
 *                   another byte (TLS: the proof of the key)
 *   of a chunk (what one read gave), each a probability:
 *   --corrupt P     a byte changes      --drop P       some bytes are left out
 *   --duplicate P   some come twice     --reorder P    two parts change places
 *   of a direction of a connection, after a number of bytes by chance:
 *   --cut P         reset               --half P       ended one way only
 *   --stall P       nothing more comes, and nobody is told
 *   --after N       the most bytes of that number (default 65536)
 *
 * SIGUSR1 holds all bytes back, SIGUSR2 lets them go on.  At the end, by
 * SIGTERM, the counts are printed, one "name number" a line.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384
#define PAIRS 2048

enum { CORRUPT, DROP, DUPLICATE, REORDER, CUT, HALF, STALL, NCHANCE };

static const char *const chance_name[NCHANCE] = { "corrupt", "drop",
	"duplicate", "reorder", "cut", "half", "stall" };
static double chance[NCHANCE];
static long long count[NCHANCE], connections, chunks, bytes, delayed;
static long long delay, dribble = CHUNK, rate, after = 65536, greet;

/* One direction of a connection. */
struct way {
	uint64_t rng;
	char buf[2 * CHUNK];            /* read, changed, not yet written */
	size_t n, at;
	int64_t due;                    /* ms when it may be written */
	int64_t passed, end;            /* bytes; where it ends, -1: not */
	int how;                        /* CUT, HALF, STALL */
	bool ended;                     /* nothing more is read */
	bool closed;                    /* the end was passed on */
};

struct pair {
	int fd[2];                      /* client, server */
	struct way way[2];              /* way[i]: from fd[i] to the other */
	bool dead;
};

static struct pair *pair[PAIRS];
static int npair;
static struct sockaddr_in target;
static bool original;
static uint64_t seed = 1;
static volatile sig_atomic_t stop, held;

static uint64_t
next(uint64_t *rng)
{
	uint64_t z = *rng += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t
below(uint64_t *rng, uint64_t n)
{
	return n ? next(rng) % n : 0;
}

static bool
happens(uint64_t *rng, int what)
{
	return chance[what] > 0 &&
	    (double)(next(rng) >> 11) / 9007199254740992.0 < chance[what];
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What becomes of a chunk that was read. */
static void
spoil(struct way *w)
{
	uint64_t *r = &w->rng;
	size_t from = (size_t)below(r, w->n), some = (size_t)below(r, w->n - from);
	char part[CHUNK];

	if (happens(r, CORRUPT)) {
		w->buf[from] = (char)(w->buf[from] ^ (1 + below(r, 255)));
		count[CORRUPT]++;
	}
	if (happens(r, DUPLICATE) && some > 0) {
		memmove(w->buf + from + some, w->buf + from, w->n - from);
		w->n += some;
		count[DUPLICATE]++;
	} else if (happens(r, DROP) && some > 0) {
		memmove(w->buf + from, w->buf + from + some,
		    w->n - from - some);
		w->n -= some;
		count[DROP]++;
	} else if (happens(r, REORDER) && from > 0) {
		memcpy(part, w->buf, from);
		memmove(w->buf, w->buf + from, w->n - from);
		memcpy(w->buf + w->n - from, part, from);
		count[REORDER]++;
	}
}

static void
take(struct pair *p, int i)
{
	struct way *w = &p->way[i];
	size_t want = dribble < CHUNK ? 1 + (size_t)below(&w->rng,
	    (uint64_t)dribble) : CHUNK;
	ssize_t r;

	if (w->end >= 0 && (int64_t)want > w->end - w->passed)
		want = (size_t)(w->end - w->passed);
	r = want ? read(p->fd[i], w->buf, want) : 0;
	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r < 0)
		p->dead = true;
	if (r <= 0) {
		w->ended = true;
		if (want == 0)
			count[w->how]++;
		if (want == 0 && w->how == CUT)
			p->dead = true;
		if (want == 0 && w->how == STALL)
			w->closed = true;       /* and nobody is told */
		return;
	}
	w->n = (size_t)r;
	w->at = 0;
	if (i == 0 && w->passed == 0 && greet > 0) {
		w->buf[r - 1] ^= 1;
		greet--;
	}
	w->passed += r;
	w->due = now_ms() + (int64_t)below(&w->rng, (uint64_t)delay + 1) +
	    (rate ? r * 1000 / rate : dribble < CHUNK ? 1 : 0);
	chunks++;
	delayed += w->due > now_ms();
	bytes += r;
	spoil(w);
}

static void
give(struct pair *p, int i)
{
	struct way *w = &p->way[i];
	ssize_t r = write(p->fd[!i], w->buf + w->at, w->n - w->at);

	if (r < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (r < 0) {
		p->dead = true;
		return;
	}
	w->at += (size_t)r;
	if (w->at == w->n)
		w->n = w->at = 0;
}

/* Closed by reset when bytes are under way: that is what dying hosts do. */
static void
bury(struct pair *p)
{
	struct linger hard = { 1, 0 };

	for (int i = 0; i < 2; i++) {
		if (p->dead)
			setsockopt(p->fd[i], SOL_SOCKET, SO_LINGER, &hard,
			    sizeof hard);
		close(p->fd[i]);
	}
	free(p);
}

static void
begin_way(struct way *w, int i)
{
	static const int how[] = { CUT, HALF, STALL };

	w->rng = seed * 1000003 + (uint64_t)connections * 2 + (uint64_t)i;
	w->end = -1;
	for (int k = 0; k < 3 && w->end < 0; k++)
		if (happens(&w->rng, how[k])) {
			w->end = (int64_t)below(&w->rng, (uint64_t)after);
			w->how = how[k];
		}
}

static void
accept_one(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), one = 1, to;
	struct sockaddr_in where = target;
	socklen_t n = sizeof where;
	struct pair *p;

	if (fd < 0)
		return;
	to = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (npair == PAIRS || (original && getsockopt(fd, SOL_IP,
	    SO_ORIGINAL_DST, &where, &n) < 0) ||
	    connect(to, (struct sockaddr *)&where, sizeof where) < 0) {
		close(to);
		close(fd);
		return;
	}
	p = calloc(1, sizeof *p);
	if (p == NULL)
		abort();
	p->fd[0] = fd;
	p->fd[1] = to;
	connections++;
	for (int i = 0; i < 2; i++) {
		setsockopt(p->fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		fcntl(p->fd[i], F_SETFL, O_NONBLOCK);
		begin_way(&p->way[i], i);
	}
	pair[npair++] = p;
}

/* What a pair waits for; the time until one of its chunks is due. */
static void
wants(struct pair *p, struct pollfd *v, int64_t now, int *wait)
{
	for (int i = 0; i < 2; i++)
		v[i] = (struct pollfd){ .fd = p->fd[i] };
	for (int i = 0; i < 2 && !held; i++) {
		struct way *w = &p->way[i];

		if (w->n == 0 && !w->ended)
			v[i].events |= POLLIN;
		else if (w->n && w->due <= now)
			v[!i].events |= POLLOUT;
		else if (w->n && w->due - now < *wait)
			*wait = (int)(w->due - now);
	}
	for (int i = 0; i < 2; i++)
		if (v[i].events == 0)
			v[i].fd = -1;
}

static void
serve(struct pair *p, const struct pollfd *v, int64_t now)
{
	for (int i = 0; i < 2 && !p->dead; i++) {
		struct way *w = &p->way[i];

		if (w->n && w->due <= now && v[!i].revents)
			give(p, i);
		else if (w->n == 0 && !w->ended && v[i].revents)
			take(p, i);
		if (w->ended && w->n == 0 && !w->closed) {
			shutdown(p->fd[!i], SHUT_WR);
			w->closed = true;
		}
	}
}

static void
turn(int listener)
{
	static struct pollfd v[1 + 2 * PAIRS];
	int64_t now = now_ms();
	int n = npair, wait = 1000;

	v[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
	for (int i = 0; i < n; i++)
		wants(pair[i], v + 1 + 2 * i, now, &wait);
	if (poll(v, 1 + 2 * (nfds_t)n, wait) < 0)
		return;
	now = now_ms();
	for (int i = 0; i < n && !held; i++)
		serve(pair[i], v + 1 + 2 * i, now);
	for (int i = npair - 1; i >= 0; i--) {
		struct pair *p = pair[i];
		bool stalled = p->way[0].end >= 0 && p->way[0].how == STALL;

		stalled |= p->way[1].end >= 0 && p->way[1].how == STALL;
		if (p->dead || (p->way[0].closed && p->way[1].closed &&
		    !stalled)) {
			bury(p);
			pair[i] = pair[--npair];
		}
	}
	if (v[0].revents)
		accept_one(listener);
}

static int
parse_address(const char *text, struct sockaddr_in *to)
{
	char host[64];
	int port;

	if (sscanf(text, "%63[0-9.]:%d", host, &port) != 2)
		return -1;
	*to = (struct sockaddr_in){ .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port) };
	return inet_pton(AF_INET, host, &to->sin_addr) == 1 ? 0 : -1;
}

static int
parse_option(const char *name, const char *value)
{
	static const struct { const char *name; long long *to; } number[] = {
		{ "--delay", &delay }, { "--dribble", &dribble },
		{ "--rate", &rate }, { "--after", &after },
		{ "--greet", &greet },
	};

	if (strcmp(name, "--seed") == 0) {
		seed = strtoull(value, NULL, 10);
		return 0;
	}
	for (size_t i = 0; i < sizeof number / sizeof *number; i++)
		if (strcmp(name, number[i].name) == 0) {
			*number[i].to = strtoll(value, NULL, 10);
			return 0;
		}
	for (int i = 0; i < NCHANCE; i++)
		if (strncmp(name, "--", 2) == 0 &&
		    strcmp(name + 2, chance_name[i]) == 0) {
			chance[i] = strtod(value, NULL);
			return 0;
		}
	return -1;
}

static void
on_signal(int sig)
{
	if (sig == SIGUSR1 || sig == SIGUSR2)
		held = sig == SIGUSR1;
	else
		stop = 1;
}

static int
listen_at(const char *text)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in at;
	socklen_t n = sizeof at;

	if (parse_address(text, &at) < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 ||
	    listen(fd, 1024) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		return -1;
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

int
main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int listener, bad = argc < 3 || argc % 2 == 0;

	for (int i = 3; i + 1 < argc && !bad; i += 2)
		bad = parse_option(argv[i], argv[i + 1]) < 0;
	original = !bad && strcmp(argv[2], "original") == 0;
	if (bad || (!original && parse_address(argv[2], &target) < 0)) {
		fprintf(stderr, "usage: proxy LISTEN TARGET "
		    "[--option value ...]\n");
		return 2;
	}
	for (int i = 0; i < 4; i++)
		sigaction((int[]){ SIGUSR1, SIGUSR2, SIGTERM, SIGINT }[i], &sa,
		    NULL);
	signal(SIGPIPE, SIG_IGN);
	listener = listen_at(argv[1]);
	if (listener < 0) {
		perror("proxy");
		return 69;
	}
	while (!stop)
		turn(listener);
	printf("connections %lld\nchunks %lld\nbytes %lld\ndelay %lld\n",
	    connections, chunks, bytes, delayed);
	for (int i = 0; i < NCHANCE; i++)
		printf("%s %lld\n", chance_name[i], count[i]);
	return 0;
}
