/* What users of other hosts complain about, each answered by a test: see docs/complaints.md, which
 * names those that are elsewhere. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "host_priv.h"
#include "support/hci_double.h"
#include "support/mem_store.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/smp.h"

static const struct woad_uuid svc_uuid = WOAD_UUID16(0xfd00), one = WOAD_UUID16(0xfd01);
static uint8_t octets[20] = "value";
static struct woad_gatt_value value = {octets, 5, sizeof(octets)};
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};

struct world {
    struct dbl *d;
    struct mem_store stores[3];
    struct woad_smp_cfg smp[3];
    struct woad_gatts_cfg gatts;
    struct woad_gattc_cfg gattc;
    struct woad_host_use use[3][4];
    struct woad_gatt_service first, second;
    uint16_t conn[2];
    struct woad_gattc_op op[4];
    struct woad_gattc_sub sub;
    int err[4];
    uint8_t att[4];
    unsigned done, noted, writable;
    int bond_events[16]; /* by type */
    unsigned secured;
    int secured_err;
};
static struct world *w;

static void on_server(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    (void)h;
    w->writable += evt->type == WOAD_GATTS_WRITABLE;
}

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE) {
        w->err[evt->op - w->op] = evt->u.done.err;
        w->att[evt->op - w->op] = evt->u.done.att;
        w->done++;
    } else if (evt->type == WOAD_GATTC_VALUE && evt->sub) {
        assert_int_equal(evt->u.value.data[0], (uint8_t)w->noted++);
    }
}

static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    if (evt->type != WOAD_EVT_SECURITY || dev->index != 1)
        return;
    w->bond_events[evt->u.smp->type]++;
    if (evt->u.smp->type == WOAD_SMP_SECURED) {
        w->secured++;
        w->secured_err = evt->u.smp->u.secured.result.err;
    }
}

static void prepare(void)
{
    w = calloc(1, sizeof(*w));
    assert_int_equal(woad_crypto_init(), 0);
    for (int i = 0; i < 3; i++) {
        mem_store_init(&w->stores[i]);
        w->smp[i] = (struct woad_smp_cfg){.store = &w->stores[i].store, .max_bonds = 2};
    }
}

static void begin(const struct woad_host_cfg *limits, unsigned count)
{
    const struct woad_host_use *parts[3];
    for (int i = 0; i < 3; i++) {
        w->use[i][0] = (struct woad_host_use){&woad_gatts_part, &w->gatts};
        w->use[i][1] = (struct woad_host_use){&woad_gattc_part, &w->gattc};
        w->use[i][2] = (struct woad_host_use){&woad_smp_part, &w->smp[i]};
        parts[i] = w->use[i];
    }
    w->d = dbl_new_parts(count, limits, parts);
    for (unsigned i = 0; i < count; i++)
        w->d->dev[i].on_event = on_event;
    w->first =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_server};
    w->second = w->first;
    assert_int_equal(woad_gatts_add(w->d->dev[1].h, &w->first), 0);
    assert_int_equal(woad_gatts_add(w->d->dev[1].h, &w->second), 0);
    for (int i = 0; i < 4; i++)
        w->op[i].event = on_client;
    dbl_start(w->d);
}

static void end(void)
{
    struct woad_host_stats stats;
    for (unsigned i = 0; i < w->d->count; i++)
        (void)!woad_host_stop(w->d->dev[i].h);
    dbl_run(w->d, 5000000);
    for (unsigned i = 0; i < w->d->count; i++) {
        woad_host_get_stats(w->d->dev[i].h, &stats);
        assert_int_equal(stats.ops_pending, 0);
        assert_int_equal(stats.bufs_in_use, 0);
    }
    dbl_free(w->d);
    free(w);
}

static void subscribe(struct woad_gatt_service *service)
{
    w->sub.event = on_client;
    w->sub.value_handle = (uint16_t)(service->start + 2);
    w->sub.ccc_handle = (uint16_t)(service->start + 3);
    assert_int_equal(woad_gattc_subscribe(w->d->dev[0].h, w->conn[0], &w->op[0], &w->sub, 1), 0);
    dbl_settle(w->d);
    assert_int_equal(w->err[0], 0);
}

