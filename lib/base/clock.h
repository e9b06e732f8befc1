/*
 * clock -- the time, only for the edges: pure code gets it in events.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_mono_us(void);    /* for durations and timeouts */
int64_t clock_mono_ms(void);
int64_t clock_wall_us(void);    /* UTC since 1970, only to be shown */

#endif
