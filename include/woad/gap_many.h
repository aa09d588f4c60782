/* woad/gap_many.h: several connections pending at once, with peers told by address.
 *
 *      woad_gap_connect(A)   woad_gap_connect(B)   woad_gap_connect(C)
 *              \                   |                   /
 *               +---- the host's table of wishes -----+
 *                                  |
 *                 the controller's one initiating state: directly to the one peer,
 *                 or by the filter accept list, which the host keeps for them
 *
 * With woad_gap_many_part named, woad_gap_connect() may be called again while others wait. Each
 * call completes once: CONNECTED, or CONNECT_FAILED with the peer in u.connected.peer. A wish
 * without a duration is a background connection: it waits until the peer comes.
 * woad_gap_connect_cancel() ends all, woad_gap_connect_cancel_peer() one.
 *
 * The accept list then is the host's: woad_gap_accept_list_*() answer BUSY while wishes wait, and
 * what the application put there is gone after two of them waited at once. The controller refuses
 * to change the list while advertising or scanning by it runs; wishes that meet this fail with
 * REFUSED. A peer whose private addresses only the host can resolve (woad/gap_privacy.h, not in the
 * controller's list) is met while the application scans: the host looks at every report and
 * connects to the private address it sees. woad_gap_connect(h, NULL, ...) and wishes for peers
 * exclude each other (BUSY); woad_gap_ext_connect() answers UNSUPPORTED.
 *
 * Connection parameters: those of the wish that has waited longest serve; a link that wants others
 * gets them by an update right after.
 */
#ifndef WOAD_GAP_MANY_H
#define WOAD_GAP_MANY_H

#include "woad/gap.h"

extern const struct woad_host_part woad_gap_many_part;

/* Zero in a field means its default (in brackets); the whole may be NULL. */
struct woad_many_cfg {
    uint8_t count; /* wishes at once [8] */
};

/* Ends the wish for peer. -> CONNECT_FAILED (CANCELLED), or CONNECTED when it came first.
 * NOT_FOUND. */
int woad_gap_connect_cancel_peer(struct woad_host *h, const struct woad_addr *peer) WOAD_MUST_USE;
/* How many wait. */
uint8_t woad_gap_connect_pending(const struct woad_host *h);

#endif
