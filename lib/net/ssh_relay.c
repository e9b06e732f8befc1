/*
 * ssh_relay -- see ssh_relay.h.
 *
 * Two buffers, one a direction.  A round moves what can be moved without
 * waiting; only a round that moved nothing, with no packet queued inside of
 * libssh2, is followed by poll.  A full buffer stops the reading of its
 * source, and so the sender, by the window of the channel or the socket's
 * buffer.
 */
#include "net/ssh_relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "net/hostfile.h"
#include "net/ssh.h"
#include "net/ssh_bundle.h"

enum { BUFFER = 256 << 10, LINE_MAX_BYTES = 4096 };

struct buffer {
	char  *p;
	size_t at, n;           /* bytes p[at .. n) wait to be written */
};

struct relay {
	const struct relay_conf *conf;
	struct ssh *s;
	int in, out;
	struct buffer up, down;         /* in -> host, host -> out */
	struct text line;               /* a begun line of its stderr */
	bool in_ended, told;            /* nothing more to send; it knows */
	bool out_hup;                   /* nobody will read */
	bool out_gone;                  /* and nothing is left to send */
};

static bool
not_now(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* Writes all of it to a descriptor that may be slow, but not for ever. */
static void
say(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t r = write(fd, p, n);
		struct pollfd f = { fd, POLLOUT, 0 };

		if (r < 0 && (!not_now() || poll(&f, 1, 1000) <= 0))
			return;
		if (r > 0) {
			p += r;
			n -= (size_t)r;
		}
	}
}

static void
line_end(struct relay *r)
{
	struct text t = { 0 };

	if (r->line.n == 0)
		return;
	text_addf(&t, "%s: ", r->conf->host->name);
	text_add(&t, r->line.p, r->line.n);
	text_addc(&t, '\n');
	say(r->conf->errors, t.p, t.n);
	text_release(&t);
	text_clear(&r->line);
}

static void
lines_add(struct relay *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] != '\n')
			text_addc(&r->line, p[i]);
		if (p[i] == '\n' || r->line.n == LINE_MAX_BYTES)
			line_end(r);
	}
}

/* in -> up -> the host.  Returns whether anything moved, or < 0. */
static int
move_up(struct relay *r, struct err *e)
{
	struct buffer *b = &r->up;
	bool moved = false;
	ssize_t n;

	if (b->at == b->n && !r->in_ended) {
		n = read(r->in, b->p, BUFFER);
		if (n == 0 || (n < 0 && !not_now()))
			r->in_ended = true;
		b->at = 0;
		b->n = n > 0 ? (size_t)n : 0;
		moved = n >= 0;
	}
	if (b->at < b->n) {
		n = ssh_write(r->s, b->p + b->at, b->n - b->at, e);
		if (n < 0)
			return (int)n;
		b->at += (size_t)n;
		moved |= n > 0;
	}
	if (b->at == b->n && r->in_ended && !r->told) {
		n = ssh_write_end(r->s, e);
		if (n < 0)
			return (int)n;
		r->told = n > 0;
	}
	return moved;
}

/* The host -> down -> out, and its stderr. */
static int
move_down(struct relay *r, struct err *e)
{
	struct buffer *b = &r->down;
	char errors[4096];
	bool moved = false;
	ssize_t n;

	if (b->at == b->n) {
		n = ssh_read(r->s, SSH_STDOUT, b->p, BUFFER, e);
		if (n < 0)
			return (int)n;
		b->at = 0;
		b->n = (size_t)n;
		moved = n > 0;
	}
	if (b->at < b->n) {
		n = write(r->out, b->p + b->at, b->n - b->at);
		if (n < 0 && !not_now())
			r->out_gone = true;
		b->at += n > 0 ? (size_t)n : 0;
		moved |= n > 0;
	}
	n = ssh_read(r->s, SSH_STDERR, errors, sizeof errors, e);
	if (n < 0)
		return (int)n;
	lines_add(r, errors, (size_t)n);
	return moved || n > 0;
}

static int
wait_for_more(struct relay *r, struct err *e)
{
	bool full_up = r->up.at < r->up.n, full_down = r->down.at < r->down.n;
	struct pollfd p[3] = {
		{ ssh_fd(r->s), ssh_events(r->s), 0 },
		{ full_up || r->in_ended ? -1 : r->in, POLLIN, 0 },
		{ r->out_hup ? -1 : r->out, full_down ? POLLOUT : 0, 0 },
	};

	if (!full_down && ssh_queued(r->s))
		return 0;
	/* What could not be put anywhere is not looked for, unless a packet
	 * may open the window for what goes up. */
	if (full_down && !full_up)
		p[0].events &= (short)~POLLIN;
	if (p[0].events == 0)
		p[0].fd = -1;
	if (poll(p, 3, 1000) < 0 && errno != EINTR)
		return err_sys(e, "poll");
	if (p[2].revents & (POLLERR | POLLNVAL))
		r->out_gone = true;
	r->out_hup |= (p[2].revents & POLLHUP) != 0;
	r->out_gone |= r->out_hup && r->told;
	return ssh_tick(r->s, e);
}

