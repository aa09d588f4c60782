/* What a program of the lamp does whatever its roles: serves, and answers the questions of pairing. */
#ifndef SIZE_LAMP_APP_H
#define SIZE_LAMP_APP_H

#include "lamp.h"

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

static void answer_pairing(struct woad_host *h, uint16_t conn, const struct woad_smp_evt *evt)
{
    if (evt->type == WOAD_SMP_COMPARE)
        ignore(woad_smp_confirm(h, conn, true));
    if (evt->type == WOAD_SMP_ASK)
        ignore(woad_smp_accept(h, conn, false));
    if (evt->type == WOAD_SMP_BOND_FULL)
        ignore(woad_smp_bond_remove(h, NULL));
}

static void add(struct woad_host *h, struct woad_gatt_service *service,
                const struct woad_gatt_attr *attrs, size_t count)
{
    *service =
        (struct woad_gatt_service){.attrs = attrs, .count = (uint16_t)count, .event = on_lamp};
    ignore(woad_gatts_add(h, service));
}

static void lamp_serve(struct woad_host *h)
{
    add(h, &battery, battery_attrs, COUNT(battery_attrs));
    add(h, &info, info_attrs, COUNT(info_attrs));
    add(h, &lamp, lamp_attrs, COUNT(lamp_attrs));
}

static void lamp_advertise(struct woad_host *h)
{
    static const uint8_t flags[] = {2, 1, 6};
    const struct woad_adv_params params = {.data = flags, .data_len = sizeof(flags)};
    ignore(woad_gap_advertise_start(h, &params));
}

/* A new link: raises its security, asks for slow parameters. */
static void lamp_connected(struct woad_host *h, uint16_t conn)
{
    static const struct woad_conn_params slow = {.interval_min_1250us = 80, .latency = 4};
    if (woad_smp_secure(h, conn, 2) || woad_gap_update(h, conn, &slow))
        ignore(woad_gap_disconnect(h, conn, 0));
}

#endif
