/* Security, bonds and names of GAP by PDU scripts, after the purposes of GAP.TS.p49, 4.5 and 4.7.4
 * to 4.7.5: a row bears the name of its purpose. The tester's Security Manager is a second host,
 * whose PDUs are proven by the purposes of SM; its ATT is made of single PDUs. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "host_priv.h"
#include "support/mem_store.h"
#include "support/smp_world.h"
#include "woad/cursor.h"
#include "woad/gap_privacy.h"
#include "woad/gattc.h"
#include "woad/gatts.h"

#define PERIPHERAL false
#define CENTRAL    true

enum { PAIRING_REQUEST = 1, PAIRING_RESPONSE, PAIRING_FAILED = 5, LTK, IRK = 8, CSRK = 10 };
enum { SECURITY_REQUEST = 11 };
#define BOND 0x01
#define MITM 0x04
#define SC   0x08

/* ---- two devices ----------------------------------------------------------------------------- */

struct pdu {
    uint16_t cid;
    uint8_t len;
    uint8_t data[66];
};

struct world {
    struct sw *w;
    struct sw_dev *iut, *tester;
    bool central;          /* the host under test is */
    struct pdu pdus[128];  /* of the host under test */
    unsigned count, taken; /* taken: of ATT */
    struct woad_gattc_op op;
    struct woad_gattc_sub sub;
    unsigned done, values;
    int err;
    uint8_t att;
    uint8_t value[32];
};

/* A value for each level of a link, one by one signed as well: handles behind GAP and GATT. */
enum { BASE = 14, OPEN = BASE + 2, ENCRYPTED = BASE + 4, AUTHENTICATED = BASE + 6 };
enum { SECURE = BASE + 8 };
static const uint8_t handles[] = {0, OPEN, ENCRYPTED, AUTHENTICATED, SECURE};
static const struct woad_uuid service_uuid = WOAD_UUID16(0x180F), value_uuid = WOAD_UUID16(0x2A19);
static uint8_t octets[5];
static struct woad_gatt_value memory[5];
#define LEVEL(n)                                                                                   \
    WOAD_GATT_CHARACTERISTIC(WOAD_GATT_READ | WOAD_GATT_WRITE | WOAD_GATT_SIGNED_WRITE),           \
        WOAD_GATT_VALUE(&value_uuid, &memory[n], n, n)
static const struct woad_gatt_attr attrs[] = {WOAD_GATT_SERVICE(&service_uuid), LEVEL(1), LEVEL(2),
                                              LEVEL(3), LEVEL(4)};
static struct woad_gatt_service service;

static const struct woad_gatts_cfg gatts = {.name = "woad"};
static const struct woad_gattc_cfg gattc = {.mtu = WOAD_GATTC_MTU_NEVER};
static const struct woad_host_use iut_parts[] = {
    {&woad_gatts_part, &gatts}, {&woad_gattc_part, &gattc}, {NULL, NULL}};

static bool on_acl(struct dbl_dev *dev, void *arg, const uint8_t *pkt, uint16_t len)
{
    struct world *t = arg;
    (void)dev;
    struct pdu *p = &t->pdus[t->count++];
    assert_in_range(t->count, 0, ARRAY_LEN(t->pdus) - 1);
    assert_in_range(len, 9, 8 + sizeof(p->data));
    p->len = (uint8_t)woad_get_u16(pkt + 4);
    p->cid = woad_get_u16(pkt + 6);
    assert_int_equal(p->len + 8, len);
    memcpy(p->data, pkt + 8, p->len);
    return p->cid == 4;
}

static void on_client(void *arg, struct woad_host *h, const struct woad_gattc_evt *evt)
{
    struct world *t = arg;
    (void)h;
    if (evt->type == WOAD_GATTC_DONE) {
        t->done++;
        t->err = evt->u.done.err;
        t->att = evt->u.done.att;
    } else if (evt->type == WOAD_GATTC_VALUE) {
        t->values++;
        memcpy(t->value, evt->u.value.data, evt->u.value.len);
    }
}

static void link_up(struct world *t)
{
    t->count = t->taken = 0;
    sw_connect(t->w, t->central ? 0 : 1, t->central ? 1 : 0);
}

static void link_down(struct world *t)
{
    sw_disconnect(t->w, 1);
    sw_forget(t->w);
}

static struct world *unlinked(bool central, const struct woad_smp_cfg *iut,
                              const struct woad_smp_cfg *tester)
{
    struct world *t = calloc(1, sizeof(*t));
    if (!sw_more[0])
        sw_more[0] = iut_parts;
    t->central = central;
    t->w = sw_new(2, (const struct woad_smp_cfg *const[]){iut, tester});
    t->iut = &t->w->dev[0];
    t->tester = &t->w->dev[1];
    t->iut->dev->on_acl = on_acl;
    t->iut->dev->arg = t;
    for (uint8_t i = 1; i < 5; i++) {
        octets[i] = i;
        memory[i] = (struct woad_gatt_value){&octets[i], 1, 1};
    }
    service = (struct woad_gatt_service){.attrs = attrs, .count = ARRAY_LEN(attrs), .start = BASE};
    assert_int_equal(woad_gatts_add(t->iut->h, &service), 0);
    t->op = (struct woad_gattc_op){.event = on_client, .arg = t};
    t->sub =
        (struct woad_gattc_sub){.event = on_client, .arg = t, .value_handle = 3, .ccc_handle = 4};
    return t;
}

