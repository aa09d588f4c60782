/* Controllers that do not behave: each is a script, and the host lives with it. */
#include "test.h"

#include <string.h>

#include "support/script_ctrl.h"

static struct dbl *started(struct script *s, const struct script_row *rows, unsigned count,
                           const struct woad_host_cfg *cfg)
{
    struct dbl *d = dbl_new(2, cfg);
    if (rows)
        script_use(&d->dev[0], s, rows, count);
    dbl_start(d);
    return d;
}

static struct woad_host_stats stats_of(const struct dbl_dev *dev)
{
    struct woad_host_stats stats;
    woad_host_get_stats(dev->h, &stats);
    return stats;
}

static void host_buffer_size_is_rejected(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_COMPLETE(WOAD_HCI_CMD_HOST_BUFFER_SIZE, 0x12)};
    struct script s;
    struct woad_host_cfg cfg = {.acl_flow_control = true};
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), &cfg);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(s.seen[0], 1);
    dbl_free(d);
}

static void flow_control_is_rejected(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_STATUS(WOAD_HCI_CMD_SET_CONTROLLER_TO_HOST_FLOW_CONTROL, 0x01)};
    struct script s;
    struct woad_host_cfg cfg = {.acl_flow_control = true};
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), &cfg);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    dbl_free(d);
}

/* A controller that holds data back: it has acl_rx_count packets out at most, and gets them back by
 * Host Number Of Completed Packets. */
struct holder {
    uint16_t len, count; /* as the host said */
    unsigned out, given;
    bool on;
};

static bool hold(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *p, uint8_t len)
{
    struct holder *x = arg;
    (void)dev;
    if (opcode == WOAD_HCI_CMD_HOST_BUFFER_SIZE) {
        x->len = (uint16_t)(p[0] | p[1] << 8);
        x->count = (uint16_t)(p[3] | p[4] << 8);
    } else if (opcode == WOAD_HCI_CMD_SET_CONTROLLER_TO_HOST_FLOW_CONTROL) {
        x->on = p[0] == 1;
    } else if (opcode == WOAD_HCI_CMD_HOST_NUMBER_OF_COMPLETED_PACKETS) {
        assert_int_equal(len, 1 + 4 * p[0]);
        for (unsigned i = 0; i < p[0]; i++) {
            unsigned n = p[1 + 4 * i + 2] | (unsigned)p[1 + 4 * i + 3] << 8;
            assert_true(n <= x->out); /* never more than it was given */
            x->out -= n;
            x->given += n;
        }
    }
    return false;
}

static void flow_control_gives_back_every_packet(void **state)
{
    (void)state;
    struct holder x = {0};
    struct woad_host_cfg cfg = {.acl_flow_control = true};
    struct dbl *d = dbl_new(2, &cfg);
    d->dev[0].on_cmd = hold;
    d->dev[0].arg = &x;
    dbl_start(d);
    assert_true(x.on);
    assert_true(x.len >= 27 && x.count > 0);
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    unsigned sent = 0;
    static const uint8_t request[] = {0x0a, 7, 0, 0}; /* Information Request: not of LE */
    for (unsigned round = 0; round < 50; round++) {
        uint8_t pdu[4 + sizeof(request)] = {sizeof(request), 0, 5, 0};
        memcpy(pdu + 4, request, sizeof(request));
        for (; x.out < x.count; x.out++, sent++)
            dbl_acl(&d->dev[0], c0 | WOAD_HCI_ACL_FIRST_FLUSHABLE, pdu, sizeof(pdu));
        dbl_settle(d);
        assert_int_equal(x.out, 0);
    }
    assert_int_equal(x.given, sent);
    dbl_free(d);
}

