/* Crypto: the specification's sample data, RFC 4493, and CCM against the library's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <psa/crypto.h>
#include <stdlib.h>

#include "hex.h"
#include "woad/crypto.h"

static int init(void **state)
{
    (void)state;
    return woad_crypto_init();
}

static struct woad_aes key_of(const char *text)
{
    uint8_t key[16];
    struct woad_aes aes;
    assert_int_equal(hex(text, key, 16), 16);
    assert_int_equal(woad_aes_init(&aes, key), 0);
    return aes;
}

static void assert_octets(const void *got, const char *want)
{
    uint8_t buf[256];
    size_t n = hex(want, buf, sizeof(buf));
    assert_memory_equal(got, buf, n);
}

/* [Vol 6, Part C, 1.1]: SK = e(LTK, SKD) */
static void session_key(void **state)
{
    (void)state;
    struct woad_aes aes = key_of("4c68384139f574d836bcf34e9dfb01bf");
    uint8_t b[16];
    hex("0213243546576879acbdcedfe0f10213", b, 16);
    for (int i = 0; i < 2; i++) { /* the operation keeps running */
        uint8_t sk[16];
        assert_int_equal(woad_aes_encrypt(&aes, b, sk), 0);
        assert_octets(sk, "99ad1b5226a37e3e058e3b8e27c2c666");
    }
    assert_int_equal(woad_aes_encrypt(&aes, b, b), 0);
    assert_octets(b, "99ad1b5226a37e3e058e3b8e27c2c666");
    woad_aes_deinit(&aes);
}

/* FIPS-197, appendix C.1 */
static void aes_fips197(void **state)
{
    (void)state;
    struct woad_aes aes = key_of("000102030405060708090a0b0c0d0e0f");
    uint8_t b[16];
    hex("00112233445566778899aabbccddeeff", b, 16);
    assert_int_equal(woad_aes_encrypt(&aes, b, b), 0);
    assert_octets(b, "69c4e0d86a7b0430d8cdb78070b4c55a");
    woad_aes_deinit(&aes);
}

static const struct {
    const char *nonce;
    uint8_t aad;
    const char *plain;
    const char *cipher;
} ccm_rows[] = {
    /* [Vol 6, Part C, 1.2] */
    {"000000008024abdcbabebaafde", 0x03, "06", "9fcda7f448"},
    {"000000000024abdcbabebaafde", 0x03, "06", "a34c13a415"},
    {"010000008024abdcbabebaafde", 0x02, "1700636465666768696a6b6c6d6e6f707131323334353637383930",
     "7a70d66415226df26b17839a060405596bd6564f796b5b9ce6ff32f75a6d33"},
    {"010000000024abdcbabebaafde", 0x02, "170037363534333231304142434445464748494a4b4c4d4e4f5051",
     "f38881e7bd94c9c369b9a66846dd4786aa8c39ce540d0dae3adcdf89b96088"},
};

static void ccm_sample_packets(void **state)
{
    (void)state;
    struct woad_aes aes = key_of("99ad1b5226a37e3e058e3b8e27c2c666");
    for (size_t i = 0; i < sizeof(ccm_rows) / sizeof(ccm_rows[0]); i++) {
        uint8_t nonce[13], plain[64], cipher[64], out[64];
        hex(ccm_rows[i].nonce, nonce, 13);
        size_t len = hex(ccm_rows[i].plain, plain, 64);
        hex(ccm_rows[i].cipher, cipher, 64);
        assert_int_equal(woad_ccm_encrypt(&aes, nonce, ccm_rows[i].aad, plain, len, out), 0);
        assert_memory_equal(out, cipher, len + 4);
        /* in place, the MIC directly behind */
        assert_int_equal(woad_ccm_decrypt(&aes, nonce, ccm_rows[i].aad, out, len, out + len, out),
                         0);
        assert_memory_equal(out, plain, len);
    }
    woad_aes_deinit(&aes);
}

static void random_octets(uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)rand();
}

/* Every length through the batch boundaries and some long ones, interleaved with CMAC and blocks
 * so that the running operations must not depend on what came before. */
