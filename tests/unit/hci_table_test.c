/* The tables are complete, in order, and their formats are sound. */
#include "test.h"

#include <stdbool.h>
#include <string.h>

#include "woad/fields.h"
#include "woad/hci_decode.h"
#include "woad/hci_table.h"
#include "woad/ll_pdu.h"

static void check_format(const char *name, const char *format)
{
    if (format && woad_fields_check(format, NULL) < 0)
        fail_msg("%s: bad format: %s", name, format);
}

static void commands_are_complete_and_sorted(void **state)
{
    (void)state;
    static const uint16_t opcodes[] = {
#define OPCODE(name, opcode, octet, bit) opcode,
        WOAD_HCI_CMD_LIST(OPCODE)
#undef OPCODE
    };
    bool bit_used[512] = {false};
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        const struct woad_hci_cmd_row *row = &woad_hci_cmd_rows[i];
        assert_int_equal(row->opcode, opcodes[i]);
        assert_true(i == 0 || row->opcode > row[-1].opcode);
        assert_ptr_equal(woad_hci_cmd_find(row->opcode), row);
        check_format(row->name, row->params);
        check_format(row->name, row->returns);
        assert_true(!row->params == !row->returns || row->answer == WOAD_HCI_ANSWER_STATUS);
        if (row->params && row->answer == WOAD_HCI_ANSWER_COMPLETE)
            assert_memory_equal(row->returns, "status:status", 13);
        if (row->supported_bit < 512) {
            assert_false(bit_used[row->supported_bit]);
            bit_used[row->supported_bit] = true;
        }
    }
    assert_null(woad_hci_cmd_find(0x0000));
    assert_null(woad_hci_cmd_find(0xffff));
}

static void every_le_command_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++)
        if (WOAD_HCI_OGF(woad_hci_cmd_rows[i].opcode) == 8)
            assert_non_null(woad_hci_cmd_rows[i].params);
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        assert_non_null(woad_hci_le_evt_rows[i].params);
}

static void events_are_complete_and_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++) {
        const struct woad_hci_evt_row *row = &woad_hci_evt_rows[i];
        assert_true(i == 0 || row->code > row[-1].code);
        assert_ptr_equal(woad_hci_evt_find(row->code), row);
        check_format(row->name, row->params);
    }
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++) {
        assert_int_equal(woad_hci_le_evt_rows[i].code, i + 1); /* no gaps up to 6.2 */
        assert_ptr_equal(woad_hci_le_evt_find((uint8_t)(i + 1)), &woad_hci_le_evt_rows[i]);
        check_format(woad_hci_le_evt_rows[i].name, woad_hci_le_evt_rows[i].params);
    }
    assert_null(woad_hci_evt_find(0));
    assert_null(woad_hci_le_evt_find(0));
}

