/* Faults, by plan and by seed. */
#include <stdlib.h>

#include "sim_priv.h"

enum { SEED_STREAM = 0x6661756c };

static const struct {
    int32_t min, max;
} ranges[WOAD_SIM_FAULT_KINDS] = {
    [WOAD_SIM_FAULT_LOSS] = {0, 1000},
    [WOAD_SIM_FAULT_DELAY] = {0, 1000000},
    [WOAD_SIM_FAULT_DRIFT] = {-500, 500},
};

int woad_sim_fault_add(struct woad_sim *sim, const struct woad_sim_fault *fault)
{
    if (fault->kind >= WOAD_SIM_FAULT_KINDS || fault->at < sim->now ||
        (fault->dev != WOAD_SIM_ALL && fault->dev >= sim->dev_count) ||
        fault->value < ranges[fault->kind].min || fault->value > ranges[fault->kind].max)
        return WOAD_ERR_INVALID;
    if (!woad_sim_grow(&sim->faults, sim->fault_count, &sim->fault_size))
        return WOAD_ERR_NO_MEM;
    struct sim_fault *f = calloc(1, sizeof(*f));
    if (!f)
        return WOAD_ERR_NO_MEM;
    f->slot = sim_slot_make(SIM_KIND_FAULT, sim->fault_count);
    f->plan = *fault;
    sim->faults[sim->fault_count++] = f;
    woad_sim_queue_set(&sim->queue, &f->slot, fault->at);
    return 0;
}

/* Up to 2^63 in even steps: times are longer than the generator's 32 bits. */
static uint64_t draw_time(uint64_t *rng, uint64_t limit)
{
    return limit ? woad_sim_rng_next(rng) % limit : 0;
}

static struct woad_sim_fault draw(struct woad_sim *sim, const struct woad_sim_fault_mix *mix,
                                  uint8_t kind, uint64_t *rng)
{
    int32_t most = mix->value_max[kind];
    struct woad_sim_fault fault = {.kind = kind,
                                   .at = mix->from + draw_time(rng, mix->to - mix->from),
                                   .duration = draw_time(rng, mix->duration_max),
                                   .dev = (uint32_t)woad_sim_rng_below(rng, sim->dev_count)};
    if (kind == WOAD_SIM_FAULT_DRIFT)
        fault.value = (int32_t)woad_sim_rng_below(rng, 2 * (uint64_t)most + 1) - most;
    else
        fault.value = (int32_t)woad_sim_rng_below(rng, (uint64_t)most + 1);
    return fault;
}

int woad_sim_fault_random(struct woad_sim *sim, const struct woad_sim_fault_mix *mix)
{
    uint64_t rng = woad_sim_rng_seed(sim->cfg.seed, SEED_STREAM + sim->fault_count);
    if (mix->from < sim->now || mix->to < mix->from || !sim->dev_count)
        return WOAD_ERR_INVALID;
    for (uint8_t kind = 0; kind < WOAD_SIM_FAULT_KINDS; kind++) {
        if (mix->value_max[kind] < 0 || mix->value_max[kind] > ranges[kind].max)
            return WOAD_ERR_INVALID;
    }
    for (uint8_t kind = 0; kind < WOAD_SIM_FAULT_KINDS; kind++) {
        for (unsigned i = 0; i < mix->count[kind]; i++) {
            struct woad_sim_fault fault = draw(sim, mix, kind, &rng);
            int err = woad_sim_fault_add(sim, &fault);
            if (err)
                return err;
        }
    }
    return 0;
}

static void set_drift(struct woad_sim_dev *dev, int32_t ppm)
{
    struct woad_sim *sim = dev->sim;
    woad_sim_clock_set_ppb(&dev->clock, sim->now, ppm * 1000);
    woad_sim_radio_requeue(dev);
    for (uint32_t i = 0; i < sim->task_count; i++) {
        if (sim->tasks[i]->dev == dev)
            woad_sim_task_requeue(sim->tasks[i]);
    }
}

/* The radio stops, a packet on air ends in the middle; the controller forgets everything. */
static void cut_power(struct woad_sim_dev *dev, woad_sim_time duration)
{
    struct woad_sim *sim = dev->sim;
    woad_sim_radio_off(dev);
    dev->timer_us = WOAD_TIME_NEVER;
    woad_sim_queue_remove(&sim->queue, &dev->timer_slot);
    dev->dead_until_ns = dev->frozen_until_ns = sim->now + duration;
    if (dev->sink.power_cycle)
        dev->sink.power_cycle(dev->sink.arg);
    for (uint32_t i = 0; i < sim->task_count; i++) {
        if (sim->tasks[i]->dev == dev)
            woad_sim_task_wake(sim->tasks[i]);
    }
}

void woad_sim_power_cycle(struct woad_sim_dev *dev)
{
    cut_power(dev, 0);
}

static void strike(struct woad_sim_dev *dev, const struct woad_sim_fault *fault)
{
    woad_sim_time until = dev->sim->now + fault->duration;
    switch ((enum woad_sim_fault_kind)fault->kind) {
    case WOAD_SIM_FAULT_LOSS:
        dev->fault_loss = (uint16_t)fault->value;
        dev->loss_until_ns = until;
        break;
    case WOAD_SIM_FAULT_DELAY:
        dev->fault_delay_us = (uint32_t)fault->value;
        dev->delay_until_ns = until;
        break;
    case WOAD_SIM_FAULT_DRIFT: set_drift(dev, fault->value); break;
    case WOAD_SIM_FAULT_RESET: cut_power(dev, 0); break;
    case WOAD_SIM_FAULT_POWER_CUT: cut_power(dev, fault->duration); break;
    case WOAD_SIM_FAULT_MUTE: dev->frozen_until_ns = until; break;
    case WOAD_SIM_FAULT_KINDS: break;
    }
}

void woad_sim_fault_due(struct woad_sim *sim, struct sim_fault *fault)
{
    const struct woad_sim_fault *plan = &fault->plan;
    woad_sim_queue_remove(&sim->queue, &fault->slot);
    woad_sim_hash_word(sim, sim->now);
    woad_sim_hash_word(sim, (uint64_t)plan->kind << 32 | plan->dev);
    for (uint32_t i = 0; i < sim->dev_count; i++) {
        if (plan->dev == WOAD_SIM_ALL || plan->dev == i)
            strike(sim->devs[i], plan);
    }
}
