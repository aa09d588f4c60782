/* woad/gatt_db.h: services as tables of attributes, in flash or in memory [Vol 3, Part G, 3].
 *
 *     static const struct woad_uuid svc = WOAD_UUID16(0x180F), level = WOAD_UUID16(0x2A19);
 *     static uint8_t percent = 100;
 *     static struct woad_gatt_value battery_value = {&percent, 1, 1};
 *     static const struct woad_gatt_attr attrs[] = {
 *         WOAD_GATT_SERVICE(&svc),
 *         WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
 *         WOAD_GATT_VALUE(&level, &battery_value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
 *         WOAD_GATT_CCCD(WOAD_GATT_OPEN),
 *     };
 *     static struct woad_gatt_service battery = {.attrs = attrs, .count = 4, .event = on_battery};
 *     err = woad_gatts_add(h, &battery);         woad/gatts.h; battery.start is its handle then
 *
 * The attributes of a service have handles in a row, from start on: attribute i has start + i. A
 * table is read where it is and costs no memory of its own; it may be const, or built at run time
 * in memory that stays as it is while the service is attached. Between begin and commit a table in
 * memory may be changed: a place of kind WOAD_GATT_HOLE has no attribute, so that what is removed
 * leaves the handles behind it alone.
 *
 * The service itself is placed by the caller and belongs to the database from add to remove.
 *
 * Finding an attribute by its handle takes the same time in a database of ten and of sixty
 * thousand:
 *
 *     handle / 16 -> the first service that ends at or behind that page -> at most 16 steps
 */
#ifndef WOAD_GATT_DB_H
#define WOAD_GATT_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/uuid.h"

struct woad_host;
struct woad_gatt_service;
struct woad_gatts_evt;

/* Constant initialisers. */
#define WOAD_UUID16(x)                                                                             \
    {                                                                                              \
        2,                                                                                         \
        {                                                                                          \
            (uint8_t)((x)&0xff), (uint8_t)((x) >> 8)                                               \
        }                                                                                          \
    }
