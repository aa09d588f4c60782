/*
 * Any octets as samples: octet 0 chooses rate and duration, octet 1 the frame size, octet 2 the
 * gain. What the encoder writes must be a frame that the decoder accepts.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "woad/lc3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rates[] = {8000, 16000, 24000, 32000, 44100, 48000};
    static _Alignas(WOAD_LC3_ALIGN) uint8_t enc_state[8192], dec_state[8192], scratch[8192];
    struct woad_lc3_config cfg;
    struct woad_lc3_encoder *enc;
    struct woad_lc3_decoder *dec;
    size_t octets, at = 3;
    uint32_t repeat = 0;
    unsigned f, i;

    if (size < 4) {
        return 0;
    }
    cfg = (struct woad_lc3_config){.rate_hz = rates[data[0] % 6],
                                   .frame_us = data[0] & 0x40 ? 7500 : 10000};
    octets = 20 + (size_t)data[1] * 381 / 256;
    enc = woad_lc3_encoder_init(enc_state, sizeof enc_state, &cfg);
    dec = woad_lc3_decoder_init(dec_state, sizeof dec_state, &cfg);
    if (!enc || !dec) {
        abort();
    }
    for (f = 0; f < 8; f++) {
        int32_t pcm[480];
        int16_t out[480];
        uint8_t frame[400];

        /* The input over and over, differently each time. */
        for (i = 0; i < 480; i++) {
            uint32_t v = (uint32_t)data[at] << 24 | (uint32_t)data[(at + 1) % size] << 16;
            pcm[i] = (int32_t)(v + repeat) >> (data[2] & 15);
            at = at + 2 < size ? at + 2 : (repeat += 0x01234567, 3 + repeat % (size - 3));
        }
        if (woad_lc3_encode(enc, scratch, WOAD_LC3_S32, pcm, 1, frame, octets) != 0 ||
            woad_lc3_decode(dec, scratch, frame, octets, WOAD_LC3_S16, out, 1) != 0) {
            abort();
        }
    }
    return 0;
}
