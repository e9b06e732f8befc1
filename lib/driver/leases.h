/*
 * leases -- executors that sp-master gives: the driver asks it for cores, and
 * the executors that its workers start connect to the driver.
 *
 * The driver listens on one port for its own executors only: whoever has not
 * the application's key does not get past the handshake.
 */
#ifndef DRIVER_LEASES_H
#define DRIVER_LEASES_H

#include <stdbool.h>

struct app;
struct cluster;
struct conn;
struct err;
struct leases;
struct loop;

/* sp://host:port[,host:port], or spark://. */
bool leases_wanted(const char *master);

/* Registers the application; key: APP_KEY_BYTES, of its executors. */
int  leases_open(struct leases **out, struct cluster *c, struct app *a,
    struct loop *loop, const unsigned char *key, struct err *e);
/* Says that the application has ended. */
void leases_close(struct leases *l, int status);

/* Why there will be no executors: < 0; 0: there may be. */
int  leases_failed(const struct leases *l, struct err *e);

/* The id that the master gave, "" before. */
const char *leases_app(const struct leases *l);

#endif
