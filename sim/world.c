/* The world: its devices, its one queue of events and its time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_priv.h"

void *woad_sim_must(void *p)
{
    if (!p) {
        fputs("woad sim: out of memory\n", stderr);
        abort();
    }
    return p;
}

bool woad_sim_grow(void *array, uint32_t count, uint32_t *size)
{
    if (count < *size)
        return true;
    uint32_t bigger = *size ? *size * 2 : 8;
    void **at = array;
    void *grown = realloc(*at, bigger * sizeof(void *));
    if (!grown)
        return false;
    *at = grown;
    *size = bigger;
    return true;
}

struct woad_sim *woad_sim_new(const struct woad_sim_cfg *cfg)
{
    struct woad_sim *sim = calloc(1, sizeof(*sim));
    if (!sim)
        return NULL;
    sim->cfg = *cfg;
    double exponent = cfg->path_loss_exponent > 0 ? cfg->path_loss_exponent : 2.0;
    double capture = cfg->capture_db > 0 ? cfg->capture_db : 8.0;
    sim->exponent_milli = (int32_t)(exponent * 1000 + 0.5);
    sim->capture_cdb = (int32_t)(capture * 100 + 0.5);
    sim->fading_cdb = (int32_t)(cfg->fading_db * 100 + 0.5);
    woad_sim_bits_init(sim);
    woad_sim_hash_word(sim, cfg->seed);
    return sim;
}

void woad_sim_free(struct woad_sim *sim)
{
    if (!sim)
        return;
    woad_sim_capture_close(sim);
    woad_sim_dump_close(sim);
    for (uint32_t i = 0; i < sim->dev_count; i++)
        free(sim->devs[i]);
    for (uint32_t i = 0; i < sim->task_count; i++)
        free(sim->tasks[i]);
    for (uint32_t i = 0; i < sim->pkt_count; i++)
        free(sim->pkts[i]);
    for (unsigned c = 0; c < SIM_CHANNELS; c++) {
        for (unsigned g = 0; g < SIM_PHY_GROUPS; g++)
            free(sim->listeners[c][g].dev);
    }
    free(sim->devs);
    free(sim->tasks);
    free(sim->pkts);
    for (uint32_t i = 0; i < sim->fault_count; i++)
        free(sim->faults[i]);
    free(sim->faults);
    free(sim->links.rows);
    woad_sim_queue_free(&sim->queue);
    free(sim);
}

static const struct woad_radio_op *no_evt(void *arg, const struct woad_radio_evt *evt,
                                          woad_time now_us)
{
    (void)arg;
    (void)evt;
    (void)now_us;
    return NULL;
}

/* Parts per million to parts per 10^9, rounded, within +-most ppm; what is no number becomes 0. */
static int32_t ppb(double ppm, int32_t most)
{
    if (ppm > most)
        return most * 1000;
    if (ppm < -most)
        return -most * 1000;
    return ppm == ppm ? (int32_t)(ppm * 1000 + (ppm < 0 ? -0.5 : 0.5)) : 0;
}

struct woad_sim_dev *woad_sim_add(struct woad_sim *sim, const struct woad_sim_dev_cfg *cfg)
{
    if (!woad_sim_grow(&sim->devs, sim->dev_count, &sim->dev_size))
        return NULL;
    struct woad_sim_dev *dev = calloc(1, sizeof(*dev));
    if (!dev)
        return NULL;
    uint32_t index = sim->dev_count++;
    sim->devs[index] = dev;
    dev->sim = sim;
    dev->index = index;
    dev->sink.evt = no_evt;
    dev->op_slot = sim_slot_make(SIM_KIND_OP, index);
    dev->timer_slot = sim_slot_make(SIM_KIND_TIMER, index);
    dev->clock = (struct sim_clock){.base_world = 0,
                                    .base_local = cfg->clock_offset_us * 1000,
                                    .ppb = ppb(cfg->sleep_ppm, 500)};
    dev->active_ppb = ppb(cfg->active_ppm, 50);
    dev->ramp_us = cfg->ramp_us ? cfg->ramp_us : 40;
    dev->timer_latency_us = cfg->timer_latency_us ? cfg->timer_latency_us : 5;
    dev->irq_latency_us = cfg->irq_latency_us;
    dev->skip_us = cfg->preamble_skip_us;
    dev->tx_power_dbm = cfg->tx_power_dbm;
    dev->timer_us = WOAD_TIME_NEVER;
    dev->timer_rng = woad_sim_rng_seed(sim->cfg.seed, 4 * (uint64_t)index + 1);
    dev->air_rng = woad_sim_rng_seed(sim->cfg.seed, 4 * (uint64_t)index + 2);
    dev->user_rng = woad_sim_rng_seed(sim->cfg.seed, 4 * (uint64_t)index + 3);
    woad_sim_move(dev, cfg->x_m, cfg->y_m);
    return dev;
}

