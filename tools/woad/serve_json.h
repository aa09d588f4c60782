/* tools/woad/serve_json.h: the description of a server, from JSON to tables of attributes.
 *
 *     {"name": "lamp", "appearance": 1408,
 *      "security": {"io": "display", "level": 2, "bond": true},
 *      "services": [{"uuid": "180f", "includes": [], "characteristics": [
 *          {"uuid": "2a19", "properties": ["read", "notify"], "value": {"u8": 100},
 *           "descriptors": [{"uuid": "2901", "value": "main battery"}],
 *           "notify": {"source": "counter", "type": "u8", "from": 0, "to": 100,
 *                      "step": -1, "every_ms": 1000}}]}]}
 *
 * A value is a string (UTF-8), an array of octets, or an object with one key: {"hex": "01ff"},
 * {"text": "x"}, {"u8": 5}, {"i16": [-1, 2]}, {"u32": 70000}. A service includes services before
 * it, by their UUID or number. Keys that are not known are errors. docs/serve.md tells all.
 */
#ifndef WOAD_SERVE_JSON_H
#define WOAD_SERVE_JSON_H

#include "woad/gatt_db.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum serve_source_kind {
    SERVE_NONE,
    SERVE_COUNTER,
    SERVE_RANDOM,
    SERVE_LIST,
};

/* What changes a value and notifies (or indicates) it, while somebody has subscribed. */
struct serve_source {
    uint8_t kind; /* enum serve_source_kind */
    uint8_t type; /* enum value_kind of a counter; RANDOM: of numbers, or hex: octets */
    uint32_t every_ms;
    int64_t from, to, step, at; /* at: the next one */
    struct woad_gatt_value *list;
    uint16_t count;
};

struct serve_chr {
    struct woad_uuid uuid;
    uint8_t properties;
    uint16_t index; /* of its value among the service's attributes */
    struct woad_gatt_value value;
    struct serve_source source;
    double next_s; /* for who serves it */
};

struct serve_desc {
    struct woad_uuid uuid;
    struct woad_gatt_value value;
};

struct serve_service {
    struct woad_gatt_service service; /* ready to be added; event and arg are the user's */
    struct woad_uuid uuid;
    struct woad_gatt_attr *attrs;
    struct serve_chr *chrs;
    unsigned chr_count;
};

struct serve_file {
    const char *name;
    uint16_t appearance;
    const char *io; /* as keys_io() knows it */
    uint8_t level;  /* least level of pairing, 2..4 */
    bool bond;
    struct serve_service *services;
    unsigned service_count;
    unsigned attr_count; /* of all services */
    unsigned cccd_count;
    char error[320]; /* "line 3, column 7: ..." or "line 3: services[0].uuid: ..." */
    void *blocks;    /* everything above */
};

/* 0, or a woad_err with f->error. To be freed in either case. */
int serve_json_read(struct serve_file *f, const char *text, size_t len);
void serve_json_free(struct serve_file *f);

#endif
