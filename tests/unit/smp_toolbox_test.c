/* The security functions against the specification's sample data [Vol 3, Part H, 2.2.3, 2.2.4,
 * Appendix D]. */
#include "test.h"

#include "hex.h"
#include "host/smp/toolbox.h"

#define U  "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"
#define V  "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd"
#define N1 "d5cb8454d177733effffb2ec712baeab"
#define N2 "a6e8e7cc25a75f6e216583f7ff3dc4cf"
#define W  "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698"

static int init(void **state)
{
    (void)state;
    return woad_crypto_init();
}

static void assert_octets(const void *got, const char *want)
{
    uint8_t buf[64];
    size_t n = hex(want, buf, sizeof(buf));
    assert_memory_equal(got, buf, n);
}

/* Two at a time. */
static const struct woad_addr *a_of(const char *text)
{
    static struct woad_addr addrs[2];
    static unsigned turn;
    struct woad_addr *addr = &addrs[turn++ % 2];
    uint8_t octets[7];
    assert_int_equal(hex(text, octets, 7), 7);
    addr->type = octets[0];
    woad_smp_turn(addr->val, octets + 1, 6);
    return addr;
}

static void f4(void **state)
{
    (void)state;
    uint8_t u[32], v[32], x[16], out[16];
    hex(U, u, 32);
    hex(V, v, 32);
    hex(N1, x, 16);
    assert_int_equal(woad_smp_f4(u, v, x, 0, out), 0);
    assert_octets(out, "f2c916f107a9bd1cf1eda1bea974872d");
}

static void f5(void **state)
{
    (void)state;
    uint8_t w[32], n1[16], n2[16], mac_key[16], ltk[16];
    hex(W, w, 32);
    hex(N1, n1, 16);
    hex(N2, n2, 16);
    assert_int_equal(
        woad_smp_f5(w, n1, n2, a_of("0056123737bfce"), a_of("00a713702dcfc1"), mac_key, ltk), 0);
    assert_octets(mac_key, "2965f176a1084a02fd3f6a20ce636e20");
    assert_octets(ltk, "6986791169d7cd23980522b594750a38");
}

static void f6(void **state)
{
    (void)state;
    uint8_t w[16], n1[16], n2[16], r[16], out[16];
    const uint8_t io[3] = {1, 1, 2};
    hex("2965f176a1084a02fd3f6a20ce636e20", w, 16);
    hex(N1, n1, 16);
    hex(N2, n2, 16);
    hex("12a3343bb453bb5408da42d20c2d0fc8", r, 16);
    assert_int_equal(
        woad_smp_f6(w, n1, n2, r, io, a_of("0056123737bfce"), a_of("00a713702dcfc1"), out), 0);
    assert_octets(out, "e3c473989cd0e8c5d26c0b09da958f61");
}

static void g2(void **state)
{
    (void)state;
    uint8_t u[32], v[32], x[16], y[16];
    uint32_t out;
    hex(U, u, 32);
    hex(V, v, 32);
    hex(N1, x, 16);
    hex(N2, y, 16);
    assert_int_equal(woad_smp_g2(u, v, x, y, &out), 0);
    assert_int_equal(out, 0x2f9ed5ba % 1000000);
}

static void h6_h7(void **state)
{
    (void)state;
    uint8_t w[16], id[4], salt[16], out[16];
    hex("ec0234a357c8ad05341010a60a397d9b", w, 16);
    hex("6c656272", id, 4);
    assert_int_equal(woad_smp_h6(w, id, out), 0);
    assert_octets(out, "2d9ae102e76dc91ce8d3a9e280b16399");
    hex("000000000000000000000000746d7031", salt, 16);
    assert_int_equal(woad_smp_h7(salt, w, out), 0);
    assert_octets(out, "fb173597c6a3c0ecd2998c2a75a57011");
}

static void ah(void **state)
{
    (void)state;
    uint8_t k[16], r[3], out[3];
    hex("ec0234a357c8ad05341010a60a397d9b", k, 16);
    hex("708194", r, 3);
    assert_int_equal(woad_smp_ah(k, r, out), 0);
    assert_octets(out, "0dfbaa");
}

static void c1_s1(void **state)
{
    (void)state;
    uint8_t k[16] = {0}, r[16], preq[7], pres[7], turned[7], r2[16], out[16];
    hex("5783d52156ad6f0e6388274ec6702ee0", r, 16);
    hex("07071000000101", turned, 7);
    woad_smp_turn(preq, turned, 7);
    hex("05000800000302", turned, 7);
    woad_smp_turn(pres, turned, 7);
    assert_int_equal(
        woad_smp_c1(k, r, preq, pres, a_of("01a1a2a3a4a5a6"), a_of("00b1b2b3b4b5b6"), out), 0);
    assert_octets(out, "1e1e3fef878988ead2a74dc5bef13b86");
    hex("000f0e0d0c0b0a091122334455667788", r, 16);
    hex("010203040506070899aabbccddeeff00", r2, 16);
    assert_int_equal(woad_smp_s1(k, r, r2, out), 0);
    assert_octets(out, "9a1fe1f0e8b0f49b5b4216ae796da062");
}

static void helpers(void **state)
{
    (void)state;
    uint8_t a[3] = {1, 2, 3}, b[3];
    woad_smp_turn(b, a, 3);
    assert_octets(b, "030201");
    assert_false(woad_smp_same(a, b, 3));
    woad_smp_wipe(a, 3);
    assert_true(woad_smp_zero(a, 3));
    assert_false(woad_smp_zero(b, 3));
    const struct woad_addr addr = {.type = WOAD_ADDR_RANDOM_IDENTITY, .val = {1, 2, 3, 4, 5, 6}};
    uint8_t t[7];
    woad_smp_a(&addr, t);
    assert_octets(t, "01060504030201");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f4),    cmocka_unit_test(f5),      cmocka_unit_test(f6),
        cmocka_unit_test(g2),    cmocka_unit_test(ah),      cmocka_unit_test(h6_h7),
        cmocka_unit_test(c1_s1), cmocka_unit_test(helpers),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
