/* woad/power.h: when a serial line to a controller may sleep, and how it wakes: the power states of
 * a transport as one machine, with eHCILL as its protocol on the line.
 *
 *                    pending = 0, receiver idle
 *          +--------+ ----------------------> +------+
 *     +--> | ACTIVE |                         | IDLE | -- idle time-out: 0x30 sent --+
 *     |    +--------+ <---------------------- +------+ <- no answer: wake, retry ----|
 *     |        |        packet or octets         | 0x31 received                     |
 *     |  0x33  | 0x30 received and nothing       v or 0x30 received: 0x31 sent       |
 *     |  0x32  | pending: 0x31 sent          +-------+                               |
 *     |        +---------------------------> | SLEEP | <-----------------------------+
 *     |                                      +-------+
 *     |                   packet: 0x32 sent      |  | 0x32 received: 0x33 sent -> ACTIVE
 *     |    +--------+ <--------------------------+
 *     +----| WAKEUP |  time-out: 0x32 again, at last a fault
 *    0x33  +--------+
 *
 * The count of pending packets is raised by woad_pm_tx_add() before anything looks at the state,
 * and every decision to sleep reads it first: a packet is never left behind on a sleeping line. A
 * packet that comes while the sleep handshake runs waits for its end and then wakes the controller.
 * Waking is not a reset: the controller has kept its links.
 *
 * eHCILL octets stand between H4 packets: 0x30 go-to-sleep indication, 0x31 its acknowledge,
 * 0x32 wake-up indication, 0x33 its acknowledge. Both sides may start; two indications that cross
 * count as an agreement.
 *
 * The machine does no I/O: octets to send are fetched with woad_pm_out(), received ones given to
 * woad_pm_signal(). One owner, except woad_pm_tx_add(), which is callable from anywhere.
 */
#ifndef WOAD_POWER_H
#define WOAD_POWER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/time.h"

enum woad_pm_state {
    WOAD_PM_IDLE,
    WOAD_PM_ACTIVE,
    WOAD_PM_SLEEP,
    WOAD_PM_WAKEUP,
};

enum woad_ehcill {
    WOAD_EHCILL_SLEEP_IND = 0x30,
    WOAD_EHCILL_SLEEP_ACK = 0x31,
    WOAD_EHCILL_WAKE_IND = 0x32,
    WOAD_EHCILL_WAKE_ACK = 0x33,
};

/* Zero in a field means its default (in brackets). */
struct woad_pm_cfg {
    uint32_t idle_us;      /* quiet time before the sleep handshake [50,000] */
    uint32_t wake_us;      /* wait for an acknowledge of either handshake [100,000] */
    uint8_t wake_attempts; /* wake-up indications before the fault [4] */
};

struct woad_pm {
    struct woad_pm_cfg cfg;
    _Atomic uint32_t pending; /* packets queued and not yet sent */
    woad_time deadline_us;    /* IDLE: of the quiet time or handshake; WAKEUP: of the acknowledge */
    uint8_t state;            /* enum woad_pm_state */
    uint8_t attempts;         /* WAKEUP: indications sent */
    uint8_t out[4];           /* octets to send; each at most once */
    uint8_t out_len;
    bool may_sleep;  /* we may begin the handshake; the peer's is always answered */
    bool handshake;  /* IDLE: our indication waits for its acknowledge */
    bool peer_sleep; /* the peer asked; answered when nothing is pending */
    bool wake;       /* the user asked for ACTIVE */
    bool failed;     /* the controller did not wake */
};

void woad_pm_init(struct woad_pm *pm, const struct woad_pm_cfg *cfg);

/* May the line sleep by our own wish? false also wakes it. */
void woad_pm_allow_sleep(struct woad_pm *pm, bool may_sleep);

/* One packet was queued; from any context, before the queue is looked at. */
void woad_pm_tx_add(struct woad_pm *pm);
/* One packet was sent whole (or dropped on close). */
void woad_pm_tx_sub(struct woad_pm *pm);

/* Octets of HCI packets arrived. */
void woad_pm_rx(struct woad_pm *pm);
/* An octet between packets arrived; false: it is none of eHCILL. */
bool woad_pm_signal(struct woad_pm *pm, uint8_t octet);

/* Decides what is due and returns the next deadline. rx_idle: no packet is half received. To be
 * called after all of the above and before sending. */
woad_time woad_pm_run(struct woad_pm *pm, woad_time now_us, bool rx_idle);

/* May packets be sent now? Octets of woad_pm_out() go first. */
bool woad_pm_may_tx(const struct woad_pm *pm);
const uint8_t *woad_pm_out(const struct woad_pm *pm, size_t *len);
void woad_pm_sent(struct woad_pm *pm, size_t n);

const char *woad_pm_state_name(enum woad_pm_state state);

#endif
