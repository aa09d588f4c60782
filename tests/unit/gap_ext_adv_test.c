/* Advertising sets, and the calls of woad/gap.h through extended commands. Tests with the name of a
 * purpose of the SIG's GAP suite check what that purpose checks, as far as the host decides it. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/cursor.h"

#define PARAMS   WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS
#define DATA     WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_DATA
#define RSP      WOAD_HCI_CMD_LE_SET_EXTENDED_SCAN_RESPONSE_DATA
#define ENABLE   WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE
#define SET_ADDR WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS

static const struct woad_adv_set_cfg two = {.sets = 2};
static const struct woad_host_use parts[] = {
    {&woad_gap_ext_adv_part, &two}, {&woad_gap_ext_scan_part, NULL}, {NULL, NULL}};
static const struct woad_addr own = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
static uint8_t long_data[WOAD_ADV_DATA_MAX];

static const struct gap_event *set_event(const struct gap_log *g, uint8_t type, unsigned n)
{
    for (unsigned i = 0; gap_event(g, WOAD_EVT_ADV_SET, i); i++)
        if (gap_event(g, WOAD_EVT_ADV_SET, i)->set.type == type && n-- == 0)
            return gap_event(g, WOAD_EVT_ADV_SET, i);
    return NULL;
}

static void terminated(struct gap_log *g, uint8_t status, uint8_t handle, uint16_t conn,
                       uint8_t events)
{
    const uint8_t evt[5] = {status, handle, (uint8_t)conn, (uint8_t)(conn >> 8), events};
    gap_le(g, WOAD_HCI_LE_EVT_ADVERTISING_SET_TERMINATED, evt, 5);
}

static void start(struct gap_log *g, uint8_t set, const struct woad_adv_set_params *p)
{
    assert_int_equal(woad_adv_set_start(g->h, set, p), 0);
    gap_turn(g);
}

static uint16_t props_of(const struct gap_log *g, unsigned n)
{
    const struct gap_cmd *c = gap_cmd(g, PARAMS, n);
    assert_non_null(c);
    assert_int_equal(c->len, 25);
    return woad_get_u16(c->params + 1);
}

static void GAP_BROB_BCST_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    const uint8_t ad[] = {3, 0xff, 1, 2};
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.data = ad, .data_len = 4, .sid = 5, .own = own});
    assert_int_equal(props_of(&g, 0), 0); /* not connectable, not scannable */
    const struct gap_cmd *c = gap_cmd(&g, PARAMS, 0);
    assert_int_equal(c->params[0], 1);
    assert_int_equal(woad_get_u24(c->params + 3), 160);
    assert_int_equal(c->params[9], 7);
    assert_int_equal(c->params[10], WOAD_ADDR_RANDOM);
    assert_int_equal(c->params[23], 5);
    assert_memory_equal(gap_cmd(&g, SET_ADDR, 0)->params + 1, own.val, 6);
    const uint8_t whole[] = {1, 3, 1, 4, 3, 0xff, 1, 2};
    assert_memory_equal(gap_cmd(&g, DATA, 0)->params, whole, sizeof(whole));
    assert_null(gap_cmd(&g, RSP, 0));
    const uint8_t on[] = {1, 1, 1, 0, 0, 0};
    assert_memory_equal(gap_cmd(&g, ENABLE, 0)->params, on, sizeof(on));
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STARTED, 0)->set.result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void GAP_BROB_BCST_BV_02_C(void **state)
{
    (void)state;
    struct gap_log g;
    const uint8_t ad[] = {3, 0xff, 1, 2};
    gap_open(&g, parts, NULL, 0);
    start(&g, 1,
          &(struct woad_adv_set_params){
              .props = WOAD_ADV_SET_SCANNABLE, .scan_rsp = ad, .scan_rsp_len = 4});
    assert_int_equal(props_of(&g, 0), WOAD_ADV_SET_SCANNABLE);
    assert_null(gap_cmd(&g, DATA, 0)); /* refused by controllers for this kind */
    const uint8_t whole[] = {2, 3, 1, 4, 3, 0xff, 1, 2};
    assert_memory_equal(gap_cmd(&g, RSP, 0)->params, whole, sizeof(whole));
    gap_close(&g);
}

