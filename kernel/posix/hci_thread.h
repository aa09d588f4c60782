/* The thread that owns the transport in the model HCI_THREAD. Packets cross in rings with one
 * producer and one consumer each; buffers go back to the side whose pool they are from. */
#ifndef WOAD_HCI_THREAD_H
#define WOAD_HCI_THREAD_H

#include "woad/runtime.h"

/* Opens the transport in the calling thread, then gives it to the new thread. */
int woad_hci_thread_start(struct woad_runtime *rt);
/* Ends the thread, closes the transport, returns every buffer. */
void woad_hci_thread_stop(struct woad_runtime *rt);

/* The owner's side of a turn: what came from the transport, and what goes to it. */
void woad_hci_thread_receive(struct woad_runtime *rt);
void woad_hci_thread_send(struct woad_runtime *rt);

#endif
