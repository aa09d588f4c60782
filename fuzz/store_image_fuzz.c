/* The log on flash, mounted on any image; then writes, deletes and power cuts against a model.
 *
 * Input: geometry (1), operations (1 + 2 per operation), then the image. The image's CRCs are made
 * right if the geometry octet says so, so that the fuzzer gets past them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/flash_double.h"

#define BLOCK 256u
#define KEYS  8u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t crc32(uint32_t crc, const uint8_t *p, size_t len)
{
    for (crc = ~crc; len; len--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* Gives each block a right header around its place in the order, and its records right CRCs. */
static void sign(uint8_t *mem, uint32_t blocks)
{
    for (uint32_t b = 0; b < blocks; b++) {
        uint8_t *block = mem + b * BLOCK;
        uint8_t octets[12];
        uint32_t seq = (block[4] / blocks) * blocks + b;
        put32(block, 0x31545377);
        put32(block + 4, seq);
        put32(block + 8, BLOCK | 4u << 24);
        put32(block + 12, crc32(0, block, 12));
        for (uint32_t at = 16; at + 12 <= BLOCK;) {
            block[at + 7] = (uint8_t)(0xA1 + block[at + 7] % 4); /* one kind in four is none */
            block[at + 5] &= 1;
            uint32_t len = block[at + 4] | (uint32_t)block[at + 5] << 8;
            if (block[at + 7] != 0xA1)
                len = block[at + 4] = block[at + 5] = 0;
            if (at + 12 + len > BLOCK)
                break;
            put32(octets, seq);
            memcpy(octets + 4, block + at, 8);
            uint32_t crc = crc32(0, octets, 12);
            put32(block + at + 8, crc32(crc, block + at + 12, len));
            at += (12 + len + 7) & ~7u;
        }
    }
}

struct state {
    struct flash_double d;
    struct woad_store_flash log;
    struct woad_store_flash_key index[64];
    struct woad_store store;
};

/* Everything the store says it has can be read or is said to be damaged. */
static void read_all(struct state *s)
{
    uint8_t value[WOAD_STORE_VALUE_MAX];
    unsigned n = 0;
    for (uint32_t key = 0; woad_store_next(&s->store, &key) == 0; n++) {
        long len = woad_store_get(&s->store, key, value, sizeof(value));
        if (len <= 0 || len > (long)sizeof(value) || n > 64)
            abort();
    }
}

static int mount(struct state *s)
{
    s->d.off = false;
    s->d.cut_at = -1;
    int err = woad_store_flash_mount(&s->log, &s->d.flash, s->index, 64);
    s->store = woad_store_flash_store(&s->log);
    return err;
}

/* One operation, perhaps with a power cut in it; what was acknowledged is there. */
static void operate(struct state *s, uint8_t what, uint8_t how)
{
    uint8_t value[256], got[256];
    uint32_t key = 1 + what % KEYS;
    uint16_t len = (uint16_t)(1 + how % 100);
    memset(value, how, sizeof(value));
    if (what & 0x80) {
        s->d.cut_at = s->d.operations + (what >> 4 & 7);
        s->d.cut = (enum flash_cut)(how % FLASH_CUTS);
    }
    int err = what & 0x08 ? woad_store_delete(&s->store, key)
                          : woad_store_put(&s->store, key, value, len);
    if (s->d.off && mount(s))
        abort();
    s->d.cut_at = -1;
    long is = woad_store_get(&s->store, key, got, sizeof(got));
    if (err == 0 &&
        (what & 0x08 ? is != WOAD_ERR_NOT_FOUND : is != len || memcmp(got, value, len) != 0))
        abort();
    if (err && err != WOAD_ERR_NO_MEM && err != WOAD_ERR_IO && err != WOAD_ERR_TOO_LONG)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct state s;
    if (size < 2 || size - 2 < 2u * data[1])
        return 0;
    uint16_t blocks = (uint16_t)(2 + (data[0] & 7));
    const uint8_t *operations = data + 2;
    const uint8_t *image = operations + 2u * data[1];
    size_t left = size - (size_t)(image - data);
    flash_double_open(&s.d, BLOCK, blocks, 4, 0xFF, 0xFF);
    memcpy(s.d.mem, image, left < BLOCK * blocks ? left : BLOCK * blocks);
    if (data[0] & 0x80)
        sign(s.d.mem, blocks);
    memset(s.d.used, 0, BLOCK * blocks);
    if (mount(&s) == 0) {
        read_all(&s);
        for (unsigned i = 0; i < data[1]; i++)
            operate(&s, operations[2 * i], operations[2 * i + 1]);
        read_all(&s);
        uint16_t keys = s.log.key_count;
        if (mount(&s) || s.log.key_count != keys)
            abort();
        read_all(&s);
    }
    flash_double_close(&s.d);
    return 0;
}
