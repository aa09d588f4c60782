#include "watch.h"

#include <string.h>

#define BEATS_PER_PERCENT 10

static const struct woad_uuid battery = WOAD_UUID16(0x180F), level = WOAD_UUID16(0x2A19);
static const struct woad_uuid heart = WOAD_UUID16(0x180D), rate = WOAD_UUID16(0x2A37),
                              location = WOAD_UUID16(0x2A38);
/* 776f6164-0000-4e6f-7465-000000000001 and behind it: a note, and one that is secret */
#define NOTE(n) WOAD_UUID128(n, 0, 0, 0, 0, 0, 0x65, 0x74, 0x6f, 0x4e, 0, 0, 0x64, 0x61, 0x6f, 0x77)
static const struct woad_uuid notes = NOTE(1), note = NOTE(2), secret = NOTE(3);
static const uint8_t no_beat[2] = {0, 60};

/* Written anew each time: what is in it is the watch's own. */
static void fill(struct watch *w)
{
    const struct woad_gatt_attr b[] = {
        WOAD_GATT_SERVICE(&battery),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
        WOAD_GATT_VALUE(&level, &w->level, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    };
    const struct woad_gatt_attr r[] = {
        WOAD_GATT_SERVICE(&heart),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY),
        WOAD_GATT_CONST(&rate, no_beat, sizeof(no_beat), WOAD_GATT_NEVER),
        WOAD_GATT_CCCD(WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),
        WOAD_GATT_VALUE(&location, &w->location, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    };
    const struct woad_gatt_attr n[] = {
        WOAD_GATT_SERVICE(&notes),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),
        WOAD_GATT_VALUE(&note, &w->note, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
        WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE),
        WOAD_GATT_VALUE(&secret, &w->secret_note, WOAD_GATT_ENCRYPTED, WOAD_GATT_AUTHENTICATED),
    };
    memcpy(w->battery_attrs, b, sizeof(b));
    memcpy(w->heart_attrs, r, sizeof(r));
    memcpy(w->note_attrs, n, sizeof(n));
    w->battery = (struct woad_gatt_service){.attrs = w->battery_attrs, .count = 4};
    w->heart = (struct woad_gatt_service){.attrs = w->heart_attrs, .count = 6};
    w->notes = (struct woad_gatt_service){.attrs = w->note_attrs, .count = 5};
}

int watch_init(struct watch *w, struct woad_host *h)
{
    static const char text[] = "write what you like", secret_text[] = "you are trusted";
    *w = (struct watch){.percent = 87, .place = 2};
    memcpy(w->text, text, sizeof(text) - 1);
    memcpy(w->secret, secret_text, sizeof(secret_text) - 1);
    w->level = (struct woad_gatt_value){&w->percent, 1, 1};
    w->location = (struct woad_gatt_value){&w->place, 1, 1};
    w->note = (struct woad_gatt_value){w->text, sizeof(text) - 1, sizeof(w->text)};
    w->secret_note =
        (struct woad_gatt_value){w->secret, sizeof(secret_text) - 1, sizeof(w->secret)};
    fill(w);
    int err = woad_gatts_add(h, &w->battery);
    if (err == 0)
        err = woad_gatts_add(h, &w->heart);
    return err ? err : woad_gatts_add(h, &w->notes);
}

void watch_beat(struct watch *w, struct woad_host *h)
{
    const uint8_t value[2] = {0, (uint8_t)(60 + ++w->beats % 20)};
    (void)!woad_gatts_notify_all(h, (uint16_t)(w->heart.start + 2), value, 2);
    if (w->beats % BEATS_PER_PERCENT)
        return;
    w->percent = w->percent > 1 ? (uint8_t)(w->percent - 1) : 100;
    (void)!woad_gatts_notify_all(h, (uint16_t)(w->battery.start + 2), &w->percent, 1);
}
