/* Roots for the flash table: nothing but the calls that a program of this kind makes. */
#include "woad/lc3.h"

int volatile result;
void *volatile mem;

void start(void)
{
    const struct woad_lc3_config *cfg = mem;

    result = woad_lc3_decode(woad_lc3_decoder_init(mem, 0, cfg), mem, mem, 0, WOAD_LC3_S16, mem, 1);
#if WOAD_LC3_ENCODER
    result = woad_lc3_encode(woad_lc3_encoder_init(mem, 0, cfg), mem, WOAD_LC3_S16, mem, 1, mem, 0);
#endif
}