static void a_random_address_cannot_be_set_at_once(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS, 0x0c),
        SCRIPT_USUAL(WOAD_HCI_CMD_LE_SET_RANDOM_ADDRESS)};
    struct script s;
    struct woad_host_cfg cfg = {.static_addr = {1, {1, 2, 3, 4, 5, 0xc6}}};
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), &cfg);
    dbl_run(d, 2000000); /* a start that fails is repeated, from the reset on */
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 1);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_memory_equal(d->dev[0].addr.val, cfg.static_addr.val, 6);
    dbl_free(d);
}

/* The enhanced event, with private addresses, instead of the plain one the double sends. */
static void the_enhanced_connection_event_makes_a_link_too(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    uint8_t evt[30] = {0, 0x77, 0, 1, 1, 9, 8, 7, 6, 5, 4};
    evt[23] = 24;
    evt[27] = 50;
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_ENHANCED_CONNECTION_COMPLETE, evt, sizeof(evt));
    dbl_settle(d);
    const struct dbl_event *e = dbl_find(&d->dev[0], false, WOAD_EVT_CONNECTED, 0);
    assert_non_null(e);
    assert_int_equal(e->conn, 0x77);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(d->dev[0].h, 0x77, &info), 0);
    assert_int_equal(info.role, WOAD_ROLE_PERIPHERAL);
    assert_int_equal(info.interval_1250us, 24);
    dbl_free(d);
}

/* A burst far beyond the pools: reports are dropped and counted, a connection is not. */
static void reports_never_displace_other_events(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    struct woad_scan_params scan = {0};
    assert_int_equal(woad_gap_scan_start(d->dev[0].h, &scan), 0);
    dbl_settle(d);
    uint8_t head[3] = {WOAD_HCI_EVT_LE_META, 12, WOAD_HCI_LE_EVT_ADVERTISING_REPORT};
    uint8_t conn[4] = {WOAD_HCI_EVT_LE_META, 19, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE};
    struct woad_buf *bufs[400];
    unsigned got = 0, dropped = 0;
    bool discard;
    for (unsigned i = 0; i < 400; i++) {
        struct woad_buf *b = woad_host_rx_alloc(d->dev[0].h, WOAD_PKT_EVT, 14, head, 3, &discard);
        if (b)
            bufs[got++] = b;
        else
            dropped += discard;
    }
    struct woad_buf *b = woad_host_rx_alloc(d->dev[0].h, WOAD_PKT_EVT, 21, conn, 4, &discard);
    assert_non_null(b);
    woad_buf_unref(b);
    assert_int_equal(got, 8);
    assert_int_equal(dropped, 392);
    assert_int_equal(stats_of(&d->dev[0]).reports_dropped, 392);
    while (got)
        woad_buf_unref(bufs[--got]);
    dbl_free(d);
}

static void many_reports_in_one_event(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    struct woad_scan_params scan = {0};
    assert_int_equal(woad_gap_scan_start(d->dev[0].h, &scan), 0);
    dbl_settle(d);
    uint8_t evt[1 + 2 * 13] = {2};
    for (int i = 0; i < 2; i++) {
        uint8_t *p = evt + 1 + 13 * i;
        p[8] = 3;
        p[12] = (uint8_t)-60;
    }
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_ADVERTISING_REPORT, evt, sizeof(evt));
    evt[1 + 8] = 200; /* a length beyond the event: nothing of it is told */
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_ADVERTISING_REPORT, evt, sizeof(evt));
    dbl_settle(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_ADV_REPORT), 2);
    dbl_free(d);
}

/* The command credit is 0 until an event that answers nothing gives it back. */
static void no_command_credits_for_a_while(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_EVENT(
        WOAD_HCI_CMD_READ_RSSI, WOAD_HCI_EVT_COMMAND_COMPLETE, 7, 0, 0x05, 0x14, 0, 0x40, 0, 0xd8)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    assert_int_equal(woad_gap_read_rssi(d->dev[0].h, c0), 0);
    dbl_settle(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_RSSI), 1);
    unsigned before = d->dev[0].commands_seen;
    assert_int_equal(woad_gap_read_version(d->dev[0].h, c0), 0);
    dbl_run(d, 1000000);
    assert_int_equal(d->dev[0].commands_seen, before);
    const uint8_t nop[3] = {1, 0, 0};
    dbl_evt(&d->dev[0], WOAD_HCI_EVT_COMMAND_COMPLETE, nop, 3);
    dbl_settle(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_VERSION), 1);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 0);
    dbl_free(d);
}

