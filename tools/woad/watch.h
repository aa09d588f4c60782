/* tools/woad/watch.h: the services of the simulated watch. */
#ifndef WOAD_WATCH_H
#define WOAD_WATCH_H

#include "woad/gatts.h"

struct watch {
    struct woad_gatt_service battery, heart, notes;
    struct woad_gatt_attr battery_attrs[5], heart_attrs[6], note_attrs[5];
    unsigned beats;
    uint8_t percent, place, text[512], secret[64];
    struct woad_gatt_value level, location, note, secret_note;
};

int watch_init(struct watch *w, struct woad_host *h);

/* A beat: the heart rate is notified to who subscribed, and the battery when it has fallen. */
void watch_beat(struct watch *w, struct woad_host *h);

#endif
