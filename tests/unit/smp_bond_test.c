/* Bonds: kept, found again, replaced, lost, and never half. */
#include "test.h"

#include <stdlib.h>
#include <string.h>

#include "host_priv.h"
#include "smp/smp_priv.h"
#include "support/mem_store.h"
#include "support/smp_tester.h"
#include "woad/gap_privacy.h"

static struct woad_smp_bond bond_number(uint8_t n)
{
    return (struct woad_smp_bond){.peer = {.type = 1, .val = {n, 2, 3, 4, 5, 0xc6}},
                                  .flags = WOAD_SMP_BOND_SC | WOAD_SMP_BOND_LTK |
                                           WOAD_SMP_BOND_OWN_LTK | WOAD_SMP_BOND_IRK,
                                  .key_size = 16,
                                  .level = 2,
                                  .ltk = {n, 1},
                                  .own_ltk = {n, 1},
                                  .irk = {n, 7},
                                  .rand = {1, 2},
                                  .ediv = 3};
}

static void add(struct sw *w, uint8_t n)
{
    struct woad_smp_bond bond = bond_number(n);
    assert_int_equal(woad_smp_bond_add(w->dev[0].h, &bond), 0);
    sw_settle(w);
}

static struct sw *one(const struct woad_smp_cfg *cfg)
{
    return sw_new(1, (const struct woad_smp_cfg *const[]){cfg});
}

/* What the store holds is there after the next start, and our identity key with it. */
static void kept_over_a_restart(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct woad_smp_cfg cfg = {.store = &m.store};
    struct sw *w = one(&cfg);
    uint8_t irk[16], again[16];
    assert_int_equal(woad_smp_own_irk(w->dev[0].h, irk), 0);
    for (uint8_t n = 0; n < 3; n++)
        add(w, n);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_STORED), 3);
    struct woad_addr second = bond_number(1).peer;
    assert_int_equal(woad_smp_bond_remove(w->dev[0].h, &second), 0);
    assert_int_equal(woad_smp_bond_remove(w->dev[0].h, &second), WOAD_ERR_NOT_FOUND);
    sw_settle(w);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_REMOVED), 1);
    sw_free(w);

    w = one(&cfg);
    struct woad_smp_bond got, want = bond_number(2);
    assert_int_equal(woad_smp_own_irk(w->dev[0].h, again), 0);
    assert_memory_equal(irk, again, 16);
    assert_int_equal(woad_smp_bond_next(w->dev[0].h, -1), 0);
    assert_int_equal(woad_smp_bond_next(w->dev[0].h, 0), 2);
    assert_int_equal(woad_smp_bond_next(w->dev[0].h, 2), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, 2, &got), 0);
    assert_memory_equal(&got, &want, sizeof(got));
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, 1, &got), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, 4, &got), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, -1, &got), WOAD_ERR_NOT_FOUND);
    assert_int_equal(woad_smp_bond_remove(w->dev[0].h, NULL), 0);
    sw_settle(w);
    assert_int_equal(woad_smp_bond_next(w->dev[0].h, -1), WOAD_ERR_NOT_FOUND);
    sw_free(w);
    assert_null(mem_store_find(&m, WOAD_STORE_KEY(WOAD_STORE_BOND, 0)));
}

/* Every octet of a record changed, every length: nothing is taken that is no bond, and it is told.
 */
