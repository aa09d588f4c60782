/* woad/service_gap.h: the GAP service, 0x1800, with more than a name and an appearance
 * [Vol 3, Part C, 12]. In place of the one that the server has by itself.
 *
 *     static uint8_t name[20] = "lamp";
 *     static struct woad_gap_service gap = {
 *         .name = {name, 4, sizeof(name)}, .name_write = WOAD_GATT_AUTHENTICATED,
 *         .has = WOAD_GAP_ADDRESS_RESOLUTION, .resolves = true};
 *     static const struct woad_gatts_cfg gatts = {.gap = &gap.service};
 *     ...
 *     woad_gap_service_init(&gap);                           before woad_host_init()
 *
 * Each host has one of its own. The program may change name, appearance and preferred at any time.
 */
#ifndef WOAD_SERVICE_GAP_H
#define WOAD_SERVICE_GAP_H

#include "woad/gatts.h"

#define WOAD_GAP_KEY_MATERIAL_LEN 24 /* session key, then initialization vector */

enum woad_gap_has { /* characteristics beside Device Name and Appearance */
                    WOAD_GAP_PREFERRED = 0x01,          /* connection parameters [12.3] */
                    WOAD_GAP_ADDRESS_RESOLUTION = 0x02, /* of a central [12.4] */
                    WOAD_GAP_RPA_ONLY = 0x04,           /* after bonding [12.5] */
                    WOAD_GAP_KEY_MATERIAL = 0x08,       /* of encrypted advertising data [12.6] */
                    WOAD_GAP_SECURITY_LEVELS = 0x10,    /* [12.7] */
};

/* Zeroed but for what is wanted. */
struct woad_gap_service {
    struct woad_gatt_value name; /* Device Name, at most 248 octets */
    uint8_t name_write;          /* enum woad_gatt_access; 0: nobody writes it */
    uint16_t appearance;         /* [Assigned Numbers, 2.6] */
    uint8_t appearance_write;
    uint8_t has; /* sum of enum woad_gap_has */
    struct {
        uint16_t interval_min_1250us; /* 0xFFFF: no preference, as in timeout */
        uint16_t interval_max_1250us;
        uint16_t latency;
        uint16_t timeout_10ms;
    } preferred;
    bool resolves;         /* Central Address Resolution: 1 */
    const uint8_t *levels; /* LE GATT Security Levels: {mode, level} pairs, lent */
    uint8_t levels_len;    /* octets, even */
    uint8_t key_material[WOAD_GAP_KEY_MATERIAL_LEN];
    /* AUTHORIZE: may this client, authenticated, read the key material? Answered at once by
     * woad_gatts_answer(). WRITTEN: the name; WRITE: the appearance was, answered already. NULL:
     * nobody reads the key material. */
    woad_gatts_event_fn *event;
    void *arg;
    /* private */
    struct woad_gatt_service service;
    struct woad_gatt_attr attrs[16];
    uint8_t key_at;
};

/* Makes the table. INVALID: a name above 248 octets, an odd number of levels. */
int woad_gap_service_init(struct woad_gap_service *s) WOAD_MUST_USE;

/* The handle of the key material, 0: it is not there. A client that subscribed is told a new one by
 * woad_gatts_indicate(h, conn, handle, s->key_material, sizeof(s->key_material)). */
uint16_t woad_gap_service_key_handle(const struct woad_gap_service *s);

#endif
