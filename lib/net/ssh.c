/*
 * ssh -- see ssh.h: connecting, and one command's streams.
 *
 * A connection through a jump host is a session whose bytes travel in a
 * channel of another session; only the first of the chain has a descriptor.
 *
 * libssh2 cannot do anything else while a packet of its is half sent: not
 * even open the window of what it reads.  So that both directions can be
 * full at the same time, each session's output always takes what it is
 * given, and ssh_write refuses when too much is waiting there.
 *
 * Reading or writing one channel may take in packets of another, which then
 * are queued where poll cannot see them: hence ssh_queued, and ssh_wait's
 * short pause when the tunnel below has bytes.
 */
#include "net/ssh.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/module.h"
#include "net/address.h"
#include "net/hostfile.h"
#include "net/ssh_state.h"

enum {
	CONNECT_MS = 10000,     /* for TCP, where ConnectTimeout is not set */
	PAUSE_FIRST_MS = 40,    /* before a busy server is asked again */
	PAUSE_MAX_MS = 1500,
	OUT_MAX = 256 << 10,    /* bytes: more of them, and we take no more */
	TUNNEL_POLL_MS = 5,
};

static int open_chain(struct ssh **out, const struct ssh_conf *c,
    struct ssh *via, int64_t deadline_ms, int depth, struct err *e);

const char *
ssh_label(const struct ssh *s)
{
	return s->label;
}

int
ssh_fail(struct ssh *s, int status, const char *what, struct err *e)
{
	const struct ssh *base = s;
	char text[256];

	while (base->via)
		base = base->via;
	if (status == SSH_GONE && base->broke)
		return err_set(e, ERR_TEMP, "%s: %s: %s", s->label, what,
		    strerror(base->broke));
	s->m->message(s->session, text, sizeof text);
	if (status == SSH_GONE)
		return err_set(e, ERR_TEMP, "%s: %s: the connection was closed "
		    "(%s)", s->label, what, text);
	return err_user(e, EXIT_UNAVAILABLE, "%s: %s: %s", s->label, what, text);
}

