/* Private addresses: made, renewed while things run, resolved by controller and host. */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "support/gap_log.h"
#include "woad/crypto.h"
#include "woad/cursor.h"

#define RANDOM_ADDR WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS
#define ADD         WOAD_HCI_CMD_LE_ADD_DEVICE_TO_RESOLVING_LIST
#define MODE        WOAD_HCI_CMD_LE_SET_PRIVACY_MODE
#define RESOLUTION  WOAD_HCI_CMD_LE_SET_ADDRESS_RESOLUTION_ENABLE
#define ADV_ENABLE  WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE
#define SCAN_ENABLE WOAD_HCI_CMD_LE_SET_SCAN_ENABLE

static const uint8_t irk[16] = {0xec, 0x02, 0x34, 0xa3, 0x57, 0xc8, 0xad, 0x05,
                                0x34, 0x10, 0x10, 0xa6, 0x0a, 0x39, 0x7d, 0x9b};
static struct woad_identity people[4];
static uint16_t people_count;

static uint16_t count(const struct woad_host *h)
{
    (void)h;
    return people_count;
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *id)
{
    (void)h;
    *id = people[at];
    return true;
}

static const struct woad_identities identities = {count, get, NULL};
static const struct woad_privacy_cfg cfg = {
    .irk = irk, .timeout_s = 800, .identities = &identities, .list = 3};
static const struct woad_privacy_cfg host_cfg = {
    .irk = irk, .timeout_s = 800, .identities = &identities, .host_only = true};
static const struct woad_host_use parts[] = {{&woad_gap_privacy_part, &cfg}, {NULL, NULL}};
static const struct woad_host_use host_parts[] = {{&woad_gap_privacy_part, &host_cfg},
                                                  {NULL, NULL}};
static const struct woad_adv_set_cfg two = {.sets = 2};
static const struct woad_host_use ext_parts[] = {
    {&woad_gap_privacy_part, &host_cfg}, {&woad_gap_ext_adv_part, &two}, {NULL, NULL}};

static void set_people(uint16_t n)
{
    people_count = n;
    memset(people, 0, sizeof(people));
    for (uint16_t i = 0; i < n; i++) {
        people[i].addr.type = i & 1;
        people[i].addr.val[0] = (uint8_t)(0x10 + i);
        people[i].addr.val[5] = 0xc0;
        memset(people[i].irk, 0x40 + i, 16);
        people[i].irk[0] = 1;
        people[i].mode = i & 1 ? WOAD_PRIVACY_DEVICE : WOAD_PRIVACY_NETWORK;
    }
}

static struct woad_addr addr_set(const struct gap_log *g, unsigned n)
{
    struct woad_addr a = {.type = WOAD_ADDR_RANDOM};
    assert_non_null(gap_cmd(g, RANDOM_ADDR, n));
    memcpy(a.val, gap_cmd(g, RANDOM_ADDR, n)->params, 6);
    return a;
}

static void the_sample_of_the_specification(void **state)
{
    (void)state;
    const uint8_t prand[3] = {0x70, 0x81, 0x94};
    struct woad_addr a;
    assert_int_equal(woad_rpa_make(irk, prand, &a), 0);
    const uint8_t want[6] = {0xaa, 0xfb, 0x0d, 0x94, 0x81, 0x70};
    assert_memory_equal(a.val, want, 6);
    assert_true(woad_rpa_matches(irk, &a));
    for (unsigned bit = 0; bit < 48; bit++) {
        struct woad_addr b = a;
        b.val[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(woad_rpa_matches(irk, &b));
    }
    a.type = WOAD_ADDR_PUBLIC;
    assert_false(woad_rpa_matches(irk, &a));
}

/* From the first command on, what stands in the air is resolvable with our key, and no identity. */
static void GAP_PRIV_CONN_BV_10_C(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(0);
    gap_open_with(&g, host_parts, NULL, 0, NULL);
    struct woad_addr a = addr_set(&g, 0);
    assert_true(woad_rpa_matches(irk, &a));
    assert_int_equal(gap_event(&g, WOAD_EVT_PRIVACY, 0)->privacy.type, WOAD_PRIVACY_ADDRESS);
    assert_true(woad_addr_equal(&gap_event(&g, WOAD_EVT_PRIVACY, 0)->privacy.addr, &a));
    gap_forget(&g);
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, 0)->params[5],
                     WOAD_ADDR_RANDOM);
    /* it is renewed while advertising: off, address, on; no event */
    dbl_run(g.d, 801000000);
    assert_int_equal(gap_cmds(&g, RANDOM_ADDR), 1);
    struct woad_addr b = addr_set(&g, 0);
    assert_true(woad_rpa_matches(irk, &b));
    assert_false(woad_addr_equal(&a, &b));
    assert_int_equal(gap_cmds(&g, ADV_ENABLE), 3);
    const struct gap_cmd *off = gap_cmd(&g, ADV_ENABLE, 1), *on = gap_cmd(&g, ADV_ENABLE, 2);
    assert_int_equal(off->params[0], 0);
    assert_int_equal(on->params[0], 1);
    assert_true(off < gap_cmd(&g, RANDOM_ADDR, 0) && gap_cmd(&g, RANDOM_ADDR, 0) < on);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STARTED), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 0);
    gap_close(&g);
}

