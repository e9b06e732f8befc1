/*
 * cluster -- what master, workers and drivers tell each other, and the
 * times that keep them honest with each other.
 *
 * Leases run on the monotonic clock of whoever holds them.  A worker counts
 * from the moment it asked for the renewal, the master from the moment the
 * request came in, and the worker's term is the shorter one: a worker that
 * was cut off has killed its executors before the master gives them up.
 */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

/* CLUSTER_BUG=1..10 builds one fault in; tests/sim/cluster finds each. */
#ifndef CLUSTER_BUG
#define CLUSTER_BUG 0
#endif

enum {
	LEASE_MASTER_MS = 20000,        /* a silent worker or driver is lost */
	LEASE_WORKER_MS = 15000,        /* a worker that hears nothing fences */
	LEASE_RENEW_MS = 4000,          /* how often a renewal is asked for */
	WORKER_GRACE_MS = 3000,         /* a worker may reconnect so long */
	ADOPT_MS = 20000,               /* unknown executors wait for a driver */
	ADOPT_NUMBERS = 16,             /* of executors between two epochs */
	EPOCH_STEP = 1024,              /* of masters that have standbys */
	EPOCH_MAX = 1 << 30,            /* nobody comes so far */
	DRIVER_GRACE_MS = 5000,         /* a driver may come back so long */
	REVOKE_MS = 10000,              /* a driver's time to empty an executor */
	STOP_MS = 2000,                 /* from asking an executor to SIGKILL */
	START_TRIES = 10,               /* executors of an app that may fail */
	START_GOOD_MS = 60000,          /* lived so long: it was no bad start */
	WAIT_NOTE_MS = 10000,           /* an app waits so long: it is told */
	WORKER_MAX = 10000,
	APP_MAX = 10000,
	ENDED_APP_MAX = 100,            /* kept to be shown */
	APP_KEY_SIZE = 32,
	ID_SIZE = 64,
	NAME_SIZE = 128,
	ADDRESS_SIZE = 160,
	WHY_SIZE = 400,
};

/* An executor: number num of an application, numbers are never reused. */
struct exec_name {
	char app[ID_SIZE];
	int  num;
};

enum exec_state {
	EXEC_STARTING,          /* ordered or forked */
	EXEC_RUNNING,
	EXEC_STOPPING,          /* told to end; its cores are still taken */
	EXEC_GONE,              /* reaped */
};

/* One executor as its worker reports it. */
struct exec_report {
	struct exec_name name;
	enum exec_state state;
	int  cores;
	int64_t memory_mb;
	int  status;            /* GONE: exit status, 128 + n for signal n */
	char why[WHY_SIZE];     /* GONE: in words, with the last stderr lines */
};

/* A driver that runs under a worker, and what it takes there. */
struct driver_lease {
	char id[ID_SIZE];
	int  cores;
	int64_t memory_mb;
	const char *body;       /* the job, as whoever runs it reads it; */
	size_t nbody;           /* borrowed, not kept */
};

/* How a worker presents itself. */
struct worker_hello {
	char id[ID_SIZE];       /* made anew at each start of the worker */
	char host[NAME_SIZE];
	char address[ADDRESS_SIZE];     /* of its shuffle service, or "" */
	char version[32];
	int  cores;
	int64_t memory_mb;
	int  nexec;
	const struct exec_report *exec; /* what it runs; borrowed */
	int  ndriver;
	const struct driver_lease *driver;      /* that it runs; borrowed */
	int  napp;
	const char (*app)[ID_SIZE];     /* whose files it keeps; borrowed */
	int64_t epoch;          /* the highest of a master it was with */
};

/* What an application asks for. */
struct app_hello {
	uint64_t token;         /* drawn by the driver: the same application */
	char id[ID_SIZE];       /* "" at first, then what the master gave */
	char name[NAME_SIZE];
	char user[NAME_SIZE];
	char driver[ADDRESS_SIZE];      /* where executors connect to */
	unsigned char key[APP_KEY_SIZE];
	int  cores_max;         /* all together; 0: no limit */
	int  cores;             /* per executor; 0: half a worker */
	int64_t memory_mb;      /* per executor; 0: as its share of cores */
	int64_t overhead_mb;    /* more that it and its commands may use; 0:
				 * 384 or a tenth of memory_mb */
	int  instances;         /* executors at most; 0: no limit */
	int  weight;            /* of its fair share; 1 is usual */
	int  nexec;             /* executors it knows of, at reconnection */
	const int *exec;        /* borrowed */
};

/* Why an executor or an application ended. */
enum end_reason {
	END_EXITED,             /* the process ended by itself */
	END_WORKER_LOST,        /* its worker is silent, gone or restarted */
	END_KILLED,             /* by the application, or with it */
	END_REVOKED,            /* its cores go to another application */
	END_DRAINED,            /* its worker is drained */
};

/* "exited", "worker lost" … */
const char *end_reason_name(enum end_reason r);
const char *exec_state_name(enum exec_state s);

#endif
