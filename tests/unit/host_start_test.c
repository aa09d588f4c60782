/* Start-up, links and a channel between two hosts: the path everything else stands on. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "support/hci_double.h"

static void ready_is_told_once(void **state)
{
    (void)state;
    struct dbl *d = dbl_new(1, NULL);
    dbl_start(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(woad_host_start(d->dev[0].h), WOAD_ERR_STATE);
    dbl_free(d);
}

static void two_hosts_connect_and_part(void **state)
{
    (void)state;
    struct dbl *d = dbl_new(2, NULL);
    uint16_t c0, c1;
    dbl_start(d);
    dbl_connect(d, 0, 1, &c0, &c1);
    assert_int_not_equal(c0, WOAD_CONN_NONE);
    assert_int_not_equal(c1, WOAD_CONN_NONE);
    assert_int_equal(dbl_count(&d->dev[1], WOAD_EVT_ADV_STOPPED), 1);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(d->dev[0].h, c0, &info), 0);
    assert_int_equal(info.tx_octets, 251);
    assert_int_equal(info.phy_tx, 2);
    assert_int_equal(woad_gap_disconnect(d->dev[0].h, c0, 0), 0);
    assert_int_equal(woad_gap_disconnect(d->dev[0].h, c0, 0), WOAD_ERR_BUSY);
    dbl_settle(d);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_DISCONNECTED, 0)->err, 0);
    assert_int_equal(dbl_find(&d->dev[1], false, WOAD_EVT_DISCONNECTED, 0)->err,
                     WOAD_ERR_NOT_CONNECTED);
    dbl_free(d);
}

static void accept_all(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    if (evt->type == WOAD_CHAN_ACCEPT)
        assert_int_equal(woad_l2cap_accept(dev->h, evt->chan, WOAD_L2CAP_OK, NULL, NULL), 0);
}

static void a_channel_carries_an_sdu(void **state)
{
    (void)state;
    struct dbl *d = dbl_new(2, NULL);
    uint16_t c0, c1;
    dbl_start(d);
    dbl_connect(d, 0, 1, &c0, &c1);
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = dbl_chan_event, .arg = &d->dev[1]};
    assert_int_equal(woad_l2cap_listen(d->dev[1].h, &cfg), 0);
    d->dev[1].on_chan = accept_all;
    cfg.arg = &d->dev[0];
    woad_chan chan;
    assert_int_equal(woad_l2cap_connect(d->dev[0].h, c0, &cfg, &chan), 0);
    dbl_settle(d);
    assert_int_equal(dbl_chan_count(&d->dev[0], WOAD_CHAN_OPENED), 1);
    assert_int_equal(dbl_chan_count(&d->dev[1], WOAD_CHAN_OPENED), 1);
    static uint8_t sdu[5000], got[6000];
    for (size_t i = 0; i < sizeof(sdu); i++)
        sdu[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(woad_l2cap_send(d->dev[0].h, chan, sdu, sizeof(sdu), sdu), 0);
    dbl_settle(d);
    assert_int_equal(dbl_chan_count(&d->dev[0], WOAD_CHAN_SENT), 1);
    const struct dbl_event *e = dbl_find(&d->dev[1], true, WOAD_CHAN_RECEIVED, 0);
    assert_non_null(e);
    bool more;
    assert_int_equal(woad_l2cap_recv(d->dev[1].h, e->handle, got, sizeof(got), &more), 5000);
    assert_false(more);
    assert_memory_equal(sdu, got, sizeof(sdu));
    assert_int_equal(woad_l2cap_recv(d->dev[1].h, e->handle, got, sizeof(got), NULL),
                     WOAD_ERR_AGAIN);
    assert_int_equal(woad_l2cap_close(d->dev[0].h, chan, true), 0);
    dbl_settle(d);
    assert_int_equal(dbl_find(&d->dev[0], true, WOAD_CHAN_CLOSED, 0)->err, 0);
    assert_int_equal(dbl_find(&d->dev[1], true, WOAD_CHAN_CLOSED, 0)->err, WOAD_ERR_EOF);
    assert_int_equal(woad_l2cap_recv(d->dev[1].h, e->handle, got, sizeof(got), NULL), WOAD_ERR_EOF);
    assert_int_equal(woad_l2cap_release(d->dev[1].h, e->handle), 0);
    struct woad_host_stats stats;
    woad_host_get_stats(d->dev[0].h, &stats);
    assert_int_equal(stats.bufs_in_use, 0);
    assert_int_equal(stats.ops_pending, 0);
    dbl_free(d);
}

/* One packet, timer or event in each run(): everything still happens, once. */
static void a_run_budget_of_one(void **state)
{
    (void)state;
    struct woad_host_cfg host = {.run_budget = 1};
    struct dbl *d = dbl_new(2, &host);
    uint16_t c0, c1;
    dbl_start(d);
    dbl_connect(d, 0, 1, &c0, &c1);
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = dbl_chan_event, .arg = &d->dev[1]};
    assert_int_equal(woad_l2cap_listen(d->dev[1].h, &cfg), 0);
    d->dev[1].on_chan = accept_all;
    cfg.arg = &d->dev[0];
    woad_chan chan;
    assert_int_equal(woad_l2cap_connect(d->dev[0].h, c0, &cfg, &chan), 0);
    dbl_settle(d);
    woad_chan other = dbl_find(&d->dev[1], true, WOAD_CHAN_OPENED, 0)->handle;
    static uint8_t sdu[700], got[800];
    unsigned sent = 0, received = 0;
    for (unsigned turn = 0; turn < 2000 && received < 100; turn++) {
        sdu[0] = (uint8_t)sent;
        if (sent == received && !woad_l2cap_send(d->dev[0].h, chan, sdu, sizeof(sdu), NULL))
            sent++;
        dbl_settle(d);
        while (woad_l2cap_recv(d->dev[1].h, other, got, sizeof(got), NULL) == sizeof(sdu))
            assert_int_equal(got[0], (uint8_t)received++);
    }
    assert_int_equal(received, 100);
    assert_int_equal(dbl_chan_count(&d->dev[0], WOAD_CHAN_SENT), 100);
    dbl_lose_link(&d->dev[0], c0, WOAD_HCI_ERR_CONNECTION_TIMEOUT);
    dbl_settle(d);
    for (unsigned i = 0; i < 2; i++) {
        struct woad_host_stats stats;
        woad_host_get_stats(d->dev[i].h, &stats);
        assert_int_equal(stats.ops_pending, 0);
        assert_int_equal(stats.bufs_in_use, 0);
        assert_int_equal(dbl_chan_count(&d->dev[i], WOAD_CHAN_CLOSED), 1);
        assert_int_equal(dbl_count(&d->dev[i], WOAD_EVT_DISCONNECTED), 1);
    }
    dbl_free(d);
}

