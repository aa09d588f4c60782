#include "woad/service_battery.h"

#include "service.h"

const struct woad_uuid woad_battery_uuid = WOAD_UUID16(0x180F);
const struct woad_uuid woad_battery_level_uuid = WOAD_UUID16(0x2A19);

enum { LEVEL = 2, COUNT = 4 }; /* places in the table */
static const struct woad_gatt_attr open_table[COUNT] = WOAD_BATTERY_TABLE(WOAD_GATT_OPEN);

/* Refused for want of a buffer, it is called again by WRITABLE. */
static void tell(struct woad_host *h, const struct woad_battery *b)
{
    (void)!woad_gatts_notify_all(h, (uint16_t)(b->service.start + LEVEL), &b->percent, 1);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_battery *b = arg;
    if (evt->type == WOAD_GATTS_READ)
        woad_service_give(h, evt, &b->percent, 1);
    else if (evt->type == WOAD_GATTS_WRITABLE)
        tell(h, b);
    else if (evt->type == WOAD_GATTS_SUBSCRIBED && evt->u.subscribed.restored)
        (void)!woad_gatts_notify(h, evt->conn, evt->handle, &b->percent, 1);
}

int woad_battery_add(struct woad_host *h, struct woad_battery *b, uint8_t percent)
{
    if (percent > 100)
        return WOAD_ERR_INVALID;
    b->percent = percent;
    b->service = (struct woad_gatt_service){
        .attrs = b->attrs ? b->attrs : open_table, .count = COUNT, .event = on_event, .arg = b};
    return woad_gatts_add(h, &b->service);
}

int woad_battery_set(struct woad_host *h, struct woad_battery *b, uint8_t percent)
{
    if (percent > 100)
        return WOAD_ERR_INVALID;
    if (percent != b->percent) {
        b->percent = percent;
        tell(h, b);
    }
    return 0;
}
