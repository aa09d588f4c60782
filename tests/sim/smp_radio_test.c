/* Two complete devices pair over the simulated radio by every association model, bond, lose each
 * other and come back encrypted; the air loses packets; and the link ends at every moment of a
 * pairing. */
#include "../unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/woad/node.h"
#include "woad/gap.h"
#include "woad/smp.h"

#define ALL_IO (WOAD_SMP_KEYBOARD | WOAD_SMP_DISPLAY)

struct side {
    struct node node;
    struct woad_host_use use[2];
    struct side *peer;
    struct woad_addr addr;
    uint16_t conn;
    bool linked, ready;
    bool asked, shows;
    uint32_t shown;
    unsigned secured, calls, stored;
    struct woad_smp_evt last;
    struct woad_smp_oob oob;
};

struct pair {
    struct woad_sim *sim;
    struct side side[2]; /* central, peripheral */
    bool no_more;        /* links are not made again */
};

static void enter(struct side *s, uint32_t passkey)
{
    s->asked = false;
    assert_int_equal(woad_smp_passkey(s->node.host, s->conn, passkey), 0);
    node_wake(&s->node);
}

static void on_smp(struct side *s, const struct woad_smp_evt *evt)
{
    switch (evt->type) {
    case WOAD_SMP_SECURED:
        s->secured++;
        s->asked = s->shows = false;
        s->last = *evt;
        break;
    case WOAD_SMP_SHOW:
        s->shows = true;
        s->shown = evt->u.passkey;
        break;
    case WOAD_SMP_ENTER: s->asked = true; break;
    case WOAD_SMP_COMPARE:
        s->shown = evt->u.passkey;
        assert_int_equal(woad_smp_confirm(s->node.host, s->conn, true), 0);
        break;
    case WOAD_SMP_BOND_STORED: s->stored++; break;
    case WOAD_SMP_OOB_READY: s->oob = evt->u.oob.data; break;
    default: break;
    }
}

static void on_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct side *s = arg;
    (void)h;
    if (evt->type == WOAD_EVT_READY) {
        s->ready = true;
        s->addr = evt->u.ready.addr;
    } else if (evt->type == WOAD_EVT_CONNECTED) {
        s->conn = evt->conn;
        s->linked = true;
        s->asked = s->shows = false;
    } else if (evt->type == WOAD_EVT_DISCONNECTED) {
        s->linked = s->asked = s->shows = false;
    } else if (evt->type == WOAD_EVT_SECURITY) {
        on_smp(s, evt->u.smp);
    }
}

/* The people: who is asked for a passkey enters what the other shows, or what both thought of. */
static void people(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        struct side *s = &p->side[i];
        if (s->asked && (s->peer->shows || s->peer->asked)) {
            bool both = s->peer->asked;
            enter(s, both ? 112358 : s->peer->shown);
            if (both)
                enter(s->peer, 112358);
        }
    }
}

static void run_ms(struct pair *p, unsigned ms)
{
    for (unsigned t = 0; t < ms; t += 5) {
        woad_sim_run_until(p->sim, woad_sim_now(p->sim) + WOAD_SIM_MS(5));
        people(p);
    }
}

/* A link that loss prevents is tried again. */
static void make_link(struct pair *p)
{
    struct side *c = &p->side[0], *r = &p->side[1];
    for (int i = 0; i < 2000 && !(c->linked && r->linked); i++) {
        if (!c->linked)
            (void)!woad_gap_connect(c->node.host, &r->addr,
                                    &(struct woad_conn_params){.interval_min_1250us = 12});
        if (!r->linked)
            (void)!woad_gap_advertise_start(r->node.host,
                                            &(struct woad_adv_params){.interval_min_625us = 32});
        node_wake(&c->node);
        node_wake(&r->node);
        run_ms(p, 50);
    }
    assert_true(c->linked && r->linked);
}

