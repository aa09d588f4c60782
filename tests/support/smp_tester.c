#include "support/smp_tester.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "woad/cursor.h"

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #x);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static bool on_acl(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    struct tester *t = arg;
    (void)dev;
    if (len < 9 || woad_get_u16(pkt + 6) != 6)
        return false;
    uint16_t n = woad_get_u16(pkt + 4);
    CHECK(n <= 65 && n + 8 == len && t->count < 64);
    t->pdus[t->count][0] = (uint8_t)n;
    memcpy(t->pdus[t->count++] + 1, pkt + 8, n);
    return true;
}

static void turn_key(const struct tester *t, uint8_t to[16])
{
    woad_smp_turn(to, t->key, 16);
}

/* The tester's own host answers the request for a key. */
static void on_event(struct dbl_dev *dev, const struct woad_host_evt *evt)
{
    struct sw_dev *s = dev->app;
    struct tester *t = s->dev->arg;
    uint8_t key[16];
    if (evt->type != WOAD_EVT_LTK_REQUEST)
        return;
    turn_key(t, key);
    CHECK(woad_gap_ltk_reply(dev->h, evt->conn, t->no_key ? NULL : key) == 0);
}

static void link_up(struct tester *t)
{
    sw_connect(t->w, t->central ? 1 : 0, t->central ? 0 : 1);
    t->conn = t->w->dev[1].conn;
}

struct tester *tester_new(bool central, const struct woad_smp_cfg *cfg)
{
    struct tester *t = calloc(1, sizeof(*t));
    t->central = central;
    t->w = sw_new(2, (const struct woad_smp_cfg *const[]){cfg, &sw_none});
    t->iut = &t->w->dev[0];
    t->iut->dev->on_acl = on_acl;
    t->iut->dev->arg = t;
    t->w->dev[1].dev->on_event = on_event;
    t->w->dev[1].dev->arg = t;
    tester_new_pair(t);
    link_up(t);
    return t;
}

void tester_reconnect(struct tester *t)
{
    if (dbl_link(t->w->dev[1].dev, t->conn))
        dbl_lose_link(t->w->dev[1].dev, t->conn, 0x13);
    sw_settle(t->w);
    t->count = t->taken = 0;
    link_up(t);
}

void tester_free(struct tester *t)
{
    sw_free(t->w);
    free(t);
}

void tester_settle(struct tester *t)
{
    sw_settle(t->w);
}

void tester_send(struct tester *t, const void *pdu, size_t len)
{
    dbl_l2cap(t->iut->dev, t->iut->conn, 6, pdu, (uint16_t)len);
    tester_settle(t);
}

void tester_send_value(struct tester *t, uint8_t code, const uint8_t *value, size_t n)
{
    uint8_t pdu[65] = {code};
    woad_smp_turn(pdu + 1, value, n);
    tester_send(t, pdu, n + 1);
}

const uint8_t *tester_expect(struct tester *t, uint8_t code)
{
    tester_settle(t);
    if (t->taken == t->count || t->pdus[t->taken][1] != code)
        fprintf(stderr, "expected PDU %02x, got %02x\n", code,
                t->taken < t->count ? t->pdus[t->taken][1] : 0);
    CHECK(t->taken < t->count && t->pdus[t->taken][1] == code);
    return t->pdus[t->taken++] + 2;
}

void tester_expect_nothing(struct tester *t)
{
    tester_settle(t);
    if (t->taken < t->count)
        fprintf(stderr, "got %02x\n", t->pdus[t->taken][1]);
    CHECK(t->taken == t->count);
}

struct woad_smp_evt tester_secured(struct tester *t, unsigned n)
{
    tester_settle(t);
    if (sw_count(t->iut, WOAD_SMP_SECURED) != n)
        fprintf(stderr, "%u times SECURED, not %u\n", sw_count(t->iut, WOAD_SMP_SECURED), n);
    CHECK(sw_count(t->iut, WOAD_SMP_SECURED) == n);
    return *sw_find(t->iut, WOAD_SMP_SECURED, -1);
}