unsigned woad_sim_index(const struct woad_sim_dev *dev)
{
    return dev->index;
}

/* Metres to millimetres, within 1000 km; what is no number becomes 0. */
int64_t woad_sim_mm(double m)
{
    if (!(m > -1e6))
        return m < 0 ? -1000000000 : 0;
    return m < 1e6 ? (int64_t)(m * 1000 + (m < 0 ? -0.5 : 0.5)) : 1000000000;
}

void woad_sim_move(struct woad_sim_dev *dev, double x_m, double y_m)
{
    dev->x_mm = woad_sim_mm(x_m);
    dev->y_mm = woad_sim_mm(y_m);
}

struct woad_radio woad_sim_radio(struct woad_sim_dev *dev)
{
    int32_t ppb = dev->clock.ppb < 0 ? -dev->clock.ppb : dev->clock.ppb;
    return (struct woad_radio){
        .ops = &woad_sim_radio_ops,
        .ctx = dev,
        .caps = {.ramp_us = dev->ramp_us,
                 .timer_latency_us = dev->timer_latency_us,
                 .sleep_clock_ppm = (uint16_t)((ppb + 999) / 1000),
                 .phys = 0x0f,
                 .tx_power_min_dbm = -40,
                 .tx_power_max_dbm = dev->tx_power_dbm},
    };
}

void woad_sim_set_sink(struct woad_sim_dev *dev, const struct woad_sim_sink *sink)
{
    dev->sink = *sink;
    if (!dev->sink.evt)
        dev->sink.evt = no_evt;
}

woad_sim_time woad_sim_now(const struct woad_sim *sim)
{
    return sim->now;
}

woad_time woad_sim_dev_now(const struct woad_sim_dev *dev)
{
    return woad_sim_dev_us(dev, dev->sim->now);
}

woad_sim_time woad_sim_next(const struct woad_sim *sim)
{
    return sim_queue_next(&sim->queue);
}

void woad_sim_get_stats(const struct woad_sim *sim, struct woad_sim_stats *stats)
{
    *stats = sim->stats;
}

void woad_sim_set_report(struct woad_sim *sim, woad_sim_report_fn *fn, void *arg)
{
    sim->report = fn;
    sim->report_arg = arg;
}

int woad_sim_flush(struct woad_sim *sim)
{
    int pcap = woad_sim_pcap_flush(sim);
    int dump = woad_sim_dump_flush(sim);
    return pcap ? pcap : dump;
}

/* Handles the first event of the queue; there is one. */
static void step(struct woad_sim *sim)
{
    struct sim_slot *slot = sim->queue.entries[0].slot;
    uint32_t number = sim_slot_number(slot);
    sim->now = sim->queue.entries[0].at;
    switch (sim_slot_kind(slot)) {
    case SIM_KIND_PKT: woad_sim_medium_due(sim, sim->pkts[number]); break;
    case SIM_KIND_OP: woad_sim_radio_op_due(sim->devs[number]); break;
    case SIM_KIND_TIMER: woad_sim_radio_timer_due(sim->devs[number]); break;
    case SIM_KIND_TASK: woad_sim_task_due(sim->tasks[number]); break;
    default: woad_sim_fault_due(sim, sim->faults[number]); break;
    }
}

void woad_sim_run_until(struct woad_sim *sim, woad_sim_time t)
{
    while (sim_queue_next(&sim->queue) <= t && sim->queue.count)
        step(sim);
    if (t > sim->now)
        sim->now = t;
    woad_sim_dump_flush(sim);
}

bool woad_sim_step(struct woad_sim *sim)
{
    if (!sim->queue.count)
        return false;
    step(sim);
    woad_sim_dump_flush(sim);
    return true;
}
