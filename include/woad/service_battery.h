/* woad/service_battery.h: Battery, 0x180F: the charge in percent [Battery Service 1.0].
 *
 *     static struct woad_battery battery;
 *     err = woad_battery_add(h, &battery, 100);
 *     ...
 *     err = woad_battery_set(h, &battery, 87);      clients that subscribed are told
 *
 * A change is told as soon as a buffer is free; of several changes that had to wait, the last. A
 * bonded client that comes back is told at once. Nothing is to be retried.
 */
#ifndef WOAD_SERVICE_BATTERY_H
#define WOAD_SERVICE_BATTERY_H

#include "woad/gatts.h"

extern const struct woad_uuid woad_battery_uuid, woad_battery_level_uuid;

/* A table with other rights than the open ones: access of enum woad_gatt_access. */
#define WOAD_BATTERY_TABLE(access)                                                                 \
    {                                                                                              \
        WOAD_GATT_SERVICE(&woad_battery_uuid),                                                     \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),                           \
            WOAD_GATT_DYNAMIC(&woad_battery_level_uuid, NULL, 0, access, WOAD_GATT_NEVER),         \
            WOAD_GATT_CCCD(access)                                                                 \
    }

/* Zeroed; it belongs to the server until woad_gatts_remove(h, &battery.service). */
struct woad_battery {
    const struct woad_gatt_attr *attrs; /* a WOAD_BATTERY_TABLE, NULL: open to everybody */
    /* private */
    struct woad_gatt_service service;
    uint8_t percent;
};

/* Errors of woad_gatts_add(); INVALID above 100. */
int woad_battery_add(struct woad_host *h, struct woad_battery *b, uint8_t percent) WOAD_MUST_USE;
/* INVALID above 100. */
int woad_battery_set(struct woad_host *h, struct woad_battery *b, uint8_t percent) WOAD_MUST_USE;

#endif
