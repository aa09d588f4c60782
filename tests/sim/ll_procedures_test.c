/* Every control procedure between two controllers, on a link that carries data all the while. */
#include "ll_world.h"

static const uint8_t key_a[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t key_b[16] = {0xaa, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0x55};

struct pair {
    struct w_world w;
    struct w_dev *cd, *pd;
    struct w_link *c, *p;
};

static void up(struct pair *x, const struct w_params *params, int loss_permille)
{
    assert_int_equal(woad_crypto_init(), 0);
    w_init(&x->w, &(struct woad_sim_cfg){.seed = 3});
    x->cd = w_add(&x->w, &(struct woad_sim_dev_cfg){.x_m = 0, .sleep_ppm = 20}, NULL);
    x->pd = w_add(&x->w, &(struct woad_sim_dev_cfg){.x_m = 1, .sleep_ppm = -20}, NULL);
    x->cd->auto_params = x->pd->auto_params = true;
    w_link(x->cd, x->pd, params, &x->c, &x->p);
    x->c->to_send = x->p->to_send = UINT64_MAX;
    struct woad_sim_fault loss = {.at = woad_sim_now(x->w.sim),
                                  .duration = WOAD_SIM_S(1000),
                                  .dev = WOAD_SIM_ALL,
                                  .value = loss_permille,
                                  .kind = WOAD_SIM_FAULT_LOSS};
    if (loss_permille)
        assert_int_equal(woad_sim_fault_add(x->w.sim, &loss), 0);
}

/* Data must have flowed both ways to the end, and nothing on air may have been out of time. */
static void down(struct pair *x)
{
    uint64_t at_c = x->c->received, at_p = x->p->received;
    w_ms(&x->w, 2000);
    assert_true(x->c->received > at_c);
    assert_true(x->p->received > at_p);
    assert_false(x->c->corrupt || x->p->corrupt);
    struct woad_sim_stats s;
    woad_sim_get_stats(x->w.sim, &s);
    assert_int_equal(s.ifs_violations, 0);
    assert_int_equal(s.anchor_violations, 0);
    w_free(&x->w);
}

static const struct w_params usual = {24, 0, 100};

static void handle_cmd(struct w_dev *d, struct w_link *l, uint16_t opcode)
{
    uint8_t p[2] = {(uint8_t)l->handle, (uint8_t)(l->handle >> 8)};
    w_cmd(d, opcode, p, 2);
}

static void test_version(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    handle_cmd(x.cd, x.c, WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION);
    handle_cmd(x.pd, x.p, WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION);
    for (int i = 0; i < 2; i++) {
        struct w_evt *e =
            w_wait(i ? x.pd : x.cd, WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0, 2000);
        assert_non_null(e);
        assert_int_equal(e->p[0], 0);
        assert_int_equal(e->p[3], WOAD_HCI_VERSION_5_0);
    }
    down(&x);
}

static void test_features(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    handle_cmd(x.cd, x.c, WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0);
    handle_cmd(x.pd, x.p, WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0);
    for (int i = 0; i < 2; i++) {
        struct w_evt *e =
            w_wait_le(i ? x.pd : x.cd, WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 2000);
        assert_non_null(e);
        assert_int_equal(e->p[0], 0);
        assert_int_equal(e->p[3], 0x3f);
        assert_int_equal(e->p[4] & 0x41, 0x41);
    }
    down(&x);
}

static void update(struct w_dev *d, struct w_link *l, uint16_t interval, uint16_t latency,
                   uint16_t timeout)
{
    uint8_t p[14] = {(uint8_t)l->handle, (uint8_t)(l->handle >> 8)};
    woad_put_u16(p + 2, interval);
    woad_put_u16(p + 4, interval);
    woad_put_u16(p + 6, latency);
    woad_put_u16(p + 8, timeout);
    w_cmd(d, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, p, sizeof(p));
}

static void expect_update(struct w_dev *d, uint8_t status, uint16_t interval, uint16_t latency)
{
    struct w_evt *e = w_wait_le(d, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, 60000);
    assert_non_null(e);
    assert_int_equal(e->p[0], status);
    assert_int_equal(woad_get_u16(e->p + 3), interval);
    assert_int_equal(woad_get_u16(e->p + 5), latency);
}

static void test_update(void **state)
{
    (void)state;
    static const uint16_t intervals[] = {6, 40, 7, 800, 24, 6, 3200};
    struct pair x;
    up(&x, &usual, 0);
    for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++) {
        bool central = i % 2 == 0;
        update(central ? x.cd : x.pd, central ? x.c : x.p, intervals[i], 0, 1000);
        expect_update(x.cd, 0, intervals[i], 0);
        expect_update(x.pd, 0, intervals[i], 0);
    }
    update(x.cd, x.c, 24, 0, 1000);
    expect_update(x.cd, 0, 24, 0);
    down(&x);
}

