/* woad/log.h: log lines that go to a sink of the instance and cost nothing when they are off.
 *
 *     #define WOAD_LOG_MODULE "l2cap"
 *     #include "woad/log.h"
 *     ...
 *     WOAD_LOG_W(&h->log, "conn %u: credit overflow, channel 0x%04x closed", conn, cid);
 *
 * Two switches:
 * - WOAD_LOG_LEVEL (woad/config.h, compile time): a line above it is checked by the compiler, its
 *   arguments are not evaluated, and it leaves not one instruction behind.
 * - struct woad_log (run time): each engine has its own; without a sink a line costs the test.
 *
 * There is no global logger, and nothing here formats: the sink does, or stores the format and
 * prints later. Lines carry no newline. A sink must not call the engine that logs.
 */
#ifndef WOAD_LOG_H
#define WOAD_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/config.h"

#ifndef WOAD_LOG_MODULE
#define WOAD_LOG_MODULE "woad"
#endif

#if defined(__GNUC__)
#define WOAD_LOG_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define WOAD_LOG_FORMAT(fmt, args)
#endif

/* module and fmt are constant text; fmt and args are those of printf. */
typedef void woad_log_fn(void *arg, int level, const char *module, const char *fmt, va_list args);

/* Where an instance logs to. Zero-initialised: nowhere. */
struct woad_log {
    woad_log_fn *sink;
    void *arg;
    uint8_t level; /* lines above it are not given to the sink */
};

/* The call behind the macros. */
void woad_log_put(const struct woad_log *log, int level, const char *module, const char *fmt, ...)
    WOAD_LOG_FORMAT(4, 5);

/* "error", "warning", "info", "debug"; "?" otherwise. */
const char *woad_log_level_name(int level);

#define WOAD_LOG_AT(log, lvl, ...)                                                                 \
    do {                                                                                           \
        if ((lvl) <= WOAD_LOG_LEVEL && (log)->sink && (lvl) <= (log)->level)                       \
            woad_log_put(log, lvl, WOAD_LOG_MODULE, __VA_ARGS__);                                  \
    } while (0)

#define WOAD_LOG_E(log, ...) WOAD_LOG_AT(log, WOAD_LOG_ERROR, __VA_ARGS__)
#define WOAD_LOG_W(log, ...) WOAD_LOG_AT(log, WOAD_LOG_WARNING, __VA_ARGS__)
#define WOAD_LOG_I(log, ...) WOAD_LOG_AT(log, WOAD_LOG_INFO, __VA_ARGS__)
#define WOAD_LOG_D(log, ...) WOAD_LOG_AT(log, WOAD_LOG_DEBUG, __VA_ARGS__)

#endif
