/* Writing by the GATT client, as PDUs [Vol 3, Part G, 4.9]. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "host_priv.h"
#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct woad_gattc_op op;
static uint8_t counting[600];

static int setup(void **state)
{
    (void)state;
    g = gattc_peer_new(NULL, 0, false);
    op = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
    for (unsigned i = 0; i < sizeof(counting); i++)
        counting[i] = (uint8_t)i;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

/* GATT/CL/GAW/BV-01-C */
static void GATT_CL_GAW_BV_01_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_write_cmd(g->h, g->conn, &op, 3, "ab", 2), 0);
    EXPECT(g, 0x52, 3, 0, 'a', 'b');
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_write_cmd(g->h, g->conn, &op, 3, counting, 21), 0);
    gattc_peer_done(g, WOAD_ERR_TOO_LONG, 0); /* commands are not cut */
    gattc_peer_quiet(g);
}

/* Commands wait for no answer, but for a buffer. */
static void commands_go_past_a_request_under_way(void **state)
{
    (void)state;
    struct woad_gattc_op cmds[12];
    assert_int_equal(woad_gattc_read(g->h, g->conn, &op, 3), 0);
    g->p->dev->hold_completed = true;
    for (unsigned i = 0; i < ARRAY_LEN(cmds); i++) {
        cmds[i] = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
        assert_int_equal(woad_gattc_write_cmd(g->h, g->conn, &cmds[i], 3, &counting[i], 1), 0);
    }
    EXPECT(g, 0x0a, 3, 0);
    dbl_run(g->p->d, 1000);
    uint8_t out = (uint8_t)(g->p->count - g->p->taken);
    assert_in_range(out, 1, 4); /* att_tx_count */
    g->p->dev->hold_completed = false;
    for (uint8_t i = 0; i < ARRAY_LEN(cmds); i++)
        EXPECT(g, 0x52, 3, 0, i);
    assert_int_equal(g->done, ARRAY_LEN(cmds));
    for (unsigned i = 0; i < ARRAY_LEN(cmds); i++)
        assert_ptr_equal(gattc_peer_found(g, WOAD_GATTC_DONE)->evt.op, &cmds[i]);
    ANSWER(g, 0x0b, 1);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* ---- signed ---------------------------------------------------------------------------------- */

static int fake_sign(struct host_link *link, const struct woad_cmac_part *parts, size_t count,
                     uint8_t signature[12])
{
    (void)link;
    assert_int_equal(count, 1);
    for (unsigned i = 0; i < 12; i++)
        signature[i] = (uint8_t)(parts[0].len + ((const uint8_t *)parts[0].data)[0]);
    return 0;
}

static int no_bond(const struct host_link *link)
{
    (void)link;
    return -1;
}

static uint8_t level_1(const struct host_link *link)
{
    (void)link;
    return 1;
}

static const struct host_security_ops signer = {
    .sign = fake_sign, .bond = no_bond, .level = level_1};

/* GATT/CL/GAW/BV-02-C: signed over opcode, handle and value; on an encrypted link plain. */
static void GATT_CL_GAW_BV_02_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_write_signed(g->h, g->conn, &op, 3, "a", 1), WOAD_ERR_UNSUPPORTED);
    g->h->security = &signer;
    assert_int_equal(woad_gattc_write_signed(g->h, g->conn, &op, 3, "a", 1), 0);
#define SIGN (uint8_t)(4 + 0xd2)
    EXPECT(g, 0xd2, 3, 0, 'a', SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN, SIGN,
           SIGN);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_write_signed(g->h, g->conn, &op, 3, counting, 9), 0);
    gattc_peer_done(g, WOAD_ERR_TOO_LONG, 0);
    woad_host_link_find(g->h, g->conn)->encrypted = true;
    assert_int_equal(woad_gattc_write_signed(g->h, g->conn, &op, 3, "a", 1), 0);
    EXPECT(g, 0x52, 3, 0, 'a');
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* GATT/CL/GAW/BV-03-C, BV-08: a descriptor is written like a value. */
static void GATT_CL_GAW_BV_03_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_write(g->h, g->conn, &op, 3, "abc", 3), 0);
    EXPECT(g, 0x12, 3, 0, 'a', 'b', 'c');
    ANSWER(g, 0x13);
    gattc_peer_done(g, 0, 0);
    assert_int_equal(woad_gattc_write(g->h, g->conn, &op, 3, NULL, 0), 0);
    EXPECT(g, 0x12, 3, 0);
    ANSWER(g, 0x13, 1); /* an answer with something in it */
    gattc_peer_done(g, WOAD_ERR_FORMAT, 0);
    gattc_peer_quiet(g);
}

