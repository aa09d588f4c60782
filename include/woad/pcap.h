/* woad/pcap.h: reads classic pcap files of Bluetooth captures, held in memory.
 *
 * Link types: 256 (air, with radio header: what the simulator writes), 251 (air, without), 201 and
 * 187 (HCI H4 with and without direction), 254 (Linux monitor). Either byte order, micro- or
 * nanoseconds.
 *
 *     struct woad_pcap_reader r;
 *     struct woad_pcap_rec rec;
 *     int err = woad_pcap_open(&r, octets, len);
 *     while (!err && (err = woad_pcap_next(&r, &rec)) > 0) {
 *         err = 0;
 *         if (woad_pcap_air(&r, &rec, &air) == 0)
 *             woad_decode_air(air.kind, air.encrypted, air.pdu, air.pdu_len, ...);
 *         else if (woad_pcap_hci(&r, &rec, &hci) == 0)
 *             woad_decode_hci(hci.type, hci.data, hci.len, ...);
 *     }
 *
 * What a file claims is checked: a hostile file can make a call fail and nothing else.
 */
#ifndef WOAD_PCAP_H
#define WOAD_PCAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/btsnoop.h"
#include "woad/hci_decode.h"

enum woad_pcap_link {
    WOAD_PCAP_HCI_H4 = 187,
    WOAD_PCAP_HCI_H4_PHDR = 201,
    WOAD_PCAP_LE_LL = 251,
    WOAD_PCAP_LINUX_MONITOR = 254,
    WOAD_PCAP_LE_LL_PHDR = 256,
};

enum {
    WOAD_PCAP_REC_LEN_MAX = 1 << 18, /* longer records are taken for damage */
};

struct woad_pcap_rec {
    uint64_t time_us;    /* since the Unix epoch, or since the start of a simulation */
    const uint8_t *data; /* with the pseudo header of the link type (points into the input) */
    uint32_t len;
    uint32_t orig_len; /* more than len when the capture cut it short */
};

/* Flags of the radio header. */
enum woad_air_flag {
    WOAD_AIR_DEWHITENED = 0x0001,
    WOAD_AIR_SIGNAL_VALID = 0x0002,
    WOAD_AIR_NOISE_VALID = 0x0004,
    WOAD_AIR_DECRYPTED = 0x0008,
    WOAD_AIR_REF_AA_VALID = 0x0010,
    WOAD_AIR_CRC_CHECKED = 0x0400,
    WOAD_AIR_CRC_VALID = 0x0800,
    WOAD_AIR_MIC_CHECKED = 0x1000,
    WOAD_AIR_MIC_VALID = 0x2000,
};

struct woad_air_pkt {
    const uint8_t *pdu; /* header and payload */
    size_t pdu_len;
    uint32_t access_address;
    uint32_t crc;            /* as on air, first bit lowest; 0 if cut off */
    enum woad_air_kind kind; /* guessed from the access address for link type 251 */
    uint16_t flags;          /* enum woad_air_flag; 0 for link type 251 */
    uint8_t rf_channel;      /* 0..39: 2402 + 2 * rf_channel MHz */
    uint8_t phy;             /* 0 1M, 1 2M, 2 Coded */
    int8_t signal_dbm;       /* if SIGNAL_VALID */
    bool crc_bad;            /* checked by the writer and wrong */
};

struct woad_pcap_reader {
    struct woad_rd rd;
    uint64_t offset; /* of the next record from the start, for messages */
    uint32_t index;  /* records read so far */
    uint32_t link;   /* enum woad_pcap_link */
    bool swapped;    /* the file is big endian */
    bool nanoseconds;
};

/* Begins to read a whole file held in memory (borrowed). Errors: FORMAT (not pcap, or another
 * version; pcapng is told apart by woad_pcap_is_ng), EOF (ends within the file header), UNSUPPORTED
 * (another link type; it stands in r->link). */
WOAD_MUST_USE int woad_pcap_open(struct woad_pcap_reader *r, const void *data, size_t len);

/* The next record; returns as woad_btsnoop_next. */
WOAD_MUST_USE int woad_pcap_next(struct woad_pcap_reader *r, struct woad_pcap_rec *rec);

/* What a record of an air link type holds. FORMAT: too short for its headers; UNSUPPORTED: not an
 * air link type. */
WOAD_MUST_USE int woad_pcap_air(const struct woad_pcap_reader *r, const struct woad_pcap_rec *rec,
                                struct woad_air_pkt *air);

/* What a record of an HCI link type holds. Errors as above. */
WOAD_MUST_USE int woad_pcap_hci(const struct woad_pcap_reader *r, const struct woad_pcap_rec *rec,
                                struct woad_btsnoop_rec *hci);

/* True if the file is a pcapng file, which this does not read ("editcap -F pcap" converts it). */
bool woad_pcap_is_ng(const void *data, size_t len);

#endif