/* 16 octets, least significant first. */
#define WOAD_UUID128(...)                                                                          \
    {                                                                                              \
        16,                                                                                        \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* Properties of a characteristic [3.3.1.1]. */
enum woad_gatt_property {
    WOAD_GATT_BROADCAST = 0x01,
    WOAD_GATT_READ = 0x02,
    WOAD_GATT_WRITE_NO_RSP = 0x04,
    WOAD_GATT_WRITE = 0x08,
    WOAD_GATT_NOTIFY = 0x10,
    WOAD_GATT_INDICATE = 0x20,
    WOAD_GATT_SIGNED_WRITE = 0x40,
    WOAD_GATT_EXTENDED = 0x80,
};

/* Who may read or write an attribute: the least level of the link [Vol 3, Part C, 10.2.1]. */
enum woad_gatt_access {
    WOAD_GATT_NEVER = 0,
    WOAD_GATT_OPEN = 1,
    WOAD_GATT_ENCRYPTED = 2,
    WOAD_GATT_AUTHENTICATED = 3,
    WOAD_GATT_SECURE = 4,        /* authenticated by Secure Connections, 16 octets */
    WOAD_GATT_AUTHORIZED = 0x08, /* to be added: the application is asked as well */
};

enum woad_gatt_kind {
    WOAD_GATT_KIND_HOLE,
    WOAD_GATT_KIND_PRIMARY,
    WOAD_GATT_KIND_SECONDARY,
    WOAD_GATT_KIND_INCLUDE,
    WOAD_GATT_KIND_CHARACTERISTIC,
    WOAD_GATT_KIND_CCCD,
    /* Values and descriptors: */
    WOAD_GATT_KIND_CONST,   /* value: octets, size of them; read only */
    WOAD_GATT_KIND_VALUE,   /* value: struct woad_gatt_value; read and written by the server */
    WOAD_GATT_KIND_DYNAMIC, /* the service's event function reads and writes */
};

/* An attribute: 12 octets on a 32-bit machine. Use the macros. */
struct woad_gatt_attr {
    const struct woad_uuid *type; /* of values and descriptors */
    const void *value;            /* by kind */
    uint16_t size;                /* CONST: octets; DYNAMIC: the most a write may have (0: 512) */
    uint8_t kind;                 /* enum woad_gatt_kind */
    uint8_t access;               /* CHARACTERISTIC: properties; else read | write << 4 */
};

/* A value in memory. len may be changed by the application at any time; the server changes both on
 * writes. */
struct woad_gatt_value {
    uint8_t *data;
    uint16_t len;
    uint16_t capacity; /* 1..512; longer writes are refused */
};

/* Attributes of a table, for woad_gatt_service.count. */
#define WOAD_GATT_COUNT_OF(attrs) (sizeof(attrs) / sizeof((attrs)[0]))

#define WOAD_GATT_ACCESS(read, write) (uint8_t)((read) | (write) << 4)
#define WOAD_GATT_SERVICE(uuid)                                                                    \
    {                                                                                              \
        NULL, uuid, 0, WOAD_GATT_KIND_PRIMARY, 1                                                   \
    }
#define WOAD_GATT_SECONDARY(uuid)                                                                  \
    {                                                                                              \
        NULL, uuid, 0, WOAD_GATT_KIND_SECONDARY, 1                                                 \
    }
/* service: an attached struct woad_gatt_service. Directly behind the service's declaration. */
#define WOAD_GATT_INCLUDE(service)                                                                 \
    {                                                                                              \
        NULL, service, 0, WOAD_GATT_KIND_INCLUDE, 1                                                \
    }
/* The attribute behind it is the value, whose type is the characteristic's UUID. */
#define WOAD_GATT_CHARACTERISTIC(properties)                                                       \
    {                                                                                              \
        NULL, NULL, 0, WOAD_GATT_KIND_CHARACTERISTIC, properties                                   \
    }
#define WOAD_GATT_CONST(uuid, octets, len, read)                                                   \
    {                                                                                              \
        uuid, octets, len, WOAD_GATT_KIND_CONST, WOAD_GATT_ACCESS(read, 0)                         \
    }
#define WOAD_GATT_VALUE(uuid, value, read, write)                                                  \
    {                                                                                              \
        uuid, value, 0, WOAD_GATT_KIND_VALUE, WOAD_GATT_ACCESS(read, write)                        \
    }
/* arg is for the application. */
#define WOAD_GATT_DYNAMIC(uuid, arg, most, read, write)                                            \
    {                                                                                              \
        uuid, arg, most, WOAD_GATT_KIND_DYNAMIC, WOAD_GATT_ACCESS(read, write)                     \
    }
/* Client Characteristic Configuration of the value before it: each client has its own. Reading is
 * open [3.3.3.3]. */
#define WOAD_GATT_CCCD(write)                                                                      \
    {                                                                                              \
        NULL, NULL, 0, WOAD_GATT_KIND_CCCD, WOAD_GATT_ACCESS(WOAD_GATT_OPEN, write)                \
    }

typedef void woad_gatts_event_fn(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt);

struct woad_gatt_service {
    const struct woad_gatt_attr *attrs; /* the first is the service's declaration */
    uint16_t count;
    uint16_t span;  /* handles to keep free for a table that grows, count or more; 0 = count */
    uint16_t start; /* handle wanted, 0: any; then the one it has */
    woad_gatts_event_fn *event; /* may be NULL when nothing is dynamic */
    void *arg;
    /* private */
    struct woad_gatt_service *next, *prev; /* by handle */
    bool attached;
    bool want_writable;
};

/* ---- for the server and for tests ------------------------------------------------------------ */

/* A database: an index in the caller's memory over the services attached. */
struct woad_gatt_db {
    struct woad_gatt_service **page; /* of 16 handles: first service that ends at or behind it */
    struct woad_gatt_service *first, *last;
    uint32_t fresh; /* handles from here on were never used */
    uint16_t handle_max;
};

#define WOAD_GATT_PAGES(handle_max) ((size_t)(handle_max) / 16 + 1)

/* pages: WOAD_GATT_PAGES(handle_max) pointers, all NULL, borrowed. handle_max 1..0xFFFF. */
void woad_gatt_db_init(struct woad_gatt_db *db, struct woad_gatt_service **pages,
                       uint16_t handle_max);
/* INVALID: the table is not one of a service, or start does not fit; EXISTS: attached already, or
 * the handles wanted are not free; NO_MEM: no handles left. Then nothing has changed. */
int woad_gatt_db_add(struct woad_gatt_db *db, struct woad_gatt_service *service) WOAD_MUST_USE;
void woad_gatt_db_remove(struct woad_gatt_db *db, struct woad_gatt_service *service);
/* Another table for an attached service, of at most span attributes. INVALID, NO_MEM. */
int woad_gatt_db_replace(struct woad_gatt_db *db, struct woad_gatt_service *service,
                         const struct woad_gatt_attr *attrs, uint16_t count) WOAD_MUST_USE;

/* The attribute of a handle: NULL when there is none. *service: whose. */
const struct woad_gatt_attr *woad_gatt_db_find(const struct woad_gatt_db *db, uint16_t handle,
                                               struct woad_gatt_service **service);
/* The first service whose last handle is at or behind handle, or NULL. */
struct woad_gatt_service *woad_gatt_db_service(const struct woad_gatt_db *db, uint16_t handle);
/* The first attribute at or behind *handle; moves *handle there. NULL: none. */
const struct woad_gatt_attr *woad_gatt_db_next(const struct woad_gatt_db *db, uint16_t *handle,
                                               struct woad_gatt_service **service);

static inline uint16_t woad_gatt_service_end(const struct woad_gatt_service *s)
{
    return (uint16_t)(s->start + s->count - 1);
}

/* The type of an attribute that is no hole; scratch is for those whose kind says it. */
const struct woad_uuid *woad_gatt_attr_type(const struct woad_gatt_attr *attr,
                                            struct woad_uuid *scratch);
/* A UUID as it travels, 2 octets or 16 [Vol 3, Part F, 3.2.1]; returns how many. */
uint8_t woad_gatt_put_uuid(const struct woad_uuid *uuid, uint8_t to[16]);
/* Declarations are made of what the tables say: writes the value and returns its length. For kinds
 * PRIMARY, SECONDARY, INCLUDE, CHARACTERISTIC. */
uint16_t woad_gatt_attr_declaration(const struct woad_gatt_service *service, uint16_t handle,
                                    uint8_t to[19]);

#endif
