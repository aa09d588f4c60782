/* woad/ad.h: advertising data: built into a caller's buffer, walked, checked.
 *
 *     octets:   len type value...   len type value...   [0 0 0 ...]
 *               \-- a field ---/                        early end
 *
 * The same format carries scan responses, periodic advertising, PAwR and out-of-band data
 * [Vol 3, Part C, 11]; the fields are those of [CSS, Part A, 1] and Assigned Numbers 2.3.
 *
 *     uint8_t data[31];
 *     struct woad_ad ad = woad_ad_init(data, sizeof(data));
 *     woad_ad_flags(&ad, WOAD_AD_GENERAL_DISCOVERABLE | WOAD_AD_NO_BREDR);
 *     woad_ad_uuids(&ad, services, 2);
 *     woad_ad_name(&ad, "thermometer");
 *     int len = woad_ad_len(&ad);              // octets, or the first error
 *
 *     struct woad_rd r = woad_rd_init(report, report_len);
 *     struct woad_ad_field f;
 *     while (woad_ad_next(&r, &f) > 0)
 *         look at f.type, f.data, f.len
 *
 * Rules
 * - The builder's error is sticky: add everything, look once at woad_ad_len(). A field that does
 * not fit is not written at all (TOO_LONG); names and lists of service UUIDs are shortened instead,
 *   and say so by their type.
 * - Readers take anything: a peer sends these octets. They never read past the end.
 * - What a caller passes as data may not overlap the buffer. Callable from anywhere.
 * - Names of types and values for people: woad_ad_find() of woad/fields.h.
 */
#ifndef WOAD_AD_H
#define WOAD_AD_H

#include <stdbool.h>

#include "woad/addr.h"
#include "woad/cursor.h"
#include "woad/err.h"
#include "woad/uuid.h"

#define WOAD_AD_LEGACY_MAX   31   /* legacy advertising data and scan response */
#define WOAD_AD_EXTENDED_MAX 1650 /* extended advertising, a chain [Vol 4, Part E, 7.8.57] */
#define WOAD_AD_VALUE_MAX    254  /* of one field */
#define WOAD_AD_NAME_MAX     248  /* of a device name [Vol 3, Part C, 12.1] */

/* X(name, number, least octets, most octets, a value is a multiple of, may be there only once) */
#define WOAD_AD_LIST(X)                                                                            \
    X(FLAGS, 0x01, 0, 254, 1, 1)                                                                   \
    X(UUID16_SOME, 0x02, 0, 254, 2, 0)                                                             \
    X(UUID16_ALL, 0x03, 0, 254, 2, 0)                                                              \
    X(UUID32_SOME, 0x04, 0, 254, 4, 0)                                                             \
    X(UUID32_ALL, 0x05, 0, 254, 4, 0)                                                              \
    X(UUID128_SOME, 0x06, 0, 254, 16, 0)                                                           \
    X(UUID128_ALL, 0x07, 0, 254, 16, 0)                                                            \
    X(NAME_SHORT, 0x08, 0, 248, 1, 1)                                                              \
    X(NAME, 0x09, 0, 248, 1, 1)                                                                    \
    X(TX_POWER, 0x0A, 1, 1, 1, 0)                                                                  \
    X(CLASS_OF_DEVICE, 0x0D, 3, 3, 1, 0)                                                           \
    X(SSP_HASH_192, 0x0E, 16, 16, 1, 0)                                                            \
    X(SSP_RANDOMIZER_192, 0x0F, 16, 16, 1, 0)                                                      \
    X(SM_TK, 0x10, 8, 16, 8, 0) /* 8 octets: Device ID in inquiry responses */                     \
    X(SM_OOB_FLAGS, 0x11, 1, 1, 1, 0)                                                              \
    X(CONN_INTERVAL_RANGE, 0x12, 4, 4, 1, 0)                                                       \
    X(SOLICIT_UUID16, 0x14, 0, 254, 2, 0)                                                          \
    X(SOLICIT_UUID128, 0x15, 0, 254, 16, 0)                                                        \
    X(SERVICE_DATA16, 0x16, 2, 254, 1, 0)                                                          \
    X(PUBLIC_TARGET, 0x17, 6, 254, 6, 1)                                                           \
    X(RANDOM_TARGET, 0x18, 6, 254, 6, 1)                                                           \
    X(APPEARANCE, 0x19, 2, 2, 1, 1)                                                                \
    X(ADV_INTERVAL, 0x1A, 2, 2, 1, 1)                                                              \
    X(LE_ADDRESS, 0x1B, 7, 7, 1, 1)                                                                \
    X(LE_ROLE, 0x1C, 1, 1, 1, 1)                                                                   \
    X(SSP_HASH_256, 0x1D, 16, 16, 1, 0)                                                            \
    X(SSP_RANDOMIZER_256, 0x1E, 16, 16, 1, 0)                                                      \
    X(SOLICIT_UUID32, 0x1F, 0, 254, 4, 0)                                                          \
    X(SERVICE_DATA32, 0x20, 4, 254, 1, 0)                                                          \
    X(SERVICE_DATA128, 0x21, 16, 254, 1, 0)                                                        \
    X(SC_CONFIRM, 0x22, 16, 16, 1, 0)                                                              \
    X(SC_RANDOM, 0x23, 16, 16, 1, 0)                                                               \
    X(URI, 0x24, 1, 254, 1, 0)                                                                     \
    X(INDOOR_POSITIONING, 0x25, 1, 254, 1, 0)                                                      \
    X(TRANSPORT_DISCOVERY, 0x26, 1, 254, 1, 0)                                                     \
    X(LE_FEATURES, 0x27, 0, 254, 1, 1)                                                             \
    X(CHANNEL_MAP_UPDATE, 0x28, 7, 7, 1, 1)                                                        \
    X(PB_ADV, 0x29, 6, 254, 1, 0)                                                                  \
    X(MESH_MESSAGE, 0x2A, 14, 254, 1, 0)                                                           \
    X(MESH_BEACON, 0x2B, 1, 254, 1, 0)                                                             \
    X(BIGINFO, 0x2C, 33, 57, 1, 1)                                                                 \
    X(BROADCAST_CODE, 0x2D, 1, 16, 1, 0)                                                           \
    X(RSI, 0x2E, 6, 6, 1, 0)                                                                       \
    X(ADV_INTERVAL_LONG, 0x2F, 3, 4, 1, 1)                                                         \
    X(BROADCAST_NAME, 0x30, 4, 128, 1, 0)                                                          \
    X(ENCRYPTED, 0x31, 9, 254, 1, 0)                                                               \
    X(PAWR_TIMING, 0x32, 8, 8, 1, 0)                                                               \
    X(ESL, 0x34, 0, 254, 1, 0)                                                                     \
    X(INFO_3D, 0x3D, 1, 254, 1, 0)                                                                 \
    X(MANUFACTURER, 0xFF, 2, 254, 1, 0)

