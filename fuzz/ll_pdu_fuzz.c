/* PDUs against a live link, in either role, on a scripted radio; the host meanwhile accepts what it
 * is asked and sends now and then. Each step of the input: an octet that says what happens, then
 * its data. Checked: no operation outside the contract of the radio, and every event well-formed.
 */
#include <stdint.h>

#include "ll_shot.h"

#define must(condition) ((condition) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void host(struct s_radio *r, uint8_t what, struct woad_rd *in)
{
    const uint8_t h[2] = {(uint8_t)r->handle, (uint8_t)(r->handle >> 8)};
    uint8_t p[32] = {h[0], h[1]};
    woad_rd_bytes(in, p + 2, what & 1 ? 4 : 0);
    switch (what % 12) {
    case 0: s_cmd(r, WOAD_HCI_CMD_READ_REMOTE_VERSION_INFORMATION, p, 2); break;
    case 1: s_cmd(r, WOAD_HCI_CMD_LE_READ_REMOTE_FEATURES_PAGE_0, p, 2); break;
    case 2:
        s_cmd(r, WOAD_HCI_CMD_LE_SET_DATA_LENGTH, (const uint8_t[]){h[0], h[1], 251, 0, 0x48, 8},
              6);
        break;
    case 3:
        s_cmd(r, WOAD_HCI_CMD_LE_SET_PHY,
              (const uint8_t[]){h[0], h[1], 0, p[2] & 7, p[3] & 7, 0, 0}, 7);
        break;
    case 4:
        s_cmd(r, WOAD_HCI_CMD_LE_CONNECTION_UPDATE,
              (const uint8_t[]){h[0], h[1], 12, 0, 24, 0, 0, 0, 200, 0, 0, 0, 0, 0}, 14);
        break;
    case 5: s_cmd(r, WOAD_HCI_CMD_LE_ENABLE_ENCRYPTION, p, 28); break;
    case 6: s_cmd(r, WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_REPLY, p, 18); break;
    case 7: s_cmd(r, WOAD_HCI_CMD_LE_LONG_TERM_KEY_REQUEST_NEGATIVE_REPLY, p, 2); break;
    case 8:
        s_cmd(r, WOAD_HCI_CMD_LE_REMOTE_CONNECTION_PARAMETER_REQUEST_REPLY,
              (const uint8_t[]){h[0], h[1], 12, 0, 24, 0, 0, 0, 200, 0, 0, 0, 0, 0}, 14);
        break;
    case 9:
        s_cmd(r, WOAD_HCI_CMD_LE_SET_HOST_CHANNEL_CLASSIFICATION,
              (const uint8_t[]){0xff, 0x0f, p[2], 0, 0x10}, 5);
        break;
    case 10: s_cmd(r, WOAD_HCI_CMD_DISCONNECT, (const uint8_t[]){h[0], h[1], 0x13}, 3); break;
    default: {
        struct woad_buf *b = woad_ll_rx_alloc(r->ll, WOAD_PKT_ACL, 104);
        if (!b)
            break;
        uint8_t *a = woad_buf_put(b, 104);
        memset(a, 0x5a, 104);
        a[0] = h[0];
        a[1] = h[1];
        woad_put_u16(a + 2, 100);
        if (woad_ll_rx(r->ll, b))
            woad_buf_unref(b);
        s_pump(r);
    }
    }
}

static void check(const struct s_radio *r)
{
    const struct woad_radio_op *op = r->op;
    if (!op)
        return;
    must(op->channel < 40 && op->phy >= WOAD_PHY_1M && op->phy <= WOAD_PHY_CODED_S2);
    must(op->kind == WOAD_RADIO_RX || (op->pdu_len >= 2 && op->pdu_len == op->pdu[1] + 2));
    must(op->flags & WOAD_RADIO_OP_IFS || op->start_us >= r->now_us || op->kind == WOAD_RADIO_RX);
}

static void peer(struct s_radio *r, uint8_t what, struct woad_rd *in)
{
    uint8_t n = woad_rd_u8(in), payload[255];
    if (n > in->left)
        n = (uint8_t)in->left;
    woad_rd_bytes(in, payload, n);
    if (what & 4) { /* an instant that is near, where there may be one */
        uint16_t instant = (uint16_t)(r->events + (what >> 5));
        if (n >= 3)
            woad_put_u16(payload + n - 2, instant);
    }
    if (what & 8) {
        r->raw = true;
        r->raw_header[0] = woad_rd_u8(in);
        r->raw_header[1] = woad_rd_u8(in);
    }
    s_send(r, what & 16 ? LL_LLID_CTRL : what >> 6, payload, n);
}

static void start(struct s_radio *r, int central)
{
    s_init(r,
           &(struct woad_ll_cfg){.max_conns = 1, .rx_count = 4, .evt_count = 4, .acl_tx_count = 3});
    if (central)
        s_central(r);
    else
        s_peripheral(r);
    must(r->up);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct shot shots[2];
    struct woad_rd in = woad_rd_init(data, size);
    if (size < 2 || woad_crypto_init())
        return 0;
    int central = woad_rd_u8(&in) & 1;
    struct s_radio *r = shot_begin(&shots[central], start, central);
    while (in.left && r->up) {
        uint8_t what = woad_rd_u8(&in);
        r->mute = (what & 3) == 3 && (what & 0x80);
        if ((what & 3) == 0)
            host(r, what >> 2, &in);
        else if ((what & 3) == 1)
            s_events(r, what >> 4);
        else
            peer(r, what, &in);
        check(r);
        s_events(r, 1);
        check(r);
    }
    shot_end(r);
    return 0;
}
