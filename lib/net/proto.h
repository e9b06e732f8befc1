/*
 * proto -- frames: their head, their types, and who may send them.
 *
 * A frame is a head of six bytes (u32 length of the body, u16 type, little
 * end first) and the body (net/msg.h).  The first frame each way is HELLO:
 *     fix64 magic, u64 protocol number, cstr version, u64 role
 * Peers whose protocol numbers differ part at once (EXIT_PROTOCOL); the
 * version text is only shown.  Before both hellos a body is at most
 * FRAME_SMALL_MAX bytes, then FRAME_MAX.
 *
 * Every type is a line of enum frame_type and a row of the table in proto.c;
 * conn refuses types that are not there or that the peer's role must not
 * send to ours.  Encoders and decoders stand beside the code that uses them.
 * Adding one: lib/net/README.
 */
#ifndef NET_PROTO_H
#define NET_PROTO_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct text;

enum {
	PROTO_NUMBER = 7,               /* goes up with every change of a body,
	                                 * or of what one may be sent */
	FRAME_HEAD = 6,
	FRAME_SMALL_MAX = 16 << 10,
	FRAME_MAX = 64 << 20,
};

/* Who somebody is; sets of them are sums. */
enum role {
	ROLE_DRIVER = 1,
	ROLE_EXECUTOR = 2,
	ROLE_BLOCKS = 4,                /* serves map outputs */
	ROLE_WORKER = 8,
	ROLE_MASTER = 16,
	ROLE_TOOL = 32,                 /* a command that asks, e.g. status */
	ROLE_ANY = 63,
};

enum frame_type {
	/* 1-15: everybody */
	FRAME_HELLO = 1,
	FRAME_REFUSED = 2,      /* i64 exit code, cstr text, cstr hint */
	FRAME_PING = 3,         /* any bytes: asks for a PONG */
	FRAME_PONG = 4,         /* the same bytes, or none */