enum woad_ad_type {
#define WOAD_AD_ENUM(name, number, min, max, step, once) WOAD_AD_##name = number,
    WOAD_AD_LIST(WOAD_AD_ENUM)
#undef WOAD_AD_ENUM
};

enum woad_ad_flag { /* [CSS, Part A, 1.3] */
                    WOAD_AD_LIMITED_DISCOVERABLE = 1 << 0,
                    WOAD_AD_GENERAL_DISCOVERABLE = 1 << 1,
                    WOAD_AD_NO_BREDR = 1 << 2,
                    WOAD_AD_BREDR_CONTROLLER = 1 << 3,
};

enum woad_ad_role { /* [CSS, Part A, 1.17] */
                    WOAD_AD_PERIPHERAL_ONLY,
                    WOAD_AD_CENTRAL_ONLY,
                    WOAD_AD_PERIPHERAL_PREFERRED,
                    WOAD_AD_CENTRAL_PREFERRED,
};

/* ---- Building ---- */

struct woad_ad {
    uint8_t *data;
    uint16_t size;
    uint16_t len;
    int err; /* the first, 0: none */
};

/* size: 31, what the controller takes at most (woad/host.h), 1,650; more counts as 1,650. */
struct woad_ad woad_ad_init(void *data, size_t size);

/* Octets built, or the first error. */
static inline int woad_ad_len(const struct woad_ad *ad)
{
    return ad->err ? ad->err : ad->len;
}

/* Appends a field of any type. Its value is two parts, one after the other; a part may be NULL with
 * length 0. TOO_LONG (also into ad->err): it does not fit, or is over 254 octets. */
int woad_ad_add2(struct woad_ad *ad, uint8_t type, const void *head, size_t head_len,
                 const void *data, size_t len);

static inline int woad_ad_add(struct woad_ad *ad, uint8_t type, const void *data, size_t len)
{
    return woad_ad_add2(ad, type, data, len, NULL, 0);
}

/* A number of 1 to 4 octets: flags, appearance and the like. */
int woad_ad_add_number(struct woad_ad *ad, uint8_t type, uint32_t value, size_t len);

static inline int woad_ad_flags(struct woad_ad *ad, uint8_t flags)
{
    return woad_ad_add_number(ad, WOAD_AD_FLAGS, flags, 1);
}

static inline int woad_ad_tx_power(struct woad_ad *ad, int8_t dbm)
{
    return woad_ad_add_number(ad, WOAD_AD_TX_POWER, (uint8_t)dbm, 1);
}

