#ifndef WOAD_STORE_CHECK_H
#define WOAD_STORE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "woad/store.h"

#define STORE_ITEMS_MAX 8u /* of woad/store.h */

/* INVALID: no item or too many, a value too long or of no octets, a key twice. */
int woad_store_check(const struct woad_store_item *items, size_t count) WOAD_MUST_USE;

#endif
