#include "world.h"

#include "tool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool world_parse_loss(const char *text, uint16_t *permille)
{
    char *end;
    double v = strtod(text, &end);
    if (end == text)
        return false;
    if (strcmp(end, "%") == 0)
        v /= 100;
    else if (*end)
        return false;
    if (!(v >= 0 && v <= 1))
        return false;
    *permille = (uint16_t)(v * 1000 + 0.5);
    return true;
}

static int open_captures(struct world *w, const struct world_cfg *cfg)
{
    if (cfg->capture && woad_sim_capture_open(w->sim, cfg->capture) < 0) {
        tool_error("cannot write %s: %s", cfg->capture, strerror(errno));
        return TOOL_IO;
    }
    w->capture_path = cfg->capture;
    if (cfg->hci_log) {
        w->hci_file = fopen(cfg->hci_log, "wb");
        w->hci_path = cfg->hci_log;
        if (!w->hci_file) {
            tool_error("cannot write %s: %s", cfg->hci_log, strerror(errno));
            return TOOL_IO;
        }
    }
    return 0;
}

int world_init(struct world *w, const struct world_cfg *cfg)
{
    *w = (struct world){0};
    struct woad_sim_cfg sim = {.seed = cfg->seed};
    if (cfg->loss && !world_parse_loss(cfg->loss, &sim.loss_permille)) {
        tool_error("--loss is a share like 0.1 or a percentage like 10%%, not '%s'", cfg->loss);
        return TOOL_USAGE;
    }
    w->sim = woad_sim_new(&sim);
    if (!w->sim) {
        tool_error("not enough memory for the world");
        return TOOL_FAILED;
    }
    return open_captures(w, cfg);
}

/* Virtual time as a date: the world begins on 2000-01-01 00:00 UTC. */
static uint64_t log_time_us(void *arg)
{
    const struct world *w = arg;
    return 946684800u * UINT64_C(1000000) + woad_sim_now(w->sim) / 1000;
}

static int log_write(void *arg, const void *octets, size_t len)
{
    const struct world *w = arg;
    return fwrite(octets, 1, len, w->hci_file) == len ? 0 : WOAD_ERR_IO;
}

struct woad_transport *world_wrap_hci_log(void *arg, struct woad_transport *t)
{
    struct world *w = arg;
    if (!w->hci_file)
        return t;
    woad_snoop_init(&w->snoop, t,
                    &(struct woad_snoop_cfg){
                        .link = WOAD_BTSNOOP_H4,
                        .write = log_write,
                        .write_arg = w,
                        .now_us = log_time_us,
                        .now_arg = w,
                    });
    return &w->snoop.transport;
}

int world_deinit(struct world *w)
{
    int rc = 0;
    if (w->sim && woad_sim_capture_close(w->sim) < 0) {
        tool_error("cannot write %s: is the disk full?", w->capture_path);
        rc = TOOL_IO;
    }
    bool failed = w->hci_file && woad_snoop_failed(&w->snoop);
    if (w->hci_file && (fclose(w->hci_file) != 0 || failed)) {
        tool_error("cannot write %s: is the disk full?", w->hci_path);
        rc = TOOL_IO;
    }
    woad_sim_free(w->sim);
    *w = (struct world){0};
    return rc;
}

double world_now_s(const struct world *w)
{
    return (double)woad_sim_now(w->sim) * 1e-9;
}

void world_run_for(struct world *w, woad_sim_time ns)
{
    woad_sim_run_until(w->sim, woad_sim_now(w->sim) + ns);
}
