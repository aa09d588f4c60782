/* tools/woad/assigned.h: names of common services, characteristics and descriptors
 * [Assigned Numbers, 3.4 to 3.8]. */
#ifndef WOAD_ASSIGNED_H
#define WOAD_ASSIGNED_H

#include "value.h"

#include "woad/uuid.h"

struct assigned {
    uint16_t uuid;
    uint8_t kind; /* enum value_kind: how the value is read best */
    const char *name;
};

/* NULL: none with this UUID. */
const struct assigned *assigned_find(const struct woad_uuid *uuid);
/* Its name, or "". */
const char *assigned_name(const struct woad_uuid *uuid);
/* By name in any case, with blanks or dashes between words: "battery-level". NULL: none. */
const struct assigned *assigned_by_name(const char *name);

#endif
