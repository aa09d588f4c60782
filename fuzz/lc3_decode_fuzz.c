/*
 * Any octets as a stream of frames: octet 0 chooses rate, duration and format, octet 1 the frame
 * size, octet 2 which frames are lost; the rest are the frames.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "woad/lc3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rates[] = {8000, 16000, 24000, 32000, 44100, 48000};
    static _Alignas(WOAD_LC3_ALIGN) uint8_t state[8192], scratch[8192];
    static int32_t pcm[480];
    struct woad_lc3_config cfg;
    struct woad_lc3_decoder *dec;
    size_t octets;
    unsigned f;

    if (size < 3) {
        return 0;
    }
    cfg = (struct woad_lc3_config){.rate_hz = rates[data[0] % 6],
                                   .frame_us = data[0] & 0x40 ? 7500 : 10000};
    octets = 20 + (size_t)data[1] * 381 / 256;
    dec = woad_lc3_decoder_init(state, sizeof state, &cfg);
    if (!dec) {
        abort();
    }
    size -= 3;
    for (f = 0; f < 20 && size >= octets; f++, size -= octets) {
        const uint8_t *frame = data + 3 + f * octets;
        int ret = woad_lc3_decode(dec, scratch, data[2] >> (f & 7) & 1 ? NULL : frame, octets,
                                  (enum woad_lc3_format)(data[0] >> 4 & 3), pcm, 1);
        if (ret < 0) {
            abort();
        }
    }
    return 0;
}
