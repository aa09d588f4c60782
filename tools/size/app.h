/* What the applications of the size table expect of their board; never defined, only linked. */
#ifndef SIZE_APP_H
#define SIZE_APP_H

#include <stddef.h>
#include <stdint.h>

#include "woad/buf.h"
#include "woad/radio.h"

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
extern const struct woad_radio_ops board_radio;

#endif
