#include "woad/log.h"

void woad_log_put(const struct woad_log *log, int level, const char *module, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    log->sink(log->arg, level, module, fmt, args);
    va_end(args);
}

const char *woad_log_level_name(int level)
{
    static const char *const names[] = {"?", "error", "warning", "info", "debug"};
    return level > 0 && level < (int)(sizeof(names) / sizeof(names[0])) ? names[level] : names[0];
}