static void damaged_records(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct woad_smp_cfg cfg = {.store = &m.store};
    struct sw *w = one(&cfg);
    add(w, 1);
    sw_free(w);
    struct mem_record *r = mem_store_find(&m, WOAD_STORE_KEY(WOAD_STORE_BOND, 0));
    assert_non_null(r);
    struct mem_record good = *r;
    for (uint16_t len = 1; len <= good.len + 1; len++) {
        bool fits = len == good.len;
        r->len = len;
        w = one(&cfg);
        sw_settle(w);
        assert_int_equal(woad_smp_bond_next(w->dev[0].h, -1), fits ? 0 : WOAD_ERR_NOT_FOUND);
        assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_LOST), !fits);
        sw_free(w);
    }
    static const struct {
        uint8_t at, value;
    } changes[] = {{0, 0}, {0, 2}, {2, 6}, {2, 17}, {3, 1}, {3, 5}, {4, 2}};
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        *r = good;
        r->data[changes[i].at] = changes[i].value;
        w = one(&cfg);
        sw_settle(w);
        assert_int_equal(woad_smp_bond_next(w->dev[0].h, -1), WOAD_ERR_NOT_FOUND);
        assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_LOST), 1);
        sw_free(w);
    }
}

/* A store that fails: the bond serves until the end of this run of the program, and that is told.
 */
static void store_fails(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct woad_smp_cfg cfg = {.store = &m.store};
    struct sw *w = one(&cfg);
    m.fail = WOAD_ERR_NO_MEM;
    add(w, 1);
    const struct woad_smp_evt *evt = sw_find(&w->dev[0], WOAD_SMP_BOND_LOST, 0);
    assert_non_null(evt);
    assert_int_equal(evt->u.bond.err, WOAD_ERR_NO_MEM);
    assert_int_equal(woad_smp_bond_next(w->dev[0].h, -1), 0);
    sw_free(w);
}

/* No room: refused and told, the pairing serves the link. */
static void full_refuses(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.max_bonds = 1}, other = {0};
    struct sw *w = sw_pair(&cfg, &other);
    add(w, 1);
    struct woad_smp_bond bond = bond_number(2);
    assert_int_equal(woad_smp_bond_add(w->dev[0].h, &bond), WOAD_ERR_NO_MEM);
    struct woad_smp_evt evt = sw_secure(w, 0, 2);
    assert_int_equal(evt.u.secured.result.err, 0);
    assert_int_equal(evt.u.secured.level, 2);
    assert_false(evt.u.secured.bonded);
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_FULL), 1);
    bond = bond_number(1);
    assert_int_equal(woad_smp_bond_find(w->dev[0].h, &bond.peer), 0);
    sw_free(w);
}

/* No room: the bond not used for longest goes, never one whose peer is connected. */
static void full_replaces(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {.max_bonds = 2, .when_full = WOAD_SMP_FULL_REPLACE};
    static const struct woad_smp_cfg other = {0};
    struct sw *w = sw_new(4, (const struct woad_smp_cfg *const[]){&cfg, &other, &other, &other});
    for (unsigned i = 1; i < 4; i++) {
        sw_connect(w, 0, i);
        assert_int_equal(sw_secure(w, 0, 2).u.secured.result.err, 0);
        if (i != 1)
            sw_disconnect(w, 0);
    }
    /* 1 is oldest, but connected: 2 went for 3 */
    assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_REMOVED), 1);
    assert_int_equal(woad_smp_bond_find(w->dev[0].h, &w->dev[2].dev->addr), WOAD_ERR_NOT_FOUND);
    assert_true(woad_smp_bond_find(w->dev[0].h, &w->dev[1].dev->addr) >= 0);
    assert_true(woad_smp_bond_find(w->dev[0].h, &w->dev[3].dev->addr) >= 0);
    sw_free(w);
}

