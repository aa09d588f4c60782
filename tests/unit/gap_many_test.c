/* Several connections pending; connecting, its cancel, and the accept list without them. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/crypto.h"
#include "woad/cursor.h"

#define CREATE WOAD_HCI_CMD_LE_CREATE_CONNECTION
#define CANCEL WOAD_HCI_CMD_LE_CREATE_CONNECTION_CANCEL
#define ADD    WOAD_HCI_CMD_LE_ADD_DEVICE_TO_FILTER_ACCEPT_LIST
#define CLEAR  WOAD_HCI_CMD_LE_CLEAR_FILTER_ACCEPT_LIST

static const struct woad_many_cfg four = {.count = 4};
static const struct woad_host_use parts[] = {{&woad_gap_many_part, &four}, {NULL, NULL}};
static const struct woad_addr a = {WOAD_ADDR_PUBLIC, {1}},
                              b = {WOAD_ADDR_RANDOM, {2, 0, 0, 0, 0, 0xc0}},
                              c = {WOAD_ADDR_PUBLIC, {3}}, e5 = {WOAD_ADDR_PUBLIC, {5}};

/* A controller with one initiating state and a list, as the specification has it. */
static bool initiating;
static uint8_t list[16][7];
static unsigned list_count, list_size;

static bool model(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    static const uint8_t none[18] = {WOAD_HCI_ERR_UNKNOWN_CONNECTION_IDENTIFIER};
    uint8_t status = 0;
    (void)len;
    switch (opcode) {
    case CREATE:
        dbl_status(g->dev, opcode, initiating ? 0x0c : 0);
        assert_false(initiating);
        initiating = true;
        return true;
    case CANCEL:
        status = initiating ? 0 : 0x0c;
        dbl_complete(g->dev, opcode, &status, 1);
        if (initiating)
            dbl_le_evt(g->dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, none, sizeof(none));
        initiating = false;
        return true;
    case CLEAR:
        assert_false(initiating);
        list_count = 0;
        break;
    case ADD:
        assert_false(initiating);
        status = list_count == list_size ? 7 : 0;
        if (!status)
            memcpy(list[list_count++], params, 7);
        break;
    case WOAD_HCI_CMD_RESET:
        list_count = 0;
        initiating = false;
        return false;
    default: return false;
    }
    dbl_complete(g->dev, opcode, &status, 1);
    return true;
}

static bool in_list(const struct woad_addr *x)
{
    for (unsigned i = 0; i < list_count; i++)
        if (list[i][0] == x->type && memcmp(list[i] + 1, x->val, 6) == 0)
            return true;
    return false;
}

static void open_with(struct gap_log *g, const struct woad_host_use *use)
{
    initiating = false;
    list_count = 0;
    list_size = 8;
    gap_open(g, use, NULL, 0);
    g->answer = model;
}

static void want(struct gap_log *g, const struct woad_addr *peer, uint32_t duration_ms)
{
    struct woad_conn_params p = {.duration_ms = duration_ms};
    assert_int_equal(woad_gap_connect(g->h, peer, &p), 0);
    gap_turn(g);
}

static void came(struct gap_log *g, uint16_t handle, const struct woad_addr *peer)
{
    initiating = false;
    gap_link(g, handle, WOAD_ROLE_CENTRAL, peer);
}

static const struct gap_cmd *last_create(const struct gap_log *g)
{
    return gap_cmd(g, CREATE, gap_cmds(g, CREATE) - 1);
}

static void GAP_CONN_DCEP_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 0);
    assert_int_equal(last_create(&g)->params[4], 0); /* directly */
    assert_memory_equal(last_create(&g)->params + 6, a.val, 6);
    came(&g, 0x40, &a);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(gap_cmds(&g, ADD), 0);
    gap_close(&g);
}

