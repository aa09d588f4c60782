/* Counts of commands and events; see woad/hci_coverage.h. */
#include "woad/hci_coverage.h"

#include "woad/buf.h"
#include "woad/cursor.h"

static struct woad_hci_cmd_count *command(struct woad_hci_coverage *c, uint16_t opcode)
{
    const struct woad_hci_cmd_row *row = woad_hci_cmd_find(opcode);
    if (!row)
        c->unknown++;
    return row ? &c->cmd[row - woad_hci_cmd_rows] : NULL;
}

static void answer(struct woad_hci_coverage *c, uint16_t opcode, uint8_t status)
{
    struct woad_hci_cmd_count *count = opcode ? command(c, opcode) : NULL;
    if (!count)
        return;
    c->status[status]++;
    if (status == WOAD_HCI_ERR_SUCCESS)
        count->ok++;
    else
        count->failed++;
}

static void event(struct woad_hci_coverage *c, struct woad_rd r)
{
    uint8_t code = woad_rd_u8(&r);
    (void)woad_rd_u8(&r);
    const struct woad_hci_evt_row *row = woad_hci_evt_find(code);
    if (row)
        c->evt[row - woad_hci_evt_rows]++;
    else
        c->unknown++;
    if (code == WOAD_HCI_EVT_LE_META && r.left >= 1) {
        row = woad_hci_le_evt_find(r.p[0]);
        if (row)
            c->le_evt[row - woad_hci_le_evt_rows]++;
        else
            c->unknown++;
    } else if (code == WOAD_HCI_EVT_COMMAND_COMPLETE && r.left >= 4) {
        answer(c, woad_get_u16(r.p + 1), r.p[3]);
    } else if (code == WOAD_HCI_EVT_COMMAND_STATUS && r.left >= 4) {
        answer(c, woad_get_u16(r.p + 2), r.p[0]);
    }
}

void woad_hci_coverage_add(struct woad_hci_coverage *c, uint8_t type, bool to_host,
                           const uint8_t *data, size_t len)
{
    static const uint8_t headers[] = {
        [WOAD_PKT_CMD] = WOAD_HCI_CMD_HDR_LEN, [WOAD_PKT_ACL] = WOAD_HCI_ACL_HDR_LEN,
        [WOAD_PKT_SCO] = WOAD_HCI_SCO_HDR_LEN, [WOAD_PKT_EVT] = WOAD_HCI_EVT_HDR_LEN,
        [WOAD_PKT_ISO] = WOAD_HCI_ISO_HDR_LEN,
    };
    struct woad_rd r = woad_rd_init(data, len);
    if (type < WOAD_PKT_CMD || type > WOAD_PKT_ISO || len < headers[type]) {
        c->malformed++;
    } else if (type == WOAD_PKT_CMD) {
        struct woad_hci_cmd_count *count = command(c, woad_rd_u16(&r));
        if (count)
            count->sent++;
    } else if (type == WOAD_PKT_EVT) {
        event(c, r);
    } else {
        c->data[to_host][type]++;
    }
}

void woad_hci_coverage_merge(struct woad_hci_coverage *c, const struct woad_hci_coverage *from)
{
    for (size_t i = 0; i < WOAD_HCI_CMD_COUNT; i++) {
        c->cmd[i].sent += from->cmd[i].sent;
        c->cmd[i].ok += from->cmd[i].ok;
        c->cmd[i].failed += from->cmd[i].failed;
    }
    for (size_t i = 0; i < WOAD_HCI_EVT_COUNT; i++)
        c->evt[i] += from->evt[i];
    for (size_t i = 0; i < WOAD_HCI_LE_EVT_COUNT; i++)
        c->le_evt[i] += from->le_evt[i];
    for (size_t i = 0; i < 256; i++)
        c->status[i] += from->status[i];
    for (size_t i = 0; i < 12; i++)
        c->data[i / 6][i % 6] += from->data[i / 6][i % 6];
    c->unknown += from->unknown;
    c->malformed += from->malformed;
}
