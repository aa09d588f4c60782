/* PDU scripts after the purposes of the SM test suite (SM.TS.p29), each named as it is there. The
 * tester is the Lower Tester; what its user sees or enters is done by sw_dev's switches. */
#include "test.h"

#include <string.h>

#include "support/smp_tester.h"

enum { IO_DISPLAY, IO_YES_NO, IO_KEYBOARD, IO_NONE, IO_KEYBOARD_DISPLAY };
#define BOND 0x01
#define MITM 0x04
#define SC   0x08
#define RFU  0xc0 /* bits of AuthReq reserved for future use, CT2 left alone */

static const struct woad_smp_cfg none = {0};
static const struct woad_smp_cfg legacy = {.legacy = &woad_smp_legacy};
static const struct woad_smp_cfg legacy_display = {
    .legacy = &woad_smp_legacy, .io = WOAD_SMP_DISPLAY, .mitm = true};
static const struct woad_smp_cfg display = {.io = WOAD_SMP_DISPLAY, .mitm = true};
static const struct woad_smp_cfg keyboard = {.io = WOAD_SMP_KEYBOARD, .mitm = true};
static const uint8_t no_tk[16];

static void start(struct tester *t, uint8_t level)
{
    if (!t->central)
        assert_int_equal(woad_smp_secure(t->iut->h, t->iut->conn, level), 0);
}

static struct woad_smp_evt secured(struct tester *t, unsigned n, uint8_t level)
{
    struct woad_smp_evt evt = tester_secured(t, n);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_int_equal(evt.u.secured.level, level);
    return evt;
}

/* Features, phase 2 by Just Works, encryption. */
static void just_works(struct tester *t, uint8_t io, uint8_t auth, uint8_t init, uint8_t resp)
{
    start(t, 2);
    tester_features(t, io, 0, auth, 16, init, resp);
    if (t->sc) {
        tester_public_keys(t);
        tester_just_works(t);
        tester_checks(t);
    } else {
        tester_legacy(t, no_tk);
    }
    tester_encrypt(t);
}

/* A passkey as legacy pairing takes it. */
static void passkey_tk(uint32_t passkey, uint8_t tk[16])
{
    memset(tk, 0, 16);
    for (int i = 0; i < 4; i++)
        tk[15 - i] = (uint8_t)(passkey >> 8 * i);
}

/* ---- protocol -------------------------------------------------------------------------------- */

static void SM_CEN_PROT_BV_01_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &none);
    start(t, 2);
    tester_expect(t, T_REQUEST);
    dbl_run(t->w->d, 31000000);
    assert_int_equal(tester_secured(t, 1).u.secured.result.err, WOAD_ERR_TIMEOUT);
    dbl_run(t->w->d, 10000000);
    TESTER_SEND(t, T_RESPONSE, IO_NONE, 0, SC, 16, 0, 0);
    tester_expect_nothing(t);
    tester_free(t);
}

static void SM_PER_PROT_BV_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &legacy);
    tester_features(t, IO_NONE, 0, 0, 16, 0, 0);
    dbl_run(t->w->d, 31000000);
    assert_int_equal(tester_secured(t, 1).u.secured.result.err, WOAD_ERR_TIMEOUT);
    dbl_run(t->w->d, 10000000);
    TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect_nothing(t);
    tester_free(t);
}

/* ---- legacy, Just Works ---------------------------------------------------------------------- */

static void just_works_script(bool central, const struct woad_smp_cfg *cfg, uint8_t io,
                              uint8_t auth)
{
    struct tester *t = tester_new(central, cfg);
    just_works(t, io, auth, 0, 0);
    assert_int_equal((central ? t->pres : t->preq)[3] & RFU, 0);
    secured(t, 1, 2);
    tester_expect_nothing(t);
    tester_free(t);
}

static void SM_CEN_JW_BV_01_C(void **state)
{
    (void)state;
    just_works_script(TESTER_PERIPHERAL, &legacy, IO_KEYBOARD_DISPLAY, 0);
}

static void SM_PER_JW_BV_02_C(void **state)
{
    (void)state;
    just_works_script(TESTER_CENTRAL, &legacy, IO_NONE, 0);
}

static void SM_PER_JW_BI_03_C(void **state)
{
    (void)state;
    just_works_script(TESTER_CENTRAL, &legacy, IO_NONE, RFU);
}

static void SM_CEN_JW_BI_04_C(void **state)
{
    (void)state;
    just_works_script(TESTER_PERIPHERAL, &legacy, IO_NONE, RFU);
}

/* The peer's refusals, each on a link of its own. */
static void refusals(const struct woad_smp_cfg *cfg, const uint8_t *reasons, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct tester *t = tester_new(TESTER_PERIPHERAL, cfg);
        start(t, 2);
        tester_expect(t, T_REQUEST);
        tester_fail(t, reasons[i]);
        tester_free(t);
    }
}

static void SM_CEN_JW_BV_05_C(void **state)
{
    (void)state;
    refusals(&legacy, (const uint8_t[]){0x08, 0x05, 0x09, 0x10}, 4);
}

