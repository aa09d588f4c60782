/* The published attacks on pairing and bonds, each as what arrives and what must hold. */
#include "test.h"

#include <string.h>

#include "smp/smp_priv.h"
#include "support/smp_tester.h"

#define NO_IO    3
#define KEYBOARD 2
#define DISPLAY  0
#define SC       0x08
#define MITM     0x04
#define BOND     0x01
#define DEBUG_X  "20b003d2"

static const struct woad_smp_cfg plain = {0};
static const struct woad_smp_cfg display = {.io = WOAD_SMP_DISPLAY, .mitm = true};
static const struct woad_smp_cfg keyboard = {.io = WOAD_SMP_KEYBOARD, .mitm = true};
static const struct woad_smp_cfg with_legacy = {.legacy = &woad_smp_legacy};

static void start(struct tester *t, uint8_t level)
{
    if (!t->central)
        assert_int_equal(woad_smp_secure(t->iut->h, t->iut->conn, level), 0);
}

/* A whole pairing, Just Works, with a bond. */
static void bond(struct tester *t)
{
    start(t, 2);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
}

/* CVE-2018-5383: y = 0, a flipped bit of y, (0, 0), the peer's x with another y. The pairing must
 * end with DHKey Check Failed after the keys were exchanged, and the key pair be renewed. */
static void invalid_curve(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        for (int kind = 0; kind < 4; kind++) {
            struct tester *t = tester_new(central, &plain);
            uint8_t bad[64];
            memcpy(bad, t->public_key, 64);
            if (kind == 0)
                memset(bad + 32, 0, 32);
            if (kind == 1)
                bad[63] ^= 1;
            if (kind == 2)
                memset(bad, 0, 64);
            if (kind == 3)
                memset(bad, 0xff, 32); /* x beyond the field */
            start(t, 2);
            tester_features(t, NO_IO, 0, SC, 16, 0, 0);
            if (central)
                tester_send_public(t, bad);
            tester_take_public(t);
            if (!central)
                tester_send_public(t, bad);
            tester_expect_failed(t, WOAD_SMP_DHKEY_CHECK_FAILED);
            assert_int_equal(sw_info(t->iut).level, 1);
            uint8_t before[64];
            memcpy(before, t->iut_public, 64);
            dbl_run(t->w->d, 2000000); /* the wait after a failure */
            start(t, 2);
            tester_features(t, NO_IO, 0, SC, 16, 0, 0);
            tester_public_keys(t);
            assert_memory_not_equal(before, t->iut_public, 32);
            tester_free(t);
        }
    }
}

/* CVE-2020-26558 and its like: our own public key, or our x with the other y, comes back. */
static void reflected_public_key(void **state)
{
    (void)state;
    for (int other_y = 0; other_y < 2; other_y++) {
        struct tester *t = tester_new(TESTER_PERIPHERAL, &plain);
        start(t, 2);
        tester_features(t, NO_IO, 0, SC, 16, 0, 0);
        tester_take_public(t);
        uint8_t mirror[64];
        memcpy(mirror, t->iut_public, 64);
        if (other_y) /* any y will do: x alone decides */
            mirror[63] ^= 0x55;
        tester_send_public(t, mirror);
        tester_expect_failed(t, WOAD_SMP_DHKEY_CHECK_FAILED);
        tester_free(t);
    }
}

