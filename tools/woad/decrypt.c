#include "decrypt.h"
#include "value.h"

#include "woad/ll_pdu.h"

#include <ctype.h>
#include <string.h>

#define MIC_LEN 4
#define LOST    16 /* PDUs that the capture may have missed in a row */

unsigned decrypt_add_keys(struct decrypt *d, const char *text, size_t len)
{
    unsigned before = d->key_count;
    size_t digits = 0;
    for (size_t i = 0; i <= len; i++) {
        char word[33];
        if (i < len && isxdigit((unsigned char)text[i])) {
            digits++;
            continue;
        }
        if (digits == 32 && d->key_count < DECRYPT_KEYS) {
            memcpy(word, text + i - 32, 32);
            word[32] = '\0';
            d->key_count += value_parse_hex(word, d->keys[d->key_count], 16) == 16;
        }
        digits = 0;
    }
    return d->key_count - before;
}

void decrypt_deinit(struct decrypt *d)
{
    for (unsigned i = 0; i < d->link_count; i++)
        woad_aes_deinit(&d->links[i].aes);
    memset(d, 0, sizeof(*d));
}

static struct decrypt_link *find_link(struct decrypt *d, uint32_t access_address)
{
    for (unsigned i = 0; i < d->link_count; i++)
        if (d->links[i].access_address == access_address)
            return &d->links[i];
    if (d->link_count == DECRYPT_LINKS)
        return NULL;
    struct decrypt_link *l = &d->links[d->link_count++];
    *l = (struct decrypt_link){.access_address = access_address};
    l->side[0].sn = l->side[1].sn = 2;
    return l;
}

/* The session key of a long term key. */
static bool derive(struct decrypt_link *l, const uint8_t key[16])
{
    uint8_t skd[16], session[16];
    for (unsigned i = 0; i < 16; i++)
        skd[i] = l->skd[15 - i];
    woad_aes_deinit(&l->aes);
    bool ok = woad_aes_init(&l->aes, key) == 0 && woad_aes_encrypt(&l->aes, skd, session) == 0;
    woad_aes_deinit(&l->aes);
    return ok && woad_aes_init(&l->aes, session) == 0;
}

/* [Vol 6, Part E, 2.1] */
static bool open_pdu(struct decrypt_link *l, const uint8_t *pdu, unsigned side, uint64_t counter,
                     uint8_t *to)
{
    uint8_t nonce[13];
    size_t len = pdu[1] - (size_t)MIC_LEN;
    for (unsigned i = 0; i < 5; i++)
        nonce[i] = (uint8_t)(counter >> (8 * i));
    nonce[4] = (uint8_t)((nonce[4] & 0x7F) | (side == 0 ? 0x80 : 0));
    memcpy(nonce + 5, l->iv, 8);
    return woad_ccm_decrypt(&l->aes, nonce, pdu[0] & 0xE3, pdu + 2, len, pdu + 2 + len, to) == 0;
}

/* With the counter expected, or one a little ahead. */
static bool try_key(struct decrypt_link *l, const uint8_t *pdu, unsigned side, bool again,
                    uint8_t *to)
{
    uint64_t *counter = &l->side[side].counter;
    if (again)
        return *counter && open_pdu(l, pdu, side, *counter - 1, to);
    for (uint64_t at = *counter; at < *counter + LOST; at++)
        if (open_pdu(l, pdu, side, at, to)) {
            *counter = at + 1;
            return true;
        }
    return false;
}

static bool open_link(struct decrypt *d, struct decrypt_link *l, const uint8_t *pdu, unsigned side,
                      bool again, uint8_t *to)
{
    if (l->keyed)
        return try_key(l, pdu, side, again, to);
    for (unsigned i = 0; i < d->key_count && !l->keyed; i++)
        l->keyed = derive(l, d->keys[i]) && try_key(l, pdu, side, again, to);
    return l->keyed;
}

/* A control PDU in the clear. */
static void follow(struct decrypt_link *l, const uint8_t *pdu)
{
    const uint8_t *p = pdu + 3;
    switch (pdu[2]) {
    case WOAD_LL_CTRL_ENC_REQ:
        if (pdu[1] != 23)
            return;
        memcpy(l->skd, p + 10, 8);
        memcpy(l->iv, p + 18, 4);
        break;
    case WOAD_LL_CTRL_ENC_RSP:
        if (pdu[1] != 13)
            return;
        memcpy(l->skd + 8, p, 8);
        memcpy(l->iv + 4, p + 8, 4);
        break;
    case WOAD_LL_CTRL_START_ENC_REQ:
        l->encrypted = true;
        l->keyed = false;
        l->side[0].counter = l->side[1].counter = 0;
        break;
    default: break;
    }
}

bool decrypt_packet(struct decrypt *d, const struct woad_air_pkt *air, uint8_t *pdu, size_t *len)
{
    bool data = air->kind == WOAD_AIR_DATA_C_TO_P || air->kind == WOAD_AIR_DATA_P_TO_C;
    if (!data || air->crc_bad || air->pdu_len < 2 || air->pdu_len != air->pdu[1] + 2u)
        return false;
    struct decrypt_link *l = find_link(d, air->access_address);
    if (!l)
        return false;
    unsigned side = air->kind == WOAD_AIR_DATA_P_TO_C;
    bool control = (air->pdu[0] & WOAD_LL_DATA_LLID_MASK) == WOAD_LLID_CTRL;
    uint8_t sn = air->pdu[0] >> 3 & 1;
    bool again = sn == l->side[side].sn; /* the acknowledgement was lost: the same PDU */
    l->side[side].sn = sn;
    if (control && !again && air->pdu[1] == 1)
        l->encrypted = false; /* no room for a MIC: a pause ends [Vol 6, Part B, 5.1.3] */
    if (control && !again && !l->encrypted && air->pdu[1])
        follow(l, air->pdu);
    if (!l->encrypted || air->pdu[1] <= MIC_LEN)
        return false;
    if (!open_link(d, l, air->pdu, side, again, pdu + 2)) {
        d->failed++;
        return false;
    }
    d->read++;
    pdu[0] = air->pdu[0];
    pdu[1] = (uint8_t)(air->pdu[1] - MIC_LEN);
    *len = pdu[1] + 2u;
    return true;
}