static void status_for_complete_and_the_reverse(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_STATUS(WOAD_HCI_CMD_READ_LOCAL_VERSION_INFORMATION, 0),
        SCRIPT_STATUS(WOAD_HCI_CMD_LE_READ_MAXIMUM_DATA_LENGTH, 0x01),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_CREATE_CONNECTION, 0x0d)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(woad_gap_connect(d->dev[0].h, &d->dev[1].addr, NULL), 0);
    dbl_settle(d);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_CONNECT_FAILED, 0)->hci, 0x0d);
    dbl_free(d);
}

static void answers_that_are_too_short(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_READ_LOCAL_VERSION_INFORMATION, 0, 9),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_READ_BD_ADDR, 0, 1, 2, 3)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(d->dev[0].addr.type, WOAD_ADDR_RANDOM); /* no public one is known */
    assert_true(stats_of(&d->dev[0]).bad_packets >= 2);
    dbl_free(d);
}

static void completed_packets_beyond_what_is_out(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    uint8_t evt[9] = {2, 0x99, 0x09, 5, 0, (uint8_t)c0, (uint8_t)(c0 >> 8), 200, 0};
    dbl_evt(&d->dev[0], WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, evt, 9);
    evt[0] = 9; /* more handles than there are */
    dbl_evt(&d->dev[0], WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, evt, 9);
    dbl_settle(d);
    assert_true(stats_of(&d->dev[0]).completed_clamped >= 2);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(d->dev[0].h, c0, &info), 0);
    dbl_free(d);
}

/* The connection is reported before Create Connection, and before enabling of advertising, is. */
static void events_before_the_answers_to_their_commands(void **state)
{
    (void)state;
    static const struct script_row central[] = {SCRIPT_SILENT(WOAD_HCI_CMD_LE_CREATE_CONNECTION)};
    static const struct script_row peripheral[] = {
        SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE)};
    struct script s, t;
    struct dbl *d = started(&s, central, 1, NULL);
    script_use(&d->dev[1], &t, peripheral, 1);
    uint8_t evt[18] = {0, 0x40, 0, 0, 0, 2};
    evt[11] = 24;
    evt[15] = 50;
    assert_int_equal(woad_gap_connect(d->dev[0].h, &d->dev[1].addr, NULL), 0);
    struct woad_adv_params adv = {0};
    assert_int_equal(woad_gap_advertise_start(d->dev[1].h, &adv), 0);
    dbl_run(d, 1000);
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, 18);
    evt[3] = 1;
    dbl_le_evt(&d->dev[1], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, 18);
    dbl_run(d, 1000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_CONNECTED), 1);
    assert_int_equal(dbl_count(&d->dev[1], WOAD_EVT_CONNECTED), 1);
    assert_int_equal(dbl_count(&d->dev[1], WOAD_EVT_ADV_STOPPED), 0);
    dbl_status(&d->dev[0], WOAD_HCI_CMD_LE_CREATE_CONNECTION, 0);
    uint8_t ok = 0;
    dbl_complete(&d->dev[1], WOAD_HCI_CMD_LE_SET_ADVERTISING_ENABLE, &ok, 1);
    dbl_run(d, 1000);
    assert_int_equal(dbl_count(&d->dev[1], WOAD_EVT_ADV_STARTED), 1);
    assert_int_equal(dbl_count(&d->dev[1], WOAD_EVT_ADV_STOPPED), 1);
    /* the host can do both again */
    assert_int_equal(woad_gap_advertise_start(d->dev[1].h, &adv), 0);
    assert_int_equal(woad_gap_connect(d->dev[0].h, &d->dev[1].addr, NULL), 0);
    dbl_free(d);
}

