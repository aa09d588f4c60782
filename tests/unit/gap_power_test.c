/* Subrating, transmit power, path loss, channels and coding of links. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/cursor.h"

#define CONN 0x40

static const struct woad_host_use parts[] = {{&woad_gap_power_part, NULL}, {NULL, NULL}};
static const struct woad_addr peer = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}};

static bool by_status(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    (void)params;
    (void)len;
    if (opcode != WOAD_HCI_CMD_LE_SUBRATE_REQUEST &&
        opcode != WOAD_HCI_CMD_LE_READ_REMOTE_TRANSMIT_POWER_LEVEL)
        return false;
    dbl_status(g->dev, opcode, 0);
    return true;
}

static void open_link(struct gap_log *g, uint8_t role, const struct script_row *rows, unsigned n)
{
    gap_open(g, parts, rows, n);
    g->answer = by_status;
    gap_link(g, CONN, role, &peer);
    gap_forget(g);
}

static const struct woad_power_evt *told(const struct gap_log *g, unsigned n)
{
    const struct gap_event *e = gap_event(g, WOAD_EVT_POWER, n);
    return e ? &e->power : NULL;
}

static void subrate_change(struct gap_log *g, uint8_t status, uint16_t factor)
{
    uint8_t evt[11] = {status, CONN, 0};
    woad_put_u16(evt + 3, factor);
    woad_put_u16(evt + 5, 2);
    woad_put_u16(evt + 7, 1);
    woad_put_u16(evt + 9, 600);
    gap_le(g, WOAD_HCI_LE_EVT_SUBRATE_CHANGE, evt, sizeof(evt));
}

static void subrate(uint8_t role)
{
    struct gap_log g;
    open_link(&g, role, NULL, 0);
    struct woad_subrate_params p = {.min = 4, .max = 8, .latency = 2, .continuation = 1};
    assert_int_equal(woad_gap_subrate(g.h, CONN, &p), 0);
    assert_int_equal(woad_gap_read_channels(g.h, CONN), WOAD_ERR_BUSY);
    gap_turn(&g);
    const uint8_t want[] = {CONN, 0, 4, 0, 8, 0, 2, 0, 1, 0, 0xf4, 1};
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SUBRATE_REQUEST, 0)->params, want, 12);
    assert_null(told(&g, 0)); /* the command's status is not the end */
    subrate_change(&g, 0, 8);
    assert_int_equal(told(&g, 0)->type, WOAD_POWER_SUBRATE);
    assert_int_equal(told(&g, 0)->u.subrate.result.err, 0);
    assert_int_equal(told(&g, 0)->u.subrate.factor, 8);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(g.h, CONN, &info), 0);
    assert_int_equal(info.latency, 2);
    assert_int_equal(info.timeout_10ms, 600);
    subrate_change(&g, 0, 4); /* the peer's doing */
    assert_int_equal(told(&g, 1)->u.subrate.factor, 4);
    subrate_change(&g, 0x1f, 4); /* of an attempt that was not ours: nothing changed */
    assert_null(told(&g, 2));
    assert_int_equal(woad_gap_subrate(g.h, CONN, &p), 0);
    gap_turn(&g);
    subrate_change(&g, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE, 0);
    assert_int_equal(told(&g, 2)->u.subrate.result.err, WOAD_ERR_UNSUPPORTED);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

static void GAP_CSUB_CSR_BV_01_C(void **state)
{
    (void)state;
    subrate(WOAD_ROLE_PERIPHERAL);
}

static void GAP_CSUB_CSU_BV_01_C(void **state)
{
    (void)state;
    subrate(WOAD_ROLE_CENTRAL);
}

static void the_host_says_that_it_subrates(void **state)
{
    (void)state;
    struct gap_log g;
    gap_open_with(&g, parts, NULL, 0, NULL);
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_HOST_FEATURE, 0)->params, "\x26\x01", 2);
    gap_forget(&g);
    struct woad_subrate_params p = {.min = 1, .max = 2};
    assert_int_equal(woad_gap_subrate_default(g.h, &p), 0);
    assert_int_equal(woad_gap_read_power_range(g.h), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_DEFAULT_SUBRATE, 0)->len, 10);
    assert_int_equal(told(&g, 0)->type, WOAD_POWER_SET);
    gap_close(&g);
}

