/* A host of woad_host_init_basic(): what it does not do by itself, and that the rest is there. */
/* ctest: memcheck */
#include "test.h"

#include "host_priv.h"
#include "support/hci_double.h"
#include "woad/gap.h"

static unsigned seen[4];
static uint64_t le_mask;

static bool watch(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *p, uint8_t len)
{
    static const uint16_t watched[4] = {WOAD_HCI_CMD_LE_WRITE_SUGGESTED_DEFAULT_DATA_LENGTH,
                                        WOAD_HCI_CMD_LE_SET_DEFAULT_PHY,
                                        WOAD_HCI_CMD_LE_SET_DATA_LENGTH, WOAD_HCI_CMD_LE_SET_PHY};
    (void)dev;
    (void)arg;
    for (unsigned i = 0; i < 4; i++)
        seen[i] += opcode == watched[i];
    if (opcode == WOAD_HCI_CMD_LE_SET_EVENT_MASK && len == 8)
        le_mask = woad_get_u64(p);
    return false;
}

/* Two devices; the first has such a host, unless it is to be compared. */
static struct dbl *start(bool basic)
{
    struct dbl *d = dbl_new(2, NULL);
    struct dbl_dev *dev = &d->dev[0];
    for (unsigned i = 0; i < 4; i++)
        seen[i] = 0;
    dev->on_cmd = watch;
    if (basic) {
        const struct woad_host_cfg cfg = dev->h->cfg;
        woad_wake_fn *wake = dev->h->wake;
        woad_host_deinit(dev->h);
        assert_int_equal(woad_host_init_basic(dev->mem, woad_host_mem_size(&cfg), &cfg, &dev->h),
                         0);
        woad_host_set_wake(dev->h, wake, dev);
    }
    dbl_start(d);
    return d;
}

static void asks_for_nothing(void **state)
{
    (void)state;
    for (int basic = 0; basic < 2; basic++) {
        struct dbl *d = start(basic);
        uint16_t a, b;
        dbl_connect(d, 0, 1, &a, &b);
        dbl_run(d, 5000000);
        for (unsigned i = 0; i < 4; i++)
            assert_int_equal(seen[i] == 0, basic);
        /* Remote Connection Parameter Request is the controller's to answer. */
        assert_int_equal(le_mask >> 5 & 1, !basic);
        dbl_free(d);
    }
}

static void does_what_it_is_told(void **state)
{
    (void)state;
    struct dbl *d = start(true);
    struct woad_host *h = d->dev[0].h;
    uint16_t a, b;
    dbl_connect(d, 0, 1, &a, &b);
    assert_int_equal(woad_gap_set_data_len(h, a, 251, 2120), 0);
    assert_int_equal(woad_gap_set_phy(h, a, 2, 2), 0);
    dbl_run(d, 1000000);
    assert_int_equal(seen[2], 1);
    assert_int_equal(seen[3], 1);
    assert_true(dbl_count(&d->dev[0], WOAD_EVT_DATA_LEN) >= 1);
    assert_true(dbl_count(&d->dev[0], WOAD_EVT_PHY_UPDATED) >= 1);
    /* The event comes all the same: nobody answers, nothing breaks. */
    uint8_t request[10];
    woad_put_u16(request, a);
    for (unsigned i = 1; i < 5; i++)
        woad_put_u16(request + 2 * i, i == 3 ? 0 : i == 4 ? 500 : 24);
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, request, 10);
    dbl_run(d, 1000000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_CONN_UPDATE_REQUEST), 0);
    dbl_free(d);
}

/* A central: its peripheral's request by L2CAP. */
static void a_peripheral_asks_by_l2cap(void **state)
{
    (void)state;
    struct dbl *d = start(true);
    static const uint8_t request[12] = {0x12, 7, 8, 0, 24, 0, 40, 0, 0, 0, 0xf4, 1};
    uint16_t a, b;
    dbl_connect(d, 0, 1, &a, &b);
    dbl_l2cap(&d->dev[0], a, 5, request, sizeof(request));
    dbl_run(d, 1000000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_CONN_UPDATE_REQUEST), 1);
    dbl_free(d);
}

static void cannot_hold_data_back(void **state)
{
    (void)state;
    struct dbl *d = dbl_new(1, NULL);
    struct dbl_dev *dev = &d->dev[0];
    struct woad_host_cfg cfg = dev->h->cfg;
    size_t size = woad_host_mem_size(&cfg);
    cfg.acl_flow_control = true;
    woad_host_deinit(dev->h);
    assert_int_equal(woad_host_init_basic(dev->mem, size, &cfg, &dev->h), WOAD_ERR_INVALID);
    assert_int_equal(woad_host_init(dev->mem, size, &cfg, &dev->h), 0);
    dbl_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_nothing),
        cmocka_unit_test(does_what_it_is_told),
        cmocka_unit_test(a_peripheral_asks_by_l2cap),
        cmocka_unit_test(cannot_hold_data_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