static bool by_status(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    static const uint8_t none[18] = {WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER};
    (void)params;
    (void)len;
    if (opcode == WOAD_HCI_CMD_LE_CREATE_CONNECTION) {
        dbl_status(g->dev, opcode, 0);
        return true;
    }
    if (opcode == WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL) {
        dbl_complete(g->dev, opcode, "\0", 1);
        dbl_le_evt(g->dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, none, sizeof(none));
        return true;
    }
    return false;
}

/* Everything at once is held while the address changes, and goes on. */
static void GAP_PRIV_CONN_BV_11_C(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {9}};
    set_people(0);
    gap_open(&g, host_parts, NULL, 0);
    g.answer = by_status;
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){.active = true}), 0);
    assert_int_equal(woad_gap_connect(g.h, &peer, NULL), 0);
    gap_turn(&g);
    gap_forget(&g);
    assert_int_equal(woad_gap_privacy_renew(g.h), 0);
    gap_turn(&g);
    const struct gap_cmd *set = gap_cmd(&g, RANDOM_ADDR, 0);
    assert_true(gap_cmd(&g, ADV_ENABLE, 0) < set && set < gap_cmd(&g, ADV_ENABLE, 1));
    assert_true(gap_cmd(&g, SCAN_ENABLE, 0) < set && set < gap_cmd(&g, SCAN_ENABLE, 1));
    assert_true(gap_cmd(&g, WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL, 0) < set);
    assert_true(set < gap_cmd(&g, WOAD_HCI_CMD_LE_CREATE_CONNECTION, 0));
    assert_int_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_CREATE_CONNECTION, 0)->params[12], 1);
    assert_int_equal(g.event_count, 1); /* ADDRESS alone */
    assert_int_equal(gap_event(&g, WOAD_EVT_PRIVACY, 0)->privacy.result.err, 0);
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

/* Calls made while everything is held: each completes once. */
static void calls_while_held(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_USUAL(RANDOM_ADDR), SCRIPT_COMPLETE(RANDOM_ADDR, 0x0c), SCRIPT_USUAL(RANDOM_ADDR)};
    struct gap_log g;
    const struct woad_addr peer = {WOAD_ADDR_PUBLIC, {9}};
    set_people(0);
    gap_open(&g, host_parts, rows, ARRAY_LEN(rows));
    g.answer = by_status;
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), 0);
    gap_turn(&g);
    assert_int_equal(woad_gap_privacy_renew(g.h), 0);
    gap_turn(&g); /* refused: held for a second, rather than shown */
    gap_forget(&g);
    assert_int_equal(woad_gap_scan_stop(g.h), 0);
    assert_int_equal(woad_gap_scan_stop(g.h), WOAD_ERR_BUSY);
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    assert_int_equal(woad_gap_connect(g.h, &peer, NULL), 0);
    assert_int_equal(woad_gap_connect_cancel(g.h), 0);
    gap_turn(&g);
    assert_int_equal(g.cmd_count, 0);
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_CANCELLED);
    dbl_run(g.d, 1100000);
    assert_int_equal(gap_cmds(&g, RANDOM_ADDR), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_SCAN_STOPPED), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STARTED), 1);
    assert_int_equal(gap_cmds(&g, SCAN_ENABLE), 0);
    assert_int_equal(gap_events(&g, WOAD_EVT_PRIVACY), 1);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

