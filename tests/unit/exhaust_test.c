/* Exhaustion: the n-th allocation of every pool of the host fails, for n = 1, 2, ... until none
 * does, under a session that uses everything; the store refuses its n-th write; every table of
 * slots is full. Nothing wedges, nothing leaks, what is refused says so, and a retry works. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "host_priv.h"
#include "support/hci_double.h"
#include "support/mem_store.h"
#include "support/toy_p256.h"
#include "woad/gattc.h"
#include "woad/gatts.h"
#include "woad/smp.h"

#define OPS    9
#define NOTES  20
#define OCTETS 5000

static const struct woad_uuid svc_uuid = WOAD_UUID16(0xfd00), one = WOAD_UUID16(0xfd01),
                              two = WOAD_UUID16(0xfd02);
static uint8_t octets[200];
static struct woad_gatt_value value = {octets, 40, sizeof(octets)};
static const struct woad_gatt_attr attrs[] = {
    WOAD_GATT_SERVICE(&svc_uuid),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_WRITE_NO_RSP),
    WOAD_GATT_VALUE(&one, &value, WOAD_GATT_OPEN, WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY | WOAD_GATT_INDICATE),
    WOAD_GATT_VALUE(&two, &value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_NOTIFY),
    WOAD_GATT_VALUE(&two, &value, WOAD_GATT_OPEN, WOAD_GATT_NEVER),
    WOAD_GATT_CCCD(WOAD_GATT_OPEN),
};
enum { VALUE = 2, NOTED = 4, OTHER = 7 };

/* A store of which the n-th write from now fails. */
struct failing_store {
    struct woad_store store;
    struct woad_store_ops ops;
    struct mem_store mem;
    unsigned fail_at, failed;
};

struct world {
    struct dbl *d;
    struct failing_store stores[2];
    struct woad_smp_cfg smp[2];
    struct woad_gatts_cfg gatts[2];
    struct woad_gattc_cfg gattc[2];
    struct woad_host_use use[2][4];
    struct woad_gatt_service service;
    struct woad_gattc_op op[OPS];
    unsigned done[OPS];
    int err[OPS];
    uint8_t att[OPS];
    struct woad_gattc_sub sub, other;
    struct woad_gattc_db db;
    uint16_t mem[512];
    uint16_t conn[2];
    unsigned notes, noted, indicated, writable, confirmed, secured, lost, stored, not_saved;
    int secured_err;
    bool db_ready;
    int db_err;
    bool may_give_up;
    woad_chan chan;
    size_t sent, received;
    unsigned chan_closed;
};
static struct world *w; /* of the test that runs */

static int failing_write(void *ctx, const struct woad_store_item *items, size_t count)
{
    struct failing_store *f = ctx;
    if (f->fail_at && --f->fail_at == 0) {
        f->failed++;
        return WOAD_ERR_NO_MEM;
    }
    return woad_store_write(&f->mem.store, items, count);
}

static long failing_get(void *ctx, uint32_t key, void *to, size_t size)
{
    return woad_store_get(&((struct failing_store *)ctx)->mem.store, key, to, size);
}

static int failing_next(void *ctx, uint32_t *key)
{
    return woad_store_next(&((struct failing_store *)ctx)->mem.store, key);
}

static void failing_init(struct failing_store *f)
{
    memset(f, 0, sizeof(*f));
    mem_store_init(&f->mem);
    f->ops =
        (struct woad_store_ops){.get = failing_get, .write = failing_write, .next = failing_next};
    f->store = (struct woad_store){&f->ops, f};
}

/* ---- events ---------------------------------------------------------------------------------- */