static void GAP_CONN_SCEP_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 0);
    want(&g, &b, 0);
    want(&g, &c, 0);
    assert_int_equal(woad_gap_connect_pending(g.h), 3);
    assert_int_equal(woad_gap_connect(g.h, &b, NULL), WOAD_ERR_BUSY); /* waits already */
    assert_int_equal(woad_gap_connect(g.h, NULL, NULL), WOAD_ERR_BUSY);
    assert_int_equal(woad_gap_accept_list_clear(g.h), WOAD_ERR_BUSY);
    assert_int_equal(last_create(&g)->params[4], 1); /* by the list */
    assert_true(in_list(&a) && in_list(&b) && in_list(&c) && list_count == 3);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 0);
    came(&g, 0x40, &b);
    assert_true(woad_addr_equal(&gap_event(&g, WOAD_EVT_CONNECTED, 0)->peer, &b));
    assert_int_equal(last_create(&g)->params[4], 1);
    assert_true(in_list(&a) && in_list(&c) && list_count == 2);
    came(&g, 0x41, &a);
    assert_int_equal(last_create(&g)->params[4], 0); /* one is left */
    assert_memory_equal(last_create(&g)->params + 6, c.val, 6);
    came(&g, 0x42, &c);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 3);
    assert_int_equal(woad_gap_connect_pending(g.h), 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void one_is_cancelled_the_others_wait_on(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 0);
    want(&g, &b, 0);
    want(&g, &c, 0);
    assert_int_equal(woad_gap_connect_cancel_peer(g.h, &e5), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gap_connect_cancel_peer(g.h, &b), 0);
    assert_int_equal(woad_gap_connect_cancel_peer(g.h, &b), WOAD_ERR_BUSY);
    gap_turn(&g);
    const struct gap_event *f = gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0);
    assert_true(woad_addr_equal(&f->peer, &b));
    assert_int_equal(f->result.err, WOAD_ERR_CANCELLED);
    assert_true(initiating && in_list(&a) && in_list(&c) && !in_list(&b));
    assert_int_equal(woad_gap_connect_cancel(g.h), 0);
    gap_turn(&g);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 3);
    assert_false(initiating);
    assert_int_equal(woad_gap_connect_cancel(g.h), WOAD_ERR_STATE);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void each_has_its_own_duration(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 3000);
    want(&g, &b, 1000);
    want(&g, &c, 0);
    dbl_run(g.d, 1100000);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 1);
    assert_true(woad_addr_equal(&gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->peer, &b));
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_TIMEOUT);
    dbl_run(g.d, 2000000);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 2);
    dbl_run(g.d, 600000000); /* in the background */
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 2);
    assert_true(initiating);
    gap_close(&g);
}

/* The peer comes while its wish is being cancelled. */
static void a_link_that_crosses_the_cancel(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 0);
    want(&g, &b, 0);
    assert_int_equal(woad_gap_connect_cancel_peer(g.h, &a), 0);
    came(&g, 0x40, &a);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 0);
    dbl_run(g.d, 3000000);
    assert_int_equal(woad_gap_connect_pending(g.h), 1);
    assert_true(initiating);
    gap_close(&g);
}

static void a_small_list(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    list_size = 2;
    want(&g, &a, 0);
    want(&g, &b, 0);
    want(&g, &c, 0);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 1);
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_NO_MEM);
    assert_int_equal(woad_gap_connect_pending(g.h), 2);
    assert_true(initiating);
    gap_close(&g);
}

static void more_wishes_than_places(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    for (uint8_t i = 0; i < 4; i++)
        want(&g, &(struct woad_addr){WOAD_ADDR_PUBLIC, {i}}, 0);
    assert_int_equal(woad_gap_connect(g.h, &e5, NULL), WOAD_ERR_NO_MEM);
    assert_int_equal(woad_host_stop(g.h), 0);
    dbl_settle(g.d);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 4);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void all_wishes_end_with_a_fault(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, parts);
    want(&g, &a, 0);
    want(&g, &b, 0);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 2);
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_FAULT);
    assert_int_equal(gap_pending(&g), 0);
    want(&g, &a, 0);
    want(&g, &b, 0);
    assert_true(initiating && list_count == 2);
    gap_close(&g);
}

static void own_parameters_follow_by_an_update(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_conn_params fast = {.interval_min_1250us = 6};
    open_with(&g, parts);
    want(&g, &a, 0);
    assert_int_equal(woad_gap_connect(g.h, &b, &fast), 0);
    gap_turn(&g);
    came(&g, 0x40, &b);
    const struct gap_cmd *u = gap_cmd(&g, WOAD_HCI_CMD_LE_CONNECTION_UPDATE, 0);
    assert_non_null(u);
    assert_int_equal(woad_get_u16(u->params + 2), 6);
    came(&g, 0x41, &a);
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_CONNECTION_UPDATE), 1);
    gap_close(&g);
}