static struct pair *new_pair(const struct woad_smp_cfg *a, const struct woad_smp_cfg *b,
                             uint64_t seed, uint16_t loss_permille)
{
    struct pair *p = calloc(1, sizeof(*p));
    p->sim = woad_sim_new(&(struct woad_sim_cfg){.seed = seed, .loss_permille = loss_permille});
    assert_non_null(p->sim);
    for (int i = 0; i < 2; i++) {
        struct side *s = &p->side[i];
        s->peer = &p->side[!i];
        s->use[0] = (struct woad_host_use){&woad_smp_part, i ? b : a};
        const struct node_cfg cfg = {
            .name = i ? "peripheral" : "central",
            .dev = {.x_m = i},
            .host = {.event = on_event, .event_arg = s, .parts = s->use, .max_chans = 1},
        };
        assert_int_equal(node_init(&s->node, p->sim, &cfg), 0);
        assert_int_equal(woad_host_start(s->node.host), 0);
        node_wake(&s->node);
    }
    run_ms(p, 100);
    assert_true(p->side[0].ready && p->side[1].ready);
    make_link(p);
    return p;
}

static void free_pair(struct pair *p)
{
    struct woad_host_stats stats;
    for (int i = 0; i < 2; i++) {
        woad_host_get_stats(p->side[i].node.host, &stats);
        assert_int_equal(stats.ops_pending, 0);
        node_deinit(&p->side[i].node);
    }
    woad_sim_free(p->sim);
    free(p);
}

static void secure(struct pair *p, int side, uint8_t level)
{
    struct side *s = &p->side[side];
    assert_int_equal(woad_smp_secure(s->node.host, s->conn, level), 0);
    s->calls++;
    node_wake(&s->node);
}

static void await(struct pair *p, unsigned n)
{
    for (int i = 0; i < 4000 && (p->side[0].secured < n || p->side[1].secured < n); i++)
        run_ms(p, 5);
    for (int i = 0; i < 2; i++)
        assert_int_equal(p->side[i].secured, n);
}

static void same_keys(struct pair *p, uint8_t level)
{
    struct woad_smp_info a, b;
    assert_int_equal(woad_smp_info(p->side[0].node.host, p->side[0].conn, &a), 0);
    assert_int_equal(woad_smp_info(p->side[1].node.host, p->side[1].conn, &b), 0);
    assert_memory_equal(a.key, b.key, 16);
    assert_int_equal(a.level, level);
    assert_int_equal(b.level, level);
    assert_true(a.bonded && b.bonded);
}

static void drop_link(struct pair *p)
{
    assert_int_equal(woad_gap_disconnect(p->side[0].node.host, p->side[0].conn, 0), 0);
    node_wake(&p->side[0].node);
    for (int i = 0; i < 2000 && (p->side[0].linked || p->side[1].linked); i++)
        run_ms(p, 5);
}

static void exchange_oob(struct pair *p, bool legacy)
{
    for (int i = 0; i < 2; i++) {
        if (!legacy) {
            assert_int_equal(woad_smp_oob_generate(p->side[i].node.host, true), 0);
            node_wake(&p->side[i].node);
        }
    }
    run_ms(p, 20);
    for (int i = 0; i < 2; i++) {
        struct woad_smp_oob data = p->side[!i].oob;
        if (legacy)
            data = (struct woad_smp_oob){.legacy = true, .authenticated = true, .tk = {7, 1, 9}};
        assert_int_equal(woad_smp_oob_set(p->side[i].node.host, p->side[i].conn, &data), 0);
    }
}

struct model {
    const char *name;
    uint8_t io[2];
    bool oob;
    uint8_t method, level, legacy_method, legacy_level;
};

