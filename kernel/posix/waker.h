/* Sleeping until a descriptor is ready, a deadline or a wake; no wake is lost. */
#ifndef WOAD_WAKER_H
#define WOAD_WAKER_H

#include "woad/runtime.h"

int woad_waker_init(struct woad_waker *w);
void woad_waker_deinit(struct woad_waker *w);
void woad_waker_wake(struct woad_waker *w);
/* t may be NULL: no descriptor but the waker's own. */
void woad_waker_sleep(struct woad_waker *w, const struct woad_transport *t, woad_time until_us);
woad_time woad_waker_now(void);

#endif