/* CVE-2020-26558: the confirm value of each passkey bit is sent back as it came, and the nonce. */
static void passkey_reflection(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &display);
    uint8_t mirror[16];
    start(t, 4);
    tester_features(t, KEYBOARD, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    woad_smp_turn(mirror, tester_expect(t, T_CONFIRM), 16);
    tester_send_value(t, T_CONFIRM, mirror, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

/* The responder's nonce is learned first and sent back as the initiator's. */
static void nonce_reflection(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &plain);
    uint8_t mirror[16];
    start(t, 2);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    tester_public_keys(t);
    TESTER_SEND(t, T_CONFIRM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    woad_smp_turn(mirror, tester_expect(t, T_RANDOM), 16);
    tester_send_value(t, T_RANDOM, mirror, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

/* A wrong bit of the passkey ends the pairing in its round: nothing of the next bit is told. */
static void passkey_guessing(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &display);
    tester_features(t, KEYBOARD, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    assert_true(t->iut->shows);
    uint32_t passkey = t->iut->shown;
    for (int round = 0; round < 7; round++)
        tester_passkey_round(t, passkey, round);
    uint8_t confirm[16];
    uint8_t z = (uint8_t)(0x80 | (~passkey >> 7 & 1));
    assert_int_equal(woad_smp_f4(t->public_key, t->iut_public, t->own_nonce, z, confirm), 0);
    tester_send_value(t, T_CONFIRM, confirm, 16);
    tester_expect(t, T_CONFIRM);
    tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    /* the next passkey is another one */
    dbl_run(t->w->d, 2000000);
    tester_features(t, KEYBOARD, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    assert_int_not_equal(passkey, t->iut->shown);
    tester_free(t);
}

/* KNOB-type downgrade: a short key is refused unless the configuration allows it. */
static void key_size_downgrade(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++)
        for (uint8_t size = 7; size < 16; size++) {
            struct tester *t = tester_new(central, &plain);
            start(t, 2);
            if (central)
                TESTER_SEND(t, T_REQUEST, NO_IO, 0, SC, size, 0, 0);
            else
                tester_features(t, NO_IO, 0, SC, size, 0, 0);
            tester_expect_failed(t, WOAD_SMP_ENCRYPTION_KEY_SIZE);
            tester_free(t);
        }
}

/* CVE-2019-19196: a maximum key size that is none. */
static void key_size_overflow(void **state)
{
    (void)state;
    static const uint8_t sizes[] = {0, 6, 17, 32, 253, 255};
    for (int central = 0; central < 2; central++)
        for (size_t i = 0; i < sizeof(sizes); i++) {
            struct tester *t = tester_new(central, &with_legacy);
            start(t, 2);
            if (central)
                TESTER_SEND(t, T_REQUEST, NO_IO, 0, i % 2 ? SC : 0, sizes[i], 0, 0);
            else
                tester_features(t, NO_IO, 0, i % 2 ? SC : 0, sizes[i], 0, 0);
            tester_expect_failed(t, WOAD_SMP_INVALID_PARAMETERS);
            tester_free(t);
        }
}

/* CVE-2020-9770: a bonded peripheral says after reconnection that it has no key. The application is
 * told, the link ends, and nothing is sent in clear instead. */
static void blesa(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_PERIPHERAL, &plain);
    bond(t);
    assert_int_equal(tester_secured(t, 1).u.secured.bonded, true);
    t->no_key = true;
    tester_reconnect(t);
    struct woad_smp_evt evt = tester_secured(t, 2);
    assert_int_equal(evt.u.secured.result.err, WOAD_ERR_SECURITY);
    assert_int_equal(evt.u.secured.level, 1);
    tester_expect_nothing(t);
    assert_int_equal(dbl_count(t->iut->dev, WOAD_EVT_DISCONNECTED), 2);
    tester_free(t);
}

/* The same where the application keeps such links: the event comes, the level stays 1, and what
 * asks for encryption again is told again. */
static void blesa_link_kept(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.keep_unsecured = true};
    struct tester *t = tester_new(TESTER_PERIPHERAL, &cfg);
    bond(t);
    t->no_key = true;
    tester_reconnect(t);
    assert_int_equal(tester_secured(t, 2).u.secured.result.err, WOAD_ERR_SECURITY);
    start(t, 2);
    assert_int_equal(tester_secured(t, 3).u.secured.result.err, WOAD_ERR_SECURITY);
    assert_int_equal(sw_info(t->iut).level, 1);
    tester_expect_nothing(t);
    tester_free(t);
}

/* An impostor with another key: the link is lost, the operation completes once. */
static void wrong_key(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.no_auto_encrypt = true};
    struct tester *t = tester_new(TESTER_PERIPHERAL, &cfg);
    bond(t);
    tester_reconnect(t);
    t->key[3] ^= 1;
    start(t, 2);
    struct woad_smp_evt evt = tester_secured(t, 2);
    assert_int_equal(evt.u.secured.result.err, WOAD_ERR_NOT_CONNECTED);
    tester_free(t);
}

/* CVE-2020-10134: a passkey that one side shows must never serve as the number that the other
 * compares: each side is told its method, and the two never meet in one pairing. */
static void method_confusion(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &keyboard);
    tester_features(t, 4, 0, SC | MITM, 16, 0, 0);
    tester_public_keys(t);
    assert_int_equal(sw_count(t->iut, WOAD_SMP_ENTER), 1);
    assert_int_equal(sw_count(t->iut, WOAD_SMP_COMPARE), 0);
    assert_int_equal(woad_smp_confirm(t->iut->h, t->iut->conn, true), WOAD_ERR_STATE);
    /* the tester goes on as for numeric comparison, which has no confirm of the initiator */
    tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    tester_expect_failed(t, WOAD_SMP_UNSPECIFIED_REASON);
    tester_free(t);
}

