/* A progress bar on a terminal; silence elsewhere. Wall clock, signals, small formats. */
#include "tool.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

static double clock_s(clockid_t clock)
{
    struct timespec ts;
    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double tool_wall_s(void)
{
    return clock_s(CLOCK_MONOTONIC);
}

double tool_cpu_s(void)
{
    return clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

const char *tool_bytes(char buf[32], uint64_t n)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double v = (double)n;
    size_t u = 0;
    while (v >= 1024 && u < 4) {
        v /= 1024;
        u++;
    }
    snprintf(buf, 32, u ? "%.1f %s" : "%.0f %s", v, units[u]);
    return buf;
}

const char *tool_rate(char buf[32], double per_s)
{
    if (per_s >= 1e6)
        snprintf(buf, 32, "%.2f MB/s", per_s / 1e6);
    else
        snprintf(buf, 32, "%.1f kB/s", per_s / 1e3);
    return buf;
}

void tool_progress_start(struct tool_progress *p, const char *label, uint64_t total,
                         double limit_per_s)
{
    *p = (struct tool_progress){
        .label = label,
        .total = total,
        .limit_per_s = limit_per_s,
        .start_wall_s = tool_wall_s(),
        .on = isatty(STDERR_FILENO) != 0,
    };
}

static void draw_bar(char *bar, size_t width, uint64_t done, uint64_t total)
{
    size_t full = total ? (size_t)((double)done / (double)total * (double)width) : 0;
    for (size_t i = 0; i < width; i++)
        bar[i] = i < full ? '#' : '.';
    bar[width] = '\0';
}

void tool_progress_update(struct tool_progress *p, uint64_t done, double rate_per_s)
{
    double now = tool_wall_s();
    if (!p->on || (now - p->last_wall_s < 0.1 && done < p->total))
        return;
    p->last_wall_s = now;
    double elapsed = now - p->start_wall_s;
    double wall_rate = elapsed > 0 ? (double)done / elapsed : 0;
    char bar[31], rate[32], share[32] = "", left[32] = "";
    draw_bar(bar, 30, done, p->total);
    if (rate_per_s <= 0)
        rate_per_s = wall_rate;
    if (p->limit_per_s > 0)
        snprintf(share, sizeof(share), " = %.1f %% of the air", 100 * rate_per_s / p->limit_per_s);
    if (wall_rate > 0 && p->total >= done)
        snprintf(left, sizeof(left), "  %.0f s left", (double)(p->total - done) / wall_rate);
    fprintf(stderr, "\r%s [%s] %3.0f %%  %s%s%s\033[K", p->label, bar,
            p->total ? 100.0 * (double)done / (double)p->total : 0.0, tool_rate(rate, rate_per_s),
            share, left);
}

void tool_progress_end(struct tool_progress *p)
{
    if (p->on)
        fputs("\r\033[K", stderr);
    p->on = false;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

void tool_catch_signals(void)
{
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

bool tool_interrupted(void)
{
    return interrupted != 0;
}

void tool_clear_interrupt(void)
{
    interrupted = 0;
}

uint8_t *tool_read_file(const char *path, size_t *len)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        tool_error("cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    size_t size = 1 << 16;
    uint8_t *data = malloc(size);
    *len = 0;
    while (data) {
        *len += fread(data + *len, 1, size - *len, f);
        if (*len < size)
            break;
        uint8_t *more = realloc(data, size *= 2);
        if (!more)
            free(data);
        data = more;
    }
    if (!data || ferror(f)) {
        tool_error("cannot read %s: %s", path, data ? strerror(errno) : "out of memory");
        free(data);
        data = NULL;
    }
    fclose(f);
    return data;
}
