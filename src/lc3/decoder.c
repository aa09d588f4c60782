#include <string.h>

#include "bandwidth.h"
#include "ltpf.h"
#include "mdct.h"
#include "pcm.h"
#include "sns.h"
#include "spectrum.h"
#include "tns.h"

/*
 * The frame kept for concealment is the coded one: decoding it again gives the last good spectrum,
 * exactly, from fewer octets than the spectrum would take.
 */
struct woad_lc3_decoder {
    const struct woad_lc3_geometry *geo;
    int32_t *overlap;
    uint8_t *good; /* the last good frame, good_len octets; 0: none yet */
    uint16_t good_len;
    uint16_t octets_max;
    uint16_t seed;     /* of the signs of concealed frames */
    uint8_t lost;      /* frames in a row, at most 255 */
    int32_t loss_gain; /* log2, Q24 */
    struct woad_lc3_ltpf ltpf;
};

#define LOG2_0_90 (-2550189) /* Q24 */
#define LOG2_0_85 (-3933674)
#define GAIN_MIN  (-64 * (1 << 24))

static unsigned octets_max(const struct woad_lc3_config *cfg)
{
    return cfg->octets_max ? cfg->octets_max : WOAD_LC3_OCTETS_MAX;
}

static size_t align(size_t size)
{
    return (size + WOAD_LC3_ALIGN - 1) & ~(size_t)(WOAD_LC3_ALIGN - 1);
}

size_t woad_lc3_decoder_size(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    if (!geo || octets_max(cfg) < WOAD_LC3_OCTETS_MIN || octets_max(cfg) > WOAD_LC3_OCTETS_MAX) {
        return 0;
    }
    return align(sizeof(struct woad_lc3_decoder) +
                 sizeof(int32_t) * (geo->overlap + woad_lc3_ltpf_taps(geo)) +
                 (sizeof(int16_t) * 2 + 1) * woad_lc3_ltpf_history(geo) / 2 + octets_max(cfg));
}

/* A frame of words, and a block of 2.5 ms after the taps before it. */
size_t woad_lc3_decoder_scratch(const struct woad_lc3_config *cfg)
{
    const struct woad_lc3_geometry *geo = woad_lc3_geometry_find(cfg);

    return geo ? sizeof(int32_t) *
                     ((size_t)geo->samples + WOAD_LC3_TAPS_MAX + geo->samples / geo->quarters)
               : 0;
}

struct woad_lc3_decoder *woad_lc3_decoder_init(void *mem, size_t size,
                                               const struct woad_lc3_config *cfg)
{
    struct woad_lc3_decoder *dec = mem;
    size_t need = woad_lc3_decoder_size(cfg);

    if (!mem || need == 0 || size < need || (uintptr_t)mem % WOAD_LC3_ALIGN) {
        return NULL;
    }
    memset(mem, 0, need);
    dec->geo = woad_lc3_geometry_find(cfg);
    dec->octets_max = (uint16_t)octets_max(cfg);
    dec->seed = 24607;
    dec->overlap = (int32_t *)(dec + 1);
    dec->ltpf.input = dec->overlap + dec->geo->overlap;
    dec->ltpf.size = (uint16_t)woad_lc3_ltpf_history(dec->geo);
    dec->ltpf.history = (int16_t *)(dec->ltpf.input + woad_lc3_ltpf_taps(dec->geo));
    dec->ltpf.low = (uint8_t *)(dec->ltpf.history + dec->ltpf.size);
    dec->good = dec->ltpf.low + dec->ltpf.size / 2;
    return dec;
}

struct side {
    unsigned bandwidth;
    struct woad_lc3_spectrum spec;
    struct woad_lc3_tns tns;
    struct woad_lc3_sns sns;
    struct woad_lc3_pitch pitch;
};

/* Everything that is in a frame; -1 when it breaks a rule. [3.4.2] */
static int read_frame(const struct woad_lc3_geometry *geo, const uint8_t *frame, size_t len,
                      struct side *side, int32_t *x)
{
    struct woad_lc3_reader r;

    woad_lc3_reader_init(&r, frame, len);
    if (woad_lc3_bandwidth_read(&r, geo, &side->bandwidth) < 0 ||
        woad_lc3_spectrum_read_side(&r, geo, &side->spec) < 0) {
        return -1;
    }
    woad_lc3_tns_read(&r, geo, side->bandwidth, len, &side->tns);
    side->pitch = (struct woad_lc3_pitch){.present = woad_lc3_read(&r, 1)};
    if (woad_lc3_sns_read(&r, &side->sns) < 0) {
        return -1;
    }
    woad_lc3_pitch_read(&r, &side->pitch);
    return woad_lc3_spectrum_read(&r, geo, &side->spec, side->bandwidth, len, x);
}