static void discoverable(bool limited, uint8_t props)
{
    struct gap_log g;
    uint8_t ad[16];
    const uint8_t name[] = {3, 0x09, 'w', 'o'};
    gap_open(&g, parts, NULL, 0);
    assert_int_equal(woad_gap_discoverable(limited, name, 4, ad, sizeof(ad)), 7);
    assert_int_equal(woad_gap_discoverable(limited, name, 4, ad, 6), WOAD_ERR_TOO_LONG);
    start(&g, 0,
          &(struct woad_adv_set_params){.props = props,
                                        .data = ad,
                                        .data_len = 7,
                                        .duration_ms = limited ? WOAD_GAP_LIMITED_DURATION_MS : 0});
    const uint8_t want[] = {2, 1, limited ? 5 : 6, 3, 0x09, 'w', 'o'};
    assert_memory_equal(gap_cmd(&g, DATA, 0)->params + 4, want, sizeof(want));
    assert_int_equal(props_of(&g, 0) & 1, props & 1);
    dbl_run(g.d, 179000000);
    assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 0));
    dbl_run(g.d, 2000000);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STOPPED, 0) != NULL, limited);
    gap_close(&g);
}

static void GAP_DISC_LIMM_BV_03_C(void **state)
{
    (void)state;
    discoverable(true, 0x10);
}

static void GAP_DISC_LIMM_BV_04_C(void **state)
{
    (void)state;
    discoverable(true, 0x13);
}

static void GAP_DISC_GENM_BV_03_C(void **state)
{
    (void)state;
    discoverable(false, 0x10);
}

static void GAP_DISC_GENM_BV_04_C(void **state)
{
    (void)state;
    discoverable(false, 0x13);
}

static void the_mode_is_read_from_flags(void **state)
{
    (void)state;
    assert_int_equal(woad_gap_discoverable_mode((const uint8_t[]){2, 1, 6}, 3), 1);
    assert_int_equal(woad_gap_discoverable_mode((const uint8_t[]){2, 9, 'x', 2, 1, 5}, 6), 2);
    assert_int_equal(woad_gap_discoverable_mode((const uint8_t[]){2, 1, 4}, 3), 0);
    assert_int_equal(woad_gap_discoverable_mode((const uint8_t[]){9, 1, 5}, 3), 0);
    assert_int_equal(woad_gap_discoverable_mode((const uint8_t[]){0, 2, 1, 6}, 4), 0);
    assert_int_equal(woad_gap_discoverable_mode(NULL, 0), 0);
}

/* Directed sets carry no data of their own, and their Target is the peer. */
static void GAP_CONN_DCON_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {6, 5, 4, 3, 2, 1}};
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.props = 0x1d, .peer = peer});
    assert_int_equal(props_of(&g, 0), 0x1d);
    assert_memory_equal(gap_cmd(&g, PARAMS, 0)->params + 12, peer.val, 6);
    assert_null(gap_cmd(&g, DATA, 0));
    assert_int_equal(woad_get_u16(gap_cmd(&g, ENABLE, 0)->params + 3), 128); /* 1.28 s */
    terminated(&g, WOAD_HCI_ERR_ADVERTISING_TIMEOUT, 1, 0, 0);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STOPPED, 0)->set.result.err, WOAD_ERR_TIMEOUT);
    gap_close(&g);
}

static void data_go_out_in_fragments(void **state)
{
    (void)state;
    static const uint16_t lens[] = {0, 1, 250, 251, 252, 502, 503, 1650};
    for (unsigned k = 0; k < ARRAY_LEN(lens); k++) {
        struct gap_log g;
        uint8_t got[WOAD_ADV_DATA_MAX];
        uint16_t n = 0;
        unsigned i = 0;
        const struct gap_cmd *c;
        gap_open(&g, parts, NULL, 0);
        start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = lens[k]});
        while ((c = gap_cmd(&g, DATA, i))) {
            bool last = !gap_cmd(&g, DATA, i + 1);
            assert_int_equal(c->params[1], i == 0 ? (last ? 3 : 1) : last ? 2 : 0);
            assert_int_equal(c->len, 4 + c->params[3]);
            memcpy(got + n, c->params + 4, c->params[3]);
            n = (uint16_t)(n + c->params[3]);
            i++;
        }
        assert_int_equal(n, lens[k]);
        if (n)
            assert_memory_equal(got, long_data, n);
        assert_int_equal(gap_events(&g, WOAD_EVT_ADV_SET), 1);
        gap_close(&g);
    }
}