static struct world *start(bool central, const struct woad_smp_cfg *iut,
                           const struct woad_smp_cfg *tester)
{
    struct world *t = unlinked(central, iut, tester);
    link_up(t);
    return t;
}

static void finish(struct world *t)
{
    sw_free(t->w);
    free(t);
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static void send(struct world *t, const void *pdu, uint16_t len)
{
    dbl_l2cap(t->iut->dev, t->iut->conn, 4, pdu, len);
    sw_settle(t->w);
}
#define SEND(t, ...) send(t, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The next ATT PDU of the host under test; NULL: there is none. */
static const struct pdu *next_att(struct world *t)
{
    sw_settle(t->w);
    while (t->taken < t->count)
        if (t->pdus[t->taken++].cid == 4)
            return &t->pdus[t->taken - 1];
    return NULL;
}

static void expect(struct world *t, const void *pdu, uint8_t len)
{
    const struct pdu *got = next_att(t);
    assert_non_null(got);
    assert_int_equal(got->len, len);
    assert_memory_equal(got->data, pdu, len);
}
#define EXPECT(t, ...)                                                                             \
    expect(t, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
#define EXPECT_NO_ATT(t) assert_null(next_att(t))

/* The n-th SMP PDU of this code; NULL. */
static const uint8_t *find_smp(const struct world *t, uint8_t code, unsigned n)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->pdus[i].cid == 6 && t->pdus[i].data[0] == code && n-- == 0)
            return t->pdus[i].data;
    return NULL;
}

static const uint8_t *smp(const struct world *t, uint8_t code)
{
    const uint8_t *pdu = find_smp(t, code, 0);
    assert_non_null(pdu);
    return pdu;
}

/* What the host under test sends first to raise a link; its AuthReq. */
static uint8_t first_auth(const struct world *t)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->pdus[i].cid == 6) {
            assert_int_equal(t->pdus[i].data[0], t->central ? PAIRING_REQUEST : SECURITY_REQUEST);
            return t->pdus[i].data[t->central ? 3 : 1];
        }
    fail();
    return 0;
}

static void expect_failed(const struct world *t, uint8_t reason)
{
    assert_int_equal(smp(t, PAIRING_FAILED)[1], reason);
    assert_null(find_smp(t, PAIRING_FAILED, 1));
}

/* The tester asks for the value of a level. */
static void read_value(struct world *t, uint8_t level)
{
    SEND(t, 0x0a, handles[level], 0);
    EXPECT(t, 0x0b, octets[level]);
}

static void refused_read(struct world *t, uint8_t level, uint8_t error)
{
    SEND(t, 0x0a, handles[level], 0);
    EXPECT(t, 0x01, 0x0a, handles[level], 0, error);
}

/* The client under test asks, and is refused; what it does then, it does now. */
static void ask(struct world *t)
{
    assert_int_equal(woad_gattc_read(t->iut->h, t->iut->conn, &t->op, 3), 0);
    sw_settle(t->w);
}

static void refuse(struct world *t, uint8_t error)
{
    EXPECT(t, 0x0a, 3, 0);
    SEND(t, 0x01, 0x0a, 3, 0, error);
}

static void serve(struct world *t)
{
    EXPECT(t, 0x0a, 3, 0);
    SEND(t, 0x0b, 42);
    assert_int_equal(t->done, 1);
    assert_int_equal(t->err, 0);
    assert_int_equal(t->values, 1);
    assert_int_equal(t->value[0], 42);
    EXPECT_NO_ATT(t);
}

static void expect_refusal(struct world *t, uint8_t error)
{
    EXPECT_NO_ATT(t);
    assert_int_equal(t->done, 1);
    assert_int_equal(t->err, WOAD_ERR_SECURITY);
    assert_int_equal(t->att, error);
}

static struct woad_smp_evt secured(const struct sw_dev *dev)
{
    const struct woad_smp_evt *evt = sw_find(dev, WOAD_SMP_SECURED, -1);
    assert_non_null(evt);
    return *evt;
}

/* One raises the link: encryption, Security Request or pairing. */
static void raise(struct world *t, const struct sw_dev *dev, uint8_t level)
{
    assert_int_equal(woad_smp_secure(dev->h, dev->conn, level), 0);
    sw_settle(t->w);
}

static void raised(struct world *t, const struct sw_dev *dev, uint8_t level)
{
    raise(t, dev, level);
    assert_int_equal(secured(dev).u.secured.result.err, 0);
    assert_in_range(sw_info(t->iut).level, level, 4);
}

static struct woad_smp_bond bond_of(const struct sw_dev *dev)
{
    struct woad_smp_bond bond;
    assert_int_equal(woad_smp_bond_get(dev->h, woad_smp_bond_next(dev->h, -1), &bond), 0);
    return bond;
}

