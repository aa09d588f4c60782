/* One central with eight peripherals, all the data in one direction: both directions carry the
 * same, and what fits between the anchors. */
#include "ll_world.h"

enum { LINKS = 8, SECONDS = 10 };

struct row {
    uint16_t interval; /* 1.25 ms */
    unsigned pdus;     /* of 251 octets, per event and link */
};

/* An eighth of the interval each: 3.75, 6.25 and 12.5 ms; a PDU and its answer take 1392 us on 2M.
 */
static const struct row rows[] = {{24, 2}, {40, 4}, {80, 8}};

static void encrypt(struct w_dev *c, struct w_dev *p, const struct w_link *l)
{
    static const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    uint8_t cmd[28] = {(uint8_t)l->handle, (uint8_t)(l->handle >> 8)};
    memcpy(cmd + 12, key, 16);
    p->ltk = key;
    w_cmd(c, WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, cmd, sizeof(cmd));
    struct w_evt *e = w_wait(c, WOAD_HCI_EVT_ENCRYPTION_CHANGE, 0, 3000);
    assert_non_null(e);
    assert_int_equal(e->p[0], 0);
}

static uint64_t received(struct w_link *const links[LINKS])
{
    uint64_t octets = 0;
    for (int i = 0; i < LINKS; i++)
        octets += links[i]->received;
    return octets;
}

/* Octets per second from the central to all (down) or from all to the central. */
static double rate(uint16_t interval, bool down, bool encrypted)
{
    struct w_world w;
    struct w_link *c[LINKS], *p[LINKS];
    w_init(&w, &(struct woad_sim_cfg){.seed = 8});
    w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 0}, NULL);
    for (int i = 0; i < LINKS; i++) {
        w_add(&w, &(struct woad_sim_dev_cfg){.x_m = 1 + i}, NULL);
        w_link(&w.devs[0], &w.devs[1 + i], &(struct w_params){interval, 0, 300}, &c[i], &p[i]);
        w_fast(&w.devs[0], c[i], 2);
        w_fast(&w.devs[1 + i], p[i], 1);
    }
    w_ms(&w, 3000);
    for (int i = 0; encrypted && i < LINKS; i++)
        encrypt(&w.devs[0], &w.devs[1 + i], c[i]);
    for (int i = 0; i < LINKS; i++)
        *(down ? &c[i]->to_send : &p[i]->to_send) = UINT64_MAX;
    w_ms(&w, 1000);
    uint64_t before = received(down ? p : c);
    w_ms(&w, SECONDS * 1000);
    uint64_t octets = received(down ? p : c) - before;
    for (int i = 0; i < LINKS; i++)
        assert_false(c[i]->corrupt || p[i]->corrupt);
    w_free(&w);
    return (double)octets / SECONDS;
}

static void test_both_directions(void **state)
{
    (void)state;
    assert_int_equal(woad_crypto_init(), 0);
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i / 2];
        bool encrypted = i & 1;
        double least = LINKS * row->pdus * 251 / (row->interval * 1.25e-3);
        double down = rate(row->interval, true, encrypted);
        double up = rate(row->interval, false, encrypted);
        printf("eight links at %.0f ms%s: %.0f B/s down, %.0f up, at least %.0f expected\n",
               row->interval * 1.25, encrypted ? " encrypted" : "", down, up, least);
        assert_true(down >= 0.98 * least && up >= 0.98 * least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_directions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
