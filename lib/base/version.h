/*
 * version -- the one place that says which version of sp this is: what
 * --version prints, what hosts compare when they meet (net/proto.h) and what
 * event logs and version() tell.
 */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define SP_VERSION "0.1"

#endif