static void on_server(void *arg, struct woad_host *h, const struct woad_gatts_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTS_WRITABLE)
        w->writable++;
    else if (evt->type == WOAD_GATTS_CONFIRMED)
        w->confirmed += evt->u.confirmed.err == 0;
    else if (evt->type == WOAD_GATTS_NOT_SAVED)
        w->not_saved++;
}

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    (void)arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE) {
        size_t i = (size_t)(evt->op - w->op);
        w->done[i]++;
        w->err[i] = evt->u.done.err;
        w->att[i] = evt->u.done.att;
    } else if (evt->type == WOAD_GATTC_DB_READY) {
        w->db_ready = true;
        w->db_err = evt->u.done.err;
    } else if (evt->type == WOAD_GATTC_VALUE && evt->sub == &w->sub) {
        if (evt->u.value.indicated)
            w->indicated++;
        else
            assert_int_equal(evt->u.value.data[0], w->noted++); /* in order, none missing */
    }
}

static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    if (evt->type != WOAD_EVT_SECURITY)
        return;
    if (evt->u.smp->type == WOAD_SMP_SECURED && dev->index == 0) {
        w->secured++;
        w->secured_err = evt->u.smp->u.secured.result.err;
    }
    w->lost += evt->u.smp->type == WOAD_SMP_BOND_LOST;
    w->stored += evt->u.smp->type == WOAD_SMP_BOND_STORED;
}

static void on_chan(struct dbl_dev *dev, const struct woad_chan_evt *evt)
{
    uint8_t buf[300];
    long n;
    if (evt->type == WOAD_CHAN_ACCEPT)
        assert_int_equal(woad_l2cap_accept(dev->h, evt->chan, WOAD_L2CAP_OK, NULL, NULL), 0);
    if (evt->type == WOAD_CHAN_SENT)
        w->sent += evt->u.sent.len;
    if (evt->type == WOAD_CHAN_RECEIVED || evt->type == WOAD_CHAN_CLOSED)
        while ((n = woad_l2cap_read(dev->h, evt->chan, buf, sizeof(buf))) > 0)
            w->received += (size_t)n;
    if (evt->type == WOAD_CHAN_CLOSED) {
        w->chan_closed++;
        if (dev->index == 1)
            assert_int_equal(woad_l2cap_release(dev->h, evt->chan), 0);
    }
}

/* ---- a world --------------------------------------------------------------------------------- */

static void begin(const struct woad_host_cfg *limits)
{
    w = calloc(1, sizeof(*w));
    const struct woad_host_use *parts[2];
    assert_int_equal(woad_crypto_init(), 0);
    for (int i = 0; i < 2; i++) {
        failing_init(&w->stores[i]);
        w->smp[i] = (struct woad_smp_cfg){.store = &w->stores[i].store};
        w->gatts[i] = (struct woad_gatts_cfg){
            .store = &w->stores[i].store, .prepare_size = 300, .event = on_server};
        w->gattc[i] = (struct woad_gattc_cfg){.store = &w->stores[i].store};
        w->use[i][0] = (struct woad_host_use){&woad_gatts_part, &w->gatts[i]};
        w->use[i][1] = (struct woad_host_use){&woad_gattc_part, &w->gattc[i]};
        w->use[i][2] = (struct woad_host_use){&woad_smp_part, &w->smp[i]};
        parts[i] = w->use[i];
    }
    w->d = dbl_new_parts(2, limits, parts);
    for (int i = 0; i < 2; i++) {
        w->d->dev[i].on_event = on_event;
        w->d->dev[i].on_chan = on_chan;
    }
    w->service =
        (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .event = on_server};
    assert_int_equal(woad_gatts_add(w->d->dev[1].h, &w->service), 0);
    struct woad_chan_cfg psm = {.psm = 0x80, .event = dbl_chan_event, .arg = &w->d->dev[1]};
    assert_int_equal(woad_l2cap_listen(w->d->dev[1].h, &psm), 0);
    dbl_start(w->d);
}

/* A pool that refuses by order, with nothing in use, has nothing to come back to it: there a pump
 * that runs once more than asked stands for the buffer that would have come. */
static void settle(bool spurious)
{
    for (int i = 0; i < (spurious ? 6 : 1); i++) {
        for (int k = 0; k < 2 && spurious; k++)
            w->d->dev[k].woken = true;
        dbl_settle(w->d);
        if (spurious) /* an answer that was not sent is asked for again */
            dbl_run(w->d, 10000000);
    }
}