static void expect_prepare(uint16_t handle, uint16_t offset, const uint8_t *data, uint8_t len)
{
    uint8_t pdu[23] = {0x16};
    woad_put_u16(pdu + 1, handle);
    woad_put_u16(pdu + 3, offset);
    memcpy(pdu + 5, data, len);
    gattc_peer_expect(g, pdu, (uint16_t)(len + 5));
    pdu[0] = 0x17;
    gattc_peer_answer(g, pdu, (uint16_t)(len + 5));
}

/* GATT/CL/GAW/BV-05-C, BV-09: also of a descriptor; also when write() finds that it does not fit.
 */
static void GATT_CL_GAW_BV_05_C(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        int err = i ? woad_gattc_write(g->h, g->conn, &op, 3, counting, 40)
                    : woad_gattc_write_long(g->h, g->conn, &op, 3, 0, counting, 40);
        assert_int_equal(err, 0);
        expect_prepare(3, 0, counting, 18);
        expect_prepare(3, 18, counting + 18, 18);
        expect_prepare(3, 36, counting + 36, 4);
        EXPECT(g, 0x18, 1);
        ANSWER(g, 0x19);
        gattc_peer_done(g, 0, 0);
        gattc_peer_quiet(g);
    }
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &op, 3, 100, counting, 2), 0);
    expect_prepare(3, 100, counting, 2);
    EXPECT(g, 0x18, 1);
    ANSWER(g, 0x19);
    gattc_peer_done(g, 0, 0);
}

static const struct woad_gattc_write both[] = {
    {.handle = 3, .len = 2, .data = "ab"},
    {.handle = 5, .offset = 1, .len = 20, .data = counting},
};

static void GATT_CL_GAW_BV_06_C(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_write_reliable(g->h, g->conn, &op, both, 2), 0);
    expect_prepare(3, 0, (const uint8_t *)"ab", 2);
    expect_prepare(5, 1, counting, 18);
    expect_prepare(5, 19, counting + 18, 2);
    EXPECT(g, 0x18, 1);
    ANSWER(g, 0x19);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

/* GATT/CL/GAW/BI-32-C: what comes back differs, in value, handle, offset or length. */
static void GATT_CL_GAW_BI_32_C(void **state)
{
    (void)state;
    static const uint8_t answers[][7] = {
        {0x17, 3, 0, 0, 0, 'a', 'c'}, {0x17, 4, 0, 0, 0, 'a', 'b'}, {0x17, 3, 0, 1, 0, 'a', 'b'}};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(woad_gattc_write_reliable(g->h, g->conn, &op, both, 2), 0);
        EXPECT(g, 0x16, 3, 0, 0, 0, 'a', 'b');
        if (i < 3)
            gattc_peer_answer(g, answers[i], 7);
        else
            ANSWER(g, 0x17, 3, 0, 0, 0, 'a');
        EXPECT(g, 0x18, 0);
        assert_int_equal(g->done, i);
        ANSWER(g, 0x19);
        gattc_peer_done(g, WOAD_ERR_MISMATCH, 0);
        gattc_peer_quiet(g);
    }
}

/* What was prepared before an error is discarded; the error reaches the application. */
static void an_error_in_the_middle_discards_what_was_prepared(void **state)
{
    (void)state;
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &op, 3, 0, counting, 40), 0);
    expect_prepare(3, 0, counting, 18);
    assert_non_null(peer_next(g->p));
    ERROR_OF(g, 0x16, 3, WOAD_ATT_ERR_PREPARE_QUEUE_FULL);
    EXPECT(g, 0x18, 0);
    ERROR_OF(g, 0x18, 0, WOAD_ATT_ERR_UNLIKELY); /* even if that fails */
    gattc_peer_done(g, WOAD_ERR_REFUSED, WOAD_ATT_ERR_PREPARE_QUEUE_FULL);
    assert_int_equal(g->noted[g->count - 1].evt.u.done.handle, 3);
    gattc_peer_quiet(g);
}

