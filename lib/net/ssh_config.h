/*
 * ssh_config -- what ~/.ssh/config says about one host, as ssh reads it: the
 * first value found wins, IdentityFile adds up.
 *
 *	struct ssh_lookup l = { .arena = a, .host = "node1", .home = "/home/ann",
 *	    .include = ... };
 *	ssh_config_read(&l, "/home/ann/.ssh/config", p, n, e);
 *	ssh_config_read(&l, "/etc/ssh/ssh_config", p, n, e);
 *	ssh_config_end(&l);
 *
 * Understood: Host with patterns, Include, HostName, User, Port,
 * IdentityFile, IdentitiesOnly, IdentityAgent, ProxyJump, HostKeyAlias,
 * UserKnownHostsFile, ConnectTimeout, "Match all".  Other Match blocks are
 * skipped.  ProxyCommand is noted, so that its user can be told.  All else is
 * passed over.  Pure: files come through the caller.
 */
#ifndef NET_SSH_CONFIG_H
#define NET_SSH_CONFIG_H

#include <stddef.h>

struct arena;
struct err;

enum {
	SSH_IDENTITY_MAX = 16,
	SSH_KNOWN_FILES_MAX = 4,
	SSH_INCLUDE_DEPTH = 16,
	SSH_INCLUDE_MAX = 256,  /* Include patterns in all */
	SSH_WORDS_MAX = 64,     /* words of a line that are looked at */
};

/* What was found; NULL and 0 mean: not told. */
struct ssh_settings {
	const char *host_name;  /* never NULL after ssh_config_end */
	const char *user;       /* the same */
	int         port;       /* 22 after ssh_config_end */
	const char *identity[SSH_IDENTITY_MAX];
	int         nidentity;
	int         identities_only;    /* 1 yes, -1 no */
	const char *identity_agent;     /* a socket, "none", "SSH_AUTH_SOCK" */
	const char *proxy_jump;         /* "a,b"; NULL too for "none" */
	const char *proxy_command;      /* NULL too for "none" */
	const char *host_key_alias;
	const char *known_hosts[SSH_KNOWN_FILES_MAX];
	int         nknown_hosts;
	int         connect_timeout_s;
};

struct ssh_lookup {
	struct arena *arena;
	const char *host;       /* as the user wrote it */
	const char *home;       /* for ~, %d and relative Includes */
	const char *local_user; /* for %u, and the default of User */
	/* Calls ssh_config_read for each file that the pattern means, in
	 * order; a pattern without a file is no error.  NULL: no Include. */
	int (*include)(struct ssh_lookup *l, const char *pattern,
	    struct err *e);
	void *arg;              /* for include */
	int depth, ninclude;    /* of Includes; internal */
	struct ssh_settings set;
};

/* Adds what a file says about l->host.  What l->set already has stays: put
 * there what the command line told.  ERR_USER with EXIT_CONFIG and
 * "FILE, line N: ". */
int ssh_config_read(struct ssh_lookup *l, const char *file, const char *p,
    size_t n, struct err *e);

/* Fills in defaults and expands ~ and %d %h %i %k %l %n %p %r %u %%. */
void ssh_config_end(struct ssh_lookup *l);

/* Whether name matches a list of patterns such as "*.lan !gate.lan"; sep
 * parts them.  Case does not matter.  Also for known_hosts. */
int ssh_pattern_list(const char *list, size_t n, char sep, const char *name);

#endif