static void end(void)
{
    struct woad_host_stats stats;
    for (int i = 0; i < 2; i++)
        assert_int_equal(woad_host_stop(w->d->dev[i].h), 0);
    settle(true);
    for (int i = 0; i < 2; i++) {
        woad_host_get_stats(w->d->dev[i].h, &stats);
        assert_int_equal(stats.ops_pending, 0);
        assert_int_equal(stats.bufs_in_use, 0);
    }
    dbl_free(w->d);
    free(w);
}

/* ---- a session ------------------------------------------------------------------------------- */

static void forget(void)
{
    memset(w->op, 0, sizeof(w->op));
    memset(w->done, 0, sizeof(w->done));
    memset(&w->sub, 0, sizeof(w->sub));
    memset(&w->db, 0, sizeof(w->db));
    w->notes = w->noted = w->indicated = w->confirmed = w->secured = w->chan_closed = 0;
    w->sent = w->received = 0;
    w->db_ready = false;
    for (int i = 0; i < OPS; i++)
        w->op[i].event = on_client;
    uint16_t noted = (uint16_t)(w->service.start + NOTED);
    w->sub = (struct woad_gattc_sub){
        .event = on_client, .value_handle = noted, .ccc_handle = (uint16_t)(noted + 1)};
    w->db = (struct woad_gattc_db){.event = on_client, .mem = w->mem, .size = sizeof(w->mem)};
}

/* False: an answer was not sent, and the client gave up on the server [Vol 3, Part F, 3.3.3]. */
static bool all_done(unsigned count)
{
    bool answered = true;
    for (unsigned i = 0; i < count; i++) {
        bool given_up = w->err[i] == WOAD_ERR_TIMEOUT || w->err[i] == WOAD_ERR_NOT_CONNECTED;
        if (w->done[i] != 1 || (w->err[i] && !(given_up && w->may_give_up)))
            fail_msg("operation %u: %u times done, %d", i, w->done[i], w->err[i]);
        answered = answered && !given_up;
    }
    return answered;
}

static bool use_client(bool spurious)
{
    static uint8_t text[120];
    struct woad_host *h = w->d->dev[0].h;
    uint16_t conn = w->conn[0], handle = (uint16_t)(w->service.start + VALUE);
    const struct woad_gattc_write writes[] = {{handle, 0, 20, text}, {handle, 20, 20, text}};
    int err = woad_gattc_db_open(h, conn, &w->db);
    err |= woad_gattc_exchange_mtu(h, conn, &w->op[0]);
    err |= woad_gattc_discover_services(h, conn, &w->op[1], NULL);
    err |= woad_gattc_read(h, conn, &w->op[2], handle);
    err |= woad_gattc_write(h, conn, &w->op[3], handle, text, 20);
    err |= woad_gattc_write_cmd(h, conn, &w->op[4], handle, text, 20);
    err |= woad_gattc_write_long(h, conn, &w->op[5], handle, 0, text, sizeof(text));
    err |= woad_gattc_write_reliable(h, conn, &w->op[6], writes, 2);
    err |= woad_gattc_read_long(h, conn, &w->op[7], handle, 0);
    err |= woad_gattc_subscribe(h, conn, &w->op[8], &w->sub, 3);
    assert_int_equal(err, 0);
    settle(spurious);
    assert_true(w->db_ready);
    if (!all_done(9) || (w->db_err && w->may_give_up))
        return false;
    assert_int_equal(w->db_err, 0);
    assert_int_equal(value.len, 40);
    return true;
}

/* A client that follows the database sees what comes and goes. */
static bool use_changes(bool spurious)
{
    struct woad_host *h = w->d->dev[1].h;
    uint16_t count = w->db.attr_count;
    struct woad_gatt_service more = {.attrs = attrs, .count = 3};
    for (int there = 1; there >= 0; there--) {
        if (there)
            assert_int_equal(woad_gatts_add(h, &more), 0);
        else
            assert_int_equal(woad_gatts_remove(h, &more), 0);
        settle(spurious);
        if (w->db_err && w->may_give_up) {
            if (there)
                assert_int_equal(woad_gatts_remove(h, &more), 0);
            return false;
        }
        assert_true(w->db.valid);
        assert_int_equal(w->db.attr_count, count + 2 * there);
    }
    return true;
}

