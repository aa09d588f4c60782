/* Modes and procedures of GAP by scripts of HCI, after the purposes of GAP.TS.p49, 4.7.1 to 4.7.3:
 * a row or a test bears the name of its purpose. What a controller and a peer would do is in the
 * events; what the host decides is in its commands. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/ad.h"
#include "woad/crypto.h"
#include "woad/cursor.h"

#define ADV_PARAMS  WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS
#define ADV_DATA    WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA
#define SCAN_RSP    WOAD_HCI_CMD_LE_SET_SCAN_RESPONSE_DATA
#define ADV_ENABLE  WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE
#define SCAN_PARAMS WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS
#define CREATE      WOAD_HCI_CMD_LE_CREATE_CONNECTION
#define RANDOM_ADDR WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS
#define ACCEPT_ADD  WOAD_HCI_CMD_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST
#define RESOLVE_ADD WOAD_HCI_CMD_LE_ADD_DEVICE_TO_RESOLVING_LIST

/* The tester, and its private address of the moment. */
static struct woad_identity tester;
static struct woad_addr tester_rpa;
static const uint8_t own_irk[16] = {0xa1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
static const uint8_t name[] = {5, 9, 'w', 'o', 'a', 'd'};
static const uint8_t power[] = {2, 0x0A, 4};

static uint16_t one(const struct woad_host *h)
{
    (void)h;
    return 1;
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *id)
{
    (void)h;
    (void)at;
    *id = tester;
    return true;
}

static const struct woad_identities identities = {one, get, NULL};

enum { NO_PRIVACY, BY_CONTROLLER, BY_HOST, NON_RESOLVABLE };
static const struct woad_privacy_cfg privacies[] = {
    [BY_CONTROLLER] = {.irk = own_irk, .timeout_s = 800, .identities = &identities},
    [BY_HOST] = {.irk = own_irk, .timeout_s = 800, .identities = &identities, .host_only = true},
    [NON_RESOLVABLE] = {.timeout_s = 800, .non_resolvable = true},
};

static void open_with(struct gap_log *g, unsigned privacy)
{
    const struct woad_host_use use[] = {{&woad_gap_privacy_part, &privacies[privacy]},
                                        {NULL, NULL}};
    tester = (struct woad_identity){.addr = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}}, .irk = {7}};
    assert_int_equal(woad_rpa_make(tester.irk, (const uint8_t[]){1, 2, 3}, &tester_rpa), 0);
    gap_open_with(g, privacy ? use : NULL, NULL, 0, NULL);
}

/* The address in the air: as it was set last, and of the kind that privacy wants. */
static struct woad_addr air(const struct gap_log *g, unsigned privacy)
{
    struct woad_addr a = {.type = WOAD_ADDR_RANDOM};
    unsigned n = gap_cmds(g, RANDOM_ADDR);
    assert_int_not_equal(n, 0);
    memcpy(a.val, gap_cmd(g, RANDOM_ADDR, n - 1)->params, 6);
    if (privacy == NON_RESOLVABLE)
        assert_int_equal(a.val[5] >> 6, 0);
    else
        assert_true(woad_rpa_matches(own_irk, &a));
    return a;
}

/* With LL privacy the controller knows the tester and us. */
static void expect_resolving(const struct gap_log *g, unsigned privacy)
{
    const struct gap_cmd *c = gap_cmd(g, RESOLVE_ADD, 0);
    assert_int_equal(c != NULL, privacy == BY_CONTROLLER);
    if (!c)
        return;
    assert_int_equal(c->params[0], tester.addr.type);
    assert_memory_equal(c->params + 1, tester.addr.val, 6);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(c->params[7 + i], tester.irk[15 - i]);
        assert_int_equal(c->params[23 + i], own_irk[15 - i]);
    }
}

/* ---- modes of the one who advertises --------------------------------------------------------- */

enum { NOT_DISCOVERABLE, GENERAL, LIMITED };