/* One write, so that power that fails in it leaves the one bond or the other. */
static void replaced_at_once(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    const struct woad_smp_cfg cfg = {
        .store = &m.store, .max_bonds = 1, .when_full = WOAD_SMP_FULL_REPLACE};
    static const struct woad_smp_cfg other = {0};
    struct sw *w = sw_new(4, (const struct woad_smp_cfg *const[]){&cfg, &other, &other, &other});
    for (unsigned i = 1; i < 4; i++) {
        m.writes = 0;
        m.fail = i == 3 ? WOAD_ERR_NO_MEM : 0;
        sw_forget(w);
        sw_connect(w, 0, i);
        assert_int_equal(sw_secure(w, 0, 2).u.secured.result.err, 0);
        sw_disconnect(w, 0);
        assert_int_equal(m.writes, i < 3);
        const struct woad_smp_evt *evt = sw_find(&w->dev[0], WOAD_SMP_BOND_REMOVED, 0);
        assert_int_equal(evt != NULL, i > 1);
        if (evt)
            assert_memory_equal(&evt->u.bond.peer, &w->dev[i - 1].dev->addr,
                                sizeof(evt->u.bond.peer));
        if (evt)
            assert_int_equal(evt->u.bond.err, m.fail);
        assert_int_equal(sw_count(&w->dev[0], WOAD_SMP_BOND_LOST), i == 3);
    }
    sw_free(w);
    m.fail = 0;
    w = one(&cfg); /* the one that the store still has */
    struct woad_smp_bond got;
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, 0, &got), 0);
    assert_int_equal(got.peer.val[0], 3);
    sw_free(w);
}

/* What others kept for a bond goes with it, in the same write; the rest of a database in one more.
 */
static void records_of_others(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct woad_smp_cfg cfg = {.store = &m.store};
    static const uint32_t types[] = {WOAD_STORE_CCCD, WOAD_STORE_CLIENT, WOAD_STORE_CACHE};
    struct sw *w = one(&cfg);
    add(w, 1);
    for (int round = 0; round < 4; round++) {
        bool remove = round % 2, rest = round / 2;
        for (size_t i = 0; i < ARRAY_LEN(types) - !rest; i++)
            assert_int_equal(woad_store_put(&m.store, WOAD_STORE_KEY(types[i], 0), "x", 1), 0);
        for (int i = 1; rest && i < WOAD_STORE_CACHE_RECORDS; i++)
            assert_int_equal(woad_store_put(&m.store, WOAD_STORE_CACHE_KEY(0, i), "x", 1), 0);
        m.writes = 0;
        if (remove)
            assert_int_equal(woad_smp_bond_remove(w->dev[0].h, NULL), 0);
        else
            add(w, 1);
        sw_settle(w);
        assert_int_equal(m.writes, rest ? 2 : 1);
        for (size_t i = 0; i < ARRAY_LEN(types); i++)
            assert_null(mem_store_find(&m, WOAD_STORE_KEY(types[i], 0)));
        for (int i = 1; i < WOAD_STORE_CACHE_RECORDS; i++)
            assert_null(mem_store_find(&m, WOAD_STORE_CACHE_KEY(0, i)));
    }
    sw_free(w);
}

/* Private addresses find their bond; our own are resolved by our identity key. */
static void resolving(void **state)
{
    (void)state;
    static const struct woad_smp_cfg cfg = {0};
    struct sw *w = one(&cfg);
    struct woad_host *h = w->dev[0].h;
    for (uint8_t n = 0; n < 4; n++)
        add(w, n);
    for (uint8_t n = 0; n < 4; n++) {
        struct woad_addr rpa = {.type = WOAD_ADDR_RANDOM};
        uint8_t prand[3] = {0x55, n, 9}, hash[3];
        assert_int_equal(woad_smp_ah(bond_number(n).irk, prand, hash), 0);
        woad_smp_turn(rpa.val, hash, 3);
        woad_smp_turn(rpa.val + 3, prand, 3);
        assert_int_equal(woad_smp_bond_find(h, &rpa), n);
        rpa.val[0] ^= 1;
        assert_int_equal(woad_smp_bond_find(h, &rpa), WOAD_ERR_NOT_FOUND);
        struct woad_addr resolved = bond_number(n).peer;
        resolved.type = WOAD_ADDR_RANDOM_IDENTITY;
        assert_int_equal(woad_smp_bond_find(h, &resolved), n);
        struct woad_identity identity;
        assert_true(woad_smp_identities.get(h, n, &identity));
        assert_memory_equal(identity.irk, bond_number(n).irk, 16);
        assert_true(woad_addr_equal(&identity.addr, &(struct woad_addr[]){bond_number(n).peer}[0]));
    }
    uint8_t irk[16], own[16];
    assert_int_equal(woad_smp_identities.count(h), 4);
    assert_true(woad_smp_identities.own_irk(h, irk));
    assert_int_equal(woad_smp_own_irk(h, own), 0);
    assert_memory_equal(irk, own, 16);
    sw_free(w);
}

