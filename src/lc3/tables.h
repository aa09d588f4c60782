/* Tables of the codec, written by tools/gen/lc3_tables.py, and which of them a build needs. */
#ifndef WOAD_LC3_TABLES_H
#define WOAD_LC3_TABLES_H

#include <stdint.h>

#include "woad/lc3.h"

#define WOAD_LC3_HAS_8K  (WOAD_LC3_RATES & 1)
#define WOAD_LC3_HAS_16K (WOAD_LC3_RATES & 2)
#define WOAD_LC3_HAS_24K (WOAD_LC3_RATES & 4)
#define WOAD_LC3_HAS_32K (WOAD_LC3_RATES & 8)
#define WOAD_LC3_HAS_48K (WOAD_LC3_RATES & 16)
#define WOAD_LC3_HAS_75  (WOAD_LC3_DURATIONS & 1)
#define WOAD_LC3_HAS_100 (WOAD_LC3_DURATIONS & 2)

#define WOAD_LC3_LINES_60  (WOAD_LC3_HAS_75 && WOAD_LC3_HAS_8K)
#define WOAD_LC3_LINES_80  (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_8K)
#define WOAD_LC3_LINES_120 (WOAD_LC3_HAS_75 && WOAD_LC3_HAS_16K)
#define WOAD_LC3_LINES_160 (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_16K)
#define WOAD_LC3_LINES_180 (WOAD_LC3_HAS_75 && WOAD_LC3_HAS_24K)
#define WOAD_LC3_LINES_240                                                                         \
    ((WOAD_LC3_HAS_75 && WOAD_LC3_HAS_32K) || (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_24K))
#define WOAD_LC3_LINES_320 (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_32K)
#define WOAD_LC3_LINES_360 (WOAD_LC3_HAS_75 && WOAD_LC3_HAS_48K)
#define WOAD_LC3_LINES_480 (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_48K)

/* The windows of 8 and 16 kHz are every third value of those of 24 and 48 kHz. */
#define WOAD_LC3_WINDOW_75_24  (WOAD_LC3_HAS_75 && (WOAD_LC3_HAS_8K || WOAD_LC3_HAS_24K))
#define WOAD_LC3_WINDOW_75_32  (WOAD_LC3_HAS_75 && WOAD_LC3_HAS_32K)
#define WOAD_LC3_WINDOW_75_48  (WOAD_LC3_HAS_75 && (WOAD_LC3_HAS_16K || WOAD_LC3_HAS_48K))
#define WOAD_LC3_WINDOW_100_24 (WOAD_LC3_HAS_100 && (WOAD_LC3_HAS_8K || WOAD_LC3_HAS_24K))
#define WOAD_LC3_WINDOW_100_32 (WOAD_LC3_HAS_100 && WOAD_LC3_HAS_32K)
#define WOAD_LC3_WINDOW_100_48 (WOAD_LC3_HAS_100 && (WOAD_LC3_HAS_16K || WOAD_LC3_HAS_48K))

extern const int32_t woad_lc3_rot_60[], woad_lc3_rot_80[], woad_lc3_rot_120[], woad_lc3_rot_160[],
    woad_lc3_rot_180[], woad_lc3_rot_240[], woad_lc3_rot_320[], woad_lc3_rot_360[],
    woad_lc3_rot_480[];
extern const int32_t woad_lc3_twiddle_32[44], woad_lc3_twiddle_9[8];

extern const int32_t woad_lc3_window_75_24[], woad_lc3_window_75_32[], woad_lc3_window_75_48[],
    woad_lc3_window_100_24[], woad_lc3_window_100_32[], woad_lc3_window_100_48[];

extern const uint8_t woad_lc3_bands_75_8[], woad_lc3_bands_75_16[], woad_lc3_bands_75_24[],
    woad_lc3_bands_75_32[], woad_lc3_bands_75_48[], woad_lc3_bands_100_8[], woad_lc3_bands_100_16[],
    woad_lc3_bands_100_24[], woad_lc3_bands_100_32[], woad_lc3_bands_100_48[];

extern const int16_t woad_lc3_sns_first_high[2][32][8];
extern const uint8_t woad_lc3_sns_first_low[2][32][8];
extern const int32_t woad_lc3_sns_pyramid[2][11];
extern const int32_t woad_lc3_sns_dct[16][8];
extern const int16_t woad_lc3_sns_gain[4][8];

extern const uint16_t woad_lc3_spectrum_cum[64][18];
extern const uint8_t woad_lc3_spectrum_models[][4], woad_lc3_spectrum_lookup[2][2][256];
extern const uint16_t woad_lc3_tns_coef_cum[8][18], woad_lc3_tns_order_cum[2][18];
extern const uint16_t woad_lc3_spectrum_cost[64][17];
extern const uint16_t woad_lc3_tns_coef_cost[8][17], woad_lc3_tns_order_cost[2][8];
extern const int16_t woad_lc3_tns_sine[9], woad_lc3_tns_limit[8];

extern const int32_t woad_lc3_ltpf_den_16[], woad_lc3_ltpf_den_24[], woad_lc3_ltpf_den_32[],
    woad_lc3_ltpf_den_48[];
extern const int32_t woad_lc3_ltpf_num_16[], woad_lc3_ltpf_num_24[], woad_lc3_ltpf_num_32[],
    woad_lc3_ltpf_num_48[];
extern const int16_t woad_lc3_resample_8[], woad_lc3_resample_16[], woad_lc3_resample_24[],
    woad_lc3_resample_32[], woad_lc3_resample_48[];

extern const int32_t woad_lc3_pitch_interp_r[4][8], woad_lc3_tns_lag_window[9];
extern const int16_t woad_lc3_pitch_interp_x[4][4];

extern const int32_t woad_lc3_exp2_table[32];
extern const uint32_t woad_lc3_log2_table[65];

#endif
