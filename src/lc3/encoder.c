#include <string.h>

#include "attack.h"
#include "bandwidth.h"
#include "energy.h"
#include "mdct.h"
#include "pcm.h"
#include "pitch.h"
#include "sns.h"
#include "spectrum.h"
#include "tns.h"

#if WOAD_LC3_ENCODER

#define INPUT_FRACTION 8

/* An empty spectrum takes a pair of zeros. The smallest frames have no room for every side
 * information. */
#define SPECTRUM_BITS_MIN 12

struct woad_lc3_encoder {
    const struct woad_lc3_geometry *geo;
    int32_t *previous; /* end of the last frame, INPUT_FRACTION bits */
    int16_t *before;   /* the same in 16 bits: 1.25 ms */
    struct woad_lc3_attack attack;
    struct woad_lc3_rate rate;
    struct woad_lc3_pitch_analysis pitch;
};

/* Samples of 16 bits that the filters look back. */
static unsigned before_count(const struct woad_lc3_geometry *geo)
{
    return geo->samples / geo->quarters / 2u;
}

size_t woad_lc3_encoder_size(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    return geo ? (sizeof(struct woad_lc3_encoder) + sizeof(int32_t) * geo->overlap +
                  sizeof(int16_t) * before_count(geo) + WOAD_LC3_ALIGN - 1) &
                     ~(size_t)(WOAD_LC3_ALIGN - 1)
               : 0;
}

/* A frame of samples, which makes place for their 16 bits, and the spectrum. */
size_t woad_lc3_encoder_scratch(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    return geo ? 2 * sizeof(int32_t) * geo->samples : 0;
}

struct woad_lc3_encoder *woad_lc3_encoder_init(void *mem, size_t size,
                                               const struct woad_lc3_config *cfg)
{
    struct woad_lc3_encoder *enc = mem;
    size_t need = woad_lc3_encoder_size(cfg);

    if (!mem || need == 0 || size < need || (uintptr_t)mem % WOAD_LC3_ALIGN) {
        return NULL;
    }
    memset(mem, 0, need);
    enc->geo = woad_lc3_geometry_find(cfg);
    enc->previous = (int32_t *)(enc + 1);
    enc->before = (int16_t *)(enc->previous + enc->geo->overlap);
    return enc;
}

struct frame {
    unsigned bandwidth;
    struct woad_lc3_spectrum spec;
    struct woad_lc3_tns tns;
    struct woad_lc3_sns sns;
    struct woad_lc3_pitch pitch;
};

/* Everything that works on samples. x16: room for the frame and what came before it. */
static bool analyze_time(struct woad_lc3_encoder *enc, size_t len, const int32_t *x, int16_t *x16,
                         struct frame *f)
{
    const struct woad_lc3_geometry *geo = enc->geo;
    size_t size = before_count(geo) * sizeof *x16;
    int16_t *now = x16 + before_count(geo);
    bool attack;
    int n = geo->samples, i;

    memcpy(x16, enc->before, size);
    for (i = 0; i < n; i++) {
        now[i] = (int16_t)(x[i] >> INPUT_FRACTION);
    }
    attack = woad_lc3_attack_run(geo, len, &enc->attack, now);
    woad_lc3_pitch_analyze(geo, &enc->pitch, now, &f->pitch);
    memcpy(enc->before, x16 + geo->samples, size);
    return attack;
}

/* Samples x to the quantised spectrum y. */
static void analyze(struct woad_lc3_encoder *enc, size_t len, const int32_t *x, int32_t *y,
                    struct frame *f)
{
    const struct woad_lc3_geometry *geo = enc->geo;
    struct woad_lc3_energy energy;
    /* The samples of 16 bits need less than the spectrum, which comes after them. */
    bool attack = analyze_time(enc, len, x, (int16_t *)y, f);
    int fraction = woad_lc3_mdct_forward(geo, INPUT_FRACTION, x, enc->previous, y), budget;

    woad_lc3_energy_compute(geo, fraction, y, &energy);
    if (energy.near_nyquist) {
        f->pitch.active = false;
    }
    f->bandwidth = woad_lc3_bandwidth_detect(geo, &energy);
    fraction = woad_lc3_sns_analyze(geo, &energy, attack, &f->sns, fraction, y);
    budget = 8 * (int)len - woad_lc3_spectrum_side_bits(geo, len) - woad_lc3_bandwidth_bits(geo) -
             1 - (f->pitch.present ? 10 : 0) - WOAD_LC3_SNS_BITS;
    woad_lc3_tns_analyze(geo, f->bandwidth, energy.near_nyquist, len, budget - SPECTRUM_BITS_MIN,
                         &f->tns, y);
    budget -= woad_lc3_tns_bits(&f->tns);
    woad_lc3_spectrum_quantize(geo, len, budget, &enc->rate, &f->spec, fraction, y);
}

static void write_frame(const struct woad_lc3_geometry *geo, const struct frame *f,
                        const int32_t *y, uint8_t *frame, size_t len)
{
    struct woad_lc3_writer w;

    woad_lc3_writer_init(&w, frame, len);
    woad_lc3_bandwidth_write(&w, geo, f->bandwidth);
    woad_lc3_spectrum_write_side(&w, geo, &f->spec);
    woad_lc3_tns_write(&w, &f->tns);
    woad_lc3_write(&w, f->pitch.present, 1);
    woad_lc3_sns_write(&w, &f->sns);
    woad_lc3_pitch_write(&w, &f->pitch);
    woad_lc3_spectrum_write(&w, geo, &f->spec, f->bandwidth, len, y);
    woad_lc3_writer_finish(&w);
}

int woad_lc3_encode(struct woad_lc3_encoder *enc, void *scratch, enum woad_lc3_format format,
                    const void *pcm, unsigned stride, uint8_t *frame, size_t len)
{
    struct frame f = {0};
    int32_t *x = scratch;

    if (!enc || !scratch || !pcm || !frame || stride == 0 || (unsigned)format > WOAD_LC3_S32) {
        return WOAD_LC3_ERR_PARAM;
    }
    if (len < WOAD_LC3_OCTETS_MIN || len > WOAD_LC3_OCTETS_MAX) {
        return WOAD_LC3_ERR_SIZE;
    }
    woad_lc3_pcm_load(format, pcm, stride, x, enc->geo->samples);
    analyze(enc, len, x, x + enc->geo->samples, &f);
    write_frame(enc->geo, &f, x + enc->geo->samples, frame, len);
    return WOAD_LC3_OK;
}
#endif