static void a_connection_stops_its_set_alone(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {9}};
    gap_open(&g, parts, NULL, 0);
    struct woad_adv_set_params p = {.props = WOAD_ADV_SET_CONNECTABLE};
    start(&g, 0, &p);
    start(&g, 1, &p);
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    gap_turn(&g);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STARTED), 1);
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &peer);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 0);
    terminated(&g, 0, 2, 0x40, 0);
    const struct gap_event *e = set_event(&g, WOAD_ADV_SET_STOPPED, 0);
    assert_int_equal(e->set.set, 1);
    assert_int_equal(e->set.conn, 0x40);
    assert_int_equal(e->set.result.err, 0);
    assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 1));
    terminated(&g, 0, 0, 0x40, 0);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 1);
    gap_close(&g);
}

static void max_events_are_told(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.max_events = 9});
    assert_int_equal(gap_cmd(&g, ENABLE, 0)->params[5], 9);
    terminated(&g, WOAD_HCI_ERR_LIMIT_REACHED, 1, 0, 9);
    const struct gap_event *e = set_event(&g, WOAD_ADV_SET_STOPPED, 0);
    assert_int_equal(e->set.result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(e->set.events, 9);
    assert_int_equal(e->set.conn, WOAD_CONN_NONE);
    gap_close(&g);
}

/* The stop command and the end of the duration cross: one STOPPED. */
static void stop_near_the_end_of_a_duration(void **state)
{
    (void)state;
    for (int64_t off = -3; off <= 3; off++) {
        struct gap_log g;
        gap_open(&g, parts, NULL, 0);
        assert_int_equal(
            woad_adv_set_start(g.h, 0, &(struct woad_adv_set_params){.duration_ms = 100}), 0);
        dbl_run(g.d, (woad_time)(100000 + off));
        int err = woad_adv_set_stop(g.h, 0);
        assert_true(err == 0 || err == WOAD_ERR_STATE);
        gap_turn(&g);
        assert_non_null(set_event(&g, WOAD_ADV_SET_STOPPED, 0));
        assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 1));
        assert_int_equal(gap_pending(&g), 0);
        gap_close(&g);
    }
}

static void short_data_change_while_the_set_runs(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = 3});
    gap_forget(&g);
    assert_int_equal(woad_adv_set_data(g.h, 0, long_data, 251, NULL, 0), 0);
    assert_int_equal(woad_adv_set_data(g.h, 0, long_data, 251, NULL, 0), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, ENABLE), 0);
    assert_int_equal(gap_cmd(&g, DATA, 0)->params[1], 3);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_DATA, 0)->set.result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void long_data_pause_the_set(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = 3});
    gap_forget(&g);
    assert_int_equal(woad_adv_set_data(g.h, 0, long_data, 600, NULL, 0), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, ENABLE, 0)->params[0], 0);
    assert_int_equal(gap_cmd(&g, ENABLE, 1)->params[0], 1);
    assert_int_equal(gap_cmds(&g, DATA), 3);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_SET), 1); /* DATA alone */
    assert_int_equal(set_event(&g, WOAD_ADV_SET_DATA, 0)->set.result.err, 0);
    gap_close(&g);
}

static void data_refused_are_told(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_COMPLETE(DATA, 0), SCRIPT_COMPLETE(DATA, 0x45),
                                             SCRIPT_COMPLETE(DATA, 0)};
    struct gap_log g;
    gap_open(&g, parts, rows, ARRAY_LEN(rows));
    start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = 3});
    assert_int_equal(woad_adv_set_data(g.h, 0, long_data, 200, NULL, 0), 0);
    gap_turn(&g);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_DATA, 0)->set.result.err, WOAD_ERR_TOO_LONG);
    assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 0));
    assert_int_equal(woad_adv_set_data(g.h, 0, long_data, 300, NULL, 0), 0);
    assert_int_equal(woad_adv_set_stop(g.h, 0), 0); /* before the data are in */
    gap_turn(&g);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_DATA, 1)->set.result.err, WOAD_ERR_CANCELLED);
    assert_non_null(set_event(&g, WOAD_ADV_SET_STOPPED, 0));
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void a_set_that_was_something_else_is_removed_first(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = 900});
    assert_int_equal(woad_adv_set_stop(g.h, 0), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_REMOVE_ADVERTISING_SET), 0);
    start(&g, 0, &(struct woad_adv_set_params){.props = 0x13});
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_REMOVE_ADVERTISING_SET), 1);
    assert_int_equal(props_of(&g, 1), 0x13);
    gap_close(&g);
}

