/* gatt_server.h: a naive server of ATT for tests of clients: a list of attributes, looked through
 * from the start for every request. */
#ifndef GATT_SERVER_H
#define GATT_SERVER_H

#include <stdint.h>

#include "woad/uuid.h"

#define GATT_SERVER_MOST 400

struct gatt_server_attr {
    uint16_t handle;
    uint16_t end; /* of a service: its last handle */
    struct woad_uuid type;
    uint16_t len;
    uint8_t value[64];
};

struct gatt_server {
    struct gatt_server_attr attrs[GATT_SERVER_MOST]; /* in order */
    unsigned count;
    uint16_t mtu;
};

/* Adds an attribute behind the others; len up to 64. */
struct gatt_server_attr *gatt_server_add(struct gatt_server *s, uint16_t handle, uint16_t type,
                                         const void *value, uint16_t len);
/* A primary service with a short UUID; a characteristic at handle, its value behind it. */
void gatt_server_service(struct gatt_server *s, uint16_t handle, uint16_t end, uint16_t uuid);
void gatt_server_chr(struct gatt_server *s, uint16_t handle, uint8_t properties, uint16_t uuid,
                     const void *value, uint16_t len);
struct gatt_server_attr *gatt_server_find(struct gatt_server *s, uint16_t handle);

/* The answer to a request; its length, 0: none. to holds 517 octets. */
uint16_t gatt_server_answer(struct gatt_server *s, const uint8_t *pdu, uint16_t len, uint8_t *to);

#endif
