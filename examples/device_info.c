/* examples/device_info.c: a lamp says who made it; a reader prints that. */
#include <stdio.h>

#include "central.h"
#include "stage.h"
#include "woad/service_device_info.h"

/* ---- the lamp -------------------------------------------------------------------------------- */

static const uint8_t pnp[] = WOAD_PNP_ID(WOAD_PNP_BLUETOOTH, 0xFFFF, 0x0001, 0x0142);
static uint8_t serial_octets[16] = "A-000042"; /* on a product: read from one-time memory */
static struct woad_gatt_value serial = {serial_octets, 8, sizeof(serial_octets)};

static const struct woad_gatt_attr info[] = {
    WOAD_DEVICE_INFO_SERVICE,
    WOAD_DEVICE_INFO_TEXT(woad_device_info_manufacturer, "Dyer & Sons"),
    WOAD_DEVICE_INFO_TEXT(woad_device_info_model, "Lamp 1"),
    WOAD_DEVICE_INFO_VALUE(woad_device_info_serial, &serial),
    WOAD_DEVICE_INFO_TEXT(woad_device_info_firmware, "1.4.2"),
    WOAD_DEVICE_INFO_OCTETS(woad_device_info_pnp_id, pnp, sizeof(pnp)),
};
static struct woad_gatt_service service = {.attrs = info, .count = WOAD_GATT_COUNT_OF(info)};

static void start_lamp(struct woad_host *h)
{
    stage_check("add the service", woad_gatts_add(h, &service));
}

static void on_lamp(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    stage_advertise(h, evt, "lamp", &woad_device_info_uuid);
}

/* ---- the reader ------------------------------------------------------------------------------ */

static const struct {
    const char *name;
    const struct woad_uuid *uuid;
} texts[] = {
    {"manufacturer", &woad_device_info_manufacturer},
    {"model", &woad_device_info_model},
    {"serial number", &woad_device_info_serial},
    {"firmware", &woad_device_info_firmware},
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))
static unsigned done;

/* Answers come in the order of the questions: the texts, then the PnP ID. */
static void on_value(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    const uint8_t *data = evt->u.value.data;
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_VALUE && done < TEXTS)
        printf("%s: %.*s\n", texts[done].name, evt->u.value.len, (const char *)data);
    else if (evt->type == WOAD_GATTC_VALUE && evt->u.value.len == 7)
        printf("vendor 0x%02X%02X, product 0x%02X%02X, version 0x%02X%02X\n", data[2], data[1],
               data[4], data[3], data[6], data[5]);
    if (evt->type != WOAD_GATTC_DONE)
        return;
    stage_check("read", evt->u.done.err);
    if (done++ == TEXTS)
        stage_end(0);
}

static void on_found(struct central *c, struct woad_host *h)
{
    for (unsigned i = 0; i < TEXTS; i++)
        central_read(c, h, texts[i].uuid, on_value);
    central_read(c, h, &woad_device_info_pnp_id, on_value);
}

static struct central central = {.service = &woad_device_info_uuid, .found = on_found};

static void on_reader(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    (void)arg;
    central_event(&central, h, evt);
}

int main(int argc, char **argv)
{
    static const struct woad_host_use server[] = {{&woad_gatts_part, NULL}, {NULL, NULL}};
    static const struct woad_host_use client[] = {{&woad_gattc_part, NULL}, {NULL, NULL}};
    const struct stage_role roles[] = {
        {.name = "lamp", .start = start_lamp, .host = {.event = on_lamp, .parts = server}},
        {.name = "reader", .host = {.event = on_reader, .parts = client}},
    };
    return stage_main(argc, argv, roles, 2);
}
