#include "geometry.h"

#include "tables.h"

#if WOAD_LC3_ENCODER
#define RESAMPLE(table) (table)
#else
#define RESAMPLE(table) NULL
#endif

/* Windows of 8 and 16 kHz: from the second value of the table of three times the rate. */
static const struct woad_lc3_geometry geometries[] = {
#if WOAD_LC3_HAS_75 && WOAD_LC3_HAS_8K
    {0, 3, 60, 3, 60, 60, 46, -41161982, woad_lc3_window_75_24 + 1, woad_lc3_rot_60,
     woad_lc3_bands_75_8, RESAMPLE(woad_lc3_resample_8)},
#endif
#if WOAD_LC3_HAS_75 && WOAD_LC3_HAS_16K
    {1, 3, 64, 3, 120, 120, 92, -49550590, woad_lc3_window_75_48 + 1, woad_lc3_rot_120,
     woad_lc3_bands_75_16, RESAMPLE(woad_lc3_resample_16)},
#endif
#if WOAD_LC3_HAS_75 && WOAD_LC3_HAS_24K
    {2, 3, 64, 1, 180, 180, 138, -54457611, woad_lc3_window_75_24, woad_lc3_rot_180,
     woad_lc3_bands_75_24, RESAMPLE(woad_lc3_resample_24)},
#endif
#if WOAD_LC3_HAS_75 && WOAD_LC3_HAS_32K
    {3, 3, 64, 1, 240, 240, 184, -57939198, woad_lc3_window_75_32, woad_lc3_rot_240,
     woad_lc3_bands_75_32, RESAMPLE(woad_lc3_resample_32)},
#endif
#if WOAD_LC3_HAS_75 && WOAD_LC3_HAS_48K
    {4, 3, 64, 1, 360, 300, 276, -62846219, woad_lc3_window_75_48, woad_lc3_rot_360,
     woad_lc3_bands_75_48, RESAMPLE(woad_lc3_resample_48)},
#endif
#if WOAD_LC3_HAS_100 && WOAD_LC3_HAS_8K
    {0, 4, 64, 3, 80, 80, 50, -44643569, woad_lc3_window_100_24 + 1, woad_lc3_rot_80,
     woad_lc3_bands_100_8, RESAMPLE(woad_lc3_resample_8)},
#endif
#if WOAD_LC3_HAS_100 && WOAD_LC3_HAS_16K
    {1, 4, 64, 3, 160, 160, 100, -53032177, woad_lc3_window_100_48 + 1, woad_lc3_rot_160,
     woad_lc3_bands_100_16, RESAMPLE(woad_lc3_resample_16)},
#endif
#if WOAD_LC3_HAS_100 && WOAD_LC3_HAS_24K
    {2, 4, 64, 1, 240, 240, 150, -57939198, woad_lc3_window_100_24, woad_lc3_rot_240,
     woad_lc3_bands_100_24, RESAMPLE(woad_lc3_resample_24)},
#endif
#if WOAD_LC3_HAS_100 && WOAD_LC3_HAS_32K
    {3, 4, 64, 1, 320, 320, 200, -61420785, woad_lc3_window_100_32, woad_lc3_rot_320,
     woad_lc3_bands_100_32, RESAMPLE(woad_lc3_resample_32)},
#endif
#if WOAD_LC3_HAS_100 && WOAD_LC3_HAS_48K
    {4, 4, 64, 1, 480, 400, 300, -66327806, woad_lc3_window_100_48, woad_lc3_rot_480,
     woad_lc3_bands_100_48, RESAMPLE(woad_lc3_resample_48)},
#endif
};

const struct woad_lc3_geometry *woad_lc3_geometry_find(const struct woad_lc3_config *cfg)
{
    static const struct {
        uint32_t rate_hz;
        unsigned rate;
    } rates[] = {{8000, 0}, {16000, 1}, {24000, 2}, {32000, 3}, {44100, 4}, {48000, 4}};
    unsigned quarters, i, j;

    if (!cfg || (cfg->frame_us != 7500 && cfg->frame_us != 10000)) {
        return NULL;
    }
    quarters = cfg->frame_us / 2500;
    for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        for (j = 0;
             rates[i].rate_hz == cfg->rate_hz && j < sizeof geometries / sizeof geometries[0];
             j++) {
            if (geometries[j].rate == rates[i].rate && geometries[j].quarters == quarters) {
                return &geometries[j];
            }
        }
    }
    return NULL;
}

bool woad_lc3_supported(const struct woad_lc3_config *cfg)
{
    return woad_lc3_geometry_find(cfg) != NULL;
}

unsigned woad_lc3_frame_samples(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    return geo ? geo->samples : 0;
}

unsigned woad_lc3_delay_samples(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    return geo ? 2u * geo->overlap - geo->samples : 0;
}

unsigned woad_lc3_frame_octets(const struct woad_lc3_config *cfg, uint32_t bitrate)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);
    uint32_t octets;

    if (!geo) {
        return 0;
    }
    /* At most 400 octets each 7.5 ms; keeps the product within 32 bits. */
    bitrate = bitrate < 500000 ? bitrate : 500000;
    octets = bitrate * geo->samples / cfg->rate_hz / 8;
    return octets < WOAD_LC3_OCTETS_MIN   ? WOAD_LC3_OCTETS_MIN
           : octets > WOAD_LC3_OCTETS_MAX ? WOAD_LC3_OCTETS_MAX
                                          : octets;
}

uint32_t woad_lc3_bitrate(const struct woad_lc3_config *cfg, unsigned octets)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    if (!geo || octets > WOAD_LC3_OCTETS_MAX) {
        return 0;
    }
    return (octets * 8 * cfg->rate_hz + geo->samples - 1) / geo->samples;
}