/* The controller's own rule: no change while anything uses the address. */
static bool on, scanning;
static bool keeps_the_rule(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    (void)len;
    if (opcode == ADV_ENABLE)
        on = params[0];
    if (opcode == SCAN_ENABLE)
        scanning = params[0];
    if (opcode != RANDOM_ADDR || !(on || scanning))
        return by_status(g, opcode, params, len);
    dbl_complete(g->dev, opcode, "\x0c", 1);
    return true;
}

static void renewals_at_any_moment(void **state)
{
    (void)state;
    uint32_t seed = 3;
    struct gap_log g;
    set_people(0);
    on = scanning = false;
    gap_open(&g, host_parts, NULL, 0);
    g.answer = keeps_the_rule;
    for (unsigned i = 0; i < 2000; i++) {
        switch (test_rand(&seed) % 6) {
        case 0: (void)!woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}); break;
        case 1: (void)!woad_gap_advertise_stop(g.h); break;
        case 2:
            (void)!woad_gap_scan_start(g.h, &(struct woad_scan_params){.duration_ms = 5});
            break;
        case 3: (void)!woad_gap_scan_stop(g.h); break;
        case 4: (void)!woad_gap_privacy_renew(g.h); break;
        default: dbl_turn(g.d); break;
        }
        if (i % 7 == 0)
            gap_turn(&g);
        if (i % 100 == 99)
            g.cmd_count = g.event_count = 0;
    }
    dbl_run(g.d, 3000000);
    (void)!woad_gap_advertise_stop(g.h);
    (void)!woad_gap_scan_stop(g.h);
    dbl_run(g.d, 3000000);
    assert_false(on);
    assert_false(scanning);
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), 0);
    gap_turn(&g);
    assert_true(scanning);
    gap_close(&g);
}

static void every_set_has_an_address_of_its_own(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr fixed = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
    struct woad_addr seen[3];
    set_people(0);
    gap_open(&g, ext_parts, NULL, 0);
    assert_int_equal(woad_adv_set_start(
                         g.h, 0, &(struct woad_adv_set_params){.props = WOAD_ADV_SET_CONNECTABLE}),
                     0);
    assert_int_equal(woad_adv_set_start(g.h, 1, &(struct woad_adv_set_params){.own = fixed}), 0);
    gap_turn(&g);
    assert_int_equal(woad_gap_privacy_renew(g.h), 0);
    gap_turn(&g);
    unsigned n = 0;
    for (unsigned i = 0; gap_cmd(&g, WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, i); i++) {
        const struct gap_cmd *c =
            gap_cmd(&g, WOAD_HCI_CMD_LE_SET_ADVERTISING_SET_RANDOM_ADDRESS, i);
        struct woad_addr a = {.type = WOAD_ADDR_RANDOM};
        memcpy(a.val, c->params + 1, 6);
        if (c->params[0] == 1) {
            assert_true(woad_rpa_matches(irk, &a));
            seen[n++] = a;
        } else {
            assert_true(woad_addr_equal(&a, &fixed));
        }
    }
    assert_int_equal(n, 2);
    assert_false(woad_addr_equal(&seen[0], &seen[1]));
    struct woad_addr air = addr_set(&g, 0);
    assert_false(woad_addr_equal(&seen[1], &air));
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_SET), 2);
    gap_close(&g);
}

/* The peer connects in the moment in which its set is switched off for the change. */
static bool connects_at_off(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    static const uint8_t evt[5] = {0, 1, 0x40, 0, 0};
    (void)len;
    if (opcode != WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE || params[0])
        return false;
    dbl_le_evt(g->dev, WOAD_HCI_LE_EVT_ADVERTISING_SET_TERMINATED, evt, sizeof(evt));
    dbl_complete(g->dev, opcode, "\x42", 1);
    return true;
}

