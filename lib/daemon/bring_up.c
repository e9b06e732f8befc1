/*
 * bring_up -- see bring_up.h.
 *
 * One loop over poll; a job is one daemon on one host, done by a child of
 * ours, which has a pipe for the key and one for each stream of its output.
 */
#include "daemon/bring_up.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "daemon/ask.h"
#include "net/hostfile.h"
#include "net/key.h"
#include "net/ssh_relay.h"

enum { ARGS = 16, OUTPUT_MAX = 64 << 10 };

enum job_state { JOB_WAITS, JOB_RUNS, JOB_DONE };

struct job {
	const struct host *host;
	const char *program, *role;
	const char *arg[ARGS];
	char text[3][320];              /* what args point to */
	enum job_state state;
	pid_t pid;
	int key, out, errors;           /* our ends; -1: closed */
	int64_t end_ms;
	struct text got[2];             /* of stdout and stderr */
	int code;                       /* exit status */
};

struct bring {
	const struct bring_conf *conf;
	struct job *job;
	int njob;
	char key[KEY_HEX + 2];          /* with \n; empty: none is sent */
	struct text url;
	struct err first;               /* failure; kind 0: none */
};

/* "sp://host1:7077": how drivers and workers reach the master. */
static void
bring_url(struct text *t, const struct bring_conf *c)
{
	text_addf(t, strchr(c->host->name, ':') ? "sp://[%s]:%d" :
	    "sp://%s:%d", c->host->name, c->port);
	text_str(t);
}

/* ---- one daemon on one host ------------------------------------------ */

/* The child: never returns. */
static void
job_child(const struct bring *b, const struct job *j, const int key[2],
    const int out[2], const int errors[2])
{
	struct host host = *j->host;
	struct relay_conf c = { .host = &host, .program = j->program,
		.args = j->arg, .timeout_ms = BRING_CONNECT_MS,
		.drain_ms = BRING_MS, .errors = errors[1] };
	struct text t = { 0 };
	struct err e = { 0 };
	int r;

	close(key[1]);
	close(out[0]);
	close(errors[0]);
	/* A copy of another's key pipe would keep its input from ending. */
	for (int i = 0; i < b->njob; i++) {
		const struct job *o = &b->job[i];

		if (o->state != JOB_RUNS)
			continue;
		close(o->key);
		close(o->out);
		close(o->errors);
	}
	signal(SIGPIPE, SIG_IGN);
	r = ssh_relay(&c, key[0], out[1], &e);
	/* The program's own words are there already. */
	if (r < 0) {
		text_addf(&t, "\n%s\n%s\n", e.text, e.hint);
		if (write(errors[1], t.p, t.n) < 0)
			_exit(EXIT_IO);        /* tidy: allowed, a child */
	}
	_exit(r < 0 ? e.code : EXIT_DONE);      /* tidy: allowed */
}

