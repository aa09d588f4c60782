/* params_priv.h: link procedures that the host also starts on its own. */
#ifndef WOAD_GAP_PARAMS_PRIV_H
#define WOAD_GAP_PARAMS_PRIV_H

#include "host_priv.h"

void woad_gap_send_data_len(struct woad_host *h, struct host_link *link, uint16_t octets,
                            uint16_t us);
void woad_gap_send_phy(struct woad_host *h, struct host_link *link, uint8_t tx, uint8_t rx);

#endif
