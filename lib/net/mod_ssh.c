/*
 * mod_ssh -- libssh2 behind the table of ssh_module.h; the only file that
 * includes libssh2.h.
 *
 * Each function is one call of libssh2 with its error numbers mapped to the
 * few that ssh.c tells apart.  Sessions never block and do their input and
 * output through the caller, who may tunnel one session through another.
 */
#include <errno.h>
#include <libssh2.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/ssh_module.h"

enum {
	WINDOW_BYTES = 16 << 20,        /* unread bytes of a channel */
	PACKET_BYTES = 32768,
	AGENT_KEYS_MAX = 64,
};

static int
status_of(long r)
{
	switch (r) {
	case LIBSSH2_ERROR_EAGAIN:
		return SSH_AGAIN;
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_BANNER_RECV:
	case LIBSSH2_ERROR_BANNER_SEND:
		return SSH_GONE;
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_METHOD_NONE:
		return SSH_ALIEN;
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
	case LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED:
		return SSH_REFUSED;
	case LIBSSH2_ERROR_FILE:
		return SSH_BAD_KEY;
	}
	return r < 0 ? SSH_FAILED : (int)r;
}

static int
ssh_rsa_sha2(void)
{
	return libssh2_version(0x010b00) != NULL;
}

static const char *
ssh_version(void)
{
	return libssh2_version(0);
}

/* The agent's socket goes through the session's functions, too. */
static ssize_t
io_send(libssh2_socket_t fd, const void *p, size_t n, int flags,
    void **abstract)
{
	const struct ssh_io *io = *abstract;
	ssize_t r;

	if (fd == io->fd)
		return io->send(io->arg, p, n);
	r = send(fd, p, n, flags | MSG_NOSIGNAL);
	return r < 0 ? -errno : r;
}

static ssize_t
io_recv(libssh2_socket_t fd, void *p, size_t n, int flags, void **abstract)
{
	const struct ssh_io *io = *abstract;
	ssize_t r;

	if (fd == io->fd)
		return io->recv(io->arg, p, n);
	r = recv(fd, p, n, flags);
	return r < 0 ? -errno : r;
}

/* libssh2 keeps callbacks as void *; ISO C wants the way over memory. */
static void
callback_set(LIBSSH2_SESSION *s, int which, const void *fn, size_t size)
{
	void *p;

	memcpy(&p, fn, size);
	libssh2_session_callback_set(s, which, p);
}

static void *
ssh_session_new(const struct ssh_io *io)
{
	ssize_t (*out)(libssh2_socket_t, const void *, size_t, int, void **) =
	    io_send;
	ssize_t (*in)(libssh2_socket_t, void *, size_t, int, void **) = io_recv;
	static int started;
	LIBSSH2_SESSION *s;

	if (!started && libssh2_init(0) != 0)
		return NULL;
	started = 1;
	s = libssh2_session_init_ex(NULL, NULL, NULL, (void *)(size_t)io);
	if (!s)
		return NULL;
	callback_set(s, LIBSSH2_CALLBACK_SEND, &out, sizeof out);
	callback_set(s, LIBSSH2_CALLBACK_RECV, &in, sizeof in);
	libssh2_session_set_blocking(s, 0);
	return s;
}

static void
ssh_goodbye(void *session)
{
	libssh2_session_disconnect(session, "done");
}

static void
ssh_session_free(void *session)
{
	for (int i = 0; i < 100 && libssh2_session_free(session) ==
	    LIBSSH2_ERROR_EAGAIN; i++)
		;
}

static void
ssh_message(void *session, char *to, size_t size)
{
	char *text = NULL;

	libssh2_session_last_error(session, &text, NULL, 0);
	snprintf(to, size, "%s", text && *text ? text : "no reason given");
}

static int
ssh_prefer(void *session, enum ssh_method what, const char *list)
{
	static const int method[][2] = {
		{ LIBSSH2_METHOD_HOSTKEY, LIBSSH2_METHOD_HOSTKEY },
		{ LIBSSH2_METHOD_CRYPT_CS, LIBSSH2_METHOD_CRYPT_SC },
		{ LIBSSH2_METHOD_MAC_CS, LIBSSH2_METHOD_MAC_SC },
	};

	return libssh2_session_method_pref(session, method[what][0], list) ||
	    libssh2_session_method_pref(session, method[what][1], list) ?
	    SSH_ALIEN : SSH_OK;
}

static int
ssh_handshake(void *session, int fd)
{
	return status_of(libssh2_session_handshake(session, fd));
}

static const unsigned char *
ssh_host_key(void *session, size_t *n)
{
	int type;

	return (const unsigned char *)libssh2_session_hostkey(session, n, &type);
}

static int
ssh_keepalive(void *session, int every_s, int *next_s)
{
	libssh2_keepalive_config(session, 1, (unsigned)every_s);
	return status_of(libssh2_keepalive_send(session, next_s));
}

static int
ssh_auth_methods(void *session, const char *user, const char **list)
{
	*list = libssh2_userauth_list(session, user, (unsigned)strlen(user));
	if (*list || libssh2_userauth_authenticated(session))
		return SSH_OK;
	return status_of(libssh2_session_last_errno(session));
}

static int
ssh_auth_key(void *session, const char *user, const char *key, size_t n)
{
	return status_of(libssh2_userauth_publickey_frommemory(session, user,
	    strlen(user), NULL, 0, key, n, NULL));
}

