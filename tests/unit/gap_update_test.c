/* Connection parameters, asked for and answered, by the link layer and by L2CAP. */
#include "test.h"

#include <string.h>

#include "support/gap_log.h"
#include "woad/cursor.h"

#define CONN   0x40
#define UPDATE WOAD_HCI_CMD_LE_CONNECTION_UPDATE
#define REPLY  WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY
#define REFUSE WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_NEGATIVE_REPLY

static const struct woad_addr peer = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0xc6}};
static const struct woad_conn_params wish = {
    .interval_min_1250us = 40, .interval_max_1250us = 80, .latency = 2, .timeout_10ms = 300};
static uint8_t sent[64]; /* the last PDU on the signalling channel */
static unsigned sent_count;
static bool refuse; /* what the application answers */
static unsigned asked;

static bool on_acl(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    (void)dev;
    (void)arg;
    if (len >= 8 && woad_get_u16(pkt + 6) == 5) {
        memcpy(sent, pkt + 8, len - 8 < 64 ? len - 8u : 64u);
        sent_count++;
    }
    return true;
}

static bool by_status(struct gap_log *g, uint16_t opcode, const uint8_t *params, uint8_t len)
{
    (void)params;
    (void)len;
    if (opcode != UPDATE)
        return false;
    dbl_status(g->dev, opcode, 0);
    return true;
}

static void on_event(struct gap_log *g, const struct woad_host_evt *evt)
{
    (void)g;
    if (evt->type != WOAD_EVT_CONN_UPDATE_REQUEST)
        return;
    asked++;
    if (refuse)
        *evt->u.update_request.accept = false;
}

static void no_ll_request(struct dbl_dev *dev)
{
    dev->le_features &= ~(UINT64_C(1) << WOAD_LE_FEATURE_CONNECTION_PARAMETERS_REQUEST);
}

/* The controller's side of a link that only this host has. */
static void open_link(struct gap_log *g, uint8_t role, void (*setup)(struct dbl_dev *))
{
    gap_open_with(g, NULL, NULL, 0, setup);
    g->answer = by_status;
    g->on_event = on_event;
    g->dev->on_acl = on_acl;
    g->dev->links[0] = (struct dbl_link){.up = true, .handle = CONN, .role = role};
    sent_count = asked = 0;
    refuse = false;
    gap_link(g, CONN, role, &peer);
    dbl_run(g->d, 100000);
    gap_forget(g);
}

static void close_link(struct gap_log *g)
{
    g->dev->links[0].up = false;
    gap_close(g);
}

static void updated(struct gap_log *g, uint8_t status)
{
    uint8_t evt[9] = {status, CONN, 0, 60, 0, 2, 0, 0x2c, 1};
    gap_le(g, WOAD_HCI_LE_EVT_CONNECTION_UPDATE_COMPLETE, evt, sizeof(evt));
}

static void respond(struct gap_log *g, uint8_t ident, uint16_t result)
{
    uint8_t pdu[6] = {0x13, ident, 2, 0, (uint8_t)result, 0};
    dbl_l2cap(g->dev, CONN, 5, pdu, 6);
    gap_turn(g);
}

static const struct gap_event *told(const struct gap_log *g, unsigned n)
{
    return gap_event(g, WOAD_EVT_CONN_UPDATED, n);
}

/* L2CAP/LE/CPU/BV-01-C is the same. */
static void GAP_CONN_CPUP_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_PERIPHERAL, no_ll_request);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), WOAD_ERR_BUSY);
    gap_turn(&g);
    const uint8_t want[] = {0x12, sent[1], 8, 0, 40, 0, 80, 0, 2, 0, 0x2c, 1};
    assert_memory_equal(sent, want, sizeof(want));
    assert_int_equal(gap_cmds(&g, UPDATE), 0);
    respond(&g, (uint8_t)(sent[1] + 1), 0); /* not the answer */
    respond(&g, sent[1], 0);
    assert_null(told(&g, 0)); /* the update is what counts */
    updated(&g, 0);
    assert_int_equal(told(&g, 0)->result.err, 0);
    struct woad_conn_info info;
    assert_int_equal(woad_gap_conn_info(g.h, CONN, &info), 0);
    assert_int_equal(info.interval_1250us, 60);
    dbl_run(g.d, 60000000);
    assert_null(told(&g, 1));
    assert_int_equal(gap_pending(&g), 0);
    close_link(&g);
}

static void GAP_CONN_CPUP_BV_02_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_PERIPHERAL, no_ll_request);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    dbl_run(g.d, 60000000); /* no response */
    assert_int_equal(told(&g, 0)->result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    gap_turn(&g);
    respond(&g, sent[1], 0); /* accepted, and then nothing */
    dbl_run(g.d, 60000000);
    assert_int_equal(told(&g, 1)->result.err, WOAD_ERR_TIMEOUT);
    assert_int_equal(gap_pending(&g), 0);
    close_link(&g);
}

static void GAP_CONN_CPUP_BV_03_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_PERIPHERAL, no_ll_request);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    gap_turn(&g);
    respond(&g, sent[1], 1);
    assert_int_equal(told(&g, 0)->result.err, WOAD_ERR_REFUSED);
    assert_int_equal(gap_pending(&g), 0);
    close_link(&g);
}

static void ask_by_l2cap(struct gap_log *g, uint16_t min, uint16_t max, uint16_t latency,
                         uint16_t timeout)
{
    uint8_t pdu[12] = {0x12, 9, 8, 0};
    woad_put_u16(pdu + 4, min);
    woad_put_u16(pdu + 6, max);
    woad_put_u16(pdu + 8, latency);
    woad_put_u16(pdu + 10, timeout);
    dbl_l2cap(g->dev, CONN, 5, pdu, sizeof(pdu));
    gap_turn(g);
}