static inline int woad_ad_appearance(struct woad_ad *ad, uint16_t appearance)
{
    return woad_ad_add_number(ad, WOAD_AD_APPEARANCE, appearance, 2);
}

static inline int woad_ad_role(struct woad_ad *ad, uint8_t role)
{
    return woad_ad_add_number(ad, WOAD_AD_LE_ROLE, role, 1);
}

/* Connection intervals that the peripheral likes, in 1.25 ms; 0xFFFF: no preference. */
static inline int woad_ad_conn_interval(struct woad_ad *ad, uint16_t min, uint16_t max)
{
    return woad_ad_add_number(ad, WOAD_AD_CONN_INTERVAL_RANGE, min | (uint32_t)max << 16, 4);
}

/* The advertising interval, in 0.625 ms; the long field from 0x10000 on [CSS, Part A, 1.15]. */
static inline int woad_ad_adv_interval(struct woad_ad *ad, uint32_t interval_625us)
{
    uint8_t type = interval_625us > 0xFFFF ? WOAD_AD_ADV_INTERVAL_LONG : WOAD_AD_ADV_INTERVAL;
    return woad_ad_add_number(ad, type, interval_625us,
                              interval_625us > 0xFFFFFF ? 4
                              : interval_625us > 0xFFFF ? 3
                                                        : 2);
}

/* The local name, UTF-8. What does not fit is cut off between characters, and the type is then
 * Shortened Local Name. TOO_LONG: not one character fits. Add it last. */
int woad_ad_name(struct woad_ad *ad, const char *name);

/* 4 to 32 characters, by which an audio broadcast is chosen. INVALID: octets outside 4 to 128. */
int woad_ad_broadcast_name(struct woad_ad *ad, const char *name);

/* Service UUIDs, one field for each width that occurs. What does not fit is left out, and that
 * field's type is then Incomplete List. TOO_LONG: not one of a width fits. */
int woad_ad_uuids(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count);

/* UUIDs of services sought in the peer, one field for each width; all of a width or TOO_LONG. */
int woad_ad_solicit(struct woad_ad *ad, const struct woad_uuid *uuids, size_t count);

/* Type by the width of the UUID. */
int woad_ad_service_data(struct woad_ad *ad, const struct woad_uuid *uuid, const void *data,
                         size_t len);

static inline int woad_ad_manufacturer(struct woad_ad *ad, uint16_t company, const void *data,
                                       size_t len)
{
    uint8_t head[2];
    woad_put_u16(head, company);
    return woad_ad_add2(ad, WOAD_AD_MANUFACTURER, head, 2, data, len);
}

/* scheme: a number of Assigned Numbers 2.7 below 0x80 (0x17: "https:"; 0x01: none, the text has
 * it), rest: what follows. */
int woad_ad_uri(struct woad_ad *ad, uint8_t scheme, const char *rest);

/* Whom this is meant for: public and random addresses, a field for each kind that occurs
 * [CSS, Part A, 1.13, 1.14]. INVALID: an identity type, or a random address that cannot be one. */
int woad_ad_targets(struct woad_ad *ad, const struct woad_addr *addrs, size_t count);

/* The link layer's features (le_features of woad/host.h) without the zeros at the end. */
int woad_ad_features(struct woad_ad *ad, uint64_t features);

/* The own address, for out-of-band data. */
int woad_ad_le_address(struct woad_ad *ad, const struct woad_addr *addr);

/* ---- Reading ---- */

struct woad_ad_field {
    const uint8_t *data; /* in place; not NULL */
    uint8_t len;
    uint8_t type; /* enum woad_ad_type, or one unknown here */
};

/* 1: the next field is in f. 0: the end. FORMAT: octets are missing; the walk is over. */
int woad_ad_next(struct woad_rd *r, struct woad_ad_field *f);

/* The first field of a type; false when there is none before the end or the first fault. */
bool woad_ad_get(const void *data, size_t len, uint8_t type, struct woad_ad_field *f);

/* The local name, complete or else shortened, as a string: control characters become '?', what is
 * over size - 1 is cut. Its length; NOT_FOUND: none (to is then empty). size at least 1. */
int woad_ad_get_name(const void *data, size_t len, char *to, size_t size);

/* Whether a service UUID is listed, in any width. */
bool woad_ad_has_uuid(const void *data, size_t len, const struct woad_uuid *uuid);

/* Checks it all: structure, lengths of the known types, types that may be there only once. 0;
 * FORMAT or EXISTS (a second one), with the offset of the first field at fault in *at (may be
 * NULL). */
int woad_ad_check(const void *data, size_t len, size_t *at);

#endif