static const struct model models[] = {
    {"just works", {0, 0}, false, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {"comparison", {3, 3}, false, WOAD_SMP_COMPARISON, 4, WOAD_SMP_JUST_WORKS, 2},
    {"passkey shown", {1, 4}, false, WOAD_SMP_PASSKEY_SHOWN, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {"passkey input", {4, 1}, false, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {"passkey both", {4, 4}, false, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {"out of band", {0, 0}, true, WOAD_SMP_OUT_OF_BAND, 4, WOAD_SMP_OUT_OF_BAND, 3},
};

static void one_model(const struct model *m, bool legacy, int asker, uint16_t loss)
{
    struct woad_smp_cfg cfg[2];
    for (int i = 0; i < 2; i++)
        cfg[i] = (struct woad_smp_cfg){.io = m->io[i],
                                       .mitm = true,
                                       .legacy = legacy ? &woad_smp_legacy : NULL,
                                       .no_sc = legacy};
    uint8_t level = legacy ? m->legacy_level : m->level;
    struct pair *p = new_pair(&cfg[0], &cfg[1], 1u + (unsigned)asker, loss);
    if (m->oob)
        exchange_oob(p, legacy);
    secure(p, asker, level);
    await(p, 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(p->side[i].last.u.secured.result.err, 0);
        assert_true(p->side[i].last.u.secured.paired);
        assert_int_equal(p->side[i].stored, 1);
    }
    assert_int_equal(p->side[0].last.u.secured.method, legacy ? m->legacy_method : m->method);
    same_keys(p, level);
    drop_link(p);
    make_link(p);
    run_ms(p, loss ? 3000 : 500); /* by itself, with the bond */
    for (int i = 0; i < 2; i++) {
        assert_true(loss || p->side[i].secured == 2);
        assert_false(p->side[i].last.u.secured.paired);
        assert_int_equal(p->side[i].last.u.secured.result.err, 0);
    }
    same_keys(p, level);
    drop_link(p);
    free_pair(p);
}

static void every_model(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(models); i++)
        for (int legacy = 0; legacy < 2; legacy++)
            for (int asker = 0; asker < 2; asker++)
                one_model(&models[i], legacy, asker, 0);
}

static void with_loss(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(models); i++)
        one_model(&models[i], i % 2, 0, 200);
}

/* The link is cut at every 5 ms of a passkey pairing: the call completes once, at most one side
 * more than the other has a bond, and the next pairing repairs what is left. */
static void cut_anywhere(void **state)
{
    (void)state;
    static const struct woad_smp_cfg a = {.io = ALL_IO, .mitm = true};
    static const struct woad_smp_cfg b = {.io = WOAD_SMP_DISPLAY, .keep_unsecured = true};
    unsigned complete = 0;
    for (unsigned ms = 5; ms < 2000 && complete < 3; ms += ms < 100 ? 5 : 45) {
        struct pair *p = new_pair(&a, &b, ms, 0);
        secure(p, 0, 4);
        run_ms(p, ms);
        complete += p->side[0].secured == 1;
        drop_link(p);
        run_ms(p, 10);
        assert_int_equal(p->side[0].secured, 1);
        assert_true(p->side[1].secured <= 1);
        int one = woad_smp_bond_next(p->side[0].node.host, -1);
        int two = woad_smp_bond_next(p->side[1].node.host, -1);
        if (one >= 0 && two >= 0) {
            struct woad_smp_bond x, y;
            assert_int_equal(woad_smp_bond_get(p->side[0].node.host, one, &x), 0);
            assert_int_equal(woad_smp_bond_get(p->side[1].node.host, two, &y), 0);
            assert_memory_equal(x.ltk, y.own_ltk, 16);
        }
        run_ms(p, 1500); /* the wait after a failure */
        if (one >= 0 && two < 0)
            assert_int_equal(woad_smp_bond_remove(p->side[0].node.host, NULL), 0);
        make_link(p);
        unsigned before = p->side[0].secured;
        secure(p, 0, 4);
        for (int i = 0; i < 600 && p->side[0].secured == before; i++)
            run_ms(p, 5);
        run_ms(p, 100);
        same_keys(p, 4);
        drop_link(p);
        free_pair(p);
    }
    assert_true(complete >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model),
        cmocka_unit_test(with_loss),
        cmocka_unit_test(cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
