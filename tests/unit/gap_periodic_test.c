/* Periodic advertising, syncs and their transfer. Tests with the name of a purpose of the SIG's GAP
 * suite check what that purpose checks, as far as the host decides it. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/cursor.h"

#define TRAIN_PARAMS WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_PARAMETERS
#define TRAIN_DATA   WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_DATA
#define TRAIN_ENABLE WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_ENABLE
#define CREATE       WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC
#define CANCEL       WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC_CANCEL
#define TERMINATE    WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_TERMINATE_SYNC

static const struct woad_pa_cfg cfg = {.trains = 2, .syncs = 2, .chain_size = 500};
static const struct woad_host_use parts[] = {
    {&woad_gap_periodic_part, &cfg}, {&woad_gap_ext_adv_part, NULL}, {NULL, NULL}};
static const struct woad_addr peer = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
static uint8_t pattern[2048];

static const struct woad_pa_evt *told(const struct gap_log *g, uint8_t type, unsigned n)
{
    for (unsigned i = 0; gap_event(g, WOAD_EVT_PERIODIC, i); i++)
        if (gap_event(g, WOAD_EVT_PERIODIC, i)->pa.type == type && n-- == 0)
            return &gap_event(g, WOAD_EVT_PERIODIC, i)->pa;
    return NULL;
}

static void open_train(struct gap_log *g, const struct woad_pa_params *p)
{
    gap_open(g, parts, NULL, 0);
    assert_int_equal(woad_pa_start(g->h, 0, p), WOAD_ERR_STATE); /* its set does not run */
    assert_int_equal(woad_adv_set_start(g->h, 0, &(struct woad_adv_set_params){.sid = 3}), 0);
    gap_turn(g);
    assert_int_equal(woad_pa_start(g->h, 0, p), 0);
    assert_int_equal(woad_pa_start(g->h, 0, p), WOAD_ERR_BUSY);
    gap_turn(g);
    assert_int_equal(told(g, WOAD_PA_STARTED, 0)->u.train.result.err, 0);
}

/* GAP/PADV/PASM/BV-01-C as well: the set tells where the train is. */
static void GAP_PADV_PAM_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_train(
        &g, &(struct woad_pa_params){.interval_min_1250us = 100, .data = pattern, .data_len = 600});
    const uint8_t params[] = {1, 100, 0, 100, 0, 0, 0}, on[] = {1, 1};
    assert_memory_equal(gap_cmd(&g, TRAIN_PARAMS, 0)->params, params, sizeof(params));
    assert_memory_equal(gap_cmd(&g, TRAIN_ENABLE, 0)->params, on, sizeof(on));
    uint16_t at = 0;
    static const uint8_t ops[] = {1, 0, 2};
    for (unsigned i = 0; i < 3; i++) {
        const struct gap_cmd *c = gap_cmd(&g, TRAIN_DATA, i);
        assert_int_equal(c->params[1], ops[i]);
        assert_int_equal(c->len, 3 + c->params[2]);
        assert_memory_equal(c->params + 3, pattern + at, c->params[2]);
        at = (uint16_t)(at + c->params[2]);
    }
    assert_int_equal(at, 600);
    /* the train goes on without its set, and the set is not removed under it */
    assert_int_equal(woad_adv_set_stop(g.h, 0), 0);
    gap_turn(&g);
    assert_int_equal(woad_adv_set_start(g.h, 0, &(struct woad_adv_set_params){.sid = 3}), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_REMOVE_ADVERTISING_SET), 0);
    assert_int_equal(woad_pa_stop(g.h, 0), 0);
    gap_turn(&g);
    assert_int_equal(told(&g, WOAD_PA_STOPPED, 0)->u.train.result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void data_change_while_it_runs(void **state)
{
    (void)state;
    struct gap_log g;
    open_train(&g, &(struct woad_pa_params){.data_len = 0});
    gap_forget(&g);
    assert_int_equal(woad_pa_data(g.h, 0, pattern, 252), 0);
    assert_int_equal(woad_pa_data(g.h, 0, pattern, 252), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, TRAIN_DATA, 0)->params[1], 3);
    assert_null(gap_cmd(&g, TRAIN_ENABLE, 0));
    assert_int_equal(told(&g, WOAD_PA_DATA, 0)->u.train.result.err, 0);
    assert_int_equal(woad_pa_data(g.h, 0, pattern, 253), 0); /* refused while it runs: anew */
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, TRAIN_ENABLE, 0)->params[0], 0);
    assert_int_equal(gap_cmd(&g, TRAIN_ENABLE, 1)->params[0], 1);
    assert_int_equal(told(&g, WOAD_PA_DATA, 1)->u.train.result.err, 0);
    assert_null(told(&g, WOAD_PA_STOPPED, 0));
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void the_train_is_resumed_behind_its_set(void **state)
{
    (void)state;
    struct gap_log g;
    open_train(&g, &(struct woad_pa_params){.data = pattern, .data_len = 5, .adi = true});
    gap_forget(&g);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    const struct gap_cmd *set = gap_cmd(&g, WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 0);
    assert_true(set && set < gap_cmd(&g, TRAIN_PARAMS, 0));
    assert_int_equal(gap_cmd(&g, TRAIN_ENABLE, 0)->params[0], 3);
    assert_int_equal(gap_events(&g, WOAD_EVT_PERIODIC), 0);
    assert_int_equal(woad_host_stop(g.h), 0);
    dbl_settle(g.d);
    assert_int_equal(told(&g, WOAD_PA_STOPPED, 0)->u.train.result.err, WOAD_ERR_CANCELLED);
    gap_close(&g);
}