/* Any moment for any call, against the model: what is accepted completes once. */
static void calls_at_any_moment(void **state)
{
    (void)state;
    for (uint32_t round = 1; round <= 40; round++) {
        uint32_t seed = round * 7919;
        unsigned accepted = 0, links = 0, told = 0;
        struct gap_log g;
        open_with(&g, parts);
        for (unsigned i = 0; i < 120; i++) {
            struct woad_addr who = {WOAD_ADDR_PUBLIC, {(uint8_t)(test_rand(&seed) % 5 + 1)}};
            switch (test_rand(&seed) % 8) {
            case 0:
            case 1:
            case 2:
                accepted += woad_gap_connect(g.h, &who,
                                             &(struct woad_conn_params){
                                                 .duration_ms = test_rand(&seed) % 4}) == 0;
                break;
            case 3: (void)!woad_gap_connect_cancel_peer(g.h, &who); break;
            case 4:
                if (i % 5 == 0)
                    (void)!woad_gap_connect_cancel(g.h);
                break;
            case 5:
                if (initiating && links < 3 && gap_cmds(&g, CREATE) &&
                    (last_create(&g)->params[4] ? in_list(&who)
                                                : last_create(&g)->params[6] == who.val[0]))
                    came(&g, (uint16_t)(0x40 + links++), &who);
                break;
            case 6: dbl_turn(g.d); break;
            default: gap_turn(&g); break;
            }
        }
        dbl_run(g.d, 5000000);
        (void)!woad_gap_connect_cancel(g.h);
        dbl_run(g.d, 5000000);
        told = gap_events(&g, WOAD_EVT_CONNECT_FAILED) + gap_events(&g, WOAD_EVT_CONNECTED);
        assert_int_equal(told, accepted);
        assert_int_equal(woad_gap_connect_pending(g.h), 0);
        assert_false(initiating);
        gap_close(&g);
    }
}

/* ---- peers that only the host resolves ------------------------------------------------------- */

static const struct woad_identity friend = {
    .addr = {WOAD_ADDR_PUBLIC, {7}},
    .irk = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

static uint16_t one(const struct woad_host *h)
{
    (void)h;
    return 1;
}

static bool get(const struct woad_host *h, uint16_t at, struct woad_identity *id)
{
    (void)h;
    (void)at;
    *id = friend;
    return true;
}

static const struct woad_identities identities = {one, get, NULL};
static const struct woad_privacy_cfg by_host = {.identities = &identities, .host_only = true};
static const struct woad_privacy_cfg by_controller = {.identities = &identities};
static const struct woad_host_use host_parts[] = {
    {&woad_gap_many_part, NULL}, {&woad_gap_privacy_part, &by_host}, {NULL, NULL}};
static const struct woad_host_use controller_parts[] = {
    {&woad_gap_many_part, NULL}, {&woad_gap_privacy_part, &by_controller}, {NULL, NULL}};

static void hear(struct gap_log *g, const struct woad_addr *addr)
{
    uint8_t evt[12] = {1, 0, addr->type};
    memcpy(evt + 3, addr->val, 6);
    gap_le(g, WOAD_HCI_LE_EVT_ADVERTISING_REPORT, evt, 11);
}

static void GAP_CONN_GCEP_BV_06_C(void **state)
{
    (void)state;
    struct gap_log g;
    struct woad_addr rpa, other;
    const uint8_t key[16] = {9};
    assert_int_equal(woad_rpa_make(friend.irk, (const uint8_t[]){1, 2, 3}, &rpa), 0);
    assert_int_equal(woad_rpa_make(key, (const uint8_t[]){1, 2, 3}, &other), 0);
    open_with(&g, host_parts);
    want(&g, &friend.addr, 0);
    want(&g, &a, 0);
    assert_memory_equal(last_create(&g)->params + 6, a.val,
                        6); /* the one that needs no resolving */
    assert_int_equal(woad_gap_scan_start(g.h, &(struct woad_scan_params){0}), 0);
    gap_turn(&g);
    hear(&g, &other);
    assert_int_equal(gap_cmds(&g, CREATE), 1);
    hear(&g, &rpa);
    assert_int_equal(gap_cmds(&g, CREATE), 2);
    assert_memory_equal(last_create(&g)->params + 6, rpa.val, 6);
    dbl_run(g.d, 5000000); /* it has gone: back to the other one */
    assert_memory_equal(last_create(&g)->params + 6, a.val, 6);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 0);
    hear(&g, &rpa);
    came(&g, 0x40, &rpa);
    assert_true(woad_addr_equal(&gap_event(&g, WOAD_EVT_CONNECTED, 0)->peer, &friend.addr));
    assert_int_equal(woad_gap_connect_pending(g.h), 1);
    gap_close(&g);
}

static void GAP_CONN_DCEP_BV_06_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, controller_parts);
    want(&g, &friend.addr, 0); /* the controller resolves: its identity will do */
    assert_memory_equal(last_create(&g)->params + 6, friend.addr.val, 6);
    assert_int_equal(last_create(&g)->params[12],
                     3); /* from a private address of the controller's */
    const struct woad_addr resolved = {WOAD_ADDR_PUBLIC_IDENTITY, {7}};
    came(&g, 0x40, &resolved);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(woad_gap_connect_pending(g.h), 0);
    gap_close(&g);
}

