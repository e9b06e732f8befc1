/*
 * tls -- see tls.h.  Loads the module and hands every call on to it.
 */
#include "net/tls.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/module.h"
#include "net/tls_module.h"

struct tls {
	const struct tls_module *m;
	void *t;
};

static int
tls_module(const struct tls_module **m, struct err *e)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static const struct tls_module *loaded;

	pthread_mutex_lock(&lock);
	if (loaded == NULL)
		loaded = module_open("tls", "sp_tls",
		    "encrypted connections", e);
	*m = loaded;
	pthread_mutex_unlock(&lock);
	return *m ? 0 : e->kind;
}

int
tls_load(struct err *e)
{
	const struct tls_module *m;

	return tls_module(&m, e);
}

static int
tls_made(struct tls **t, const struct tls_module *m, void *made,
    const char *message, struct err *e)
{
	if (made == NULL)
		return err_set(e, ERR_TEMP, "could not begin an encrypted "
		    "connection: %s", message);
	*t = xmalloc(sizeof **t);
	**t = (struct tls){ m, made };
	return 0;
}

int
tls_client(struct tls **t, int fd, const char *identity,
    const unsigned char key[TLS_KEY], struct err *e)
{
	const struct tls_module *m;
	char message[256] = "";

	*t = NULL;
	TRY(tls_module(&m, e));
	return tls_made(t, m, m->client(fd, identity, key, message,
	    sizeof message), message, e);
}

int
tls_server(struct tls **t, int fd, tls_key_of *key_of, void *arg,
    struct err *e)
{
	const struct tls_module *m;
	char message[256] = "";

	*t = NULL;
	TRY(tls_module(&m, e));
	return tls_made(t, m, m->server(fd, key_of, arg, message,
	    sizeof message), message, e);
}

int
tls_handshake(struct tls *t)
{
	return t->m->handshake(t->t);
}

int64_t
tls_read(struct tls *t, void *to, size_t n)
{
	return t->m->read(t->t, to, n);
}

int64_t
tls_write(struct tls *t, const void *p, size_t n)
{
	return t->m->write(t->t, p, n);
}

size_t
tls_pending(struct tls *t)
{
	return t->m->pending(t->t);
}

const char *
tls_identity(struct tls *t)
{
	return t->m->identity(t->t);
}

const char *
tls_why(struct tls *t)
{
	return t->m->why(t->t);
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	t->m->free(t->t);
	free(t);
}