/* ---- syncs ----------------------------------------------------------------------------------- */

static void established(struct gap_log *g, uint8_t status, uint16_t handle)
{
    uint8_t evt[15] = {status, (uint8_t)handle, (uint8_t)(handle >> 8), 3, WOAD_ADDR_RANDOM};
    memcpy(evt + 5, peer.val, 6);
    evt[11] = WOAD_PHY_2M;
    woad_put_u16(evt + 12, 80);
    evt[14] = 5;
    gap_le(g, WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_ESTABLISHED, evt, sizeof(evt));
}

static bool by_status(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    (void)params;
    (void)len;
    if (opcode != CREATE)
        return false;
    dbl_status(g->dev, opcode, 0);
    return true;
}

static void open_sync(struct gap_log *g, const struct woad_pa_sync_params *p,
                      const struct woad_addr *addr)
{
    gap_open(g, parts, NULL, 0);
    g->answer = by_status;
    assert_int_equal(woad_pa_sync(g->h, addr, p), 0);
    assert_int_equal(woad_pa_sync(g->h, addr, p), WOAD_ERR_BUSY);
    gap_turn(g);
}

static void report(struct gap_log *g, uint16_t handle, uint8_t status, uint16_t from, uint8_t len)
{
    uint8_t evt[255] = {(uint8_t)handle, (uint8_t)(handle >> 8), 127, 0xd0, 0xff, status, len};
    memcpy(evt + 7, pattern + from, len);
    gap_le(g, WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_REPORT, evt, (uint8_t)(7 + len));
}

static void GAP_PADV_PASE_BV_02_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){.sid = 3, .skip = 2, .timeout_10ms = 300}, &peer);
    const uint8_t create[] = {0, 3, 1, 1, 2, 3, 4, 5, 0xc6, 2, 0, 0x2c, 1, 0};
    assert_int_equal(gap_cmd(&g, CREATE, 0)->len, sizeof(create));
    assert_memory_equal(gap_cmd(&g, CREATE, 0)->params, create, sizeof(create));
    established(&g, 0, 7);
    const struct woad_pa_evt *e = told(&g, WOAD_PA_SYNCED, 0);
    assert_int_equal(e->u.synced.result.err, 0);
    assert_int_equal(e->u.synced.sync, 7);
    assert_int_equal(e->u.synced.sid, 3);
    assert_int_equal(e->u.synced.phy, WOAD_PHY_2M);
    assert_int_equal(e->u.synced.interval_1250us, 80);
    assert_int_equal(e->u.synced.conn, WOAD_CONN_NONE);
    assert_true(woad_addr_equal(&e->u.synced.addr, &peer));
    report(&g, 7, 0, 0, 200);
    assert_int_equal(told(&g, WOAD_PA_REPORT, 0)->u.report.data_len, 200);
    assert_int_equal(told(&g, WOAD_PA_REPORT, 0)->u.report.rssi_dbm, -48);
    assert_memory_equal(g.data, pattern, 200);
    gap_le(&g, WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_LOST, "\7\0", 2);
    assert_int_equal(told(&g, WOAD_PA_LOST, 0)->u.lost.result.err, WOAD_ERR_TIMEOUT);
    report(&g, 7, 0, 0, 20);
    assert_null(told(&g, WOAD_PA_REPORT, 1));
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