static int
job_start(const struct bring *b, struct job *j, struct err *e)
{
	int key[2], out[2], errors[2];

	if (pipe2(key, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    pipe2(errors, O_CLOEXEC) < 0)
		return err_sys(e, "could not make a pipe");
	j->pid = fork();
	if (j->pid < 0)
		return err_sys(e, "could not start a process");
	if (j->pid == 0)
		job_child(b, j, key, out, errors);
	close(key[0]);
	close(out[1]);
	close(errors[1]);
	j->key = key[1];
	j->out = out[0];
	j->errors = errors[0];
	j->end_ms = clock_mono_ms() + BRING_MS;
	j->state = JOB_RUNS;
	return 0;
}

static void
shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Lets it go on: with the key, or at the end of its input without one. */
static void
job_release(const struct bring *b, struct job *j)
{
	size_t n = strlen(b->key);

	if (j->key >= 0 && n > 0 && write(j->key, b->key, n) < 0)
		shut(&j->key);          /* its own failure tells more */
	shut(&j->key);
}

static void
job_read(int *fd, struct text *to)
{
	char p[4096];
	ssize_t n = *fd < 0 ? -1 : read(*fd, p, sizeof p);

	if (n > 0 && to->n < OUTPUT_MAX)
		text_add(to, p, (size_t)n);
	else if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		shut(fd);
}

/* The first line of its stderr that says why, without "HOST: PROGRAM: ". */
static void
job_reason(struct job *j, struct err *e)
{
	const char *p = text_str(&j->got[1]), *end, *cut;
	size_t n, label = strlen(j->host->name);

	e->text[0] = e->hint[0] = '\0';
	for (; *p; p = *end ? end + 1 : end) {
		end = p + strcspn(p, "\n");
		n = (size_t)(end - p);
		if (n > label && strncmp(p, j->host->name, label) == 0 &&
		    p[label] == ':')
			p += label + 2;
		cut = strstr(p, ": ");
		if (cut && cut < end && strncmp(p, j->program,
		    (size_t)(cut - p)) == 0)
			p = cut + 2;
		n = end > p ? (size_t)(end - p) : 0;
		while (n > 0 && (*p == ' ' || *p == '\t')) {
			p++;
			n--;
		}
		if (n == 0)
			continue;
		if (!e->text[0]) {
			err_user(e, j->code, "%.*s",
			    (int)(n < 600 ? n : 600), p);
		} else if (!e->hint[0] && !strstr(e->text, "ended with")) {
			if (!strstr(p, " ended with status ") ||
			    strstr(p, " ended with status ") > end)
				err_hint(e, "%.*s", (int)(n < 300 ? n : 300),
				    p);
		}
	}
	if (!e->text[0])
		err_user(e, j->code, "it ended with status %d", j->code);
}

static void
job_say(const struct bring *b, const struct job *j, const char *how,
    const char *hint)
{
	struct text t = { 0 };

	text_addf(&t, "%-20s %-6s  %s%s%s", j->host->name, j->role, how,
	    *hint ? "; " : "", hint);
	b->conf->say(text_str(&t));
	text_release(&t);
}

static void
job_failed(struct bring *b, struct job *j, const struct err *why)
{
	struct text t = { 0 };

	if (b->first.kind == 0)
		b->first = *why;
	text_addf(&t, "FAILED: %s", why->text);
	job_say(b, j, text_str(&t), why->hint);
	text_release(&t);
}

/* It has ended: reports.  Returns its exit status. */
static int
job_end(struct bring *b, struct job *j)
{
	const char *out = text_str(&j->got[0]);
	struct err e = { 0 };
	int status = 0;

	while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR)
		;
	shut(&j->key);
	j->state = JOB_DONE;
	j->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_TEMP;
	if (j->code) {
		if (WIFEXITED(status))
			job_reason(j, &e);
		else
			err_user(&e, EXIT_TEMP, "no end after %d s",
			    BRING_MS / 1000);
		job_failed(b, j, &e);
	} else if (!b->key[0]) {
		job_say(b, j, strncmp(out, "stopped", 7) == 0 ? "stopped" :
		    "not running", "");
	} else {
		job_say(b, j, strstr(text_str(&j->got[1]), "already running") ?
		    "already running" : "started", "");
	}
	return j->code;
}

/* ---- all of them ----------------------------------------------------- */

/* Waits for output of running jobs and takes it. */
static void
listen_once(struct bring *b, struct pollfd *p)
{
	int64_t now = clock_mono_ms();
	nfds_t n = 0;

	for (int i = 0; i < b->njob; i++) {
		struct job *j = &b->job[i];

		if (j->state != JOB_RUNS)
			continue;
		if (now > j->end_ms)
			kill(j->pid, SIGKILL);
		p[n++] = (struct pollfd){ j->out, POLLIN, 0 };
		p[n++] = (struct pollfd){ j->errors, POLLIN, 0 };
	}
	if (poll(p, n, 1000) <= 0)
		return;
	n = 0;
	for (int i = 0; i < b->njob; i++) {
		struct job *j = &b->job[i];

		if (j->state != JOB_RUNS)
			continue;
		if (p[n++].revents)
			job_read(&j->out, &j->got[0]);
		if (p[n++].revents)
			job_read(&j->errors, &j->got[1]);
	}
}

