/* Cursors: little-endian fields, the sticky error, every length. */
#include "test.h"
#include "woad/cursor.h"

static const uint8_t octets[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};

static void reads_little_endian(void **state)
{
    (void)state;
    struct woad_rd r = woad_rd_init(octets, 18);
    assert_int_equal(woad_rd_u8(&r), 1);
    assert_int_equal(woad_rd_u16(&r), 0x0302);
    assert_int_equal(woad_rd_u24(&r), 0x060504);
    assert_int_equal(woad_rd_u32(&r), 0x0A090807);
    assert_true(woad_rd_u64(&r) == 0x1211100F0E0D0C0BULL);
    assert_true(woad_rd_ok(&r));
    assert_true(woad_rd_done(&r));
}

/* Cut at every length: exactly the fields before the cut are read, zeros after it. */
static void error_sticks(void **state)
{
    (void)state;
    for (size_t len = 0; len < 18; len++) {
        struct woad_rd r = woad_rd_init(octets, len);
        assert_int_equal(woad_rd_u8(&r), len >= 1 ? 1 : 0);
        assert_int_equal(woad_rd_u16(&r), len >= 3 ? 0x0302 : 0);
        assert_int_equal(woad_rd_u24(&r), len >= 6 ? 0x060504 : 0);
        assert_int_equal(woad_rd_u32(&r), len >= 10 ? 0x0A090807 : 0);
        assert_true(woad_rd_u64(&r) == 0);
        assert_false(woad_rd_ok(&r));
        assert_false(woad_rd_done(&r));
        assert_int_equal(woad_rd_u8(&r), 0); /* also when a shorter field would have fitted */
        assert_null(woad_rd_take(&r, 0));
    }
}

static void take_and_bytes(void **state)
{
    (void)state;
    uint8_t to[4] = {0xEE, 0xEE, 0xEE, 0xEE};
    struct woad_rd r = woad_rd_init(octets, 5);
    assert_ptr_equal(woad_rd_take(&r, 2), octets);
    woad_rd_bytes(&r, to, 3);
    assert_memory_equal(to, octets + 2, 3);
    assert_int_equal(to[3], 0xEE);
    assert_true(woad_rd_done(&r));
    assert_non_null(woad_rd_take(&r, 0)); /* nothing, at the end, is no error */
    woad_rd_bytes(&r, to, 2);
    assert_int_equal(to[0] | to[1], 0);
    assert_false(woad_rd_ok(&r));
    r = woad_rd_init(octets, 5);
    assert_null(woad_rd_take(&r, SIZE_MAX));
}

static void empty_and_null(void **state)
{
    (void)state;
    struct woad_rd r = woad_rd_init(NULL, 0);
    assert_true(woad_rd_done(&r));
    r = woad_rd_init(NULL, 9); /* no memory, whatever the length says */
    assert_int_equal(woad_rd_u8(&r), 0);
    assert_false(woad_rd_ok(&r));
}

static void writes_what_is_read(void **state)
{
    (void)state;
    uint8_t to[18] = {0};
    struct woad_wr w = woad_wr_init(to, sizeof(to));
    woad_wr_u8(&w, 1);
    woad_wr_u16(&w, 0x0302);
    woad_wr_u24(&w, 0x060504);
    woad_wr_u32(&w, 0x0A090807);
    woad_wr_u64(&w, 0x1211100F0E0D0C0BULL);
    assert_true(woad_wr_ok(&w));
    assert_int_equal(woad_wr_len(&w), 18);
    assert_memory_equal(to, octets, 18);
}

static void write_error_sticks(void **state)
{
    (void)state;
    uint8_t to[4] = {0, 0, 0, 0xEE};
    struct woad_wr w = woad_wr_init(to, 3);
    woad_wr_u16(&w, 0xBBAA);
    woad_wr_u16(&w, 0xDDCC); /* does not fit: nothing of it is written */
    woad_wr_u8(&w, 0x11);    /* would fit, but the error sticks */
    woad_wr_bytes(&w, octets, 0);
    assert_false(woad_wr_ok(&w));
    assert_int_equal(woad_wr_len(&w), 0);
    const uint8_t want[4] = {0xAA, 0xBB, 0, 0xEE};
    assert_memory_equal(to, want, 4);
}

static void write_bytes_and_room(void **state)
{
    (void)state;
    uint8_t to[6] = {0};
    struct woad_wr w = woad_wr_init(to, 6);
    woad_wr_bytes(&w, octets, 2);
    assert_ptr_equal(woad_wr_room(&w, 4), to + 2);
    assert_int_equal(woad_wr_len(&w), 6);
    assert_non_null(woad_wr_room(&w, 0));
    assert_null(woad_wr_room(&w, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_little_endian),  cmocka_unit_test(error_sticks),
        cmocka_unit_test(take_and_bytes),       cmocka_unit_test(empty_and_null),
        cmocka_unit_test(writes_what_is_read),  cmocka_unit_test(write_error_sticks),
        cmocka_unit_test(write_bytes_and_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