/* Cancelled in the middle: DONE at once, the server discards, the next write waits for that. */
static void cancelling_a_long_write_discards_what_was_prepared(void **state)
{
    (void)state;
    struct woad_gattc_op next = op;
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &op, 3, 0, counting, 40), 0);
    expect_prepare(3, 0, counting, 18);
    EXPECT(g, 0x16, 3, 0, 18, 0, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
           35);
    assert_int_equal(woad_gattc_cancel(g->h, &op), 0);
    assert_int_equal(woad_gattc_cancel(g->h, &op), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &next, 3, 0, counting, 2), 0);
    gattc_peer_done(g, WOAD_ERR_CANCELLED, 0);
    assert_null(peer_next(g->p));
    ANSWER(g, 0x17, 3, 0, 18, 0, 1);
    EXPECT(g, 0x18, 0);
    assert_null(peer_next(g->p));
    ANSWER(g, 0x19);
    expect_prepare(3, 0, counting, 2);
    EXPECT(g, 0x18, 1);
    ANSWER(g, 0x19);
    gattc_peer_done(g, 0, 0);
    gattc_peer_quiet(g);
}

static const struct refusal {
    uint8_t request, att;
} refusals[] = {
    {0x12, WOAD_ATT_ERR_INVALID_HANDLE},
    {0x12, WOAD_ATT_ERR_WRITE_NOT_PERMITTED},
    {0x12, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {0x12, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {0x12, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {0x12, WOAD_ATT_ERR_INVALID_VALUE_LENGTH},
    {0x12, 0xfd},
    {0x16, WOAD_ATT_ERR_INVALID_HANDLE},
    {0x16, WOAD_ATT_ERR_WRITE_NOT_PERMITTED},
    {0x16, WOAD_ATT_ERR_INSUFFICIENT_AUTHORIZATION},
    {0x16, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION},
    {0x16, WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT},
    {0x18, WOAD_ATT_ERR_INVALID_OFFSET},
    {0x18, WOAD_ATT_ERR_INVALID_VALUE_LENGTH},
};

/* GATT/CL/GAW/BI-02-C, -03, -04, -05, -06, -07, -08, -09, -11, -12, -13: with code and handle. */
static void refusals_reach_the_application(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const struct refusal *row = &refusals[i];
        int err = row->request == 0x12 ? woad_gattc_write(g->h, g->conn, &op, 5, "ab", 2)
                                       : woad_gattc_write_long(g->h, g->conn, &op, 5, 0, "ab", 2);
        assert_int_equal(err, 0);
        if (row->request == 0x18)
            expect_prepare(5, 0, (const uint8_t *)"ab", 2);
        const struct peer_pdu *got = peer_next(g->p);
        assert_non_null(got);
        assert_int_equal(got->data[0], row->request);
        ERROR_OF(g, row->request, 5, row->att);
        gattc_peer_done(g, WOAD_ERR_REFUSED, row->att);
        assert_int_equal(g->noted[g->count - 1].evt.u.done.handle, 5);
        gattc_peer_quiet(g);
    }
}

static void misuse_is_refused(void **state)
{
    (void)state;
    static const struct woad_gattc_write bad = {.handle = 0, .len = 1, .data = "a"};
    assert_int_equal(woad_gattc_write(g->h, g->conn, &op, 0, "a", 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_write(g->h, g->conn, &op, 1, NULL, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_write(g->h, g->conn, &op, 1, counting, 513), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &op, 1, 511, counting, 2),
                     WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_write_reliable(g->h, g->conn, &op, &bad, 1), WOAD_ERR_INVALID);
    assert_int_equal(woad_gattc_write_reliable(g->h, g->conn, &op, both, 0), WOAD_ERR_INVALID);
    gattc_peer_quiet(g);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(GATT_CL_GAW_BV_01_C),
        TEST(commands_go_past_a_request_under_way),
        TEST(GATT_CL_GAW_BV_02_C),
        TEST(GATT_CL_GAW_BV_03_C),
        TEST(GATT_CL_GAW_BV_05_C),
        TEST(GATT_CL_GAW_BV_06_C),
        TEST(GATT_CL_GAW_BI_32_C),
        TEST(an_error_in_the_middle_discards_what_was_prepared),
        TEST(cancelling_a_long_write_discards_what_was_prepared),
        TEST(refusals_reach_the_application),
        TEST(misuse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