/* A refused producer keeps its data and is told once when it can go on. */
static void use_server(bool spurious)
{
    struct woad_host *h = w->d->dev[1].h;
    uint16_t handle = (uint16_t)(w->service.start + NOTED);
    while (w->notes < NOTES) {
        uint8_t note[4] = {(uint8_t)w->notes};
        unsigned before = w->writable;
        int err = woad_gatts_notify(h, w->conn[1], handle, note, sizeof(note));
        w->notes += err == 0;
        if (!err)
            continue;
        assert_int_equal(err, WOAD_ERR_AGAIN);
        settle(spurious);
        assert_int_equal(w->writable, before + 1);
    }
    int err;
    while ((err = woad_gatts_indicate(h, w->conn[1], handle, "i", 1))) {
        assert_int_equal(err, WOAD_ERR_AGAIN);
        settle(spurious);
    }
    settle(spurious);
    assert_int_equal(w->noted, NOTES);
    assert_int_equal(w->indicated, 1);
    assert_int_equal(w->confirmed, 1);
}

static void use_channel(bool spurious)
{
    static uint8_t data[OCTETS];
    struct dbl_dev *dev = &w->d->dev[0];
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = dbl_chan_event, .arg = dev};
    assert_int_equal(woad_l2cap_connect(dev->h, w->conn[0], &cfg, &w->chan), 0);
    settle(spurious);
    assert_int_equal(woad_l2cap_write(dev->h, w->chan, data, OCTETS, NULL), 0);
    settle(spurious);
    assert_int_equal(woad_l2cap_close(dev->h, w->chan, true), 0);
    settle(spurious);
    assert_int_equal(w->sent, OCTETS);
    assert_int_equal(w->received, OCTETS);
    assert_int_equal(w->chan_closed, 2);
}

/* A report for which there is no room is dropped, and counted; the next one is heard. */
static void report(bool spurious)
{
    static const uint8_t pdu[] = {1, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0xd0};
    struct dbl_dev *dev = &w->d->dev[0];
    struct woad_host_stats stats;
    woad_host_get_stats(dev->h, &stats);
    uint32_t dropped = stats.reports_dropped;
    unsigned reports = dbl_count(dev, WOAD_EVT_ADV_REPORT);
    for (int i = 0; i < 3; i++) {
        dbl_le_evt(dev, 0x02, pdu, sizeof(pdu));
        settle(spurious);
    }
    woad_host_get_stats(dev->h, &stats);
    assert_int_equal(
        dbl_count(dev, WOAD_EVT_ADV_REPORT) - reports + stats.reports_dropped - dropped, 3);
}

/* spurious: see settle(). */
static void session(bool spurious)
{
    forget();
    unsigned links = dbl_count(&w->d->dev[0], WOAD_EVT_CONNECTED);
    assert_int_equal(woad_gap_advertise_start(w->d->dev[1].h, &(struct woad_adv_params){0}), 0);
    assert_int_equal(woad_gap_scan_start(w->d->dev[0].h, &(struct woad_scan_params){0}), 0);
    settle(spurious);
    report(spurious);
    assert_int_equal(woad_gap_scan_stop(w->d->dev[0].h), 0);
    settle(spurious);
    assert_int_equal(woad_gap_connect(w->d->dev[0].h, &w->d->dev[1].addr, NULL), 0);
    settle(spurious);
    assert_int_equal(dbl_count(&w->d->dev[0], WOAD_EVT_CONNECTED), links + 1);
    for (int i = 0; i < 2; i++)
        w->conn[i] = dbl_find(&w->d->dev[i], false, WOAD_EVT_CONNECTED, links)->conn;
    assert_int_equal(woad_smp_pair(w->d->dev[0].h, w->conn[0], 2), 0);
    settle(spurious);
    assert_true(w->secured > 0);
    assert_int_equal(w->secured_err, 0);
    if (use_client(spurious) && use_changes(spurious))
        use_server(spurious);
    use_channel(spurious);
    unsigned ends = dbl_count(&w->d->dev[1], WOAD_EVT_DISCONNECTED);
    assert_int_equal(woad_gap_disconnect(w->d->dev[0].h, w->conn[0], 0), 0);
    settle(spurious);
    assert_int_equal(dbl_count(&w->d->dev[1], WOAD_EVT_DISCONNECTED), ends + 1);
}

