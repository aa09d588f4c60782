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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ready_is_told_once),
        cmocka_unit_test(two_hosts_connect_and_part),
        cmocka_unit_test(a_channel_carries_an_sdu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
