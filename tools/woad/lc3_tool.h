/* What the LC3 sub-commands share: sounds in memory, their files, the codecs, the plot. */
#ifndef WOAD_LC3_TOOL_H
#define WOAD_LC3_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/lc3.h"

/* Interleaved samples, left-justified in 32 bits. */
struct lc3_sound {
    unsigned rate_hz, channels, bits;
    size_t samples; /* of one channel */
    int32_t *data;
};

/* The file layout of liblc3's elc3 and dlc3: a header, then frames of all channels with their size.
 */
struct lc3_stream {
    unsigned rate_hz, frame_us, channels, bitrate;
    size_t samples; /* of one channel, without the codec's delay */
    size_t count;
    const uint8_t **frames; /* into `file` */
    uint16_t *sizes;
    uint8_t *file;
};

/* Exit codes of tool.h; a message has been printed unless 0. */
int lc3_sound_read(const char *path, struct lc3_sound *sound);
int lc3_sound_write(const char *path, const struct lc3_sound *sound);
void lc3_sound_free(struct lc3_sound *sound);

int lc3_stream_read(const char *path, struct lc3_stream *stream);
void lc3_stream_free(struct lc3_stream *stream);

/* The 18 octets before the frames. */
void lc3_stream_header(const struct lc3_stream *stream, uint8_t header[18]);

/* NULL after a message. */
const struct woad_lc3_codec *lc3_codec_find(const char *name);

#ifdef WOAD_HAVE_LIBLC3
extern const struct woad_lc3_codec lc3_codec_liblc3;
#endif

/*
 * Waveforms and spectrograms of the first channels of both sounds and of their difference;
 * `concealed` marks frames of `frame` samples. PNG, or SVG around the same picture, by the name's
 * end.
 */
int lc3_plot(const char *path, const struct lc3_sound *original, const struct lc3_sound *decoded,
             const bool *concealed, size_t frames, unsigned frame);

#endif
