/* smp_fuzz.h: a host that pairs with a peer made of the input, with real AES and toy keys in
 * place of P-256, which would take nearly all of the time.
 *
 * Octets 0 and 1 choose the configuration. Then come steps of three octets {what, where, how}:
 *   1..14      the PDU of this code as a correct peer would send it now, with octet `where` of it
 *              changed by `how` (0: not at all) and cut or grown when `where` is 0xff
 *   0x20       a raw PDU of the `where` octets that follow
 *   0x21..     calls, events of the controller, time
 * The peer follows what the host sends, so that a seed of a few steps is a whole pairing, and every
 * mutation of it is a pairing that goes wrong at one place. What must hold: a pairing that succeeds
 * ends with the key that the peer computed; each accepted call completes once; a stop leaves
 * nothing. */
#ifndef SMP_FUZZ_H
#define SMP_FUZZ_H

#include "host/smp/toolbox.h"
#include "host_fuzz.h"
#include "support/toy_p256.h"
#include "woad/smp.h"

#define SMP_MUST(x)                                                                                \
    do {                                                                                           \
        if (!(x))                                                                                  \
            abort();                                                                               \
    } while (0)

struct smp_fuzz {
    struct host_fuzz f;
    bool central; /* the host under test is */
    bool up, encrypted;
    uint8_t io, oob, auth;
    uint8_t preq[7], pres[7];
    uint8_t iut_public[64], dhkey[32], own_nonce[16], iut_nonce[16], own_r[16], iut_r[16];
    uint8_t mac_key[16], key[16];
    uint32_t passkey;
    uint8_t round;
    unsigned calls, secured;
};

static uint8_t smp_fuzz_secret[32], smp_fuzz_public[64];
static const struct woad_addr smp_fuzz_peer = {.val = {1, 2, 3, 4, 5, 6}};

static inline const struct woad_addr *smp_fuzz_own_a(void)
{
    return &smp_fuzz_peer;
}

static inline const struct woad_addr *smp_fuzz_iut_a(void)
{
    /* what the controller of host_fuzz.h answers to Read BD_ADDR */
    static const struct woad_addr addr = {.val = {251, 0, 8, 0xff, 0xff, 0xff}};
    return &addr;
}

static inline void smp_fuzz_event(void *arg, struct woad_host *h, const struct woad_host_evt *evt)
{
    struct smp_fuzz *s = arg;
    struct woad_smp_info info;
    if (evt->type == WOAD_EVT_DISCONNECTED)
        s->up = s->encrypted = false;
    if (evt->type != WOAD_EVT_SECURITY)
        return;
    const struct woad_smp_evt *e = evt->u.smp;
    switch (e->type) {
    case WOAD_SMP_SHOW: s->passkey = e->u.passkey; break;
    case WOAD_SMP_ENTER:
        s->passkey = 123456;
        (void)!woad_smp_passkey(h, evt->conn, s->passkey);
        break;
    case WOAD_SMP_COMPARE: (void)!woad_smp_confirm(h, evt->conn, true); break;
    case WOAD_SMP_ASK: (void)!woad_smp_accept(h, evt->conn, true); break;
    case WOAD_SMP_OOB_READY: memcpy(s->iut_r, e->u.oob.data.rand, 16); break;
    case WOAD_SMP_SECURED:
        s->secured++;
        if (!e->u.secured.result.err && e->u.secured.paired) {
            SMP_MUST(s->encrypted && e->u.secured.level >= 2);
            SMP_MUST(woad_smp_info(h, evt->conn, &info) == 0);
            SMP_MUST(memcmp(info.key, s->key, 16) == 0);
        }
        break;
    default: break;
    }
}

static inline bool smp_fuzz_sc(const struct smp_fuzz *s)
{
    return s->preq[3] & s->pres[3] & 8;
}

/* The host under test sent a PDU. */
static inline void smp_fuzz_take(struct smp_fuzz *s, const uint8_t *p, size_t len)
{
    if (len == 7 && (p[0] == 1 || p[0] == 2)) {
        memcpy(p[0] == 1 ? s->preq : s->pres, p, 7);
        s->round = 0;
    } else if (len == 65 && p[0] == 12) {
        woad_smp_turn(s->iut_public, p + 1, 32);
        woad_smp_turn(s->iut_public + 32, p + 33, 32);
        SMP_MUST(woad_p256_shared(smp_fuzz_secret, s->iut_public, s->dhkey) == 0);
    } else if (len == 17 && p[0] == 4) {
        woad_smp_turn(s->iut_nonce, p + 1, 16);
    }
}