struct mode {
    uint8_t kind;
    uint8_t discoverable;
    uint8_t privacy;
};

static bool connectable(uint8_t kind)
{
    return kind == WOAD_ADV_CONNECTABLE;
}

/* {length, data, zeros}: the fields wanted, Flags once or not at all. */
static void expect_fields(const struct gap_cmd *c, const void *fields, uint8_t len, int mode)
{
    struct woad_ad_field f;
    struct woad_rd r = woad_rd_init(c->params + 1, c->params[0]);
    unsigned flags = 0;
    assert_int_equal(c->len, 32);
    assert_int_equal(c->params[0], mode ? len + 3 : len);
    while (woad_ad_next(&r, &f) > 0)
        flags += f.type == WOAD_AD_FLAGS;
    assert_int_equal(flags, mode != NOT_DISCOVERABLE);
    assert_int_equal(woad_gap_discoverable_mode(c->params + 1, c->params[0]), mode);
    if (mode) /* BR/EDR not supported, nothing of both at once */
        assert_int_equal(c->params[3], mode == LIMITED ? 0x05 : 0x06);
    assert_memory_equal(c->params + 1 + (mode ? 3 : 0), fields, len);
}

static void advertise(struct gap_log *g, const struct mode *m)
{
    uint8_t data[31];
    int len = sizeof(name);
    memcpy(data, name, sizeof(name));
    if (m->discoverable)
        len = woad_gap_discoverable(m->discoverable == LIMITED, name, sizeof(name), data, 31);
    const struct woad_adv_params p = {
        .kind = m->kind,
        .data = data,
        .data_len = (uint8_t)len,
        .scan_rsp = power,
        .scan_rsp_len = m->kind == WOAD_ADV_NONCONNECTABLE ? 0 : sizeof(power),
        .duration_ms = m->discoverable == LIMITED ? WOAD_GAP_LIMITED_DURATION_MS : 0};
    assert_int_equal(woad_gap_advertise_start(g->h, &p), 0);
    gap_turn(g);
    assert_int_equal(gap_event(g, WOAD_EVT_ADV_STARTED, 0)->result.err, 0);
    assert_int_equal(gap_cmd(g, ADV_PARAMS, 0)->params[4], m->kind);
    expect_fields(gap_cmd(g, ADV_DATA, 0), name, sizeof(name), m->discoverable);
    if (p.scan_rsp_len)
        expect_fields(gap_cmd(g, SCAN_RSP, 0), power, sizeof(power), NOT_DISCOVERABLE);
}

/* The advertiser's address, with privacy another one after its time. */
static void expect_address(struct gap_log *g, const struct mode *m)
{
    const struct gap_cmd *c = gap_cmd(g, ADV_PARAMS, 0);
    if (m->privacy == NO_PRIVACY) {
        assert_int_equal(c->params[5], g->dev->addr.type);
        assert_null(gap_cmd(g, RANDOM_ADDR, 0));
        return;
    }
    assert_int_equal(c->params[5], WOAD_ADDR_RANDOM);
    struct woad_addr before = air(g, m->privacy);
    expect_resolving(g, m->privacy);
    if (m->discoverable == LIMITED)
        return;
    dbl_run(g->d, 801000000);
    struct woad_addr after = air(g, m->privacy);
    assert_false(woad_addr_equal(&before, &after));
    assert_int_equal(gap_events(g, WOAD_EVT_ADV_STOPPED), 0);
}

static void mode(void **state)
{
    const struct mode *m = *state;
    struct gap_log g;
    open_with(&g, m->privacy);
    advertise(&g, m);
    expect_address(&g, m);
    if (connectable(m->kind)) {
        gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, m->privacy ? &tester_rpa : &tester.addr);
        assert_int_equal(gap_event(&g, WOAD_EVT_CONNECTED, 0)->result.err, 0);
        assert_int_equal(woad_gap_disconnect(g.h, 0x40, 0), 0);
    } else if (m->discoverable == LIMITED) {
        dbl_run(g.d, 181000000);
        assert_int_equal(gap_event(&g, WOAD_EVT_ADV_STOPPED, 0)->result.err, WOAD_ERR_TIMEOUT);
    }
    gap_close(&g);
}