void tester_expect_failed(struct tester *t, uint8_t reason)
{
    uint8_t got = *tester_expect(t, T_FAILED);
    if (got != reason)
        fprintf(stderr, "failed with %02x, not %02x\n", got, reason);
    CHECK(got == reason);
    const struct woad_smp_evt *evt = sw_find(t->iut, WOAD_SMP_SECURED, -1);
    CHECK(evt && evt->u.secured.result.err && evt->u.secured.reason == reason &&
          !evt->u.secured.by_peer);
    tester_expect_nothing(t);
}

void tester_fail(struct tester *t, uint8_t reason)
{
    TESTER_SEND(t, T_FAILED, reason);
    const struct woad_smp_evt *evt = sw_find(t->iut, WOAD_SMP_SECURED, -1);
    CHECK(evt && evt->u.secured.result.err == WOAD_ERR_REFUSED && evt->u.secured.reason == reason &&
          evt->u.secured.by_peer);
    tester_expect_nothing(t);
}

/* ---- phases ---------------------------------------------------------------------------------- */

void tester_features(struct tester *t, uint8_t io, uint8_t oob, uint8_t auth, uint8_t key_size,
                     uint8_t init, uint8_t resp)
{
    uint8_t *own = t->central ? t->preq : t->pres, *iut = t->central ? t->pres : t->preq;
    uint8_t pdu[7] = {t->central ? T_REQUEST : T_RESPONSE, io, oob, auth, key_size, init, resp};
    memcpy(own, pdu, 7);
    if (t->central)
        tester_send(t, own, 7);
    iut[0] = t->central ? T_RESPONSE : T_REQUEST;
    memcpy(iut + 1, tester_expect(t, iut[0]), 6);
    if (!t->central)
        tester_send(t, own, 7);
    t->sc = t->preq[3] & t->pres[3] & 8;
    memset(t->own_r, 0, 16);
    memset(t->iut_r, 0, 16);
}

void tester_new_pair(struct tester *t)
{
    CHECK(woad_p256_generate(t->secret, t->public_key) == 0);
}

void tester_send_public(struct tester *t, const uint8_t public_key[64])
{
    uint8_t pdu[65] = {T_PUBLIC};
    woad_smp_turn(pdu + 1, public_key, 32);
    woad_smp_turn(pdu + 33, public_key + 32, 32);
    tester_send(t, pdu, 65);
}

void tester_take_public(struct tester *t)
{
    const uint8_t *p = tester_expect(t, T_PUBLIC);
    woad_smp_turn(t->iut_public, p, 32);
    woad_smp_turn(t->iut_public + 32, p + 32, 32);
}

void tester_public_keys(struct tester *t)
{
    if (t->central)
        tester_send_public(t, t->public_key);
    tester_take_public(t);
    CHECK(woad_p256_shared(t->secret, t->iut_public, t->dhkey) == 0);
    if (!t->central)
        tester_send_public(t, t->public_key);
    CHECK(woad_crypto_random(t->own_nonce, 16) == 0);
}

static void take(struct tester *t, uint8_t code, uint8_t to[16])
{
    woad_smp_turn(to, tester_expect(t, code), 16);
}

static void send_confirm(struct tester *t, uint8_t z)
{
    uint8_t confirm[16];
    CHECK(woad_smp_f4(t->public_key, t->iut_public, t->own_nonce, z, confirm) == 0);
    tester_send_value(t, T_CONFIRM, confirm, 16);
}

static void check_iut_confirm(struct tester *t, uint8_t z)
{
    uint8_t expect[16];
    CHECK(woad_smp_f4(t->iut_public, t->public_key, t->iut_nonce, z, expect) == 0);
    CHECK(memcmp(expect, t->iut_confirm, 16) == 0);
}

void tester_just_works(struct tester *t)
{
    if (t->central) {
        take(t, T_CONFIRM, t->iut_confirm);
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
        take(t, T_RANDOM, t->iut_nonce);
        check_iut_confirm(t, 0);
    } else {
        send_confirm(t, 0);
        take(t, T_RANDOM, t->iut_nonce);
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    }
}