/* ---- signatures ------------------------------------------------------------------------------ */

static struct host_link *link_of(const struct sw_dev *s)
{
    return woad_host_link_find(s->h, s->conn);
}

static int sign(const struct sw_dev *s, const char *text, uint8_t signature[12])
{
    struct woad_cmac_part parts[] = {{text, 1}, {text + 1, strlen(text) - 1}};
    return s->h->security->sign(link_of(s), parts, 2, signature);
}

static int verify(const struct sw_dev *s, const char *text, const uint8_t signature[12])
{
    struct woad_cmac_part part = {text, strlen(text)};
    int level = s->h->security->verify(link_of(s), &part, 1, signature);
    assert_true(level < 0 || level == 2); /* of the pairing that made the key */
    return level < 0 ? level : 0;
}

/* Two hosts that have exchanged CSRKs, on a link of their own that is not encrypted. */
static struct sw *signers(struct mem_store *m)
{
    struct woad_smp_cfg cfg = {.signing = &woad_smp_signing, .no_auto_encrypt = true};
    struct woad_smp_cfg kept = cfg;
    kept.store = m ? &m->store : NULL;
    struct sw *w = sw_pair(&cfg, &kept);
    assert_int_equal(sw_secure(w, 0, 2).u.secured.result.err, 0);
    sw_disconnect(w, 0);
    sw_connect(w, 0, 1);
    assert_int_equal(sw_info(&w->dev[0]).level, 1);
    return w;
}

/* SM/CEN/SIGN/BV-01-C, BV-03; GAP/SEC/CSIGN/BV-01-C, -02: what one signs the other takes; the first
 * counter is 0. */
static void signed_and_verified(void **state)
{
    (void)state;
    struct sw *w = signers(NULL);
    for (unsigned side = 0; side < 2; side++) {
        uint8_t s[12];
        for (uint8_t n = 0; n < 200; n++) {
            assert_int_equal(sign(&w->dev[side], "signed data", s), 0);
            assert_int_equal(s[0], n);
            assert_int_equal(verify(&w->dev[!side], "signed data", s), 0);
        }
    }
    sw_free(w);
}

/* SM/CEN/SIGN/BI-01-C: a wrong octet anywhere. */
static void wrongly_signed(void **state)
{
    (void)state;
    struct sw *w = signers(NULL);
    uint8_t s[12];
    assert_int_equal(sign(&w->dev[0], "signed data", s), 0);
    for (int i = 0; i < 12; i++) {
        s[i] ^= 1;
        assert_int_equal(verify(&w->dev[1], "signed data", s), WOAD_ERR_SECURITY);
        s[i] ^= 1;
    }
    assert_int_equal(verify(&w->dev[1], "signed datA", s), WOAD_ERR_SECURITY);
    assert_int_equal(verify(&w->dev[1], "signed data", s), 0);
    sw_free(w);
}