	/* 16-63: driver and executor (executor/job_msg.h, task_msg.h) */
	FRAME_SETUP = 16,       /* the application */
	FRAME_READY = 17,       /* who the executor is and where it serves */
	FRAME_JOB = 18,         /* one action: plan text and its files */
	FRAME_JOB_FAILED = 19,  /* the executor cannot begin it: as FAILED */
	FRAME_STAGE = 20,       /* number of tasks of a stage */
	FRAME_PLACE = 21,       /* where map outputs are served */
	FRAME_MAPS = 22,        /* which place has which map output */
	FRAME_LAUNCH = 23,      /* parts of a stage to run */
	FRAME_REVOKE = 24,      /* parts not to begin, if they have not yet */
	FRAME_REVOKED = 25,     /* a part that was taken back */
	FRAME_JOB_END = 26,     /* i64 job: stop its tasks, forget it */
	FRAME_DONE = 27,        /* an attempt has succeeded */
	FRAME_FAILED = 28,      /* an attempt has failed */
	FRAME_RESULT = 29,      /* rows of it for the driver's stdout */
	FRAME_FILE_READ = 30,   /* bytes of an input of the driver's */
	FRAME_FILE_DATA = 31,   /* the answer */
	FRAME_OUT_DATA = 32,    /* bytes of an output file */
	FRAME_PROGRESS = 33,    /* u64 rows, u64 bytes read since the last,
	                         * u64 KiB of memory at most so far */
	FRAME_FORGET = 34,      /* i64 job, i64 stage: its map outputs */
	FRAME_CANCEL = 35,      /* as LAUNCH: attempts that are not needed */
	FRAME_RESET = 36,       /* u64 ms: forget the application, and wait so
	                         * long for the greeting of another driver */
	FRAME_IDLE = 37,        /* empty: that is done, this is the last frame */
	FRAME_LOG = 38,         /* as RESULT: a line of a command's stderr */
	FRAME_KEPT_GONE = 39,   /* i64 relation, i64 map, i64 attempt: not kept */
	FRAME_RELAY_ASK = 40,   /* a broadcast is wanted; a copy that failed */
	FRAME_RELAY_GO = 41,    /* the place to fetch it from */
	FRAME_RELAY_END = 42,   /* it has come; is there a copy? */
	/* 64-95: blocks (transfer/block_msg.h) */
	FRAME_BLOCKS_ASK = 64,
	FRAME_BLOCKS_PART = 65,
	FRAME_BLOCKS_DONE = 66,
	FRAME_BLOCKS_LOST = 67,
	FRAME_SERVE = 68,       /* a directory of an application */
	FRAME_SERVE_END = 69,
	FRAME_SERVING = 70,     /* the port */
	FRAME_BLOCKS_CREDIT = 71,
	/* 96-127: master */
	FRAME_WORKER_REGISTER = 96,     /* who the worker is, what it runs */
	FRAME_WORKER_RENEW = 97,        /* u64 n: asks for a longer lease */
	FRAME_WORKER_REPORT = 98,       /* what became of an executor */
	FRAME_WORKER_LEAVE = 99,        /* the worker ends */
	FRAME_WORKER_WELCOME = 100,     /* u64 epoch */
	FRAME_WORKER_GRANT = 101,       /* u64 n: that renewal is granted */
	FRAME_WORKER_START = 102,       /* start an executor */
	FRAME_WORKER_STOP = 103,        /* end an executor */
	FRAME_WORKER_FORGET = 104,      /* cstr application: it has ended */
	FRAME_APP_REGISTER = 105,       /* what an application asks for */
	FRAME_APP_RENEW = 106,          /* u64 n */
	FRAME_APP_WANT = 107,           /* i64 cores, i64 executors at most */
	FRAME_APP_RELEASE = 108,        /* i64 executor that is not needed */
	FRAME_APP_END = 109,            /* i64 exit status, cstr why */
	FRAME_APP_WELCOME = 110,        /* u64 epoch, cstr application */
	FRAME_APP_GRANT = 111,          /* n of the renewal; -1: of END */
	FRAME_APP_EXEC_UP = 112,        /* an executor was ordered */
	FRAME_APP_EXEC_LOST = 113,      /* an executor is gone */
	FRAME_APP_REVOKED = 114,        /* i64 executor: empty and release it */
	FRAME_APP_NOTE = 115,           /* cstr why nothing happens */
	FRAME_ASK = 116,                /* a command's question to a master */
	FRAME_ANSWER = 117,             /* str what it prints */
	FRAME_ASSIGNMENT = 118,         /* an executor's first: what it is for */
	FRAME_DRIVER_SUBMIT = 119,      /* a job for a driver under a worker */
	FRAME_DRIVER_ASK = 120,         /* what does it do; stop it */
	FRAME_DRIVER_START = 121,       /* start one */
	FRAME_DRIVER_STOP = 122,        /* end one */
	FRAME_DRIVER_STATE = 123,       /* what one does */
	FRAME_MASTER_STATE = 124,       /* i64 epoch, i64 1: active, cstr id */
	FRAME_STANDBY = 125,            /* of a master that is not active:
					 * as MASTER_STATE, cstr its status */

	FRAME_TYPES = 128
};

struct frame_kind {
	const char *name;       /* upper case, as sp-protocol(7) has it */
	unsigned from, to;      /* sets of enum role */
};

/* The row of a type, or NULL: there is no such type. */
const struct frame_kind *frame_kind(int type);

/* Reads the head of a frame.  Returns the length of the body and sets *type;
 * -1 if that is over max. */
int64_t frame_head(const char head[FRAME_HEAD], size_t max, int *type);

/* Writes it. */
void frame_head_put(char head[FRAME_HEAD], int type, size_t n);

struct hello {
	int  role;              /* enum role, one */
	char version[64];
};

/* Adds the body of a HELLO. */
void hello_print(struct text *t, int role);

/* Reads one.  Not a HELLO, or of another protocol: ERR_USER, EXIT_PROTOCOL,
 * with both numbers in the text. */
int hello_parse(struct hello *h, const char *body, size_t n, struct err *e);

/* The first frame of the other side: the HELLO of one of the roles, or it is
 * refused with EXIT_PROTOCOL.  What a REFUSED says is the error. */
int hello_take(struct hello *h, int roles, int type, const char *body,
    size_t n, struct err *e);

/* May that frame, one behind the greetings, come from a role to a role?  The
 * same errors. */
int frame_allowed(int type, int from, int to, const char *body, size_t n,
    struct err *e);

/* "driver", "executor", ... */
const char *role_name(int role);

/* The body of a REFUSED, and back: *e becomes what the peer says, as an
 * ERR_USER of its code.  Returns a negative kind always. */
void refused_print(struct text *t, const struct err *why);
int refused_parse(const char *body, size_t n, struct err *e);

#endif