static void le_buffers_of_size_zero_mean_the_common_pool(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_READ_BUFFER_SIZE, 0, 0, 0, 0),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_READ_BUFFER_SIZE, 0, 192, 0, 64, 1, 0, 8, 0)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(s.seen[1], 1);
    dbl_free(d);
}

static void no_buffers_at_all_is_a_fault(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_COMPLETE(WOAD_HCI_CMD_LE_READ_BUFFER_SIZE, 0x01),
        SCRIPT_COMPLETE(WOAD_HCI_CMD_READ_BUFFER_SIZE, 0, 0, 0, 0, 0, 0, 0, 0)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    dbl_run(d, 30000000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 0);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 1);
    assert_true(s.seen[0] >= 4 && s.seen[0] <= 12); /* tries again, ever more seldom */
    dbl_free(d);
}

static void a_command_is_never_answered(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_SCAN_ENABLE)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    struct woad_scan_params scan = {0};
    assert_int_equal(woad_gap_scan_start(d->dev[0].h, &scan), 0);
    dbl_run(d, 1000);
    assert_int_equal(woad_gap_read_rssi(d->dev[0].h, c0), 0);
    dbl_run(d, 1900000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 0);
    dbl_run(d, 200000);
    const struct dbl_event *e = dbl_find(&d->dev[0], false, WOAD_EVT_FAULT, 0);
    assert_non_null(e);
    assert_int_equal(e->value, WOAD_HCI_CMD_LE_SET_SCAN_ENABLE);
    assert_int_equal(e->err, WOAD_ERR_TIMEOUT);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_SCAN_STARTED, 0)->err, WOAD_ERR_FAULT);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_RSSI, 0)->err, WOAD_ERR_FAULT);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_DISCONNECTED, 0)->err, WOAD_ERR_FAULT);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 2);
    assert_int_equal(stats_of(&d->dev[0]).ops_pending, 0);
    dbl_free(d);
}

static void unknown_events_are_ignored(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    const uint8_t junk[8] = {0xee, 1, 2, 3, 4, 5, 6, 7};
    for (unsigned code = 0; code < 256; code++) {
        if (code == WOAD_HCI_EVT_HARDWARE_ERROR)
            continue;
        dbl_evt(&d->dev[0], (uint8_t)code, junk, 8);
        dbl_evt(&d->dev[0], (uint8_t)code, junk, 0);
        dbl_le_evt(&d->dev[0], (uint8_t)code, junk, 4);
        dbl_settle(d);
    }
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 0);
    dbl_free(d);
}

static void a_hardware_error_restarts(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    const uint8_t code = 1;
    dbl_evt(&d->dev[0], WOAD_HCI_EVT_HARDWARE_ERROR, &code, 1);
    dbl_settle(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 1);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 2);
    dbl_free(d);
}

static void fault_when_scanning_ends(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_SCAN_STOPPED)
        woad_host_fault(dev->h, "the line broke");
}

/* A fault in the middle of a stop cuts the reset short, not what is still to be told. */
static void a_fault_while_stopping(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    struct dbl_dev *dev = &d->dev[0];
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    assert_int_equal(woad_gap_scan_start(dev->h, &(struct woad_scan_params){0}), 0);
    dbl_settle(d);
    dev->on_event = fault_when_scanning_ends;
    dbl_forget(dev);
    assert_int_equal(woad_host_stop(dev->h), 0);
    dbl_settle(d);
    assert_int_equal(dbl_count(dev, WOAD_EVT_DISCONNECTED), 1);
    assert_int_equal(dbl_count(dev, WOAD_EVT_STOPPED), 1);
    assert_int_equal(dev->events[dev->event_count - 1].type, WOAD_EVT_STOPPED);
    assert_int_equal(dbl_count(dev, WOAD_EVT_FAULT), 0);
    assert_int_equal(woad_host_start(dev->h), 0);
    dbl_settle(d);
    assert_int_equal(dbl_count(dev, WOAD_EVT_READY), 1);
    dbl_free(d);
}