static void test_update_refused(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    x.cd->auto_params = false;
    update(x.pd, x.p, 40, 0, 500);
    struct w_evt *e = w_wait_le(x.cd, WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, 2000);
    assert_non_null(e);
    W_CMD(x.cd, LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY, e->p[0], e->p[1], 0x3b);
    expect_update(x.pd, 0x3b, 24, 0);
    down(&x);
}

/* Both ask at once: the central's goes on, the peripheral's is refused with 0x23 [Vol 6, Part
 * B, 5.3]. */
static void test_update_collision(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    update(x.pd, x.p, 40, 0, 500);
    update(x.cd, x.c, 12, 0, 500);
    expect_update(x.cd, 0, 12, 0);
    expect_update(x.pd, 0x23, 24, 0);
    expect_update(x.pd, 0, 12, 0);
    down(&x);
}

static void test_channel_map(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    W_CMD(x.cd, LE_SET_HOST_CHANNEL_CLASSIFICATION, 0xff, 0x00, 0, 0, 0x10);
    w_ms(&x.w, 1000);
    for (int i = 0; i < 2; i++) {
        struct w_dev *d = i ? x.pd : x.cd;
        handle_cmd(d, i ? x.p : x.c, WOAD_HCI_CMD_LE_READ_CHANNEL_MAP);
        assert_int_equal(w_status(d, WOAD_HCI_CMD_LE_READ_CHANNEL_MAP), 0);
        const struct w_evt *e = &d->evts[d->evt_count - 1];
        assert_int_equal(e->p[6], 0xff);
        assert_int_equal(e->p[7], 0x00);
        assert_int_equal(e->p[10], 0x10);
    }
    down(&x);
}

static void set_phy(struct w_dev *d, struct w_link *l, uint8_t tx, uint8_t rx)
{
    W_CMD(d, LE_SET_PHY, (uint8_t)l->handle, (uint8_t)(l->handle >> 8), 0, tx, rx, 0, 0);
}

static void expect_phy(struct w_dev *d, uint8_t status, uint8_t tx, uint8_t rx)
{
    struct w_evt *e = w_wait_le(d, WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, 5000);
    assert_non_null(e);
    assert_int_equal(e->p[0], status);
    assert_int_equal(e->p[3], tx);
    assert_int_equal(e->p[4], rx);
}

static void test_phy(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    set_phy(x.cd, x.c, 3, 3);
    expect_phy(x.cd, 0, 2, 2);
    expect_phy(x.pd, 0, 2, 2);
    set_phy(x.pd, x.p, 1, 2); /* asymmetric */
    expect_phy(x.pd, 0, 1, 2);
    expect_phy(x.cd, 0, 2, 1);
    set_phy(x.cd, x.c, 2, 1); /* no change: only who asked is told */
    expect_phy(x.cd, 0, 2, 1);
    /* Both sides would have to prefer the coded PHY: the peripheral does not refuse what it can do.
     */
    set_phy(x.pd, x.p, 4, 4);
    set_phy(x.cd, x.c, 4, 4);
    w_ms(&x.w, 3000);
    assert_true(x.c->up && x.p->up);
    down(&x);
}

/* Both ask at once for a PHY: 0x23 for the peripheral; a PHY and an update: 0x2a. */
static void test_phy_collisions(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    set_phy(x.pd, x.p, 1, 1);
    set_phy(x.cd, x.c, 2, 2);
    w_ms(&x.w, 1500);
    expect_phy(x.pd, 0x23, 1, 1);
    set_phy(x.cd, x.c, 1, 1);
    update(x.pd, x.p, 12, 0, 500);
    expect_update(x.pd, 0x2a, 24, 0);
    down(&x);
}

static void test_length(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    w_fast(x.cd, x.c, 1);
    w_fast(x.pd, x.p, 1);
    for (int i = 0; i < 2; i++) {
        struct w_dev *d = i ? x.pd : x.cd;
        bool full = false;
        struct w_evt *e;
        while (!full && (e = w_wait_le(d, WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, 2000)))
            full = woad_get_u16(e->p + 2) == 251 && woad_get_u16(e->p + 6) == 251;
        assert_true(full);
    }
    down(&x);
}

static void enable(struct w_dev *d, struct w_link *l, const uint8_t key[16])
{
    uint8_t cmd[28] = {(uint8_t)l->handle, (uint8_t)(l->handle >> 8)};
    memcpy(cmd + 12, key, 16);
    w_cmd(d, WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, cmd, sizeof(cmd));
}

static void expect(struct w_dev *d, uint8_t code, uint8_t status)
{
    struct w_evt *e = w_wait(d, code, 0, 5000);
    assert_non_null(e);
    assert_int_equal(e->p[0], status);
}

static void test_encryption(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    x.pd->ltk = key_a;
    enable(x.cd, x.c, key_a);
    expect(x.cd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0);
    expect(x.pd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0);
    x.pd->ltk = key_b;
    for (int i = 0; i < 3; i++) {
        w_ms(&x.w, 300);
        enable(x.cd, x.c, key_b);
        expect(x.cd, WOAD_HCI_EVT_ENCRYPTION_KEY_REFRESH_COMPLETE, 0);
        expect(x.pd, WOAD_HCI_EVT_ENCRYPTION_KEY_REFRESH_COMPLETE, 0);
    }
    down(&x);
}

