/* smp_tester.h: a peer of single SMP PDUs, in the manner of the Lower Tester of the SM test suite,
 * with all the cryptography to go through a pairing or to leave it where a test wants.
 *
 *     struct tester *t = tester_new(TESTER_CENTRAL, &cfg);    the host under test is peripheral
 *     tester_features(t, 3, 0, 0x09, 16, 0, 0);
 *     tester_public_keys(t);
 *     tester_just_works(t);
 *     tester_checks(t);
 *     tester_encrypt(t);
 *
 * Values of the tester have the most significant octet first. */
#ifndef SMP_TESTER_H
#define SMP_TESTER_H

#include "host/smp/toolbox.h"
#include "support/smp_world.h"

#define TESTER_CENTRAL    true
#define TESTER_PERIPHERAL false

enum {
    T_REQUEST = 1,
    T_RESPONSE,
    T_CONFIRM,
    T_RANDOM,
    T_FAILED,
    T_LTK,
    T_EDIV,
    T_IRK,
    T_IDENTITY,
    T_CSRK,
    T_SECURITY,
    T_PUBLIC,
    T_CHECK,
    T_KEYPRESS
};

struct tester {
    struct sw *w;
    struct sw_dev *iut;
    bool central;
    uint16_t conn;        /* of the tester's host */
    uint8_t pdus[64][66]; /* received: length, PDU */
    unsigned count, taken;
    uint8_t preq[7], pres[7];
    bool sc;
    uint8_t secret[32], public_key[64], iut_public[64], dhkey[32];
    uint8_t own_nonce[16], iut_nonce[16], own_r[16], iut_r[16], iut_confirm[16];
    uint8_t mac_key[16], key[16];
    bool no_key; /* answers the request for a key with none */
};

struct tester *tester_new(bool central, const struct woad_smp_cfg *cfg);
/* A new link between the same two. */
void tester_reconnect(struct tester *t);
void tester_free(struct tester *t);

void tester_send(struct tester *t, const void *pdu, size_t len);
#define TESTER_SEND(t, ...)                                                                        \
    tester_send(t, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
/* code and a value, turned round. */
void tester_send_value(struct tester *t, uint8_t code, const uint8_t *value, size_t n);
/* The next PDU of the host under test behind its code, which must be this one. */
const uint8_t *tester_expect(struct tester *t, uint8_t code);
/* Nothing came. */
void tester_expect_nothing(struct tester *t);
/* Pairing Failed with this reason, and SECURED with it. */
void tester_expect_failed(struct tester *t, uint8_t reason);
/* The same, sent by the tester. */
void tester_fail(struct tester *t, uint8_t reason);

/* Phase 1. Central: sends a Pairing Request and takes the Response. Peripheral: takes a Request
 * (woad_smp_secure() was called) and sends a Response. */
void tester_features(struct tester *t, uint8_t io, uint8_t oob, uint8_t auth, uint8_t key_size,
                     uint8_t init, uint8_t resp);
/* Phase 2 of Secure Connections. */
void tester_new_pair(struct tester *t);
void tester_send_public(struct tester *t, const uint8_t public_key[64]);
void tester_take_public(struct tester *t);
void tester_public_keys(struct tester *t);
void tester_just_works(struct tester *t);
/* One bit of a passkey. */
void tester_passkey_round(struct tester *t, uint32_t passkey, int round);
void tester_passkey(struct tester *t, uint32_t passkey);
void tester_derive(struct tester *t);
void tester_check_value(struct tester *t, uint8_t check[16]);
void tester_checks(struct tester *t);
/* Phase 2 of legacy pairing: confirm and random numbers over tk, into key. */
void tester_legacy(struct tester *t, const uint8_t tk[16]);
/* The link is encrypted with key. */
void tester_encrypt(struct tester *t);
void tester_settle(struct tester *t);
/* What SECURED said last; fails when it was not said n times altogether. */
struct woad_smp_evt tester_secured(struct tester *t, unsigned n);

#endif