static void transmit_power(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_ENHANCED_READ_TRANSMIT_POWER_LEVEL, 0, CONN, 0, 2, 4, 8),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_ENHANCED_READ_TRANSMIT_POWER_LEVEL, 0, CONN),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_READ_TRANSMIT_POWER, 0, 0xec, 20)};
    struct gap_log g;
    open_link(&g, 0, rows, ARRAY_LEN(rows));
    assert_int_equal(woad_gap_read_power(g.h, CONN, 2), 0);
    gap_turn(&g);
    assert_int_equal(told(&g, 0)->type, WOAD_POWER_LEVEL);
    assert_int_equal(told(&g, 0)->u.level.dbm, 4);
    assert_int_equal(told(&g, 0)->u.level.max_dbm, 8);
    assert_true(told(&g, 0)->u.level.own);
    assert_int_equal(woad_gap_read_power(g.h, CONN, 2), 0); /* an answer that is cut short */
    gap_turn(&g);
    assert_int_equal(told(&g, 1)->u.level.result.err, WOAD_ERR_FORMAT);
    assert_int_equal(woad_gap_read_power_range(g.h), 0);
    gap_turn(&g);
    assert_int_equal(told(&g, 2)->u.range.min_dbm, -20);
    assert_int_equal(told(&g, 2)->u.range.max_dbm, 20);
    assert_int_equal(woad_gap_read_remote_power(g.h, CONN, 1), 0);
    gap_turn(&g);
    const uint8_t mine[] = {0, CONN, 0, 0, 1, 3, 2, 1}, read[] = {0, CONN, 0, 2, 1, 0xfd, 1, 127};
    gap_le(&g, WOAD_HCI_LE_EVT_TRANSMIT_POWER_REPORTING, mine, 8);
    assert_true(told(&g, 3)->u.level.own);
    assert_true(told(&g, 3)->u.level.at_max);
    assert_int_equal(gap_pending(&g), 1); /* that was not the answer */
    gap_le(&g, WOAD_HCI_LE_EVT_TRANSMIT_POWER_REPORTING, read, 8);
    assert_int_equal(told(&g, 4)->u.level.dbm, -3);
    assert_false(told(&g, 4)->u.level.own);
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(woad_gap_report_power(g.h, CONN, true, true), 0);
    gap_turn(&g);
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_TRANSMIT_POWER_REPORTING_ENABLE, 0)->params,
                        "\x40\0\1\1", 4);
    gap_close(&g);
}

static void path_loss(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, 0, NULL, 0);
    struct woad_path_loss_params p = {80, 2, 60, 2, 10};
    assert_int_equal(woad_gap_report_path_loss(g.h, CONN, &p), 0);
    gap_turn(&g);
    const uint8_t want[] = {CONN, 0, 80, 2, 60, 2, 10, 0};
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PATH_LOSS_REPORTING_PARAMETERS, 0)->params,
                        want, 8);
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PATH_LOSS_REPORTING_ENABLE, 0)->params,
                        "\x40\0\1", 3);
    assert_int_equal(gap_events(&g, WOAD_EVT_POWER), 1);
    gap_le(&g, WOAD_HCI_LE_EVT_PATH_LOSS_THRESHOLD, "\x40\0\x55\2", 4);
    assert_int_equal(told(&g, 1)->u.path_loss.db, 0x55);
    assert_int_equal(told(&g, 1)->u.path_loss.zone, 2);
    gap_le(&g, WOAD_HCI_LE_EVT_PATH_LOSS_THRESHOLD, "\x40\0\x55\3", 4); /* no such zone */
    gap_le(&g, WOAD_HCI_LE_EVT_PATH_LOSS_THRESHOLD, "\x41\0\x55\1", 4); /* no such link */
    assert_null(told(&g, 2));
    assert_int_equal(woad_gap_report_path_loss(g.h, CONN, NULL), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PATH_LOSS_REPORTING_ENABLE, 1)->params[2], 0);
    gap_close(&g);
}