/* Lengths of packets with a fixed layout [Vol 4, Part E, 7.7, 7.8], counted by hand. */
static void command_lengths(void **state)
{
    (void)state;
    static const struct {
        uint16_t opcode;
        int params, returns;
    } cmds[] = {
        {WOAD_HCI_CMD_DISCONNECT, 3, -1},
        {WOAD_HCI_CMD_RESET, 0, 1},
        {WOAD_HCI_CMD_SET_EVENT_MASK, 8, 1},
        {WOAD_HCI_CMD_HOST_BUFFER_SIZE, 7, 1},
        {WOAD_HCI_CMD_READ_LOCAL_VERSION_INFORMATION, 0, 9},
        {WOAD_HCI_CMD_READ_LOCAL_SUPPORTED_COMMANDS, 0, 65},
        {WOAD_HCI_CMD_READ_BD_ADDR, 0, 7},
        {WOAD_HCI_CMD_READ_BUFFER_SIZE, 0, 8},
        {WOAD_HCI_CMD_LE_READ_BUFFER_SIZE, 0, 4},
        {WOAD_HCI_CMD_LE_READ_BUFFER_SIZE_V2, 0, 7},
        {WOAD_HCI_CMD_LE_SET_ADVERTISING_PARAMETERS, 15, 1},
        {WOAD_HCI_CMD_LE_SET_ADVERTISING_DATA, 32, 1},
        {WOAD_HCI_CMD_LE_SET_SCAN_PARAMETERS, 7, 1},
        {WOAD_HCI_CMD_LE_CREATE_CONNECTION, 25, -1},
        {WOAD_HCI_CMD_LE_CONNECTION_UPDATE, 14, -1},
        {WOAD_HCI_CMD_LE_ENCRYPT, 32, 17},
        {WOAD_HCI_CMD_LE_RAND, 0, 9},
        {WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, 28, -1},
        {WOAD_HCI_CMD_LE_SET_DATA_LENGTH, 6, 3},
        {WOAD_HCI_CMD_LE_GENERATE_DHKEY, 64, -1},
        {WOAD_HCI_CMD_LE_SET_PHY, 7, -1},
        {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS, 25, 2},
        {WOAD_HCI_CMD_LE_SET_EXTENDED_ADVERTISING_PARAMETERS_V2, 27, 2},
        {WOAD_HCI_CMD_LE_PERIODIC_ADVERTISING_CREATE_SYNC, 14, -1},
        {WOAD_HCI_CMD_LE_CREATE_BIG, 31, -1},
        {WOAD_HCI_CMD_LE_CREATE_BIG_TEST, 36, -1},
        {WOAD_HCI_CMD_LE_REMOVE_ISO_DATA_PATH, 3, 3},
        {WOAD_HCI_CMD_LE_SUBRATE_REQUEST, 12, -1},
        {WOAD_HCI_CMD_LE_FRAME_SPACE_UPDATE, 9, -1},
        {WOAD_HCI_CMD_LE_CONNECTION_RATE_REQUEST, 20, -1},
        {WOAD_HCI_CMD_VS_WRITE_BD_ADDR, 6, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
        const struct woad_hci_cmd_row *row = woad_hci_cmd_find(cmds[i].opcode);
        bool fixed;
        assert_int_equal(woad_fields_check(row->params, &fixed), cmds[i].params);
        assert_true(fixed);
        assert_int_equal(row->answer,
                         cmds[i].returns < 0 ? WOAD_HCI_ANSWER_STATUS : WOAD_HCI_ANSWER_COMPLETE);
        if (cmds[i].returns >= 0)
            assert_int_equal(woad_fields_check(row->returns, NULL), cmds[i].returns);
    }
}

static void event_lengths(void **state)
{
    (void)state;
    static const struct {
        uint8_t code;
        int params;
    } evts[] = {
        {WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 18},
        {WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, 9},
        {WOAD_HCI_LE_EVT_READ_REMOTE_FEATURES_PAGE_0_COMPLETE, 11},
        {WOAD_HCI_LE_EVT_LONG_TERM_KEY_REQUEST, 12},
        {WOAD_HCI_LE_EVT_DATA_LENGTH_CHANGE, 10},
        {WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE, 30},
        {WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE_V2, 33},
        {WOAD_HCI_LE_EVT_PHY_UPDATE_COMPLETE, 5},
        {WOAD_HCI_LE_EVT_ADVERTISING_SET_TERMINATED, 5},
        {WOAD_HCI_LE_EVT_CIS_ESTABLISHED, 28},
        {WOAD_HCI_LE_EVT_CIS_ESTABLISHED_V2, 42},
        {WOAD_HCI_LE_EVT_SUBRATE_CHANGE, 11},
        {WOAD_HCI_LE_EVT_BIGINFO_ADVERTISING_REPORT, 19},
    };
    for (size_t i = 0; i < ARRAY_LEN(evts); i++)
        assert_int_equal(woad_fields_check(woad_hci_le_evt_find(evts[i].code)->params, NULL),
                         evts[i].params);
}

static void link_layer_rows(void **state)
{
    (void)state;
    unsigned n = 0;
    for (; n < 256 && woad_ll_ctrl_find((uint8_t)n); n++) {
        const struct woad_ll_pdu_row *row = woad_ll_ctrl_find((uint8_t)n);
        bool fixed;
        assert_int_equal(row->code, n);
        assert_int_equal(woad_fields_check(row->fields, &fixed), row->len_min);
        assert_int_equal(fixed, row->len_min == row->len_max);
    }
    assert_int_equal(n, WOAD_LL_CTRL_CONNECTION_RATE_IND + 1);
    for (unsigned i = 0; i < 16; i++) {
        for (unsigned place = 0; place < WOAD_LL_PLACES; place++) {
            const struct woad_ll_pdu_row *row =
                woad_ll_adv_find((uint8_t)i, (enum woad_ll_place)place);
            assert_true(row || place || i > WOAD_LL_PDU_ADV_DECISION_IND);
            if (row)
                check_format(row->name, row->fields);
        }
    }
    assert_int_equal(
        woad_fields_check(woad_ll_adv_find(WOAD_LL_PDU_CONNECT_IND, WOAD_LL_PRIMARY)->fields, NULL),
        34);
}

static void check_proto(const struct woad_proto_row *rows, size_t n,
                        const struct woad_proto_row *(*find)(uint8_t))
{
    assert_true(n > 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(i == 0 || rows[i].code > rows[i - 1].code);
        assert_ptr_equal(find(rows[i].code), &rows[i]);
        check_format(rows[i].name, rows[i].fields);
    }
    assert_null(find(0xff));
}

static void protocol_rows(void **state)
{
    (void)state;
    const struct woad_proto_row *rows;
    size_t n = woad_sig_rows(&rows);
    check_proto(rows, n, woad_sig_find);
    n = woad_att_rows(&rows);
    check_proto(rows, n, woad_att_find);
    n = woad_smp_rows(&rows);
    check_proto(rows, n, woad_smp_find);
}

static void ad_rows(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned i = 0; i < 256; i++) {
        const struct woad_ad_row *row = woad_ad_find((uint8_t)i);
        if (row) {
            assert_int_equal(row->type, i);
            check_format(row->name, row->fields);
            n++;
        }
    }
    assert_true(n > 40);
}

