/* AES-CMAC, RFC 4493 [Vol 3, Part H, 2.2.5]. */
#include "aes_priv.h"

#include <string.h>

/* Doubling in GF(2^128): the step from L to K1 and from K1 to K2. */
static void twice(uint8_t k[AES_BLOCK])
{
    uint8_t carry = (uint8_t)(k[0] >> 7);
    for (size_t i = 0; i < AES_BLOCK - 1; i++)
        k[i] = (uint8_t)(k[i] << 1 | k[i + 1] >> 7);
    k[AES_BLOCK - 1] = (uint8_t)(k[AES_BLOCK - 1] << 1 ^ (carry ? 0x87 : 0));
}

/* Pads the last block, which has n (0..16) octets, and adds the subkey that marks how. */
static int close_block(struct woad_aes *aes, uint8_t *block, size_t n)
{
    uint8_t k[AES_BLOCK] = {0};
    int err = woad_aes_blocks(aes, k, 1);
    if (err)
        return err;
    twice(k);
    if (n < AES_BLOCK) {
        twice(k);
        memset(block + n, 0, AES_BLOCK - n);
        block[n] = 0x80;
    }
    woad_aes_xor(block, k, AES_BLOCK);
    return 0;
}

int woad_aes_cmac(struct woad_aes *aes, const struct woad_cmac_part *parts, size_t count,
                  uint8_t mac[16])
{
    uint8_t blocks[AES_BATCH * AES_BLOCK];
    size_t n = 0;
    bool start = true;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = parts[i].data;
        size_t left = parts[i].len;
        while (left) {
            /* Only when more follows: the last block is finished differently. */
            if (n == sizeof(blocks)) {
                int err = woad_aes_chain(aes, blocks, AES_BATCH, start);
                if (err)
                    return err;
                start = false;
                n = 0;
            }
            size_t take = sizeof(blocks) - n < left ? sizeof(blocks) - n : left;
            memcpy(blocks + n, p, take);
            n += take;
            p += take;
            left -= take;
        }
    }
    size_t last = n ? (n - 1) / AES_BLOCK : 0;
    int err = close_block(aes, blocks + last * AES_BLOCK, n - last * AES_BLOCK);
    if (!err)
        err = woad_aes_chain(aes, blocks, last + 1, start);
    if (!err)
        memcpy(mac, blocks + last * AES_BLOCK, AES_BLOCK);
    return err;
}

void woad_cmac_begin(struct woad_cmac *c, struct woad_aes *aes)
{
    *c = (struct woad_cmac){.aes = aes};
}

static int fold(struct woad_cmac *c)
{
    woad_aes_xor(c->mac, c->block, AES_BLOCK);
    c->len = 0;
    return woad_aes_encrypt(c->aes, c->mac, c->mac);
}

int woad_cmac_add(struct woad_cmac *c, const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len) {
        if (c->len == AES_BLOCK) { /* more follows: it is not the last */
            int err = fold(c);
            if (err)
                return err;
        }
        size_t take = AES_BLOCK - c->len < len ? AES_BLOCK - c->len : len;
        memcpy(c->block + c->len, p, take);
        c->len = (uint8_t)(c->len + take);
        p += take;
        len -= take;
    }
    return 0;
}

int woad_cmac_end(struct woad_cmac *c, uint8_t mac[16])
{
    int err = close_block(c->aes, c->block, c->len);
    if (!err)
        err = fold(c);
    if (!err)
        memcpy(mac, c->mac, AES_BLOCK);
    return err;
}
