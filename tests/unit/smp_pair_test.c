/* Two hosts pair by every association model, Secure Connections and legacy, bond, come back and
 * encrypt with the bond. */
#include "test.h"

#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secure_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
