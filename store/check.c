/* What every back end refuses before it looks at its medium. */
#include "check.h"

int woad_store_check(const struct woad_store_item *items, size_t count)
{
    if (!count || count > STORE_ITEMS_MAX)
        return WOAD_ERR_INVALID;
    for (size_t i = 0; i < count; i++) {
        if (items[i].data && (!items[i].len || items[i].len > WOAD_STORE_VALUE_MAX))
            return WOAD_ERR_INVALID;
        for (size_t k = 0; k < i; k++) {
            if (items[k].key == items[i].key)
                return WOAD_ERR_INVALID;
        }
    }
    return 0;
}