/* ---- pools ----------------------------------------------------------------------------------- */

static struct woad_pool *pool_of(struct woad_host *h, unsigned n)
{
    struct woad_pool *pools[] = {&h->cmd_pool, &h->acl_pool,    &h->sig_pool, &h->att_pool,
                                 &h->evt_pool, &h->report_pool, &h->rx_pool};
    return pools[n];
}

static const char *const pool_names[] = {"cmd", "acl", "sig", "att", "evt", "report", "rx"};

/* How many allocations of the pool could be made to fail. */
static unsigned every_allocation(int dev, unsigned pool)
{
    for (uint32_t n = 1;; n++) {
        begin(NULL);
        struct woad_pool *p = pool_of(w->d->dev[dev].h, pool);
        uint32_t before = p->failed;
        p->fail_at = n;
        w->may_give_up = dev == 1 && p == &w->d->dev[1].h->att_pool;
        session(true);
        bool reached = p->fail_at == 0;
        assert_true(!reached || p->failed > before);
        p->fail_at = 0;
        w->may_give_up = false;
        session(false); /* and once more, with nothing failing and nobody helping */
        end();
        if (!reached)
            return n - 1;
    }
}

static void every_pool(int dev)
{
    for (unsigned pool = 0; pool < ARRAY_LEN(pool_names); pool++) {
        unsigned count = every_allocation(dev, pool);
        print_message("%s pool of the %s: %u allocations\n", pool_names[pool],
                      dev ? "peripheral" : "central", count);
        assert_true(count > 0 || dev); /* the peripheral neither scans nor sends on a channel */
    }
}

static void the_nth_allocation_of_a_central_fails(void **state)
{
    (void)state;
    every_pool(0);
}

static void the_nth_allocation_of_a_peripheral_fails(void **state)
{
    (void)state;
    every_pool(1);
}

/* Pools that are always empty: here no pump may be needed that nobody asked for. */
static void pools_of_the_least_size(void **state)
{
    (void)state;
    begin(&(struct woad_host_cfg){.max_conns = 1,
                                  .max_chans = 1,
                                  .max_sends = 1,
                                  .acl_tx_count = 1,
                                  .sig_count = 2,
                                  .acl_rx_count = 1,
                                  .evt_count = 1,
                                  .report_count = 1,
                                  .cmd_count = 1,
                                  .att_tx_count = 1,
                                  .run_budget = 1});
    for (int i = 0; i < 3; i++)
        session(false);
    end();
}

/* ---- the store ------------------------------------------------------------------------------- */

/* The n-th write of a side's store fails: the session goes on, somebody is told, and the next
 * session is stored again. */
static void the_nth_write_of_the_store_fails(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        bool failed = true;
        for (unsigned n = 1; failed; n++) {
            begin(NULL);
            w->stores[side].fail_at = n;
            session(false);
            failed = w->stores[side].failed > 0;
            if (failed && side == 1)
                assert_true(w->lost + w->not_saved > 0);
            w->stores[side].fail_at = 0;
            unsigned stored = w->stored;
            session(false);
            assert_int_equal(w->stored, stored + 2);
            assert_non_null(
                mem_store_find(&w->stores[side].mem, WOAD_STORE_KEY(WOAD_STORE_BOND, 0)));
            end();
            assert_true(n < 50);
        }
    }
}

/* ---- slots ----------------------------------------------------------------------------------- */