static void forget(const struct sw_dev *dev)
{
    assert_int_equal(woad_smp_bond_remove(dev->h, NULL), 0);
    sw_settle(dev->w);
    assert_int_equal(woad_smp_bond_next(dev->h, -1), WOAD_ERR_NOT_FOUND);
}

#define ATT_AUTHENTICATION 0x05
#define ATT_ENCRYPTION     0x0f

/* ---- configurations -------------------------------------------------------------------------- */

#define COMPARES .io = WOAD_SMP_DISPLAY | WOAD_SMP_YES_NO

/* Secure Connections alone, level by level; 4 is the Secure Connections Only mode. */
static const struct woad_smp_cfg sc_only[] = {
    [2] = {.level = 2}, [3] = {COMPARES, .level = 3}, [4] = {COMPARES, .level = 4}};
static const struct woad_smp_cfg any = {COMPARES, .legacy = &woad_smp_legacy},
                                 legacy_alone = {.io = WOAD_SMP_KEYBOARD,
                                                 .legacy = &woad_smp_legacy,
                                                 .no_sc = true},
                                 simple = {.legacy = &woad_smp_legacy};
static const struct woad_smp_cfg by_hand = {COMPARES, .no_auto_encrypt = true};
static const struct woad_smp_cfg by_hand_kept = {COMPARES, .no_auto_encrypt = true,
                                                 .keep_unsecured = true};

struct row {
    bool central;
    uint8_t level;
    uint8_t kind;
};

/* ---- modes and levels ------------------------------------------------------------------------ */

static void expect_level(struct world *t, uint8_t level)
{
    struct woad_smp_info info = sw_info(t->iut);
    assert_in_range(info.level, level, 4);
    assert_int_equal(info.key_size, 16);
    assert_true(bond_of(t->iut).flags & WOAD_SMP_BOND_SC);
    uint8_t auth = smp(t, t->central ? PAIRING_REQUEST : PAIRING_RESPONSE)[3];
    assert_true(auth & SC);
    assert_int_equal(!!(auth & MITM), level > 2);
}

/* The client under test is refused, and comes back with the level that its mode demands. */
static void outgoing(void **state)
{
    const struct row *row = *state;
    struct world *t = start(row->central, &sc_only[row->level], &any);
    ask(t);
    refuse(t, ATT_AUTHENTICATION);
    assert_true(first_auth(t) & SC);
    assert_int_equal(!!(first_auth(t) & MITM), row->level > 2);
    expect_level(t, row->level);
    serve(t);
    finish(t);
}

static void incoming(void **state)
{
    const struct row *row = *state;
    struct world *t = start(row->central, &sc_only[row->level], &any);
    refused_read(t, row->level, ATT_AUTHENTICATION);
    raised(t, t->tester, row->level);
    expect_level(t, row->level);
    read_value(t, row->level);
    finish(t);
}

static void outgoing_to_legacy(void **state)
{
    const struct row *row = *state;
    for (uint8_t level = 2; level <= 4; level++) {
        struct world *t = start(row->central, &sc_only[level], &legacy_alone);
        ask(t);
        refuse(t, ATT_AUTHENTICATION);
        assert_true(first_auth(t) & SC);
        expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        expect_refusal(t, ATT_AUTHENTICATION);
        assert_int_equal(sw_info(t->iut).level, 1);
        finish(t);
    }
}

static void incoming_from_legacy(void **state)
{
    const struct row *row = *state;
    for (uint8_t level = 2; level <= 4; level++) {
        struct world *t = start(row->central, &sc_only[level], &legacy_alone);
        refused_read(t, level, ATT_AUTHENTICATION);
        raise(t, t->tester, level == 2 ? 2 : 3); /* as good as both can */
        expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        refused_read(t, level, ATT_AUTHENTICATION);
        finish(t);
    }
}

static void short_keys(void **state)
{
    const struct row *row = *state;
    for (uint8_t size = 7; size < 16; size++) {
        struct woad_smp_cfg tester = any;
        tester.min_key_size = 7;
        tester.max_key_size = size;
        struct world *t = start(row->central, &sc_only[row->level], &tester);
        raise(t, row->central ? t->iut : t->tester, row->level);
        if (row->central)
            assert_int_equal(smp(t, PAIRING_REQUEST)[4], 16);
        expect_failed(t, WOAD_SMP_ENCRYPTION_KEY_SIZE);
        assert_int_equal(secured(t->iut).u.secured.result.err, WOAD_ERR_SECURITY);
        assert_int_equal(secured(t->iut).u.secured.reason, WOAD_SMP_ENCRYPTION_KEY_SIZE);
        assert_int_equal(sw_info(t->iut).level, 1);
        finish(t);
    }
}

