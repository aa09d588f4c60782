/* examples/battery.c: a device whose battery drains, and a monitor that is told. */
#include <stdio.h>

#include "central.h"
#include "stage.h"
#include "woad/service_battery.h"

/* ---- the device ------------------------------------------------------------------------------ */

static struct woad_battery battery;
static struct woad_host *device;
static struct woad_delayed drain;
static uint8_t percent = 100;

static void on_drain(struct woad_work *work)
{
    (void)work;
    percent = percent > 0 ? (uint8_t)(percent - 1) : 100;
    stage_check("set the level", woad_battery_set(device, &battery, percent));
    woad_delayed_schedule(stage_work(device), &drain, WOAD_S(1));
}

static void start_device(struct woad_host *h)
{
    device = h;
    stage_check("add the service", woad_battery_add(h, &battery, percent));
    woad_delayed_init(&drain, on_drain);
    woad_delayed_schedule(stage_work(h), &drain, WOAD_S(1));
}

static void on_device(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "toothbrush", &woad_battery_uuid);
}

/* ---- the monitor ----------------------------------------------------------------------------- */

static void on_level(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    static unsigned count;
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE)
        stage_check("the monitor", evt->u.done.err);
    if (evt->type != WOAD_GATTC_VALUE || evt->u.value.len != 1)
        return;
    printf("%s %u %%\n", evt->sub ? "told" : "read", evt->u.value.data[0]);
    if (++count == 5)
        stage_end(0);
}

static void on_found(struct central *c, struct woad_host *h)
{
    central_read(c, h, &woad_battery_level_uuid, on_level);
    central_subscribe(c, h, &woad_battery_level_uuid, on_level);
}

static struct central central = {.service = &woad_battery_uuid, .found = on_found};

static void on_monitor(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "device", .start = start_device, .host = {.event = on_device, .parts = server}},
        {.name = "monitor", .host = {.event = on_monitor, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}