static void link_up(void)
{
    forget();
    dbl_connect(w->d, 0, 1, &w->conn[0], &w->conn[1]);
    assert_int_not_equal(w->conn[0], WOAD_CONN_NONE);
}

static void channels_and_their_sends(void **state)
{
    (void)state;
    static uint8_t data[100];
    begin(&(struct woad_host_cfg){.max_chans = 2, .max_sends = 2});
    link_up();
    struct dbl_dev *dev = &w->d->dev[0];
    struct woad_chan_cfg cfg = {.psm = 0x80, .event = dbl_chan_event, .arg = dev};
    woad_chan chans[3];
    assert_int_equal(woad_l2cap_connect(dev->h, w->conn[0], &cfg, &chans[0]), 0);
    assert_int_equal(woad_l2cap_connect(dev->h, w->conn[0], &cfg, &chans[1]), 0);
    assert_int_equal(woad_l2cap_connect(dev->h, w->conn[0], &cfg, &chans[2]), WOAD_ERR_NO_MEM);
    dbl_settle(w->d);
    assert_int_equal(woad_l2cap_write(dev->h, chans[0], data, sizeof(data), NULL), 0);
    assert_int_equal(woad_l2cap_write(dev->h, chans[0], data, sizeof(data), NULL), WOAD_ERR_AGAIN);
    assert_int_equal(woad_l2cap_write(dev->h, chans[1], data, sizeof(data), NULL), 0);
    dbl_settle(w->d);
    assert_int_equal(dbl_chan_count(dev, WOAD_CHAN_WRITABLE), 1);
    assert_int_equal(woad_l2cap_write(dev->h, chans[0], data, sizeof(data), NULL), 0);
    dbl_settle(w->d);
    assert_int_equal(w->received, 3 * sizeof(data));
    assert_int_equal(woad_l2cap_close(dev->h, chans[1], false), 0);
    dbl_settle(w->d);
    assert_int_equal(woad_l2cap_connect(dev->h, w->conn[0], &cfg, &chans[2]), 0);
    dbl_settle(w->d);
    assert_int_equal(dbl_chan_count(dev, WOAD_CHAN_OPENED), 3);
    end();
}

static void psms(void **state)
{
    (void)state;
    begin(&(struct woad_host_cfg){.max_psms = 2});
    struct woad_host *h = w->d->dev[1].h;
    struct woad_chan_cfg cfg = {.psm = 0x81, .event = dbl_chan_event, .arg = &w->d->dev[1]};
    assert_int_equal(woad_l2cap_listen(h, &cfg), 0);
    cfg.psm = 0x82;
    assert_int_equal(woad_l2cap_listen(h, &cfg), WOAD_ERR_NO_MEM);
    assert_int_equal(woad_l2cap_unlisten(h, 0x81), 0);
    assert_int_equal(woad_l2cap_listen(h, &cfg), 0);
    end();
}

static void commands_of_the_application(void **state)
{
    (void)state;
    begin(&(struct woad_host_cfg){.cmd_count = 2});
    struct woad_host *h = w->d->dev[0].h;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 2; i++)
            assert_int_equal(woad_host_hci_command(h, WOAD_HCI_CMD_LE_RAND, NULL, 0), 0);
        assert_int_equal(woad_host_hci_command(h, WOAD_HCI_CMD_LE_RAND, NULL, 0), WOAD_ERR_NO_MEM);
        dbl_settle(w->d);
        assert_int_equal(dbl_count(&w->d->dev[0], WOAD_EVT_HCI_COMPLETE), 2u * (unsigned)round + 2);
    }
    end();
}

