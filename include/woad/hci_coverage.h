/* woad/hci_coverage.h: which commands and events a run exercised.
 *
 * Feed it every packet that crosses HCI: from the `seen` hook of a snoop tap while a program runs,
 * or from files as `woad hci coverage` does. It counts by row of woad/hci_table.h. A plain struct,
 * to be zeroed, copied and merged at will; one owner at a time.
 */
#ifndef WOAD_HCI_COVERAGE_H
#define WOAD_HCI_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "woad/hci_table.h"

struct woad_hci_cmd_count {
    uint32_t sent;
    uint32_t ok;     /* answered by Command Complete or Status with success */
    uint32_t failed; /* answered with another status */
};

struct woad_hci_coverage {
    struct woad_hci_cmd_count cmd[WOAD_HCI_CMD_COUNT]; /* by row */
    uint32_t evt[WOAD_HCI_EVT_COUNT];                  /* by row; LE Meta counts all subevents */
    uint32_t le_evt[WOAD_HCI_LE_EVT_COUNT];
    uint32_t status[256]; /* of command answers, by code */
    uint32_t data[2][6];  /* packets by direction (1: to the host) and type (ACL, SCO, ISO) */
    uint32_t unknown;     /* commands, events and subevents without a row */
    uint32_t malformed;   /* too short for their header */
};

/* Counts one packet (HCI header first, no H4 octet); type: enum woad_pkt_type. */
void woad_hci_coverage_add(struct woad_hci_coverage *c, uint8_t type, bool to_host,
                           const uint8_t *data, size_t len);

/* Adds the counts of from to c. */
void woad_hci_coverage_merge(struct woad_hci_coverage *c, const struct woad_hci_coverage *from);

#endif