/* ---- one connection, and the list, without the part ------------------------------------------ */

static void cancel_near_the_end_of_a_duration(void **state)
{
    (void)state;
    for (int off = -3; off <= 3; off++) {
        struct gap_log g;
        open_with(&g, NULL);
        assert_int_equal(woad_gap_connect(g.h, &a, &(struct woad_conn_params){.duration_ms = 50}),
                         0);
        dbl_run(g.d, (woad_time)(50000 + off));
        int err = woad_gap_connect_cancel(g.h);
        assert_true(err == 0 || err == WOAD_ERR_STATE || err == WOAD_ERR_BUSY);
        dbl_run(g.d, 3000000);
        assert_int_equal(gap_events(&g, WOAD_EVT_CONNECT_FAILED), 1);
        assert_true(woad_addr_equal(&gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->peer, &a));
        assert_int_equal(gap_cmds(&g, CANCEL), 1);
        assert_int_equal(gap_pending(&g), 0);
        gap_close(&g);
    }
}

static void cancel_before_the_command_is_answered(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_SILENT(CREATE)};
    struct gap_log g;
    gap_open(&g, NULL, rows, 1);
    assert_int_equal(woad_gap_connect(g.h, &a, NULL), 0);
    gap_turn(&g);
    assert_int_equal(woad_gap_connect_cancel(g.h), 0);
    assert_int_equal(woad_gap_connect_cancel(g.h), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, CANCEL), 0); /* one after the other */
    dbl_status(g.dev, CREATE, 0);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, CANCEL), 1);
    dbl_run(g.d, 3000000);
    assert_int_equal(gap_event(&g, WOAD_EVT_CONNECT_FAILED, 0)->result.err, WOAD_ERR_CANCELLED);
    gap_close(&g);
}

static void GAP_CONN_ACEP_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_with(&g, NULL);
    assert_int_equal(woad_gap_accept_list_add(g.h, &a), 0);
    assert_int_equal(woad_gap_accept_list_add(g.h, &b), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(woad_gap_accept_list_add(g.h, &b), 0);
    gap_turn(&g);
    assert_true(in_list(&a) && in_list(&b));
    assert_int_equal(woad_gap_connect(g.h, NULL, NULL), 0);
    gap_turn(&g);
    assert_int_equal(last_create(&g)->params[4], 1);
    came(&g, 0x40, &b);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(gap_events(&g, WOAD_EVT_LIST_DONE), 2);
    gap_close(&g);
}

static void the_list_refuses(void **state)
{
    (void)state;
    struct gap_log g;
    const struct woad_addr identity = {WOAD_ADDR_PUBLIC_IDENTITY, {1}};
    open_with(&g, NULL);
    list_size = 1;
    assert_int_equal(woad_gap_accept_list_add(g.h, &identity), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_accept_list_add(g.h, &a), 0);
    gap_turn(&g);
    assert_int_equal(woad_gap_accept_list_add(g.h, &b), 0);
    gap_turn(&g);
    assert_int_equal(gap_event(&g, WOAD_EVT_LIST_DONE, 1)->result.err, WOAD_ERR_NO_MEM);
    assert_int_equal(woad_gap_accept_list_clear(g.h), 0);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(gap_event(&g, WOAD_EVT_LIST_DONE, 2)->result.err, WOAD_ERR_FAULT);
    assert_int_equal(woad_gap_accept_list_remove(g.h, &a), 0);
    gap_turn(&g);
    assert_int_equal(gap_event(&g, WOAD_EVT_LIST_DONE, 3)->result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

int main(void)
{
    if (woad_crypto_init())
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_CONN_DCEP_BV_01_C),
        cmocka_unit_test(GAP_CONN_SCEP_BV_01_C),
        cmocka_unit_test(one_is_cancelled_the_others_wait_on),
        cmocka_unit_test(each_has_its_own_duration),
        cmocka_unit_test(a_link_that_crosses_the_cancel),
        cmocka_unit_test(a_small_list),
        cmocka_unit_test(more_wishes_than_places),
        cmocka_unit_test(all_wishes_end_with_a_fault),
        cmocka_unit_test(own_parameters_follow_by_an_update),
        cmocka_unit_test(calls_at_any_moment),
        cmocka_unit_test(GAP_CONN_GCEP_BV_06_C),
        cmocka_unit_test(GAP_CONN_DCEP_BV_06_C),
        cmocka_unit_test(cancel_near_the_end_of_a_duration),
        cmocka_unit_test(cancel_before_the_command_is_answered),
        cmocka_unit_test(GAP_CONN_ACEP_BV_01_C),
        cmocka_unit_test(the_list_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