/* 1: "notify returns ENOMEM, the buffer is consumed, and no event says when to go on." */
static void notifying_without_pause_loses_nothing(void **state)
{
    (void)state;
    prepare();
    begin(&(struct woad_host_cfg){.att_tx_count = 2, .max_conns = 1}, 2);
    dbl_connect(w->d, 0, 1, &w->conn[0], &w->conn[1]);
    subscribe(&w->first);
    unsigned refused = 0;
    for (unsigned n = 0; n < 700;) {
        uint8_t note[20] = {(uint8_t)n};
        int err = woad_gatts_notify(w->d->dev[1].h, w->conn[1], w->sub.value_handle, note, 20);
        if (!err) {
            n++;
            continue;
        }
        assert_int_equal(err, WOAD_ERR_AGAIN);
        unsigned before = w->writable;
        refused++;
        dbl_settle(w->d);
        assert_int_equal(w->writable, before + 1);
    }
    dbl_settle(w->d);
    assert_int_equal(w->noted, 700);
    assert_true(refused > 100);
    end();
}

/* 2: "GATT is fixed after start, or changeable only with no peer connected; handles move." */
static void services_come_and_go_under_a_connected_client(void **state)
{
    (void)state;
    prepare();
    begin(NULL, 2);
    dbl_connect(w->d, 0, 1, &w->conn[0], &w->conn[1]);
    subscribe(&w->second);
    uint16_t gone = w->first.start, stays = w->second.start;
    struct woad_host *client = w->d->dev[0].h, *server = w->d->dev[1].h;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(woad_gatts_remove(server, &w->first), 0);
        assert_int_equal(woad_gattc_read(client, w->conn[0], &w->op[1], (uint16_t)(gone + 2)), 0);
        assert_int_equal(woad_gattc_read(client, w->conn[0], &w->op[2], (uint16_t)(stays + 2)), 0);
        assert_int_equal(
            woad_gatts_notify(server, w->conn[1], w->sub.value_handle, &(uint8_t){(uint8_t)i}, 1),
            0);
        dbl_settle(w->d);
        assert_int_equal(w->att[1], WOAD_ATT_ERR_INVALID_HANDLE);
        assert_int_equal(w->err[2], 0);
        w->first.start = gone;
        assert_int_equal(woad_gatts_add(server, &w->first), 0);
        assert_int_equal(w->first.start, gone);
        assert_int_equal(w->second.start, stays);
        assert_int_equal(woad_gattc_read(client, w->conn[0], &w->op[1], (uint16_t)(gone + 2)), 0);
        dbl_settle(w->d);
        assert_int_equal(w->err[1], 0);
    }
    assert_int_equal(w->noted, 100);
    end();
}

static unsigned left; /* commands that are answered */

static bool swallow(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *params,
                    uint8_t len)
{
    (void)dev;
    (void)arg;
    (void)opcode;
    (void)params;
    (void)len;
    return left && --left == 0;
}

/* 3: "A controller time-out leaves the host dead or out of step": here each command in turn is not
 * answered. Everything under way completes once, and the host comes back by itself. */