/* Nobody can start without a master: those that wait for it are told. */
static void
give_up(struct bring *b)
{
	const struct err why = { .kind = ERR_TEMP, .code = EXIT_UNAVAILABLE,
		.text = "not started, there is no master" };

	for (int i = 1; i < b->njob; i++) {
		struct job *j = &b->job[i];

		if (j->state == JOB_RUNS) {
			kill(j->pid, SIGKILL);
			while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR)
				;
			shut(&j->key);
			shut(&j->out);
			shut(&j->errors);
		}
		if (j->state != JOB_DONE)
			job_failed(b, j, &why);
		j->state = JOB_DONE;
		j->code = EXIT_UNAVAILABLE;
	}
}

/* Does jobs from..to-1.  The key of job 0 goes out at once, that of the
 * others when job 0 is done. */
static int
run_jobs(struct bring *b, int from, int to, struct err *e)
{
	struct pollfd p[2 * BRING_AT_ONCE];
	int running = 0, next = from, open = from > 0 || !b->key[0];

	while (running > 0 || next < to) {
		while (next < to && running < BRING_AT_ONCE) {
			TRY(job_start(b, &b->job[next], e));
			if (open || next == 0)
				job_release(b, &b->job[next]);
			running++;
			next++;
		}
		listen_once(b, p);
		for (int i = from; i < next; i++) {
			struct job *j = &b->job[i];

			if (j->state != JOB_RUNS || j->out >= 0 ||
			    j->errors >= 0)
				continue;
			running--;
			if (job_end(b, j) != 0 && i == 0 && !open) {
				give_up(b);
				return 0;
			}
			if (i > 0 || open)
				continue;
			open = 1;
			for (int k = 1; k < next; k++)
				job_release(b, &b->job[k]);
		}
	}
	return 0;
}

__attribute__((format(printf, 4, 5))) static void
add_arg(struct job *j, int *narg, int text, const char *fmt, ...)
{
	struct text t = { 0 };
	va_list ap;

	va_start(ap, fmt);
	text_addv(&t, fmt, ap);
	va_end(ap);
	text_str(&t);
	if (t.n < sizeof j->text[0] && *narg < ARGS - 1) {
		memcpy(j->text[text], t.p, t.n + 1);
		j->arg[(*narg)++] = j->text[text];
	}
	text_release(&t);
}

static void
plan_job(struct bring *b, const struct host *h, const char *const *mode)
{
	struct job *j = &b->job[b->njob];
	int is_master = b->njob == 0, n = 0;

	*j = (struct job){ .host = h, .key = -1, .out = -1, .errors = -1,
		.program = is_master ? "sp-master" : "sp-worker",
		.role = is_master ? "master" : "worker" };
	for (; *mode; mode++)
		j->arg[n++] = *mode;
	if (is_master) {
		add_arg(j, &n, 0, "-hall");
		add_arg(j, &n, 1, "-p%d", b->conf->port);
	} else {
		add_arg(j, &n, 0, "-h%s", h->name);
		if (h->cores > 0)
			add_arg(j, &n, 1, "-c%d", h->cores);
		if (h->memory > 0)
			add_arg(j, &n, 2, "-m%lld", (long long)h->memory);
		j->arg[n++] = b->url.p;
	}
	b->njob++;
}

static void
plan(struct bring *b, const struct bring_conf *c, const char *const *mode)
{
	*b = (struct bring){ .conf = c };
	b->job = xcalloc((size_t)c->nhost + 1, sizeof *b->job);
	bring_url(&b->url, c);
	plan_job(b, c->host, mode);
	for (int i = c->first == BRING_MASTER_ONLY; i < c->nhost; i++)
		plan_job(b, &c->host[i], mode);
}

static void
bring_release(struct bring *b)
{
	for (int i = 0; i < b->njob; i++) {
		text_release(&b->job[i].got[0]);
		text_release(&b->job[i].got[1]);
	}
	explicit_bzero(b->key, sizeof b->key);
	text_release(&b->url);
	free(b->job);
}

