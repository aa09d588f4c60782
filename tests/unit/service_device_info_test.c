/* Device Information: a table in flash, read by a client over the simulated radio. */
#include "test.h"

#include <string.h>

#include "support/duet.h"
#include "woad/service_device_info.h"

static const uint8_t pnp[] = WOAD_PNP_ID(WOAD_PNP_USB, 0x1915, 0xABCD, 0x0123);
static uint8_t serial_octets[16];
static struct woad_gatt_value serial = {serial_octets, 0, sizeof(serial_octets)};
static const struct woad_gatt_attr info[] = {
    WOAD_DEVICE_INFO_SERVICE,
    WOAD_DEVICE_INFO_TEXT(woad_device_info_manufacturer, "Dyer & Sons"),
    WOAD_DEVICE_INFO_VALUE(woad_device_info_serial, &serial),
    WOAD_DEVICE_INFO_OCTETS(woad_device_info_pnp_id, pnp, sizeof(pnp)),
};
static struct woad_gatt_service service;

/* Vendor ID Source, Vendor ID, Product ID, Product Version, least significant octets first. */
static void test_pnp_id_is_seven_octets_in_order(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {2, 0x15, 0x19, 0xCD, 0xAB, 0x23, 0x01};
    assert_int_equal(sizeof(pnp), sizeof(wanted));
    assert_memory_equal(pnp, wanted, sizeof(wanted));
}

/* The specification's example: OUI 0x123456, rest 0x9ABCDE gives 0x123456FFFE9ABCDE. */
static void test_system_id_of_an_address(void **state)
{
    (void)state;
    const struct woad_addr addr = {.val = {0xDE, 0xBC, 0x9A, 0x56, 0x34, 0x12}};
    static const uint8_t wanted[] = {0xDE, 0xBC, 0x9A, 0xFE, 0xFF, 0x56, 0x34, 0x12};
    uint8_t id[8];
    woad_device_info_make_system_id(&addr, id);
    assert_memory_equal(id, wanted, 8);
}

static void test_a_client_reads_everything(void **state)
{
    (void)state;
    struct duet *d = duet_new(NULL);
    service = (struct woad_gatt_service){.attrs = info, .count = WOAD_GATT_COUNT_OF(info)};
    assert_int_equal(woad_gatts_add(d->server.host, &service), 0);
    memcpy(serial_octets, "A-0042", 6);
    serial.len = 6;
    duet_connect(d);
    const struct woad_uuid *own = &woad_device_info_uuid;
    assert_int_equal(duet_read(d, duet_find(d, own, &woad_device_info_manufacturer, 0)), 0);
    assert_int_equal(d->len, 11);
    assert_memory_equal(d->value, "Dyer & Sons", 11);
    assert_int_equal(duet_read(d, duet_find(d, own, &woad_device_info_serial, 0)), 0);
    assert_int_equal(d->len, 6);
    assert_memory_equal(d->value, "A-0042", 6);
    assert_int_equal(duet_read(d, duet_find(d, own, &woad_device_info_pnp_id, 0)), 0);
    assert_memory_equal(d->value, pnp, 7);
    assert_int_equal(duet_find(d, own, &woad_device_info_model, 0), 0);
    duet_free(d);
}

static void test_nothing_can_be_written(void **state)
{
    (void)state;
    struct duet *d = duet_new(NULL);
    service = (struct woad_gatt_service){.attrs = info, .count = WOAD_GATT_COUNT_OF(info)};
    assert_int_equal(woad_gatts_add(d->server.host, &service), 0);
    duet_connect(d);
    uint16_t handle = duet_find(d, &woad_device_info_uuid, &woad_device_info_serial, 0);
    assert_int_equal(duet_write(d, handle, "x", 1), WOAD_ATT_ERR_WRITE_NOT_PERMITTED);
    duet_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pnp_id_is_seven_octets_in_order),
        cmocka_unit_test(test_system_id_of_an_address),
        cmocka_unit_test(test_a_client_reads_everything),
        cmocka_unit_test(test_nothing_can_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