static int
pump(struct relay *r, struct err *e)
{
	int drain = r->conf->drain_ms > 0 ? r->conf->drain_ms : RELAY_DRAIN_MS;
	int64_t moved_ms = clock_mono_ms();

	while (!r->out_gone) {
		int up = move_up(r, e);
		int down = up < 0 ? up : move_down(r, e);

		if (down < 0)
			return down;
		if (up + down > 0) {
			moved_ms = clock_mono_ms();
			continue;
		}
		if (r->down.at == r->down.n && ssh_ended(r->s) &&
		    !ssh_queued(r->s))
			return 0;
		if (r->told && clock_mono_ms() - moved_ms > drain)
			return err_set(e, ERR_TEMP, "%s: %s does not end, %d s "
			    "after its input and its last output",
			    ssh_label(r->s), r->conf->program, drain / 1000);
		TRY(wait_for_more(r, e));
	}
	return 0;
}

/* How the program ended. */
static int
verdict(struct relay *r, struct err *e)
{
	const char *name = r->conf->program;
	char signal[32];
	int status;

	if (r->out_gone)
		return 0;
	status = ssh_status(r->s, 2000, signal, sizeof signal);
	if (status == 0)
		return 0;
	if (status < 0)
		return err_set(e, ERR_TEMP, "%s: %s closed its output and did "
		    "not end", ssh_label(r->s), name);
	if (status > 128 && *signal)
		err_set(e, ERR_TEMP, "%s: %s was ended by signal %s",
		    ssh_label(r->s), name, signal);
	else
		err_set(e, ERR_TEMP, "%s: %s ended with status %d",
		    ssh_label(r->s), name, status);
	if (status == 126 || status == 127)
		err_hint(e, "this host may have another kind of processor, an "
		    "older libc, or no right to run programs in ~/.cache/sp");
	e->code = status;
	return e->kind;
}

static int
nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	return flags;
}

static void
blocking_again(int fd, int flags)
{
	if (flags >= 0 && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags);
}

/* With the connection: starts the program, then moves bytes. */
static int
relay_run(struct relay *r, struct arena *a, const struct bundle *b,
    struct err *e)
{
	struct text rest = { 0 }, errors = { 0 };
	int in_flags, out_flags, k;

	k = bundle_start(r->s, b, r->conf->program, r->conf->args, &rest, &errors,
	    e);
	r->up.p = arena_bytes(a, BUFFER);
	r->down.p = arena_bytes(a, BUFFER + rest.n);
	if (k == 0) {
		memcpy(r->down.p, text_str(&rest), rest.n);
		r->down.n = rest.n;
		lines_add(r, errors.p, errors.n);
		out_flags = nonblocking(r->out);
		in_flags = nonblocking(r->in);
		k = pump(r, e);
		line_end(r);
		blocking_again(r->in, in_flags);
		blocking_again(r->out, out_flags);
		if (k == 0)
			k = verdict(r, e);
	}
	text_release(&rest);
	text_release(&errors);
	return k;
}

/* Whether the other end of our input has gone for good.  Only a socket tells:
 * a pipe whose writer has ended may still have bytes. */
static int
nobody_there(void *arg)
{
	const struct relay *r = arg;
	struct pollfd p = { r->in, 0, 0 };
	int type;
	socklen_t n = sizeof type;

	return getsockopt(r->in, SOL_SOCKET, SO_TYPE, &type, &n) == 0 &&
	    poll(&p, 1, 0) == 1 && (p.revents & POLLHUP);
}

int
ssh_relay(const struct relay_conf *c, int in, int out, struct err *e)
{
	struct relay_conf conf = *c;
	struct relay r = { .conf = &conf, .in = in, .out = out };
	struct arena a = { 0 };
	struct bundle b;
	int k;

	if (!conf.program)
		conf.program = "sp-executor";
	k = bundle_find(&b, &a, conf.dir, conf.program, e);
	if (k == 0)
		k = ssh_open(&r.s, &(struct ssh_conf){ conf.host,
		    conf.timeout_ms, nobody_there, &r }, e);
	if (k == 0) {
		k = relay_run(&r, &a, &b, e);
		ssh_close(r.s);
	}
	text_release(&r.line);
	arena_release(&a);
	return k < 0 && nobody_there(&r) ? 0 : k;
}
