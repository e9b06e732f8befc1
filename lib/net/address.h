/*
 * address -- "host:port" and "[v6]:port": parsed, listened on, connected to.
 *
 * All sockets are TCP, CLOEXEC, non-blocking, with TCP_NODELAY.  Names are
 * looked up with getaddrinfo, which may wait for a name server; addresses in
 * digits never do.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

struct err;
struct text;

struct address {
	char host[256];         /* without brackets; "" = every address */
	int  port;              /* 0: any (listening), or none was given */
};

/* port_default is taken when there is none in s; 0: a port is needed unless
 * listening on any is fine for the caller.  EXIT_USAGE. */
int address_parse(struct address *a, const char *s, int port_default,
    struct err *e);

/* Adds "host:port", with brackets around a v6 host. */
void address_print(struct text *t, const struct address *a);

/* Returns a listening socket.  A port in use: EXIT_UNAVAILABLE. */
int address_listen(const struct address *a, struct err *e);

/* Begins to connect; the socket becomes writable when it is known how it
 * went, see address_connected.  Unknown host: EXIT_UNAVAILABLE.  The first
 * address of a name that does not fail at once is taken. */
int address_connect(const struct address *a, struct err *e);

/* 0 if the connection stands, < 0 if it was refused etc. */
int address_connected(int fd, const struct address *a, struct err *e);

/* Connects, trying every address of the name, and waits at most timeout_ms
 * for all together.  EXIT_UNAVAILABLE. */
int address_connect_wait(const struct address *a, int timeout_ms,
    struct err *e);

/* Accepts: a socket, or -1 with errno. */
int address_accept(int listener);

/* This side's and the other side's address of a socket, host in digits; not
 * a TCP socket: "?" and port 0. */
void address_local(struct address *a, int fd);
void address_remote(struct address *a, int fd);

#endif
