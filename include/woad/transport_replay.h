/* woad/transport_replay.h: a recording plays the controller.
 *
 *      recording   cmd Reset   evt Complete   cmd Read_Version   evt Complete ...
 *                     |            |             |
 *      user sends ----+ compared   +- fed        +- waited for, compared
 *
 * What the recorded host sent is expected of the user; what the recorded controller sent is fed to
 * the user once everything recorded before it has happened. So any btsnoop file of a good run is a
 * regression test: the run is good again when woad_replay_state() is WOAD_REPLAY_DONE.
 *
 * Order: packets of one lane (commands; ACL, SCO or ISO of one handle) have to come as recorded;
 * different lanes may overtake each other between two packets of the controller, because a host is
 * free to. A packet that comes early waits for its turn.
 *
 * Comparison: octet by octet, except random numbers and keys: random addresses, values and keys for
 * encryption, resolving and pairing, public keys, and the same in SMP packets. cfg.ignore excuses
 * more.
 *
 * The first difference, or a packet that does not come within stall_us, is reported as
 * fault(MISMATCH) with the record's number, the octet and both packets decoded in `why`.
 *
 * A recording of several adapters plays the first one that appears in it. A file cut off in the
 * middle of a record is played up to there.
 */
#ifndef WOAD_TRANSPORT_REPLAY_H
#define WOAD_TRANSPORT_REPLAY_H

#include "woad/btsnoop.h"
#include "woad/transport.h"

struct woad_replay_cfg {
    const void *file; /* a btsnoop file in memory, borrowed */
    size_t file_len;
    bool recorded_time; /* keep the recorded distance between packets; false: as fast as it goes */
    uint64_t stall_us;  /* how long to wait for an expected packet [2,000,000] */
    /* May octet `at` of this recorded packet (HCI header first) differ? May be NULL. */
    bool (*ignore)(void *arg, uint8_t type, const uint8_t *data, size_t len, size_t at);
    void *ignore_arg;
};

enum woad_replay_state {
    WOAD_REPLAY_CLOSED,
    WOAD_REPLAY_RUNNING,
    WOAD_REPLAY_DONE,     /* every record was fed or matched; still open, answers nothing */
    WOAD_REPLAY_MISMATCH, /* see transport.why and diff_index */
};

struct woad_replay {
    struct woad_transport transport;
    struct woad_replay_cfg cfg;
    struct woad_btsnoop_reader reader; /* stands behind rec */
    struct woad_btsnoop_rec rec;       /* the next one to happen */
    uint32_t index;                    /* its number in the file, from 0 */
    uint64_t ahead;              /* bit k: the k-th packet after rec has been matched already */
    struct woad_buf_queue early; /* sent by the user, not yet matched */
    struct woad_buf_queue done;  /* matched; tx_done() is due */
    woad_time since_us;          /* when the record before happened */
    uint64_t before_us;          /* and its time in the recording */
    bool timed;                  /* since_us is set */
    bool told;                   /* the fault was reported */
    uint8_t state;               /* enum woad_replay_state */
    uint16_t adapter;
    bool adapter_known;
    uint32_t fed;        /* packets given to the user */
    uint32_t matched;    /* packets of the user that were as recorded */
    uint32_t extra;      /* packets of the user that came when the recording had ended */
    uint32_t diff_index; /* MISMATCH: number of the record, from 0 */
    char text[4096];     /* MISMATCH: what differs, in words */
};

/* Errors: those of woad_btsnoop_open(). */
int woad_replay_init(struct woad_replay *r, const struct woad_replay_cfg *cfg) WOAD_MUST_USE;

static inline enum woad_replay_state woad_replay_state(const struct woad_replay *r)
{
    return (enum woad_replay_state)r->state;
}

#endif