static void a_connection_that_crosses_the_change(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(0);
    gap_open(&g, ext_parts, NULL, 0);
    assert_int_equal(woad_adv_set_start(
                         g.h, 0, &(struct woad_adv_set_params){.props = WOAD_ADV_SET_CONNECTABLE}),
                     0);
    gap_turn(&g);
    g.answer = connects_at_off;
    assert_int_equal(woad_gap_privacy_renew(g.h), 0);
    gap_turn(&g);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_SET), 2);
    assert_int_equal(gap_event(&g, WOAD_EVT_ADV_SET, 1)->set.type, WOAD_ADV_SET_STOPPED);
    assert_int_equal(gap_event(&g, WOAD_EVT_ADV_SET, 1)->set.result.err, 0);
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_ENABLE), 2);
    assert_int_equal(gap_cmds(&g, RANDOM_ADDR), 1);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void addresses_that_nobody_resolves(void **state)
{
    (void)state;
    static const struct woad_privacy_cfg nrpa = {.non_resolvable = true};
    static const struct woad_host_use use[] = {{&woad_gap_privacy_part, &nrpa}, {NULL, NULL}};
    struct gap_log g;
    gap_open_with(&g, use, NULL, 0, NULL);
    for (unsigned i = 0; i < 50; i++) {
        gap_forget(&g);
        assert_int_equal(woad_gap_privacy_renew(g.h), 0);
        gap_turn(&g);
        assert_int_equal(addr_set(&g, 0).val[5] >> 6, 0);
    }
    gap_close(&g);
}

/* ---- peers ----------------------------------------------------------------------------------- */

static void the_controllers_list_is_filled(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(4); /* the list holds three */
    gap_open_with(&g, parts, NULL, 0, NULL);
    assert_int_equal(gap_cmd(&g, RESOLUTION, 0)->params[0], 0);
    assert_int_equal(gap_cmds(&g, ADD), 3);
    const struct gap_cmd *c = gap_cmd(&g, ADD, 1);
    assert_int_equal(c->len, 39);
    assert_int_equal(c->params[0], 1);
    assert_memory_equal(c->params + 1, people[1].addr.val, 6);
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(c->params[7 + i], people[1].irk[15 - i]);
        assert_int_equal(c->params[23 + i], irk[15 - i]);
    }
    assert_int_equal(gap_cmds(&g, MODE), 1); /* device mode for one of them */
    assert_memory_equal(gap_cmd(&g, MODE, 0)->params + 1, people[1].addr.val, 6);
    assert_int_equal(gap_cmd(&g, MODE, 0)->params[7], 1);
    assert_int_equal(gap_cmd(&g, RESOLUTION, 1)->params[0], 1);
    assert_int_equal(
        woad_get_u16(
            gap_cmd(&g, WOAD_HCI_CMD_LE_SET_RESOLVABLE_PRIVATE_ADDRESS_TIMEOUT, 0)->params),
        800);
    gap_forget(&g);
    set_people(1);
    assert_int_equal(woad_gap_privacy_refresh(g.h), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_CLEAR_RESOLVING_LIST), 1);
    assert_int_equal(gap_cmds(&g, ADD), 1);
    const struct gap_event *e = gap_event(&g, WOAD_EVT_PRIVACY, 0);
    assert_int_equal(e->privacy.type, WOAD_PRIVACY_REFRESHED);
    assert_int_equal(e->privacy.listed, 1);
    assert_int_equal(gap_cmds(&g, RANDOM_ADDR), 0);
    gap_close(&g);
}

/* A pairing ends while the list is being written, behind the place of its identity. */
static void an_identity_that_comes_late(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(1);
    gap_open_with(&g, parts, NULL, 0, NULL);
    gap_forget(&g);
    assert_int_equal(woad_gap_privacy_refresh(g.h), 0);
    while (gap_cmds(&g, RESOLUTION) < 2)
        dbl_turn(g.d);
    assert_int_equal(gap_cmds(&g, ADD), 1);
    set_people(2);
    struct host_link link = {.h = g.h};
    woad_gap_privacy_part.security(&link, 0);
    gap_turn(&g);
    assert_int_equal(gap_event(&g, WOAD_EVT_PRIVACY, 0)->privacy.listed, 1);
    assert_int_equal(gap_cmds(&g, ADD), 3);
    assert_memory_equal(gap_cmd(&g, ADD, 2)->params + 1, people[1].addr.val, 6);
    assert_int_equal(gap_cmds(&g, RESOLUTION), 4);
    gap_close(&g);
}

