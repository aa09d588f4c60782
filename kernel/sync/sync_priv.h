/* kernel/sync/sync_priv.h: what the files of woad/sync.h share.
 *
 * A call has a place in the struct woad_sync, not on its caller's stack: when a wait fails the
 * caller goes, and the host keeps what it was given until the operation completes. The owner alone
 * starts, ends and finishes calls; `used` and `finished` are under the kernel's lock.
 */
#ifndef WOAD_SYNC_PRIV_H
#define WOAD_SYNC_PRIV_H

#include "woad/sync.h"

/* A fresh place, or NULL with *err: STATE inside an event, INVALID without a timeout, NO_MEM. */
struct woad_sync_call *woad_sync_take(struct woad_sync *s, woad_time timeout_us, int *err);

/* Starts it and waits for finish(); returns its err. The place is still the caller's, unless
 * *gone: then it must not be touched any more. */
int woad_sync_run(struct woad_sync_call *c, bool *gone);
void woad_sync_give(struct woad_sync_call *c);

/* The same, for calls with no results but their err. */
int woad_sync_do(struct woad_sync_call *c);

/* The owner's. */
void woad_sync_finish(struct woad_sync_call *c, int err);

#endif