static inline void smp_fuzz_pump(struct smp_fuzz *s, woad_time us)
{
    struct host_fuzz *f = &s->f;
    struct woad_buf *buf;
    f->now += us;
    for (int i = 0; i < 4; i++) {
        woad_host_run(f->h, ++f->now);
        while ((buf = woad_host_tx(f->h))) {
            uint8_t pkt[80];
            size_t len = woad_buf_copy_out(buf, 0, pkt, sizeof(pkt));
            if (buf->type == WOAD_PKT_CMD)
                fuzz_answer(f, woad_get_u16(buf->data));
            else if (len >= 8 && woad_get_u16(pkt + 6) == 6)
                smp_fuzz_take(s, pkt + 8, len - 8);
            woad_buf_unref(buf);
        }
        const uint8_t done[7] = {
            WOAD_HCI_EVT_NUMBER_OF_COMPLETED_PACKETS, 5, 1, FUZZ_CONN, 0, 8, 0};
        fuzz_give(f, WOAD_PKT_EVT, done, sizeof(done));
    }
}

static inline void smp_fuzz_send(struct smp_fuzz *s, const uint8_t *pdu, size_t len)
{
    uint8_t pkt[8 + 300];
    woad_put_u16(pkt, FUZZ_CONN | 0x2000);
    woad_put_u16(pkt + 2, (uint16_t)(len + 4));
    woad_put_u16(pkt + 4, (uint16_t)len);
    woad_put_u16(pkt + 6, 6);
    memcpy(pkt + 8, pdu, len);
    fuzz_give(&s->f, WOAD_PKT_ACL, pkt, len + 8);
    smp_fuzz_pump(s, 1);
}

/* LTK and MacKey, or the STK, of the values exchanged so far. */
static inline void smp_fuzz_derive(struct smp_fuzz *s)
{
    const struct woad_addr *own = smp_fuzz_own_a(), *iut = smp_fuzz_iut_a();
    uint8_t size = s->preq[4] < s->pres[4] ? s->preq[4] : s->pres[4];
    bool iut_first = s->central;
    const uint8_t *a = iut_first ? s->iut_nonce : s->own_nonce;
    const uint8_t *b = iut_first ? s->own_nonce : s->iut_nonce;
    int err = smp_fuzz_sc(s) ? woad_smp_f5(s->dhkey, a, b, iut_first ? iut : own,
                                           iut_first ? own : iut, s->mac_key, s->key)
                             : woad_smp_s1(s->own_r, b, a, s->key);
    SMP_MUST(err == 0);
    if (size <= 16)
        memset(s->key, 0, 16u - size);
}

static inline void smp_fuzz_confirm(struct smp_fuzz *s, uint8_t out[16])
{
    const struct woad_addr *own = smp_fuzz_own_a(), *iut = smp_fuzz_iut_a();
    uint8_t z = 0;
    if (s->passkey < 1000000)
        z = (uint8_t)(0x80 | (s->passkey >> s->round & 1));
    for (int i = 0; i < 16; i++)
        s->own_nonce[i] = (uint8_t)(s->round + i + 1);
    memset(s->own_r, 0, 16);
    for (int i = 0; i < 4 && s->passkey < 1000000; i++)
        s->own_r[15 - i] = (uint8_t)(s->passkey >> 8 * i);
    int err = smp_fuzz_sc(s) ? woad_smp_f4(smp_fuzz_public, s->iut_public, s->own_nonce, z, out)
                             : woad_smp_c1(s->own_r, s->own_nonce, s->preq, s->pres,
                                           s->central ? iut : own, s->central ? own : iut, out);
    SMP_MUST(err == 0);
}

static inline void smp_fuzz_check(struct smp_fuzz *s, uint8_t out[16])
{
    uint8_t io[3], r[16] = {0};
    smp_fuzz_derive(s);
    woad_smp_turn(io, (s->central ? s->pres : s->preq) + 1, 3);
    for (int i = 0; i < 4 && s->passkey < 1000000; i++)
        r[15 - i] = (uint8_t)(s->passkey >> 8 * i);
    SMP_MUST(woad_smp_f6(s->mac_key, s->own_nonce, s->iut_nonce, r, io, smp_fuzz_own_a(),
                         smp_fuzz_iut_a(), out) == 0);
}

