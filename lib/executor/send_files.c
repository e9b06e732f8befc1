/*
 * send_files -- see send_files.h.
 */
#include "executor/send_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "executor/outbox.h"
#include "io/tree.h"
#include "net/proto.h"
#include "store/commit.h"

#define PIECE ((size_t)1 << 20)

static int
send_pieces(struct send_file *s, int fd, struct err *e)
{
	char *buf = xmalloc(PIECE);
	struct text t = { 0 };
	int r = 0;
	ssize_t n;

	s->msg.at = 0;
	do {
		n = pread(fd, buf, PIECE, s->msg.at);
		if (n < 0) {
			r = err_sys(e, "could not read \"%s\" back",
			    s->msg.name);
			break;
		}
		s->msg.p = buf;
		s->msg.n = (size_t)n;
		text_clear(&t);
		out_data_msg_print(&t, &s->msg);
		if (atomic_load(s->cancel) ||
		    !outbox_put_data(s->out, FRAME_OUT_DATA, &t))
			r = err_set(e, ERR_TEMP, "the job has ended");
		s->msg.at += n;
	} while (n > 0 && r >= 0);
	free(buf);
	text_release(&t);
	return r;
}

int
send_file(struct send_file *s, const char *name, struct err *e)
{
	struct arena a = { 0 };
	const char *path;
	int fd, r;

	s->msg.name = name;
	r = output_path(s->output, s->msg.part, s->msg.attempt, name, &a,
	    &path, e);
	if (r >= 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		r = fd < 0 ? err_sys(e, "could not open \"%s\"", path) :
		    send_pieces(s, fd, e);
		if (fd >= 0)
			close(fd);
		unlink(path);
	}
	arena_release(&a);
	return r;
}

bool
send_file_is_here(const struct job_output *o, struct arena *a)
{
	struct stat st;

	return stat(output_staging_lock(o->staging, a), &st) == 0 &&
	    (uint64_t)st.st_ino == o->inode &&
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec ==
	    o->mtime_ns && access(o->staging, W_OK) == 0;
}

void
send_file_remove(const char *dir)
{
	tree_remove(dir);
}
