/* woad/service_nus.h: the Nordic UART Service: two streams of octets over one link
 * [nRF Connect SDK, Nordic UART Service].
 *
 *      client  -- write, with or without answer -->  RX   RECEIVED event
 *              <-- notifications of MTU - 3 --------  TX   woad_nus_write()
 *
 *     static struct woad_nus nus = {.event = on_nus};
 *     err = woad_nus_add(h, &nus);
 *     ...
 *     n = woad_nus_write(h, &nus, conn, text, len);     n of them are on their way; the rest after
 *                                                       WRITABLE
 *
 * Brakes, in both directions
 * - write() takes as much as there are buffers for and copies it; the caller keeps the rest. One
 *   WRITABLE follows a write() that took less than all, or AGAIN. Clients share the buffers, so
 *   WRITABLE names no link: go on wherever something waits.
 * - A client that writes with an answer waits for it: set *later in RECEIVED and give the answer
 *   with woad_nus_resume() when there is room again (within 30 s). Writes without an answer cannot
 *   be held back; what comes that way must be taken.
 *
 * Octets keep their order in each direction. A message has no bounds of its own: what one side
 * wrote at once may come in pieces.
 */
#ifndef WOAD_SERVICE_NUS_H
#define WOAD_SERVICE_NUS_H

#include "woad/gatts.h"

/* 6E400001-B5A3-F393-E0A9-E50E24DCCA9E, and ...0002 (RX), ...0003 (TX). */
extern const struct woad_uuid woad_nus_uuid, woad_nus_rx_uuid, woad_nus_tx_uuid;

enum woad_nus_evt_type {
    WOAD_NUS_LISTENING = 1, /* a client subscribed, or ended that; u.listening */
    WOAD_NUS_RECEIVED,      /* u.received */
    WOAD_NUS_WRITABLE,      /* write() can go on */
    WOAD_NUS_ENDED,         /* the link of conn ended */
};

struct woad_nus_evt {
    uint8_t type;  /* enum woad_nus_evt_type */
    uint16_t conn; /* WRITABLE: WOAD_CONN_NONE */
    union {
        bool listening;
        struct {
            const uint8_t *data; /* valid during the event */
            uint16_t len;
            woad_gatts_req req; /* for woad_nus_resume(); 0: the client does not wait */
            bool *later;        /* set true: the answer comes by woad_nus_resume() */
        } received;
    } u;
};

typedef void woad_nus_event_fn(void *arg, struct woad_host *h, const struct woad_nus_evt *evt);

/* A table with other rights than the open ones (a console wants WOAD_GATT_AUTHENTICATED): access of
 * enum woad_gatt_access. */
#define WOAD_NUS_TABLE(access)                                                                     \
    {                                                                                              \
        WOAD_GATT_SERVICE(&woad_nus_uuid),                                                         \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),                    \
            WOAD_GATT_DYNAMIC(&woad_nus_rx_uuid, NULL, 0, WOAD_GATT_NEVER, access),                \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY),                                            \
            WOAD_GATT_DYNAMIC(&woad_nus_tx_uuid, NULL, 0, WOAD_GATT_NEVER, WOAD_GATT_NEVER),       \
            WOAD_GATT_CCCD(access)                                                                 \
    }

/* Zeroed but for what is wanted; belongs to the server until woad_gatts_remove(h, &nus.service). */
struct woad_nus {
    const struct woad_gatt_attr *attrs; /* a WOAD_NUS_TABLE, NULL: open to everybody */
    woad_nus_event_fn *event;
    void *arg;
    /* private */
    struct woad_gatt_service service;
};

/* Errors of woad_gatts_add(). */
int woad_nus_add(struct woad_host *h, struct woad_nus *nus) WOAD_MUST_USE;

/* Octets of data that were taken, 1..len (0 for len 0), or AGAIN, NOT_FOUND (the client has not
 * subscribed), SECURITY, NOT_CONNECTED. */
long woad_nus_write(struct woad_host *h, struct woad_nus *nus, uint16_t conn, const void *data,
                    size_t len) WOAD_MUST_USE;

/* Lets the writer of that RECEIVED go on. NOT_FOUND: its link has ended. */
int woad_nus_resume(struct woad_host *h, woad_gatts_req req) WOAD_MUST_USE;

#endif
