/* Two hosts pair by every association model, Secure Connections and legacy, bond, come back and
 * encrypt with the bond. */
#include "test.h"

#include <limits.h>
#include <string.h>

#include "host_priv.h"
#include "support/smp_world.h"

#define NONE       0
#define DISPLAY    WOAD_SMP_DISPLAY
#define YES_NO     (WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO)
#define KEYBOARD   WOAD_SMP_KEYBOARD
#define KEYBOARD_D (WOAD_SMP_KEYBOARD | WOAD_SMP_DISPLAY)

/* Pairs with level asked for by device asker, and sees that both ends agree on everything. */
static struct sw *paired(const struct woad_smp_cfg *a, const struct woad_smp_cfg *b, unsigned asker,
                         uint8_t level, uint8_t method)
{
    struct sw *w = sw_pair(a, b);
    struct woad_smp_evt evt = sw_secure(w, asker, level);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_true(evt.u.secured.paired);
    assert_true(evt.u.secured.bonded);
    assert_true(evt.u.secured.level >= level);
    assert_int_equal(evt.u.secured.key_size, 16);
    if (asker == 0)
        assert_int_equal(evt.u.secured.method, method);
    struct woad_smp_info x = sw_info(&w->dev[0]), y = sw_info(&w->dev[1]);
    assert_memory_equal(x.key, y.key, 16);
    assert_int_equal(x.level, y.level);
    assert_true(x.bonded && y.bonded);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sw_count(&w->dev[i], WOAD_SMP_SECURED), 1);
        assert_int_equal(sw_count(&w->dev[i], WOAD_SMP_BOND_STORED), 1);
    }
    return w;
}

/* The link comes back and is encrypted with the bond, without a call. */
static void comes_back(struct sw *w, uint8_t level)
{
    sw_disconnect(w, 0);
    sw_forget(w);
    sw_connect(w, 0, 1);
    for (int i = 0; i < 2; i++) {
        const struct woad_smp_evt *evt = sw_find(&w->dev[i], WOAD_SMP_SECURED, 0);
        assert_non_null(evt);
        assert_int_equal(evt->u.secured.result.err, 0);
        assert_false(evt->u.secured.paired);
        assert_int_equal(evt->u.secured.level, level);
        assert_int_equal(sw_count(&w->dev[i], WOAD_SMP_SECURED), 1);
    }
}

struct model {
    uint8_t a, b;
    uint8_t sc, sc_level, legacy, legacy_level; /* method and level */
};

