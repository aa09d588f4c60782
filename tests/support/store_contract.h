/* What every back end of woad/store.h must do, as one test. */
#ifndef WOAD_STORE_CONTRACT_H
#define WOAD_STORE_CONTRACT_H

#include <string.h>

#include "unit/test.h"
#include "woad/store.h"

/* Of an empty store with room for some 4,000 octets. */
static inline void store_contract(struct woad_store *s)
{
    static uint8_t value[WOAD_STORE_VALUE_MAX + 1], got[WOAD_STORE_VALUE_MAX];
    uint32_t key = 0;
    memset(value, 0xA5, sizeof(value));
    assert_int_equal(woad_store_next(s, &key), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_store_get(s, 5, got, sizeof(got)), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_store_delete(s, 5), 0);

    /* Values of the least and the greatest length; replaced by longer and shorter ones. */
    uint32_t high = WOAD_STORE_KEY(0xFFFE, 0xFFFF);
    assert_int_equal(woad_store_put(s, high, value, 1), 0);
    assert_int_equal(woad_store_put(s, 5, value, WOAD_STORE_VALUE_MAX), 0);
    assert_int_equal(woad_store_get(s, 5, got, sizeof(got)), WOAD_STORE_VALUE_MAX);
    assert_memory_equal(got, value, WOAD_STORE_VALUE_MAX);
    assert_int_equal(woad_store_get(s, 5, got, WOAD_STORE_VALUE_MAX - 1), WOAD_ERR_TOO_LONG);
    assert_int_equal(woad_store_put(s, 5, "abc", 3), 0);
    assert_int_equal(woad_store_get(s, 5, got, 3), 3);
    assert_memory_equal(got, "abc", 3);
    assert_int_equal(woad_store_put(s, 5, "abcdef", 6), 0);
    assert_int_equal(woad_store_get(s, high, got, sizeof(got)), 1);

    /* What is not allowed changes nothing. */
    struct woad_store_item twice[] = {{6, "x", 1}, {7, "y", 1}, {6, NULL, 0}};
    struct woad_store_item many[9];
    for (uint32_t i = 0; i < 9; i++)
        many[i] = (struct woad_store_item){20 + i, "z", 1};
    assert_int_equal(woad_store_write(s, twice, 3), WOAD_ERR_INVALID);
    assert_int_equal(woad_store_write(s, many, 9), WOAD_ERR_INVALID);
    assert_int_equal(woad_store_write(s, many, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_store_put(s, 6, value, sizeof(value)), WOAD_ERR_INVALID);
    assert_int_equal(woad_store_put(s, 6, value, 0), WOAD_ERR_INVALID);

    /* Several at once, and the walk in order, which stands a delete. */
    assert_int_equal(woad_store_write(s, many, 8), 0);
    struct woad_store_item mixed[] = {{20, NULL, 0}, {21, "new", 3}, {4, "four", 4}, {99, NULL, 0}};
    assert_int_equal(woad_store_write(s, mixed, 4), 0);
    static const uint32_t keys[] = {4,  5,  21, 22, 23,
                                    24, 25, 26, 27, WOAD_STORE_KEY(0xFFFE, 0xFFFF)};
    key = 0;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_equal(woad_store_next(s, &key), 0);
        assert_int_equal(key, keys[i]);
        if (key == 23)
            assert_int_equal(woad_store_delete(s, 23), 0);
    }
    assert_int_equal(woad_store_next(s, &key), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_store_get(s, 21, got, sizeof(got)), 3);
    assert_int_equal(woad_store_get(s, 23, got, sizeof(got)), WOAD_ERR_NOT_FOUND);
    assert_true(s->ops->space(s->ctx) > 0);
}

#endif