static void GAP_CONN_CPUP_BV_04_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_CENTRAL, NULL);
    ask_by_l2cap(&g, 40, 80, 2, 300);
    const uint8_t yes[] = {0x13, 9, 2, 0, 0, 0};
    assert_memory_equal(sent, yes, sizeof(yes));
    assert_int_equal(asked, 1);
    const uint8_t update[] = {CONN, 0, 40, 0, 80, 0, 2, 0, 0x2c, 1};
    assert_memory_equal(gap_cmd(&g, UPDATE, 0)->params, update, sizeof(update));
    updated(&g, 0);
    assert_int_equal(told(&g, 0)->result.err, 0);
    refuse = true; /* the application does not like it */
    ask_by_l2cap(&g, 40, 80, 2, 300);
    assert_int_equal(sent[4], 1);
    assert_int_equal(gap_cmds(&g, UPDATE), 1);
    close_link(&g);
}

static void GAP_CONN_CPUP_BV_05_C(void **state)
{
    (void)state;
    static const uint16_t bad[][4] = {{5, 80, 0, 300},    {40, 3201, 0, 300}, {80, 40, 0, 300},
                                      {40, 80, 500, 300}, {40, 80, 0, 9},     {40, 80, 0, 3201},
                                      {40, 400, 1, 200}};
    struct gap_log g;
    open_link(&g, WOAD_ROLE_CENTRAL, NULL);
    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        ask_by_l2cap(&g, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
        assert_int_equal(sent_count, i + 1);
        assert_int_equal(sent[0], 0x13);
        assert_int_equal(sent[4], 1);
    }
    assert_int_equal(asked, 0);
    assert_int_equal(gap_cmds(&g, UPDATE), 0);
    close_link(&g);
}

static void GAP_CONN_CPUP_BV_06_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_CENTRAL, NULL);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    gap_turn(&g);
    assert_int_equal(woad_get_u16(gap_cmd(&g, UPDATE, 0)->params + 2), 40);
    updated(&g, WOAD_HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
    assert_int_equal(told(&g, 0)->result.err, WOAD_ERR_REFUSED);
    assert_int_equal(told(&g, 0)->result.hci, WOAD_HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
    assert_int_equal(gap_pending(&g), 0);
    close_link(&g);
}

static void ask_by_ll(struct gap_log *g, uint16_t min, uint16_t max)
{
    uint8_t evt[10] = {CONN, 0};
    woad_put_u16(evt + 2, min);
    woad_put_u16(evt + 4, max);
    woad_put_u16(evt + 8, 300);
    gap_le(g, WOAD_HCI_LE_EVT_REMOTE_CONNECTION_PARAMETER_REQUEST, evt, sizeof(evt));
}

static void GAP_CONN_CPUP_BV_08_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_PERIPHERAL, NULL);
    ask_by_ll(&g, 40, 80);
    assert_int_equal(gap_cmd(&g, REPLY, 0)->len, 14);
    assert_int_equal(woad_get_u16(gap_cmd(&g, REPLY, 0)->params + 4), 80);
    ask_by_ll(&g, 80, 40); /* out of range: not even asked */
    refuse = true;
    ask_by_ll(&g, 40, 80);
    assert_int_equal(asked, 2);
    assert_int_equal(gap_cmds(&g, REFUSE), 2);
    assert_int_equal(gap_cmd(&g, REFUSE, 0)->params[2],
                     WOAD_HCI_ERR_UNACCEPTABLE_CONNECTION_PARAMETERS);
    close_link(&g);
}

static void GAP_CONN_CPUP_BV_10_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_PERIPHERAL, NULL);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    gap_turn(&g);
    assert_int_equal(gap_cmds(&g, UPDATE), 1);
    assert_int_equal(sent_count, 0);
    updated(&g, WOAD_HCI_ERR_UNSUPPORTED_REMOTE_FEATURE); /* the central is an old one */
    assert_null(told(&g, 0));
    assert_int_equal(sent[0], 0x12);
    respond(&g, sent[1], 0);
    updated(&g, 0);
    assert_int_equal(told(&g, 0)->result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    close_link(&g);
}

static void GAP_CONN_TERM_BV_01_C(void **state)
{
    (void)state;
    struct gap_log g;
    open_link(&g, WOAD_ROLE_CENTRAL, NULL);
    assert_int_equal(woad_gap_update(g.h, CONN, &wish), 0);
    assert_int_equal(woad_gap_disconnect(g.h, CONN, 0), 0);
    assert_int_equal(woad_gap_disconnect(g.h, CONN, 0), WOAD_ERR_BUSY);
    gap_turn(&g);
    assert_int_equal(gap_cmd(&g, WOAD_HCI_CMD_DISCONNECT, 0)->params[2], 0x13);
    assert_int_equal(gap_events(&g, WOAD_EVT_CONN_UPDATED), 1); /* its operations end first */
    assert_int_equal(gap_event(&g, WOAD_EVT_DISCONNECTED, 0)->result.err, 0);
    assert_int_equal(gap_pending(&g), 0);
    gap_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(GAP_CONN_CPUP_BV_01_C), cmocka_unit_test(GAP_CONN_CPUP_BV_02_C),
        cmocka_unit_test(GAP_CONN_CPUP_BV_03_C), cmocka_unit_test(GAP_CONN_CPUP_BV_04_C),
        cmocka_unit_test(GAP_CONN_CPUP_BV_05_C), cmocka_unit_test(GAP_CONN_CPUP_BV_06_C),
        cmocka_unit_test(GAP_CONN_CPUP_BV_08_C), cmocka_unit_test(GAP_CONN_CPUP_BV_10_C),
        cmocka_unit_test(GAP_CONN_TERM_BV_01_C),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
