/* SMP as a part of the host: one P-256 operation in one run(), buffers that are not there, faults
 * and stops in the middle, and calls at the wrong time. */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "smp/smp_priv.h"
#include "support/smp_world.h"
#include "woad/config.h"

static const struct woad_smp_cfg cfg = {
    .io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO, .mitm = true, .signing = &woad_smp_signing};

static unsigned jobs_due(const struct sw_dev *s)
{
    const struct smp *smp = woad_smp_of(s->h);
    unsigned n = 0;
    for (uint16_t i = 0; i < s->h->cfg.max_conns; i++)
        n += smp->links[i].state == SMP_PAIRING && smp->links[i].p.job == SMP_JOB_DUE;
    return n;
}

/* Public keys and confirm values on their way to device 0 are kept back. */
static uint8_t kept[SW_DEVS][2][73];

static bool keep(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    (void)arg;
    bool public_key = len == 73 && pkt[8] == SMP_PUBLIC_KEY;
    if (!public_key && !(len == 25 && pkt[8] == SMP_PAIRING_CONFIRM))
        return false;
    memcpy(kept[dev->index][!public_key], pkt, len);
    return true;
}

/* Three peers send their public keys in one run(): their DHKeys are computed in three. */
static void one_operation_in_one_run(void **state)
{
    (void)state;
    struct sw *w = sw_new(4, (const struct woad_smp_cfg *const[]){&cfg, &cfg, &cfg, &cfg});
    struct sw_dev *s = &w->dev[0];
    uint16_t conns[3];
    for (unsigned i = 0; i < 3; i++) {
        sw_connect(w, 0, i + 1);
        conns[i] = s->conn;
        w->dev[i + 1].dev->on_acl = keep;
        assert_int_equal(woad_smp_secure(s->h, conns[i], 4), 0);
    }
    sw_settle(w);
    for (unsigned i = 0; i < 3; i++) {
        dbl_l2cap(s->dev, conns[i], 6, kept[i + 1][0] + 8, 65);
        dbl_l2cap(s->dev, conns[i], 6, kept[i + 1][1] + 8, 17); /* held meanwhile */
    }
    unsigned most = 0, before = 0;
    for (int i = 0; i < 200; i++) {
        dbl_turn(w->d);
        unsigned now = jobs_due(s);
        assert_true(before <= now + 1);
        before = now;
        most = now > most ? now : most;
        w->d->now += 1;
    }
    assert_true(most >= 2);
    assert_int_equal(before, 0);
    sw_settle(w);
    assert_int_equal(sw_count(s, WOAD_SMP_SECURED), 3);
    sw_free(w);
}

/* The n-th buffer for a PDU is not there, for every n: the pairing goes on when one is. */
static void no_buffer(void **state)
{
    (void)state;
    bool failed = true;
    for (uint32_t n = 1; failed; n++) {
        assert_true(n < 40);
        struct sw *w = sw_pair(&cfg, &cfg);
        uint32_t before = 0;
        for (int i = 0; i < 2; i++) {
            before += w->dev[i].h->sig_pool.failed;
            w->dev[i].h->sig_pool.fail_at = n;
        }
        assert_int_equal(sw_secure(w, 0, 4).u.secured.result.err, 0);
        failed = w->dev[0].h->sig_pool.failed + w->dev[1].h->sig_pool.failed > before;
        assert_true(n > 1 || failed);
        sw_free(w);
    }
}

/* Pairing Failed and Security Request, too. */
static void no_buffer_for_the_end(void **state)
{
    (void)state;
    struct sw *w = sw_pair(&cfg, &cfg);
    w->dev[1].h->sig_pool.fail_at = 1;
    assert_int_equal(woad_smp_secure(w->dev[1].h, w->dev[1].conn, 4), 0);
    w->dev[0].says_no = true;
    for (int i = 0; i < 40; i++) {
        dbl_turn(w->d);
        w->d->now += 1000;
    }
    sw_settle(w);
    for (int i = 0; i < 2; i++) {
        const struct woad_smp_evt *evt = sw_find(&w->dev[i], WOAD_SMP_SECURED, 0);
        assert_int_equal(evt->u.secured.reason, WOAD_SMP_NUMERIC_COMPARISON_FAILED);
        assert_int_equal(evt->u.secured.by_peer, i);
    }
    sw_free(w);
}

static void expect_end(const struct sw *w, int err)
{
    struct woad_host_stats stats;
    const struct woad_smp_evt *evt = sw_find(&w->dev[0], WOAD_SMP_SECURED, 0);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_SECURED), 1);
    assert_int_equal(evt->u.secured.result.err, err);
    woad_host_get_stats(w->dev[0].h, &stats);
    assert_int_equal(stats.ops_pending, 0);
}

/* A stop and a fault of the controller while persons ponder, and own data under way. */
static void stopped_in_the_middle(void **state)
{
    (void)state;
    for (int fault = 0; fault < 2; fault++) {
        struct sw *w = sw_pair(&cfg, &cfg);
        struct sw_dev *s = &w->dev[0];
        s->silent = true;
        assert_int_equal(woad_smp_secure(s->h, s->conn, 4), 0);
        sw_settle(w);
        assert_int_equal(sw_count(s, WOAD_SMP_COMPARE), 1);
        assert_int_equal(woad_smp_oob_generate(s->h, false), 0);
        if (fault)
            woad_host_fault(s->h, "test");
        else
            assert_int_equal(woad_host_stop(s->h), 0);
        sw_settle(w);
        expect_end(w, fault ? WOAD_ERR_FAULT : WOAD_ERR_CANCELLED);
        assert_int_equal(sw_count(s, WOAD_SMP_OOB_READY), 1);
        sw_free(w);
    }
}