static void coding_needs_the_second_version(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_adv_set_params p = {
        .phy = WOAD_PHY_CODED, .coding = WOAD_PHY_CODING_REQUIRE_S8, .coding_secondary = 3};
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &p);
    const struct gap_cmd *c =
        gap_cmd(&g, WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2, 0);
    assert_int_equal(c->len, 27);
    assert_int_equal(c->params[20], 3);
    assert_int_equal(c->params[22], 3);
    assert_int_equal(c->params[25], 4);
    assert_int_equal(c->params[26], 3);
    gap_close(&g);
}

static void scan_requests_are_told(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0,
          &(struct woad_adv_set_params){.props = WOAD_ADV_SET_SCANNABLE,
                                        .tell_scan_request = true,
                                        .scan_rsp = long_data,
                                        .scan_rsp_len = 1});
    const uint8_t evt[8] = {1, 1, 1, 2, 3, 4, 5, 6};
    gap_le(&g, WOAD_HCI_LE_EVT_SCAN_REQUEST_RECEIVED, evt, 8);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_SCAN_REQUEST, 0)->set.addr.val[5], 6);
    const uint8_t other[8] = {2, 1, 1, 2, 3, 4, 5, 6}, none[8] = {99};
    gap_le(&g, WOAD_HCI_LE_EVT_SCAN_REQUEST_RECEIVED, other, 8); /* of a set that does not run */
    gap_le(&g, WOAD_HCI_LE_EVT_SCAN_REQUEST_RECEIVED, none, 8);
    assert_null(set_event(&g, WOAD_ADV_SET_SCAN_REQUEST, 1));
    gap_close(&g);
}

static void values_out_of_range(void **state)
{
    (void)state;
    static const struct woad_adv_set_params bad[] = {
        {.props = 0x80},
        {.props = 0x03}, /* extended: connectable or scannable */
        {.props = 0x21}, /* anonymous and connectable */
        {.props = 0x08}, /* high duty, not legacy directed connectable */
        {.props = 0x11}, /* no such legacy PDU */
        {.props = 0x10, .data_len = 32, .data = long_data},
        {.props = 0x10, .phy = WOAD_PHY_CODED},
        {.channel_map = 8},
        {.filter = 4},
        {.sid = 16},
        {.interval_min_625us = 0x1f},
        {.interval_min_625us = 0x1000000},
        {.interval_min_625us = 100, .interval_max_625us = 99},
        {.phy = WOAD_PHY_2M},
        {.phy_secondary = 4},
        {.coding = 5},
        {.power = true, .tx_power_dbm = 21},
        {.data_len = 1},
        {.data_len = 1651, .data = long_data},
        {.own.type = 2},
        {.peer.type = 4},
    };
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(woad_adv_set_start(g.h, 0, &bad[i]), WOAD_ERR_INVALID);
    assert_int_equal(woad_adv_set_start(g.h, 2, &(struct woad_adv_set_params){0}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_adv_set_stop(g.h, 2), WOAD_ERR_INVALID);
    assert_int_equal(woad_adv_set_stop(g.h, 0), WOAD_ERR_STATE);
    assert_int_equal(woad_adv_set_data(g.h, 0, NULL, 0, NULL, 0), WOAD_ERR_STATE);
    gap_turn(&g);
    assert_int_equal(g.cmd_count, 0);
    gap_close(&g);
}

static void fault(struct gap_log *g)
{
    woad_host_fault(g->h, "test");
    dbl_settle(g->d);
}

static void running_sets_are_resumed_after_a_fault(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    start(&g, 0, &(struct woad_adv_set_params){.data = long_data, .data_len = 300});
    assert_int_equal(woad_adv_set_start(g.h, 1, &(struct woad_adv_set_params){.duration_ms = 5000}),
                     0);
    dbl_run(g.d, 500000);
    gap_forget(&g);
    fault(&g);
    assert_int_equal(gap_cmds(&g, ENABLE), 2);
    assert_int_equal(gap_cmds(&g, DATA), 3);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_SET), 0);
    dbl_run(g.d, 4600000); /* the duration went on */
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STOPPED, 0)->set.set, 1);
    assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 1));
    gap_close(&g);
}