/* cancel() shortly before the duration ends: one completion, and it says what the caller did. */
static void a_cancel_near_the_end_of_a_duration(void **state)
{
    (void)state;
    static const struct woad_addr nobody = {.type = 1, .val = {1, 2, 3, 4, 5, 0xc6}};
    struct woad_conn_params params = {.duration_ms = 100};
    for (woad_time early_us = 0; early_us <= 20; early_us += 10) {
        struct dbl *d = dbl_new(1, NULL);
        struct dbl_dev *dev = &d->dev[0];
        dbl_start(d);
        assert_int_equal(woad_gap_connect(dev->h, &nobody, &params), 0);
        dbl_run(d, 100000 - 10 - early_us);
        dev->mute = true; /* the answer to the cancelling comes when the duration is over */
        assert_int_equal(woad_gap_connect_cancel(dev->h), 0);
        dbl_run(d, 1000);
        assert_int_equal(dbl_count(dev, WOAD_EVT_CONNECT_FAILED), 0);
        assert_int_equal(dev->last_opcode, WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL);
        uint8_t ret = 0, evt[18] = {WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER};
        dev->mute = false;
        dbl_complete(dev, WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL, &ret, 1);
        dbl_run(d, 1000000); /* the controller takes its time to say that it ended */
        assert_int_equal(dbl_count(dev, WOAD_EVT_CONNECT_FAILED), 0);
        dbl_le_evt(dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, sizeof(evt));
        dbl_run(d, 5000000);
        assert_int_equal(dbl_count(dev, WOAD_EVT_CONNECT_FAILED), 1);
        assert_int_equal(dbl_find(dev, false, WOAD_EVT_CONNECT_FAILED, 0)->err, WOAD_ERR_CANCELLED);
        assert_int_equal(woad_gap_connect_cancel(dev->h), WOAD_ERR_STATE);
        dbl_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_told_once),
        cmocka_unit_test(two_hosts_connect_and_part),
        cmocka_unit_test(a_channel_carries_an_sdu),
        cmocka_unit_test(a_run_budget_of_one),
        cmocka_unit_test(a_cancel_near_the_end_of_a_duration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