static void lose_at_once(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    if (evt->type == WOAD_EVT_DATA_LEN && dbl_count(dev, WOAD_EVT_CONNECTED) == 1)
        dbl_lose_link(dev, evt->conn, WOAD_HCI_ERR_CONNECTION_TERMINATED_BY_LOCAL_HOST);
}

/* Optional procedures are not tried again on a peer that was lost right after them. */
static void a_peer_lost_after_data_length_is_left_alone(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    uint16_t c0, c1;
    struct woad_conn_info info;
    d->dev[0].on_event = lose_at_once;
    d->dev[1].on_event = lose_at_once;
    dbl_connect(d, 0, 1, &c0, &c1);
    dbl_settle(d);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_DISCONNECTED), 1);
    dbl_connect(d, 0, 1, &c0, &c1);
    assert_int_equal(woad_gap_conn_info(d->dev[0].h, c0, &info), 0);
    assert_int_equal(info.tx_octets, 27);
    assert_int_equal(info.phy_tx, 1);
    dbl_free(d);
}

static void a_link_beyond_the_table_is_disconnected(void **state)
{
    (void)state;
    struct woad_host_cfg cfg = {.max_conns = 1};
    struct dbl *d = started(NULL, NULL, 0, &cfg);
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    uint8_t evt[18] = {0, 0x55, 0, 1, 0, 2};
    evt[11] = 24;
    evt[15] = 50;
    dbl_le_evt(&d->dev[0], WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, 18);
    dbl_settle(d);
    assert_int_equal(stats_of(&d->dev[0]).links_refused, 1);
    assert_int_equal(d->dev[0].last_opcode, WOAD_HCI_CMD_DISCONNECT);
    dbl_free(d);
}

/* The commands of one opcode, with the handle each began with. */
struct handles {
    uint16_t opcode;
    unsigned count;
    uint16_t handle[32];
};

static bool note_handle(struct dbl_dev *dev, void *arg, uint16_t opcode, const uint8_t *params,
                        uint8_t len)
{
    struct handles *s = arg;
    (void)dev;
    if (opcode != s->opcode || len < 2)
        return false;
    assert_true(s->count < ARRAY_LEN(s->handle));
    s->handle[s->count++] = (uint16_t)(params[0] | params[1] << 8);
    return false;
}

static void link_event(struct dbl_dev *dev, uint16_t handle)
{
    uint8_t evt[18] = {0, (uint8_t)handle, (uint8_t)(handle >> 8), 1, 0, 2};
    evt[11] = 24;
    evt[15] = 50;
    dbl_le_evt(dev, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, evt, 18);
}

static void end_event(struct dbl_dev *dev, uint16_t handle)
{
    uint8_t evt[4] = {0, (uint8_t)handle, (uint8_t)(handle >> 8), 0x13};
    dbl_evt(dev, WOAD_HCI_EVT_DISCONNECTION_COMPLETE, evt, 4);
}

static struct dbl *full(struct handles *s, uint16_t *c0)
{
    struct woad_host_cfg cfg = {.max_conns = 1};
    struct dbl *d = started(NULL, NULL, 0, &cfg);
    uint16_t c1;
    dbl_connect(d, 0, 1, c0, &c1);
    *s = (struct handles){.opcode = WOAD_HCI_CMD_DISCONNECT};
    d->dev[0].on_cmd = note_handle;
    d->dev[0].arg = s;
    return d;
}

