/* HCI packets against the controller: commands with any parameters, ACL data with any header,
 * resets, while the scripted radio goes on and a peer may be linked. Input: an octet that says
 * what, then its data. Checked: one answer to each command, well-formed events. */
#include <stdint.h>

#include "ll/ll_hci.h"
#include "ll_shot.h"

#define must(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void command(struct s_radio *r, struct woad_rd *in)
{
    uint8_t which = woad_rd_u8(in), len = woad_rd_u8(in), p[255];
    uint16_t opcode = (uint16_t)(which * 256u + in->left % 256);
    if (which < woad_ll_hci_row_count)
        opcode = woad_ll_hci_rows[which].opcode;
    bool silent = opcode == WOAD_HCI_CMD_HOST_NUMBER_OF_COMPLETED_PACKETS;
    if (which < woad_ll_hci_row_count && woad_ll_hci_rows[which].len != LL_HCI_ANY && !(len & 0x80))
        len = woad_ll_hci_rows[which].len;
    memset(p, 0, sizeof(p));
    for (unsigned i = 0; i < len && in->left; i++)
        p[i] = woad_rd_u8(in);
    unsigned before = r->evt_count;
    s_cmd(r, opcode, p, len);
    bool answered = false;
    for (unsigned i = before; i < r->evt_count && r->evt_count - i < S_EVTS; i++) {
        const uint8_t *e = r->evts[i % S_EVTS];
        answered |= (e[0] == WOAD_HCI_EVT_COMMAND_COMPLETE && woad_get_u16(e + 3) == opcode) ||
                    (e[0] == WOAD_HCI_EVT_COMMAND_STATUS && woad_get_u16(e + 4) == opcode);
    }
    must(silent || answered || r->evt_count - before >= S_EVTS);
}

static void acl(struct s_radio *r, struct woad_rd *in)
{
    uint8_t len = woad_rd_u8(in);
    if (len > in->left)
        len = (uint8_t)in->left;
    struct woad_buf *b = woad_ll_rx_alloc(r->ll, len & 1 ? WOAD_PKT_ACL : WOAD_PKT_CMD, len);
    if (!b)
        return;
    woad_rd_bytes(in, woad_buf_put(b, len), len);
    if (len >= 4 && len & 2) {
        woad_put_u16(b->data, (uint16_t)(r->handle | (b->data[1] & 0x30) << 8));
        woad_put_u16(b->data + 2, (uint16_t)(len - 4));
    }
    if (woad_ll_rx(r->ll, b))
        woad_buf_unref(b);
    s_pump(r);
}

static void start(struct s_radio *r, int how)
{
    s_init(r,
           &(struct woad_ll_cfg){.max_conns = 2, .rx_count = 4, .evt_count = 4, .acl_tx_count = 3});
    if (how & 1)
        s_central(r);
    else if (how & 2)
        s_peripheral(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shot shots[4];
    struct woad_rd in = woad_rd_init(data, size);
    if (size < 2 || woad_crypto_init())
        return 0;
    int how = woad_rd_u8(&in) & 3;
    struct s_radio *r = shot_begin(&shots[how], start, how);
    for (int steps = 0; in.left && steps < 300; steps++) {
        uint8_t what = woad_rd_u8(&in);
        if (what & 1)
            command(r, &in);
        else if (what & 2)
            acl(r, &in);
        for (unsigned n = what >> 2; n > 0; n--)
            (void)s_step(r);
    }
    shot_end(r);
    return 0;
}
