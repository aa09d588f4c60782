/* Data on the coded PHY is cut so that a packet and the longest answer fit into the interval; also
 * what is cut while a change to that PHY is under way [Vol 6, Part B, 4.5.10, 5.1.10.1]. */
#include "test.h"

#include "ll_script.h"

enum {
    /* interval of 30 ms, two T_IFS, an answer of 251 octets and MIC with S8: 12660 us are left */
    FITS = 182,
    CODED = 4,
};

static void send_acl(struct s_radio *r, uint16_t len)
{
    struct woad_buf *b = woad_ll_rx_alloc(r->ll, WOAD_PKT_ACL, (uint16_t)(len + 4));
    assert_non_null(b);
    uint8_t *a = woad_buf_put(b, (uint16_t)(len + 4));
    memset(a, 0x5a, len + 4u);
    woad_put_u16(a, r->handle);
    woad_put_u16(a + 2, len);
    assert_int_equal(woad_ll_rx(r->ll, b), 0);
    s_pump(r);
}

static void send_lengths(struct s_radio *r)
{
    uint8_t p[8];
    for (unsigned i = 0; i < 2; i++) {
        woad_put_u16(p + 4 * i, 251);
        woad_put_u16(p + 4 * i + 2, 17040);
    }
    s_ctrl(r, LL_LENGTH_RSP, p, sizeof(p));
    s_ctrl(r, LL_LENGTH_REQ, p, sizeof(p));
}

/* A peripheral at 30 ms whose peer takes the longest PDUs. */
static void open_link(struct s_radio *r)
{
    assert_int_equal(woad_crypto_init(), 0);
    s_init(r, NULL);
    s_peripheral(r);
    assert_true(r->up);
    uint8_t p[6] = {0, 0, 251, 0, 0x90, 0x42};
    woad_put_u16(p, r->handle);
    s_cmd(r, WOAD_HCI_CMD_LE_SET_DATA_LENGTH, p, 6);
    send_lengths(r);
    assert_non_null(s_expect(r, LL_LENGTH_RSP, 20));
}

static void change_phy(struct s_radio *r)
{
    uint8_t ind[4] = {CODED, CODED};
    uint16_t now = (uint16_t)r->ll->conns[r->handle % r->ll->cfg.max_conns].isr.event;
    woad_put_u16(ind + 2, (uint16_t)(now + 8));
    s_ctrl(r, LL_PHY_UPDATE_IND, ind, 4);
}

/* The longest data PDU sent within n events. */
static unsigned longest(struct s_radio *r, unsigned n)
{
    unsigned most = 0, octets = 0;
    while (n--) {
        s_events(r, 1);
        for (; r->in_get != r->in_put; r->in_get++) {
            const struct s_pdu *p = &r->in[r->in_get % S_PDUS];
            if (p->llid == LL_LLID_CTRL)
                continue;
            octets += p->len;
            most = p->len > most ? p->len : most;
        }
    }
    assert_int_equal(octets, 251);
    return most;
}

static void long_on_1m(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r);
    send_acl(&r, 251);
    assert_int_equal(longest(&r, 10), 251);
    s_free(&r);
}

static void cut_for_the_interval(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r);
    s_ctrl(&r, LL_PHY_REQ, (const uint8_t[]){CODED, CODED}, 2);
    assert_non_null(s_expect(&r, LL_PHY_RSP, 10));
    change_phy(&r);
    s_events(&r, 20);
    assert_int_equal(r.last_rx.phy, WOAD_PHY_CODED_S8);
    send_acl(&r, 251);
    assert_int_equal(longest(&r, 10), FITS);
    assert_true(r.up);
    s_free(&r);
}

/* Cut after the answer that offers the coded PHY: it may have to be sent again after the change. */
static void cut_before_the_change(void **state)
{
    (void)state;
    struct s_radio r;
    open_link(&r);
    s_ctrl(&r, LL_PHY_REQ, (const uint8_t[]){CODED, CODED}, 2);
    assert_non_null(s_expect(&r, LL_PHY_RSP, 10));
    send_acl(&r, 251);
    change_phy(&r);
    assert_int_equal(longest(&r, 20), FITS);
    assert_int_equal(r.last_rx.phy, WOAD_PHY_CODED_S8);
    assert_true(r.up);
    s_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_on_1m),
        cmocka_unit_test(cut_for_the_interval),
        cmocka_unit_test(cut_before_the_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