/* One link more than there is room for is ended; the next one is welcome. */
static void links(void **state)
{
    (void)state;
    struct woad_host_stats stats;
    uint16_t handles[3];
    begin(&(struct woad_host_cfg){.max_conns = 1});
    link_up();
    struct dbl_dev *dev = &w->d->dev[1];
    static const uint8_t complete[18] = {0, 0x99, 0,  1, 0, 9, 9,   9, 9,
                                         9, 9,    24, 0, 0, 0, 100, 0, 0};
    dbl_le_evt(dev, 0x01, complete, sizeof(complete));
    dbl_settle(w->d);
    woad_host_get_stats(dev->h, &stats);
    assert_int_equal(stats.links_refused, 1);
    assert_int_equal(dbl_count(dev, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(dev->last_opcode, WOAD_HCI_CMD_DISCONNECT);
    assert_int_equal(woad_gap_disconnect(w->d->dev[0].h, w->conn[0], 0), 0);
    dbl_settle(w->d);
    dbl_connect(w->d, 0, 1, &handles[0], &handles[1]);
    assert_int_not_equal(handles[1], WOAD_CONN_NONE);
    end();
}

/* A client with more subscriptions than it has places for is told; one that lets go may go on. */
static void subscriptions(void **state)
{
    (void)state;
    begin(NULL);
    dbl_free(w->d);
    w->gatts[1].cccds = 1;
    const struct woad_host_use *parts[2] = {w->use[0], w->use[1]};
    w->d = dbl_new_parts(2, NULL, parts);
    w->service = (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs)};
    assert_int_equal(woad_gatts_add(w->d->dev[1].h, &w->service), 0);
    dbl_start(w->d);
    link_up();
    struct woad_host *h = w->d->dev[0].h;
    uint16_t other = (uint16_t)(w->service.start + OTHER);
    w->other = (struct woad_gattc_sub){
        .event = on_client, .value_handle = other, .ccc_handle = (uint16_t)(other + 1)};
    assert_int_equal(woad_gattc_subscribe(h, w->conn[0], &w->op[0], &w->sub, 1), 0);
    assert_int_equal(woad_gattc_subscribe(h, w->conn[0], &w->op[1], &w->other, 1), 0);
    dbl_settle(w->d);
    assert_int_equal(w->err[0], 0);
    assert_int_equal(w->err[1], WOAD_ERR_REFUSED);
    assert_int_equal(w->att[1], WOAD_ATT_ERR_INSUFFICIENT_RESOURCES);
    assert_int_equal(woad_gattc_unsubscribe(h, &w->op[2], &w->sub), 0);
    assert_int_equal(woad_gattc_subscribe(h, w->conn[0], &w->op[3], &w->other, 1), 0);
    dbl_settle(w->d);
    assert_int_equal(w->err[2] | w->err[3], 0);
    end();
}

static void prepared_writes(void **state)
{
    (void)state;
    static uint8_t text[200];
    begin(NULL);
    link_up();
    struct woad_host *h = w->d->dev[0].h;
    uint16_t handle = (uint16_t)(w->service.start + VALUE);
    const struct woad_gattc_write much[] = {
        {handle, 0, 150, text}, {handle, 0, 150, text}, {handle, 0, 10, text}};
    assert_int_equal(woad_gattc_write_reliable(h, w->conn[0], &w->op[0], much, 3), 0);
    assert_int_equal(woad_gattc_write_reliable(h, w->conn[0], &w->op[1], much + 1, 2), 0);
    dbl_settle(w->d);
    assert_int_equal(w->err[0], WOAD_ERR_REFUSED);
    assert_int_equal(w->att[0], WOAD_ATT_ERR_PREPARE_QUEUE_FULL);
    assert_int_equal(w->err[1], 0);
    value.len = 40;
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_OF_ALLOC_FAULTS(cmocka_unit_test(the_nth_allocation_of_a_central_fails)),
        TEST_OF_ALLOC_FAULTS(cmocka_unit_test(the_nth_allocation_of_a_peripheral_fails)),
        cmocka_unit_test(pools_of_the_least_size),
        cmocka_unit_test(the_nth_write_of_the_store_fails),
        cmocka_unit_test(channels_and_their_sends),
        cmocka_unit_test(psms),
        cmocka_unit_test(commands_of_the_application),
        cmocka_unit_test(links),
        cmocka_unit_test(subscriptions),
        cmocka_unit_test(prepared_writes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
