/* A peripheral of 20 attributes, one link and four bonds: its services and its limits, for the size
 * of the text (host_peripheral.c) and of the memory (ram.c). */
#ifndef SIZE_LAMP_H
#define SIZE_LAMP_H

#include "app.h"
#include "woad/gap.h"
#include "woad/gatts.h"
#include "woad/smp.h"

static const struct woad_uuid battery_uuid = WOAD_UUID16(0x180F);
static const struct woad_uuid level_uuid = WOAD_UUID16(0x2A19);
static const struct woad_uuid info_uuid = WOAD_UUID16(0x180A);
static const struct woad_uuid maker_uuid = WOAD_UUID16(0x2A29);
static const struct woad_uuid model_uuid = WOAD_UUID16(0x2A24);
static const struct woad_uuid lamp_uuid = WOAD_UUID16(0xFFE0);
static const struct woad_uuid colour_uuid = WOAD_UUID16(0xFFE1);
static const struct woad_uuid state_uuid = WOAD_UUID16(0xFFE2);
static const struct woad_uuid command_uuid = WOAD_UUID16(0xFFE3);
static const struct woad_uuid alarm_uuid = WOAD_UUID16(0xFFE4);

static uint8_t percent, colour[3];
static struct woad_gatt_value percent_value = {&percent, 1, 1};
static struct woad_gatt_value colour_value = {colour, 3, 3};

static const struct woad_gatt_attr battery_attrs[] = {
    WOAD_GATT_SERVICE(&battery_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_VALUE(&level_uuid, &percent_value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};
static const struct woad_gatt_attr info_attrs[] = {
    WOAD_GATT_SERVICE(&info_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&maker_uuid, "woad", 4, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
    WOAD_GATT_CONST(&model_uuid, "lamp", 4, WOAD_GATT_OPEN),
};
static const struct woad_gatt_attr lamp_attrs[] = {
    WOAD_GATT_SERVICE(&lamp_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
    WOAD_GATT_VALUE(&colour_uuid, &colour_value, WOAD_GATT_OPEN, WOAD_GATT_ENCRYPTED),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_DYNAMIC(&state_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE_NO_RSP),
    WOAD_GATT_DYNAMIC(&command_uuid, NULL, 20, WOAD_GATT_NEVER, WOAD_GATT_AUTHENTICATED),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_INDICATE),
    WOAD_GATT_DYNAMIC(&alarm_uuid, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_ENCRYPTED),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
_Static_assert(COUNT(battery_attrs) + COUNT(info_attrs) + COUNT(lamp_attrs) == 20,
               "a peripheral with 20 attributes");

/* More than the 20: GAP and GATT have a dozen of their own. */
static const struct woad_gatts_cfg lamp_gatts = {
    .name = "lamp", .handle_max = 47, .cccds = 4, .store = &board_store};
static const struct woad_smp_cfg lamp_smp = {
    .io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO, .max_bonds = 4, .store = &board_store};

/* Few buffers: an application that sends more than it can gets AGAIN, and WRITABLE. The controller
 * has no Data Length Extension; with PDUs of 251 octets acl_rx_len is 251. */
#define LAMP_HOST(on_event, use)                                                                   \
    {                                                                                              \
        .event = on_event, .rand = board_random, .max_conns = 1, .no_chans = true,                 \
        .acl_tx_count = 2, .sig_count = 3, .acl_rx_count = 3, .acl_rx_len = 27, .evt_count = 3,    \
        .report_count = 1, .cmd_count = 1, .cmd_len = 36, .evt_len = 72, .att_mtu = 65,            \
        .att_tx_count = 2, .parts = use                                                            \
    }

#endif