static void eight_links_beyond_the_table_at_once(void **state)
{
    (void)state;
    struct handles s;
    uint16_t c0;
    struct dbl *d = full(&s, &c0);
    for (uint16_t i = 0; i < 8; i++)
        link_event(&d->dev[0], 0x100 + i);
    dbl_settle(d);
    assert_int_equal(s.count, 8);
    for (uint16_t i = 0; i < 8; i++)
        assert_int_equal(s.handle[i], 0x100 + i);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 0);
    dbl_free(d);
}

/* More than the host remembers: none may stay with the controller. */
static void links_beyond_what_can_be_refused_reset_the_controller(void **state)
{
    (void)state;
    struct handles s;
    uint16_t c0;
    struct dbl *d = full(&s, &c0);
    for (uint16_t i = 0; i < 9; i++)
        link_event(&d->dev[0], 0x100 + i);
    dbl_settle(d);
    assert_int_equal(dbl_find(&d->dev[0], false, WOAD_EVT_FAULT, 0)->err, WOAD_ERR_NO_MEM);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 2);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_DISCONNECTED), 1);
    assert_int_equal(stats_of(&d->dev[0]).ops_pending, 0);
    dbl_free(d);
}

/* The controller gives the handle of a link that has not ended to another: the application must not
 * take the end of the one for that of the other. */
static void a_handle_that_is_in_use(void **state)
{
    (void)state;
    struct dbl *d = started(NULL, NULL, 0, NULL);
    struct dbl_dev *dev = &d->dev[0];
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    link_event(dev, c0);
    dbl_settle(d);
    assert_int_equal(dbl_count(dev, WOAD_EVT_CONNECTED), 1);
    assert_int_equal(dbl_find(dev, false, WOAD_EVT_FAULT, 0)->err, WOAD_ERR_FORMAT);
    assert_int_equal(dbl_find(dev, false, WOAD_EVT_DISCONNECTED, 0)->err, WOAD_ERR_FAULT);
    assert_int_equal(dbl_count(dev, WOAD_EVT_READY), 2);
    assert_int_equal(stats_of(dev).ops_pending, 0);
    dbl_free(d);
}

/* A refused link ends by itself and its handle comes back as a link there is room for. */
static void a_handle_that_is_used_again_is_not_disconnected(void **state)
{
    (void)state;
    struct handles s;
    uint16_t c0;
    struct dbl *d = full(&s, &c0);
    link_event(&d->dev[0], 0x55);
    link_event(&d->dev[0], 0x56);
    end_event(&d->dev[0], 0x55);
    end_event(&d->dev[0], c0);
    link_event(&d->dev[0], 0x55);
    dbl_settle(d);
    struct woad_conn_info info;
    assert_int_equal(s.count, 1);
    assert_int_equal(s.handle[0], 0x56);
    assert_int_equal(woad_gap_conn_info(d->dev[0].h, 0x55, &info), 0);
    dbl_free(d);
}

static void a_refused_link_that_has_ended_is_not_disconnected(void **state)
{
    (void)state;
    struct handles s;
    uint16_t c0;
    struct dbl *d = full(&s, &c0);
    link_event(&d->dev[0], 0x55);
    end_event(&d->dev[0], 0x55);
    dbl_settle(d);
    assert_int_equal(s.count, 0);
    link_event(&d->dev[0], 0x57); /* the next one is */
    dbl_settle(d);
    assert_int_equal(s.count, 1);
    dbl_free(d);
}