/* The confirm value is wrong, which shows when the random number is there. */
static void wrong_confirm(bool central, const struct woad_smp_cfg *cfg, uint8_t io, uint8_t auth)
{
    struct tester *t = tester_new(central, cfg);
    start(t, 2);
    tester_features(t, io, 0, auth, 16, 0, 0);
    if (central)
        TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect(t, T_CONFIRM);
    if (!central) {
        TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        tester_expect(t, T_RANDOM);
    }
    TESTER_SEND(t, T_RANDOM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

static void SM_CEN_JW_BI_01_C(void **state)
{
    (void)state;
    wrong_confirm(TESTER_PERIPHERAL, &legacy, IO_NONE, BOND);
}

static void SM_PER_JW_BI_02_C(void **state)
{
    (void)state;
    wrong_confirm(TESTER_CENTRAL, &legacy, IO_NONE, BOND);
}

static void mirrored_confirm(const struct woad_smp_cfg *cfg, uint8_t io, uint8_t auth)
{
    struct tester *t = tester_new(TESTER_PERIPHERAL, cfg);
    uint8_t mirror[16];
    start(t, 2);
    tester_features(t, io, 0, auth, 16, 0, 0);
    woad_smp_turn(mirror, tester_expect(t, T_CONFIRM), 16);
    tester_send_value(t, T_CONFIRM, mirror, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

static void SM_CEN_JW_BI_06_C(void **state)
{
    (void)state;
    mirrored_confirm(&legacy, IO_NONE, 0);
}

/* ---- legacy, passkey ------------------------------------------------------------------------- */

/* The host under test shows; returns what it showed. */
static uint32_t legacy_passkey(bool central, uint8_t oob)
{
    struct tester *t = tester_new(central, &legacy_display);
    uint8_t tk[16];
    start(t, 3);
    tester_features(t, IO_KEYBOARD, oob, MITM, 16, 0, 0);
    uint32_t passkey = t->iut->shown;
    passkey_tk(passkey, tk);
    tester_legacy(t, tk);
    tester_encrypt(t);
    secured(t, 1, 3);
    tester_free(t);
    return passkey;
}

static void SM_CEN_PKE_BV_01_C(void **state)
{
    (void)state;
    legacy_passkey(TESTER_PERIPHERAL, 0);
}

static void SM_PER_PKE_BV_02_C(void **state)
{
    (void)state;
    legacy_passkey(TESTER_CENTRAL, 0);
}

static void SM_CEN_PKE_BV_04_C(void **state)
{
    (void)state;
    just_works_script(TESTER_PERIPHERAL, &legacy_display, IO_NONE, 0);
}

static void SM_PER_PKE_BV_05_C(void **state)
{
    (void)state;
    just_works_script(TESTER_CENTRAL, &legacy_display, IO_NONE, 0);
}

static void SM_CEN_PKE_BV_05_C(void **state)
{
    (void)state;
    uint32_t a = legacy_passkey(TESTER_PERIPHERAL, 0), b = legacy_passkey(TESTER_PERIPHERAL, 0);
    uint32_t c = legacy_passkey(TESTER_PERIPHERAL, 0);
    assert_true(a < 1000000 && b < 1000000 && c < 1000000);
    assert_false(a == b && b == c);
}

static void SM_CEN_PKE_BI_01_C(void **state)
{
    (void)state;
    wrong_confirm(TESTER_PERIPHERAL, &legacy_display, IO_KEYBOARD, MITM);
}

static void SM_PER_PKE_BI_03_C(void **state)
{
    (void)state;
    wrong_confirm(TESTER_CENTRAL, &legacy_display, IO_KEYBOARD, MITM);
}

static void SM_CEN_PKE_BI_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &legacy_display);
    start(t, 3);
    tester_features(t, IO_KEYBOARD, 0, MITM, 16, 0, 0);
    tester_expect(t, T_CONFIRM);
    tester_fail(t, WOAD_SMP_PASSKEY_ENTRY_FAILED);
    tester_free(t);
}

static void SM_CEN_PKE_BI_03_C(void **state)
{
    (void)state;
    mirrored_confirm(&legacy_display, IO_KEYBOARD, MITM);
}

/* ---- legacy, out of band --------------------------------------------------------------------- */

static const uint8_t tk_value[16] = {0x10, 0x20, 0x30, 0x40, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void give_tk(struct tester *t)
{
    struct woad_smp_oob data = {.legacy = true, .authenticated = true};
    memcpy(data.tk, tk_value, 16);
    assert_int_equal(woad_smp_oob_set(t->iut->h, t->iut->conn, &data), 0);
}

static void legacy_oob(bool central, const uint8_t tk[16])
{
    struct tester *t = tester_new(central, &legacy);
    give_tk(t);
    start(t, 3);
    tester_features(t, IO_NONE, 1, MITM, 16, 0, 0);
    assert_int_equal((central ? t->pres : t->preq)[2], 1);
    if (memcmp(tk, tk_value, 16) == 0) {
        tester_legacy(t, tk);
        tester_encrypt(t);
        secured(t, 1, 3);
    } else {
        if (central)
            TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        tester_expect(t, T_CONFIRM);
        if (!central) {
            TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
            tester_expect(t, T_RANDOM);
        }
        TESTER_SEND(t, T_RANDOM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    }
    tester_free(t);
}

static void SM_CEN_OOB_BV_01_C(void **state)
{
    (void)state;
    legacy_oob(TESTER_PERIPHERAL, tk_value);
}

static void SM_PER_OOB_BV_02_C(void **state)
{
    (void)state;
    legacy_oob(TESTER_CENTRAL, tk_value);
}

static void SM_CEN_OOB_BI_01_C(void **state)
{
    (void)state;
    legacy_oob(TESTER_PERIPHERAL, no_tk);
}

static void SM_PER_OOB_BI_02_C(void **state)
{
    (void)state;
    legacy_oob(TESTER_CENTRAL, no_tk);
}

/* Only the host under test has data, or only the tester: a passkey. */
static void oob_of_one(bool central, bool iut_has, bool passkey)
{
    struct tester *t = tester_new(central, passkey ? &legacy_display : &legacy);
    uint8_t tk[16] = {0};
    if (iut_has)
        give_tk(t);
    start(t, 2);
    tester_features(t, passkey ? IO_KEYBOARD : IO_NONE, !iut_has, passkey ? MITM : 0, 16, 0, 0);
    assert_int_equal((central ? t->pres : t->preq)[2], iut_has);
    if (passkey)
        passkey_tk(t->iut->shown, tk);
    tester_legacy(t, tk);
    tester_encrypt(t);
    secured(t, 1, passkey ? 3 : 2);
    tester_free(t);
}

static void SM_CEN_OOB_BV_03_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_PERIPHERAL, true, true);
}

static void SM_PER_OOB_BV_04_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_CENTRAL, true, true);
}

