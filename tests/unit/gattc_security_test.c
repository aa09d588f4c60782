/* The client raises the security of a link that a server demands it of, and does not believe a
 * bonded server that will not encrypt. */
/* ctest: memcheck */
#include "test.h"

#include <string.h>

#include "att/att_priv.h"
#include "host_priv.h"
#include "support/gattc_peer.h"

static struct gattc_peer *g;
static struct woad_gattc_op ops[3];
static struct woad_gattc_sub sub;
static struct host_link *conn;

/* Security made of variables. */
static struct {
    uint8_t level, raised_to;
    unsigned raised;
    int bond, err;
} fake;

static uint8_t fake_level(const struct host_link *link)
{
    (void)link;
    return fake.level;
}

static int fake_bond(const struct host_link *link)
{
    (void)link;
    return fake.bond;
}

static int fake_raise(struct host_link *link, uint8_t level)
{
    (void)link;
    fake.raised++;
    fake.raised_to = level;
    return fake.err;
}

static const struct host_security_ops security = {
    .level = fake_level, .bond = fake_bond, .raise = fake_raise};

static int setup(void **state)
{
    (void)state;
    g = gattc_peer_new(NULL, 0, false);
    for (unsigned i = 0; i < 3; i++)
        ops[i] = (struct woad_gattc_op){.event = gattc_peer_event, .arg = g};
    sub = (struct woad_gattc_sub){
        .event = gattc_peer_event, .arg = g, .value_handle = 3, .ccc_handle = 4};
    memset(&fake, 0, sizeof(fake));
    fake.level = 1;
    fake.bond = -1;
    g->h->security = &security;
    conn = woad_host_link_find(g->h, g->conn);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    gattc_peer_free(g);
    return 0;
}

/* The raising of the link ends: told from inside run(), as the security part does. */
static uint8_t end_status;
static void tell_parts(struct woad_timer *t)
{
    (void)t;
    woad_host_parts_security(conn, end_status);
}

static void raised(uint8_t status, uint8_t level)
{
    struct host_timer timer;
    end_status = status;
    fake.level = level;
    conn->encrypted = level > 1;
    woad_host_timer_init(g->h, &timer, tell_parts);
    woad_host_timer_after(&timer, 1);
    g->p->dev->woken = true;
    dbl_run(g->p->d, 1000);
}

static void read_is_refused(uint8_t att)
{
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), 0);
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[1], 5), 0);
    EXPECT(g, 0x0a, 3, 0);
    ERROR_OF(g, 0x0a, 3, att);
}

static void a_refused_operation_is_tried_again_on_a_raised_link(void **state)
{
    (void)state;
    static const uint8_t codes[] = {WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION,
                                    WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION,
                                    WOAD_ATT_ERR_KEY_SIZE_TOO_SHORT};
    for (unsigned i = 0; i < 3; i++) {
        read_is_refused(codes[i]);
        gattc_peer_quiet(g); /* those behind it wait too */
        assert_int_equal(fake.raised, i + 1);
        assert_int_equal(fake.raised_to, i + 2);
        raised(0, (uint8_t)(i + 2));
        EXPECT(g, 0x0a, 3, 0);
        ANSWER(g, 0x0b, 7);
        gattc_peer_found(g, WOAD_GATTC_VALUE);
        gattc_peer_done(g, 0, 0);
        EXPECT(g, 0x0a, 5, 0);
        ANSWER(g, 0x0b, 7);
        gattc_peer_found(g, WOAD_GATTC_VALUE);
        gattc_peer_done(g, 0, 0);
    }
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION); /* at level 4 */
    gattc_peer_done(g, WOAD_ERR_SECURITY, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(fake.raised, 3);
}