static void GAP_BROB_BCST_BV_05_C(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_adv_params p = {.kind = WOAD_ADV_SCANNABLE,
                                      .filter = 1, /* scan requests from the list */
                                      .data = name,
                                      .data_len = sizeof(name),
                                      .scan_rsp = power,
                                      .scan_rsp_len = sizeof(power)};
    open_with(&g, BY_CONTROLLER);
    expect_resolving(&g, BY_CONTROLLER);
    for (unsigned in_list = 0; in_list < 2; in_list++) {
        assert_int_equal(woad_gap_advertise_start(g.h, &p), 0);
        gap_turn(&g);
        assert_int_equal(gap_cmds(&g, ACCEPT_ADD), in_list);
        assert_int_equal(gap_cmd(&g, ADV_PARAMS, in_list)->params[4], WOAD_ADV_SCANNABLE);
        assert_int_equal(gap_cmd(&g, ADV_PARAMS, in_list)->params[5], WOAD_ADDR_RANDOM);
        assert_int_equal(gap_cmd(&g, ADV_PARAMS, in_list)->params[14], 1);
        expect_fields(gap_cmd(&g, ADV_DATA, in_list), name, sizeof(name), 0);
        expect_fields(gap_cmd(&g, SCAN_RSP, in_list), power, sizeof(power), 0);
        air(&g, BY_CONTROLLER);
        assert_int_equal(woad_gap_advertise_stop(g.h), 0); /* a list in use does not change */
        gap_turn(&g);
        if (in_list)
            continue;
        assert_int_equal(woad_gap_accept_list_add(g.h, &tester.addr), 0);
        gap_turn(&g);
        assert_int_equal(gap_cmd(&g, ACCEPT_ADD, 0)->params[0], tester.addr.type);
        assert_memory_equal(gap_cmd(&g, ACCEPT_ADD, 0)->params + 1, tester.addr.val, 6);
    }
    gap_close(&g);
}

/* Refused: the tester would not know its own name; another mode serves. */
static void GAP_CONN_DCON_BV_05_C(void **state)
{
    (void)state;
    static const struct woad_host_use use[] = {{&woad_gap_privacy_part, &privacies[BY_CONTROLLER]},
                                               {&woad_gap_ext_adv_part, NULL},
                                               {NULL, NULL}};
    struct gap_log g;
    open_with(&g, BY_CONTROLLER);
    tester.no_resolution = true;
    struct woad_adv_params p = {.kind = WOAD_ADV_DIRECT_LOW_DUTY, .peer = tester.addr};
    assert_int_equal(woad_gap_advertise_start(g.h, &p), WOAD_ERR_UNSUPPORTED);
    p.kind = WOAD_ADV_DIRECT_HIGH_DUTY;
    assert_int_equal(woad_gap_advertise_start(g.h, &p), WOAD_ERR_UNSUPPORTED);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, ADV_ENABLE), 0);
    p.kind = WOAD_ADV_CONNECTABLE;
    assert_int_equal(woad_gap_advertise_start(g.h, &p), 0);
    gap_turn(&g);
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &tester_rpa);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    p.kind = WOAD_ADV_DIRECT_LOW_DUTY; /* to somebody who is no private peer */
    p.peer = (struct woad_addr){WOAD_ADDR_PUBLIC, {1, 2, 3, 4, 5, 0xc6}};
    assert_int_equal(woad_gap_advertise_start(g.h, &p), 0);
    gap_close(&g);
    gap_open_with(&g, use, NULL, 0, NULL);
    struct woad_adv_set_params set = {.props = WOAD_ADV_SET_CONNECTABLE | WOAD_ADV_SET_DIRECTED,
                                      .peer = tester.addr};
    assert_int_equal(woad_adv_set_start(g.h, 0, &set), WOAD_ERR_UNSUPPORTED);
    tester.no_resolution = false;
    assert_int_equal(woad_adv_set_start(g.h, 0, &set), 0);
    gap_close(&g);
}