static void SM_CEN_OOB_BV_05_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_PERIPHERAL, false, true);
}

static void SM_PER_OOB_BV_06_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_CENTRAL, false, true);
}

static void SM_CEN_OOB_BV_07_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_PERIPHERAL, false, false);
}

static void SM_PER_OOB_BV_08_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_CENTRAL, false, false);
}

static void SM_CEN_OOB_BV_09_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_PERIPHERAL, true, false);
}

static void SM_PER_OOB_BV_10_C(void **state)
{
    (void)state;
    oob_of_one(TESTER_CENTRAL, true, false);
}

/* ---- key size -------------------------------------------------------------------------------- */

static const struct woad_smp_cfg from_ten = {.min_key_size = 10};

static void shorter_key(bool central)
{
    struct tester *t = tester_new(central, &from_ten);
    start(t, 2);
    tester_features(t, IO_NONE, 0, SC | BOND, 10, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(secured(t, 1, 2).u.secured.key_size, 10);
    tester_reconnect(t);
    if (central)
        tester_encrypt(t);
    assert_int_equal(secured(t, 2, 2).u.secured.key_size, 10);
    tester_free(t);
}

static void SM_CEN_EKS_BV_01_C(void **state)
{
    (void)state;
    shorter_key(TESTER_PERIPHERAL);
}

static void SM_PER_EKS_BV_02_C(void **state)
{
    (void)state;
    shorter_key(TESTER_CENTRAL);
}

static void SM_CEN_EKS_BI_01_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &from_ten);
    start(t, 2);
    tester_features(t, IO_NONE, 0, SC, 9, 0, 0);
    tester_expect_failed(t, WOAD_SMP_ENCRYPTION_KEY_SIZE);
    tester_free(t);
}

static void SM_PER_EKS_BI_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &from_ten);
    TESTER_SEND(t, T_REQUEST, IO_NONE, 0, SC, 9, 0, 0);
    tester_expect_failed(t, WOAD_SMP_ENCRYPTION_KEY_SIZE);
    tester_free(t);
}

/* ---- key distribution ------------------------------------------------------------------------ */

static const struct woad_smp_cfg all_keys = {.legacy = &woad_smp_legacy,
                                             .signing = &woad_smp_signing};

/* Takes the keys of the host under test and sees that they are those of the bits. */
static void take_keys(struct tester *t, uint8_t bits, uint8_t ltk[16], uint8_t ediv_rand[10])
{
    if (bits & 1) {
        woad_smp_turn(ltk, tester_expect(t, T_LTK), 16);
        memcpy(ediv_rand, tester_expect(t, T_EDIV), 10);
    }
    if (bits & 2) {
        uint8_t irk[16], own[16];
        woad_smp_turn(irk, tester_expect(t, T_IRK), 16);
        assert_int_equal(woad_smp_own_irk(t->iut->h, own), 0);
        assert_memory_equal(irk, own, 16);
        const uint8_t *identity = tester_expect(t, T_IDENTITY);
        assert_int_equal(identity[0], t->iut->dev->addr.type);
        assert_memory_equal(identity + 1, t->iut->dev->addr.val, 6);
    }
    if (bits & 4)
        tester_expect(t, T_CSRK);
    tester_expect_nothing(t);
}