static void test_encryption_no_key(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    enable(x.cd, x.c, key_a);
    expect(x.cd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0x06);
    down(&x);
}

static void test_encryption_refresh_without_key(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    x.pd->ltk = key_a;
    enable(x.cd, x.c, key_a);
    expect(x.cd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0);
    x.pd->ltk = NULL;
    enable(x.cd, x.c, key_a);
    struct w_evt *e = w_wait(x.cd, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, 5000);
    assert_non_null(e);
    assert_int_equal(e->p[3], 0x06);
    w_free(&x.w);
}

static void test_encryption_wrong_key(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    x.pd->ltk = key_b;
    enable(x.cd, x.c, key_a);
    struct w_evt *e = w_wait(x.pd, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 0, 5000);
    assert_non_null(e);
    assert_int_equal(e->p[3], 0x3d);
    w_free(&x.w);
}

/* Procedures of both sides and encryption in one go: all complete. */
static void test_all_at_once(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 0);
    x.pd->ltk = key_a;
    handle_cmd(x.pd, x.p, WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0);
    handle_cmd(x.cd, x.c, WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION);
    enable(x.cd, x.c, key_a);
    set_phy(x.cd, x.c, 2, 2);
    w_fast(x.pd, x.p, 1);
    update(x.cd, x.c, 12, 0, 400);
    w_ms(&x.w, 3000);
    assert_non_null(w_wait_le(x.pd, WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 0));
    x.pd->evt_seen = 0;
    expect(x.pd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0);
    x.cd->evt_seen = 0;
    expect_phy(x.cd, 0, 2, 2);
    x.cd->evt_seen = 0;
    expect_update(x.cd, 0, 12, 0);
    x.cd->evt_seen = 0;
    expect(x.cd, WOAD_HCI_EVT_READ_REMOTE_VERSION_INFORMATION_COMPLETE, 0);
    down(&x);
}

static unsigned expiries(const struct w_dev *d)
{
    unsigned n = 0;
    for (unsigned i = 0; i < d->evt_count; i++)
        n += d->evts[i].code == WOAD_HCI_EVT_AUTHENTICATED_PAYLOAD_TIMEOUT_EXPIRED;
    return n;
}

/* An encrypted idle link is kept authenticated by pings; one whose peer stays mute is reported
 * [Vol 6, Part B, 5.4]. */
static void test_authenticated_payload(void **state)
{
    (void)state;
    static const struct w_params patient = {80, 0, 1000};
    struct pair x;
    up(&x, &patient, 0);
    x.c->to_send = x.p->to_send = 0;
    x.pd->ltk = key_a;
    enable(x.cd, x.c, key_a);
    expect(x.cd, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0);
    W_CMD(x.cd, WRITE_AUTHENTICATED_PAYLOAD_TIMEOUT, (uint8_t)x.c->handle,
          (uint8_t)(x.c->handle >> 8), 200, 0);
    w_ms(&x.w, 10000);
    assert_int_equal(expiries(x.cd), 0);
    const struct woad_sim_fault mute = {.kind = WOAD_SIM_FAULT_MUTE,
                                        .at = woad_sim_now(x.w.sim),
                                        .duration = WOAD_SIM_S(5),
                                        .dev = 1};
    assert_int_equal(woad_sim_fault_add(x.w.sim, &mute), 0);
    w_ms(&x.w, 900); /* half the timeout may have passed before, and a ping is under way */
    assert_int_equal(expiries(x.cd), 0);
    w_ms(&x.w, 1200);
    assert_int_equal(expiries(x.cd), 1);
    w_ms(&x.w, 4900);
    unsigned reported = expiries(x.cd);
    w_ms(&x.w, 10000);
    assert_int_equal(expiries(x.cd), reported);
    assert_int_equal(expiries(x.pd), 0);
    assert_true(x.c->up && x.p->up);
    w_free(&x.w);
}

static void test_loss(void **state)
{
    (void)state;
    struct pair x;
    up(&x, &usual, 300);
    x.pd->ltk = key_a;
    w_fast(x.cd, x.c, 2);
    w_fast(x.pd, x.p, 1);
    enable(x.cd, x.c, key_a);
    w_ms(&x.w, 5000);
    update(x.pd, x.p, 12, 0, 400);
    w_ms(&x.w, 5000);
    assert_true(x.c->up && x.p->up);
    down(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_update_refused),
        cmocka_unit_test(test_update_collision),
        cmocka_unit_test(test_channel_map),
        cmocka_unit_test(test_phy),
        cmocka_unit_test(test_phy_collisions),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_encryption),
        cmocka_unit_test(test_encryption_no_key),
        cmocka_unit_test(test_encryption_refresh_without_key),
        cmocka_unit_test(test_encryption_wrong_key),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_authenticated_payload),
        cmocka_unit_test(test_loss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