/* ---- procedures of the one who scans --------------------------------------------------------- */

enum { ADV_IND, ADV_DIRECT_IND, ADV_SCAN_IND, ADV_NONCONN_IND, SCAN_RESPONSE };

static void hear(struct gap_log *g, uint8_t kind, const struct woad_addr *from, const void *data,
                 uint8_t len)
{
    uint8_t evt[43] = {1, kind, from->type};
    memcpy(evt + 3, from->val, 6);
    evt[9] = len;
    if (len)
        memcpy(evt + 10, data, len);
    evt[10 + len] = 0xc4;
    gap_le(g, WOAD_HCI_LE_EVT_ADVERTISING_REPORT, evt, (uint8_t)(11 + len));
}

static void scan(struct gap_log *g, bool active, bool by_list, unsigned privacy)
{
    const struct woad_scan_params p = {.active = active, .accept_list_only = by_list};
    assert_int_equal(woad_gap_scan_start(g->h, &p), 0);
    gap_turn(g);
    const struct gap_cmd *c = gap_cmd(g, SCAN_PARAMS, 0);
    assert_int_equal(c->params[0], active);
    assert_int_equal(c->params[5], privacy ? WOAD_ADDR_RANDOM : g->dev->addr.type);
    assert_int_equal(c->params[6], by_list);
    if (privacy)
        air(g, privacy);
    assert_int_equal(gap_event(g, WOAD_EVT_SCAN_STARTED, 0)->result.err, 0);
}

/* The tester's address as the controller reports it. */
static struct woad_addr reported(unsigned privacy)
{
    struct woad_addr a = privacy == BY_HOST ? tester_rpa : tester.addr;
    if (privacy == BY_CONTROLLER)
        a.type |= 2; /* resolved */
    return a;
}

/* Report n is the tester's. */
static void expect_tester(struct gap_log *g, unsigned n, unsigned privacy)
{
    const struct gap_event *e = gap_event(g, WOAD_EVT_ADV_REPORT, n);
    struct woad_addr id;
    assert_non_null(e);
    if (privacy == BY_CONTROLLER || privacy == BY_HOST) {
        assert_int_equal(woad_gap_privacy_resolve(g->h, &e->peer, &id), 0);
        assert_true(woad_addr_equal(&id, &tester.addr));
    } else {
        assert_true(woad_addr_equal(&e->peer, &tester.addr));
    }
}

struct observation {
    uint8_t privacy;
    bool by_list;
};

static void observation(void **state)
{
    const struct observation *o = *state;
    struct gap_log g;
    open_with(&g, o->privacy);
    struct woad_addr from = reported(o->privacy);
    expect_resolving(&g, o->privacy);
    if (o->by_list) {
        assert_int_equal(woad_gap_accept_list_add(g.h, &tester.addr), 0);
        gap_turn(&g);
        assert_memory_equal(gap_cmd(&g, ACCEPT_ADD, 0)->params + 1, tester.addr.val, 6);
    }
    scan(&g, true, o->by_list, o->privacy);
    hear(&g, ADV_SCAN_IND, &from, name, sizeof(name));
    expect_tester(&g, 0, o->privacy);
    assert_memory_equal(g.data, name, sizeof(name));
    hear(&g, SCAN_RESPONSE, &from, power, sizeof(power));
    expect_tester(&g, 1, o->privacy);
    assert_memory_equal(g.data, power, sizeof(power));
    gap_close(&g);
}