void tester_passkey_round(struct tester *t, uint32_t passkey, int round)
{
    uint8_t z = (uint8_t)(0x80 | (passkey >> round & 1));
    CHECK(woad_crypto_random(t->own_nonce, 16) == 0);
    if (t->central)
        send_confirm(t, z);
    take(t, T_CONFIRM, t->iut_confirm);
    if (!t->central)
        send_confirm(t, z);
    if (t->central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    take(t, T_RANDOM, t->iut_nonce);
    check_iut_confirm(t, z);
    if (!t->central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
}

void tester_passkey(struct tester *t, uint32_t passkey)
{
    for (int round = 0; round < 20; round++)
        tester_passkey_round(t, passkey, round);
    for (int i = 0; i < 4; i++)
        t->own_r[15 - i] = t->iut_r[15 - i] = (uint8_t)(passkey >> 8 * i);
}

static const struct woad_addr *own_a(const struct tester *t)
{
    return &t->w->dev[1].dev->addr;
}

static const struct woad_addr *iut_a(const struct tester *t)
{
    return &t->iut->dev->addr;
}

void tester_derive(struct tester *t)
{
    int err = t->central ? woad_smp_f5(t->dhkey, t->own_nonce, t->iut_nonce, own_a(t), iut_a(t),
                                       t->mac_key, t->key)
                         : woad_smp_f5(t->dhkey, t->iut_nonce, t->own_nonce, iut_a(t), own_a(t),
                                       t->mac_key, t->key);
    CHECK(err == 0);
    uint8_t size = t->preq[4] < t->pres[4] ? t->preq[4] : t->pres[4];
    memset(t->key, 0, 16u - size);
}

static void io_of(const uint8_t pdu[7], uint8_t io[3])
{
    woad_smp_turn(io, pdu + 1, 3);
}

void tester_check_value(struct tester *t, uint8_t check[16])
{
    uint8_t io[3];
    io_of(t->central ? t->preq : t->pres, io);
    CHECK(woad_smp_f6(t->mac_key, t->own_nonce, t->iut_nonce, t->iut_r, io, own_a(t), iut_a(t),
                      check) == 0);
}

static void take_check(struct tester *t)
{
    uint8_t io[3], got[16], expect[16];
    take(t, T_CHECK, got);
    io_of(t->central ? t->pres : t->preq, io);
    CHECK(woad_smp_f6(t->mac_key, t->iut_nonce, t->own_nonce, t->own_r, io, iut_a(t), own_a(t),
                      expect) == 0);
    CHECK(memcmp(got, expect, 16) == 0);
}

void tester_checks(struct tester *t)
{
    uint8_t check[16];
    tester_derive(t);
    tester_check_value(t, check);
    if (!t->central)
        take_check(t);
    tester_send_value(t, T_CHECK, check, 16);
    if (t->central)
        take_check(t);
}

static void c1(const struct tester *t, const uint8_t tk[16], const uint8_t nonce[16],
               uint8_t out[16])
{
    CHECK(woad_smp_c1(tk, nonce, t->preq, t->pres, t->central ? own_a(t) : iut_a(t),
                      t->central ? iut_a(t) : own_a(t), out) == 0);
}

void tester_legacy(struct tester *t, const uint8_t tk[16])
{
    uint8_t confirm[16];
    CHECK(woad_crypto_random(t->own_nonce, 16) == 0);
    c1(t, tk, t->own_nonce, confirm);
    if (t->central)
        tester_send_value(t, T_CONFIRM, confirm, 16);
    take(t, T_CONFIRM, t->iut_confirm);
    if (!t->central)
        tester_send_value(t, T_CONFIRM, confirm, 16);
    if (t->central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
    take(t, T_RANDOM, t->iut_nonce);
    c1(t, tk, t->iut_nonce, confirm);
    CHECK(memcmp(confirm, t->iut_confirm, 16) == 0);
    CHECK(woad_smp_s1(tk, t->central ? t->iut_nonce : t->own_nonce,
                      t->central ? t->own_nonce : t->iut_nonce, t->key) == 0);
    if (!t->central)
        tester_send_value(t, T_RANDOM, t->own_nonce, 16);
}

void tester_encrypt(struct tester *t)
{
    static const uint8_t none[8];
    uint8_t key[16];
    turn_key(t, key);
    if (t->central)
        CHECK(woad_gap_encrypt(t->w->dev[1].h, t->conn, key, none, 0) == 0);
    tester_settle(t);
}