/* Listed among the supported commands, never answered: costs one reset, not one for each link. */
static void an_optional_command_is_never_answered(void **state)
{
    (void)state;
    static const struct script_row rows[] = {SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_PHY)};
    struct script s;
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), NULL);
    struct dbl_dev *dev = &d->dev[0];
    uint16_t c0, c1;
    dbl_connect(d, 0, 1, &c0, &c1);
    dbl_run(d, 3000000);
    assert_int_equal(dbl_count(dev, WOAD_EVT_FAULT), 1);
    assert_int_equal(dbl_find(dev, false, WOAD_EVT_FAULT, 0)->value, WOAD_HCI_CMD_LE_SET_PHY);
    assert_int_equal(dbl_count(dev, WOAD_EVT_READY), 2);
    dbl_connect(d, 0, 1, &c0, &c1);
    dbl_run(d, 10000000);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(dev->h, c0, &info), 0);
    assert_int_equal(info.tx_octets, 251); /* what is answered is done as ever */
    assert_int_equal(woad_gap_set_phy(dev->h, c0, 2, 2), WOAD_ERR_UNSUPPORTED);
    assert_int_equal(dbl_count(dev, WOAD_EVT_FAULT), 1);
    assert_int_equal(s.seen[0], 1);
    /* started anew by the application, the host tries again: it may be another controller */
    assert_int_equal(woad_host_stop(dev->h), 0);
    dbl_settle(d);
    assert_int_equal(woad_host_start(dev->h), 0);
    dbl_settle(d);
    dbl_connect(d, 0, 1, &c0, &c1);
    dbl_run(d, 100000);
    assert_int_equal(s.seen[0], 2);
    dbl_free(d);
}

static void an_optional_command_of_the_start_is_never_answered(void **state)
{
    (void)state;
    static const struct script_row rows[] = {
        SCRIPT_SILENT(WOAD_HCI_CMD_LE_SET_DEFAULT_PHY),
        SCRIPT_SILENT(WOAD_HCI_CMD_SET_CONTROLLER_TO_HOST_FLOW_CONTROL)};
    struct script s;
    struct woad_host_cfg cfg = {.acl_flow_control = true};
    struct dbl *d = started(&s, rows, ARRAY_LEN(rows), &cfg);
    dbl_run(d, 20000000);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_FAULT), 1);
    assert_int_equal(dbl_count(&d->dev[0], WOAD_EVT_READY), 1);
    assert_int_equal(s.seen[0], 1);
    assert_int_equal(s.seen[1], 1);
    dbl_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_buffer_size_is_rejected),
        cmocka_unit_test(flow_control_is_rejected),
        cmocka_unit_test(flow_control_gives_back_every_packet),
        cmocka_unit_test(a_random_address_cannot_be_set_at_once),
        cmocka_unit_test(the_enhanced_connection_event_makes_a_link_too),
        cmocka_unit_test(reports_never_displace_other_events),
        cmocka_unit_test(many_reports_in_one_event),
        cmocka_unit_test(no_command_credits_for_a_while),
        cmocka_unit_test(status_for_complete_and_the_reverse),
        cmocka_unit_test(answers_that_are_too_short),
        cmocka_unit_test(completed_packets_beyond_what_is_out),
        cmocka_unit_test(events_before_the_answers_to_their_commands),
        cmocka_unit_test(le_buffers_of_size_zero_mean_the_common_pool),
        cmocka_unit_test(no_buffers_at_all_is_a_fault),
        cmocka_unit_test(a_command_is_never_answered),
        cmocka_unit_test(unknown_events_are_ignored),
        cmocka_unit_test(a_hardware_error_restarts),
        cmocka_unit_test(a_fault_while_stopping),
        cmocka_unit_test(a_peer_lost_after_data_length_is_left_alone),
        cmocka_unit_test(a_link_beyond_the_table_is_disconnected),
        cmocka_unit_test(eight_links_beyond_the_table_at_once),
        cmocka_unit_test(links_beyond_what_can_be_refused_reset_the_controller),
        cmocka_unit_test(a_handle_that_is_in_use),
        cmocka_unit_test(a_handle_that_is_used_again_is_not_disconnected),
        cmocka_unit_test(a_refused_link_that_has_ended_is_not_disconnected),
        cmocka_unit_test(an_optional_command_is_never_answered),
        cmocka_unit_test(an_optional_command_of_the_start_is_never_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