static void channels(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_READ_CHANNEL_MAP, 0, CONN, 0, 0xff, 1, 2, 3, 0x1f)};
    struct gap_log g;
    open_link(&g, 0, rows, 1);
    assert_int_equal(woad_gap_read_channels(g.h, CONN), 0);
    gap_turn(&g);
    assert_memory_equal(told(&g, 0)->u.channels.map, "\xff\1\2\3\x1f", 5);
    const uint8_t good[5] = {0xff, 0xff, 0, 0, 0x10}, one[5] = {1}, beyond[5] = {3, 0, 0, 0, 0x20};
    assert_int_equal(woad_gap_classify_channels(g.h, one), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_classify_channels(g.h, beyond), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_classify_channels(g.h, good), 0);
    gap_turn(&g);
    assert_memory_equal(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_HOST_CHANNEL_CLASSIFICATION, 0)->params,
                        good, 5);
    gap_close(&g);
}

static void coding_of_a_link(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, 0, NULL, 0);
    assert_int_equal(woad_gap_set_phy_coding(g.h, CONN, 4, 4, 3), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_set_phy_coding(g.h, CONN, 4, 4, 2), 0);
    gap_turn(&g);
    const struct gap_cmd *c = gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PHY, 0);
    assert_int_equal(c->params[3], 4);
    assert_int_equal(woad_get_u16(c->params + 5), 2);
    dbl_run(g.d, 100000);
    assert_int_equal(woad_gap_set_phy(g.h, CONN, 1, 1), 0); /* the wish was for that one */
    gap_turn(&g);
    assert_int_equal(woad_get_u16(gap_cmd(&g, WOAD_HCI_CMD_LE_SET_PHY, 1)->params + 5), 0);
    gap_close(&g);
}

static void operations_end_with_their_link(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, 0, NULL, 0);
    assert_int_equal(woad_gap_read_remote_power(g.h, CONN, 1), 0);
    gap_turn(&g);
    dbl_evt(g.dev, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, (const uint8_t[]){0, CONN, 0, 8}, 4);
    gap_turn(&g);
    assert_int_equal(told(&g, 0)->type, WOAD_POWER_CHANGED);
    assert_int_equal(told(&g, 0)->u.level.result.err, WOAD_ERR_NOT_CONNECTED);
    assert_int_equal(gap_pending(&g), 0);
    assert_int_equal(woad_gap_read_power(g.h, CONN, 1), WOAD_ERR_NOT_CONNECTED);
    gap_close(&g);
}

static void values_out_of_range(void **state)
{
    (void)state;
    static const struct woad_subrate_params bad[] = {
        {.max = 1},
        {.min = 2, .max = 1},
        {.min = 1, .max = 501},
        {.min = 1, .max = 251, .latency = 1},
        {.min = 1, .max = 2, .continuation = 2},
        {.min = 1, .max = 2, .timeout_10ms = 9},
        {.min = 1, .max = 1, .latency = 500},
    };
    static const struct woad_path_loss_params loss[] = {
        {60, 0, 80, 0, 0}, {80, 15, 60, 15, 0}, {80, 200, 10, 0, 0}, {80, 1, 3, 4, 0}};
    struct gap_log g;
    open_link(&g, 0, NULL, 0);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(woad_gap_subrate(g.h, CONN, &bad[i]), WOAD_ERR_INVALID);
    for (unsigned i = 0; i < ARRAY_LEN(loss); i++)
        assert_int_equal(woad_gap_report_path_loss(g.h, CONN, &loss[i]), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_read_power(g.h, CONN, 0), WOAD_ERR_INVALID);
    assert_int_equal(woad_gap_read_remote_power(g.h, CONN, 5), WOAD_ERR_INVALID);
    assert_int_equal(g.cmd_count, 0);
    gap_close(&g);
    gap_open(&g, NULL, NULL, 0);
    gap_link(&g, CONN, 0, &peer);
    assert_int_equal(woad_gap_read_channels(g.h, CONN), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(woad_gap_read_power_range(g.h), WOAD_ERR_UNSUPPORTED);
    gap_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_CSUB_CSR_BV_01_C),
        cmocka_unit_test(GAP_CSUB_CSU_BV_01_C),
        cmocka_unit_test(the_host_says_that_it_subrates),
        cmocka_unit_test(transmit_power),
        cmocka_unit_test(path_loss),
        cmocka_unit_test(channels),
        cmocka_unit_test(coding_of_a_link),
        cmocka_unit_test(operations_end_with_their_link),
        cmocka_unit_test(values_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
