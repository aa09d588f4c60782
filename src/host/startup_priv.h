/* startup_priv.h: the steps of start-up (startup.c), and those of a full host (full.c). */
#ifndef WOAD_STARTUP_PRIV_H
#define WOAD_STARTUP_PRIV_H

#include "host_priv.h"

struct host_start_step {
    uint16_t opcode;
    uint16_t bit; /* enum woad_hci_cmd_bit that the controller must have; or START_ALWAYS */
    bool (*want)(struct woad_host *h); /* NULL: always */
    void (*build)(struct woad_host *h, struct host_cmd *cmd, struct woad_wr *w);
    void (*parse)(struct host_controller *ctrl, struct woad_rd *ret);
};
#define START_ALWAYS 0x7fff
#define START_MUST   0x8000 /* beside it: there is no start without this step */

#define STEP(NAME)           .opcode = WOAD_HCI_CMD_##NAME, .bit = START_ALWAYS
#define STEP_MUST(NAME)      .opcode = WOAD_HCI_CMD_##NAME, .bit = START_ALWAYS | START_MUST
#define STEP_IF_LISTED(NAME) .opcode = WOAD_HCI_CMD_##NAME, .bit = WOAD_HCI_CMD_BIT_##NAME

#endif