/* Gives bytes to the stream: how many it took, or -errno. */
static ssize_t
stream_send(struct ssh *s, const char *p, size_t n)
{
	ssize_t r;

	if (s->via) {
		r = s->m->write(s->tunnel, p, n);
		return r >= 0 ? r : r == SSH_AGAIN ? 0 : -ECONNRESET;
	}
	r = send(s->fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (r >= 0 || errno == EAGAIN || errno == EINTR)
		return r >= 0 ? r : 0;
	s->broke = errno;
	return -errno;
}

/* Sends what waits, at every session of the chain. */
static void
flush(struct ssh *s)
{
	for (; s; s = s->via) {
		while (!s->cut && s->out_at < s->out.n) {
			ssize_t r = stream_send(s, s->out.p + s->out_at,
			    s->out.n - s->out_at);

			if (r == 0)
				break;
			s->cut = r < 0;
			s->out_at += r > 0 ? (size_t)r : 0;
		}
		if (s->out_at == s->out.n)
			s->out_at = s->out.n = 0;
	}
}

static ssize_t
wire_send(void *arg, const void *p, size_t n)
{
	struct ssh *s = arg;
	ssize_t r = 0;

	if (s->cut)
		return -ECONNRESET;
	while (s->out.n == 0 && n > (size_t)r) {
		ssize_t k = stream_send(s, (const char *)p + r, n - (size_t)r);

		if (k < 0)
			return k;
		if (k == 0)
			break;
		r += k;
	}
	text_add(&s->out, (const char *)p + r, n - (size_t)r);
	return (ssize_t)n;
}

static ssize_t
wire_recv(void *arg, void *p, size_t n)
{
	struct ssh *s = arg;
	ssize_t r;

	if (s->cut)
		return -ECONNRESET;
	if (s->via) {
		r = s->m->read(s->tunnel, 0, p, n);
		if (r == 0 && !s->m->ended(s->tunnel))
			r = SSH_AGAIN;
		r = r >= 0 ? r : r == SSH_AGAIN ? -EAGAIN : -ECONNRESET;
	} else {
		r = recv(s->fd, p, n, MSG_DONTWAIT);
		if (r < 0 && errno != EAGAIN && errno != EINTR)
			s->broke = errno;
		r = r >= 0 ? r : errno == EINTR ? -EAGAIN : -errno;
	}
	if (r > 0 && s->nhello < sizeof s->hello) {
		size_t keep = sizeof s->hello - s->nhello;

		keep = keep < (size_t)r ? keep : (size_t)r;
		memcpy(s->hello + s->nhello, p, keep);
		s->nhello += keep;
	}
	return r;
}

int
ssh_fd(const struct ssh *s)
{
	return s->via ? ssh_fd(s->via) : s->fd;
}

short
ssh_events(const struct ssh *s)
{
	while (s->via)
		s = s->via;
	return POLLIN | (s->out.n > 0 ? POLLOUT : 0);
}

int
ssh_cancelled(const struct ssh *s, struct err *e)
{
	if (!s->conf.cancelled || !s->conf.cancelled(s->conf.arg))
		return 0;
	return err_set(e, ERR_TEMP, "%s: nobody waits for it any more",
	    s->label);
}

int
ssh_wait(struct ssh *s, struct err *e)
{
	struct pollfd p = { ssh_fd(s), ssh_events(s), 0 };
	int64_t left = s->deadline_ms - clock_mono_ms();

	if (left <= 0)
		return err_user(e, EXIT_UNAVAILABLE, "%s: no answer in %d s",
		    s->label, (s->timeout_ms + 999) / 1000);
	TRY(ssh_cancelled(s, e));
	if (s->conf.cancelled && left > SSH_ASK_MS)
		left = SSH_ASK_MS;
	for (const struct ssh *t = s; t->via; t = t->via)
		if (t->tunnel && left > TUNNEL_POLL_MS &&
		    s->m->queued(t->tunnel) > 0)
			left = TUNNEL_POLL_MS;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return err_sys(e, "%s: poll", s->label);
	flush(s);
	return 0;
}

/* Keeps a silent break of the network from lasting for hours. */
static void
socket_watch(int fd)
{
	int on = 1, idle = SSH_KEEPALIVE_S, every = 5, times = 4;
	int silence = SSH_SILENCE_MS;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
}

/* The stream to the server: TCP, or a channel of the jump host. */
static int
stream_open(struct ssh *s, struct err *e)
{
	struct address a = { .port = s->set.port };
	int64_t left = s->deadline_ms - clock_mono_ms();
	int limit = s->set.connect_timeout_s > 0 ?
	    s->set.connect_timeout_s * 1000 : CONNECT_MS;
	int r;

	s->nhello = s->out.n = s->out_at = 0;
	s->broke = 0;
	if (s->via) {
		s->via->deadline_ms = s->deadline_ms;
		while ((r = s->m->tunnel_open(s->via->session, s->set.host_name,
		    s->set.port, &s->tunnel)) == SSH_AGAIN)
			TRY(ssh_wait(s->via, e));
		if (r == SSH_OK)
			return 0;
		ssh_fail(s->via, r, "the way on", e);
		return err_ctx(e, "%s", s->label);
	}
	if (strlen(s->set.host_name) >= sizeof a.host)
		return err_user(e, EXIT_CONFIG, "%s: the host name is too long",
		    s->label);
	memcpy(a.host, s->set.host_name, strlen(s->set.host_name) + 1);
	if (left > limit)
		left = limit;
	r = address_connect_wait(&a, left > 1 ? (int)left : 1, e);
	if (r < 0)
		return err_ctx(e, "%s", s->label);
	s->fd = r;
	socket_watch(r);
	return 0;
}

static void
stream_close(struct ssh *s)
{
	if (s->session) {
		s->m->goodbye(s->session);
		flush(s);
		s->cut = true;
		s->m->session_free(s->session);
		s->cut = false;
	}
	s->session = s->channel = NULL;
	if (s->tunnel)
		s->m->close(s->tunnel);         /* freed with its session */
	s->tunnel = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

/* Whether the server hung up before it said that it is one: it has too many
 * connections that are not authenticated (MaxStartups of sshd). */
static bool
is_busy(const struct ssh *s, int status)
{
	return status == SSH_GONE && (s->nhello < 4 ||
	    !memmem(s->hello, s->nhello, "SSH-", 4));
}

/* Nothing in common: most often a server with only an RSA host key. */
static int
alien(struct ssh *s, struct err *e)
{
	char list[512];
	size_t n = ssh_hello_host_keys(s->hello, s->nhello, list, sizeof list);

	if (n == 0 || s->m->rsa_sha2() || strstr(list, "ssh-ed25519") ||
	    strstr(list, "ecdsa-"))
		return ssh_fail(s, SSH_ALIEN, "no algorithm in common", e);
	err_user(e, EXIT_UNAVAILABLE, "%s: the server has only an RSA host key "
	    "(%s), which libssh2 %s cannot check", s->label, list,
	    s->m->version());
	return err_hint(e, "give it another one, there: ssh-keygen -A, and "
	    "\"HostKey /etc/ssh/ssh_host_ed25519_key\" in sshd_config; or use "
	    "libssh2 >= 1.11");
}

/* One try: 0 connected, 1 the server is busy, < 0. */
static int
greet(struct ssh *s, struct err *e)
{
	int r;

	TRY(stream_open(s, e));
	s->io.fd = ssh_fd(s);
	s->session = s->m->session_new(&s->io);
	if (!s->session)
		return err_user(e, EXIT_OSERR, "no memory for SSH");
	TRY(ssh_prefer_known(s, e));
	while ((r = s->m->handshake(s->session, s->io.fd)) == SSH_AGAIN)
		TRY(ssh_wait(s, e));
	if (r == SSH_OK)
		return 0;
	if (is_busy(s, r)) {
		err_user(e, EXIT_UNAVAILABLE, "%s: the server hangs up before "
		    "it says a word; it may have too many connections",
		    s->label);
		err_hint(e, "see MaxStartups in its sshd_config, and whether "
		    "an SSH server listens on port %d", s->set.port);
		return 1;
	}
	if (r == SSH_ALIEN)
		return alien(s, e);
	return ssh_fail(s, r, "key exchange", e);
}

/* Tries until the server has time for us; pauses grow and differ. */
static int
greet_patiently(struct ssh *s, struct err *e)
{
	int64_t pause = PAUSE_FIRST_MS;
	unsigned seed = (unsigned)clock_mono_us() ^ (unsigned)getpid();
	int r;

	while ((r = greet(s, e)) > 0) {
		int64_t now = clock_mono_ms();

		stream_close(s);
		pause += rand_r(&seed) % pause;
		if (now + pause >= s->deadline_ms)
			return e->kind;
		TRY(ssh_cancelled(s, e));
		poll(NULL, 0, (int)pause);
		pause = pause < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
	}
	return r;
}

/* Opens the jump hosts of the list one through the other; *via: the last. */
static int
open_jumps(struct ssh *s, const char *list, int depth, struct err *e)
{
	const char *p = list;

	for (int n = 0; *p; n++) {
		size_t len = strcspn(p, ",");
		struct host h;
		struct ssh_conf c = s->conf;
		struct ssh *next;

		if (n == SSH_JUMPS_MAX || depth == SSH_JUMPS_MAX)
			return err_user(e, EXIT_CONFIG, "%s: more than %d jump "
			    "hosts", s->label, SSH_JUMPS_MAX);
		if (host_parse(&s->arena, p, len, &h, e) < 0) {
			e->code = EXIT_CONFIG;
			return err_ctx(e, "ProxyJump of %s", s->label);
		}
		c.host = &h;
		if (open_chain(&next, &c, s->via, s->deadline_ms, depth + 1,
		    e) < 0) {
			s->via = NULL;
			return err_ctx(e, "%s", s->label);
		}
		s->via = next;
		p += len + (p[len] == ',');
	}
	return 0;
}

/* Opens c->host through via, which is taken over in any case. */
static int
open_chain(struct ssh **out, const struct ssh_conf *c, struct ssh *via,
    int64_t deadline_ms, int depth, struct err *e)
{
	struct ssh *s = xcalloc(1, sizeof *s);
	int r;

	s->fd = -1;
	s->conf = *c;
	s->via = via;
	s->deadline_ms = deadline_ms;
	s->timeout_ms = (int)(deadline_ms - clock_mono_ms());
	s->io = (struct ssh_io){ -1, wire_send, wire_recv, s };
	s->m = module_open("ssh", "sp_ssh", "SSH", e);
	r = s->m ? ssh_settings(s, c->host, e) : e->kind;
	if (r == 0 && s->set.proxy_command && !via)
		r = err_user(e, EXIT_CONFIG, "%s: ~/.ssh/config has a "
		    "ProxyCommand for it, which sp does not run; ProxyJump "
		    "works", s->label);
	if (r == 0 && s->set.proxy_jump && !via)
		r = open_jumps(s, s->set.proxy_jump, depth, e);
	if (r == 0)
		r = greet_patiently(s, e);
	if (r == 0)
		r = ssh_check_host_key(s, e);
	if (r == 0)
		r = ssh_authenticate(s, e);
	if (r < 0) {
		ssh_close(s);
		return r;
	}
	s->alive_ms = clock_mono_ms() + SSH_KEEPALIVE_S * 1000;
	*out = s;
	return 0;
}

int
ssh_open(struct ssh **out, const struct ssh_conf *c, struct err *e)
{
	int ms = c->timeout_ms > 0 ? c->timeout_ms : SSH_OPEN_MS;

	return open_chain(out, c, NULL, clock_mono_ms() + ms, 0, e);
}

void
ssh_close(struct ssh *s)
{
	stream_close(s);
	if (s->via)
		ssh_close(s->via);
	text_release(&s->out);
	arena_release(&s->arena);
	free(s);
}

int
ssh_exec(struct ssh *s, const char *command, struct err *e)
{
	int r;

	s->deadline_ms = clock_mono_ms() + SSH_OPEN_MS;
	s->timeout_ms = SSH_OPEN_MS;
	while ((r = s->m->channel_open(s->session, &s->channel)) == SSH_AGAIN)
		TRY(ssh_wait(s, e));
	if (r != SSH_OK)
		return ssh_fail(s, r, "could not open a channel", e);
	while ((r = s->m->exec(s->channel, command)) == SSH_AGAIN)
		TRY(ssh_wait(s, e));
	return r == SSH_OK ? 0 : ssh_fail(s, r, "could not run a command", e);
}

/* What comes after the command runs: SSH_AGAIN is 0, all else breaks it. */
static ssize_t
broken(struct ssh *s, ssize_t r, struct err *e)
{
	if (r == SSH_AGAIN)
		return 0;
	s->cut = true;
	ssh_fail(s, (int)r, "lost", e);
	e->code = EXIT_TEMP;
	return e->kind = ERR_TEMP;
}

ssize_t
ssh_read(struct ssh *s, enum ssh_stream from, void *p, size_t n, struct err *e)
{
	ssize_t r;

	flush(s);
	r = s->m->read(s->channel, from, p, n);
	return r >= 0 ? r : broken(s, r, e);
}

ssize_t
ssh_write(struct ssh *s, const void *p, size_t n, struct err *e)
{
	ssize_t r;

	flush(s);
	for (const struct ssh *t = s; t; t = t->via)
		if (t->out.n - t->out_at >= OUT_MAX)
			return 0;
	r = s->m->write(s->channel, p, n);
	return r >= 0 ? r : broken(s, r, e);
}

int
ssh_write_end(struct ssh *s, struct err *e)
{
	int r = s->m->send_eof(s->channel);

	return r == SSH_OK ? 1 : (int)broken(s, r, e);
}

int
ssh_ended(struct ssh *s)
{
	return s->m->ended(s->channel);
}

int
ssh_queued(const struct ssh *s)
{
	if (s->channel && s->m->queued(s->channel) > 0)
		return 1;
	for (; s->via; s = s->via)
		if (s->m->queued(s->tunnel) > 0)
			return 1;
	return 0;
}

int
ssh_tick(struct ssh *s, struct err *e)
{
	int next, r;

	if (s->via)
		TRY(ssh_tick(s->via, e));
	if (clock_mono_ms() < s->alive_ms)
		return 0;
	s->alive_ms = clock_mono_ms() + SSH_KEEPALIVE_S * 1000;
	r = s->m->keepalive(s->session, SSH_KEEPALIVE_S, &next);
	return r == SSH_OK ? 0 : (int)broken(s, r, e);
}

/* The number of a signal as POSIX names it, without "SIG". */
static int
signal_number(const char *name)
{
	for (int i = 1; i < 32; i++) {
		const char *abbrev = sigabbrev_np(i);

		if (abbrev && strcmp(abbrev, name) == 0)
			return i;
	}
	return 0;
}

int
ssh_status(struct ssh *s, int timeout_ms, char *name, size_t size)
{
	struct err e;
	int r, status;

	s->deadline_ms = clock_mono_ms() + timeout_ms;
	while ((r = s->m->close(s->channel)) == SSH_AGAIN)
		if (ssh_wait(s, &e) < 0)
			return -1;
	if (r != SSH_OK)
		return -1;
	status = s->m->exit_status(s->session, s->channel, name, size);
	return *name ? 128 + signal_number(name) : status;
}