/* The PDU of this code that a correct peer would send; its length. */
static inline size_t smp_fuzz_valid(struct smp_fuzz *s, uint8_t code, uint8_t pdu[66])
{
    static const uint8_t lens[] = {0, 7, 7, 17, 17, 2, 17, 11, 17, 8, 17, 2, 65, 17, 2};
    uint8_t value[16];
    memset(pdu, 0x11, 66);
    pdu[0] = code;
    switch (code) {
    case 1:
    case 2:
        memcpy(pdu + 1, (const uint8_t[]){s->io, s->oob, s->auth, 16, 7, 7}, 6);
        if (code == 2) /* no more than was asked for */
            for (int i = 5; i < 7; i++)
                pdu[i] &= s->preq[i];
        break;
    case 3:
        smp_fuzz_confirm(s, value);
        woad_smp_turn(pdu + 1, value, 16);
        break;
    case 4: woad_smp_turn(pdu + 1, s->own_nonce, 16); break;
    case 9:
        pdu[1] = smp_fuzz_peer.type;
        memcpy(pdu + 2, smp_fuzz_peer.val, 6);
        break;
    case 12:
        woad_smp_turn(pdu + 1, smp_fuzz_public, 32);
        woad_smp_turn(pdu + 33, smp_fuzz_public + 32, 32);
        break;
    case 13:
        smp_fuzz_check(s, value);
        woad_smp_turn(pdu + 1, value, 16);
        break;
    default: break;
    }
    return lens[code];
}

static inline void smp_fuzz_pdu(struct smp_fuzz *s, uint8_t code, uint8_t where, uint8_t how)
{
    uint8_t pdu[66];
    size_t len = smp_fuzz_valid(s, code, pdu);
    if (where == 0xff && how)
        len = how % 67;
    else if (how)
        pdu[where % len] ^= how;
    if (pdu[0] == 1 || pdu[0] == 2)
        memcpy(pdu[0] == 1 ? s->preq : s->pres, pdu, 7);
    if (pdu[0] == 1)
        s->passkey = UINT32_MAX;
    smp_fuzz_send(s, pdu, len);
    if (code == 4 && s->passkey < 1000000 && smp_fuzz_sc(s))
        s->round = s->round < 19 ? (uint8_t)(s->round + 1) : s->round;
    if (!smp_fuzz_sc(s) && code == 4)
        smp_fuzz_derive(s);
}

static inline void smp_fuzz_link(struct smp_fuzz *s)
{
    uint8_t link[22] = {
        WOAD_HCI_EVT_LE_META, 19, WOAD_HCI_LE_EVT_CONNECTION_COMPLETE, 0, FUZZ_CONN, 0,
        !s->central,          0};
    memcpy(link + 8, smp_fuzz_peer.val, 6);
    link[14] = 24;
    link[18] = 50;
    if (s->up)
        return;
    fuzz_give(&s->f, WOAD_PKT_EVT, link, 21);
    s->up = true;
    smp_fuzz_pump(s, 1);
}

/* Events of the controller and calls. */
static inline void smp_fuzz_act(struct smp_fuzz *s, uint8_t what, uint8_t where, uint8_t how)
{
    struct woad_host *h = s->f.h;
    uint8_t evt[17] = {0};
    struct woad_smp_oob oob = {.sc = true, .legacy = true, .authenticated = where & 1};
    switch (what) {
    case 0x21: /* encryption changed; how: status */
        s->encrypted |= !how; /* one that fails leaves the link as it was */
        memcpy(evt, (const uint8_t[]){WOAD_HCI_EVT_ENCRYPTION_CHANGE, 4, how, FUZZ_CONN, 0, 1}, 6);
        fuzz_give(&s->f, WOAD_PKT_EVT, evt, 6);
        break;
    case 0x22: /* the controller wants a key */
        memcpy(evt, (const uint8_t[]){WOAD_HCI_EVT_LE_META, 13, 5, FUZZ_CONN, 0}, 5);
        evt[5] = where;
        evt[13] = how;
        fuzz_give(&s->f, WOAD_PKT_EVT, evt, 15);
        break;
    case 0x23:
        if (s->up && woad_smp_secure(h, FUZZ_CONN, (uint8_t)(2 + how % 3)) == 0)
            s->calls++;
        break;
    case 0x24:
        if (s->up && woad_smp_pair(h, FUZZ_CONN, (uint8_t)(2 + how % 3)) == 0)
            s->calls++;
        break;
    case 0x25: (void)!woad_smp_cancel(h, FUZZ_CONN); break;
    case 0x26: smp_fuzz_pump(s, (woad_time)how * 200000); break;
    case 0x27: (void)!woad_smp_oob_set(h, FUZZ_CONN, &oob); break;
    case 0x28: (void)!woad_smp_oob_generate(h, where & 1); break;
    case 0x29: (void)!woad_smp_bond_remove(h, how & 1 ? NULL : &smp_fuzz_peer); break;
    case 0x2a: (void)!woad_smp_keypress(h, FUZZ_CONN, how); break;
    case 0x2b: (void)!woad_smp_set_pairable(h, how & 1); break;
    case 0x2c: /* the link ends */
        memcpy(evt, (const uint8_t[]){WOAD_HCI_EVT_DISCONNECTION_COMPLETE, 4, 0, FUZZ_CONN, 0, 19},
               6);
        fuzz_give(&s->f, WOAD_PKT_EVT, evt, 6);
        break;
    case 0x2d: smp_fuzz_link(s); break;
    default: break;
    }
    smp_fuzz_pump(s, 1);
}