/* By the list, reports off; they are switched on later. */
static void GAP_PADV_PASE_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    assert_int_equal(woad_pa_list_add(g.h, &peer, 3), 0);
    assert_int_equal(woad_pa_list_clear(g.h), WOAD_ERR_BUSY);
    gap_turn(&g);
    const uint8_t add[] = {1, 1, 2, 3, 4, 5, 0xc6, 3};
    assert_memory_equal(
        gap_cmd(&g, WOAD_HCI_CMD_LE_ADD_DEVICE_TO_PERIODIC_ADVERTISER_LIST, 0)->params, add, 8);
    assert_int_equal(told(&g, WOAD_PA_LIST_DONE, 0)->u.done.err, 0);
    gap_close(&g);
    open_sync(&g, &(struct woad_pa_sync_params){.quiet = true, .filter = true}, NULL);
    assert_int_equal(gap_cmd(&g, CREATE, 0)->params[0], 7);
    established(&g, 0, 9);
    const struct woad_pa_evt *e = told(&g, WOAD_PA_SYNCED, 0);
    assert_int_equal(e->u.synced.result.err, 0);
    assert_int_equal(e->u.synced.interval_1250us, 80);
    assert_true(woad_addr_equal(&e->u.synced.addr, &peer));
    dbl_run(g.d, 2000000); /* nothing switches the reports on */
    assert_int_equal(gap_cmds(&g, WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_RECEIVE_ENABLE), 0);
    assert_null(told(&g, WOAD_PA_REPORT, 0));
    assert_int_equal(woad_pa_report(g.h, 8, true, false), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_pa_report(g.h, 9, true, true), 0);
    gap_turn(&g);
    const uint8_t on[] = {9, 0, 3};
    assert_memory_equal(
        gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_RECEIVE_ENABLE, 0)->params, on, 3);
    assert_int_equal(told(&g, WOAD_PA_REPORTING, 0)->u.lost.result.err, 0);
    gap_close(&g);
}

static void cancel_and_time(void **state)
{
    (void)state;
    for (unsigned how = 0; how < 4; how++) {
        struct gap_log g;
        open_sync(&g, &(struct woad_pa_sync_params){.duration_ms = how & 1 ? 50 : 0}, &peer);
        if (how & 1)
            dbl_run(g.d, 60000);
        else
            assert_int_equal(woad_pa_sync_cancel(g.h), 0);
        assert_int_equal(woad_pa_sync_cancel(g.h), WOAD_ERR_BUSY);
        gap_turn(&g);
        assert_int_equal(gap_cmds(&g, CANCEL), 1);
        if (how & 2) /* the controller forgets the event */
            dbl_run(g.d, 3000000);
        else
            established(&g, WOAD_HCI_ERR_OPERATION_CANCELLED_BY_HOST, 0);
        assert_int_equal(told(&g, WOAD_PA_SYNCED, 0)->u.synced.result.err,
                         how & 1 ? WOAD_ERR_TIMEOUT : WOAD_ERR_CANCELLED);
        established(&g, 0, 5); /* too late: ended again, not told */
        assert_int_equal(gap_cmds(&g, TERMINATE), 1);
        assert_null(told(&g, WOAD_PA_SYNCED, 1));
        assert_int_equal(gap_pending(&g), 0);
        gap_close(&g);
    }
}