/* Encrypted was not enough, nor was authenticated: up to the highest level, and no further. */
static void it_is_tried_again_as_long_as_the_level_rises(void **state)
{
    (void)state;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    for (uint8_t level = 2; level <= 4; level++) {
        assert_int_equal(fake.raised_to, level);
        raised(0, level);
        EXPECT(g, 0x0a, 3, 0);
        ERROR_OF(g, 0x0a, 3, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    }
    gattc_peer_done(g, WOAD_ERR_SECURITY, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(fake.raised, 3);
    EXPECT(g, 0x0a, 5, 0);
}

static void a_link_that_cannot_be_raised_ends_it(void **state)
{
    (void)state;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    raised(WOAD_HCI_ERR_PIN_OR_KEY_MISSING, 1);
    gattc_peer_done(g, WOAD_ERR_SECURITY, WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    assert_ptr_equal(g->noted[0].evt.op, &ops[0]);
    EXPECT(g, 0x0a, 5, 0); /* the others go on */
    ANSWER(g, 0x0b, 7);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
    fake.err = WOAD_ERR_STATE;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION);
    gattc_peer_done(g, WOAD_ERR_SECURITY, WOAD_ATT_ERR_INSUFFICIENT_ENCRYPTION);
}

static void a_level_that_did_not_rise_ends_it(void **state)
{
    (void)state;
    fake.level = 2;
    conn->encrypted = true;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    assert_int_equal(fake.raised_to, 3);
    raised(0, 2);
    gattc_peer_done(g, WOAD_ERR_SECURITY, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
}

static void busy_counts_as_under_way(void **state)
{
    (void)state;
    fake.err = WOAD_ERR_BUSY;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    raised(0, 2);
    EXPECT(g, 0x0a, 3, 0);
}

static void the_link_ends_while_it_is_raised(void **state)
{
    (void)state;
    read_is_refused(WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    dbl_lose_link(g->p->dev, g->conn, 8);
    gattc_peer_done(g, WOAD_ERR_NOT_CONNECTED, 0);
    gattc_peer_done(g, WOAD_ERR_NOT_CONNECTED, 0);
}

static void a_long_write_goes_on_where_it_was(void **state)
{
    (void)state;
    static const uint8_t value[20] = {1, 2};
    assert_int_equal(woad_gattc_write_long(g->h, g->conn, &ops[0], 3, 0, value, 20), 0);
    EXPECT(g, 0x16, 3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    ERROR_OF(g, 0x16, 3, WOAD_ATT_ERR_INSUFFICIENT_AUTHENTICATION);
    raised(0, 2);
    EXPECT(g, 0x16, 3, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
}

/* BLESA: a spoofed server that says it has lost the key, and goes on in the clear. */
static void BLESA_a_bonded_server_is_encrypted_first(void **state)
{
    (void)state;
    fake.bond = 0;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), 0);
    gattc_peer_quiet(g); /* nothing is asked in the clear */
    assert_int_equal(fake.raised, 1);
    assert_int_equal(fake.raised_to, 2);
    raised(0, 2);
    EXPECT(g, 0x0a, 3, 0);
    ANSWER(g, 0x0b, 1);
    gattc_peer_found(g, WOAD_GATTC_VALUE);
    gattc_peer_done(g, 0, 0);
}

static void BLESA_no_encryption_no_data(void **state)
{
    (void)state;
    struct woad_host_stats stats;
    fake.bond = 0;
    assert_int_equal(woad_gattc_listen(g->h, g->conn, &sub), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[i], 3), 0);
    dbl_run(g->p->d, 1000);
    raised(WOAD_HCI_ERR_PIN_OR_KEY_MISSING, 1);
    for (unsigned i = 0; i < 3; i++)
        gattc_peer_done(g, WOAD_ERR_SECURITY, 0);
    ANSWER(g, 0x1b, 3, 0, 66);
    ANSWER(g, 0x23, 3, 0, 1, 0, 66, 3, 0, 1, 0, 66);
    gattc_peer_quiet(g);
    ANSWER(g, 0x1d, 3, 0, 66);
    EXPECT(g, 0x1e); /* it is confirmed, not believed */
    gattc_peer_quiet(g);
    woad_host_get_stats(g->h, &stats);
    assert_int_equal(stats.bad_packets, 3);
}

static void read_again(struct gattc_peer *p, const struct woad_gattc_evt *evt)
{
    if (evt->type == WOAD_GATTC_DONE)
        assert_int_equal(woad_gattc_read(p->h, p->conn, evt->op, 3), 0);
}

static void an_application_that_insists_does_not_stop_the_host(void **state)
{
    (void)state;
    fake.bond = 0;
    fake.err = WOAD_ERR_TIMEOUT;
    g->on_event = read_again;
    assert_int_equal(woad_gattc_read(g->h, g->conn, &ops[0], 3), 0);
    (void)!woad_host_run(g->h, g->p->d->now);
    assert_in_range(g->done, 1, 100);
    g->on_event = NULL;
    dbl_run(g->p->d, 1000);
    gattc_peer_found(g, WOAD_GATTC_DONE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_refused_operation_is_tried_again_on_a_raised_link),
        TEST(it_is_tried_again_as_long_as_the_level_rises),
        TEST(a_link_that_cannot_be_raised_ends_it),
        TEST(a_level_that_did_not_rise_ends_it),
        TEST(busy_counts_as_under_way),
        TEST(the_link_ends_while_it_is_raised),
        TEST(a_long_write_goes_on_where_it_was),
        TEST(BLESA_a_bonded_server_is_encrypted_first),
        TEST(BLESA_no_encryption_no_data),
        TEST(an_application_that_insists_does_not_stop_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
