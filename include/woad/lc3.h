/*
 * LC3: the codec of LE Audio, in fixed point.
 *
 *   PCM --> [ attack, LTPF analysis, MDCT, bandwidth, SNS, TNS, quantise, arithmetic coder ] -->
 * frame frame --> [ arithmetic decoder, noise fill, TNS, SNS, inverse MDCT, LTPF ] --> PCM
 *
 * One encoder or decoder object is one channel of one stream. It has no heap, no statics, no
 * floating point and no 64-bit division. The caller gives two pieces of memory, both aligned to
 * WOAD_LC3_ALIGN:
 *
 *   state    woad_lc3_decoder_size() octets, kept from frame to frame, one per channel
 *   scratch  woad_lc3_decoder_scratch() octets, contents of no value between calls; all objects
 * that are not in use at the same time can share one piece
 *
 * A frame has no header. Its sampling rate, duration and size come from the stream's configuration;
 * whether it was lost comes from the transport. A frame is rejected, and concealed, when it breaks
 * the rules of the bitstream; nothing in a frame is trusted, and a damaged frame that is formally
 * valid decodes to noise of bounded size.
 *
 *     struct woad_lc3_config cfg = {.rate_hz = 48000, .frame_us = 10000, .octets_max = 120};
 *     struct woad_lc3_decoder *dec = woad_lc3_decoder_init(state, sizeof state, &cfg);
 *     int ret = woad_lc3_decode(dec, scratch, frame, 120, WOAD_LC3_S16, pcm, 1);
 *
 * Everything here may be called from any context, and on different objects at the same time if
 * their scratch differs.
 *
 * Section numbers are those of the Low Complexity Communication Codec specification, 1.0.
 */
#ifndef WOAD_LC3_H
#define WOAD_LC3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is compiled in. Tables are most of the code size: a sink of one rate and duration is about
 * half of the whole.
 *
 * WOAD_LC3_RATES      1: 8 kHz, 2: 16, 4: 24, 8: 32, 16: 44.1 and 48; any sum.
 * WOAD_LC3_DURATIONS  1: 7.5 ms, 2: 10 ms, 3: both.
 * WOAD_LC3_ENCODER    0: decoder alone.
 */
#ifndef WOAD_LC3_RATES
#define WOAD_LC3_RATES 31
#endif
#ifndef WOAD_LC3_DURATIONS
#define WOAD_LC3_DURATIONS 3
#endif
#ifndef WOAD_LC3_ENCODER
#define WOAD_LC3_ENCODER 1
#endif

#define WOAD_LC3_ALIGN        8
#define WOAD_LC3_OCTETS_MIN   20
#define WOAD_LC3_OCTETS_MAX   400
#define WOAD_LC3_CHANNELS_MAX 8

/* Results. This module has its own: it depends on no other header. */
enum woad_lc3_status {
    WOAD_LC3_OK = 0,
    WOAD_LC3_CONCEALED = 1,  /* decoded as lost: no frame, or one that breaks the rules */
    WOAD_LC3_ERR_PARAM = -1, /* a parameter out of range; nothing was read or written */
    WOAD_LC3_ERR_SIZE = -2,  /* frame size outside 20..octets_max; nothing was written */
};

/* Sample formats. S24 is an int32_t with the value in its low 24 bits, sign extended. */
enum woad_lc3_format {
    WOAD_LC3_S16,
    WOAD_LC3_S24,
    WOAD_LC3_S24_3LE, /* three octets, least significant first */
    WOAD_LC3_S32,
};

/*
 * A stream. rate_hz: 8000, 16000, 24000, 32000, 44100 or 48000. frame_us: 7500 or 10000 (at 44.1
 * kHz the name of the frame: it then lasts 8163 or 10884 us). octets_max: largest frame that will
 * be decoded, 20..400, 0 = 400; it is what the decoder's copy of the last good frame needs.
 */
struct woad_lc3_config {
    uint32_t rate_hz;
    uint32_t frame_us;
    uint16_t octets_max;
};

struct woad_lc3_decoder;
struct woad_lc3_encoder;

