/* The LE signalling channel: one command per C-frame, one row per command [Vol 3, Part A, 4].
 *
 * Requests that are not understood are rejected, responses that answer nothing are ignored.
 * Commands of our own are not queued as packets: a channel notes what it has to say, and the PDU is
 * built when the transport asks, from buffers that answers to the peer cannot use up. */
#include <string.h>

#include "gap/gap_priv.h"
#include "l2cap_priv.h"

static void on_reject(struct host_link *link, uint8_t ident, struct woad_rd *r);

/* Without channels nobody listens; a response is as long as its request. */
static void on_le_connect_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    static const uint8_t rsp[10] = {[8] = WOAD_L2CAP_NO_PSM};
    woad_l2cap_reply(link, L2CAP_LE_CONNECT_RSP, ident, rsp, (uint8_t)r->left);
}

static void on_ecred_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    static const uint8_t rsp[18] = {[6] = WOAD_L2CAP_NO_PSM};
    woad_l2cap_reply(link, L2CAP_ECRED_CONNECT_RSP, ident, rsp, (uint8_t)r->left);
}

/* Looked at behind those of channels. */
static const struct l2cap_command_row commands[] = {
    {L2CAP_REJECT, 2, 6, false, on_reject},
    {L2CAP_PARAM_REQ, 8, 8, true, woad_l2cap_on_param_req},
    {L2CAP_PARAM_RSP, 2, 2, false, woad_l2cap_on_param_rsp},
    {L2CAP_LE_CONNECT_REQ, 10, 10, true, on_le_connect_req},
    {L2CAP_ECRED_CONNECT_REQ, 10, 18, true, on_ecred_req},
};

static const struct l2cap_command_row *find_in(const struct l2cap_command_row *rows, uint8_t count,
                                               uint8_t code)
{
    for (; count > 0; count--, rows++)
        if (rows->code == code)
            return rows;
    return NULL;
}

static const struct l2cap_command_row *find_command(const struct woad_host *h, uint8_t code)
{
    const struct host_channel_ops *ops = h->channels;
    const struct l2cap_command_row *row =
        ops ? find_in(ops->commands, ops->command_count, code) : NULL;
    return row ? row : find_in(commands, sizeof(commands) / sizeof(commands[0]), code);
}

/* The responses of channels: never rejected, whether there are channels or not. A code that is no
 * response we know counts as a request: its sender wants to be told. */
static bool is_response(const struct woad_host *h, uint8_t code)
{
    const uint32_t others = 1u << 0x03 | 1u << 0x05 | 1u << L2CAP_DISCONNECT_RSP | 1u << 0x09 |
                            1u << 0x0b | 1u << 0x0d | 1u << 0x0f | 1u << 0x11 |
                            1u << L2CAP_LE_CONNECT_RSP | 1u << L2CAP_ECRED_CONNECT_RSP |
                            1u << L2CAP_RECONFIGURE_RSP;
    const struct l2cap_command_row *row = find_command(h, code);
    return row ? !row->request : code < 32 && (others >> code & 1);
}

/* A request of ours with this identifier is under way; sent: nothing can answer it before that. */
static bool asked(const struct host_link *link, uint8_t ident, bool sent)
{
    const struct host_channel_ops *ops = link->h->channels;
    return (link->param_ident == ident && !(sent && link->param_req)) ||
           (ops && ops->asked(link, ident, sent));
}

void woad_l2cap_signal(struct host_link *link, const uint8_t *pdu, uint16_t len)
{
    struct woad_rd r = woad_rd_init(pdu, len);
    uint8_t code = woad_rd_u8(&r);
    uint8_t ident = woad_rd_u8(&r);
    uint16_t data_len = woad_rd_u16(&r);
    if (!woad_rd_ok(&r) || ident == 0) { /* 0 is never valid: no answer could name it */
        link->h->bad_packets++;
        return;
    }
    const struct l2cap_command_row *row = find_command(link->h, code);
    if (row && r.left == data_len && data_len >= row->min && data_len <= row->max) {
        if (row->request || asked(link, ident, true))
            row->handle(link, ident, &r);
        return;
    }
    link->h->bad_packets++;
    if (!is_response(link->h, code))
        woad_l2cap_not_understood(link, ident);
}

/* Longer than our MTU_sig: the identifier of its first command is all that matters
 * [Vol 3, Part A, 4.1]. */
void woad_l2cap_signal_over(struct host_link *link, const uint8_t *head, uint16_t len)
{
    static const uint8_t mtu[4] = {L2CAP_REJECT_MTU, 0, HOST_SIG_MTU, 0};
    link->h->bad_packets++;
    if (len < 2 || head[1] == 0 || is_response(link->h, head[0]))
        return;
    woad_l2cap_reply(link, L2CAP_REJECT, head[1], mtu, sizeof(mtu));
}

/* The peer did not understand a request of ours. */
static void on_reject(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    (void)r;
    if (link->param_ident == ident) {
        woad_l2cap_param_stop(link);
        woad_gap_update_answered(link->h, link, WOAD_ERR_UNSUPPORTED);
        return;
    }
    if (link->h->channels)
        link->h->channels->rejected(link, ident);
}

bool woad_l2cap_reply(struct host_link *link, uint8_t code, uint8_t ident, const void *data,
                      uint8_t len)
{
    struct woad_buf *buf = woad_l2cap_sig_alloc(link->h);
    if (!buf) /* the peer asks faster than it takes answers: it may ask again */
        return false;
    uint8_t *p = woad_buf_put(buf, (uint16_t)(L2CAP_HDR_LEN + len));
    woad_l2cap_put_command(p, code, ident, len);
    memcpy(p + L2CAP_HDR_LEN, data, len);
    woad_l2cap_fixed_send(link, L2CAP_CID_SIG, buf);
    return true;
}

void woad_l2cap_not_understood(struct host_link *link, uint8_t ident)
{
    static const uint8_t reason[2] = {L2CAP_REJECT_NOT_UNDERSTOOD};
    woad_l2cap_reply(link, L2CAP_REJECT, ident, reason, sizeof(reason));
}

/* ---- commands of our own --------------------------------------------------------------------- */

uint8_t woad_l2cap_next_ident(struct host_link *link)
{
    for (unsigned tries = 0; tries < 255; tries++) {
        link->ident = (uint8_t)(link->ident == 255 ? 1 : link->ident + 1);
        if (!asked(link, link->ident, false))
            break;
    }
    return link->ident;
}

struct woad_buf *woad_l2cap_sig_build(struct woad_host *h, struct host_link *link)
{
    struct woad_buf *buf = woad_buf_alloc_reserved(&h->sig_pool, HOST_PDU_HEADROOM);
    if (!buf)
        return NULL;
    if (link->param_req) {
        woad_l2cap_param_build(link, buf);
    } else if (!link->sig.head || !h->channels->build(link, buf)) {
        woad_buf_unref(buf);
        return NULL;
    }
    woad_l2cap_push_header(buf, L2CAP_CID_SIG);
    return buf;
}