/* Each pair of inputs and outputs [Vol 3, Part H, 2.3.5.1]. */
static const struct model models[] = {
    {DISPLAY, DISPLAY, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {YES_NO, DISPLAY, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD, DISPLAY, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {NONE, DISPLAY, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD_D, DISPLAY, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {DISPLAY, YES_NO, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {YES_NO, YES_NO, WOAD_SMP_COMPARISON, 4, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD, YES_NO, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {NONE, YES_NO, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD_D, YES_NO, WOAD_SMP_COMPARISON, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {DISPLAY, KEYBOARD, WOAD_SMP_PASSKEY_SHOWN, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {YES_NO, KEYBOARD, WOAD_SMP_PASSKEY_SHOWN, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {KEYBOARD, KEYBOARD, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {NONE, KEYBOARD, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD_D, KEYBOARD, WOAD_SMP_PASSKEY_SHOWN, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {DISPLAY, NONE, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {YES_NO, NONE, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD, NONE, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {NONE, NONE, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD_D, NONE, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {DISPLAY, KEYBOARD_D, WOAD_SMP_PASSKEY_SHOWN, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {YES_NO, KEYBOARD_D, WOAD_SMP_COMPARISON, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
    {KEYBOARD, KEYBOARD_D, WOAD_SMP_PASSKEY_INPUT, 4, WOAD_SMP_PASSKEY_INPUT, 3},
    {NONE, KEYBOARD_D, WOAD_SMP_JUST_WORKS, 2, WOAD_SMP_JUST_WORKS, 2},
    {KEYBOARD_D, KEYBOARD_D, WOAD_SMP_COMPARISON, 4, WOAD_SMP_PASSKEY_SHOWN, 3},
};

static void secure_connections(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        const struct model *m = &models[i];
        struct woad_smp_cfg a = {.io = m->a, .mitm = true}, b = {.io = m->b, .mitm = true};
        struct sw *w = paired(&a, &b, 0, m->sc_level, m->sc);
        assert_int_equal(sw_info(&w->dev[0]).level, m->sc_level);
        if (m->sc == WOAD_SMP_COMPARISON)
            assert_int_equal(w->dev[0].shown, w->dev[1].shown);
        comes_back(w, m->sc_level);
        sw_free(w);
    }
}

static void legacy(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        const struct model *m = &models[i];
        struct woad_smp_cfg a = {.io = m->a, .mitm = true, .legacy = &woad_smp_legacy};
        struct woad_smp_cfg b = {.io = m->b, .mitm = true, .legacy = &woad_smp_legacy};
        *(i % 2 ? &a.no_sc : &b.no_sc) = true;
        struct sw *w = paired(&a, &b, 0, m->legacy_level, m->legacy);
        assert_int_equal(sw_info(&w->dev[0]).level, m->legacy_level);
        comes_back(w, m->legacy_level);
        sw_free(w);
    }
}

static const uint8_t tk[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void legacy_out_of_band(void **state)
{
    (void)state;
    struct woad_smp_cfg cfg = {.legacy = &woad_smp_legacy, .no_sc = true};
    struct woad_smp_oob data = {.legacy = true, .authenticated = true};
    memcpy(data.tk, tk, 16);
    struct sw *w = sw_pair(&cfg, &cfg);
    for (int i = 0; i < 2; i++)
        assert_int_equal(woad_smp_oob_set(w->dev[i].h, w->dev[i].conn, &data), 0);
    struct woad_smp_evt evt = sw_secure(w, 0, 3);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_int_equal(evt.u.secured.method, WOAD_SMP_OUT_OF_BAND);
    comes_back(w, 3);
    sw_free(w);
}

static struct woad_smp_oob oob_of(struct sw *w, unsigned i)
{
    assert_int_equal(woad_smp_oob_generate(w->dev[i].h, true), 0);
    assert_int_equal(woad_smp_oob_generate(w->dev[i].h, true), WOAD_ERR_BUSY);
    sw_settle(w);
    const struct woad_smp_evt *evt = sw_find(&w->dev[i], WOAD_SMP_OOB_READY, -1);
    assert_non_null(evt);
    assert_int_equal(evt->u.oob.result.err, 0);
    return evt->u.oob.data;
}

/* Data of one side, of the other, of both. */
static void out_of_band(void **state)
{
    (void)state;
    for (unsigned who = 1; who < 4; who++) {
        static const struct woad_smp_cfg cfg = {0};
        struct sw *w = sw_pair(&cfg, &cfg);
        for (unsigned i = 0; i < 2; i++) {
            if (!(who & 1u << i))
                continue;
            struct woad_smp_oob data = oob_of(w, i);
            assert_int_equal(woad_smp_oob_set(w->dev[!i].h, w->dev[!i].conn, &data), 0);
        }
        struct woad_smp_evt evt = sw_secure(w, 0, 4);
        assert_int_equal(evt.u.secured.result.err, 0);
        assert_int_equal(evt.u.secured.method, WOAD_SMP_OUT_OF_BAND);
        comes_back(w, 4);
        sw_free(w);
    }
}

/* Data serve one pairing. */
static void out_of_band_once(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {0};
    struct sw *w = sw_pair(&cfg, &cfg);
    struct woad_smp_oob data = oob_of(w, 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(woad_smp_oob_set(w->dev[1].h, w->dev[1].conn, &data), 0);
        assert_int_equal(woad_smp_pair(w->dev[0].h, w->dev[0].conn, 4), 0);
        sw_settle(w);
        const struct woad_smp_evt *evt = sw_find(&w->dev[0], WOAD_SMP_SECURED, -1);
        assert_int_equal(evt->u.secured.reason, i ? WOAD_SMP_OOB_NOT_AVAILABLE : 0);
    }
    sw_free(w);
}

/* The peripheral asks by Security Request; the central pairs, and later encrypts. */
static void peripheral_asks(void **state)
{
    (void)state;
    static const struct woad_smp_cfg a = {.io = KEYBOARD, .no_auto_encrypt = true};
    static const struct woad_smp_cfg b = {.io = DISPLAY};
    struct sw *w = paired(&a, &b, 1, 4, WOAD_SMP_PASSKEY_INPUT);
    sw_disconnect(w, 0);
    sw_forget(w);
    sw_connect(w, 0, 1);
    assert_int_equal(sw_info(&w->dev[1]).level, 1);
    struct woad_smp_evt evt = sw_secure(w, 1, 3);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_false(evt.u.secured.paired);
    assert_int_equal(evt.u.secured.level, 4);
    sw_free(w);
}

/* A link on level 2 is raised to 4 by a second pairing, and its bond with it. */
static void raised_later(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.io = KEYBOARD_D};
    struct sw *w = sw_pair(&cfg, &cfg);
    assert_int_equal(sw_secure(w, 0, 2).u.secured.level, 2);
    struct woad_smp_evt evt = sw_secure(w, 0, 4);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_int_equal(evt.u.secured.method, WOAD_SMP_COMPARISON);
    assert_int_equal(evt.u.secured.level, 4);
    assert_false(sw_secure(w, 0, 3).u.secured.paired); /* there already */
    comes_back(w, 4);
    sw_free(w);
}

/* One central pairs with three peripherals at the same time. */
static void several_at_once(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.io = YES_NO, .mitm = true};
    struct sw *w = sw_new(4, (const struct woad_smp_cfg *const[]){&cfg, &cfg, &cfg, &cfg});
    uint16_t conns[3];
    for (unsigned i = 0; i < 3; i++) {
        sw_connect(w, 0, i + 1);
        conns[i] = w->dev[0].conn;
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(woad_smp_secure(w->dev[0].h, conns[i], 4), 0);
    dbl_settle(w->d);
    for (unsigned i = 0; i < 3; i++) {
        struct woad_smp_info info;
        assert_int_equal(woad_smp_info(w->dev[0].h, conns[i], &info), 0);
        assert_int_equal(info.level, 4);
        assert_memory_equal(info.key, sw_info(&w->dev[i + 1]).key, 16);
    }
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_SECURED), 3);
    sw_free(w);
}

static void keypress(void **state)
{
    (void)state;
    static const struct woad_smp_cfg a = {.io = KEYBOARD, .keypress = true};
    static const struct woad_smp_cfg b = {.io = DISPLAY, .keypress = true};
    struct sw *w = sw_pair(&a, &b);
    w->dev[0].silent = true;
    assert_int_equal(woad_smp_secure(w->dev[0].h, w->dev[0].conn, 4), 0);
    sw_settle(w);
    for (uint8_t what = 0; what <= WOAD_SMP_ENTRY_COMPLETED; what++) {
        assert_int_equal(woad_smp_keypress(w->dev[0].h, w->dev[0].conn, what), 0);
        sw_settle(w);
        assert_int_equal(sw_find(&w->dev[1], WOAD_SMP_KEYPRESSED, what)->u.keypress, what);
    }
    assert_int_equal(woad_smp_keypress(w->dev[0].h, w->dev[0].conn, 9), WOAD_ERR_INVALID);
    w->dev[0].silent = false;
    sw_settle(w);
    assert_int_equal(sw_find(&w->dev[0], WOAD_SMP_SECURED, 0)->u.secured.level, 4);
    sw_free(w);
}

/* A shorter key where both sides allow it: masked, level 3 at most, and good for coming back. */
static void shorter_key(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.min_key_size = 7, .max_key_size = 7, .io = KEYBOARD_D};
    struct sw *w = sw_pair(&cfg, &cfg);
    struct woad_smp_evt evt = sw_secure(w, 0, 3);
    assert_int_equal(evt.u.secured.level, 3);
    assert_int_equal(evt.u.secured.key_size, 7);
    struct woad_smp_info info = sw_info(&w->dev[0]);
    for (int i = 0; i < 9; i++)
        assert_int_equal(info.key[i], 0);
    comes_back(w, 3);
    sw_free(w);
}

/* From its identity key on, the controller does not say what it has sent. */
static bool hold_keys(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    (void)arg;
    if (len > 8 && pkt[6] == 6 && pkt[8] == 0x08)
        dev->hold_completed = true;
    return false;
}

/* A link that its owner ends at once when it is secured has given the peer its keys. */
static void secured_when_keys_are_sent(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {0};
    struct sw *w = sw_pair(&cfg, &cfg);
    struct dbl_dev *central = w->dev[0].dev;
    central->on_acl = hold_keys;
    assert_int_equal(woad_smp_secure(w->dev[0].h, w->dev[0].conn, 2), 0);
    for (int i = 0; i < 200; i++)
        dbl_run(w->d, WOAD_MS(1));
    assert_int_equal(sw_count(&w->dev[1], WOAD_SMP_SECURED), 1);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_STORED), 1);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_SECURED), 0);
    central->on_acl = NULL;
    central->hold_completed = false;
    sw_settle(w);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_SECURED), 1);
    sw_free(w);
}

/* The part without a central's half pairs and comes back as a peripheral, and only so. */
static void peripheral_part(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.io = KEYBOARD_D, .legacy = &woad_smp_legacy};
    static const struct woad_smp_cfg old = {
        .io = DISPLAY, .legacy = &woad_smp_legacy, .no_sc = true};
    sw_peripheral_only = 1;
    for (unsigned asker = 0; asker < 2; asker++) {
        struct sw *w = paired(&cfg, &cfg, asker, 4, WOAD_SMP_COMPARISON);
        comes_back(w, 4);
        sw_free(w);
    }
    struct sw *w = paired(&old, &cfg, 0, 3, WOAD_SMP_PASSKEY_SHOWN);
    comes_back(w, 3);
    sw_free(w);
    sw_peripheral_only = 0;
    w = sw_pair(&cfg, &cfg);
    assert_int_equal(woad_smp_secure(w->dev[0].h, w->dev[0].conn, 2), WOAD_ERR_UNSUPPORTED);
    struct woad_smp_evt evt = sw_secure(w, 1, 2); /* a Security Request that nobody can meet */
    assert_int_equal(evt.u.secured.reason, WOAD_SMP_PAIRING_NOT_SUPPORTED);
    sw_free(w);
    sw_peripheral_only = UINT_MAX;
}

static uint8_t watched;
static unsigned watch_count;

static void watch(struct host_link *link, uint8_t status)
{
    (void)link;
    watched = status;
    watch_count++;
}

/* Whoever waits for a level hears of a pairing that failed before it encrypted anything, once. */
static void failure_reaches_the_other_parts(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.io = YES_NO};
    static const struct woad_host_part watcher = {.id = HOST_PART_MANY, .security = watch};
    struct sw *w = sw_pair(&cfg, &cfg);
    struct woad_host *h = w->dev[0].h;
    h->parts[h->part_count++] = &watcher;
    w->dev[1].says_no = true;
    watch_count = 0;
    assert_int_not_equal(sw_secure(w, 0, 4).u.secured.result.err, 0);
    assert_int_equal(watch_count, 1);
    assert_int_not_equal(watched, 0);
    sw_free(w);
}

/* Out-of-band data name the address that the peer will see, which may be a private one. */
static void out_of_band_address(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {0};
    static const struct woad_addr rpa = {WOAD_ADDR_RANDOM, {1, 2, 3, 4, 5, 0x46}};
    struct sw *w = sw_pair(&cfg, &cfg);
    w->dev[0].h->air = rpa;
    struct woad_smp_oob data = oob_of(w, 0);
    assert_true(woad_addr_equal(&data.addr, &rpa));
    sw_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secure_connections),
        cmocka_unit_test(legacy),
        cmocka_unit_test(legacy_out_of_band),
        cmocka_unit_test(out_of_band),
        cmocka_unit_test(out_of_band_once),
        cmocka_unit_test(peripheral_asks),
        cmocka_unit_test(raised_later),
        cmocka_unit_test(several_at_once),
        cmocka_unit_test(keypress),
        cmocka_unit_test(shorter_key),
        cmocka_unit_test(secured_when_keys_are_sent),
        cmocka_unit_test(failure_reaches_the_other_parts),
        cmocka_unit_test(out_of_band_address),
        cmocka_unit_test(peripheral_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
