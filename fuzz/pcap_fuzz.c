/* The pcap reader on any file, its records through the decoders. */
#include <stdint.h>
#include <stdlib.h>

#include "woad/hci_decode.h"
#include "woad/pcap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct woad_decode_visitor quiet = {0};
    struct woad_pcap_reader r;
    struct woad_pcap_rec rec;
    struct woad_air_pkt air;
    struct woad_btsnoop_rec hci;
    if (woad_pcap_open(&r, data, size) != 0)
        return 0;
    while (woad_pcap_next(&r, &rec) == 1) {
        if (woad_pcap_air(&r, &rec, &air) == 0)
            (void)woad_decode_air(air.kind, air.crc_bad, air.pdu, air.pdu_len, &quiet, NULL);
        else if (woad_pcap_hci(&r, &rec, &hci) == 0)
            (void)woad_decode_hci(hci.type, hci.data, hci.len, &quiet, NULL);
    }
    return 0;
}
