/* AES-CCM as the link layer uses it [Vol 6, Part E, 2], RFC 3610 with M = 4 and L = 2. */
#include "aes_priv.h"

#include <string.h>

#define MIC_LEN  4u
#define B0_FLAGS 0x49u /* additional data present, MIC of 4, length field of 2 octets */
#define A_FLAGS  0x01u /* length field of 2 octets */

struct ccm {
    struct woad_aes *aes;
    const uint8_t *nonce;
    uint8_t blocks[AES_BATCH * AES_BLOCK];
};

static size_t blocks_of(size_t len)
{
    return (len + AES_BLOCK - 1) / AES_BLOCK;
}

static void put_head(uint8_t *block, uint8_t flags, const uint8_t nonce[13], size_t value)
{
    block[0] = flags;
    memcpy(block + 1, nonce, 13);
    block[14] = (uint8_t)(value >> 8);
    block[15] = (uint8_t)value;
}

/* The MIC before encryption: CBC-MAC over B0, the additional data and the padded plaintext. */
static int mac(struct ccm *c, uint8_t aad, const uint8_t *in, size_t len, uint8_t out[MIC_LEN])
{
    put_head(c->blocks, B0_FLAGS, c->nonce, len);
    memset(c->blocks + AES_BLOCK, 0, AES_BLOCK);
    c->blocks[AES_BLOCK + 1] = 1; /* octets of additional data, in two octets */
    c->blocks[AES_BLOCK + 2] = aad;
    size_t used = 2;
    bool start = true;
    for (;;) {
        size_t room = (AES_BATCH - used) * AES_BLOCK;
        size_t n = len < room ? len : room;
        size_t count = used + blocks_of(n);
        memset(c->blocks + used * AES_BLOCK, 0, (count - used) * AES_BLOCK);
        if (n)
            memcpy(c->blocks + used * AES_BLOCK, in, n);
        int err = woad_aes_chain(c->aes, c->blocks, count, start);
        if (err)
            return err;
        len -= n;
        if (!len) {
            memcpy(out, c->blocks + (count - 1) * AES_BLOCK, MIC_LEN);
            return 0;
        }
        in += n;
        used = 0;
        start = false;
    }
}

/* XORs the keystream over len octets and, from the block with counter 0, over the MIC. */
static int crypt(struct ccm *c, const uint8_t *in, size_t len, uint8_t *out, uint8_t mic[MIC_LEN])
{
    size_t total = 1 + blocks_of(len);
    for (size_t first = 0; first < total; first += AES_BATCH) {
        size_t count = total - first < AES_BATCH ? total - first : AES_BATCH;
        for (size_t i = 0; i < count; i++)
            put_head(c->blocks + i * AES_BLOCK, A_FLAGS, c->nonce, first + i);
        int err = woad_aes_blocks(c->aes, c->blocks, count);
        if (err)
            return err;
        size_t skip = first ? 0 : AES_BLOCK;
        if (!first)
            woad_aes_xor(mic, c->blocks, MIC_LEN);
        size_t n = count * AES_BLOCK - skip;
        if (n > len)
            n = len;
        for (size_t i = 0; i < n; i++)
            out[i] = in[i] ^ c->blocks[skip + i];
        in += n;
        out += n;
        len -= n;
    }
    return 0;
}

int woad_ccm_encrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, uint8_t *out)
{
    struct ccm c; /* the blocks need no initial value */
    c.aes = aes;
    c.nonce = nonce;
    uint8_t mic[MIC_LEN];
    if (len > UINT16_MAX)
        return WOAD_ERR_INVALID;
    int err = mac(&c, aad, in, len, mic);
    if (!err)
        err = crypt(&c, in, len, out, mic);
    if (!err)
        memcpy(out + len, mic, MIC_LEN);
    return err;
}

int woad_ccm_decrypt(struct woad_aes *aes, const uint8_t nonce[13], uint8_t aad, const uint8_t *in,
                     size_t len, const uint8_t mic[4], uint8_t *out)
{
    struct ccm c;
    c.aes = aes;
    c.nonce = nonce;
    uint8_t got[MIC_LEN];
    uint8_t want[MIC_LEN];
    if (len > UINT16_MAX)
        return WOAD_ERR_INVALID;
    memcpy(got, mic, MIC_LEN); /* before out is written: it may overlap */
    int err = crypt(&c, in, len, out, got);
    if (!err)
        err = mac(&c, aad, out, len, want);
    uint8_t diff = 0; /* in constant time: how far a forgery was right must not show */
    for (size_t i = 0; !err && i < MIC_LEN; i++)
        diff |= (uint8_t)(got[i] ^ want[i]);
    if (diff)
        err = WOAD_ERR_SECURITY;
    if (err && len)
        memset(out, 0, len);
    return err;
}