static inline void smp_fuzz_start(struct smp_fuzz *s, uint8_t a, uint8_t b)
{
    struct woad_smp_cfg smp = {
        .max_bonds = 2,
        .when_full = a & 1,
        .io = a >> 1 & 7,
        .level = b & 3 ? 2 + (b & 3) - 1 : 2,
        .min_key_size = a & 0x10 ? 7 : 16,
        .mitm = a >> 5 & 1,
        .legacy = a & 0x40 ? &woad_smp_legacy : NULL,
        .signing = a & 0x80 ? &woad_smp_signing : NULL,
        .ask = b >> 2 & 1,
        .keep_unsecured = b >> 3 & 1,
        .keypress = true,
    };
    const struct woad_host_use parts[] = {{&woad_smp_part, &smp}, {NULL, NULL}};
    struct woad_host_cfg cfg = {.event = smp_fuzz_event,
                                .event_arg = s,
                                .rand = fuzz_random,
                                .max_conns = 2,
                                .max_chans = 1,
                                .chan_rx_size = 1024,
                                .parts = parts};
    static const uint8_t ios[8] = {3, 0, 1, 2, 4, 3, 4, 1};
    s->io = ios[b >> 4 & 7];
    s->auth = b & 0x80 ? 0x0d : 0x09;
    if (a & 0x40 && b & 1)
        s->auth &= (uint8_t)~8;
    s->passkey = UINT32_MAX;
    size_t size = woad_host_mem_size(&cfg);
    s->f.mem = malloc(size);
    SMP_MUST(s->f.mem && woad_host_init(s->f.mem, size, &cfg, &s->f.h) == 0);
    SMP_MUST(woad_host_start(s->f.h) == 0);
    for (int i = 0; i < 16; i++)
        smp_fuzz_pump(s, 1);
    smp_fuzz_link(s);
}

static inline int smp_fuzz_run(bool central, const uint8_t *data, size_t len)
{
    struct smp_fuzz s = {.central = central};
    struct woad_host_stats stats;
    if (len < 2 || len > 600)
        return 0;
    toy_p256_seed(1);
    if (!smp_fuzz_public[0]) {
        memset(smp_fuzz_secret, 0x42, 32);
        SMP_MUST(woad_crypto_init() == 0);
        SMP_MUST(woad_p256_public(smp_fuzz_secret, smp_fuzz_public) == 0);
    }
    smp_fuzz_start(&s, data[0], data[1]);
    for (size_t at = 2; at + 3 <= len; at += 3) {
        const uint8_t *op = data + at;
        size_t rest = len - at - 3;
        if (op[0] >= 1 && op[0] <= 14) {
            smp_fuzz_pdu(&s, op[0], op[1], op[2]);
        } else if (op[0] == 0x20) {
            size_t n = op[1] < rest ? op[1] : rest;
            smp_fuzz_send(&s, op + 3, n);
            at += n;
        } else {
            smp_fuzz_act(&s, op[0], op[1], op[2]);
        }
    }
    SMP_MUST(woad_host_stop(s.f.h) == 0);
    for (int i = 0; i < 4; i++)
        smp_fuzz_pump(&s, 1);
    woad_host_get_stats(s.f.h, &stats);
    SMP_MUST(stats.ops_pending == 0 && s.secured >= s.calls);
    woad_host_deinit(s.f.h);
    free(s.f.mem);
    return 0;
}

#endif