/* The debug key is refused; where it is allowed, what it makes is never authenticated. */
static void debug_keys(void **state)
{
    (void)state;
    static const uint8_t secret[32] = {0x3f, 0x49, 0xf6, 0xd4, 0xa3, 0xc5, 0x5f, 0x38,
                                       0x74, 0xc9, 0xb3, 0xe3, 0xd2, 0x10, 0x3f, 0x50,
                                       0x4a, 0xff, 0x60, 0x7b, 0xeb, 0x40, 0xb7, 0x99,
                                       0x58, 0x99, 0xb8, 0xa6, 0xcd, 0x3c, 0x1a, 0xbd};
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &plain);
        memcpy(t->secret, secret, 32);
        assert_int_equal(woad_p256_public(t->secret, t->public_key), 0);
        start(t, 2);
        tester_features(t, NO_IO, 0, SC, 16, 0, 0);
        if (!central)
            tester_take_public(t);
        tester_send_public(t, t->public_key);
        tester_expect_failed(t, WOAD_SMP_INVALID_PARAMETERS);
        tester_free(t);
    }
    static const struct woad_smp_cfg allowed = {
        .debug_keys = &woad_smp_debug_keys, .io = WOAD_SMP_DISPLAY, .mitm = true};
    struct tester *t = tester_new(TESTER_CENTRAL, &allowed);
    tester_features(t, KEYBOARD, 0, SC | MITM | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_passkey(t, t->iut->shown);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(tester_secured(t, 1).u.secured.level, 2);
    tester_free(t);
}

