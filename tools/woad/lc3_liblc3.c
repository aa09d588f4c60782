/* liblc3 behind the codec table, when the build found it. */
#include "lc3_tool.h"

#include <string.h>

#include "tool.h"

#ifdef WOAD_HAVE_LIBLC3
#include <lc3.h>

struct codec {
    unsigned channels;
    int samples;
    lc3_encoder_t enc[WOAD_LC3_CHANNELS_MAX];
    lc3_decoder_t dec[WOAD_LC3_CHANNELS_MAX];
};

/* It takes 44.1 kHz for what it is: 48 kHz run slower. */
static int its_rate(const struct woad_lc3_config *cfg)
{
    return cfg->rate_hz == 44100 ? 48000 : (int)cfg->rate_hz;
}

static size_t round_up(size_t n)
{
    return (n + 15) & ~(size_t)15;
}

static size_t state_size(const struct woad_lc3_config *cfg, unsigned channels)
{
    int us = (int)cfg->frame_us, rate = its_rate(cfg);

    if (!woad_lc3_supported(cfg) || channels == 0 || channels > WOAD_LC3_CHANNELS_MAX) {
        return 0;
    }
    return round_up(sizeof(struct codec)) +
           channels * (round_up(lc3_encoder_size(us, rate)) + round_up(lc3_decoder_size(us, rate)));
}

static int configure(void *mem, size_t size, const struct woad_lc3_config *cfg, unsigned channels)
{
    struct codec *c = mem;
    int us = (int)cfg->frame_us, rate = its_rate(cfg);
    uint8_t *next = (uint8_t *)mem + round_up(sizeof *c);

    if (!mem || state_size(cfg, channels) == 0 || size < state_size(cfg, channels)) {
        return WOAD_LC3_ERR_PARAM;
    }
    memset(c, 0, sizeof *c);
    c->channels = channels;
    c->samples = lc3_frame_samples(us, rate);
    for (unsigned i = 0; i < channels; i++) {
        c->enc[i] = lc3_setup_encoder(us, rate, 0, next);
        next += round_up(lc3_encoder_size(us, rate));
        c->dec[i] = lc3_setup_decoder(us, rate, 0, next);
        next += round_up(lc3_decoder_size(us, rate));
    }
    return WOAD_LC3_OK;
}

/* It has no S32: a channel goes through S24. */
static const struct {
    enum lc3_pcm_format format;
    size_t octets;
} formats[] = {
    [WOAD_LC3_S16] = {LC3_PCM_FORMAT_S16, 2},
    [WOAD_LC3_S24] = {LC3_PCM_FORMAT_S24, 4},
    [WOAD_LC3_S24_3LE] = {LC3_PCM_FORMAT_S24_3LE, 3},
    [WOAD_LC3_S32] = {LC3_PCM_FORMAT_S24, 4},
};

static int encode(void *mem, enum woad_lc3_format format, const void *pcm, uint8_t *sdu, size_t len)
{
    struct codec *c = mem;
    size_t each = len / c->channels;
    int32_t mono[480];

    if ((unsigned)format > WOAD_LC3_S32 || len % c->channels) {
        return WOAD_LC3_ERR_PARAM;
    }
    for (unsigned i = 0; i < c->channels; i++) {
        const void *in = (const uint8_t *)pcm + formats[format].octets * i;
        int stride = (int)c->channels;

        if (format == WOAD_LC3_S32) {
            for (int k = 0; k < c->samples; k++) {
                mono[k] = ((const int32_t *)in)[(size_t)k * c->channels] >> 8;
            }
            in = mono;
            stride = 1;
        }
        if (lc3_encode(c->enc[i], formats[format].format, in, stride, (int)each, sdu + i * each)) {
            return WOAD_LC3_ERR_SIZE;
        }
    }
    return WOAD_LC3_OK;
}

static int decode(void *mem, const uint8_t *sdu, size_t len, enum woad_lc3_format format, void *pcm)
{
    struct codec *c = mem;
    size_t each = len / c->channels;
    int concealed = 0;

    if ((unsigned)format > WOAD_LC3_S32 || (sdu && len % c->channels)) {
        return WOAD_LC3_ERR_PARAM;
    }
    for (unsigned i = 0; i < c->channels; i++) {
        uint8_t *out = (uint8_t *)pcm + formats[format].octets * i;
        int ret = lc3_decode(c->dec[i], sdu ? sdu + i * each : NULL, (int)each,
                             formats[format].format, out, (int)c->channels);
        if (ret < 0) {
            return WOAD_LC3_ERR_SIZE;
        }
        concealed += ret;
        for (int k = 0; format == WOAD_LC3_S32 && k < c->samples; k++) {
            int32_t *v = (int32_t *)(void *)out + (size_t)k * c->channels;
            *v = (int32_t)((uint32_t)*v << 8);
        }
    }
    return concealed;
}

static int conceal(void *mem, enum woad_lc3_format format, void *pcm)
{
    return decode(mem, NULL, 0, format, pcm);
}

const struct woad_lc3_codec lc3_codec_liblc3 = {
    .name = "liblc3",
    .state_size = state_size,
    .configure = configure,
    .encode = encode,
    .decode = decode,
    .conceal = conceal,
};
#endif

const struct woad_lc3_codec *lc3_codec_find(const char *name)
{
    if (!name || strcmp(name, "woad") == 0) {
        return &woad_lc3_codec_woad;
    }
    if (strcmp(name, "liblc3") == 0) {
#ifdef WOAD_HAVE_LIBLC3
        return &lc3_codec_liblc3;
#else
        tool_error("this build is without liblc3 (Debian: liblc3-dev)");
        return NULL;
#endif
    }
    tool_error("--codec is woad or liblc3, not '%s'", name);
    return NULL;
}