static void distribution(bool central, uint8_t auth, uint8_t bits)
{
    struct tester *t = tester_new(central, &all_keys);
    uint8_t ltk[16], ediv_rand[10];
    just_works(t, IO_NONE, auth | BOND, central ? 0 : bits, central ? bits : 0);
    assert_int_equal(t->pres[central ? 6 : 5], bits);
    take_keys(t, bits, ltk, ediv_rand);
    secured(t, 1, 2);
    tester_free(t);
}

static void SM_PER_KDU_BV_01_C(void **state)
{
    (void)state;
    distribution(TESTER_CENTRAL, 0, 1);
}

static void SM_PER_KDU_BV_02_C(void **state)
{
    (void)state;
    distribution(TESTER_CENTRAL, 0, 2);
}

static void SM_PER_KDU_BV_03_C(void **state)
{
    (void)state;
    distribution(TESTER_CENTRAL, 0, 4);
}

static void SM_PER_KDU_BV_08_C(void **state)
{
    (void)state;
    distribution(TESTER_CENTRAL, SC, 2);
}

static void SM_PER_KDU_BV_09_C(void **state)
{
    (void)state;
    distribution(TESTER_CENTRAL, SC, 4);
}

static void SM_CEN_KDU_BV_04_C(void **state)
{
    (void)state;
    distribution(TESTER_PERIPHERAL, 0, 4);
}

static void SM_CEN_KDU_BV_05_C(void **state)
{
    (void)state;
    distribution(TESTER_PERIPHERAL, 0, 2);
}

static void SM_CEN_KDU_BV_06_C(void **state)
{
    (void)state;
    distribution(TESTER_PERIPHERAL, 0, 1);
}

static void SM_CEN_KDU_BV_10_C(void **state)
{
    (void)state;
    distribution(TESTER_PERIPHERAL, SC, 2);
}

static void SM_CEN_KDU_BV_11_C(void **state)
{
    (void)state;
    distribution(TESTER_PERIPHERAL, SC, 4);
}

/* An encrypted link is encrypted again with the LTK that was distributed. */
static void SM_PER_KDU_BV_07_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &all_keys);
    uint8_t ltk[16], ediv_rand[10], turned[16];
    just_works(t, IO_NONE, BOND, 0, 1);
    take_keys(t, 1, ltk, ediv_rand);
    secured(t, 1, 2);
    woad_smp_turn(turned, ltk, 16);
    assert_int_equal(woad_gap_encrypt(t->w->dev[1].h, t->conn, turned, ediv_rand + 2,
                                      (uint16_t)(ediv_rand[0] | ediv_rand[1] << 8)),
                     0);
    tester_settle(t);
    secured(t, 2, 2);
    assert_memory_equal(sw_info(t->iut).key, ltk, 16);
    tester_free(t);
}

/* y = 0, again and again; y = 0; one bit of y; (0, 0); and for a central our own x. */
static void invalid_public_keys(bool central)
{
    struct tester *t = tester_new(central, &none);
    for (int round = 0; round < (central ? 6 : 7); round++) {
        uint8_t key[64];
        tester_new_pair(t);
        memcpy(key, t->public_key, 64);
        if (round < 4)
            memset(key + 32, 0, 32);
        else if (round == 4)
            key[40] ^= 8;
        else if (round == 5)
            memset(key, 0, 64);
        start(t, 2);
        tester_features(t, IO_NONE, 0, SC, 16, 0, 0);
        if (central)
            tester_send_public(t, key);
        tester_take_public(t);
        if (round == 6)
            memcpy(key, t->iut_public, 32);
        if (!central)
            tester_send_public(t, key);
        tester_expect_failed(t, WOAD_SMP_DHKEY_CHECK_FAILED);
        dbl_run(t->w->d, UINT64_C(1000000) << (round + 1));
    }
    tester_free(t);
}

/* SM/PER/KDU/BI-01-C and BI-04: the verdict of 6.0, which that of 5.4 includes. */
static void SM_PER_KDU_BI_04_C(void **state)
{
    (void)state;
    invalid_public_keys(TESTER_CENTRAL);
}

/* SM/CEN/KDU/BI-01-C and BI-04 */
static void SM_CEN_KDU_BI_04_C(void **state)
{
    (void)state;
    invalid_public_keys(TESTER_PERIPHERAL);
}

/* The keys of the host under test are refused; it awaits the tester's. */
static void rejected_key(uint8_t auth, uint8_t bits)
{
    struct tester *t = tester_new(TESTER_CENTRAL, &all_keys);
    uint8_t ltk[16], ediv_rand[10];
    just_works(t, IO_NONE, auth | BOND, bits, bits);
    take_keys(t, t->pres[6], ltk, ediv_rand);
    tester_fail(t, WOAD_SMP_KEY_REJECTED);
    assert_int_equal(woad_smp_bond_next(t->iut->h, -1), WOAD_ERR_NOT_FOUND);
    tester_free(t);
    /* none of the tester's keys is awaited: the bond is there already, and goes again */
    t = tester_new(TESTER_CENTRAL, &all_keys);
    just_works(t, IO_NONE, auth | BOND, 0, bits);
    take_keys(t, t->pres[6], ltk, ediv_rand);
    secured(t, 1, 2);
    tester_fail(t, WOAD_SMP_KEY_REJECTED);
    assert_int_equal(woad_smp_bond_next(t->iut->h, -1), WOAD_ERR_NOT_FOUND);
    tester_free(t);
}