static void a_small_list(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_COMPLETE(ADD, 0), SCRIPT_COMPLETE(ADD, 7)};
    struct gap_log g;
    set_people(3);
    gap_open_with(&g, parts, rows, ARRAY_LEN(rows), NULL);
    assert_int_equal(gap_cmds(&g, ADD), 2);
    assert_int_equal(gap_cmd(&g, RESOLUTION, 1)->params[0], 1);
    gap_close(&g);
}

/* GAP/CONN/DCON/BV-04-C: directed to a peer that resolves us, from an address that it resolves. */
static void GAP_CONN_DCON_BV_04_C(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(2);
    gap_open(&g, parts, NULL, 0);
    struct woad_adv_params p = {.kind = WOAD_ADV_DIRECT_LOW_DUTY, .peer = people[1].addr};
    assert_int_equal(woad_gap_advertise_start(g.h, &p), 0);
    gap_turn(&g);
    const struct gap_cmd *c = gap_cmd(&g, WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, 0);
    assert_int_equal(c->params[5], 3); /* the controller makes both private addresses */
    assert_memory_equal(c->params + 7, people[1].addr.val, 6);
    gap_close(&g);
}

static void identities_behind_addresses(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_addr rpa, id;
    const uint8_t prand[3] = {1, 2, 3};
    set_people(3);
    gap_open(&g, host_parts, NULL, 0);
    assert_int_equal(woad_rpa_make(people[2].irk, prand, &rpa), 0);
    assert_int_equal(woad_gap_privacy_resolve(g.h, &rpa, &id), 0);
    assert_true(woad_addr_equal(&id, &people[2].addr));
    rpa.val[0] ^= 1;
    assert_int_equal(woad_gap_privacy_resolve(g.h, &rpa, &id), WOAD_ERR_NOT_FOUND);
    const struct woad_addr known = {WOAD_ADDR_RANDOM_IDENTITY, {1, 2, 3, 4, 5, 0xc6}};
    assert_int_equal(woad_gap_privacy_resolve(g.h, &known, &id), 0);
    assert_int_equal(id.type, WOAD_ADDR_RANDOM);
    assert_int_equal(woad_gap_privacy_resolve(g.h, &people[0].addr, &id), WOAD_ERR_NOT_FOUND);
    memset(people[2].irk, 0, 16); /* without a key there is nothing to compare */
    assert_int_equal(woad_rpa_make(people[2].irk, prand, &rpa), 0);
    assert_int_equal(woad_gap_privacy_resolve(g.h, &rpa, &id), WOAD_ERR_NOT_FOUND);
    gap_close(&g);
}

static void a_fault_makes_a_new_address_before_anything_runs(void **state)
{
    (void)state;
    struct gap_log g;
    set_people(1);
    gap_open(&g, parts, NULL, 0);
    assert_int_equal(woad_gap_advertise_start(g.h, &(struct woad_adv_params){0}), 0);
    gap_turn(&g);
    assert_int_equal(woad_gap_privacy_refresh(g.h), 0);
    gap_forget(&g);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(gap_event(&g, WOAD_EVT_PRIVACY, 0)->privacy.result.err, WOAD_ERR_FAULT);
    assert_true(gap_cmd(&g, RANDOM_ADDR, 0) < gap_cmd(&g, ADV_ENABLE, 0));
    assert_int_equal(gap_cmds(&g, ADV_ENABLE), 1);
    assert_int_equal(gap_cmds(&g, ADD), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_ADV_STOPPED), 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sample_of_the_specification),
        cmocka_unit_test(GAP_PRIV_CONN_BV_10_C),
        cmocka_unit_test(GAP_PRIV_CONN_BV_11_C),
        cmocka_unit_test(calls_while_held),
        cmocka_unit_test(renewals_at_any_moment),
        cmocka_unit_test(every_set_has_an_address_of_its_own),
        cmocka_unit_test(a_connection_that_crosses_the_change),
        cmocka_unit_test(addresses_that_nobody_resolves),
        cmocka_unit_test(the_controllers_list_is_filled),
        cmocka_unit_test(an_identity_that_comes_late),
        cmocka_unit_test(a_small_list),
        cmocka_unit_test(GAP_CONN_DCON_BV_04_C),
        cmocka_unit_test(identities_behind_addresses),
        cmocka_unit_test(a_fault_makes_a_new_address_before_anything_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