/* CVE-2020-10061, CVE-2019-17520 and the like: every PDU at every place where it is not awaited. */
static void out_of_order(void **state)
{
    (void)state;
    static const uint8_t lens[] = {0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2};
    for (int central = 0; central < 2; central++)
        for (int stage = 0; stage < 4; stage++)
            for (uint8_t code = 1; code <= 14; code++) {
                uint8_t awaited[] = {central ? T_PUBLIC : T_RESPONSE, central ? T_RANDOM : T_PUBLIC,
                                     central ? T_CHECK : T_CONFIRM, central ? 0 : T_RANDOM};
                bool ends = code == T_FAILED;
                if (code == awaited[stage] || (!central && code == T_SECURITY))
                    continue;
                struct tester *t = tester_new(central, &plain);
                start(t, 2);
                if (central) {
                    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
                    if (stage >= 1)
                        tester_public_keys(t);
                    if (stage >= 2)
                        tester_just_works(t);
                    if (stage >= 3)
                        tester_checks(t);
                    t->taken = t->count;
                } else {
                    if (stage >= 1)
                        tester_features(t, NO_IO, 0, SC, 16, 0, 0);
                    else
                        tester_expect(t, T_REQUEST);
                    if (stage >= 2)
                        tester_public_keys(t);
                    else if (stage == 1)
                        tester_take_public(t);
                    if (stage >= 3)
                        TESTER_SEND(t, T_CONFIRM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
                    tester_settle(t);
                    t->taken = t->count;
                }
                uint8_t pdu[65] = {code};
                tester_send(t, pdu, lens[code]);
                if (code == T_KEYPRESS) { /* not a passkey pairing: answered, nothing else */
                    assert_int_equal(*tester_expect(t, T_FAILED), WOAD_SMP_UNSPECIFIED_REASON);
                } else if (ends) {
                    assert_true(tester_secured(t, 1).u.secured.by_peer);
                } else {
                    bool role = code == (central ? T_RESPONSE : T_REQUEST) ||
                                (central && code == T_SECURITY);
                    tester_expect_failed(t, role ? WOAD_SMP_COMMAND_NOT_SUPPORTED
                                                 : WOAD_SMP_UNSPECIFIED_REASON);
                }
                assert_int_equal(sw_info(t->iut).level, 1);
                tester_free(t);
            }
}

/* Lengths that are not those of the PDU, at each code, with and without a pairing. */
static void wrong_length(void **state)
{
    (void)state;
    static const uint8_t lens[] = {0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2};
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    uint8_t pdu[70] = {0};
    for (uint8_t code = 1; code <= 14; code++)
        for (int d = -1; d <= 1; d += 2) {
            pdu[0] = code;
            tester_send(t, pdu, (size_t)(lens[code] + d));
            if (code == T_FAILED)
                tester_expect_nothing(t);
            else
                assert_int_equal(*tester_expect(t, T_FAILED), WOAD_SMP_INVALID_PARAMETERS);
        }
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    pdu[0] = T_PUBLIC;
    tester_send(t, pdu, 64);
    tester_expect_failed(t, WOAD_SMP_INVALID_PARAMETERS);
    for (int code = 15; code < 256; code += 5) { /* codes to come are ignored */
        pdu[0] = (uint8_t)code;
        tester_send(t, pdu, 9);
        tester_expect_nothing(t);
    }
    tester_free(t);
}

/* A second Pairing Request in the middle. */
static void repeated_request(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    TESTER_SEND(t, T_REQUEST, NO_IO, 0, 0, 16, 0, 0);
    tester_expect_failed(t, WOAD_SMP_UNSPECIFIED_REASON);
    tester_free(t);
}

/* 30 s of silence end the pairing, and SMP on the link. */
static void timeout(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &plain);
        start(t, 2);
        if (central)
            tester_features(t, NO_IO, 0, SC, 16, 0, 0);
        else
            tester_expect(t, T_REQUEST);
        dbl_run(t->w->d, 27000000);
        assert_int_equal(sw_count(t->iut, WOAD_SMP_SECURED), 0);
        dbl_run(t->w->d, 4000000);
        assert_int_equal(tester_secured(t, 1).u.secured.result.err, WOAD_ERR_TIMEOUT);
        tester_send_public(t, t->public_key);
        TESTER_SEND(t, central ? T_REQUEST : T_SECURITY, NO_IO, 0, SC, 16, 0, 0);
        tester_expect_nothing(t);
        assert_int_equal(woad_smp_secure(t->iut->h, t->iut->conn, 2), WOAD_ERR_TIMEOUT);
        tester_reconnect(t);
        dbl_run(t->w->d, 3000000);
        bond(t);
        assert_int_equal(tester_secured(t, 2).u.secured.result.err, 0);
        tester_free(t);
    }
}

