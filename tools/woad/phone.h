/* tools/woad/phone.h: what the simulated phone does with a server: reads all, subscribes to all. */
#ifndef WOAD_PHONE_H
#define WOAD_PHONE_H

#include "value.h"

#include "woad/gattc.h"

#define PHONE_SUBS  16
#define PHONE_ATTRS 2048

struct phone {
    uint16_t conn;
    struct woad_gattc_db db;
    uint16_t mem[PHONE_ATTRS * 4];
    unsigned at;     /* the attribute under way */
    bool subscribes; /* it was read; now it is subscribed to */
    struct woad_gattc_op op;
    struct woad_gattc_sub subs[PHONE_SUBS];
    unsigned sub_count;
    uint8_t value[VALUE_MAX];
    uint16_t len;
};

/* A link came up. 0 or a woad_err. */
int phone_start(struct phone *p, struct woad_host *h, uint16_t conn);

#endif