static void cancelled(void **state)
{
    (void)state;
    struct sw *w = sw_pair(&cfg, &cfg);
    struct sw_dev *s = &w->dev[0];
    s->silent = true;
    assert_int_equal(woad_smp_cancel(s->h, s->conn), WOAD_ERR_STATE);
    assert_int_equal(woad_smp_secure(s->h, s->conn, 4), 0);
    sw_settle(w);
    assert_int_equal(woad_smp_cancel(s->h, s->conn), 0);
    sw_settle(w);
    expect_end(w, WOAD_ERR_CANCELLED);
    assert_true(sw_find(&w->dev[1], WOAD_SMP_SECURED, 0)->u.secured.by_peer);
    /* before it began */
    sw_forget(w);
    assert_int_equal(woad_smp_secure(s->h, s->conn, 4), 0);
    assert_int_equal(woad_smp_cancel(s->h, s->conn), 0);
    sw_settle(w);
    expect_end(w, WOAD_ERR_CANCELLED);
    sw_free(w);
}

/* What the header says of each call at the wrong time. */
static void misuse(void **state)
{
    (void)state;
    static const struct woad_smp_oob data = {.sc = true};
    struct sw *w = sw_pair(&cfg, &sw_none);
    struct woad_host *h = w->dev[0].h, *other = w->dev[1].h;
    uint16_t conn = w->dev[0].conn, none = 0xeee, there = w->dev[1].conn;
    struct woad_smp_info info;
    uint8_t irk[16];
    assert_int_equal(woad_smp_secure(h, conn, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_smp_secure(h, conn, 5), WOAD_ERR_INVALID);
    assert_int_equal(woad_smp_secure(h, none, 2), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_smp_accept(h, conn, true), WOAD_ERR_STATE);
    assert_int_equal(woad_smp_confirm(h, conn, true), WOAD_ERR_STATE);
    assert_int_equal(woad_smp_passkey(h, conn, 1), WOAD_ERR_STATE);
    assert_int_equal(woad_smp_passkey(h, conn, 1000000), WOAD_ERR_INVALID);
    assert_int_equal(woad_smp_keypress(h, conn, 0), WOAD_ERR_STATE);
    assert_int_equal(woad_smp_oob_set(h, none, &data), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_smp_info(h, none, &info), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_smp_bond_remove(h, NULL), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_add(h, &(struct woad_smp_bond){.key_size = 6}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_smp_secure(h, conn, 2), 0);
    assert_int_equal(woad_smp_secure(h, conn, 2), WOAD_ERR_BUSY);
    sw_settle(w);
    assert_int_equal(woad_smp_oob_set(h, conn, &data), WOAD_ERR_STATE);
    /* a host without the part */
    assert_int_equal(woad_smp_secure(other, there, 2), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_info(other, there, &info), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_oob_generate(other, false), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_set_pairable(other, true), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_own_irk(other, irk), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_bond_remove(other, NULL), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_smp_bond_next(other, -1), WOAD_ERR_NOT_FOUND);
    sw_free(w);
}

/* Configurations that cannot be. */
static void bad_configurations(void **state)
{
    (void)state;
    static uint64_t mem[8192];
    const struct woad_smp_cfg bad[] = {
        {.level = 1},        {.level = 5},
        {.min_key_size = 6}, {.min_key_size = 17},
        {.io = 8},           {.when_full = 2},
        {.no_sc = true},     {.no_sc = true, .legacy = &woad_smp_legacy, .level = 4},
        {.max_key_size = 8}, {.min_key_size = 7, .max_key_size = 17},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct woad_host_use parts[] = {{&woad_smp_part, &bad[i]}, {NULL, NULL}};
        const struct woad_host_cfg host = {
            .event = (woad_host_event_fn *)(void (*)(void))misuse,
            .rand = (void (*)(void *, uint8_t *, size_t))(void (*)(void))misuse,
            .max_conns = 1,
            .max_chans = 1,
            .chan_rx_size = 256,
            .parts = parts};
        struct woad_host *h;
        assert_true(woad_host_mem_size(&host) <= sizeof(mem));
        assert_int_equal(woad_host_init(mem, sizeof(mem), &host, &h), WOAD_ERR_INVALID);
    }
}

/* A peer that may not pair; bonds go on working. */
static void not_pairable(void **state)
{
    (void)state;
    static const struct woad_smp_cfg closed = {.refuse = true};
    struct sw *w = sw_pair(&cfg, &closed);
    struct woad_smp_evt evt = sw_secure(w, 0, 2);
    assert_int_equal(evt.u.secured.reason, WOAD_SMP_PAIRING_NOT_SUPPORTED);
    assert_true(evt.u.secured.by_peer);
    assert_int_equal(woad_smp_set_pairable(w->dev[1].h, true), 0);
    dbl_run(w->d, 1100000);
    assert_int_equal(sw_secure(w, 0, 2).u.secured.result.err, 0);
    assert_int_equal(woad_smp_set_pairable(w->dev[1].h, false), 0);
    sw_disconnect(w, 0);
    sw_connect(w, 0, 1);
    assert_int_equal(sw_info(&w->dev[1]).level, 2);
    sw_free(w);
}

static void reasons(void **state)
{
    (void)state;
    assert_string_equal(woad_smp_reason_text(WOAD_SMP_KEY_REJECTED), "key rejected");
    assert_string_equal(woad_smp_reason_text(0), "?");
    assert_string_equal(woad_smp_reason_text(255), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_operation_in_one_run),
        TEST_OF_ALLOC_FAULTS(cmocka_unit_test(no_buffer)),
        TEST_OF_ALLOC_FAULTS(cmocka_unit_test(no_buffer_for_the_end)),
        cmocka_unit_test(stopped_in_the_middle),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(misuse),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(not_pairable),
        cmocka_unit_test(reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