static void a_controller_may_die_at_every_command(void **state)
{
    (void)state;
    bool died = true;
    for (unsigned n = 1; died; n++) {
        assert_true(n < 60);
        prepare();
        begin(NULL, 2);
        struct dbl_dev *dev = &w->d->dev[0];
        left = n;
        dev->on_cmd = swallow;
        assert_int_equal(woad_gap_advertise_start(w->d->dev[1].h, &(struct woad_adv_params){0}), 0);
        assert_int_equal(woad_gap_scan_start(dev->h, &(struct woad_scan_params){0}), 0);
        assert_int_equal(woad_gap_connect(dev->h, &w->d->dev[1].addr, NULL), 0);
        dbl_run(w->d, 1000000);
        const struct dbl_event *link = dbl_find(dev, false, WOAD_EVT_CONNECTED, 0);
        if (link) {
            assert_int_equal(woad_gap_read_rssi(dev->h, link->conn), 0);
            (void)!woad_smp_pair(dev->h, link->conn, 2);
            (void)!woad_gap_update(dev->h, link->conn, &(struct woad_conn_params){0});
        }
        dbl_run(w->d, 10000000);
        died = left == 0;
        left = 0;
        assert_int_equal(dbl_count(dev, WOAD_EVT_FAULT), died);
        assert_int_equal(dbl_count(dev, WOAD_EVT_READY), 1u + died);
        assert_int_equal(
            dbl_count(dev, WOAD_EVT_CONNECTED) + dbl_count(dev, WOAD_EVT_CONNECT_FAILED), 1);
        for (unsigned i = 0; i < DBL_LINKS; i++)
            if (dev->links[i].up)
                dbl_lose_link(dev, dev->links[i].handle, 8);
        dbl_run(w->d, 1000000);
        (void)!woad_gap_advertise_stop(w->d->dev[1].h);
        dbl_run(w->d, 1000000);
        dbl_connect(w->d, 0, 1, &w->conn[0], &w->conn[1]);
        assert_int_not_equal(w->conn[0], WOAD_CONN_NONE);
        end();
    }
}

/* Its user has forgotten the other device, if it was known. */
static void pair_with(unsigned other)
{
    (void)!woad_smp_bond_remove(w->d->dev[other].h, NULL);
    dbl_settle(w->d);
    w->secured = 0;
    dbl_connect(w->d, other, 1, &w->conn[0], &w->conn[1]);
    assert_int_not_equal(w->conn[0], WOAD_CONN_NONE);
    assert_int_equal(woad_smp_pair(w->d->dev[other].h, w->conn[0], 2), 0);
    dbl_settle(w->d);
    assert_true(w->secured > 0);
    assert_int_equal(w->secured_err, 0);
    assert_int_equal(woad_gap_disconnect(w->d->dev[other].h, w->conn[0], 0), 0);
    dbl_settle(w->d);
}

/* 5: "The bond store overflows, unpair-oldest loops, re-pairing fails." */
static void a_full_bond_store_follows_the_policy(void **state)
{
    (void)state;
    for (int replace = 0; replace < 2; replace++) {
        prepare();
        w->smp[1].max_bonds = 1;
        w->smp[1].when_full = replace ? WOAD_SMP_FULL_REPLACE : WOAD_SMP_FULL_REFUSE;
        begin(NULL, 3);
        pair_with(0);
        assert_int_equal(w->bond_events[WOAD_SMP_BOND_STORED], 1);
        pair_with(2);
        assert_int_equal(w->bond_events[WOAD_SMP_BOND_STORED], 1 + replace);
        assert_int_equal(w->bond_events[WOAD_SMP_BOND_REMOVED], replace);
        assert_int_equal(w->bond_events[WOAD_SMP_BOND_FULL], !replace);
        pair_with(2);
        pair_with(0);
        assert_true(woad_smp_bond_find(w->d->dev[1].h, &w->d->dev[0].addr) >= 0);
        end();
    }
}

/* 8: "No busy for parallel procedures, stuck can-send": any number is accepted, all complete. */
static void parallel_procedures_are_queued(void **state)
{
    (void)state;
    prepare();
    begin(NULL, 2);
    dbl_connect(w->d, 0, 1, &w->conn[0], &w->conn[1]);
    struct woad_host *h = w->d->dev[0].h;
    for (unsigned i = 0; i < ARRAY_LEN(w->op); i++) {
        uint16_t handle = (uint16_t)(w->first.start + 2);
        assert_int_equal(woad_gattc_read(h, w->conn[0], &w->op[i], handle), 0);
        assert_int_equal(woad_gattc_read(h, w->conn[0], &w->op[i], handle), WOAD_ERR_BUSY);
    }
    dbl_settle(w->d);
    assert_int_equal(w->done, 4);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notifying_without_pause_loses_nothing),
        cmocka_unit_test(services_come_and_go_under_a_connected_client),
        cmocka_unit_test(a_controller_may_die_at_every_command),
        cmocka_unit_test(a_full_bond_store_follows_the_policy),
        cmocka_unit_test(parallel_procedures_are_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
