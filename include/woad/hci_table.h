/* woad/hci_table.h: one row for each command, event and LE subevent: name and fields.
 *
 * The rows are the only place where parameters are described; the decoder, `woad hci tables`, the
 * fuzz dictionary and the generator of test packets read them. Field formats are explained in
 * woad/fields.h. A program that includes only woad/hci.h links none of this.
 *
 * find functions: NULL for an unknown number. Rows are immutable; callable from anywhere.
 */
#ifndef WOAD_HCI_TABLE_H
#define WOAD_HCI_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "woad/hci.h"

/* How a controller answers a command. */
enum woad_hci_answer {
    WOAD_HCI_ANSWER_COMPLETE, /* Command Complete with `returns` */
    WOAD_HCI_ANSWER_STATUS,   /* Command Status, and an event later */
    WOAD_HCI_ANSWER_NONE,     /* nothing unless it is wrong */
};

struct woad_hci_cmd_row {
    const char *name;    /* "LE Set PHY" */
    const char *params;  /* NULL: the layout is not known here (withdrawn commands) */
    const char *returns; /* of Command Complete, the status included; NULL as above */
    uint16_t opcode;
    uint16_t supported_bit; /* octet * 8 + bit in Supported_Commands; >= 512: none */
    uint8_t answer;         /* enum woad_hci_answer */
};

struct woad_hci_evt_row {
    const char *name;   /* "Disconnection Complete"; subevents: "LE PHY Update Complete" */
    const char *params; /* for subevents: what follows the subevent code; NULL as above */
    uint8_t code;
};

enum {
#define WOAD_HCI_COUNT_CMD(name, opcode, octet, bit) +1
#define WOAD_HCI_COUNT(name, code)                   +1
    WOAD_HCI_CMD_COUNT = 0 WOAD_HCI_CMD_LIST(WOAD_HCI_COUNT_CMD),
    WOAD_HCI_EVT_COUNT = 0 WOAD_HCI_EVT_LIST(WOAD_HCI_COUNT),
    WOAD_HCI_LE_EVT_COUNT = 0 WOAD_HCI_LE_EVT_LIST(WOAD_HCI_COUNT),
#undef WOAD_HCI_COUNT_CMD
#undef WOAD_HCI_COUNT
};

/* In ascending order of code. */
extern const struct woad_hci_cmd_row woad_hci_cmd_rows[WOAD_HCI_CMD_COUNT];
extern const struct woad_hci_evt_row woad_hci_evt_rows[WOAD_HCI_EVT_COUNT];
extern const struct woad_hci_evt_row woad_hci_le_evt_rows[WOAD_HCI_LE_EVT_COUNT];

const struct woad_hci_cmd_row *woad_hci_cmd_find(uint16_t opcode);
const struct woad_hci_evt_row *woad_hci_evt_find(uint8_t code);
const struct woad_hci_evt_row *woad_hci_le_evt_find(uint8_t subevent);

/* The text of a status code ("Command Disallowed"), or NULL. */
const char *woad_hci_err_text(uint8_t status);

#endif