struct discovery {
    bool limited; /* the procedure; otherwise the general one */
    uint8_t kind;
    uint8_t flags; /* 0xff: no such field */
    bool found;
};

/* The application's part of a discovery procedure. */
static bool finds(const struct gap_log *g, uint8_t len, bool limited)
{
    int found = woad_gap_discoverable_mode(g->data, len);
    return limited ? found == LIMITED : found != NOT_DISCOVERABLE;
}

static void discovery(void **state)
{
    const struct discovery *d = *state;
    uint8_t data[9] = {2, WOAD_AD_FLAGS, d->flags};
    uint8_t len = d->kind == ADV_DIRECT_IND ? 0 : sizeof(name);
    uint8_t *to = d->flags == 0xff ? data : data + 3;
    struct gap_log g;
    memcpy(to, name, len);
    len = (uint8_t)(len + (to - data));
    open_with(&g, NO_PRIVACY);
    scan(&g, true, false, NO_PRIVACY);
    hear(&g, d->kind, &tester.addr, data, len);
    expect_tester(&g, 0, NO_PRIVACY);
    assert_int_equal(finds(&g, len, d->limited), d->found);
    gap_close(&g);
}

static void GAP_DISC_RPA_BV_01_C(void **state)
{
    (void)state;
    for (uint8_t privacy = BY_CONTROLLER; privacy <= BY_HOST; privacy++) {
        for (unsigned limited = 0; limited < 2; limited++) {
            struct gap_log g;
            uint8_t data[9];
            assert_int_equal(woad_gap_discoverable(limited, name, 6, data, sizeof(data)), 9);
            open_with(&g, privacy);
            struct woad_addr from = reported(privacy), stranger = tester_rpa, id;
            scan(&g, true, false, privacy);
            hear(&g, ADV_IND, &from, data, sizeof(data));
            expect_tester(&g, 0, privacy);
            assert_true(finds(&g, sizeof(data), limited));
            stranger.val[0] ^= 1;
            hear(&g, ADV_IND, &stranger, data, sizeof(data));
            assert_int_equal(
                woad_gap_privacy_resolve(g.h, &gap_event(&g, WOAD_EVT_ADV_REPORT, 1)->peer, &id),
                WOAD_ERR_NOT_FOUND);
            gap_close(&g);
        }
    }
}

/* ---- establishing connections ---------------------------------------------------------------- */

enum { AUTO, GENERAL_PROCEDURE, SELECTIVE, DIRECT };

struct establishing {
    uint8_t procedure;
    uint8_t kind; /* of the tester's advertising */
    bool privacy;
};

/* From a private address of ours: one that the host has set, or one of the controller's making. */
static void expect_create(struct gap_log *g, const struct establishing *e, unsigned privacy,
                          const struct woad_addr *to)
{
    const struct gap_cmd *c = gap_cmd(g, CREATE, 0);
    assert_non_null(c);
    assert_int_equal(c->params[4], e->procedure == AUTO);
    if (e->procedure != AUTO) {
        assert_int_equal(c->params[5], to->type);
        assert_memory_equal(c->params + 6, to->val, 6);
    }
    if (!privacy) {
        assert_int_equal(c->params[12], g->dev->addr.type);
    } else if (privacy == BY_CONTROLLER && e->procedure != AUTO) {
        assert_int_equal(c->params[12], 3);
        expect_resolving(g, privacy); /* with our key */
    } else {
        assert_int_equal(c->params[12], WOAD_ADDR_RANDOM);
        air(g, privacy);
    }
}

