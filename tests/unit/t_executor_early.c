/*
 * t_executor_early -- frames that come before the setup: an executor ends in
 * order, it has nothing yet that they could be about.
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/text.h"
#include "executor/executor.h"
#include "executor/task_msg.h"
#include "net/msg.h"
#include "net/peer.h"
#include "net/proto.h"
#include "tap.h"

static pid_t
start(struct peer **to)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct executor_conf conf = { pair[1], pair[1], false };
		struct err e = { 0 };

		close(pair[0]);
		_exit(executor_run(&conf, &e) < 0 ? e.code : 0);
	}
	close(pair[1]);
	peer_from_fd(to, pair[0]);
	return pid;
}

/* The exit status after the frame; 1000 and more: killed by a signal. */
static int
ends_with(int type, const struct text *body)
{
	struct peer *p;
	struct err e = { 0 };
	pid_t pid = start(&p);
	int status = 0;

	if (peer_hello(p, ROLE_DRIVER, ROLE_EXECUTOR, 10000, &e) < 0 ||
	    peer_send(p, type, body->p, body->n, &e) < 0)
		printf("# %s\n", e.text);
	shutdown(peer_fd(p), SHUT_WR);
	waitpid(pid, &status, 0);
	peer_close(p);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 +
	    WTERMSIG(status);
}

int
main(void)
{
	struct place_msg place = { 0, "127.0.0.1:1", "", "/" };
	struct text t = { 0 };

	place_msg_print(&t, &place);
	is_int(ends_with(FRAME_PLACE, &t), EXIT_PROTOCOL, "a place");
	text_clear(&t);
	msg_i64(&t, 1);
	msg_i64(&t, INT32_MAX);
	is_int(ends_with(FRAME_FORGET, &t), EXIT_PROTOCOL,
	    "a stage of a number too large");
	text_clear(&t);
	msg_i64(&t, 1);
	is_int(ends_with(FRAME_JOB_END, &t), 0, "the end of a job");
	text_release(&t);
	return done_testing();
}
