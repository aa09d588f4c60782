/* PDUs with an instant behind data that is not acknowledged: the instant is chosen when the PDU is
 * the next to be sent, so it cannot pass in the queue [Vol 6, Part B, 5.5]. */
#include "test.h"

#include "ll_script.h"

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

/* A central with data queued, and a peer that is silent for 50 events of 30 ms. */
static void silent_peer(struct s_radio *r, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    assert_int_equal(woad_crypto_init(), 0);
    s_init(r, NULL);
    s_central(r);
    assert_true(r->up);
    send_acl(r, 200);
    r->mute = true;
    s_events(r, 1);
    s_cmd(r, opcode, params, len);
    s_events(r, 50);
    r->mute = false;
}

static void expect_ahead(struct s_radio *r, uint8_t opcode, unsigned at)
{
    const struct s_pdu *p = s_expect(r, opcode, 20);
    assert_non_null(p);
    uint16_t now = (uint16_t)r->ll->conns[r->handle % r->ll->cfg.max_conns].isr.event;
    uint16_t instant = woad_get_u16(p->payload + at);
    assert_in_range((uint16_t)(instant - now), 4, 17);
    s_events(r, 20);
    assert_true(r->up);
    s_free(r);
}

static void map_waits_for_its_turn(void **state)
{
    (void)state;
    struct s_radio r;
    silent_peer(&r, WOAD_HCI_CMD_LE_SET_HOST_CHANNEL_CLASSIFICATION,
                (const uint8_t[]){0xff, 0x0f, 0, 0, 0x10}, 5);
    expect_ahead(&r, LL_CHANNEL_MAP_IND, 6);
}

static void phy_waits_for_its_turn(void **state)
{
    (void)state;
    struct s_radio r;
    silent_peer(&r, WOAD_HCI_CMD_READ_BD_ADDR, NULL, 0);
    s_ctrl(&r, LL_PHY_REQ, (const uint8_t[]){2, 2}, 2);
    expect_ahead(&r, LL_PHY_UPDATE_IND, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_waits_for_its_turn),
        cmocka_unit_test(phy_waits_for_its_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