static void ccm_equals_library(void **state)
{
    (void)state;
    enum { LONGEST = 65535 };
    uint8_t *in = malloc(LONGEST);
    uint8_t *want = malloc(LONGEST + 4);
    uint8_t *out = malloc(LONGEST + 4);
    assert_true(in && want && out);
    uint8_t key[16];
    random_octets(key, 16);
    struct woad_aes aes;
    assert_int_equal(woad_aes_init(&aes, key), 0);
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_algorithm_t alg = PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 4);
    psa_set_key_type(&attr, PSA_KEY_TYPE_AES);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_ENCRYPT);
    psa_set_key_algorithm(&attr, alg);
    psa_key_id_t id;
    assert_int_equal(psa_import_key(&attr, key, 16, &id), PSA_SUCCESS);

    for (size_t n = 0; n <= 720; n++) {
        size_t len = n <= 700 ? n : n == 720 ? LONGEST : (size_t)rand() % LONGEST;
        uint8_t nonce[13], mac[16], aad = (uint8_t)rand();
        random_octets(nonce, 13);
        random_octets(in, len);
        size_t got;
        assert_int_equal(
            psa_aead_encrypt(id, alg, nonce, 13, &aad, 1, in, len, want, LONGEST + 4, &got),
            PSA_SUCCESS);
        assert_int_equal(woad_ccm_encrypt(&aes, nonce, aad, in, len, out), 0);
        assert_memory_equal(out, want, len + 4);
        if (n % 3 == 0)
            assert_int_equal(woad_aes_cmac(&aes, &(struct woad_cmac_part){in, len}, 1, mac), 0);
        assert_int_equal(woad_ccm_decrypt(&aes, nonce, aad, out, len, want + len, out), 0);
        assert_memory_equal(out, in, len);
    }
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
    woad_aes_deinit(&aes);
    free(in);
    free(want);
    free(out);
}

/* A change of any bit of ciphertext, MIC, nonce or additional data is seen; nothing leaks out. */
static void ccm_refuses_forgery(void **state)
{
    (void)state;
    struct woad_aes aes = key_of("99ad1b5226a37e3e058e3b8e27c2c666");
    uint8_t nonce[13] = {1}, in[20], sealed[24], out[20];
    static const uint8_t zeros[20];
    random_octets(in, sizeof(in));
    assert_int_equal(woad_ccm_encrypt(&aes, nonce, 2, in, 20, sealed), 0);
    for (size_t bit = 0; bit < 24 * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(out, 0xAA, sizeof(out));
        assert_int_equal(woad_ccm_decrypt(&aes, nonce, 2, sealed, 20, sealed + 20, out),
                         WOAD_ERR_SECURITY);
        assert_memory_equal(out, zeros, 20);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(woad_ccm_decrypt(&aes, nonce, 3, sealed, 20, sealed + 20, out),
                     WOAD_ERR_SECURITY);
    nonce[12] ^= 0x80;
    assert_int_equal(woad_ccm_decrypt(&aes, nonce, 2, sealed, 20, sealed + 20, out),
                     WOAD_ERR_SECURITY);
    nonce[12] ^= 0x80;
    assert_int_equal(woad_ccm_decrypt(&aes, nonce, 2, sealed, 20, sealed + 20, out), 0);
    assert_int_equal(woad_ccm_encrypt(&aes, nonce, 2, in, 65536, sealed), WOAD_ERR_INVALID);
    assert_int_equal(woad_ccm_decrypt(&aes, nonce, 2, in, 65536, sealed, out), WOAD_ERR_INVALID);
    woad_aes_deinit(&aes);
}

/* RFC 4493, section 4, with every cut of the message into two parts. */
static void cmac_rfc4493(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *mac;
    } rows[] = {
        {0, "bb1d6929e95937287fa37d129b756746"},
        {16, "070a16b46b4d4144f79bdd9dd04a287c"},
        {40, "dfa66747de9ae63030ca32611497c827"},
        {64, "51f0bebf7e3b9d92fc49741779363cfe"},
    };
    uint8_t m[64], mac[16];
    hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
        "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
        m, 64);
    struct woad_aes aes = key_of("2b7e151628aed2a6abf7158809cf4f3c");
    for (size_t i = 0; i < 4; i++) {
        for (size_t cut = 0; cut <= rows[i].len; cut++) {
            struct woad_cmac_part parts[] = {{m, cut}, {m + cut, rows[i].len - cut}};
            assert_int_equal(woad_aes_cmac(&aes, parts, 2, mac), 0);
            assert_octets(mac, rows[i].mac);
        }
    }
    assert_int_equal(woad_aes_cmac(&aes, NULL, 0, mac), 0);
    assert_octets(mac, rows[0].mac);
    woad_aes_deinit(&aes);
}