/* The key of the bond is asked for, and the encryption comes when a new pairing wants its own. */
static void key_of_before(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    struct dbl_dev *dev = t->iut->dev;
    bond(t);
    const uint8_t handle[2] = {(uint8_t)t->iut->conn, (uint8_t)(t->iut->conn >> 8)};
    const uint8_t on[4] = {0, handle[0], handle[1], 1};
    woad_smp_set_next(woad_smp_link(woad_host_link_find(t->iut->h, t->iut->conn)), t->key, 16, 2);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    dbl_evt(dev, WOAD_HCI_EVT_ENCRYPTION_CHANGE, on, sizeof(on));
    tester_settle(t);
    struct woad_smp_evt evt = tester_secured(t, 2);
    assert_int_not_equal(evt.u.secured.result.err, 0);
    assert_int_equal(evt.u.secured.level, 1);
    tester_free(t);
}

/* CVE-2019-19194: encryption is asked for while the key is not there yet. */
static void zero_ltk(void **state)
{
    (void)state;
    for (int stage = 0; stage < 3; stage++) {
        struct tester *t = tester_new(TESTER_CENTRAL, &with_legacy);
        memset(t->key, 0, 16);
        if (stage >= 1)
            tester_features(t, NO_IO, 0, 0, 16, 0, 0);
        if (stage >= 2) {
            TESTER_SEND(t, T_CONFIRM, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
            tester_expect(t, T_CONFIRM);
        }
        tester_encrypt(t);
        assert_int_equal(sw_info(t->iut).level, 1);
        const struct dbl_event *evt = dbl_find(t->w->dev[1].dev, false, WOAD_EVT_ENCRYPTION, 0);
        assert_non_null(evt);
        assert_int_equal(evt->err, WOAD_ERR_SECURITY);
        tester_free(t);
    }
}

/* CVE-2019-17520: a public key in legacy pairing. */
static void unexpected_public_key(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &with_legacy);
    tester_features(t, NO_IO, 0, 0, 16, 0, 0);
    tester_send_public(t, t->public_key);
    tester_expect_failed(t, WOAD_SMP_UNSPECIFIED_REASON);
    tester_free(t);
}

/* CVE-2020-13593: the DHKey Check is left out and encryption started at once. */
static void dhkey_check_skipped(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_derive(t);
    tester_encrypt(t);
    assert_int_equal(sw_info(t->iut).level, 1);
    tester_free(t);
}

static void dhkey_check_wrong(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &plain);
        uint8_t check[16];
        start(t, 2);
        tester_features(t, NO_IO, 0, SC, 16, 0, 0);
        tester_public_keys(t);
        tester_just_works(t);
        tester_derive(t);
        tester_check_value(t, check);
        check[0] ^= 0x80;
        if (!central)
            tester_expect(t, T_CHECK);
        tester_send_value(t, T_CHECK, check, 16);
        tester_expect_failed(t, WOAD_SMP_DHKEY_CHECK_FAILED);
        tester_free(t);
    }
}

/* Legacy pairing is off, also when the peer clears the bit of Secure Connections. */
static void legacy_downgrade(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &plain);
        start(t, 2);
        if (central)
            TESTER_SEND(t, T_REQUEST, NO_IO, 0, BOND, 16, 7, 7);
        else
            tester_features(t, NO_IO, 0, BOND, 16, 0, 0);
        tester_expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        tester_free(t);
    }
}

/* A peer that is bonded by Secure Connections offers legacy pairing: the application decides. */
static void bonded_peer_offers_legacy(void **state)
{
    (void)state;
    for (int yes = 0; yes < 2; yes++) {
        struct tester *t = tester_new(TESTER_CENTRAL, &with_legacy);
        bond(t);
        tester_reconnect(t);
        t->iut->says_no = !yes;
        if (yes) {
            tester_features(t, NO_IO, 0, BOND, 16, 0, 0);
        } else {
            TESTER_SEND(t, T_REQUEST, NO_IO, 0, BOND, 16, 0, 0);
            tester_expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        }
        assert_int_equal(sw_find(t->iut, WOAD_SMP_ASK, 0)->u.ask.why, WOAD_SMP_ASK_WEAKER);
        tester_free(t);
    }
}

