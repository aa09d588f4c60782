/* tools/woad/decrypt.h: reads encrypted links of an air capture with keys that are known.
 *
 * A link is followed from its LL_ENC_REQ and LL_ENC_RSP, which carry what the session key is made
 * of besides the long term key [Vol 6, Part B, 5.1.3.1]. Which key it is shows at the first MIC.
 */
#ifndef WOAD_TOOL_DECRYPT_H
#define WOAD_TOOL_DECRYPT_H

#include "woad/crypto.h"
#include "woad/pcap.h"

#define DECRYPT_LINKS 64
#define DECRYPT_KEYS  256

struct decrypt_link {
    uint32_t access_address;
    uint8_t skd[16], iv[8]; /* as on air */
    bool encrypted, keyed;
    struct woad_aes aes;
    struct {
        uint8_t sn; /* of the last PDU; 2: none yet */
        uint64_t counter;
    } side[2]; /* from the central, from the peripheral */
};

struct decrypt {
    uint8_t keys[DECRYPT_KEYS][16];
    unsigned key_count;
    struct decrypt_link links[DECRYPT_LINKS];
    unsigned link_count;
    uint64_t read, failed; /* encrypted PDUs */
};

/* Takes every word of 32 hex digits in text as a key, most significant octet first: what 'woad
 * bonds --keys' prints, as text or JSON, is such a text. Returns how many. */
unsigned decrypt_add_keys(struct decrypt *d, const char *text, size_t len);

/* The next packet of a capture, in their order. True: it was encrypted and is now in pdu (at least
 * 257 octets), header with the new length, payload without MIC; *len are its octets. */
bool decrypt_packet(struct decrypt *d, const struct woad_air_pkt *air, uint8_t *pdu, size_t *len);

void decrypt_deinit(struct decrypt *d);

#endif