/* Pseudo-random signs and a falling gain, on the last good spectrum. [Appendix B] */
static void prepare_loss(struct woad_lc3_decoder *dec, int32_t *x)
{
    uint32_t seed = dec->seed;
    int i;

    dec->lost = (uint8_t)min_int(dec->lost + 1, 255);
    if (dec->lost >= 4) {
        dec->loss_gain += dec->lost < 8 ? LOG2_0_90 : LOG2_0_85;
        dec->loss_gain = max_int(dec->loss_gain, GAIN_MIN);
    }
    for (i = 0; i < dec->geo->lines; i++) {
        seed = 16831 + seed * 12821;
        if (seed & 0x8000) {
            x[i] = -x[i];
        }
    }
    dec->seed = (uint16_t)seed;
}

/* Spectrum to aliased time samples, in place. */
static void transform(struct woad_lc3_decoder *dec, const struct side *side, size_t len, bool lost,
                      int32_t *x)
{
    const struct woad_lc3_geometry *geo = dec->geo;
    int32_t gain = woad_lc3_spectrum_gain(geo, side->spec.gain, len);
    int fraction, sum_bits;

    fraction = woad_lc3_tns_synthesize(geo, side->bandwidth, &side->tns, WOAD_LC3_LINE_FRACTION, x);
    if (lost) {
        prepare_loss(dec, x);
        gain += dec->loss_gain;
    }
    fraction = woad_lc3_sns_synthesize(geo, &side->sns, gain, fraction,
                                       woad_lc3_mdct_fraction_max(geo), x, &sum_bits);
    woad_lc3_mdct_inverse(geo, fraction, sum_bits, x);
}

/* The last good spectrum, or silence. The frame was accepted once, so it is now. */
static void conceal(struct woad_lc3_decoder *dec, int32_t *x)
{
    struct side side;

    if (dec->good_len && read_frame(dec->geo, dec->good, dec->good_len, &side, x) == 0) {
        transform(dec, &side, dec->good_len, true, x);
    } else {
        memset(x, 0, dec->geo->samples * sizeof *x);
        prepare_loss(dec, x);
    }
}

static void output(struct woad_lc3_decoder *dec, const struct woad_lc3_ltpf_filter *filter,
                   int32_t *x, enum woad_lc3_format format, void *pcm, unsigned stride)
{
    const struct woad_lc3_geometry *geo = dec->geo;
    int n = geo->samples / geo->quarters, i;
    int32_t *block = x + geo->samples + WOAD_LC3_TAPS_MAX;

    for (i = 0; i < geo->samples; i += n) {
        woad_lc3_mdct_overlap(geo, x, dec->overlap, i, n, block);
        woad_lc3_ltpf_synthesize(geo, &dec->ltpf, filter, i == 0, block);
        pcm = woad_lc3_pcm_store(format, block, n, pcm, stride);
    }
    woad_lc3_mdct_keep(geo, x, dec->overlap);
}

int woad_lc3_decode(struct woad_lc3_decoder *dec, void *scratch, const uint8_t *frame, size_t len,
                    enum woad_lc3_format format, void *pcm, unsigned stride)
{
    struct woad_lc3_ltpf_filter filter = {.active = false};
    struct side side;
    int32_t *x = scratch;
    bool good;

    if (!dec || !scratch || !pcm || stride == 0 || (unsigned)format > WOAD_LC3_S32) {
        return WOAD_LC3_ERR_PARAM;
    }
    if (frame && (len < WOAD_LC3_OCTETS_MIN || len > dec->octets_max)) {
        return WOAD_LC3_ERR_SIZE;
    }
    good = frame && read_frame(dec->geo, frame, len, &side, x) == 0;
    if (good) {
        memcpy(dec->good, frame, len);
        dec->good_len = (uint16_t)len;
        dec->lost = 0;
        dec->loss_gain = 0;
        filter = woad_lc3_ltpf_choose(dec->geo, &side.pitch, len);
        transform(dec, &side, len, false, x);
    } else {
        conceal(dec, x);
    }
    output(dec, &filter, x, format, pcm, stride);
    return good ? WOAD_LC3_OK : WOAD_LC3_CONCEALED;
}