/* CVE-2021-3436, first half: a bonded and authenticated peer pairs by Just Works. */
static void bond_overwritten_by_weaker(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &display);
    tester_features(t, KEYBOARD, 0, SC | MITM | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_passkey(t, t->iut->shown);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(tester_secured(t, 1).u.secured.level, 4);
    struct woad_smp_bond before, after;
    assert_int_equal(woad_smp_bond_get(t->iut->h, 0, &before), 0);
    tester_reconnect(t);
    t->iut->says_no = true;
    TESTER_SEND(t, T_REQUEST, NO_IO, 0, SC | BOND, 16, 0, 0);
    tester_expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
    assert_int_equal(woad_smp_bond_get(t->iut->h, 0, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    tester_free(t);
}

static void send_identity(struct tester *t, const struct woad_addr *addr)
{
    uint8_t irk[17] = {T_IRK, 1, 2, 3, 4}, identity[8] = {T_IDENTITY, addr->type};
    memcpy(identity + 2, addr->val, 6);
    tester_send(t, irk, 17);
    tester_send(t, identity, 8);
}

/* CVE-2021-3436: a stranger claims, after pairing, the identity of a bonded device. */
/* Nobody needs to be in the middle to take a bonded peer's address and pair by Just Works: with ask
 * the application decides. */
static void bond_overwritten_by_just_works(void **state)
{
    static const struct woad_smp_cfg asks = {.ask = true};
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &asks);
    struct woad_smp_bond before, after;
    tester_features(t, NO_IO, 0, SC | BOND, 16, 0, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(woad_smp_bond_get(t->iut->h, 0, &before), 0);
    tester_reconnect(t);
    t->iut->says_no = true;
    TESTER_SEND(t, T_REQUEST, NO_IO, 0, SC | BOND, 16, 0, 0);
    tester_expect_failed(t, WOAD_SMP_PAIRING_NOT_SUPPORTED);
    assert_int_equal(woad_smp_bond_get(t->iut->h, 0, &after), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    tester_free(t);
}

static void bond_overwritten_by_identity(void **state)
{
    (void)state;
    for (int yes = 0; yes < 2; yes++) {
        struct tester *t = tester_new(TESTER_CENTRAL, &plain);
        struct woad_smp_bond victim = {.peer = {.type = 0, .val = {9, 9, 9, 9, 9, 9}},
                                       .flags = WOAD_SMP_BOND_SC | WOAD_SMP_BOND_AUTHENTICATED |
                                                WOAD_SMP_BOND_LTK | WOAD_SMP_BOND_OWN_LTK,
                                       .key_size = 16,
                                       .level = 4,
                                       .ltk = {1},
                                       .own_ltk = {1}},
                             now;
        assert_int_equal(woad_smp_bond_add(t->iut->h, &victim), 0);
        tester_settle(t);
        t->iut->says_no = !yes;
        tester_features(t, NO_IO, 0, SC | BOND, 16, 2, 0);
        tester_public_keys(t);
        tester_just_works(t);
        tester_checks(t);
        tester_encrypt(t);
        send_identity(t, &victim.peer);
        assert_int_equal(sw_find(t->iut, WOAD_SMP_ASK, 0)->u.ask.why, WOAD_SMP_ASK_IDENTITY);
        assert_int_equal(woad_smp_bond_get(t->iut->h, 0, &now), 0);
        if (yes) {
            assert_int_equal(now.level, 2);
        } else {
            tester_expect_failed(t, WOAD_SMP_KEY_REJECTED);
            assert_memory_equal(&now, &victim, sizeof(now));
        }
        tester_free(t);
    }
}

/* A bonded peer pairs again and claims to be somebody else. */
static void bonded_with_another_identity(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    bond(t);
    tester_reconnect(t);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 2, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    send_identity(t, &(struct woad_addr){.type = 1, .val = {1, 2, 3, 4, 5, 0xc6}});
    tester_expect_failed(t, WOAD_SMP_KEY_REJECTED);
    assert_int_equal(woad_smp_bond_next(t->iut->h, 0), WOAD_ERR_NOT_FOUND);
    tester_free(t);
}

/* An identity address that is none, and keys before the link is encrypted. */
static void keys_in_clear(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 2, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    TESTER_SEND(t, T_IRK, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    tester_expect_failed(t, WOAD_SMP_UNSPECIFIED_REASON);
    tester_encrypt(t); /* the key has gone with the pairing */
    assert_int_equal(sw_info(t->iut).level, 1);
    tester_free(t);

    t = tester_new(TESTER_CENTRAL, &plain);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 2, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    send_identity(t, &(struct woad_addr){.type = 1, .val = {1, 2, 3, 4, 5, 6}});
    tester_expect_failed(t, WOAD_SMP_INVALID_PARAMETERS);
    tester_free(t);
}

/* An all-zero identity key resolves nothing. */
static void zero_irk(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    tester_features(t, NO_IO, 0, SC | BOND, 16, 2, 0);
    tester_public_keys(t);
    tester_just_works(t);
    tester_checks(t);
    tester_encrypt(t);
    struct woad_addr own = t->w->dev[1].dev->addr;
    uint8_t irk[17] = {T_IRK}, identity[8] = {T_IDENTITY, 0}, zero[16] = {0};
    memcpy(identity + 2, own.val, 6);
    tester_send(t, irk, 17);
    tester_send(t, identity, 8);
    assert_int_equal(tester_secured(t, 1).u.secured.result.err, 0);
    struct woad_addr rpa = {.type = 1};
    uint8_t prand[3] = {0x40, 1, 2}, hash[3];
    assert_int_equal(woad_smp_ah(zero, prand, hash), 0);
    woad_smp_turn(rpa.val, hash, 3);
    woad_smp_turn(rpa.val + 3, prand, 3);
    assert_int_equal(woad_smp_bond_find(t->iut->h, &rpa), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_find(t->iut->h, &own), 0);
    tester_free(t);
}

/* Each failure doubles the wait of that address; a pairing that succeeds ends it. */
static void repeated_attempts(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    for (int n = 0; n < 5; n++) {
        tester_features(t, NO_IO, 0, SC, 16, 0, 0);
        TESTER_SEND(t, T_FAILED, 8);
        TESTER_SEND(t, T_REQUEST, NO_IO, 0, SC, 16, 0, 0);
        assert_int_equal(*tester_expect(t, T_FAILED), WOAD_SMP_REPEATED_ATTEMPTS);
        dbl_run(t->w->d, (UINT64_C(1000000) << n) - 500000);
        TESTER_SEND(t, T_REQUEST, NO_IO, 0, SC, 16, 0, 0);
        assert_int_equal(*tester_expect(t, T_FAILED), WOAD_SMP_REPEATED_ATTEMPTS);
        dbl_run(t->w->d, 700000);
    }
    bond(t);
    assert_int_equal(tester_secured(t, 6).u.secured.result.err, 0);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    TESTER_SEND(t, T_FAILED, 8);
    dbl_run(t->w->d, 1100000);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    tester_free(t);
}

/* Secure Connections Only: nothing below level 4. */
static void secure_connections_only(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {
        .level = 4, .io = WOAD_SMP_DISPLAY, .legacy = &woad_smp_legacy};
    static const uint8_t tries[][3] = {
        {NO_IO, SC | MITM, 16}, {KEYBOARD, MITM, 16}, {DISPLAY, SC | MITM, 16}};
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        struct tester *t = tester_new(TESTER_CENTRAL, &cfg);
        TESTER_SEND(t, T_REQUEST, tries[i][0], 0, tries[i][1], tries[i][2], 0, 0);
        tester_expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        tester_free(t);
    }
    struct tester *t = tester_new(TESTER_CENTRAL, &cfg);
    tester_features(t, KEYBOARD, 0, SC, 16, 0, 0);
    tester_public_keys(t);
    tester_passkey(t, t->iut->shown);
    tester_checks(t);
    tester_encrypt(t);
    assert_int_equal(tester_secured(t, 1).u.secured.level, 4);
    tester_free(t);
}

/* The controller says once more that encryption is on, with a key that nobody gave it: no key of
 * ours goes out behind it, and a pairing does not succeed on such a link. */
static void another_key_before_the_keys(void **state)
{
    (void)state;
    for (int central = 0; central < 2; central++) {
        struct tester *t = tester_new(central, &plain);
        start(t, 2);
        tester_features(t, NO_IO, 0, SC | BOND, 16, central ? 2 : 0, central ? 0 : 2);
        tester_public_keys(t);
        tester_just_works(t);
        tester_checks(t);
        tester_encrypt(t);
        const uint8_t evt[4] = {0, (uint8_t)t->iut->conn, (uint8_t)(t->iut->conn >> 8), 1};
        dbl_evt(t->iut->dev, WOAD_HCI_EVT_ENCRYPTION_CHANGE, evt, 4);
        assert_int_equal(tester_secured(t, 1).u.secured.result.err, WOAD_ERR_REFUSED);
        assert_int_equal(woad_smp_bond_next(t->iut->h, -1), WOAD_ERR_NOT_FOUND);
        tester_expect_nothing(t);
        tester_free(t);
    }
}

/* Out-of-band data of somebody else's key. */
static void wrong_oob(void **state)
{
    (void)state;
    struct tester *t = tester_new(TESTER_CENTRAL, &plain);
    struct woad_smp_oob data = {.sc = true, .authenticated = true, .rand = {1}, .confirm = {2}};
    assert_int_equal(woad_smp_oob_set(t->iut->h, t->iut->conn, &data), 0);
    tester_features(t, NO_IO, 0, SC, 16, 0, 0);
    tester_public_keys(t);
    tester_expect_failed(t, WOAD_SMP_CONFIRM_VALUE_FAILED);
    tester_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_curve),
        cmocka_unit_test(reflected_public_key),
        cmocka_unit_test(passkey_reflection),
        cmocka_unit_test(nonce_reflection),
        cmocka_unit_test(passkey_guessing),
        cmocka_unit_test(key_size_downgrade),
        cmocka_unit_test(key_size_overflow),
        cmocka_unit_test(blesa),
        cmocka_unit_test(blesa_link_kept),
        cmocka_unit_test(wrong_key),
        cmocka_unit_test(method_confusion),
        cmocka_unit_test(debug_keys),
        cmocka_unit_test(out_of_order),
        cmocka_unit_test(wrong_length),
        cmocka_unit_test(repeated_request),
        cmocka_unit_test(timeout),
        cmocka_unit_test(zero_ltk),
        cmocka_unit_test(key_of_before),
        cmocka_unit_test(unexpected_public_key),
        cmocka_unit_test(dhkey_check_skipped),
        cmocka_unit_test(dhkey_check_wrong),
        cmocka_unit_test(legacy_downgrade),
        cmocka_unit_test(bonded_peer_offers_legacy),
        cmocka_unit_test(bond_overwritten_by_weaker),
        cmocka_unit_test(bond_overwritten_by_just_works),
        cmocka_unit_test(bond_overwritten_by_identity),
        cmocka_unit_test(bonded_with_another_identity),
        cmocka_unit_test(keys_in_clear),
        cmocka_unit_test(zero_irk),
        cmocka_unit_test(repeated_attempts),
        cmocka_unit_test(secure_connections_only),
        cmocka_unit_test(another_key_before_the_keys),
        cmocka_unit_test(wrong_oob),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
