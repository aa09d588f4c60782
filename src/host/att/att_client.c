/* What only a client needs of ATT: its requests with their clock and their answers, and asking for
 * the MTU [Vol 3, Part F, 3.3.2, 3.4.2]. */
#include "att/att_priv.h"

static const struct att_user *client_of(const struct att_bearer *b)
{
    return woad_att_client(b->link->h);
}

static void request_due(struct woad_timer *t)
{
    struct att_bearer *b = HOST_OWNER(t, struct att_bearer, request_timer.t);
    woad_att_timed_out(b, client_of(b));
}

void woad_att_request_init(struct att_bearer *b)
{
    woad_host_timer_init(b->link->h, &b->request_timer, request_due);
}

int woad_att_exchange_mtu(struct att_bearer *b)
{
    if (b->chan || b->request || b->mtu_asked)
        return WOAD_ERR_STATE;
    int err = woad_att_send_mtu(b, WOAD_ATT_EXCHANGE_MTU_REQ);
    b->mtu_asked = !err;
    return err;
}

/* One that makes no sense, or is longer than it may be, ends its request as an error. */
bool woad_att_response(struct att_bearer *b, const uint8_t *pdu, uint16_t len, uint8_t min)
{
    uint8_t request = b->request;
    bool error = pdu[0] == WOAD_ATT_ERROR_RSP && len >= min;
    bool whole = len >= min && (len <= b->mtu || len <= b->request_mtu);
    uint8_t answers = error ? pdu[1] : (uint8_t)(pdu[0] - 1);
    const uint8_t broken[5] = {WOAD_ATT_ERROR_RSP, request, 0, 0, WOAD_ATT_ERR_INVALID_PDU};
    if (!request || answers != request)
        return false;
    b->request = 0;
    woad_host_timer_stop(&b->request_timer);
    if (request == WOAD_ATT_EXCHANGE_MTU_REQ && !error && whole)
        woad_att_mtu_come(b, woad_get_u16(pdu + 1));
    if (whole)
        client_of(b)->rx(b, pdu, len);
    else
        client_of(b)->rx(b, broken, sizeof(broken));
    return whole;
}
