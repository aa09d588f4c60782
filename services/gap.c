#include "woad/service_gap.h"

#include "service.h"
#include "woad/cursor.h"

static const struct woad_uuid gap_uuid = WOAD_UUID16(0x1800), name_uuid = WOAD_UUID16(0x2A00),
                              appearance_uuid = WOAD_UUID16(0x2A01),
                              preferred_uuid = WOAD_UUID16(0x2A04),
                              resolution_uuid = WOAD_UUID16(0x2AA6),
                              rpa_only_uuid = WOAD_UUID16(0x2AC9), key_uuid = WOAD_UUID16(0x2B88),
                              levels_uuid = WOAD_UUID16(0x2BF5);

#define NAME_MAX 248 /* [Vol 3, Part C, 12.1] */

static void give_preferred(struct woad_host *h, const struct woad_gatts_evt *evt,
                           const struct woad_gap_service *s)
{
    uint8_t value[8];
    struct woad_wr w = woad_wr_init(value, sizeof(value));
    woad_wr_u16(&w, s->preferred.interval_min_1250us);
    woad_wr_u16(&w, s->preferred.interval_max_1250us);
    woad_wr_u16(&w, s->preferred.latency);
    woad_wr_u16(&w, s->preferred.timeout_10ms);
    woad_service_give(h, evt, value, sizeof(value));
}

static void on_read(struct woad_host *h, const struct woad_gatts_evt *evt,
                    const struct woad_gap_service *s)
{
    uint8_t value[2] = {s->resolves};
    if (evt->attr->type == &preferred_uuid) {
        give_preferred(h, evt, s);
    } else if (evt->attr->type == &resolution_uuid) {
        woad_service_give(h, evt, value, 1);
    } else {
        woad_put_u16(value, s->appearance);
        woad_service_give(h, evt, value, 2);
    }
}

static void on_write(struct woad_host *h, const struct woad_gatts_evt *evt,
                     struct woad_gap_service *s)
{
    bool fits = evt->u.write.len == 2 && !evt->u.write.offset;
    if (fits && !evt->u.write.check)
        s->appearance = woad_get_u16(evt->u.write.data);
    woad_service_answer(h, evt, fits ? 0 : WOAD_ATT_ERR_INVALID_VALUE_LENGTH);
}

static void on_event(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    struct woad_gap_service *s = arg;
    if (evt->type == WOAD_GATTS_READ) {
        on_read(h, evt, s);
        return;
    }
    if (evt->type == WOAD_GATTS_WRITE)
        on_write(h, evt, s);
    if (s->event)
        s->event(s->arg, h, evt);
}

/* A characteristic with its value. */
static struct woad_gatt_attr *add(struct woad_gap_service *s, uint8_t properties,
                                  struct woad_gatt_attr value)
{
    struct woad_gatt_attr *at = &s->attrs[s->service.count];
    at[0] = (struct woad_gatt_attr)WOAD_GATT_CHARACTERISTIC(properties);
    at[1] = value;
    s->service.count = (uint16_t)(s->service.count + 2);
    return at + 2;
}

static uint8_t properties(uint8_t write)
{
    return write ? WOAD_GATT_READ | WOAD_GATT_WRITE : WOAD_GATT_READ;
}

static void add_key(struct woad_gap_service *s)
{
    s->key_at = (uint8_t)(s->service.count + 1);
    struct woad_gatt_attr *at = add(s, WOAD_GATT_READ | WOAD_GATT_INDICATE,
                                    (struct woad_gatt_attr)WOAD_GATT_CONST(
                                        &key_uuid, s->key_material, WOAD_GAP_KEY_MATERIAL_LEN,
                                        WOAD_GATT_AUTHENTICATED | WOAD_GATT_AUTHORIZED));
    *at = (struct woad_gatt_attr)WOAD_GATT_CCCD(WOAD_GATT_AUTHENTICATED);
    s->service.count++;
}

int woad_gap_service_init(struct woad_gap_service *s)
{
    static const uint8_t zero;
    if (s->name.len > NAME_MAX || s->name.capacity > NAME_MAX || s->levels_len % 2)
        return WOAD_ERR_INVALID;
    s->attrs[0] = (struct woad_gatt_attr)WOAD_GATT_SERVICE(&gap_uuid);
    s->service =
        (struct woad_gatt_service){.attrs = s->attrs, .count = 1, .event = on_event, .arg = s};
    s->key_at = 0;
#define ADD(write, ...) add(s, properties(write), (struct woad_gatt_attr)__VA_ARGS__)
    ADD(s->name_write, WOAD_GATT_VALUE(&name_uuid, &s->name, WOAD_GATT_OPEN, s->name_write));
    ADD(s->appearance_write,
        WOAD_GATT_DYNAMIC(&appearance_uuid, NULL, 2, WOAD_GATT_OPEN, s->appearance_write));
    if (s->has & WOAD_GAP_PREFERRED)
        ADD(0, WOAD_GATT_DYNAMIC(&preferred_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER));
    if (s->has & WOAD_GAP_ADDRESS_RESOLUTION)
        ADD(0, WOAD_GATT_DYNAMIC(&resolution_uuid, NULL, 0, WOAD_GATT_OPEN, WOAD_GATT_NEVER));
    if (s->has & WOAD_GAP_RPA_ONLY)
        ADD(0, WOAD_GATT_CONST(&rpa_only_uuid, &zero, 1, WOAD_GATT_OPEN));
    if (s->has & WOAD_GAP_KEY_MATERIAL)
        add_key(s);
    if (s->has & WOAD_GAP_SECURITY_LEVELS)
        ADD(0, WOAD_GATT_CONST(&levels_uuid, s->levels, s->levels_len, WOAD_GATT_OPEN));
#undef ADD
    return 0;
}

uint16_t woad_gap_service_key_handle(const struct woad_gap_service *s)
{
    return s->key_at ? (uint16_t)(s->service.start + s->key_at) : 0;
}