/* The sync comes while its cancel is on the way: it is a sync. */
static void a_sync_that_crosses_its_cancel(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    assert_int_equal(woad_pa_sync_cancel(g.h), 0);
    established(&g, 0, 5);
    assert_int_equal(told(&g, WOAD_PA_SYNCED, 0)->u.synced.result.err, 0);
    assert_int_equal(woad_pa_sync_end(g.h, 5), 0);
    assert_int_equal(woad_pa_sync_end(g.h, 5), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(told(&g, WOAD_PA_LOST, 0)->u.lost.result.err, 0);
    assert_int_equal(woad_pa_sync_end(g.h, 5), WOAD_ERR_NOT_FOUND);
    dbl_run(g.d, 3000000);
    assert_null(told(&g, WOAD_PA_SYNCED, 1));
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void not_found_is_a_timeout(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    established(&g, WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED, 0);
    assert_int_equal(told(&g, WOAD_PA_SYNCED, 0)->u.synced.result.err, WOAD_ERR_TIMEOUT);
    gap_close(&g);
}

static void reports_in_fragments(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    established(&g, 0, 7);
    report(&g, 7, 1, 0, 240);
    report(&g, 7, 1, 240, 200);
    report(&g, 7, 0, 440, 60);
    const struct woad_pa_evt *e = told(&g, WOAD_PA_REPORT, 0);
    assert_int_equal(e->u.report.data_len, 500);
    assert_false(e->u.report.truncated);
    assert_memory_equal(g.data, pattern, 500);
    report(&g, 7, 1, 0, 240); /* longer than the assembly */
    report(&g, 7, 1, 240, 240);
    report(&g, 7, 0, 480, 240);
    e = told(&g, WOAD_PA_REPORT, 1);
    assert_int_equal(e->u.report.data_len, 500);
    assert_true(e->u.report.truncated);
    report(&g, 7, 1, 0, 10); /* given up by the controller */
    report(&g, 7, 2, 10, 0);
    assert_true(told(&g, WOAD_PA_REPORT, 2)->u.report.truncated);
    assert_int_equal(told(&g, WOAD_PA_REPORT, 2)->u.report.data_len, 10);
    report(&g, 7, 0, 5, 9);
    assert_int_equal(told(&g, WOAD_PA_REPORT, 3)->u.report.data_len, 9);
    assert_false(told(&g, WOAD_PA_REPORT, 3)->u.report.truncated);
    gap_close(&g);
}

static void more_syncs_than_there_is_room_for(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    established(&g, 0, 1);
    assert_int_equal(woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){0}), 0);
    gap_turn(&g);
    established(&g, 0, 2);
    assert_int_equal(woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){0}), WOAD_ERR_NO_MEM);
    established(&g, 0, 3);
    assert_int_equal(gap_cmd(&g, TERMINATE, 0)->params[0], 3);
    established(&g, 0, 2); /* one that is there is not ended by it */
    assert_int_equal(gap_cmds(&g, TERMINATE), 1);
    woad_host_fault(g.h, "test");
    dbl_settle(g.d);
    assert_int_equal(told(&g, WOAD_PA_LOST, 0)->u.lost.result.err, WOAD_ERR_FAULT);
    assert_int_equal(told(&g, WOAD_PA_LOST, 1)->u.lost.result.err, WOAD_ERR_FAULT);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void biginfo_is_told(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    established(&g, 0, 7);
    const uint8_t evt[19] = {7, 0, 2, 4, 8, 0, 1, 0, 2, 100, 0, 0x10, 0x27, 0, 120, 0, 2, 0, 1};
    gap_le(&g, WOAD_HCI_LE_EVT_BIGINFO_ADVERTISING_REPORT, evt, sizeof(evt));
    const struct woad_pa_evt *e = told(&g, WOAD_PA_BIGINFO, 0);
    assert_int_equal(e->u.biginfo.num_bis, 2);
    assert_int_equal(e->u.biginfo.sdu_interval_us, 10000);
    assert_int_equal(e->u.biginfo.max_sdu, 120);
    assert_true(e->u.biginfo.encrypted);
    gap_close(&g);
}

/* ---- transfer -------------------------------------------------------------------------------- */

static void GAP_PADV_PAST_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    established(&g, 0, 7);
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &peer);
    assert_int_equal(woad_pa_transfer(g.h, 0x40, 8, 0), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_pa_transfer(g.h, 0x41, 7, 0), WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(woad_pa_transfer(g.h, 0x40, 7, 0x1234), 0);
    assert_int_equal(woad_pa_transfer(g.h, 0x40, 7, 0x1234), WOAD_ERR_BUSY);
    gap_turn(&g);
    const uint8_t want[] = {0x40, 0, 0x34, 0x12, 7, 0};
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_SYNC_TRANSFER, 0)->params,
                        want, 6);
    assert_int_equal(told(&g, WOAD_PA_TRANSFERRED, 0)->u.link.result.err, 0);
    assert_int_equal(told(&g, WOAD_PA_TRANSFERRED, 0)->u.link.conn, 0x40);
    gap_close(&g);
}

