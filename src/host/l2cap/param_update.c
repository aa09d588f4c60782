/* Connection Parameter Update by L2CAP: a peripheral asks its central [Vol 3, Part A, 4.20, 4.21].
 */
#include "gap/gap_priv.h"
#include "l2cap_priv.h"

static void timed_out(struct woad_timer *t)
{
    struct host_link *link = HOST_OWNER(t, struct host_link, param_timer.t);
    woad_l2cap_param_stop(link);
    woad_gap_update_answered(link->h, link, WOAD_ERR_TIMEOUT);
}

void woad_l2cap_param_request(struct host_link *link)
{
    if (!link->param_timer.h)
        woad_host_timer_init(link->h, &link->param_timer, timed_out);
    link->param_req = true;
    link->param_ident = woad_l2cap_next_ident(link);
    woad_host_timer_after(&link->param_timer, L2CAP_RTX_US);
    woad_host_link_tx_queue(link);
}

void woad_l2cap_param_stop(struct host_link *link)
{
    link->param_req = false;
    link->param_ident = 0;
    if (link->param_timer.h)
        woad_host_timer_stop(&link->param_timer);
}

void woad_l2cap_param_build(struct host_link *link, struct woad_buf *buf)
{
    link->param_req = false;
    uint8_t *p = woad_buf_put(buf, L2CAP_HDR_LEN + 8);
    woad_l2cap_put_command(p, L2CAP_PARAM_REQ, link->param_ident, 8);
    woad_put_u16(p + 4, link->want.interval_min_1250us);
    woad_put_u16(p + 6, link->want.interval_max_1250us);
    woad_put_u16(p + 8, link->want.latency);
    woad_put_u16(p + 10, link->want.timeout_10ms);
}

void woad_l2cap_on_param_rsp(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    uint16_t result = woad_rd_u16(r);
    if (!link->param_ident || link->param_ident != ident)
        return;
    link->param_ident = 0;
    if (result == 0)
        return; /* the update itself completes; the timer goes on */
    woad_l2cap_param_stop(link);
    woad_gap_update_answered(link->h, link, WOAD_ERR_REFUSED);
}

/* Only a peripheral may ask; a central that does is not understood. */
void woad_l2cap_on_param_req(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    if (link->role == WOAD_ROLE_CENTRAL && link->h->param_answer)
        link->h->param_answer(link, ident, r);
    else
        woad_l2cap_not_understood(link, ident);
}

void woad_l2cap_param_answer(struct host_link *link, uint8_t ident, struct woad_rd *r)
{
    struct woad_conn_params p;
    bool accept = woad_gap_ask_update(link, r, &p);
    uint8_t result[2] = {accept ? 0 : 1, 0};
    woad_l2cap_reply(link, L2CAP_PARAM_RSP, ident, result, sizeof(result));
    if (accept)
        woad_gap_update_for_peer(link->h, link, &p);
}
