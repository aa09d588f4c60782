/* The signalling channel: the input is a row of commands, each {length, octets of the C-frame}. */
#include "host_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_fuzz f;
    struct woad_rd r = woad_rd_init(data, size);
    fuzz_start(&f);
    while (r.left > 1) {
        uint8_t acl[8 + 255];
        uint8_t len = woad_rd_u8(&r);
        const uint8_t *p = woad_rd_take(&r, len < r.left ? len : r.left);
        uint8_t n = p ? (uint8_t)(r.p - p) : 0;
        woad_put_u16(acl, FUZZ_CONN | WOAD_HCI_ACL_FIRST_FLUSHABLE);
        woad_put_u16(acl + 2, (uint16_t)(n + 4));
        woad_put_u16(acl + 4, n);
        woad_put_u16(acl + 6, 5);
        if (n)
            memcpy(acl + 8, p, n);
        if (n >= 4) /* a length that fits reaches the handlers */
            woad_put_u16(acl + 10, (uint16_t)(n - 4));
        fuzz_give(&f, WOAD_PKT_ACL, acl, (size_t)n + 8);
        fuzz_pump(&f);
    }
    fuzz_end(&f);
    return 0;
}
