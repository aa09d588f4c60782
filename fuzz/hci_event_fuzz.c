/* Every event parser of the host: the input is a row of events, each {length, octets}. */
#include "host_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct host_fuzz f;
    struct woad_rd r = woad_rd_init(data, size);
    fuzz_start(&f);
    while (r.left > 1) {
        uint8_t evt[2 + 255];
        uint8_t code = woad_rd_u8(&r);
        uint8_t len = woad_rd_u8(&r);
        const uint8_t *p = woad_rd_take(&r, len < r.left ? len : r.left);
        uint8_t n = p ? (uint8_t)(r.p - p) : 0;
        evt[0] = code;
        evt[1] = n;
        if (n)
            memcpy(evt + 2, p, n);
        fuzz_give(&f, WOAD_PKT_EVT, evt, (size_t)n + 2);
        fuzz_pump(&f);
    }
    fuzz_end(&f);
    return 0;
}
