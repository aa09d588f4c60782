/* Faults of the transport, shared by the models. */
#ifndef WOAD_RUNTIME_PRIV_H
#define WOAD_RUNTIME_PRIV_H

#include "woad/runtime.h"

/* Owner: the transport failed. */
void woad_runtime_fault(struct woad_runtime *rt, enum woad_transport_fault reason);
/* Owner: true once when it is time to close and open the transport. */
bool woad_runtime_wants_reopen(struct woad_runtime *rt);

#endif