static void GAP_SEC_SEM_BV_45_C(void **state)
{
    (void)state;
    struct woad_smp_cfg cfg = sc_only[4];
    cfg.no_auto_encrypt = true;
    struct world *t = start(CENTRAL, &cfg, &any);
    raised(t, t->iut, 4);
    link_down(t);
    forget(t->tester);
    link_up(t);
    ask(t);
    assert_null(find_smp(t, PAIRING_REQUEST, 0));
    expect_refusal(t, 0);
    assert_int_equal(secured(t->iut).u.secured.result.err, WOAD_ERR_SECURITY);
    assert_int_equal(secured(t->iut).u.secured.result.hci, WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
    assert_null(dbl_link(t->iut->dev, t->iut->conn)); /* and the link is ended */
    finish(t);
}

/* ---- values that come before the link is encrypted ------------------------------------------- */

enum { NOTIFIED = 1, INDICATED };

static void value_comes(struct world *t, uint8_t kind, bool told)
{
    unsigned before = t->values;
    SEND(t, kind == INDICATED ? 0x1d : 0x1b, 3, 0, 66);
    if (kind == INDICATED)
        EXPECT(t, 0x1e);
    EXPECT_NO_ATT(t);
    assert_int_equal(t->values, before + told);
}

static void values(void **state)
{
    const struct row *row = *state;
    struct woad_smp_cfg iut = row->level == 4 ? sc_only[4] : any, tester = any;
    iut.no_auto_encrypt = tester.no_auto_encrypt = true;
    tester.no_sc = row->level == 3; /* LE legacy pairing, authenticated */
    if (tester.no_sc)
        tester.io = WOAD_SMP_KEYBOARD;
    struct world *t = start(row->central, &iut, &tester);
    raised(t, t->iut, row->level);
    assert_int_equal(first_auth(t) & (BOND | MITM | SC), BOND | (row->level > 2 ? MITM : 0) | SC);
    assert_int_equal(woad_gattc_subscribe(t->iut->h, t->iut->conn, &t->op, &t->sub, row->kind), 0);
    EXPECT(t, 0x12, 4, 0, row->kind, 0);
    SEND(t, 0x13);
    assert_int_equal(t->done, 1);
    assert_int_equal(t->err, 0);
    value_comes(t, row->kind, true);
    link_down(t);
    link_up(t);
    assert_int_equal(woad_gattc_listen(t->iut->h, t->iut->conn, &t->sub), 0);
    value_comes(t, row->kind, false);
    raised(t, row->central ? t->iut : t->tester, 2); /* the central begins it */
    assert_false(secured(t->iut).u.secured.paired);
    assert_in_range(sw_info(t->iut).level, row->level, 4);
    value_comes(t, row->kind, true);
    finish(t);
}

/* ---- services that want more ----------------------------------------------------------------- */

/* kind: there is a bond already, by Just Works. */
static void served_after_pairing(void **state)
{
    const struct row *row = *state;
    struct world *t = start(row->central, &by_hand, &by_hand);
    if (row->kind) {
        raised(t, t->tester, 2);
        assert_int_equal(bond_of(t->iut).level, 2);
        link_down(t);
        link_up(t);
        raised(t, t->tester, 2);
        assert_int_equal(t->count, 0); /* encrypted with the bond */
    }
    refused_read(t, 3, ATT_AUTHENTICATION);
    raised(t, t->tester, 3);
    assert_true(bond_of(t->iut).level >= 3);
    read_value(t, 3);
    finish(t);
}

static void served_after_encryption(void **state)
{
    const struct row *row = *state;
    struct world *t = start(row->central, &by_hand, &by_hand);
    raised(t, t->tester, 3);
    link_down(t);
    link_up(t);
    refused_read(t, 3, ATT_ENCRYPTION); /* there is a key */
    raised(t, t->tester, 3);
    assert_false(secured(t->iut).u.secured.paired);
    read_value(t, 3);
    finish(t);
}

/* The tester cannot do more than Just Works. kind: the host under test insists on more. */
static void paired_by_just_works(void **state)
{
    const struct row *row = *state;
    struct woad_smp_cfg iut = any;
    iut.level = row->kind ? 3 : 2;
    struct world *t = start(row->central, &iut, &simple);
    ask(t);
    refuse(t, ATT_AUTHENTICATION);
    assert_int_equal(!!(first_auth(t) & MITM), row->kind);
    if (row->kind) {
        expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
        expect_refusal(t, ATT_AUTHENTICATION);
    } else {
        assert_int_equal(sw_info(t->iut).level, 2);
        serve(t);
    }
    finish(t);
}

/* ---- bonds that the tester has lost ---------------------------------------------------------- */

/* It pairs again as well as before. */
static struct world *bond_lost(bool central, const struct woad_smp_cfg *iut, uint8_t key[16])
{
    static const struct woad_smp_cfg tester = {COMPARES, .mitm = true};
    struct world *t = start(central, iut, &tester);
    raised(t, t->iut, 3);
    memcpy(key, bond_of(t->iut).ltk, 16);
    link_down(t);
    forget(t->tester);
    return t;
}

/* GAP/SEC/AUT/BV-19-C, -25, -27: encryption fails, which is told, and nothing more until a person
 * wants the pairing. The client encrypts before it asks: a refusal cannot come first. */
static void lost_bond_of_central(void **state)
{
    (void)state;
    uint8_t key[16];
    struct world *t = bond_lost(CENTRAL, &by_hand_kept, key);
    link_up(t);
    ask(t);
    assert_int_equal(secured(t->iut).u.secured.result.err, WOAD_ERR_SECURITY);
    assert_int_equal(secured(t->iut).u.secured.result.hci, WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
    assert_true(secured(t->iut).u.secured.bonded);
    expect_refusal(t, 0);
    assert_null(find_smp(t, PAIRING_REQUEST, 0));
    assert_int_equal(woad_smp_pair(t->iut->h, t->iut->conn, 3), 0);
    sw_settle(t->w);
    assert_int_equal(secured(t->iut).u.secured.result.err, 0);
    assert_memory_not_equal(key, bond_of(t->iut).ltk, 16);
    t->done = 0;
    ask(t);
    serve(t);
    finish(t);
}

/* At once on a new link, which ends. */
static void GAP_SEC_AUT_BV_21_C(void **state)
{
    (void)state;
    uint8_t key[16];
    struct world *t = bond_lost(CENTRAL, &any, key);
    link_up(t);
    assert_int_equal(secured(t->iut).u.secured.result.err, WOAD_ERR_SECURITY);
    assert_int_equal(secured(t->iut).u.secured.result.hci, WOAD_HCI_ERR_PIN_OR_KEY_MISSING);
    assert_int_equal(t->count, 0);
    assert_null(dbl_link(t->iut->dev, t->iut->conn));
    finish(t);
}

static void expect_asked(const struct world *t)
{
    const struct woad_smp_evt *evt = sw_find(t->iut, WOAD_SMP_ASK, 0);
    assert_non_null(evt);
    assert_int_equal(evt->u.ask.why, WOAD_SMP_ASK_LOST);
    assert_int_equal(sw_count(t->iut, WOAD_SMP_ASK), 1);
}

/* GAP/SEC/AUT/BV-20-C, -26, -28: a Pairing Request answers the Security Request, and a person
 * decides before it goes on. */
static void lost_bond_of_peripheral(void **state)
{
    (void)state;
    uint8_t key[16];
    for (unsigned yes = 0; yes < 2; yes++) {
        struct world *t = bond_lost(PERIPHERAL, &by_hand, key);
        link_up(t);
        t->iut->silent = true;
        ask(t);
        EXPECT_NO_ATT(t); /* nothing is asked in the clear */
        smp(t, SECURITY_REQUEST);
        expect_asked(t);
        assert_null(find_smp(t, PAIRING_RESPONSE, 0));
        t->iut->silent = false;
        assert_int_equal(woad_smp_accept(t->iut->h, t->iut->conn, yes), 0);
        sw_settle(t->w);
        if (yes) {
            assert_int_equal(secured(t->iut).u.secured.result.err, 0);
            assert_memory_not_equal(key, bond_of(t->iut).ltk, 16);
            serve(t);
        } else {
            expect_failed(t, WOAD_SMP_AUTHENTICATION_REQUIREMENTS);
            expect_refusal(t, 0);
            assert_memory_equal(key, bond_of(t->iut).ltk, 16);
        }
        finish(t);
    }
}

static void GAP_SEC_AUT_BV_22_C(void **state)
{
    (void)state;
    uint8_t key[16];
    struct world *t = bond_lost(PERIPHERAL, &by_hand, key);
    link_up(t);
    raised(t, t->iut, 3);
    expect_asked(t);
    link_down(t);
    link_up(t); /* no question where the bond is used, */
    raised(t, t->iut, 3);
    assert_false(secured(t->iut).u.secured.paired);
    link_down(t);
    forget(t->tester);
    link_up(t); /* nor where the application wants a pairing */
    assert_int_equal(woad_smp_pair(t->iut->h, t->iut->conn, 3), 0);
    sw_settle(t->w);
    assert_true(secured(t->iut).u.secured.paired);
    assert_int_equal(sw_count(t->iut, WOAD_SMP_ASK), 0);
    finish(t);
}

/* ---- bonding --------------------------------------------------------------------------------- */

/* kind: the host under test begins. */
static void not_bonded(void **state)
{
    const struct row *row = *state;
    static const struct woad_smp_cfg cfg = {.no_bonding = true};
    struct world *t = start(row->central, &cfg, &cfg);
    for (unsigned i = 0; i < 2; i++) {
        raised(t, row->kind ? t->iut : t->tester, 2);
        assert_true(secured(t->iut).u.secured.paired);
        const uint8_t *own = smp(t, row->central ? PAIRING_REQUEST : PAIRING_RESPONSE);
        assert_int_equal(own[3] & 3, 0);
        assert_int_equal(own[5] | own[6], 0);
        assert_int_equal(woad_smp_bond_next(t->iut->h, -1), WOAD_ERR_NOT_FOUND);
        link_down(t);
        link_up(t);
        assert_int_equal(sw_info(t->iut).level, 1);
    }
    finish(t);
}

/* The keys that are distributed serve the next link, also one after a new start. */
static void bonded(const struct row *row, bool sc)
{
    struct mem_store m;
    mem_store_init(&m);
    struct woad_smp_cfg iut = {.legacy = &woad_smp_legacy, .signing = &woad_smp_signing};
    struct woad_smp_cfg tester = iut;
    iut.store = &m.store;
    tester.no_sc = !sc;
    struct world *t = start(row->central, &iut, &tester);
    raised(t, row->kind ? t->iut : t->tester, 2);
    if (row->kind)
        assert_true(first_auth(t) & BOND);
    const uint8_t *own = smp(t, row->central ? PAIRING_REQUEST : PAIRING_RESPONSE);
    assert_int_equal(own[3] & 3, BOND);
    assert_true(own[5] & own[6] & 2); /* wants and gives an identity */
    assert_int_equal(find_smp(t, LTK, 0) != NULL, !sc);
    uint8_t irk[16];
    assert_int_equal(woad_smp_own_irk(t->iut->h, irk), 0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(smp(t, IRK)[1 + i], irk[15 - i]);
    smp(t, CSRK);
    assert_non_null(mem_store_find(&m, WOAD_STORE_KEY(WOAD_STORE_BOND, 0)));
    link_down(t);
    link_up(t); /* the central encrypts by itself */
    assert_int_equal(secured(t->iut).u.secured.result.err, 0);
    assert_false(secured(t->iut).u.secured.paired);
    assert_int_equal(sw_info(t->iut).level, 2);
    assert_int_equal(t->count, 0); /* no PDU of SMP */
    finish(t);
}

static void bonds(void **state)
{
    bonded(*state, true);
    bonded(*state, false);
}

/* ---- private addresses of the tester --------------------------------------------------------- */

static const uint8_t tester_irk[16] = {0x77, 2, 3};
static const struct woad_privacy_cfg tester_privacy = {.irk = tester_irk};
static const struct woad_host_use tester_parts[] = {{&woad_gap_privacy_part, &tester_privacy},
                                                    {NULL, NULL}};

static struct woad_addr new_address(struct world *t)
{
    assert_int_equal(woad_gap_privacy_renew(t->tester->h), 0);
    sw_settle(t->w);
    assert_true(woad_rpa_matches(tester_irk, &t->tester->dev->addr));
    return t->tester->dev->addr;
}

static void bonded_by_private_address(void **state)
{
    const struct row *row = *state;
    static const struct woad_smp_cfg iut = {0}, tester = {.irk = tester_irk};
    sw_more[1] = tester_parts;
    struct world *t = unlinked(row->central, &iut, &tester);
    struct woad_addr seen = new_address(t);
    link_up(t);
    raised(t, t->tester, 2);
    struct woad_addr identity = bond_of(t->iut).peer;
    assert_memory_equal(bond_of(t->iut).irk, tester_irk, 16);
    assert_false(woad_addr_equal(&identity, &seen));
    for (unsigned i = 0; i < 3; i++) {
        link_down(t);
        struct woad_addr next = new_address(t);
        assert_false(woad_addr_equal(&next, &seen));
        seen = next;
        link_up(t);
        assert_int_equal(secured(t->iut).u.secured.result.err, 0);
        assert_false(secured(t->iut).u.secured.paired);
        struct woad_smp_info info = sw_info(t->iut);
        assert_int_equal(info.level, 2);
        assert_true(woad_addr_equal(&info.identity, &identity));
    }
    finish(t);
    sw_more[1] = NULL;
}

/* With a bond of somebody else and an address that it does not resolve: taken, and may pair. */
static void GAP_PRIV_CONN_BV_12_C(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.irk = tester_irk}, iut = {0};
    static const struct woad_privacy_cfg privacy = {.identities = &woad_smp_identities};
    static const struct woad_host_use parts[] = {
        {&woad_gatts_part, &gatts}, {&woad_gap_privacy_part, &privacy}, {NULL, NULL}};
    const struct woad_smp_bond other = {.peer = {WOAD_ADDR_RANDOM, {9, 2, 3, 4, 5, 0xc6}},
                                        .flags = WOAD_SMP_BOND_SC | WOAD_SMP_BOND_LTK |
                                                 WOAD_SMP_BOND_OWN_LTK | WOAD_SMP_BOND_IRK,
                                        .key_size = 16,
                                        .level = 2,
                                        .ltk = {1},
                                        .own_ltk = {1},
                                        .irk = {3}};
    sw_more[0] = parts;
    sw_more[1] = tester_parts;
    struct world *t = unlinked(PERIPHERAL, &iut, &cfg);
    assert_int_equal(woad_smp_bond_add(t->iut->h, &other), 0);
    sw_settle(t->w);
    struct woad_addr rpa = new_address(t), id;
    assert_int_equal(woad_gap_privacy_resolve(t->iut->h, &rpa, &id), WOAD_ERR_NOT_FOUND);
    link_up(t);
    assert_int_equal(dbl_count(t->iut->dev, WOAD_EVT_CONNECTED), 1);
    assert_false(sw_info(t->iut).bonded);
    read_value(t, 1);
    raised(t, t->tester, 2);
    assert_int_equal(woad_gap_privacy_resolve(t->iut->h, &rpa, &id), 0);
    finish(t);
    sw_more[0] = sw_more[1] = NULL;
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* A signed write of the tester to the value of a level. */
static void signed_write(struct world *t, uint8_t level, uint8_t value, uint8_t spoilt)
{
    uint8_t pdu[16] = {0xd2, handles[level], 0, value};
    const struct woad_cmac_part part = {pdu, 4};
    struct host_link *link = woad_host_link_find(t->tester->h, t->tester->conn);
    assert_int_equal(t->tester->h->security->sign(link, &part, 1, pdu + 4), 0);
    pdu[15] ^= spoilt;
    send(t, pdu, sizeof(pdu));
    assert_null(find_smp(t, SECURITY_REQUEST, 0)); /* and it makes nobody pair */
    EXPECT_NO_ATT(t);
}

static struct world *signers(uint8_t level)
{
    static const struct woad_smp_cfg cfg = {COMPARES, .signing = &woad_smp_signing,
                                            .no_auto_encrypt = true};
    struct world *t = start(PERIPHERAL, &cfg, &cfg);
    raised(t, t->tester, level);
    link_down(t);
    link_up(t);
    return t;
}

static void GAP_SEC_CSIGN_BI_01_C(void **state)
{
    (void)state;
    struct world *t = signers(2);
    signed_write(t, 2, 77, 1);
    assert_int_equal(octets[2], 2);
    signed_write(t, 2, 78, 0);
    assert_int_equal(octets[2], 78);
    finish(t);
}

static void GAP_SEC_CSIGN_BI_03_C(void **state)
{
    (void)state;
    struct world *t = signers(3);
    forget(t->iut);
    for (uint8_t level = 2; level < 5; level++) {
        signed_write(t, level, 77, 0);
        assert_int_equal(octets[level], level);
    }
    finish(t);
}

/* The key came by Just Works: it is not enough for the value of level 3. */
static void GAP_SEC_CSIGN_BI_04_C(void **state)
{
    (void)state;
    for (uint8_t had = 2; had < 5; had += 2) { /* comparison makes level 4 */
        struct world *t = signers(had);
        for (uint8_t level = 2; level < 5; level++) {
            signed_write(t, level, 77, 0);
            assert_int_equal(octets[level], level <= had ? 77 : level);
        }
        finish(t);
    }
}

/* ---- names ----------------------------------------------------------------------------------- */

static void GAP_IDLE_NAMP_BV_01_C(void **state)
{
    (void)state;
    static const struct woad_uuid name = WOAD_UUID16(0x2A00);
    for (unsigned central = 0; central < 2; central++) {
        struct world *t = start(central, &simple, &simple);
        assert_int_equal(woad_gattc_read_by_uuid(t->iut->h, t->iut->conn, &t->op, 1, 0xffff, &name),
                         0);
        EXPECT(t, 0x08, 1, 0, 0xff, 0xff, 0x00, 0x2a);
        SEND(t, 0x09, 8, 3, 0, 't', 'e', 's', 't', 'e', 'r');
        EXPECT(t, 0x08, 4, 0, 0xff, 0xff, 0x00, 0x2a);
        SEND(t, 0x01, 0x08, 4, 0, 0x0a);
        assert_int_equal(t->done, 1);
        assert_int_equal(t->err, 0);
        assert_int_equal(t->values, 1);
        assert_memory_equal(t->value, "tester", 6);
        finish(t);
    }
}

static void GAP_IDLE_NAMP_BV_02_C(void **state)
{
    (void)state;
    for (unsigned central = 0; central < 2; central++) {
        struct world *t = start(central, &simple, &simple);
        SEND(t, 0x08, 1, 0, 0xff, 0xff, 0x00, 0x2a);
        EXPECT(t, 0x09, 6, 3, 0, 'w', 'o', 'a', 'd');
        SEND(t, 0x0a, 3, 0);
        EXPECT(t, 0x0b, 'w', 'o', 'a', 'd');
        finish(t);
    }
}

#define ROW(purpose, run, ...)                                                                     \
    {                                                                                              \
#purpose, run, NULL, NULL, &(struct row)                                                   \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define TEST(name) cmocka_unit_test(name)

static const struct CMUnitTest tests[] = {
    ROW(GAP_SEC_SEM_BV_21_C, outgoing, PERIPHERAL, 4, 0),
    ROW(GAP_SEC_SEM_BV_37_C, outgoing, PERIPHERAL, 2, 0),
    ROW(GAP_SEC_SEM_BV_38_C, outgoing, PERIPHERAL, 3, 0),
    ROW(GAP_SEC_SEM_BV_26_C, outgoing, CENTRAL, 4, 0),
    ROW(GAP_SEC_SEM_BV_41_C, outgoing, CENTRAL, 2, 0),
    ROW(GAP_SEC_SEM_BV_42_C, outgoing, CENTRAL, 3, 0),
    ROW(GAP_SEC_SEM_BV_22_C, incoming, PERIPHERAL, 4, 0),
    ROW(GAP_SEC_SEM_BV_39_C, incoming, PERIPHERAL, 2, 0),
    ROW(GAP_SEC_SEM_BV_40_C, incoming, PERIPHERAL, 3, 0),
    ROW(GAP_SEC_SEM_BV_27_C, incoming, CENTRAL, 4, 0),
    ROW(GAP_SEC_SEM_BV_43_C, incoming, CENTRAL, 2, 0),
    ROW(GAP_SEC_SEM_BV_44_C, incoming, CENTRAL, 3, 0),
    ROW(GAP_SEC_SEM_BV_23_C, outgoing_to_legacy, PERIPHERAL, 0, 0),
    ROW(GAP_SEC_SEM_BV_28_C, outgoing_to_legacy, CENTRAL, 0, 0),
    ROW(GAP_SEC_SEM_BV_24_C, incoming_from_legacy, PERIPHERAL, 0, 0),
    ROW(GAP_SEC_SEM_BV_29_C, incoming_from_legacy, CENTRAL, 0, 0),
    ROW(GAP_SEC_SEM_BI_09_C, short_keys, PERIPHERAL, 4, 0),
    ROW(GAP_SEC_SEM_BI_20_C, short_keys, PERIPHERAL, 3, 0),
    ROW(GAP_SEC_SEM_BI_21_C, short_keys, PERIPHERAL, 2, 0),
    ROW(GAP_SEC_SEM_BI_10_C, short_keys, CENTRAL, 4, 0),
    ROW(GAP_SEC_SEM_BI_22_C, short_keys, CENTRAL, 3, 0),
    ROW(GAP_SEC_SEM_BI_23_C, short_keys, CENTRAL, 2, 0),
    TEST(GAP_SEC_SEM_BV_45_C),
    ROW(GAP_SEC_SEM_BV_56_C, values, PERIPHERAL, 2, INDICATED),
    ROW(GAP_SEC_SEM_BV_57_C, values, PERIPHERAL, 3, INDICATED),
    ROW(GAP_SEC_SEM_BV_58_C, values, PERIPHERAL, 4, INDICATED),
    ROW(GAP_SEC_SEM_BV_59_C, values, PERIPHERAL, 2, NOTIFIED),
    ROW(GAP_SEC_SEM_BV_60_C, values, PERIPHERAL, 3, NOTIFIED),
    ROW(GAP_SEC_SEM_BV_61_C, values, PERIPHERAL, 4, NOTIFIED),
    ROW(GAP_SEC_SEM_BV_62_C, values, CENTRAL, 2, INDICATED),
    ROW(GAP_SEC_SEM_BV_63_C, values, CENTRAL, 3, INDICATED),
    ROW(GAP_SEC_SEM_BV_64_C, values, CENTRAL, 4, INDICATED),
    ROW(GAP_SEC_SEM_BV_65_C, values, CENTRAL, 2, NOTIFIED),
    ROW(GAP_SEC_SEM_BV_66_C, values, CENTRAL, 3, NOTIFIED),
    ROW(GAP_SEC_SEM_BV_67_C, values, CENTRAL, 4, NOTIFIED),
    ROW(GAP_SEC_AUT_BV_11_C, served_after_pairing, PERIPHERAL, 0, false),
    ROW(GAP_SEC_AUT_BV_12_C, served_after_pairing, CENTRAL, 0, false),
    ROW(GAP_SEC_AUT_BV_13_C, served_after_pairing, CENTRAL, 0, true),
    ROW(GAP_SEC_AUT_BV_14_C, served_after_pairing, PERIPHERAL, 0, true),
    ROW(GAP_SEC_AUT_BV_17_C, paired_by_just_works, CENTRAL, 0, false),
    ROW(GAP_SEC_AUT_BV_17_C insists, paired_by_just_works, CENTRAL, 0, true),
    ROW(GAP_SEC_AUT_BV_18_C, paired_by_just_works, PERIPHERAL, 0, false),
    ROW(GAP_SEC_AUT_BV_18_C insists, paired_by_just_works, PERIPHERAL, 0, true),
    ROW(GAP_SEC_AUT_BV_23_C, served_after_encryption, PERIPHERAL, 0, 0),
    ROW(GAP_SEC_AUT_BV_24_C, served_after_encryption, CENTRAL, 0, 0),
    TEST(lost_bond_of_central),
    TEST(lost_bond_of_peripheral),
    TEST(GAP_SEC_AUT_BV_21_C),
    TEST(GAP_SEC_AUT_BV_22_C),
    ROW(GAP_BOND_NBON_BV_01_C, not_bonded, CENTRAL, 0, false),
    ROW(GAP_BOND_NBON_BV_02_C, not_bonded, CENTRAL, 0, true),
    ROW(GAP_BOND_NBON_BV_03_C, not_bonded, PERIPHERAL, 0, false),
    ROW(GAP_BOND_BON_BV_01_C, bonds, PERIPHERAL, 0, true),
    ROW(GAP_BOND_BON_BV_02_C, bonds, CENTRAL, 0, true),
    ROW(GAP_BOND_BON_BV_03_C, bonds, PERIPHERAL, 0, false),
    ROW(GAP_BOND_BON_BV_04_C, bonds, CENTRAL, 0, false),
    ROW(GAP_CONN_PRDA_BV_01_C, bonded_by_private_address, PERIPHERAL, 0, 0),
    ROW(GAP_CONN_PRDA_BV_02_C, bonded_by_private_address, CENTRAL, 0, 0),
    TEST(GAP_PRIV_CONN_BV_12_C),
    TEST(GAP_SEC_CSIGN_BI_01_C),
    TEST(GAP_SEC_CSIGN_BI_03_C),
    TEST(GAP_SEC_CSIGN_BI_04_C),
    TEST(GAP_IDLE_NAMP_BV_01_C),
    TEST(GAP_IDLE_NAMP_BV_02_C),
};

int main(void)
{
    return woad_crypto_init() ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