struct agent {
	LIBSSH2_AGENT *agent;
	struct libssh2_agent_publickey *key[AGENT_KEYS_MAX];
	int n;
};

static void
ssh_agent_close(void *agent)
{
	struct agent *a = agent;

	libssh2_agent_disconnect(a->agent);
	libssh2_agent_free(a->agent);
	free(a);
}

static void *
ssh_agent_open(void *session, const char *path)
{
	struct agent *a = calloc(1, sizeof *a);

	if (!a)
		return NULL;
	a->agent = libssh2_agent_init(session);
	if (!a->agent) {
		free(a);
		return NULL;
	}
	libssh2_agent_set_identity_path(a->agent, path);
	if (libssh2_agent_connect(a->agent) == 0 &&
	    libssh2_agent_list_identities(a->agent) == 0)
		return a;
	ssh_agent_close(a);
	return NULL;
}

static int
ssh_agent_next(void *agent, const unsigned char **blob, size_t *n,
    const char **comment)
{
	struct agent *a = agent;

	if (a->n == AGENT_KEYS_MAX || libssh2_agent_get_identity(a->agent,
	    &a->key[a->n], a->n ? a->key[a->n - 1] : NULL) != 0)
		return 0;
	*blob = a->key[a->n]->blob;
	*n = a->key[a->n]->blob_len;
	*comment = a->key[a->n]->comment;
	a->n++;
	return 1;
}

static int
ssh_agent_auth(void *agent, const char *user, int index)
{
	struct agent *a = agent;

	return status_of(libssh2_agent_userauth(a->agent, user, a->key[index]));
}

static int
ssh_channel_open(void *session, void **channel)
{
	*channel = libssh2_channel_open_ex(session, "session",
	    sizeof "session" - 1, WINDOW_BYTES, PACKET_BYTES, NULL, 0);
	return *channel ? SSH_OK :
	    status_of(libssh2_session_last_errno(session));
}

static int
ssh_tunnel_open(void *session, const char *host, int port, void **channel)
{
	*channel = libssh2_channel_direct_tcpip_ex(session, host, port,
	    "127.0.0.1", 22);
	return *channel ? SSH_OK :
	    status_of(libssh2_session_last_errno(session));
}

static int
ssh_exec_command(void *channel, const char *command)
{
	return status_of(libssh2_channel_process_startup(channel, "exec", 4,
	    command, (unsigned)strlen(command)));
}

static ssize_t
ssh_read_some(void *channel, int stream, void *p, size_t n)
{
	return status_of(libssh2_channel_read_ex(channel, stream, p, n));
}

static ssize_t
ssh_write_some(void *channel, const void *p, size_t n)
{
	return status_of(libssh2_channel_write_ex(channel, 0, p, n));
}

static size_t
ssh_queued(void *channel)
{
	unsigned long n = 0;

	libssh2_channel_window_read_ex(channel, &n, NULL);
	return n;
}

static int
ssh_send_eof(void *channel)
{
	return status_of(libssh2_channel_send_eof(channel));
}

static int
ssh_ended(void *channel)
{
	return libssh2_channel_eof(channel) == 1;
}

static int
ssh_close_channel(void *channel)
{
	return status_of(libssh2_channel_close(channel));
}

static int
ssh_exit_status(void *session, void *channel, char *name, size_t size)
{
	char *got = NULL;
	size_t n = 0;

	name[0] = '\0';
	libssh2_channel_get_exit_signal(channel, &got, &n, NULL, NULL, NULL,
	    NULL);
	if (got)
		snprintf(name, size, "%.*s", (int)n, got);
	libssh2_free(session, got);
	return libssh2_channel_get_exit_status(channel);
}

static void
ssh_sha256(const void *p, size_t n, unsigned char out[32])
{
	EVP_Digest(p, n, out, NULL, EVP_sha256(), NULL);
}

static void
ssh_hmac_sha1(const unsigned char *salt, size_t nsalt, const char *text,
    size_t n, unsigned char out[20])
{
	unsigned len = 20;

	HMAC(EVP_sha1(), salt, (int)nsalt, (const unsigned char *)text, n, out,
	    &len);
}

extern const struct ssh_module sp_ssh;

const struct ssh_module sp_ssh = {
	.version = ssh_version,
	.rsa_sha2 = ssh_rsa_sha2,
	.session_new = ssh_session_new,
	.goodbye = ssh_goodbye,
	.session_free = ssh_session_free,
	.message = ssh_message,
	.prefer = ssh_prefer,
	.handshake = ssh_handshake,
	.host_key = ssh_host_key,
	.keepalive = ssh_keepalive,
	.auth_methods = ssh_auth_methods,
	.auth_key = ssh_auth_key,
	.agent_open = ssh_agent_open,
	.agent_next = ssh_agent_next,
	.agent_auth = ssh_agent_auth,
	.agent_close = ssh_agent_close,
	.channel_open = ssh_channel_open,
	.tunnel_open = ssh_tunnel_open,
	.exec = ssh_exec_command,
	.read = ssh_read_some,
	.write = ssh_write_some,
	.queued = ssh_queued,
	.send_eof = ssh_send_eof,
	.ended = ssh_ended,
	.close = ssh_close_channel,
	.exit_status = ssh_exit_status,
	.sha256 = ssh_sha256,
	.hmac_sha1 = ssh_hmac_sha1,
};