/* The key of the cluster, made when there is none. */
static int
get_key(struct bring *b, struct err *e)
{
	unsigned char key[KEY_BYTES];
	struct text path = { 0 };
	int r;

	if (b->conf->key_file)
		text_adds(&path, b->conf->key_file);
	else
		key_file(&path);
	if (access(text_str(&path), F_OK) < 0 && errno == ENOENT) {
		r = key_make(key, e);
		if (r == 0)
			r = key_write(key, path.p, e);
	} else {
		r = key_read(key, path.p, e);
	}
	for (int i = 0; r == 0 && i < KEY_BYTES; i++) {
		b->key[2 * i] = "0123456789abcdef"[key[i] >> 4];
		b->key[2 * i + 1] = "0123456789abcdef"[key[i] & 15];
	}
	b->key[KEY_HEX] = r == 0 ? '\n' : '\0';
	key_forget(key);
	text_release(&path);
	return r;
}

/* Whether the master knows the worker of this job. */
static int
is_known(const struct job *j, const struct text *answer)
{
	const char *id = j->got[0].p;
	size_t n = strcspn(id, "\n");

	for (const char *p = answer->p; (p = memmem(p, answer->n -
	    (size_t)(p - answer->p), id, n)) != NULL; p++)
		if (p > answer->p && p[-1] == '"' && p[n] == '"')
			return 1;
	return 0;
}

/* Asks the master whether those that ran already are its workers; who has
 * just been started has told that. */
static void
check(struct bring *b)
{
	int64_t end = clock_mono_ms() + BRING_CONNECT_MS;
	struct text answer = { 0 };
	struct ask q = { .kind = ASK_WORKERS, .json = 1 };
	struct err e = { 0 };
	int missing;

	do {
		text_clear(&answer);
		e = (struct err){ 0 };
		missing = 0;
		if (ask_master(b->url.p, b->conf->key_file, &q, &answer,
		    &e) < 0)
			break;
		text_str(&answer);
		for (int i = 1; i < b->njob; i++)
			if (b->job[i].code == 0 &&
			    !is_known(&b->job[i], &answer))
				missing = i;
		if (missing)
			poll(NULL, 0, 100);
	} while (missing && clock_mono_ms() < end);
	if (!e.kind && missing) {
		err_set(&e, ERR_TEMP, "it runs, but the master does not know "
		    "it");
		err_hint(&e, "sp-master down, then up again");
	}
	if (e.kind)
		job_failed(b, &b->job[missing], &e);
	text_release(&answer);
}

/* Makes the key if there is none.  Returns 0 when every daemon runs and the
 * master knows every worker; else the first failure, after all were tried. */
static int
bring_up(const struct bring_conf *c, struct err *e)
{
	static const char *const mode[] = { "--detach", "--key-stdin", NULL };
	struct bring b;
	int r;

	plan(&b, c, mode);
	r = get_key(&b, e);
	if (r == 0)
		r = run_jobs(&b, 0, b.njob, e);
	if (r == 0 && b.job[0].code == 0)
		check(&b);
	if (r == 0 && b.first.kind) {
		*e = b.first;
		r = e->kind;
	}
	bring_release(&b);
	return r;
}

/* Ends the workers, then the master, and removes their directories with the
 * key; what does not run is no failure. */
static int
bring_down(const struct bring_conf *c, struct err *e)
{
	static const char *const mode[] = { "--stop", "--remove", NULL };
	struct bring b;
	int r;

	plan(&b, c, mode);
	r = run_jobs(&b, 1, b.njob, e);
	if (r == 0)
		r = run_jobs(&b, 0, 1, e);
	if (r == 0 && b.first.kind) {
		*e = b.first;
		r = e->kind;
	}
	bring_release(&b);
	return r;
}

int
bring_file(const struct bring_conf *conf, const char *file, struct text *url,
    struct err *e)
{
	struct bring_conf c = *conf;
	struct arena a = { 0 };
	struct host *host;
	int r = hostfile_read(&a, file, &host, e);

	if (r > 0) {
		c.host = host;
		c.nhost = r;
		r = url ? bring_up(&c, e) : bring_down(&c, e);
	}
	if (r == 0 && url) {
		bring_url(url, &c);
		text_addc(url, '\n');
	}
	arena_release(&a);
	return r;
}
