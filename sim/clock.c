/* Clocks with drift, in integers so that every machine computes the same. A product of a time and a
 * drift would overflow after some hours: the time is split into seconds and the rest. */
#include "sim_priv.h"

#define G 1000000000u /* nanoseconds of a second, and parts of a ppb */

/* d * num / den, rounded down, for num and den near 10^9. */
static uint64_t scale(uint64_t d, uint64_t num, uint64_t den)
{
    return d / den * num + d % den * num / den;
}

uint64_t woad_sim_clock_local(const struct sim_clock *clock, woad_sim_time world)
{
    uint64_t d = world - clock->base_world;
    if (clock->ppb != 0)
        d = scale(d, (uint64_t)((int64_t)G + clock->ppb), G);
    return clock->base_local + d;
}

woad_sim_time woad_sim_clock_world(const struct sim_clock *clock, uint64_t local_ns)
{
    if (local_ns <= clock->base_local)
        return clock->base_world;
    uint64_t d = local_ns - clock->base_local;
    if (clock->ppb == 0)
        return clock->base_world + d;
    woad_sim_time world = clock->base_world + scale(d, G, (uint64_t)((int64_t)G + clock->ppb));
    while (woad_sim_clock_local(clock, world) < local_ns)
        world++;
    return world;
}

void woad_sim_clock_set_ppb(struct sim_clock *clock, woad_sim_time now, int32_t ppb)
{
    clock->base_local = woad_sim_clock_local(clock, now);
    clock->base_world = now;
    clock->ppb = ppb;
}

woad_time woad_sim_dev_us(const struct woad_sim_dev *dev, woad_sim_time world)
{
    return woad_sim_clock_local(&dev->clock, world) / 1000;
}

woad_sim_time woad_sim_dev_world(const struct woad_sim_dev *dev, woad_time local_us)
{
    if (local_us >= UINT64_MAX / 1000 / 2)
        return SIM_NEVER;
    return woad_sim_clock_world(&dev->clock, local_us * 1000);
}
