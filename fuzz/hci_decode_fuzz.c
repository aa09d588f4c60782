/* The decoder and the coverage counters on any packet. First octet: bit 3 clear, the HCI packet
 * type; set, the kind of air PDU in the low three bits (7: periodic) and "encrypted" in bit 4. */
#include <stdint.h>
#include <stdlib.h>

#include "woad/hci_coverage.h"
#include "woad/hci_decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text(void *arg, const char *s, size_t len)
{
    unsigned *sum = arg;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c != '\n' && (c < 0x20 || c > 0x7e))
            abort(); /* nothing in a packet may steer a terminal */
        *sum += c;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned sum = 0;
    struct woad_print p = {.text = text, .arg = &sum};
    struct woad_hci_coverage coverage = {0};
    if (data[0] & 8) {
        unsigned kind = (data[0] & 7) == 7 ? WOAD_AIR_PERIODIC : data[0] & 7;
        (void)woad_decode_air((enum woad_air_kind)kind, data[0] & 16, data + 1, size - 1,
                              &woad_print_visitor, &p);
    } else {
        (void)woad_decode_hci(data[0] & 7, data + 1, size - 1, &woad_print_visitor, &p);
        woad_hci_coverage_add(&coverage, data[0] & 7, data[0] & 16, data + 1, size - 1);
    }
    if (p.depth != 0)
        abort(); /* every layer and group that began has ended */
    return 0;
}