/* CMAC over more than one batch equals the library's. */
static void cmac_long(void **state)
{
    (void)state;
    uint8_t key[16], m[1200], want[16], mac[16];
    random_octets(key, 16);
    random_octets(m, sizeof(m));
    psa_key_attributes_t attr = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attr, PSA_KEY_TYPE_AES);
    psa_set_key_usage_flags(&attr, PSA_KEY_USAGE_SIGN_MESSAGE);
    psa_set_key_algorithm(&attr, PSA_ALG_CMAC);
    psa_key_id_t id;
    assert_int_equal(psa_import_key(&attr, key, 16, &id), PSA_SUCCESS);
    struct woad_aes aes;
    assert_int_equal(woad_aes_init(&aes, key), 0);
    for (size_t len = 250; len <= sizeof(m); len += len < 310 || len > 560 ? 1 : 250) {
        size_t got;
        assert_int_equal(psa_mac_compute(id, PSA_ALG_CMAC, m, len, want, 16, &got), PSA_SUCCESS);
        struct woad_cmac_part parts[] = {{m, 100}, {NULL, 0}, {m + 100, len - 100}};
        assert_int_equal(woad_aes_cmac(&aes, parts, 3, mac), 0);
        assert_memory_equal(mac, want, 16);
    }
    assert_int_equal(psa_destroy_key(id), PSA_SUCCESS);
    woad_aes_deinit(&aes);
}

/* The key functions made of these [Vol 3, Part H, 2.2 and appendix D]. */
static void key_functions(void **state)
{
    (void)state;
    uint8_t m[16], mac[16];
    struct woad_aes w = key_of("ec0234a357c8ad05341010a60a397d9b");
    assert_int_equal(woad_aes_cmac(&w, &(struct woad_cmac_part){"lebr", 4}, 1, mac), 0); /* h6 */
    assert_octets(mac, "2d9ae102e76dc91ce8d3a9e280b16399");
    hex("00000000000000000000000000708194", m, 16);
    assert_int_equal(woad_aes_encrypt(&w, m, mac), 0); /* ah: the last three octets */
    assert_octets(mac + 13, "0dfbaa");
    woad_aes_deinit(&w);

    hex("ec0234a357c8ad05341010a60a397d9b", m, 16);
    struct woad_aes salt = key_of("000000000000000000000000746d7031");
    assert_int_equal(woad_aes_cmac(&salt, &(struct woad_cmac_part){m, 16}, 1, mac), 0); /* h7 */
    assert_octets(mac, "fb173597c6a3c0ecd2998c2a75a57011");
    woad_aes_deinit(&salt);
}

/* More keys at once than the library's key store has slots (32). */
static void many_keys(void **state)
{
    (void)state;
    enum { N = 200 };
    static struct woad_aes aes[N];
    uint8_t key[16] = {0}, zero[16] = {0}, first[16], b[16];
    for (unsigned i = 0; i < N; i++) {
        key[0] = (uint8_t)i;
        assert_int_equal(woad_aes_init(&aes[i], key), 0);
    }
    assert_int_equal(woad_aes_encrypt(&aes[0], zero, first), 0);
    assert_octets(first, "66e94bd4ef8a2c3b884cfa59ca342b2e"); /* FIPS-197 with an all-zero key */
    for (unsigned i = 1; i < N; i++) {
        assert_int_equal(woad_aes_encrypt(&aes[i], zero, b), 0);
        assert_memory_not_equal(b, first, 16);
    }
    for (unsigned i = 0; i < N; i++)
        woad_aes_deinit(&aes[i]);
    woad_aes_deinit(&aes[0]); /* twice is harmless */
    assert_int_not_equal(woad_aes_encrypt(&aes[0], zero, b), 0);
}

static const char private_a[] = "3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd";
static const char private_b[] = "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd";
static const char public_a[] = "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6"
                               "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b";
