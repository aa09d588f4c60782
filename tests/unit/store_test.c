/* The contract of a store, for the back ends of the core; and the one in RAM. */
#include "support/flash_double.h"
#include "support/store_contract.h"
#include "woad/store_ram.h"

static void ram_keeps_the_contract(void **state)
{
    (void)state;
    static uint8_t memory[4000];
    struct woad_store_ram ram;
    struct woad_store s = woad_store_ram_init(&ram, memory, sizeof(memory));
    store_contract(&s);
}

static void flash_keeps_the_contract(void **state)
{
    (void)state;
    struct flash_double d;
    struct woad_store_flash log;
    struct woad_store_flash_key index[16];
    flash_double_open(&d, 2048, 4, 4, 0xFF, 0xFF);
    assert_int_equal(woad_store_flash_mount(&log, &d.flash, index, ARRAY_LEN(index)), 0);
    struct woad_store s = woad_store_flash_store(&log);
    store_contract(&s);
    assert_false(d.rule_broken);
    flash_double_close(&d);
}

static void a_full_memory_refuses_all_or_none(void **state)
{
    (void)state;
    uint8_t memory[40], got[40];
    struct woad_store_ram ram;
    struct woad_store s = woad_store_ram_init(&ram, memory, sizeof(memory));
    assert_int_equal(s.ops->space(s.ctx), 34);
    assert_int_equal(woad_store_put(&s, 1, "0123456789", 10), 0);
    assert_int_equal(woad_store_put(&s, 2, "0123456789", 10), 0);
    assert_int_equal(s.ops->space(s.ctx), 2);
    struct woad_store_item items[] = {{3, "ab", 2}, {4, "c", 1}};
    assert_int_equal(woad_store_write(&s, items, 2), WOAD_ERR_NO_MEM);
    assert_int_equal(woad_store_get(&s, 3, got, sizeof(got)), WOAD_ERR_NOT_FOUND);
    /* Room that the same write makes counts, whatever the order of its items. */
    struct woad_store_item swap[] = {{3, "abcdefghij", 10}, {1, NULL, 0}};
    assert_int_equal(woad_store_write(&s, swap, 2), 0);
    assert_int_equal(woad_store_get(&s, 3, got, sizeof(got)), 10);
    assert_memory_equal(got, "abcdefghij", 10);
    assert_int_equal(woad_store_get(&s, 2, got, sizeof(got)), 10);
    assert_memory_equal(got, "0123456789", 10);
}

static void retained_memory_is_checked(void **state)
{
    (void)state;
    uint8_t memory[64], got[4];
    struct woad_store_ram ram;
    struct woad_store s = woad_store_ram_init(&ram, memory, sizeof(memory));
    assert_int_equal(woad_store_put(&s, 1, "ab", 2), 0);
    assert_int_equal(woad_store_put(&s, 9, "c", 1), 0);
    size_t used = ram.used;
    assert_int_equal(woad_store_ram_resume(&ram, memory, sizeof(memory), used), 0);
    assert_int_equal(woad_store_get(&s, 9, got, 4), 1);
    assert_int_equal(woad_store_ram_resume(&ram, memory, sizeof(memory), used - 1),
                     WOAD_ERR_FORMAT);
    assert_int_equal(woad_store_get(&s, 9, got, 4), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_store_ram_resume(&ram, memory, sizeof(memory), 65), WOAD_ERR_FORMAT);
    memory[8] = 0; /* the second key, no longer above the first */
    assert_int_equal(woad_store_ram_resume(&ram, memory, sizeof(memory), used), WOAD_ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ram_keeps_the_contract),
        cmocka_unit_test(flash_keeps_the_contract),
        cmocka_unit_test(a_full_memory_refuses_all_or_none),
        cmocka_unit_test(retained_memory_is_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
