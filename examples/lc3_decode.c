/* examples/lc3_decode.c: a mono .lc3 file of 48 kHz, 10 ms: lc3_decode < in.lc3 > out.s16 */
#include <stdio.h>

#include "woad/lc3.h"

int main(void)
{
    static _Alignas(WOAD_LC3_ALIGN) uint8_t state[4352], scratch[2560];
    const struct woad_lc3_config cfg = {.rate_hz = 48000, .frame_us = 10000};
    struct woad_lc3_decoder *dec = woad_lc3_decoder_init(state, sizeof state, &cfg);
    uint8_t header[18], size[2], frame[WOAD_LC3_OCTETS_MAX];
    int16_t pcm[480];
    if (!dec || fread(header, sizeof header, 1, stdin) != 1)
        return 1;
    while (fread(size, sizeof size, 1, stdin) == 1) {
        size_t len = size[0] | (size_t)size[1] << 8;
        if (len > sizeof frame || fread(frame, 1, len, stdin) != len ||
            woad_lc3_decode(dec, scratch, frame, len, WOAD_LC3_S16, pcm, 1) < 0)
            return 1;
        fwrite(pcm, sizeof pcm, 1, stdout);
    }
    return 0;
}
