/* This implementation behind the table that it shares with others. */
#include <string.h>

#include "fixed.h"
#include "woad/lc3.h"

struct codec {
    unsigned channels;
    void *scratch;
    struct woad_lc3_decoder *dec[WOAD_LC3_CHANNELS_MAX];
#if WOAD_LC3_ENCODER
    struct woad_lc3_encoder *enc[WOAD_LC3_CHANNELS_MAX];
#endif
};

static size_t round_up(size_t n)
{
    return (n + WOAD_LC3_ALIGN - 1) & ~(size_t)(WOAD_LC3_ALIGN - 1);
}

static size_t encoder_size(const struct woad_lc3_config *cfg)
{
#if WOAD_LC3_ENCODER
    return woad_lc3_encoder_size(cfg);
#else
    (void)cfg;
    return 0;
#endif
}

static size_t scratch_size(const struct woad_lc3_config *cfg)
{
    size_t n = woad_lc3_decoder_scratch(cfg);

#if WOAD_LC3_ENCODER
    n = woad_lc3_encoder_scratch(cfg) > n ? woad_lc3_encoder_scratch(cfg) : n;
#endif
    return round_up(n);
}

static size_t state_size(const struct woad_lc3_config *cfg, unsigned channels)
{
    size_t dec = woad_lc3_decoder_size(cfg);

    if (dec == 0 || channels == 0 || channels > WOAD_LC3_CHANNELS_MAX) {
        return 0;
    }
    return round_up(sizeof(struct codec)) + scratch_size(cfg) +
           channels * (dec + encoder_size(cfg));
}

static int configure(void *mem, size_t size, const struct woad_lc3_config *cfg, unsigned channels)
{
    struct codec *c = mem;
    size_t need = state_size(cfg, channels);
    uint8_t *next;
    unsigned i;

    if (!mem || need == 0 || size < need || (uintptr_t)mem % WOAD_LC3_ALIGN) {
        return WOAD_LC3_ERR_PARAM;
    }
    memset(c, 0, sizeof *c);
    c->channels = channels;
    next = (uint8_t *)mem + round_up(sizeof *c);
    c->scratch = next;
    next += scratch_size(cfg);
    for (i = 0; i < channels; i++) {
        c->dec[i] = woad_lc3_decoder_init(next, woad_lc3_decoder_size(cfg), cfg);
        next += woad_lc3_decoder_size(cfg);
#if WOAD_LC3_ENCODER
        c->enc[i] = woad_lc3_encoder_init(next, woad_lc3_encoder_size(cfg), cfg);
        next += woad_lc3_encoder_size(cfg);
#endif
    }
    return WOAD_LC3_OK;
}

/* Sample `channel` of the first of the interleaved samples. */
static size_t sample_offset(enum woad_lc3_format format, unsigned channel)
{
    static const uint8_t octets[] = {2, 4, 3, 4};

    return octets[format] * (size_t)channel;
}

static int encode(void *mem, enum woad_lc3_format format, const void *pcm, uint8_t *sdu, size_t len)
{
#if WOAD_LC3_ENCODER
    struct codec *c = mem;
    size_t each = len / c->channels;
    unsigned i;
    int ret = WOAD_LC3_OK;

    if ((unsigned)format > WOAD_LC3_S32 || len % c->channels) {
        return WOAD_LC3_ERR_PARAM;
    }
    for (i = 0; i < c->channels && ret == WOAD_LC3_OK; i++) {
        ret = woad_lc3_encode(c->enc[i], c->scratch, format,
                              (const uint8_t *)pcm + sample_offset(format, i), c->channels,
                              sdu + i * each, each);
    }
    return ret;
#else
    (void)mem, (void)format, (void)pcm, (void)sdu, (void)len;
    return WOAD_LC3_ERR_PARAM;
#endif
}

static int decode(void *mem, const uint8_t *sdu, size_t len, enum woad_lc3_format format, void *pcm)
{
    struct codec *c = mem;
    size_t each = len / c->channels;
    unsigned i;
    int concealed = 0;

    if ((unsigned)format > WOAD_LC3_S32 || (sdu && len % c->channels)) {
        return WOAD_LC3_ERR_PARAM;
    }
    for (i = 0; i < c->channels; i++) {
        int ret = woad_lc3_decode(c->dec[i], c->scratch, sdu ? sdu + i * each : NULL, each, format,
                                  (uint8_t *)pcm + sample_offset(format, i), c->channels);
        if (ret < 0) {
            return ret;
        }
        concealed += ret == WOAD_LC3_CONCEALED;
    }
    return concealed;
}

static int conceal(void *mem, enum woad_lc3_format format, void *pcm)
{
    return decode(mem, NULL, 0, format, pcm);
}

const struct woad_lc3_codec woad_lc3_codec_woad = {
    .name = "woad",
    .state_size = state_size,
    .configure = configure,
    .encode = encode,
    .decode = decode,
    .conceal = conceal,
};
