/* f4 to h7 and ah [Vol 3, Part H, 2.2.2, 2.2.6-2.2.11]. */
#include "smp/toolbox.h"

int woad_smp_cmac(const uint8_t key[16], const struct woad_cmac_part *parts, size_t count,
                  uint8_t out[16])
{
    struct woad_aes aes;
    int err = woad_aes_init(&aes, key);
    if (err)
        return err;
    err = woad_aes_cmac(&aes, parts, count, out);
    woad_aes_deinit(&aes);
    return err;
}

int woad_smp_e(const uint8_t key[16], const uint8_t in[16], uint8_t out[16])
{
    struct woad_aes aes;
    int err = woad_aes_init(&aes, key);
    if (err)
        return err;
    err = woad_aes_encrypt(&aes, in, out);
    woad_aes_deinit(&aes);
    return err;
}

void woad_smp_a(const struct woad_addr *addr, uint8_t to[7])
{
    to[0] = addr->type & 1;
    woad_smp_turn(to + 1, addr->val, 6);
}

/* The addresses of f5 and f6, one behind the other. */
static void both(const struct woad_addr *a1, const struct woad_addr *a2, uint8_t to[14])
{
    woad_smp_a(a1, to);
    woad_smp_a(a2, to + 7);
}

#define CMAC(key, out, ...)                                                                        \
    woad_smp_cmac(                                                                                 \
        key, (const struct woad_cmac_part[]){__VA_ARGS__},                                         \
        sizeof((const struct woad_cmac_part[]){__VA_ARGS__}) / sizeof(struct woad_cmac_part), out)

int woad_smp_f4(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], uint8_t z,
                uint8_t out[16])
{
    return CMAC(x, out, {u, 32}, {v, 32}, {&z, 1});
}

int woad_smp_f5(const uint8_t w[32], const uint8_t n1[16], const uint8_t n2[16],
                const struct woad_addr *a1, const struct woad_addr *a2, uint8_t mac_key[16],
                uint8_t ltk[16])
{
    static const uint8_t salt[16] = {0x6c, 0x88, 0x83, 0x91, 0xaa, 0xf5, 0xa5, 0x38,
                                     0x60, 0x37, 0x0b, 0xdb, 0x5a, 0x60, 0x83, 0xbe};
    static const uint8_t length[2] = {0x01, 0x00};
    uint8_t t[16], a[14];
    both(a1, a2, a);
    int err = CMAC(salt, t, {w, 32});
    for (uint8_t counter = 0; counter < 2 && !err; counter++) {
        uint8_t head[5] = {counter, 0x62, 0x74, 0x6c, 0x65}; /* "btle" */
        err = CMAC(t, counter ? ltk : mac_key, {head, 5}, {n1, 16}, {n2, 16}, {a, 14}, {length, 2});
    }
    woad_smp_wipe(t, sizeof(t));
    return err;
}

int woad_smp_f6(const uint8_t w[16], const uint8_t n1[16], const uint8_t n2[16],
                const uint8_t r[16], const uint8_t io[3], const struct woad_addr *a1,
                const struct woad_addr *a2, uint8_t out[16])
{
    uint8_t a[14];
    both(a1, a2, a);
    return CMAC(w, out, {n1, 16}, {n2, 16}, {r, 16}, {io, 3}, {a, 14});
}

int woad_smp_g2(const uint8_t u[32], const uint8_t v[32], const uint8_t x[16], const uint8_t y[16],
                uint32_t *out)
{
    uint8_t mac[16];
    int err = CMAC(x, mac, {u, 32}, {v, 32}, {y, 16});
    if (err)
        return err;
    *out = ((uint32_t)mac[12] << 24 | (uint32_t)mac[13] << 16 | (uint32_t)mac[14] << 8 | mac[15]) %
           1000000;
    return 0;
}

int woad_smp_h6(const uint8_t w[16], const uint8_t key_id[4], uint8_t out[16])
{
    return CMAC(w, out, {key_id, 4});
}

int woad_smp_h7(const uint8_t salt[16], const uint8_t w[16], uint8_t out[16])
{
    return CMAC(salt, out, {w, 16});
}

int woad_smp_ah(const uint8_t k[16], const uint8_t r[3], uint8_t out[3])
{
    uint8_t block[16] = {0};
    memcpy(block + 13, r, 3);
    int err = woad_smp_e(k, block, block);
    memcpy(out, block + 13, 3);
    return err;
}

void woad_smp_turn(uint8_t *to, const uint8_t *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[n - 1 - i];
}

bool woad_smp_same(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint8_t diff = 0;
    for (size_t i = 0; i < n; i++)
        diff = (uint8_t)(diff | (a[i] ^ b[i]));
    return diff == 0;
}

bool woad_smp_zero(const uint8_t *a, size_t n)
{
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= a[i];
    return any == 0;
}

void woad_smp_wipe(void *p, size_t n)
{
    volatile uint8_t *v = p;
    while (n--)
        *v++ = 0;
}