/* SM/SIGN/BI-02-C, GAP/SEC/CSIGN/BI-02-C: the same counter again, also after a restart. */
static void signature_replayed(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct sw *w = signers(&m);
    uint8_t s[12], later[12];
    assert_int_equal(sign(&w->dev[0], "open", s), 0);
    assert_int_equal(sign(&w->dev[0], "open", later), 0);
    assert_int_equal(verify(&w->dev[1], "open", later), 0);
    assert_int_equal(verify(&w->dev[1], "open", later), WOAD_ERR_SECURITY);
    assert_int_equal(verify(&w->dev[1], "open", s), WOAD_ERR_SECURITY);
    /* our own counter never goes back either, although not every use of it is written */
    assert_int_equal(sign(&w->dev[1], "close", s), 0);
    struct woad_smp_bond bond;
    assert_int_equal(woad_smp_bond_get(w->dev[1].h, 0, &bond), 0);
    sw_free(w);
    struct woad_smp_cfg cfg = {.store = &m.store, .signing = &woad_smp_signing};
    struct woad_smp_bond again;
    w = one(&cfg);
    assert_int_equal(woad_smp_bond_get(w->dev[0].h, 0, &again), 0);
    assert_int_equal(again.sign_counter, bond.sign_counter);
    assert_true(again.own_sign_counter >= bond.own_sign_counter);
    sw_free(w);
}

/* A counter that cannot be written is not accepted: it could come again after the next start. */
static void counter_not_kept(void **state)
{
    (void)state;
    struct mem_store m;
    mem_store_init(&m);
    struct sw *w = signers(&m);
    uint8_t s[12];
    assert_int_equal(sign(&w->dev[0], "open", s), 0);
    m.fail = WOAD_ERR_IO;
    assert_int_equal(verify(&w->dev[1], "open", s), WOAD_ERR_IO);
    assert_int_equal(sign(&w->dev[1], "x", s), WOAD_ERR_IO);
    m.fail = 0;
    assert_int_equal(sign(&w->dev[0], "open", s), 0);
    assert_int_equal(verify(&w->dev[1], "open", s), 0);
    sw_free(w);
}

/* The octet order of key, message and counter; the value was computed by another library. */
static void signature_octets(void **state)
{
    (void)state;
    static const uint8_t expect[12] = {0x04, 0x03, 0x02, 0x01, 0x84, 0x55,
                                       0x8d, 0x5f, 0x36, 0xff, 0xfa, 0x73};
    uint8_t s[12];
    static const struct woad_smp_cfg cfg = {.signing = &woad_smp_signing, .no_auto_encrypt = true};
    struct sw *w = sw_pair(&cfg, &cfg);
    struct woad_smp_bond bond = bond_number(1);
    bond.peer = w->dev[1].dev->addr;
    bond.flags = WOAD_SMP_BOND_OWN_CSRK;
    bond.own_sign_counter = 0x01020304;
    for (uint8_t i = 0; i < 16; i++)
        bond.own_csrk[i] = 0x30 + i;
    assert_int_equal(woad_smp_bond_add(w->dev[0].h, &bond), 0);
    sw_settle(w);
    static const uint8_t message[8] = {0x52, 0x0b, 0x00, 'h', 'e', 'l', 'l', 'o'};
    struct woad_cmac_part part = {message, sizeof(message)};
    assert_int_equal(w->dev[0].h->security->sign(link_of(&w->dev[0]), &part, 1, s), 0);
    assert_memory_equal(s, expect, 12);
    static uint8_t longest[600];
    part = (struct woad_cmac_part){longest, sizeof(longest)};
    assert_int_equal(w->dev[0].h->security->sign(link_of(&w->dev[0]), &part, 1, s),
                     WOAD_ERR_TOO_LONG);
    sw_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_over_a_restart), cmocka_unit_test(damaged_records),
        cmocka_unit_test(store_fails),         cmocka_unit_test(full_refuses),
        cmocka_unit_test(full_replaces),       cmocka_unit_test(replaced_at_once),
        cmocka_unit_test(records_of_others),   cmocka_unit_test(resolving),
        cmocka_unit_test(signed_and_verified), cmocka_unit_test(wrongly_signed),
        cmocka_unit_test(signature_replayed),  cmocka_unit_test(counter_not_kept),
        cmocka_unit_test(signature_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
