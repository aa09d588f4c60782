/* woad/time.h: the one representation of time.
 *
 * Unsigned 64-bit microseconds since an arbitrary start, never wrapping in practice. Engines get
 * "now" from their pump and never read a clock. WOAD_TIME_NEVER is later than every time.
 */
#ifndef WOAD_TIME_H
#define WOAD_TIME_H

#include <stdint.h>

typedef uint64_t woad_time;

#define WOAD_TIME_NEVER UINT64_MAX

/* Called by an engine when its run() has work before the deadline it last returned; also from
 * interrupt context. */
typedef void woad_wake_fn(void *arg);

static inline woad_time woad_time_min(woad_time a, woad_time b)
{
    return a < b ? a : b;
}

/* t + d, saturating at NEVER so that "never" stays never. */
static inline woad_time woad_time_add(woad_time t, uint64_t d_us)
{
    return t > WOAD_TIME_NEVER - d_us ? WOAD_TIME_NEVER : t + d_us;
}

/* Milliseconds and seconds as microseconds, for constants. */
#define WOAD_MS(n) ((woad_time)(n)*1000u)
#define WOAD_S(n)  ((woad_time)(n)*1000000u)

#endif