/* A set being started, one being stopped and one whose data are changing: each call ends once. */
static void operations_end_with_a_fault(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_USUAL(ENABLE), SCRIPT_USUAL(ENABLE),
                                             SCRIPT_SILENT(ENABLE), SCRIPT_USUAL(ENABLE)};
    struct gap_log g;
    gap_open(&g, parts, rows, ARRAY_LEN(rows));
    start(&g, 0, &(struct woad_adv_set_params){0});
    start(&g, 1, &(struct woad_adv_set_params){0});
    assert_int_equal(woad_adv_set_stop(g.h, 0), 0); /* never answered */
    assert_int_equal(woad_adv_set_data(g.h, 1, long_data, 10, NULL, 0), 0);
    dbl_run(g.d, 3000000);
    assert_int_equal(gap_events(&g, WOAD_EVT_FAULT), 1);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STOPPED, 0)->set.set, 0);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_DATA, 0)->set.result.err, WOAD_ERR_FAULT);
    assert_null(set_event(&g, WOAD_ADV_SET_STOPPED, 1));
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(woad_host_stop(g.h), 0);
    dbl_settle(g.d);
    assert_int_equal(set_event(&g, WOAD_ADV_SET_STOPPED, 1)->set.result.err, WOAD_ERR_CANCELLED);
    gap_close(&g);
}

/* ---- legacy calls and the rule of the two kinds -------------------------------------------------
 */

static bool is_legacy(uint16_t opcode)
{
    return opcode >= WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS &&
           opcode <= WOAD_HCI_CMD_LE_CREATE_CONNECTION;
}

static bool is_extended(uint16_t opcode)
{
    return opcode >= WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS &&
           opcode <= WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC;
}

/* A controller of both kinds that keeps to the rule [Vol 4, Part E, 3.1.1]. */
static bool keeps_the_rule(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    bool legacy = false, extended = false;
    (void)params;
    (void)len;
    for (unsigned i = 0; i < g->cmd_count; i++) {
        legacy |= is_legacy(g->cmds[i].opcode);
        extended |= is_extended(g->cmds[i].opcode);
    }
    if (!(legacy && extended))
        return false;
    dbl_complete(g->dev, opcode, "\x0c", 1);
    return true;
}

static void use_everything(struct gap_log *g)
{
    const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {9}};
    g->answer = keeps_the_rule;
    for (uint8_t kind = 0; kind <= WOAD_ADV_DIRECT_LOW_DUTY; kind++) {
        assert_int_equal(
            woad_gap_advertise_start(g->h, &(struct woad_adv_params){.kind = kind, .peer = peer}),
            0);
        gap_turn(g);
        assert_int_equal(gap_event(g, WOAD_EVT_ADV_STARTED, kind)->result.err, 0);
        assert_int_equal(woad_gap_advertise_stop(g->h), 0);
        gap_turn(g);
    }
    assert_int_equal(woad_gap_scan_start(g->h, &(struct woad_scan_params){.active = true}), 0);
    assert_int_equal(woad_gap_connect(g->h, &peer, NULL), 0);
    gap_turn(g);
    assert_int_equal(gap_event(g, WOAD_EVT_SCAN_STARTED, 0)->result.err, 0);
    gap_link(g, 0x41, WOAD_ROLE_CENTRAL, &peer);
    assert_int_equal(gap_events(g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_events(g, WOAD_EVT_CONNECT_FAILED), 0);
}

static void legacy_calls_use_extended_commands_alone(void **state)
{
    (void)state;
    struct gap_log g;
    static const uint8_t props[] = {0x13, 0x1d, 0x12, 0x10, 0x15};
    gap_open(&g, parts, NULL, 0);
    use_everything(&g);
    for (unsigned i = 0; i < g.cmd_count; i++)
        assert_false(is_legacy(g.cmds[i].opcode));
    for (unsigned i = 0; i < ARRAY_LEN(props); i++)
        assert_int_equal(props_of(&g, i), props[i]);
    const struct gap_cmd *c = gap_cmd(&g, WOAD_HCI_CMD_LE_EXTENDED_CREATE_CONNECTION, 0);
    assert_int_equal(c->len, 10 + 16);
    assert_int_equal(c->params[9], 1);
    assert_int_equal(woad_get_u16(c->params + 10), 96);
    gap_close(&g);
}