static void SM_PER_KDU_BI_02_C(void **state)
{
    (void)state;
    rejected_key(0, 7);
}

static void SM_PER_KDU_BI_03_C(void **state)
{
    (void)state;
    rejected_key(SC, 7);
}

/* ---- Security Request ------------------------------------------------------------------------ */

static void SM_PER_PIS_BV_01_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &display);
    assert_int_equal(woad_smp_secure(t->iut->h, t->iut->conn, 3), 0);
    assert_int_equal(*tester_expect(t, T_SECURITY) & 0xf, BOND | MITM | SC);
    tester_features(t, IO_KEYBOARD, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    tester_passkey(t, t->iut->shown);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 4);
    tester_free(t);
}

static void SM_CEN_PIS_BV_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &display);
    TESTER_SEND(t, T_SECURITY, SC | MITM);
    tester_features(t, IO_KEYBOARD, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    tester_passkey(t, t->iut->shown);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 4);
    tester_free(t);
}

static void SM_PER_PIS_BV_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &none);
    just_works(t, IO_NONE, SC | BOND, 0, 0);
    secured(t, 1, 2);
    tester_reconnect(t);
    assert_int_equal(woad_smp_secure(t->iut->h, t->iut->conn, 2), 0);
    assert_int_equal(*tester_expect(t, T_SECURITY) & MITM, 0);
    tester_encrypt(t);
    assert_false(secured(t, 2, 2).u.secured.paired);
    tester_expect_nothing(t);
    tester_free(t);
}

static void SM_CEN_PIS_BV_03_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &none);
    TESTER_SEND(t, T_SECURITY, SC);
    memcpy(t->preq + 1, tester_expect(t, T_REQUEST), 6);
    t->preq[0] = T_REQUEST;
    TESTER_SEND(t, T_SECURITY, SC);
    tester_expect_nothing(t);
    memcpy(t->pres, (const uint8_t[]){T_RESPONSE, IO_NONE, 0, SC, 16, 0, 0}, 7);
    tester_send(t, t->pres, 7);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 2);
    tester_free(t);
}

/* ---- Secure Connections, Just Works and numeric comparison ----------------------------------- */

/* Three times, with other nonces each time. */
static void sc_just_works(bool central, uint8_t auth)
{
    struct tester *t = tester_new(central, &none);
    uint8_t nonces[3][16];
    for (unsigned i = 0; i < 3; i++) {
        tester_reconnect(t);
        just_works(t, IO_NONE, auth, 0, 0);
        secured(t, i + 1, 2);
        memcpy(nonces[i], t->iut_nonce, 16);
        assert_int_equal((central ? t->pres : t->preq)[3] & RFU, 0);
    }
    assert_memory_not_equal(nonces[0], nonces[1], 16);
    assert_memory_not_equal(nonces[1], nonces[2], 16);
    tester_free(t);
}

static void sc_comparison(bool central)
{
    static const struct woad_smp_cfg cfg = {.io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO, .mitm = true};
    struct tester *t = tester_new(central, &cfg);
    uint32_t number;
    start(t, 4);
    tester_features(t, IO_YES_NO, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    assert_int_equal(
        central ? woad_smp_g2(t->public_key, t->iut_public, t->own_nonce, t->iut_nonce, &number)
                : woad_smp_g2(t->iut_public, t->public_key, t->iut_nonce, t->own_nonce, &number),
        0);
    assert_int_equal(t->iut->shown, number);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 4);
    tester_free(t);
}

static void SM_CEN_SCJW_BV_01_C(void **state)
{
    (void)state;
    sc_just_works(TESTER_PERIPHERAL, SC);
    sc_comparison(TESTER_PERIPHERAL);
}

static void SM_PER_SCJW_BV_02_C(void **state)
{
    (void)state;
    sc_just_works(TESTER_CENTRAL, SC);
    sc_comparison(TESTER_CENTRAL);
}

static void SM_PER_SCJW_BV_03_C(void **state)
{
    (void)state;
    sc_just_works(TESTER_CENTRAL, SC | RFU);
}

static void SM_CEN_SCJW_BV_04_C(void **state)
{
    (void)state;
    sc_just_works(TESTER_PERIPHERAL, SC | RFU);
}

static void SM_CEN_SCJW_BI_01_C(void **state)
{
    (void)state;
    refusals(&none, (const uint8_t[]){0x03, 0x08, 0x05, 0x09}, 4);
    struct tester *t = tester_new(TESTER_PERIPHERAL, &none);
    start(t, 2);
    tester_features(t, IO_NONE, 0, SC, 16, 0, 0);
    tester_public_keys(t);
    tester_fail(t, WOAD_SMP_NUMERIC_COMPARISON_FAILED);
    tester_free(t);
}

