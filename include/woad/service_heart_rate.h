/* woad/service_heart_rate.h: Heart Rate, 0x180D: the sensor, and the format of its measurements for
 * both sides [Heart Rate Service 1.0].
 *
 *      sensor                                               collector
 *      woad_heart_rate_send(h, &sensor, &m)  -- notify -->  woad_heart_rate_parse(&m, data, len)
 *      energy_kj = 0, ENERGY_RESET event     <-- write ---  1 to the control point
 *
 *     static uint16_t energy_kj;
 *     static struct woad_heart_rate sensor = {
 *         .location = WOAD_HEART_RATE_WRIST, .energy_kj = &energy_kj, .event = on_sensor};
 *     err = woad_heart_rate_add(h, &sensor);
 *     ...
 *     struct woad_heart_rate_value m = {.bpm = 61, .rr_count = 1, .rr_1024 = {1007}};
 *     err = woad_heart_rate_send(h, &sensor, &m);
 *
 * Numbers are as on air: the energy in kilojoules since the last reset, which stays at 65535 when
 * it is there; the times between two beats in 1/1024 s, the oldest first.
 */
#ifndef WOAD_SERVICE_HEART_RATE_H
#define WOAD_SERVICE_HEART_RATE_H

#include "woad/gatts.h"

extern const struct woad_uuid woad_heart_rate_uuid, woad_heart_rate_measurement_uuid,
    woad_heart_rate_location_uuid, woad_heart_rate_control_uuid;

/* ---- measurements ---------------------------------------------------------------------------- */

enum woad_heart_rate_contact {                                      /* with the skin, as on air */
                               WOAD_HEART_RATE_CONTACT_UNKNOWN = 0, /* the sensor cannot tell */
                               WOAD_HEART_RATE_NO_CONTACT = 2,
                               WOAD_HEART_RATE_CONTACT = 3,
};

#define WOAD_HEART_RATE_RR_MAX 20 /* of one measurement */

struct woad_heart_rate_value {
    uint16_t bpm;
    uint8_t contact; /* enum woad_heart_rate_contact */
    bool has_energy;
    uint16_t energy_kj;
    uint8_t rr_count;
    uint16_t rr_1024[WOAD_HEART_RATE_RR_MAX];
};

/* Octets written, or TOO_LONG; INVALID: rr_count or contact. */
int woad_heart_rate_build(const struct woad_heart_rate_value *m, uint8_t *to,
                          size_t size) WOAD_MUST_USE;
/* Reads what any peer sends. Of more than WOAD_HEART_RATE_RR_MAX times the oldest are given.
 * FORMAT: octets are missing or too many; m is then undefined. */
int woad_heart_rate_parse(struct woad_heart_rate_value *m, const void *data,
                          size_t len) WOAD_MUST_USE;

/* ---- the sensor ------------------------------------------------------------------------------ */

enum woad_heart_rate_location { /* of the sensor on the body, as on air */
                                WOAD_HEART_RATE_OTHER,
                                WOAD_HEART_RATE_CHEST,
                                WOAD_HEART_RATE_WRIST,
                                WOAD_HEART_RATE_FINGER,
                                WOAD_HEART_RATE_HAND,
                                WOAD_HEART_RATE_EAR_LOBE,
                                WOAD_HEART_RATE_FOOT,
};

enum woad_heart_rate_evt_type {
    WOAD_HEART_RATE_LISTENING = 1, /* a client subscribed, or ended that; on */
    WOAD_HEART_RATE_ENERGY_RESET,  /* a client asked for it; *energy_kj is 0 now */
    WOAD_HEART_RATE_WRITABLE,      /* a send() that answered AGAIN can succeed now */
    WOAD_HEART_RATE_ENDED,         /* the link of conn ended, and with it its listening */
};

struct woad_heart_rate_evt {
    uint8_t type;  /* enum woad_heart_rate_evt_type */
    uint16_t conn; /* WRITABLE: WOAD_CONN_NONE */
    bool on;
};

typedef void woad_heart_rate_event_fn(void *arg, struct woad_host *h,
                                      const struct woad_heart_rate_evt *evt);

/* A table with other rights than the open ones: access of enum woad_gatt_access. */
#define WOAD_HEART_RATE_TABLE(access)                                                              \
    {                                                                                              \
        WOAD_GATT_SERVICE(&woad_heart_rate_uuid), WOAD_GATT_CHARACTERISTIC(WOAD_GATT_NOTIFY),      \
            WOAD_GATT_DYNAMIC(&woad_heart_rate_measurement_uuid, NULL, 0, WOAD_GATT_NEVER,         \
                              WOAD_GATT_NEVER),                                                    \
            WOAD_GATT_CCCD(access), WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ),                      \
            WOAD_GATT_DYNAMIC(&woad_heart_rate_location_uuid, NULL, 0, access, WOAD_GATT_NEVER),   \
            WOAD_GATT_CHARACTERISTIC(WOAD_GATT_WRITE),                                             \
            WOAD_GATT_DYNAMIC(&woad_heart_rate_control_uuid, NULL, 1, WOAD_GATT_NEVER, access)     \
    }

/* Zeroed but for what is wanted; belongs to the server until woad_gatts_remove(h, &s.service). */
struct woad_heart_rate {
    const struct woad_gatt_attr *attrs; /* a WOAD_HEART_RATE_TABLE, NULL: open to everybody */
    uint8_t location;                   /* enum woad_heart_rate_location */
    uint16_t *energy_kj; /* the application's counter, which a client may reset. NULL: there is no
                            control point, and no energy may be sent */
    woad_heart_rate_event_fn *event; /* may be NULL */
    void *arg;
    /* private */
    struct woad_gatt_service service;
};

/* Errors of woad_gatts_add(); INVALID: the location. */
int woad_heart_rate_add(struct woad_host *h, struct woad_heart_rate *s) WOAD_MUST_USE;
/* To every client that subscribed; returns how many. AGAIN: none was sent it, WRITABLE follows.
 * TOO_LONG: more than the 20 octets that reach every client; seven times always fit. */
int woad_heart_rate_send(struct woad_host *h, struct woad_heart_rate *s,
                         const struct woad_heart_rate_value *m) WOAD_MUST_USE;

#endif