static void establish(const struct establishing *e, unsigned privacy)
{
    struct gap_log g;
    open_with(&g, privacy);
    struct woad_addr from = reported(privacy), to = tester.addr;
    if (e->procedure == AUTO || e->procedure == SELECTIVE) {
        assert_int_equal(woad_gap_accept_list_add(g.h, &tester.addr), 0);
        gap_turn(&g);
        assert_int_equal(gap_cmd(&g, ACCEPT_ADD, 0)->params[0], tester.addr.type);
        assert_memory_equal(gap_cmd(&g, ACCEPT_ADD, 0)->params + 1, tester.addr.val, 6);
    }
    if (e->procedure == GENERAL_PROCEDURE || e->procedure == SELECTIVE) {
        scan(&g, false, e->procedure == SELECTIVE, privacy);
        hear(&g, e->kind, &from, name, e->kind == ADV_DIRECT_IND ? 0 : sizeof(name));
        expect_tester(&g, 0, privacy);
        assert_int_equal(woad_gap_scan_stop(g.h), 0);
        gap_turn(&g);
        to = gap_event(&g, WOAD_EVT_ADV_REPORT, 0)->peer;
    }
    assert_int_equal(woad_gap_connect(g.h, e->procedure == AUTO ? NULL : &to, NULL), 0);
    gap_turn(&g);
    expect_create(&g, e, privacy, &to);
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &from);
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECTED, 0)->result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(woad_gap_disconnect(g.h, 0x40, 0), 0);
    gap_close(&g);
}

static void establishing(void **state)
{
    const struct establishing *e = *state;
    establish(e, e->privacy ? BY_CONTROLLER : NO_PRIVACY);
    if (e->privacy && e->procedure == GENERAL_PROCEDURE)
        establish(e, BY_HOST);
}

