/* One place for a link, an advertiser and an initiator that has reserved it: a connection request
 * is in vain then, and advertising goes on. */
#include "test.h"

#include "ll_script.h"

/* Sends a CONNECT_IND in answer to the next ADV_IND. */
static void ask(struct s_radio *r)
{
    for (int i = 0; i < 500 && !r->up; i++) {
        const struct woad_radio_op *op = r->op;
        bool open = op && op->kind == WOAD_RADIO_RX && (op->flags & WOAD_RADIO_OP_IFS);
        if (open)
            s_connect_ind(r, 2, 0, 24, 0, 200, LL_CHANNELS_ALL);
        (void)s_step(r);
        if (open)
            return;
    }
}

static void advertising_goes_on_without_a_place(void **state)
{
    (void)state;
    struct s_radio r;
    uint8_t create[25] = {0x10, 0, 0x10, 0, 0, 0, 0x77};
    create[13] = create[15] = 24;
    create[19] = 200;
    assert_int_equal(woad_crypto_init(), 0);
    s_init(&r, &(struct woad_ll_cfg){.max_conns = 1});
    s_advertise(&r);
    s_cmd(&r, WOAD_HCI_CMD_LE_CREATE_CONNECTION, create, sizeof(create));
    for (int i = 0; i < 3; i++) {
        ask(&r);
        assert_int_equal(r.adv_len, 0); /* the request was received */
        assert_false(r.up);
    }
    s_cmd(&r, WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL, NULL, 0);
    ask(&r);
    assert_int_equal(r.adv_len, 0);
    assert_true(r.up);
    s_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(advertising_goes_on_without_a_place)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
