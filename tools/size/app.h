/* What the applications of the size table expect of their board; never defined, only linked. */
#ifndef SIZE_APP_H
#define SIZE_APP_H

#include <stddef.h>
#include <stdint.h>

#include "woad/host.h"
#include "woad/store.h"

/* Only the size matters: errors have nobody to go to. */
static inline void ignore(long result)
{
    (void)result;
}

struct woad_buf *board_receive(void);
void board_send(struct woad_buf *pkt);
void board_wait(woad_time until);
woad_time board_time(void);
void board_random(void *arg, uint8_t *to, size_t len);
extern struct woad_store board_store;

/* Start to end of a program with a host. */
static inline void pump(struct woad_host *h)
{
    for (;;) {
        struct woad_buf *pkt = board_receive();
        if (pkt && woad_host_rx(h, pkt))
            woad_buf_unref(pkt);
        woad_time deadline = woad_host_run(h, board_time());
        while ((pkt = woad_host_tx(h)))
            board_send(pkt);
        board_wait(deadline);
    }
}

#endif
