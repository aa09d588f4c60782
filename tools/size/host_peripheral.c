/* A lamp: advertises, serves 20 attributes, pairs, and keeps four bonds. */
#include "lamp.h"

static uint64_t mem[1024];
static struct woad_gatt_service battery, info, lamp;

static void on_lamp(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    if (evt->type == WOAD_GATTS_READ)
        ignore(woad_gatts_answer(h, evt->u.read.req, 0, colour, 3));
    if (evt->type == WOAD_GATTS_WRITE && evt->u.write.req)
        ignore(woad_gatts_answer(h, evt->u.write.req, 0, NULL, 0));
    if (evt->type == WOAD_GATTS_WRITTEN)
        ignore(woad_gatts_notify_all(h, (uint16_t)(lamp.start + 4), colour, 3));
    if (evt->type == WOAD_GATTS_SUBSCRIBED && evt->u.subscribed.indicate)
        ignore(woad_gatts_indicate(h, evt->conn, evt->handle, &percent, 1));
}

static void on_security(struct woad_host *h, uint16_t conn, const struct woad_smp_evt *evt)
{
    if (evt->type == WOAD_SMP_COMPARE)
        ignore(woad_smp_confirm(h, conn, true));
    if (evt->type == WOAD_SMP_ASK)
        ignore(woad_smp_accept(h, conn, false));
    if (evt->type == WOAD_SMP_BOND_FULL)
        ignore(woad_smp_bond_remove(h, NULL));
}

static void advertise(struct woad_host *h)
{
    static const uint8_t flags[] = {2, 1, 6};
    const struct woad_adv_params params = {.data = flags, .data_len = sizeof(flags)};
    ignore(woad_gap_advertise_start(h, &params));
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    static const struct woad_conn_params slow = {.interval_min_1250us = 80, .latency = 4};
    (void)arg;
    if (evt->type == WOAD_EVT_READY || evt->type == WOAD_EVT_DISCONNECTED)
        advertise(h);
    if (evt->type == WOAD_EVT_SECURITY)
        on_security(h, evt->conn, evt->u.smp);
    if (evt->type == WOAD_EVT_CONNECTED &&
        (woad_smp_secure(h, evt->conn, 2) || woad_gap_update(h, evt->conn, &slow)))
        ignore(woad_gap_disconnect(h, evt->conn, 0));
}

static void add(struct woad_host *h, struct woad_gatt_service *service,
                const struct woad_gatt_attr *attrs, size_t count)
{
    *service =
        (struct woad_gatt_service){.attrs = attrs, .count = (uint16_t)count, .event = on_lamp};
    ignore(woad_gatts_add(h, service));
}

int main(void)
{
    static const struct woad_host_use parts[] = {{&woad_gatts_basic_part, &lamp_gatts},
                                                 {&woad_smp_peripheral_part, &lamp_smp},
                                                 {NULL, NULL}};
    const struct woad_host_cfg cfg = {
        .event = on_event, .rand = board_random, .max_conns = 1, .no_chans = true, .parts = parts};
    struct woad_host *h;
    if (woad_host_init_basic(mem, sizeof(mem), &cfg, &h) || woad_host_start(h))
        return 1;
    add(h, &battery, battery_attrs, COUNT(battery_attrs));
    add(h, &info, info_attrs, COUNT(info_attrs));
    add(h, &lamp, lamp_attrs, COUNT(lamp_attrs));
    pump(h);
}