static void GAP_PADV_PAST_BV_02_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_train(&g, &(struct woad_pa_params){.data_len = 0});
    gap_link(&g, 0x40, WOAD_ROLE_CENTRAL, &peer);
    assert_int_equal(woad_pa_transfer_set(g.h, 0x40, 1, 0), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_pa_transfer_set(g.h, 0x40, 0, 9), 0);
    gap_turn(&g);
    const uint8_t want[] = {0x40, 0, 9, 0, 1};
    assert_memory_equal(
        gap_cmd(&g, WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_SET_INFO_TRANSFER, 0)->params, want, 5);
    assert_non_null(told(&g, WOAD_PA_TRANSFERRED, 0));
    gap_close(&g);
}

static void transfers_are_received(uint8_t role, uint8_t mode)
{
    struct gap_log g;
    gap_open(&g, parts, NULL, 0);
    gap_link(&g, 0x40, role, &peer);
    assert_int_equal(woad_pa_receive(g.h, WOAD_CONN_NONE, WOAD_PA_RECEIVE_ON, 1, 200), 0);
    assert_int_equal(woad_pa_receive(g.h, 0x40, mode, 0, 0), 0);
    assert_int_equal(woad_pa_receive(g.h, 0x40, 4, 0, 0), WOAD_ERR_INVALID);
    gap_turn(&g);
    const uint8_t preset[] = {2, 1, 0, 200, 0, 0}, link[] = {0x40, 0, mode, 0, 0, 0xe8, 3, 0};
    assert_memory_equal(
        gap_cmd(&g, WOAD_HCI_CMD_LE_SET_DEFAULT_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, 0)
            ->params,
        preset, 6);
    assert_memory_equal(
        gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS, 0)->params,
        link, 8);
    assert_int_equal(told(&g, WOAD_PA_RECEIVE_SET, 0)->u.link.conn, WOAD_CONN_NONE);
    assert_int_equal(told(&g, WOAD_PA_RECEIVE_SET, 1)->u.link.conn, 0x40);
    uint8_t evt[19] = {0, 0x40, 0, 0x34, 0x12, 6, 0, 3, 1, 1, 2, 3, 4, 5, 0xc6, 1, 80, 0, 5};
    gap_le(&g, WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED, evt, sizeof(evt));
    const struct woad_pa_evt *e = told(&g, WOAD_PA_SYNCED, 0);
    assert_int_equal(e->u.synced.conn, 0x40);
    assert_int_equal(e->u.synced.service_data, 0x1234);
    assert_int_equal(e->u.synced.sync, 6);
    if (mode != WOAD_PA_RECEIVE_QUIET)
        report(&g, 6, 0, 0, 3);
    assert_int_equal(told(&g, WOAD_PA_REPORT, 0) != NULL, mode != WOAD_PA_RECEIVE_QUIET);
    evt[0] = WOAD_HCI_ERR_CONNECTION_FAILED_TO_BE_ESTABLISHED;
    gap_le(&g, WOAD_HCI_LE_EVT_PERIODIC_ADVERTISING_SYNC_TRANSFER_RECEIVED, evt, sizeof(evt));
    assert_int_equal(told(&g, WOAD_PA_SYNCED, 1)->u.synced.result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void GAP_PADV_PASE_BV_03_C(void **state)
{
    (void)state;
    transfers_are_received(WOAD_ROLE_PERIPHERAL, WOAD_PA_RECEIVE_QUIET);
}

static void GAP_PADV_PASE_BV_04_C(void **state)
{
    (void)state;
    transfers_are_received(WOAD_ROLE_PERIPHERAL, WOAD_PA_RECEIVE_FILTER);
}

static void GAP_PADV_PASE_BV_05_C(void **state)
{
    (void)state;
    transfers_are_received(WOAD_ROLE_CENTRAL, WOAD_PA_RECEIVE_QUIET);
}

static void GAP_PADV_PASE_BV_06_C(void **state)
{
    (void)state;
    transfers_are_received(WOAD_ROLE_CENTRAL, WOAD_PA_RECEIVE_ON);
}

/* The link goes while its operations wait. */
static void operations_of_a_link_end_with_it(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_PERIODIC_ADVERTISING_SYNC_TRANSFER_PARAMETERS)};
    struct gap_log g;
    gap_open(&g, parts, rows, 1);
    gap_link(&g, 0x40, WOAD_ROLE_PERIPHERAL, &peer);
    assert_int_equal(woad_pa_receive(g.h, 0x40, WOAD_PA_RECEIVE_ON, 0, 0), 0);
    gap_turn(&g);
    dbl_evt(g.dev, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, (const uint8_t[]){0, 0x40, 0, 0x13}, 4);
    gap_turn(&g);
    assert_int_equal(told(&g, WOAD_PA_RECEIVE_SET, 0)->u.link.result.err, WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(gap_events(&g, WOAD_EVT_DISCONNECTED), 1);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void hostile_events(void **state)
{
    (void)state;
    static const uint8_t codes[] = {0x0e, 0x0f, 0x10, 0x18, 0x22};
    struct gap_log g;
    uint32_t seed = 11;
    open_sync(&g, &(struct woad_pa_sync_params){0}, &peer);
    for (unsigned i = 0; i < 4000; i++) {
        uint8_t evt[250];
        for (unsigned k = 0; k < sizeof(evt); k++)
            evt[k] = (uint8_t)(test_rand(&seed) % (i % 3 ? 4 : 256));
        gap_le(&g, codes[i % 5], evt, (uint8_t)(test_rand(&seed) % sizeof(evt)));
        g.event_count = g.cmd_count = 0;
        if (i % 10 == 0)
            (void)!woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){0});
    }
    assert_int_equal(woad_host_stop(g.h), 0);
    dbl_settle(g.d);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void values_out_of_range(void **state)
{
    (void)state;
    struct gap_log g;
    open_train(&g, &(struct woad_pa_params){.data_len = 0});
    assert_int_equal(woad_pa_stop(g.h, 0), 0);
    gap_turn(&g);
    assert_int_equal(woad_pa_start(g.h, 9, &(struct woad_pa_params){0}), WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_start(g.h, 0, &(struct woad_pa_params){.interval_min_1250us = 5}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_start(g.h, 0, &(struct woad_pa_params){.data_len = 1}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){.sid = 16}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){.skip = 500}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_sync(g.h, &peer, &(struct woad_pa_sync_params){.timeout_10ms = 9}),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_pa_sync_cancel(g.h), WOAD_ERR_STATE);
    assert_int_equal(woad_pa_stop(g.h, 0), WOAD_ERR_STATE);
    assert_int_equal(woad_pa_data(g.h, 0, pattern, 1), WOAD_ERR_STATE);
    assert_int_equal(woad_adv_set_stop(g.h, 0), 0);
    gap_turn(&g);
    assert_int_equal(woad_adv_set_start(
                         g.h, 0, &(struct woad_adv_set_params){.props = WOAD_ADV_SET_CONNECTABLE}),
                     0);
    gap_turn(&g);
    assert_int_equal(woad_pa_start(g.h, 0, &(struct woad_pa_params){0}), WOAD_ERR_INVALID);
    gap_close(&g);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 11 + i / 256);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_PADV_PAM_BV_01_C),
        cmocka_unit_test(data_change_while_it_runs),
        cmocka_unit_test(the_train_is_resumed_behind_its_set),
        cmocka_unit_test(GAP_PADV_PASE_BV_02_C),
        cmocka_unit_test(GAP_PADV_PASE_BV_01_C),
        cmocka_unit_test(cancel_and_time),
        cmocka_unit_test(a_sync_that_crosses_its_cancel),
        cmocka_unit_test(not_found_is_a_timeout),
        cmocka_unit_test(reports_in_fragments),
        cmocka_unit_test(more_syncs_than_there_is_room_for),
        cmocka_unit_test(biginfo_is_told),
        cmocka_unit_test(GAP_PADV_PAST_BV_01_C),
        cmocka_unit_test(GAP_PADV_PAST_BV_02_C),
        cmocka_unit_test(GAP_PADV_PASE_BV_03_C),
        cmocka_unit_test(GAP_PADV_PASE_BV_04_C),
        cmocka_unit_test(GAP_PADV_PASE_BV_05_C),
        cmocka_unit_test(GAP_PADV_PASE_BV_06_C),
        cmocka_unit_test(operations_of_a_link_end_with_it),
        cmocka_unit_test(hostile_events),
        cmocka_unit_test(values_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
