/* Recombination: the input is a row of ACL packets, each {flags, length, octets}. */
#include "host_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_fuzz f;
    struct woad_rd r = woad_rd_init(data, size);
    fuzz_start(&f);
    while (r.left > 1) {
        uint8_t acl[4 + 255];
        uint8_t flags = woad_rd_u8(&r);
        uint8_t len = woad_rd_u8(&r);
        const uint8_t *p = woad_rd_take(&r, len < r.left ? len : r.left);
        uint8_t n = p ? (uint8_t)(r.p - p) : 0;
        woad_put_u16(acl, (uint16_t)(FUZZ_CONN | (flags & 0xf) << 12));
        /* now and then a length that lies */
        woad_put_u16(acl + 2, (uint16_t)(flags & 0x80 ? n + 1 : n));
        if (n)
            memcpy(acl + 4, p, n);
        fuzz_give(&f, WOAD_PKT_ACL, acl, (size_t)n + 4);
        fuzz_pump(&f);
    }
    fuzz_end(&f);
    return 0;
}