/* True when the configuration is valid and compiled in. */
bool woad_lc3_supported(const struct woad_lc3_config *cfg);

/* Samples of one channel in a frame: 60..480; 0 when not supported. */
unsigned woad_lc3_frame_samples(const struct woad_lc3_config *cfg);

/* Samples from input to output of a coder and decoder pair, beyond the frame itself. */
unsigned woad_lc3_delay_samples(const struct woad_lc3_config *cfg);

/* Octets of a frame at this bit rate, clipped to 20..400; 0 when not supported. [3.2.5] */
unsigned woad_lc3_frame_octets(const struct woad_lc3_config *cfg, uint32_t bitrate);

/* Bits per second of frames of this size; 0 when not supported. */
uint32_t woad_lc3_bitrate(const struct woad_lc3_config *cfg, unsigned octets);

/* Octets of state and scratch; 0 when not supported. */
size_t woad_lc3_decoder_size(const struct woad_lc3_config *cfg);
size_t woad_lc3_decoder_scratch(const struct woad_lc3_config *cfg);

/*
 * Places a decoder in mem and clears it. mem stays the caller's and must live as long as the
 * object. NULL when the configuration is not supported, mem is misaligned, or size is too small.
 */
struct woad_lc3_decoder *woad_lc3_decoder_init(void *mem, size_t size,
                                               const struct woad_lc3_config *cfg);

/*
 * Decodes one frame. frame NULL: the frame was lost, len is ignored. pcm receives
 * woad_lc3_frame_samples() samples, `stride` samples apart (1: packed, 2: one of two interleaved
 * channels). Samples are rounded half away from zero and saturated.
 *
 * Returns WOAD_LC3_OK, WOAD_LC3_CONCEALED (samples are written in both cases), ERR_SIZE or
 * ERR_PARAM.
 */
int woad_lc3_decode(struct woad_lc3_decoder *dec, void *scratch, const uint8_t *frame, size_t len,
                    enum woad_lc3_format format, void *pcm, unsigned stride);

#if WOAD_LC3_ENCODER
size_t woad_lc3_encoder_size(const struct woad_lc3_config *cfg);
size_t woad_lc3_encoder_scratch(const struct woad_lc3_config *cfg);

/* As woad_lc3_decoder_init(). octets_max is not used. */
struct woad_lc3_encoder *woad_lc3_encoder_init(void *mem, size_t size,
                                               const struct woad_lc3_config *cfg);

/*
 * Encodes woad_lc3_frame_samples() samples, `stride` apart, into exactly len octets, 20..400. len
 * may change from frame to frame. Returns WOAD_LC3_OK, ERR_SIZE or ERR_PARAM.
 */
int woad_lc3_encode(struct woad_lc3_encoder *enc, void *scratch, enum woad_lc3_format format,
                    const void *pcm, unsigned stride, uint8_t *frame, size_t len);
#endif

/*
 * One codec behind one table, so that audio code and tools choose between implementations at run
 * time. `configure` readies `channels` encoders and decoders in mem (both directions at once); the
 * other functions work on one SDU: the frames of all channels one after the other, len / channels
 * octets each, and interleaved PCM. decode returns the number of channels that were concealed, or a
 * negative status. conceal is decode without a frame.
 */
struct woad_lc3_codec {
    const char *name;
    size_t (*state_size)(const struct woad_lc3_config *cfg, unsigned channels);
    int (*configure)(void *mem, size_t size, const struct woad_lc3_config *cfg, unsigned channels);
    int (*encode)(void *mem, enum woad_lc3_format format, const void *pcm, uint8_t *sdu,
                  size_t len);
    int (*decode)(void *mem, const uint8_t *sdu, size_t len, enum woad_lc3_format format,
                  void *pcm);
    int (*conceal)(void *mem, enum woad_lc3_format format, void *pcm);
};

/* This implementation. A build without the encoder returns ERR_PARAM from its encode. */
extern const struct woad_lc3_codec woad_lc3_codec_woad;

#ifdef __cplusplus
}
#endif

#endif