static void no_extended(struct dbl_dev *dev)
{
    memset(dev->commands + 36, 0, 10);
}

static void a_controller_without_it_gets_legacy_commands(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open_with(&g, parts, NULL, 0, no_extended);
    gap_forget(&g);
    use_everything(&g);
    for (unsigned i = 0; i < g.cmd_count; i++)
        assert_false(is_extended(g.cmds[i].opcode));
    assert_int_equal(woad_adv_set_start(g.h, 0, &(struct woad_adv_set_params){0}),
                     WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_gap_ext_scan_start(g.h, &(struct woad_ext_scan_params){.filter = 0}),
                     WOAD_ERR_UNSUPPORTED);
    gap_close(&g);
}

static void without_the_part_the_calls_say_so(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, NULL, NULL, 0);
    use_everything(&g);
    for (unsigned i = 0; i < g.cmd_count; i++)
        assert_false(is_extended(g.cmds[i].opcode));
    assert_int_equal(woad_adv_set_start(g.h, 0, &(struct woad_adv_set_params){0}),
                     WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_adv_set_stop(g.h, 0), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_adv_set_data(g.h, 0, NULL, 0, NULL, 0), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_gap_ext_scan_start(g.h, &(struct woad_ext_scan_params){.filter = 0}),
                     WOAD_ERR_UNSUPPORTED);
    gap_close(&g);
}

static void old_events(struct dbl_dev *dev)
{
    dev->version = WOAD_HCI_VERSION_4_2;
}

static void an_old_controller_is_not_given_new_bits(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open_with(&g, parts, NULL, 0, old_events);
    const struct gap_cmd *c = gap_cmd(&g, WOAD_HCI_CMD_LE_SET_EVENT_MASK, 0);
    assert_int_equal(woad_get_u64(c->params) >> 11, 0);
    gap_close(&g);
    gap_open_with(&g, parts, NULL, 0, NULL);
    c = gap_cmd(&g, WOAD_HCI_CMD_LE_SET_EVENT_MASK, 0);
    uint64_t want = WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_EXTENDED_ADVERTISING_REPORT) |
                    WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_ADVERTISING_SET_TERMINATED) |
                    WOAD_HCI_LE_EVT_MASK(WOAD_HCI_LE_EVT_SCAN_REQUEST_RECEIVED);
    assert_int_equal(woad_get_u64(c->params) & want, want);
    gap_close(&g);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(long_data); i++)
        long_data[i] = (uint8_t)(i * 7 + i / 251);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_BROB_BCST_BV_01_C),
        cmocka_unit_test(GAP_BROB_BCST_BV_02_C),
        cmocka_unit_test(GAP_DISC_LIMM_BV_03_C),
        cmocka_unit_test(GAP_DISC_LIMM_BV_04_C),
        cmocka_unit_test(GAP_DISC_GENM_BV_03_C),
        cmocka_unit_test(GAP_DISC_GENM_BV_04_C),
        cmocka_unit_test(the_mode_is_read_from_flags),
        cmocka_unit_test(GAP_CONN_DCON_BV_01_C),
        cmocka_unit_test(data_go_out_in_fragments),
        cmocka_unit_test(a_connection_stops_its_set_alone),
        cmocka_unit_test(max_events_are_told),
        cmocka_unit_test(stop_near_the_end_of_a_duration),
        cmocka_unit_test(short_data_change_while_the_set_runs),
        cmocka_unit_test(long_data_pause_the_set),
        cmocka_unit_test(data_refused_are_told),
        cmocka_unit_test(a_set_that_was_something_else_is_removed_first),
        cmocka_unit_test(coding_needs_the_second_version),
        cmocka_unit_test(scan_requests_are_told),
        cmocka_unit_test(values_out_of_range),
        cmocka_unit_test(running_sets_are_resumed_after_a_fault),
        cmocka_unit_test(operations_end_with_a_fault),
        cmocka_unit_test(legacy_calls_use_extended_commands_alone),
        cmocka_unit_test(a_controller_without_it_gets_legacy_commands),
        cmocka_unit_test(without_the_part_the_calls_say_so),
        cmocka_unit_test(an_old_controller_is_not_given_new_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