#define ROW(purpose, run, type, ...)                                                               \
    {                                                                                              \
#purpose, run, NULL, NULL, &(struct type)                                                  \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define MODE(purpose, ...)        ROW(purpose, mode, mode, __VA_ARGS__)
#define OBSERVATION(purpose, ...) ROW(purpose, observation, observation, __VA_ARGS__)
#define DISCOVERY(purpose, ...)   ROW(purpose, discovery, discovery, __VA_ARGS__)
#define CONNECT(purpose, ...)     ROW(purpose, establishing, establishing, __VA_ARGS__)

int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        MODE(GAP_BROB_BCST_BV_01_C, WOAD_ADV_NONCONNECTABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_BROB_BCST_BV_02_C, WOAD_ADV_SCANNABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_BROB_BCST_BV_03_C, WOAD_ADV_NONCONNECTABLE, NOT_DISCOVERABLE, BY_CONTROLLER),
        MODE(GAP_BROB_BCST_BV_04_C, WOAD_ADV_NONCONNECTABLE, NOT_DISCOVERABLE, NON_RESOLVABLE),
        MODE(GAP_DISC_NONM_BV_01_C, WOAD_ADV_NONCONNECTABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_DISC_NONM_BV_02_C, WOAD_ADV_CONNECTABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_DISC_LIMM_BV_03_C, WOAD_ADV_NONCONNECTABLE, LIMITED, NO_PRIVACY),
        MODE(GAP_DISC_LIMM_BV_04_C, WOAD_ADV_CONNECTABLE, LIMITED, NO_PRIVACY),
        MODE(GAP_DISC_GENM_BV_03_C, WOAD_ADV_NONCONNECTABLE, GENERAL, NO_PRIVACY),
        MODE(GAP_DISC_GENM_BV_04_C, WOAD_ADV_CONNECTABLE, GENERAL, NO_PRIVACY),
        MODE(GAP_CONN_NCON_BV_01_C, WOAD_ADV_SCANNABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_CONN_NCON_BV_02_C, WOAD_ADV_NONCONNECTABLE, GENERAL, NO_PRIVACY),
        MODE(GAP_CONN_NCON_BV_03_C, WOAD_ADV_NONCONNECTABLE, LIMITED, NO_PRIVACY),
        MODE(GAP_CONN_UCON_BV_01_C, WOAD_ADV_CONNECTABLE, NOT_DISCOVERABLE, NO_PRIVACY),
        MODE(GAP_CONN_UCON_BV_02_C, WOAD_ADV_CONNECTABLE, GENERAL, NO_PRIVACY),
        MODE(GAP_CONN_UCON_BV_03_C, WOAD_ADV_CONNECTABLE, LIMITED, NO_PRIVACY),
        MODE(GAP_CONN_UCON_BV_06_C, WOAD_ADV_CONNECTABLE, NOT_DISCOVERABLE, BY_HOST),
        cmocka_unit_test(GAP_BROB_BCST_BV_05_C),
        cmocka_unit_test(GAP_CONN_DCON_BV_05_C),
        OBSERVATION(GAP_BROB_OBSV_BV_02_C, NO_PRIVACY, false),
        OBSERVATION(GAP_BROB_OBSV_BV_05_C, NON_RESOLVABLE, false),
        OBSERVATION(GAP_BROB_OBSV_BV_06_C, BY_CONTROLLER, true),
        OBSERVATION(GAP_BROB_OBSV_BV_06_C by the host, BY_HOST, false),
        DISCOVERY(GAP_DISC_LIMP_BV_01_C, true, ADV_IND, 0x05, true),
        DISCOVERY(GAP_DISC_LIMP_BV_02_C, true, ADV_IND, 0x06, false),
        DISCOVERY(GAP_DISC_LIMP_BV_03_C, true, ADV_NONCONN_IND, 0x04, false),
        DISCOVERY(GAP_DISC_LIMP_BV_04_C, true, ADV_IND, 0xff, false),
        DISCOVERY(GAP_DISC_LIMP_BV_05_C, true, ADV_DIRECT_IND, 0xff, false),
        DISCOVERY(GAP_DISC_GENP_BV_01_C, false, ADV_IND, 0x06, true),
        DISCOVERY(GAP_DISC_GENP_BV_02_C, false, ADV_IND, 0x05, true),
        DISCOVERY(GAP_DISC_GENP_BV_03_C, false, ADV_NONCONN_IND, 0x04, false),
        DISCOVERY(GAP_DISC_GENP_BV_04_C, false, ADV_IND, 0xff, false),
        DISCOVERY(GAP_DISC_GENP_BV_05_C, false, ADV_DIRECT_IND, 0xff, false),
        cmocka_unit_test(GAP_DISC_RPA_BV_01_C),
        CONNECT(GAP_CONN_ACEP_BV_01_C, AUTO, ADV_DIRECT_IND, false),
        CONNECT(GAP_CONN_ACEP_BV_03_C, AUTO, ADV_DIRECT_IND, true),
        CONNECT(GAP_CONN_ACEP_BV_04_C, AUTO, ADV_IND, true),
        CONNECT(GAP_CONN_GCEP_BV_01_C, GENERAL_PROCEDURE, ADV_DIRECT_IND, false),
        CONNECT(GAP_CONN_GCEP_BV_02_C, GENERAL_PROCEDURE, ADV_IND, false),
        CONNECT(GAP_CONN_GCEP_BV_05_C, GENERAL_PROCEDURE, ADV_DIRECT_IND, true),
        CONNECT(GAP_CONN_GCEP_BV_06_C, GENERAL_PROCEDURE, ADV_IND, true),
        CONNECT(GAP_CONN_SCEP_BV_01_C, SELECTIVE, ADV_DIRECT_IND, false),
        CONNECT(GAP_CONN_SCEP_BV_03_C, SELECTIVE, ADV_DIRECT_IND, true),
        CONNECT(GAP_CONN_DCEP_BV_01_C, DIRECT, ADV_DIRECT_IND, false),
        CONNECT(GAP_CONN_DCEP_BV_03_C, DIRECT, ADV_IND, false),
        CONNECT(GAP_CONN_DCEP_BV_05_C, DIRECT, ADV_DIRECT_IND, true),
        CONNECT(GAP_CONN_DCEP_BV_06_C, DIRECT, ADV_IND, true),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
