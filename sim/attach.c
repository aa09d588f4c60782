/* A link layer on a device's radio. The only file of the simulator that needs the link layer. */
#include "sim_priv.h"

static const struct woad_radio_op *evt(void *ll, const struct woad_radio_evt *e, woad_time now_us)
{
    return woad_ll_radio_evt(ll, e, now_us);
}

static void power_cycle(void *ll)
{
    woad_ll_power_cycle(ll);
}

void woad_sim_attach(struct woad_sim_dev *dev, struct woad_ll *ll)
{
    const struct woad_sim_sink sink = {.evt = evt, .power_cycle = power_cycle, .arg = ll};
    woad_sim_set_sink(dev, &sink);
}