static const char public_b[] = "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190"
                               "4c55f33e429dad377356703a9ab85160472d1130e28e36765f89aff915b1214a";
static const char dh_key[] = "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698";

/* [Vol 2, Part G, 7.1.2], the pair of which is the debug key of [Vol 3, Part H, 2.3.5.6.1] */
static void p256_sample(void **state)
{
    (void)state;
    uint8_t a[32], b[32], pa[64], pb[64], dh[32];
    hex(private_a, a, 32);
    hex(private_b, b, 32);
    assert_int_equal(woad_p256_public(a, pa), 0);
    assert_octets(pa, public_a);
    assert_int_equal(woad_p256_public(b, pb), 0);
    assert_octets(pb, public_b);
    assert_int_equal(woad_p256_shared(a, pb, dh), 0);
    assert_octets(dh, dh_key);
    assert_int_equal(woad_p256_shared(b, pa, dh), 0);
    assert_octets(dh, dh_key);
}

static void p256_generate(void **state)
{
    (void)state;
    uint8_t a[32], pa[64], again[64], b[32], pb[64], s1[32], s2[32];
    assert_int_equal(woad_p256_generate(a, pa), 0);
    assert_int_equal(woad_p256_generate(b, pb), 0);
    assert_memory_not_equal(a, b, 32);
    assert_int_equal(woad_p256_public(a, again), 0);
    assert_memory_equal(pa, again, 64);
    assert_int_equal(woad_p256_shared(a, pb, s1), 0);
    assert_int_equal(woad_p256_shared(b, pa, s2), 0);
    assert_memory_equal(s1, s2, 32);
}

/* The invalid-curve attack: points off the curve, the origin, coordinates beyond the field. */
static void p256_refuses_bad_points(void **state)
{
    (void)state;
    static const uint8_t zeros[64];
    uint8_t a[32], p[64], s[32];
    hex(private_a, a, 32);
    for (size_t bit = 0; bit < 512; bit += 37) {
        hex(public_b, p, 64);
        p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(s, 0xAA, 32);
        assert_int_equal(woad_p256_shared(a, p, s), WOAD_ERR_SECURITY);
        assert_memory_equal(s, zeros, 32);
    }
    assert_int_equal(woad_p256_shared(a, zeros, s), WOAD_ERR_SECURITY);
    hex(public_b, p, 64);
    memset(p + 32, 0, 32); /* y = 0: the point the published attack uses */
    assert_int_equal(woad_p256_shared(a, p, s), WOAD_ERR_SECURITY);
    memset(p, 0xFF, 64);
    assert_int_equal(woad_p256_shared(a, p, s), WOAD_ERR_SECURITY);
}

static void p256_refuses_bad_scalars(void **state)
{
    (void)state;
    uint8_t a[32] = {0}, p[64], s[32];
    assert_int_equal(woad_p256_public(a, p), WOAD_ERR_INVALID);
    hex(public_b, p, 64);
    assert_int_equal(woad_p256_shared(a, p, s), WOAD_ERR_INVALID);
    /* the group order */
    hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", a, 32);
    assert_int_equal(woad_p256_public(a, p), WOAD_ERR_INVALID);
    a[31]--;
    assert_int_equal(woad_p256_public(a, p), 0);
}

static void random_differs(void **state)
{
    (void)state;
    uint8_t a[16], b[16];
    assert_int_equal(woad_crypto_random(a, 16), 0);
    assert_int_equal(woad_crypto_random(b, 16), 0);
    assert_memory_not_equal(a, b, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_key),
        cmocka_unit_test(aes_fips197),
        cmocka_unit_test(ccm_sample_packets),
        cmocka_unit_test(ccm_equals_library),
        cmocka_unit_test(ccm_refuses_forgery),
        cmocka_unit_test(cmac_rfc4493),
        cmocka_unit_test(cmac_long),
        cmocka_unit_test(key_functions),
        cmocka_unit_test(many_keys),
        cmocka_unit_test(p256_sample),
        cmocka_unit_test(p256_generate),
        cmocka_unit_test(p256_refuses_bad_points),
        cmocka_unit_test(p256_refuses_bad_scalars),
        cmocka_unit_test(random_differs),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