static void SM_PER_SCJW_BI_02_C(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &none);
    tester_features(t, IO_NONE, 0, SC | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_expect(t, T_CONFIRM);
    tester_fail(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

/* The user of the host under test says that the numbers differ. */
static void comparison_refused(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO, .mitm = true};
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &cfg);
        t->iut->says_no = true;
        start(t, 4);
        tester_features(t, IO_YES_NO, 0, SC | MITM, 16, 0, 0);
        tester_public_keys(t);
        tester_just_works(t);
        tester_expect_failed(t, WOAD_SMP_NUMERIC_COMPARISON_FAILED);
        tester_free(t);
    }
}

/* ---- Secure Connections, passkey ------------------------------------------------------------- */

static uint32_t sc_passkey(bool central, uint8_t auth)
{
    struct tester *t = tester_new(central, &display);
    start(t, 4);
    tester_features(t, IO_KEYBOARD, 0, auth, 16, 0, 0);
    assert_int_equal((central ? t->pres : t->preq)[3] & RFU, 0);
    tester_public_keys(t);
    uint32_t passkey = t->iut->shown;
    tester_passkey(t, passkey);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 4);
    tester_free(t);
    return passkey;
}

/* The tester shows, the user of the host under test enters. */
static void sc_passkey_entered(bool central)
{
    struct tester *t = tester_new(central, &keyboard);
    start(t, 4);
    t->iut->silent = true;
    tester_features(t, IO_DISPLAY, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    assert_int_equal(sw_count(t->iut, WOAD_SMP_ENTER), 1);
    assert_int_equal(woad_smp_passkey(t->iut->h, t->iut->conn, 1000000), WOAD_ERR_INVALID);
    assert_int_equal(woad_smp_passkey(t->iut->h, t->iut->conn, 19655), 0);
    assert_int_equal(woad_smp_passkey(t->iut->h, t->iut->conn, 19655), WOAD_ERR_STATE);
    tester_passkey(t, 19655);
    tester_checks(t);
    tester_encrypt(t);
    secured(t, 1, 4);
    tester_free(t);
}

static void SM_CEN_SCPK_BV_01_C(void **state)
{
    (void)state;
    sc_passkey(TESTER_PERIPHERAL, SC | MITM);
    sc_passkey_entered(TESTER_PERIPHERAL);
}

static void SM_PER_SCPK_BV_02_C(void **state)
{
    (void)state;
    sc_passkey(TESTER_CENTRAL, SC | MITM);
    sc_passkey_entered(TESTER_CENTRAL);
}

static void SM_PER_SCPK_BV_03_C(void **state)
{
    (void)state;
    sc_passkey(TESTER_CENTRAL, SC | MITM | RFU);
}

static void SM_CEN_SCPK_BV_04_C(void **state)
{
    (void)state;
    sc_passkey(TESTER_PERIPHERAL, SC | MITM | RFU);
}

static void SM_CEN_SCPK_BV_05_C(void **state)
{
    (void)state;
    uint32_t a = sc_passkey(TESTER_PERIPHERAL, SC | MITM);
    uint32_t b = sc_passkey(TESTER_PERIPHERAL, SC | MITM);
    uint32_t c = sc_passkey(TESTER_PERIPHERAL, SC | MITM);
    assert_false(a == b && b == c);
}

static void SM_CEN_SCPK_BI_01_C(void **state)
{
    (void)state;
    refusals(&display, (const uint8_t[]){0x03, 0x08, 0x05, 0x09}, 4);
    struct tester *t = tester_new(TESTER_PERIPHERAL, &display);
    start(t, 4);
    tester_features(t, IO_KEYBOARD, 0, SC | MITM | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_expect(t, T_CONFIRM);
    tester_fail(t, WOAD_SMP_PASSKEY_ENTRY_FAILED);
    tester_free(t);
}

/* A wrong bit of the passkey. */
static void sc_passkey_wrong(bool central)
{
    struct tester *t = tester_new(central, &display);
    start(t, 4);
    tester_features(t, IO_KEYBOARD, 0, SC | MITM | BOND, 16, 0, 0);
    tester_public_keys(t);
    if (central)
        TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect(t, T_CONFIRM);
    if (!central) {
        TESTER_SEND(t, T_CONFIRM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
        tester_expect(t, T_RANDOM);
    }
    TESTER_SEND(t, T_RANDOM, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

static void SM_CEN_SCPK_BI_02_C(void **state)
{
    (void)state;
    sc_passkey_wrong(TESTER_PERIPHERAL);
}

static void SM_PER_SCPK_BI_03_C(void **state)
{
    (void)state;
    sc_passkey_wrong(TESTER_CENTRAL);
}

/* The initiator's refusals after the Pairing Response, each on a link of its own, and in phase 2.
 */
static void refused_responder(const struct woad_smp_cfg *cfg, bool oob, uint8_t last)
{
    const uint8_t reasons[] = {0x03, 0x08, 0x05, 0x09, last};
    for (size_t i = 0; i < sizeof(reasons); i++) {
        struct tester *t = tester_new(TESTER_CENTRAL, cfg);
        if (oob) {
            struct woad_smp_oob data = {.sc = true};
            assert_int_equal(woad_smp_oob_set(t->iut->h, t->iut->conn, &data), 0);
            assert_int_equal(woad_smp_oob_generate(t->iut->h, true), 0);
            tester_settle(t);
        }
        tester_features(t, IO_KEYBOARD, oob, SC | MITM, 16, 0, 0);
        if (i == 4 && !oob)
            tester_public_keys(t);
        tester_fail(t, reasons[i]);
        tester_free(t);
    }
}

static void SM_PER_SCPK_BI_04_C(void **state)
{
    (void)state;
    refused_responder(&display, false, WOAD_SMP_PASSKEY_ENTRY_FAILED);
}

/* ---- Secure Connections, out of band --------------------------------------------------------- */

/* own: the host under test has the tester's data; peer: the tester has its. */
static void sc_oob(bool central, bool own, bool peer, uint8_t auth, bool wrong)
{
    struct tester *t = tester_new(central, &none);
    struct woad_smp_oob data = {.sc = true, .authenticated = true}, iut = {0};
    assert_int_equal(woad_crypto_random(data.rand, 16), 0);
    assert_int_equal(woad_smp_f4(t->public_key, t->public_key, data.rand, 0, data.confirm), 0);
    data.confirm[7] ^= wrong;
    if (own)
        assert_int_equal(woad_smp_oob_set(t->iut->h, t->iut->conn, &data), 0);
    if (peer) {
        assert_int_equal(woad_smp_oob_generate(t->iut->h, true), 0);
        tester_settle(t);
        iut = sw_find(t->iut, WOAD_SMP_OOB_READY, 0)->u.oob.data;
    }
    start(t, 4);
    tester_features(t, IO_NONE, peer, auth, 16, 0, 0);
    assert_int_equal((central ? t->pres : t->preq)[2], own);
    assert_int_equal((central ? t->pres : t->preq)[3] & RFU, 0);
    tester_public_keys(t);
    if (wrong) {
        tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
        tester_free(t);
        return;
    }
    if (peer) {
        uint8_t expect[16];
        assert_int_equal(woad_smp_f4(t->iut_public, t->iut_public, iut.rand, 0, expect), 0);
        assert_memory_equal(expect, iut.confirm, 16);
        memcpy(t->iut_r, iut.rand, 16);
    }
    if (own)
        memcpy(t->own_r, data.rand, 16);
    if (central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    woad_smp_turn(t->iut_nonce, tester_expect(t, T_RANDOM), 16);
    if (!central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(secured(t, 1, 4).u.secured.method, WOAD_SMP_OUT_OF_BAND);
    tester_free(t);
}

static void SM_CEN_SCOB_BV_01_C(void **state)
{
    (void)state;
    sc_oob(TESTER_PERIPHERAL, true, true, SC, false);
    sc_oob(TESTER_PERIPHERAL, true, false, SC, false);
    sc_oob(TESTER_PERIPHERAL, false, true, SC, false);
}

static void SM_PER_SCOB_BV_02_C(void **state)
{
    (void)state;
    sc_oob(TESTER_CENTRAL, true, true, SC, false);
    sc_oob(TESTER_CENTRAL, true, false, SC, false);
    sc_oob(TESTER_CENTRAL, false, true, SC, false);
}

static void SM_PER_SCOB_BV_03_C(void **state)
{
    (void)state;
    sc_oob(TESTER_CENTRAL, true, true, SC | RFU, false);
}

static void SM_CEN_SCOB_BV_04_C(void **state)
{
    (void)state;
    sc_oob(TESTER_PERIPHERAL, true, true, SC | RFU, false);
}

static void SM_CEN_SCOB_BI_01_C(void **state)
{
    (void)state;
    refusals(&none, (const uint8_t[]){0x03, 0x08, 0x05, 0x09, 0x02}, 5);
}

static void SM_PER_SCOB_BI_02_C(void **state)
{
    (void)state;
    refused_responder(&none, true, WOAD_SMP_OOB_NOT_AVAILABLE);
}

static void SM_PER_SCOB_BI_03_C(void **state)
{
    (void)state;
    sc_oob(TESTER_CENTRAL, true, true, SC, true);
}

static void SM_CEN_SCOB_BI_04_C(void **state)
{
    (void)state;
    sc_oob(TESTER_PERIPHERAL, true, true, SC, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SM_CEN_PROT_BV_01_C), cmocka_unit_test(SM_PER_PROT_BV_02_C),
        cmocka_unit_test(SM_CEN_JW_BV_01_C),   cmocka_unit_test(SM_PER_JW_BV_02_C),
        cmocka_unit_test(SM_PER_JW_BI_03_C),   cmocka_unit_test(SM_CEN_JW_BI_04_C),
        cmocka_unit_test(SM_CEN_JW_BV_05_C),   cmocka_unit_test(SM_CEN_JW_BI_01_C),
        cmocka_unit_test(SM_PER_JW_BI_02_C),   cmocka_unit_test(SM_CEN_JW_BI_06_C),
        cmocka_unit_test(SM_CEN_PKE_BV_01_C),  cmocka_unit_test(SM_PER_PKE_BV_02_C),
        cmocka_unit_test(SM_CEN_PKE_BV_04_C),  cmocka_unit_test(SM_PER_PKE_BV_05_C),
        cmocka_unit_test(SM_CEN_PKE_BV_05_C),  cmocka_unit_test(SM_CEN_PKE_BI_01_C),
        cmocka_unit_test(SM_PER_PKE_BI_03_C),  cmocka_unit_test(SM_CEN_PKE_BI_02_C),
        cmocka_unit_test(SM_CEN_PKE_BI_03_C),  cmocka_unit_test(SM_CEN_OOB_BV_01_C),
        cmocka_unit_test(SM_PER_OOB_BV_02_C),  cmocka_unit_test(SM_CEN_OOB_BI_01_C),
        cmocka_unit_test(SM_PER_OOB_BI_02_C),  cmocka_unit_test(SM_CEN_OOB_BV_03_C),
        cmocka_unit_test(SM_PER_OOB_BV_04_C),  cmocka_unit_test(SM_CEN_OOB_BV_05_C),
        cmocka_unit_test(SM_PER_OOB_BV_06_C),  cmocka_unit_test(SM_CEN_OOB_BV_07_C),
        cmocka_unit_test(SM_PER_OOB_BV_08_C),  cmocka_unit_test(SM_CEN_OOB_BV_09_C),
        cmocka_unit_test(SM_PER_OOB_BV_10_C),  cmocka_unit_test(SM_CEN_EKS_BV_01_C),
        cmocka_unit_test(SM_PER_EKS_BV_02_C),  cmocka_unit_test(SM_CEN_EKS_BI_01_C),
        cmocka_unit_test(SM_PER_EKS_BI_02_C),  cmocka_unit_test(SM_PER_KDU_BV_01_C),
        cmocka_unit_test(SM_PER_KDU_BV_02_C),  cmocka_unit_test(SM_PER_KDU_BV_03_C),
        cmocka_unit_test(SM_PER_KDU_BV_08_C),  cmocka_unit_test(SM_PER_KDU_BV_09_C),
        cmocka_unit_test(SM_CEN_KDU_BV_04_C),  cmocka_unit_test(SM_CEN_KDU_BV_05_C),
        cmocka_unit_test(SM_CEN_KDU_BV_06_C),  cmocka_unit_test(SM_CEN_KDU_BV_10_C),
        cmocka_unit_test(SM_CEN_KDU_BV_11_C),  cmocka_unit_test(SM_PER_KDU_BV_07_C),
        cmocka_unit_test(SM_PER_KDU_BI_04_C),  cmocka_unit_test(SM_CEN_KDU_BI_04_C),
        cmocka_unit_test(SM_PER_KDU_BI_02_C),  cmocka_unit_test(SM_PER_KDU_BI_03_C),
        cmocka_unit_test(SM_PER_PIS_BV_01_C),  cmocka_unit_test(SM_CEN_PIS_BV_02_C),
        cmocka_unit_test(SM_PER_PIS_BV_02_C),  cmocka_unit_test(SM_CEN_PIS_BV_03_C),
        cmocka_unit_test(SM_CEN_SCJW_BV_01_C), cmocka_unit_test(SM_PER_SCJW_BV_02_C),
        cmocka_unit_test(SM_PER_SCJW_BV_03_C), cmocka_unit_test(SM_CEN_SCJW_BV_04_C),
        cmocka_unit_test(SM_CEN_SCJW_BI_01_C), cmocka_unit_test(SM_PER_SCJW_BI_02_C),
        cmocka_unit_test(comparison_refused),  cmocka_unit_test(SM_CEN_SCPK_BV_01_C),
        cmocka_unit_test(SM_PER_SCPK_BV_02_C), cmocka_unit_test(SM_PER_SCPK_BV_03_C),
        cmocka_unit_test(SM_CEN_SCPK_BV_04_C), cmocka_unit_test(SM_CEN_SCPK_BV_05_C),
        cmocka_unit_test(SM_CEN_SCPK_BI_01_C), cmocka_unit_test(SM_CEN_SCPK_BI_02_C),
        cmocka_unit_test(SM_PER_SCPK_BI_03_C), cmocka_unit_test(SM_PER_SCPK_BI_04_C),
        cmocka_unit_test(SM_CEN_SCOB_BV_01_C), cmocka_unit_test(SM_PER_SCOB_BV_02_C),
        cmocka_unit_test(SM_PER_SCOB_BV_03_C), cmocka_unit_test(SM_CEN_SCOB_BV_04_C),
        cmocka_unit_test(SM_CEN_SCOB_BI_01_C), cmocka_unit_test(SM_PER_SCOB_BI_02_C),
        cmocka_unit_test(SM_PER_SCOB_BI_03_C), cmocka_unit_test(SM_CEN_SCOB_BI_04_C),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