static void status_texts(void **state)
{
    (void)state;
    assert_string_equal(woad_hci_err_text(WOAD_HCI_ERR_SUCCESS), "Success");
    assert_string_equal(woad_hci_err_text(WOAD_HCI_ERR_INSTANT_PASSED), "Instant Passed");
    assert_null(woad_hci_err_text(0x2b));
    assert_null(woad_hci_err_text(0xff));
}

static void supported_commands_bits(void **state)
{
    (void)state;
    uint8_t supported[WOAD_HCI_SUPPORTED_COMMANDS_LEN] = {0};
    supported[25] = 0x20; /* LE Set Advertising Parameters */
    assert_true(woad_hci_supports(supported, WOAD_HCI_CMD_BIT_LE_SET_ADVERTISING_PARAMETERS));
    assert_false(woad_hci_supports(supported, WOAD_HCI_CMD_BIT_LE_SET_RANDOM_ADDRESS));
    memset(supported, 0xff, sizeof(supported));
    assert_false(woad_hci_supports(supported, WOAD_HCI_CMD_BIT_VS_WRITE_BD_ADDR));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_are_complete_and_sorted),
        cmocka_unit_test(every_le_command_is_described),
        cmocka_unit_test(events_are_complete_and_sorted),
        cmocka_unit_test(command_lengths),
        cmocka_unit_test(event_lengths),
        cmocka_unit_test(link_layer_rows),
        cmocka_unit_test(protocol_rows),
        cmocka_unit_test(ad_rows),
        cmocka_unit_test(status_texts),
        cmocka_unit_test(supported_commands_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
